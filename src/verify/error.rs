//! Why a token is refused.

use std::{fmt, sync::Arc, time::SystemTime};

use http::{HeaderValue, StatusCode};

use crate::error::{InvalidInput, TransportError};

/// Why a token is not accepted.
///
/// Answer a request with [`suggested_status`](Self::suggested_status) and [`www_authenticate`](Self::www_authenticate),
/// whatever the reason; with the feature `axum` it does so itself. Nothing of the token stands in
/// it, so it can be logged.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request carries no bearer token.
    #[error("the request carries no bearer token")]
    Missing,

    /// The token is not of the form that Cognito's have, or larger than 16 KiB.
    #[error("{0} of the token is malformed")]
    Malformed(TokenPart),

    /// The token is not signed with RS256, which is all that Cognito signs with.
    #[error("the token is not signed with RS256")]
    Algorithm,

    /// The issuer has no key of the ID that the token names.
    #[error("the issuer has no key of the token's key ID")]
    UnknownKey,

    /// The token is signed with the key of `fixture::TestIssuer`, which everybody
    /// has, and the verifier was not told to trust it.
    #[error("the token is signed with the published test key, which is not trusted here")]
    TestKey,

    /// The signature was not made with the key that the token names, or not over this token.
    #[error("the signature of the token does not hold")]
    Signature,

    /// The token has expired; the user's app must refresh it.
    #[error("the token has expired")]
    Expired {
        /// When it did.
        at: SystemTime,
    },

    /// The token is not valid yet, or the clock here is slow.
    #[error("the token is not valid yet")]
    NotYetValid {
        /// When it will be.
        from: SystemTime,
    },

    /// The token is of an issuer that is not trusted.
    #[error("the token is of another issuer")]
    Issuer,

    /// The token was issued to another app client.
    #[error("the token was issued to another app client")]
    Client,

    /// The access token is bound to another resource, or to none where one is required.
    #[error("the token is meant for another audience")]
    Audience,

    /// An ID token was given where an access token is required, or the other way round.
    #[error("{expected} token is required")]
    TokenUse {
        /// What is required.
        expected: TokenUse,
    },

    /// The token is good but has none of the scopes that are required.
    #[error("the token lacks the required scope")]
    Scope {
        /// The scopes of which one is required.
        required: Vec<String>,
    },

    /// The token is good but the user is in none of the groups that are required.
    #[error("the user is not in the required group")]
    Group {
        /// The groups of which one is required.
        required: Vec<String>,
    },

    /// The keys of the issuer cannot be had, so nobody knows whether the token is good.
    #[error("the keys of the issuer cannot be had")]
    KeysUnavailable(#[source] Arc<KeysError>),
}

impl VerifyError {
    /// The status to answer with: 401 for a token that does not count, 403 for one that does but does
    /// not allow this, 503 when nobody can tell now.
    #[must_use]
    pub fn suggested_status(&self) -> StatusCode {
        match self {
            Self::Scope { .. } | Self::Group { .. } => StatusCode::FORBIDDEN,
            Self::KeysUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// The value of the header `WWW-Authenticate` that RFC 6750 asks for; `None` with a 503.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<HeaderValue> {
        let value = match self {
            Self::KeysUnavailable(_) => return None,
            // Whoever sent no token is told how to, and no error.
            Self::Missing => return Some(HeaderValue::from_static("Bearer")),
            Self::Scope { required } => match scope_value(required) {
                Some(scope) => format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""),
                None => "Bearer error=\"insufficient_scope\"".to_owned(),
            },
            Self::Group { .. } => "Bearer error=\"insufficient_scope\"".to_owned(),
            // Our own words, which have no quotation mark.
            other => format!("Bearer error=\"invalid_token\", error_description=\"{other}\""),
        };
        HeaderValue::try_from(value).ok()
    }
}

/// The scopes as a header may hold them; `None` if one has a character that no scope can have.
fn scope_value(scopes: &[String]) -> Option<String> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let are_scopes = scopes
        .iter()
        .all(|scope| !scope.is_empty() && scope.bytes().all(allowed));
    are_scopes.then(|| scopes.join(" "))
}

/// The part of a token that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPart {
    /// The token as a whole: its size, or the number of its parts.
    Whole,
    /// The first part; also if it asks for something that must be understood (`crit`).
    Header,
    /// The claims.
    Payload,
    /// The last part.
    Signature,
}

impl fmt::Display for TokenPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole => "the form",
            Self::Header => "the header",
            Self::Payload => "the payload",
            Self::Signature => "the signature",
        })
    }
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenUse {
    /// Calling an API.
    Access,
    /// Telling an app who signed in.
    Id,
}

impl TokenUse {
    pub(super) fn of(claim: &str) -> Option<Self> {
        match claim {
            "access" => Some(Self::Access),
            "id" => Some(Self::Id),
            _ => None,
        }
    }

    pub(super) fn claim(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
        }
    }
}

impl fmt::Display for TokenUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "an access",
            Self::Id => "an ID",
        })
    }
}

/// Why the keys of an issuer cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// No answer came.
    #[error("no answer to the request for keys")]
    Transport(#[source] TransportError),

    /// The answer was not a success.
    #[error("the request for keys was answered with HTTP {}", .0.as_u16())]
    Status(StatusCode),

    /// The answer held no usable keys.
    #[error("the answer to the request for keys cannot be used")]
    Jwks(#[source] InvalidInput),

    /// No keys were asked for yet.
    #[error("no keys were fetched yet")]
    NotFetched,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_status_and_header() {
        let scope = |scope: &str| VerifyError::Scope {
            required: vec![scope.to_owned(), "b".to_owned()],
        };
        let group = VerifyError::Group {
            required: vec!["ädmins\"".to_owned()],
        };
        let keys = VerifyError::KeysUnavailable(Arc::new(KeysError::NotFetched));
        for (error, status, header) in [
            (VerifyError::Missing, 401, Some("Bearer")),
            (
                VerifyError::Malformed(TokenPart::Header),
                401,
                Some(
                    "Bearer error=\"invalid_token\", error_description=\"the header of the token is malformed\"",
                ),
            ),
            (
                VerifyError::TokenUse {
                    expected: TokenUse::Access,
                },
                401,
                Some(
                    "Bearer error=\"invalid_token\", error_description=\"an access token is required\"",
                ),
            ),
            (
                scope("orders/read"),
                403,
                Some("Bearer error=\"insufficient_scope\", scope=\"orders/read b\""),
            ),
            (
                scope("a\"\r\nb"),
                403,
                Some("Bearer error=\"insufficient_scope\""),
            ),
            (group, 403, Some("Bearer error=\"insufficient_scope\"")),
            (keys, 503, None),
        ] {
            assert_eq!(error.suggested_status(), status, "{error}");
            let value = error.www_authenticate();
            let value = value.as_ref().map(|value| value.to_str().unwrap_or("?"));
            assert_eq!(value, header, "{error}");
        }
    }
}
