//! Where fresh tokens come from.

use std::{fmt, pin::Pin, time::Duration};

use super::{RefreshError, SignIn};
#[cfg(feature = "fleet")]
use crate::fleet::SharedStoreError;
use crate::{Client, auth::Tokens};

/// The future of a [`Refresher`].
pub(crate) type RefresherFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, RefreshError>> + Send + 'a>>;

/// Gets fresh tokens for a refresh token, and gives that up.
///
/// An object and no type parameter: a token source is one type, whoever refreshes for it, and a
/// program holds the code of those ways alone that it takes.
pub(crate) trait Refresher: fmt::Debug + Send + Sync {
    /// Fresh tokens in place of these; they always hold a refresh token, if it be the old one.
    fn refresh(&self, old: Tokens, need: Need) -> RefresherFuture<'_, Fresh>;

    /// Has the refresh token of these, and the access tokens that came from it, work no more.
    ///
    /// [`RefreshError::SignedOut`] if that is so already.
    fn revoke(&self, tokens: Tokens) -> RefresherFuture<'_, ()>;

    /// What others have done to the session that this process does not know yet: newer tokens, or
    /// [`RefreshError::SignedOut`].
    #[cfg(feature = "fleet")]
    fn news(&self) -> RefresherFuture<'_, Option<Fresh>> {
        Box::pin(async { Ok(None) })
    }

    /// Sees to it that others can see the newest tokens.
    #[cfg(feature = "fleet")]
    fn settle(&self) -> Pin<Box<dyn Future<Output = Result<(), SharedStoreError>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }

    /// What sends the requests, and tells the time.
    fn client(&self) -> &Client;
}

/// How fresh tokens must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Others than those at hand, whoever got them.
    Other,
    /// Tokens of a refresh that begins now.
    New,
}

/// Tokens, and how long the access token lasts from now on.
pub(crate) struct Fresh {
    pub(crate) tokens: Tokens,
    pub(crate) life: Duration,
}

impl From<Tokens> for Fresh {
    /// Those that came just now.
    fn from(tokens: Tokens) -> Self {
        let life = tokens.expires_in;
        Self { tokens, life }
    }
}

/// Over the API of user pools.
impl Refresher for SignIn {
    fn refresh(&self, old: Tokens, _: Need) -> RefresherFuture<'_, Fresh> {
        Box::pin(async {
            let refresh_token = old
                .refresh_token
                .ok_or_else(RefreshError::no_refresh_token)?;
            let tokens = SignIn::refresh(self, refresh_token).await;
            tokens.map(Fresh::from).map_err(RefreshError::of)
        })
    }

    fn revoke(&self, tokens: Tokens) -> RefresherFuture<'_, ()> {
        Box::pin(async {
            let Some(refresh_token) = tokens.refresh_token else {
                return Ok(());
            };
            let revoked = SignIn::revoke(self, refresh_token).await;
            revoked.map_err(RefreshError::of)
        })
    }

    fn client(&self) -> &Client {
        self.client()
    }
}
