//! Any bytes are a key set or are refused, and no key set makes a token of another key good.
#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use cognito_idp::{
    fixture::TestIssuer,
    verify::{Jwks, TokenVerifier, TrustedPool},
};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static ISSUER: LazyLock<TestIssuer> =
    LazyLock::new(|| TestIssuer::new("eu-central-1_Example", "client").expect("a pool ID"));

/// A modulus that is none is refused at once, and a fuzzer finds no other.
static MODULUS: LazyLock<String> = LazyLock::new(|| {
    let keys: serde_json::Value = serde_json::from_str(ISSUER.jwks_json()).expect("JSON");
    keys["keys"][0]["n"].as_str().unwrap_or_default().to_owned()
});

fuzz_target!(|json: &[u8]| {
    let filled = std::str::from_utf8(json).map(|text| text.replace("MODULUS", &MODULUS));
    let json = filled.as_ref().map_or(json, |text| text.as_bytes());
    let Ok(keys) = Jwks::parse(json) else {
        return;
    };
    let ids: Vec<_> = keys.key_ids().map(str::to_owned).collect();
    assert!(!ids.is_empty() && ids.len() <= 32);
    let pool = TrustedPool::new("eu-central-1_Example").client("client").keys(keys);
    // The published key counts for nothing, so whatever the set holds, nothing is good.
    let verifier = TokenVerifier::builder(pool).build().expect("a verifier");
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for id in ids {
        let header = json!({"alg": "RS256", "kid": id});
        let token = ISSUER.sign_with_header(&header, &json!({"exp": 1_900_000_000}));
        assert!(verifier.verify_access_at(&token, now).is_err());
    }
});
