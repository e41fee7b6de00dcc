//! Sign-in against MiniStack, which computes SRP and TOTP for real and runs Lambda triggers.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_auth`.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(
    any(feature = "reqwest", feature = "hyper"),
    feature = "sigv4",
    feature = "srp"
))]

mod live;

use cognito_idp::{
    Client, Error, ErrorCode, Sensitive,
    auth::{AppClient, AuthOutcome, Challenge, SignIn, TokenSource, Tokens},
    operation::{
        app_clients::{CreateUserPoolClientRequest, ExplicitAuthFlowsType},
        mfa::{
            AssociateSoftwareTokenRequest, SetUserMfaPreferenceRequest,
            SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType, SoftwareTokenMfaSettingsType,
            VerifySoftwareTokenRequest,
        },
        passwords::AdminSetUserPasswordRequest,
        user_pools::{AliasAttributeType, CreateUserPoolRequest, LambdaConfigType},
        users::{AdminCreateUserRequest, GetUserRequest, MessageActionType},
    },
    types::{AttributeType, UserPoolMfaType},
};

use crate::live::{
    NEW_PASSWORD, Outcome, PASSWORD, Pool, Server, refusal, totp, unique, unique_email,
};

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn srp_signs_in_with_the_right_password_only() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("srp").await?;
    let alice = user(&server, &pool, "alice", PASSWORD).await?;
    let app = app_client(&server, &pool, false).await?;
    let client = server.client_without_credentials()?;
    let public = SignIn::public(client, app.clone()).user_pool_id(&pool.id);
    let admin = SignIn::admin(server.client.clone(), &pool.id, app);

    for sign_in in [public, admin] {
        let tokens = tokens(sign_in.srp(&alice, PASSWORD).await?)?;
        assert_eq!(signed_in_as(&server.client, &tokens).await?, alice);
        let error = refusal(sign_in.srp(&alice, NEW_PASSWORD).await);
        assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
        let error = refusal(sign_in.srp(unique("nobody"), PASSWORD).await);
        assert!(error.is_invalid_credentials(), "{error}");
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn passwords_beyond_ascii_sign_in_with_srp() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("unicode").await?;
    let app = app_client(&server, &pool, false).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);
    for password in ["Pässwörd-1", "P密码-🔑-1a", "Pe\u{301}-1-long-enough"] {
        let alice = user(&server, &pool, "alice", password).await?;
        tokens(sign_in.srp(&alice, password).await?)?;
    }
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_alias_signs_in_to_a_client_with_a_secret_and_refreshes() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let request =
        CreateUserPoolRequest::new(unique("alias")).alias_attributes([AliasAttributeType::Email]);
    let pool = server.pool_as(&request).await?;
    let email = unique_email("alice");
    let alice = unique("alice");
    let create = AdminCreateUserRequest::new(&pool.id, &alice)
        .message_action(MessageActionType::Suppress)
        .user_attributes([
            AttributeType::new("email").value(&email),
            AttributeType::new("email_verified").value("true"),
        ]);
    server.client.send(&create).await?;
    set_password(&server, &pool, &alice, PASSWORD).await?;

    let app = app_client(&server, &pool, true).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);
    let first = tokens(sign_in.srp(&email, PASSWORD).await?)?;
    assert_eq!(signed_in_as(&server.client, &first).await?, alice);

    // The hash of a refresh is over the name in the token, not over the alias.
    let username = first.username().ok_or("no username in the token")?;
    assert_eq!(username.expose(), &alice);
    let refresh_token = first.refresh_token.ok_or("no refresh token")?;
    let renewed = sign_in.refresh_token_auth(username, refresh_token).await?;
    assert_eq!(signed_in_as(&server.client, &renewed).await?, alice);
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_temporary_password_is_replaced_after_srp() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("temporary").await?;
    let alice = unique("alice");
    let create = AdminCreateUserRequest::new(&pool.id, &alice)
        .message_action(MessageActionType::Suppress)
        .temporary_password(PASSWORD);
    server.client.send(&create).await?;
    let app = app_client(&server, &pool, true).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);

    let outcome = sign_in.srp(&alice, PASSWORD).await?;
    let Some(Challenge::NewPasswordRequired(challenge)) = outcome.challenge() else {
        return Err("another outcome".into());
    };
    let outcome = sign_in.respond(challenge.answer(NEW_PASSWORD)).await?;
    tokens(outcome)?;
    tokens(sign_in.srp(&alice, NEW_PASSWORD).await?)?;
    refusal(sign_in.srp(&alice, PASSWORD).await);
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_authenticator_app_set_up_by_the_user_is_asked_for_at_the_next_sign_in() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("totp").await?;
    let request = SetUserPoolMfaConfigRequest::new(&pool.id)
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::new().enabled(true));
    server.client.send(&request).await?;
    let alice = user(&server, &pool, "alice", PASSWORD).await?;
    let app = app_client(&server, &pool, false).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);

    let first = tokens(sign_in.srp(&alice, PASSWORD).await?)?;
    let request = AssociateSoftwareTokenRequest::new().access_token(&first.access_token);
    let secret = server.client.send(&request).await?.secret_code;
    let secret = secret.ok_or("no secret")?;
    let request = VerifySoftwareTokenRequest::new(totp::code(secret.expose()))
        .access_token(&first.access_token);
    server.client.send(&request).await?;
    let settings = SoftwareTokenMfaSettingsType::new()
        .enabled(true)
        .preferred_mfa(true);
    let request =
        SetUserMfaPreferenceRequest::new(first.access_token).software_token_mfa_settings(settings);
    server.client.send(&request).await?;

    let outcome = sign_in.srp(&alice, PASSWORD).await?;
    let Some(Challenge::SoftwareTokenMfa(challenge)) = outcome.challenge() else {
        return Err("another outcome".into());
    };
    let wrong = refusal(sign_in.respond(challenge.answer("000000")).await);
    assert_eq!(wrong.code(), Some(&ErrorCode::CodeMismatch));
    let answer = challenge.answer(totp::code(secret.expose()));
    tokens(sign_in.respond(answer).await?)?;
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn lambda_triggers_ask_alone_and_after_srp() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let trigger = std::env::var("COGNITO_LIVE_MINISTACK_TRIGGER_ARN")?;
    let triggers = LambdaConfigType::new()
        .define_auth_challenge(&trigger)
        .create_auth_challenge(&trigger)
        .verify_auth_challenge_response(&trigger);
    let request = CreateUserPoolRequest::new(unique("custom")).lambda_config(triggers);
    let pool = server.pool_as(&request).await?;
    let alice = user(&server, &pool, "alice", PASSWORD).await?;
    let app = app_client(&server, &pool, true).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);

    // Wrong, then right.
    let outcome = sign_in.custom(&alice).await?;
    let outcome = answer_question(&sign_in, outcome, "41").await?;
    let outcome = answer_question(&sign_in, outcome, "42").await?;
    let tokens_of_alice = tokens(outcome)?;
    assert_eq!(signed_in_as(&server.client, &tokens_of_alice).await?, alice);

    // Wrong twice.
    let outcome = sign_in.custom(&alice).await?;
    let outcome = answer_question(&sign_in, outcome, "41").await?;
    let refused = answer_question(&sign_in, outcome, "41").await;
    assert!(refused.is_err());

    // After the password, which must be right.
    let outcome = sign_in.custom_after_srp(&alice, PASSWORD).await?;
    tokens(answer_question(&sign_in, outcome, "42").await?)?;
    let wrong = refusal(sign_in.custom_after_srp(&alice, NEW_PASSWORD).await);
    assert_eq!(wrong.code(), Some(&ErrorCode::NotAuthorized));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn tokens_are_refreshed_revoked_and_signed_out() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("refresh").await?;
    let alice = user(&server, &pool, "alice", PASSWORD).await?;
    let app = app_client(&server, &pool, true).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);

    let first = tokens(sign_in.srp(&alice, PASSWORD).await?)?;
    let refresh_token = first.refresh_token.ok_or("no refresh token")?;
    let renewed = sign_in.refresh(&refresh_token).await?;
    assert_ne!(renewed.access_token, first.access_token);
    assert_eq!(signed_in_as(&server.client, &renewed).await?, alice);
    let kept = renewed.refresh_token.ok_or("no refresh token")?;

    sign_in.revoke(&kept).await?;
    let error = refusal(sign_in.refresh(kept).await);
    assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));

    let second = tokens(sign_in.srp(&alice, PASSWORD).await?)?;
    sign_in.global_sign_out(&second.access_token).await?;
    let request = GetUserRequest::new(&second.access_token);
    let error = refusal(server.client.send(&request).await);
    assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
    server.delete(pool).await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_hundred_callers_of_a_token_source_cause_one_refresh() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let pool = server.pool("source").await?;
    let alice = user(&server, &pool, "alice", PASSWORD).await?;
    let app = app_client(&server, &pool, true).await?;
    let sign_in = SignIn::public(server.client.clone(), app).user_pool_id(&pool.id);
    let mut expired = tokens(sign_in.srp(&alice, PASSWORD).await?)?;
    let first = expired.access_token.clone();
    expired.expires_at = cognito_idp::Timestamp::from_epoch_millis(0);

    let source = TokenSource::new(sign_in.clone(), expired);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { source.access_token().await })
        })
        .collect();
    let mut received = Vec::new();
    for caller in callers {
        received.push(caller.await??);
    }
    assert!(received.iter().all(|token| *token == received[0]));
    assert_ne!(received[0], first);
    let answers = server.wire.answers()["GetTokensFromRefreshToken"];
    assert_eq!((answers.successes, answers.errors), (1, 0));

    let refresh_token = source.tokens().await?.refresh_token.ok_or("none")?;
    sign_in.revoke(refresh_token).await?;
    server.delete(pool).await
}

/// An app client that allows what these tests do.
async fn app_client(server: &Server, pool: &Pool, secret: bool) -> Outcome<AppClient> {
    let request = CreateUserPoolClientRequest::new(&pool.id, unique("app"))
        .generate_secret(secret)
        .explicit_auth_flows([
            ExplicitAuthFlowsType::AllowUserSrpAuth,
            ExplicitAuthFlowsType::AllowUserPasswordAuth,
            ExplicitAuthFlowsType::AllowCustomAuth,
            ExplicitAuthFlowsType::AllowRefreshTokenAuth,
        ]);
    let created = server.client.send(&request).await?;
    let client = created.user_pool_client.ok_or("no client")?;
    let app = AppClient::new(client.client_id.ok_or("no client ID")?);
    Ok(match client.client_secret {
        Some(secret) => app.secret(secret),
        None => app,
    })
}

/// A user with a password that is not temporary.
async fn user(server: &Server, pool: &Pool, name: &str, password: &str) -> Outcome<String> {
    let name = unique(name);
    let create =
        AdminCreateUserRequest::new(&pool.id, &name).message_action(MessageActionType::Suppress);
    server.client.send(&create).await?;
    set_password(server, pool, &name, password).await?;
    Ok(name)
}

async fn set_password(server: &Server, pool: &Pool, name: &str, password: &str) -> Outcome {
    let request = AdminSetUserPasswordRequest::new(&pool.id, name, password).permanent(true);
    server.client.send(&request).await?;
    Ok(())
}

async fn answer_question(
    sign_in: &SignIn,
    outcome: AuthOutcome,
    answer: &str,
) -> Result<AuthOutcome, Error> {
    let Some(Challenge::CustomChallenge(challenge)) = outcome.challenge() else {
        panic!("no question was asked");
    };
    let question = challenge.parameters.get("question");
    assert_eq!(
        question.map(Sensitive::expose).map(String::as_str),
        Some("6 times 7")
    );
    sign_in.respond(challenge.answer(answer)).await
}

fn tokens(outcome: AuthOutcome) -> Outcome<Tokens> {
    Ok(outcome.tokens().ok_or("a challenge instead of tokens")?)
}

async fn signed_in_as(client: &Client, tokens: &Tokens) -> Outcome<String> {
    let request = GetUserRequest::new(&tokens.access_token);
    let user = client.send(&request).await?;
    Ok(user.username.expose().clone())
}
