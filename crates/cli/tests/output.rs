//! `--output table` and `--verbose`, run as processes.
#![cfg(unix)]

mod support;

use serde_json::json;

use self::support::{Answer, Done, Server, Terminal, command, run, run_with};

const LIST: [&str; 4] = ["call", "list-groups", "--user-pool-id", "eu-central-1_p"];

#[test]
fn a_table_has_aligned_columns_and_pages_make_one() {
    let server = Server::answering([
        Answer::ok(json!({"Groups": [{"GroupName": "a", "Precedence": 1}], "NextToken": "2"})),
        Answer::ok(json!({"Groups": [{"GroupName": "editors", "Description": "x y"}]})),
    ]);
    let done = run(
        &server,
        &[&LIST[..], &["--all-pages", "--output", "table"]].concat(),
    );
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let expected = "\
GroupName  Precedence  Description
a          1           -
editors    -           x y
";
    assert_eq!(done.out, expected);
}

#[test]
fn one_object_is_a_line_for_each_member_and_tokens_are_shown_as_json_shows_them() {
    let tokens = || {
        Answer::ok(json!({"AuthenticationResult": {
            "AccessToken": "access", "ExpiresIn": 3600, "TokenType": "Bearer",
        }}))
    };
    let login = |arguments: &[&str]| {
        let server = Server::answering([tokens()]);
        let mut login = command(&server, &[&["login", "alice"], arguments].concat());
        login
            .args(["--password", "env:MARKER", "--pool", "eu-central-1_p"])
            .args(["--client", "c"])
            .env("MARKER", "Marker");
        run_with(login, "")
    };
    let table = login(&["--output", "table"]);
    let expected = "AccessToken  access\nExpiresIn    3600\nTokenType    Bearer\n";
    assert_eq!((table.status, table.out.as_str()), (0, expected));
    assert!(login(&[]).out.contains("\"AccessToken\":\"access\""));
    let unknown = login(&["--output", "yaml"]);
    assert_eq!((unknown.status, unknown.out.as_str()), (2, ""));
}

#[test]
fn rows_are_as_wide_as_the_terminal_and_whole_in_a_pipe() {
    let long = "x".repeat(100);
    let groups = || Answer::ok(json!({"Groups": [{"GroupName": "a", "Description": long}]}));
    let server = Server::answering([groups(), groups()]);
    let list = [&LIST[..], &["--output", "table"]].concat();
    let terminal = Terminal::run_as(&command(&server, &list), |line| {
        format!("stty cols 40; exec {line}")
    });
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    let widths: Vec<usize> = screen
        .lines()
        .map(|line| line.trim_end().chars().count())
        .collect();
    assert!(widths.iter().all(|width| *width <= 40), "{screen}");
    assert!(screen.contains("xxx…"), "{screen}");
    assert!(run(&server, &list).out.contains(&long));
}

#[test]
fn each_attempt_is_shown_with_what_follows_it_and_without_secrets() {
    const SECRET: &str = "Marker-P@ss1";
    let call = |answers: Vec<Answer>, is_verbose: bool| -> Done {
        let server = Server::answering(answers);
        let mut call = command(&server, &["call", "admin-initiate-auth"]);
        call.args(["--user-pool-id", "eu-central-1_p", "--client-id", "c"])
            .args(["--auth-flow", "ADMIN_USER_PASSWORD_AUTH"])
            .args(["--auth-parameters", "env:PARAMETERS"])
            .args(is_verbose.then_some("--verbose"))
            .env(
                "PARAMETERS",
                json!({"USERNAME": SECRET, "PASSWORD": SECRET}).to_string(),
            )
            .env("AWS_SESSION_TOKEN", "Marker-token");
        run_with(call, "")
    };
    let throttled = || Answer::error(400, "TooManyRequestsException", SECRET);
    let tokens = || {
        Answer::ok(json!({"AuthenticationResult": {"AccessToken": "Access"}, "Session": "Session"}))
    };
    let done = call(vec![throttled(), tokens()], true);
    assert_eq!(done.status, 0, "{}", done.err);
    let lines: Vec<&str> = done.err.lines().collect();
    let [first, second] = &lines[..] else {
        panic!("two attempts: {}", done.err);
    };
    let begin = "cognito-idp: AdminInitiateAuth attempt 1: 400 TooManyRequestsException, ";
    assert!(first.starts_with(begin), "{first}");
    assert!(
        first.contains(" ms, request feed-1; throttling, again in "),
        "{first}"
    );
    assert!(
        second.starts_with("cognito-idp: AdminInitiateAuth attempt 2: 200, "),
        "{second}"
    );
    assert!(second.ends_with(", request feed-2"), "{second}");
    assert!(done.out.contains("Access"), "{}", done.out);

    let refused = call(
        vec![Answer::error(400, "NotAuthorizedException", SECRET)],
        true,
    );
    assert_eq!((refused.status, refused.err.lines().count()), (3, 2));
    for shown in [&done.err, &refused.err, &refused.out] {
        for secret in ["Marker", "Access", "Session"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let quiet = call(vec![throttled(), tokens()], false);
    assert_eq!((quiet.status, quiet.err.as_str()), (0, ""));
}
