//! The verifier's verdict beside that of another library, over random tokens.
#![cfg(all(feature = "verify", feature = "fixtures"))]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_idp::{
    fixture::TestIssuer,
    verify::{TokenVerifier, TrustedPool},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

const POOL: &str = "eu-central-1_Example";
const CLIENT: &str = "app-client-id";
const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";
const TOKENS: usize = 10_000;
/// Signing takes a hundred times as long as verifying; the others are made of these.
const SIGNED: usize = 400;

/// `SplitMix64`: the same tokens in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64)).unwrap_or_default()
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// The other library, told what the verifier knows.
struct Oracle {
    key_id: String,
    key: DecodingKey,
    validation: Validation,
}

impl Oracle {
    fn new(issuer: &TestIssuer) -> Self {
        let jwks: Value = serde_json::from_str(issuer.jwks_json()).expect("JSON");
        let member = |name: &str| jwks["keys"][0][name].as_str().unwrap_or_default();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        Self {
            key_id: member("kid").to_owned(),
            key: DecodingKey::from_rsa_components(member("n"), member("e")).expect("a key"),
            validation,
        }
    }

    fn accepts(&self, token: &str) -> bool {
        let Ok(header) = decode_header(token) else {
            return false;
        };
        let Ok(token) = decode::<Value>(token, &self.key, &self.validation) else {
            return false;
        };
        let claims = token.claims;
        header.kid.as_deref() == Some(self.key_id.as_str())
            && claims["token_use"] == "access"
            && claims["client_id"] == CLIENT
            && claims.get("aud").is_none()
    }
}

fn random_claims(random: &mut Random, now: u64) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "sub", "token_use": "access", "client_id": CLIENT,
        "iat": now - 100, "exp": now + 3600, "username": format!("user {}", random.next()),
    });
    // Half of them are good.
    for _ in 0..random.below(2) * (1 + random.below(2)) {
        let (name, value) = match random.below(7) {
            0 => ("exp", json!(now - 60 - random.next() % 100_000)),
            1 => ("nbf", json!(now + 600 + random.next() % 100_000)),
            2 => ("nbf", json!(now - 60 - random.next() % 100_000)),
            3 => (
                "iss",
                json!(random.pick(&["", "https://evil.example", ISSUER])),
            ),
            4 => (
                "token_use",
                json!(random.pick(&["id", "refresh", "access", ""])),
            ),
            5 => ("client_id", json!(random.pick(&["other", "", CLIENT]))),
            _ => (
                "aud",
                json!(random.pick(&["https://api.example.com", CLIENT])),
            ),
        };
        claims[name] = value;
    }
    claims
}

fn mutated(random: &mut Random, tokens: &[String]) -> String {
    let token = random.pick(tokens);
    let other = random.pick(tokens);
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
    match random.below(8) {
        // As it was.
        0 => return token,
        1 => {
            let mut bytes = token.into_bytes();
            let at = random.below(bytes.len());
            bytes[at] = random.pick(alphabet);
            return String::from_utf8(bytes).unwrap_or_default();
        }
        2 => {
            let at = random.below(token.len());
            return token[..at].to_owned();
        }
        3 => {
            let at = random.below(token.len());
            let letter = char::from(random.pick(alphabet));
            return format!("{}{letter}{}", &token[..at], &token[at..]);
        }
        4 => {
            let part = random.below(3);
            let others = other.split('.').nth(part).unwrap_or_default();
            others.clone_into(&mut parts[part]);
        }
        5 => {
            let header = random.pick(&[
                r#"{"alg":"none"}"#,
                r#"{"alg":"HS256","kid":"published-test-key-of-cognito-idp"}"#,
                r#"{"alg":"RS256"}"#,
                r#"{"alg":"RS256","kid":"other"}"#,
                r#"{"alg":"RS512","kid":"published-test-key-of-cognito-idp"}"#,
            ]);
            parts[0] = URL_SAFE_NO_PAD.encode(header);
        }
        6 => {
            let payload = URL_SAFE_NO_PAD.decode(&parts[1]).unwrap_or_default();
            let payload = String::from_utf8_lossy(&payload).replace("user", "root");
            parts[1] = URL_SAFE_NO_PAD.encode(payload);
        }
        _ => {
            let mut signature = URL_SAFE_NO_PAD.decode(&parts[2]).unwrap_or_default();
            let at = random.below(signature.len());
            signature[at] = signature[at].wrapping_add(1);
            parts[2] = URL_SAFE_NO_PAD.encode(signature);
        }
    }
    parts.join(".")
}

#[test]
fn ten_thousand_random_tokens_get_the_verdict_of_another_library() {
    let issuer = TestIssuer::new(POOL, CLIENT).expect("a pool ID");
    let oracle = Oracle::new(&issuer);
    let pool = TrustedPool::new(POOL).client(CLIENT).keys(issuer.jwks());
    let verifier = TokenVerifier::builder(pool).trust_test_issuer().build();
    let verifier = verifier.expect("a verifier");
    // The other library reads the system's clock.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    let mut random = Random(1);
    let signed: Vec<_> = (0..SIGNED)
        .map(|_| issuer.sign(&random_claims(&mut random, now)))
        .collect();

    let (mut accepted, mut refused) = (0, 0);
    for number in 0..TOKENS {
        let token = match signed.get(number) {
            Some(token) => token.clone(),
            None => mutated(&mut random, &signed),
        };
        let ours = verifier.verify_access_at(&token, SystemTime::now());
        let is_accepted = ours.is_ok();
        assert_eq!(
            is_accepted,
            oracle.accepts(&token),
            "number {number}: {:?}",
            ours.err()
        );
        accepted += usize::from(is_accepted);
        refused += usize::from(!is_accepted);
    }
    assert!(accepted > 500, "{accepted} accepted, {refused} refused");
    assert!(refused > 5_000, "{accepted} accepted, {refused} refused");
}
