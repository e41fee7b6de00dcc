//! What can go wrong, told apart by type.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use http::StatusCode;

pub use self::{lambda::TriggerRefusal, reason::NotAuthorizedReason};
use crate::{pacing::PacingError, sensitive::Sensitive};

mod lambda;
mod reason;

/// The source of an error that another crate made.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call failed.
///
/// Match on the variant, and for [`Service`](Self::Service) on the [code](Self::code):
///
/// ```
/// use cognito_idp::{Error, ErrorCode};
///
/// fn status(error: &Error) -> u16 {
///     match error.code() {
///         Some(ErrorCode::NotAuthorized | ErrorCode::UserNotFound) => 401,
///         Some(ErrorCode::LimitExceeded) => 429,
///         _ if error.is_throttled() => 429,
///         _ => 502,
///     }
/// }
/// # let _ = status;
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

    /// Settings changed since they were read for an [edit]; nothing was written.
    ///
    /// [edit]: crate::edit
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
            Self::Service(error) => Some(error.operation),
            Self::Transport { operation, .. }
            | Self::Credentials { operation, .. }
            | Self::ClientSecret { operation, .. }
            | Self::Pacing { operation, .. }
            | Self::Changed { operation, .. } => Some(operation),
            Self::Decode(error) => Some(error.operation),
            Self::InvalidInput(_) => None,
        }
    }

    /// The error code of the service, if it sent one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Service(error) => error.code.as_ref(),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Service(error) => Some(error.status),
            Self::Decode(error) => Some(error.status),
            _ => None,
        }
    }

    /// The ID that AWS support asks for, if the answer had one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Service(error) => error.request_id.as_deref(),
            Self::Decode(error) => error.request_id.as_deref(),
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
                    || error.code.as_ref().is_some_and(may_have_run)
                    || error.status.is_server_error() && !self.is_throttled()
            }
            Self::Transport { error, .. } => {
                error.after_unknown || error.kind != TransportErrorKind::Connect
            }
            Self::Decode(error) => error.after_unknown || error.status.is_success(),
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

/// Cognito's messages are a sentence; a page of a proxy need not fill a log.
fn shortened(mut text: String) -> String {
    const LONGEST: usize = 1_000;
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
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

/// An answer that is an error: code, message, status and request ID.
///
/// `Display` and `Debug` show the message with every secret of the request cut out, because servers
/// quote input in it, and only its first 1,000 characters; [`message`](Self::message) gives it word
/// for word, so do not log that.
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
    after_unknown: bool,
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
    fn redact(&mut self, hide: &dyn Fn(&str) -> String) {
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

/// The transport failed: there is no complete answer.
#[derive(thiserror::Error)]
#[error("{kind}{}", Labelled(" (host ", host.as_deref(), ")"))]
pub struct TransportError {
    kind: TransportErrorKind,
    host: Option<Box<str>>,
    source: Option<BoxError>,
    after_unknown: bool,
}

impl TransportError {
    /// Makes an error of a kind.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self {
            kind,
            host: None,
            source: None,
            after_unknown: false,
        }
    }

    /// Adds the host that was called, with its port unless it is the scheme's own; the client does
    /// so for every transport.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<Box<str>>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Adds what the HTTP client said; it must not hold secrets.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What broke, and with it whether the server can have acted.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// The host that was called, as the endpoint names it; `None` before the client has added it.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

/// How far a request came before the transport failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection was made (name, route, TLS, proxy), or it closed before the request was begun:
    /// the request was not sent.
    #[error("no connection, so the request was not sent")]
    Connect,
    /// No answer in time: the operation may have taken effect.
    #[error("no answer in time, the outcome is unknown")]
    Timeout,
    /// The connection broke after the request was on its way: the operation may have taken effect.
    #[error("the connection broke, the outcome is unknown")]
    Interrupted,
    /// The answer was larger than allowed and was dropped: the operation may have taken effect.
    #[error("the answer is larger than allowed and was dropped, the outcome is unknown")]
    ResponseTooLarge,
    /// The answer was not HTTP: the operation may have taken effect.
    #[error("the answer is not HTTP, the outcome is unknown")]
    InvalidResponse,
}

/// An answer that cannot be read.
///
/// It says where the answer went wrong, never what stood there.
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
    after_unknown: bool,
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

    fn redact(&mut self, hide: &dyn Fn(&str) -> String) {
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

/// Input that was refused before anything was sent: every field at fault with the rule it breaks.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidInput {
    problems: Vec<Problem>,
}

impl InvalidInput {
    /// Refuses one field.
    pub fn new(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self {
            problems: vec![Problem {
                field: field.into(),
                rule: rule.into(),
            }],
        }
    }

    /// Refuses several fields at once; `None` if there is nothing to refuse.
    pub fn from_problems(problems: impl IntoIterator<Item = Problem>) -> Option<Self> {
        let problems: Vec<_> = problems.into_iter().collect();
        (!problems.is_empty()).then_some(Self { problems })
    }

    /// Takes what two checks gave, or refuses the fields of both at once.
    pub(crate) fn of_both<A, B>(
        one: Result<A, Self>,
        other: Result<B, Self>,
    ) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
            (Err(mut one), Err(other)) => {
                one.problems.extend(other);
                Err(one)
            }
        }
    }

    /// Names the field as the user knows it, such as by an environment variable.
    pub(crate) fn named(mut self, field: &'static str) -> Self {
        for problem in &mut self.problems {
            problem.field = field.into();
        }
        self
    }

    /// The fields at fault; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl IntoIterator for InvalidInput {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.problems.into_iter()
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", problem.field, problem.rule)?;
        }
        Ok(())
    }
}

impl fmt::Debug for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

impl StdError for InvalidInput {}

/// A field and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The field, or the environment variable.
    pub field: Cow<'static, str>,
    /// The rule, in words.
    pub rule: Cow<'static, str>,
}

string_enum! {
    /// The code of a service error.
    ///
    /// First come the codes of the service model, then those that AWS's front door answers before
    /// the request reaches Cognito, then those that the OAuth 2.0 endpoints of a pool's domain answer.
    ///
    /// A code that has only [`Other`](Self::Other) today may get a variant of its own in a later
    /// version; compare such a one by [`as_str`](Self::as_str), which stays true.
    ErrorCode {
        /// The caller's credentials or the pool's policy do not allow the operation.
        AccessDenied = "AccessDeniedException",
        /// Another user already has this email address, phone number or preferred username.
        AliasExists = "AliasExistsException",
        /// Cognito keeps no client metadata document of this address.
        CachedCimdUrlDoesNotExist = "CachedCIMDURLDoesNotExistException",
        /// A code could not be delivered; the operation itself may have taken effect.
        CodeDeliveryFailure = "CodeDeliveryFailureException",
        /// The code is not the one that was sent.
        CodeMismatch = "CodeMismatchException",
        /// Two changes met; read again and repeat.
        ConcurrentModification = "ConcurrentModificationException",
        /// The device key is already in use in this pool.
        DeviceKeyExists = "DeviceKeyExistsException",
        /// An identity provider of this name exists.
        DuplicateProvider = "DuplicateProviderException",
        /// The code from the authenticator app is wrong, or the set-up is not complete.
        EnableSoftwareTokenMfa = "EnableSoftwareTokenMFAException",
        /// The code is too old; some flows say so of a wrong code as well.
        ExpiredCode = "ExpiredCodeException",
        /// The pool's feature plan does not include this.
        FeatureUnavailableInTier = "FeatureUnavailableInTierException",
        /// A web ACL of the pool refused the request.
        Forbidden = "ForbiddenException",
        /// A group of this name exists.
        GroupExists = "GroupExistsException",
        /// Cognito failed; the outcome is unknown.
        InternalError = "InternalErrorException",
        /// Cognito failed; the outcome is unknown.
        InternalServer = "InternalServerException",
        /// Cognito may not use the email identity.
        InvalidEmailRoleAccessPolicy = "InvalidEmailRoleAccessPolicyException",
        /// A Lambda trigger answered something that Cognito cannot read.
        InvalidLambdaResponse = "InvalidLambdaResponseException",
        /// The OAuth flow does not fit the app client.
        InvalidOAuthFlow = "InvalidOAuthFlowException",
        /// A parameter breaks a rule; the message names it.
        InvalidParameter = "InvalidParameterException",
        /// The password breaks the pool's policy.
        InvalidPassword = "InvalidPasswordException",
        /// The role for text messages may not publish them.
        InvalidSmsRoleAccessPolicy = "InvalidSmsRoleAccessPolicyException",
        /// The role for text messages does not trust Cognito, or the external ID differs.
        InvalidSmsRoleTrustRelationship = "InvalidSmsRoleTrustRelationshipException",
        /// The pool's settings contradict one another.
        InvalidUserPoolConfiguration = "InvalidUserPoolConfigurationException",
        /// A quota of hours, or of resources, is used up; trying again soon is useless.
        LimitExceeded = "LimitExceededException",
        /// The user has no such MFA method.
        MfaMethodNotFound = "MFAMethodNotFoundException",
        /// The app client already has a branding style.
        ManagedLoginBrandingExists = "ManagedLoginBrandingExistsException",
        /// The request is not allowed: a wrong password, secret hash, session or token, a locked user.
        NotAuthorized = "NotAuthorizedException",
        /// The operation is not enabled, for example in a replica's region.
        OperationNotEnabled = "OperationNotEnabledException",
        /// The password was used before.
        PasswordHistoryPolicyViolation = "PasswordHistoryPolicyViolationException",
        /// The user must set a new password first.
        PasswordResetRequired = "PasswordResetRequiredException",
        /// A condition for the operation does not hold.
        PreconditionNotMet = "PreconditionNotMetException",
        /// A rotated refresh token was used again: a theft, or an answer that got lost.
        RefreshTokenReuse = "RefreshTokenReuseException",
        /// The pool, app client, group, device or other resource does not exist.
        ResourceNotFound = "ResourceNotFoundException",
        /// No resource server defines this scope.
        ScopeDoesNotExist = "ScopeDoesNotExistException",
        /// A quota of the account is used up.
        ServiceQuotaExceeded = "ServiceQuotaExceededException",
        /// The user has no authenticator app set up.
        SoftwareTokenMfaNotFound = "SoftwareTokenMFANotFoundException",
        /// Terms of this name exist for the app client.
        TermsExists = "TermsExistsException",
        /// The pool cannot change to this feature plan.
        TierChangeNotAllowed = "TierChangeNotAllowedException",
        /// Too many wrong attempts.
        TooManyFailedAttempts = "TooManyFailedAttemptsException",
        /// Throttled: too many requests a second.
        TooManyRequests = "TooManyRequestsException",
        /// The token or the client is not authorized.
        Unauthorized = "UnauthorizedException",
        /// A Lambda trigger could not be run.
        UnexpectedLambda = "UnexpectedLambdaException",
        /// The identity provider is not supported.
        UnsupportedIdentityProvider = "UnsupportedIdentityProviderException",
        /// The operation is not supported in this setting.
        UnsupportedOperation = "UnsupportedOperationException",
        /// The token is of a kind that cannot be revoked or used here.
        UnsupportedTokenType = "UnsupportedTokenTypeException",
        /// The user's state does not allow the operation.
        UnsupportedUserState = "UnsupportedUserStateException",
        /// A user import runs in this pool.
        UserImportInProgress = "UserImportInProgressException",
        /// A Lambda trigger refused the request.
        UserLambdaValidation = "UserLambdaValidationException",
        /// The user has not confirmed the account.
        UserNotConfirmed = "UserNotConfirmedException",
        /// The user does not exist.
        UserNotFound = "UserNotFoundException",
        /// Threat protection is not switched on.
        UserPoolAddOnNotEnabled = "UserPoolAddOnNotEnabledException",
        /// The pool's tags cannot be changed.
        UserPoolTagging = "UserPoolTaggingException",
        /// The username is taken.
        UsernameExists = "UsernameExistsException",
        /// The passkey challenge is unknown or too old.
        WebAuthnChallengeNotFound = "WebAuthnChallengeNotFoundException",
        /// The passkey belongs to another app client.
        WebAuthnClientMismatch = "WebAuthnClientMismatchException",
        /// The pool has no relying party for passkeys.
        WebAuthnConfigurationMissing = "WebAuthnConfigurationMissingException",
        /// The passkey's kind is not supported.
        WebAuthnCredentialNotSupported = "WebAuthnCredentialNotSupportedException",
        /// Passkeys are not enabled in this pool.
        WebAuthnNotEnabled = "WebAuthnNotEnabledException",
        /// The passkey comes from a page that is not allowed.
        WebAuthnOriginNotAllowed = "WebAuthnOriginNotAllowedException",
        /// The passkey was made for another relying party.
        WebAuthnRelyingPartyMismatch = "WebAuthnRelyingPartyMismatchException",

        /// The credentials' session token is too old.
        ExpiredToken = "ExpiredTokenException",
        /// The signature is incomplete.
        IncompleteSignature = "IncompleteSignature",
        /// AWS failed before the request reached Cognito.
        InternalFailure = "InternalFailure",
        /// The access key is unknown.
        InvalidClientTokenId = "InvalidClientTokenId",
        /// The signature does not fit the request, the key or the time.
        InvalidSignature = "InvalidSignatureException",
        /// A signed operation came without a signature.
        MissingAuthenticationToken = "MissingAuthenticationTokenException",
        /// The account has not subscribed to the service.
        OptInRequired = "OptInRequired",
        /// The request came too late after it was signed.
        RequestExpired = "RequestExpired",
        /// The request's time is too far from the server's.
        RequestTimeTooSkewed = "RequestTimeTooSkewed",
        /// The server did not receive the request in time.
        RequestTimeout = "RequestTimeoutException",
        /// The body could not be read as the operation's input.
        Serialization = "SerializationException",
        /// The service cannot answer now.
        ServiceUnavailable = "ServiceUnavailable",
        /// The signature does not fit.
        SignatureDoesNotMatch = "SignatureDoesNotMatch",
        /// Throttled: too many requests a second.
        Throttling = "ThrottlingException",
        /// The server knows no such operation.
        UnknownOperation = "UnknownOperationException",
        /// The access key or the session token is unknown.
        UnrecognizedClient = "UnrecognizedClientException",
        /// The input breaks a rule of the front door.
        Validation = "ValidationException",

        /// The user, or what was to sign the user in, refused the authorization.
        AuthorizationDenied = "access_denied",
        /// The user would have to be asked, which the request forbade.
        InteractionRequired = "interaction_required",
        /// The app client is unknown, or did not prove itself: a wrong client secret.
        InvalidClient = "invalid_client",
        /// The code or the refresh token is wrong, used, expired or revoked, or was given to another
        /// app client or redirect URI.
        InvalidGrant = "invalid_grant",
        /// A parameter is missing, malformed or not allowed.
        InvalidRequest = "invalid_request",
        /// A scope does not exist, or the app client does not have it.
        InvalidScope = "invalid_scope",
        /// The access token is malformed, expired or revoked, or lacks the scope `openid`.
        InvalidToken = "invalid_token",
        /// The user would have to sign in, which the request forbade.
        LoginRequired = "login_required",
        /// The domain failed.
        ServerError = "server_error",
        /// The domain cannot answer now.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// The app client may not use this grant, or may not revoke tokens.
        UnauthorizedClient = "unauthorized_client",
        /// The domain knows no such grant.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The app client may not ask for this kind of answer.
        UnsupportedResponseType = "unsupported_response_type",
        /// The token is of a kind that cannot be revoked: only refresh tokens can.
        UnsupportedToken = "unsupported_token_type",
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

    #[cfg(feature = "sigv4")]
    #[test]
    fn both_of_two_refusals_are_told() {
        let refused = |field: &'static str| Err::<(), _>(InvalidInput::new(field, "must be set"));
        let both = |one, other| match InvalidInput::of_both(one, other) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(both(Ok(()), Ok(())), "");
        assert_eq!(both(refused("a"), Ok(())), "a: must be set");
        assert_eq!(both(Ok(()), refused("b")), "b: must be set");
        assert_eq!(
            both(refused("a"), refused("b")),
            "a: must be set; b: must be set"
        );
    }
}
