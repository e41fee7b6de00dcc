//! One quota for the clients of a whole fleet.

use std::{fmt, sync::LazyLock, time::Duration};

use cognito_idp::pacing::{SharedQuota, SharedQuotaError, Turn, TurnFuture, TurnRequest};
use redis::{
    IntoConnectionInfo, RedisResult, Script,
    aio::{ConnectionLike, ConnectionManager},
};

use crate::connection::connect;

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("quota.lua")));

/// Turns for all clients of an account and region, kept in Redis.
///
/// A decision is one script and one round trip; the time is the server's. For each category there is one
/// key, `NAME:quota:CATEGORY`, so that a cluster spreads them, which is gone five minutes after its last
/// turn. Nothing in it is secret, and nothing is lost with it but the order of a moment.
///
/// What is said of a [`SharedQuota`] holds. When a client is throttled, all pause for a fifth of a second,
/// since even a fleet that keeps to its quota arrives in a bunch once in a while. If that happens again
/// within 30 seconds, somebody else uses the quota as well: the rate is halved, and doubles every 30
/// seconds until it is the limit again. When the server's clock is set back, or another server
/// takes over whose clock is behind, nobody waits longer for it.
///
/// ```no_run
/// use cognito_idp::{Client, pacing::Pacing};
/// use cognito_idp_redis::RedisQuota;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// // What is named alike shares a quota: Cognito has one for each account and region.
/// let quota = RedisQuota::connect("redis://localhost", "123456789012:eu-central-1")?;
/// // Should Redis be gone, each of our 48 processes keeps to its part.
/// let pacing = Pacing::new().shared(quota).share(1.0 / 48.0);
/// let client = Client::builder().region("eu-central-1").pacing(pacing).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisQuota<C = ConnectionManager> {
    connection: C,
    name: String,
}

impl RedisQuota {
    /// Connects to a server of its own, by a URL such as `redis://localhost:6379`, for the quota of this
    /// name.
    ///
    /// It connects in the background, on the Tokio runtime that it is called on, and again when the
    /// connection is lost. A server that is not there is no error: clients go on by themselves until it
    /// is.
    ///
    /// # Errors
    /// If the URL is none.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn connect(url: impl IntoConnectionInfo, name: impl Into<String>) -> RedisResult<Self> {
        Ok(Self::over(connect(url)?, name))
    }
}

impl<C> RedisQuota<C> {
    /// Uses a connection that is there, which must come back by itself when it is lost.
    pub fn over(connection: C, name: impl Into<String>) -> Self {
        Self {
            connection,
            name: name.into(),
        }
    }
}

impl<C: ConnectionLike + Clone + Send + Sync> SharedQuota for RedisQuota<C> {
    fn take(&self, request: TurnRequest) -> TurnFuture<'_> {
        let mut connection = self.connection.clone();
        let max_wait = u64::try_from(request.max_wait.as_micros()).unwrap_or(u64::MAX);
        let mut script = SCRIPT.key(format!("{}:quota:{}", self.name, request.category));
        script.arg(request.limit).arg(max_wait);
        match request.throttled {
            Some(turn) => script.arg(turn),
            None => script.arg(""),
        };
        Box::pin(async move {
            let answer = script.invoke_async::<Option<(u64, u64, f64)>>(&mut connection);
            match answer.await {
                Ok(Some((id, wait, rate))) => Ok(Turn::new(id, Duration::from_micros(wait), rate)),
                Ok(None) => Err(SharedQuotaError::WaitTooLong),
                Err(error) => Err(SharedQuotaError::Unavailable(Box::new(error))),
            }
        })
    }
}

impl<C> fmt::Debug for RedisQuota<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQuota")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
