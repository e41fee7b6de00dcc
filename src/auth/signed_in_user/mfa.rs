//! A signed-in user's second factors.

use super::{SignedInUser, UserCallError};
use crate::{
    auth::{
        totp::{check_verified, missing},
        totp_uri,
    },
    error::InvalidInput,
    operation::mfa::{
        AssociateSoftwareTokenRequest, AssociateSoftwareTokenResponse, SetUserMfaPreferenceRequest,
        SoftwareTokenMfaSettingsType, VerifySoftwareTokenRequest,
    },
    sensitive::Sensitive,
};

/// The secret of an authenticator app that a signed-in user sets up.
///
/// ```no_run
/// # use cognito_idp::auth::{SignedInUser, TotpSecret};
/// # async fn example(user: SignedInUser, code: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let secret: TotpSecret = user.set_up_totp().await?;
/// println!("{}", secret.uri("My Shop", "alice")?.expose()); // as a QR code
/// user.finish_totp(code, Some("phone")).await?;
/// user.drop_totp().await?; // the user sold it
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TotpSecret {
    /// The secret, in Base32: show it as text, or as a QR code of [`uri`](Self::uri).
    pub secret: Sensitive<String>,
}

impl TotpSecret {
    /// The address that a QR code for the app holds; see [`totp_uri`].
    ///
    /// # Errors
    /// Those of [`totp_uri`].
    pub fn uri(&self, issuer: &str, account: &str) -> Result<Sensitive<String>, InvalidInput> {
        totp_uri(issuer, account, &self.secret)
    }
}

impl SignedInUser {
    /// Begins to set up an authenticator app: makes a secret for the user to put into the app.
    ///
    /// Show it and forget it; [`finish_totp`](Self::finish_totp) does not need it. An app that the
    /// user has already goes on working until then.
    ///
    /// # Errors
    /// Those of [`AssociateSoftwareTokenRequest`]; see [`send`](Self::send).
    pub async fn set_up_totp(&self) -> Result<TotpSecret, UserCallError> {
        let request = |token| AssociateSoftwareTokenRequest::new().access_token(token);
        let answer = self.answer(request).await?;
        let response: AssociateSoftwareTokenResponse = answer.decode()?;
        let secret = response.secret_code;
        let secret = secret.ok_or_else(|| answer.refused(missing("SecretCode")))?;
        Ok(TotpSecret { secret })
    }

    /// Ends the set-up with a code that the app shows, and turns the app on as preferred factor.
    ///
    /// Two calls: if the second one fails, the app is set up but off, and
    /// [`set_mfa_preference`](Self::set_mfa_preference) turns it on. After a wrong code try again
    /// with the next one.
    ///
    /// # Errors
    /// [`EnableSoftwareTokenMfa`](crate::ErrorCode::EnableSoftwareTokenMfa) or
    /// [`CodeMismatch`](crate::ErrorCode::CodeMismatch) for a wrong code, and others of
    /// [`VerifySoftwareTokenRequest`] and [`SetUserMfaPreferenceRequest`]; see
    /// [`send`](Self::send). A status of `ERROR` in an answer that is none is an
    /// [`Error::Service`](crate::Error::Service) without a code.
    pub async fn finish_totp(
        &self,
        code: impl Into<Sensitive<String>>,
        friendly_device_name: Option<&str>,
    ) -> Result<(), UserCallError> {
        let code = code.into();
        let request = |token| {
            let mut request = VerifySoftwareTokenRequest::new(&code).access_token(token);
            request.friendly_device_name = friendly_device_name.map(str::to_owned);
            request
        };
        check_verified(&self.answer(request).await?)?;
        let on = SoftwareTokenMfaSettingsType::new()
            .enabled(true)
            .preferred_mfa(true);
        self.set_mfa_preference(|mfa| mfa.software_token_mfa_settings(on.clone()))
            .await
    }

    /// Turns the authenticator app off as a second factor.
    ///
    /// # Errors
    /// Those of [`SetUserMfaPreferenceRequest`], as where the pool requires MFA and the user has no
    /// other factor; see [`send`](Self::send).
    pub async fn drop_totp(&self) -> Result<(), UserCallError> {
        let off = SoftwareTokenMfaSettingsType::new().enabled(false);
        self.set_mfa_preference(|mfa| mfa.software_token_mfa_settings(off.clone()))
            .await
    }

    /// Sets which second factors are on and which is preferred; those not named stay as they are.
    ///
    /// ```no_run
    /// # use cognito_idp::{auth::SignedInUser, operation::mfa::EmailMfaSettingsType};
    /// # async fn example(user: SignedInUser) -> Result<(), cognito_idp::auth::UserCallError> {
    /// let email = EmailMfaSettingsType::new().enabled(true).preferred_mfa(true);
    /// user.set_mfa_preference(|mfa| mfa.email_mfa_settings(email.clone())).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`SetUserMfaPreferenceRequest`]; see [`send`](Self::send).
    pub async fn set_mfa_preference(
        &self,
        change: impl Fn(SetUserMfaPreferenceRequest) -> SetUserMfaPreferenceRequest + Send + Sync,
    ) -> Result<(), UserCallError> {
        let request = |token| change(SetUserMfaPreferenceRequest::new(token));
        self.answer(request).await?;
        Ok(())
    }
}
