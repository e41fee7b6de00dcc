//! Signing in on the pages of a domain, run as a process; the domain and the browser are the test's.
#![cfg(unix)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
};

use cognito_idp::fixture::{Fixture, Replay};
use serde_json::{Value, json};

use self::support::{Done, Server, bare, free_port, open, run_with};

#[test]
fn a_browser_that_comes_back_brings_a_session() {
    let (domain, replay) = domain(&json!({}));
    let mut sign_in = SignIn::start(
        "session",
        &domain,
        &["--scope", "openid", "--scope", "orders/read"],
    );
    // Somebody else's page cannot end it, nor can a look for an icon.
    for other in [
        "?code=Marker-other&state=another",
        "?error=access_denied",
        "?code=Marker-other",
        "",
    ] {
        let page = open(&format!("{}{other}", sign_in.redirect_uri), None);
        assert_eq!(page.status, 400, "{other}");
    }
    let icon = sign_in.redirect_uri.replace("callback", "favicon.ico");
    assert_eq!(open(&icon, None).status, 404);

    let authorize = open(&sign_in.url, None);
    assert_eq!(authorize.status, 302, "{}", authorize.body);
    let page = open(&authorize.location, None);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("You are signed in."), "{}", page.body);
    assert!(
        page.head.contains("cache-control: no-store"),
        "{}",
        page.head
    );
    let done = sign_in.end();
    assert_eq!((done.status, done.err.as_str()), (0, "Signed in.\n"));
    replay.verify().expect("all was asked for");

    let token = run_with(sign_in.command(&["token"]), "");
    assert_eq!(token.status, 0, "{}", token.err);
    assert_eq!(token.out.split('.').count(), 3, "{}", token.out);
    let listed = run_with(sign_in.command(&["sessions"]), "");
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(listed["username"], "alice");
}

#[test]
fn the_browser_of_who_sits_here_is_opened() {
    let (domain, _) = domain(&json!({}));
    let home = home("opened");
    let opened = home.join("opened");
    let program = home.join("xdg-open");
    fs::write(
        &program,
        format!("#!/bin/sh\necho \"$1\" > {}\n", opened.display()),
    )
    .expect("writable");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("mine");
    let mut sign_in = SignIn::start_with("opened", &domain, &["alice"], |command| {
        command.env("PATH", format!("{}:/usr/bin:/bin", home.display()));
    });
    let begun = std::time::Instant::now();
    let url = loop {
        match fs::read_to_string(&opened) {
            Ok(url) if url.ends_with('\n') => break url,
            _ => assert!(begun.elapsed().as_secs() < 30, "it was not opened"),
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(url.trim_end(), sign_in.url);
    assert!(url.contains("&login_hint=alice"), "{url}");
    sign_in.child.kill().expect("it runs");
    sign_in.end();
}

#[test]
fn what_the_pages_refuse_is_said_in_the_window_and_on_the_terminal() {
    let (domain, _) = domain(&json!({
        "location": "{{redirect_uri}}?error=access_denied&error_description=Marker-words&state={{state}}",
    }));
    let mut sign_in = SignIn::start("refused", &domain, &[]);
    let page = open(&open(&sign_in.url, None).location, None);
    assert_eq!(page.status, 400);
    assert!(
        page.body.contains("The sign-in has failed"),
        "{}",
        page.body
    );
    let done = sign_in.end();
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(
        done.err.contains("the login was refused: access_denied"),
        "{}",
        done.err
    );
    assert!(
        !done.err.contains("Marker") && !page.body.contains("Marker"),
        "{}",
        done.err
    );
    assert_eq!(run_with(sign_in.command(&["token"]), "").status, 2);
}

#[test]
fn a_token_that_was_made_for_another_sign_in_is_refused() {
    let (domain, _) = domain(&json!({"nonce": "of-another"}));
    let mut sign_in = SignIn::start(
        "nonce",
        &domain,
        &["--scope", "openid", "--scope", "orders/read"],
    );
    let page = open(&open(&sign_in.url, None).location, None);
    assert_eq!(page.status, 400);
    let done = sign_in.end();
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(
        done.err.contains("the ID token does not belong"),
        "{}",
        done.err
    );
    assert!(!done.err.contains("Marker"), "{}", done.err);
}

#[test]
fn a_code_that_is_not_taken_is_told_in_the_words_of_oauth() {
    let (domain, _) = domain(&json!({
        "tokens": {"status": 400, "body": {"error": "invalid_grant", "error_description": "Marker-words"}},
    }));
    let mut sign_in = SignIn::start("code", &domain, &[]);
    let page = open(&open(&sign_in.url, None).location, None);
    assert_eq!(page.status, 400);
    let done = sign_in.end();
    assert_eq!(done.status, 3, "{}", done.err);
    assert!(done.err.contains("POST /oauth2/token"), "{}", done.err);
    assert!(done.err.contains("invalid_grant"), "{}", done.err);
    assert!(!done.err.contains("Marker-code"), "{}", done.err);
}

#[test]
fn nobody_is_waited_for_forever() {
    let (domain, _) = domain(&json!({}));
    let mut sign_in = SignIn::start("late", &domain, &["--timeout", "1"]);
    let done = sign_in.end();
    assert_eq!(done.status, 9);
    assert!(done.err.contains("within 1 s"), "{}", done.err);
}

#[test]
fn a_sign_in_that_is_stopped_leaves_nothing_behind() {
    let (domain, _) = domain(&json!({}));
    let mut sign_in = SignIn::start("stopped", &domain, &[]);
    let pid = sign_in.child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status();
    assert!(kill.expect("it is there").success());
    let end = sign_in.end();
    assert_eq!((end.status, end.err.as_str()), (130, ""));
    // Nobody waits for a session that nobody holds.
    let token = run_with(sign_in.command(&["token"]), "");
    assert_eq!(token.status, 2);
    assert!(token.err.contains("sign in first"), "{}", token.err);
    let port = sign_in
        .redirect_uri
        .split([':', '/'])
        .nth(4)
        .expect("a port");
    std::net::TcpListener::bind(format!("127.0.0.1:{port}")).expect("it is free again");
}

#[test]
fn what_cannot_be_is_said_before_a_browser_is_sent_away() {
    let (domain, _) = domain(&json!({}));
    let of = |arguments: &[&str]| {
        let mut command = bare(&[
            "sign-in",
            "--pool",
            "eu-central-1_Example",
            "--client",
            "app",
        ]);
        command
            .args(arguments)
            .env("XDG_STATE_HOME", home("cannot"));
        run_with(command, "")
    };
    for uri in [
        "https://localhost:8976/callback",
        "http://localhost/callback",
        "http://app.example:80/callback",
        "x",
    ] {
        let done = of(&[
            "--managed-login",
            "--domain",
            &domain.url,
            "--redirect-uri",
            uri,
        ]);
        assert_eq!(done.status, 2, "{uri}");
        assert!(
            done.err.contains("--redirect-uri: must be of this machine"),
            "{}",
            done.err
        );
    }
    let done = of(&["--managed-login"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("COGNITO_DOMAIN"), "{}", done.err);
    let done = of(&["--managed-login", "--flow", "srp"]);
    assert_eq!(done.status, 2, "{}", done.err);
    let done = of(&["alice", "--scope", "openid"]);
    assert_eq!(done.status, 2, "{}", done.err);
    assert_eq!(of(&[]).status, 2);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let uri = format!("http://localhost:{port}/");
    let done = of(&[
        "--managed-login",
        "--domain",
        &domain.url,
        "--redirect-uri",
        &uri,
    ]);
    assert_eq!(done.status, 1, "{}", done.err);
    assert!(
        done.err.contains(&format!("127.0.0.1:{port}")),
        "{}",
        done.err
    );
}

/// A domain whose user is signed in there already, as far as it is not to do otherwise.
fn domain(otherwise: &Value) -> (Server, Replay) {
    let text = |name: &str, usual: &str| otherwise[name].as_str().unwrap_or(usual).to_owned();
    let location = text(
        "location",
        "{{redirect_uri}}?code=Marker-code&state={{state}}",
    );
    let tokens = json!({"status": 200, "body": {
        "access_token": {"{{jwt:access}}": {"client_id": "{{client_id}}", "username": "alice"}},
        "id_token": {"{{jwt:id}}": {"aud": "{{client_id}}", "nonce": text("nonce", "{{nonce}}")}},
        "refresh_token": "Marker-refresh", "token_type": "Bearer", "expires_in": 3600,
    }});
    let fixture = json!({
        "description": "A sign-in on the pages", "provenance": "Written for this test",
        "exchanges": [{
            "operation": "GET /oauth2/authorize",
            "request": {
                "response_type": "code", "client_id": "{{client_id}}", "redirect_uri": "{{redirect_uri}}",
                "state": "{{state}}", "nonce": "{{nonce}}", "code_challenge": "{{any}}",
                "code_challenge_method": "S256", "{{any}}": "{{any}}",
            },
            "response": {"status": 302, "headers": {"location": location}},
        }, {
            "operation": "POST /oauth2/token",
            "request": {
                "grant_type": "authorization_code", "client_id": "{{client_id}}", "code": "Marker-code",
                "code_verifier": "{{any}}", "redirect_uri": "{{redirect_uri}}",
            },
            "response": otherwise.get("tokens").unwrap_or(&tokens),
        }],
    });
    let fixture = Fixture::parse("pages", &fixture.to_string()).expect("a fixture");
    let replay = Replay::new([fixture]);
    (Server::of(replay.clone()), replay)
}

/// A sign-in that waits for its browser.
struct SignIn {
    child: Child,
    err: BufReader<ChildStderr>,
    url: String,
    redirect_uri: String,
    home: PathBuf,
}

impl SignIn {
    fn start(name: &str, domain: &Server, arguments: &[&str]) -> Self {
        home(name);
        Self::start_with(name, domain, arguments, |command| {
            command.arg("--no-browser");
        })
    }

    fn start_with(
        name: &str,
        domain: &Server,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let redirect_uri = format!("http://localhost:{}/callback", free_port());
        let mut command = bare(&["sign-in", "--managed-login"]);
        let home = path_of(name);
        command
            .args(["--pool", "eu-central-1_Example", "--client", "app"])
            .args(["--redirect-uri", &redirect_uri])
            .args(arguments)
            .env("COGNITO_DOMAIN", &domain.url)
            .env("XDG_STATE_HOME", &home)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().expect("it starts");
        let mut err = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        err.read_line(&mut line).expect("it says where");
        let url = line
            .trim_end()
            .rsplit(' ')
            .next()
            .expect("a URL")
            .to_owned();
        assert!(url.starts_with(&domain.url), "{line}");
        Self {
            child,
            err,
            url,
            redirect_uri,
            home,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.env("XDG_STATE_HOME", &self.home);
        command
    }

    fn end(&mut self) -> Done {
        let mut err = String::new();
        self.err.read_to_string(&mut err).expect("UTF-8");
        let status = self.child.wait().expect("it ends");
        Done {
            status: status.code().unwrap_or(-1),
            out: String::new(),
            err,
        }
    }
}

/// An empty folder.
fn home(name: &str) -> PathBuf {
    let home = path_of(name);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).expect("writable");
    home
}

fn path_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-managed-login-{name}"))
}
