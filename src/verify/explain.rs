//! Why a token is accepted or refused, check by check.

use std::{fmt, time::SystemTime};

use super::{
    claims::Claims,
    error::VerifyError,
    token::{Parts, Token},
};
use crate::primitives::Timestamp;

/// Which checks a token passes and which it does not; made by
/// [`TokenVerifier::explain`](super::TokenVerifier::explain).
///
/// ```no_run
/// use cognito_idp::verify::{Check, CheckName, Explanation, TokenUse, TokenVerifier, VerifyError};
///
/// # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = TokenVerifier::new("eu-central-1_example", "app-client-id")?;
/// let explanation: Explanation = verifier.explain(token, TokenUse::Access).await;
/// for Check { name, result, required, .. } in explanation.checks() {
///     if *name == CheckName::Time {
///         println!("it is {required:?} now");
///     }
///     println!("{name:10} {result:?}");
/// }
/// explanation.verdict()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    pub(super) checks: Vec<Check>,
}

impl Explanation {
    /// The checks, in the order in which a verifier makes them.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What a verifier says of the token.
    ///
    /// # Errors
    /// The first check that the token does not pass.
    pub fn verdict(&self) -> Result<(), VerifyError> {
        let mut results = self.checks.iter().flat_map(|check| &check.result);
        match results.find_map(|result| result.as_ref().err()) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Of a token that cannot be read.
    pub(super) fn unread(mut checks: Vec<Check>) -> Self {
        checks.extend(unreached());
        Self { checks }
    }
}

/// One check, what came of it, and why; see [`Explanation`].
///
/// `Debug` shows nothing that the token says.
#[derive(Clone)]
#[non_exhaustive]
pub struct Check {
    /// What is checked.
    pub name: CheckName,
    /// Whether the token passes; `None` where nobody can tell, because of a check before it.
    pub result: Option<Result<(), VerifyError>>,
    /// What the token says, if it says anything.
    ///
    /// **Anybody can have written it** unless the signature holds, and characters in it may be orders
    /// to a terminal: escape them.
    pub found: Option<String>,
    /// What it must say, or one of what; `None` if nothing is required.
    pub required: Option<String>,
}

impl Check {
    pub(super) fn unexplained(name: CheckName, result: Option<Result<(), VerifyError>>) -> Self {
        Self {
            name,
            result,
            found: None,
            required: None,
        }
    }

    pub(super) fn time(claims: &Claims, now: SystemTime, result: Result<(), VerifyError>) -> Self {
        let text = |time: SystemTime| Timestamp::from(time).to_string();
        let until = text(claims.expires_at());
        Self {
            name: CheckName::Time,
            result: Some(result),
            found: Some(match claims.issued_at() {
                Some(from) => format!("{} to {until}", text(from)),
                None => format!("to {until}"),
            }),
            required: Some(text(now)),
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("result", &self.result)
            .finish_non_exhaustive()
    }
}

/// What is checked of a token; see [`Explanation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckName {
    /// Its size, its three parts, and that they can be read.
    Form,
    /// How it is signed: `alg`.
    Algorithm,
    /// Who issued it: `iss`.
    Issuer,
    /// Whether the issuer has the key that it names: `kid`.
    Key,
    /// Whether that key signed this token.
    Signature,
    /// Whether it is good now: `exp`, `nbf` and `iat`.
    Time,
    /// What it is for: `token_use`.
    TokenUse,
    /// Which app client it was issued to: `client_id`, of an ID token `aud`.
    Client,
    /// Which resource it is bound to, of an access token: `aud`.
    Audience,
    /// What it allows, of an access token: `scope`.
    Scope,
    /// Which groups the user is in: `cognito:groups`.
    Group,
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Form => "form",
            Self::Algorithm => "algorithm",
            Self::Issuer => "issuer",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Time => "time",
            Self::TokenUse => "token_use",
            Self::Client => "client",
            Self::Audience => "audience",
            Self::Scope => "scope",
            Self::Group => "group",
        })
    }
}

/// Reads a token as far as it can be read, and says how far that is.
pub(super) fn read(text: &str) -> (Option<Token<'_>>, Vec<Check>) {
    let parts = match Parts::of(text) {
        Ok(parts) => parts,
        Err(error) => {
            let form = Check::unexplained(CheckName::Form, Some(Err(error)));
            return (
                None,
                vec![form, Check::unexplained(CheckName::Algorithm, None)],
            );
        }
    };
    let algorithm = Check {
        name: CheckName::Algorithm,
        result: Some(parts.check_algorithm()),
        found: Some(parts.algorithm().to_owned()),
        required: Some(super::token::ALGORITHM.to_owned()),
    };
    let is_refused = parts.check_algorithm().is_err();
    let (token, form) = match parts.token() {
        Ok(token) => (Some(token), Some(Ok(()))),
        // Of a token that is signed in another way a verifier reads no more.
        Err(_) if is_refused => (None, None),
        Err(error) => (None, Some(Err(error))),
    };
    (
        token,
        vec![Check::unexplained(CheckName::Form, form), algorithm],
    )
}

/// The checks that an unreadable token never gets to.
fn unreached() -> impl Iterator<Item = Check> {
    use CheckName::{Audience, Client, Group, Issuer, Key, Scope, Signature, Time, TokenUse};

    let names = [
        Issuer, Key, Signature, Time, TokenUse, Client, Audience, Scope, Group,
    ];
    names.into_iter().map(|name| Check::unexplained(name, None))
}

/// The checks that depend on a pool, of a token that is none's.
pub(super) fn of_no_pool() -> impl Iterator<Item = Check> {
    unreached().skip_while(|check| check.name != CheckName::TokenUse)
}
