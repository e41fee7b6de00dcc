//! Records the life of two users, from registration to groups, as a fixture.
//!
//! It needs a server that speaks Cognito's protocol and mails the code 123456, as MiniStack does,
//! and makes a user pool there:
//!
//! ```sh
//! AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_REGION=us-east-1 \
//! AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
//!     cargo run --features fixtures --example record_fixtures -- \
//!     "MiniStack 1.5.33" fixtures/flows/from_registration_to_groups.json
//! ```
//!
//! `tests/fixtures_flow.rs` plays the same calls on the recording.

use std::{error::Error as StdError, process::ExitCode};

use cognito_idp::{
    Client, CognitoConfig, CognitoService, Error, ErrorCode,
    auth::{AuthOutcome, Challenge},
    client::ClientBuilder,
    credentials::EnvironmentCredentials,
    fixture::Recorder,
    operation::{
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        groups::{AdminListGroupsForUserRequest, CreateGroupRequest},
        sign_up::ConfirmSignUpRequest,
        user_pools::{CreateUserPoolRequest, DeleteUserPoolRequest},
        users::GetUserRequest,
    },
    service::{CreateUser, RegisterUser},
    transport::HyperClient,
};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn StdError>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let ([source, path], Ok(endpoint)) = (arguments.as_slice(), std::env::var("AWS_ENDPOINT_URL"))
    else {
        eprintln!("usage: AWS_ENDPOINT_URL=… record_fixtures SERVER-AND-VERSION FILE");
        // Without an endpoint it would be a pool at AWS.
        return Ok(ExitCode::from(2));
    };

    // What leads up to the flow is not recorded.
    let setup = ClientBuilder::from_env().build()?;
    let pool = setup
        .send(&CreateUserPoolRequest::new("recording"))
        .await?
        .user_pool
        .and_then(|pool| pool.id)
        .ok_or("a pool without an ID")?;
    let request = CreateUserPoolClientRequest::new(&pool, "recording")
        .generate_secret(true)
        .explicit_auth_flows([ExplicitAuthFlowsType::AllowAdminUserPasswordAuth]);
    let app = setup.send(&request).await?.user_pool_client;
    let (id, secret) = app
        .and_then(|app| Some((app.client_id?, app.client_secret?)))
        .ok_or("an app client without a secret")?;

    let recorder = Recorder::new(HyperClient::new()?, source);
    let config = CognitoConfig::new(&pool, id)
        .client_secret(secret)
        .credentials(EnvironmentCredentials::new())
        .endpoint_url(endpoint)
        .client(|client| client.http_client(recorder.clone()));
    let story = from_registration_to_groups(&CognitoService::new(config)?).await;
    setup.send(&DeleteUserPoolRequest::new(&pool)).await?;

    println!("{:#?}", story?);
    let description = "Alice registers, confirms, signs in and looks at herself; Bob is created by \
        an administrator, chooses a new password and joins a group, but not one that is not there";
    let fixture = recorder.save(path, description)?;
    println!(
        "recorded {} calls into {path}",
        fixture.operations().count()
    );
    Ok(ExitCode::SUCCESS)
}

/// What the calls said, as far as it is the same each time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Story {
    pub(crate) wrong_code: Option<ErrorCode>,
    pub(crate) confirmed_at_once: bool,
    pub(crate) expires_in: std::time::Duration,
    pub(crate) token_type: String,
    pub(crate) own_attributes: Vec<String>,
    pub(crate) wrong_password: Option<ErrorCode>,
    pub(crate) required_attributes: Vec<String>,
    pub(crate) known_attributes: Vec<String>,
    pub(crate) joined: Vec<(String, Option<ErrorCode>)>,
    pub(crate) groups: Vec<String>,
}

/// The calls that are recorded.
pub(crate) async fn from_registration_to_groups(
    service: &CognitoService,
) -> Result<Story, Box<dyn StdError>> {
    let client = service.client();

    let alice = "alice@example.org";
    let user = RegisterUser::new(alice, "P@ssw0rd!").first_name("Alice");
    let registered = service.register(user).await?;
    let wrong_code = confirm(service, alice, "000000").await.err();
    confirm(service, alice, "123456").await?;
    let tokens = service.login(alice, "P@ssw0rd!").await?.tokens();
    let tokens = tokens.ok_or("a challenge for Alice")?;
    let own = client
        .send(&GetUserRequest::new(&tokens.access_token))
        .await?;

    let bob = "bob@example.org";
    service
        .create_user(CreateUser::new(bob, "T3mp@rary"))
        .await?;
    let wrong_password = service.login(bob, "not this one").await.err();
    let outcome = service.login(bob, "T3mp@rary").await?;
    let AuthOutcome::Challenge(Challenge::NewPasswordRequired(challenge)) = outcome else {
        return Err("no challenge for Bob".into());
    };
    let required_attributes = challenge.required_attributes.clone();
    let known_attributes = challenge.user_attributes.keys().cloned().collect();
    service.respond(challenge.answer("N3w!Passw0rd")).await?;

    let pool = service.user_pool_id();
    client
        .send(&CreateGroupRequest::new(pool, "readers"))
        .await?;
    let mut joined = Vec::new();
    for group in ["readers", "nobody"] {
        // One after the other, so that the recording fixes their order.
        for result in &service.add_to_group(bob, [group]).await {
            let error = result.result.as_ref().err();
            joined.push((result.group.clone(), error.and_then(Error::code).cloned()));
        }
    }
    let request = AdminListGroupsForUserRequest::new(pool, bob);
    let groups = client.send(&request).await?.groups;

    Ok(Story {
        wrong_code: wrong_code.and_then(|error| error.code().cloned()),
        confirmed_at_once: registered.user_confirmed,
        expires_in: tokens.expires_in,
        token_type: tokens.token_type,
        own_attributes: own.user_attributes.into_iter().map(|a| a.name).collect(),
        wrong_password: wrong_password.and_then(|error| error.code().cloned()),
        required_attributes,
        known_attributes,
        joined,
        groups: groups
            .into_iter()
            .filter_map(|group| group.group_name)
            .collect(),
    })
}

async fn confirm(service: &CognitoService, username: &str, code: &str) -> Result<(), Error> {
    let app = service.app_client();
    let request =
        ConfirmSignUpRequest::new(app.id(), username, code).secret_hash(app.secret_hash(username)?);
    let client: &Client = service.client();
    client.send(&request).await.map(drop)
}
