//! Answers, ready to be sent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::SrpParameters;
#[cfg(feature = "srp")]
use crate::auth::device::RememberedDevice;
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

const CREDENTIAL: &str = "CREDENTIAL";

/// An answer to a challenge, ready to be sent with [`SignIn::respond`](crate::auth::SignIn::respond).
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct ChallengeAnswer {
    pub(crate) name: ChallengeNameType,
    pub(crate) session: Option<Sensitive<String>>,
    pub(crate) username: Sensitive<String>,
    pub(crate) responses: BTreeMap<String, Sensitive<String>>,
    #[cfg(feature = "srp")]
    pub(crate) proof: Option<Proof>,
}

impl ChallengeAnswer {
    pub(crate) fn response(
        mut self,
        name: impl Into<String>,
        value: impl Into<Sensitive<String>>,
    ) -> Self {
        self.responses.insert(name.into(), value.into());
        self
    }

    pub(super) fn credential(self, credential: impl Into<Sensitive<Value>>) -> Self {
        // A `Value` always has a text.
        let credential = credential.into().expose().to_string();
        self.response(CREDENTIAL, credential)
    }

    /// Whether a passkey answers: the one answer that goes without `DEVICE_KEY`.
    ///
    /// AWS asks for the key "for device authentication", which does not follow a passkey, and
    /// Amplify's clients leave it out there.
    pub(crate) fn is_of_passkey(&self) -> bool {
        self.responses.contains_key(CREDENTIAL)
    }

    #[cfg(feature = "srp")]
    pub(super) fn prove(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    pub(super) fn claim(
        self,
        parameters: &SrpParameters,
        signature: impl Into<Sensitive<String>>,
        timestamp: impl Into<Sensitive<String>>,
    ) -> Self {
        self.response("PASSWORD_CLAIM_SECRET_BLOCK", &parameters.secret_block)
            .response("PASSWORD_CLAIM_SIGNATURE", signature)
            .response("TIMESTAMP", timestamp)
    }
}

/// What is to be proven without being sent.
#[cfg(feature = "srp")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Proof {
    /// The user's password.
    Password(Sensitive<String>),
    /// The password of a remembered device.
    Device(RememberedDevice),
}
