//! Fixtures checked, made safe and recorded, run as processes.
#![cfg(unix)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use self::support::{Answer, Done, Server, bare, command, run_with};

#[test]
fn the_fixtures_of_the_library_are_what_they_say() {
    let done = check(&["../../fixtures"]);
    // A server that is newer than the model, on purpose.
    assert_eq!(
        done.out.lines().collect::<Vec<_>>(),
        [
            "../../fixtures/flows/other_challenge.json, exchange 2 (RespondToAuthChallenge): request: \
          ChallengeName: there is no \"EMAIL_MFA\"; did you mean EMAIL_OTP?"
        ]
    );
    assert_eq!(
        (done.status, done.err.as_str()),
        (9, "cognito-idp: 1 problem\n")
    );
    let done = check(&[
        "../../fixtures/sign_up",
        "../../fixtures/get_user/success.json",
    ]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let counted: Value = serde_json::from_str(&done.out).expect("JSON");
    assert!(counted["fixtures"].as_u64() > Some(1), "{counted}");
}

#[test]
fn what_is_wrong_with_a_fixture_is_named_with_its_place() {
    let folder = folder("check");
    let name = write(
        &folder.join("wrong.json"),
        &json!({
            "description": "d", "provenance": "p", "exchanges": [
                {"operation": "SignUp", "request": {"ClientId": "{{any}}", "Usrname": "a", "Password": "{{any}}"},
                 "response": {"status": 200, "body": {"UserConfirmed": "yes"}}},
                {"operation": "SingUp", "request": {}, "response": {"status": 200}},
                {"operation": "POST /oauth2/token", "request": {"marker": "Marker@somewhere.org"},
                 "response": {"status": 200}},
            ],
        }),
    );
    let broken = write(&folder.join("broken.json"), &json!({"description": "d"}));
    let done = check(&[&name, &broken]);
    assert_eq!(done.status, 9);
    let lines: Vec<_> = done.out.lines().collect();
    for (line, expected) in lines.iter().zip([
        "exchanges[2].request.marker: must not hold an email address",
        "exchange 1 (SignUp): request: Usrname: there is no such member; did you mean Username?",
        "exchange 1 (SignUp): request: Username: is required",
        "exchange 1 (SignUp): response: UserConfirmed: must be true or false",
        "exchange 2 (SingUp): there is no such operation; did you mean SignUp?",
        "broken.json: must be a fixture",
    ]) {
        assert!(line.contains(expected), "{expected}: {line}");
    }
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert!(!done.out.contains("Marker"), "{}", done.out);
}

#[test]
fn a_raw_recording_loses_its_secrets_and_keeps_its_story() {
    let folder = folder("redact");
    let raw = write(
        &folder.join("raw.json"),
        &json!({
            "description": "Alice signs in", "provenance": "Written down by a proxy on 2026-11-01.",
            "exchanges": [raw_sign_in(), {
                "operation": "GetUser", "request": {"AccessToken": "Marker-access"},
                "response": {"status": 200, "headers": {"x-amzn-requestid": "Marker-request-id"}, "body": {
                    "Username": "Marker-alice",
                    "UserAttributes": [{"Name": "locale", "Value": "de"}],
                }},
            }],
        }),
    );
    let safe = folder.join("deep/safe.json");
    let done = fixtures(&["redact", &raw, text(&safe), "--keep", "locale"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let fixture = is_safe(&safe);
    assert_eq!(fixture["description"], "Alice signs in");
    let provenance = fixture["provenance"].as_str().expect("a text");
    assert!(
        provenance.starts_with("Written down by a proxy on 2026-11-01; redacted by cognito-idp "),
        "{provenance}"
    );
    let [sign_in, get_user] = &fixture["exchanges"].as_array().expect("a list")[..] else {
        panic!("two exchanges");
    };
    assert_eq!(
        sign_in["request"]["AuthParameters"]["USERNAME"],
        "{{username}}"
    );
    // What belongs together stays together.
    let token = &sign_in["response"]["body"]["AuthenticationResult"]["AccessToken"];
    assert_eq!(get_user["request"]["AccessToken"], *token);
    assert_eq!(get_user["response"]["body"]["Username"], "{{username}}");
    assert_eq!(
        get_user["response"]["body"]["UserAttributes"][0]["Value"],
        "de"
    );
    assert_eq!(check(&[text(&safe)]).status, 0);

    // What is redacted already is none any more.
    let done = fixtures(&["redact", text(&safe), text(&folder.join("again.json"))]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("no raw recording"), "{}", done.err);
    let done = fixtures(&[
        "redact",
        &raw,
        text(&folder.join("kept.json")),
        "--keep",
        "Password",
    ]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("cannot be kept"), "{}", done.err);
    let faults = write(
        &folder.join("faults.json"),
        &json!({
            "description": "d", "provenance": "p",
            "exchanges": [{"operation": "GetUser", "faults": ["close"]}],
        }),
    );
    let done = fixtures(&["redact", &faults, text(&folder.join("lost.json"))]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("faults would be lost"), "{}", done.err);
    assert!(!folder.join("lost.json").exists() && !folder.join("kept.json").exists());
}

#[test]
fn the_archive_of_a_browser_becomes_a_fixture() {
    let folder = folder("har");
    let call = raw_sign_in();
    let operation = |method: &str, response: Value| {
        json!({
            "startedDateTime": "2026-11-02T10:00:00.000Z",
            "request": {
                "method": method, "url": "https://cognito-idp.eu-central-1.amazonaws.com/",
                "headers": [
                    {"name": ":authority", "value": "cognito-idp.eu-central-1.amazonaws.com"},
                    {"name": "X-Amz-Target", "value": "AWSCognitoIdentityProviderService.InitiateAuth"},
                    {"name": "cookie", "value": "Marker-cookie"},
                ],
                "postData": {"mimeType": "application/x-amz-json-1.1", "text": call["request"].to_string()},
            },
            "response": response,
        })
    };
    let answered = operation(
        "POST",
        json!({
            "status": 200, "headers": [{"name": "content-encoding", "value": "gzip"}],
            "content": {"text": call["response"]["body"].to_string()},
        }),
    );
    let preflight = operation(
        "OPTIONS",
        json!({"status": 200, "headers": [], "content": {}}),
    );
    let broken = operation("POST", json!({"status": 0, "headers": [], "content": {}}));
    let page = json!({
        "startedDateTime": "2026-11-01T10:00:00.000Z",
        "request": {"method": "GET", "url": "https://app.example.com/Marker", "headers": []},
        "response": {"status": 200, "headers": [], "content": {"text": "Marker-page"}},
    });
    let archive = |entries: &[&Value]| json!({"log": {"creator": {"name": "Firefox", "version": "150.0"}, "entries": entries}});
    let har = write(
        &folder.join("har.json"),
        &archive(&[&page, &preflight, &answered, &broken]),
    );
    let safe = folder.join("safe.json");
    let done = fixtures(&["redact", &har, text(&safe)]);
    assert_eq!(done.status, 0, "{}", done.err);
    let fixture = is_safe(&safe);
    let provenance = fixture["provenance"].as_str().expect("a text");
    assert!(
        provenance.starts_with("Recorded by Firefox 150.0 on 2026-11-02; redacted"),
        "{provenance}"
    );
    let exchanges = fixture["exchanges"].as_array().expect("a list");
    assert_eq!(exchanges.len(), 2);
    assert_eq!(exchanges[0]["response"]["status"], 200);
    assert_eq!(exchanges[1]["faults"], json!(["close"]));
    assert_eq!(check(&[text(&safe)]).status, 0);

    let none = write(&folder.join("none.json"), &archive(&[&page]));
    let done = fixtures(&["redact", &none, text(&folder.join("empty.json"))]);
    assert_eq!(done.status, 2);
    assert!(
        done.err.contains("holds no call to Cognito"),
        "{}",
        done.err
    );
    assert!(!done.err.contains("Marker"), "{}", done.err);
}

#[test]
fn a_programs_calls_are_recorded_with_the_proxys_own_signatures() {
    let folder = folder("record");
    let server = Server::answering([
        Answer::ok(json!({"Username": "Marker-alice", "Enabled": true})),
        Answer::ok(raw_sign_in()["response"]["body"].clone()),
        Answer::error(
            400,
            "UserNotFoundException",
            "User Marker-bob does not exist.",
        ),
    ]);
    let file = folder.join("flows/calls.json");
    // Another key, and no network: whatever comes out went through the proxy.
    let script = r#"
        export AWS_ACCESS_KEY_ID=AKIDOFTHEPROGRAM
        "$0" call AdminGetUser --user-pool-id eu-central-1_Marker1 --username Marker-alice &&
        "$0" call InitiateAuth --client-id Marker-client --auth-flow USER_PASSWORD_AUTH \
            --auth-parameters env:PARAMETERS &&
        "$0" call AdminGetUser --user-pool-id eu-central-1_Marker1 --username Marker-bob
    "#;
    let binary = env!("CARGO_BIN_EXE_cognito-idp");
    let mut record = command(&server, &["fixtures", "record", text(&file)]);
    record
        .args([
            "--server",
            "A server of the test, version 1",
            "--description",
            "Alice and Bob",
        ])
        .args(["--", "sh", "-c", script, binary])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env(
            "PARAMETERS",
            raw_sign_in()["request"]["AuthParameters"].to_string(),
        );
    let done = run_with(record, "");
    // The last call fails, and so does the program.
    assert_eq!(done.status, 9, "{}", done.err);
    assert!(done.err.contains("Recorded 3 calls into"), "{}", done.err);
    assert!(
        done.err
            .ends_with("cognito-idp: the program: exit status: 3\n"),
        "{}",
        done.err
    );
    // Its output is its own.
    assert_eq!(done.out.lines().count(), 2, "{}", done.out);

    let requests = server.requests();
    let signed_by = |place: usize| {
        requests[place]
            .authorization
            .split(['=', '/'])
            .nth(1)
            .map(str::to_owned)
    };
    assert_eq!(signed_by(0).as_deref(), Some("AKIDEXAMPLE"));
    assert!(
        requests[0]
            .authorization
            .contains("/eu-central-1/cognito-idp/aws4_request")
    );
    assert_eq!(requests[1].authorization, "", "InitiateAuth is not signed");
    let fixture = is_safe(&file);
    assert_eq!(fixture["description"], "Alice and Bob");
    let provenance = fixture["provenance"].as_str().expect("a text");
    let expected = "Recorded from A server of the test, version 1 on 20";
    assert!(provenance.starts_with(expected), "{provenance}");
    let exchanges = fixture["exchanges"].as_array().expect("a list");
    let names: Vec<_> = exchanges
        .iter()
        .map(|exchange| &exchange["operation"])
        .collect();
    assert_eq!(names, ["AdminGetUser", "InitiateAuth", "AdminGetUser"]);
    assert_eq!(
        exchanges[2]["response"]["body"]["message"],
        "User {{username_2}} does not exist."
    );
    assert_eq!(check(&[text(&file)]).status, 0);
}

#[test]
fn without_credentials_of_its_own_the_proxy_signs_nothing() {
    let server = Server::answering([]);
    let file = folder("unsigned").join("calls.json");
    let script = r#"
        export AWS_ACCESS_KEY_ID=AKIDOFTHEPROGRAM AWS_SECRET_ACCESS_KEY=Marker-secret
        "$0" call list-user-pools --max-results 1
    "#;
    let mut record = command(
        &server,
        &["fixtures", "record", text(&file), "--server", "A server"],
    );
    record
        .args(["--", "sh", "-c", script, env!("CARGO_BIN_EXE_cognito-idp")])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let done = run_with(record, "");
    assert_eq!(done.status, 9, "{}", done.err);
    // The program is told as well, and does not try again.
    assert!(done.err.contains("NotRecorded"), "{}", done.err);
    assert_eq!(done.err.lines().count(), 3, "{}", done.err);
    assert!(done.err.contains("no call came"), "{}", done.err);
    assert!(!done.err.contains("Marker"), "{}", done.err);
    assert_eq!(server.requests().len(), 0);
    assert!(!file.exists());
}

#[test]
fn a_recording_ends_at_a_signal_with_a_whole_file() {
    for signal in ["INT", "TERM"] {
        let folder = folder(&format!("signal-{signal}"));
        let file = folder.join("calls.json");
        let server = Server::answering([Answer::ok(json!({"UserPools": []}))]);
        let mut recording =
            Recording::start(command(&server, &["fixtures", "record", text(&file)]));
        let mut program = command(&server, &["call", "list-user-pools", "--max-results", "1"]);
        program.env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &recording.url);
        let done = run_with(program, "");
        assert_eq!(done.status, 0, "{}", done.err);
        assert!(!file.exists());
        let done = recording.end(signal);
        assert_eq!(done.status, 0, "{}", done.err);
        assert!(done.err.contains("Recorded 1 calls into"), "{}", done.err);
        assert_eq!(is_safe(&file)["exchanges"][0]["operation"], "ListUserPools");
    }
    let file = folder("signal-none").join("calls.json");
    let server = Server::answering([]);
    let mut recording = Recording::start(command(&server, &["fixtures", "record", text(&file)]));
    let done = recording.end("INT");
    assert_eq!(done.status, 9);
    assert!(done.err.contains("no call came"), "{}", done.err);
    assert!(!file.exists());
}

#[test]
fn only_calls_to_cognito_from_this_machine_are_passed_on() {
    let file = folder("others").join("calls.json");
    let server = Server::answering([]);
    let mut recording = Recording::start(command(&server, &["fixtures", "record", text(&file)]));
    let post = "POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n";
    let target = "x-amz-target: AWSCognitoIdentityProviderService.ListUsers\r\n";
    for (request, status) in [
        (
            "GET / HTTP/1.1\r\nconnection: close\r\nhost: localhost\r\n\r\n".to_owned(),
            400,
        ),
        (
            format!(
                "{post}host: localhost\r\nx-amz-target: secretsmanager.GetSecretValue\r\n\r\n{{}}"
            ),
            400,
        ),
        (
            format!("{post}host: localhost\r\ncontent-type: application/cbor\r\n{target}\r\n{{}}"),
            400,
        ),
        // A name that somebody has given to this machine, to have a browser call it.
        (format!("{post}host: evil.example\r\n{target}\r\n{{}}"), 421),
        (
            format!("{post}host: evil.example:80\r\n{target}\r\n{{}}"),
            421,
        ),
        (format!("{post}{target}\r\n{{}}"), 421),
    ] {
        let address = recording.url.strip_prefix("http://").expect("plain");
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer}"
        );
    }
    assert_eq!(server.requests().len(), 0);
    assert_eq!(recording.end("INT").status, 9);
}

#[test]
fn what_cannot_be_recorded_is_said_before_anything_is() {
    let folder = folder("refused");
    let file = folder.join("calls.json");
    let run = |arguments: &[&str], endpoint: Option<&str>| {
        let mut record = bare(&[&["fixtures", "record"], arguments].concat());
        record.envs(endpoint.map(|url| ("AWS_ENDPOINT_URL", url)));
        run_with(record, "")
    };
    let done = run(&[text(&file)], None);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("--region or AWS_REGION"), "{}", done.err);
    let done = run(&[text(&file)], Some("http://127.0.0.1:9"));
    assert_eq!(done.status, 2);
    assert!(done.err.contains("--server must name"), "{}", done.err);
    let done = run(
        &[text(&file), "--server", "itself", "--port", "47653"],
        Some("http://localhost:47653"),
    );
    assert_eq!(done.status, 2);
    assert!(done.err.contains("round in circles"), "{}", done.err);
    let done = run(&["/proc/calls.json", "--region", "eu-central-1"], None);
    assert_eq!(done.status, 1);
    let done = run(
        &[
            text(&file),
            "--region",
            "eu-central-1",
            "--",
            "/no/such/program",
        ],
        None,
    );
    assert_eq!(done.status, 1);
    assert!(done.err.contains("/no/such/program"), "{}", done.err);
}

fn check(paths: &[&str]) -> Done {
    fixtures(&[&["check"], paths].concat())
}

fn fixtures(arguments: &[&str]) -> Done {
    let mut command = bare(&[&["fixtures"], arguments].concat());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    run_with(command, "")
}

/// A sign-in with all that a recording must not show.
fn raw_sign_in() -> Value {
    json!({
        "operation": "InitiateAuth",
        "request": {
            "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "Marker-client",
            "AuthParameters": {"USERNAME": "Marker-alice", "PASSWORD": "Marker-password"},
        },
        "response": {"status": 200, "body": {"AuthenticationResult": {
            "AccessToken": "Marker-access", "RefreshToken": "Marker-refresh", "IdToken": "Marker-id",
            "ExpiresIn": 3600, "TokenType": "Bearer",
        }, "ChallengeParameters": {}}},
    })
}

fn is_safe(path: &Path) -> Value {
    let written = fs::read_to_string(path).expect("it was written");
    assert!(!written.contains("Marker"), "{written}");
    serde_json::from_str(&written).expect("JSON")
}

/// A recording that goes on until a signal.
struct Recording {
    child: Child,
    url: String,
    err: BufReader<std::process::ChildStderr>,
}

impl Recording {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .args(["--server", "A server of the test"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut err = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        err.read_line(&mut line).expect("it says where");
        let url = line
            .split(['=', ' '])
            .find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no URL in {line}")).to_owned();
        Self { child, url, err }
    }

    fn end(&mut self, signal: &str) -> Done {
        let pid = self.child.id().to_string();
        let kill = Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status();
        assert!(kill.expect("it is there").success());
        let mut err = String::new();
        self.err.read_to_string(&mut err).expect("UTF-8");
        let status = self.child.wait().expect("it ends");
        Done {
            status: status.code().expect("no signal"),
            out: String::new(),
            err,
        }
    }
}

fn write(path: &Path, value: &Value) -> String {
    fs::write(path, value.to_string()).expect("writable");
    text(path).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-fixtures-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writable");
    folder
}
