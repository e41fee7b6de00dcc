//! The operations of the API, one file per domain, and the trait they share.
//!
//! A request is made with what it requires and takes the rest by setters, each a value or an `Option`
//! of one ([`IntoOption`](crate::IntoOption)). The shapes that requests and answers are made of are
//! all in [`types`](crate::types). Lists and maps, here and in
//! answers, are [`List`](crate::List) and [`Map`](crate::Map), which know an absent one from an empty
//! one. An answer that is written again, as JSON for a front end or a cache, holds what came, as far
//! as this version knows its members; times keep their milliseconds.

mod any;
pub mod app_clients;
pub mod auth;
pub mod branding;
pub mod cimd;
pub mod devices;
pub mod domains;
pub mod groups;
pub mod identity_providers;
#[cfg(feature = "fixtures")]
mod list;
pub mod mfa;
pub mod passkeys;
pub mod passwords;
pub mod recoveries;
pub mod replicas;
pub mod resource_servers;
#[cfg(feature = "fixtures")]
mod schemes;
pub mod security;
pub mod sessions;
pub mod sign_up;
pub mod terms;
mod user_filter;
pub mod user_import;
pub mod user_pools;
pub mod users;

use serde::{Serialize, de::DeserializeOwned};

pub use self::any::AnyOperation;
#[cfg(feature = "fixtures")]
pub use self::schemes::auth_scheme;
use crate::error::ErrorCode;

/// A request that [`Client::send`](crate::Client::send) can send.
///
/// Every request type of [the operation modules](crate::operation) implements it. The trait is
/// open: implement it for an operation that this version does not have, or with a response type of
/// only the members you want to read.
///
/// ```
/// use cognito_idp::{ErrorCode, operation::{AuthScheme, Operation, RetrySafety}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct CountUsers { user_pool_id: String }
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Pool { user_pool: Count }
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Count { estimated_number_of_users: u64 }
///
/// impl Operation for CountUsers {
///     type Response = Pool;
///     const NAME: &'static str = "DescribeUserPool";
///     const AUTH: AuthScheme = AuthScheme::SigV4;
///     const RETRY: RetrySafety = RetrySafety::Repeatable;
///     const ERRORS: &'static [ErrorCode] = &[];
/// }
/// ```
pub trait Operation: Serialize {
    /// What a successful answer holds.
    type Response: DeserializeOwned;
    /// The operation's name, as it stands in `X-Amz-Target`.
    const NAME: &'static str;
    /// Whether the request is signed.
    const AUTH: AuthScheme;
    /// Whether the request may be sent again when the outcome of an attempt is unknown.
    const RETRY: RetrySafety;
    /// The errors that AWS documents for the operation.
    const ERRORS: &'static [ErrorCode];

    /// Whether this very request may be sent again; [`RETRY`](Self::RETRY) unless its members matter.
    fn retry_safety(&self) -> RetrySafety {
        Self::RETRY
    }
}

/// An operation whose answer comes in pages.
///
/// [`Client::pages`](crate::Client::pages) walks them.
pub trait Paginated: Operation {
    /// What the pages list.
    type Item;

    /// The token of the page after this one.
    fn next_token(response: &Self::Response) -> Option<&str>;

    /// The token of the page that the request asks for; `None` for the first page.
    fn page_token(&self) -> Option<&str>;

    /// Asks for the page that the token stands for.
    fn set_next_token(&mut self, token: String);

    /// The items of a page.
    fn items(response: Self::Response) -> Vec<Self::Item>;
}

/// How an operation proves who calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthScheme {
    /// No signature: the operation is public, or carries the user's access token.
    NoAuth,
    /// Signed with AWS credentials.
    SigV4,
    /// Signed if credentials are configured, else not.
    Optional,
}

/// Whether an operation may be sent again when nobody knows if the first attempt took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetrySafety {
    /// Twice is as good as once: a read, or a write that sets a state.
    Repeatable,
    /// Twice does harm: it sends a second message, uses up a code or session, creates a duplicate, or
    /// hides the first answer behind an error.
    Once,
}
