//! Every flow and every challenge, on fixtures.
#![cfg(all(feature = "srp", feature = "sigv4"))]

use std::{
    error::Error as StdError,
    io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use cognito_idp::{
    Client, Error, ErrorCode,
    auth::{
        AppClient, AuthOutcome, Challenge, RememberedDevice, SignIn, Tokens, UserAuth,
        challenge::MfaType,
    },
    credentials::Credentials,
    fixture::{Fixture, Replay},
    operation::{
        auth::{ChallengeNameType, ContextDataType},
        passkeys::{CompleteWebAuthnRegistrationRequest, StartWebAuthnRegistrationRequest},
    },
    types::{AnalyticsMetadataType, DeliveryMediumType, UserContextDataType},
};
use http::HeaderMap;
use serde_json::json;

type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

const CLIENT: &str = "app-client-id";
const SECRET: &str = "client-secret";
const POOL: &str = "eu-west-1_AbCdEf123";
const ALIAS: &str = "alice@example.com";
const USER: &str = "11111111-2222-3333-4444-555555555555";
const PASSWORD: &str = "P@ssw0rd!";

/// The bytes from 1 on, as in the test vectors.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a source of random bytes can fail"
)]
fn counting(bytes: &mut [u8]) -> io::Result<()> {
    for (byte, value) in bytes.iter_mut().zip((1..=u8::MAX).cycle()) {
        *byte = value;
    }
    Ok(())
}

fn load(flow: &str) -> Outcome<Replay> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/flows/{flow}.json"));
    Ok(Replay::new([Fixture::load(file)?]))
}

/// A client that plays the flow, in the first second of 1970.
fn client(play: &Replay) -> Outcome<Client> {
    let client = Client::builder()
        .region("eu-west-1")
        .credentials(Credentials::new("any", "any", None, None, "test"))
        .time_source(|| UNIX_EPOCH)
        .http_client(play.clone());
    Ok(client.build()?)
}

fn public(play: &Replay) -> Outcome<SignIn> {
    let sign_in = SignIn::public(client(play)?, AppClient::new(CLIENT)).user_pool_id(POOL);
    Ok(sign_in.random_source(counting))
}

fn public_with_secret(play: &Replay) -> Outcome<SignIn> {
    let app_client = AppClient::new(CLIENT).secret(SECRET);
    let sign_in = SignIn::public(client(play)?, app_client).user_pool_id(POOL);
    Ok(sign_in.random_source(counting))
}

fn admin(play: &Replay) -> Outcome<SignIn> {
    let sign_in = SignIn::admin(client(play)?, POOL, AppClient::new(CLIENT));
    Ok(sign_in.random_source(counting))
}

/// Takes the challenge, after it was stored and read again as between two requests.
macro_rules! challenge {
    ($outcome:expr, $variant:ident) => {{
        let stored = serde_json::to_string(&$outcome)?;
        let outcome: AuthOutcome = serde_json::from_str(&stored)?;
        match outcome {
            AuthOutcome::Challenge(Challenge::$variant(challenge)) => {
                let name = Challenge::$variant(challenge.clone()).name();
                assert_eq!(name, ChallengeNameType::$variant);
                challenge
            }
            outcome => return Err(format!("another outcome: {outcome:?}").into()),
        }
    }};
}

fn signed_in(play: &Replay, outcome: AuthOutcome) -> Outcome<Tokens> {
    let tokens = outcome.tokens().ok_or("a challenge instead of tokens")?;
    assert_eq!(tokens.access_token.expose(), "access-token");
    assert_eq!(tokens.expires_in, Duration::from_hours(1));
    assert_eq!(tokens.expires_at.epoch_millis(), 3_600_000);
    play.verify()?;
    Ok(tokens)
}

fn device() -> RememberedDevice {
    let key = "eu-west-1_aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    RememberedDevice::new(key, "-device-group", "device-password")
}

#[tokio::test]
async fn sms_mfa_hashes_the_alias_first_and_the_canonical_name_then() -> Outcome {
    let play = load("sms_mfa")?;
    let sign_in = public_with_secret(&play)?;
    let challenge = challenge!(sign_in.password(ALIAS, PASSWORD).await?, SmsMfa);
    assert_eq!(
        challenge.delivery.destination.as_deref(),
        Some("+*******0123")
    );
    assert_eq!(challenge.delivery.medium, Some(DeliveryMediumType::Sms));
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn email_otp_is_posed_to_a_user_who_prefers_it() -> Outcome {
    let play = load("email_otp")?;
    let sign_in = public(&play)?;
    let outcome = sign_in
        .user_auth(UserAuth::new("alice").email_otp())
        .await?;
    let challenge = challenge!(outcome, EmailOtp);
    assert_eq!(challenge.delivery.medium, Some(DeliveryMediumType::Email));
    let outcome = sign_in.respond(challenge.answer("12345678")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn sms_otp_follows_the_choice_of_it() -> Outcome {
    let play = load("sms_otp")?;
    let sign_in = public(&play)?;
    let choice = challenge!(
        sign_in.user_auth(UserAuth::new("alice")).await?,
        SelectChallenge
    );
    assert_eq!(
        choice.choices,
        [
            ChallengeNameType::PasswordSrp,
            ChallengeNameType::Password,
            ChallengeNameType::SmsOtp
        ]
    );
    let answer = choice.answer(&ChallengeNameType::SmsOtp);
    let challenge = challenge!(sign_in.respond(answer).await?, SmsOtp);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn software_token_mfa_takes_a_second_code_after_a_wrong_one() -> Outcome {
    let play = load("software_token_mfa")?;
    let sign_in = public(&play)?;
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, SoftwareTokenMfa);
    assert_eq!(
        challenge.friendly_device_name.as_deref(),
        Some("TOTP device")
    );
    let wrong = sign_in.respond(challenge.answer("000000")).await;
    assert_eq!(code(wrong), Some(ErrorCode::CodeMismatch));
    let outcome = sign_in.respond(challenge.answer("261293")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn select_mfa_type_answers_with_one_of_the_choices() -> Outcome {
    let play = load("select_mfa_type")?;
    let sign_in = public(&play)?;
    let choice = challenge!(sign_in.password("alice", PASSWORD).await?, SelectMfaType);
    let expected = [
        MfaType::SmsMfa,
        MfaType::SoftwareTokenMfa,
        MfaType::EmailOtp,
    ];
    assert_eq!(choice.choices, expected);
    let answer = choice.answer(&MfaType::EmailOtp);
    let challenge = challenge!(sign_in.respond(answer).await?, EmailOtp);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn mfa_setup_ends_with_the_session_of_the_verified_app() -> Outcome {
    let play = load("mfa_setup_totp")?;
    let sign_in = public(&play)?;
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, MfaSetup);
    assert_eq!(
        challenge.choices,
        [MfaType::SoftwareTokenMfa, MfaType::EmailOtp]
    );
    let setup = sign_in.set_up_totp(challenge).await?;
    assert_eq!(
        setup.uri("Shop", "alice")?.expose(),
        "otpauth://totp/Shop:alice?secret=JBSWY3DPEHPK3PXP&issuer=Shop"
    );
    let wrong = sign_in.finish_totp(&setup, "000000", Some("Phone")).await;
    assert_eq!(code(wrong), Some(ErrorCode::EnableSoftwareTokenMfa));
    let outcome = sign_in.finish_totp(&setup, "123456", Some("Phone")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn mfa_setup_takes_an_email_address() -> Outcome {
    let play = load("mfa_setup_email")?;
    let sign_in = public(&play)?;
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, MfaSetup);
    let outcome = sign_in.respond(challenge.answer_email(ALIAS)).await?;
    let challenge = challenge!(outcome, EmailOtp);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn select_challenge_takes_the_password_at_once() -> Outcome {
    let play = load("select_challenge")?;
    let sign_in = public(&play)?;
    let choice = challenge!(
        sign_in.user_auth(UserAuth::new("alice")).await?,
        SelectChallenge
    );
    let outcome = sign_in.respond(choice.answer_password(PASSWORD)).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn password_is_asked_for_after_it_was_chosen() -> Outcome {
    let play = load("password")?;
    let sign_in = public(&play)?;
    let choice = challenge!(
        sign_in.user_auth(UserAuth::new("alice")).await?,
        SelectChallenge
    );
    let answer = choice.answer(&ChallengeNameType::Password);
    let challenge = challenge!(sign_in.respond(answer).await?, Password);
    let outcome = sign_in.respond(challenge.answer(PASSWORD)).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn user_srp_sends_the_proof_of_the_test_vector() -> Outcome {
    let play = load("user_srp")?;
    let outcome = public_with_secret(&play)?.srp(ALIAS, PASSWORD).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn srp_works_on_the_admin_side() -> Outcome {
    let play = load("admin_srp")?;
    let outcome = admin(&play)?.srp("alice", PASSWORD).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn srp_without_a_user_pool_is_refused_before_anything_is_sent() -> Outcome {
    let play = load("user_srp")?;
    let sign_in = SignIn::public(client(&play)?, AppClient::new(CLIENT));
    for sign_in in [sign_in.clone(), sign_in.user_pool_id("eu-west-1")] {
        let refused = sign_in.srp(ALIAS, PASSWORD).await;
        assert!(matches!(refused, Err(Error::InvalidInput(_))));
    }
    Ok(())
}

#[tokio::test]
async fn password_srp_is_asked_for_after_it_was_chosen() -> Outcome {
    let play = load("password_srp")?;
    let sign_in = public(&play)?;
    let choice = challenge!(
        sign_in.user_auth(UserAuth::new("alice")).await?,
        SelectChallenge
    );
    let answer = choice.answer(&ChallengeNameType::PasswordSrp);
    let challenge = challenge!(sign_in.respond(answer).await?, PasswordSrp);
    let outcome = sign_in.respond(challenge.answer(PASSWORD)).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn select_challenge_proves_the_password_at_once() -> Outcome {
    let play = load("select_challenge_srp")?;
    let sign_in = public(&play)?;
    let choice = challenge!(
        sign_in.user_auth(UserAuth::new("alice")).await?,
        SelectChallenge
    );
    let outcome = sign_in
        .respond(choice.answer_password_srp(PASSWORD))
        .await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn user_auth_proves_the_password_at_once() -> Outcome {
    let play = load("user_auth_srp")?;
    let user = UserAuth::new("alice").password_srp(PASSWORD);
    let outcome = public(&play)?.user_auth(user).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_remembered_device_proves_itself_on_the_way() -> Outcome {
    let play = load("device_srp")?;
    let sign_in = public(&play)?.with_device(device());
    let outcome = sign_in.srp("alice", PASSWORD).await?;
    assert!(sign_in.device().is_some());
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_stale_device_is_forgotten_and_the_sign_in_goes_on_without_it() -> Outcome {
    let play = load("stale_device")?;
    let sign_in = public(&play)?.with_device(device());
    let outcome = sign_in.clone().srp("alice", PASSWORD).await?;
    assert_eq!(sign_in.device(), None);
    let tokens = signed_in(&play, outcome)?;
    assert!(tokens.new_device_metadata.is_some());
    Ok(())
}

#[tokio::test]
async fn a_device_that_turns_out_stale_after_a_code_is_left_out_next_time() -> Outcome {
    let play = load("stale_device_after_mfa")?;
    let sign_in = public(&play)?.with_device(device());
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, SmsMfa);
    let refused = sign_in.respond(challenge.answer("123456")).await;
    assert_eq!(code(refused), Some(ErrorCode::ResourceNotFound));
    assert_eq!(sign_in.device(), None);
    let outcome = sign_in.password("alice", PASSWORD).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_remembered_device_goes_with_a_code_and_proves_itself_after_it() -> Outcome {
    let play = load("device_after_mfa")?;
    let sign_in = public(&play)?.with_device(device());
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, SmsMfa);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    assert!(sign_in.device().is_some());
    let tokens = signed_in(&play, outcome)?;
    assert_eq!(tokens.device_key, Some(device().key));
    Ok(())
}

#[tokio::test]
async fn a_code_from_a_forgotten_device_signs_in_and_the_new_device_refreshes() -> Outcome {
    let play = load("forgotten_device_with_code")?;
    let sign_in = public(&play)?.with_device(device());
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, SmsMfa);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    assert_eq!(sign_in.device(), None);
    let tokens = outcome.tokens().ok_or("a challenge")?;
    let new = tokens.new_device_metadata.ok_or("no new device")?;
    let refreshed = sign_in.refresh("refresh-token").await?;
    assert_eq!(refreshed.device_key, new.device_key);
    play.verify()?;
    Ok(())
}

#[tokio::test]
async fn srp_values_made_elsewhere_are_passed_on() -> Outcome {
    let play = load("srp_by_hand")?;
    let sign_in = public(&play)?;
    let choice = challenge!(
        sign_in.user_auth(UserAuth::new("alice")).await?,
        SelectChallenge
    );
    let answer = choice.answer(&ChallengeNameType::PasswordSrp);
    let challenge = challenge!(sign_in.respond(answer).await?, PasswordSrp);
    let srp_a = srp_a()?;
    let outcome = sign_in.respond(challenge.answer_srp_a(&srp_a)).await?;
    let challenge = challenge!(outcome, PasswordVerifier);
    assert_eq!(challenge.username().expose(), "alice");
    assert_eq!(
        challenge.parameters.salt.expose(),
        "8ce8291892390f6b53a245933faf6164"
    );
    let time = "Thu Jan 1 00:00:00 UTC 1970";
    let answer = challenge.answer("x9ayAeBMqfGj56MEUtIDhx+I78N//Mk2HojlSdGU2Ug=", time);
    let challenge = challenge!(sign_in.respond(answer).await?, DeviceSrpAuth);
    let answer = challenge.answer_srp_a(device().key, srp_a);
    let challenge = challenge!(sign_in.respond(answer).await?, DevicePasswordVerifier);
    let signature = "Gksmp7E+OczSIlPqSRbsIzR7CbPZsQ86XHLB5LuWvLM=";
    let answer = challenge.answer(device().key, signature, time);
    let outcome = sign_in.respond(answer).await?;
    signed_in(&play, outcome).map(drop)
}

/// The public value that belongs to the counting bytes.
fn srp_a() -> Outcome<String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flows/admin_srp.json");
    let fixture: serde_json::Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let value = &fixture["exchanges"][0]["request"]["AuthParameters"]["SRP_A"];
    Ok(value.as_str().ok_or("no SRP_A")?.to_owned())
}

#[tokio::test]
async fn a_temporary_password_is_replaced_after_srp() -> Outcome {
    let play = load("new_password_required")?;
    let sign_in = public_with_secret(&play)?;
    let challenge = challenge!(sign_in.srp(ALIAS, PASSWORD).await?, NewPasswordRequired);
    assert_eq!(challenge.required_attributes, ["given_name"]);
    assert_eq!(challenge.user_attributes["email"].expose(), ALIAS);
    let answer = challenge
        .attribute("given_name", "Alice")
        .answer("N3wP@ssword");
    let outcome = sign_in.respond(answer).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_custom_challenge_may_come_again() -> Outcome {
    let play = load("custom_challenge")?;
    let sign_in = public(&play)?;
    let challenge = challenge!(sign_in.custom("alice").await?, CustomChallenge);
    assert_eq!(challenge.parameters["question"].expose(), "6 times 7");
    let outcome = sign_in.respond(challenge.answer("41")).await?;
    let challenge = challenge!(outcome, CustomChallenge);
    let outcome = sign_in.respond(challenge.answer("42")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_custom_challenge_follows_srp() -> Outcome {
    let play = load("custom_after_srp")?;
    let sign_in = public(&play)?;
    let outcome = sign_in.custom_after_srp("alice", PASSWORD).await?;
    let challenge = challenge!(outcome, CustomChallenge);
    let outcome = sign_in.respond(challenge.answer("42")).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_passkey_signs_in() -> Outcome {
    let play = load("web_authn")?;
    let sign_in = public(&play)?;
    let outcome = sign_in
        .user_auth(UserAuth::new("alice").web_authn())
        .await?;
    let challenge = challenge!(outcome, WebAuthn);
    assert_eq!(challenge.options.expose()["rpId"], "localhost");
    let mut credential = json!({
        "id": "1oG8PY5xSxU",
        "rawId": "1oG8PY5xSxU",
        "response": {"authenticatorData": "AAEC", "clientDataJSON": "e30", "signature": "AwQF"},
        "type": "public-key",
        "clientExtensionResults": {},
    });
    // It is sent as a text, which the fixture has in the order of the names.
    credential.sort_all_objects();
    let outcome = sign_in.respond(challenge.answer(credential)).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_passkey_is_registered_as_json_objects() -> Outcome {
    let play = load("passkey_registration")?;
    let client = client(&play)?;
    let started = client
        .send(&StartWebAuthnRegistrationRequest::new("access-token"))
        .await?;
    assert_eq!(started.credential_creation_options["rp"]["id"], "localhost");
    let credential = json!({
        "id": "1oG8PY5xSxU",
        "rawId": "1oG8PY5xSxU",
        "response": {"attestationObject": "AAEC", "clientDataJSON": "e30", "transports": ["internal"]},
        "type": "public-key",
        "clientExtensionResults": {},
    });
    let request = CompleteWebAuthnRegistrationRequest::new("access-token", credential);
    client.send(&request).await?;
    play.verify()?;
    Ok(())
}

#[tokio::test]
async fn the_old_password_challenge_is_answered_on_the_admin_side() -> Outcome {
    let play = load("admin_no_srp_auth")?;
    let sign_in = admin(&play)?;
    let challenge = challenge!(sign_in.custom("alice").await?, AdminNoSrpAuth);
    let outcome = sign_in.respond(challenge.answer(PASSWORD)).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_challenge_of_tomorrow_is_answered_with_raw_responses() -> Outcome {
    let play = load("other_challenge")?;
    let sign_in = public(&play)?;
    let outcome = sign_in.password("alice", PASSWORD).await?;
    let Some(Challenge::Other(challenge)) = outcome.challenge() else {
        return Err("another challenge".into());
    };
    assert_eq!(challenge.name.as_str(), "EMAIL_MFA");
    let answer = challenge.answer([("EMAIL_MFA_CODE", "123456")]);
    let outcome = sign_in.respond(answer).await?;
    signed_in(&play, outcome).map(drop)
}

#[tokio::test]
async fn a_new_device_is_confirmed_with_a_verifier_and_keeps_the_password() -> Outcome {
    let play = load("confirm_device")?;
    let sign_in = public(&play)?;
    let outcome = sign_in.password("alice", PASSWORD).await?;
    let tokens = outcome.tokens().ok_or("no tokens")?;
    let metadata = tokens.new_device_metadata.ok_or("no new device")?;
    let confirmed = sign_in.confirm_device(&tokens.access_token, &metadata, Some("Laptop"));
    let (remembered, response) = confirmed.await?;
    assert_eq!(remembered.key, device().key);
    assert_eq!(remembered.group_key, device().group_key);
    assert_eq!(
        remembered.password.expose(),
        "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKA=="
    );
    assert!(response.user_confirmation_necessary.unwrap_or(false));
    play.verify()?;
    Ok(())
}

#[tokio::test]
async fn a_refresh_keeps_the_old_refresh_token_until_there_is_a_new_one() -> Outcome {
    let play = load("refresh")?;
    let sign_in = public_with_secret(&play)?
        .with_device(device())
        .client_metadata([("tenant", "t-1")]);
    let tokens = sign_in.refresh("refresh-token").await?;
    let kept = tokens.refresh_token.ok_or("no refresh token")?;
    assert_eq!(kept.expose(), "refresh-token");
    let tokens = sign_in.refresh(kept).await?;
    let rotated = tokens.refresh_token.ok_or("no refresh token")?;
    assert_eq!(rotated.expose(), "refresh-token-2");
    sign_in.revoke(rotated).await?;
    sign_in.global_sign_out(tokens.access_token).await?;
    play.verify()?;
    Ok(())
}

#[tokio::test]
async fn the_older_refresh_hashes_the_real_username() -> Outcome {
    let play = load("refresh_token_auth")?;
    let sign_in = public_with_secret(&play)?;
    let tokens = sign_in.refresh_token_auth(USER, "refresh-token").await?;
    let kept = tokens.refresh_token.ok_or("no refresh token")?;
    assert_eq!(kept.expose(), "refresh-token");
    play.verify()?;
    Ok(())
}

#[tokio::test]
async fn step_up_parameters_go_along() -> Outcome {
    let play = load("step_up")?;
    let sign_in = public(&play)?;
    let user = UserAuth::new("alice")
        .sms_otp()
        .session("sign-up-session")
        .access_token("access-token")
        .target_acr_values("urn:cognito:loa:2")
        .max_age(Duration::from_mins(5));
    let challenge = challenge!(sign_in.user_auth(user).await?, SmsOtp);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    signed_in(&play, outcome).map(drop)
}

/// What is known about the end user's request; the cookie must not be passed on.
fn context() -> Outcome<ContextDataType> {
    let mut headers = HeaderMap::new();
    headers.insert("user-agent", "Browser".parse()?);
    headers.insert("cookie", "session=secret".parse()?);
    headers.insert("authorization", "Bearer secret".parse()?);
    let address = "203.0.113.7".parse()?;
    let context = ContextDataType::from_request(address, "example.com", "/login", &headers);
    Ok(context)
}

#[tokio::test]
async fn metadata_and_context_go_with_every_step_of_the_public_side() -> Outcome {
    for (explicit, both) in [(false, false), (true, false), (true, true)] {
        let play = load("context_public")?;
        let sign_in = public(&play)?
            .client_metadata([("tenant", "t-1")])
            .analytics_metadata(AnalyticsMetadataType::new().analytics_endpoint_id("endpoint"));
        let elsewhere = ContextDataType::new("198.51.100.1", "", "", []);
        let sign_in = if both {
            // What was said for the public side alone wins.
            sign_in.context_data(elsewhere)
        } else {
            sign_in
        };
        let sign_in = if explicit {
            sign_in.user_context_data(UserContextDataType::new().ip_address("203.0.113.7"))
        } else {
            sign_in.context_data(context()?)
        };
        let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, SmsMfa);
        let outcome = sign_in.respond(challenge.answer("123456")).await?;
        signed_in(&play, outcome)?;
    }
    Ok(())
}

#[tokio::test]
async fn metadata_and_context_go_with_every_step_of_the_admin_side() -> Outcome {
    let play = load("context_admin")?;
    let sign_in = admin(&play)?
        .client_metadata([("tenant", "t-1")])
        .analytics_metadata(AnalyticsMetadataType::new().analytics_endpoint_id("endpoint"))
        .context_data(context()?);
    let challenge = challenge!(sign_in.password("alice", PASSWORD).await?, SmsMfa);
    let outcome = sign_in.respond(challenge.answer("123456")).await?;
    signed_in(&play, outcome).map(drop)
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err()?.code().cloned()
}
