//! Challenges: what a sign-in asks for, and the answers that each can take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

/// What the user must answer before the sign-in goes on.
///
/// A challenge owns all it needs and serializes, so that a web server can keep it between two
/// requests; the session in it is a secret. Answer it, then hand the answer to
/// [`SignIn::respond`](super::SignIn::respond).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Challenge {
    /// The password is temporary; the user must choose a new one.
    NewPasswordRequired(NewPasswordRequired),
    /// A challenge that has no type of its own here.
    Other(OtherChallenge),
}

impl Challenge {
    /// The challenge's name.
    #[must_use]
    pub fn name(&self) -> ChallengeNameType {
        match self {
            Self::NewPasswordRequired(_) => ChallengeNameType::NewPasswordRequired,
            Self::Other(challenge) => challenge.name.clone(),
        }
    }

    /// Reads a challenge as Cognito poses it to the user who signed in as `login_name`.
    pub(crate) fn read(
        name: ChallengeNameType,
        session: Option<Sensitive<String>>,
        mut parameters: BTreeMap<String, Sensitive<String>>,
        login_name: Sensitive<String>,
    ) -> Self {
        let state = State {
            username: username(&parameters, login_name),
            session,
        };
        match name {
            ChallengeNameType::NewPasswordRequired => {
                Self::NewPasswordRequired(NewPasswordRequired::read(state, &mut parameters))
            }
            name => Self::Other(OtherChallenge {
                name,
                parameters,
                state,
            }),
        }
    }
}

/// What every answer carries: which sign-in it belongs to, and whose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    /// Not an alias: answers, and secret hashes over them, take the canonical name.
    username: Sensitive<String>,
    session: Option<Sensitive<String>>,
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
    answered_attributes: BTreeMap<String, Sensitive<String>>,
    state: State,
}

impl NewPasswordRequired {
    /// Makes the challenge again from the session that a sign-in gave.
    ///
    /// The username must be the canonical one if the user signed in with an alias.
    #[must_use]
    pub fn new(
        username: impl Into<Sensitive<String>>,
        session: impl Into<Sensitive<String>>,
    ) -> Self {
        let state = State {
            username: username.into(),
            session: Some(session.into()),
        };
        Self::read(state, &mut BTreeMap::new())
    }

    /// The session, for those who keep it instead of the challenge.
    #[must_use]
    pub fn session(&self) -> Option<&Sensitive<String>> {
        self.state.session.as_ref()
    }

    /// The username that the answer will carry.
    #[must_use]
    pub fn username(&self) -> &Sensitive<String> {
        &self.state.username
    }

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
    #[must_use]
    pub fn answer(self, new_password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        let mut answer = ChallengeAnswer::new(ChallengeNameType::NewPasswordRequired, self.state)
            .response("NEW_PASSWORD", new_password);
        for (name, value) in self.answered_attributes {
            answer = answer.response(format!("userAttributes.{name}"), value);
        }
        answer
    }

    fn read(state: State, parameters: &mut BTreeMap<String, Sensitive<String>>) -> Self {
        let required: Vec<String> = json_parameter(parameters, "requiredAttributes");
        let strip = |name: String| match name.strip_prefix("userAttributes.") {
            Some(name) => name.to_owned(),
            None => name,
        };
        Self {
            required_attributes: required.into_iter().map(strip).collect(),
            user_attributes: json_parameter(parameters, "userAttributes"),
            answered_attributes: BTreeMap::new(),
            state,
        }
    }
}

/// A challenge without a type of its own: its parameters, and an answer made of raw responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OtherChallenge {
    /// The challenge's name.
    pub name: ChallengeNameType,
    /// The challenge's parameters, as Cognito sent them.
    pub parameters: BTreeMap<String, Sensitive<String>>,
    state: State,
}

impl OtherChallenge {
    /// Answers with raw responses, such as `("SMS_MFA_CODE", "123456")`.
    ///
    /// `USERNAME` and `SECRET_HASH` are added.
    #[must_use]
    pub fn answer<K, V>(self, responses: impl IntoIterator<Item = (K, V)>) -> ChallengeAnswer
    where
        K: Into<String>,
        V: Into<Sensitive<String>>,
    {
        let answer = ChallengeAnswer::new(self.name, self.state);
        responses
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.response(name, value))
    }
}

/// An answer to a challenge, ready to be sent with [`SignIn::respond`](super::SignIn::respond).
#[derive(Clone, Debug, PartialEq)]
pub struct ChallengeAnswer {
    pub(crate) name: ChallengeNameType,
    pub(crate) session: Option<Sensitive<String>>,
    pub(crate) username: Sensitive<String>,
    pub(crate) responses: BTreeMap<String, Sensitive<String>>,
}

impl ChallengeAnswer {
    fn new(name: ChallengeNameType, state: State) -> Self {
        let username = state.username.clone();
        Self {
            name,
            session: state.session,
            username,
            responses: BTreeMap::new(),
        }
        .response("USERNAME", state.username)
    }

    fn response(mut self, name: impl Into<String>, value: impl Into<Sensitive<String>>) -> Self {
        self.responses.insert(name.into(), value.into());
        self
    }
}

/// The name to answer under: Cognito tells the canonical one, which matters after an alias sign-in.
fn username(
    parameters: &BTreeMap<String, Sensitive<String>>,
    login_name: Sensitive<String>,
) -> Sensitive<String> {
    let told = parameters
        .get("USER_ID_FOR_SRP")
        .or_else(|| parameters.get("USERNAME"));
    told.filter(|name| !name.expose().is_empty())
        .cloned()
        .unwrap_or(login_name)
}

/// Takes out a parameter that is JSON in a string; one that is missing or malformed reads as empty.
fn json_parameter<T: serde::de::DeserializeOwned + Default>(
    parameters: &mut BTreeMap<String, Sensitive<String>>,
    name: &str,
) -> T {
    let text = parameters.remove(name);
    text.and_then(|text| serde_json::from_str(text.expose()).ok())
        .unwrap_or_default()
}
