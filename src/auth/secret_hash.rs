//! `SECRET_HASH`, which app clients with a secret demand.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sensitive::Sensitive;

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
    #[must_use]
    pub fn secret_hash(&self, username: &str) -> Option<Sensitive<String>> {
        let secret = self.secret.as_ref()?;
        Some(secret_hash(secret.expose(), username, self.id.expose()))
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
/// let hash = secret_hash("clientSecret", "test", "123abd");
/// assert_eq!(hash.expose(), "LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=");
/// ```
#[must_use]
pub fn secret_hash(client_secret: &str, username: &str, client_id: &str) -> Sensitive<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(client_secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes()).into()
}
