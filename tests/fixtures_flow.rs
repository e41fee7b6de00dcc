//! The flow that `examples/record_fixtures.rs` recorded, played again.
#![cfg(all(
    feature = "wiremock",
    feature = "sigv4",
    any(feature = "reqwest", feature = "hyper")
))]

use std::time::Duration;

use cognito_idp::{
    CognitoConfig, CognitoService, ErrorCode,
    client::ClientBuilder,
    credentials::Credentials,
    error::InvalidInput,
    fixture::{Fixture, Recorder, Replay},
};
use wiremock::MockServer;

use self::record_fixtures::{Story, from_registration_to_groups};

#[path = "../examples/record_fixtures.rs"]
#[expect(dead_code, reason = "its main is the example's")]
mod record_fixtures;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const RECORDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/flows/from_registration_to_groups.json"
);

fn service(
    change: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<CognitoService, InvalidInput> {
    let credentials = Credentials::new("AKID", "secret", None, None, "test");
    CognitoService::new(
        CognitoConfig::new("eu-central-1_AnyPool", "any-client")
            .client_secret("any-secret")
            .credentials(credentials)
            .client(change),
    )
}

/// What the recorded server said.
fn story() -> Story {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Story {
        wrong_code: Some(ErrorCode::CodeMismatch),
        confirmed_at_once: false,
        expires_in: Duration::from_hours(1),
        token_type: "Bearer".to_owned(),
        own_attributes: names(&["email", "given_name", "sub"]),
        wrong_password: Some(ErrorCode::NotAuthorized),
        required_attributes: Vec::new(),
        known_attributes: names(&["email", "email_verified", "sub"]),
        joined: vec![
            ("readers".to_owned(), None),
            ("nobody".to_owned(), Some(ErrorCode::ResourceNotFound)),
        ],
        groups: names(&["readers"]),
    }
}

#[tokio::test]
async fn the_recorded_flow_gives_the_same_results_in_memory_and_from_a_server() -> TestResult {
    let in_memory = Replay::new([Fixture::load(RECORDED)?]);
    let client = service(|client| client.http_client(in_memory.clone()))?;
    assert_eq!(from_registration_to_groups(&client).await?, story());
    in_memory.verify()?;

    let mounted = Replay::new([Fixture::load(RECORDED)?]);
    let server = MockServer::start().await;
    mounted.mount(&server).await;
    let client = service(|client| client.endpoint_url(server.uri()))?;
    assert_eq!(from_registration_to_groups(&client).await?, story());
    mounted.verify()?;
    Ok(())
}

#[tokio::test]
async fn recording_a_replay_gives_the_same_flow_again() -> TestResult {
    let replay = Replay::new([Fixture::load(RECORDED)?]);
    let recorder = Recorder::new(replay, "a replay");
    let client = service(|client| client.http_client(recorder.clone()))?;
    from_registration_to_groups(&client).await?;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded_again.json");
    recorder.save(&path, Fixture::load(RECORDED)?.description())?;

    let read = |path: &std::path::Path| -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
    };
    let (first, again) = (read(RECORDED.as_ref())?, read(&path)?);
    assert_eq!(again["exchanges"], first["exchanges"]);
    Ok(())
}
