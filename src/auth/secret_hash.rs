//! `SECRET_HASH`, which app clients with a secret demand.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::client_secret::{ProvideClientSecret, ProvidedSecret};
use crate::{error::InvalidInput, sensitive::Sensitive};

/// An app client of a user pool, with its secret if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppClient {
    id: Sensitive<String>,
    pub(super) secret: Secret,
}

#[derive(Clone, Debug)]
pub(super) enum Secret {
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

    /// Whether another secret may come to light, so that a request can be worth repeating.
    pub(crate) fn has_provider(&self) -> bool {
        matches!(self.secret, Secret::Provided(_))
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

/// Computes base64(HMAC-SHA256(client secret, username + client ID)).
///
/// See AWS's page on
/// [secret hash values](https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash).
///
/// ```
/// use cognito_idp::auth::secret_hash::secret_hash;
///
/// let hash = secret_hash("clientSecret", "test", "123abd")?;
/// assert_eq!(hash.expose(), "LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=");
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
///
/// # Errors
/// Names `username` if it is empty, because Cognito never accepts such a hash.
pub fn secret_hash(
    client_secret: &str,
    username: &str,
    client_id: &str,
) -> Result<Sensitive<String>, InvalidInput> {
    if username.is_empty() {
        let rule = "must not be empty, because the secret hash is over it";
        return Err(InvalidInput::new("username", rule));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()).into())
}
