//! Sessions and machine tokens that processes share through a real Redis, also while it fails.
//!
//! A process is what has connections and sources of its own; `benches/fleet` has real ones.

mod support;

use std::{
    error::Error,
    time::{Duration, Instant},
};

use cognito_idp::{
    Client,
    auth::{AppClient, ClientTokens, RefreshError, SignIn, TokenSource, Tokens},
    fleet::{SealingKeys, SharedStoreError, Vault},
};
use cognito_idp_redis::{RedisStore, RedisStoreError};
use support::{
    cognito::{Cognito, Settings},
    redis_server::RedisServer,
};
use tokio::{task::JoinSet, time::sleep};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const LIFE: Duration = Duration::from_secs(2);
const COGNITO: Settings = Settings {
    life: LIFE,
    grace: Duration::ZERO,
    trip: Duration::from_millis(20),
};
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// One of the fleet.
#[derive(Clone)]
struct Process {
    sign_in: SignIn,
    client: Client,
    vault: Vault,
}

impl Process {
    fn start(cognito: &Cognito, redis: &RedisServer) -> Outcome<Self> {
        Self::with_keys(cognito, redis, SealingKeys::new(1, &[1; 32]))
    }

    fn with_keys(cognito: &Cognito, redis: &RedisServer, keys: SealingKeys) -> Outcome<Self> {
        let client = Client::builder()
            .region("eu-central-1")
            .endpoint_url(cognito.url())
            .build()?;
        Ok(Self {
            sign_in: SignIn::public(client.clone(), AppClient::new("client")),
            client,
            vault: Vault::sealed(RedisStore::connect(redis.url())?.prefix("fleet"), keys),
        })
    }

    async fn signed_in(&self, user: &str) -> Outcome<Tokens> {
        let outcome = self.sign_in.password(user, "password").await?;
        Ok(outcome.tokens().ok_or("no tokens")?)
    }

    async fn share(&self, user: &str) -> Outcome<TokenSource> {
        let tokens = self.signed_in(user).await?;
        Ok(TokenSource::share(self.sign_in.clone(), &tokens, &self.vault, user).await?)
    }

    async fn open(&self, user: &str) -> Result<Option<TokenSource>, SharedStoreError> {
        TokenSource::open(self.sign_in.clone(), &self.vault, user).await
    }

    /// A session that is there.
    async fn opened(&self, user: &str) -> Outcome<TokenSource> {
        Ok(self.open(user).await?.ok_or("it is gone")?)
    }

    fn machine(&self) -> ClientTokens {
        let app_client = AppClient::new("client").secret("secret");
        ClientTokens::over_api(self.client.clone(), app_client).share(&self.vault, "orders")
    }
}

/// Why the session is unavailable; the user is not told to sign in for it.
fn unavailable<T: std::fmt::Debug>(outcome: Result<T, RefreshError>) -> RedisStoreError {
    let error = outcome.expect_err("it cannot work");
    assert_eq!(error.suggested_status(), 503, "{error:?}");
    let RefreshError::SharedStore(error) = error else {
        panic!("{error:?}");
    };
    RedisStoreError::of(&error).expect("Redis's fault").clone()
}

/// Asks until it works.
async fn again<T, E: std::fmt::Debug>(mut ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(10), "{error:?}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_many_processes_is_refreshed_once_when_it_is_time() -> Outcome {
    let Some(redis) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let cognito = Cognito::start(COGNITO).await?;
    Process::start(&cognito, &redis)?.share("alice").await?;
    let began = Instant::now();
    let mut fleet = JoinSet::new();
    for _ in 0..8 {
        let process = Process::start(&cognito, &redis)?;
        fleet.spawn(async move {
            let kept = process.opened("alice").await?;
            while began.elapsed() < 3 * LIFE {
                kept.access_token().await?;
                process.opened("alice").await?.access_token().await?;
                sleep(Duration::from_millis(40)).await;
            }
            Outcome::Ok(())
        });
    }
    fleet.join_all().await.into_iter().collect::<Outcome>()?;
    let tally = cognito.tally();
    assert_eq!((tally.early, tally.repeated, tally.revoked), (0, 0, 0));
    assert!((3..=6).contains(&tally.refreshes), "{tally:?}");
    Ok(())
}

#[tokio::test]
async fn without_redis_a_token_lasts_as_long_as_it_is_valid_and_nobody_is_signed_out() -> Outcome {
    let Some(mut redis) = RedisServer::start(&DURABLE) else {
        return Ok(());
    };
    let cognito = Cognito::start(COGNITO).await?;
    let (one, other) = (
        Process::start(&cognito, &redis)?,
        Process::start(&cognito, &redis)?,
    );
    let sources = [one.share("alice").await?, other.opened("alice").await?];
    redis.kill();
    for source in &sources {
        source.access_token().await?;
    }
    assert!(other.open("alice").await.is_err());
    sleep(LIFE).await;
    for source in &sources {
        let began = Instant::now();
        let error = unavailable(source.access_token().await);
        assert!(
            matches!(error, RedisStoreError::Unreachable(_)),
            "{error:?}"
        );
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    assert_eq!(cognito.tally().refreshes, 0);
    redis.restart();
    for source in &sources {
        again(async || source.access_token().await).await;
    }
    again(async || other.opened("alice").await).await;
    let tally = cognito.tally();
    assert_eq!((tally.refreshes, tally.revoked), (1, 0));
    Ok(())
}

#[tokio::test]
async fn tokens_that_came_while_redis_was_gone_are_in_it_when_it_is_back() -> Outcome {
    let Some(mut redis) = RedisServer::start(&DURABLE) else {
        return Ok(());
    };
    let trip = Duration::from_millis(600);
    let cognito = Cognito::start(Settings { trip, ..COGNITO }).await?;
    let (one, other) = (
        Process::start(&cognito, &redis)?,
        Process::start(&cognito, &redis)?,
    );
    let source = one.share("alice").await?;
    let old = source.access_token().await?;
    let refreshing = source.clone();
    let refreshing = tokio::spawn(async move { refreshing.refresh_now().await });
    sleep(trip / 2).await;
    redis.kill();
    let fresh = refreshing.await??.access_token;
    assert_ne!(fresh, old);
    redis.restart();
    again(async || source.flush().await).await;
    let opened = other.opened("alice").await?;
    assert_eq!(opened.current()?.access_token, fresh);
    opened.refresh_now().await?;
    let tally = cognito.tally();
    assert_eq!((tally.refreshes, tally.revoked), (2, 0));
    Ok(())
}

#[tokio::test]
async fn in_a_full_redis_a_session_is_found_but_neither_begun_nor_refreshed() -> Outcome {
    let Some(redis) = RedisServer::start(&["--maxmemory-policy", "noeviction"]) else {
        return Ok(());
    };
    let cognito = Cognito::start(COGNITO).await?;
    let process = Process::start(&cognito, &redis)?;
    let source = process.share("alice").await?;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"])?;
    process.opened("alice").await?.access_token().await?;
    let error = unavailable(source.refresh_now().await);
    assert!(matches!(error, RedisStoreError::Full), "{error:?}");
    assert_eq!(cognito.tally().refreshes, 0);
    // No other process would find it.
    assert!(process.share("bob").await.is_err());
    assert!(process.open("bob").await?.is_none());
    redis.command(&["CONFIG", "SET", "maxmemory", "0"])?;
    assert!(process.open("bob").await?.is_none());
    again(async || source.refresh_now().await).await;
    Ok(())
}

#[tokio::test]
async fn what_was_put_in_another_place_or_back_is_not_taken() -> Outcome {
    let Some(redis) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let cognito = Cognito::start(COGNITO).await?;
    let process = Process::start(&cognito, &redis)?;
    let values = "return table.concat(redis.call('KEYS', 'fleet:*:value'), ' ')";
    let values = || redis.text(&["EVAL", values, "0"]);
    let source = process.share("alice").await?;
    let alice = &*values()?;
    process.share("mallory").await?;
    let both = values()?;
    let mallory = both
        .split(' ')
        .find(|key| *key != alice)
        .ok_or("mallory's")?;
    let copy = |from, to| redis.command(&["COPY", from, to, "REPLACE"]);

    // Whoever kept the session does not go back to an old value.
    copy(alice, "before")?;
    let fresh = source.refresh_now().await?;
    copy("before", alice)?;
    assert_eq!(source.revalidate().await?, fresh);

    copy(mallory, alice)?;
    let moved = process.open("alice").await;
    assert!(
        matches!(moved, Err(SharedStoreError::Tampered)),
        "{moved:?}"
    );
    let revalidated = source.revalidate().await;
    assert!(
        matches!(
            revalidated,
            Err(RefreshError::SharedStore(SharedStoreError::Tampered))
        ),
        "{revalidated:?}"
    );
    source.access_token().await?;

    let others = Process::with_keys(&cognito, &redis, SealingKeys::new(2, &[2; 32]))?;
    let sealed = others.open("mallory").await;
    assert!(
        matches!(sealed, Err(SharedStoreError::UnknownKey(1))),
        "{sealed:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_was_emptied_asks_the_user_to_sign_in() -> Outcome {
    let Some(redis) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let cognito = Cognito::start(COGNITO).await?;
    let process = Process::start(&cognito, &redis)?;
    let kept = process.share("alice").await?;
    assert_eq!(redis.command(&["FLUSHALL"])?, "+OK");
    assert!(process.open("alice").await?.is_none());
    // Who kept it has what it takes, and puts it back.
    kept.refresh_now().await?;
    process.opened("alice").await?.access_token().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_eight_processes_get_one_machine_token_for_each_set_of_scopes_and_renewal() -> Outcome
{
    let Some(redis) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let life = Duration::from_secs(4);
    let cognito = Cognito::start(Settings { life, ..COGNITO }).await?;
    let began = Instant::now();
    let mut fleet = JoinSet::new();
    for _ in 0..48 {
        let machine = Process::start(&cognito, &redis)?.machine();
        fleet.spawn(async move {
            let sets = [vec!["orders/read"], vec!["orders/read", "orders/write"]];
            while began.elapsed() < 2 * life {
                for scopes in &sets {
                    machine.for_scopes(scopes).token().await?;
                }
                sleep(Duration::from_millis(100)).await;
            }
            Outcome::Ok(())
        });
    }
    fleet.join_all().await.into_iter().collect::<Outcome>()?;
    // One at the start, and one whenever three quarters of a life are over.
    let issued = cognito.tally().machine_tokens;
    assert_eq!(issued.len(), 2);
    assert!(issued.values().all(|of| *of == 3), "{issued:?}");
    Ok(())
}

#[tokio::test]
async fn without_redis_each_process_gets_machine_tokens_of_its_own() -> Outcome {
    let Some(mut redis) = RedisServer::start(&[]) else {
        return Ok(());
    };
    let cognito = Cognito::start(COGNITO).await?;
    redis.kill();
    for _ in 0..3 {
        let began = Instant::now();
        let machine = Process::start(&cognito, &redis)?.machine();
        machine.for_scopes(["orders/read"]).token().await?;
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    assert_eq!(cognito.tally().machine_tokens["orders/read"], 3);
    Ok(())
}
