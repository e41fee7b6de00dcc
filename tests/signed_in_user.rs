//! The calls of a signed-in user: what they send, and what becomes of a token that is refused.
#![cfg(all(feature = "srp", feature = "sigv4"))]

#[path = "support/scripted.rs"]
mod scripted;

use std::{
    error::Error as _,
    fmt::Write as _,
    future::ready,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cognito_idp::{
    Error, ErrorCode, Timestamp,
    auth::{AppClient, RefreshError, SignIn, SignedInUser, TokenSource, Tokens, UserCallError},
    error::TransportErrorKind,
    operation::{
        auth::GetUserAuthFactorsRequest,
        mfa::{EmailMfaSettingsType, SmsMfaSettingsType},
    },
    retry::RetryPolicy,
    types::AttributeType,
};
use serde_json::{Value, json};

use self::scripted::{NOON, Scripted, Step, answer, failure, refusal};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn sign_in(script: &Scripted) -> Outcome<SignIn> {
    // So that every request is the caller's.
    let client = script.client(|builder| builder.retry_policy(RetryPolicy::never()))?;
    Ok(SignIn::public(
        client,
        AppClient::new("app").secret("secret"),
    ))
}

fn user(script: &Scripted) -> Outcome<SignedInUser> {
    Ok(SignedInUser::new(sign_in(script)?, tokens()?))
}

/// Tokens for an hour from noon on, which is when a script is made.
fn tokens() -> Outcome<Tokens> {
    let expires_at = i64::try_from(NOON)? + 3_600;
    Ok(serde_json::from_value(json!({
        "access_token": "access-1",
        "refresh_token": "refresh-1",
        "expires_in": {"secs": 3600, "nanos": 0},
        "expires_at": Timestamp::from_epoch_millis(expires_at * 1_000),
        "token_type": "Bearer",
    }))?)
}

fn success(body: &Value) -> Step {
    answer(200, &body.to_string())
}

fn done() -> Step {
    answer(200, "{}")
}

fn refreshed(number: u32) -> Step {
    success(&json!({"AuthenticationResult": {
        "AccessToken": format!("access-{number}"),
        "RefreshToken": format!("refresh-{number}"),
        "ExpiresIn": 3600,
    }}))
}

fn not_authorized(message: &str) -> Step {
    let body = json!({"__type": "NotAuthorizedException", "message": message});
    answer(400, &body.to_string())
}

fn revoked() -> Step {
    not_authorized("Access Token has been revoked")
}

fn alice() -> Step {
    success(&json!({"Username": "alice", "UserAttributes": []}))
}

/// What was sent: operations, and bodies.
fn sent(script: &Scripted) -> Outcome<Vec<(String, Value)>> {
    let read = |sent: scripted::Sent| {
        assert_eq!(sent.header("authorization"), "", "signed");
        let operation = sent
            .header("x-amz-target")
            .rsplit('.')
            .next()
            .unwrap_or_default();
        Ok((
            operation.to_owned(),
            serde_json::from_slice(sent.request.body())?,
        ))
    };
    script.sent().into_iter().map(read).collect()
}

/// The operations that were sent, each with the access token in it.
fn operations(script: &Scripted) -> Outcome<Vec<String>> {
    let describe = |(operation, body): (String, Value)| match body["AccessToken"].as_str() {
        Some(token) => format!("{operation} {token}"),
        None => operation,
    };
    Ok(sent(script)?.into_iter().map(describe).collect())
}

/// Makes one call with this answer, and checks what it sent.
macro_rules! sends {
    ($answer:expr, |$user:ident| $call:expr, $operation:literal, $body:tt) => {{
        let script = Scripted::new([$answer]);
        let $user = user(&script)?;
        let result = $call.await?;
        assert_eq!(sent(&script)?, [($operation.to_owned(), json!($body))]);
        result
    }};
}

#[tokio::test]
async fn every_call_sends_the_token_and_what_was_said_and_nothing_else() -> Outcome {
    let profile = sends!(alice(), |user| user.profile(), "GetUser", {"AccessToken": "access-1"});
    assert_eq!(profile.username.expose(), "alice");

    let deliveries = sends!(
        success(&json!({"CodeDeliveryDetailsList": [{"AttributeName": "email"}]})),
        |user| user.update_attributes([
            AttributeType::new("email").value("alice@example.com"),
            AttributeType::new("nickname").value("Al"),
        ]),
        "UpdateUserAttributes",
        {"AccessToken": "access-1", "UserAttributes": [
            {"Name": "email", "Value": "alice@example.com"},
            {"Name": "nickname", "Value": "Al"},
        ]}
    );
    assert_eq!(deliveries[0].attribute_name.as_deref(), Some("email"));
    sends!(done(), |user| user.delete_attributes(["nickname"]),
        "DeleteUserAttributes", {"AccessToken": "access-1", "UserAttributeNames": ["nickname"]});
    let delivery = sends!(
        success(&json!({"CodeDeliveryDetails": {"Destination": "a***@e***"}})),
        |user| user.send_attribute_code("email"),
        "GetUserAttributeVerificationCode",
        {"AccessToken": "access-1", "AttributeName": "email"}
    );
    let destination = delivery.and_then(|delivery| delivery.destination);
    assert_eq!(destination.as_deref(), Some("a***@e***"));
    sends!(done(), |user| user.verify_attribute("email", "123456"), "VerifyUserAttribute",
        {"AccessToken": "access-1", "AttributeName": "email", "Code": "123456"});

    sends!(done(), |user| user.change_password("old", "new"), "ChangePassword",
        {"AccessToken": "access-1", "PreviousPassword": "old", "ProposedPassword": "new"});
    sends!(done(), |user| user.set_first_password("new"), "ChangePassword",
        {"AccessToken": "access-1", "ProposedPassword": "new"});

    let secret = sends!(
        success(&json!({"SecretCode": "JBSWY3DPEHPK3PXP"})),
        |user| user.set_up_totp(),
        "AssociateSoftwareToken",
        {"AccessToken": "access-1"}
    );
    let uri = secret.uri("Shop", "alice")?;
    assert_eq!(
        uri.expose(),
        "otpauth://totp/Shop:alice?secret=JBSWY3DPEHPK3PXP&issuer=Shop"
    );
    sends!(done(), |user| user.drop_totp(), "SetUserMFAPreference",
        {"AccessToken": "access-1", "SoftwareTokenMfaSettings": {"Enabled": false}});
    sends!(
        done(),
        |user| user.set_mfa_preference(|mfa| mfa
            .email_mfa_settings(EmailMfaSettingsType::new().enabled(true).preferred_mfa(true))
            .sms_mfa_settings(SmsMfaSettingsType::new().enabled(false))),
        "SetUserMFAPreference",
        {
            "AccessToken": "access-1",
            "EmailMfaSettings": {"Enabled": true, "PreferredMfa": true},
            "SMSMfaSettings": {"Enabled": false},
        }
    );
    let factors = sends!(
        success(&json!({"Username": "alice", "ConfiguredUserAuthFactors": ["PASSWORD"]})),
        |user| user.send(GetUserAuthFactorsRequest::new),
        "GetUserAuthFactors",
        {"AccessToken": "access-1"}
    );
    assert_eq!(factors.configured_user_auth_factors.len(), 1);
    Ok(())
}

#[tokio::test]
async fn passkeys_devices_and_sessions_are_those_of_the_token() -> Outcome {
    let options = json!({"challenge": "abc", "user": {"id": "alice"}});
    let started = sends!(
        success(&json!({"CredentialCreationOptions": options})),
        |user| user.start_passkey(),
        "StartWebAuthnRegistration",
        {"AccessToken": "access-1"}
    );
    assert_eq!(started, options);
    sends!(done(), |user| user.finish_passkey(json!({"id": "key"})),
        "CompleteWebAuthnRegistration", {"AccessToken": "access-1", "Credential": {"id": "key"}});
    sends!(done(), |user| user.delete_passkey("key"), "DeleteWebAuthnCredential",
        {"AccessToken": "access-1", "CredentialId": "key"});

    let device = sends!(
        success(&json!({"Device": {"DeviceKey": "device"}})),
        |user| user.device("device"),
        "GetDevice",
        {"AccessToken": "access-1", "DeviceKey": "device"}
    );
    assert_eq!(device.device_key.as_deref(), Some("device"));
    sends!(done(), |user| user.remember_device("device"), "UpdateDeviceStatus",
        {"AccessToken": "access-1", "DeviceKey": "device", "DeviceRememberedStatus": "remembered"});
    sends!(done(), |user| user.stop_remembering_device("device"), "UpdateDeviceStatus",
        {"AccessToken": "access-1", "DeviceKey": "device", "DeviceRememberedStatus": "not_remembered"});
    sends!(done(), |user| user.forget_device("device"), "ForgetDevice",
        {"AccessToken": "access-1", "DeviceKey": "device"});

    let sessions = sends!(
        success(&json!({"Sessions": [{"SessionId": "tkn1"}]})),
        |user| user.sessions(),
        "ListUserSessions",
        {"AccessToken": "access-1"}
    );
    assert_eq!(sessions[0].session_id.as_deref(), Some("tkn1"));
    sends!(done(), |user| user.end_session("tkn1"), "RevokeUserSession",
        {"AccessToken": "access-1", "SessionId": "tkn1"});
    Ok(())
}

#[tokio::test]
async fn lists_are_whole_and_begin_anew_with_the_token_that_replaces_a_refused_one() -> Outcome {
    let script = Scripted::new([
        success(&json!({"Devices": [{"DeviceKey": "one"}], "PaginationToken": "next"})),
        revoked(),
        refreshed(2),
        success(&json!({"Devices": [{"DeviceKey": "one"}], "PaginationToken": "next"})),
        success(&json!({"Devices": [{"DeviceKey": "two"}]})),
    ]);
    let devices = user(&script)?.devices().await?;
    let keys: Vec<_> = devices
        .iter()
        .filter_map(|device| device.device_key.as_deref())
        .collect();
    assert_eq!(keys, ["one", "two"]);
    let expected = [
        "ListDevices access-1",
        "ListDevices access-1",
        "GetTokensFromRefreshToken",
        "ListDevices access-2",
        "ListDevices access-2",
    ];
    assert_eq!(operations(&script)?, expected);
    assert_eq!(sent(&script)?[4].1["PaginationToken"], "next");

    let script = Scripted::new([success(&json!({"Credentials": []}))]);
    assert!(user(&script)?.passkeys().await?.is_empty());
    let script = Scripted::new([refusal(400, "TooManyRequestsException")]);
    let error = user(&script)?.passkeys().await.expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::TooManyRequests));
    Ok(())
}

#[tokio::test]
async fn an_app_is_turned_on_only_once_its_code_was_right() -> Outcome {
    let script = Scripted::new([success(&json!({"Status": "SUCCESS"})), done()]);
    user(&script)?.finish_totp("123456", Some("phone")).await?;
    let expected = [
        (
            "VerifySoftwareToken".to_owned(),
            json!({"AccessToken": "access-1", "UserCode": "123456", "FriendlyDeviceName": "phone"}),
        ),
        (
            "SetUserMFAPreference".to_owned(),
            json!({
                "AccessToken": "access-1",
                "SoftwareTokenMfaSettings": {"Enabled": true, "PreferredMfa": true},
            }),
        ),
    ];
    assert_eq!(sent(&script)?, expected);

    let wrong = refusal(400, "EnableSoftwareTokenMFAException");
    for (answer, code) in [
        (wrong, Some(ErrorCode::EnableSoftwareTokenMfa)),
        (success(&json!({"Status": "ERROR"})), None),
    ] {
        let script = Scripted::new([answer]);
        let error = user(&script)?.finish_totp("000000", None).await;
        match error {
            Err(UserCallError::Call(Error::Service(error))) => {
                assert_eq!(error.code(), code.as_ref());
            }
            result => return Err(format!("{result:?}").into()),
        }
        assert_eq!(script.sent().len(), 1);
    }
    let script = Scripted::new([done()]);
    let error = user(&script)?.set_up_totp().await.expect_err("no secret");
    assert!(
        matches!(error, UserCallError::Call(Error::Decode(_))),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_expired_is_refreshed_before_the_call() -> Outcome {
    let script = Scripted::new([refreshed(2), alice()]);
    let user = user(&script)?;
    tokio::time::advance(Duration::from_hours(1)).await;
    user.profile().await?;
    assert_eq!(
        operations(&script)?,
        ["GetTokensFromRefreshToken", "GetUser access-2"]
    );
    Ok(())
}

#[tokio::test]
async fn a_call_whose_token_was_refused_is_sent_once_more_with_a_fresh_one() -> Outcome {
    for refusal in [
        revoked(),
        not_authorized("Access Token has expired"),
        not_authorized("Invalid Access Token"),
    ] {
        let script = Scripted::new([refusal, refreshed(2), done()]);
        user(&script)?.change_password("old", "new").await?;
        let expected = [
            "ChangePassword access-1",
            "GetTokensFromRefreshToken",
            "ChangePassword access-2",
        ];
        assert_eq!(operations(&script)?, expected);
    }
    // And no more than once.
    let script = Scripted::new([revoked(), refreshed(2), revoked()]);
    let error = user(&script)?.profile().await.expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
    assert_eq!(script.sent().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_is_over_here_too() -> Outcome {
    let gone = || refusal(400, "UserNotFoundException");
    for (refused, refresh) in [
        (revoked(), not_authorized("Refresh Token has been revoked")),
        (
            not_authorized("User is disabled."),
            not_authorized("User is disabled."),
        ),
        (gone(), gone()),
    ] {
        let script = Scripted::new([refused, refresh]);
        let user = user(&script)?;
        let error = user.profile().await.expect_err("signed out");
        assert!(error.is_signed_out() && error.code().is_none(), "{error:?}");
        // Nobody is asked again.
        let error = user.devices().await.expect_err("signed out");
        assert!(error.is_signed_out(), "{error:?}");
        assert!(user.source().current().is_err());
        assert_eq!(script.sent().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_token_that_cannot_be_refreshed_is_the_end_of_the_session() -> Outcome {
    let script = Scripted::new([revoked()]);
    let mut tokens = tokens()?;
    tokens.refresh_token = None;
    let user = SignedInUser::new(sign_in(&script)?, tokens);
    for _ in 0..2 {
        let error = user.profile().await.expect_err("signed out");
        assert!(error.is_signed_out(), "{error:?}");
    }
    assert_eq!(script.sent().len(), 1);
    Ok(())
}

#[tokio::test]
async fn whether_the_session_is_over_is_not_guessed_while_nobody_can_be_asked() -> Outcome {
    let script = Scripted::new([revoked(), failure(TransportErrorKind::Connect)]);
    let user = user(&script)?;
    let error = user.profile().await.expect_err("no answer");
    assert!(!error.is_signed_out());
    assert!(matches!(
        error,
        UserCallError::Refresh(RefreshError::Unavailable(_))
    ));
    assert!(user.source().current().is_ok());
    Ok(())
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_token_is_the_calls_own() -> Outcome {
    for refusal in [
        not_authorized("Incorrect username or password."),
        not_authorized("Access Token does not have required scopes"),
        refusal(400, "InvalidPasswordException"),
        refusal(400, "LimitExceededException"),
    ] {
        let script = Scripted::new([refusal]);
        let user = user(&script)?;
        let error = user
            .change_password("wrong", "new")
            .await
            .expect_err("refused");
        assert!(
            matches!(&error, UserCallError::Call(Error::Service(_))),
            "{error:?}"
        );
        assert!(!error.is_signed_out() && error.code().is_some());
        assert_eq!(operations(&script)?, ["ChangePassword access-1"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_hundred_calls_with_a_refused_token_cause_one_refresh() -> Outcome {
    let slowly = |step: Step| step.after(Duration::from_millis(20));
    let refusals = (0..100).map(|_| slowly(revoked()));
    let script = Scripted::new(refusals.chain([slowly(refreshed(2)), alice()]));
    let user = user(&script)?;
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let user = user.clone();
            tokio::spawn(async move { user.profile().await })
        })
        .collect();
    for call in calls {
        call.await??;
    }
    let operations = operations(&script)?;
    let count = |name: &str| {
        operations
            .iter()
            .filter(|operation| *operation == name)
            .count()
    };
    assert_eq!(count("GetTokensFromRefreshToken"), 1);
    assert_eq!(
        (count("GetUser access-1"), count("GetUser access-2")),
        (100, 100)
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_late_is_not_refreshed_a_second_time() -> Outcome {
    let late = revoked().after(Duration::from_secs(1));
    let script = Scripted::new([late, revoked(), refreshed(2), alice(), alice()]);
    let user = user(&script)?;
    let (slow, quick) = tokio::join!(user.profile(), user.profile());
    slow?;
    quick?;
    let expected = [
        "GetUser access-1",
        "GetUser access-1",
        "GetTokensFromRefreshToken",
        "GetUser access-2",
        "GetUser access-2",
    ];
    assert_eq!(operations(&script)?, expected);
    Ok(())
}

#[tokio::test]
async fn whoever_deletes_the_user_or_signs_out_everywhere_ends_the_session_here() -> Outcome {
    let script = Scripted::new([refusal(400, "TooManyRequestsException"), done()]);
    let alice = user(&script)?;
    alice.delete_user().await.expect_err("throttled");
    assert!(alice.source().current().is_ok());
    alice.delete_user().await?;
    assert!(alice.profile().await.expect_err("deleted").is_signed_out());
    assert!(
        alice
            .delete_user()
            .await
            .expect_err("deleted")
            .is_signed_out()
    );
    assert_eq!(operations(&script)?, ["DeleteUser access-1"; 2]);

    let script = Scripted::new([refusal(500, "InternalErrorException"), done()]);
    let alice = user(&script)?;
    alice.sign_out_everywhere().await.expect_err("broken");
    alice.sign_out_everywhere().await?;
    assert!(
        alice
            .profile()
            .await
            .expect_err("signed out")
            .is_signed_out()
    );
    assert_eq!(operations(&script)?, ["GlobalSignOut access-1"; 2]);
    Ok(())
}

#[tokio::test]
async fn signing_out_revokes_this_session_and_forgetting_tells_nobody() -> Outcome {
    let script = Scripted::new([done()]);
    let alice = user(&script)?;
    let clone = alice.clone();
    alice.sign_out().await?;
    assert!(
        clone
            .profile()
            .await
            .expect_err("signed out")
            .is_signed_out()
    );
    let revoke = json!({"ClientId": "app", "ClientSecret": "secret", "Token": "refresh-1"});
    assert_eq!(sent(&script)?, [("RevokeToken".to_owned(), revoke)]);

    let script = Scripted::new([]);
    let alice = user(&script)?;
    alice.forget().await;
    assert!(
        alice
            .profile()
            .await
            .expect_err("signed out")
            .is_signed_out()
    );
    assert!(script.sent().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_device_is_confirmed_with_what_came_at_the_sign_in_also_after_a_refresh() -> Outcome {
    let script = Scripted::new([
        refreshed(2),
        revoked(),
        refreshed(3),
        success(&json!({"UserConfirmationNecessary": true})),
    ]);
    let mut tokens = tokens()?;
    let metadata = json!({"DeviceKey": "device", "DeviceGroupKey": "group"});
    tokens.new_device_metadata = Some(serde_json::from_value(metadata)?);
    let user = SignedInUser::new(sign_in(&script)?, tokens);
    user.source().refresh_now().await?;
    let (device, response) = user.confirm_device(Some("phone")).await?;
    assert_eq!((&*device.key, &*device.group_key), ("device", "group"));
    assert_eq!(response.user_confirmation_necessary, Some(true));
    let (operation, body) = &sent(&script)?[3];
    assert_eq!(operation, "ConfirmDevice");
    assert_eq!(
        (&body["AccessToken"], &body["DeviceKey"]),
        (&json!("access-3"), &json!("device"))
    );
    assert_eq!(body["DeviceName"], "phone");

    let script = Scripted::new([]);
    let error = self::user(&script)?.confirm_device(None).await;
    assert!(matches!(
        error,
        Err(UserCallError::Call(Error::InvalidInput(_)))
    ));
    assert!(script.sent().is_empty());
    Ok(())
}

#[tokio::test]
async fn what_the_lambda_triggers_are_told_goes_along_with_codes() -> Outcome {
    let script = Scripted::new([done()]);
    let sign_in = sign_in(&script)?.client_metadata([("locale", "de")]);
    let user = SignedInUser::new(sign_in, tokens()?);
    user.send_attribute_code("email").await?;
    user.update_attributes([AttributeType::new("email").value("a@example.com")])
        .await?;
    for (_, body) in sent(&script)? {
        assert_eq!(body["ClientMetadata"], json!({"locale": "de"}));
    }
    Ok(())
}

#[tokio::test]
async fn a_source_with_other_callers_serves_a_user_as_well() -> Outcome {
    let script = Scripted::new([refreshed(2), alice()]);
    let stored = Arc::new(Mutex::new(Vec::new()));
    let source = TokenSource::new(sign_in(&script)?, tokens()?);
    let user = SignedInUser::over(sign_in(&script)?, source.clone()).on_refresh({
        let stored = stored.clone();
        move |tokens: Tokens| {
            let mut stored = stored.lock().unwrap_or_else(PoisonError::into_inner);
            stored.push(tokens.access_token.expose().clone());
            ready(Ok::<_, io::Error>(()))
        }
    });
    source.refresh_now().await?;
    user.profile().await?;
    assert_eq!(operations(&script)?[1], "GetUser access-2");
    assert_eq!(
        *stored.lock().unwrap_or_else(PoisonError::into_inner),
        ["access-2"]
    );
    Ok(())
}

#[tokio::test]
async fn neither_debug_nor_errors_show_a_secret() -> Outcome {
    let refused = "Access Token has been revoked: access-1, old password";
    let wrong = "Incorrect username or password: old password, access-1";
    for answers in [
        vec![
            not_authorized(refused),
            not_authorized("Invalid Refresh Token: refresh-1"),
        ],
        vec![not_authorized(wrong)],
    ] {
        let script = Scripted::new(answers);
        let user = user(&script)?;
        let error = user.change_password("old password", "new password").await;
        let error = error.expect_err("refused");
        let mut shown = format!("{user:?} {error:?} {error}");
        let mut source = error.source();
        while let Some(error) = source {
            write!(shown, " {error:?} {error}")?;
            source = error.source();
        }
        for secret in ["access-1", "refresh-1", "old password", "new password"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    Ok(())
}
