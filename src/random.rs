//! Random numbers for spreading work in time, and random bytes for secrets.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
#[cfg(any(feature = "srp", feature = "managed-login"))]
use std::io;

#[cfg(any(feature = "srp", feature = "managed-login"))]
use crate::error::InvalidInput;

/// Where random bytes for secrets come from.
#[cfg(any(feature = "srp", feature = "managed-login"))]
pub(crate) type RandomSource = fn(&mut [u8]) -> io::Result<()>;

/// The operating system's random bytes.
#[cfg(any(feature = "srp", feature = "managed-login"))]
pub(crate) fn system_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::getrandom(bytes).map_err(|_| io::Error::other("the system gave no random bytes"))
}

#[cfg(any(feature = "srp", feature = "managed-login"))]
pub(crate) fn fill(bytes: &mut [u8], random: RandomSource) -> Result<(), InvalidInput> {
    random(bytes).map_err(|_| InvalidInput::new("random_source", "must give random bytes"))
}

/// A number in `0.0..1.0`, from the seeds that std draws for its hash maps; no secret may rest on it.
pub(crate) fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "32 bits are plenty to spread by"
    )]
    let bits = bits as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::random;

    #[test]
    fn numbers_differ_and_fill_the_range() {
        let numbers: Vec<f64> = (0..1_000).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        for tenth in 0..10 {
            let from = f64::from(tenth) / 10.0;
            let within = |number: &&f64| (from..from + 0.1).contains(*number);
            assert!(numbers.iter().filter(within).count() > 30, "{from}");
        }
    }
}
