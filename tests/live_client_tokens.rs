//! Tokens for machines from MiniStack's token endpoint, verified with the keys that it serves.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_client_tokens`.
//!
//! MiniStack has the grant `client_credentials`, with resource servers, scopes, the tokens' lives and
//! the trigger; moto has no endpoints of a domain. Neither has the operation `GetClientToken`, so
//! `tests/client_tokens.rs` alone tests tokens over the API.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(
    feature = "hyper",
    feature = "managed-login",
    feature = "sigv4",
    feature = "verify"
))]

mod live;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use cognito_idp::{
    Client, ErrorCode, Sensitive,
    auth::{
        AppClient, ClientSecretFuture, ClientTokenError, ClientTokens, ProvideClientSecret, SignIn,
    },
    managed_login::Domain,
    operation::{
        app_clients::{CreateUserPoolClientRequest, TimeUnitsType, TokenValidityUnitsType},
        resource_servers::{CreateResourceServerRequest, ResourceServerScopeType},
        user_pools::{
            CreateUserPoolRequest, LambdaConfigType, PreTokenGenerationLambdaVersionType,
            PreTokenGenerationVersionConfigType,
        },
    },
    types::OAuthFlowType,
    verify::AccessClaims,
};

use crate::live::{Outcome, Pool, REGION, Server, unique};

const READ: &str = "https://orders.example.com/read";
const WRITE: &str = "https://orders.example.com/write";
/// A scope of the resource server that no client has.
const DROP: &str = "https://orders.example.com/drop";

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn machines_get_verified_tokens_for_their_scopes() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let api = Api::create(&server, LambdaConfigType::new()).await?;
    let machine = machine_of(&server, &api.app)?;

    let reading = machine.for_scopes([READ]);
    let claims = api.verified(&reading.token().await?).await?;
    assert_eq!(claims.scopes().collect::<Vec<_>>(), [READ]);
    assert_eq!(claims.client_id(), api.app.id().expose());
    let claims = api.verified(&machine.token().await?).await?;
    let scopes: BTreeSet<_> = claims.scopes().collect();
    assert_eq!(scopes, BTreeSet::from([READ, WRITE]));

    // As many as like, in any order.
    let both = machine.for_scopes([WRITE, READ]);
    let callers: Vec<_> = (0..1_000)
        .map(|number| {
            let order = if number % 2 == 0 {
                [READ, WRITE]
            } else {
                [WRITE, READ]
            };
            let machine = machine.for_scopes(order);
            tokio::spawn(async move { machine.token().await })
        })
        .collect();
    let mut tokens = BTreeSet::new();
    for caller in callers {
        tokens.insert(caller.await??.expose().clone());
    }
    assert_eq!(tokens.len(), 1);
    assert!(tokens.contains(both.token().await?.expose()));
    assert_eq!(asked(&server), (3, 0));

    // What a resource server refuses is replaced.
    let refused = both.token().await?;
    assert!(machine.invalidate(&refused));
    assert_ne!(both.token().await?, refused);
    assert_eq!(asked(&server), (4, 0));
    server.delete(api.pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_token_of_five_minutes_is_renewed_in_time() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let api = Api::create(&server, LambdaConfigType::new()).await?;
    let ahead = Arc::new(AtomicU64::new(0));
    let client = server.client_with({
        let ahead = ahead.clone();
        |client| {
            client.time_source(move || SystemTime::now() + Duration::from_secs(ahead.load(SeqCst)))
        }
    })?;
    let machine = ClientTokens::over_domain(client, api.app.clone(), domain()?);
    let first = machine.token().await?;
    ahead.store(4 * 60 - 20, SeqCst);
    assert_eq!(machine.token().await?, first);
    ahead.store(4 * 60 - 10, SeqCst);
    assert_eq!(machine.token().await?, first, "three quarters of its life");
    let mut second = machine.token().await?;
    for _ in 0..100 {
        if second != first {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        second = machine.token().await?;
    }
    assert_ne!(second, first);
    assert_eq!(asked(&server), (2, 0));
    server.delete(api.pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn refusals_are_told_apart() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let api = Api::create(&server, LambdaConfigType::new()).await?;
    let machine = machine_of(&server, &api.app)?;

    let wrong = AppClient::new(api.app.id()).secret("a+wrong/secret: ü");
    let error = refusal(&machine_of(&server, &wrong)?).await?;
    assert!(
        matches!(&error, ClientTokenError::InvalidClient(cause) if cause.code() == Some(&ErrorCode::InvalidClient)),
        "{error:?}"
    );
    let unknown = AppClient::new("unknown").secret("secret");
    let error = refusal(&machine_of(&server, &unknown)?).await?;
    assert!(
        matches!(error, ClientTokenError::InvalidClient(_)),
        "{error:?}"
    );
    for scope in ["https://orders.example.com/none", "openid", "none"] {
        let error = refusal(&machine.for_scopes([scope])).await?;
        assert!(
            matches!(error, ClientTokenError::InvalidScope(_)),
            "{scope}: {error:?}"
        );
    }
    let error = refusal(&machine.for_scopes([DROP])).await?;
    assert!(
        matches!(error, ClientTokenError::Misconfigured(_)),
        "{error:?}"
    );
    // The client of the pool that signs users in.
    let error = refusal(&machine_of(&server, &api.pool.app)?.for_scopes([READ])).await?;
    assert!(
        matches!(error, ClientTokenError::Misconfigured(_)),
        "{error:?}"
    );
    // None of it stands in the way of what is right.
    assert!(machine.for_scopes([WRITE]).token().await.is_ok());
    server.delete(api.pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_secret_that_was_rotated_is_asked_for_once() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let api = Api::create(&server, LambdaConfigType::new()).await?;
    let asked_for = Arc::new(AtomicUsize::new(0));
    let provider = Rotated {
        newest: api.secret.clone(),
        asked: asked_for.clone(),
    };
    let app = AppClient::new(api.app.id()).secret_from(provider);
    app.current(&server.client).await?;
    // A secret that was just read is taken for the newest.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let machine = machine_of(&server, &app)?;
    let token = machine.for_scopes([READ]).token().await?;
    api.verified(&token).await?;
    assert_eq!(asked_for.load(SeqCst), 2);
    assert_eq!(asked(&server), (1, 1));
    server.delete(api.pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn client_metadata_reaches_the_trigger() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let trigger = std::env::var("COGNITO_LIVE_MINISTACK_TRIGGER_ARN")?;
    let version = PreTokenGenerationLambdaVersionType::V3_0;
    let trigger = PreTokenGenerationVersionConfigType::new(version, trigger);
    let triggers = LambdaConfigType::new().pre_token_generation_config(trigger);
    let api = Api::create(&server, triggers).await?;
    let tenant = "7 & \"é\" = 100 % + more";
    let machine = machine_of(&server, &api.app)?.client_metadata([("tenant", tenant)]);
    let claims = api.verified(&machine.token().await?).await?;
    let claim = claims.claim("tenant").and_then(|claim| claim.as_str());
    assert_eq!(claim, Some(tenant));
    server.delete(api.pool).await
}

/// A pool with a resource server, and an app client that may read and write there.
struct Api {
    pool: Pool,
    app: AppClient,
    secret: Sensitive<String>,
}

impl Api {
    async fn create(server: &Server, triggers: LambdaConfigType) -> Outcome<Self> {
        let request = CreateUserPoolRequest::new(unique("machine")).lambda_config(triggers);
        let pool = server.pool_as(&request).await?;
        let scope = |name| ResourceServerScopeType::new(name, "Something with orders");
        let request =
            CreateResourceServerRequest::new(&pool.id, "https://orders.example.com", "orders")
                .scopes(["read", "write", "drop"].map(scope));
        server.client.send(&request).await?;
        let units = TokenValidityUnitsType::new().access_token(TimeUnitsType::Minutes);
        let request = CreateUserPoolClientRequest::new(&pool.id, "machine")
            .generate_secret(true)
            .allowed_oauth_flows_user_pool_client(true)
            .allowed_oauth_flows([OAuthFlowType::ClientCredentials])
            .allowed_oauth_scopes([READ, WRITE])
            .access_token_validity(5)
            .token_validity_units(units);
        let created = server.client.send(&request).await?;
        let client = created.user_pool_client.ok_or("no client in the answer")?;
        let id = client.client_id.ok_or("the client has no ID")?;
        let secret = client.client_secret.ok_or("the client has no secret")?;
        Ok(Self {
            pool,
            app: AppClient::new(id).secret(&secret),
            secret,
        })
    }

    /// The claims, checked with keys that are fetched beside what the server counts.
    async fn verified(&self, token: &Sensitive<String>) -> Outcome<AccessClaims> {
        let client = Client::builder().region(REGION).endpoint_url(url()?);
        let sign_in = SignIn::public(client.build()?, self.app.clone());
        let verifier = sign_in.user_pool_id(&self.pool.id).verifier()?;
        let claims = verifier.verify_access(token.expose()).await?;
        let now = SystemTime::now();
        let left = claims.expires_at().duration_since(now)?;
        assert!(left <= Duration::from_mins(5), "{left:?}");
        Ok(claims)
    }
}

fn machine_of(server: &Server, app: &AppClient) -> Outcome<ClientTokens> {
    let client = server.client_without_credentials()?;
    Ok(ClientTokens::over_domain(client, app.clone(), domain()?))
}

/// A provider whose first secret is out of date.
#[derive(Debug)]
struct Rotated {
    newest: Sensitive<String>,
    asked: Arc<AtomicUsize>,
}

impl ProvideClientSecret for Rotated {
    fn provide_client_secret<'a>(&'a self, _client_id: &'a str) -> ClientSecretFuture<'a> {
        Box::pin(async {
            let is_first = self.asked.fetch_add(1, SeqCst) == 0;
            let newest = self.newest.clone();
            Ok(if is_first {
                "out of date".into()
            } else {
                newest
            })
        })
    }
}

/// How many requests to the domain were answered with a token, and with an error.
fn asked(server: &Server) -> (usize, usize) {
    let answers = server.wire.answers();
    let of_domain = answers.get("").copied().unwrap_or_default();
    (of_domain.successes, of_domain.errors)
}

async fn refusal(machine: &ClientTokens) -> Outcome<ClientTokenError> {
    let error = machine.token().await.err().ok_or("it was accepted")?;
    Ok(error)
}

fn domain() -> Outcome<Domain> {
    Ok(Domain::url(&url()?)?)
}

fn url() -> Outcome<String> {
    Ok(std::env::var("COGNITO_LIVE_MINISTACK_URL")?)
}
