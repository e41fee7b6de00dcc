//! Password hashes that Cognito's import jobs take.

use crate::operation::user_import::PasswordHashingAlgorithmType as Algorithm;

/// What Cognito checks a password with at most.
const MOST_BCRYPT_COST: u32 = 12;
const MOST_SCRYPT: [u32; 3] = [65_536, 8, 1];
const MOST_ARGON2ID: [(&str, u32); 3] = [("m", 19_456), ("t", 2), ("p", 1)];
const MOST_PBKDF2_ITERATIONS: u32 = 600_000;

/// Says which rule a hash breaks, as far as AWS tells of them.
///
/// Cognito refuses a whole user for a hash in another form, and a job for too many of those.
pub(super) fn problem(algorithm: &Algorithm, hash: &str) -> Option<String> {
    if hash.is_empty() || !hash.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("must have visible ASCII characters alone".to_owned());
    }
    match algorithm {
        Algorithm::Bcrypt => bcrypt(hash),
        Algorithm::Scrypt => scrypt(hash),
        Algorithm::Argon2id => argon2id(hash),
        Algorithm::Pbkdf2Sha256 => pbkdf2(hash),
        // A later one, of which this version knows nothing.
        _ => Ok(()),
    }
    .err()
}

/// `$2b$12$`, 22 characters of salt and 31 of hash.
fn bcrypt(hash: &str) -> Result<(), String> {
    let form = "must look like $2b$12$ and 53 characters";
    let parts: Vec<_> = hash.split('$').collect();
    let ["", "2a" | "2b" | "2x" | "2y", cost, rest] = parts.as_slice() else {
        return Err(form.to_owned());
    };
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"./".contains(&byte);
    if cost.len() != 2 || rest.len() != 53 || !rest.bytes().all(is_base64) {
        return Err(form.to_owned());
    }
    let cost = number(cost).ok_or(form)?;
    at_most("a cost of", cost, MOST_BCRYPT_COST)
}

/// `N$r$p$salt$hash`, both of these in hexadecimal digits.
fn scrypt(hash: &str) -> Result<(), String> {
    let form = "must look like N$r$p$salt$hash, salt and hash in hexadecimal digits";
    let parts: Vec<_> = hash.split('$').collect();
    let [n, r, p, salt, digest] = parts.as_slice() else {
        return Err(form.to_owned());
    };
    let is_hex = |text: &str| {
        !text.is_empty()
            && text.len().is_multiple_of(2)
            && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    if !is_hex(salt) || !is_hex(digest) {
        return Err(form.to_owned());
    }
    for ((name, text), most) in [("N", n), ("r", r), ("p", p)].into_iter().zip(MOST_SCRYPT) {
        at_most(name, number(text).ok_or(form)?, most)?;
    }
    if !number(n).is_some_and(u32::is_power_of_two) {
        return Err("must have a power of two as N".to_owned());
    }
    Ok(())
}

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
fn argon2id(hash: &str) -> Result<(), String> {
    let form = "must look like $argon2id$v=19$m=19456,t=2,p=1$salt$hash";
    let parts: Vec<_> = hash.split('$').collect();
    let ["", "argon2id", version, costs, salt, digest] = parts.as_slice() else {
        return Err(form.to_owned());
    };
    let is_base64 = |text: &str| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        !text.is_empty() && text.bytes().all(is_digit)
    };
    let version = version.strip_prefix("v=").and_then(number);
    if version.is_none() || !is_base64(salt) || !is_base64(digest) {
        return Err(form.to_owned());
    }
    let costs: Vec<_> = costs.split(',').map(|cost| cost.split_once('=')).collect();
    if costs.len() != MOST_ARGON2ID.len() {
        return Err(form.to_owned());
    }
    for (cost, (name, most)) in costs.into_iter().zip(MOST_ARGON2ID) {
        let cost = cost.filter(|(found, _)| *found == name);
        let cost = cost.and_then(|(_, cost)| number(cost)).ok_or(form)?;
        at_most(name, cost, most)?;
    }
    Ok(())
}

/// AWS tells of the most iterations and not of the form, so only a number that can be nothing else is
/// looked at.
fn pbkdf2(hash: &str) -> Result<(), String> {
    let parts = hash.split(['$', ':', ',']);
    let numbers = parts.filter_map(|part| {
        let digits = part.strip_prefix("i=").unwrap_or(part);
        number(digits).filter(|number| *number >= 1_000)
    });
    match numbers.min() {
        Some(iterations) => at_most("iterations of", iterations, MOST_PBKDF2_ITERATIONS),
        None => Ok(()),
    }
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn at_most(what: &str, found: u32, most: u32) -> Result<(), String> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    Err(format!("must have {what} 1 to {most}, but has {found}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BCRYPT: &str = "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
    const SCRYPT: &str = "65536$8$1$00ff$0011aabb";
    const ARGON2ID: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    const PBKDF2: &str = "pbkdf2_sha256$600000$salt$hash=";

    fn refused(algorithm: &Algorithm, hashes: &[String]) {
        for hash in hashes {
            assert!(problem(algorithm, hash).is_some(), "{hash}");
        }
    }

    #[test]
    fn each_form_is_taken_up_to_its_limits() {
        for (algorithm, hash) in [
            (Algorithm::Bcrypt, BCRYPT),
            (Algorithm::Scrypt, SCRYPT),
            (Algorithm::Argon2id, ARGON2ID),
            (Algorithm::Pbkdf2Sha256, PBKDF2),
            (Algorithm::from("LATER"), "anything"),
        ] {
            assert_eq!(problem(&algorithm, hash), None);
        }
        for version in ["2a", "2x", "2y"] {
            let hash = BCRYPT.replace("2b", version);
            assert_eq!(problem(&Algorithm::Bcrypt, &hash), None);
        }
    }

    #[test]
    fn a_hash_that_is_too_costly_or_of_another_form_is_refused() {
        let changed = |hash: &str, changes: &[(&str, &str)]| -> Vec<String> {
            let change = |(from, to): &(&str, &str)| {
                assert!(hash.contains(from));
                hash.replace(from, to)
            };
            changes.iter().map(change).collect()
        };
        let bcrypt = [
            ("$12$", "$13$"),
            ("$12$", "$1$"),
            ("2b", "2c"),
            ("01234", "0123"),
        ];
        refused(&Algorithm::Bcrypt, &changed(BCRYPT, &bcrypt));
        let scrypt = [
            ("65536", "131072"),
            ("65536", "65535"),
            ("$8$", "$9$"),
            ("$1$", "$2$"),
            ("00ff", "00f"),
            ("aabb", "aabg"),
        ];
        refused(&Algorithm::Scrypt, &changed(SCRYPT, &scrypt));
        let argon2id = [
            ("argon2id", "argon2i"),
            ("m=19456", "m=19457"),
            ("t=2", "t=3"),
            ("p=1", "p=2"),
            ("p=1", "p=0"),
            ("m=19456,t=2", "t=2,m=19456"),
            ("v=19", "19"),
        ];
        refused(&Algorithm::Argon2id, &changed(ARGON2ID, &argon2id));
        refused(
            &Algorithm::Pbkdf2Sha256,
            &changed(PBKDF2, &[("600000", "600001")]),
        );
        for algorithm in [Algorithm::Bcrypt, Algorithm::Pbkdf2Sha256] {
            refused(
                &algorithm,
                &[String::new(), "a b".to_owned(), "é".to_owned()],
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_is_given_nothing_panics(hash in ".{0,100}", cut in 0_usize..70) {
            for algorithm in [Algorithm::Bcrypt, Algorithm::Scrypt, Algorithm::Argon2id, Algorithm::Pbkdf2Sha256] {
                let _ = problem(&algorithm, &hash);
                for whole in [BCRYPT, SCRYPT, ARGON2ID, PBKDF2] {
                    let _ = problem(&algorithm, whole.get(..cut).unwrap_or(whole));
                }
            }
        }
    }
}
