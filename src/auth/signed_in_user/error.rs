//! Why a call of a signed-in user failed.

use http::StatusCode;

use crate::{
    auth::RefreshError,
    error::{Error, ErrorCode},
};

/// Why a call of a [`SignedInUser`](super::SignedInUser) failed.
///
/// ```no_run
/// # use cognito_idp::auth::{SignedInUser, UserCallError};
/// use cognito_idp::ErrorCode;
///
/// # async fn example(user: SignedInUser) -> Result<(), UserCallError> {
/// match user.change_password("P@ssw0rd!", "12345").await {
///     Err(error) if error.is_signed_out() => println!("back to the sign-in"),
///     Err(error) if error.code() == Some(&ErrorCode::InvalidPassword) => println!("choose another one"),
///     Err(error) => println!("{}", error.suggested_status()),
///     Ok(()) => println!("changed"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UserCallError {
    /// There is no valid access token, so that the call was not sent, or was refused for its token.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// The call itself failed.
    #[error(transparent)]
    Call(#[from] Error),
}

impl UserCallError {
    /// Whether the session is over, so that the user must sign in anew.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::Refresh(RefreshError::SignedOut(_)))
    }

    /// The HTTP status that a server can answer its end user with; as
    /// [`Error::suggested_status`] and [`RefreshError::suggested_status`].
    #[must_use]
    pub fn suggested_status(&self) -> StatusCode {
        match self {
            Self::Refresh(error) => error.suggested_status(),
            Self::Call(error) => error.suggested_status(),
        }
    }

    /// The code with which Cognito refused the call; `None` where the tokens are missing.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Refresh(_) => None,
            Self::Call(error) => error.code(),
        }
    }
}
