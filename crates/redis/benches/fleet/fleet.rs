//! What each process does: requests of users, any of whom may come to any process.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use cognito_idp::{
    Client,
    auth::{AppClient, RefreshError, SignIn, TokenSource},
    fleet::{SealingKeys, SharedStoreError, Vault},
};
use cognito_idp_redis::RedisStore;
use tokio::time::interval;

use crate::{COGNITO, Outcome, PROCESSES, lock, support::cognito::AccessToken};

/// The users that every second request is of; their sources are kept.
const REGULARS: usize = 10;
/// How long the answer with a token may take on a busy machine, which counts to its life only there.
const LATE: Duration = Duration::from_secs(1);

/// What became of a request, and how many microseconds it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The source was kept and had a token.
    Kept(u32),
    /// The session was opened and had a token.
    Hit(u32),
    /// It waited for a fresh token.
    Waited(u32),
    /// It was told to come again.
    Unavailable,
    /// The session was gone.
    Lost,
    /// It got another user's token, or an old one.
    Wrong,
}

impl Request {
    /// A line of one process, for the one that counts.
    pub(crate) fn write(self) -> String {
        format!("{self:?}.")
    }

    /// `None` for half a line.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let line = line.strip_suffix('.')?;
        let (kind, micros) = line.split_once('(').unwrap_or((line, "0)"));
        let micros = micros.strip_suffix(')')?.parse().ok()?;
        match kind {
            "Kept" => Some(Self::Kept(micros)),
            "Hit" => Some(Self::Hit(micros)),
            "Waited" => Some(Self::Waited(micros)),
            "Unavailable" => Some(Self::Unavailable),
            "Lost" => Some(Self::Lost),
            "Wrong" => Some(Self::Wrong),
            _ => None,
        }
    }
}

/// What a process needs.
pub(crate) struct Fleet {
    pub(crate) sessions: usize,
    sign_in: SignIn,
    vault: Vault,
    kept: Mutex<HashMap<usize, TokenSource>>,
}

impl Fleet {
    pub(crate) fn join(sessions: usize, cognito: &str, redis: &[String]) -> Outcome<Self> {
        let client = Client::builder()
            .region("eu-central-1")
            .endpoint_url(cognito);
        let keys = SealingKeys::new(1, &[1; 32]);
        Ok(Self {
            sessions,
            sign_in: SignIn::public(client.build()?, AppClient::new("client")),
            vault: match redis {
                [url] => Vault::sealed(RedisStore::connect(url.as_str())?, keys),
                nodes => over_cluster(nodes, keys)?,
            },
            kept: Mutex::default(),
        })
    }

    pub(crate) async fn sign_in(&self, session: usize) -> Outcome {
        let signed_in = self.sign_in.password(user(session), "password").await?;
        let tokens = signed_in.tokens().ok_or("no tokens")?;
        TokenSource::share(self.sign_in.clone(), &tokens, &self.vault, user(session)).await?;
        Ok(())
    }

    /// Serves requests until the process is killed.
    pub(crate) async fn serve(self) -> Outcome {
        let (fleet, random) = (Arc::new(self), RandomState::new());
        let sessions = u64::try_from(fleet.sessions)?;
        let pause =
            Duration::from_secs(1) * u32::try_from(PROCESSES)? / u32::try_from(2 * sessions)?;
        let mut ticks = interval(pause);
        for number in 0_u64.. {
            ticks.tick().await;
            let fleet = fleet.clone();
            let session = usize::try_from(random.hash_one(number) % sessions)?;
            let session = if number % 2 == 0 {
                session
            } else {
                session % REGULARS
            };
            tokio::spawn(async move { println!("{}", fleet.request(session).await.write()) });
        }
        Ok(())
    }

    /// A request of a user.
    pub(crate) async fn request(&self, session: usize) -> Request {
        let (asked_at, began) = (SystemTime::now(), Instant::now());
        let kept = lock(&self.kept).get(&session).cloned();
        let is_kept = kept.is_some();
        let source = match kept {
            Some(source) => source,
            None => match self.open(session).await {
                Ok(Some(source)) => source,
                Ok(None) => return Request::Lost,
                Err(_) => return Request::Unavailable,
            },
        };
        let at_hand = source.current().ok().map(|tokens| tokens.access_token);
        let token = match source.access_token().await {
            Ok(token) => token,
            Err(RefreshError::SignedOut(_)) => return Request::Lost,
            Err(_) => return Request::Unavailable,
        };
        let micros = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
        if !is_good(token.expose(), session, asked_at) {
            Request::Wrong
        } else if at_hand != Some(token) {
            Request::Waited(micros)
        } else if is_kept {
            Request::Kept(micros)
        } else {
            Request::Hit(micros)
        }
    }

    async fn open(&self, session: usize) -> Result<Option<TokenSource>, SharedStoreError> {
        let opened = TokenSource::open(self.sign_in.clone(), &self.vault, user(session)).await?;
        if session < REGULARS
            && let Some(source) = &opened
        {
            lock(&self.kept).insert(session, source.clone());
        }
        Ok(opened)
    }
}

fn user(session: usize) -> String {
    format!("user-{session}")
}

/// Whether it is this user's token and was valid when it was asked for.
fn is_good(token: &str, session: usize, asked_at: SystemTime) -> bool {
    AccessToken::read(token).is_some_and(|token| {
        let age = asked_at.duration_since(token.issued_at).unwrap_or_default();
        token.of == user(session) && age < COGNITO.life + LATE
    })
}

#[cfg(feature = "cluster")]
fn over_cluster(nodes: &[String], keys: SealingKeys) -> Outcome<Vault> {
    let nodes = nodes.iter().map(String::as_str);
    Ok(Vault::sealed(RedisStore::connect_cluster(nodes)?, keys))
}

#[cfg(not(feature = "cluster"))]
fn over_cluster(_: &[String], _: SealingKeys) -> Outcome<Vault> {
    Err("a cluster needs the feature `cluster`".into())
}
