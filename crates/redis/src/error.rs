//! Why Redis gave no answer that can be used.

use std::{sync::Arc, time::Duration};

use cognito_idp::fleet::SharedStoreError;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a [`RedisStore`](crate::RedisStore) is not available.
///
/// It is the source of [`SharedStoreError::Unavailable`]; [`of`](Self::of) finds it there. Nothing that
/// the server sent is in it but the code of its error, since what servers write about a command may
/// repeat the command's values.
///
/// ```
/// use cognito_idp::fleet::SharedStoreError;
/// use cognito_idp_redis::RedisStoreError;
///
/// fn for_the_operator(error: &SharedStoreError) -> &'static str {
///     match RedisStoreError::of(error) {
///         Some(RedisStoreError::Full) => "give Redis more memory",
///         Some(RedisStoreError::Denied(_)) => "look at Redis's password and rights",
///         Some(_) => "look after Redis",
///         None => "look at the sealing keys",
///     }
/// }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// There was no answer within this time.
    #[error("Redis did not answer within {0:?}")]
    TimedOut(Duration),
    /// There is no connection, or it was lost.
    #[error("Redis cannot be reached")]
    Unreachable(#[source] Arc<RedisError>),
    /// The server starts, fails over, or is a replica that takes no writes. The code says which, such as
    /// `LOADING` or `READONLY`; `MOVED` is a node of a cluster that leads to one which is away, or of one that
    /// was not connected to as a cluster.
    #[error("Redis is not ready ({0})")]
    NotReady(String),
    /// The server has no memory left, and evicts nothing.
    #[error("Redis is full")]
    Full,
    /// The password or the user name is wrong, or the user may not do this. The code says which.
    #[error("Redis denies access ({0})")]
    Denied(String),
    /// The key holds something else, or the answer is none.
    #[error("what Redis holds or answers is not what was put there")]
    Nonsense,
    /// The server refused the command for another reason, by its code; for instance `MISCONF` if it
    /// cannot write to its disk.
    #[error("Redis refused the command ({0})")]
    Refused(String),
}

impl RedisStoreError {
    /// What made the store unavailable; `None` for an error that has nothing to do with Redis.
    #[must_use]
    pub fn of(error: &SharedStoreError) -> Option<&Self> {
        match error {
            SharedStoreError::Unavailable(source) => source.downcast_ref(),
            _ => None,
        }
    }

    pub(crate) fn from_redis(error: RedisError, waited: Duration) -> Self {
        let code = || code_of(&error);
        match error.kind() {
            ErrorKind::Io if error.is_timeout() => Self::TimedOut(waited),
            ErrorKind::Io | ErrorKind::ClusterConnectionNotFound => {
                Self::Unreachable(Arc::new(error))
            }
            ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm) => {
                Self::Denied(code())
            }
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::TryAgain,
            ) => Self::NotReady(code()),
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Nonsense,
            _ => match error.code() {
                Some("OOM") => Self::Full,
                Some("NOAUTH" | "WRONGPASS") => Self::Denied(code()),
                Some("BUSY" | "NOREPLICAS") => Self::NotReady(code()),
                Some("WRONGTYPE") => Self::Nonsense,
                _ => Self::Refused(code()),
            },
        }
    }

    /// Whether it may be gone in a moment: a new connection may be to another server.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::NotReady(_))
    }

    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Self::NotReady(code) if code == "READONLY")
    }
}

impl From<RedisStoreError> for SharedStoreError {
    fn from(error: RedisStoreError) -> Self {
        Self::unavailable(error)
    }
}

/// The first word of what the server wrote, if it looks like the code of an error.
fn code_of(error: &RedisError) -> String {
    let code = error.code().unwrap_or_default();
    let is_code = (1..=20).contains(&code.len()) && code.bytes().all(|it| it.is_ascii_uppercase());
    if is_code { code } else { "unknown" }.to_owned()
}
