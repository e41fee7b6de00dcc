//! The file of root certificates that the environment names, as AWS's tools read it.

use std::ffi::OsString;

use crate::error::InvalidInput;

const VARIABLE: &str = "AWS_CA_BUNDLE";

/// The file whose certificates are trusted, and no others.
pub(super) fn path() -> Option<OsString> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty())
}

/// What is wrong with a file that is missing, empty or malformed.
pub(super) fn refused() -> InvalidInput {
    InvalidInput::new(VARIABLE, "must name a file of PEM certificates")
}
