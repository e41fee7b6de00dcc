//! The crate against moto, which resets what `UpdateUserPool` is not given, as AWS documents it.
//!
//! moto checks neither signatures nor secret hashes nor codes, so nothing here proves those. Run it
//! with `tests/live/servers.sh cargo test --all-features --test live_moto`.
#![cfg(all(any(feature = "reqwest", feature = "hyper"), feature = "sigv4"))]

mod live;

use cognito_idp::{
    CognitoService, Error, ErrorCode,
    auth::{AuthOutcome, Challenge},
    operation::{
        groups::CreateGroupRequest,
        sign_up::ConfirmSignUpRequest,
        terms::ListTermsRequest,
        user_pools::{
            AccountRecoverySettingType, AdminCreateUserConfigType, AdvancedSecurityModeType,
            AttributeDataType, CreateUserPoolRequest, DeletionProtectionType,
            DeviceConfigurationType, LambdaConfigType, MessageTemplateType, PasswordPolicyType,
            PreTokenGenerationLambdaVersionType, PreTokenGenerationVersionConfigType,
            RecoveryOptionNameType, RecoveryOptionType, SchemaAttributeType, UpdateUserPoolRequest,
            UserAttributeUpdateSettingsType, UserPoolAddOnsType, UserPoolPolicyType,
            UserPoolTierType, VerificationMessageTemplateType, VerifiedAttributeType,
        },
        users::{AdminGetUserRequest, GetUserRequest, UserFilter},
    },
    service::{
        CreateUser, EmailTemplates, EmailVerification, FoundUsers, RegisterUser, UpdateUser,
    },
    types::{UserPoolMfaType, UserStatusType},
};
use serde_json::Value;

use crate::live::{
    NEW_PASSWORD, Outcome, PASSWORD, Server, developer_email, lifecycles, refusal, unique,
    unique_email,
};

const VERIFICATION: &str = "<p>Ihr Code lautet {####}</p>";
const INVITATION: &str = "<p>Hallo {username}, Ihr Passwort ist {####}</p>";

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn every_operation_that_moto_implements_is_called_in_a_lifecycle() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    lifecycles::run(&server, 62, &[]).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_pool_with_every_setting_is_unchanged_but_for_the_templates() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let pool = server.pool_as(&every_setting()).await?;
    let service = CognitoService::new(server.config(&pool).app_name("Shop"))?;
    let before = server.describe_whole(&pool).await?;
    for member in [
        "/UserPoolTags/team",
        "/DeletionProtection",
        "/LambdaConfig/PreTokenGenerationConfig/LambdaArn",
        "/AdminCreateUserConfig/InviteMessageTemplate/SMSMessage",
        "/Policies/PasswordPolicy/MinimumLength",
        "/SmsVerificationMessage",
    ] {
        assert!(
            before.pointer(member).is_some_and(|it| !it.is_null()),
            "{member}"
        );
    }

    let templates = EmailTemplates::new(VERIFICATION, INVITATION).invitation_subject("Willkommen");
    service.update_cognito_email_template(templates).await?;

    let mut expected = before;
    let invitation = "/AdminCreateUserConfig/InviteMessageTemplate";
    for (path, value) in [
        ("/EmailVerificationMessage".to_owned(), VERIFICATION),
        (
            "/EmailVerificationSubject".to_owned(),
            "Your verification code - Shop",
        ),
        (
            "/VerificationMessageTemplate/EmailMessage".to_owned(),
            VERIFICATION,
        ),
        (
            "/VerificationMessageTemplate/EmailSubject".to_owned(),
            "Your verification code - Shop",
        ),
        (format!("{invitation}/EmailMessage"), INVITATION),
        (format!("{invitation}/EmailSubject"), "Willkommen"),
    ] {
        *expected.pointer_mut(&path).expect("it was set") = value.into();
    }
    assert_eq!(
        settings(server.describe_whole(&pool).await?),
        settings(expected)
    );
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn the_same_change_by_hand_would_have_reset_the_other_settings() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let pool = server.pool_as(&every_setting()).await?;
    let invitation = MessageTemplateType::new().email_message(INVITATION);
    let config = AdminCreateUserConfigType::new().invite_message_template(invitation);
    let request = UpdateUserPoolRequest::new(&pool.id).admin_create_user_config(config);
    server.client.send(&request).await?;
    let after = server.describe_whole(&pool).await?;
    assert_eq!(after.get("UserPoolTags"), None);
    assert_eq!(after.get("LambdaConfig"), None);
    assert_eq!(after["Policies"]["PasswordPolicy"]["MinimumLength"], 8);
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn two_changes_of_the_templates_keep_the_settings_and_the_second_texts() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let pool = server.pool_as(&every_setting()).await?;
    let service = server.service(&pool)?;
    let templates = EmailTemplates::new(VERIFICATION, INVITATION);
    service
        .update_cognito_email_template(templates.clone())
        .await?;
    let once = settings(server.describe_whole(&pool).await?);
    service
        .update_cognito_email_template(EmailTemplates::new("Other {####}", INVITATION))
        .await?;
    service.update_cognito_email_template(templates).await?;
    assert_eq!(settings(server.describe_whole(&pool).await?), once);
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn the_other_calls_work() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let pool = server.pool("calls").await?;
    let service = server.service(&pool)?;
    let create_group = CreateGroupRequest::new(&pool.id, "admin");
    service.client().send(&create_group).await?;

    // moto tells nothing with the challenge, so the name is the one of the sign-in.
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD).first_name("Alice"))
        .await?;
    let outcome = service.login(&alice, PASSWORD).await?;
    let AuthOutcome::Challenge(Challenge::NewPasswordRequired(challenge)) = outcome else {
        panic!("another outcome: {outcome:?}");
    };
    assert_eq!(challenge.required_attributes, Vec::<String>::new());
    let weak = service.respond(challenge.answer("weak")).await;
    assert_eq!(refusal(weak).code(), Some(&ErrorCode::InvalidPassword));
    let answered = service.respond(challenge.answer(NEW_PASSWORD)).await?;
    assert!(answered.tokens().is_some());
    let used_up = service.respond(challenge.answer(NEW_PASSWORD)).await;
    assert_eq!(refusal(used_up).code(), Some(&ErrorCode::ResourceNotFound));

    let changes = UpdateUser::new()
        .email("new@example.com", EmailVerification::Verified)
        .custom_attributes([("custom:role", "admin")]);
    service.update_user(&alice, changes).await?;
    let request = AdminGetUserRequest::new(&pool.id, &alice);
    let user = server.client.send(&request).await?;
    let has = |name: &str, value: &str| {
        user.user_attributes.iter().any(|attribute| {
            let held = attribute
                .value
                .as_ref()
                .map(|value| value.expose().as_str());
            attribute.name == name && held == Some(value)
        })
    };
    assert!(has("email", "new@example.com") && has("email_verified", "true"));
    assert!(has("custom:role", "admin") && has("given_name", "Alice"));

    let results = service
        .add_to_group(&alice, ["admin", "no-such-group"])
        .await;
    let failed: Vec<_> = results.failures().map(|failure| &*failure.group).collect();
    assert_eq!(failed, ["no-such-group"]);

    service.forgot_password(&alice).await?;
    service
        .confirm_forgot_password(&alice, "any code", PASSWORD)
        .await?;
    let tokens = service.login(&alice, PASSWORD).await?.tokens();
    let tokens = tokens.ok_or("no tokens")?;
    let request = GetUserRequest::new(&tokens.access_token);
    let user = server.client.send(&request).await?;
    assert_eq!(user.username.expose(), &alice);

    let bob = unique_email("bob");
    service.register(RegisterUser::new(&bob, PASSWORD)).await?;
    let confirm = ConfirmSignUpRequest::new(pool.app.id(), &bob, "any code");
    server.client.send(&confirm).await?;
    assert!(service.login(&bob, PASSWORD).await?.tokens().is_some());
    let wrong = refusal(service.login(&bob, NEW_PASSWORD).await);
    assert_eq!(wrong.code(), Some(&ErrorCode::NotAuthorized));
    // moto's message is the username, which no log should show.
    assert!(!format!("{wrong} {wrong:?}").contains(&bob), "{wrong}");
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn users_are_found_by_their_status_and_by_text_with_quotes() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let pool = server.pool("find").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;
    service
        .register(RegisterUser::new(unique_email("bob"), PASSWORD))
        .await?;
    for (status, expected) in [
        (UserStatusType::ForceChangePassword, true),
        (UserStatusType::Unconfirmed, false),
    ] {
        let found = service.find_user(UserFilter::user_status(status)).await?;
        let user = found.one().ok_or("nobody")?;
        assert_eq!(
            user.username.is_some_and(|name| *name.expose() == alice),
            expected
        );
    }
    for filter in [
        UserFilter::user_status(UserStatusType::Confirmed),
        UserFilter::email("x\" or email ^= \""),
        UserFilter::enabled(false),
    ] {
        assert_eq!(service.find_user(filter).await?, FoundUsers::None);
    }
    let both = service.find_user(UserFilter::enabled(true)).await?;
    assert!(matches!(both, FoundUsers::Several(users) if users.len() == 2));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_operation_that_breaks_the_server_is_repeated_and_then_told_as_it_is() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    // moto does not know it, and answers with an HTML page and status 500.
    let request = ListTermsRequest::new("us-east-1_any");
    let error = refusal(server.client.send(&request).await);
    assert!(matches!(error, Error::Service(_)), "{error:?}");
    assert_eq!(error.code(), None);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(error.is_retryable() && error.outcome_unknown());
    assert!(!error.to_string().contains('<'), "{error}");
    assert_eq!(server.wire.answers()["ListTerms"].errors, 3);
    Ok(())
}

/// A pool with every setting that can be told and written back.
fn every_setting() -> CreateUserPoolRequest {
    let policy = PasswordPolicyType::new()
        .minimum_length(12)
        .require_lowercase(true)
        .require_uppercase(false)
        .require_numbers(true)
        .require_symbols(false)
        .temporary_password_validity_days(2);
    let lambda = "arn:aws:lambda:us-east-1:123456789012:function:trigger";
    let pre_token =
        PreTokenGenerationVersionConfigType::new(PreTokenGenerationLambdaVersionType::V2_0, lambda);
    let invitation = MessageTemplateType::new()
        .sms_message("{username}: {####}")
        .email_message("Old {username} {####}")
        .email_subject("Old");
    CreateUserPoolRequest::new(unique("every-setting"))
        .account_recovery_setting(AccountRecoverySettingType::new().recovery_mechanisms([
            RecoveryOptionType::new(1, RecoveryOptionNameType::VerifiedEmail),
        ]))
        .admin_create_user_config(
            AdminCreateUserConfigType::new()
                .allow_admin_create_user_only(true)
                .invite_message_template(invitation),
        )
        .auto_verified_attributes([VerifiedAttributeType::Email])
        .deletion_protection(DeletionProtectionType::Active)
        .device_configuration(DeviceConfigurationType::new().challenge_required_on_new_device(true))
        .email_configuration(developer_email())
        .lambda_config(
            LambdaConfigType::new()
                .pre_sign_up(lambda)
                .pre_token_generation_config(pre_token),
        )
        .mfa_configuration(UserPoolMfaType::Off)
        .policies(UserPoolPolicyType::new().password_policy(policy))
        .schema([SchemaAttributeType::new()
            .name("role")
            .attribute_data_type(AttributeDataType::String)])
        .sms_authentication_message("Sign in with {####}")
        .sms_verification_message("Verify with {####}")
        .user_attribute_update_settings(
            UserAttributeUpdateSettingsType::new()
                .attributes_require_verification_before_update([VerifiedAttributeType::Email]),
        )
        .user_pool_add_ons(UserPoolAddOnsType::new(AdvancedSecurityModeType::Audit))
        .user_pool_tags([("team", "shop"), ("Ümlaut 🎉", "")])
        .user_pool_tier(UserPoolTierType::Plus)
        .verification_message_template(
            VerificationMessageTemplateType::new()
                .sms_message("Verify with {####}")
                .email_message("Old {####}")
                .email_subject("Old")
                .email_message_by_link("{##Old##}"),
        )
}

/// A described pool without its dates, and without the ID that moto takes from `UpdateUserPool`.
fn settings(mut pool: Value) -> Value {
    if let Some(pool) = pool.as_object_mut() {
        pool.remove("LastModifiedDate");
        pool.remove("UserPoolId");
    }
    pool
}
