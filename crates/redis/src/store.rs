//! What the processes of a fleet share of sessions and machine tokens.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::BuildHasher as _,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use cognito_idp::fleet::{
    Lease, SharedStore, SharedStoreError, SharedStoreFuture, Swap, Versioned,
};
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::{
    Arg, Cmd, ErrorKind, IntoConnectionInfo, RedisResult, ServerErrorKind, ToRedisArgs, Value,
    aio::{ConnectionLike, ConnectionManager},
};
use tokio::time::{sleep, timeout};

use crate::{connection::connect, error::RedisStoreError};

static LOAD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("store/present.lua"),
        include_str!("store/load.lua")
    ))
});
static SWAP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        include_str!("store/present.lua"),
        include_str!("store/swap.lua")
    ))
});
static LEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/lease.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("store/release.lua")));

const UNKNOWN_SCRIPT: ErrorKind = ErrorKind::Server(ServerErrorKind::NoScript);
const TIMEOUT: Duration = Duration::from_millis(500);
/// The second one may find that the connection was closed, and the third has a new one.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);
/// Redis adds a life to its clock and refuses what is then too great; this leaves it room.
const LONGEST_LIFE: Duration = Duration::from_hours(100 * 365 * 24);

/// Sessions and machine tokens of a fleet, kept in Redis or Valkey.
///
/// Put it into a [`Vault`](cognito_idp::fleet::Vault), which seals what goes into it. What holds:
///
/// - Each call is one script, which is atomic, and one round trip. Lives, leases and
///   [ages](Versioned::age) run by the server's clock. When another server takes over, ages are wrong by
///   as much as its clock differs, but never negative.
/// - A call ends within the [`timeout`](Self::timeout), half a second unless you set it. Within it a
///   lost connection or a server that fails over is tried again, up to twice.
/// - A value is at `PREFIX:{KEY}:value`, a hash with the fields `version`, `value`, `at` and `write`, the
///   lease at `PREFIX:{KEY}:lease`: in a cluster, what belongs to one session is in one slot.
/// - Every failure is [`Unavailable`](SharedStoreError::Unavailable), with a [`RedisStoreError`] as
///   its source.
/// - A life counts as at least a millisecond and at most a hundred years.
///
/// What is lost with Redis is lost: [the page of this crate](crate) says how it should be set up, and what
/// happens when it fails.
///
/// ```no_run
/// use cognito_idp::fleet::{SealingKeys, Vault};
/// use cognito_idp_redis::RedisStore;
///
/// # fn example(key: &[u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::connect("rediss://:password@redis.example.com")?.prefix("shop");
/// let vault = Vault::sealed(store, SealingKeys::new(1, key));
/// # let _ = vault;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore<C = ConnectionManager> {
    connection: C,
    prefix: String,
    timeout: Duration,
    /// Whether the connection is nobody else's and may be closed.
    is_ours: bool,
    writes: Arc<Writes>,
}

/// Names the writes of this store apart from each other and from those of other stores.
#[derive(Default)]
struct Writes {
    seed: RandomState,
    count: AtomicU64,
}

impl RedisStore {
    /// Connects to a server, by a URL such as `redis://localhost:6379/0`,
    /// `rediss://user:password@redis.example.com` or `redis+unix:///run/redis.sock`.
    ///
    /// It connects in the background, on the Tokio runtime that it is called on, and again when the
    /// connection is lost or turns out to be to a replica. A server that is not there is no error: the
    /// store is unavailable until it is.
    ///
    /// `rediss` needs the feature `rustls` and a certificate that the machine trusts; the variable
    /// `SSL_CERT_FILE` names others. If the process has no default cryptography for rustls yet, it is
    /// ring's from now on.
    ///
    /// # Errors
    /// If the URL is none.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn connect(url: impl IntoConnectionInfo) -> RedisResult<Self> {
        let store = Self::over(connect(url)?);
        Ok(Self {
            is_ours: true,
            ..store
        })
    }
}

#[cfg(feature = "cluster")]
impl RedisStore<ClusterConnection> {
    /// Connects to a cluster, by the URLs of some of its nodes; else like
    /// [`connect`](RedisStore::connect).
    ///
    /// ```no_run
    /// use cognito_idp_redis::RedisStore;
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let nodes = ["redis://10.0.0.1", "redis://10.0.1.1", "redis://10.0.2.1"];
    /// let store = RedisStore::connect_cluster(nodes)?.prefix("shop");
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a URL is none, or they differ in more than the address.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn connect_cluster<U: IntoConnectionInfo>(
        urls: impl IntoIterator<Item = U>,
    ) -> RedisResult<Self> {
        Ok(Self::over(crate::connection::connect_cluster(urls)?))
    }
}

impl<C> RedisStore<C> {
    /// Uses a connection that is there, which must come back by itself when it is lost.
    ///
    /// For instance one of a program that uses Redis anyway, or to a server that takes no other
    /// certificates than your own:
    ///
    /// ```no_run
    /// use cognito_idp_redis::{
    ///     RedisStore,
    ///     redis::{Client, RedisResult, TlsCertificates},
    /// };
    ///
    /// # async fn example(certificates: TlsCertificates) -> RedisResult<()> {
    /// let client = Client::build_with_tls("rediss://redis.example.com", certificates)?;
    /// let store = RedisStore::over(client.get_connection_manager().await?);
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub fn over(connection: C) -> Self {
        Self {
            connection,
            prefix: "cognito-idp".to_owned(),
            timeout: TIMEOUT,
            is_ours: false,
            writes: Arc::default(),
        }
    }

    /// What all keys begin with, `cognito-idp` unless set: one for each program and stage that shares
    /// the server.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a call may take at most, half a second unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn value_of(&self, key: &str) -> String {
        format!("{}:{{{key}}}:value", self.prefix)
    }

    fn lease_of(&self, key: &str) -> String {
        format!("{}:{{{key}}}:lease", self.prefix)
    }
}

impl<C: ConnectionLike + Clone + Send + Sync> SharedStore for RedisStore<C> {
    fn load<'a>(&'a self, key: &'a str) -> SharedStoreFuture<'a, Option<Versioned>> {
        let question = Question::new(&LOAD, self.value_of(key));
        Box::pin(async move { found(self.ask(&question).await?) })
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        expected: u64,
        next: Versioned,
        life: Duration,
    ) -> SharedStoreFuture<'a, Swap> {
        let mut question = Question::new(&SWAP, self.value_of(key));
        question.arg(expected).arg(next.version);
        question.arg(next.value.expose()).arg(millis(life));
        question.arg(self.writes.name());
        Box::pin(async move {
            match self.ask(&question).await? {
                Value::Int(1) => Ok(Swap::Done),
                present => found(present).map(Swap::Refused),
            }
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        life: Duration,
    ) -> SharedStoreFuture<'a, Lease> {
        let mut question = Question::new(&LEASE, self.lease_of(key));
        question.arg(owner).arg(millis(life));
        Box::pin(async move {
            match self.ask(&question).await? {
                Value::Int(0) => Ok(Lease::Held),
                Value::Int(left) => {
                    let left = u64::try_from(left).map_err(|_| RedisStoreError::Nonsense)?;
                    Ok(Lease::Taken(Duration::from_millis(left)))
                }
                _ => Err(RedisStoreError::Nonsense.into()),
            }
        })
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> SharedStoreFuture<'a, ()> {
        let mut question = Question::new(&RELEASE, self.lease_of(key));
        question.arg(owner);
        Box::pin(async move {
            match self.ask(&question).await? {
                Value::Int(0) => Ok(()),
                _ => Err(RedisStoreError::Nonsense.into()),
            }
        })
    }
}

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Writes {
    fn name(&self) -> u64 {
        self.seed.hash_one(self.count.fetch_add(1, Relaxed))
    }
}

impl<C: ConnectionLike + Clone> RedisStore<C> {
    /// Asks until there is an answer, there cannot be any, or the time is over.
    ///
    /// Every question may be asked again, since to do twice what it says is to do it once.
    async fn ask(&self, question: &Question) -> Result<Value, RedisStoreError> {
        let mut failure = None;
        let asked = async {
            let mut connection = self.connection.clone();
            for attempt in 1.. {
                let error = match question.ask(&mut connection).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => RedisStoreError::from_redis(error, self.timeout),
                };
                if attempt == ATTEMPTS || !error.may_pass() {
                    return Err(error);
                }
                if self.is_ours && error.is_read_only() {
                    // Another server may stand behind the name by now.
                    drop(redis::cmd("QUIT").exec_async(&mut connection).await);
                }
                failure = Some(error);
                sleep(PAUSE).await;
            }
            Err(RedisStoreError::TimedOut(self.timeout))
        };
        match timeout(self.timeout, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(failure.unwrap_or(RedisStoreError::TimedOut(self.timeout))),
        }
    }
}

/// A call of a script by its hash.
struct Question {
    command: Cmd,
    script: &'static Script,
}

/// A script, which servers know by its hash once they have seen it.
struct Script {
    code: &'static str,
    hash: String,
}

impl Question {
    fn new(script: &'static Script, key: String) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&script.hash).arg(1).arg(key);
        Self { command, script }
    }

    fn arg(&mut self, arg: impl ToRedisArgs) -> &mut Self {
        self.command.arg(arg);
        self
    }

    async fn ask(&self, connection: &mut impl ConnectionLike) -> RedisResult<Value> {
        match self.command.query_async(connection).await {
            Err(error) if error.kind() == UNKNOWN_SCRIPT => {
                // To load it first would load it on all nodes of a cluster, which fails while one is away.
                self.with_code().query_async(connection).await
            }
            answer => answer,
        }
    }

    /// The same, for a server that does not know the script.
    fn with_code(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.script.code);
        for word in self.command.args_iter().skip(2) {
            // There are no cursors in it.
            if let Arg::Simple(word) = word {
                command.arg(word);
            }
        }
        command
    }
}

impl Script {
    fn new(code: &'static str) -> Self {
        let hash = redis::Script::new(code).get_hash().to_owned();
        Self { code, hash }
    }
}

/// What `present` in the scripts has told: version, value and age.
fn found(answer: Value) -> Result<Option<Versioned>, SharedStoreError> {
    let Value::Array(fields) = answer else {
        return Err(RedisStoreError::Nonsense.into());
    };
    match <[Value; 3]>::try_from(fields) {
        Ok([Value::Nil, Value::Nil, Value::Nil]) => Ok(None),
        Ok(
            [
                Value::BulkString(version),
                Value::BulkString(value),
                Value::Int(age),
            ],
        ) => {
            let version = str::from_utf8(&version).ok().and_then(|it| it.parse().ok());
            let (Some(version), Ok(age)) = (version, u64::try_from(age)) else {
                return Err(RedisStoreError::Nonsense.into());
            };
            Ok(Some(
                Versioned::new(version, value).aged(Duration::from_micros(age)),
            ))
        }
        _ => Err(RedisStoreError::Nonsense.into()),
    }
}

fn millis(life: Duration) -> u64 {
    let life = life.clamp(Duration::from_millis(1), LONGEST_LIFE);
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}
