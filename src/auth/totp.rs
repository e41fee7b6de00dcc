//! Setting up an authenticator app (TOTP).

use std::fmt::Write as _;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{AuthOutcome, SignIn, challenge::MfaSetup};
use crate::{
    client::SendOptions,
    error::{DecodeProblem, Error, ErrorCode, ServiceError},
    operation::{
        Operation,
        mfa::{
            AssociateSoftwareTokenRequest, AssociateSoftwareTokenResponse,
            VerifySoftwareTokenRequest, VerifySoftwareTokenResponse,
            VerifySoftwareTokenResponseType,
        },
    },
    sensitive::Sensitive,
};

/// An authenticator app that is being set up during a sign-in.
///
/// It owns all it needs and serializes, so that a web server can keep it between two requests; the
/// secret and session in it are secrets.
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
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> Sensitive<String> {
        totp_uri(issuer, account, &self.secret)
    }
}

impl SignIn {
    /// Begins to set up an authenticator app for the challenge `MFA_SETUP`.
    ///
    /// A user who is signed in sets one up with [`AssociateSoftwareTokenRequest`],
    /// [`VerifySoftwareTokenRequest`] and
    /// [`SetUserMfaPreferenceRequest`](crate::operation::mfa::SetUserMfaPreferenceRequest).
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
    /// [`EnableSoftwareTokenMfa`](ErrorCode::EnableSoftwareTokenMfa) or
    /// [`CodeMismatch`](ErrorCode::CodeMismatch) for a wrong code, others of
    /// [`VerifySoftwareTokenRequest`], and those of [`respond`](Self::respond).
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
        let response: VerifySoftwareTokenResponse = answer.decode()?;
        if response.status != Some(VerifySoftwareTokenResponseType::Success) {
            // A success by status alone: the code was not accepted.
            let code = ErrorCode::CodeMismatch;
            return Err(
                ServiceError::new(VerifySoftwareTokenRequest::NAME, StatusCode::OK, code).into(),
            );
        }
        let session = response
            .session
            .ok_or_else(|| answer.refused(missing("Session")))?;
        self.respond(setup.challenge.clone().answer_totp(session))
            .await
    }
}

/// The address with which authenticator apps take over a secret, usually shown as a QR code.
///
/// `issuer` names your service and `account` the user; both only label the entry in the app.
///
/// ```
/// use cognito_idp::auth::totp_uri;
///
/// let uri = totp_uri("My Shop", "alice@example.com", &"JBSWY3DPEHPK3PXP".into());
/// assert_eq!(
///     uri.expose(),
///     "otpauth://totp/My%20Shop:alice%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=My%20Shop"
/// );
/// ```
#[must_use]
pub fn totp_uri(issuer: &str, account: &str, secret: &Sensitive<String>) -> Sensitive<String> {
    let issuer = percent_encoded(issuer);
    let account = percent_encoded(account);
    let secret = Sensitive::from(percent_encoded(secret.expose()));
    let secret = secret.expose();
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}").into()
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

fn missing(member: &'static str) -> DecodeProblem {
    DecodeProblem::MissingMember { member }
}
