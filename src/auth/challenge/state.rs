//! What all challenges have in common.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChallengeAnswer, parameters::Parameters};
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

/// What every answer carries: which sign-in it belongs to, and whose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Not an alias: answers, and secret hashes over them, take the canonical name.
    pub(super) username: Sensitive<String>,
    pub(super) session: Option<Sensitive<String>>,
    /// Parameters that no field has taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) other_parameters: Parameters,
}

impl State {
    pub(super) fn new(
        username: Sensitive<String>,
        session: Option<Sensitive<String>>,
        rest: &mut Parameters,
    ) -> Self {
        let mut other_parameters = std::mem::take(rest);
        other_parameters.retain(|name, value| {
            !matches!(name.as_str(), "USERNAME" | "USER_ID_FOR_SRP") || *value != username
        });
        Self {
            username,
            session,
            other_parameters,
        }
    }

    pub(super) fn of_session(
        username: impl Into<Sensitive<String>>,
        session: impl Into<Sensitive<String>>,
    ) -> Self {
        Self::new(username.into(), Some(session.into()), &mut BTreeMap::new())
    }

    pub(super) fn answer(&self, name: ChallengeNameType) -> ChallengeAnswer {
        ChallengeAnswer {
            name,
            session: self.session.clone(),
            username: self.username.clone(),
            responses: BTreeMap::new(),
            #[cfg(feature = "srp")]
            proof: None,
        }
        .response("USERNAME", &self.username)
    }
}
