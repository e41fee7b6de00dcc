//! Passwords: sent, proven with SRP, or chosen anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "srp")]
use super::answer::Proof;
use super::{
    ChallengeAnswer,
    parameters::{Parameters, attributes, texts},
    state::State,
};
#[cfg(feature = "srp")]
use crate::auth::device::RememberedDevice;
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

/// The user must enter the password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Password {
    pub(super) state: State,
}

impl Password {
    /// Answers with the password.
    pub fn answer(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::Password)
            .response("PASSWORD", password)
    }
}

/// The user must enter the password, which is then proven with SRP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PasswordSrp {
    pub(super) state: State,
}

impl PasswordSrp {
    /// Answers with the password, which is not sent.
    #[cfg(feature = "srp")]
    pub fn answer(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::PasswordSrp)
            .prove(Proof::Password(password.into()))
    }

    /// Answers with an `SRP_A` that was made elsewhere; [`PasswordVerifier`] follows.
    pub fn answer_srp_a(&self, srp_a: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::PasswordSrp)
            .response("SRP_A", srp_a)
    }
}

/// The second step of SRP with the password.
///
/// You meet it only if you sent an `SRP_A` of your own; it must be answered within seconds. The proof
/// is over the [`username`](Self::username) (`USER_ID_FOR_SRP`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PasswordVerifier {
    /// What the proof is computed from.
    pub parameters: SrpParameters,
    pub(super) state: State,
}

impl PasswordVerifier {
    /// Answers with the proof and the time that it was signed with.
    pub fn answer(
        &self,
        signature: impl Into<Sensitive<String>>,
        timestamp: impl Into<Sensitive<String>>,
    ) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::PasswordVerifier)
            .claim(&self.parameters, signature, timestamp)
    }
}

/// A remembered device must prove itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeviceSrpAuth {
    pub(super) state: State,
}

impl DeviceSrpAuth {
    /// Answers with the device, whose password is not sent.
    #[cfg(feature = "srp")]
    pub fn answer(&self, device: RememberedDevice) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::DeviceSrpAuth)
            .response("DEVICE_KEY", device.key.as_str())
            .prove(Proof::Device(device))
    }

    /// Answers with an `SRP_A` that was made elsewhere; [`DevicePasswordVerifier`] follows.
    pub fn answer_srp_a(
        &self,
        device_key: impl Into<Sensitive<String>>,
        srp_a: impl Into<Sensitive<String>>,
    ) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::DeviceSrpAuth)
            .response("DEVICE_KEY", device_key)
            .response("SRP_A", srp_a)
    }
}

/// The second step of SRP with a remembered device.
///
/// You meet it only if you sent an `SRP_A` of your own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DevicePasswordVerifier {
    /// What the proof is computed from.
    pub parameters: SrpParameters,
    pub(super) state: State,
}

impl DevicePasswordVerifier {
    /// Answers with the proof and the time that it was signed with.
    pub fn answer(
        &self,
        device_key: impl Into<Sensitive<String>>,
        signature: impl Into<Sensitive<String>>,
        timestamp: impl Into<Sensitive<String>>,
    ) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::DevicePasswordVerifier)
            .response("DEVICE_KEY", device_key)
            .claim(&self.parameters, signature, timestamp)
    }
}

/// What Cognito sends for the second step of SRP; empty texts where it sent nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SrpParameters {
    /// The service's public value, in hexadecimal.
    pub srp_b: Sensitive<String>,
    /// The salt, in hexadecimal; it can be negative.
    pub salt: Sensitive<String>,
    /// Opaque data that the proof covers and the answer returns, in base64.
    pub secret_block: Sensitive<String>,
}

impl SrpParameters {
    pub(super) fn read(parameters: &mut Parameters) -> Self {
        let mut take = |name| parameters.remove(name).unwrap_or_else(|| "".into());
        Self {
            srp_b: take("SRP_B"),
            salt: take("SALT"),
            secret_block: take("SECRET_BLOCK"),
        }
    }
}

/// The user signed in with a temporary password and must choose a new one.
///
/// ```
/// use cognito_idp::auth::NewPasswordRequired;
///
/// let challenge = NewPasswordRequired::new("alice", "the session");
/// let answer = challenge.attribute("given_name", "Alice").answer("N3wP@ssword");
/// # let _ = answer;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewPasswordRequired {
    /// Attributes that the answer must set, without the prefix `userAttributes.`.
    pub required_attributes: Vec<String>,
    /// Attributes the user already has; those with a value cannot be set in the answer.
    pub user_attributes: BTreeMap<String, Sensitive<String>>,
    pub(super) answered_attributes: BTreeMap<String, Sensitive<String>>,
    pub(super) state: State,
}

impl NewPasswordRequired {
    /// Sets an attribute that the pool requires, such as `given_name`.
    #[must_use]
    pub fn attribute(
        mut self,
        name: impl Into<String>,
        value: impl Into<Sensitive<String>>,
    ) -> Self {
        self.answered_attributes.insert(name.into(), value.into());
        self
    }

    /// Answers with the new password.
    pub fn answer(&self, new_password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        let mut answer = self
            .state
            .answer(ChallengeNameType::NewPasswordRequired)
            .response("NEW_PASSWORD", new_password);
        for (name, value) in &self.answered_attributes {
            answer = answer.response(format!("userAttributes.{name}"), value);
        }
        answer
    }

    pub(super) fn read(
        parameters: &mut Parameters,
        state: impl FnOnce(&mut Parameters) -> State,
    ) -> Self {
        let strip = |name: String| match name.strip_prefix("userAttributes.") {
            Some(name) => name.to_owned(),
            None => name,
        };
        let required = texts(parameters, "requiredAttributes");
        Self {
            required_attributes: required.map(strip).collect(),
            user_attributes: attributes(parameters),
            answered_attributes: BTreeMap::new(),
            state: state(parameters),
        }
    }
}

/// The user must enter the password, in the old form of the admin side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdminNoSrpAuth {
    pub(super) state: State,
}

impl AdminNoSrpAuth {
    /// Answers with the password.
    pub fn answer(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::AdminNoSrpAuth)
            .response("PASSWORD", password)
    }
}
