//! The crate against MiniStack, which checks signatures, IAM policies, secret hashes and codes.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_ministack`.
#![cfg(all(any(feature = "reqwest", feature = "hyper"), feature = "sigv4"))]

mod live;

use std::collections::BTreeMap;

#[cfg(feature = "credentials")]
use cognito_idp::credentials::{ProfileCredentials, ProvideCredentials as _};
use cognito_idp::{
    CognitoService, Error, ErrorCode, Sensitive,
    auth::{AppClient, AuthOutcome, Challenge, SignIn, Tokens},
    credentials::Credentials,
    operation::{
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        groups::{AdminListGroupsForUserRequest, CreateGroupRequest},
        passwords::ForgotPasswordRequest,
        sign_up::{ConfirmSignUpRequest, SignUpRequest},
        user_pools::{
            AdminCreateUserConfigType, CreateUserPoolRequest, DeletionProtectionType,
            DescribeUserPoolRequest, MessageTemplateType, PasswordPolicyType, UserPoolPolicyType,
            UsernameAttributeType, VerificationMessageTemplateType, VerifiedAttributeType,
        },
        users::{
            AdminDisableUserRequest, AdminGetUserRequest, GetUserRequest, ListUsersRequest,
            SearchableAttribute, UserFilter,
        },
    },
    service::{
        CreateUser, EmailTemplates, EmailVerification, FoundUsers, RegisterUser, UpdateUser,
    },
    types::{AttributeType, DeliveryMediumType, UserStatusType},
};
use serde_json::Value;

use crate::live::{
    NEW_PASSWORD, Outcome, PASSWORD, Pool, RESET_CODE, SIGN_UP_CODE, Server, developer_email,
    lifecycles, refusal, unique, unique_email,
};

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn every_operation_that_ministack_implements_is_called_in_a_lifecycle() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    lifecycles::run(&server, 77, &["UpdateAuthEventFeedback"]).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn login_with_a_temporary_password_leads_to_tokens_by_session_and_by_challenge() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("login").await?;
    let service = server.service(&pool)?;

    // The session alone, as a web form would bring it back.
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;
    let challenge = new_password_required(service.login(&alice, PASSWORD).await?);
    assert_eq!(challenge.username().expose(), &alice);
    assert_eq!(
        challenge
            .user_attributes
            .get("email")
            .map(Sensitive::expose),
        Some(&alice)
    );
    let session = challenge.session().ok_or("no session")?;
    let outcome = service
        .respond_to_new_password_challenge(&alice, NEW_PASSWORD, session)
        .await?;
    assert_signed_in(&server, outcome, &alice).await?;
    assert_signed_in(&server, service.login(&alice, NEW_PASSWORD).await?, &alice).await?;

    // The challenge itself, kept as JSON between two requests.
    let bob = unique_email("bob");
    service.create_user(CreateUser::new(&bob, PASSWORD)).await?;
    let outcome = service.login(&bob, PASSWORD).await?;
    let stored = serde_json::to_string(&outcome)?;
    let restored: AuthOutcome = serde_json::from_str(&stored)?;
    let answer = new_password_required(restored)
        .attribute("given_name", "Bob")
        .answer(NEW_PASSWORD);
    let outcome = service.respond(answer).await?;
    assert_signed_in(&server, outcome, &bob).await?;

    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn sign_in_works_without_credentials_on_the_public_side() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("public").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;

    let sign_in = SignIn::public(server.client_without_credentials()?, pool.app.clone());
    let challenge = new_password_required(sign_in.password(&alice, PASSWORD).await?);
    let outcome = sign_in.respond(challenge.answer(NEW_PASSWORD)).await?;
    assert_signed_in(&server, outcome, &alice).await?;
    server.delete(pool).await
}

#[cfg(feature = "srp")]
#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_password_is_proven_by_srp_without_being_sent() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    // Users sign in with an address, which is not the name that the proof is made over.
    let request = CreateUserPoolRequest::new(unique("srp"))
        .username_attributes([UsernameAttributeType::Email])
        .email_configuration(developer_email());
    let pool = server.pool_as(&request).await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    let created = service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;
    let name = created.user.and_then(|user| user.username);
    let name = name.ok_or("no username")?;

    let unsigned = server.client_without_credentials()?;
    let public = SignIn::public(unsigned, pool.app.clone()).user_pool_id(&pool.id);
    let challenge = new_password_required(public.srp(&alice, PASSWORD).await?);
    let outcome = public.respond(challenge.answer(NEW_PASSWORD)).await?;
    assert_signed_in(&server, outcome, name.expose()).await?;

    let admin = SignIn::admin(server.client.clone(), &pool.id, pool.app.clone());
    for sign_in in [public, admin] {
        let outcome = sign_in.srp(&alice, NEW_PASSWORD).await?;
        assert_signed_in(&server, outcome, name.expose()).await?;
        let wrong = refusal(sign_in.srp(&alice, PASSWORD).await);
        assert_eq!(wrong.code(), Some(&ErrorCode::NotAuthorized));
        let unknown = refusal(sign_in.srp("nobody@example.com", PASSWORD).await);
        assert_eq!(unknown.code(), Some(&ErrorCode::UserNotFound));
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_registered_user_confirms_with_the_code_from_the_mail_and_signs_in() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("register").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");

    let user = RegisterUser::new(&alice, PASSWORD)
        .first_name("Alice")
        .last_name("Example")
        .attribute("custom:tenant", "t-1");
    let registered = service.register(user.clone()).await?;
    assert!(!registered.user_confirmed);
    let delivery = registered.code_delivery_details.ok_or("no delivery")?;
    assert_eq!(delivery.delivery_medium, Some(DeliveryMediumType::Email));
    assert!(
        server.mails_to(&alice).await?[0]
            .body
            .contains(SIGN_UP_CODE)
    );

    let again = refusal(service.register(user).await);
    assert_eq!(again.code(), Some(&ErrorCode::UsernameExists));
    let early = refusal(service.login(&alice, PASSWORD).await);
    assert_eq!(early.code(), Some(&ErrorCode::UserNotConfirmed));

    let confirm = |code: &str| {
        let mut request = ConfirmSignUpRequest::new(pool.app.id(), &alice, code);
        request.secret_hash = pool.app.secret_hash(&alice).expect("a username");
        request
    };
    server
        .refuses(&confirm("000000"), ErrorCode::CodeMismatch)
        .await;
    server.client.send(&confirm(SIGN_UP_CODE)).await?;
    assert_signed_in(&server, service.login(&alice, PASSWORD).await?, &alice).await?;

    let attributes = attributes(&server, &pool, &alice).await?;
    assert_eq!(attributes["given_name"], "Alice");
    assert_eq!(attributes["family_name"], "Example");
    assert_eq!(attributes["custom:tenant"], "t-1");
    assert_eq!(attributes["sub"], registered.user_sub);
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_created_user_gets_an_invitation_only_if_invited() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("create").await?;
    let service = server.service(&pool)?;

    let quiet = unique_email("quiet");
    let user = CreateUser::new(&quiet, PASSWORD).first_name("Quiet");
    let created = service.create_user(user.clone()).await?;
    let created = created.user.ok_or("no user")?;
    assert_eq!(
        created.user_status,
        Some(UserStatusType::ForceChangePassword)
    );
    assert_eq!(created.enabled, Some(true));
    assert!(created.user_create_date.is_some());
    assert_eq!(server.mails_to(&quiet).await?, []);
    let attributes = attributes(&server, &pool, &quiet).await?;
    assert_eq!(attributes["email_verified"], "true");
    assert_eq!(attributes["given_name"], "Quiet");

    let invited = unique_email("invited");
    service
        .create_user(CreateUser::new(&invited, PASSWORD).invite())
        .await?;
    let mails = server.mails_to(&invited).await?;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.contains(&invited) && mails[0].body.contains(PASSWORD));

    let again = refusal(service.create_user(user).await);
    assert_eq!(again.code(), Some(&ErrorCode::UsernameExists));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_invitation_is_sent_again_and_to_nobody_else() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("resend").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD).invite())
        .await?;
    service.resend_invitation(&alice).await?;
    let mails = server.mails_to(&alice).await?;
    assert_eq!(mails.len(), 2);
    assert!(mails[1].body.contains(&alice));
    let unknown = refusal(service.resend_invitation("nobody").await);
    assert_eq!(unknown.code(), Some(&ErrorCode::UserNotFound));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn users_are_found_by_what_they_have_and_no_text_widens_the_search() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("find").await?;
    let service = server.service(&pool)?;
    let (alice, bob) = (unique_email("alice"), unique_email("bob"));
    for (address, name) in [(&alice, "alice"), (&bob, "bob")] {
        let user = CreateUser::new(address, PASSWORD)
            .username(name)
            .first_name("Sam");
        service.create_user(user).await?;
    }
    let disable = AdminDisableUserRequest::new(&pool.id, "bob");
    server.client.send(&disable).await?;
    let sub = attributes(&server, &pool, "bob").await?["sub"].clone();

    for (filter, name) in [
        (UserFilter::email(&alice), "alice"),
        (UserFilter::sub(&sub), "bob"),
        (UserFilter::username("alice"), "alice"),
        (UserFilter::enabled(false), "bob"),
        (
            UserFilter::begins_with(SearchableAttribute::Email, &bob[..10]),
            "bob",
        ),
    ] {
        let found = service.find_user(filter.clone()).await?.one();
        let username = found.and_then(|user| user.username).ok_or("nobody")?;
        assert_eq!(username.expose(), name);
        let mut users = server
            .client
            .pages(ListUsersRequest::new(&pool.id).filter(filter))
            .items();
        assert!(users.next().await?.is_some() && users.next().await?.is_none());
    }
    let both = UserFilter::equals(SearchableAttribute::GivenName, "Sam");
    let both = service.find_user(both).await?;
    assert!(matches!(&both, FoundUsers::Several(users) if users.len() == 2));
    for text in ["x\" or email ^= \"", "", "\\", "\\\"", &alice[..5]] {
        let found = service.find_user(UserFilter::email(text)).await?;
        assert_eq!(found, FoundUsers::None, "{text}");
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn update_user_changes_email_names_and_custom_attributes_and_nothing_else() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("update").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    let user = CreateUser::new(&alice, PASSWORD).attribute("locale", "de");
    service.create_user(user).await?;
    let before = attributes(&server, &pool, &alice).await?;

    let changes = UpdateUser::new()
        .email("new@example.com", EmailVerification::Unverified)
        .first_name("Alice")
        .last_name("Example")
        .custom_attributes([("custom:role", "admin"), ("custom:tenantId", "tenant-123")]);
    service.update_user(&alice, changes).await?;

    let mut expected = before;
    for (name, value) in [
        ("email", "new@example.com"),
        ("email_verified", "false"),
        ("given_name", "Alice"),
        ("family_name", "Example"),
        ("custom:role", "admin"),
        ("custom:tenantId", "tenant-123"),
    ] {
        expected.insert(name.to_owned(), value.to_owned());
    }
    assert_eq!(attributes(&server, &pool, &alice).await?, expected);

    let changes = UpdateUser::new().email("new@example.com", EmailVerification::Verified);
    service.update_user(&alice, changes.clone()).await?;
    let attributes = attributes(&server, &pool, &alice).await?;
    assert_eq!(attributes["email_verified"], "true");

    let unknown = refusal(service.update_user("nobody", changes).await);
    assert_eq!(unknown.code(), Some(&ErrorCode::UserNotFound));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_forgotten_password_is_replaced_with_the_code_from_the_mail() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("forgot").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    sign_up_confirmed(&server, &pool, &service, &alice).await?;

    let no_code_yet = service
        .confirm_forgot_password(&alice, RESET_CODE, NEW_PASSWORD)
        .await;
    assert_eq!(refusal(no_code_yet).code(), Some(&ErrorCode::ExpiredCode));

    let sent = service.forgot_password(&alice).await?;
    let delivery = sent.code_delivery_details.ok_or("no delivery")?;
    assert_eq!(delivery.attribute_name.as_deref(), Some("email"));
    let mails = server.mails_to(&alice).await?;
    assert!(
        mails
            .last()
            .is_some_and(|mail| mail.body.contains(RESET_CODE))
    );

    let wrong = service
        .confirm_forgot_password(&alice, "000000", NEW_PASSWORD)
        .await;
    let wrong = refusal(wrong);
    assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
    assert!(wrong.request_id().is_some());
    let weak = service
        .confirm_forgot_password(&alice, RESET_CODE, "weak")
        .await;
    assert_eq!(refusal(weak).code(), Some(&ErrorCode::InvalidPassword));

    service
        .confirm_forgot_password(&alice, RESET_CODE, NEW_PASSWORD)
        .await?;
    let old = refusal(service.login(&alice, PASSWORD).await);
    assert_eq!(old.code(), Some(&ErrorCode::NotAuthorized));
    assert_signed_in(&server, service.login(&alice, NEW_PASSWORD).await?, &alice).await?;

    let unknown = refusal(service.forgot_password("nobody@example.com").await);
    assert_eq!(unknown.code(), Some(&ErrorCode::UserNotFound));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn add_to_group_adds_to_every_group_there_is_and_names_the_others() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("groups").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;
    let groups = ["a", "b", "c", "d", "e", "f"];
    for group in groups {
        let request = CreateGroupRequest::new(&pool.id, group);
        service.client().send(&request).await?;
    }

    let asked = ["a", "b", "no-such-group", "c", "d", "neither", "e", "f"];
    let results = service.add_to_group(&alice, asked).await;
    assert!(!results.all_added());
    let order: Vec<_> = results.iter().map(|result| &*result.group).collect();
    assert_eq!(order, asked);
    let failures: Vec<_> = results.failures().collect();
    let failed: Vec<_> = failures.iter().map(|failure| &*failure.group).collect();
    assert_eq!(failed, ["no-such-group", "neither"]);
    for failure in failures {
        let error = failure.result.as_ref().err().ok_or("a failure")?;
        assert_eq!(error.code(), Some(&ErrorCode::ResourceNotFound));
        assert!(error.request_id().is_some());
    }

    let request = AdminListGroupsForUserRequest::new(&pool.id, &alice);
    let listed = service.client().send(&request).await?.groups;
    let mut listed: Vec<_> = listed.into_iter().filter_map(|g| g.group_name).collect();
    listed.sort();
    assert_eq!(listed, groups);

    assert!(service.add_to_group(&alice, groups).await.all_added());
    let unknown = service.add_to_group("nobody", ["a"]).await;
    let unknown = unknown.into_iter().next().ok_or("a result")?;
    let unknown = unknown.result.err().ok_or("a failure")?;
    assert_eq!(unknown.code(), Some(&ErrorCode::UserNotFound));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn in_a_pool_of_email_addresses_users_are_named_by_theirs() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let request = CreateUserPoolRequest::new(unique("addresses"))
        .username_attributes([UsernameAttributeType::Email])
        .auto_verified_attributes([VerifiedAttributeType::Email])
        .email_configuration(developer_email());
    let pool = server.pool_as(&request).await?;
    let service = server.service(&pool)?;
    service
        .client()
        .send(&CreateGroupRequest::new(&pool.id, "admin"))
        .await?;
    let alice = unique_email("alice");

    let created = service
        .create_user(CreateUser::new(&alice, PASSWORD))
        .await?;
    let created = created.user.ok_or("no user")?;
    let name = created.username.ok_or("no username")?.expose().clone();
    assert_ne!(name, alice);
    assert!(service.add_to_group(&alice, ["admin"]).await.all_added());
    let challenge = new_password_required(service.login(&alice, PASSWORD).await?);
    let outcome = service.respond(challenge.answer(NEW_PASSWORD)).await?;
    assert_signed_in(&server, outcome, &name).await?;

    let moved = unique_email("moved");
    let changes = UpdateUser::new().email(&moved, EmailVerification::Verified);
    service.update_user(&alice, changes).await?;
    let old = refusal(service.login(&alice, NEW_PASSWORD).await);
    assert_eq!(old.code(), Some(&ErrorCode::UserNotFound));
    service.forgot_password(&moved).await?;
    service
        .confirm_forgot_password(&moved, RESET_CODE, PASSWORD)
        .await?;
    assert_signed_in(&server, service.login(&moved, PASSWORD).await?, &name).await?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn changed_templates_stand_in_the_next_mails_and_no_other_setting_changes() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let policy = PasswordPolicyType::new()
        .minimum_length(9)
        .require_symbols(true)
        .temporary_password_validity_days(3);
    let invitation = MessageTemplateType::new()
        .sms_message("{username}, your code is {####}")
        .email_message("Old {username} {####}")
        .email_subject("Old");
    let request = CreateUserPoolRequest::new(unique("templates"))
        .auto_verified_attributes([VerifiedAttributeType::Email])
        .email_configuration(developer_email())
        .policies(UserPoolPolicyType::new().password_policy(policy))
        .user_pool_tags([("team", "shop")])
        .deletion_protection(DeletionProtectionType::Active)
        .admin_create_user_config(
            AdminCreateUserConfigType::new()
                .allow_admin_create_user_only(false)
                .invite_message_template(invitation),
        )
        .verification_message_template(
            VerificationMessageTemplateType::new()
                .sms_message("Code {####}")
                .email_message("Old {####}")
                .email_subject("Old"),
        );
    let pool = server.pool_as(&request).await?;
    let service = CognitoService::new(server.config(&pool).app_name("Shop"))?;

    let before = server.describe_whole(&pool).await?;
    let templates = EmailTemplates::new(
        "<p>Ihr Code lautet <b>{####}</b> 🎉</p>",
        "<p>Hallo {username}, Ihr Passwort ist <b>{####}</b></p>",
    )
    .invitation_subject("Willkommen");
    service.update_cognito_email_template(templates).await?;

    let mut expected = before;
    let mut set = |path: &str, value: &str| {
        *expected.pointer_mut(path).expect(path) = value.into();
    };
    set(
        "/VerificationMessageTemplate/EmailMessage",
        "<p>Ihr Code lautet <b>{####}</b> 🎉</p>",
    );
    set(
        "/VerificationMessageTemplate/EmailSubject",
        "Your verification code - Shop",
    );
    let invitation = "/AdminCreateUserConfig/InviteMessageTemplate";
    set(
        &format!("{invitation}/EmailMessage"),
        "<p>Hallo {username}, Ihr Passwort ist <b>{####}</b></p>",
    );
    set(&format!("{invitation}/EmailSubject"), "Willkommen");
    let after = server.describe_whole(&pool).await?;
    // The older members that say the same were never set, so they stay empty.
    assert_eq!(after["EmailVerificationMessage"], "");
    assert_eq!(without_dates(after), without_dates(expected));

    let alice = unique_email("alice");
    service
        .register(RegisterUser::new(&alice, PASSWORD))
        .await?;
    let mails = server.mails_to(&alice).await?;
    assert_eq!(mails[0].subject, "Your verification code - Shop");
    assert_eq!(
        mails[0].body,
        format!("<p>Ihr Code lautet <b>{SIGN_UP_CODE}</b> 🎉</p>")
    );

    let bob = unique_email("bob");
    service
        .create_user(CreateUser::new(&bob, PASSWORD).invite())
        .await?;
    let mails = server.mails_to(&bob).await?;
    assert_eq!(mails[0].subject, "Willkommen");
    assert_eq!(
        mails[0].body,
        format!("<p>Hallo {bob}, Ihr Passwort ist <b>{PASSWORD}</b></p>")
    );
    // The pool stays: it is protected from deletion.
    Ok(())
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn templates_go_to_a_pool_that_does_not_send_through_ses_and_flawed_ones_to_none() -> Outcome
{
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let request = CreateUserPoolRequest::new(unique("cognito-mail"));
    let pool = server.pool_as(&request).await?;
    let service = server.service(&pool)?;

    let bad = EmailTemplates::new("no code", "{username}: {####}");
    let error = refusal(service.update_cognito_email_template(bad).await);
    assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    assert!(!server.wire.answers().contains_key("UpdateUserPool"));

    let good = EmailTemplates::new("Code {####}", "{username}: {####}");
    service.update_cognito_email_template(good).await?;
    let after = server.describe_whole(&pool).await?;
    let text = |path: &str| after.pointer(path).and_then(Value::as_str);
    assert_eq!(
        text("/VerificationMessageTemplate/EmailMessage"),
        Some("Code {####}")
    );
    assert_eq!(
        text("/AdminCreateUserConfig/InviteMessageTemplate/EmailMessage"),
        Some("{username}: {####}")
    );
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_wrong_password_or_name_gives_its_code_and_the_request_id() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("refused").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    sign_up_confirmed(&server, &pool, &service, &alice).await?;

    let error = refusal(service.login(&alice, "wr0ng-P@ssword").await);
    assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
    assert_eq!(error.operation(), Some("AdminInitiateAuth"));
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
    assert!(error.is_invalid_credentials() && !error.is_retryable() && !error.outcome_unknown());
    let id = error.request_id().ok_or("no request ID")?.to_owned();
    assert!(error.to_string().contains(&id));
    assert!(!format!("{error} {error:?}").contains("wr0ng-P@ssword"));

    let error = refusal(service.login("nobody@example.com", PASSWORD).await);
    assert_eq!(error.code(), Some(&ErrorCode::UserNotFound));
    assert!(error.request_id().is_some());
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_wrong_or_missing_secret_hash_is_not_authorized_on_every_call_that_carries_one() -> Outcome
{
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("secret-hash").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    sign_up_confirmed(&server, &pool, &service, &alice).await?;

    let no_secret = AppClient::new(pool.app.id());
    let wrong_secret = no_secret.clone().secret("not the secret");
    for (app, text) in [
        (wrong_secret, "Unable to verify secret hash"),
        (no_secret, "SECRET_HASH was not received"),
    ] {
        let sign_up = |name: &str| {
            let mut request = SignUpRequest::new(app.id(), name).password(PASSWORD);
            request.secret_hash = app.secret_hash(name).expect("a username");
            request
        };
        let forgot = || {
            let mut request = ForgotPasswordRequest::new(app.id(), &alice);
            request.secret_hash = app.secret_hash(&alice).expect("a username");
            request
        };
        let admin = SignIn::admin(server.client.clone(), &pool.id, app.clone());
        let public = SignIn::public(server.client.clone(), app.clone());
        for error in [
            refusal(admin.password(&alice, PASSWORD).await),
            refusal(public.password(&alice, PASSWORD).await),
            refusal(server.client.send(&sign_up(&unique_email("bob"))).await),
            refusal(server.client.send(&forgot()).await),
        ] {
            assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized), "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.request_id().is_some());
        }
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_app_client_without_a_secret_is_served_without_a_hash() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("no-secret").await?;
    let request = CreateUserPoolClientRequest::new(&pool.id, "mobile")
        .explicit_auth_flows([ExplicitAuthFlowsType::AllowUserPasswordAuth]);
    let created = server.client.send(&request).await?;
    let mobile = created.user_pool_client.ok_or("no client")?;
    assert_eq!(mobile.client_secret, None);
    let mobile = AppClient::new(mobile.client_id.ok_or("no client ID")?);

    let alice = unique_email("alice");
    let service = server.service(&pool)?;
    sign_up_confirmed(&server, &pool, &service, &alice).await?;
    let sign_in = SignIn::public(server.client_without_credentials()?, mobile);
    let outcome = sign_in.password(&alice, PASSWORD).await?;
    assert_signed_in(&server, outcome, &alice).await?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_body_changed_after_signing_is_an_invalid_signature() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("tampered").await?;
    let spoiled = server.wire.spoiled(|request| {
        let body = String::from_utf8_lossy(request.body()).replace("alice", "mallo");
        *request.body_mut() = body.into();
    });
    let client = server.client_with(|client| client.http_client(spoiled))?;
    let request = AdminGetUserRequest::new(&pool.id, "alice");
    let error = refusal(client.send(&request).await);
    assert_eq!(error.code(), Some(&ErrorCode::InvalidSignature), "{error}");

    let spoiled = server.wire.spoiled(|request| {
        let target = "AWSCognitoIdentityProviderService.AdminDeleteUser";
        let headers = request.headers_mut();
        headers.insert("x-amz-target", http::HeaderValue::from_static(target));
    });
    let client = server.client_with(|client| client.http_client(spoiled))?;
    let error = refusal(client.send(&request).await);
    assert_eq!(error.code(), Some(&ErrorCode::InvalidSignature), "{error}");
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn wrong_credentials_give_the_code_of_what_is_wrong_with_them() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let right = server.credentials();
    let id = right.access_key_id();
    let key = right.secret_access_key();
    for (id, key, token, code) in [
        (id, "wrong", None, ErrorCode::InvalidSignature),
        (
            "AKIAUNKNOWN000000000",
            key,
            None,
            ErrorCode::UnrecognizedClient,
        ),
        (id, key, Some("made-up"), ErrorCode::UnrecognizedClient),
    ] {
        let token = token.map(str::to_owned);
        let credentials = Credentials::new(id, key, token, None, "wrong");
        let client = server.client_with(|client| client.credentials(credentials))?;
        let request = DescribeUserPoolRequest::new("us-east-1_unknown");
        let error = refusal(client.send(&request).await);
        assert_eq!(error.code(), Some(&code), "{error}");
        assert!(!format!("{error} {error:?}").contains("made-up"));
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_signed_operation_without_credentials_fails_before_the_network() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let client = server.client_without_credentials()?;
    let request = ListUsersRequest::new("us-east-1_unknown");
    let error = refusal(client.send(&request).await);
    assert!(matches!(error, Error::Credentials { .. }), "{error}");
    assert!(server.wire.answers().is_empty());

    let unsigned = server.wire.spoiled(|request| {
        request.headers_mut().remove("authorization");
    });
    let client = server.client_with(|client| client.http_client(unsigned))?;
    let error = refusal(client.send(&request).await);
    assert_eq!(
        error.code(),
        Some(&ErrorCode::MissingAuthenticationToken),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn temporary_credentials_work_with_their_session_token_and_only_with_it() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let (id, key, token) = assume_role(&server).await?;
    let client = |token: Option<String>| {
        let credentials = Credentials::new(&id, &key, token, None, "assumed role");
        server.client_with(|client| client.credentials(credentials))
    };
    let pool = server.pool("session-token").await?;
    let describe = DescribeUserPoolRequest::new(&pool.id);
    let list = ListUsersRequest::new(&pool.id);

    let right = client(Some(token))?;
    let described = right.send(&describe).await?.user_pool;
    assert_eq!(described.and_then(|pool| pool.id), Some(pool.id.clone()));
    let denied = refusal(right.send(&list).await);
    assert_eq!(denied.code(), Some(&ErrorCode::AccessDenied), "{denied}");

    for token in [Some("wrong".to_owned()), None] {
        let error = refusal(client(token)?.send(&describe).await);
        assert_eq!(
            error.code(),
            Some(&ErrorCode::UnrecognizedClient),
            "{error}"
        );
    }
    server.delete(pool).await
}

/// The profile files are named by the environment, so the test runs itself once more with another.
#[cfg(feature = "credentials")]
#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_role_that_a_profile_names_is_assumed_with_a_signature_that_the_service_checks() -> Outcome
{
    const NAME: &str =
        "a_role_that_a_profile_names_is_assumed_with_a_signature_that_the_service_checks";
    const POOL: &str = "COGNITO_LIVE_POOL_OF_ROLE";
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    if let Ok(pool) = std::env::var(POOL) {
        let provider = ProfileCredentials::new()?;
        let client = server.client_with(|client| client.credentials(provider))?;
        client.send(&DescribeUserPoolRequest::new(&pool)).await?;
        let denied = refusal(client.send(&ListUsersRequest::new(&pool)).await);
        assert_eq!(denied.code(), Some(&ErrorCode::AccessDenied), "{denied}");

        let error = ProfileCredentials::new()?.profile("wrong");
        let error = error.provide_credentials().await.expect_err("refused");
        let error = format!("{error:?}");
        assert!(error.contains("SignatureDoesNotMatch"), "{error}");
        return Ok(());
    }

    let pool = server.pool("role").await?;
    let arn = role(&server).await?;
    let keys = server.credentials();
    let id = keys.access_key_id();
    let region = live::REGION;
    let config = format!(
        "[profile reader]\nrole_arn = {arn}\nsource_profile = keys\nregion = {region}\n\
         [profile keys]\naws_access_key_id = {id}\naws_secret_access_key = {}\n\
         [profile wrong]\nrole_arn = {arn}\nsource_profile = wrong\nregion = {region}\n\
         aws_access_key_id = {id}\naws_secret_access_key = wrong\n",
        keys.secret_access_key()
    );
    let file = std::env::temp_dir().join(unique("profiles"));
    std::fs::write(&file, config)?;
    let again = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", NAME, "--include-ignored"])
        .env("AWS_CONFIG_FILE", &file)
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env("AWS_PROFILE", "reader")
        .env(
            "AWS_ENDPOINT_URL_STS",
            std::env::var("COGNITO_LIVE_MINISTACK_URL")?,
        )
        .env(POOL, &pool.id)
        .output()?;
    std::fs::remove_file(file)?;
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(
        again.status.success() && said.contains("1 passed"),
        "{said}"
    );
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_clock_that_is_off_is_corrected_from_the_answer() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let client = server.client_with(|client| {
        client.time_source(|| std::time::SystemTime::now() - std::time::Duration::from_hours(1))
    })?;
    let error = refusal(
        client
            .send(&DescribeUserPoolRequest::new("us-east-1_none"))
            .await,
    );
    assert_eq!(error.code(), Some(&ErrorCode::ResourceNotFound), "{error}");
    let answers = server.wire.answers()["DescribeUserPool"];
    assert_eq!(answers.errors, 2, "refused once for its date, then heard");
    Ok(())
}

fn new_password_required(outcome: AuthOutcome) -> cognito_idp::auth::NewPasswordRequired {
    match outcome {
        AuthOutcome::Challenge(Challenge::NewPasswordRequired(challenge)) => challenge,
        other => panic!("another outcome: {other:?}"),
    }
}

/// Checks that an outcome is tokens, and that the access token is this user's.
async fn assert_signed_in(
    server: &Server,
    outcome: AuthOutcome,
    username: &str,
) -> Outcome<Tokens> {
    let tokens = outcome.tokens().ok_or("no tokens")?;
    assert!(tokens.id_token.is_some() && tokens.refresh_token.is_some());
    assert_eq!(tokens.token_type, "Bearer");
    assert!(tokens.expires_in.as_secs() > 0);
    let request = GetUserRequest::new(&tokens.access_token);
    let user = server.client.send(&request).await?;
    assert_eq!(user.username.expose(), username);
    Ok(tokens)
}

async fn sign_up_confirmed(
    server: &Server,
    pool: &Pool,
    service: &CognitoService,
    username: &str,
) -> Outcome {
    service
        .register(RegisterUser::new(username, PASSWORD))
        .await?;
    let mut request = ConfirmSignUpRequest::new(pool.app.id(), username, SIGN_UP_CODE);
    request.secret_hash = pool.app.secret_hash(username)?;
    server.client.send(&request).await?;
    Ok(())
}

async fn attributes(
    server: &Server,
    pool: &Pool,
    username: &str,
) -> Outcome<BTreeMap<String, String>> {
    let request = AdminGetUserRequest::new(&pool.id, username);
    let user = server.client.send(&request).await?;
    let pair = |attribute: AttributeType| {
        let value = attribute.value.map(|value| value.expose().clone());
        (attribute.name, value.unwrap_or_default())
    };
    Ok(user.user_attributes.into_iter().map(pair).collect())
}

fn without_dates(mut pool: Value) -> Value {
    if let Some(pool) = pool.as_object_mut() {
        pool.remove("LastModifiedDate");
    }
    pool
}

/// Temporary credentials of a role that may only describe pools.
async fn assume_role(server: &Server) -> Outcome<(String, String, String)> {
    let assume = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=live&RoleArn={}",
        form(&role(server).await?)
    );
    let assumed = server.query("sts", &assume).await?;
    Ok((
        element(&assumed, "AccessKeyId")?.to_owned(),
        element(&assumed, "SecretAccessKey")?.to_owned(),
        element(&assumed, "SessionToken")?.to_owned(),
    ))
}

/// A role that may only describe pools.
async fn role(server: &Server) -> Outcome<String> {
    let name = unique("reader");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-idp:Describe*","Resource":"*"}]}"#;
    let create = format!(
        "Action=CreateRole&Version=2010-05-08&RoleName={name}&AssumeRolePolicyDocument={}",
        form(trust)
    );
    let created = server.query("iam", &create).await?;
    let put = format!(
        "Action=PutRolePolicy&Version=2010-05-08&RoleName={name}&PolicyName=describe&PolicyDocument={}",
        form(policy)
    );
    server.query("iam", &put).await?;
    Ok(element(&created, "Arn")?.to_owned())
}

fn form(text: &str) -> String {
    let escaped: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    escaped.concat()
}

fn element<'a>(xml: &'a str, name: &str) -> Outcome<&'a str> {
    let from_start = xml.split(&format!("<{name}>")).nth(1);
    let text = from_start.and_then(|rest| rest.split('<').next());
    text.ok_or_else(|| format!("no {name} in {xml}").into())
}
