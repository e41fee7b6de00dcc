//! Signs in, and with the feature `small` verifies the token as well: the difference is what it adds.

use std::hint::black_box;

use cognito_idp::{
    Client,
    auth::{AppClient, SignIn},
};
use verify_bench::{CLIENT, POOL, block_on};

fn main() {
    let Some(password) = std::env::args().nth(1) else {
        return;
    };
    block_on(async {
        let client = Client::builder()
            .region("eu-central-1")
            .build()
            .expect("a client");
        let sign_in = SignIn::public(client, AppClient::new(CLIENT)).user_pool_id(POOL);
        let tokens = sign_in
            .password("alice", password)
            .await
            .expect("an outcome")
            .tokens();
        let tokens = tokens.expect("tokens");
        #[cfg(feature = "small")]
        {
            let verifier = sign_in.verifier().expect("a verifier");
            let claims = verifier.verify_access(tokens.access_token.expose()).await;
            black_box(claims.expect("a good token").username());
        }
        black_box(tokens);
    });
}
