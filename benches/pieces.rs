//! What the pieces of a call cost, each alone.
//!
//! `cargo bench --all-features` prints the median time of each. To count instructions instead, run
//! one of them so many times under callgrind: `pieces NAME TIMES`.

use std::{
    hint::black_box,
    time::{Duration, Instant, UNIX_EPOCH},
};

use bytes::Bytes;
use cognito_idp::{
    Error,
    auth::secret_hash::secret_hash,
    credentials::Credentials,
    endpoint::{Endpoint, EndpointOptions, Region},
    operation::{auth::AdminInitiateAuthRequest, users::ListUsersRequest},
    protocol::{http_request, http_response},
    sigv4::Signer,
};

/// Long enough for the clock, short enough for all of them.
const ROUND: Duration = Duration::from_millis(50);
const ROUNDS: usize = 15;

type Piece = (&'static str, Box<dyn Fn()>);

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let pieces = pieces()?;
    if let [name, times] = arguments.as_slice()
        && let Some((_, run)) = pieces.iter().find(|(known, _)| known == name)
    {
        (0..times.parse().unwrap_or(1)).for_each(|_| run());
        return Ok(());
    }
    for (name, run) in &pieces {
        println!("{name:<16} {:>12.3} us", median_micros(run));
    }
    Ok(())
}

fn pieces() -> Result<Vec<Piece>, Error> {
    let region = Region::new("eu-central-1")?;
    let endpoint = Endpoint::regional(&region, EndpointOptions::default());
    let credentials = Credentials::new("AKIDEXAMPLE", "secret access key", None, None, "bench");
    let time = UNIX_EPOCH + Duration::from_hours(500_000);
    let signer = Signer::new(region.clone());
    let unsigned = http_request(&sign_in(), &endpoint)?;
    let tokens = tokens();
    let users = users();

    #[allow(unused_mut, reason = "features add more")]
    let mut pieces: Vec<Piece> = vec![
        (
            "encode",
            Box::new(move || {
                black_box(http_request(black_box(&sign_in()), &endpoint).ok());
            }),
        ),
        (
            "sign",
            Box::new({
                let (unsigned, credentials) = (unsigned.clone(), credentials.clone());
                move || {
                    let mut request = unsigned.clone();
                    black_box(signer.sign(&mut request, &credentials, time).ok());
                }
            }),
        ),
        (
            "sign, new key",
            Box::new(move || {
                let mut request = unsigned.clone();
                let signer = Signer::new(region.clone());
                black_box(signer.sign(&mut request, &credentials, time).ok());
            }),
        ),
        (
            "decode tokens",
            Box::new(move || {
                let answer = http::Response::new(tokens.clone());
                black_box(http_response::<AdminInitiateAuthRequest>(answer).ok());
            }),
        ),
        (
            "decode 60 users",
            Box::new(move || {
                let answer = http::Response::new(users.clone());
                black_box(http_response::<ListUsersRequest>(answer).ok());
            }),
        ),
        (
            "secret hash",
            Box::new(|| {
                let secret = black_box("client secret");
                black_box(secret_hash(secret, "alice", "client-id").ok());
            }),
        ),
    ];
    #[cfg(feature = "srp")]
    pieces.push(("SRP sign-in", srp::sign_in()?));
    #[cfg(feature = "fixtures")]
    pieces.push(("match a fixture", fixtures::matching()?));
    Ok(pieces)
}

fn median_micros(run: &dyn Fn()) -> f64 {
    run();
    let mut micros: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            let mut times = 0_u32;
            while started.elapsed() < ROUND {
                run();
                times += 1;
            }
            started.elapsed().as_secs_f64() * 1e6 / f64::from(times)
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    micros[ROUNDS / 2]
}

fn sign_in() -> AdminInitiateAuthRequest {
    AdminInitiateAuthRequest::new(
        "us-east-1_Example01",
        "1example23456789abcdefghij",
        "ADMIN_USER_PASSWORD_AUTH",
    )
    .auth_parameters([
        ("USERNAME", "alice"),
        ("PASSWORD", "Example-Passw0rd!"),
        ("SECRET_HASH", "ZXhhbXBsZS1zZWNyZXQtaGFzaA=="),
    ])
}

/// Tokens of the size that Cognito's have.
fn tokens() -> Bytes {
    let (access, id, refresh) = ("a".repeat(1_070), "i".repeat(1_130), "r".repeat(1_800));
    format!(
        r#"{{"AuthenticationResult":{{"AccessToken":"{access}","ExpiresIn":3600,"IdToken":"{id}",
        "RefreshToken":"{refresh}","TokenType":"Bearer"}},"ChallengeParameters":{{}}}}"#
    )
    .into()
}

/// The largest page that there is.
fn users() -> Bytes {
    let user = r#"{"Attributes":[{"Name":"sub","Value":"6e8c1b6e-0f3c-4d0a-9d57-3f1c7a5b2e44"},
        {"Name":"email","Value":"alice@example.com"},{"Name":"email_verified","Value":"true"}],
        "Enabled":true,"UserCreateDate":1623956729.32,"UserLastModifiedDate":1623956729.32,
        "UserStatus":"CONFIRMED","Username":"alice"}"#;
    format!(r#"{{"Users":[{}]}}"#, vec![user; 60].join(",")).into()
}

#[cfg(feature = "srp")]
mod srp {
    use bytes::Bytes;
    use cognito_idp::{
        Client, Error,
        auth::{AppClient, SignIn},
        transport::{HttpClient, HttpFuture},
    };

    /// Plays a service whose public value is 3; it takes every proof.
    #[derive(Debug)]
    struct Service;

    impl HttpClient for Service {
        fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
            let is_start = request
                .headers()
                .get("x-amz-target")
                .is_some_and(|target| target.as_bytes().ends_with(b".InitiateAuth"));
            let body = if is_start {
                r#"{"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"8ce8291892390f6b",
                "SECRET_BLOCK":"c2VjcmV0LWJsb2Nr","SRP_B":"03","USERNAME":"alice","USER_ID_FOR_SRP":"alice"}}"#
            } else {
                r#"{"AuthenticationResult":{"AccessToken":"token","ExpiresIn":3600,"TokenType":"Bearer"}}"#
            };
            Box::pin(async move { Ok(http::Response::new(Bytes::from_static(body.as_bytes()))) })
        }
    }

    pub(super) fn sign_in() -> Result<Box<dyn Fn()>, Error> {
        let client = Client::builder()
            .region("us-east-1")
            .http_client(Service)
            .build()?;
        let sign_in = SignIn::public(client, AppClient::new("app-client-id"))
            .user_pool_id("us-east-1_Example01");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        Ok(Box::new(move || {
            let outcome = runtime.block_on(sign_in.srp("alice", "P@ssw0rd!"));
            outcome.expect("tokens");
        }))
    }
}

#[cfg(feature = "fixtures")]
mod fixtures {
    use cognito_idp::{
        Error,
        endpoint::Endpoint,
        fixture::{Fixture, Replay},
        protocol::http_request,
    };

    pub(super) fn matching() -> Result<Box<dyn Fn()>, Error> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/admin_initiate_auth");
        let replay = Replay::new(Fixture::folder(folder)?);
        let request = http_request(&super::sign_in(), &Endpoint::custom("http://localhost")?)?;
        Ok(Box::new(move || {
            let answer = replay.answer(&request).response.expect("an answer");
            assert_eq!(answer.status(), 200);
        }))
    }
}
