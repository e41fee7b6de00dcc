//! `SECRET_HASH`, which app clients with a secret demand.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{error::InvalidInput, sensitive::Sensitive};

/// An app client of a user pool, with its secret if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppClient {
    id: Sensitive<String>,
    secret: Option<Sensitive<String>>,
}

impl AppClient {
    /// Makes an app client without a secret.
    #[must_use]
    pub fn new(id: impl Into<Sensitive<String>>) -> Self {
        Self {
            id: id.into(),
            secret: None,
        }
    }

    /// Adds the client secret.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Sensitive<String>>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// The client ID.
    #[must_use]
    pub fn id(&self) -> &Sensitive<String> {
        &self.id
    }

    /// Some operations take the secret itself instead of a hash.
    pub(crate) fn client_secret(&self) -> Option<&Sensitive<String>> {
        self.secret.as_ref()
    }

    /// The secret hash over a username; `None` for a client without a secret.
    ///
    /// The username must be the one that stands in the same request: an alias where an alias is
    /// sent, the canonical name in the answer to a challenge.
    ///
    /// # Errors
    /// Names `username` if it is empty and the client has a secret, because Cognito never accepts
    /// such a hash.
    pub fn secret_hash(&self, username: &str) -> Result<Option<Sensitive<String>>, InvalidInput> {
        let hash =
            |secret: &Sensitive<String>| secret_hash(secret.expose(), username, self.id.expose());
        self.secret.as_ref().map(hash).transpose()
    }
}

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
