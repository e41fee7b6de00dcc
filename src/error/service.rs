//! Answers that are errors.

use std::{error::Error as StdError, fmt, time::Duration};

use http::StatusCode;

use super::{ErrorCode, NotAuthorizedReason, fmt_with_sources, redact};
use crate::sensitive::Sensitive;

/// An answer that is an error: code, message, status and request ID.
///
/// `Display` and `Debug` show the message with every secret of the request cut out, because servers
/// quote input in it, and only its first 1,000 characters; [`message`](Self::message) gives it word
/// for word, so do not log that.
///
/// For the tests of your own handling it can be made:
///
/// ```
/// use cognito_idp::{Error, ErrorCode, error::ServiceError};
/// use http::StatusCode;
///
/// let refusal = ServiceError::new("SignUp", StatusCode::BAD_REQUEST, ErrorCode::UsernameExists)
///     .with_message("User already exists")
///     .with_request_id("7c3f9a5e-0000-0000-0000-000000000000");
/// assert_eq!(refusal.message(), Some("User already exists"));
/// assert_eq!(Error::from(refusal).suggested_status(), StatusCode::CONFLICT);
/// ```
#[derive(Clone, PartialEq)]
pub struct ServiceError {
    operation: &'static str,
    status: StatusCode,
    code: Option<ErrorCode>,
    message: Option<Sensitive<String>>,
    shown_message: Option<String>,
    reason_code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    pub(super) after_unknown: bool,
}

impl ServiceError {
    /// Makes an error with a code, for tests of your own handling.
    pub fn new(
        operation: &'static str,
        status: StatusCode,
        code: impl Into<Option<ErrorCode>>,
    ) -> Self {
        Self {
            operation,
            status,
            code: code.into(),
            message: None,
            shown_message: None,
            reason_code: None,
            request_id: None,
            retry_after: None,
            after_unknown: false,
        }
    }

    /// Sets the code, where it does not stand as AWS writes it.
    #[cfg(feature = "managed-login")]
    pub(crate) fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds the server's message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Sensitive<String>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds the request ID.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Adds the detail of an `InvalidParameterException`.
    #[must_use]
    pub fn with_reason_code(mut self, reason_code: impl Into<String>) -> Self {
        self.reason_code = Some(reason_code.into());
        self
    }

    /// Adds how long the server asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// Lets `Display` show the message in the form that `hide` makes of it, and cuts the rest of
    /// what the server said likewise.
    pub(super) fn redact(&mut self, hide: &dyn Fn(&str) -> String) {
        let shown = |message: &Sensitive<String>| shortened(hide(message.expose()));
        self.shown_message = self.message.as_ref().map(shown);
        if let Some(ErrorCode::Other(code)) = &mut self.code {
            *code = hide(code);
        }
        redact(&mut self.reason_code, hide);
        redact(&mut self.request_id, hide);
    }

    /// The operation, such as `SignUp`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The code; `None` for an answer without one, such as a proxy's page.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    /// The server's message, word for word. It may quote what was sent.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message
            .as_ref()
            .map(|message| message.expose().as_str())
    }

    /// Why [`ErrorCode::NotAuthorized`] was answered; `None` for every other code.
    #[must_use]
    pub fn not_authorized_reason(&self) -> Option<NotAuthorizedReason> {
        (self.code == Some(ErrorCode::NotAuthorized))
            .then(|| NotAuthorizedReason::of(self.message().unwrap_or_default()))
    }

    /// The detail of an `InvalidParameterException`.
    #[must_use]
    pub fn reason_code(&self) -> Option<&str> {
        self.reason_code.as_deref()
    }

    /// The ID that AWS support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long the server asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        match &self.code {
            Some(code) => write!(f, "{code}")?,
            None => f.write_str("error without a code")?,
        }
        if let Some(message) = &self.shown_message {
            write!(f, ": {message}")?;
        }
        write!(f, " (HTTP {}", self.status.as_u16())?;
        if let Some(request_id) = &self.request_id {
            write!(f, ", request ID {request_id}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

impl StdError for ServiceError {}

/// Cognito's messages are a sentence; a page of a proxy need not fill a log.
fn shortened(mut text: String) -> String {
    const LONGEST: usize = 1_000;
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}
