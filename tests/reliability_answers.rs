//! Odd input and odd answers: each test is a row of the table of robustness.
#![cfg(feature = "sigv4")]

#[path = "support/scripted.rs"]
mod scripted;

use std::time::{Duration, SystemTime};

use cognito_idp::{
    Client, Error, ErrorCode,
    auth::{AppClient, AuthOutcome, Challenge, SignIn},
    credentials::Credentials,
    endpoint::Region,
    error::DecodeProblem,
    operation::{
        auth::{AuthFlowType, InitiateAuthRequest},
        groups::AdminAddUserToGroupRequest,
        sign_up::{ConfirmSignUpRequest, SignUpRequest},
        user_pools::DescribeUserPoolRequest,
        users::{AdminGetUserRequest, GetUserRequest},
    },
    retry::RetryPolicy,
    types::UserStatusType,
};

use self::scripted::{Scripted, Step, answer, ok};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn client(script: &Scripted) -> Result<Client, cognito_idp::error::InvalidInput> {
    script.client(|b| b.retry_policy(RetryPolicy::never()))
}

/// What a client makes of an answer to `AdminGetUser`.
async fn user(
    body: &str,
) -> Result<cognito_idp::operation::users::AdminGetUserResponse, Box<dyn std::error::Error>> {
    let script = Scripted::new([answer(200, body)]);
    let request = AdminGetUserRequest::new("eu-central-1_example", "alice");
    Ok(client(&script)?.send(&request).await?)
}

async fn error_of(step: Step) -> Result<Error, cognito_idp::error::InvalidInput> {
    let script = Scripted::new([step]);
    let result = client(&script)?.send(&GetUserRequest::new("token")).await;
    Ok(result.expect_err("an error"))
}

async fn sent_body(
    request: &impl cognito_idp::operation::Operation,
) -> Result<String, Box<dyn std::error::Error>> {
    let script = Scripted::new([ok()]);
    let _ = client(&script)?.send(request).await;
    let sent = script.sent();
    Ok(String::from_utf8(sent[0].request.body().to_vec())?)
}

#[tokio::test]
async fn a_username_goes_out_as_it_is_neither_normalised_nor_trimmed() -> Outcome {
    for name in [
        "caf\u{e9}",
        "cafe\u{301}",
        " x ",
        "日本",
        "a+b@example.com",
        "",
    ] {
        let body = sent_body(&SignUpRequest::new("client", name)).await?;
        let json: serde_json::Value = serde_json::from_str(&body)?;
        assert_eq!(json["Username"], name);
    }
    Ok(())
}

#[tokio::test]
async fn a_password_is_never_trimmed() -> Outcome {
    let password = " \tP@ss \u{1f600}\"\\ ";
    let body = sent_body(&SignUpRequest::new("client", "alice").password(password)).await?;
    let json: serde_json::Value = serde_json::from_str(&body)?;
    assert_eq!(json["Password"], password);
    Ok(())
}

#[tokio::test]
async fn codes_and_sessions_pass_through_unchanged() -> Outcome {
    let code = " 123456\n";
    let body = sent_body(&ConfirmSignUpRequest::new("client", "alice", code)).await?;
    let json: serde_json::Value = serde_json::from_str(&body)?;
    assert_eq!(json["ConfirmationCode"], code);
    Ok(())
}

#[test]
fn the_id_of_a_user_pool_is_checked_before_its_region_names_a_host() {
    assert!(Region::of_user_pool("eu-central-1_aB3dE6gH9").is_ok());
    for id in [
        "",
        "eu-central-1",
        "x@evil.com/_a",
        "eu_1_/",
        "eu-central-1_a b",
    ] {
        assert!(Region::of_user_pool(id).is_err(), "{id}");
    }
}

#[tokio::test]
async fn control_characters_in_credentials_are_an_error_and_no_panic() -> Outcome {
    for (id, secret, token) in [
        ("AKID\nX: y", "secret", None),
        ("", "secret", None),
        ("AKID", "secret", Some("tok\r\nX: y")),
        ("AKID", "secret", Some("\u{0}")),
        ("AKID", "secret", Some("tök")),
    ] {
        let script = Scripted::new([ok()]);
        let keys = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
        let client = script.client(|b| b.credentials(keys))?;
        let request = AdminGetUserRequest::new("eu-central-1_example", "alice");
        let error = client.send(&request).await.expect_err("refused");
        assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
        assert!(script.sent().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn empty_strings_are_sent_and_absent_members_are_not() -> Outcome {
    let request = InitiateAuthRequest::new("client", AuthFlowType::UserPasswordAuth)
        .auth_parameters([("USERNAME", "alice"), ("PASSWORD", "")]);
    let body = sent_body(&request).await?;
    assert!(body.contains(r#""PASSWORD":"""#), "{body}");
    assert!(!body.contains("null"), "{body}");
    assert!(!body.contains("ClientMetadata"), "{body}");
    Ok(())
}

#[tokio::test]
async fn a_success_with_an_empty_body_is_enough_where_nothing_is_required() -> Outcome {
    for body in ["", "{}"] {
        let script = Scripted::new([answer(200, body)]);
        let request = AdminAddUserToGroupRequest::new("eu-central-1_example", "alice", "group");
        client(&script)?.send(&request).await?;
    }
    Ok(())
}

#[tokio::test]
async fn null_members_count_as_absent_at_every_depth() -> Outcome {
    let user = user(
        r#"{"Username":"alice","Enabled":null,"UserAttributes":null,"UserMFASettingList":[null,"SMS_MFA",null],
            "UserCreateDate":null}"#,
    )
    .await?;
    assert_eq!(user.enabled, None);
    assert!(user.user_attributes.is_empty());
    assert_eq!(user.user_mfa_setting_list, ["SMS_MFA"]);
    Ok(())
}

#[tokio::test]
async fn unknown_members_and_a_stray_type_are_ignored() -> Outcome {
    let user = user(r#"{"__type":"X","Username":"alice","Tomorrow":{"a":[1,{"b":null}]}}"#).await?;
    assert_eq!(user.username.expose(), "alice");
    Ok(())
}

#[tokio::test]
async fn an_unknown_enum_value_is_kept_and_goes_back_as_it_came() -> Outcome {
    let user = user(r#"{"Username":"alice","UserStatus":"HIBERNATING"}"#).await?;
    let status = user.user_status.ok_or("a status")?;
    assert_eq!(status, UserStatusType::Other("HIBERNATING".to_owned()));
    assert_eq!(serde_json::to_string(&status)?, "\"HIBERNATING\"");
    Ok(())
}

#[tokio::test]
async fn timestamps_are_read_in_every_form() -> Outcome {
    for (json, millis) in [
        ("1623956729", 1_623_956_729_000_u64),
        ("1623956729.32", 1_623_956_729_320),
        ("1.62395672932E9", 1_623_956_729_320),
        ("\"2021-06-17T19:05:29Z\"", 1_623_956_729_000),
        ("\"2021-06-17T18:05:29.320-01:00\"", 1_623_956_729_320),
    ] {
        let user = user(&format!(
            r#"{{"Username":"alice","UserCreateDate":{json}}}"#
        ))
        .await?;
        let date = user.user_create_date.ok_or("a date")?;
        let expected = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(SystemTime::from(date), expected, "{json}");
    }
    Ok(())
}

#[tokio::test]
async fn a_number_written_as_a_string_is_an_unexpected_shape() -> Outcome {
    let script = Scripted::new([answer(
        200,
        r#"{"UserPool":{"EstimatedNumberOfUsers":"7"}}"#,
    )]);
    let request = DescribeUserPoolRequest::new("eu-central-1_example");
    let error = client(&script)?.send(&request).await.expect_err("a string");
    assert!(matches!(&error, Error::Decode(error)
        if matches!(error.problem(), DecodeProblem::UnexpectedShape { .. })));
    Ok(())
}

#[tokio::test]
async fn a_success_that_is_no_json_keeps_status_and_content_type_and_shows_nothing() -> Outcome {
    let page = answer(200, "<html>marker</html>").header("content-type", "text/html");
    let error = error_of(page).await?;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    let Error::Decode(decode) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(decode.content_type(), Some("text/html"));
    assert!(!format!("{error} {error:?}").contains("marker"));
    Ok(())
}

#[tokio::test]
async fn json_of_another_content_type_is_taken() -> Outcome {
    let script = Scripted::new([ok().header("content-type", "text/plain")]);
    client(&script)?.send(&GetUserRequest::new("token")).await?;
    Ok(())
}

#[tokio::test]
async fn the_code_in_the_header_goes_before_those_in_the_body() -> Outcome {
    let step = answer(400, r#"{"__type":"C#ExpiredCodeException","code":"B"}"#);
    let error = error_of(
        step.clone()
            .header("x-amzn-errortype", "NotAuthorizedException:"),
    )
    .await?;
    assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
    let error = error_of(step).await?;
    assert_eq!(error.code(), Some(&ErrorCode::from("B")));
    Ok(())
}

#[tokio::test]
async fn the_message_is_found_under_each_of_its_names() -> Outcome {
    for body in [
        r#"{"message":"m"}"#,
        r#"{"Message":"m"}"#,
        r#"{"errorMessage":"m"}"#,
    ] {
        let error = error_of(answer(400, body)).await?;
        assert!(matches!(&error, Error::Service(error) if error.message() == Some("m")));
    }
    let error = error_of(answer(400, "").header("x-amzn-errormessage", "m")).await?;
    assert!(matches!(&error, Error::Service(error) if error.message() == Some("m")));
    Ok(())
}

#[tokio::test]
async fn the_request_id_is_in_every_error_that_an_answer_made() -> Outcome {
    for name in ["x-amzn-requestid", "x-amz-request-id"] {
        for step in [answer(400, ""), answer(200, "<html>"), answer(307, "")] {
            let error = error_of(step.header(name, "id-1")).await?;
            assert_eq!(error.request_id(), Some("id-1"), "{error:?}");
            assert!(error.to_string().contains("id-1"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_page_instead_of_an_error_is_told_by_its_status() -> Outcome {
    let error = error_of(answer(403, "<html>")).await?;
    assert!(error.code().is_none() && !error.is_retryable());
    let error = error_of(answer(429, "<html>")).await?;
    assert!(error.is_throttled() && !error.outcome_unknown());
    let error = error_of(answer(502, "<html>")).await?;
    assert!(error.is_retryable() && error.outcome_unknown());
    Ok(())
}

#[tokio::test]
async fn a_refusal_without_a_body_keeps_status_and_request_id() -> Outcome {
    let error = error_of(answer(400, "").header("x-amzn-requestid", "id-1")).await?;
    assert_eq!(
        error.to_string(),
        "GetUser: error without a code (HTTP 400, request ID id-1)"
    );
    Ok(())
}

#[tokio::test]
async fn provisional_statuses_and_redirects_are_errors_and_tell_the_host_only() -> Outcome {
    for status in [101, 199, 300, 301, 304, 308] {
        let step = answer(status, "").header("location", "https://evil.example/path?q=marker");
        let error = error_of(step).await?;
        assert!(matches!(error, Error::Decode(_)), "{status}");
        assert!(!error.to_string().contains("marker"));
    }
    Ok(())
}

#[tokio::test]
async fn no_compression_is_asked_for() -> Outcome {
    let script = Scripted::new([ok()]);
    client(&script)?.send(&GetUserRequest::new("token")).await?;
    assert!(
        !script.sent()[0]
            .request
            .headers()
            .contains_key("accept-encoding")
    );
    Ok(())
}

#[tokio::test]
async fn of_a_member_that_comes_twice_nothing_panics_and_too_deep_json_is_an_error() -> Outcome {
    let twice = user(r#"{"Username":"alice","Username":"bob"}"#).await;
    assert!(twice.is_err() || twice?.username.expose() == "bob");
    let deep = format!("{{\"message\":{}", "[".repeat(200_000));
    assert!(error_of(answer(400, &deep)).await?.code().is_none());
    let deep = format!(
        r#"{{"Username":{}{}}}"#,
        "[".repeat(9_999),
        "]".repeat(9_999)
    );
    assert!(user(&deep).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_refused_signature_is_shown_without_the_session_token_that_was_signed() -> Outcome {
    let message =
        "The Canonical String should have been 'POST\n/\n\nx-amz-security-token:marker-token'";
    let body = serde_json::json!({"__type": "InvalidSignatureException", "message": message});
    let script = Scripted::new([answer(403, &body.to_string())]);
    let token = Some("marker-token".to_owned());
    let keys = Credentials::new("AKIDEXAMPLE", "secret", token, None, "test");
    let client = script.client(|b| b.credentials(keys))?;
    let request = AdminGetUserRequest::new("eu-central-1_example", "alice");
    let error = client.send(&request).await.expect_err("refused");
    assert_eq!(
        script.sent()[0].header("x-amz-security-token"),
        "marker-token"
    );
    assert!(
        !format!("{error} {error:?} {error:#?}").contains("marker"),
        "{error}"
    );
    assert!(error.to_string().contains("Canonical String"), "{error}");
    assert!(matches!(&error, Error::Service(error) if error.message() == Some(message)));
    Ok(())
}

#[tokio::test]
async fn a_secret_that_holds_another_is_cut_out_whole() -> Outcome {
    // The shorter one comes first in the body.
    let request = SignUpRequest::new("client", "alice-of-wonderland").password("alice");
    let message = r#"{"__type":"X","message":"Value 'alice-of-wonderland', alice"}"#;
    let script = Scripted::new([answer(400, message)]);
    let error = client(&script)?.send(&request).await.expect_err("refused");
    assert_eq!(error.to_string(), "SignUp: X: Value '**', ** (HTTP 400)");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_lacks_what_it_must_hold_keeps_its_own_status_and_request_id() -> Outcome {
    let nothing = || answer(204, "").header("x-amzn-requestid", "id-1");
    let lacks = |error: &Error, member: &str| {
        let text = error.to_string();
        assert!(
            text.contains(&format!("the answer lacks {member} (HTTP 204")),
            "{text}"
        );
        assert_eq!(error.request_id(), Some("id-1"));
    };
    let script = Scripted::new([nothing()]);
    let sign_in = SignIn::public(client(&script)?, AppClient::new("client"));
    let error = sign_in.password("alice", "P@ssw0rd!").await;
    lacks(&error.expect_err("no tokens"), "AuthenticationResult");
    let error = sign_in.refresh("token").await;
    lacks(&error.expect_err("no tokens"), "AuthenticationResult");

    let challenge = r#"{"ChallengeName":"SMS_MFA","Session":"s","ChallengeParameters":{}}"#;
    let posed = || answer(203, challenge).header("x-amzn-requestid", "id-1");
    let script = Scripted::new([posed(), posed()]);
    let both = client(&script)?;
    for (sign_in, operation) in [
        (
            SignIn::public(both.clone(), AppClient::new("client")),
            "InitiateAuth",
        ),
        (
            SignIn::admin(both, "eu-central-1_a", AppClient::new("client")),
            "AdminInitiateAuth",
        ),
    ] {
        let error = sign_in.refresh_token_auth("alice", "token").await;
        let error = error.expect_err("no tokens");
        let text = error.to_string();
        let expected = format!("{operation}: the answer lacks AuthenticationResult (HTTP 203");
        assert!(text.starts_with(&expected), "{text}");
        assert_eq!(error.request_id(), Some("id-1"));
    }

    let set_up = r#"{"ChallengeName":"MFA_SETUP","Session":"s","ChallengeParameters":{}}"#;
    let secret = answer(200, r#"{"SecretCode":"JBSWY3DPEHPK3PXP","Session":"s"}"#);
    let failed = answer(203, r#"{"Status":"ERROR"}"#).header("x-amzn-requestid", "id-2");
    let script = Scripted::new([answer(200, set_up), nothing(), secret, failed]);
    let sign_in = SignIn::public(client(&script)?, AppClient::new("client"));
    let AuthOutcome::Challenge(Challenge::MfaSetup(challenge)) =
        sign_in.password("alice", "P@ssw0rd!").await?
    else {
        panic!("a challenge");
    };
    let error = sign_in.set_up_totp(challenge.clone()).await;
    lacks(&error.expect_err("no secret"), "SecretCode");
    let set_up = sign_in.set_up_totp(challenge).await?;
    let error = sign_in.finish_totp(&set_up, "123456", None).await;
    let error = error.expect_err("a failure");
    assert_eq!((error.code(), error.request_id()), (None, Some("id-2")));
    assert_eq!(error.status().map(|status| status.as_u16()), Some(203));
    Ok(())
}

#[test]
fn every_code_of_the_front_door_has_a_variant() {
    for code in [
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
        "OptInRequired",
        "RequestExpired",
        "ValidationException",
        "SerializationException",
        "UnknownOperationException",
        "InternalFailure",
        "ServiceUnavailable",
        "ThrottlingException",
    ] {
        assert!(
            !matches!(ErrorCode::from(code), ErrorCode::Other(_)),
            "{code}"
        );
    }
}
