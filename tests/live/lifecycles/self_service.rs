//! Users as they see themselves: from signing up to deleting the account.

use cognito_idp::{
    Error, ErrorCode, Sensitive,
    operation::{
        auth::{
            AuthFlowType, AuthenticationResultType, ChallengeNameType,
            GetTokensFromRefreshTokenRequest, GlobalSignOutRequest, InitiateAuthRequest,
            InitiateAuthResponse, RespondToAuthChallengeRequest, RevokeTokenRequest,
        },
        mfa::{
            AdminSetUserMfaPreferenceRequest, AssociateSoftwareTokenRequest,
            SetUserMfaPreferenceRequest, SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType,
            SoftwareTokenMfaSettingsType, VerifySoftwareTokenRequest,
            VerifySoftwareTokenResponseType,
        },
        passwords::{ChangePasswordRequest, ConfirmForgotPasswordRequest, ForgotPasswordRequest},
        sign_up::{
            AdminConfirmSignUpRequest, ConfirmSignUpRequest, ResendConfirmationCodeRequest,
            SignUpRequest,
        },
        users::{
            AdminGetUserRequest, DeleteUserRequest, GetUserRequest, UpdateUserAttributesRequest,
        },
    },
    types::{AttributeType, UserPoolMfaType, UserStatusType},
};

use crate::live::{NEW_PASSWORD, Outcome, PASSWORD, Pool, RESET_CODE, SIGN_UP_CODE, Server, totp};

type Parameters<'a> = [(&'a str, &'a str); 2];

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    let pool = server.pool("self-service").await?;
    sign_up(server, &pool).await?;
    account(server, &pool).await?;
    second_factor(server, &pool).await?;
    tokens(server, &pool).await?;
    forgotten_password(server, &pool).await?;
    if server.implements::<DeleteUserRequest>() {
        let (_, token) = sign_in(server, &pool, PASSWORD).await?;
        server.client.send(&DeleteUserRequest::new(&token)).await?;
        let get = GetUserRequest::new(&token);
        server.refuses(&get, ErrorCode::UserNotFound).await;
    }
    server.delete(pool).await
}

async fn sign_up(server: &Server, pool: &Pool) -> Outcome {
    let sign_up = |name: &str| {
        let mut request = SignUpRequest::new(pool.app.id(), name)
            .password(PASSWORD)
            .user_attributes([AttributeType::new("email").value(format!("{name}@example.com"))]);
        request.secret_hash = secret_hash(pool, name);
        request
    };
    let signed_up = server.client.send(&sign_up("alice")).await?;
    assert!(!signed_up.user_confirmed && !signed_up.user_sub.is_empty());
    server
        .refuses(&sign_up("alice"), ErrorCode::UsernameExists)
        .await;
    let weak = sign_up("weak").password("weak");
    server.refuses(&weak, ErrorCode::InvalidPassword).await;
    let early = initiate(server, pool, PASSWORD).await;
    assert_eq!(
        early.err().and_then(|e| e.code().cloned()),
        Some(ErrorCode::UserNotConfirmed)
    );

    if server.implements::<ResendConfirmationCodeRequest>() {
        let mut resend = ResendConfirmationCodeRequest::new(pool.app.id(), "alice");
        resend.secret_hash = pool.app.secret_hash("alice")?;
        let sent = server.client.send(&resend).await?;
        assert!(sent.code_delivery_details.is_some());
    }
    let confirm = |name: &str| {
        let mut request = ConfirmSignUpRequest::new(pool.app.id(), name, SIGN_UP_CODE);
        request.secret_hash = secret_hash(pool, name);
        request
    };
    server.client.send(&confirm("alice")).await?;
    server
        .refuses(&confirm("nobody"), ErrorCode::UserNotFound)
        .await;

    server.client.send(&sign_up("bob")).await?;
    let confirm = AdminConfirmSignUpRequest::new(&pool.id, "bob");
    server.client.send(&confirm).await?;
    let get = AdminGetUserRequest::new(&pool.id, "bob");
    let bob = server.client.send(&get).await?;
    assert_eq!(bob.user_status, Some(UserStatusType::Confirmed));
    Ok(())
}

async fn account(server: &Server, pool: &Pool) -> Outcome {
    let (_, token) = sign_in(server, pool, PASSWORD).await?;
    let attribute = AttributeType::new("nickname").value("Al");
    let update = UpdateUserAttributesRequest::new(&token, [attribute.clone()]);
    server.client.send(&update).await?;
    let get = GetUserRequest::new(&token);
    let user = server.client.send(&get).await?;
    assert_eq!(user.username.expose(), "alice");
    assert!(user.user_attributes.contains(&attribute));
    let stranger = GetUserRequest::new("not a token");
    server.refuses(&stranger, ErrorCode::NotAuthorized).await;

    let change = ChangePasswordRequest::new(&token, NEW_PASSWORD).previous_password(PASSWORD);
    server.client.send(&change).await?;
    server.refuses(&change, ErrorCode::NotAuthorized).await;
    let back = ChangePasswordRequest::new(&token, PASSWORD).previous_password(NEW_PASSWORD);
    server.client.send(&back).await?;
    Ok(())
}

async fn second_factor(server: &Server, pool: &Pool) -> Outcome {
    let optional = SetUserPoolMfaConfigRequest::new(&pool.id)
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::new().enabled(true));
    server.client.send(&optional).await?;

    let (_, token) = sign_in(server, pool, PASSWORD).await?;
    let associate = AssociateSoftwareTokenRequest::new().access_token(&token);
    let secret = server.client.send(&associate).await?.secret_code;
    let secret = secret.ok_or("no secret")?;
    let verify = |code: String| VerifySoftwareTokenRequest::new(code).access_token(&token);
    let verified = server
        .client
        .send(&verify(totp::code(secret.expose())))
        .await?;
    assert_eq!(
        verified.status,
        Some(VerifySoftwareTokenResponseType::Success)
    );

    let preferred = SoftwareTokenMfaSettingsType::new()
        .enabled(true)
        .preferred_mfa(true);
    let prefer = SetUserMfaPreferenceRequest::new(&token).software_token_mfa_settings(preferred);
    server.client.send(&prefer).await?;
    let user = GetUserRequest::new(&token);
    let user = server.client.send(&user).await?;
    assert_eq!(user.user_mfa_setting_list, ["SOFTWARE_TOKEN_MFA"]);
    assert_eq!(
        user.preferred_mfa_setting.as_deref(),
        Some("SOFTWARE_TOKEN_MFA")
    );

    let challenge = initiate(server, pool, PASSWORD).await?;
    let name = challenge.challenge_name.ok_or("no challenge")?;
    assert_eq!(name, ChallengeNameType::SoftwareTokenMfa);
    let respond = |code: &str| {
        let responses = [("USERNAME", "alice"), ("SOFTWARE_TOKEN_MFA_CODE", code)];
        let mut request = RespondToAuthChallengeRequest::new(pool.app.id(), name.clone())
            .challenge_responses(with_secret_hash(pool, responses));
        request.session.clone_from(&challenge.session);
        request
    };
    let right = totp::code(secret.expose());
    if server.checks_codes() {
        let wrong = if right == "000000" {
            "111111"
        } else {
            "000000"
        };
        server
            .refuses(&respond(wrong), ErrorCode::CodeMismatch)
            .await;
        server
            .refuses(&verify(wrong.to_owned()), ErrorCode::EnableSoftwareTokenMfa)
            .await;
    }
    let answer = server.client.send(&respond(&right)).await?;
    assert!(answer.authentication_result.is_some());

    let off = SoftwareTokenMfaSettingsType::new().enabled(false);
    let off =
        AdminSetUserMfaPreferenceRequest::new(&pool.id, "alice").software_token_mfa_settings(off);
    server.client.send(&off).await?;
    sign_in(server, pool, PASSWORD).await?;
    Ok(())
}

async fn tokens(server: &Server, pool: &Pool) -> Outcome {
    let (tokens, _) = sign_in(server, pool, PASSWORD).await?;
    let refresh_token = tokens.refresh_token.ok_or("no refresh token")?;

    let mut parameters = with_secret_hash(pool, [("USERNAME", "alice"), ("REFRESH_TOKEN", "")]);
    parameters.remove(0);
    parameters[0].1 = refresh_token.clone();
    let refresh = InitiateAuthRequest::new(pool.app.id(), AuthFlowType::RefreshTokenAuth)
        .auth_parameters(parameters);
    let refreshed = server.client.send(&refresh).await?;
    let refreshed = refreshed.authentication_result.ok_or("no tokens")?;
    assert!(refreshed.access_token.is_some() && refreshed.refresh_token.is_none());

    if server.implements::<GetTokensFromRefreshTokenRequest>() {
        let get = GetTokensFromRefreshTokenRequest::new(pool.app.id(), &refresh_token)
            .client_secret(pool.secret.as_str());
        let refreshed = server.client.send(&get).await?;
        assert!(refreshed.authentication_result.is_some());
        let revoke = RevokeTokenRequest::new(pool.app.id(), &refresh_token)
            .client_secret(pool.secret.as_str());
        server.client.send(&revoke).await?;
        server.refuses(&get, ErrorCode::NotAuthorized).await;
        server.refuses(&refresh, ErrorCode::NotAuthorized).await;
    }

    let (_, token) = sign_in(server, pool, PASSWORD).await?;
    let get = GetUserRequest::new(&token);
    server.client.send(&get).await?;
    server
        .client
        .send(&GlobalSignOutRequest::new(&token))
        .await?;
    server.refuses(&get, ErrorCode::NotAuthorized).await;
    Ok(())
}

async fn forgotten_password(server: &Server, pool: &Pool) -> Outcome {
    let mut forgot = ForgotPasswordRequest::new(pool.app.id(), "alice");
    forgot.secret_hash = pool.app.secret_hash("alice")?;
    let sent = server.client.send(&forgot).await?;
    assert!(sent.code_delivery_details.is_some());
    let confirm = |code: &str, password: &str| {
        let mut request = ConfirmForgotPasswordRequest::new(pool.app.id(), "alice", code, password);
        request.secret_hash = secret_hash(pool, "alice");
        request
    };
    if server.checks_codes() {
        let wrong = confirm("000000", NEW_PASSWORD);
        server.refuses(&wrong, ErrorCode::CodeMismatch).await;
    }
    server
        .client
        .send(&confirm(RESET_CODE, NEW_PASSWORD))
        .await?;
    sign_in(server, pool, NEW_PASSWORD).await?;

    server.client.send(&forgot).await?;
    server.client.send(&confirm(RESET_CODE, PASSWORD)).await?;
    Ok(())
}

/// The tokens of Alice, and her access token once more.
async fn sign_in(
    server: &Server,
    pool: &Pool,
    password: &str,
) -> Outcome<(AuthenticationResultType, Sensitive<String>)> {
    let answer = initiate(server, pool, password).await?;
    let tokens = answer.authentication_result.ok_or("no tokens")?;
    let access_token = tokens.access_token.clone().ok_or("no access token")?;
    Ok((tokens, access_token))
}

async fn initiate(
    server: &Server,
    pool: &Pool,
    password: &str,
) -> Result<InitiateAuthResponse, Error> {
    let parameters = with_secret_hash(pool, [("USERNAME", "alice"), ("PASSWORD", password)]);
    let flow = AuthFlowType::UserPasswordAuth;
    let request = InitiateAuthRequest::new(pool.app.id(), flow).auth_parameters(parameters);
    server.client.send(&request).await
}

/// The hash over a name, which is never empty here.
fn secret_hash(pool: &Pool, name: &str) -> Option<Sensitive<String>> {
    pool.app.secret_hash(name).ok().flatten()
}

fn with_secret_hash(pool: &Pool, parameters: Parameters) -> Vec<(String, Sensitive<String>)> {
    let hash = secret_hash(pool, "alice");
    let hash = hash.map(|hash| ("SECRET_HASH".to_owned(), hash));
    parameters
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .chain(hash)
        .collect()
}
