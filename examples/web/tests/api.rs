//! The JSON API with tokens that the emulator has signed: `tests/live/servers.sh cargo test -p cognito-idp-web`.

mod support;

use std::env;

use cognito_idp::{
    Client, CognitoConfig, CognitoUserService,
    credentials::Credentials,
    operation::{
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        passwords::AdminSetUserPasswordRequest,
        user_pools::CreateUserPoolRequest,
        users::AdminCreateUserRequest,
    },
};
use support::{PASSWORD, Server};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_real_token_is_taken_unless_it_is_of_another_client_or_an_id_token() -> Outcome {
    let Ok(url) = env::var("COGNITO_LIVE_MINISTACK_URL") else {
        return Ok(());
    };
    let [own, other] = clients(&url).await?;
    let settings = [
        ("COGNITO_USER_POOL_ID", own.user_pool_id()),
        ("COGNITO_CLIENT_ID", own.app_client().id().expose()),
        ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &url),
    ];
    let server = Server::with(&settings);
    let ask = |token: &str| {
        let line = format!("Authorization: Bearer {token}\r\n");
        server.browser().request("GET", "/api/me", &line, "")
    };

    let tokens = own.login("carol", PASSWORD).await?.tokens();
    let tokens = tokens.ok_or("no tokens")?;
    let answer = ask(tokens.access_token.expose());
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(answer.body.contains("\"username\":\"carol\""));
    assert_eq!(answer.header("content-type"), Some("application/json"));

    let id_token = tokens.id_token.ok_or("no ID token")?;
    let tokens = other.login("carol", PASSWORD).await?.tokens();
    let tokens = tokens.ok_or("no tokens")?;
    for token in [id_token.expose(), tokens.access_token.expose(), "x.y.z", ""] {
        let answer = ask(token);
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").is_some());
    }
    Ok(())
}

/// Two app clients without a secret, of one pool with one user.
async fn clients(url: &str) -> Outcome<[CognitoUserService; 2]> {
    let variable = |name: &str| env::var(format!("COGNITO_LIVE_MINISTACK_{name}"));
    let (id, secret) = (variable("ACCESS_KEY_ID")?, variable("SECRET_ACCESS_KEY")?);
    let client = Client::builder()
        .region("eu-central-1")
        .endpoint_url(url)
        .credentials(Credentials::new(id, secret, None, None, "emulator"))
        .build()?;
    let pool = client.send(&CreateUserPoolRequest::new("api")).await?;
    let pool = pool.user_pool.and_then(|pool| pool.id).ok_or("no pool")?;
    client
        .send(&AdminCreateUserRequest::new(&pool, "carol"))
        .await?;
    let request = AdminSetUserPasswordRequest::new(&pool, "carol", PASSWORD).permanent(true);
    client.send(&request).await?;
    let mut clients = Vec::new();
    for name in ["own", "other"] {
        let request = CreateUserPoolClientRequest::new(&pool, name)
            .explicit_auth_flows([ExplicitAuthFlowsType::AllowUserPasswordAuth]);
        let app = client.send(&request).await?.user_pool_client;
        let id = app.and_then(|app| app.client_id).ok_or("no client ID")?;
        let config = CognitoConfig::new(&pool, id).endpoint_url(url);
        clients.push(CognitoUserService::new(config)?);
    }
    clients.try_into().map_err(|_| "two clients".into())
}
