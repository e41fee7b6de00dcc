//! Whatever a server sends for SRP ends in an answer or in an error.
#![no_main]

use libfuzzer_sys::fuzz_target;

mod canned;

fuzz_target!(|input: (String, String, String, Option<String>)| {
    let (srp_b, salt, secret_block, user_id) = input;
    let challenge = serde_json::json!({
        "ChallengeName": "PASSWORD_VERIFIER",
        "ChallengeParameters": {
            "SRP_B": srp_b,
            "SALT": salt,
            "SECRET_BLOCK": secret_block,
            "USERNAME": "alice",
            "USER_ID_FOR_SRP": user_id.as_deref().unwrap_or("alice"),
        },
    });
    let done = serde_json::json!({ "AuthenticationResult": { "AccessToken": "token" } });
    let sign_in = canned::sign_in([challenge, done]).random_source(|bytes| {
        bytes.fill(7);
        Ok(())
    });
    if let Err(error) = canned::run(sign_in.srp("alice", "marker-password")) {
        assert!(!format!("{error} {error:?}").contains("marker-password"));
    }
});
