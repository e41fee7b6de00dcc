//! The tokens of a signed-in user: refreshing and revoking them.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AppClient, SignIn,
    device::may_mean_unknown_device,
    flows::{NO_TOKENS, Start},
};
use crate::{
    error::Error,
    operation::auth::{
        AuthFlowType, AuthenticationResultType, GetTokensFromRefreshTokenRequest,
        GetTokensFromRefreshTokenResponse, GlobalSignOutRequest, NewDeviceMetadataType,
        RevokeTokenRequest,
    },
    primitives::Timestamp,
    sensitive::Sensitive,
};

/// The tokens of a signed-in user.
///
/// It serializes with the tokens in it: keep what you write as safe as a password.
///
/// ```
/// use cognito_idp::auth::Tokens;
///
/// fn cookie(tokens: &Tokens) -> String {
///     let token = tokens.access_token.expose();
///     format!("token={token}; Max-Age={}; Secure; HttpOnly", tokens.expires_in.as_secs())
/// }
/// # let _ = cookie;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// Token for operations that act as the user, such as `GetUser`.
    pub access_token: Sensitive<String>,
    /// Token that tells who the user is; absent when the flow gives none.
    pub id_token: Option<Sensitive<String>>,
    /// Token to get new ones with; absent when the flow gives none.
    pub refresh_token: Option<Sensitive<String>>,
    /// How long the access token is valid, counted from the answer.
    ///
    /// Where the answer does not say so, it is taken from the token itself, and if that cannot be
    /// read, five minutes, which is the shortest life that Cognito gives.
    pub expires_in: Duration,
    /// When the access token expires, by the server's clock.
    pub expires_at: Timestamp,
    /// Kind of the access token, in practice `Bearer`.
    pub token_type: String,
    /// A new device to confirm, if the pool remembers devices.
    pub new_device_metadata: Option<NewDeviceMetadataType>,
    /// Key of the device that the tokens belong to, if any: a pool that tracks devices refreshes
    /// them with this key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_key: Option<String>,
}

impl Tokens {
    /// The canonical username that the access token names; `None` if it cannot be read.
    ///
    /// [`refresh_token_auth`](SignIn::refresh_token_auth) needs it. The token's signature is not
    /// verified here, so do not let anybody in by this name.
    #[must_use]
    pub fn username(&self) -> Option<Sensitive<String>> {
        let claims = unverified_claims(&self.access_token)?;
        claims.get("username")?.as_str().map(Into::into)
    }

    /// Takes the tokens out of an answer; `None` without an access token.
    pub(crate) fn from_result(
        mut result: AuthenticationResultType,
        now: SystemTime,
    ) -> Option<Self> {
        let access_token = result.access_token.take()?;
        Some(Self::dated(access_token, result, now))
    }

    /// An access token and what came with it.
    pub(crate) fn dated(
        access_token: Sensitive<String>,
        result: AuthenticationResultType,
        now: SystemTime,
    ) -> Self {
        let expires_in = life(&access_token, result.expires_in.map(i64::from));
        let life = i64::try_from(expires_in.as_millis()).unwrap_or(i64::MAX);
        let now = Timestamp::from(now).epoch_millis();
        Self {
            access_token,
            id_token: result.id_token,
            refresh_token: result.refresh_token,
            expires_in,
            expires_at: Timestamp::from_epoch_millis(now.saturating_add(life)),
            token_type: result.token_type.unwrap_or_else(|| "Bearer".to_owned()),
            device_key: result
                .new_device_metadata
                .as_ref()
                .and_then(|device| device.device_key.clone()),
            new_device_metadata: result.new_device_metadata,
        }
    }
}

/// How long an access token is valid, counted from the answer, which says so in seconds.
pub(crate) fn life(access_token: &Sensitive<String>, expires_in: Option<i64>) -> Duration {
    expires_in
        .and_then(|seconds| u64::try_from(seconds).ok())
        .filter(|seconds| *seconds > 0)
        .or_else(|| life_by_claims(access_token))
        .map_or(SHORTEST_LIFE, Duration::from_secs)
}

/// The least that an app client can be set to.
const SHORTEST_LIFE: Duration = Duration::from_mins(5);

/// What a token says, unverified.
pub(crate) fn unverified_claims(token: &Sensitive<String>) -> Option<Value> {
    let payload = token.expose().split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// The life of a token in seconds, by the one clock that wrote both its ends.
fn life_by_claims(access_token: &Sensitive<String>) -> Option<u64> {
    let claims = unverified_claims(access_token)?;
    let time = |name| claims.get(name)?.as_u64();
    time("exp")?
        .checked_sub(time("iat")?)
        .filter(|life| *life > 0)
}

impl SignIn {
    /// Gets fresh tokens for a refresh token, with `GetTokensFromRefreshToken`.
    ///
    /// The result always holds a refresh token: with rotation the new one, which replaces the old
    /// one within a minute, else the one you gave. If Cognito does not know the remembered device any
    /// more, it is asked once more without it, and [`device`](Self::device) is `None` from then on.
    /// For a program that needs a valid token again and again see [`TokenSource`](super::TokenSource).
    ///
    /// # Errors
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a token that is expired or revoked,
    /// [`RefreshTokenReuse`](crate::ErrorCode::RefreshTokenReuse) for one that was replaced, and
    /// others of [`GetTokensFromRefreshTokenRequest`].
    pub async fn refresh(
        &self,
        refresh_token: impl Into<Sensitive<String>>,
    ) -> Result<Tokens, Error> {
        let mut request =
            GetTokensFromRefreshTokenRequest::new(self.app_client().id(), refresh_token);
        request.device_key = self.refresh_device_key();
        request.client_metadata = self.metadata().clone();
        let (client, app_client) = (self.client(), self.app_client());
        let prove = |app_client: &AppClient, request: &mut GetTokensFromRefreshTokenRequest| {
            request.client_secret = app_client.client_secret().cloned();
            Ok(())
        };
        let mut answer = app_client.send(client, &mut request, prove).await;
        if may_mean_unknown_device(&answer)
            && let Some(key) = request.device_key.take()
        {
            answer = app_client.send(client, &mut request, prove).await;
            self.forget_device_after(&key, &answer);
        }
        let answer = answer?;
        let response: GetTokensFromRefreshTokenResponse = answer.decode()?;
        let mut tokens = self
            .tokens(response.authentication_result)
            .ok_or_else(|| answer.refused(NO_TOKENS))?;
        tokens.refresh_token.get_or_insert(request.refresh_token);
        tokens.device_key = request.device_key;
        Ok(tokens)
    }

    /// Gets fresh tokens for a refresh token, with the older flow `REFRESH_TOKEN_AUTH`.
    ///
    /// It serves app clients without refresh token rotation. The username must be the canonical
    /// one, see [`Tokens::username`]; a client without a secret does not need it, give `""`. The
    /// result holds the refresh token that you gave.
    ///
    /// # Errors
    /// [`NotAuthorized`](crate::ErrorCode::NotAuthorized) for a token that is expired or revoked, or
    /// for a client with rotation; others of
    /// [`AdminInitiateAuthRequest`](crate::operation::auth::AdminInitiateAuthRequest) and
    /// [`InitiateAuthRequest`](crate::operation::auth::InitiateAuthRequest).
    pub async fn refresh_token_auth(
        &self,
        username: impl Into<Sensitive<String>>,
        refresh_token: impl Into<Sensitive<String>>,
    ) -> Result<Tokens, Error> {
        let refresh_token = refresh_token.into();
        let start = Start::new(AuthFlowType::RefreshTokenAuth, username.into())
            .parameter("REFRESH_TOKEN", &refresh_token);
        let mut tokens = self.start_for_tokens(start).await?;
        tokens.refresh_token.get_or_insert(refresh_token);
        Ok(tokens)
    }

    /// Revokes a refresh token and every access token that came from it.
    ///
    /// # Errors
    /// Those of [`RevokeTokenRequest`].
    pub async fn revoke(&self, refresh_token: impl Into<Sensitive<String>>) -> Result<(), Error> {
        let mut request = RevokeTokenRequest::new(self.app_client().id(), refresh_token);
        let prove = |app_client: &AppClient, request: &mut RevokeTokenRequest| {
            request.client_secret = app_client.client_secret().cloned();
            Ok(())
        };
        self.app_client()
            .send(self.client(), &mut request, prove)
            .await?;
        Ok(())
    }

    /// Signs the user out everywhere, by revoking all tokens.
    ///
    /// An administrator does the same for any user with
    /// [`AdminUserGlobalSignOutRequest`](crate::operation::auth::AdminUserGlobalSignOutRequest).
    ///
    /// # Errors
    /// Those of [`GlobalSignOutRequest`].
    pub async fn global_sign_out(
        &self,
        access_token: impl Into<Sensitive<String>>,
    ) -> Result<(), Error> {
        self.client()
            .send(&GlobalSignOutRequest::new(access_token))
            .await?;
        Ok(())
    }
}
