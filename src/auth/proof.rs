//! The two steps of SRP inside a sign-in.

use std::time::SystemTime;

use zeroize::Zeroizing;

use super::{
    challenge::{ChallengeAnswer, DevicePasswordVerifier, PasswordVerifier, Proof, SrpParameters},
    device::RememberedDevice,
    srp::{SECRET_LEN, SrpChallenge, SrpError, SrpExchange, SrpIdentity, timestamp},
};
use crate::{
    client::Answer,
    error::{DecodeProblem, Error, InvalidInput},
    random_bytes::{RandomSource, fill},
    sensitive::Sensitive,
};

const NOT_RANDOM: &str = "must give random bytes";

/// A proof whose first step is taken.
pub(crate) enum Pending<'a> {
    Password(PasswordProof<'a>),
    Device(DeviceProof),
}

impl<'a> Pending<'a> {
    pub(crate) fn begin(
        proof: Proof,
        user_pool_id: Option<&'a str>,
        random: RandomSource,
    ) -> Result<Self, Error> {
        let exchange = || {
            let mut secret = Zeroizing::new([0; SECRET_LEN]);
            fill(&mut *secret, random)?;
            SrpExchange::new(&*secret)
                .map_err(|_| Error::from(InvalidInput::new("random_source", NOT_RANDOM)))
        };
        let password = match proof {
            Proof::Password(password) => password,
            Proof::Device(device) => {
                if !device.can_prove_itself() {
                    let rule = "must hold its group's key and its password to prove itself";
                    return Err(InvalidInput::new("device", rule).into());
                }
                let exchange = exchange()?;
                return Ok(Self::Device(DeviceProof { device, exchange }));
            }
        };
        let user_pool_id =
            user_pool_id.ok_or_else(|| InvalidInput::new("user_pool_id", "must be set for SRP"))?;
        if SrpIdentity::user(user_pool_id, "", "").is_err() {
            return Err(malformed_pool_id());
        }
        Ok(Self::Password(PasswordProof {
            password,
            user_pool_id,
            exchange: exchange()?,
        }))
    }

    pub(crate) fn srp_a(&self) -> Sensitive<String> {
        let (Self::Password(PasswordProof { exchange, .. })
        | Self::Device(DeviceProof { exchange, .. })) = self;
        exchange.srp_a().into()
    }
}

/// A user's password, to be proven.
pub(crate) struct PasswordProof<'a> {
    password: Sensitive<String>,
    user_pool_id: &'a str,
    exchange: SrpExchange,
}

impl PasswordProof<'_> {
    /// Takes the second step; `posed` is the answer that holds the challenge.
    pub(crate) fn answer(
        &self,
        challenge: &PasswordVerifier,
        server_time: SystemTime,
        posed: &Answer,
    ) -> Result<ChallengeAnswer, Error> {
        let timestamp = timestamp(server_time);
        let name = challenge.username().expose();
        let signature = SrpIdentity::user(self.user_pool_id, name, self.password.expose())
            .and_then(|user| sign(&self.exchange, &user, &challenge.parameters, &timestamp))
            .map_err(|error| srp_error(&error, posed))?;
        Ok(challenge.answer(signature, timestamp))
    }
}

/// A remembered device, to be proven.
pub(crate) struct DeviceProof {
    device: RememberedDevice,
    exchange: SrpExchange,
}

impl DeviceProof {
    /// Takes the second step; `posed` is the answer that holds the challenge.
    pub(crate) fn answer(
        &self,
        challenge: &DevicePasswordVerifier,
        server_time: SystemTime,
        posed: &Answer,
    ) -> Result<ChallengeAnswer, Error> {
        let timestamp = timestamp(server_time);
        let RememberedDevice {
            key,
            group_key,
            password,
        } = &self.device;
        let device = SrpIdentity::device(group_key, key, password.expose());
        let signature = sign(&self.exchange, &device, &challenge.parameters, &timestamp)
            .map_err(|error| srp_error(&error, posed))?;
        Ok(challenge.answer(key.as_str(), signature, timestamp))
    }
}

fn sign(
    exchange: &SrpExchange,
    identity: &SrpIdentity<'_>,
    parameters: &SrpParameters,
    timestamp: &str,
) -> Result<Sensitive<String>, SrpError> {
    let challenge = SrpChallenge {
        srp_b: parameters.srp_b.expose(),
        salt: parameters.salt.expose(),
        secret_block: parameters.secret_block.expose(),
    };
    exchange.password_claim_signature(identity, &challenge, timestamp)
}

/// What is wrong is the service's answer, or the pool's ID.
fn srp_error(error: &SrpError, posed: &Answer) -> Error {
    let member = match *error {
        SrpError::InvalidUserPoolId => return malformed_pool_id(),
        SrpError::NotHex { parameter }
        | SrpError::NotBase64 { parameter }
        | SrpError::TooLong { parameter, .. }
        | SrpError::WrongLength { parameter, .. }
        | SrpError::Zero { parameter } => parameter,
    };
    let problem = DecodeProblem::MalformedMember { member };
    posed.refused(problem)
}

fn malformed_pool_id() -> Error {
    InvalidInput::new("user_pool_id", "must be of the form <region>_<name>").into()
}
