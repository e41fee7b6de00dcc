//! Signing in: outcomes, challenges, secret hashes, and the flows over them.

mod challenge;
mod flows;
pub mod secret_hash;
#[cfg(feature = "srp")]
pub(crate) mod srp;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::{
    challenge::{Challenge, ChallengeAnswer, NewPasswordRequired, OtherChallenge},
    flows::SignIn,
    secret_hash::AppClient,
};
use crate::{
    operation::auth::{AuthenticationResultType, NewDeviceMetadataType},
    sensitive::Sensitive,
};

/// Where a sign-in stands after a step: done, or with something left to answer.
///
/// ```
/// use cognito_idp::auth::{AuthOutcome, Challenge};
///
/// fn next_page(outcome: &AuthOutcome) -> &'static str {
///     match outcome {
///         AuthOutcome::Tokens(_) => "/home",
///         AuthOutcome::Challenge(Challenge::NewPasswordRequired(_)) => "/new-password",
///         AuthOutcome::Challenge(_) => "/unsupported",
///     }
/// }
/// # let _ = next_page;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AuthOutcome {
    /// The user is signed in.
    Tokens(Tokens),
    /// The user must answer first; the challenge can be stored and answered in a later request.
    Challenge(Challenge),
}

impl AuthOutcome {
    /// The tokens, if the user is signed in.
    #[must_use]
    pub fn tokens(self) -> Option<Tokens> {
        match self {
            Self::Tokens(tokens) => Some(tokens),
            Self::Challenge(_) => None,
        }
    }

    /// The challenge, if the user must answer first.
    #[must_use]
    pub fn challenge(self) -> Option<Challenge> {
        match self {
            Self::Tokens(_) => None,
            Self::Challenge(challenge) => Some(challenge),
        }
    }
}

/// The tokens of a signed-in user.
///
/// It serializes with the tokens in it: keep what you write as safe as a password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// Token for operations that act as the user, such as `GetUser`.
    pub access_token: Sensitive<String>,
    /// Token that tells who the user is; absent when the flow gives none.
    pub id_token: Option<Sensitive<String>>,
    /// Token to get new ones with; absent after a refresh without rotation.
    pub refresh_token: Option<Sensitive<String>>,
    /// How long the access token is valid, counted from the answer.
    pub expires_in: Duration,
    /// Kind of the access token, in practice `Bearer`.
    pub token_type: String,
    /// A new device to confirm, if the pool remembers devices.
    pub new_device_metadata: Option<NewDeviceMetadataType>,
}

impl Tokens {
    /// Takes the tokens out of an answer; `None` without an access token.
    pub(crate) fn from_result(result: AuthenticationResultType) -> Option<Self> {
        Some(Self {
            access_token: result.access_token?,
            id_token: result.id_token,
            refresh_token: result.refresh_token,
            expires_in: Duration::from_secs(
                result
                    .expires_in
                    .and_then(|seconds| u64::try_from(seconds).ok())
                    .unwrap_or(0),
            ),
            token_type: result.token_type.unwrap_or_else(|| "Bearer".to_owned()),
            new_device_metadata: result.new_device_metadata,
        })
    }
}
