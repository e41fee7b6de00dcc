//! Verifying tokens, run as a process.
#![cfg(unix)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use self::support::{Answer, Done, Server, bare, run_with};

const POOL: &str = "eu-central-1_Example";
const CLIENT: &str = "app-client-id";

#[test]
fn a_good_token_says_what_it_says() {
    let of = ["--pool", POOL, "--client", CLIENT];
    let done = verify("access", &["-"], &of);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let claims: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(claims["username"], "alice");

    let done = verify("id", &["env:TOKEN", "--id"], &of);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let claims: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(claims["email"], "alice@example.com");

    let of = [
        "--pool",
        POOL,
        "--any-client",
        "--scope",
        "none",
        "--scope",
        "orders/read",
    ];
    let rest = ["--group", "readers", "--leeway", "300"];
    let done = verify("access", &[&token("access")], &[&of[..], &rest].concat());
    assert_eq!((done.status, done.err.as_str()), (0, ""));
}

#[test]
fn a_token_that_is_not_good_is_refused_with_the_reason() {
    let of = ["--pool", POOL, "--client", CLIENT];
    let with = |more: &[&'static str]| [&of[..], more].concat();
    for (name, arguments, reason) in [
        ("expired", with(&[]), "the token has expired"),
        ("id", with(&[]), "an access token is required"),
        ("access", with(&["--id"]), "an ID token is required"),
        (
            "hostile",
            with(&[]),
            "the token was issued to another app client",
        ),
        (
            "access",
            with(&["--scope", "all"]),
            "the token lacks the required scope",
        ),
        (
            "access",
            with(&["--group", "admins"]),
            "the user is not in the required group",
        ),
        (
            "access",
            with(&["--audience", "https://a"]),
            "the token is meant for another audience",
        ),
        (
            "access",
            with(&["--issuer", "https://a.example"]),
            "the token is of another issuer",
        ),
    ] {
        let done = verify(name, &["-"], &arguments);
        assert_eq!((done.status, done.out.as_str()), (3, ""), "{reason}");
        assert_eq!(done.err, format!("cognito-idp: {reason}\n"));
    }
}

#[test]
fn every_check_is_explained() {
    let of = [
        "--pool",
        POOL,
        "--client",
        "another",
        "--scope",
        "orders/write",
        "--explain",
    ];
    let done = verify("expired", &["-"], &of);
    assert_eq!(done.status, 3);
    assert_eq!(done.err, "cognito-idp: the token has expired\n");
    let now = done.out.split_once("(now: ").expect("the time").1;
    let now = now.split_once(')').expect("the time").0;
    support::is_as_agreed_on("verify-explain", &done.out.replace(now, "NOW"));

    let of = ["--pool", POOL, "--client", CLIENT, "--explain"];
    let done = verify("access", &["-"], &of);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(
        done.out.lines().all(|line| line.starts_with("passed")),
        "{}",
        done.out
    );
}

#[test]
fn an_explanation_is_data_for_who_asks_for_it() {
    let of = ["--pool", POOL, "--client", CLIENT, "--explain", "--output"];
    let done = verify("expired", &["-"], &[&of[..], &["json"]].concat());
    assert_eq!(done.status, 3, "{}", done.err);
    let checks: Value = serde_json::from_str(&done.out).expect("JSON");
    let time = &checks[5];
    assert_eq!(
        (&time["check"], &time["passed"]),
        (&json!("time"), &json!(false))
    );
    assert_eq!(time["reason"], "the token has expired");
    assert_eq!(
        (&checks[6]["passed"], &checks[6]["reason"]),
        (&json!(true), &json!(null))
    );
    let done = verify("hostile", &["-"], &[&of[..], &["table"]].concat());
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(done.out.contains("another app client"), "{}", done.out);
    assert!(!done.out.contains('\u{1b}'), "{}", done.out);
}

#[test]
fn nothing_of_the_token_itself_is_shown_and_no_terminal_obeys_it() {
    let of = ["--pool", POOL, "--client", CLIENT, "--explain"];
    for name in ["access", "expired", "hostile"] {
        let text = token(name);
        let done = verify(name, &["-"], &of);
        for part in text.split('.') {
            assert!(
                !done.out.contains(part) && !done.err.contains(part),
                "{name}"
            );
        }
        assert!(!done.out.contains('\u{1b}'), "{}", done.out);
    }
    let done = verify("hostile", &["-"], &of);
    assert!(
        done.out.contains("client     \\u{1b}[31mred: "),
        "{}",
        done.out
    );
}

#[test]
fn what_nobody_named_is_no_verification() {
    // Without the explanation it must be said.
    let done = verify("access", &["-"], &["--client", CLIENT]);
    assert_eq!(done.status, 2);
    assert!(
        done.err.contains("--pool or COGNITO_USER_POOL_ID"),
        "{}",
        done.err
    );
    let done = verify("access", &["-"], &["--pool", POOL]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("--any-client"), "{}", done.err);
    // With it, it is said which part is the token's own word.
    let done = verify("access", &["-"], &["--client", CLIENT, "--explain"]);
    assert_eq!(done.status, 9);
    assert!(done.err.contains("the token itself names"), "{}", done.err);
    assert_eq!(
        done.out
            .lines()
            .filter(|line| line.starts_with("passed"))
            .count(),
        11
    );
    let done = verify("access", &["-"], &["--pool", POOL, "--explain"]);
    assert_eq!(done.status, 9);
    assert!(done.err.contains("by any app client"), "{}", done.err);
    let done = verify("expired", &["-"], &["--explain"]);
    assert_eq!(done.status, 3, "{}", done.err);
    let mut unread = bare(&["verify", "not-a-token", "--explain"]);
    unread.env("COGNITO_CLIENT_ID", CLIENT);
    let done = run_with(unread, "");
    assert_eq!((done.status, done.out.as_str()), (2, ""), "{}", done.err);
}

#[test]
fn keys_are_fetched_from_the_endpoint() {
    let server = Server::answering([Answer::ok(tokens()["jwks"].clone())]);
    let of = |arguments: &[&str]| {
        let mut command = support::command(&server, arguments);
        command.env("TOKEN", token("access"));
        run_with(command, "")
    };
    let done = of(&[
        "verify",
        "env:TOKEN",
        "--pool",
        POOL,
        "--client",
        CLIENT,
        "--explain",
    ]);
    assert_eq!((done.status, done.err.as_str()), (0, ""), "{}", done.out);
    let [request] = &server.requests()[..] else {
        panic!("one request");
    };
    assert_eq!(request.path, format!("/{POOL}/.well-known/jwks.json"));
    assert_eq!(request.authorization, "");

    // Nobody can tell, and that is not a bad token; an explanation says why.
    let server = Server::answering([Answer::error(403, "ForbiddenException", "no")]);
    let mut command = support::command(&server, &["verify", "env:TOKEN", "--any-client"]);
    command
        .env("TOKEN", token("access"))
        .env("COGNITO_USER_POOL_ID", POOL);
    let done = run_with(command, "");
    assert_eq!((done.status, done.out.as_str()), (8, ""));
    assert!(done.err.contains("answered with HTTP 403"), "{}", done.err);
    let unreachable = [
        "verify",
        "env:TOKEN",
        "--any-client",
        "--pool",
        POOL,
        "--explain",
    ];
    let mut command = bare(&unreachable);
    command
        .env("TOKEN", token("access"))
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let done = run_with(command, "");
    assert_eq!(done.status, 6, "{}", done.err);
    let key = done.out.lines().find(|line| line.contains(" key "));
    let key = key.expect("every check is there");
    assert!(
        key.contains("key-1: the keys of the issuer cannot be had: no answer to the request"),
        "{key}"
    );
    assert!(
        done.out.contains("not checked  signature\n"),
        "{}",
        done.out
    );
}

#[test]
fn keys_that_cannot_be_used_are_named() {
    let path = folder().join("broken.json");
    fs::write(&path, json!({"keys": []}).to_string()).expect("writable");
    let keys = path.to_str().expect("UTF-8");
    let arguments = ["verify", "a.b.c", "--pool", POOL, "--any-client", "--jwks"];
    let done = run_with(bare(&[&arguments[..], &[keys]].concat()), "");
    assert_eq!(done.status, 2);
    assert!(
        done.err.contains("must have a key for RS256"),
        "{}",
        done.err
    );
    let done = run_with(bare(&[&arguments[..], &["missing.json"]].concat()), "");
    assert_eq!(done.status, 1);
    assert!(done.err.contains("missing.json"), "{}", done.err);
}

/// Verifies a token offline; it is on standard input and in the variable `TOKEN` as well.
fn verify(name: &str, first: &[&str], rest: &[&str]) -> Done {
    let keys = folder().join(format!(
        "{}.json",
        std::thread::current().name().unwrap_or("keys")
    ));
    fs::write(&keys, tokens()["jwks"].to_string()).expect("writable");
    let jwks = ["--jwks", keys.to_str().expect("UTF-8")];
    let mut command = bare(&[&["verify"], first, rest, &jwks].concat());
    command.env("TOKEN", token(name));
    run_with(command, &format!("{}\n", token(name)))
}

fn token(name: &str) -> String {
    tokens()[name].as_str().expect("there is one").to_owned()
}

fn tokens() -> Value {
    serde_json::from_str(include_str!("data/tokens.json")).expect("JSON")
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-verify");
    fs::create_dir_all(&folder).expect("writable");
    folder
}
