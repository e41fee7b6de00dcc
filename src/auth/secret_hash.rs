//! `SECRET_HASH`, which app clients with a secret demand.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{error::InvalidInput, sensitive::Sensitive};

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
