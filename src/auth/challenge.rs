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
//!
//! # Every one of them
//! `examples/sign_in.rs` asks for the answers on the terminal; in short:
//!
//! ```no_run
//! use cognito_idp::auth::{
//!     ChallengeAnswer,
//!     challenge::{Challenge, Delivery, MfaType, SrpParameters},
//! };
//! # use cognito_idp::auth::RememberedDevice;
//! # fn ask(question: &str) -> String { todo!("{question}") }
//! # fn of_the_browser(options: &serde_json::Value) -> serde_json::Value { todo!("{options}") }
//! # fn stored_device() -> RememberedDevice { todo!() }
//! # fn proof(parameters: &SrpParameters) -> (String, String) { todo!("{parameters:?}") }
//!
//! fn code(delivery: &Delivery) -> String {
//!     ask(&format!("the code that went to {:?}", delivery.destination))
//! }
//!
//! # #[cfg(feature = "srp")]
//! fn answer(challenge: &Challenge) -> Option<ChallengeAnswer> {
//!     Some(match challenge {
//!         Challenge::Password(asked) => asked.answer(ask("your password")),
//!         Challenge::PasswordSrp(asked) => asked.answer(ask("your password")),
//!         Challenge::AdminNoSrpAuth(asked) => asked.answer(ask("your password")),
//!         Challenge::NewPasswordRequired(asked) => asked.answer(ask("a new password")),
//!         Challenge::SmsMfa(asked) => asked.answer(code(&asked.delivery)),
//!         Challenge::SmsOtp(asked) => asked.answer(code(&asked.delivery)),
//!         Challenge::EmailOtp(asked) => asked.answer(code(&asked.delivery)),
//!         Challenge::SoftwareTokenMfa(asked) => asked.answer(ask("the code of your app")),
//!         Challenge::SelectMfaType(asked) => asked.answer(&MfaType::SoftwareTokenMfa),
//!         Challenge::MfaSetup(asked) => asked.answer_email(ask("your address")), // or SignIn::set_up_totp
//!         Challenge::SelectChallenge(asked) => asked.answer_password(ask("your password")),
//!         Challenge::WebAuthn(asked) => asked.answer(of_the_browser(asked.options.expose())),
//!         Challenge::CustomChallenge(asked) => asked.answer(ask("your first pet")),
//!         // A `SignIn` with the device answers these two itself; the last two belong to an `SRP_A` of your own.
//!         Challenge::DeviceSrpAuth(asked) => asked.answer(stored_device()),
//!         Challenge::PasswordVerifier(asked) => {
//!             let (signature, timestamp) = proof(&asked.parameters);
//!             asked.answer(signature, timestamp)
//!         }
//!         Challenge::DevicePasswordVerifier(asked) => {
//!             let (signature, timestamp) = proof(&asked.parameters);
//!             asked.answer("device-key", signature, timestamp)
//!         }
//!         _ => return None,
//!     })
//! }
//! # #[cfg(feature = "srp")]
//! # let _ = answer;
//! ```

mod answer;
mod choices;
mod codes;
mod others;
mod parameters;
mod passwords;
mod state;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "srp")]
pub(super) use self::answer::Proof;
pub use self::{
    answer::ChallengeAnswer,
    choices::{MfaSetup, MfaType, SelectChallenge, SelectMfaType},
    codes::{Delivery, EmailOtp, SmsMfa, SmsOtp, SoftwareTokenMfa},
    others::{CustomChallenge, OtherChallenge, WebAuthn},
    passwords::{
        AdminNoSrpAuth, DevicePasswordVerifier, DeviceSrpAuth, NewPasswordRequired, Password,
        PasswordSrp, PasswordVerifier, SrpParameters,
    },
};
use self::{
    parameters::{Parameters, json, mfa_types, plain, username},
    state::State,
};
use crate::{operation::auth::ChallengeNameType, sensitive::Sensitive};

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
        &self.state().username
    }

    /// The session, which an answer in another process needs beside the username.
    ///
    /// ```
    /// use cognito_idp::{Sensitive, auth::{Challenge, challenge::SmsMfa}};
    ///
    /// let challenge = Challenge::SmsMfa(SmsMfa::new("alice", "the session"));
    /// assert_eq!(challenge.session().map(Sensitive::expose).map(String::as_str), Some("the session"));
    /// ```
    #[must_use]
    pub fn session(&self) -> Option<&Sensitive<String>> {
        self.state().session.as_ref()
    }

    fn state(&self) -> &State {
        match self {
            Self::SmsMfa(challenge) => &challenge.state,
            Self::EmailOtp(challenge) => &challenge.state,
            Self::SmsOtp(challenge) => &challenge.state,
            Self::SoftwareTokenMfa(challenge) => &challenge.state,
            Self::SelectMfaType(challenge) => &challenge.state,
            Self::MfaSetup(challenge) => &challenge.state,
            Self::SelectChallenge(challenge) => &challenge.state,
            Self::Password(challenge) => &challenge.state,
            Self::PasswordSrp(challenge) => &challenge.state,
            Self::PasswordVerifier(challenge) => &challenge.state,
            Self::DeviceSrpAuth(challenge) => &challenge.state,
            Self::DevicePasswordVerifier(challenge) => &challenge.state,
            Self::NewPasswordRequired(challenge) => &challenge.state,
            Self::CustomChallenge(challenge) => &challenge.state,
            Self::WebAuthn(challenge) => &challenge.state,
            Self::AdminNoSrpAuth(challenge) => &challenge.state,
            Self::Other(challenge) => &challenge.state,
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
            assert_eq!(challenge.session(), session.as_ref(), "{name}");
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
