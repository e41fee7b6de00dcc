//! Setting up an authenticator app (TOTP).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{AuthOutcome, SignIn, challenge::MfaSetup};
use crate::{
    client::{Answer, SendOptions},
    error::{DecodeProblem, Error, InvalidInput, Problem},
    operation::mfa::{
        AssociateSoftwareTokenRequest, AssociateSoftwareTokenResponse, VerifySoftwareTokenRequest,
        VerifySoftwareTokenResponse, VerifySoftwareTokenResponseType,
    },
    sensitive::Sensitive,
};

/// An authenticator app that is being set up during a sign-in.
///
/// It owns all it needs and serializes, so that a web server can keep it between two requests; the
/// secret and session in it are secrets.
///
/// ```no_run
/// use cognito_idp::auth::{AuthOutcome, Challenge, SignIn, TotpSetup};
///
/// # async fn example(sign_in: SignIn, outcome: AuthOutcome, code: &str) -> Result<(), Box<dyn std::error::Error>> {
/// if let AuthOutcome::Challenge(Challenge::MfaSetup(challenge)) = outcome {
///     let setup: TotpSetup = sign_in.set_up_totp(challenge).await?;
///     println!("{}", setup.uri("My Shop", "alice")?.expose()); // as a QR code
///     let outcome = sign_in.finish_totp(&setup, code, Some("phone")).await?;
///     assert!(outcome.tokens().is_some());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TotpSetup {
    /// The secret for the app, in Base32: show it as text, or as a QR code of [`uri`](Self::uri).
    pub secret: Sensitive<String>,
    session: Option<Sensitive<String>>,
    challenge: MfaSetup,
}

impl TotpSetup {
    /// The address that a QR code for the app holds; see [`totp_uri`].
    ///
    /// # Errors
    /// Those of [`totp_uri`].
    pub fn uri(&self, issuer: &str, account: &str) -> Result<Sensitive<String>, InvalidInput> {
        totp_uri(issuer, account, &self.secret)
    }
}

impl SignIn {
    /// Begins to set up an authenticator app for the challenge `MFA_SETUP`.
    ///
    /// A user who is signed in sets one up with
    /// [`SignedInUser::set_up_totp`](super::SignedInUser::set_up_totp).
    ///
    /// # Errors
    /// Those of [`AssociateSoftwareTokenRequest`].
    pub async fn set_up_totp(&self, challenge: MfaSetup) -> Result<TotpSetup, Error> {
        let mut request = AssociateSoftwareTokenRequest::new();
        request.session = challenge.session().cloned();
        let answer = self.client().answer(&request, SendOptions::new()).await?;
        let response: AssociateSoftwareTokenResponse = answer.decode()?;
        let secret = response
            .secret_code
            .ok_or_else(|| answer.refused(missing("SecretCode")))?;
        Ok(TotpSetup {
            secret,
            session: response.session,
            challenge,
        })
    }

    /// Ends the set-up with a code that the app shows, and with it the challenge.
    ///
    /// After a wrong code try again with the same set-up.
    ///
    /// # Errors
    /// [`EnableSoftwareTokenMfa`](crate::ErrorCode::EnableSoftwareTokenMfa) or
    /// [`CodeMismatch`](crate::ErrorCode::CodeMismatch) for a wrong code, others of
    /// [`VerifySoftwareTokenRequest`], and those of [`respond`](Self::respond). A status of `ERROR`
    /// in an answer that is none is an [`Error::Service`] without a code.
    pub async fn finish_totp(
        &self,
        setup: &TotpSetup,
        code: impl Into<Sensitive<String>>,
        friendly_device_name: Option<&str>,
    ) -> Result<AuthOutcome, Error> {
        let mut request = VerifySoftwareTokenRequest::new(code);
        request.session.clone_from(&setup.session);
        request.friendly_device_name = friendly_device_name.map(str::to_owned);
        let answer = self.client().answer(&request, SendOptions::new()).await?;
        let response = check_verified(&answer)?;
        let session = response
            .session
            .ok_or_else(|| answer.refused(missing("Session")))?;
        self.respond(setup.challenge.answer_totp(session)).await
    }
}

/// The address with which authenticator apps take over a secret, usually shown as a QR code.
///
/// `issuer` names your service and `account` the user; both only label the entry in the app, and
/// neither may hold a colon, which parts them. The form is that of the
/// [key URI format](https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
///
/// ```
/// use cognito_idp::auth::totp_uri;
///
/// let uri = totp_uri("My Shop", "alice@example.com", &"JBSWY3DPEHPK3PXP".into())?;
/// assert_eq!(
///     uri.expose(),
///     "otpauth://totp/My%20Shop:alice%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=My%20Shop"
/// );
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
///
/// # Errors
/// Names `issuer` or `account` if it is blank or holds a colon, and `secret` if it is not Base32.
pub fn totp_uri(
    issuer: &str,
    account: &str,
    secret: &Sensitive<String>,
) -> Result<Sensitive<String>, InvalidInput> {
    // The format's rule; apps differ in what they make of padding.
    let secret = secret.expose().trim_end_matches('=');
    let is_base32 = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'2'..=b'7');
    let is_secret = !secret.is_empty() && secret.bytes().all(is_base32);
    let secret_problem = (!is_secret).then(|| problem("secret", "must be Base32"));
    let problems = [
        label_problem("issuer", issuer),
        label_problem("account", account),
        secret_problem,
    ];
    if let Some(refused) = InvalidInput::from_problems(problems.into_iter().flatten()) {
        return Err(refused);
    }
    let issuer = percent_encoded(issuer);
    let account = percent_encoded(account);
    Ok(format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}").into())
}

/// Apps part the label at its first colon, encoded or not.
fn label_problem(field: &'static str, text: &str) -> Option<Problem> {
    if text.trim().is_empty() {
        return Some(problem(field, "must not be blank"));
    }
    text.contains(':')
        .then(|| problem(field, "must not hold a colon"))
}

fn problem(field: &'static str, rule: &'static str) -> Problem {
    Problem {
        field: field.into(),
        rule: rule.into(),
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The answer to the code that an app shows, unless it tells of a failure in its body alone.
///
/// Not every server sends a status; then what came is a success.
pub(super) fn check_verified(answer: &Answer) -> Result<VerifySoftwareTokenResponse, Error> {
    let response: VerifySoftwareTokenResponse = answer.decode()?;
    match &response.status {
        Some(status) if *status != VerifySoftwareTokenResponseType::Success => Err(answer.failed()),
        _ => Ok(response),
    }
}

pub(super) fn missing(member: &'static str) -> DecodeProblem {
    DecodeProblem::MissingMember { member }
}
