//! jsonwebtoken, with ring or with aws-lc as the features say: `theirs TOKENS KEYS TIMES`.
//!
//! It is told what the verifier of this crate knows: algorithm, issuer, key by ID, client and use.

use std::hint::black_box;

#[cfg(not(any(feature = "ring", feature = "aws-lc")))]
compile_error!("needs the feature `ring` or `aws-lc`");

#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
use jsonwebtoken_9 as jsonwebtoken;
#[cfg(feature = "aws-lc")]
use jsonwebtoken_11 as jsonwebtoken;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use verify_bench::{CLIENT, POOL, arguments};

#[derive(Deserialize)]
#[allow(dead_code, reason = "they are read for what reading them costs")]
struct Claims {
    sub: String,
    token_use: String,
    client_id: String,
    username: String,
    scope: String,
    #[serde(rename = "cognito:groups", default)]
    groups: Vec<String>,
    exp: u64,
    iat: u64,
}

fn main() {
    let (tokens, keys, times) = arguments();
    let keys: JwkSet = serde_json::from_str(&keys).expect("keys");
    let keys: Vec<_> = keys
        .keys
        .iter()
        .map(|key| {
            let id = key.common.key_id.clone().expect("an ID");
            (id, DecodingKey::from_jwk(key).expect("a key"))
        })
        .collect();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.validate_aud = false;
    let issuer = format!("https://cognito-idp.eu-central-1.amazonaws.com/{POOL}");
    validation.set_issuer(&[issuer]);
    for token in tokens.iter().cycle().take(times) {
        let token = black_box(token);
        let header = decode_header(token).expect("a header");
        let (_, key) = keys
            .iter()
            .find(|(id, _)| Some(id) == header.kid.as_ref())
            .expect("a known key");
        let claims = decode::<Claims>(token, key, &validation)
            .expect("a good token")
            .claims;
        assert!(claims.token_use == "access" && claims.client_id == CLIENT);
        black_box(claims);
    }
}
