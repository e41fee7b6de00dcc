//! Random numbers for spreading work in time.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

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
