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
//! # Again after a wrong answer
//! An answer only borrows its challenge, so a user whose code was wrong gets another try. After
//! [`CodeMismatch`](crate::ErrorCode::CodeMismatch) the session stands and no new one comes: answer
//! the same challenge again, also in a later request if you have stored it. So it is after a new
//! password that breaks the pool's policy ([`InvalidPassword`](crate::ErrorCode::InvalidPassword)).
//!
//! ```
//! use cognito_idp::{Error, ErrorCode, auth::{AuthOutcome, SignIn, challenge::SmsMfa}};
//!
//! async fn enter_code(
//!     sign_in: &SignIn,
//!     challenge: &SmsMfa,
//!     ask: fn() -> String,
//! ) -> Result<AuthOutcome, Error> {
//!     loop {
//!         match sign_in.respond(challenge.answer(ask())).await {
//!             Err(error) if error.is(ErrorCode::CodeMismatch) => continue,
//!             outcome => return outcome,
//!         }
//!     }
//! }
//! # let _ = enter_code;
//! ```
//!
//! An answer that Cognito accepts uses the session up, even where another challenge follows with a
//! session of its own. That is also how [`CustomChallenge`] deals with a wrong answer: the pool's
//! triggers pose the next one, and the challenge before it is spent. Whatever else fails ends the
//! sign-in ([`NotAuthorizedReason::InvalidSession`](crate::error::NotAuthorizedReason)): begin anew.

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
/// [`SignIn::respond`](super::SignIn::respond). Answering only borrows it: after a wrong code
/// [answer it again](self#again-after-a-wrong-answer).
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

    /// The username that the answer will carry: the canonical one, also after a sign-in with an alias.
    #[must_use]
    pub fn username(&self) -> &Sensitive<String> {
        match self {
            Self::SmsMfa(challenge) => challenge.username(),
            Self::EmailOtp(challenge) => challenge.username(),
            Self::SmsOtp(challenge) => challenge.username(),
            Self::SoftwareTokenMfa(challenge) => challenge.username(),
            Self::SelectMfaType(challenge) => challenge.username(),
            Self::MfaSetup(challenge) => challenge.username(),
            Self::SelectChallenge(challenge) => challenge.username(),
            Self::Password(challenge) => challenge.username(),
            Self::PasswordSrp(challenge) => challenge.username(),
            Self::PasswordVerifier(challenge) => challenge.username(),
            Self::DeviceSrpAuth(challenge) => challenge.username(),
            Self::DevicePasswordVerifier(challenge) => challenge.username(),
            Self::NewPasswordRequired(challenge) => challenge.username(),
            Self::CustomChallenge(challenge) => challenge.username(),
            Self::WebAuthn(challenge) => challenge.username(),
            Self::AdminNoSrpAuth(challenge) => challenge.username(),
            Self::Other(challenge) => challenge.username(),
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
        let username = username(&parameters, login_name);
        // Asked for last, so that it keeps what no field has taken.
        let state = |rest: &mut Parameters| State::new(username, session, rest);
        let from = &mut parameters;
        match name {
            ChallengeNameType::SmsMfa => Self::SmsMfa(SmsMfa {
                delivery: Delivery::read(from),
                state: state(from),
            }),
            ChallengeNameType::EmailOtp => Self::EmailOtp(EmailOtp {
                delivery: Delivery::read(from),
                state: state(from),
            }),
            ChallengeNameType::SmsOtp => Self::SmsOtp(SmsOtp {
                delivery: Delivery::read(from),
                state: state(from),
            }),
            ChallengeNameType::SoftwareTokenMfa => Self::SoftwareTokenMfa(SoftwareTokenMfa {
                friendly_device_name: plain(from, "FRIENDLY_DEVICE_NAME"),
                state: state(from),
            }),
            ChallengeNameType::SelectMfaType => Self::SelectMfaType(SelectMfaType {
                choices: mfa_types(from, "MFAS_CAN_CHOOSE"),
                state: state(from),
            }),
            ChallengeNameType::MfaSetup => Self::MfaSetup(MfaSetup {
                choices: mfa_types(from, "MFAS_CAN_SETUP"),
                state: state(from),
            }),
            ChallengeNameType::SelectChallenge => Self::SelectChallenge(SelectChallenge {
                choices: available,
                state: state(from),
            }),
            ChallengeNameType::Password => Self::Password(Password { state: state(from) }),
            ChallengeNameType::PasswordSrp => Self::PasswordSrp(PasswordSrp { state: state(from) }),
            ChallengeNameType::PasswordVerifier => Self::PasswordVerifier(PasswordVerifier {
                parameters: SrpParameters::read(from),
                state: state(from),
            }),
            ChallengeNameType::DeviceSrpAuth => {
                Self::DeviceSrpAuth(DeviceSrpAuth { state: state(from) })
            }
            ChallengeNameType::DevicePasswordVerifier => {
                Self::DevicePasswordVerifier(DevicePasswordVerifier {
                    parameters: SrpParameters::read(from),
                    state: state(from),
                })
            }
            ChallengeNameType::NewPasswordRequired => {
                Self::NewPasswordRequired(NewPasswordRequired::read(from, state))
            }
            ChallengeNameType::CustomChallenge => {
                let state = state(&mut BTreeMap::new());
                Self::CustomChallenge(CustomChallenge { parameters, state })
            }
            ChallengeNameType::WebAuthn => Self::WebAuthn(WebAuthn {
                options: json::<Value>(from, "CREDENTIAL_REQUEST_OPTIONS").into(),
                state: state(from),
            }),
            ChallengeNameType::AdminNoSrpAuth => {
                Self::AdminNoSrpAuth(AdminNoSrpAuth { state: state(from) })
            }
            name @ ChallengeNameType::Other(_) => {
                let state = state(&mut BTreeMap::new());
                Self::Other(OtherChallenge {
                    name,
                    parameters,
                    state,
                })
            }
        }
    }
}

/// Gives the challenges what they have in common; `new` to those that need no more than that.
macro_rules! in_common {
    ($($challenge:ident $({ $($field:ident: $empty:expr),* })?;)*) => {$(
        impl $challenge {
            $(
                /// Makes the challenge again from the session that a sign-in gave, for instance in
                /// another process.
                ///
                /// The username must be the canonical one if the user signed in with an alias. What
                /// else Cognito told with the challenge is empty.
                #[must_use]
                pub fn new(
                    username: impl Into<Sensitive<String>>,
                    session: impl Into<Sensitive<String>>,
                ) -> Self {
                    Self {
                        $($field: $empty,)*
                        state: State::of_session(username, session),
                    }
                }
            )?

            /// The username that the answer will carry.
            #[must_use]
            pub fn username(&self) -> &Sensitive<String> {
                &self.state.username
            }

            /// The session, for those who keep it instead of the challenge.
            #[must_use]
            pub fn session(&self) -> Option<&Sensitive<String>> {
                self.state.session.as_ref()
            }

            /// The parameters of the challenge that have no field of their own, as Cognito sent them.
            #[must_use]
            pub fn other_parameters(&self) -> &BTreeMap<String, Sensitive<String>> {
                &self.state.other_parameters
            }
        }
    )*};
}

in_common! {
    SmsMfa { delivery: Delivery::default() };
    EmailOtp { delivery: Delivery::default() };
    SmsOtp { delivery: Delivery::default() };
    SoftwareTokenMfa { friendly_device_name: None };
    SelectMfaType { choices: Vec::new() };
    MfaSetup { choices: Vec::new() };
    SelectChallenge { choices: Vec::new() };
    Password {};
    PasswordSrp {};
    // The proof is computed from what came with the challenge.
    PasswordVerifier;
    DeviceSrpAuth {};
    DevicePasswordVerifier;
    NewPasswordRequired {
        required_attributes: Vec::new(),
        user_attributes: BTreeMap::new(),
        answered_attributes: BTreeMap::new()
    };
    CustomChallenge { parameters: BTreeMap::new() };
    WebAuthn { options: Value::Null.into() };
    AdminNoSrpAuth {};
    OtherChallenge;
}

/// What every answer carries: which sign-in it belongs to, and whose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    /// Not an alias: answers, and secret hashes over them, take the canonical name.
    username: Sensitive<String>,
    session: Option<Sensitive<String>>,
    /// Parameters that no field has taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    other_parameters: Parameters,
}

impl State {
    fn new(
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

    fn of_session(
        username: impl Into<Sensitive<String>>,
        session: impl Into<Sensitive<String>>,
    ) -> Self {
        Self::new(username.into(), Some(session.into()), &mut BTreeMap::new())
    }

    fn answer(&self, name: ChallengeNameType) -> ChallengeAnswer {
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
    state: State,
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
    state: State,
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
    pub fn answer(&self, code: impl Into<Sensitive<String>>) -> ChallengeAnswer {
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
    pub fn answer(&self, choice: &MfaType) -> ChallengeAnswer {
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
    pub fn answer_totp(&self, session: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        let mut answer = self.state.answer(ChallengeNameType::MfaSetup);
        answer.session = Some(session.into());
        answer
    }

    /// Answers with the email address that codes shall go to; [`EmailOtp`] follows.
    pub fn answer_email(&self, address: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::MfaSetup)
            .response("EMAIL", address)
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
    pub fn answer(&self, choice: &ChallengeNameType) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::SelectChallenge)
            .response("ANSWER", choice.as_str())
    }

    /// Chooses the password and gives it at once.
    pub fn answer_password(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::Password)
            .response("PASSWORD", password)
    }

    /// Chooses the password and proves it with SRP at once.
    #[cfg(feature = "srp")]
    pub fn answer_password_srp(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::PasswordSrp)
            .prove(Proof::Password(password.into()))
    }

    /// Chooses the password, with an `SRP_A` that was made elsewhere; [`PasswordVerifier`] follows.
    pub fn answer_srp_a(&self, srp_a: impl Into<Sensitive<String>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::PasswordSrp)
            .response("SRP_A", srp_a)
    }

    /// Chooses the passkey and gives at once what the browser gave, as [`WebAuthn::answer`] does.
    pub fn answer_web_authn(&self, credential: impl Into<Sensitive<Value>>) -> ChallengeAnswer {
        self.answer(&ChallengeNameType::WebAuthn)
            .credential(credential)
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
    state: State,
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
    state: State,
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
    state: State,
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
    state: State,
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

    fn read(parameters: &mut Parameters, state: impl FnOnce(&mut Parameters) -> State) -> Self {
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
    state: State,
}

impl WebAuthn {
    /// Answers with what the browser gave, in the form of the credential's `toJSON()`.
    pub fn answer(&self, credential: impl Into<Sensitive<Value>>) -> ChallengeAnswer {
        self.state
            .answer(ChallengeNameType::WebAuthn)
            .credential(credential)
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
    pub fn answer(&self, password: impl Into<Sensitive<String>>) -> ChallengeAnswer {
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

const CREDENTIAL: &str = "CREDENTIAL";

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

    fn credential(self, credential: impl Into<Sensitive<Value>>) -> Self {
        // A `Value` always has a text.
        let credential = credential.into().expose().to_string();
        self.response(CREDENTIAL, credential)
    }

    /// Whether a passkey answers: the one answer that goes without `DEVICE_KEY`.
    ///
    /// AWS asks for the key "for device authentication", which does not follow a passkey, and
    /// Amplify's clients leave it out there.
    pub(super) fn is_of_passkey(&self) -> bool {
        self.responses.contains_key(CREDENTIAL)
    }

    #[cfg(feature = "srp")]
    fn prove(mut self, proof: Proof) -> Self {
        self.proof = Some(proof);
        self
    }

    fn claim(
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

/// Takes out a parameter that is JSON in a string; one that is missing or malformed reads as empty,
/// and stays.
fn json<T: DeserializeOwned + Default>(parameters: &mut Parameters, name: &str) -> T {
    let text = parameters.get(name);
    let Some(value) = text.and_then(|text| serde_json::from_str(text.expose()).ok()) else {
        return T::default();
    };
    parameters.remove(name);
    value
}

/// Takes out a list of texts; what is no text in it is left out.
fn texts(parameters: &mut Parameters, name: &str) -> impl Iterator<Item = String> + use<> {
    let values: Vec<Value> = json(parameters, name);
    values.into_iter().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    })
}

fn mfa_types(parameters: &mut Parameters, name: &str) -> Vec<MfaType> {
    texts(parameters, name).map(Into::into).collect()
}

/// Takes out the attributes of a user; a value that is no text stands as its JSON, `null` for none.
fn attributes(parameters: &mut Parameters) -> BTreeMap<String, Sensitive<String>> {
    let values: BTreeMap<String, Value> = json(parameters, "userAttributes");
    let value = |(name, value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text,
            value => value.to_string(),
        };
        Some((name, text.into()))
    };
    values.into_iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(name: &str, parameters: &[(&str, &str)]) -> Challenge {
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Sensitive::from(*value)));
        let session = Some("session".into());
        let parameters = parameters.collect();
        Challenge::read(name.into(), session, parameters, Vec::new(), "login".into())
    }

    /// What all challenges have in common, as the enum does not tell it.
    macro_rules! common {
        ($challenge:expr, $($variant:ident)*) => {
            match $challenge {
                $(Challenge::$variant(challenge) => (
                    challenge.username().clone(),
                    challenge.session().cloned(),
                    challenge.other_parameters().clone(),
                ),)*
            }
        };
    }

    fn common(challenge: &Challenge) -> (Sensitive<String>, Option<Sensitive<String>>, Parameters) {
        common!(challenge, SmsMfa EmailOtp SmsOtp SoftwareTokenMfa SelectMfaType MfaSetup
            SelectChallenge Password PasswordSrp PasswordVerifier DeviceSrpAuth
            DevicePasswordVerifier NewPasswordRequired CustomChallenge WebAuthn AdminNoSrpAuth Other)
    }

    #[test]
    fn every_challenge_keeps_the_parameters_that_it_does_not_know_also_in_storage()
    -> Result<(), serde_json::Error> {
        let parameters = [
            ("USER_ID_FOR_SRP", "alice"),
            ("USERNAME", "alice"),
            ("additionalInfo", "x"),
        ];
        let expected = Parameters::from([("additionalInfo".to_owned(), "x".into())]);
        for name in ChallengeNameType::VALUES.iter().chain(&["TOMORROW"]) {
            let challenge = read(name, &parameters);
            let stored = serde_json::to_string(&challenge)?;
            let challenge: Challenge = serde_json::from_str(&stored)?;
            let (username, session, other) = common(&challenge);
            assert_eq!(username, "alice".into(), "{name}");
            assert_eq!(challenge.username(), &username, "{name}");
            assert_eq!(session, Some("session".into()), "{name}");
            match &challenge {
                Challenge::CustomChallenge(CustomChallenge { parameters, .. })
                | Challenge::Other(OtherChallenge { parameters, .. }) => {
                    assert_eq!(parameters.len(), 3, "{name}");
                    assert!(other.is_empty(), "{name}");
                }
                _ => assert_eq!(other, expected, "{name}"),
            }
        }
        Ok(())
    }

    #[test]
    fn what_a_field_has_taken_is_not_kept_twice_and_what_it_cannot_read_is_kept() {
        let delivered = read("SMS_MFA", &[("CODE_DELIVERY_DESTINATION", "+*0123")]);
        assert!(common(&delivered).2.is_empty());
        for (name, parameter) in [
            ("SELECT_MFA_TYPE", "MFAS_CAN_CHOOSE"),
            ("MFA_SETUP", "MFAS_CAN_SETUP"),
            ("NEW_PASSWORD_REQUIRED", "userAttributes"),
            ("NEW_PASSWORD_REQUIRED", "requiredAttributes"),
            ("WEB_AUTHN", "CREDENTIAL_REQUEST_OPTIONS"),
        ] {
            let malformed = read(name, &[(parameter, "[")]);
            let kept = Parameters::from([(parameter.to_owned(), "[".into())]);
            assert_eq!(common(&malformed).2, kept, "{parameter}");
        }
        // Names that differ from the one taken say something.
        let named = read(
            "SMS_MFA",
            &[("USER_ID_FOR_SRP", "sub"), ("USERNAME", "alice")],
        );
        let kept = Parameters::from([("USERNAME".to_owned(), "alice".into())]);
        assert_eq!(common(&named).2, kept);
    }

    #[test]
    fn one_value_that_is_no_text_does_not_empty_the_rest() {
        let challenge = read(
            "NEW_PASSWORD_REQUIRED",
            &[
                (
                    "requiredAttributes",
                    r#"["userAttributes.given_name",1,null,"birthdate"]"#,
                ),
                (
                    "userAttributes",
                    r#"{"email_verified":true,"name":"n","age":7,"email":null,"address":{"x":"y"}}"#,
                ),
            ],
        );
        let Challenge::NewPasswordRequired(challenge) = challenge else {
            panic!("another challenge");
        };
        assert_eq!(challenge.required_attributes, ["given_name", "birthdate"]);
        let expected = [
            ("address", r#"{"x":"y"}"#),
            ("age", "7"),
            ("email_verified", "true"),
            ("name", "n"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.into()));
        assert_eq!(challenge.user_attributes, BTreeMap::from(expected));

        let choice = read(
            "SELECT_MFA_TYPE",
            &[("MFAS_CAN_CHOOSE", r#"["SMS_MFA",null,"X"]"#)],
        );
        let Challenge::SelectMfaType(choice) = choice else {
            panic!("another challenge");
        };
        assert_eq!(choice.choices, [MfaType::SmsMfa, "X".into()]);
    }

    #[test]
    fn a_challenge_made_of_its_session_is_answered_as_the_one_that_was_posed() {
        let made = [
            ("SMS_MFA", SmsMfa::new("alice", "session").answer("1")),
            ("EMAIL_OTP", EmailOtp::new("alice", "session").answer("1")),
            ("SMS_OTP", SmsOtp::new("alice", "session").answer("1")),
            (
                "SOFTWARE_TOKEN_MFA",
                SoftwareTokenMfa::new("alice", "session").answer("1"),
            ),
            (
                "SELECT_MFA_TYPE",
                SelectMfaType::new("alice", "session").answer(&MfaType::SmsMfa),
            ),
            (
                "MFA_SETUP",
                MfaSetup::new("alice", "session").answer_email("a@example.com"),
            ),
            (
                "SELECT_CHALLENGE",
                SelectChallenge::new("alice", "session").answer_password("P"),
            ),
            ("PASSWORD", Password::new("alice", "session").answer("P")),
            (
                "PASSWORD_SRP",
                PasswordSrp::new("alice", "session").answer_srp_a("abc"),
            ),
            (
                "DEVICE_SRP_AUTH",
                DeviceSrpAuth::new("alice", "session").answer_srp_a("key", "abc"),
            ),
            (
                "NEW_PASSWORD_REQUIRED",
                NewPasswordRequired::new("alice", "session").answer("P"),
            ),
            (
                "CUSTOM_CHALLENGE",
                CustomChallenge::new("alice", "session").answer("42"),
            ),
            (
                "WEB_AUTHN",
                WebAuthn::new("alice", "session").answer(json!({"id": "x"})),
            ),
            (
                "ADMIN_NO_SRP_AUTH",
                AdminNoSrpAuth::new("alice", "session").answer("P"),
            ),
            (
                "EMAIL_MFA",
                OtherChallenge::new("EMAIL_MFA", "alice", "session").answer([("A", "b")]),
            ),
        ];
        for (name, made) in made {
            let posed = match read(name, &[("USERNAME", "alice")]) {
                Challenge::SmsMfa(c) => c.answer("1"),
                Challenge::EmailOtp(c) => c.answer("1"),
                Challenge::SmsOtp(c) => c.answer("1"),
                Challenge::SoftwareTokenMfa(c) => c.answer("1"),
                Challenge::SelectMfaType(c) => c.answer(&MfaType::SmsMfa),
                Challenge::MfaSetup(c) => c.answer_email("a@example.com"),
                Challenge::SelectChallenge(c) => c.answer_password("P"),
                Challenge::Password(c) => c.answer("P"),
                Challenge::PasswordSrp(c) => c.answer_srp_a("abc"),
                Challenge::DeviceSrpAuth(c) => c.answer_srp_a("key", "abc"),
                Challenge::NewPasswordRequired(c) => c.answer("P"),
                Challenge::CustomChallenge(c) => c.answer("42"),
                Challenge::WebAuthn(c) => c.answer(json!({"id": "x"})),
                Challenge::AdminNoSrpAuth(c) => c.answer("P"),
                Challenge::Other(c) => c.answer([("A", "b")]),
                challenge => panic!("{} cannot be made", challenge.name()),
            };
            assert_eq!(made, posed, "{name}");
        }
    }

    #[test]
    fn the_options_of_a_passkey_are_read_and_not_shown() {
        let options = r#"{"challenge":"marker","allowCredentials":[{"id":"marker"}]}"#;
        let challenge = read("WEB_AUTHN", &[("CREDENTIAL_REQUEST_OPTIONS", options)]);
        assert!(!format!("{challenge:?} {challenge:#?}").contains("marker"));
        let Challenge::WebAuthn(challenge) = challenge else {
            panic!("another challenge");
        };
        assert_eq!(challenge.options.expose()["challenge"], "marker");
    }
}
