//! `USER_AUTH`: the flow in which app or user choose the first factor.

use std::time::Duration;

use super::flows::Start;
use crate::{operation::auth::AuthFlowType, sensitive::Sensitive};

/// A sign-in with `USER_AUTH`: who, the first factor that is preferred, and step-up parameters.
///
/// Without a preferred factor Cognito asks with
/// [`SelectChallenge`](super::Challenge::SelectChallenge), as it does if the user does not have the
/// preferred one. The pool must be on the Essentials tier or higher.
///
/// ```
/// use cognito_idp::auth::UserAuth;
///
/// let by_mail = UserAuth::new("alice").email_otp();
/// let by_password = UserAuth::new("alice").password("P@ssw0rd!");
/// # let _ = (by_mail, by_password);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct UserAuth {
    start: Start,
}

impl UserAuth {
    /// Names the user.
    pub fn new(username: impl Into<Sensitive<String>>) -> Self {
        Self {
            start: Start::of_user(AuthFlowType::UserAuth, username),
        }
    }

    /// Prefers the password and gives it at once.
    pub fn password(self, password: impl Into<Sensitive<String>>) -> Self {
        self.prefer("PASSWORD").parameter("PASSWORD", password)
    }

    /// Prefers the password and proves it with SRP at once.
    #[cfg(feature = "srp")]
    pub fn password_srp(self, password: impl Into<Sensitive<String>>) -> Self {
        let start = self.start.prove(password);
        Self { start }.prefer("PASSWORD_SRP")
    }

    /// Prefers a code by email.
    pub fn email_otp(self) -> Self {
        self.prefer("EMAIL_OTP")
    }

    /// Prefers a code by text message.
    pub fn sms_otp(self) -> Self {
        self.prefer("SMS_OTP")
    }

    /// Prefers a passkey.
    pub fn web_authn(self) -> Self {
        self.prefer("WEB_AUTHN")
    }

    /// Goes on from `ConfirmSignUp`, whose code then counts as the first factor.
    pub fn session(mut self, session: impl Into<Sensitive<String>>) -> Self {
        self.start.session = Some(session.into());
        self
    }

    /// Demands one of these authentication context classes, separated by spaces
    /// (`TARGET_ACR_VALUES`).
    pub fn target_acr_values(self, values: impl Into<Sensitive<String>>) -> Self {
        self.parameter("TARGET_ACR_VALUES", values)
    }

    /// Demands that the user signed in no longer ago than this, to the second (`MAX_AGE`).
    pub fn max_age(self, age: Duration) -> Self {
        self.parameter("MAX_AGE", age.as_secs().to_string())
    }

    /// Steps up the sign-in that this access token stands for; needs
    /// [`target_acr_values`](Self::target_acr_values).
    pub fn access_token(self, access_token: impl Into<Sensitive<String>>) -> Self {
        self.parameter("ACCESS_TOKEN", access_token)
    }

    fn prefer(self, challenge: &str) -> Self {
        self.parameter("PREFERRED_CHALLENGE", challenge)
    }

    fn parameter(self, name: &str, value: impl Into<Sensitive<String>>) -> Self {
        Self {
            start: self.start.parameter(name, value),
        }
    }

    pub(super) fn into_start(self) -> Start {
        self.start
    }
}
