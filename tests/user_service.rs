//! The calls of `CognitoUserService`, down to the bytes they send.

#[path = "support/answers.rs"]
mod answers;

use std::{net::IpAddr, sync::Arc};

use serde_json::{Value, json};

use cognito_idp::{
    CognitoConfig, CognitoUserService, Error, ErrorCode, Sensitive,
    auth::{
        AuthOutcome, Challenge, ClientSecretFuture, ProvideClientSecret, RememberedDevice,
        UserAuth, secret_hash::secret_hash,
    },
    error::{DecodeProblem, InvalidInput},
    operation::auth::ContextDataType,
    retry::RetryPolicy,
    types::{AnalyticsMetadataType, UserContextDataType},
    user_service::RegisterUser,
};

use crate::answers::{Answers, refusal};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const POOL: &str = "eu-central-1_Example";

fn config(server: &Arc<Answers>) -> CognitoConfig {
    let server = server.clone();
    CognitoConfig::new(POOL, "client-id").client(|client| {
        client
            .http_client(server)
            .retry_policy(RetryPolicy::never())
    })
}

/// A service whose app client has the secret `client-secret`.
fn users(server: &Arc<Answers>) -> Result<CognitoUserService, InvalidInput> {
    CognitoUserService::new(config(server).client_secret("client-secret"))
}

fn hash(username: &str) -> String {
    let hash = secret_hash("client-secret", username, "client-id");
    hash.expect("a name").expose().clone()
}

fn registered() -> (u16, Value) {
    (
        200,
        json!({"UserConfirmed": false, "UserSub": "sub-1", "Session": "session-1"}),
    )
}

fn tokens() -> (u16, Value) {
    (200, json!({"AuthenticationResult": {"AccessToken": "a"}}))
}

fn empty() -> (u16, Value) {
    (200, json!({}))
}

/// Every call that a user makes before there are tokens.
async fn everything(users: &CognitoUserService) -> Outcome {
    let user = RegisterUser::new("alice@example.com", "P@ss").first_name("Alice");
    users.register(user).await?;
    users.confirm_sign_up("alice@example.com", "123456").await?;
    users.resend_confirmation_code("alice@example.com").await?;
    users.forgot_password("alice@example.com").await?;
    users
        .confirm_forgot_password("alice@example.com", "654321", "N3w")
        .await?;
    users.login("alice@example.com", "N3w").await?;
    Ok(())
}

fn answers_to_everything() -> Arc<Answers> {
    Answers::new([registered(), empty(), empty(), empty(), empty(), tokens()])
}

#[tokio::test]
async fn every_call_goes_unsigned_to_the_pools_region_with_a_secret_hash_over_its_name() -> Outcome
{
    let server = answers_to_everything();
    everything(&users(&server)?).await?;
    let alice = json!({
        "ClientId": "client-id", "Username": "alice@example.com",
        "SecretHash": hash("alice@example.com"),
    });
    let with = |members: Value| {
        let mut body = alice.clone();
        let members = members.as_object().cloned().unwrap_or_default();
        body.as_object_mut().expect("an object").extend(members);
        body
    };
    let expected = [
        (
            "SignUp",
            with(json!({
                "Password": "P@ss",
                "UserAttributes": [
                    {"Name": "email", "Value": "alice@example.com"},
                    {"Name": "given_name", "Value": "Alice"},
                ],
            })),
        ),
        ("ConfirmSignUp", with(json!({"ConfirmationCode": "123456"}))),
        ("ResendConfirmationCode", alice.clone()),
        ("ForgotPassword", alice.clone()),
        (
            "ConfirmForgotPassword",
            with(json!({"ConfirmationCode": "654321", "Password": "N3w"})),
        ),
        (
            "InitiateAuth",
            json!({
                "ClientId": "client-id", "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {
                    "USERNAME": "alice@example.com", "PASSWORD": "N3w",
                    "SECRET_HASH": hash("alice@example.com"),
                },
            }),
        ),
    ];
    let expected = expected.map(|(operation, body)| (operation.to_owned(), false, body));
    assert_eq!(server.sent(), expected);
    let host = "cognito-idp.eu-central-1.amazonaws.com";
    assert!(server.hosts().iter().all(|asked| asked == host));
    Ok(())
}

#[tokio::test]
async fn without_a_client_secret_no_secret_hash_is_sent() -> Outcome {
    let server = answers_to_everything();
    everything(&CognitoUserService::new(config(&server))?).await?;
    let sent = server.sent();
    assert_eq!(sent.len(), 6);
    for (operation, _, body) in sent {
        let body = body.to_string().to_ascii_lowercase();
        assert!(!body.contains("hash"), "{operation}: {body}");
    }
    Ok(())
}

/// A secret that somebody else keeps, and changes.
#[derive(Debug)]
struct Vault;

impl ProvideClientSecret for Vault {
    fn provide_client_secret<'a>(&'a self, client_id: &'a str) -> ClientSecretFuture<'a> {
        assert_eq!(client_id, "client-id");
        Box::pin(async { Ok(Sensitive::from("client-secret")) })
    }
}

#[tokio::test]
async fn the_client_secret_may_come_from_a_provider() -> Outcome {
    let server = answers_to_everything();
    let config = config(&server).client_secret_from(Vault);
    everything(&CognitoUserService::new(config)?).await?;
    for (operation, _, body) in server.sent() {
        assert!(
            body.to_string().contains(&hash("alice@example.com")),
            "{operation}: {body}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_set_on_a_clone_goes_with_every_call_of_the_clone_alone() -> Outcome {
    let server = answers_to_everything();
    let all = users(&server)?;
    let address: IpAddr = "203.0.113.7".parse()?;
    let context = ContextDataType::from_request(address, "host", "/", &http::HeaderMap::new());
    let one = all
        .clone()
        .client_metadata([("tenant", "t-1")])
        .analytics_metadata(AnalyticsMetadataType::new().analytics_endpoint_id("endpoint"))
        .context_data(context);
    everything(&one).await?;
    for (operation, _, body) in server.sent() {
        assert_eq!(
            (
                &body["ClientMetadata"],
                &body["AnalyticsMetadata"],
                &body["UserContextData"]
            ),
            (
                &json!({"tenant": "t-1"}),
                &json!({"AnalyticsEndpointId": "endpoint"}),
                &json!({"IpAddress": "203.0.113.7"})
            ),
            "{operation}"
        );
    }

    all.forgot_password("alice").await?;
    let of_the_device = UserContextDataType::new().encoded_data("fingerprint");
    let one = one.user_context_data(of_the_device);
    one.forgot_password("alice").await?;
    let sent = server.sent();
    let expected =
        json!({"ClientId": "client-id", "Username": "alice", "SecretHash": hash("alice")});
    assert_eq!(sent[6].2, expected);
    let context = json!({"EncodedData": "fingerprint"});
    assert_eq!(sent[7].2["UserContextData"], context);
    Ok(())
}

#[tokio::test]
async fn a_remembered_device_signs_in_and_another_clone_knows_nothing_of_it() -> Outcome {
    let server = Answers::new([tokens(), tokens()]);
    let users = users(&server)?;
    let device = RememberedDevice::key_only("eu-central-1_device");
    users
        .clone()
        .with_device(device)
        .login("alice", "p")
        .await?;
    users.login("alice", "p").await?;
    let keys = server.sent();
    let keys = keys
        .iter()
        .map(|(_, _, body)| body["AuthParameters"]["DEVICE_KEY"].as_str());
    assert_eq!(
        keys.collect::<Vec<_>>(),
        [Some("eu-central-1_device"), None]
    );
    Ok(())
}

#[tokio::test]
async fn a_user_registers_without_address_or_password_and_with_data_for_the_trigger() -> Outcome {
    let server = Answers::new([registered()]);
    let user = RegisterUser::named("+4915112345678")
        .attribute("phone_number", "+4915112345678")
        .validation_data("captcha", "answer");
    let answer = CognitoUserService::new(config(&server))?
        .register(user)
        .await?;
    assert_eq!(answer.user_sub, "sub-1");
    assert_eq!(
        server.sent()[0].2,
        json!({
            "ClientId": "client-id", "Username": "+4915112345678",
            "UserAttributes": [{"Name": "phone_number", "Value": "+4915112345678"}],
            "ValidationData": [{"Name": "captcha", "Value": "answer"}],
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_confirmed_user_is_signed_in_from_the_session_of_the_sign_up() -> Outcome {
    let server = Answers::new([
        registered(),
        (200, json!({"Session": "session-2"})),
        tokens(),
    ]);
    let users = users(&server)?;
    let user = RegisterUser::named("alice").email("alice@example.com");
    let session = users.register(user).await?.session.ok_or("no session")?;
    let outcome = users.confirm_sign_up_and_login("alice", "123456", session);
    assert!(outcome.await?.tokens().is_some());
    let sent = server.sent();
    assert_eq!(
        sent[1].2,
        json!({
            "ClientId": "client-id", "Username": "alice", "SecretHash": hash("alice"),
            "ConfirmationCode": "123456", "Session": "session-1",
        })
    );
    assert_eq!(
        sent[2].2,
        json!({
            "ClientId": "client-id", "AuthFlow": "USER_AUTH", "Session": "session-2",
            "AuthParameters": {"USERNAME": "alice", "SECRET_HASH": hash("alice")},
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_confirmation_without_a_session_or_with_a_wrong_code_signs_nobody_in() -> Outcome {
    let server = Answers::new([empty(), refusal("CodeMismatchException")]);
    let users = users(&server)?;
    let outcome = users.confirm_sign_up_and_login("alice", "123456", "session-1");
    let Err(Error::Decode(error)) = outcome.await else {
        return Err("a session was missing".into());
    };
    let missing = DecodeProblem::MissingMember { member: "Session" };
    assert_eq!(error.problem(), &missing);
    assert_eq!(error.operation(), "ConfirmSignUp");

    let outcome = users.confirm_sign_up_and_login("alice", "000000", "session-1");
    let error = outcome.await.expect_err("a wrong code");
    assert_eq!(error.code(), Some(&ErrorCode::CodeMismatch));
    assert_eq!(server.sent().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_wrong_code_is_told_and_the_right_one_taken() -> Outcome {
    let server = Answers::new([
        refusal("CodeMismatchException"),
        empty(),
        refusal("CodeMismatchException"),
        empty(),
    ]);
    let users = users(&server)?;
    let wrong = users.confirm_sign_up("alice", "000000").await;
    let wrong = wrong.expect_err("a wrong code");
    assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
    assert_eq!(wrong.operation(), Some("ConfirmSignUp"));
    users.confirm_sign_up("alice", "123456").await?;

    let wrong = users
        .confirm_forgot_password("alice", "000000", "N3w")
        .await;
    let wrong = wrong.expect_err("a wrong code");
    assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
    users
        .confirm_forgot_password("alice", "654321", "N3w")
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_challenge_of_a_choice_of_factors_is_answered_also_after_storage() -> Outcome {
    let server = Answers::new([
        (
            200,
            json!({
                "ChallengeName": "EMAIL_OTP", "Session": "session-1",
                "ChallengeParameters": {"USER_ID_FOR_SRP": "canonical-name"},
            }),
        ),
        tokens(),
    ]);
    let users = users(&server)?;
    let outcome = users.login_with(UserAuth::new("alice").email_otp()).await?;
    let stored = serde_json::to_string(&outcome.challenge().ok_or("no challenge")?)?;
    let Challenge::EmailOtp(challenge) = serde_json::from_str(&stored)? else {
        return Err("another challenge came back".into());
    };
    let outcome = users.respond(challenge.answer("12345678")).await?;
    assert!(matches!(outcome, AuthOutcome::Tokens(_)));
    let (operation, signed, body) = server.sent().remove(1);
    assert_eq!((&*operation, signed), ("RespondToAuthChallenge", false));
    let responses = &body["ChallengeResponses"];
    assert_eq!(responses["USERNAME"], "canonical-name");
    assert_eq!(responses["SECRET_HASH"], hash("canonical-name"));
    Ok(())
}

#[tokio::test]
async fn tokens_make_a_signed_in_user_who_calls_and_signs_out_through_this_app_client() -> Outcome {
    let given = json!({"AccessToken": "a", "RefreshToken": "r", "ExpiresIn": 3600});
    let server = Answers::new([
        (200, json!({"AuthenticationResult": given})),
        (200, json!({"Username": "alice", "UserAttributes": []})),
        empty(),
    ]);
    let users = users(&server)?;
    let outcome = users.login("alice", "P@ss").await?;
    let user = users.signed_in(outcome.tokens().ok_or("no tokens")?);
    assert_eq!(user.profile().await?.username.expose(), "alice");
    user.sign_out().await?;
    let error = user.profile().await.expect_err("signed out");
    assert!(error.is_signed_out(), "{error}");

    let revoke = json!({"ClientId": "client-id", "ClientSecret": "client-secret", "Token": "r"});
    let expected = [
        ("GetUser".to_owned(), false, json!({"AccessToken": "a"})),
        ("RevokeToken".to_owned(), false, revoke),
    ];
    assert_eq!(server.sent()[1..], expected);
    Ok(())
}

#[cfg(feature = "srp")]
#[tokio::test]
async fn a_password_proven_with_srp_is_not_sent() -> Outcome {
    let server = Answers::new([refusal("UserNotConfirmedException")]);
    let refused = users(&server)?.login_srp("alice", "P@ssw0rd").await;
    let refused = refused.expect_err("not confirmed");
    assert_eq!(refused.code(), Some(&ErrorCode::UserNotConfirmed));
    let (_, _, body) = server.sent().remove(0);
    assert_eq!(body["AuthFlow"], "USER_SRP_AUTH");
    assert!(body["AuthParameters"]["SRP_A"].is_string());
    assert!(!body.to_string().contains("P@ssw0rd"));
    Ok(())
}

#[tokio::test]
async fn a_secret_hash_over_an_empty_name_is_refused_before_anything_is_sent() -> Outcome {
    let server = Answers::new([]);
    let users = users(&server)?;
    let refused = [
        users.register(RegisterUser::new("", "P@ss")).await.err(),
        users.confirm_sign_up("", "1").await.err(),
        users.confirm_sign_up_and_login("", "1", "s").await.err(),
        users.resend_confirmation_code("").await.err(),
        users.login("", "P@ss").await.err(),
        users.forgot_password("").await.err(),
        users.confirm_forgot_password("", "1", "N3w").await.err(),
    ];
    for error in refused {
        let Some(Error::InvalidInput(error)) = error else {
            return Err(format!("{error:?}").into());
        };
        assert_eq!(error.problems()[0].field, "username");
    }
    assert!(server.sent().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_service_may_take_time_to_configure_and_tells_what_went_wrong_meanwhile() -> Outcome {
    let server = Answers::new([tokens()]);
    let configured = config(&server);
    let users = CognitoUserService::from_async(async {
        tokio::task::yield_now().await;
        Ok::<_, Error>(configured.client_secret("client-secret"))
    });
    users.await?.login("alice", "P@ss").await?;
    assert_eq!(server.sent().len(), 1);

    let sealed: Result<_, Box<dyn std::error::Error>> =
        CognitoUserService::from_async(async { Err("the vault is sealed".into()) }).await;
    let error = sealed.expect_err("the future failed");
    assert_eq!(error.to_string(), "the vault is sealed");

    let nameless = CognitoUserService::from_async::<Error>(async {
        Ok(CognitoConfig::new("pool", "client-id"))
    });
    let Err(Error::InvalidInput(error)) = nameless.await else {
        return Err("not the ID of a pool".into());
    };
    assert_eq!(error.problems()[0].field, "user_pool_id");
    Ok(())
}

#[test]
fn nothing_secret_is_shown() -> Outcome {
    let config = CognitoConfig::new(POOL, "marker").client_secret("marker");
    let config = config.client(|client| client.http_client(Answers::default()));
    let users = CognitoUserService::new(config)?.client_metadata([("key", "marker")]);
    let user = RegisterUser::new("marker", "marker")
        .attribute("name", "marker")
        .validation_data("captcha", "marker");
    let shown = format!("{users:?} {user:?}");
    assert!(shown.contains(POOL) && !shown.contains("marker"), "{shown}");
    Ok(())
}

#[cfg(all(feature = "verify", feature = "fixtures"))]
#[tokio::test]
async fn its_verifier_asks_the_pools_issuer_over_the_services_own_client() -> Outcome {
    let issuer = cognito_idp::fixture::TestIssuer::new(POOL, "client-id")?;
    let server = Answers::new([]);
    let verifier = users(&server)?.verifier()?;
    let token = issuer.issue(&json!({}));
    assert!(verifier.verify_access(&token).await.is_err());
    assert_eq!(server.hosts(), ["cognito-idp.eu-central-1.amazonaws.com"]);
    Ok(())
}

#[cfg(feature = "sigv4")]
mod beside_the_admin_side {
    use cognito_idp::{CognitoService, credentials::Credentials};

    use super::*;

    fn keys() -> Credentials {
        Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")
    }

    #[tokio::test]
    async fn whom_register_made_is_confirmed_over_the_same_client() -> Outcome {
        let server = Answers::new([registered(), empty(), tokens(), tokens()]);
        let config = config(&server).credentials(keys());
        let service = CognitoService::new(config.client_secret("client-secret"))?;
        service.register(RegisterUser::new("alice", "P@ss")).await?;
        let users = service.user_service();
        users.confirm_sign_up("alice", "123456").await?;
        users.login("alice", "P@ss").await?;
        service.login("alice", "P@ss").await?;
        let sent = server.sent();
        let sent = sent.iter().map(|(name, signed, _)| (&**name, *signed));
        assert_eq!(
            sent.collect::<Vec<_>>(),
            [
                ("SignUp", false),
                ("ConfirmSignUp", false),
                ("InitiateAuth", false),
                ("AdminInitiateAuth", true),
            ]
        );
        assert_eq!(users.user_pool_id(), service.user_pool_id());
        assert_eq!(users.app_client(), service.app_client());
        Ok(())
    }

    #[tokio::test]
    async fn its_own_client_has_no_credentials_even_if_the_configuration_has() -> Outcome {
        let server = answers_to_everything();
        let config = config(&server).credentials(keys());
        let users = CognitoUserService::new(config)?;
        everything(&users).await?;
        assert!(server.sent().iter().all(|(_, signed, _)| !signed));
        let request = cognito_idp::operation::users::AdminGetUserRequest::new(POOL, "alice");
        let error = users.client().send(&request).await;
        let error = error.expect_err("there is nothing to sign with");
        assert!(matches!(error, Error::Credentials { .. }), "{error}");
        assert_eq!(server.sent().len(), 6);
        Ok(())
    }
}

/// The environment belongs to a process, so the test runs itself once more with another.
#[cfg(any(feature = "hyper", feature = "reqwest"))]
mod from_the_environment {
    use std::process::{Command, Output};

    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;

    const AGAIN: &str = "USER_SERVICE_RUNS_AGAIN";

    /// Runs this test alone with no other variables of ours than these.
    fn again(test: &str, variables: &[(&str, &str)]) -> Outcome<Output> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--exact", "--nocapture"])
            .arg(format!("from_the_environment::{test}"));
        for (name, _) in std::env::vars() {
            if name.starts_with("AWS_") || name.starts_with("COGNITO_") || name == "APP_NAME" {
                command.env_remove(name);
            }
        }
        command.envs(variables.iter().copied()).env(AGAIN, "1");
        Ok(command.output()?)
    }

    fn runs_again() -> bool {
        std::env::var_os(AGAIN).is_some()
    }

    #[tokio::test]
    async fn the_variables_make_a_service_that_signs_nothing_although_there_are_keys() -> Outcome {
        if runs_again() {
            everything(&CognitoUserService::from_env()?).await?;
            return Ok(());
        }
        let server = MockServer::start().await;
        let answer = json!({
            "UserConfirmed": true, "UserSub": "sub-1",
            "AuthenticationResult": {"AccessToken": "a"},
        });
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let test = "the_variables_make_a_service_that_signs_nothing_although_there_are_keys";
        let output = tokio::task::spawn_blocking({
            let url = server.uri();
            move || {
                let variables = [
                    ("COGNITO_USER_POOL_ID", POOL),
                    ("COGNITO_CLIENT_ID", " client-id "),
                    ("COGNITO_CLIENT_SECRET", "client-secret"),
                    ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &url),
                    ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
                    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                    ("AWS_SECRET_ACCESS_KEY", "secret"),
                ];
                again(test, &variables).map_err(|error| error.to_string())
            }
        });
        let output = output.await??;
        assert!(output.status.success(), "{output:?}");
        let requests = server.received_requests().await.ok_or("not recorded")?;
        assert_eq!(requests.len(), 6);
        for request in requests {
            assert!(!request.headers.contains_key("authorization"));
            let body = String::from_utf8(request.body)?;
            assert!(body.contains(&hash("alice@example.com")), "{body}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn missing_and_malformed_variables_are_named_together_and_no_key_is_missed() -> Outcome {
        if runs_again() {
            let error = CognitoUserService::from_env().expect_err("variables are missing");
            let fields = error.problems().iter().map(|problem| &*problem.field);
            println!("refused: {}", fields.collect::<Vec<_>>().join(", "));
            return Ok(());
        }
        let test = "missing_and_malformed_variables_are_named_together_and_no_key_is_missed";
        let both = "refused: COGNITO_USER_POOL_ID, COGNITO_CLIENT_ID\n";
        let pool = ("COGNITO_USER_POOL_ID", POOL);
        let client = ("COGNITO_CLIENT_ID", "client-id");
        for (variables, expected) in [
            (&[][..], both),
            (
                &[("COGNITO_USER_POOL_ID", "pool"), ("COGNITO_CLIENT_ID", " ")],
                both,
            ),
            (&[pool], "refused: COGNITO_CLIENT_ID\n"),
            (
                &[pool, client, ("AWS_REGION", "us-east-1")],
                "refused: AWS_REGION\n",
            ),
            (
                &[pool, client, ("AWS_ENDPOINT_URL", "http://example.com")],
                "refused: AWS_ENDPOINT_URL\n",
            ),
        ] {
            let output = again(test, variables)?;
            let said = String::from_utf8(output.stdout)?;
            assert!(said.contains(expected), "{variables:?}: {said}");
        }
        Ok(())
    }
}
