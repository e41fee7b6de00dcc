//! Codes that come by text message or email, or that an app shows.

use serde::{Deserialize, Serialize};

use super::{
    ChallengeAnswer,
    parameters::{Parameters, plain},
    state::State,
};
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive, types::DeliveryMediumType};

/// The user must enter the code that came with a text message, as second factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SmsMfa {
    /// Where the code was sent.
    pub delivery: Delivery,
    pub(super) state: State,
}

impl SmsMfa {
    /// Answers with the code.
    pub fn answer(&self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SmsMfa)
            .response("SMS_MFA_CODE", code)
    }
}

/// The user must enter the code that came with an email, as first or second factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EmailOtp {
    /// Where the code was sent.
    pub delivery: Delivery,
    pub(super) state: State,
}

impl EmailOtp {
    /// Answers with the code.
    pub fn answer(&self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::EmailOtp)
            .response("EMAIL_OTP_CODE", code)
    }
}

/// The user must enter the code that came with a text message, as first factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SmsOtp {
    /// Where the code was sent.
    pub delivery: Delivery,
    pub(super) state: State,
}

impl SmsOtp {
    /// Answers with the code.
    pub fn answer(&self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SmsOtp)
            .response("SMS_OTP_CODE", code)
    }
}

/// Where a code was sent, as far as Cognito tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The address or phone number, partly masked.
    pub destination: Option<String>,
    /// By text message or by email.
    pub medium: Option<DeliveryMediumType>,
}

impl Delivery {
    pub(super) fn read(parameters: &mut Parameters) -> Self {
        Self {
            destination: plain(parameters, "CODE_DELIVERY_DESTINATION"),
            medium: plain(parameters, "CODE_DELIVERY_DELIVERY_MEDIUM").map(Into::into),
        }
    }
}

/// The user must enter the code that the authenticator app shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SoftwareTokenMfa {
    /// The name that the user gave the app at set-up.
    pub friendly_device_name: Option<String>,
    pub(super) state: State,
}

impl SoftwareTokenMfa {
    /// Answers with the code.
    pub fn answer(&self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SoftwareTokenMfa)
            .response("SOFTWARE_TOKEN_MFA_CODE", code)
    }
}
