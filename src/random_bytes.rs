//! Random bytes for secrets.

use std::io;

use crate::error::InvalidInput;

/// Where random bytes for secrets come from.
pub(crate) type RandomSource = fn(&mut [u8]) -> io::Result<()>;

/// The operating system's random bytes.
pub(crate) fn system_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::getrandom(bytes).map_err(|_| io::Error::other("the system gave no random bytes"))
}

pub(crate) fn fill(bytes: &mut [u8], random: RandomSource) -> Result<(), InvalidInput> {
    random(bytes).map_err(|_| InvalidInput::new("random_source", "must give random bytes"))
}
