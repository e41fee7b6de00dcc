//! What a remembered device sends along, and what becomes of it when Cognito does not know it.
#![cfg(all(feature = "srp", feature = "sigv4"))]

#[path = "support/scripted.rs"]
mod scripted;

use cognito_idp::{
    Client, Error, ErrorCode,
    auth::{
        AppClient, AuthOutcome, Challenge, ChallengeAnswer, RememberedDevice, SignIn, TokenSource,
        Tokens, UserAuth,
        challenge::{MfaType, SelectChallenge, SmsMfa},
    },
    error::TransportErrorKind,
    operation::auth::ChallengeNameType,
    retry::RetryPolicy,
};
use serde_json::{Value, json};

use self::scripted::{Scripted, Step, answer, failure};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const POOL: &str = "eu-central-1_Pool";
const OLD: &str = "eu-central-1_old";
const NEW: &str = "eu-central-1_new";
const SALT: &str = "8ce8291892390f6b53a245933faf6164";

fn client(script: &Scripted) -> Outcome<Client> {
    // So that every request is the sign-in's.
    Ok(script.client(|builder| builder.retry_policy(RetryPolicy::never()))?)
}

/// The public and the admin side.
fn sides(script: &Scripted) -> Outcome<[SignIn; 2]> {
    let app = AppClient::new("app").secret("secret");
    let client = client(script)?;
    Ok([
        SignIn::public(client.clone(), app.clone()).user_pool_id(POOL),
        SignIn::admin(client, POOL, app),
    ])
}

fn public(script: &Scripted) -> Outcome<SignIn> {
    let [public, _] = sides(script)?;
    Ok(public.with_device(device()))
}

fn device() -> RememberedDevice {
    RememberedDevice::new(OLD, "group", "device password")
}

fn success(body: &Value) -> Step {
    answer(200, &body.to_string())
}

fn challenge(name: &str) -> Step {
    success(&json!({
        "ChallengeName": name,
        "Session": "session",
        "AvailableChallenges": ["PASSWORD", "PASSWORD_SRP", "WEB_AUTHN", "EMAIL_OTP"],
        "ChallengeParameters": {
            "USERNAME": "alice",
            "SRP_B": "abc123",
            "SALT": SALT,
            "SECRET_BLOCK": "c2VjcmV0LWJsb2Nr",
        },
    }))
}

fn tokens() -> Step {
    success(&json!({"AuthenticationResult": {
        "AccessToken": "access", "RefreshToken": "refresh", "ExpiresIn": 3600,
    }}))
}

fn tokens_of_new_device() -> Step {
    success(&json!({"AuthenticationResult": {
        "AccessToken": "access", "RefreshToken": "refresh", "ExpiresIn": 3600,
        "NewDeviceMetadata": {"DeviceKey": NEW, "DeviceGroupKey": "group"},
    }}))
}

fn not_found(message: &str) -> Step {
    let body = json!({"__type": "ResourceNotFoundException", "message": message});
    answer(400, &body.to_string())
}

fn unknown_device() -> Step {
    not_found("Device does not exist.")
}

/// The bodies that were sent.
fn bodies(script: &Scripted) -> Outcome<Vec<Value>> {
    let parse = |sent: scripted::Sent| serde_json::from_slice(sent.request.body());
    Ok(script
        .sent()
        .into_iter()
        .map(parse)
        .collect::<Result<_, _>>()?)
}

const NONE: &str = "none";

/// The device key in each of the requests that were sent.
fn device_keys(script: &Scripted) -> Outcome<Vec<String>> {
    let key = |body: Value| {
        let members =
            ["AuthParameters", "ChallengeResponses"].map(|name| body[name]["DEVICE_KEY"].clone());
        let mut keys = members.into_iter().chain([body["DeviceKey"].clone()]);
        let key = keys.find_map(|key| Some(key.as_str()?.to_owned()));
        key.unwrap_or_else(|| NONE.to_owned())
    };
    Ok(bodies(script)?.into_iter().map(key).collect())
}

/// Every answer that the challenge takes.
fn answers(challenge: Challenge) -> Vec<ChallengeAnswer> {
    match challenge {
        Challenge::SmsMfa(c) => vec![c.answer("1")],
        Challenge::EmailOtp(c) => vec![c.answer("1")],
        Challenge::SmsOtp(c) => vec![c.answer("1")],
        Challenge::SoftwareTokenMfa(c) => vec![c.answer("1")],
        Challenge::SelectMfaType(c) => vec![c.answer(&MfaType::EmailOtp)],
        Challenge::MfaSetup(c) => vec![c.answer_email("a@example.com"), c.answer_totp("s")],
        Challenge::SelectChallenge(c) => vec![
            c.answer(&ChallengeNameType::EmailOtp),
            c.answer_password("P"),
            c.answer_password_srp("P"),
            c.answer_srp_a("abc"),
        ],
        Challenge::Password(c) => vec![c.answer("P")],
        Challenge::PasswordSrp(c) => vec![c.answer("P"), c.answer_srp_a("abc")],
        Challenge::PasswordVerifier(c) => vec![c.answer("signature", "time")],
        Challenge::DeviceSrpAuth(c) => vec![c.answer(device()), c.answer_srp_a(OLD, "abc")],
        Challenge::DevicePasswordVerifier(c) => vec![c.answer(OLD, "signature", "time")],
        Challenge::NewPasswordRequired(c) => vec![c.attribute("name", "Alice").answer("P")],
        Challenge::CustomChallenge(c) => vec![c.answer("42")],
        Challenge::AdminNoSrpAuth(c) => vec![c.answer("P")],
        Challenge::Other(c) => vec![c.answer([("A", "b")])],
        challenge => panic!("no answer is tested for {}", challenge.name()),
    }
}

async fn posed(sign_in: &SignIn) -> Outcome<Challenge> {
    let outcome = sign_in.password("alice", "P").await?;
    Ok(outcome.challenge().ok_or("tokens instead of a challenge")?)
}

fn is_of_device(name: &str) -> bool {
    name.starts_with("DEVICE_")
}

/// All names of challenges, and one of tomorrow, but for the passkey.
fn names() -> impl Iterator<Item = &'static str> {
    let names = ChallengeNameType::VALUES
        .iter()
        .copied()
        .chain(["TOMORROW"]);
    names.filter(|name| *name != "WEB_AUTHN")
}

#[tokio::test]
async fn every_answer_names_the_remembered_device_on_both_sides() -> Outcome {
    let mut count = 0;
    for name in names() {
        for side in 0..2 {
            for at in 0.. {
                let script = Scripted::new([challenge(name), tokens()]);
                let sign_in = sides(&script)?[side].clone();
                let mut answers = answers(posed(&sign_in).await?);
                if at >= answers.len() {
                    break;
                }
                sign_in
                    .with_device(device())
                    .respond(answers.swap_remove(at))
                    .await?;
                let keys = device_keys(&script)?;
                assert_eq!(keys, [NONE, OLD], "{name}, side {side}, answer {at}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 2 * 22);
    Ok(())
}

#[tokio::test]
async fn a_passkey_is_answered_without_the_device_chosen_at_once_or_not() -> Outcome {
    for name in ["WEB_AUTHN", "SELECT_CHALLENGE"] {
        let script = Scripted::new([challenge(name), tokens()]);
        let sign_in = public(&script)?;
        let credential = json!({"id": "x", "type": "public-key"});
        let answer = match posed(&sign_in).await? {
            Challenge::WebAuthn(challenge) => challenge.answer(credential),
            Challenge::SelectChallenge(challenge) => challenge.answer_web_authn(credential),
            challenge => return Err(format!("{}", challenge.name()).into()),
        };
        sign_in.respond(answer).await?;
        assert_eq!(device_keys(&script)?, [OLD, NONE], "{name}");
        let responses = &bodies(&script)?[1]["ChallengeResponses"];
        assert_eq!(responses["CREDENTIAL"], r#"{"id":"x","type":"public-key"}"#);
        let chosen = (name == "SELECT_CHALLENGE").then_some("WEB_AUTHN");
        assert_eq!(responses["ANSWER"].as_str(), chosen);
    }
    Ok(())
}

#[tokio::test]
async fn no_answer_names_a_device_where_none_is_remembered() -> Outcome {
    for name in names().filter(|name| !is_of_device(name)) {
        let script = Scripted::new([challenge(name), tokens()]);
        let [sign_in, _] = sides(&script)?;
        for answer in answers(posed(&sign_in).await?) {
            sign_in.respond(answer).await?;
        }
        assert!(
            device_keys(&script)?.iter().all(|key| key == NONE),
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_the_caller_gives_is_kept() -> Outcome {
    let script = Scripted::new([challenge("TOMORROW"), tokens()]);
    let sign_in = public(&script)?;
    let Challenge::Other(challenge) = posed(&sign_in).await? else {
        return Err("another challenge".into());
    };
    sign_in
        .respond(challenge.answer([("DEVICE_KEY", "mine")]))
        .await?;
    assert_eq!(device_keys(&script)?, [OLD, "mine"]);
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_totp_set_up_names_the_device() -> Outcome {
    let script = Scripted::new([
        challenge("MFA_SETUP"),
        success(&json!({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "s2"})),
        success(&json!({"Status": "SUCCESS", "Session": "s3"})),
        tokens(),
    ]);
    let sign_in = public(&script)?;
    let Challenge::MfaSetup(challenge) = posed(&sign_in).await? else {
        return Err("another challenge".into());
    };
    let setup = sign_in.set_up_totp(challenge).await?;
    let outcome = sign_in.finish_totp(&setup, "123456", None).await?;
    assert!(outcome.tokens().is_some());
    assert_eq!(device_keys(&script)?, [OLD, NONE, NONE, OLD]);
    assert_eq!(bodies(&script)?[3]["Session"], "s3");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_an_unknown_device_spoils_is_sent_once_more_without_it() -> Outcome {
    for name in names().filter(|name| !is_of_device(name)) {
        for side in 0..2 {
            let script = Scripted::new([challenge(name), unknown_device(), tokens_of_new_device()]);
            let sign_in = sides(&script)?[side].clone().with_device(device());
            let answer = answers(posed(&sign_in).await?).swap_remove(0);
            let tokens = sign_in.respond(answer).await?.tokens().ok_or(name)?;
            assert!(tokens.new_device_metadata.is_some());
            assert_eq!(sign_in.device(), None, "{name}");
            assert_eq!(device_keys(&script)?, [OLD, OLD, NONE], "{name}");
            let mut sent = bodies(&script)?;
            sent[1]["ChallengeResponses"]["DEVICE_KEY"].take();
            sent[2]["ChallengeResponses"]["DEVICE_KEY"].take();
            assert_eq!(sent[1], sent[2], "{name}: the same answer");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_proof_is_sent_once_more_without_the_unknown_device() -> Outcome {
    let script = Scripted::new([
        challenge("SELECT_CHALLENGE"),
        challenge("PASSWORD_VERIFIER"),
        unknown_device(),
        tokens(),
    ]);
    let sign_in = public(&script)?;
    let outcome = sign_in.user_auth(UserAuth::new("alice")).await?;
    let Some(Challenge::SelectChallenge(challenge)) = outcome.challenge() else {
        return Err("another challenge".into());
    };
    let outcome = sign_in.respond(challenge.answer_password_srp("P")).await?;
    let tokens = outcome.tokens().ok_or("no tokens")?;
    assert_eq!(tokens.device_key, None);
    assert_eq!(sign_in.device(), None);
    let keys = [OLD, OLD, OLD, NONE];
    assert_eq!(device_keys(&script)?, keys);
    Ok(())
}

#[tokio::test]
async fn a_start_that_an_unknown_device_spoils_is_made_once_more_without_it() -> Outcome {
    let script = Scripted::new([unknown_device(), challenge("SMS_MFA"), tokens()]);
    let sign_in = public(&script)?;
    let answer = answers(posed(&sign_in).await?).swap_remove(0);
    sign_in.respond(answer).await?;
    assert_eq!(sign_in.device(), None);
    assert_eq!(device_keys(&script)?, [OLD, NONE, NONE]);
    Ok(())
}

#[tokio::test]
async fn the_device_is_kept_when_it_is_the_app_client_or_the_pool_that_is_not_found() -> Outcome {
    let app_client = || not_found("User pool client 1a2b3c does not exist.");
    let pool = || not_found("User pool eu-central-1_Pool does not exist.");
    // Without a message only a second request can tell.
    let silent = || not_found("");
    for (missing, requests) in [(app_client(), 1), (pool(), 1), (silent(), 2)] {
        let script = Scripted::new([missing.clone()]);
        let sign_in = public(&script)?;
        let error = refusal(sign_in.password("alice", "P").await)?;
        assert_eq!(error.code(), Some(&ErrorCode::ResourceNotFound));
        assert_eq!(sign_in.device(), Some(&device()));
        assert_eq!(script.sent().len(), requests);

        let script = Scripted::new([missing]);
        let sign_in = public(&script)?;
        let error = refusal(sign_in.respond(SmsMfa::new("alice", "s").answer("1")).await)?;
        assert_eq!(error.code(), Some(&ErrorCode::ResourceNotFound));
        assert_eq!(sign_in.device(), Some(&device()));
        assert_eq!(script.sent().len(), requests);
    }
    for missing in [app_client(), pool()] {
        let script = Scripted::new([challenge("DEVICE_SRP_AUTH"), missing]);
        let sign_in = public(&script)?;
        refusal(sign_in.password("alice", "P").await)?;
        assert_eq!(sign_in.device(), Some(&device()));
        assert_eq!(script.sent().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn the_device_is_kept_until_cognito_has_looked_at_the_request_without_it() -> Outcome {
    let throttled = || answer(400, r#"{"__type":"TooManyRequestsException"}"#);
    let broken = || answer(500, r#"{"__type":"InternalErrorException"}"#);
    for second in [failure(TransportErrorKind::Connect), throttled(), broken()] {
        let script = Scripted::new([unknown_device(), second]);
        let sign_in = public(&script)?;
        refusal(sign_in.respond(SmsMfa::new("alice", "s").answer("1")).await)?;
        assert_eq!(sign_in.device(), Some(&device()));
    }
    let wrong_code = answer(400, r#"{"__type":"CodeMismatchException"}"#);
    let script = Scripted::new([unknown_device(), wrong_code]);
    let sign_in = public(&script)?;
    let error = refusal(sign_in.respond(SmsMfa::new("alice", "s").answer("1")).await)?;
    assert_eq!(error.code(), Some(&ErrorCode::CodeMismatch));
    assert_eq!(sign_in.device(), None);
    Ok(())
}

#[tokio::test]
async fn tokens_of_a_new_device_are_refreshed_with_its_key() -> Outcome {
    let script = Scripted::new([challenge("SMS_MFA"), tokens_of_new_device(), tokens()]);
    let sign_in = public(&script)?;
    let answer = answers(posed(&sign_in).await?).swap_remove(0);
    let first = sign_in.respond(answer).await?.tokens().ok_or("no tokens")?;
    assert_eq!(first.device_key.as_deref(), Some(NEW));
    let refreshed = sign_in.refresh("refresh").await?;
    assert_eq!(refreshed.device_key.as_deref(), Some(NEW));
    let older = sign_in.refresh_token_auth("alice", "refresh").await?;
    assert_eq!(older.device_key.as_deref(), Some(NEW));
    // Cognito took no offence at the old device, so it is still the one to sign in from.
    let again = sign_in
        .password("alice", "P")
        .await?
        .tokens()
        .ok_or("no tokens")?;
    assert_eq!(again.device_key.as_deref(), Some(OLD));
    sign_in.refresh("refresh").await?;
    let keys = [OLD, OLD, NEW, NEW, OLD, OLD];
    assert_eq!(device_keys(&script)?, keys);
    Ok(())
}

#[tokio::test]
async fn a_token_source_refreshes_with_the_device_of_its_tokens() -> Outcome {
    for with_device in [true, false] {
        let script = Scripted::new([tokens_of_new_device(), refreshed(), refreshed()]);
        let [sign_in, _] = sides(&script)?;
        let sign_in = if with_device {
            sign_in.with_device(device())
        } else {
            sign_in
        };
        let mut tokens = sign_in
            .password("alice", "P")
            .await?
            .tokens()
            .ok_or("no tokens")?;
        // As after restarts, each so late that the tokens have expired.
        for _ in 0..2 {
            tokens.expires_at = cognito_idp::Timestamp::from_epoch_millis(0);
            let stored = serde_json::to_string(&tokens)?;
            let source = TokenSource::new(sign_in.clone(), serde_json::from_str(&stored)?);
            tokens = source.tokens().await?;
            assert_eq!(tokens.device_key.as_deref(), Some(NEW));
        }
        let start = if with_device { OLD } else { NONE };
        assert_eq!(device_keys(&script)?, [start, NEW, NEW]);
    }
    Ok(())
}

fn refreshed() -> Step {
    success(&json!({"AuthenticationResult": {"AccessToken": "access", "ExpiresIn": 3600}}))
}

#[tokio::test]
async fn tokens_that_were_stored_without_a_device_key_are_read() -> Outcome {
    let stored = json!({
        "access_token": "a", "expires_in": {"secs": 1, "nanos": 0}, "expires_at": 1, "token_type": "Bearer",
    });
    let tokens: Tokens = serde_json::from_value(stored)?;
    assert_eq!(tokens.device_key, None);
    Ok(())
}

#[tokio::test]
async fn a_device_of_which_only_the_key_is_known_refreshes_but_proves_nothing() -> Outcome {
    let script = Scripted::new([tokens(), challenge("DEVICE_SRP_AUTH")]);
    let [sign_in, _] = sides(&script)?;
    let device = RememberedDevice::key_only(OLD);
    let sign_in = sign_in.with_device(device.clone());
    sign_in.refresh("refresh").await?;
    let Challenge::DeviceSrpAuth(challenge) = posed(&sign_in).await? else {
        return Err("another challenge".into());
    };
    assert_eq!(device_keys(&script)?, [OLD, OLD]);
    let refused = refusal(sign_in.respond(challenge.answer(device)).await)?;
    let Error::InvalidInput(refused) = refused else {
        return Err(refused.into());
    };
    assert_eq!(refused.problems()[0].field, "device");
    assert_eq!(script.sent().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_device_that_fails_to_prove_itself_costs_one_more_start() -> Outcome {
    let script = Scripted::new([challenge("DEVICE_SRP_AUTH"), unknown_device(), tokens()]);
    let sign_in = public(&script)?;
    assert!(sign_in.password("alice", "P").await?.tokens().is_some());
    assert_eq!(sign_in.device(), None);
    assert_eq!(device_keys(&script)?, [OLD, OLD, NONE]);
    Ok(())
}

#[tokio::test]
async fn a_choice_keeps_the_device_for_what_follows() -> Outcome {
    let script = Scripted::new([challenge("EMAIL_OTP"), tokens()]);
    let sign_in = public(&script)?;
    let choice = SelectChallenge::new("alice", "session");
    let outcome = sign_in
        .respond(choice.answer(&ChallengeNameType::EmailOtp))
        .await?;
    let AuthOutcome::Challenge(challenge) = outcome else {
        return Err("tokens".into());
    };
    sign_in.respond(answers(challenge).swap_remove(0)).await?;
    assert_eq!(device_keys(&script)?, [OLD, OLD]);
    Ok(())
}

fn refusal<T>(result: Result<T, Error>) -> Outcome<Error> {
    result.err().ok_or_else(|| "a success".into())
}
