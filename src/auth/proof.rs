//! The two steps of SRP inside a sign-in.

use std::io;

use http::StatusCode;
use zeroize::Zeroizing;

use super::{
    challenge::{ChallengeAnswer, DevicePasswordVerifier, PasswordVerifier, SrpParameters},
    device::RememberedDevice,
    srp::{SECRET_LEN, SrpChallenge, SrpError, SrpExchange, SrpIdentity},
};
use crate::{
    error::{DecodeError, DecodeProblem, Error, InvalidInput},
    sensitive::Sensitive,
};

/// What is to be proven without being sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Proof {
    /// The user's password.
    Password(Sensitive<String>),
    /// The password of a remembered device.
    Device(RememberedDevice),
}

/// Where random bytes come from.
pub(crate) type RandomSource = fn(&mut [u8]) -> io::Result<()>;

/// The operating system's random bytes.
pub(crate) fn system_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::getrandom(bytes).map_err(|_| io::Error::other("the system gave no random bytes"))
}

pub(crate) fn fill(bytes: &mut [u8], random: RandomSource) -> Result<(), Error> {
    random(bytes).map_err(|_| InvalidInput::new("random_source", "must give random bytes").into())
}

/// A proof whose first step is taken.
pub(crate) struct PendingProof {
    proof: Proof,
    exchange: SrpExchange,
}

impl PendingProof {
    pub(crate) fn begin(proof: Proof, random: RandomSource) -> Result<Self, Error> {
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        fill(&mut *secret, random)?;
        let exchange = SrpExchange::new(&*secret)
            .map_err(|_| InvalidInput::new("random_source", "must give random bytes"))?;
        Ok(Self { proof, exchange })
    }

    pub(crate) fn srp_a(&self) -> Sensitive<String> {
        self.exchange.srp_a().into()
    }

    /// Takes the second step for a password; gives the challenge back if that is not the proof.
    ///
    /// `operation` is the one whose answer holds the challenge.
    pub(crate) fn answer_password(
        &self,
        challenge: PasswordVerifier,
        user_pool_id: &str,
        timestamp: String,
        operation: &'static str,
    ) -> Result<Result<ChallengeAnswer, PasswordVerifier>, Error> {
        let Proof::Password(password) = &self.proof else {
            return Ok(Err(challenge));
        };
        let name = challenge.username().clone();
        let identity = SrpIdentity::user(user_pool_id, name.expose(), password.expose());
        let signature = identity
            .and_then(|identity| self.sign(&identity, &challenge.parameters, &timestamp))
            .map_err(|error| srp_error(&error, operation))?;
        Ok(Ok(challenge.answer(signature, timestamp)))
    }

    /// Takes the second step for a device; gives the challenge back if that is not the proof.
    pub(crate) fn answer_device(
        &self,
        challenge: DevicePasswordVerifier,
        timestamp: String,
        operation: &'static str,
    ) -> Result<Result<ChallengeAnswer, DevicePasswordVerifier>, Error> {
        let Proof::Device(device) = &self.proof else {
            return Ok(Err(challenge));
        };
        let identity =
            SrpIdentity::device(&device.group_key, &device.key, device.password.expose());
        let signature = self
            .sign(&identity, &challenge.parameters, &timestamp)
            .map_err(|error| srp_error(&error, operation))?;
        Ok(Ok(challenge.answer(
            device.key.as_str(),
            signature,
            timestamp,
        )))
    }

    fn sign(
        &self,
        identity: &SrpIdentity<'_>,
        parameters: &SrpParameters,
        timestamp: &str,
    ) -> Result<Sensitive<String>, SrpError> {
        let challenge = SrpChallenge {
            srp_b: parameters.srp_b.expose(),
            salt: parameters.salt.expose(),
            secret_block: parameters.secret_block.expose(),
        };
        self.exchange
            .password_claim_signature(identity, &challenge, timestamp)
    }
}

/// What is wrong is the service's answer, or the pool's ID.
fn srp_error(error: &SrpError, operation: &'static str) -> Error {
    let member = match *error {
        SrpError::InvalidUserPoolId => {
            return InvalidInput::new("user_pool_id", "must be of the form <region>_<name>").into();
        }
        SrpError::NotHex { parameter }
        | SrpError::NotBase64 { parameter }
        | SrpError::TooLong { parameter, .. }
        | SrpError::WrongLength { parameter, .. }
        | SrpError::Zero { parameter } => parameter,
    };
    let problem = DecodeProblem::MalformedMember { member };
    DecodeError::new(operation, StatusCode::OK, problem).into()
}
