//! Challenges: what a sign-in asks for, and the answers that each can take.
//!
//! Every challenge is a type of its own, and its `answer` takes what that challenge asks for and
//! nothing else. This compiles:
//!
//! ```
//! use cognito_idp::auth::{AuthOutcome, Challenge, SignIn};
//!
//! # async fn example(sign_in: SignIn, code: &str) -> Result<(), cognito_idp::Error> {
//! let mut outcome = sign_in.password("alice", "P@ssw0rd!").await?;
//! if let AuthOutcome::Challenge(Challenge::SmsMfa(challenge)) = outcome {
//!     outcome = sign_in.respond(challenge.answer(code)).await?;
//! }
//! # let _ = outcome;
//! # Ok(())
//! # }
//! ```
//!
//! A code where one of the user's second factors must be chosen does not:
//!
//! ```compile_fail,E0308
//! use cognito_idp::auth::challenge::{ChallengeAnswer, SelectMfaType};
//!
//! fn answer(challenge: SelectMfaType) -> ChallengeAnswer {
//!     challenge.answer("123456")
//! }
//! ```
//!
//! Nor does answering a challenge twice, because a session is good for one answer:
//!
//! ```compile_fail,E0382
//! use cognito_idp::auth::challenge::{ChallengeAnswer, SmsMfa};
//!
//! fn answer(challenge: SmsMfa) -> [ChallengeAnswer; 2] {
//!     [challenge.answer("123456"), challenge.answer("654321")]
//! }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive, types::DeliveryMediumType};

#[cfg(feature = "srp")]
use super::{device::RememberedDevice, proof::Proof};

type Parameters = BTreeMap<String, Sensitive<String>>;

/// What the user must answer before the sign-in goes on.
///
/// A challenge owns all it needs and serializes, so that a web server can keep it between two
/// requests; the session in it is a secret. Answer it, then hand the answer to
/// [`SignIn::respond`](super::SignIn::respond).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Challenge {
    /// A second factor: the code from a text message.
    SmsMfa(SmsMfa),
    /// A first or second factor: the code from an email.
    EmailOtp(EmailOtp),
    /// A first factor: the code from a text message.
    SmsOtp(SmsOtp),
    /// A second factor: the code that the authenticator app shows.
    SoftwareTokenMfa(SoftwareTokenMfa),
    /// The user has several second factors and must choose one.
    SelectMfaType(SelectMfaType),
    /// The user must set up a second factor.
    MfaSetup(MfaSetup),
    /// The user may sign in in several ways and must choose one.
    SelectChallenge(SelectChallenge),
    /// A first factor: the password.
    Password(Password),
    /// A first factor: the password, proven with SRP.
    PasswordSrp(PasswordSrp),
    /// The second step of SRP; [`SignIn`](super::SignIn) takes it itself where it took the first.
    PasswordVerifier(PasswordVerifier),
    /// A remembered device must prove itself with SRP; a [`SignIn`](super::SignIn) that knows the
    /// device answers it itself.
    DeviceSrpAuth(DeviceSrpAuth),
    /// The second step of SRP with a device; [`SignIn`](super::SignIn) takes it itself where it
    /// took the first.
    DevicePasswordVerifier(DevicePasswordVerifier),
    /// The password is temporary; the user must choose a new one.
    NewPasswordRequired(NewPasswordRequired),
    /// A question that the pool's Lambda triggers ask.
    CustomChallenge(CustomChallenge),
    /// A first or second factor: a passkey.
    WebAuthn(WebAuthn),
    /// A first factor in the old form: the password.
    AdminNoSrpAuth(AdminNoSrpAuth),
    /// A challenge that has no type of its own here.
    Other(OtherChallenge),
}

impl Challenge {
    /// The challenge's name.
    #[must_use]
    pub fn name(&self) -> ChallengeNameType {
        match self {
            Self::SmsMfa(_) => ChallengeNameType::SmsMfa,
            Self::EmailOtp(_) => ChallengeNameType::EmailOtp,
            Self::SmsOtp(_) => ChallengeNameType::SmsOtp,
            Self::SoftwareTokenMfa(_) => ChallengeNameType::SoftwareTokenMfa,
            Self::SelectMfaType(_) => ChallengeNameType::SelectMfaType,
            Self::MfaSetup(_) => ChallengeNameType::MfaSetup,
            Self::SelectChallenge(_) => ChallengeNameType::SelectChallenge,
            Self::Password(_) => ChallengeNameType::Password,
            Self::PasswordSrp(_) => ChallengeNameType::PasswordSrp,
            Self::PasswordVerifier(_) => ChallengeNameType::PasswordVerifier,
            Self::DeviceSrpAuth(_) => ChallengeNameType::DeviceSrpAuth,
            Self::DevicePasswordVerifier(_) => ChallengeNameType::DevicePasswordVerifier,
            Self::NewPasswordRequired(_) => ChallengeNameType::NewPasswordRequired,
            Self::CustomChallenge(_) => ChallengeNameType::CustomChallenge,
            Self::WebAuthn(_) => ChallengeNameType::WebAuthn,
            Self::AdminNoSrpAuth(_) => ChallengeNameType::AdminNoSrpAuth,
            Self::Other(challenge) => challenge.name.clone(),
        }
    }

    /// Reads a challenge as Cognito poses it to the user who signed in as `login_name`.
    pub(crate) fn read(
        name: ChallengeNameType,
        session: Option<Sensitive<String>>,
        mut parameters: Parameters,
        available: Vec<ChallengeNameType>,
        login_name: Sensitive<String>,
    ) -> Self {
        let state = State {
            username: username(&parameters, login_name),
            session,
        };
        let from = &mut parameters;
        match name {
            ChallengeNameType::SmsMfa => Self::SmsMfa(SmsMfa {
                delivery: Delivery::read(from),
                state,
            }),
            ChallengeNameType::EmailOtp => Self::EmailOtp(EmailOtp {
                delivery: Delivery::read(from),
                state,
            }),
            ChallengeNameType::SmsOtp => Self::SmsOtp(SmsOtp {
                delivery: Delivery::read(from),
                state,
            }),
            ChallengeNameType::SoftwareTokenMfa => Self::SoftwareTokenMfa(SoftwareTokenMfa {
                friendly_device_name: plain(from, "FRIENDLY_DEVICE_NAME"),
                state,
            }),
            ChallengeNameType::SelectMfaType => Self::SelectMfaType(SelectMfaType {
                choices: json(from, "MFAS_CAN_CHOOSE"),
                state,
            }),
            ChallengeNameType::MfaSetup => Self::MfaSetup(MfaSetup {
                choices: json(from, "MFAS_CAN_SETUP"),
                state,
            }),
            ChallengeNameType::SelectChallenge => Self::SelectChallenge(SelectChallenge {
                choices: available,
                state,
            }),
            ChallengeNameType::Password => Self::Password(Password { state }),
            ChallengeNameType::PasswordSrp => Self::PasswordSrp(PasswordSrp { state }),
            ChallengeNameType::PasswordVerifier => Self::PasswordVerifier(PasswordVerifier {
                parameters: SrpParameters::read(from),
                state,
            }),
            ChallengeNameType::DeviceSrpAuth => Self::DeviceSrpAuth(DeviceSrpAuth { state }),
            ChallengeNameType::DevicePasswordVerifier => {
                Self::DevicePasswordVerifier(DevicePasswordVerifier {
                    parameters: SrpParameters::read(from),
                    state,
                })
            }
            ChallengeNameType::NewPasswordRequired => {
                Self::NewPasswordRequired(NewPasswordRequired::read(state, from))
            }
            ChallengeNameType::CustomChallenge => {
                Self::CustomChallenge(CustomChallenge { parameters, state })
            }
            ChallengeNameType::WebAuthn => Self::WebAuthn(WebAuthn {
                options: json(from, "CREDENTIAL_REQUEST_OPTIONS"),
                state,
            }),
            ChallengeNameType::AdminNoSrpAuth => Self::AdminNoSrpAuth(AdminNoSrpAuth { state }),
            name @ ChallengeNameType::Other(_) => Self::Other(OtherChallenge {
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

impl State {
    fn answer(self, name: ChallengeNameType) -> ChallengeAnswer {
        let username = self.username.clone();
        ChallengeAnswer {
            name,
            session: self.session,
            username: self.username,
            responses: BTreeMap::new(),
            #[cfg(feature = "srp")]
            proof: None,
        }
        .response("USERNAME", username)
    }
}

/// The user must enter the code that came with a text message, as second factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SmsMfa {
    /// Where the code was sent.
    pub delivery: Delivery,
    state: State,
}

impl SmsMfa {
    /// Answers with the code.
    pub fn answer(self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
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
    state: State,
}

impl EmailOtp {
    /// Answers with the code.
    pub fn answer(self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
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
    state: State,
}

impl SmsOtp {
    /// Answers with the code.
    pub fn answer(self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
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
    fn read(parameters: &mut Parameters) -> Self {
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
    state: State,
}

impl SoftwareTokenMfa {
    /// Answers with the code.
    pub fn answer(self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SoftwareTokenMfa)
            .response("SOFTWARE_TOKEN_MFA_CODE", code)
    }
}

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
    state: State,
}

impl SelectMfaType {
    /// Answers with one of the [`choices`](Self::choices).
    pub fn answer(self, choice: &MfaType) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SelectMfaType)
            .response("ANSWER", choice.as_str())
    }
}

/// The user must set up a second factor, because the pool demands one.
///
/// For an authenticator app go on with [`SignIn::set_up_totp`](super::SignIn::set_up_totp).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MfaSetup {
    /// The factors that the user can set up.
    pub choices: Vec<MfaType>,
    state: State,
}

impl MfaSetup {
    /// Answers that an authenticator app is set up, with the session of `VerifySoftwareToken`.
    pub fn answer_totp(self, session: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        let state = State {
            session: Some(session.into()),
            ..self.state
        };
        state.answer(ChallengeNameType::MfaSetup)
    }

    /// Answers with the email address that codes shall go to; [`EmailOtp`] follows.
    pub fn answer_email(self, address: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::MfaSetup)
            .response("EMAIL", address)
    }

    pub(crate) fn session(&self) -> Option<&Sensitive<String>> {
        self.state.session.as_ref()
    }
}

/// The user must choose how to sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SelectChallenge {
    /// The ways that are open to the user.
    pub choices: Vec<ChallengeNameType>,
    state: State,
}

impl SelectChallenge {
    /// Answers with one of the [`choices`](Self::choices), whose challenge then follows.
    pub fn answer(self, choice: &ChallengeNameType) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SelectChallenge)
            .response("ANSWER", choice.as_str())
    }

    /// Chooses the password and gives it at once.
    pub fn answer_password(self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::Password)
            .response("PASSWORD", password)
    }

    /// Chooses the password and proves it with SRP at once.
    #[cfg(feature = "srp")]
    pub fn answer_password_srp(self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::PasswordSrp)
            .prove(Proof::Password(password.into()))
    }
}

/// The user must enter the password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Password {
    state: State,
}

impl Password {
    /// Answers with the password.
    pub fn answer(self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::Password)
            .response("PASSWORD", password)
    }
}

/// The user must enter the password, which is then proven with SRP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PasswordSrp {
    state: State,
}

impl PasswordSrp {
    /// Answers with the password, which is not sent.
    #[cfg(feature = "srp")]
    pub fn answer(self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::PasswordSrp)
            .prove(Proof::Password(password.into()))
    }

    /// Answers with an `SRP_A` that was made elsewhere; [`PasswordVerifier`] follows.
    pub fn answer_srp_a(self, srp_a: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::PasswordSrp)
            .response("SRP_A", srp_a)
    }
}

/// The second step of SRP with the password.
///
/// You meet it only if you sent an `SRP_A` of your own; it must be answered within seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PasswordVerifier {
    /// What the proof is computed from.
    pub parameters: SrpParameters,
    state: State,
}

impl PasswordVerifier {
    /// The name that the proof is over (`USER_ID_FOR_SRP`).
    #[must_use]
    pub fn username(&self) -> &Sensitive<String> {
        &self.state.username
    }

    /// Answers with the proof and the time that it was signed with.
    pub fn answer(
        self,
        signature: impl Into<Sensitive<String>>,
        timestamp: impl Into<Sensitive<String>>,
    ) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::PasswordVerifier)
            .claim(self.parameters, signature, timestamp)
    }
}

/// A remembered device must prove itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeviceSrpAuth {
    state: State,
}

impl DeviceSrpAuth {
    /// Answers with the device, whose password is not sent.
    #[cfg(feature = "srp")]
    pub fn answer(self, device: RememberedDevice) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::DeviceSrpAuth)
            .response("DEVICE_KEY", device.key.as_str())
            .prove(Proof::Device(device))
    }

    /// Answers with an `SRP_A` that was made elsewhere; [`DevicePasswordVerifier`] follows.
    pub fn answer_srp_a(
        self,
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
    state: State,
}

impl DevicePasswordVerifier {
    /// Answers with the proof and the time that it was signed with.
    pub fn answer(
        self,
        device_key: impl Into<Sensitive<String>>,
        signature: impl Into<Sensitive<String>>,
        timestamp: impl Into<Sensitive<String>>,
    ) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::DevicePasswordVerifier)
            .response("DEVICE_KEY", device_key)
            .claim(self.parameters, signature, timestamp)
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
    fn read(parameters: &mut Parameters) -> Self {
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
    pub fn answer(self, new_password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        let mut answer = self
            .state
            .answer(ChallengeNameType::NewPasswordRequired)
            .response("NEW_PASSWORD", new_password);
        for (name, value) in self.answered_attributes {
            answer = answer.response(format!("userAttributes.{name}"), value);
        }
        answer
    }

    fn read(state: State, parameters: &mut Parameters) -> Self {
        let required: Vec<String> = json(parameters, "requiredAttributes");
        let strip = |name: String| match name.strip_prefix("userAttributes.") {
            Some(name) => name.to_owned(),
            None => name,
        };
        Self {
            required_attributes: required.into_iter().map(strip).collect(),
            user_attributes: json(parameters, "userAttributes"),
            answered_attributes: BTreeMap::new(),
            state,
        }
    }
}

/// The pool's Lambda triggers ask something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomChallenge {
    /// What the trigger made public: its `publicChallengeParameters`, besides `USERNAME`.
    pub parameters: BTreeMap<String, Sensitive<String>>,
    state: State,
}

impl CustomChallenge {
    /// Answers with what the trigger shall verify.
    pub fn answer(self, answer: impl Into<Sensitive<String>>) -> ChallengeAnswer {
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
    pub options: Value,
    state: State,
}

impl WebAuthn {
    /// Answers with what the browser gave, in the form of the credential's `toJSON()`.
    pub fn answer(self, credential: impl Into<Sensitive<Value>>) -> ChallengeAnswer {
        // A `Value` always has a text.
        let credential = credential.into().expose().to_string();
        self.state
            .answer(ChallengeNameType::WebAuthn)
            .response("CREDENTIAL", credential)
    }
}

/// The user must enter the password, in the old form of the admin side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AdminNoSrpAuth {
    state: State,
}

impl AdminNoSrpAuth {
    /// Answers with the password.
    pub fn answer(self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::AdminNoSrpAuth)
            .response("PASSWORD", password)
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
    /// Answers with raw responses, such as `("EMAIL_MFA_CODE", "123456")`.
    ///
    /// `USERNAME` and `SECRET_HASH` are added.
    pub fn answer<K, V>(self, responses: impl IntoIterator<Item = (K, V)>) -> ChallengeAnswer
    where
        K: Into<String>,
        V: Into<Sensitive<String>>,
    {
        let answer = self.state.answer(self.name);
        responses
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.response(name, value))
    }
}

/// An answer to a challenge, ready to be sent with [`SignIn::respond`](super::SignIn::respond).
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

    #[cfg(feature = "srp")]
    fn prove(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    fn claim(
        self,
        parameters: SrpParameters,
        signature: impl Into<Sensitive<String>>,
        timestamp: impl Into<Sensitive<String>>,
    ) -> Self {
        self.response("PASSWORD_CLAIM_SECRET_BLOCK", parameters.secret_block)
            .response("PASSWORD_CLAIM_SIGNATURE", signature)
            .response("TIMESTAMP", timestamp)
    }
}

/// The name to answer under: Cognito tells the canonical one, which matters after an alias sign-in.
fn username(parameters: &Parameters, login_name: Sensitive<String>) -> Sensitive<String> {
    let told = |name| {
        parameters
            .get(name)
            .filter(|value| !value.expose().is_empty())
    };
    told("USER_ID_FOR_SRP")
        .or_else(|| told("USERNAME"))
        .cloned()
        .unwrap_or(login_name)
}

/// Takes out a parameter that may be shown.
fn plain(parameters: &mut Parameters, name: &str) -> Option<String> {
    parameters.remove(name).map(|text| text.expose().clone())
}

/// Takes out a parameter that is JSON in a string; one that is missing or malformed reads as empty.
fn json<T: DeserializeOwned + Default>(parameters: &mut Parameters, name: &str) -> T {
    let text = parameters.remove(name);
    text.and_then(|text| serde_json::from_str(text.expose()).ok())
        .unwrap_or_default()
}
