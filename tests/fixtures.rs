//! What the players promise: the same from memory and from a wiremock server.
#![cfg(all(
    feature = "wiremock",
    feature = "sigv4",
    any(feature = "reqwest", feature = "hyper")
))]

use std::time::Duration;

use cognito_idp::{
    Client, ClientBuilder, Error, ErrorCode,
    credentials::Credentials,
    error::TransportErrorKind,
    fixture::{Fixture, Replay},
    operation::{
        sessions::ListUserSessionsRequest,
        sign_up::{ConfirmSignUpRequest, SignUpRequest},
        users::{AdminGetUserRequest, GetUserRequest},
    },
    retry::RetryPolicy,
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
        let folder = path
            .iter()
            .next()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        if folder == "flows" {
            continue;
        }
        for operation in fixture.operations() {
            let same = operation.eq_ignore_ascii_case(&folder.replace('_', ""));
            assert!(same, "{} holds {operation}", path.display());
        }
    }
    Ok(())
}
