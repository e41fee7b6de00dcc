//! What a Lambda trigger of the pool says when it refuses.

use std::fmt;

use super::{Error, ErrorCode, ServiceError};

/// A Lambda trigger's refusal: which trigger, and its own words.
///
/// Cognito wraps both into one message, `PreSignUp failed with error Domain not allowed.`, and ends
/// it with a full stop of its own. The words are your trigger's: what it quotes of the user's input
/// stands in them, so they are not shown by `Debug`.
///
/// ```
/// use cognito_idp::Error;
///
/// fn refused_sign_up(error: &Error) -> Option<&str> {
///     let refusal = error.trigger_refusal()?;
///     (refusal.trigger() == "PreSignUp").then(|| refusal.message())
/// }
/// # let _ = refused_sign_up;
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TriggerRefusal<'a> {
    trigger: &'a str,
    message: &'a str,
}

impl<'a> TriggerRefusal<'a> {
    /// The trigger's name as Cognito writes it, such as `PreSignUp` or `PreAuthentication`.
    #[must_use]
    pub fn trigger(&self) -> &'a str {
        self.trigger
    }

    /// What the trigger itself said, without Cognito's words around it.
    #[must_use]
    pub fn message(&self) -> &'a str {
        self.message
    }

    pub(super) fn of(error: &'a ServiceError) -> Option<Self> {
        let is_of_trigger = matches!(
            error.code(),
            Some(ErrorCode::UserLambdaValidation | ErrorCode::UnexpectedLambda)
        );
        let message = error.message().filter(|_| is_of_trigger)?;
        let (trigger, message) = message.split_once(" failed with error ")?;
        let is_name = !trigger.is_empty() && trigger.bytes().all(|b| b.is_ascii_alphanumeric());
        is_name.then(|| Self {
            trigger,
            message: message.strip_suffix('.').unwrap_or(message),
        })
    }
}

impl fmt::Debug for TriggerRefusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TriggerRefusal")
            .field("trigger", &self.trigger)
            .finish_non_exhaustive()
    }
}

impl Error {
    /// Which Lambda trigger refused, and its own message; `None` for every other failure.
    #[must_use]
    pub fn trigger_refusal(&self) -> Option<TriggerRefusal<'_>> {
        match self {
            Self::Service(error) => error.trigger_refusal(),
            _ => None,
        }
    }
}

impl ServiceError {
    /// Which Lambda trigger refused, and its own message; `None` for every other error.
    #[must_use]
    pub fn trigger_refusal(&self) -> Option<TriggerRefusal<'_>> {
        TriggerRefusal::of(self)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn error(code: ErrorCode, message: &str) -> Error {
        let error = ServiceError::new("SignUp", StatusCode::BAD_REQUEST, code);
        error.with_message(message).into()
    }

    #[test]
    fn a_trigger_s_name_and_its_own_words_are_told_apart_from_cognito_s() {
        for (message, trigger, words) in [
            (
                "PreSignUp failed with error Domain not allowed.",
                "PreSignUp",
                "Domain not allowed",
            ),
            // A full stop of the trigger's own stays.
            (
                "PreSignUp failed with error Not you..",
                "PreSignUp",
                "Not you.",
            ),
            (
                "PreAuthentication failed with error no",
                "PreAuthentication",
                "no",
            ),
            (
                "CustomMessage failed with error A failed with error B.",
                "CustomMessage",
                "A failed with error B",
            ),
            (
                "PostConfirmation failed with error line\nline.",
                "PostConfirmation",
                "line\nline",
            ),
            (
                "DefineAuthChallenge failed with error .",
                "DefineAuthChallenge",
                "",
            ),
        ] {
            for code in [ErrorCode::UserLambdaValidation, ErrorCode::UnexpectedLambda] {
                let error = error(code, message);
                let refusal = error.trigger_refusal();
                let told = refusal.map(|refusal| (refusal.trigger(), refusal.message()));
                assert_eq!(told, Some((trigger, words)), "{message}");
            }
        }
    }

    #[test]
    fn other_errors_and_other_words_are_no_trigger_s_refusal() {
        let refused = "PreSignUp failed with error no.";
        let unlike = [
            "",
            " failed with error no.",
            "The PreSignUp failed with error no.",
            "PreSignUp invocation failed due to error AccessDeniedException.",
        ];
        assert!(
            error(ErrorCode::InvalidParameter, refused)
                .trigger_refusal()
                .is_none()
        );
        for message in unlike {
            let error = error(ErrorCode::UserLambdaValidation, message);
            assert!(error.trigger_refusal().is_none(), "{message}");
        }
        let silent = ServiceError::new("X", StatusCode::OK, ErrorCode::UserLambdaValidation);
        assert!(silent.trigger_refusal().is_none());
    }

    #[test]
    fn a_trigger_s_words_are_not_shown() {
        let error = error(
            ErrorCode::UserLambdaValidation,
            "PreSignUp failed with error marker.",
        );
        let refusal = error.trigger_refusal();
        assert!(refusal.is_some());
        assert!(!format!("{refusal:?} {refusal:#?}").contains("marker"));
    }
}
