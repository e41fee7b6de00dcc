//! Where fresh tokens come from.

use std::{fmt, pin::Pin, time::SystemTime};

use super::{RefreshError, SignIn};
use crate::{auth::Tokens, sensitive::Sensitive};

/// The future of a [`Refresher`].
pub(crate) type RefresherFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, RefreshError>> + Send + 'a>>;

/// Gets fresh tokens for a refresh token, and gives that up.
///
/// An object and no type parameter: a token source is one type, whoever refreshes for it, and a
/// program holds the code of those ways alone that it takes.
pub(crate) trait Refresher: fmt::Debug + Send + Sync {
    /// Fresh tokens; they always hold a refresh token, if it be the old one.
    fn refresh(&self, refresh_token: Sensitive<String>) -> RefresherFuture<'_, Tokens>;

    /// Has a refresh token, and the access tokens that came from it, work no more.
    ///
    /// [`RefreshError::SignedOut`] if that is so already.
    fn revoke(&self, refresh_token: Sensitive<String>) -> RefresherFuture<'_, ()>;

    /// The time by the local clock, for the age of tokens that came here.
    fn local_time(&self) -> SystemTime;

    /// The time at the server, for tokens that were stored before.
    fn server_time(&self) -> SystemTime;
}

/// Over the API of user pools.
impl Refresher for SignIn {
    fn refresh(&self, refresh_token: Sensitive<String>) -> RefresherFuture<'_, Tokens> {
        Box::pin(async {
            let tokens = SignIn::refresh(self, refresh_token).await;
            tokens.map_err(RefreshError::of)
        })
    }

    fn revoke(&self, refresh_token: Sensitive<String>) -> RefresherFuture<'_, ()> {
        Box::pin(async {
            let revoked = SignIn::revoke(self, refresh_token).await;
            revoked.map_err(RefreshError::of)
        })
    }

    fn local_time(&self) -> SystemTime {
        self.client().local_time()
    }

    fn server_time(&self) -> SystemTime {
        self.client().server_time()
    }
}
