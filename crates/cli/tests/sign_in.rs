//! Sessions: signing in, fresh tokens and signing out, run as processes.
#![cfg(unix)]

mod support;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use self::support::{Answer, Server, Terminal, command, run_with};

const PASSWORD: &str = "Marker-P@ssw0rd1";
/// `{"username":"alice"}` between dots, as in a token.
const ACCESS: &str = "e30.eyJ1c2VybmFtZSI6ImFsaWNlIn0.first";

#[test]
fn a_session_is_kept_for_its_owner_alone_and_gives_tokens() {
    let home = Home::new("kept");
    let server = Server::answering([Answer::ok(tokens(ACCESS, "refresh-1", 3600))]);
    let done = run_with(home.sign_in(&server), "");
    assert_eq!(
        (done.status, done.err.as_str(), done.out.as_str()),
        (0, "Signed in.\n", "")
    );
    let [request] = &server.requests()[..] else {
        panic!("one request");
    };
    assert_eq!(request.body["AuthFlow"], "USER_PASSWORD_AUTH");
    assert_eq!(request.body["AuthParameters"]["PASSWORD"], PASSWORD);
    assert_eq!(request.authorization, "");

    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&home.session()), 0o600);
    assert_eq!(mode(home.session().parent().expect("a folder")), 0o700);
    let kept = fs::read_to_string(home.session()).expect("readable");
    assert!(!kept.contains(PASSWORD));

    let done = run_with(home.command(&server, &["token"]), "");
    assert_eq!((done.status, done.out), (0, format!("{ACCESS}\n")));
    let done = run_with(home.command(&server, &["token", "--id"]), "");
    assert_eq!((done.status, done.out.as_str()), (0, "id-token\n"));
    let done = run_with(home.command(&server, &["sessions"]), "");
    let listed: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(
        (&listed["username"], &listed["session"]),
        (&json!("alice"), &json!("default"))
    );
    let table = run_with(
        home.command(&server, &["sessions", "--output", "table"]),
        "",
    );
    assert!(table.out.contains("username"), "{}", table.out);
    assert_eq!(table.out.lines().count(), 2, "{}", table.out);
    for secret in [ACCESS, "refresh-1", "id-token"] {
        assert!(!table.out.contains(secret), "{}", table.out);
        assert!(!done.out.contains(secret), "{}", done.out);
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn processes_side_by_side_refresh_once() {
    let home = Home::new("refresh");
    let server = Server::answering([
        // Too short a life to be printed.
        Answer::ok(tokens(ACCESS, "refresh-1", 30)),
        Answer::ok(tokens("second", "refresh-2", 3600)),
    ]);
    assert_eq!(run_with(home.sign_in(&server), "").status, 0);
    let processes: Vec<_> = (0..8)
        .map(|_| {
            let token = home.command(&server, &["token"]);
            std::thread::spawn(move || run_with(token, ""))
        })
        .collect();
    for process in processes {
        let done = process.join().expect("no panic");
        assert_eq!(
            (done.status, done.out.as_str()),
            (0, "second\n"),
            "{}",
            done.err
        );
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].body["RefreshToken"], "refresh-1");
    let kept = fs::read_to_string(home.session()).expect("readable");
    assert!(kept.contains("refresh-2"));
}

#[test]
fn a_session_that_others_can_read_is_refused() {
    let home = Home::new("permissions");
    let server = Server::answering([Answer::ok(tokens(ACCESS, "refresh-1", 3600))]);
    assert_eq!(run_with(home.sign_in(&server), "").status, 0);
    fs::set_permissions(home.session(), Permissions::from_mode(0o644)).expect("mine");
    let done = run_with(home.command(&server, &["token"]), "");
    assert_eq!((done.status, done.out.as_str()), (2, ""));
    assert!(
        done.err.contains("must be readable by its owner alone"),
        "{}",
        done.err
    );
}

#[test]
fn a_broken_session_is_named_without_what_is_in_it() {
    let home = Home::new("broken");
    let server = Server::answering([Answer::ok(tokens(ACCESS, "refresh-1", 3600))]);
    assert_eq!(run_with(home.sign_in(&server), "").status, 0);
    let whole = fs::read_to_string(home.session()).expect("readable");
    for length in (0..whole.len()).step_by(40) {
        fs::write(home.session(), &whole[..length]).expect("writable");
        let done = run_with(home.command(&server, &["token"]), "");
        assert_eq!((done.status, done.out.as_str()), (2, ""));
        assert!(done.err.ends_with("is no session\n"), "{}", done.err);
    }
}

#[test]
fn a_wrong_password_is_refused_and_keeps_no_session() {
    let home = Home::new("wrong");
    let refusal = || {
        Answer::error(
            400,
            "NotAuthorizedException",
            "Incorrect username or password.",
        )
    };
    let server = Server::answering([refusal()]);
    let done = run_with(home.sign_in(&server), "");
    assert_eq!(done.status, 3);
    assert!(!done.err.contains(PASSWORD));
    assert!(!home.session().exists());
    let done = run_with(home.command(&server, &["token"]), "");
    assert_eq!(done.status, 2);
    assert!(done.err.contains("sign in first"), "{}", done.err);
}

#[test]
fn signing_out_revokes_and_forgets() {
    let home = Home::new("out");
    let server = Server::answering([
        Answer::ok(tokens(ACCESS, "refresh-1", 3600)),
        Answer::ok(json!({})),
    ]);
    assert_eq!(run_with(home.sign_in(&server), "").status, 0);
    let done = run_with(home.command(&server, &["sign-out"]), "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(server.requests()[1].target.ends_with(".RevokeToken"));
    assert_eq!(server.requests()[1].body["Token"], "refresh-1");
    assert!(!home.session().exists());
}

#[test]
fn what_cannot_be_asked_without_a_terminal_is_said() {
    let home = Home::new("pipe");
    let challenge = json!({
        "ChallengeName": "SMS_MFA", "Session": "Marker-session",
        "ChallengeParameters": {"CODE_DELIVERY_DESTINATION": "+*******1234"},
    });
    let server = Server::answering([Answer::ok(challenge)]);
    let done = run_with(home.sign_in(&server), "");
    assert_eq!(done.status, 2);
    let expected = "a terminal is needed to ask: Code sent to +*******1234";
    assert!(done.err.contains(expected), "{}", done.err);
    assert!(!done.err.contains("Marker"));
}

#[test]
fn challenges_are_asked_on_the_terminal_and_answers_are_not_echoed() {
    let home = Home::new("terminal");
    let server = Server::answering([
        Answer::ok(json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s1",
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": "alice", "requiredAttributes": "[\"userAttributes.given_name\"]",
            },
        })),
        Answer::error(
            400,
            "InvalidPasswordException",
            "Password must have symbols.",
        ),
        Answer::ok(json!({
            "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s2", "ChallengeParameters": {},
        })),
        Answer::error(400, "CodeMismatchException", "Invalid code."),
        Answer::ok(tokens(ACCESS, "refresh-1", 3600)),
    ]);
    let mut terminal = Terminal::run(&home.sign_in(&server));
    for password in ["Marker-weak", "Marker-Str0ng!"] {
        terminal.answer("given_name: ", "Alice");
        terminal.answer("New password: ", password);
        if password == "Marker-weak" {
            terminal.answer("The same again: ", "Marker-other");
            terminal.answer("New password: ", password);
        }
        terminal.answer("The same again: ", password);
    }
    terminal.answer("authenticator app: ", "111111");
    terminal.answer("authenticator app: ", "222222");
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("The two are not the same."), "{screen}");
    assert!(
        !screen.contains("Marker") && !screen.contains("222222"),
        "{screen}"
    );
    let requests = server.requests();
    let responses = |place: usize| &requests[place].body["ChallengeResponses"];
    assert_eq!(responses(2)["NEW_PASSWORD"], "Marker-Str0ng!");
    assert_eq!(responses(2)["userAttributes.given_name"], "Alice");
    assert_eq!(responses(4)["SOFTWARE_TOKEN_MFA_CODE"], "222222");
    assert!(home.session().exists());
}

#[test]
fn who_presses_interrupt_at_a_hidden_question_sees_afterwards_what_is_typed() {
    let home = Home::new("interrupt");
    let server = Server::answering([]);
    let mut sign_in = home.command(&server, &["sign-in", "alice", "--flow", "password"]);
    sign_in.args(["--pool", "eu-central-1_example", "--client", "c"]);
    let mut terminal = Terminal::run_as(&sign_in, |line| {
        format!("{line}; echo \"status $?\"; stty -a; exit 0")
    });
    terminal.wait_for("Password: ");
    terminal.press("Marker-half\u{3}");
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("status 130"), "{screen}");
    let modes: Vec<&str> = screen.split_whitespace().collect();
    for mode in ["echo", "icanon", "isig"] {
        assert!(modes.contains(&mode), "{mode}: {screen}");
    }
    assert!(
        !screen.contains("Marker") && !screen.contains("terminal:"),
        "{screen}"
    );
    assert!(server.requests().is_empty() && !home.session().exists());
}

/// A folder for the sessions of one test.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
        let _ = fs::remove_dir_all(&home);
        Self(home)
    }

    fn session(&self) -> PathBuf {
        self.0.join("cognito-idp/sessions/default.json")
    }

    fn command(&self, server: &Server, arguments: &[&str]) -> Command {
        let mut command = command(server, arguments);
        command.env("XDG_STATE_HOME", &self.0);
        command
    }

    fn sign_in(&self, server: &Server) -> Command {
        let mut command = self.command(server, &["sign-in", "alice", "--flow", "password"]);
        command
            .args(["--pool", "eu-central-1_example", "--client", "c"])
            .args(["--password", "env:MARKER"])
            .env("MARKER", PASSWORD);
        command
    }
}

fn tokens(access_token: &str, refresh_token: &str, seconds: u32) -> Value {
    json!({"AuthenticationResult": {
        "AccessToken": access_token, "IdToken": "id-token", "RefreshToken": refresh_token,
        "ExpiresIn": seconds, "TokenType": "Bearer",
    }})
}
