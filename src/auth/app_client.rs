//! An app client of a user pool, and what it proves itself with.

use std::{borrow::Cow, future::ready, sync::Arc};

use super::{
    client_secret::{ProvideClientSecret, ProvidedSecret, is_refused_secret},
    secret_hash::secret_hash,
};
use crate::{
    client::{Answer, Client, DispatchFuture, SendOptions},
    error::{Error, InvalidInput},
    operation::Operation,
    sensitive::Sensitive,
};

/// An app client of a user pool, with its secret if it has one.
///
/// ```no_run
/// use cognito_idp::{Client, auth::AppClient, operation::sign_up::SignUpRequest};
///
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// // For requests of your own: the secret as it is now, and the hash that Cognito wants with it.
/// let app = AppClient::new("app-client-id").secret("the secret").current(&client).await?;
/// let mut request = SignUpRequest::new(app.id(), "alice").password("P@ssw0rd!");
/// request.secret_hash = app.secret_hash("alice")?;
/// client.send(&request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppClient {
    id: Sensitive<String>,
    secret: Secret,
}

#[derive(Clone, Debug)]
enum Secret {
    None,
    Fixed(Sensitive<String>),
    Provided(Arc<ProvidedSecret>),
}

impl AppClient {
    /// Makes an app client without a secret.
    #[must_use]
    pub fn new(id: impl Into<Sensitive<String>>) -> Self {
        Self {
            id: id.into(),
            secret: Secret::None,
        }
    }

    /// Adds the client secret.
    ///
    /// If Cognito rotates it, as it does where AWS Secrets Manager keeps it, take
    /// [`secret_from`](Self::secret_from).
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Sensitive<String>>) -> Self {
        self.secret = Secret::Fixed(secret.into());
        self
    }

    /// Takes the client secret from a provider, because it changes while the program runs.
    ///
    /// The provider is asked when the secret is first needed, and again when Cognito says that it is
    /// wrong; what was refused so is then sent once more, since it has done nothing. Clones share
    /// what the provider gave.
    #[must_use]
    pub fn secret_from(mut self, provider: impl ProvideClientSecret + 'static) -> Self {
        self.secret = Secret::Provided(Arc::new(ProvidedSecret::new(provider)));
        self
    }

    /// The client ID.
    #[must_use]
    pub fn id(&self) -> &Sensitive<String> {
        &self.id
    }

    /// The app client with the secret that it has now, for requests that you make yourself.
    ///
    /// Without a [provider](Self::secret_from) it is the same again.
    ///
    /// # Errors
    /// [`Error::ClientSecret`] if the provider fails, or takes longer than a call of this client may.
    pub async fn current(&self, client: &Client) -> Result<Self, Error> {
        Ok(self.with_secret(client, "ClientSecret").await?.into_owned())
    }

    /// The secret hash over a username; `None` for a client without a secret.
    ///
    /// The username must be the one that stands in the same request: an alias where an alias is
    /// sent, the canonical name in the answer to a challenge.
    ///
    /// # Errors
    /// Names `username` if it is empty and the client has a secret, because Cognito never accepts
    /// such a hash, and `client_secret` if it comes from a provider: see [`current`](Self::current).
    pub fn secret_hash(&self, username: &str) -> Result<Option<Sensitive<String>>, InvalidInput> {
        match &self.secret {
            Secret::None => Ok(None),
            Secret::Fixed(secret) => {
                secret_hash(secret.expose(), username, self.id.expose()).map(Some)
            }
            Secret::Provided(_) => {
                let rule = "comes from a provider, so ask for the `current` app client first";
                Err(InvalidInput::new("client_secret", rule))
            }
        }
    }

    /// Some operations take the secret itself instead of a hash.
    pub(crate) fn client_secret(&self) -> Option<&Sensitive<String>> {
        match &self.secret {
            Secret::Fixed(secret) => Some(secret),
            Secret::None | Secret::Provided(_) => None,
        }
    }

    /// Sends a request in which `prove` puts the secret or a hash; see [`attempt`](Self::attempt).
    pub(crate) async fn send<O: Operation + Send>(
        &self,
        client: &Client,
        request: &mut O,
        mut prove: impl FnMut(&Self, &mut O) -> Result<(), InvalidInput> + Send,
    ) -> Result<Answer, Error> {
        let mut attempt = |app_client: &Self| -> DispatchFuture {
            match prove(app_client, request) {
                Ok(()) => client.answer(request, SendOptions::new()),
                Err(error) => Box::pin(ready(Err(error.into()))),
            }
        };
        // Without its type, so that what follows is compiled once for all operations.
        let attempt: &mut (dyn FnMut(&Self) -> DispatchFuture + Send) = &mut attempt;
        self.attempt(client, O::NAME, attempt).await
    }

    /// Sends as the app client with its secret, and once more with a newer one if that is refused:
    /// Cognito does nothing for a request whose secret is wrong.
    pub(crate) async fn attempt<T, F: Future<Output = Result<T, Error>>>(
        &self,
        client: &Client,
        operation: &'static str,
        mut attempt: impl FnMut(&Self) -> F,
    ) -> Result<T, Error> {
        let app_client = self.with_secret(client, operation).await?;
        let sent = attempt(&app_client).await;
        match self.with_newer_secret(client, &app_client, &sent).await {
            Some(app_client) => attempt(&app_client).await,
            None => sent,
        }
    }

    /// Whether there is a secret, or something that gives one.
    #[cfg(feature = "managed-login")]
    pub(crate) fn has_secret(&self) -> bool {
        !matches!(self.secret, Secret::None)
    }

    /// The app client with its secret, for the operation that needs it.
    async fn with_secret(
        &self,
        client: &Client,
        operation: &'static str,
    ) -> Result<Cow<'_, Self>, Error> {
        let Secret::Provided(provided) = &self.secret else {
            return Ok(Cow::Borrowed(self));
        };
        let secret = provided.current(&self.id, client.operation_timeout()).await;
        let secret = secret.map_err(|error| Error::client_secret(operation, error))?;
        Ok(Cow::Owned(Self::new(&self.id).secret(secret)))
    }

    /// The app client with a newer secret, if Cognito refused the one that was used and there is one.
    async fn with_newer_secret<T>(
        &self,
        client: &Client,
        used: &Self,
        sent: &Result<T, Error>,
    ) -> Option<Self> {
        let (Secret::Provided(provided), Some(refused)) = (&self.secret, used.client_secret())
        else {
            return None;
        };
        if !sent.as_ref().is_err_and(is_refused_secret) {
            return None;
        }
        let limit = client.operation_timeout();
        let secret = provided.instead_of(refused, &self.id, limit).await?;
        Some(Self::new(&self.id).secret(secret))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (Self::Provided(one), Self::Provided(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Secret {}
