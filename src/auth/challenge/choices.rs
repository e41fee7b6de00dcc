//! What the user chooses: a way to sign in, a second factor, one to set up.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "srp")]
use super::answer::Proof;
use super::{ChallengeAnswer, state::State};
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

string_enum! {
    /// Kind of second factor, as challenges name it.
    MfaType {
        /// A code by text message.
        SmsMfa = "SMS_MFA",
        /// A code by email.
        EmailOtp = "EMAIL_OTP",
        /// A code by email, under another name that AWS's documentation uses.
        EmailMfa = "EMAIL_MFA",
        /// A code that an authenticator app shows.
        SoftwareTokenMfa = "SOFTWARE_TOKEN_MFA",
    }
}

/// The user must choose a second factor; the challenge of that factor follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SelectMfaType {
    /// The factors that the user has.
    pub choices: Vec<MfaType>,
    pub(super) state: State,
}

impl SelectMfaType {
    /// Answers with one of the [`choices`](Self::choices).
    pub fn answer(&self, choice: &MfaType) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SelectMfaType)
            .response("ANSWER", choice.as_str())
    }
}

/// The user must set up a second factor, because the pool demands one.
///
/// For an authenticator app go on with [`SignIn::set_up_totp`](crate::auth::SignIn::set_up_totp).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MfaSetup {
    /// The factors that the user can set up.
    pub choices: Vec<MfaType>,
    pub(super) state: State,
}

impl MfaSetup {
    /// Answers that an authenticator app is set up, with the session of `VerifySoftwareToken`.
    pub fn answer_totp(&self, session: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        let mut answer = self.state.answer(ChallengeNameType::MfaSetup);
        answer.session = Some(session.into());
        answer
    }

    /// Answers with the email address that codes shall go to; [`EmailOtp`](super::EmailOtp) follows.
    pub fn answer_email(&self, address: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::MfaSetup)
            .response("EMAIL", address)
    }
}

/// The user must choose how to sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SelectChallenge {
    /// The ways that are open to the user.
    pub choices: Vec<ChallengeNameType>,
    pub(super) state: State,
}

impl SelectChallenge {
    /// Answers with one of the [`choices`](Self::choices), whose challenge then follows.
    pub fn answer(&self, choice: &ChallengeNameType) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SelectChallenge)
            .response("ANSWER", choice.as_str())
    }

    /// Chooses the password and gives it at once.
    pub fn answer_password(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::Password)
            .response("PASSWORD", password)
    }

    /// Chooses the password and proves it with SRP at once.
    #[cfg(feature = "srp")]
    pub fn answer_password_srp(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::PasswordSrp)
            .prove(Proof::Password(password.into()))
    }

    /// Chooses the password, with an `SRP_A` that was made elsewhere; [`PasswordVerifier`](super::PasswordVerifier) follows.
    pub fn answer_srp_a(&self, srp_a: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::PasswordSrp)
            .response("SRP_A", srp_a)
    }

    /// Chooses the passkey and gives at once what the browser gave, as [`WebAuthn::answer`](super::WebAuthn::answer) does.
    pub fn answer_web_authn(&self, credential: impl Into<Sensitive<Value>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::WebAuthn)
            .credential(credential)
    }
}
