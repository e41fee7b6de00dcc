//! Tokens of the domain, kept fresh.

use std::sync::Arc;

use super::ManagedLogin;
use crate::{
    Client,
    auth::{Fresh, Need, RefreshError, Refresher, RefresherFuture, SignIn, TokenSource, Tokens},
};
#[cfg(feature = "fleet")]
use crate::{
    auth::SharedSession,
    fleet::{SharedStoreError, Vault},
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
        TokenSource::over(self.refresher(&tokens), tokens)
    }

    /// Starts a session that all processes share, as [`TokenSource::share`] does.
    ///
    /// ```
    /// # use cognito_idp::{auth::Tokens, fleet::Vault, managed_login::ManagedLogin};
    /// # async fn example(login: ManagedLogin, tokens: Tokens, vault: Vault) -> Result<(), Box<dyn std::error::Error>> {
    /// // After the callback, and wherever the next request comes in:
    /// login.share_token_source(&tokens, &vault, "session-id").await?;
    /// if let Some(source) = login.open_token_source(&vault, "session-id").await? {
    ///     source.access_token().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`TokenSource::share`].
    #[cfg(feature = "fleet")]
    pub async fn share_token_source(
        &self,
        tokens: &Tokens,
        vault: &Vault,
        key: impl Into<String>,
    ) -> Result<TokenSource, SharedStoreError> {
        let refresher = self.refresher(tokens);
        SharedSession::begin(refresher, tokens.clone(), vault, key.into()).await
    }

    /// Takes up a session that some process has [shared](Self::share_token_source), as
    /// [`TokenSource::open`] does.
    ///
    /// # Errors
    /// Those of [`TokenSource::open`].
    #[cfg(feature = "fleet")]
    pub async fn open_token_source(
        &self,
        vault: &Vault,
        key: impl Into<String>,
    ) -> Result<Option<TokenSource>, SharedStoreError> {
        SharedSession::open(|tokens| self.refresher(tokens), vault, key.into()).await
    }

    fn refresher(&self, tokens: &Tokens) -> Arc<dyn Refresher> {
        if tokens.device_key.is_none() {
            return Arc::new(self.clone());
        }
        let (client, app_client) = (&self.endpoints.client, &self.endpoints.app_client);
        let sign_in = SignIn::public(client.clone(), app_client.clone());
        Arc::new(sign_in.for_tokens(tokens))
    }
}

/// At the token endpoint of the domain.
impl Refresher for ManagedLogin {
    fn refresh(&self, old: Tokens, _: Need) -> RefresherFuture<'_, Fresh> {
        Box::pin(async {
            let refresh_token = old
                .refresh_token
                .ok_or_else(RefreshError::no_refresh_token)?;
            let tokens = ManagedLogin::refresh(self, refresh_token).await;
            tokens.map(Fresh::from).map_err(RefreshError::of)
        })
    }

    fn revoke(&self, tokens: Tokens) -> RefresherFuture<'_, ()> {
        Box::pin(async {
            let Some(refresh_token) = tokens.refresh_token else {
                return Ok(());
            };
            let revoked = ManagedLogin::revoke(self, refresh_token).await;
            revoked.map_err(RefreshError::of)
        })
    }

    fn client(&self) -> &Client {
        &self.endpoints.client
    }
}
