//! Two replicas that share their sessions in Redis, by plain HTTP. Cognito's part is played by fixtures.
//!
//! Debian's `redis-server` must be there.

#[path = "support/cognito.rs"]
mod cognito;
mod support;

use std::{
    env,
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use cognito::{Cognito, account, always, challenge, password, tokens};
use serde_json::{Value, json};
use support::{BOB, Browser, PASSWORD, Server};

/// A server of its own behind a socket; it ends with the test.
struct Redis {
    child: Child,
    socket: PathBuf,
}

impl Redis {
    fn start(name: &str) -> Self {
        let socket = env::temp_dir().join(format!("cognito-idp-web-{}-{name}", process::id()));
        let child = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocket",
            ])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("Debian's redis-server is installed");
        let end = Instant::now() + Duration::from_secs(20);
        while !socket.exists() {
            assert!(Instant::now() < end, "redis-server does not start");
            thread::sleep(Duration::from_millis(20));
        }
        Self { child, socket }
    }

    fn replica(&self, cognito: &Cognito, key: &str) -> Server {
        let url = format!("redis+unix://{}", self.socket.display());
        cognito.web(&[
            ("REDIS_URL", &url),
            ("SESSION_KEY", key),
            ("SIGN_IN_WITH", "password"),
        ])
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// The same browser, led to another replica.
fn at(server: &Server, browser: &Browser) -> Browser {
    let mut browser = browser.clone();
    browser.address = server.address;
    browser
}

fn with_account(exchanges: impl IntoIterator<Item = Value>, signed_in: Value) -> Cognito {
    let all = exchanges.into_iter();
    Cognito::new(all.chain(password(BOB, signed_in)).chain(account(BOB)))
}

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[test]
fn when_a_replica_is_killed_in_the_middle_of_a_challenge_the_other_goes_on() {
    let new_password = challenge(
        "NEW_PASSWORD_REQUIRED",
        "session-1",
        json!({"USER_ID_FOR_SRP": BOB}),
    );
    let request = json!({
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": "session-1",
        "ChallengeResponses": {"USERNAME": BOB, "NEW_PASSWORD": "Correct-Horse-8"},
    });
    let cognito = with_account(
        [always("RespondToAuthChallenge", request, tokens(BOB))],
        new_password,
    );
    let redis = Redis::start("challenge");
    let mut first = redis.replica(&cognito, KEY);
    let second = redis.replica(&cognito, KEY);

    let mut bob = first.browser();
    assert_eq!(bob.sign_in(BOB, PASSWORD).location(), "/challenge");
    bob.get("/challenge");
    first.kill();
    let mut bob = at(&second, &bob);
    let answer = bob.post("/challenge", &[("password", "Correct-Horse-8")]);
    assert_eq!(answer.location(), "/account");
    assert_eq!(bob.get("/account").status, 200);

    // What is in Redis is of no use to who has another key.
    let stranger = redis.replica(&cognito, &KEY.replace('0', "f"));
    assert_eq!(at(&stranger, &bob).get("/account").status, 503);
    assert_eq!(bob.get("/account").status, 200);
    cognito.verify();
}

#[test]
fn a_sign_out_at_one_replica_is_one_at_all() {
    let cognito = with_account([], tokens(BOB));
    let redis = Redis::start("sign-out");
    let (first, second) = (redis.replica(&cognito, KEY), redis.replica(&cognito, KEY));
    let mut bob = first.browser();
    assert_eq!(bob.sign_in(BOB, PASSWORD).location(), "/account");
    let mut elsewhere = at(&second, &bob);
    assert_eq!(elsewhere.get("/account").status, 200);
    assert_eq!(
        elsewhere.post("/sign-out", &[]).location(),
        "/sign-in?done=out"
    );
    assert_eq!(bob.get("/account").location(), "/sign-in");
    assert_eq!(cognito.sent("RevokeToken").len(), 1);
    cognito.verify();
}

#[test]
fn many_requests_at_both_replicas_refresh_the_tokens_once() {
    let mut short = tokens(BOB);
    short["AuthenticationResult"]["ExpiresIn"] = json!(1);
    let mut refreshed = tokens(BOB)["AuthenticationResult"].take();
    refreshed["RefreshToken"] = json!("refresh-token-2");
    let refresh = always(
        "GetTokensFromRefreshToken",
        json!({"RefreshToken": "refresh-token"}),
        json!({"AuthenticationResult": refreshed}),
    );
    let cognito = with_account([refresh], short);
    let redis = Redis::start("refresh");
    let servers = [redis.replica(&cognito, KEY), redis.replica(&cognito, KEY)];
    let mut bob = servers[0].browser();
    assert_eq!(bob.sign_in(BOB, PASSWORD).location(), "/account");
    thread::sleep(Duration::from_millis(1_200));

    let senders: Vec<_> = (0..20)
        .map(|n| {
            let mut bob = at(&servers[n % 2], &bob);
            thread::spawn(move || bob.get("/account").status)
        })
        .collect();
    let statuses = senders
        .into_iter()
        .map(|sender| sender.join().expect("an answer"));
    assert!(statuses.into_iter().all(|status| status == 200));
    assert_eq!(cognito.sent("GetTokensFromRefreshToken").len(), 1);
    cognito.verify();
}
