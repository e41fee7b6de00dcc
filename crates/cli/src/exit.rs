//! How a command ends: one line for people, a status for scripts.

use std::{fmt, io, process::ExitCode};

use cognito_idp::{
    Error,
    error::{InvalidInput, TransportErrorKind},
    verify::{KeysError, VerifyError},
};

use crate::interrupt;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, as its parser says it; help is one of these.
    Arguments(clap::Error),
    /// What was asked for cannot be: nothing was sent.
    Usage(String),
    /// A call failed.
    Call(Box<Error>),
    /// A token is not good, or nobody can tell.
    Token(VerifyError),
    /// A sign-in in a browser was refused.
    Refused(String),
    /// It is done, and not all of it is as it was asked for.
    Partly(String),
    /// A file, a terminal or a pipe failed.
    Io(String, io::Error),
}

impl Failure {
    pub(crate) fn usage(rule: impl Into<String>) -> Self {
        Self::Usage(rule.into())
    }

    /// Says it on standard error, and gives the status.
    pub(crate) fn report(self) -> ExitCode {
        match &self {
            Self::Arguments(error) => {
                // Also where the text goes nowhere, the status tells.
                let _ = error.print();
            }
            // Whoever reads us has enough.
            Self::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            // Whoever pressed ^C knows it.
            Self::Io(_, error) if error.kind() == io::ErrorKind::Interrupted => {
                return ExitCode::from(interrupt::STATUS);
            }
            _ => eprintln!("cognito-idp: {self}"),
        }
        ExitCode::from(self.status())
    }

    fn status(&self) -> u8 {
        match self {
            Self::Arguments(error) => u8::try_from(error.exit_code()).unwrap_or(2),
            Self::Usage(_) => 2,
            Self::Partly(_) => 9,
            Self::Io(..) => 1,
            Self::Call(error) => status_of(error),
            Self::Token(VerifyError::KeysUnavailable(error)) => match &**error {
                KeysError::Transport(error) if error.kind() == TransportErrorKind::Connect => 6,
                _ => 8,
            },
            Self::Token(_) | Self::Refused(_) => 3,
        }
    }
}

/// 2 usage, 3 refused, 4 credentials, 5 throttled, 6 no network, 7 outcome unknown, 8 the service failed.
fn status_of(error: &Error) -> u8 {
    match error {
        Error::InvalidInput(_) => 2,
        _ if error.is_throttled() => 5,
        _ if error.outcome_unknown() => 7,
        Error::Credentials { .. } | Error::ClientSecret { .. } => 4,
        Error::Transport { error, .. } if error.kind() == TransportErrorKind::Connect => 6,
        Error::Service(service) if service.status().is_client_error() => 3,
        _ => 8,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments(error) => error.fmt(f),
            Self::Usage(rule) | Self::Partly(rule) | Self::Refused(rule) => f.write_str(rule),
            Self::Io(what, error) => write!(f, "{what}: {error}"),
            Self::Token(error) => f.write_str(&with_causes(error)),
            Self::Call(error) => {
                let text = with_causes(&**error);
                f.write_str(&text)?;
                match error.request_id() {
                    Some(id) if !text.contains(id) => write!(f, " (request {id})"),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// An error with all that caused it.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Self::Token(error)
    }
}

impl From<InvalidInput> for Failure {
    fn from(error: InvalidInput) -> Self {
        Self::Usage(error.to_string())
    }
}
