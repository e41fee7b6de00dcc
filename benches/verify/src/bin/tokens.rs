//! Writes the tokens and the keys: `tokens TOKENS KEYS HOW_MANY`.
//!
//! Access tokens as Cognito writes them: 1 kB, with groups and the claims that every one has.

use cognito_idp::fixture::TestIssuer;
use serde_json::json;
use verify_bench::{CLIENT, POOL};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("TOKENS KEYS HOW_MANY");
    let (tokens, keys, count) = (next(), next(), next());
    let issuer = TestIssuer::new(POOL, CLIENT).expect("a pool ID");
    let count: usize = count.parse().expect("a number");
    let lines: Vec<_> = (0..count)
        .map(|number| {
            issuer.issue(&json!({
                "sub": format!("11111111-2222-4333-8444-{number:012}"),
                "cognito:groups": ["readers", "editors"],
                "version": 2,
                "origin_jti": format!("21111111-2222-4333-8444-{number:012}"),
                "event_id": format!("31111111-2222-4333-8444-{number:012}"),
                "token_use": "access",
                "scope": "aws.cognito.signin.user.admin openid orders/read",
                "jti": format!("41111111-2222-4333-8444-{number:012}"),
                "username": format!("user-{number}@example.com"),
            }))
        })
        .collect();
    std::fs::write(tokens, lines.join("\n")).expect("tokens can be written");
    std::fs::write(keys, issuer.jwks_json()).expect("keys can be written");
}
