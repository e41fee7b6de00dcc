//! The codes of an authenticator app (RFC 6238), to pass MiniStack's check of them.

use std::time::{SystemTime, UNIX_EPOCH};

/// The code of this moment for a secret as `AssociateSoftwareToken` gives it.
pub(crate) fn code(secret: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let step = now.expect("it is after 1970").as_secs() / 30;
    code_at(&base32(secret), step)
}

fn code_at(key: &[u8], step: u64) -> String {
    let mac = hmac_sha1(key, &step.to_be_bytes());
    let offset = usize::from(mac[19] & 15);
    let number = mac[offset..offset + 4]
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

fn base32(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    });
    let bits: Vec<u8> = digits
        .flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1))
        .collect();
    bits.chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit))
        .collect()
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let padded = |pad: u8| -> Vec<u8> {
        let key = key.iter().copied().chain(std::iter::repeat(0)).take(64);
        key.map(|byte| byte ^ pad).collect()
    };
    assert!(key.len() <= 64, "longer keys would have to be hashed first");
    let inner = sha1([padded(0x36), message.to_vec()].concat());
    sha1([padded(0x5c), inner.to_vec()].concat())
}

fn sha1(mut message: Vec<u8>) -> [u8; 20] {
    let bits = message.len() as u64 * 8;
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if bits % 512 >= 448 {
        message.resize(message.len() + 64, 0);
    }
    let end = message.len();
    message[end - 8..].copy_from_slice(&bits.to_be_bytes());

    let mut state = [
        0x6745_2301_u32,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for block in message.chunks_exact(64) {
        let mut words = [0_u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes
                .iter()
                .fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for i in 16..80 {
            words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
        }
        let mut parts = state;
        for (i, word) in words.into_iter().enumerate() {
            let [first, x, y, z, last] = parts;
            let (mixed, constant) = match i / 20 {
                0 => (x & y | !x & z, 0x5a82_7999),
                1 => (x ^ y ^ z, 0x6ed9_eba1),
                2 => (x & y | x & z | y & z, 0x8f1b_bcdc),
                _ => (x ^ y ^ z, 0xca62_c1d6_u32),
            };
            let next = first
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(last)
                .wrapping_add(constant)
                .wrapping_add(word);
            parts = [next, first, x.rotate_left(30), y, z];
        }
        for (sum, part) in state.iter_mut().zip(parts) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[test]
fn codes_are_those_of_the_rfc() {
    let key = base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(key, b"12345678901234567890");
    for (seconds, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(code_at(&key, seconds / 30), code);
    }
}
