//! What the players promise: the same from memory and from a wiremock server.
#![cfg(all(
    feature = "wiremock",
    feature = "sigv4",
    any(feature = "reqwest", feature = "hyper")
))]

use std::time::Duration;

use cognito_idp::{
    Client, ClientBuilder, CognitoConfig, CognitoService, Error, ErrorCode,
    credentials::Credentials,
    error::TransportErrorKind,
    fixture::{Fixture, Recorder, Replay},
    operation::{
        groups::AdminAddUserToGroupRequest,
        sessions::ListUserSessionsRequest,
        sign_up::{ConfirmSignUpRequest, SignUpRequest},
        users::{AdminGetUserRequest, GetUserRequest},
    },
    retry::RetryPolicy,
    transport::HttpClient as _,
};
use serde_json::{Value, json};
use wiremock::MockServer;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn fixture(exchanges: &Value) -> Fixture {
    let fixture = json!({"description": "d", "provenance": "Written for this test",
        "exchanges": exchanges});
    Fixture::parse("f", &fixture.to_string()).expect("a valid fixture")
}

fn builder() -> ClientBuilder {
    Client::builder()
        .region("eu-central-1")
        .credentials(Credentials::new("AKID", "secret", None, None, "test"))
        .retry_policy(RetryPolicy::never())
}

/// Both players over the same fixtures; the server lives as long as the test needs it.
struct Player {
    replay: Replay,
    client: Client,
    _server: Option<MockServer>,
}

async fn players(
    fixtures: impl Fn() -> Vec<Fixture>,
    change: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Result<[Player; 2], Error> {
    let in_memory = Replay::new(fixtures());
    let client = change(builder().http_client(in_memory.clone())).build()?;
    let mounted = Replay::new(fixtures());
    let server = MockServer::start().await;
    mounted.mount(&server).await;
    let over_http = change(builder().endpoint_url(server.uri())).build()?;
    Ok([
        Player {
            replay: in_memory,
            client,
            _server: None,
        },
        Player {
            replay: mounted,
            client: over_http,
            _server: Some(server),
        },
    ])
}

fn unsigned(builder: ClientBuilder) -> ClientBuilder {
    builder
}

fn message(error: &Error) -> String {
    let Error::Service(error) = error else {
        panic!("a service error, not {error:?}");
    };
    assert_eq!(error.status().as_u16(), 418);
    assert_eq!(
        error.code(),
        Some(&ErrorCode::Other("FixtureMismatch".to_owned()))
    );
    error.message().unwrap_or_default().to_owned()
}

fn sign_up_then_confirm() -> Vec<Fixture> {
    vec![fixture(&json!([
        {"operation": "SignUp",
         "request": {"ClientId": "{{any}}", "Username": "{{username}}", "Password": "{{any}}"},
         "response": {"status": 200, "headers": {"x-amzn-requestid": "id-1"},
                      "body": {"UserConfirmed": false, "UserSub": "sub-of-{{username}}"}}},
        {"operation": "ConfirmSignUp",
         "request": {"ClientId": "{{any}}", "Username": "{{username}}", "ConfirmationCode": "123456"},
         "response": {"status": 200, "body": {"Session": "session-1"}}},
    ]))]
}

#[tokio::test]
async fn a_flow_answers_in_its_order_and_remembers_names() -> TestResult {
    for player in players(sign_up_then_confirm, unsigned).await? {
        let request = SignUpRequest::new("client", "alice").password("P@ssw0rd!");
        let response = player.client.send(&request).await?;
        assert_eq!(response.user_sub, "sub-of-alice");

        let other = ConfirmSignUpRequest::new("client", "bob", "123456");
        let error = player.client.send(&other).await.expect_err("another name");
        assert_eq!(
            message(&error),
            "ConfirmSignUp matches no fixture; the nearest is f, exchange 2 (ConfirmSignUp):\n  \
             Username is not what {{username}} stood for before"
        );

        let request = ConfirmSignUpRequest::new("client", "alice", "123456");
        player.client.send(&request).await?;
        let error = player.replay.verify().expect_err("one call was in vain");
        assert_eq!(error.problems().count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_call_out_of_order_or_once_too_often_is_refused() -> TestResult {
    for player in players(sign_up_then_confirm, unsigned).await? {
        let confirm = ConfirmSignUpRequest::new("client", "alice", "123456");
        let error = player.client.send(&confirm).await.expect_err("too early");
        assert!(
            message(&error).contains("not its turn: exchange 1 (SignUp) comes first"),
            "{error}"
        );
        let error = player.replay.verify().expect_err("nothing was played");
        assert_eq!(error.problems().count(), 3);

        let sign_up = SignUpRequest::new("client", "alice").password("P@ssw0rd!");
        player.client.send(&sign_up).await?;
        let error = player.client.send(&sign_up).await.expect_err("once");
        assert!(message(&error).contains("called once already"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unordered_fixture_answers_in_any_order_as_often_as_it_says() -> TestResult {
    let fixtures = || {
        let fixture = json!({"description": "d", "provenance": "Written for this test",
            "unordered": true, "exchanges": [
            {"operation": "GetUser", "request": {"AccessToken": "a"}, "times": 2,
             "response": {"status": 200, "body": {"Username": "alice", "UserAttributes": []}}},
            {"operation": "GetUser", "request": {"AccessToken": "b"}, "times": "any",
             "response": {"status": 200, "body": {"Username": "bob", "UserAttributes": []}}},
        ]});
        vec![Fixture::parse("f", &fixture.to_string()).expect("a valid fixture")]
    };
    for player in players(fixtures, unsigned).await? {
        let name = async |token: &str| {
            let response = player.client.send(&GetUserRequest::new(token)).await;
            response.map(|response| response.username.expose().clone())
        };
        assert_eq!(name("b").await?, "bob");
        assert_eq!(name("a").await?, "alice");
        assert_eq!(name("b").await?, "bob");
        let error = player.replay.verify().expect_err("called once only");
        assert_eq!(
            error.to_string(),
            "f, exchange 1 (GetUser) was called once instead of 2 times"
        );
        assert_eq!(name("a").await?, "alice");
        player.replay.verify()?;
        name("a").await.expect_err("twice is enough");
    }
    Ok(())
}

fn groups() -> Value {
    let group = |name: &str, concurrent: bool| {
        json!({"operation": "AdminAddUserToGroup", "concurrent": concurrent,
            "request": {"UserPoolId": "p_1", "Username": "{{username}}", "GroupName": name},
            "response": {"status": 200, "body": {}}})
    };
    let user = json!({"operation": "AdminGetUser", "request": {"{{any}}": "{{any}}"}, "times": "any",
        "response": {"status": 200, "body": {"Username": "{{username}}"}}});
    json!([
        group("a", false),
        group("b", true),
        group("c", true),
        user,
        group("d", false)
    ])
}

#[tokio::test]
async fn concurrent_exchanges_come_in_any_order_and_others_after_them() -> TestResult {
    let add = |name: &str| AdminAddUserToGroupRequest::new("p_1", "alice", name);
    let user = AdminGetUserRequest::new("p_1", "alice");
    for Player { replay, client, .. } in players(|| vec![fixture(&groups())], unsigned).await? {
        client.send(&add("c")).await?;
        let error = client.send(&user).await.expect_err("too early");
        assert!(
            message(&error).contains("not its turn: exchange 1 "),
            "{error}"
        );
        client.send(&add("a")).await?;
        let error = client.send(&add("d")).await.expect_err("too early");
        // Nearest is not the one whose turn it is, but the one that was meant.
        assert_eq!(
            message(&error),
            "AdminAddUserToGroup matches no fixture; the nearest is f, exchange 5 \
             (AdminAddUserToGroup):\n  it is not its turn: exchange 2 (AdminAddUserToGroup) comes first"
        );
        client.send(&add("b")).await?;
        client.send(&user).await?;
        client.send(&user).await?;
        client.send(&add("d")).await?;
        let error = client.send(&user).await.expect_err("too late");
        assert!(message(&error).contains("its turn is over"), "{error}");
        let error = client.send(&add("b")).await.expect_err("too often");
        assert!(message(&error).contains("called once already"), "{error}");
        let error = client.send(&add("e")).await.expect_err("unknown");
        assert!(message(&error).contains("GroupName is "), "{error}");
        assert_eq!(replay.verify().expect_err("in vain").problems().count(), 5);
    }
    Ok(())
}

/// In memory and over a socket, with calls on several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_of_calls_at_once_replays_in_whatever_order_they_come() -> TestResult {
    let groups = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let service = |change: &dyn Fn(ClientBuilder) -> ClientBuilder| {
        CognitoService::new(
            CognitoConfig::new("eu-central-1_AbC", "app-client")
                .credentials(Credentials::new("AKID", "secret", None, None, "test"))
                .client(|client| change(client.retry_policy(RetryPolicy::never()))),
        )
    };
    // Each one takes longer than the one before, so that there always is another one under way.
    let answers = groups.iter().zip(1..).map(|(group, nth)| {
        json!({"operation": "AdminAddUserToGroup", "concurrent": nth > 1, "delay_ms": 20 * nth,
            "request": {"UserPoolId": "{{any}}", "Username": "{{any}}", "GroupName": group},
            "response": {"status": 200, "body": {}}})
    });
    let answers: Value = answers.collect();
    let recorder = Recorder::new(Replay::new([fixture(&answers)]), "a server in a test");
    let real = service(&|client| client.http_client(recorder.clone()))?;
    assert!(real.add_to_group("alice", groups).await.all_added());
    let fixture = recorder.save(tempfolder("at_once")?.join("groups.json"), "d")?;

    let server = MockServer::start().await;
    for round in 0..25 {
        let in_memory = Replay::new([fixture.clone()]);
        let client = service(&|client| client.http_client(in_memory.clone()))?;
        assert!(client.add_to_group("bob", groups).await.all_added());
        in_memory.verify()?;

        server.reset().await;
        let mounted = Replay::new([fixture.clone()]);
        mounted.mount(&server).await;
        let client = service(&|client| client.endpoint_url(server.uri()))?;
        let added = client.add_to_group("bob", groups).await;
        let failed: Vec<_> = added.failures().collect();
        assert!(failed.is_empty(), "round {round}: {failed:?}");
        mounted.verify()?;
    }
    Ok(())
}

/// Run by the test below, in a process of its own.
#[tokio::test]
#[ignore = "fails"]
async fn a_handler_that_hides_the_error() {
    let replay = Replay::new(sign_up_then_confirm());
    let client = builder().http_client(replay).build().expect("a client");
    let request = ConfirmSignUpRequest::new("client", "marker", "123456");
    let status = client.send(&request).await.map_or(502, |_| 200);
    assert_eq!(status, 200);
}

#[test]
fn a_mismatch_is_seen_in_the_output_of_a_test_although_the_error_is_hidden() -> TestResult {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", "a_handler_that_hides_the_error", "--ignored"])
        .output()?;
    assert!(!output.status.success());
    let output = String::from_utf8(output.stdout)?;
    assert!(
        output.contains("not its turn: exchange 1 (SignUp) comes first"),
        "{output}"
    );
    assert!(!output.contains("marker"), "{output}");
    Ok(())
}

#[tokio::test]
async fn a_call_in_memory_lets_other_tasks_run_once() -> TestResult {
    let replay = Replay::new(sign_up_then_confirm());
    let mut call = replay.call(http::Request::new(bytes::Bytes::new()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert!(call.as_mut().poll(&mut context).is_ready());
    Ok(())
}

#[tokio::test]
async fn an_error_shows_no_secret_in_whatever_spelling_the_server_quotes_it() -> TestResult {
    let password = "Mk\"quote\\Pw1";
    let body =
        r#"cannot read {"Password":"Mk\"quote\\Pw1","Username":"alice"} &quot;Mk&quot;quote\Pw1"#;
    let fixtures = || {
        vec![fixture(
            &json!([{"operation": "SignUp", "request": {"{{any}}": "{{any}}"},
            "response": {"status": 400, "body": {"__type": "SerializationException", "message": body}}}]),
        )]
    };
    for Player { client, .. } in players(fixtures, unsigned).await? {
        let request = SignUpRequest::new("client", "alice").password(password);
        let error = client.send(&request).await.expect_err("refused");
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("quote") && !shown.contains("Pw1"),
            "{shown}"
        );
        assert!(shown.contains("cannot read"), "{shown}");
    }
    Ok(())
}

#[tokio::test]
async fn what_must_be_signed_and_what_must_not_is_checked() -> TestResult {
    let fixtures = || {
        vec![fixture(&json!([
            {"operation": "AdminGetUser", "request": {"UserPoolId": "p_1", "Username": "alice"},
             "response": {"status": 200, "body": {"Username": "alice"}}},
            {"operation": "GetUser", "request": {"AccessToken": "a"}, "faults": ["close"]},
        ]))]
    };
    for Player { replay, client, .. } in players(fixtures, unsigned).await? {
        client
            .send(&AdminGetUserRequest::new("p_1", "alice"))
            .await?;
        let error = client.send(&GetUserRequest::new("a")).await;
        assert!(matches!(error, Err(Error::Transport { .. })), "{error:?}");
        replay.verify()?;
    }

    let replay = Replay::new(fixtures());
    let unsigned = http::Request::post("/")
        .header(
            "x-amz-target",
            "AWSCognitoIdentityProviderService.AdminGetUser",
        )
        .body(r#"{"UserPoolId": "p_1", "Username": "alice"}"#.into())?;
    assert_eq!(status(&replay, &unsigned), Some(418));
    let signed = http::Request::post("/")
        .header("x-amz-target", "AWSCognitoIdentityProviderService.GetUser")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=…")
        .body(r#"{"AccessToken": "a"}"#.into())?;
    assert_eq!(status(&replay, &signed), Some(418));
    let problems = replay.verify().expect_err("two calls in vain").to_string();
    assert!(problems.contains("it must be signed (SigV4)"), "{problems}");
    assert!(problems.contains("it must not be signed"), "{problems}");
    Ok(())
}

fn status(replay: &Replay, request: &http::Request<bytes::Bytes>) -> Option<u16> {
    let response = replay.answer(request).response?;
    Some(response.status().as_u16())
}

#[tokio::test]
async fn an_operation_that_no_fixture_has_says_what_is_expected() -> TestResult {
    for player in players(sign_up_then_confirm, unsigned).await? {
        let request = ListUserSessionsRequest::new("a");
        let error = player.client.send(&request).await.expect_err("unknown");
        assert_eq!(
            message(&error),
            "ListUserSessions is in no fixture; expected is f, exchange 1 (SignUp)"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_mismatch_shows_no_secret() -> TestResult {
    for player in players(sign_up_then_confirm, unsigned).await? {
        let request = SignUpRequest::new("client", "alice")
            .password("marker")
            .user_attributes([cognito_idp::types::AttributeType::new("email").value("marker")])
            .client_metadata([("k", "marker")]);
        let error = player
            .client
            .send(&request)
            .await
            .expect_err("unexpected members");
        let problems = player.replay.verify().expect_err("in vain");
        let shown = format!(
            "{error} {error:?} {problems} {problems:?} {:?}",
            player.replay
        );
        assert!(!shown.contains("marker"), "{shown}");
        assert!(!message(&error).contains("marker"), "{error}");
        assert!(message(&error).contains("ClientMetadata"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn faults_come_before_the_response_one_for_each_attempt() -> TestResult {
    let fixtures = || {
        vec![fixture(&json!([
            {"operation": "GetUser", "request": {"AccessToken": "a"},
             "faults": ["throttle", "close", "truncate"],
             "response": {"status": 200, "body": {"Username": "alice", "UserAttributes": []}}},
        ]))]
    };
    for Player { replay, client, .. } in players(fixtures, unsigned).await? {
        let request = GetUserRequest::new("a");
        let error = client.send(&request).await.expect_err("throttled");
        assert!(error.is_throttled(), "{error:?}");
        let error = client.send(&request).await.expect_err("closed");
        assert!(
            matches!(&error, Error::Transport { error, .. } if error.kind() == TransportErrorKind::Interrupted),
            "{error:?}"
        );
        let error = client.send(&request).await.expect_err("truncated");
        assert!(
            matches!(&error, Error::Decode(error) if error.status().is_success()),
            "{error:?}"
        );
        assert_eq!(client.send(&request).await?.username.expose(), "alice");
        replay.verify()?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn retries_live_through_faults_and_delays_take_their_time() -> TestResult {
    let replay = Replay::new([fixture(&json!([
        {"operation": "GetUser", "request": {"AccessToken": "a"}, "delay_ms": 1500,
         "faults": ["throttle", "close"],
         "response": {"status": 200, "body": {"Username": "alice", "UserAttributes": []}}},
    ]))]);
    let client = Client::builder()
        .region("eu-central-1")
        .http_client(replay.clone())
        .build()?;
    let started = tokio::time::Instant::now();
    client.send(&GetUserRequest::new("a")).await?;
    assert!(started.elapsed() >= Duration::from_millis(4500));
    replay.verify()?;
    Ok(())
}

#[tokio::test]
async fn a_text_and_an_empty_body_arrive_as_they_stand() -> TestResult {
    let fixtures = || {
        vec![fixture(&json!([
            {"operation": "GetUser", "request": {"AccessToken": "{{token}}"},
             "response": {"status": 403, "headers": {"content-type": "text/html"},
                          "text": "<html>{{token}}</html>"}},
            {"operation": "ConfirmSignUp", "request": {"{{any}}": "{{any}}"},
             "response": {"status": 200}},
        ]))]
    };
    for Player { client, .. } in players(fixtures, unsigned).await? {
        let error = client
            .send(&GetUserRequest::new("a"))
            .await
            .expect_err("403");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(403));
        assert_eq!(error.code(), None);
        client
            .send(&ConfirmSignUpRequest::new("c", "alice", "1"))
            .await?;
    }
    Ok(())
}

#[test]
fn a_folder_is_read_in_order_and_every_fault_in_it_is_named() -> TestResult {
    let folder = tempfolder("folder")?;
    let good = json!({"description": "d", "provenance": "p",
        "exchanges": [{"operation": "GetUser", "faults": ["close"]}]});
    std::fs::create_dir(folder.join("inner"))?;
    std::fs::write(folder.join("b.json"), good.to_string())?;
    std::fs::write(folder.join("inner/a.json"), good.to_string())?;
    std::fs::write(folder.join("notes.txt"), "not a fixture")?;
    let names: Vec<_> = Fixture::folder(&folder)?
        .iter()
        .map(|fixture| fixture.name().replace('\\', "/"))
        .collect();
    assert!(
        names[0].ends_with("b.json") && names[1].ends_with("inner/a.json"),
        "{names:?}"
    );

    std::fs::write(folder.join("c.json"), "{")?;
    std::fs::write(
        folder.join("d.json"),
        json!({"description": ""}).to_string(),
    )?;
    let error = Fixture::folder(&folder).expect_err("two faulty files");
    let fields: Vec<_> = error
        .problems()
        .iter()
        .map(|p| p.field.to_string())
        .collect();
    assert!(
        fields[0].ends_with("c.json") && fields[1].ends_with("d.json"),
        "{fields:?}"
    );

    let missing = folder.join("missing");
    let error = Fixture::folder(&missing)
        .expect_err("no folder")
        .to_string();
    assert!(
        error.contains("missing") && error.contains("must be readable"),
        "{error}"
    );
    let error = Fixture::load(missing.join("x.json"))
        .expect_err("no file")
        .to_string();
    assert!(
        error.contains("x.json") && error.contains("must be readable"),
        "{error}"
    );
    std::fs::create_dir(folder.join("empty"))?;
    let error = Fixture::folder(folder.join("empty"))
        .expect_err("no fixtures")
        .to_string();
    assert!(error.contains("must hold .json files"), "{error}");
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_followed_and_no_folder_is_read_twice() -> TestResult {
    let folder = tempfolder("links")?;
    let good = json!({"description": "d", "provenance": "p",
        "exchanges": [{"operation": "GetUser", "faults": ["close"]}]});
    let elsewhere = tempfolder("elsewhere")?;
    std::fs::write(elsewhere.join("b.json"), good.to_string())?;
    std::fs::write(folder.join("a.json"), good.to_string())?;
    for name in ["x", "y", "z"] {
        std::os::unix::fs::symlink(".", folder.join(name))?;
    }
    std::os::unix::fs::symlink(&elsewhere, folder.join("elsewhere"))?;
    let names: Vec<_> = Fixture::folder(&folder)?
        .iter()
        .map(|fixture| fixture.name().to_owned())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names[0].ends_with("links/a.json") || names[0].ends_with("a.json"),
        "{names:?}"
    );
    assert!(names[1].ends_with("elsewhere/b.json"), "{names:?}");
    Ok(())
}

/// Whatever stands in a file, it is refused or played, and nothing breaks.
#[test]
fn no_file_makes_a_player_panic() {
    let exchange = |exchange: &str| {
        format!("{{\"description\": \"d\", \"provenance\": \"p\", \"exchanges\": [{exchange}]}}")
    };
    let get_user = |more: &str| exchange(&format!("{{\"operation\": \"GetUser\", {more}}}"));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for json in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        deep.clone(),
        exchange(""),
        exchange("null"),
        exchange("{}"),
        get_user(&format!(
            "\"request\": {{\"A\": {deep}}}, \"faults\": [\"close\"]"
        )),
        get_user("\"faults\": [\"close\"], \"times\": 18446744073709551615"),
        get_user(
            "\"faults\": [\"close\"], \"times\": 18446744073709551615, \"response\": {\"status\": 200}",
        ),
        get_user("\"times\": 18446744073709551616, \"response\": {\"status\": 200}"),
        get_user("\"times\": -1, \"response\": {\"status\": 200}"),
        get_user("\"delay_ms\": 18446744073709551615, \"response\": {\"status\": 999}"),
        get_user("\"response\": {\"status\": 65535}"),
        get_user("\"response\": {\"status\": 200, \"headers\": {\"a\": \"\\n\"}}"),
        get_user("\"response\": {\"status\": 200, \"headers\": {\"\": \"\"}}"),
        get_user("\"concurrent\": true, \"response\": {\"status\": 200}"),
        get_user(
            "\"request\": {\"A\": \"{{a}}\"}, \"response\": {\"status\": 200, \"headers\": {\"a\": \"{{a}}\"}}",
        ),
        get_user(
            "\"request\": {\"A\": \"{{{{a}}}}\"}, \"response\": {\"status\": 200, \"text\": \"{{{a}}}\"}",
        ),
        get_user("\"request\": {\"{{any}}\": {\"{{jwt:a}}\": 1}}, \"response\": {\"status\": 200}"),
        get_user(
            "\"response\": {\"status\": 200, \"body\": {\"{{jwt:a}}\": {\"b\": {\"{{jwt:a}}\": \"{{a}}\"}}}}",
        ),
        get_user("\"response\": {\"status\": 200, \"body\": 1e400}"),
    ] {
        let Ok(fixture) = Fixture::parse("f", &json) else {
            continue;
        };
        let replay = Replay::new([fixture]);
        for body in ["", "{}", r#"{"A": "\n"}"#, r#"{"A": 1}"#] {
            let request = http::Request::post("/")
                .header("x-amz-target", "AWSCognitoIdentityProviderService.GetUser")
                .body(bytes::Bytes::from_static(body.as_bytes()));
            let _ = replay.answer(&request.expect("a request"));
            let _ = replay.verify();
        }
    }
}

/// A new folder below the one that cargo gives to tests.
fn tempfolder(name: &str) -> std::io::Result<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fixtures-{name}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[test]
fn every_fixture_of_the_crate_is_valid_and_stands_in_the_folder_of_its_operation() -> TestResult {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for fixture in Fixture::folder(&fixtures)? {
        let path = std::path::Path::new(fixture.name()).strip_prefix(&fixtures)?;
        if path.starts_with("flows") {
            continue;
        }
        let folders = path.parent().into_iter().flatten();
        let folders: Vec<_> = folders.filter_map(|name| name.to_str()).collect();
        let folder = folders.join("/");
        for operation in fixture.operations() {
            let same = match operation.split_once(" /") {
                Some((_, endpoint)) => *endpoint == folder,
                None => operation.eq_ignore_ascii_case(&folder.replace('_', "")),
            };
            assert!(same, "{} holds {operation}", path.display());
        }
    }
    Ok(())
}
