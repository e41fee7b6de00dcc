//! A whole sign-in on MiniStack's login page, and every other endpoint of a domain that it has.
//!
//! moto has none of them, and MiniStack has no `/oauth2/revoke`. Run it with
//! `tests/live/servers.sh cargo test --all-features --test live_managed_login`.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(
    any(feature = "reqwest", feature = "hyper"),
    feature = "managed-login",
    feature = "sigv4",
    feature = "verify"
))]

mod live;

use bytes::Bytes;
use cognito_idp::{
    ErrorCode, Timestamp,
    auth::{AppClient, SignIn},
    managed_login::{CallbackError, Domain, ManagedLogin, PendingLogin},
    operation::{
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        passwords::AdminSetUserPasswordRequest,
        users::AdminCreateUserRequest,
    },
    transport::HttpClient as _,
    types::{AttributeType, OAuthFlowType},
};

use crate::live::{Outcome, PASSWORD, Pool, Server, refusal, unique_email};

const REDIRECT_URI: &str = "https://app.example/callback?from=pages";
const LOGOUT_URI: &str = "https://app.example/bye?x=1&y=2";

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_user_signs_in_on_the_pages_of_ministack() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("managed-login").await?;
    for generate_secret in [false, true] {
        let app = app_client(&server, &pool, generate_secret).await?;
        let alice = user(&server, &pool).await?;
        let login = managed_login(&server, &pool, app.clone())?;

        let (url, pending) = login
            .authorize()
            .scopes(["openid", "email", "aws.cognito.signin.user.admin"])
            .build()?;
        let query = sign_in_on_page(&server, &url, &alice).await?;
        // What another browser sent in is of no use.
        let (_, other) = login.authorize().build()?;
        let forged = login.callback(&query, other).await;
        assert!(matches!(forged, Err(CallbackError::State)));

        let tokens = login.callback(&query, pending.clone()).await?;
        assert!(tokens.id_token.is_some());
        let refresh_token = tokens.refresh_token.clone().ok_or("no refresh token")?;

        // A code is good for once.
        let again = login.callback(&query, pending).await;
        let Err(CallbackError::Exchange(error)) = again else {
            return Err("a code was taken twice".into());
        };
        assert_eq!(error.code(), Some(&ErrorCode::InvalidGrant));

        let info = login.user_info(&tokens.access_token).await?;
        assert_eq!(info.email, Some(alice.as_str().into()));
        // MiniStack writes it as text, as Cognito does.
        assert_eq!(info.email_verified, Some(true));

        let refreshed = login.refresh(&refresh_token).await?;
        assert_eq!(refreshed.username(), tokens.username());
        assert_ne!(refreshed.access_token, tokens.access_token);
        assert!(login.user_info(&refreshed.access_token).await.is_ok());

        // Over the API as well, and by itself.
        let sign_in = SignIn::public(server.client_without_credentials()?, app);
        let over_api = sign_in.refresh(&refresh_token).await?;
        assert_eq!(over_api.username(), tokens.username());
        let mut old = tokens.clone();
        old.expires_at = Timestamp::from_epoch_millis(0);
        let source = login.token_source(old);
        assert_ne!(source.access_token().await?, tokens.access_token);

        let error = refusal(login.refresh("not-a-refresh-token").await);
        assert_eq!(error.code(), Some(&ErrorCode::InvalidGrant));
        let error = refusal(login.user_info("not-an-access-token").await);
        assert_eq!(error.code(), Some(&ErrorCode::InvalidToken));
        assert_eq!(error.operation(), Some("GET /oauth2/userInfo"));
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn what_the_pages_refuse_comes_back_typed() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("managed-login").await?;
    let app = app_client(&server, &pool, true).await?;
    let login = managed_login(&server, &pool, app.clone())?;

    let (url, pending) = login.authorize().scope("orders/read").build()?;
    let page = get(&server, &url).await?;
    let query = query_of(location(&page)?)?;
    let Err(CallbackError::Refused(refusal_of)) = login.callback(&query, pending).await else {
        return Err("a refusal".into());
    };
    assert_eq!(refusal_of.code, ErrorCode::InvalidRequest);
    assert_eq!(refusal_of.description, Some("invalid_scope".into()));

    // A wrong secret does not use the code up.
    let alice = user(&server, &pool).await?;
    let (url, pending) = login.authorize().scope("openid").build()?;
    let query = sign_in_on_page(&server, &url, &alice).await?;
    let stranger = AppClient::new(app.id()).secret("not-the-secret");
    let stranger = managed_login(&server, &pool, stranger)?;
    let result = stranger.callback(&query, pending.clone()).await;
    let Err(CallbackError::Exchange(error)) = result else {
        return Err("a wrong secret was taken".into());
    };
    assert_eq!(error.code(), Some(&ErrorCode::InvalidClient));
    let pending: PendingLogin = serde_json::from_str(&serde_json::to_string(&pending)?)?;
    login.callback(&query, pending).await?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn logging_out_goes_where_the_app_client_allows() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("managed-login").await?;
    let app = app_client(&server, &pool, false).await?;
    let login = managed_login(&server, &pool, app)?;
    let answer = get(&server, &login.logout_url(LOGOUT_URI)).await?;
    assert_eq!(location(&answer)?, LOGOUT_URI);
    let answer = get(&server, &login.logout_url("https://elsewhere.example")).await?;
    assert_eq!(answer.status(), 400);
    server.delete(pool).await
}

fn managed_login(server: &Server, pool: &Pool, app: AppClient) -> Outcome<ManagedLogin> {
    let sign_in = SignIn::public(server.client.clone(), app.clone()).user_pool_id(&pool.id);
    let client = server.client_without_credentials()?;
    let domain = Domain::url(server.url())?;
    let login = ManagedLogin::new(client, app, domain, REDIRECT_URI);
    Ok(login.verify_with(sign_in.verifier()?))
}

async fn app_client(server: &Server, pool: &Pool, generate_secret: bool) -> Outcome<AppClient> {
    let request = CreateUserPoolClientRequest::new(&pool.id, "pages")
        .generate_secret(generate_secret)
        .explicit_auth_flows([ExplicitAuthFlowsType::AllowRefreshTokenAuth])
        .allowed_oauth_flows_user_pool_client(true)
        .allowed_oauth_flows([OAuthFlowType::Code])
        .allowed_oauth_scopes(["openid", "email", "aws.cognito.signin.user.admin"])
        .supported_identity_providers(["COGNITO"])
        .callback_urls([REDIRECT_URI])
        .logout_urls([LOGOUT_URI]);
    let created = server.client.send(&request).await?;
    let created = created.user_pool_client.ok_or("no app client")?;
    let app = AppClient::new(created.client_id.ok_or("no client ID")?);
    Ok(match created.client_secret {
        Some(secret) => app.secret(secret),
        None => app,
    })
}

async fn user(server: &Server, pool: &Pool) -> Outcome<String> {
    let alice = unique_email("alice");
    let attribute = |name: &str, value: &str| AttributeType::new(name).value(value);
    let request = AdminCreateUserRequest::new(&pool.id, &alice).user_attributes([
        attribute("email", &alice),
        attribute("email_verified", "true"),
    ]);
    server.client.send(&request).await?;
    let request = AdminSetUserPasswordRequest::new(&pool.id, &alice, PASSWORD).permanent(true);
    server.client.send(&request).await?;
    Ok(alice)
}

/// Does what a browser and its user do; gives the query with which it comes back.
async fn sign_in_on_page(server: &Server, url: &str, username: &str) -> Outcome<String> {
    let page = get(server, url).await?;
    assert_eq!(page.status(), 200);
    let page = String::from_utf8(page.into_body().to_vec())?;
    let mut form: Vec<_> = hidden_fields(&page);
    assert!(!form.is_empty(), "no form: {page}");
    form.push(("username".to_owned(), username.to_owned()));
    form.push(("password".to_owned(), PASSWORD.to_owned()));
    let request = http::Request::post(format!("{}/login", server.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(encoded(&form)))?;
    let answer = server.wire.call(request).await?;
    let location = location(&answer)?;
    assert!(location.starts_with(REDIRECT_URI), "{location}");
    query_of(location)
}

async fn get(server: &Server, url: &str) -> Outcome<http::Response<Bytes>> {
    let request = http::Request::get(url).body(Bytes::new())?;
    Ok(server.wire.call(request).await?)
}

fn location(answer: &http::Response<Bytes>) -> Outcome<&str> {
    assert_eq!(answer.status(), 302);
    let location = answer.headers().get("location").ok_or("no location")?;
    Ok(location.to_str()?)
}

fn query_of(url: &str) -> Outcome<String> {
    let (_, query) = url.split_once('?').ok_or("no query")?;
    Ok(query.to_owned())
}

/// The fields that a page's form holds for the browser.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    let between = |text: &str, before: &str| {
        let (_, rest) = text.split_once(before)?;
        let value = rest.split('"').next()?;
        Some(value.replace("&amp;", "&").replace("&#x27;", "'"))
    };
    inputs
        .filter_map(|input| Some((between(input, "name=\"")?, between(input, "value=\"")?)))
        .collect()
}

fn encoded(form: &[(String, String)]) -> String {
    let encode = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let field = |(name, value): &(String, String)| format!("{}={}", encode(name), encode(value));
    form.iter().map(field).collect::<Vec<_>>().join("&")
}
