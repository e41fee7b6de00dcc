//! A user pool's domain: sign-in on its pages (managed login), and its OAuth 2.0 endpoints
//! (feature `managed-login`).
//!
//! Users sign in on the pages that Cognito shows under the pool's [`Domain`], or at an identity
//! provider behind them, and come back to your app with a code. In between lies a second request,
//! maybe to another of your servers, so what must survive is one serializable value:
//!
//! ```no_run
//! use cognito_idp::{
//!     Client,
//!     auth::AppClient,
//!     managed_login::{Domain, ManagedLogin, PendingLogin},
//! };
//!
//! # async fn example(query: &str, store: impl Fn(&PendingLogin), take: impl Fn() -> Option<PendingLogin>) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder().region("eu-central-1").build()?;
//! let app_client = AppClient::new("app-client-id").secret("app-client-secret");
//! let domain = Domain::prefix("my-app", "eu-central-1")?;
//! let login = ManagedLogin::new(client, app_client, domain, "https://app.example.com/callback");
//!
//! // GET /login: keep `pending` in the browser's session, redirect the browser to `url`.
//! let (url, pending) = login.authorize().scopes(["openid", "email"]).build()?;
//! store(&pending);
//!
//! // GET /callback?code=…&state=…: state, age, PKCE, nonce are all checked.
//! let pending = take().ok_or("no login is under way in this browser")?;
//! let tokens = login.callback(query, pending).await?;
//! # let _ = (url, tokens);
//! # Ok(())
//! # }
//! ```
//!
//! # What Cognito does differently
//!
//! | what other providers do | what Cognito does, and this module |
//! |---|---|
//! | tokens name their issuer, and its host answers | the issuer is `cognito-idp.…`, the endpoints are at the [`Domain`] |
//! | an ID token has a nonce if one was sent | one of a federated user always has one; so one is always sent and compared |
//! | `post_logout_redirect_uri` | [`logout_url`](ManagedLogin::logout_url) with `client_id` and `logout_uri` |
//! | `email_verified` is a boolean | text in [`user_info`](ManagedLogin::user_info); both are read |
//! | every refresh gives a refresh token | only with rotation; [`refresh`](ManagedLogin::refresh) keeps the old one else |
//! | any token can be revoked | refresh tokens alone, with all that came of them |
//! | an access token names its audience | only if it was bound to a [`resource`](AuthorizationRequest::resource) |
//! | scopes must be asked for | without any, a token has all that the app client may have |
//!
//! # Machines
//!
//! A program without users gets its own tokens from the same endpoint, with
//! [`ClientTokens::over_domain`](crate::auth::ClientTokens::over_domain).
//!
//! # Which of the two ways to refresh
//!
//! Tokens of these pages are refreshed [here](ManagedLogin::refresh) or with
//! [`SignIn::refresh`](crate::auth::SignIn::refresh); the scopes and a bound resource stay. Tokens of
//! [`SignIn`](crate::auth::SignIn) are better refreshed there: where the pool remembers devices, the
//! token endpoint refuses them, since it takes no device key. A
//! [token source](ManagedLogin::token_source) knows which way its tokens take.
//!
//! # Tokens for machines
//!
//! [`ClientTokens::over_domain`](crate::auth::ClientTokens::over_domain) gets an app client's own tokens
//! from the same token endpoint, and keeps them.
//!
//! # Errors
//!
//! Calls fail with the same [`Error`] as operations, which names the call by
//! method and path, such as `POST /oauth2/token`. The codes of OAuth 2.0 are
//! [`ErrorCode`](crate::ErrorCode)s: `InvalidGrant`, `InvalidClient` … A page in place of an answer has
//! no code, a redirect is never followed, and no secret stands in any of them.
//!
//! # Servers to test with
//!
//! MiniStack has the login page, `/oauth2/token` with all three grants, `/oauth2/userInfo` and
//! `/logout`, and no `/oauth2/revoke`; moto has none of the domain's endpoints.

mod authorize;
mod callback;
mod client_tokens;
mod domain;
mod endpoints;
mod form;
mod pkce;
mod refresher;
mod user_info;

use self::endpoints::Endpoints;
pub use self::{
    authorize::{AuthorizationRequest, PendingLogin, Prompt},
    callback::{CallbackError, Refusal},
    domain::Domain,
    user_info::UserInfo,
};
#[cfg(feature = "verify")]
use crate::verify::TokenVerifier;
use crate::{
    auth::{AppClient, Tokens},
    client::Client,
    error::Error,
    sensitive::Sensitive,
};

/// Signs users in on the pages of a user pool's domain; see the [module](self).
///
/// Make one and clone it.
#[derive(Clone, Debug)]
pub struct ManagedLogin {
    endpoints: Endpoints,
    redirect_uri: String,
    #[cfg(feature = "verify")]
    verifier: Option<TokenVerifier>,
}

impl ManagedLogin {
    /// Signs in to an app client at a domain; browsers come back to `redirect_uri`, which must be one
    /// of the app client's callback URLs, letter for letter.
    ///
    /// The client lends its transport, timeouts, retries and pacing; it needs no credentials.
    pub fn new(
        client: Client,
        app_client: AppClient,
        domain: Domain,
        redirect_uri: impl Into<String>,
    ) -> Self {
        Self {
            endpoints: Endpoints {
                client,
                app_client,
                domain,
            },
            redirect_uri: redirect_uri.into(),
            #[cfg(feature = "verify")]
            verifier: None,
        }
    }

    /// Lets [`callback`](Self::callback) check the signature, issuer and time of ID tokens as well.
    ///
    /// They come straight from the domain over TLS, so that nobody else can have made them; OpenID
    /// Connect is content with that, and with the nonce, which is compared in any case. A verifier
    /// guards against a domain that is not the pool's. Let it have its keys
    /// [beforehand](TokenVerifier::warm): a sign-in whose token it cannot check has failed.
    #[cfg(feature = "verify")]
    #[must_use]
    pub fn verify_with(mut self, verifier: TokenVerifier) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Sends a browser to sign in.
    pub fn authorize(&self) -> AuthorizationRequest<'_> {
        AuthorizationRequest::new(self, "/oauth2/authorize")
    }

    /// Sends a browser to sign up; it comes back signed in.
    pub fn sign_up(&self) -> AuthorizationRequest<'_> {
        AuthorizationRequest::new(self, "/signup")
    }

    /// Sends a browser to set a forgotten password anew and sign in with it.
    pub fn forgot_password(&self) -> AuthorizationRequest<'_> {
        AuthorizationRequest::new(self, "/forgotPassword")
    }

    /// Sends a browser to sign out of the pages and sign in anew, maybe as somebody else: `/logout`
    /// with the parameters of the sign-in that follows.
    ///
    /// To sign out and be done, see [`logout_url`](Self::logout_url).
    pub fn switch_user(&self) -> AuthorizationRequest<'_> {
        AuthorizationRequest::new(self, "/logout")
    }

    /// The URL that signs a browser out of the pages and sends it on to `logout_uri`, which must be one
    /// of the app client's sign-out URLs, letter for letter.
    ///
    /// It ends the session of the pages. The tokens stay good: forget them, and
    /// [`revoke`](Self::revoke) them. At an identity provider other than a SAML one with single logout,
    /// the user stays signed in.
    #[must_use]
    pub fn logout_url(&self, logout_uri: &str) -> String {
        self.url_for_browser("/logout?", "logout_uri", logout_uri)
    }

    /// The URL of the page where a user adds a passkey, which only the newer pages have.
    ///
    /// The user must be signed in on the pages, in this browser. It comes back to `redirect_uri`, which
    /// must be one of the app client's callback URLs, without a code: with `result=success`, or with
    /// `result=invalid_session` for who is not signed in there.
    #[must_use]
    pub fn add_passkey_url(&self, redirect_uri: &str) -> String {
        self.url_for_browser("/passkeys/add?", "redirect_uri", redirect_uri)
    }

    /// Gets fresh tokens for a refresh token, with its scopes and the resource it is bound to.
    ///
    /// The result always holds a refresh token: with rotation the new one, which soon replaces the old
    /// one, else the one you gave. For a program that needs a valid token again and again see
    /// [`token_source`](Self::token_source); which tokens to refresh here says the
    /// [module](self#which-of-the-two-ways-to-refresh).
    ///
    /// # Errors
    /// [`InvalidGrant`](crate::ErrorCode::InvalidGrant) for a token that is expired, revoked or
    /// replaced, [`InvalidClient`](crate::ErrorCode::InvalidClient) for a wrong client secret,
    /// [`UnauthorizedClient`](crate::ErrorCode::UnauthorizedClient) for an app client without this
    /// grant.
    pub async fn refresh(
        &self,
        refresh_token: impl Into<Sensitive<String>>,
    ) -> Result<Tokens, Error> {
        let refresh_token = refresh_token.into();
        let response = self.endpoints.refresh(&refresh_token).await?;
        let mut tokens = response.into_tokens(self.endpoints.client.server_time());
        tokens.refresh_token.get_or_insert(refresh_token);
        Ok(tokens)
    }

    /// Revokes a refresh token and every access token that came from it.
    ///
    /// Those who verify access tokens by themselves go on taking them until they expire.
    ///
    /// # Errors
    /// [`UnsupportedToken`](crate::ErrorCode::UnsupportedToken) for a token of another kind,
    /// [`InvalidRequest`](crate::ErrorCode::InvalidRequest) and
    /// [`UnauthorizedClient`](crate::ErrorCode::UnauthorizedClient) where revocation is not enabled.
    pub async fn revoke(&self, refresh_token: impl Into<Sensitive<String>>) -> Result<(), Error> {
        self.endpoints.revoke(&refresh_token.into()).await
    }

    /// Asks for the attributes of the user that an access token is of; it must have the scope `openid`.
    ///
    /// # Errors
    /// [`InvalidToken`](crate::ErrorCode::InvalidToken) for a token that is expired, revoked, or without
    /// the scope.
    pub async fn user_info(
        &self,
        access_token: impl Into<Sensitive<String>>,
    ) -> Result<UserInfo, Error> {
        let answer = self.endpoints.user_info(&access_token.into()).await?;
        answer.decode()
    }

    fn url_for_browser(&self, path: &str, name: &str, back_to: &str) -> String {
        let mut url = self.endpoints.domain.url_of(path);
        let client_id = self.endpoints.app_client.id();
        form::push_field(&mut url, "client_id", client_id.expose());
        form::push_field(&mut url, name, back_to);
        url
    }
}
