//! Region, endpoint and credentials: arguments before variables, variables before the profile.
#![cfg(unix)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use self::support::{Answer, Server, bare, run_with};

type Variables<'a> = &'a [(&'a str, &'a str)];

const CALL: [&str; 4] = ["call", "list-user-pools", "--max-results", "1"];

#[test]
fn the_region_is_the_arguments_the_variables_the_profiles_or_the_pools() {
    let server = server();
    let home = home("region", &server, "region = eu-west-1");
    // Arguments, variables, and the region that signs.
    let cases: [(&[&str], Variables<'_>, &str); 6] = [
        (&[], &[], "eu-west-1"),
        (&[], &[("AWS_PROFILE", "other")], "eu-west-2"),
        (
            &["--profile", "other"],
            &[("AWS_PROFILE", "default")],
            "eu-west-2",
        ),
        (&[], &[("AWS_DEFAULT_REGION", "eu-west-3")], "eu-west-3"),
        (
            &[],
            &[
                ("AWS_REGION", "eu-north-1"),
                ("AWS_DEFAULT_REGION", "eu-west-3"),
            ],
            "eu-north-1",
        ),
        (
            &["--region", "eu-south-1"],
            &[("AWS_REGION", "eu-north-1")],
            "eu-south-1",
        ),
    ];
    for (arguments, variables, expected) in cases {
        assert_eq!(signed_for(&server, &home, arguments, variables), expected);
    }
    fs::write(home.join(".aws/config"), "[default]\n").expect("writable");
    let mut call = at(&home, &["call", "describe-user-pool"], &[]);
    call.args(["--user-pool-id", "eu-central-1_example", "--endpoint-url"])
        .arg(server.url());
    assert_eq!(run_with(call, "").status, 0);
    let last = server.requests().pop().expect("a request");
    assert!(last.authorization.contains("/eu-central-1/"));
}

#[test]
fn the_endpoint_is_the_arguments_the_variables_the_services_or_the_profiles() {
    let (expected, other) = (server(), Server::answering([]));
    let (here, there) = (expected.url(), other.url());
    let service = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER";
    let section = |ours: &str| {
        format!("[services s]\ncognito_identity_provider =\n  endpoint_url = {ours}\n")
    };
    let cases: [(&str, String, &[&str], Variables<'_>); 6] = [
        ("own", format!("endpoint_url = {here}\n"), &[], &[]),
        (
            "services",
            format!("endpoint_url = {there}\nservices = s\n{}", section(here)),
            &[],
            &[],
        ),
        (
            "all",
            format!("services = s\n{}", section(there)),
            &[],
            &[("AWS_ENDPOINT_URL", here)],
        ),
        (
            "service",
            String::new(),
            &[],
            &[("AWS_ENDPOINT_URL", there), (service, here)],
        ),
        (
            "argument",
            String::new(),
            &["--endpoint-url", here],
            &[(service, there)],
        ),
        (
            "ignored",
            format!("endpoint_url = {there}\n"),
            &["--endpoint-url", here],
            &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
        ),
    ];
    for (name, config, arguments, variables) in cases {
        let home = folder(&format!("endpoint-{name}"));
        let config = format!("[default]\nregion = eu-west-1\n{config}");
        fs::write(home.join(".aws/config"), config).expect("writable");
        let done = run_with(at(&home, &[&CALL, arguments].concat(), variables), "");
        assert_eq!(done.status, 0, "{name}: {}", done.err);
    }
    assert_eq!(expected.requests().len(), 6);
    assert!(other.requests().is_empty());
}

#[test]
fn configured_endpoints_do_not_count_where_the_environment_says_so() {
    let server = server();
    let home = home("ignore", &server, "region = eu-west-1");
    let mut call = at(
        &home,
        &CALL,
        &[
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
            ("AWS_ENDPOINT_URL", server.url()),
        ],
    );
    // Nothing of this test may leave this machine: a proxy that is not there takes it.
    call.env("HTTPS_PROXY", "http://127.0.0.1:9");
    let done = run_with(call, "");
    assert_eq!(done.status, 6, "{}", done.err);
    assert!(server.requests().is_empty());
}

#[test]
fn a_profile_brings_its_credentials_and_must_be_there_if_it_is_named() {
    let server = server();
    let home = home("profile", &server, "region = eu-west-1");
    let credentials = "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = Marker\n\
                       [other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = Marker\n";
    fs::write(home.join(".aws/credentials"), credentials).expect("writable");
    for (arguments, key) in [
        (&[][..], "AKIDDEFAULT"),
        (&["--profile", "other"], "AKIDOTHER"),
    ] {
        let mut call = at(&home, &[&CALL, arguments].concat(), &[]);
        call.env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY");
        let done = run_with(call, "");
        assert_eq!(done.status, 0, "{}", done.err);
        let last = server.requests().pop().expect("a request");
        assert!(last.authorization.contains(key), "{key}");
    }
    let done = run_with(
        at(&home, &[&CALL[..], &["--profile", "none"]].concat(), &[]),
        "",
    );
    assert_eq!(done.status, 2);
    assert!(
        done.err.contains("there is no profile \"none\""),
        "{}",
        done.err
    );

    fs::write(home.join(".aws/config"), "[default]\nMarker\n").expect("writable");
    let done = run_with(at(&home, &CALL, &[]), "");
    assert_eq!(done.status, 2);
    assert!(done.err.contains("malformed in line 2"), "{}", done.err);
    assert!(!done.err.contains("Marker"), "{}", done.err);
}

/// The region that the call was signed for.
fn signed_for(
    server: &Server,
    home: &Path,
    arguments: &[&str],
    variables: Variables<'_>,
) -> String {
    let done = run_with(at(home, &[&CALL, arguments].concat(), variables), "");
    assert_eq!(done.status, 0, "{}", done.err);
    let last = server.requests().pop().expect("a request");
    let scope = last.authorization.split('/').nth(2);
    scope.expect("a scope").to_owned()
}

/// The command with no more than a home and keys.
fn at(home: &Path, arguments: &[&str], variables: Variables<'_>) -> Command {
    let mut command = bare(arguments);
    command
        .env("HOME", home)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .envs(variables.iter().copied());
    command
}

/// A home whose profiles all lead to the server.
fn home(name: &str, server: &Server, default: &str) -> PathBuf {
    let home = folder(name);
    let url = server.url();
    let config = format!(
        "[default]\n{default}\nendpoint_url = {url}\n\
         [profile other]\nregion = eu-west-2\nendpoint_url = {url}\n\
         aws_access_key_id = AKIDOTHER\naws_secret_access_key = secret\n"
    );
    fs::write(home.join(".aws/config"), config).expect("writable");
    home
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-context-{name}"));
    // It may be there from the last run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join(".aws")).expect("writable");
    folder
}

fn server() -> Server {
    Server::answering((0..10).map(|_| Answer::ok(json!({"UserPools": [], "UserPool": {}}))))
}
