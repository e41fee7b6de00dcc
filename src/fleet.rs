//! What the processes of a fleet share: sessions, machine tokens, and the store behind them.
//!
//! # When one needs this
//!
//! A single process never does. Several do
//!
//! - where they hold the same user's session and its app client rotates refresh tokens: two that
//!   refresh at once present a replaced token, and Cognito then ends the session;
//! - where each would get machine tokens of its own, which Cognito bills;
//! - where they share the account's quota, which is a matter of [pacing](crate::pacing).
//!
//! They do not where each session stays with one process, or where no process keeps tokens between
//! two requests of the user. Without rotation sharing saves refreshes, and signs nobody out.
//!
//! # How it is used
//!
//! [`SharedStore`] is what a store must do. The package `cognito-idp-redis` does it in Redis, and
//! [`MemoryStore`] within one process, for tests. A [`Vault`] seals what goes into it.
//!
//! ```
//! use cognito_idp::{
//!     auth::{ClientTokens, SignIn, TokenSource, Tokens},
//!     fleet::{MemoryStore, SealingKeys, Vault},
//! };
//!
//! # async fn example(
//! #     key_of_2026: &[u8; 32], key_of_2025: &[u8; 32], sign_in: SignIn, tokens: Tokens, machine: ClientTokens,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let keys = SealingKeys::new(2026, key_of_2026).also_opens(2025, key_of_2025);
//! let vault = Vault::sealed(MemoryStore::new(), keys);
//!
//! // A user's session, begun in one process and taken up in any:
//! TokenSource::share(sign_in.clone(), &tokens, &vault, "session-id").await?;
//! let source = TokenSource::open(sign_in, &vault, "session-id").await?;
//!
//! // The program's own tokens:
//! let machine = machine.share(&vault, "orders-service");
//! # let _ = (source, machine);
//! # Ok(())
//! # }
//! ```
//!
//! [`TokenSource::share`](crate::auth::TokenSource::share) and
//! [`ClientTokens::share`](crate::auth::ClientTokens::share) say what holds, also while the store is
//! away. For managed login there is `ManagedLogin::share_token_source`.
//!
//! # What to see to
//!
//! - A store that forgets what it has acknowledged, as Redis does when it restarts without its log,
//!   may bring back a refresh token that was replaced. The app client's grace period for rotation,
//!   up to a minute, bears that, and so it bears a process that dies in the middle of a refresh: set
//!   it to more than the ten seconds after which another one takes its place.
//! - Whoever has the sealing keys has the tokens of everybody who is signed in. They belong where the
//!   client secret is, and not into the store.

mod memory;
mod place;
mod sealing;
mod vault;

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

pub(crate) use self::place::{Found, Place, Turn, Written};
pub use self::{memory::MemoryStore, sealing::SealingKeys, vault::Vault};
use crate::{error::BoxError, sensitive::Sensitive};

/// The future of a [`SharedStore`].
pub type SharedStoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, SharedStoreError>> + Send + 'a>>;

/// Keeps what several processes share: values with a version, and leases.
///
/// Each method is one decision, made at one moment for all processes; lives and leases run by the
/// store's own clock. Values and leases have names of their own: a lease on a key keeps nobody from
/// its value. Every method must end within a few seconds, with
/// [`Unavailable`](SharedStoreError::Unavailable) if need be, and may be dropped while it runs.
///
/// What a store of your own must do, as [`MemoryStore`] does it:
///
/// ```
/// use cognito_idp::fleet::{Lease, MemoryStore, SharedStore, SharedStoreError, Swap, Versioned};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), SharedStoreError> {
/// let store = MemoryStore::new();
/// let (first, second) = (Versioned::new(1, b"one".to_vec()), Versioned::new(2, b"two".to_vec()));
/// let hour = Duration::from_hours(1);
/// assert_eq!(store.swap("key", 0, first.clone(), hour).await?, Swap::Done);
/// let Some(found) = store.load("key").await? else { panic!("it was written") };
/// assert_eq!(found.value, first.value);
/// // Who has not seen the first value does not write over it.
/// let refused = store.swap("key", 0, second.clone(), hour).await?;
/// assert!(matches!(refused, Swap::Refused(Some(present)) if present.version == 1));
/// assert_eq!(store.swap("key", found.version, second, hour).await?, Swap::Done);
///
/// assert_eq!(store.lease("key", "process 1", hour).await?, Lease::Held);
/// assert!(matches!(store.lease("key", "process 2", hour).await?, Lease::Taken(_)));
/// store.release("key", "process 1").await?;
/// # Ok(())
/// # }
/// ```
pub trait SharedStore: fmt::Debug + Send + Sync {
    /// The value of `key`; `None` if there is none or its life is over.
    fn load<'a>(&'a self, key: &'a str) -> SharedStoreFuture<'a, Option<Versioned>>;

    /// Keeps `next` for `life` if the version at `key` is `expected`, where 0 means that there is
    /// no value.
    ///
    /// The caller chooses the version of `next`, greater than `expected` and than all that the key
    /// ever had; a store only compares for equality. It counts the [age](Versioned::age) from now.
    fn swap<'a>(
        &'a self,
        key: &'a str,
        expected: u64,
        next: Versioned,
        life: Duration,
    ) -> SharedStoreFuture<'a, Swap>;

    /// Gives `owner` the lease of `key` for `life` from now, unless another one has it.
    ///
    /// Who has it already may ask again, to have it longer.
    fn lease<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        life: Duration,
    ) -> SharedStoreFuture<'a, Lease>;

    /// Ends the lease of `key` if `owner` has it; else does nothing.
    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> SharedStoreFuture<'a, ()>;
}

/// A value as a [`SharedStore`] keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Number that grows with every write of the key, never 0 and below 2^53.
    pub version: u64,
    /// The value, sealed unless the program chose otherwise.
    pub value: Sensitive<Vec<u8>>,
    /// How long ago it was written, by the store's clock, so that no machine's clock plays a part in
    /// what is left of a life. What is written has the age 0.
    pub age: Duration,
}

impl Versioned {
    /// A value to write, with its version.
    pub fn new(version: u64, value: impl Into<Sensitive<Vec<u8>>>) -> Self {
        Self {
            version,
            value: value.into(),
            age: Duration::ZERO,
        }
    }

    /// The same, as it was found this long after it was written.
    #[must_use]
    pub fn aged(self, age: Duration) -> Self {
        Self { age, ..self }
    }
}

/// What [`SharedStore::swap`] has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swap {
    /// The new value is kept.
    Done,
    /// Nothing has changed; this is what is there, if anything.
    Refused(Option<Versioned>),
}

/// What [`SharedStore::lease`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// The lease is the owner's.
    Held,
    /// Another owner has it, for so long if it does not end it before.
    Taken(Duration),
}

/// Why a [`SharedStore`] or a [`Vault`] gave no answer that can be used.
///
/// ```
/// use cognito_idp::fleet::SharedStoreError;
///
/// fn for_the_operator(error: &SharedStoreError) -> &'static str {
///     match error {
///         SharedStoreError::Unavailable(_) => "the store is away: look after it",
///         SharedStoreError::UnknownKey(_) => "this process lacks a sealing key",
///         SharedStoreError::Tampered => "somebody else writes into the store",
///         _ => "see its source",
///     }
/// }
/// # let _ = for_the_operator;
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedStoreError {
    /// The store cannot be reached, is too slow, or answers nonsense.
    #[error("the shared store is not available")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// A value was sealed with a key that is not among those given.
    #[error("a shared value is sealed with the unknown key {0}")]
    UnknownKey(u32),
    /// A value is not what was sealed for this place and version: it was changed, cut, moved from
    /// another place, given another version, or sealed with another key of the same ID.
    #[error("a shared value is not what was sealed here")]
    Tampered,
    /// The system gave no random bytes, or the value is too long to seal.
    #[error("a value could not be sealed")]
    NotSealed,
}

impl SharedStoreError {
    /// A store that cannot be reached, and why.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable(source.into().into())
    }
}
