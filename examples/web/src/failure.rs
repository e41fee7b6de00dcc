//! Why a page is not what was asked for, and what its visitor is told.

use std::{error::Error as StdError, fmt};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use cognito_idp::{Error, ErrorCode, auth::UserCallError, fleet::SharedStoreError};

use crate::pages::Page;

#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    SignedOut,
    /// The form is from no page of this session.
    Forged,
    Malformed,
    NotFound,
    TooMany,
    /// The password that somebody who is signed in had to prove is not it.
    WrongPassword,
    /// Something here is broken.
    Ours,
    Cognito(StatusCode, Option<ErrorCode>),
}

impl Failure {
    pub(crate) fn wrong_code() -> Self {
        Self::Cognito(StatusCode::UNAUTHORIZED, Some(ErrorCode::CodeMismatch))
    }

    pub(crate) fn weak_password() -> Self {
        Self::Cognito(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(ErrorCode::InvalidPassword),
        )
    }

    /// Before anything is proven: the same whether the user is unknown, not confirmed, or what was
    /// entered is wrong. Cognito tells of a user who is not confirmed before it looks at the password.
    pub(crate) fn before_proof(error: Error) -> Self {
        tracing::info!(%error, "refused");
        match Self::from(error) {
            Self::Cognito(status, _) if tells_of_the_user(status) => {
                Self::Cognito(StatusCode::UNAUTHORIZED, None)
            }
            failure => failure,
        }
    }

    /// Whether the answer would tell that there is, or is not, such a user.
    pub(crate) fn tells_of_the_user(&self) -> bool {
        let Self::Cognito(status, code) = self else {
            return false;
        };
        let is_of_password = matches!(
            code,
            Some(ErrorCode::InvalidPassword | ErrorCode::PasswordHistoryPolicyViolation)
        );
        tells_of_the_user(*status) && !is_of_password
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::SEE_OTHER,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::WrongPassword => StatusCode::UNAUTHORIZED,
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Cognito(status, _) => *status,
        }
    }

    /// The same for a name that is unknown and a password that is wrong.
    pub(crate) fn message(&self) -> &'static str {
        let Self::Cognito(status, code) = self else {
            return match self {
                Self::SignedOut => "Please sign in.",
                Self::Forged => {
                    "This form is no longer good. Please go back, reload the page and try again."
                }
                Self::NotFound => "There is no such page.",
                Self::WrongPassword => "That is not your password.",
                Self::TooMany => "Too many attempts. Please wait a minute.",
                _ => "That did not work. Please try again.",
            };
        };
        match (code, *status) {
            (Some(ErrorCode::CodeMismatch | ErrorCode::EnableSoftwareTokenMfa), _) => {
                "That is not the code."
            }
            (Some(ErrorCode::ExpiredCode), _) => "That code has expired or is wrong.",
            (Some(ErrorCode::InvalidPassword), _) => {
                "That password is too simple. Use at least 8 characters: small and capital letters, numbers and symbols."
            }
            (Some(ErrorCode::PasswordHistoryPolicyViolation), _) => {
                "You have had that password before. Please choose another."
            }
            (Some(ErrorCode::PasswordResetRequired), _) => {
                "Please reset your password with \u{201c}Forgot password\u{201d}."
            }
            (_, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) => {
                "That name and what you entered do not fit, or your address is not confirmed yet."
            }
            (_, StatusCode::TOO_MANY_REQUESTS) => Self::TooMany.message(),
            (_, status) if status.is_server_error() => {
                "The sign-in service does not answer. Please try again in a moment."
            }
            _ => "That did not work. Please check what you entered.",
        }
    }
}

fn tells_of_the_user(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
}

impl From<SharedStoreError> for Failure {
    fn from(error: SharedStoreError) -> Self {
        tracing::error!(%error, "sessions");
        Self::Cognito(StatusCode::SERVICE_UNAVAILABLE, None)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = error.suggested_status();
        if status.is_server_error() {
            // Errors hold no secrets, so they can be logged.
            tracing::error!(%error, "Cognito");
        }
        let status = if error.is(ErrorCode::UserNotFound) {
            StatusCode::UNAUTHORIZED
        } else {
            status
        };
        Self::Cognito(status, error.code().cloned())
    }
}

impl From<UserCallError> for Failure {
    fn from(error: UserCallError) -> Self {
        if error.is_signed_out() {
            return Self::SignedOut;
        }
        match error {
            UserCallError::Call(error) => error.into(),
            error => Self::Cognito(error.suggested_status(), None),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if matches!(self, Self::SignedOut) {
            return Redirect::to("/sign-in").into_response();
        }
        let mut page = Page::new("That did not work");
        page.error = self.message();
        page.links.push(("/sign-in", "Sign in"));
        page.with_status(self.status())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl StdError for Failure {}
