//! A user's whole way without AWS keys, against MiniStack, which checks secret hashes, codes and SRP.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_user`.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(
    any(feature = "reqwest", feature = "hyper"),
    feature = "sigv4",
    feature = "srp"
))]

#[cfg(all(feature = "axum", feature = "fixtures"))]
#[path = "../examples/axum_sign_in.rs"]
#[expect(dead_code, reason = "its main is the example's")]
mod axum_sign_in;
#[cfg(all(feature = "axum", feature = "fixtures"))]
#[path = "support/browser.rs"]
mod browser;
mod live;

use cognito_idp::{
    CognitoConfig, CognitoUserService, ErrorCode,
    auth::{AuthOutcome, Challenge, Tokens},
    operation::{
        mfa::{SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType},
        users::GetUserRequest,
    },
    types::{AttributeType, UserPoolMfaType},
    user_service::RegisterUser,
};

use crate::live::{
    NEW_PASSWORD, Outcome, PASSWORD, RESET_CODE, SIGN_UP_CODE, Server, refusal, totp, unique_email,
};

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_user_registers_confirms_signs_in_and_resets_the_password() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("user").await?;
    let users = server.users(&pool)?;
    let alice = unique_email("alice");

    let user = RegisterUser::new(&alice, PASSWORD).first_name("Alice");
    let registered = users.register(user.clone()).await?;
    assert!(!registered.user_confirmed);
    let again = refusal(users.register(user).await);
    assert_eq!(again.code(), Some(&ErrorCode::UsernameExists));
    let early = refusal(users.login(&alice, PASSWORD).await);
    assert_eq!(early.code(), Some(&ErrorCode::UserNotConfirmed));

    let sent = users.resend_confirmation_code(&alice).await?;
    let delivery = sent.code_delivery_details.ok_or("no delivery")?;
    assert_eq!(delivery.attribute_name.as_deref(), Some("email"));
    let mails = server.mails_to(&alice).await?;
    let mail = mails.last().ok_or("no mail")?;
    assert!(mail.body.contains(SIGN_UP_CODE), "{mail:?}");
    let wrong = refusal(users.confirm_sign_up(&alice, "000000").await);
    assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
    users.confirm_sign_up(&alice, SIGN_UP_CODE).await?;

    for outcome in [
        users.login(&alice, PASSWORD).await?,
        users.login_srp(&alice, PASSWORD).await?,
    ] {
        assert_signed_in(&users, outcome, &alice).await?;
    }
    let wrong = refusal(users.login(&alice, NEW_PASSWORD).await);
    assert!(wrong.is_invalid_credentials(), "{wrong}");
    let wrong = refusal(users.login_srp(&alice, NEW_PASSWORD).await);
    assert!(wrong.is_invalid_credentials(), "{wrong}");

    users.forgot_password(&alice).await?;
    let wrong = users.confirm_forgot_password(&alice, "000000", NEW_PASSWORD);
    let wrong = refusal(wrong.await);
    assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
    let weak = users.confirm_forgot_password(&alice, RESET_CODE, "weak");
    let weak = refusal(weak.await);
    assert_eq!(weak.code(), Some(&ErrorCode::InvalidPassword));
    users
        .confirm_forgot_password(&alice, RESET_CODE, NEW_PASSWORD)
        .await?;
    refusal(users.login_srp(&alice, PASSWORD).await);
    let outcome = users.login_srp(&alice, NEW_PASSWORD).await?;
    assert_signed_in(&users, outcome, &alice).await?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn whom_the_admin_side_registered_the_public_side_confirms() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("both").await?;
    let service = server.service(&pool)?;
    let alice = unique_email("alice");
    service
        .register(RegisterUser::new(&alice, PASSWORD))
        .await?;
    let users = service.user_service();
    users.confirm_sign_up(&alice, SIGN_UP_CODE).await?;
    assert_signed_in(users, service.login(&alice, PASSWORD).await?, &alice).await?;
    assert_signed_in(users, users.login(&alice, PASSWORD).await?, &alice).await?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_secret_that_is_wrong_or_left_out_is_refused() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("hash").await?;
    let alice = unique_email("alice");
    let plain = CognitoConfig::new(&pool.id, pool.app.id()).client(|_| server.builder());
    for config in [plain.clone(), plain.client_secret("wrong")] {
        let users = CognitoUserService::new(config)?;
        let refused = refusal(users.register(RegisterUser::new(&alice, PASSWORD)).await);
        assert_eq!(refused.code(), Some(&ErrorCode::NotAuthorized));
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_signed_in_user_changes_what_is_theirs_adds_a_second_factor_and_signs_out() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("session").await?;
    let request = SetUserPoolMfaConfigRequest::new(&pool.id)
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::new().enabled(true));
    server.client.send(&request).await?;
    let users = server.users(&pool)?;
    let alice = unique_email("alice");
    users.register(RegisterUser::new(&alice, PASSWORD)).await?;
    users.confirm_sign_up(&alice, SIGN_UP_CODE).await?;
    let outcome = users.login_srp(&alice, PASSWORD).await?;
    let user = users.signed_in(assert_signed_in(&users, outcome, &alice).await?);

    let nickname = AttributeType::new("nickname").value("Al");
    user.update_attributes([nickname.clone()]).await?;
    assert!(user.profile().await?.user_attributes.contains(&nickname));
    user.change_password(PASSWORD, NEW_PASSWORD).await?;
    refusal(users.login(&alice, PASSWORD).await);
    let secret = user.set_up_totp().await?.secret;
    user.finish_totp(totp::code(secret.expose()), Some("phone"))
        .await?;

    for sign_in in [
        users.login(&alice, NEW_PASSWORD).await?,
        users.login_srp(&alice, NEW_PASSWORD).await?,
    ] {
        let Some(Challenge::SoftwareTokenMfa(challenge)) = sign_in.challenge() else {
            return Err("no code was asked for".into());
        };
        let wrong = refusal(users.respond(challenge.clone().answer("000000")).await);
        assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
        let answer = challenge.answer(totp::code(secret.expose()));
        let outcome = users.respond(answer).await?;
        assert_signed_in(&users, outcome, &alice).await?;
    }

    user.sign_out().await?;
    let error = user.profile().await.err().ok_or("still signed in")?;
    assert!(error.is_signed_out(), "{error}");
    server.delete(pool).await
}

#[cfg(all(feature = "axum", feature = "fixtures"))]
mod the_web_server {
    use axum::http::StatusCode;

    use super::*;
    use crate::{
        axum_sign_in::{App, router},
        browser::ask,
    };

    #[tokio::test]
    async fn of_the_example_takes_a_user_from_registration_to_signing_out() -> Outcome {
        let Some(server) = Server::ministack() else {
            return Ok(());
        };
        let pool = server.pool("web").await?;
        let users = server.users(&pool)?;
        let router = router(App::new(users.verifier()?, users));
        let alice = unique_email("alice").replace('@', "%40");
        let post = async |path: &str, form: &str| ask(&router, path, Some(form), "").await;

        let login = format!("username={alice}&password={PASSWORD}");
        let (_, _, page) = post("/register", &login).await?;
        assert!(page.contains("action=/confirm"), "{page}");
        let (_, _, page) = post("/login", &login).await?;
        assert!(page.contains("confirm your address"), "{page}");
        let wrong = format!("username={alice}&code=000000");
        let (status, _, _) = post("/confirm", &wrong).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let right = format!("username={alice}&code={SIGN_UP_CODE}");
        let (status, _, _) = post("/confirm", &right).await?;
        assert_eq!(status, StatusCode::OK);

        let (_, _, page) = post("/forgot", &format!("username={alice}")).await?;
        assert!(page.contains("action=/reset"), "{page}");
        let reset = format!("username={alice}&code={RESET_CODE}&password={NEW_PASSWORD}");
        let (status, _, _) = post("/reset", &reset).await?;
        assert_eq!(status, StatusCode::OK);
        let (status, _, _) = post("/login", &login).await?;
        assert_eq!(status, StatusCode::UNAUTHORIZED);

        let login = format!("username={alice}&password={NEW_PASSWORD}");
        let (status, cookie, _) = post("/login", &login).await?;
        assert_eq!(status, StatusCode::OK);
        let (status, _, page) = ask(&router, "/me", None, &cookie).await?;
        assert_eq!(status, StatusCode::OK, "{page}");
        let (status, _, _) = ask(&router, "/admin", None, &cookie).await?;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let change = format!("old={NEW_PASSWORD}&new={PASSWORD}");
        let (status, _, page) = ask(&router, "/password", Some(&change), &cookie).await?;
        assert_eq!(status, StatusCode::OK, "{page}");
        let (status, _, _) = ask(&router, "/sign-out", Some(""), &cookie).await?;
        assert_eq!(status, StatusCode::OK);
        let (status, _, _) = ask(&router, "/me", None, &cookie).await?;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        server.delete(pool).await
    }
}

async fn assert_signed_in(
    users: &CognitoUserService,
    outcome: AuthOutcome,
    email: &str,
) -> Outcome<Tokens> {
    let tokens = outcome.tokens().ok_or("no tokens came")?;
    let request = GetUserRequest::new(&tokens.access_token);
    let user = users.client().send(&request).await?;
    let mut attributes = user.user_attributes.iter();
    let address = attributes.find(|attribute| attribute.name == "email");
    let address = address.and_then(|attribute| attribute.value.as_ref());
    assert_eq!(address.map(|value| value.expose().as_str()), Some(email));
    Ok(tokens)
}
