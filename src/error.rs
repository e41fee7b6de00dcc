//! What can go wrong, told apart by type.

use std::{error::Error as StdError, fmt};

use http::StatusCode;

pub use self::{
    code::ErrorCode,
    decode::{DecodeError, DecodeProblem},
    input::{InvalidInput, Problem},
    lambda::TriggerRefusal,
    reason::NotAuthorizedReason,
    service::ServiceError,
    transport::{TransportError, TransportErrorKind},
};
use crate::pacing::PacingError;

mod code;
mod decode;
mod input;
mod lambda;
mod reason;
mod service;
mod status;
mod transport;

/// The source of an error that another crate made.
///
/// ```
/// use cognito_idp::{Error, error::BoxError};
///
/// let cause: BoxError = "the vault is sealed".into();
/// assert!(matches!(Error::client_secret("InitiateAuth", cause), Error::ClientSecret { .. }));
/// ```
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call failed.
///
/// Match on the variant, and for [`Service`](Self::Service) on the [code](Self::code), or ask for one
/// with [`is`](Self::is). A server finds in [`suggested_status`](Self::suggested_status) what to
/// answer its own users.
///
/// ```
/// use cognito_idp::{Error, ErrorCode};
///
/// fn hint(error: &Error) -> &'static str {
///     match error.code() {
///         Some(ErrorCode::UsernameExists | ErrorCode::AliasExists) => "You have an account already.",
///         Some(ErrorCode::InvalidPassword) => "Please choose a longer password.",
///         _ if error.is_throttled() => "Please try again later.",
///         _ => "This did not work.",
///     }
/// }
/// # let _ = hint;
/// ```
///
/// No variant shows a secret, neither in `Debug` nor in `Display` nor in its source. `Debug` is what
/// `Display` says and then each source, as for a person; match on the error for anything else.
#[non_exhaustive]
pub enum Error {
    /// Cognito, or something between it and us, answered with an error.
    Service(Box<ServiceError>),

    /// No complete answer came back.
    #[non_exhaustive]
    Transport {
        /// The operation, such as `SignUp`.
        operation: &'static str,
        /// What broke.
        error: TransportError,
    },

    /// No credentials could be had for an operation that must be signed; nothing was sent.
    ///
    /// Where an attempt before was sent, the call ends with what became of that one instead.
    #[non_exhaustive]
    Credentials {
        /// The operation, such as `AdminCreateUser`.
        operation: &'static str,
        /// Why, in the provider's words.
        source: BoxError,
    },

    /// No secret of the app client could be had from its [provider]; nothing was sent.
    ///
    /// [provider]: crate::auth::ProvideClientSecret
    #[non_exhaustive]
    ClientSecret {
        /// The operation, such as `AdminInitiateAuth`.
        operation: &'static str,
        /// Why, in the provider's words.
        source: BoxError,
    },

    /// The client's own [pacing](crate::pacing) gave the call no turn; nothing was sent.
    #[non_exhaustive]
    Pacing {
        /// The operation, such as `AdminAddUserToGroup`.
        operation: &'static str,
        /// Why.
        error: PacingError,
    },

    /// Settings changed since they were read for an edit; nothing was written.
    #[non_exhaustive]
    Changed {
        /// The operation that was not called, such as `UpdateUserPool`.
        operation: &'static str,
        /// The settings that differ now, such as `Policies.PasswordPolicy.MinimumLength`.
        paths: Vec<String>,
    },

    /// An answer came back that this crate cannot read.
    Decode(Box<DecodeError>),

    /// The input was refused before anything was sent.
    InvalidInput(InvalidInput),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Transport { operation, error } => write!(f, "{operation}: {error}"),
            Self::Credentials { operation, .. } => {
                write!(f, "{operation}: no usable AWS credentials")
            }
            Self::ClientSecret { operation, .. } => {
                write!(f, "{operation}: no client secret")
            }
            Self::Pacing { operation, .. } => {
                write!(f, "{operation}: not sent, to keep within the quota")
            }
            Self::Changed { operation, paths } => write!(
                f,
                "{operation}: not sent, because the settings changed since they were read: {}",
                paths.join(", ")
            ),
            Self::Decode(error) => error.fmt(f),
            Self::InvalidInput(error) => error.fmt(f),
        }
    }
}

impl StdError for Error {
    /// What is below this error; nothing that its own `Display` says.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Transport { error, .. } => error.source(),
            Self::Credentials { source, .. } | Self::ClientSecret { source, .. } => Some(&**source),
            Self::Pacing { error, .. } => Some(error),
            Self::Service(_) | Self::Changed { .. } | Self::Decode(_) | Self::InvalidInput(_) => {
                None
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

impl Error {
    /// Makes the error of a call that got no complete answer, for tests of your own handling.
    #[must_use]
    pub fn transport(operation: &'static str, error: TransportError) -> Self {
        Self::Transport { operation, error }
    }

    /// Makes the error of a call without credentials, for tests of your own handling.
    pub fn credentials(operation: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Credentials {
            operation,
            source: source.into(),
        }
    }

    /// Makes the error of a call without a client secret, for tests of your own handling.
    pub fn client_secret(operation: &'static str, source: impl Into<BoxError>) -> Self {
        Self::ClientSecret {
            operation,
            source: source.into(),
        }
    }

    /// Makes the error of a call that pacing gave no turn, for tests of your own handling.
    #[must_use]
    pub fn pacing(operation: &'static str, error: PacingError) -> Self {
        Self::Pacing { operation, error }
    }

    /// Makes the error of an edit whose settings changed meanwhile, for tests of your own handling.
    pub fn changed(
        operation: &'static str,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::Changed {
            operation,
            paths: paths.into_iter().map(Into::into).collect(),
        }
    }

    /// The operation that failed; `None` where no call was made.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Service(error) => Some(error.operation()),
            Self::Transport { operation, .. }
            | Self::Credentials { operation, .. }
            | Self::ClientSecret { operation, .. }
            | Self::Pacing { operation, .. }
            | Self::Changed { operation, .. } => Some(operation),
            Self::Decode(error) => Some(error.operation()),
            Self::InvalidInput(_) => None,
        }
    }

    /// The error code of the service, if it sent one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Service(error) => error.code(),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Service(error) => Some(error.status()),
            Self::Decode(error) => Some(error.status()),
            _ => None,
        }
    }

    /// The ID that AWS support asks for, if the answer had one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Service(error) => error.request_id(),
            Self::Decode(error) => error.request_id(),
            _ => None,
        }
    }

    /// Whether the operation may have taken effect although the call failed.
    ///
    /// That holds for any of the attempts: where the first got no answer and the second was refused,
    /// the refusal may be of a thing already done. Reconcile before you repeat the call: after
    /// `AdminCreateUser`, for example, ask `AdminGetUser`.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Service(error) => {
                error.after_unknown
                    || error.code().is_some_and(may_have_run)
                    || error.status().is_server_error() && !self.is_throttled()
            }
            Self::Transport { error, .. } => {
                error.after_unknown || error.kind() != TransportErrorKind::Connect
            }
            Self::Decode(error) => error.after_unknown || error.status().is_success(),
            Self::Credentials { .. }
            | Self::ClientSecret { .. }
            | Self::Pacing { .. }
            | Self::Changed { .. }
            | Self::InvalidInput(_) => false,
        }
    }

    /// Whether the attempt failed before anything of it was sent, and not for the network.
    pub(crate) fn is_local(&self) -> bool {
        matches!(
            self,
            Self::Credentials { .. } | Self::ClientSecret { .. } | Self::InvalidInput(_)
        )
    }

    /// Notes that an attempt before the one that failed so may have taken effect.
    pub(crate) fn follows_unknown_outcome(&mut self) {
        match self {
            Self::Service(error) => error.after_unknown = true,
            Self::Transport { error, .. } => error.after_unknown = true,
            Self::Decode(error) => error.after_unknown = true,
            Self::Credentials { .. }
            | Self::ClientSecret { .. }
            | Self::Pacing { .. }
            | Self::Changed { .. }
            | Self::InvalidInput(_) => {}
        }
    }

    /// Why [`ErrorCode::NotAuthorized`] was answered; `None` for every other failure.
    #[must_use]
    pub fn not_authorized_reason(&self) -> Option<NotAuthorizedReason> {
        match self {
            Self::Service(error) => error.not_authorized_reason(),
            _ => None,
        }
    }

    /// Whether the sign-in failed for the name or the password.
    ///
    /// Answer the end user the same in all such cases, so that nobody can find out which names exist.
    #[must_use]
    pub fn is_invalid_credentials(&self) -> bool {
        matches!(
            self.code(),
            Some(ErrorCode::NotAuthorized | ErrorCode::UserNotFound)
        )
    }
}

impl Error {
    /// Cuts out of all that a server's words brought into the error what `hide` cuts out of a text.
    ///
    /// A server that echoes the request anywhere must not get a password into somebody's log.
    pub(crate) fn redact(&mut self, hide: &dyn Fn(&str) -> String) {
        match self {
            Self::Service(error) => error.redact(hide),
            Self::Decode(error) => error.redact(hide),
            Self::Transport { .. }
            | Self::Credentials { .. }
            | Self::ClientSecret { .. }
            | Self::Pacing { .. }
            | Self::Changed { .. }
            | Self::InvalidInput(_) => {}
        }
    }
}

/// Codes that Cognito answers when a message or a trigger failed, which may be after the deed.
fn may_have_run(code: &ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::CodeDeliveryFailure
            | ErrorCode::InvalidLambdaResponse
            | ErrorCode::UnexpectedLambda
    )
}

/// What `main` and `unwrap` print is read by a person, who wants the sentence and its reasons.
fn fmt_with_sources(error: &dyn StdError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    let mut source = error.source();
    while let Some(error) = source {
        write!(f, ": {error}")?;
        source = error.source();
    }
    Ok(())
}

fn redact(text: &mut Option<String>, hide: &dyn Fn(&str) -> String) {
    if let Some(text) = text {
        *text = hide(text);
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

impl From<InvalidInput> for Error {
    fn from(error: InvalidInput) -> Self {
        Self::InvalidInput(error)
    }
}

/// A text with what stands before and after it; nothing without the text.
struct Labelled<'a>(&'static str, Option<&'a str>, &'static str);

impl fmt::Display for Labelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(text) => write!(f, "{}{text}{}", self.0, self.2),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn io(text: &str) -> std::io::Error {
        std::io::Error::other(text.to_owned())
    }

    /// Every error a call can end with, with all that it can hold.
    fn errors() -> Vec<Error> {
        let mut refused = ServiceError::new(
            "SignUp",
            StatusCode::BAD_REQUEST,
            ErrorCode::InvalidPassword,
        )
        .with_message("line one\nline \"two\"")
        .with_request_id("id-1");
        refused.redact(&str::to_owned);
        let transport = TransportError::new(TransportErrorKind::Connect)
            .with_host("example.com")
            .with_source(io("refused by the peer"));
        let decode = DecodeError::new(
            "SignUp",
            StatusCode::OK,
            DecodeProblem::NotJson { line: 1, column: 2 },
        )
        .with_request_id("id-1".to_owned())
        .with_content_type("text/html".to_owned());
        vec![
            refused.into(),
            Error::transport("SignUp", transport),
            Error::credentials("AdminGetUser", io("the provider is down")),
            decode.into(),
            InvalidInput::new("region", "must be set").into(),
        ]
    }

    #[test]
    fn display_never_repeats_a_source_and_debug_is_display_with_the_sources() {
        let shown: Vec<_> = errors().iter().map(|error| format!("{error:?}")).collect();
        assert_eq!(
            shown,
            [
                "SignUp: InvalidPasswordException: line one\nline \"two\" \
                 (HTTP 400, request ID id-1)",
                "SignUp: no connection, so the request was not sent (host example.com): \
                 refused by the peer",
                "AdminGetUser: no usable AWS credentials: the provider is down",
                "SignUp: the answer is not JSON (line 1, column 2) \
                 (HTTP 200, text/html, request ID id-1)",
                "region: must be set",
            ]
        );
        for error in errors() {
            let mut texts = vec![error.to_string()];
            let mut source = error.source();
            while let Some(error) = source {
                texts.push(error.to_string());
                source = error.source();
            }
            assert_eq!(format!("{error:?}"), texts.join(": "));
            for (number, text) in texts.iter().enumerate() {
                let above = &texts[..number];
                assert!(!above.iter().any(|above| above.contains(text)), "{texts:?}");
            }
        }
    }

    #[test]
    fn errors_inside_an_error_show_themselves_as_readably() {
        for error in errors() {
            let inner = match &error {
                Error::Service(error) => format!("{error:?}"),
                Error::Decode(error) => format!("{error:?}"),
                Error::InvalidInput(error) => format!("{error:?}"),
                Error::Transport { error, .. } => format!("SignUp: {error:?}"),
                Error::Credentials { .. }
                | Error::ClientSecret { .. }
                | Error::Pacing { .. }
                | Error::Changed { .. } => continue,
            };
            assert_eq!(inner, format!("{error:?}"));
        }
    }

    #[test]
    fn debug_shows_no_message_that_was_not_cut() {
        let error = ServiceError::new("SignUp", StatusCode::BAD_REQUEST, None);
        let error = error.with_message("marker");
        assert!(!format!("{error:?} {error:#?} {error}").contains("marker"));
    }
}
