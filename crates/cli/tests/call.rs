//! `call` and `describe`, run as processes against a server on this machine.

mod support;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use self::support::{Answer, Server, command, run, run_with};

const POOL: [&str; 2] = ["--user-pool-id", "eu-central-1_example"];

#[test]
fn what_the_arguments_say_is_sent_and_the_answer_is_printed_on_a_line() {
    let server = Server::answering([Answer::ok(json!({"Users": [{"Username": "alice"}]}))]);
    let mut arguments = vec!["call", "list-users", "--limit", "3"];
    arguments.extend(POOL);
    arguments.extend(["--attributes-to-get", "email", "sub"]);
    let done = run(&server, &arguments);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert_eq!(done.out, "{\"Users\":[{\"Username\":\"alice\"}]}\n");
    let [request] = &server.requests()[..] else {
        panic!("one request");
    };
    assert_eq!(
        request.target,
        "AWSCognitoIdentityProviderService.ListUsers"
    );
    assert!(request.authorization.contains("/eu-central-1/cognito-idp/"));
    let expected = json!({
        "UserPoolId": "eu-central-1_example", "Limit": 3, "AttributesToGet": ["email", "sub"],
    });
    assert_eq!(request.body, expected);
}

#[test]
fn a_public_operation_needs_no_credentials() {
    let server = Server::answering([Answer::ok(json!({}))]);
    let mut call = command(&server, &["call", "ForgotPassword"]);
    call.args(["--client-id", "c", "--username", "alice"])
        .env_remove("AWS_ACCESS_KEY_ID")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let done = run_with(call, "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert_eq!(server.requests()[0].authorization, "");
}

#[test]
fn all_pages_are_asked_for_and_each_is_a_line() {
    let server = Server::answering([
        Answer::ok(json!({"Groups": [{"GroupName": "a"}], "NextToken": "2"})),
        Answer::ok(json!({"Groups": [{"GroupName": "b"}]})),
    ]);
    let done = run(
        &server,
        &["call", "ListGroups", POOL[0], POOL[1], "--all-pages"],
    );
    let pages: Vec<Value> = done
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(pages[0]["Groups"][0]["GroupName"], "a");
    assert_eq!(pages[1]["Groups"][0]["GroupName"], "b");
    assert_eq!(pages.len(), 2);
    assert_eq!(server.requests()[1].body["NextToken"], "2");
}

#[test]
fn the_request_may_be_a_file_and_arguments_count_more() {
    let server = Server::answering([Answer::ok(json!({}))]);
    let mut call = command(
        &server,
        &["call", "ListGroups", "--json", "-", "--limit", "7"],
    );
    call.args(["--next-token", "t"]);
    let done = run_with(call, r#"{"UserPoolId": "eu-central-1_file", "Limit": 1}"#);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let expected = json!({"UserPoolId": "eu-central-1_file", "Limit": 7, "NextToken": "t"});
    assert_eq!(server.requests()[0].body, expected);
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_sent() {
    let server = Server::answering([]);
    let wrong: [(&[&str], &str); 8] = [
        (
            &["call", "ListUser"],
            "there is no operation ListUser; did you mean ListUsers?",
        ),
        (
            &["call", "list-user"],
            "there is no operation list-user; did you mean ListUsers?",
        ),
        (&["call", "ListUsers"], "ListUsers: UserPoolId: is required"),
        (
            &["call", "ListUsers", "--user-pool", "p"],
            "a similar argument exists: '--user-pool-id'",
        ),
        (
            &["call", "ListUsers", "--limit", "x"],
            "--limit: must be a whole number",
        ),
        (
            &[
                "call",
                "AdminCreateUser",
                "--user-pool-id",
                "p",
                "--username",
                "a",
                "--message-action",
                "SUPRESS",
            ],
            "MessageAction: there is no \"SUPRESS\"; did you mean SUPPRESS?",
        ),
        (
            &[
                "call",
                "AdminCreateUser",
                "--user-attributes",
                "{\"Nam\": 1}",
            ],
            "UserAttributes[0].Nam: there is no such member; did you mean Name?",
        ),
        (
            &["describe", "signup2"],
            "there is no operation signup2; did you mean SignUp?",
        ),
    ];
    for (arguments, expected) in wrong {
        let done = run(&server, arguments);
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{arguments:?}");
        assert!(done.err.contains(expected), "{arguments:?}: {}", done.err);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn the_status_tells_the_kind_of_a_failure_and_one_line_the_rest() {
    let refused = || Answer::error(400, "UserNotFoundException", "User does not exist.");
    let of = |operation: &str, answers: Vec<Answer>| {
        let server = Server::answering(answers);
        let done = run(
            &server,
            &["call", operation, POOL[0], POOL[1], "--username", "alice"],
        );
        assert_eq!(done.out, "");
        assert_eq!(done.err.lines().count(), 1, "{}", done.err);
        (done.status, done.err)
    };
    let (status, line) = of("AdminGetUser", vec![refused()]);
    assert_eq!(status, 3);
    assert!(
        line.starts_with("cognito-idp: AdminGetUser: UserNotFound"),
        "{line}"
    );
    assert!(line.contains("feed-1"), "{line}");
    let throttled = || Answer::error(400, "TooManyRequestsException", "Rate exceeded");
    let (status, line) = of("AdminGetUser", vec![throttled(), throttled(), throttled()]);
    assert_eq!(status, 5, "{line}");
    let broken = Answer::error(500, "InternalErrorException", "no");
    let (status, line) = of("AdminResetUserPassword", vec![broken]);
    assert_eq!(status, 7, "{line}");
}

#[test]
fn the_status_tells_no_network_from_a_lost_answer() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let call = |url: &str| {
        let mut call = support::bare(&["call", "SignUp", "--client-id", "c", "--username", "a"]);
        call.args(["--region", "eu-central-1", "--endpoint-url", url]);
        run_with(call, "")
    };
    assert_eq!(call(&url).status, 6);

    let rude = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", rude.local_addr().expect("an address"));
    let server = std::thread::spawn(move || {
        let (mut connection, _) = rude.accept().expect("a connection");
        let _ = connection.read(&mut [0; 4096]);
    });
    let done = call(&url);
    server.join().expect("no panic");
    assert_eq!(done.status, 7, "{}", done.err);
}

#[test]
fn secrets_come_from_anywhere_but_the_command_line_and_are_never_printed() {
    const SECRET: &str = "Marker-P@ss1";
    let set_password = |server: &Server, source: &str| {
        let mut call = command(server, &["call", "AdminSetUserPassword", POOL[0], POOL[1]]);
        call.args(["--username", "alice", "--permanent", "--password", source])
            .env("NEW_PASSWORD", SECRET);
        call
    };
    let server = Server::answering([Answer::ok(json!({})), Answer::ok(json!({}))]);
    let done = run_with(set_password(&server, "env:NEW_PASSWORD"), "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let done = run_with(set_password(&server, "-"), &format!("{SECRET}\n"));
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    for request in server.requests() {
        assert_eq!(request.body["Password"], SECRET);
        assert_eq!(request.body["Permanent"], true);
    }

    let server = Server::answering([Answer::error(
        400,
        "InvalidPasswordException",
        &format!("{SECRET} is too short"),
    )]);
    let refused = run_with(set_password(&server, "env:NEW_PASSWORD"), "");
    let mut call = set_password(&server, "env:NEW_PASSWORD");
    call.arg("--dry-run");
    let dry = run_with(call, "");
    let given = run_with(set_password(&server, SECRET), "");
    assert_eq!((refused.status, dry.status, given.status), (3, 0, 2));
    assert!(given.err.contains("is a secret"), "{}", given.err);
    for done in [refused, dry, given] {
        assert!(!done.out.contains(SECRET) && !done.err.contains(SECRET));
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    let server = Server::answering([]);
    let done = run(
        &server,
        &["call", "ListUsers", POOL[0], POOL[1], "--dry-run"],
    );
    let shown: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(
        shown,
        json!({
            "operation": "ListUsers",
            "signed": "SigV4",
            "request": {"UserPoolId": "eu-central-1_example"},
        })
    );
    assert!(server.requests().is_empty());
}

#[test]
fn whoever_stops_reading_ends_it_without_a_word() {
    let mut child = support::bare(&["describe", "UpdateUserPool"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
    assert!(done.status.success());
}

#[test]
fn help_and_descriptions_are_as_agreed_on() {
    let texts: [(&str, &[&str]); 4] = [
        ("help", &["--help"]),
        ("call", &["call", "--help"]),
        ("call-sign-up", &["call", "SignUp", "--help"]),
        ("describe-sign-up", &["describe", "sign-up"]),
    ];
    for (name, arguments) in texts {
        let done = run_with(support::bare(arguments), "");
        assert_eq!(done.status, 0, "{}", done.err);
        support::is_as_agreed_on(name, &done.out);
    }
}

#[test]
fn a_pipe_that_gives_no_json_is_named_by_line_and_column() {
    let mut child: Command = support::bare(&["call", "ListGroups", "--json", "-"]);
    child.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(b"{\n  \"UserPoolId\": }").expect("written");
    drop(input);
    let done = child.wait_with_output().expect("it ends");
    assert_eq!(done.status.code(), Some(2));
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        err.contains("--json: - must be JSON (line 2, column 17)"),
        "{err}"
    );
}
