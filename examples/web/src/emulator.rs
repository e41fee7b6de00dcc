//! A pool of its own in the emulator of the live tests, so that the server runs without an account.

use std::{env, error::Error as StdError};

use cognito_idp::{
    Client, CognitoConfig, CognitoUserService,
    credentials::Credentials,
    managed_login::Domain,
    operation::{
        app_clients::{
            CreateUserPoolClientRequest, ExplicitAuthFlowsType, PreventUserExistenceErrorTypes,
        },
        mfa::{SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType},
        passwords::AdminSetUserPasswordRequest,
        user_pools::{CreateUserPoolRequest, UsernameAttributeType},
        users::AdminCreateUserRequest,
    },
    types::{AttributeType, OAuthFlowType, UserPoolMfaType, VerifiedAttributeType},
};

const REGION: &str = "eu-central-1";
/// Everybody may know them: the pool lives as long as the emulator.
const PASSWORD: &str = "Correct-Horse-7";

/// Makes a pool with an app client and two users: `bob@example.com`, and `alice@example.com` who must
/// choose a new password. Both passwords are printed. The pool's domain leads back to `callback`.
pub(crate) async fn users(
    callback: &str,
) -> Result<(CognitoUserService, Domain), Box<dyn StdError>> {
    let variable = |name: &str| {
        let name = format!("COGNITO_LIVE_MINISTACK_{name}");
        env::var(&name).map_err(|_| {
            "Set COGNITO_USER_POOL_ID and COGNITO_CLIENT_ID, or run this with the emulator: \
             tests/live/servers.sh cargo run -p cognito-idp-web"
        })
    };
    let (url, id) = (variable("URL")?, variable("ACCESS_KEY_ID")?);
    let credentials = Credentials::new(id, variable("SECRET_ACCESS_KEY")?, None, None, "emulator");
    let client = Client::builder().region(REGION).endpoint_url(&url);
    let client = client.credentials(credentials).build()?;

    let request = CreateUserPoolRequest::new("web")
        .username_attributes([UsernameAttributeType::Email])
        .auto_verified_attributes([VerifiedAttributeType::Email]);
    let pool = client.send(&request).await?.user_pool;
    let pool = pool.and_then(|pool| pool.id).ok_or("the pool has no ID")?;
    let request = SetUserPoolMfaConfigRequest::new(&pool)
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(SoftwareTokenMfaConfigType::new().enabled(true));
    client.send(&request).await?;
    let request = CreateUserPoolClientRequest::new(&pool, "web")
        .generate_secret(true)
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
        .explicit_auth_flows([
            ExplicitAuthFlowsType::AllowUserSrpAuth,
            ExplicitAuthFlowsType::AllowRefreshTokenAuth,
        ])
        .allowed_oauth_flows_user_pool_client(true)
        .allowed_oauth_flows([OAuthFlowType::Code])
        .allowed_oauth_scopes(["openid", "email", "aws.cognito.signin.user.admin"])
        .supported_identity_providers(["COGNITO"])
        .callback_urls([callback]);
    let app = client.send(&request).await?.user_pool_client;
    let app = app.ok_or("no app client in the answer")?;
    let id = app.client_id.ok_or("the app client has no ID")?;
    let secret = app.client_secret.ok_or("the app client has no secret")?;

    for email in ["alice@example.com", "bob@example.com"] {
        let attributes = [("email", email), ("email_verified", "true")];
        let attributes = attributes.map(|(name, value)| AttributeType::new(name).value(value));
        let request = AdminCreateUserRequest::new(&pool, email)
            .temporary_password(PASSWORD)
            .user_attributes(attributes);
        client.send(&request).await?;
    }
    let request = AdminSetUserPasswordRequest::new(&pool, "bob@example.com", PASSWORD);
    client.send(&request.permanent(true)).await?;
    println!("alice@example.com (must choose a new password) and bob@example.com: {PASSWORD}");

    let config = CognitoConfig::new(pool, id).client_secret(secret);
    let users = CognitoUserService::new(config.endpoint_url(&url))?;
    Ok((users, Domain::url(&url)?))
}
