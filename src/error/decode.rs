//! Answers that cannot be read.

use std::fmt;

use http::StatusCode;

use super::{Labelled, fmt_with_sources, redact};

/// An answer that cannot be read.
///
/// It says where the answer went wrong, never what stood there.
///
/// ```
/// use cognito_idp::{Error, error::{DecodeError, DecodeProblem}};
/// use http::StatusCode;
///
/// // Somebody else answered: such as a proxy with a page for its users.
/// let page = DecodeError::new("GetUser", StatusCode::OK, DecodeProblem::NotJson { line: 1, column: 1 });
/// let page = page.with_content_type("text/html".to_owned());
/// assert_eq!(page.content_type(), Some("text/html"));
/// assert!(matches!(page.problem(), DecodeProblem::NotJson { .. }));
/// assert!(Error::from(page).is_retryable());
/// ```
#[derive(Clone, PartialEq, thiserror::Error)]
#[error(
    "{operation}: {problem} (HTTP {}{}{})",
    status.as_u16(),
    Labelled(", ", content_type.as_deref(), ""),
    Labelled(", request ID ", request_id.as_deref(), "")
)]
pub struct DecodeError {
    operation: &'static str,
    status: StatusCode,
    request_id: Option<String>,
    content_type: Option<String>,
    problem: DecodeProblem,
    pub(super) after_unknown: bool,
}

impl DecodeError {
    /// Makes the error.
    #[must_use]
    pub fn new(operation: &'static str, status: StatusCode, problem: DecodeProblem) -> Self {
        Self {
            operation,
            status,
            request_id: None,
            content_type: None,
            problem,
            after_unknown: false,
        }
    }

    /// Adds the request ID.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<Option<String>>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// Adds the content type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<Option<String>>) -> Self {
        self.content_type = content_type.into();
        self
    }

    pub(super) fn redact(&mut self, hide: &dyn Fn(&str) -> String) {
        redact(&mut self.request_id, hide);
        redact(&mut self.content_type, hide);
        if let DecodeProblem::Redirect { host } = &mut self.problem {
            redact(host, hide);
        }
    }

    /// The operation, such as `SignUp`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The HTTP status; with a success the operation has most likely taken effect.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The ID that AWS support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The content type, a hint at who answered.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// What is wrong with the answer.
    #[must_use]
    pub fn problem(&self) -> &DecodeProblem {
        &self.problem
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeProblem {
    /// The body is not JSON, or ends too early.
    #[error("the answer is not JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// The body is JSON, but a member is missing or has another type than the service model says.
    #[error("the answer has an unexpected shape (line {line}, column {column})")]
    UnexpectedShape {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// The body is readable, but lacks what the operation must answer with.
    #[error("the answer lacks {member}")]
    MissingMember {
        /// The member's name on the wire.
        member: &'static str,
    },
    /// The body is readable, but a member in it breaks a rule of the protocol.
    #[error("the answer holds a malformed {member}")]
    MalformedMember {
        /// The member's name on the wire.
        member: &'static str,
    },
    /// A page of a list names itself as the page after it, so the list would never end.
    #[error("the answer names the same page as the next one")]
    RepeatedPageToken,
    /// The server wants to send us elsewhere, which is never followed.
    #[error("unexpected redirect{}", Labelled(" to ", host.as_deref(), ""))]
    Redirect {
        /// The host it names.
        host: Option<String>,
    },
    /// The status is neither a success nor an error.
    #[error("unexpected status")]
    UnexpectedStatus,
}
