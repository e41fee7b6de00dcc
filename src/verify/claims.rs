//! What a verified token says.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{
    Deserialize,
    de::{DeserializeOwned, MapAccess},
};
use serde_json::{Map, Value};

use super::{
    distinct::{Members, distinct_json},
    error::{TokenPart, TokenUse, VerifyError},
};

/// The end of the year 9999, beyond which nobody needs a date and some clocks have none.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// What a verified access token says: who calls, and what may be done.
///
/// Clones are cheap. With the feature `axum` it is an extractor: see below.
#[cfg_attr(
    feature = "axum",
    doc = "
```
use axum::{Router, extract::FromRef, routing::get};
use cognito_idp::verify::{AccessClaims, TokenVerifier, VerifyError};

#[derive(Clone)]
struct App {
    verifier: TokenVerifier,
}

impl FromRef<App> for TokenVerifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

/// Not reached without a good token; `VerifyError` answers 401, 403 or 503.
async fn orders(claims: AccessClaims) -> Result<String, VerifyError> {
    claims.require_scope(\"orders/read\")?;
    Ok(format!(\"the orders of {}\", claims.sub()))
}

let router: Router<App> = Router::new().route(\"/orders\", get(orders));
```
"
)]
#[cfg_attr(not(feature = "axum"), doc = "")]
/// Everything that both kinds of token have stands at [`Claims`].
#[derive(Clone)]
pub struct AccessClaims(pub(super) Arc<Claims>);

impl AccessClaims {
    /// The user's name (`username`); `None` for a token of client credentials, which has no user.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.text("username")
    }

    /// The app client that the token was issued to (`client_id`); a URL where the client is known by
    /// its metadata document.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.checked.client_id.as_deref().unwrap_or_default()
    }

    /// The scopes, such as `orders/read`.
    ///
    /// A token of the sign-in operations has `aws.cognito.signin.user.admin` alone; others come from
    /// the domain's OAuth 2.0 endpoints.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.checked.scopes()
    }

    /// Whether the token has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|found| found == scope)
    }

    /// Refuses a token that lacks this scope, with an error that stands for 403.
    ///
    /// # Errors
    /// [`VerifyError::Scope`].
    pub fn require_scope(&self, scope: &str) -> Result<(), VerifyError> {
        if self.has_scope(scope) {
            return Ok(());
        }
        Err(VerifyError::Scope {
            required: vec![scope.to_owned()],
        })
    }

    /// The key of the remembered device that the user signed in with (`device_key`).
    #[must_use]
    pub fn device_key(&self) -> Option<&str> {
        self.text("device_key")
    }
}

/// What a verified ID token says: who signed in, with which attributes.
///
/// Clones are cheap. With the feature `axum` it is an extractor, as [`AccessClaims`] is. Everything
/// that both kinds of token have stands at [`Claims`].
#[derive(Clone)]
pub struct IdClaims(pub(super) Arc<Claims>);

impl IdClaims {
    /// The user's name (`cognito:username`).
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.text("cognito:username")
    }

    /// The app client that the user signed in to (`aud`).
    #[must_use]
    pub fn client_id(&self) -> &str {
        let audiences = &self.checked.aud;
        audiences.iter().next().map_or("", String::as_str)
    }

    /// The email address; see [`email_verified`](Self::email_verified).
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Whether the user has proven to own the email address.
    #[must_use]
    pub fn email_verified(&self) -> bool {
        self.is_true("email_verified")
    }

    /// The phone number; see [`phone_number_verified`](Self::phone_number_verified).
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// Whether the user has proven to own the phone number.
    #[must_use]
    pub fn phone_number_verified(&self) -> bool {
        self.is_true("phone_number_verified")
    }

    /// The full name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The IAM roles of the user's groups (`cognito:roles`).
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let roles = self.claim("cognito:roles").and_then(Value::as_array);
        roles.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The IAM role of the group that comes first (`cognito:preferred_role`).
    #[must_use]
    pub fn preferred_role(&self) -> Option<&str> {
        self.text("cognito:preferred_role")
    }

    /// What the app sent along with the request for authorization, and must compare.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.text("nonce")
    }
}

impl Deref for AccessClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl Deref for IdClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl fmt::Debug for AccessClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for IdClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What both kinds of token say.
///
/// A claim that stands for itself has a method; every other, such as those a trigger adds, is read
/// by name with [`claim`](Self::claim), or all at once into a type of yours:
///
/// ```
/// # use cognito_idp::verify::{IdClaims, VerifyError};
/// #[derive(serde::Deserialize)]
/// struct Tenant {
///     #[serde(rename = "custom:tenant")]
///     tenant: String,
///     plan: Option<String>,
/// }
///
/// # fn example(claims: IdClaims) -> Result<(), VerifyError> {
/// let tenant: Tenant = claims.read()?;
/// assert_eq!(claims.custom("tenant"), Some(tenant.tenant.as_str()));
/// # Ok(())
/// # }
/// ```
///
/// `Debug` shows nothing that tells who the user is.
pub struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    checked: Checked,
    json: Vec<u8>,
    /// Most requests need none of the others.
    all: OnceLock<Map<String, Value>>,
}

impl Claims {
    /// The user's ID in the pool, which never changes (`sub`); for a token of client credentials the
    /// app client's.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The issuer (`iss`): which pool, and under which of its names.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.iss
    }

    /// The groups of the user (`cognito:groups`).
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.checked.groups
    }

    /// Whether the user is in this group.
    #[must_use]
    pub fn in_group(&self, group: &str) -> bool {
        self.groups().iter().any(|found| found == group)
    }

    /// Refuses a user who is not in this group, with an error that stands for 403.
    ///
    /// # Errors
    /// [`VerifyError::Group`].
    pub fn require_group(&self, group: &str) -> Result<(), VerifyError> {
        if self.in_group(group) {
            return Ok(());
        }
        Err(VerifyError::Group {
            required: vec![group.to_owned()],
        })
    }

    /// When the token expires (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        time(self.exp)
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.checked.iat.map(time)
    }

    /// When the user signed in (`auth_time`), which a refresh does not change.
    #[must_use]
    pub fn auth_time(&self) -> Option<SystemTime> {
        self.claim("auth_time").and_then(Value::as_f64).map(time)
    }

    /// The ID of this token (`jti`).
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.checked.jti.as_deref()
    }

    /// The ID of the sign-in that all its tokens share (`origin_jti`); `None` where the app client
    /// does not allow revocation.
    #[must_use]
    pub fn origin_jti(&self) -> Option<&str> {
        self.text("origin_jti")
    }

    /// The ID of the sign-in in the pool's logs of threat protection (`event_id`).
    #[must_use]
    pub fn event_id(&self) -> Option<&str> {
        self.text("event_id")
    }

    /// A custom attribute by its name without `custom:`, such as `tenant`.
    #[must_use]
    pub fn custom(&self, attribute: &str) -> Option<&str> {
        self.text(&["custom:", attribute].concat())
    }

    /// Any claim by its name.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.all().get(name)
    }

    /// Reads the claims into a type of yours.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] if they do not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, VerifyError> {
        serde_json::from_slice(&self.json).map_err(|_| VerifyError::Malformed(TokenPart::Payload))
    }

    /// Reads the claims of a token that is not verified yet; `None` if they are malformed.
    pub(super) fn parse(json: Vec<u8>) -> Option<Self> {
        let mut checked: Checked = distinct_json(&json)?;
        Some(Self {
            iss: checked.iss.take()?,
            sub: checked.sub.take()?,
            exp: checked.exp?,
            checked,
            json,
            all: OnceLock::new(),
        })
    }

    pub(super) fn token_use(&self) -> Option<TokenUse> {
        TokenUse::of(self.checked.token_use.as_deref()?)
    }

    pub(super) fn checked(&self) -> &Checked {
        &self.checked
    }

    pub(super) fn check_time(&self, now: SystemTime, leeway: Duration) -> Result<(), VerifyError> {
        let (now, leeway) = (seconds(now), leeway.as_secs_f64());
        // The very second of `exp` is too late already.
        if now >= self.exp + leeway {
            return Err(VerifyError::Expired {
                at: self.expires_at(),
            });
        }
        for from in [self.checked.nbf, self.checked.iat].into_iter().flatten() {
            if from > now + leeway {
                return Err(VerifyError::NotYetValid { from: time(from) });
            }
        }
        Ok(())
    }

    fn all(&self) -> &Map<String, Value> {
        self.all
            .get_or_init(|| serde_json::from_slice(&self.json).unwrap_or_default())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }

    /// Cognito writes some of these as text.
    fn is_true(&self, name: &str) -> bool {
        match self.claim(name) {
            Some(Value::Bool(is_true)) => *is_true,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("issuer", &self.iss)
            .field("token_use", &self.token_use())
            .field("scope", &self.checked.scope)
            .field("groups", &self.checked.groups)
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// The claims that are checked; `iss`, `sub` and `exp` must be there.
#[derive(Default)]
pub(super) struct Checked {
    iss: Option<String>,
    sub: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    pub(super) token_use: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) aud: Audiences,
    scope: Option<String>,
    jti: Option<String>,
    pub(super) groups: Vec<String>,
}

impl Members for Checked {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "iss" => self.iss = map.next_value()?,
            "sub" => self.sub = map.next_value()?,
            "exp" => self.exp = map.next_value()?,
            "nbf" => self.nbf = map.next_value()?,
            "iat" => self.iat = map.next_value()?,
            "token_use" => self.token_use = map.next_value()?,
            "client_id" => self.client_id = map.next_value()?,
            "aud" => self.aud = map.next_value()?,
            "scope" => self.scope = map.next_value()?,
            "jti" => self.jti = map.next_value()?,
            "cognito:groups" => self.groups = map.next_value()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Checked {
    pub(super) fn scopes(&self) -> impl Iterator<Item = &str> {
        let scopes = self.scope.as_deref().unwrap_or_default();
        scopes.split(' ').filter(|scope| !scope.is_empty())
    }
}

/// `aud`, which is one text or several.
#[derive(Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Audiences {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Audiences {
    pub(super) fn iter(&self) -> impl Iterator<Item = &String> {
        let audiences = match self {
            Self::None => &[],
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Several(audiences) => audiences.as_slice(),
        };
        audiences.iter()
    }
}

/// Seconds since 1970; a clock before that tells 0, to which nothing has been issued.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64()
}

fn time(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds.clamp(0.0, LAST_SECOND))
}
