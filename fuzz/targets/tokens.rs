//! Any text is a token or is refused, nothing unsigned is good, and no claims of a signed one do harm.
#![no_main]

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_idp::{
    fixture::TestIssuer,
    verify::{TokenVerifier, TrustedPool, VerifyError},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const POOL: &str = "eu-central-1_Example";
const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";

struct Setup {
    issuer: TestIssuer,
    verifier: TokenVerifier,
    signature: String,
    now: SystemTime,
}

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let issuer = TestIssuer::new(POOL, "client").expect("a pool ID");
    let pool = TrustedPool::new(POOL)
        .client("client")
        .client_urls("https://*.example.com/*/x*")
        .audience("https://api.example.com")
        .scope("a")
        .group("b")
        .keys(issuer.jwks());
    let verifier = TokenVerifier::builder(pool).trust_test_issuer().build();
    let signed = issuer.issue(&Value::Null);
    Setup {
        verifier: verifier.expect("a verifier"),
        signature: signed.rsplit('.').next().unwrap_or_default().to_owned(),
        issuer,
        now: UNIX_EPOCH + Duration::from_secs(1_800_000_000),
    }
});

fuzz_target!(|input: (&str, &str, &str)| {
    let (text, header, payload) = input;
    let setup = &*SETUP;
    let verify = |token: &str| {
        let id = setup.verifier.verify_id_at(token, setup.now);
        (setup.verifier.verify_access_at(token, setup.now), id)
    };

    let (access, id) = verify(text);
    assert!(access.is_err() && id.is_err());

    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let unsigned = format!("{}.{}.{}", encode(header), encode(payload), setup.signature);
    let (access, id) = verify(&unsigned);
    assert!(access.is_err() && id.is_err());

    let Ok(mut claims) = serde_json::from_str::<Value>(payload) else {
        return;
    };
    // Else nearly none would get past the issuer.
    if let Some(members) = claims.as_object_mut() {
        members.insert("iss".to_owned(), Value::from(ISSUER));
        members.entry("sub").or_insert(Value::from("s"));
        members.entry("exp").or_insert(Value::from(1_900_000_000));
    }
    let (access, id) = verify(&setup.issuer.sign(&claims));
    for error in [access.as_ref().err(), id.as_ref().err()].into_iter().flatten() {
        assert!(!matches!(error, VerifyError::Signature | VerifyError::UnknownKey));
        let _ = error.www_authenticate();
    }
    if let Ok(claims) = access {
        assert!(claims.has_scope("a") && claims.in_group("b"));
        let _ = (claims.username(), claims.auth_time(), claims.expires_at());
        assert!(claims.read::<Value>().is_ok());
    }
    if let Ok(claims) = id {
        assert_eq!(claims.claim("token_use"), Some(&Value::from("id")));
        let _ = (claims.email_verified(), claims.roles().count());
    }
});
