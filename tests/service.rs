//! The nine calls of `CognitoService`, down to the bytes they send.
#![cfg(feature = "sigv4")]

#[path = "support/answers.rs"]
mod answers;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use cognito_idp::{
    CognitoConfig, CognitoService, Error, ErrorCode,
    auth::{AuthOutcome, Challenge, secret_hash::secret_hash},
    credentials::Credentials,
    error::InvalidInput,
    operation::users::UserFilter,
    retry::RetryPolicy,
    service::{
        CreateUser, EmailTemplates, EmailVerification, FoundUsers, RegisterUser, UpdateUser,
    },
};

use crate::answers::{Answers, refusal};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const POOL: &str = "eu-central-1_Example";

fn config(server: &Arc<Answers>) -> CognitoConfig {
    let server = server.clone();
    CognitoConfig::new(POOL, "client-id")
        .credentials(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .app_name("Shop")
        .client(|client| {
            client
                .http_client(server)
                .retry_policy(RetryPolicy::never())
        })
}

/// A service whose app client has the secret `client-secret`.
fn service(server: &Arc<Answers>) -> Result<CognitoService, InvalidInput> {
    CognitoService::new(config(server).client_secret("client-secret"))
}

fn hash(username: &str) -> String {
    let hash = secret_hash("client-secret", username, "client-id");
    hash.expect("a name").expose().clone()
}

#[tokio::test]
async fn login_gives_tokens() -> TestResult {
    let server = Answers::new([(
        200,
        json!({"AuthenticationResult": {
            "AccessToken": "a", "IdToken": "i", "RefreshToken": "r", "ExpiresIn": 3600, "TokenType": "Bearer"
        }}),
    )]);
    let tokens = service(&server)?
        .login("alice", "P@ss")
        .await?
        .tokens()
        .ok_or("no tokens")?;
    assert_eq!(tokens.access_token.expose(), "a");
    assert_eq!(tokens.expires_in, Duration::from_hours(1));
    assert_eq!(
        server.sent(),
        [(
            "AdminInitiateAuth".to_owned(),
            true,
            json!({
                "UserPoolId": POOL, "ClientId": "client-id", "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": "alice", "PASSWORD": "P@ss", "SECRET_HASH": hash("alice")},
            })
        )]
    );
    Ok(())
}

#[tokio::test]
async fn without_a_client_secret_no_secret_hash_is_sent() -> TestResult {
    let server = Answers::new([(200, json!({"AuthenticationResult": {"AccessToken": "a"}}))]);
    let service = CognitoService::new(config(&server))?;
    service.login("alice", "P@ss").await?;
    service.forgot_password("alice").await?;
    assert!(server.sent().iter().all(
        |(_, _, body)| !body.to_string().contains("Hash") && !body.to_string().contains("HASH")
    ));
    Ok(())
}

#[tokio::test]
async fn a_secret_hash_over_an_empty_name_is_refused_by_field_before_anything_is_sent() -> TestResult
{
    let server = Answers::new([]);
    let refusing = service(&server)?;
    let sign_in = refusing.sign_in();
    let user = RegisterUser::new("", "P@ss");
    let refused = [
        refusing.login("", "P@ss").await.err(),
        refusing
            .respond_to_new_password_challenge("", "N3w", "session")
            .await
            .err(),
        refusing.register(user).await.err(),
        refusing.forgot_password("").await.err(),
        refusing.confirm_forgot_password("", "1", "N3w").await.err(),
        sign_in.refresh_token_auth("", "token").await.err(),
        sign_in.custom("").await.err(),
    ];
    for error in refused {
        let Some(Error::InvalidInput(error)) = error else {
            return Err(format!("{error:?}").into());
        };
        let fields: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| &problem.field)
            .collect();
        assert_eq!(fields, ["username"]);
    }
    assert!(refusing.app_client().secret_hash("").is_err());
    assert!(secret_hash("client-secret", "", "client-id").is_err());
    assert!(server.sent().is_empty());

    // Without a secret there is no hash, and Cognito is the one to refuse.
    let plain = CognitoService::new(config(&server))?;
    assert_eq!(plain.app_client().secret_hash("")?, None);
    plain.forgot_password("").await?;
    assert_eq!(server.sent().len(), 1);
    Ok(())
}

fn new_password_challenge() -> (u16, Value) {
    (
        200,
        json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": "session-1",
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": "canonical-name",
                "requiredAttributes": "[\"userAttributes.given_name\"]",
                "userAttributes": "{\"email\":\"alice@example.com\"}",
            },
        }),
    )
}

#[tokio::test]
async fn a_new_password_challenge_is_answered_under_the_canonical_name_also_after_storage()
-> TestResult {
    let server = Answers::new([
        new_password_challenge(),
        (200, json!({"AuthenticationResult": {"AccessToken": "a"}})),
    ]);
    let service = service(&server)?;
    let outcome = service.login("alice@example.com", "T3mp").await?;
    let stored = serde_json::to_string(&outcome.challenge().ok_or("no challenge")?)?;

    let Challenge::NewPasswordRequired(challenge) = serde_json::from_str(&stored)? else {
        return Err("another challenge came back".into());
    };
    assert_eq!(challenge.required_attributes, ["given_name"]);
    assert_eq!(
        challenge.user_attributes["email"].expose(),
        "alice@example.com"
    );
    let outcome = service
        .respond(challenge.attribute("given_name", "Alice").answer("N3w"))
        .await?;
    assert!(outcome.tokens().is_some());
    assert_eq!(
        server.sent()[1],
        (
            "AdminRespondToAuthChallenge".to_owned(),
            true,
            json!({
                "UserPoolId": POOL, "ClientId": "client-id",
                "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "session-1",
                "ChallengeResponses": {
                    "USERNAME": "canonical-name", "NEW_PASSWORD": "N3w",
                    "userAttributes.given_name": "Alice", "SECRET_HASH": hash("canonical-name"),
                },
            })
        )
    );
    Ok(())
}

#[tokio::test]
async fn a_new_password_challenge_is_answered_from_its_session_alone() -> TestResult {
    let server = Answers::new([(200, json!({"AuthenticationResult": {"AccessToken": "a"}}))]);
    let outcome = service(&server)?
        .respond_to_new_password_challenge("alice", "N3w", "session-1")
        .await?;
    assert!(outcome.tokens().is_some());
    let (_, _, body) = &server.sent()[0];
    assert_eq!(body["Session"], "session-1");
    assert_eq!(
        body["ChallengeResponses"],
        json!({
            "USERNAME": "alice", "NEW_PASSWORD": "N3w", "SECRET_HASH": hash("alice"),
        })
    );
    Ok(())
}

#[tokio::test]
async fn an_answer_with_neither_tokens_nor_challenge_is_an_error() -> TestResult {
    let server = Answers::new([(200, json!({})), refusal("NotAuthorizedException")]);
    let service = service(&server)?;
    let error = service
        .login("alice", "P@ss")
        .await
        .expect_err("nothing came");
    assert!(matches!(error, Error::Decode(_)), "{error}");
    let error = service.login("alice", "wrong").await.expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
    assert!(error.is_invalid_credentials());
    Ok(())
}

#[tokio::test]
async fn register_is_public_and_does_not_claim_that_the_address_is_verified() -> TestResult {
    let server = Answers::new([(200, json!({"UserConfirmed": false, "UserSub": "sub-1"}))]);
    let user = RegisterUser::new("alice@example.com", "P@ss")
        .first_name("Alice")
        .last_name("Smith");
    assert_eq!(service(&server)?.register(user).await?.user_sub, "sub-1");
    assert_eq!(
        server.sent(),
        [(
            "SignUp".to_owned(),
            false,
            json!({
                "ClientId": "client-id", "Username": "alice@example.com", "Password": "P@ss",
                "SecretHash": hash("alice@example.com"),
                "UserAttributes": [
                    {"Name": "email", "Value": "alice@example.com"},
                    {"Name": "family_name", "Value": "Smith"},
                    {"Name": "given_name", "Value": "Alice"},
                ],
            })
        )]
    );
    Ok(())
}

#[tokio::test]
async fn create_user_suppresses_the_invitation_unless_it_is_to_go_by_email() -> TestResult {
    let server = Answers::new([]);
    let service = service(&server)?;
    service
        .create_user(CreateUser::new("bob@example.com", "T3mp"))
        .await?;
    service
        .create_user(CreateUser::new("bob@example.com", "T3mp").invite())
        .await?;
    let sent = server.sent();
    assert_eq!(
        sent[0],
        (
            "AdminCreateUser".to_owned(),
            true,
            json!({
                "UserPoolId": POOL, "Username": "bob@example.com", "TemporaryPassword": "T3mp",
                "MessageAction": "SUPPRESS",
                "UserAttributes": [
                    {"Name": "email", "Value": "bob@example.com"},
                    {"Name": "email_verified", "Value": "true"},
                ],
            })
        )
    );
    assert_eq!(sent[1].2["DesiredDeliveryMediums"], json!(["EMAIL"]));
    assert_eq!(sent[1].2.get("MessageAction"), None);
    Ok(())
}

#[tokio::test]
async fn a_username_can_be_another_than_the_address() -> TestResult {
    let server = Answers::new([(200, json!({"UserConfirmed": false, "UserSub": "sub-1"}))]);
    let service = service(&server)?;
    let user = RegisterUser::new("alice@example.com", "P@ss").username("alice");
    service.register(user).await?;
    let user = CreateUser::new("bob@example.com", "T3mp").username("bob");
    service.create_user(user).await?;
    let sent = server.sent();
    assert_eq!(sent[0].2["Username"], "alice");
    assert_eq!(sent[0].2["SecretHash"], hash("alice"));
    assert_eq!(sent[1].2["Username"], "bob");
    for ((_, _, body), address) in sent.iter().zip(["alice@example.com", "bob@example.com"]) {
        assert_eq!(
            body["UserAttributes"][0],
            json!({"Name": "email", "Value": address})
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_invitation_goes_out_again_by_email_unless_the_users_status_forbids_it() -> TestResult {
    let server = Answers::new([
        (200, json!({"User": {"Username": "bob"}})),
        refusal("UnsupportedUserStateException"),
    ]);
    let service = service(&server)?;
    let user = service.resend_invitation("bob").await?.user;
    assert_eq!(
        user.and_then(|user| user.username)
            .map(|name| name.expose().clone()),
        Some("bob".to_owned())
    );
    assert_eq!(
        server.sent(),
        [(
            "AdminCreateUser".to_owned(),
            true,
            json!({
                "UserPoolId": POOL, "Username": "bob", "MessageAction": "RESEND",
                "DesiredDeliveryMediums": ["EMAIL"],
            })
        )]
    );
    let error = service.resend_invitation("bob").await.expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::UnsupportedUserState));
    Ok(())
}

#[tokio::test]
async fn a_user_is_found_through_empty_pages_and_several_are_not_taken_for_one() -> TestResult {
    let page = |users: &[&str], token: Option<&str>| {
        let users: Vec<_> = users.iter().map(|name| json!({"Username": name})).collect();
        (200, json!({"Users": users, "PaginationToken": token}))
    };
    let server = Answers::new([
        page(&[], Some("2")),
        page(&["alice"], Some("3")),
        page(&[], None),
        page(&[], None),
        page(&["alice"], Some("2")),
        page(&["bob"], Some("3")),
    ]);
    let service = service(&server)?;
    let alice = service.find_user(UserFilter::email("x\" or")).await?;
    assert!(matches!(&alice, FoundUsers::One(_)), "{alice:?}");
    assert!(alice.one().is_some());
    let nobody = service.find_user(UserFilter::sub("sub-1")).await?;
    assert_eq!(nobody, FoundUsers::None);
    let several = service.find_user(UserFilter::enabled(true)).await?;
    let FoundUsers::Several(users) = &several else {
        return Err(format!("{several:?}").into());
    };
    assert_eq!(users.len(), 2);
    assert_eq!(several.one(), None);

    let sent = server.sent();
    assert_eq!(sent.len(), 6);
    assert_eq!(
        sent[0],
        (
            "ListUsers".to_owned(),
            true,
            json!({"UserPoolId": POOL, "Filter": "email = \"x\\\" or\""})
        )
    );
    assert_eq!(sent[2].2["PaginationToken"], "3");
    Ok(())
}

#[tokio::test]
async fn update_user_says_whether_a_new_address_is_verified() -> TestResult {
    let server = Answers::new([]);
    let changes = UpdateUser::new()
        .first_name("Bobby")
        .email("new@example.com", EmailVerification::Verified)
        .custom_attributes([("custom:role", "admin")]);
    let service = service(&server)?;
    service.update_user("sub-1", changes).await?;
    let changes = UpdateUser::new().email("new@example.com", EmailVerification::Unverified);
    service.update_user("sub-1", changes).await?;
    let sent = server.sent();
    assert_eq!(
        sent[0],
        (
            "AdminUpdateUserAttributes".to_owned(),
            true,
            json!({
                "UserPoolId": POOL, "Username": "sub-1",
                "UserAttributes": [
                    {"Name": "custom:role", "Value": "admin"},
                    {"Name": "email", "Value": "new@example.com"},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": "given_name", "Value": "Bobby"},
                ],
            })
        )
    );
    assert_eq!(
        sent[1].2["UserAttributes"][1],
        json!({"Name": "email_verified", "Value": "false"})
    );
    Ok(())
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_without_aws_credentials() -> TestResult {
    let server = Answers::new([
        (
            200,
            json!({"CodeDeliveryDetails": {"Destination": "a***", "DeliveryMedium": "EMAIL"}}),
        ),
        refusal("CodeMismatchException"),
    ]);
    let transport = server.clone();
    let config = CognitoConfig::new(POOL, "client-id")
        .client_secret("client-secret")
        .client(|client| client.http_client(transport));
    let service = CognitoService::new(config)?;
    let response = service.forgot_password("alice").await?;
    assert_eq!(
        response
            .code_delivery_details
            .and_then(|to| to.destination)
            .as_deref(),
        Some("a***")
    );
    let error = service
        .confirm_forgot_password("alice", "000000", "N3w")
        .await
        .expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::CodeMismatch));
    assert_eq!(
        server.sent(),
        [
            (
                "ForgotPassword".to_owned(),
                false,
                json!({
                    "ClientId": "client-id", "Username": "alice", "SecretHash": hash("alice"),
                })
            ),
            (
                "ConfirmForgotPassword".to_owned(),
                false,
                json!({
                    "ClientId": "client-id", "Username": "alice", "SecretHash": hash("alice"),
                    "ConfirmationCode": "000000", "Password": "N3w",
                })
            ),
        ]
    );
    let error = service
        .login("alice", "P@ss")
        .await
        .expect_err("login is signed");
    assert!(
        matches!(
            error,
            Error::Credentials {
                operation: "AdminInitiateAuth",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(server.sent().len(), 2);
    Ok(())
}

#[tokio::test]
async fn add_to_group_tries_every_group_and_tells_each_ones_fate() -> TestResult {
    let server = Answers::new([
        (200, json!({})),
        refusal("ResourceNotFoundException"),
        (500, json!({"__type": "InternalErrorException"})),
    ]);
    let groups: Vec<_> = (0..12).map(|n| format!("group-{n}")).collect();
    let results = service(&server)?
        .add_to_group("alice", groups.clone())
        .await;
    assert!(!results.all_added());
    let named: Vec<_> = results.iter().map(|result| result.group.clone()).collect();
    assert_eq!(named, groups);
    let failures: Vec<_> = results
        .failures()
        .map(|failure| failure.result.as_ref().err().and_then(Error::code).cloned())
        .collect();
    assert_eq!(
        failures,
        [
            Some(ErrorCode::ResourceNotFound),
            Some(ErrorCode::InternalError)
        ]
    );
    assert_eq!(server.most_running.load(Ordering::SeqCst), 4);
    assert_eq!(
        server.sent()[0],
        (
            "AdminAddUserToGroup".to_owned(),
            true,
            json!({
                "UserPoolId": POOL, "Username": "alice", "GroupName": "group-0",
            })
        )
    );
    Ok(())
}

fn templates() -> EmailTemplates {
    EmailTemplates::new("code {####}", "hello {username} {####}")
}

fn described_pool() -> (u16, Value) {
    (
        200,
        json!({"UserPool": {
            "Id": POOL, "Name": "pool", "Status": "Enabled", "EstimatedNumberOfUsers": 7,
            "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:eu-central-1:1:identity/a@example.com"},
            "Policies": {"PasswordPolicy": {"MinimumLength": 12, "TemporaryPasswordValidityDays": 3}},
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 3},
            "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE", "SmsMessage": "{####}"},
            "SettingOfTomorrow": {"Kept": true},
        }}),
    )
}

#[tokio::test]
async fn a_template_update_writes_the_whole_pool_back() -> TestResult {
    let server = Answers::new([described_pool()]);
    service(&server)?
        .update_cognito_email_template(templates())
        .await?;
    let sent = server.sent();
    assert_eq!(
        sent[0],
        (
            "DescribeUserPool".to_owned(),
            true,
            json!({"UserPoolId": POOL})
        )
    );
    assert_eq!(
        sent[1],
        (
            "UpdateUserPool".to_owned(),
            true,
            json!({
                "UserPoolId": POOL,
                "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:eu-central-1:1:identity/a@example.com"},
                "Policies": {"PasswordPolicy": {"MinimumLength": 12, "TemporaryPasswordValidityDays": 3}},
                "AdminCreateUserConfig": {
                    "AllowAdminCreateUserOnly": true,
                    "InviteMessageTemplate": {
                        "EmailMessage": "hello {username} {####}",
                        "EmailSubject": "Your temporary password - Shop",
                    },
                },
                "VerificationMessageTemplate": {
                    "DefaultEmailOption": "CONFIRM_WITH_CODE", "SmsMessage": "{####}",
                    "EmailMessage": "code {####}", "EmailSubject": "Your verification code - Shop",
                },
                "SettingOfTomorrow": {"Kept": true},
            })
        )
    );
    Ok(())
}

#[tokio::test]
async fn a_template_update_that_met_another_change_reads_again_but_not_forever() -> TestResult {
    let conflict = || refusal("ConcurrentModificationException");
    let server = Answers::new([described_pool(), conflict(), described_pool()]);
    service(&server)?
        .update_cognito_email_template(templates())
        .await?;
    assert_eq!(server.sent().len(), 4);

    let server = Answers::new((0..9).flat_map(|_| [described_pool(), conflict()]));
    let error = service(&server)?
        .update_cognito_email_template(templates())
        .await;
    assert_eq!(
        error.expect_err("refused").code(),
        Some(&ErrorCode::ConcurrentModification)
    );
    assert_eq!(server.sent().len(), 6);

    // A client that repeats calls by itself does not repeat what was read before that other change.
    let server = Answers::new([described_pool(), conflict(), described_pool()]);
    let client = server.clone();
    let patient = config(&server).client(|builder| builder.http_client(client));
    CognitoService::new(patient)?
        .update_cognito_email_template(templates())
        .await?;
    assert_eq!(server.sent()[2].0, "DescribeUserPool");
    assert_eq!(server.sent().len(), 4);
    Ok(())
}

#[tokio::test]
async fn templates_go_to_every_pool_however_it_sends_mail_and_cognito_decides() -> TestResult {
    for configuration in [
        json!({"EmailSendingAccount": "COGNITO_DEFAULT"}),
        json!({}),
        Value::Null,
    ] {
        let pool = json!({"UserPool": {"Id": POOL, "EmailConfiguration": configuration}});
        let server = Answers::new([(200, pool.clone()), (200, json!({})), (200, pool)]);
        let service = service(&server)?;
        service.update_cognito_email_template(templates()).await?;
        let (operation, _, body) = &server.sent()[1];
        assert_eq!(operation, "UpdateUserPool");
        assert_eq!(
            body["VerificationMessageTemplate"]["EmailMessage"],
            "code {####}"
        );
        assert_eq!(body["EmailConfiguration"], configuration);

        server.push(refusal("InvalidParameterException"));
        let error = service
            .update_cognito_email_template(templates())
            .await
            .expect_err("refused by Cognito");
        assert_eq!(error.code(), Some(&ErrorCode::InvalidParameter));
    }
    Ok(())
}

#[tokio::test]
async fn templates_that_would_lose_mail_are_refused_before_anything_is_written() -> TestResult {
    let server = Answers::new([]);
    let service = service(&server)?;
    let flawed = EmailTemplates::new("no code", "hello {username} {####}");
    let error = service
        .update_cognito_email_template(flawed)
        .await
        .expect_err("refused");
    assert!(matches!(&error, Error::InvalidInput(_)), "{error}");
    assert!(
        error.to_string().contains("verification_email_html"),
        "{error}"
    );
    assert_eq!(server.sent().len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_service_can_come_from_a_future_and_be_installed_once() -> TestResult {
    let server = Answers::new([]);
    let made = CognitoService::from_async(async { Ok::<_, Error>(config(&server)) }).await?;
    assert!(CognitoService::installed().is_none());
    made.clone().install()?;
    assert_eq!(
        CognitoService::installed().map(CognitoService::user_pool_id),
        Some(POOL)
    );
    assert!(made.install().is_err());

    let failed = CognitoService::from_async(async {
        Err::<CognitoConfig, _>(Error::from(InvalidInput::new("vault", "must answer")))
    });
    assert_eq!(
        failed.await.expect_err("the factory failed").to_string(),
        "vault: must answer"
    );
    Ok(())
}

#[tokio::test]
async fn no_secret_shows_in_payloads_outcomes_or_errors() -> TestResult {
    let register = RegisterUser::new("marker", "marker").first_name("marker");
    let create = CreateUser::new("marker", "marker").last_name("marker");
    let update = UpdateUser::new().email("marker", EmailVerification::Verified);
    let mut shown = vec![format!("{register:?}{create:?}{update:?}")];

    let server = Answers::new([
        (
            200,
            json!({"AuthenticationResult": {"AccessToken": "marker", "RefreshToken": "marker"}}),
        ),
        (
            200,
            json!({
                "ChallengeName": "SMS_MFA", "Session": "marker",
                "ChallengeParameters": {"USERNAME": "marker"},
            }),
        ),
        (
            400,
            json!({"__type": "InvalidParameterException", "message": "Value 'marker' is bad"}),
        ),
        (200, json!({"AuthenticationResult": "marker"})),
    ]);
    let service = CognitoService::new(config(&server).client_secret("marker").credentials(
        Credentials::new("AKIDEXAMPLE", "marker", Some("marker".into()), None, "t"),
    ))?;
    for _ in 0..4 {
        match service.login("marker", "marker").await {
            Ok(AuthOutcome::Challenge(challenge)) => shown.push(format!("{challenge:?}")),
            Ok(outcome) => shown.push(format!("{outcome:?}")),
            Err(error) => {
                let mut source: Option<&dyn std::error::Error> = Some(&error);
                while let Some(error) = source {
                    shown.push(format!("{error} {error:?} {error:#?}"));
                    source = error.source();
                }
            }
        }
    }
    shown.push(format!("{service:?} {service:#?}"));
    assert_eq!(server.sent().len(), 4);
    let shown = shown.concat();
    assert!(!shown.contains("marker"), "{shown}");
    Ok(())
}
