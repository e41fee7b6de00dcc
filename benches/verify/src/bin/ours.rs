//! This crate: `ours TOKENS KEYS TIMES [CACHED]`.

use std::hint::black_box;

use cognito_idp::verify::{Jwks, TokenVerifier, TrustedPool};
use verify_bench::{CLIENT, POOL, arguments, block_on};

fn main() {
    let (tokens, keys, times) = arguments();
    let keys = Jwks::parse(keys.as_bytes()).expect("keys");
    let pool = TrustedPool::new(POOL).client(CLIENT).keys(keys);
    let mut builder = TokenVerifier::builder(pool).trust_test_issuer();
    let is_cached = std::env::args().nth(4).is_some();
    if is_cached {
        builder = builder.cache(2 * tokens.len());
    }
    let verifier = builder.build().expect("a verifier");
    block_on(async {
        if is_cached {
            // What is measured is the second time.
            for token in &tokens {
                verifier.verify_access(token).await.expect("a good token");
            }
        }
        for token in tokens.iter().cycle().take(times) {
            let claims = verifier.verify_access(black_box(token)).await;
            black_box(claims.expect("a good token"));
        }
    });
}
