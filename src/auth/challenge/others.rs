//! Passkeys, what Lambda triggers ask, and what has no type of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChallengeAnswer, state::State};
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

/// The pool's Lambda triggers ask something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomChallenge {
    /// What the trigger made public: its `publicChallengeParameters`, besides `USERNAME`.
    pub parameters: BTreeMap<String, Sensitive<String>>,
    pub(super) state: State,
}

impl CustomChallenge {
    /// Answers with what the trigger shall verify.
    pub fn answer(&self, answer: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::CustomChallenge)
            .response("ANSWER", answer)
    }
}

/// The user must sign in with a passkey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebAuthn {
    /// What to call the browser's `navigator.credentials.get` with, in the form that
    /// `PublicKeyCredential.parseRequestOptionsFromJSON` takes; `null` if it could not be read.
    pub options: Sensitive<Value>,
    pub(super) state: State,
}

impl WebAuthn {
    /// Answers with what the browser gave, in the form of the credential's `toJSON()`.
    pub fn answer(&self, credential: impl Into<Sensitive<Value>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::WebAuthn)
            .credential(credential)
    }
}

/// A challenge without a type of its own: its parameters, and an answer made of raw responses.
///
/// ```
/// use cognito_idp::auth::OtherChallenge;
///
/// let challenge = OtherChallenge::new("CHALLENGE_OF_TOMORROW", "alice", "the session");
/// let answer = challenge.answer([("ANSWER", "42")]);
/// # let _ = answer;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OtherChallenge {
    /// The challenge's name.
    pub name: ChallengeNameType,
    /// The challenge's parameters, as Cognito sent them.
    pub parameters: BTreeMap<String, Sensitive<String>>,
    pub(super) state: State,
}

impl OtherChallenge {
    /// Makes the challenge again from its name and the session that a sign-in gave.
    ///
    /// The username must be the canonical one if the user signed in with an alias.
    #[must_use]
    pub fn new(
        name: impl Into<ChallengeNameType>,
        username: impl Into<Sensitive<String>>,
        session: impl Into<Sensitive<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            parameters: BTreeMap::new(),
            state: State::of_session(username, session),
        }
    }

    /// Answers with raw responses, such as `("EMAIL_MFA_CODE", "123456")`.
    ///
    /// `USERNAME` and `SECRET_HASH` are added, and `DEVICE_KEY` unless it is among them.
    pub fn answer<K, V>(&self, responses: impl IntoIterator<Item = (K, V)>) -> ChallengeAnswer
    where
        K: Into<String>,
        V: Into<Sensitive<String>>,
    {
        let answer = self.state.answer(self.name.clone());
        responses
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.response(name, value))
    }
}
