//! A signed-in user's own calls, on the servers that check tokens, passwords and codes.
//!
//! Run it with `tests/live/servers.sh cargo test --all-features --test live_signed_in_user`.
//! Neither server knows the calls for passkeys, devices, sessions and attribute codes.
#![allow(clippy::doc_markdown, reason = "MiniStack is a name, not an item")]
#![cfg(all(any(feature = "reqwest", feature = "hyper"), feature = "sigv4"))]

mod live;

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use cognito_idp::{
    Error, ErrorCode, Timestamp,
    auth::{AuthOutcome, Challenge, SignIn, SignedInUser, Tokens, UserCallError},
    operation::{
        mfa::{SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType},
        passwords::AdminSetUserPasswordRequest,
        users::{AdminCreateUserRequest, AdminDeleteUserRequest, MessageActionType},
    },
    types::{AttributeType, UserPoolMfaType},
};

use crate::live::{NEW_PASSWORD, Outcome, PASSWORD, Pool, Server, totp, unique};

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_account_on_ministack_is_read_changed_and_deleted_by_its_user() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let account = Account::new(&server).await?;
    let user = account.user(PASSWORD).await?;
    everyday(&user, &account.name).await?;

    match user.change_password("not the password", NEW_PASSWORD).await {
        Err(UserCallError::Call(error)) => {
            assert_eq!(error.code(), Some(&ErrorCode::NotAuthorized));
        }
        result => return Err(format!("{result:?}").into()),
    }
    user.change_password(PASSWORD, NEW_PASSWORD).await?;
    account.user(NEW_PASSWORD).await?;

    second_factor(&account, &user, NEW_PASSWORD).await?;

    let other = account.user(NEW_PASSWORD).await?;
    user.delete_user().await?;
    assert!(signed_out(user.profile().await));
    // It is over wherever else the user is signed in, too.
    assert!(signed_out(other.profile().await));
    account.delete().await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn an_account_on_moto_is_read_and_changed_by_its_user() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    let account = Account::new(&server).await?;
    let user = account.user(PASSWORD).await?;
    everyday(&user, &account.name).await?;
    user.change_password(PASSWORD, NEW_PASSWORD).await?;
    account.user(NEW_PASSWORD).await?;
    user.sign_out_everywhere().await?;
    assert!(signed_out(user.profile().await));
    account.delete().await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn fresh_tokens_are_stored_and_go_on_where_the_old_ones_stopped() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let account = Account::new(&server).await?;
    let mut expired = account.tokens(PASSWORD).await?;
    expired.expires_at = Timestamp::from_epoch_millis(0);

    let stored = Arc::new(Mutex::new(None));
    let user = SignedInUser::new(account.sign_in.clone(), expired.clone()).on_refresh({
        let stored = stored.clone();
        move |tokens| {
            let stored = stored.clone();
            async move {
                tokio::task::yield_now().await;
                *stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens);
                Ok::<_, io::Error>(())
            }
        }
    });
    user.profile().await?;
    user.source().flush().await?;
    let stored = stored.lock().unwrap_or_else(PoisonError::into_inner).take();
    let stored: Tokens = stored.ok_or("nothing was stored")?;
    assert_eq!(stored, user.source().current()?);
    assert_ne!(stored.access_token, expired.access_token);

    let later = SignedInUser::new(account.sign_in.clone(), stored);
    assert_eq!(*later.profile().await?.username.expose(), account.name);
    let before = later.source().current()?;
    let now = later.source().refresh_now().await?;
    assert_ne!(now.access_token, before.access_token);
    account.delete().await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_session_ends_where_it_is_signed_out_and_where_its_tokens_are_held_elsewhere() -> Outcome
{
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let account = Account::new(&server).await?;
    let tokens = account.tokens(PASSWORD).await?;
    let [here, elsewhere] =
        [(), ()].map(|()| SignedInUser::new(account.sign_in.clone(), tokens.clone()));
    let other_session = account.user(PASSWORD).await?;

    here.sign_out().await?;
    assert!(signed_out(here.profile().await));
    here.sign_out().await?;
    let refreshed = elsewhere.source().refresh_now().await;
    assert!(refreshed.is_err_and(|error| signed_out::<()>(Err(error.into()))));
    other_session.profile().await?;

    let third = account.user(PASSWORD).await?;
    third.sign_out_everywhere().await?;
    assert!(signed_out(third.profile().await));
    assert!(signed_out(other_session.profile().await));
    account.delete().await
}

#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn a_user_whom_an_administrator_deletes_is_signed_out_at_the_next_call() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let account = Account::new(&server).await?;
    let user = account.user(PASSWORD).await?;
    user.profile().await?;
    let delete = AdminDeleteUserRequest::new(&account.pool.id, &account.name);
    server.client.send(&delete).await?;
    assert!(signed_out(user.profile().await));
    account.delete().await
}

/// A pool with one user.
struct Account {
    server: Server,
    pool: Pool,
    name: String,
    sign_in: SignIn,
}

impl Account {
    async fn new(server: &Server) -> Outcome<Self> {
        let pool = server.pool("signed-in").await?;
        let name = unique("alice");
        let create = AdminCreateUserRequest::new(&pool.id, &name)
            .message_action(MessageActionType::Suppress);
        server.client.send(&create).await?;
        let password = AdminSetUserPasswordRequest::new(&pool.id, &name, PASSWORD).permanent(true);
        server.client.send(&password).await?;
        let sign_in = SignIn::public(server.client_without_credentials()?, pool.app.clone());
        Ok(Self {
            server: server.clone(),
            sign_in: sign_in.user_pool_id(&pool.id),
            pool,
            name,
        })
    }

    async fn sign_in(&self, password: &str) -> Result<AuthOutcome, Error> {
        self.sign_in.password(&*self.name, password).await
    }

    async fn tokens(&self, password: &str) -> Outcome<Tokens> {
        let tokens = self.sign_in(password).await?.tokens();
        Ok(tokens.ok_or("a challenge instead of tokens")?)
    }

    async fn user(&self, password: &str) -> Outcome<SignedInUser> {
        let tokens = self.tokens(password).await?;
        Ok(SignedInUser::new(self.sign_in.clone(), tokens))
    }

    async fn delete(self) -> Outcome {
        self.server.delete(self.pool).await
    }
}

async fn everyday(user: &SignedInUser, name: &str) -> Outcome {
    assert_eq!(*user.profile().await?.username.expose(), name);
    let nickname = AttributeType::new("nickname").value("Al");
    user.update_attributes([nickname.clone()]).await?;
    let profile = user.profile().await?;
    assert!(profile.user_attributes.contains(&nickname));
    Ok(())
}

async fn second_factor(account: &Account, user: &SignedInUser, password: &str) -> Outcome {
    let optional = SetUserPoolMfaConfigRequest::new(&account.pool.id)
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::new().enabled(true));
    account.server.client.send(&optional).await?;

    let app = user.set_up_totp().await?;
    let right = totp::code(app.secret.expose());
    let wrong = if right == "000000" {
        "111111"
    } else {
        "000000"
    };
    let error = user.finish_totp(wrong, None).await.expect_err("wrong");
    assert_eq!(error.code(), Some(&ErrorCode::EnableSoftwareTokenMfa));
    assert!(account.sign_in(password).await?.tokens().is_some());

    user.finish_totp(totp::code(app.secret.expose()), Some("phone"))
        .await?;
    let profile = user.profile().await?;
    assert_eq!(profile.user_mfa_setting_list, ["SOFTWARE_TOKEN_MFA"]);
    let preferred = profile.preferred_mfa_setting;
    assert_eq!(preferred.as_deref(), Some("SOFTWARE_TOKEN_MFA"));
    let challenge = account.sign_in(password).await?.challenge();
    let Some(Challenge::SoftwareTokenMfa(challenge)) = challenge else {
        return Err(format!("{challenge:?}").into());
    };
    let code = totp::code(app.secret.expose());
    let outcome = account.sign_in.respond(challenge.answer(code)).await?;
    assert!(outcome.tokens().is_some());

    user.drop_totp().await?;
    assert!(account.sign_in(password).await?.tokens().is_some());
    Ok(())
}

fn signed_out<T>(result: Result<T, UserCallError>) -> bool {
    result.is_err_and(|error| error.is_signed_out())
}
