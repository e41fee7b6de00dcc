//! Signing in: outcomes, challenges, tokens, and the flows over them; and tokens for a program itself.
//!
//! A user signs in once, and may come back for weeks; a program signs in by itself:
//!
//! ```no_run
//! use cognito_idp::{
//!     Client, Error,
//!     auth::{AppClient, AuthOutcome, ClientTokenError, ClientTokens, RefreshError, SignIn, StoreError, TokenSource},
//! };
//!
//! # #[cfg(feature = "fleet")]
//! # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! let app_client = AppClient::new("app-client-id").secret("the secret");
//! let sign_in = SignIn::admin(client.clone(), "eu-central-1_example", app_client.clone());
//!
//! let AuthOutcome::Tokens(tokens) = sign_in.password("alice", "P@ssw0rd!").await? else {
//!     return Ok(()); // a challenge to answer
//! };
//! let source = TokenSource::new(sign_in, tokens).on_refresh(|_tokens| async { Ok::<_, Error>(()) });
//! match source.access_token().await {
//!     Ok(token) => println!("a token of {} letters", token.expose().len()),
//!     Err(RefreshError::SignedOut(_)) => println!("back to the sign-in"),
//!     Err(error) => println!("{}", error.suggested_status()),
//! }
//! source.revalidate().await?; // where other processes share the session
//! source.refresh_now().await?; // for groups that have changed
//! let expires_at = source.current()?.expires_at;
//! if let Err(StoreError::TooSlow) = source.flush().await {
//!     println!("not stored yet; the token lasts until {expires_at}");
//! }
//! source.sign_out().await?; // or `forget`, without a call
//! source.forget().await;
//!
//! let machine = ClientTokens::over_api(client, app_client).for_scopes(["orders/read"]);
//! match machine.token().await {
//!     Err(ClientTokenError::InvalidScope(cause)) => println!("not for this app client: {cause}"),
//!     token => println!("a token of {} letters", token?.expose().len()),
//! }
//! # Ok(())
//! # }
//! ```

mod aging;
mod app_client;
pub mod challenge;
mod client_secret;
pub(crate) mod client_tokens;
mod context;
mod device;
mod flows;
#[cfg(feature = "srp")]
mod proof;
mod renewed;
pub mod secret_hash;
#[cfg(feature = "sigv4")]
mod secrets_manager;
mod signed_in_user;
#[cfg(feature = "srp")]
mod srp;
pub(crate) mod token_source;
mod tokens;
mod totp;
mod user_auth;

use serde::{Deserialize, Serialize};

#[cfg(feature = "sigv4")]
pub use self::secrets_manager::SecretsManagerSecret;
#[cfg(all(feature = "fleet", feature = "managed-login"))]
pub(crate) use self::token_source::SharedSession;
pub use self::{
    app_client::AppClient,
    challenge::{Challenge, ChallengeAnswer, NewPasswordRequired, OtherChallenge},
    client_secret::{ClientSecretFuture, ProvideClientSecret},
    client_tokens::{ClientTokenError, ClientTokens},
    device::RememberedDevice,
    flows::SignIn,
    signed_in_user::{SignedInUser, TotpSecret, UserCallError},
    token_source::{RefreshError, StoreError, TokenSource},
    tokens::Tokens,
    totp::{TotpSetup, totp_uri},
    user_auth::UserAuth,
};
#[cfg(feature = "managed-login")]
pub(crate) use self::{
    token_source::{Fresh, Need, Refresher, RefresherFuture},
    tokens::{life, unverified_claims},
};

/// Where a sign-in stands after a step: done, or with something left to answer.
///
/// ```
/// use cognito_idp::auth::{AuthOutcome, Challenge};
///
/// fn next_page(outcome: &AuthOutcome) -> &'static str {
///     match outcome {
///         AuthOutcome::Tokens(_) => "/home",
///         AuthOutcome::Challenge(Challenge::NewPasswordRequired(_)) => "/new-password",
///         AuthOutcome::Challenge(_) => "/unsupported",
///     }
/// }
/// # let _ = next_page;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AuthOutcome {
    /// The user is signed in.
    Tokens(Tokens),
    /// The user must answer first; the challenge can be stored and answered in a later request.
    Challenge(Challenge),
}

impl AuthOutcome {
    /// The tokens, if the user is signed in.
    #[must_use]
    pub fn tokens(self) -> Option<Tokens> {
        match self {
            Self::Tokens(tokens) => Some(tokens),
            Self::Challenge(_) => None,
        }
    }

    /// The challenge, if the user must answer first.
    #[must_use]
    pub fn challenge(self) -> Option<Challenge> {
        match self {
            Self::Tokens(_) => None,
            Self::Challenge(challenge) => Some(challenge),
        }
    }
}

impl From<Challenge> for AuthOutcome {
    fn from(challenge: Challenge) -> Self {
        Self::Challenge(challenge)
    }
}
