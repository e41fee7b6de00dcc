//! Any bytes are a sealed value or are refused, and what was sealed is good unchanged and in its place alone.
#![no_main]

use std::sync::LazyLock;

use cognito_idp::fleet::{SealingKeys, SharedStoreError};
use libfuzzer_sys::fuzz_target;

const PLACE: &str = "alice";
const VERSION: u64 = 3;
const OLD_KEY: (u32, [u8; 32]) = (0, [1; 32]);

static KEYS: LazyLock<SealingKeys> =
    LazyLock::new(|| SealingKeys::new(u32::MAX, &[2; 32]).also_opens(OLD_KEY.0, &OLD_KEY.1));

/// A value under each of the two keys.
static SEALED: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let old = SealingKeys::new(OLD_KEY.0, &OLD_KEY.1);
    [sealed(&KEYS, PLACE, VERSION, b"tokens"), sealed(&old, PLACE, VERSION, b"tokens")]
});

fuzz_target!(|bytes: &[u8]| {
    match KEYS.open(PLACE, VERSION, bytes) {
        // The fuzzer sees what it is compared with, and finds it; all else would be a forgery.
        Ok(_) => assert!(SEALED.iter().any(|sealed| sealed == bytes)),
        Err(SharedStoreError::Tampered) => {}
        Err(SharedStoreError::UnknownKey(id)) => {
            assert!(id != OLD_KEY.0 && id != u32::MAX);
            assert_eq!(bytes[1..5], id.to_be_bytes());
        }
        Err(other) => panic!("{other}"),
    }

    let (version, place) = bytes.split_first().unwrap_or((&0, b""));
    let (version, place) = (u64::from(*version), String::from_utf8_lossy(place));
    let is_there = place == PLACE && version == VERSION;
    for sealed in &*SEALED {
        let edited = edited(sealed, bytes);
        assert_eq!(KEYS.open(PLACE, VERSION, &edited).is_ok(), edited == *sealed);
        assert_eq!(KEYS.open(&place, version, sealed).is_ok(), is_there);
    }

    let here = sealed(&KEYS, &place, version, bytes);
    let opened = KEYS.open(&place, version, &here).expect("it was sealed here");
    assert_eq!(opened.expose(), bytes);
});

/// Pairs of bytes are a position and what is changed there; a last one alone says how much is cut off.
fn edited(sealed: &[u8], by: &[u8]) -> Vec<u8> {
    let mut edited = sealed.to_vec();
    let (pairs, rest) = by.as_chunks::<2>();
    for [at, change] in pairs {
        let at = usize::from(*at) % edited.len();
        edited[at] ^= change;
    }
    let cut = rest.first().map_or(0, |cut| usize::from(*cut));
    edited.truncate(edited.len().saturating_sub(cut));
    edited
}

fn sealed(keys: &SealingKeys, place: &str, version: u64, value: &[u8]) -> Vec<u8> {
    let value = value.to_vec().into();
    keys.seal(place, version, &value).expect("random bytes")
}
