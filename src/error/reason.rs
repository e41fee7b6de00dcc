//! The reasons behind a code that stands for many.

/// Why Cognito answered [`ErrorCode::NotAuthorized`](crate::ErrorCode::NotAuthorized).
///
/// Cognito tells these apart in the message only. The texts known here were reported by users of
/// the service; AWS does not document them and may change them, so treat [`Other`](Self::Other) as
/// the common case and never let security depend on a reason. The message itself stays word for
/// word in [`ServiceError::message`](super::ServiceError::message).
///
/// ```
/// use cognito_idp::{Error, error::NotAuthorizedReason};
///
/// fn hint(error: &Error) -> &'static str {
///     match error.not_authorized_reason() {
///         Some(NotAuthorizedReason::PasswordAttemptsExceeded) => "Try again later.",
///         Some(NotAuthorizedReason::InvalidSession) => "Begin the sign-in anew.",
///         _ => "Name or password are wrong.",
///     }
/// }
/// # let _ = hint;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotAuthorizedReason {
    /// Name or password are wrong; with SRP also a wrong signature or timestamp.
    IncorrectUsernameOrPassword,
    /// Too many wrong passwords; the user is locked for a while, even with the right one.
    PasswordAttemptsExceeded,
    /// The temporary password is too old; an administrator must reset it or send it again.
    TemporaryPasswordExpired,
    /// The user is disabled.
    UserDisabled,
    /// The secret hash does not fit; most often it was made of an alias instead of the username.
    SecretHashMismatch,
    /// The app client has a secret, but no secret hash was sent, or for a refresh not the secret.
    SecretHashMissing,
    /// The session of a challenge is too old, was used already or belongs to another user.
    InvalidSession,
    /// The access token is malformed, too old or revoked.
    InvalidAccessToken,
    /// The refresh token is malformed, too old, revoked, or of a device that was not named.
    InvalidRefreshToken,
    /// A password cannot be reset before the user has set a first one or has a verified contact.
    PasswordNotResettable,
    /// A required attribute that has a value already was sent along with a new password.
    AttributeAlreadyProvided,
    /// Anything else; see the message.
    Other,
}

impl NotAuthorizedReason {
    pub(super) fn of(message: &str) -> Self {
        let message = message.trim().to_ascii_lowercase();
        let begins = |text: &str| message.starts_with(text);
        // Client IDs stand in the middle of some texts, so those are known by both their ends.
        match message.trim_end_matches('.') {
            "incorrect username or password" => Self::IncorrectUsernameOrPassword,
            "password attempts exceeded" => Self::PasswordAttemptsExceeded,
            "user is disabled" => Self::UserDisabled,
            "user password cannot be reset in the current state" => Self::PasswordNotResettable,
            _ if begins("temporary password has expired") => Self::TemporaryPasswordExpired,
            _ if begins("unable to verify secret hash for client")
                || begins("secrethash does not match for the client") =>
            {
                Self::SecretHashMismatch
            }
            text if begins("client ")
                && (text.ends_with("but secret_hash was not received")
                    || text.ends_with("but secret was not received")) =>
            {
                Self::SecretHashMissing
            }
            _ if begins("invalid session for the user") => Self::InvalidSession,
            _ if begins("invalid access token") || begins("access token has ") => {
                Self::InvalidAccessToken
            }
            _ if begins("invalid refresh token") || begins("refresh token has ") => {
                Self::InvalidRefreshToken
            }
            _ if begins("cannot modify an already provided ") => Self::AttributeAlreadyProvided,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::error::{Error, ErrorCode, ServiceError};

    #[test]
    fn the_messages_that_users_reported_have_their_reasons() {
        use NotAuthorizedReason as Reason;
        for (message, reason) in [
            (
                "Incorrect username or password.",
                Reason::IncorrectUsernameOrPassword,
            ),
            (
                "Incorrect username or password",
                Reason::IncorrectUsernameOrPassword,
            ),
            (
                "Password attempts exceeded",
                Reason::PasswordAttemptsExceeded,
            ),
            (
                "Temporary password has expired and must be reset by an administrator.",
                Reason::TemporaryPasswordExpired,
            ),
            ("User is disabled.", Reason::UserDisabled),
            (
                "Unable to verify secret hash for client 1a2b3c",
                Reason::SecretHashMismatch,
            ),
            (
                "SecretHash does not match for the client: 1a2b3c",
                Reason::SecretHashMismatch,
            ),
            (
                "Client 1a2b3c is configured with secret but SECRET_HASH was not received",
                Reason::SecretHashMissing,
            ),
            (
                "Client 1a2b3c is configured for secret but secret was not received",
                Reason::SecretHashMissing,
            ),
            ("Invalid session for the user.", Reason::InvalidSession),
            (
                "Invalid session for the user, session is expired.",
                Reason::InvalidSession,
            ),
            (
                "Invalid session for the user, session can only be used once.",
                Reason::InvalidSession,
            ),
            ("Invalid Access Token", Reason::InvalidAccessToken),
            ("Access Token has expired", Reason::InvalidAccessToken),
            ("Access Token has been revoked", Reason::InvalidAccessToken),
            ("Invalid Refresh Token.", Reason::InvalidRefreshToken),
            ("Invalid Refresh Token", Reason::InvalidRefreshToken),
            (
                "Refresh Token has been revoked",
                Reason::InvalidRefreshToken,
            ),
            (
                "User password cannot be reset in the current state.",
                Reason::PasswordNotResettable,
            ),
            (
                "Cannot modify an already provided email",
                Reason::AttributeAlreadyProvided,
            ),
            ("", Reason::Other),
            ("Something new", Reason::Other),
            (
                "The user said: incorrect username or password.",
                Reason::Other,
            ),
        ] {
            assert_eq!(Reason::of(message), reason, "{message}");
        }
    }

    #[test]
    fn only_a_refusal_has_a_reason_and_its_message_stays_word_for_word() {
        let error = |code| {
            let error = ServiceError::new("InitiateAuth", StatusCode::BAD_REQUEST, code);
            error.with_message(" Password attempts exceeded ")
        };
        let refused = error(ErrorCode::NotAuthorized);
        assert_eq!(refused.message(), Some(" Password attempts exceeded "));
        assert_eq!(
            Error::from(refused).not_authorized_reason(),
            Some(NotAuthorizedReason::PasswordAttemptsExceeded)
        );
        let other = Error::from(error(ErrorCode::LimitExceeded));
        assert_eq!(other.not_authorized_reason(), None);
        let silent = ServiceError::new("X", StatusCode::BAD_REQUEST, ErrorCode::NotAuthorized);
        assert_eq!(
            silent.not_authorized_reason(),
            Some(NotAuthorizedReason::Other)
        );
    }
}
