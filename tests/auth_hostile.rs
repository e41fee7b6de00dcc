//! No answer of a server can panic the client, whatever it poses as a challenge.
#![cfg(feature = "srp")]

use std::collections::BTreeMap;

use bytes::Bytes;
use cognito_idp::{
    Client, Error, Sensitive,
    auth::{
        AppClient, AuthOutcome, Challenge, ChallengeAnswer, RememberedDevice, SignIn, Tokens,
        challenge::MfaSetup, totp_uri,
    },
    error::DecodeProblem,
    operation::auth::ChallengeNameType,
    transport::{HttpClient, HttpFuture},
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Gives the same answer to every request.
#[derive(Debug)]
struct Parrot(Bytes);

impl HttpClient for Parrot {
    fn call(&self, _request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async { Ok(http::Response::new(self.0.clone())) })
    }
}

fn sign_in(answer: &Value) -> Result<SignIn, Error> {
    let client = Client::builder()
        .region("eu-central-1")
        .http_client(Parrot(answer.to_string().into()))
        .build()?;
    let sign_in = SignIn::public(client, AppClient::new("client").secret("secret"))
        .user_pool_id("eu-central-1_Pool")
        .with_device(RememberedDevice::new("key", "group", "password"));
    Ok(sign_in)
}

/// Every answer that the challenge takes.
fn answers(challenge: Challenge) -> Vec<ChallengeAnswer> {
    let device = RememberedDevice::new("key", "group", "password");
    match challenge {
        Challenge::SmsMfa(challenge) => vec![challenge.answer("1")],
        Challenge::EmailOtp(challenge) => vec![challenge.answer("1")],
        Challenge::SmsOtp(challenge) => vec![challenge.answer("1")],
        Challenge::SoftwareTokenMfa(challenge) => vec![challenge.answer("1")],
        Challenge::SelectMfaType(challenge) => {
            let choices = challenge.choices.clone();
            let choices = choices.iter();
            choices.map(|choice| challenge.answer(choice)).collect()
        }
        Challenge::MfaSetup(challenge) => vec![
            challenge.answer_email("a@example.com"),
            challenge.answer_totp("session"),
        ],
        Challenge::SelectChallenge(challenge) => {
            let choices = challenge.choices.clone();
            let choices = choices.iter();
            let mut answers: Vec<_> = choices.map(|choice| challenge.answer(choice)).collect();
            answers.push(challenge.answer_password("P"));
            answers.push(challenge.answer_password_srp("P"));
            answers
        }
        Challenge::Password(challenge) => vec![challenge.answer("P")],
        Challenge::PasswordSrp(challenge) => {
            vec![challenge.answer("P"), challenge.answer_srp_a("abc")]
        }
        Challenge::PasswordVerifier(challenge) => vec![challenge.answer("signature", "time")],
        Challenge::DeviceSrpAuth(challenge) => vec![
            challenge.answer(device),
            challenge.answer_srp_a("key", "abc"),
        ],
        Challenge::DevicePasswordVerifier(challenge) => {
            vec![challenge.answer("key", "signature", "time")]
        }
        Challenge::NewPasswordRequired(challenge) => {
            vec![challenge.attribute("given_name", "Alice").answer("P")]
        }
        Challenge::CustomChallenge(challenge) => vec![challenge.answer("42")],
        Challenge::WebAuthn(challenge) => vec![challenge.answer(json!({"id": "x"}))],
        Challenge::AdminNoSrpAuth(challenge) => vec![challenge.answer("P")],
        Challenge::Other(challenge) => vec![challenge.answer([("A", "b")])],
        challenge => panic!("no answer is tested for {:?}", challenge.name()),
    }
}

async fn walk(answer: &Value) -> Result<(), Error> {
    let sign_in = sign_in(answer)?;
    let _ = sign_in.srp("alice", "P").await;
    let outcome = sign_in.password("alice", "P").await?;
    let stored = serde_json::to_string(&outcome).expect("an outcome is JSON");
    let restored: AuthOutcome = serde_json::from_str(&stored).expect("it is read again");
    assert_eq!(restored, outcome);
    match outcome {
        AuthOutcome::Tokens(tokens) => drop(tokens.username()),
        AuthOutcome::Challenge(challenge) => {
            if let Challenge::MfaSetup(challenge) = &challenge {
                let _ = sign_in.set_up_totp(challenge.clone()).await;
            }
            for answer in answers(challenge) {
                let _ = sign_in.respond(answer).await;
            }
        }
    }
    Ok(())
}

fn run(answer: &Value) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    // Whether it is an error does not matter here.
    let _ = runtime.block_on(walk(answer));
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => prop::sample::select(ChallengeNameType::VALUES).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

fn parameters() -> impl Strategy<Value = BTreeMap<String, String>> {
    const NAMES: &[&str] = &[
        "USERNAME",
        "USER_ID_FOR_SRP",
        "SRP_B",
        "SALT",
        "SECRET_BLOCK",
        "DEVICE_KEY",
        "requiredAttributes",
        "userAttributes",
        "MFAS_CAN_CHOOSE",
        "MFAS_CAN_SETUP",
        "CREDENTIAL_REQUEST_OPTIONS",
        "CODE_DELIVERY_DESTINATION",
        "CODE_DELIVERY_DELIVERY_MEDIUM",
        "FRIENDLY_DEVICE_NAME",
    ];
    let value = prop_oneof![
        "\\PC{0,16}",
        "-?[0-9a-f]{1,16}",
        Just("[\"SMS_MFA\",\"\",\"😀\"]".to_owned()),
        Just("[\"userAttributes.\",\"userAttributes.x\",1]".to_owned()),
        Just("{\"a\":\"b\",\"c\":null}".to_owned()),
        Just("[".repeat(1000)),
        Just("{\"a\":".repeat(1000)),
    ];
    prop::collection::btree_map(prop::sample::select(NAMES), value, 0..6).prop_map(|map| {
        map.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

/// A text, a number, or what else a member might wrongly be.
fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(32)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_challenge_panics_the_client(
        name in name(),
        parameters in parameters(),
        session in prop::option::of("\\PC{0,8}"),
        available in prop::collection::vec(name(), 0..4),
    ) {
        run(&json!({
            "ChallengeName": name,
            "ChallengeParameters": parameters,
            "Session": session,
            "AvailableChallenges": available,
        }));
    }

    #[test]
    fn no_shape_of_an_answer_panics_the_client(
        name in anything(),
        parameters in anything(),
        session in anything(),
        available in anything(),
        token in anything(),
        seconds in anything(),
    ) {
        run(&json!({
            "ChallengeName": name,
            "ChallengeParameters": parameters,
            "Session": session,
            "AvailableChallenges": available,
            "AuthenticationResult": {"AccessToken": token, "ExpiresIn": seconds},
        }));
        run(&json!({"AuthenticationResult": {"AccessToken": token, "ExpiresIn": seconds}}));
    }

    #[test]
    fn no_access_token_panics_the_reading_of_its_username(token in "\\PC{0,40}|[A-Za-z0-9._-]{0,40}") {
        let tokens: Tokens = serde_json::from_value(json!({
            "access_token": token,
            "expires_in": {"secs": 1, "nanos": 0},
            "expires_at": 1,
            "token_type": "Bearer",
        })).expect("tokens");
        let _ = tokens.username();
    }

    #[test]
    fn a_totp_address_gives_back_the_names_or_they_are_refused_by_field(
        issuer in "[\\PC\t]{0,12}|:?[a-z ]{0,3}",
        account in "[\\PC\n]{0,12}|[a-z@%&=/]{0,3}:?",
    ) {
        let is_label = |text: &str| !text.trim().is_empty() && !text.contains(':');
        let uri = match totp_uri(&issuer, &account, &Sensitive::from("JBSWY3DPEHPK3PXP")) {
            Ok(uri) => uri,
            Err(refused) => {
                let expected = [("issuer", is_label(&issuer)), ("account", is_label(&account))];
                let expected = expected.into_iter().filter(|(_, is_label)| !is_label);
                let expected: Vec<_> = expected.map(|(field, _)| field).collect();
                let fields = refused.problems().iter().map(|problem| problem.field.as_ref());
                prop_assert_eq!(fields.collect::<Vec<_>>(), expected);
                return Ok(());
            }
        };
        prop_assert!(is_label(&issuer) && is_label(&account));
        let (label, query) = uri.expose().split_once('?').expect("a query");
        let label = label.strip_prefix("otpauth://totp/").expect("the type");
        prop_assert!(label.bytes().all(|byte| byte.is_ascii_graphic()) && !label.contains('/'));
        // As an app reads it that decodes first and parts then.
        prop_assert_eq!(decoded(label), format!("{issuer}:{account}"));
        let parameters: Vec<_> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        prop_assert_eq!(parameters.len(), 2);
        prop_assert_eq!(parameters[0], ("secret", "JBSWY3DPEHPK3PXP"));
        prop_assert_eq!((parameters[1].0, decoded(parameters[1].1)), ("issuer", issuer));
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next().expect("a digit")).to_digit(16);
        decoded.push(match byte {
            b'%' => digit()
                .zip(digit())
                .and_then(|(high, low)| u8::try_from(16 * high + low).ok()),
            byte => Some(byte),
        });
    }
    let bytes = decoded
        .into_iter()
        .collect::<Option<_>>()
        .expect("hexadecimal");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn a_totp_address_takes_base32_without_padding() {
    let uri = |secret: &str| totp_uri("Shop", "alice", &secret.into());
    let expected = "otpauth://totp/Shop:alice?secret=MZXW6YQ&issuer=Shop";
    assert_eq!(
        uri("MZXW6YQ=").as_ref().map(Sensitive::expose),
        Ok(&expected.to_owned())
    );
    for secret in ["", "=", "MZXW6YQ 1", "MZXW=6YQ", "MZXW&x=y", "081"] {
        let refused = uri(secret).expect_err(secret);
        assert_eq!(refused.problems()[0].field, "secret");
    }
}

#[test]
fn the_username_is_read_from_the_access_token() -> Result<(), serde_json::Error> {
    let tokens: Tokens = serde_json::from_value(json!({
        "access_token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIiwidXNlcm5hbWUiOiJhbGljZS3DqSJ9.c2ln",
        "expires_in": {"secs": 1, "nanos": 0},
        "expires_at": 1,
        "token_type": "Bearer",
    }))?;
    let name = tokens.username();
    assert_eq!(
        name.as_ref().map(Sensitive::expose).map(String::as_str),
        Some("alice-é")
    );
    Ok(())
}

#[tokio::test]
async fn no_challenge_shows_what_is_secret() -> Result<(), Error> {
    for name in ChallengeNameType::VALUES {
        let sign_in = sign_in(&json!({
            "ChallengeName": name,
            "Session": "marker",
            "ChallengeParameters": {
                "USERNAME": "marker",
                "SRP_B": "marker",
                "SALT": "marker",
                "SECRET_BLOCK": "marker",
                "userAttributes": "{\"email\":\"marker\"}",
                "question": "marker",
                "CREDENTIAL_REQUEST_OPTIONS": "{\"challenge\":\"marker\"}",
            },
        }))?
        .client_metadata([("tenant", "marker")]);
        let outcome = sign_in.password("marker", "marker").await?;
        assert!(
            !format!("{sign_in:?} {outcome:?}").contains("marker"),
            "{name}"
        );
        let Some(challenge) = outcome.challenge() else {
            panic!("{name} is not a challenge");
        };
        for answer in answers(challenge) {
            assert!(!format!("{answer:?}").contains("marker"), "{name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_totp_set_up_ends_by_the_status_or_without_one_by_the_session() -> Result<(), Error> {
    let finish = async |status: Value, session: Value| {
        let sign_in = sign_in(&json!({
            "SecretCode": "JBSWY3DPEHPK3PXP",
            "Status": status,
            "Session": session,
            "AuthenticationResult": {"AccessToken": "access"},
        }))?;
        let challenge = MfaSetup::new("alice", "session");
        let setup = sign_in.set_up_totp(challenge).await?;
        sign_in.finish_totp(&setup, "123456", None).await
    };
    for status in [json!("SUCCESS"), Value::Null] {
        assert!(finish(status, json!("s")).await?.tokens().is_some());
    }
    for status in ["ERROR", "TOMORROW"] {
        match finish(json!(status), json!("s")).await {
            // No code was sent, so none is told.
            Err(Error::Service(error)) => assert_eq!(error.code(), None),
            result => panic!("{status}: {result:?}"),
        }
    }
    for status in [json!("SUCCESS"), Value::Null] {
        let problem = match finish(status, Value::Null).await {
            Err(Error::Decode(error)) => error.problem().clone(),
            result => panic!("{result:?}"),
        };
        let member = "Session";
        assert_eq!(problem, DecodeProblem::MissingMember { member });
    }
    Ok(())
}

#[test]
fn what_runs_while_a_user_signs_in_is_small() -> Result<(), Error> {
    let sign_in = sign_in(&json!({}))?;
    let size = size_of_val(&sign_in.srp("alice", "P"));
    assert!(size < 8 * 1024, "{size} bytes");
    Ok(())
}
