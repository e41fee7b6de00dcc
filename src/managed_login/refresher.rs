//! Tokens of the domain, kept fresh.

use std::{sync::Arc, time::SystemTime};

use super::ManagedLogin;
use crate::{
    auth::{RefreshError, Refresher, RefresherFuture, SignIn, TokenSource, Tokens},
    sensitive::Sensitive,
};

impl ManagedLogin {
    /// Hands out the access token of a user who signed in here, refreshed at the domain when needed.
    ///
    /// Tokens that belong to a [device](Tokens::device_key), as those of
    /// [`SignIn`] may, are refreshed over the API: the domain takes no device key.
    ///
    /// ```no_run
    /// # use cognito_idp::{auth::Tokens, managed_login::ManagedLogin};
    /// # async fn example(login: ManagedLogin, tokens: Tokens) -> Result<(), Box<dyn std::error::Error>> {
    /// let source = login.token_source(tokens);
    /// let access_token = source.access_token().await?;
    /// # let _ = access_token;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// For the calls of the user behind them, whose tokens must have the scope
    /// `aws.cognito.signin.user.admin`, give it to [`SignedInUser::over`].
    ///
    /// [`SignedInUser::over`]: crate::auth::SignedInUser::over
    #[must_use]
    pub fn token_source(&self, tokens: Tokens) -> TokenSource {
        if tokens.device_key.is_some() {
            let (client, app_client) = (&self.endpoints.client, &self.endpoints.app_client);
            let sign_in = SignIn::public(client.clone(), app_client.clone());
            return TokenSource::new(sign_in, tokens);
        }
        TokenSource::over(Arc::new(self.clone()), tokens)
    }
}

/// At the token endpoint of the domain.
impl Refresher for ManagedLogin {
    fn refresh(&self, refresh_token: Sensitive<String>) -> RefresherFuture<'_, Tokens> {
        Box::pin(async {
            let tokens = ManagedLogin::refresh(self, refresh_token).await;
            tokens.map_err(RefreshError::of)
        })
    }

    fn revoke(&self, refresh_token: Sensitive<String>) -> RefresherFuture<'_, ()> {
        Box::pin(async {
            let revoked = ManagedLogin::revoke(self, refresh_token).await;
            revoked.map_err(RefreshError::of)
        })
    }

    fn local_time(&self) -> SystemTime {
        self.endpoints.client.local_time()
    }

    fn server_time(&self) -> SystemTime {
        self.endpoints.client.server_time()
    }
}
