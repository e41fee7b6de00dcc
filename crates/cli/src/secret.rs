//! Secrets, which come from anywhere but the command line: other processes of the machine can read that.

use std::{
    fs,
    io::{self, Read as _},
};

use crate::exit::Failure;

/// Reads a secret from where the argument says: `env:NAME`, `file:PATH` or `-` for standard input.
///
/// One line break at its end does not count.
pub(crate) fn read(argument: &str, source: &str) -> Result<String, Failure> {
    let text = if let Some(name) = source.strip_prefix("env:") {
        std::env::var(name)
            .map_err(|_| Failure::usage(format!("--{argument}: the variable {name} must be set")))?
    } else if let Some(path) = source.strip_prefix("file:") {
        let unreadable = |error| Failure::Io(format!("--{argument}: {path}"), error);
        fs::read_to_string(path).map_err(unreadable)?
    } else if source == "-" {
        let mut text = String::new();
        let unreadable = |error| Failure::Io(format!("--{argument}: standard input"), error);
        io::stdin().read_to_string(&mut text).map_err(unreadable)?;
        text
    } else {
        return Err(Failure::usage(format!(
            "--{argument}: is a secret, which others could see here; give env:NAME, file:PATH or - \
             for standard input"
        )));
    };
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
