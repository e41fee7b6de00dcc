//! Why there are no tokens, and why they are not stored.

use std::sync::Arc;

use http::StatusCode;

#[cfg(feature = "fleet")]
use crate::fleet::SharedStoreError;
use crate::{
    auth::client_secret::is_refused_secret,
    error::{Error, ErrorCode, InvalidInput, TransportError, TransportErrorKind},
    single_flight::Lost,
};

/// Why a [`TokenSource`](super::TokenSource) has no tokens to give, or could not give them up.
///
/// Ask the user for a new sign-in only after [`SignedOut`](Self::SignedOut): the others keep the
/// tokens, and every later call tries again.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The user must sign in anew: the refresh token will never work again, and the tokens are
    /// gone.
    ///
    /// The source is what Cognito answered; none if the program gave the tokens up itself, as by
    /// [`sign_out`](super::TokenSource::sign_out), or another process that shares the session did.
    #[error("the user must sign in anew")]
    SignedOut(#[source] Option<Arc<Error>>),
    /// Cognito refuses what the operator has set: a wrong client secret, an app client or pool that
    /// does not exist, a request that it does not take.
    ///
    /// It stays so until somebody mends that. The user is still signed in.
    #[error("the app client's settings do not allow to refresh or revoke the tokens")]
    Misconfigured(#[source] Arc<Error>),
    /// The tokens could not be refreshed or revoked now; a later try may succeed.
    #[error("the tokens could not be refreshed or revoked now")]
    Unavailable(#[source] Arc<Error>),
    /// What the processes of a [fleet](crate::fleet) share of the session cannot be had now; a later
    /// try may succeed. The user is still signed in.
    #[cfg(feature = "fleet")]
    #[error("the session that is shared could not be read or refreshed now")]
    SharedStore(#[source] SharedStoreError),
}

impl RefreshError {
    /// The HTTP status that a server can answer its end user with: 401 for who must sign in anew,
    /// 500 for what the operator must mend, 503 for what a later try may bring.
    ///
    /// As [`Error::suggested_status`] for a single call.
    #[must_use]
    pub fn suggested_status(&self) -> StatusCode {
        match self {
            Self::SignedOut(_) => StatusCode::UNAUTHORIZED,
            Self::Misconfigured(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            #[cfg(feature = "fleet")]
            Self::SharedStore(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The call that failed, if it is one.
    pub(crate) fn cause(&self) -> Option<&Error> {
        match self {
            Self::SignedOut(cause) => cause.as_deref(),
            Self::Misconfigured(cause) | Self::Unavailable(cause) => Some(cause),
            #[cfg(feature = "fleet")]
            Self::SharedStore(_) => None,
        }
    }

    /// Tells what an error of Cognito means for the tokens.
    pub(crate) fn of(error: Error) -> Self {
        let error = Arc::new(error);
        match error.code() {
            _ if is_for_the_operator(&error) => Self::Misconfigured(error),
            Some(code) if ends_the_session(code) => Self::SignedOut(Some(error)),
            _ => Self::Unavailable(error),
        }
    }

    /// There is nothing to get fresh tokens with.
    pub(crate) fn no_refresh_token() -> Self {
        Self::Misconfigured(missing_refresh_token())
    }

    /// The request may have been sent; nobody knows what became of it.
    pub(super) fn lost(operation: &'static str, lost: Lost) -> Self {
        Self::Unavailable(Arc::new(Error::Transport {
            operation,
            error: TransportError::new(TransportErrorKind::Interrupted).with_source(lost),
        }))
    }
}

/// Why refreshed tokens are not stored; see
/// [`TokenSource::on_refresh`](super::TokenSource::on_refresh).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The hook failed.
    #[error("the refreshed tokens could not be stored")]
    Failed(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// The hook panicked.
    #[error("storing the refreshed tokens panicked")]
    Panicked,
    /// The hook did not end within thirty seconds.
    #[error("storing the refreshed tokens took too long")]
    TooSlow,
    /// The hook was lost with the Tokio runtime that it ran on, or there is none.
    #[error("storing the refreshed tokens ended with its runtime")]
    Interrupted,
}

#[cfg(feature = "fleet")]
impl From<SharedStoreError> for RefreshError {
    fn from(error: SharedStoreError) -> Self {
        Self::SharedStore(error)
    }
}

pub(super) fn missing_refresh_token() -> Arc<Error> {
    Arc::new(InvalidInput::new("refresh_token", "must be present").into())
}

/// Whether the refresh token will never work again.
fn ends_the_session(code: &ErrorCode) -> bool {
    match code {
        ErrorCode::InvalidGrant
        | ErrorCode::NotAuthorized
        | ErrorCode::PasswordResetRequired
        | ErrorCode::RefreshTokenReuse
        | ErrorCode::UserNotConfirmed
        | ErrorCode::UserNotFound => true,
        // Not in the service model, but Amplify expects it.
        ErrorCode::Other(code) => code == "TokenRevokedException",
        _ => false,
    }
}

/// Whether the same call fails until somebody changes the settings, whoever the user is.
fn is_for_the_operator(error: &Error) -> bool {
    match error {
        Error::InvalidInput(_) => true,
        error if is_refused_secret(error) => true,
        Error::Service(refusal) => match refusal.code() {
            Some(code) => matches!(
                code,
                ErrorCode::InvalidParameter
                    | ErrorCode::InvalidRequest
                    | ErrorCode::InvalidScope
                    | ErrorCode::InvalidUserPoolConfiguration
                    | ErrorCode::OperationNotEnabled
                    | ErrorCode::ResourceNotFound
                    | ErrorCode::Unauthorized
                    | ErrorCode::UnauthorizedClient
                    | ErrorCode::UnsupportedGrantType
                    | ErrorCode::UnsupportedOperation
                    | ErrorCode::UnsupportedToken
                    | ErrorCode::UnsupportedTokenType
            ),
            None => false,
        },
        _ => false,
    }
}
