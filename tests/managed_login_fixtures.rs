//! Every fixture of a domain's endpoints, played through what calls them: in memory and from a server.
#![cfg(all(
    feature = "hyper",
    feature = "managed-login",
    feature = "verify",
    feature = "wiremock"
))]

use std::{collections::BTreeSet, path::Path};

use bytes::Bytes;
use cognito_idp::{
    Client, Error, ErrorCode,
    auth::{AppClient, ClientTokenError, ClientTokens, Tokens},
    fixture::{Fixture, Replay, TestIssuer},
    managed_login::{CallbackError, Domain, ManagedLogin, PendingLogin},
    retry::RetryPolicy,
    transport::{HttpClient as _, HyperClient},
    verify::{TokenVerifier, TrustedPool},
};
use wiremock::MockServer;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const POOL: &str = "us-east-1_Example1";
const APP: &str = "app+client";
const SECRET: &str = "se:cret+%ü";
const REDIRECT_URI: &str = "https://app.example/callback";
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// A replay, and how to reach it.
struct Player {
    replay: Replay,
    client: Client,
    domain: Domain,
    _server: Option<MockServer>,
}

/// Both players of a fixture below `fixtures`; the tokens in it are really signed.
async fn players(path: &str) -> Outcome<[Player; 2]> {
    let replay = || -> Outcome<Replay> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let issuer = TestIssuer::new(POOL, APP)?;
        Ok(Replay::new([Fixture::load(folder.join(path))?]).issue_tokens(issuer))
    };
    let builder = || {
        let client = Client::builder().region("us-east-1");
        client.retry_policy(RetryPolicy::never())
    };
    let in_memory = replay()?;
    let mounted = replay()?;
    let server = MockServer::start().await;
    mounted.mount(&server).await;
    Ok([
        Player {
            client: builder().http_client(in_memory.clone()).build()?,
            replay: in_memory,
            domain: Domain::custom("auth.example.com")?,
            _server: None,
        },
        Player {
            replay: mounted,
            client: builder().build()?,
            domain: Domain::url(&server.uri())?,
            _server: Some(server),
        },
    ])
}

impl Player {
    fn login(&self, app: AppClient) -> Outcome<ManagedLogin> {
        let pool = TrustedPool::new(POOL).client(APP);
        let verifier = TokenVerifier::builder(pool).http_client(self.replay.clone());
        let login = ManagedLogin::new(self.client.clone(), app, self.domain.clone(), REDIRECT_URI);
        Ok(login.verify_with(verifier.trust_test_issuer().build()?))
    }

    /// What a browser gets for a URL.
    async fn open(&self, url: &str) -> Outcome<http::Response<Bytes>> {
        let request = http::Request::get(url).body(Bytes::new())?;
        Ok(match self._server {
            Some(_) => HyperClient::new()?.call(request).await?,
            None => self.replay.call(request).await?,
        })
    }
}

fn confidential() -> AppClient {
    AppClient::new(APP).secret(SECRET)
}

/// A login whose nonce is the one that a recording shows if it begins behind the page.
fn pending(login: &ManagedLogin) -> Outcome<PendingLogin> {
    let (_, pending) = login.authorize().build()?;
    let mut stored = serde_json::to_value(pending)?;
    stored["state"] = "state-1".into();
    stored["nonce"] = "nonce-1".into();
    Ok(serde_json::from_value(stored)?)
}

async fn exchange(player: &Player) -> Outcome<Result<Tokens, CallbackError>> {
    let login = player.login(confidential())?;
    Ok(login
        .callback("code=a%2Bb&state=state-1", pending(&login)?)
        .await)
}

fn code(result: Result<impl Sized, Error>) -> Option<ErrorCode> {
    result.err().and_then(|error| error.code().cloned())
}

#[tokio::test]
async fn a_browser_is_played_from_the_page_to_the_end_of_the_tokens() -> Outcome {
    for player in players("flows/managed_login/from_page_to_sign_out.json").await? {
        let login = player.login(AppClient::new(APP))?;
        let (url, pending) = login.authorize().scope("openid").build()?;
        let page = player.open(&url).await?;
        let location = page.headers().get("location").ok_or("no way back")?;
        let (_, query) = location.to_str()?.split_once('?').ok_or("a query")?;

        let tokens = login.callback(query, pending).await?;
        let info = login.user_info(&tokens.access_token).await?;
        assert_eq!(info.email_verified, Some(true));
        assert_eq!(info.phone_number_verified, Some(false));
        assert!(info.other.contains_key("custom:team"));
        login
            .revoke(tokens.refresh_token.ok_or("a refresh token")?)
            .await?;
        player.replay.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_recorded_sign_in_is_played_by_another_app_client() -> Outcome {
    for player in players("flows/managed_login/sign_in.json").await? {
        let login = player.login(confidential())?;
        let (url, pending) = login.authorize().scopes(SCOPES).build()?;
        assert_eq!(player.open(&url).await?.status(), 200);
        let query = format!("code=any&state={}", pending.state().expose());
        let tokens = login.callback(&query, pending).await?;
        let info = login.user_info(&tokens.access_token).await?;
        assert_eq!(info.email_verified, Some(true));
        login
            .refresh(tokens.refresh_token.ok_or("a refresh token")?)
            .await?;
        player.replay.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn another_token_than_the_one_that_was_issued_is_no_match() -> Outcome {
    for player in players("flows/managed_login/sign_in.json").await? {
        let login = player.login(confidential())?;
        let (url, pending) = login.authorize().scopes(SCOPES).build()?;
        player.open(&url).await?;
        let query = format!("code=any&state={}", pending.state().expose());
        login.callback(&query, pending).await?;
        let error = login.user_info("marker").await;
        assert!(matches!(&error, Err(Error::Service(error)) if error.status() == 418));
        let problems = player.replay.verify().expect_err("in vain").to_string();
        assert!(
            problems.contains("authorization is not what")
                || problems.contains("authorization is \"Bearer"),
            "{problems}"
        );
        assert!(!problems.contains("marker"), "{problems}");
    }
    Ok(())
}

#[tokio::test]
async fn a_code_is_exchanged_or_refused_as_recorded() -> Outcome {
    for player in players("oauth2/token/code_exchange.json").await? {
        let tokens = exchange(&player).await??;
        assert!(tokens.id_token.is_some() && tokens.refresh_token.is_some());
        player.replay.verify()?;
    }
    for (path, expected) in [
        ("oauth2/token/code_refused.json", ErrorCode::InvalidGrant),
        ("oauth2/token/wrong_secret.json", ErrorCode::InvalidClient),
    ] {
        for player in players(path).await? {
            let Err(CallbackError::Exchange(error)) = exchange(&player).await? else {
                return Err(format!("{path}: tokens").into());
            };
            assert_eq!(error.code(), Some(&expected));
            assert_eq!(error.operation(), Some("POST /oauth2/token"));
            player.replay.verify()?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_refresh_keeps_the_token_or_rotates_it() -> Outcome {
    for player in players("oauth2/token/refresh.json").await? {
        let tokens = player.login(confidential())?.refresh("first").await?;
        assert_eq!(tokens.refresh_token, Some("first".into()));
        player.replay.verify()?;
    }
    for player in players("flows/managed_login/rotation.json").await? {
        let login = player.login(confidential())?;
        let second = login.refresh("first").await?.refresh_token;
        let second = second.ok_or("a refresh token")?;
        let third = login.refresh(second).await?.refresh_token;
        assert_eq!(third, Some("refresh-token-3".into()));
        let refused = login.refresh("first").await;
        assert_eq!(code(refused), Some(ErrorCode::InvalidGrant));
        player.replay.verify()?;
    }
    for player in players("oauth2/token/refresh_refused.json").await? {
        let refused = player.login(confidential())?.refresh("first").await;
        assert_eq!(code(refused), Some(ErrorCode::InvalidGrant));
        player.replay.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_machine_gets_a_token_for_scopes_that_it_has() -> Outcome {
    let machine = |player: &Player| {
        ClientTokens::over_domain(player.client.clone(), confidential(), player.domain.clone())
    };
    for player in players("oauth2/token/client_credentials.json").await? {
        let machine = machine(&player).for_scopes(["https://orders.example.com/read"]);
        let token = machine.token().await?;
        let pool = TrustedPool::new(POOL).client(APP);
        let verifier = TokenVerifier::builder(pool).http_client(player.replay.clone());
        let verifier = verifier.trust_test_issuer().build()?;
        let claims = verifier.verify_access(token.expose()).await?;
        assert!(claims.has_scope("https://orders.example.com/read"));
        player.replay.verify()?;
    }
    for player in players("oauth2/token/scope_refused.json").await? {
        let refused = machine(&player).for_scopes(["openid"]).token().await;
        let error: ClientTokenError = refused.expect_err("a token");
        assert!(format!("{error:?}").contains("InvalidScope"), "{error:?}");
        player.replay.verify()?;
    }
    Ok(())
}

#[tokio::test]
async fn user_info_and_revocation_answer_as_documented() -> Outcome {
    for player in players("oauth2/userInfo/success.json").await? {
        let info = player.login(confidential())?.user_info("a-token").await?;
        assert_eq!(info.email_verified, Some(true));
        assert_eq!(info.phone_number_verified, Some(false));
        assert!(info.email.is_some() && info.username.is_some() && info.name.is_some());
        player.replay.verify()?;
    }
    for player in players("oauth2/userInfo/invalid_token.json").await? {
        let refused = player.login(confidential())?.user_info("a-token").await;
        assert_eq!(code(refused), Some(ErrorCode::InvalidToken));
        player.replay.verify()?;
    }
    for player in players("oauth2/revoke/success.json").await? {
        player.login(confidential())?.revoke("a-token").await?;
        player.replay.verify()?;
    }
    for player in players("oauth2/revoke/unsupported_token_type.json").await? {
        let refused = player.login(AppClient::new(APP))?.revoke("a-token").await;
        assert_eq!(code(refused), Some(ErrorCode::UnsupportedToken));
        player.replay.verify()?;
    }
    Ok(())
}

#[test]
fn every_fixture_of_an_endpoint_is_played_here() -> Outcome {
    let source = include_str!("managed_login_fixtures.rs");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = BTreeSet::new();
    for folder in ["oauth2", "flows/managed_login"] {
        for fixture in Fixture::folder(fixtures.join(folder))? {
            let path = Path::new(fixture.name()).strip_prefix(&fixtures)?;
            // As it is written in this file, whatever separates folders here.
            let path = path.iter().map(|part| part.to_string_lossy());
            found.insert(path.collect::<Vec<_>>().join("/"));
        }
    }
    let missing: Vec<_> = found
        .iter()
        .filter(|path| !source.contains(path.as_str()))
        .collect();
    assert!(found.len() > 10 && missing.is_empty(), "{missing:?}");
    Ok(())
}
