//! Sending a browser to the domain's pages, and what must be kept until it comes back.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ManagedLogin, form, pkce};
use crate::{
    error::InvalidInput,
    primitives::Timestamp,
    random_bytes::{fill, system_random},
    sensitive::Sensitive,
};

string_enum! {
    /// Whether the pages ask a user who is signed in there already.
    ///
    /// Classic hosted UI pages do not look at it.
    ///
    /// ```
    /// use cognito_idp::managed_login::{ManagedLogin, Prompt};
    ///
    /// # fn example(login: &ManagedLogin) -> Result<(), cognito_idp::error::InvalidInput> {
    /// let (url, pending) = login.authorize().prompt(Prompt::Login).build()?; // also who is signed in there
    /// # let _ = (url, pending);
    /// # Ok(())
    /// # }
    /// ```
    Prompt {
        /// Ask nothing: who is not signed in comes back with
        /// [`LoginRequired`](crate::ErrorCode::LoginRequired).
        None = "none",
        /// Sign in anew.
        Login = "login",
        /// Let the user choose between this account and another.
        SelectAccount = "select_account",
        /// Ask for consent anew.
        Consent = "consent",
    }
}

/// What to ask the domain's pages for; [`build`](Self::build) makes the URL.
///
/// State, nonce and PKCE (S256) are always there, made anew for each.
///
/// ```
/// use cognito_idp::managed_login::{AuthorizationRequest, ManagedLogin, PendingLogin};
///
/// # fn example(login: &ManagedLogin) -> Result<(String, PendingLogin), cognito_idp::error::InvalidInput> {
/// let request: AuthorizationRequest<'_> = login.authorize();
/// request.scopes(["openid", "email"]).identity_provider("Google").login_hint("alice@example.com").lang("de").build()
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing before it is built"]
pub struct AuthorizationRequest<'a> {
    login: &'a ManagedLogin,
    path: &'static str,
    redirect_uri: String,
    scopes: Vec<String>,
    parameters: BTreeMap<&'static str, Sensitive<String>>,
}

impl<'a> AuthorizationRequest<'a> {
    pub(super) fn new(login: &'a ManagedLogin, path: &'static str) -> Self {
        Self {
            login,
            path,
            redirect_uri: login.redirect_uri.clone(),
            scopes: Vec::new(),
            parameters: BTreeMap::new(),
        }
    }

    /// Asks for a scope, besides those asked for before; for all that the app client has, if for none.
    ///
    /// There is an ID token only with `openid`. `openid` alone gives all attributes that the app
    /// client may read, together with `email`, `phone` or `profile` those of these scopes.
    /// `aws.cognito.signin.user.admin` lets the user call the operations that take an access token.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Asks for several scopes; see [`scope`](Self::scope).
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Sends the user straight to an identity provider, by its name in the pool, such as `Google` or
    /// `COGNITO` for the pool itself.
    pub fn identity_provider(self, name: impl Into<String>) -> Self {
        self.parameter("identity_provider", name.into())
    }

    /// Sends the user straight to the identity provider that has this identifier in the pool, such as
    /// the domain of the user's email address.
    pub fn idp_identifier(self, identifier: impl Into<String>) -> Self {
        self.parameter("idp_identifier", identifier.into())
    }

    /// Fills in the name to sign in with, here or at the identity provider.
    pub fn login_hint(self, username: impl Into<Sensitive<String>>) -> Self {
        self.parameter("login_hint", username)
    }

    /// Sets the language of the pages, such as `de` or `pt-BR`.
    pub fn lang(self, lang: impl Into<String>) -> Self {
        self.parameter("lang", lang.into())
    }

    /// Sets whether the pages ask a user who is signed in there already.
    pub fn prompt(self, prompt: impl Into<Prompt>) -> Self {
        self.parameter("prompt", prompt.into().as_str())
    }

    /// Binds the access token to an API: its `aud` is then this identifier, also after a refresh.
    ///
    /// An `https` URL, one of `http://localhost`, or one of a scheme of your own. A token is bound to
    /// one at most; client credentials and the sign-in operations bind to none.
    pub fn resource(self, identifier: impl Into<String>) -> Self {
        self.parameter("resource", identifier.into())
    }

    /// Comes back to another of the app client's callback URLs than the usual one.
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.redirect_uri = redirect_uri.into();
        self
    }

    /// Makes the URL to send the browser to, and what to keep until it comes back.
    ///
    /// # Errors
    /// Only if the operating system has no random bytes.
    pub fn build(self) -> Result<(String, PendingLogin), InvalidInput> {
        let mut random = Zeroizing::new([[0; pkce::RANDOM_LEN]; 3]);
        fill(random.as_flattened_mut(), system_random)?;
        let now = self.login.endpoints.client.local_time();
        Ok(self.build_with(&random, now))
    }

    fn build_with(
        self,
        random: &[[u8; pkce::RANDOM_LEN]; 3],
        now: SystemTime,
    ) -> (String, PendingLogin) {
        let [state, nonce, code_verifier] = random;
        let pending = PendingLogin {
            state: pkce::text_of(state),
            nonce: pkce::text_of(nonce),
            code_verifier: pkce::text_of(code_verifier),
            redirect_uri: self.redirect_uri,
            made_at: now.into(),
        };
        let endpoints = &self.login.endpoints;
        let mut url = endpoints.domain.url_of(self.path);
        url.push('?');
        let mut push = |name: &str, value: &str| form::push_field(&mut url, name, value);
        push("response_type", "code");
        push("client_id", endpoints.app_client.id().expose());
        push("redirect_uri", &pending.redirect_uri);
        if !self.scopes.is_empty() {
            push("scope", &self.scopes.join(" "));
        }
        push("state", pending.state.expose());
        push("nonce", pending.nonce.expose());
        push("code_challenge_method", "S256");
        push(
            "code_challenge",
            &pkce::code_challenge(&pending.code_verifier),
        );
        for (name, value) in &self.parameters {
            push(name, value.expose());
        }
        (url, pending)
    }

    fn parameter(mut self, name: &'static str, value: impl Into<Sensitive<String>>) -> Self {
        self.parameters.insert(name, value.into());
        self
    }
}

/// A sign-in that is under way in a browser: what [`ManagedLogin::callback`] needs when it comes back.
///
/// Keep it where only that browser can make you find it again: in its server-side session, or
/// encrypted in a cookie of its own (`HttpOnly`, `Secure`, `SameSite=Lax`). Who opens two tabs has two
/// of them; tell them apart by [`state`](Self::state). It is good for one callback within an
/// [hour](Self::LIFE).
///
/// It serializes with its secrets in it: keep what you write as safe as a password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingLogin {
    pub(super) state: Sensitive<String>,
    pub(super) nonce: Sensitive<String>,
    pub(super) code_verifier: Sensitive<String>,
    pub(super) redirect_uri: String,
    pub(super) made_at: Timestamp,
}

impl PendingLogin {
    /// How long a login may be under way: long enough to sign up and wait for a code by email.
    pub const LIFE: Duration = Duration::from_hours(1);

    /// The state that the callback will carry, to find this again by.
    #[must_use]
    pub fn state(&self) -> &Sensitive<String> {
        &self.state
    }

    /// The state that a callback's query names, with or without the `?`; `None` if it names none, or
    /// not just one.
    ///
    /// It is what the browser says: look the pending login up by it, in what belongs to that browser.
    #[must_use]
    pub fn state_of(query: &str) -> Option<String> {
        let mut fields = form::read_query(query, &["state"]).ok()?;
        fields.remove("state").map(Into::into)
    }

    pub(super) fn is_expired(&self, now: SystemTime) -> bool {
        now.duration_since(self.made_at.into())
            .is_ok_and(|age| age > Self::LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Client, auth::AppClient, managed_login::Domain};

    pub(super) const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn login() -> ManagedLogin {
        let client = Client::builder().region("eu-west-1").build();
        let domain = Domain::custom("auth.example.com").expect("a domain");
        ManagedLogin::new(
            client.expect("a client"),
            AppClient::new("app&client"),
            domain,
            "https://app.example/back?a=b",
        )
    }

    fn build(request: AuthorizationRequest<'_>) -> (String, PendingLogin) {
        request.build_with(&[[1; 32], [2; 32], [3; 32]], NOW)
    }

    #[test]
    fn the_url_holds_every_parameter_encoded_and_each_once() {
        let login = login();
        let request = login
            .authorize()
            .scope("openid")
            .scopes(["email", "orders/read+write"])
            .identity_provider("My IdP")
            .login_hint("älice@example.com")
            .lang("de")
            .prompt(Prompt::Login)
            .resource("https://first.example")
            .resource("https://api.example");
        let shown = format!("{request:?}");
        assert!(!shown.contains("lice"), "{shown}");
        let (url, pending) = build(request);
        let state = pending.state().expose();
        let nonce = pending.nonce.expose();
        let challenge = pkce::code_challenge(&pending.code_verifier);
        assert_eq!(
            url,
            format!(
                "https://auth.example.com/oauth2/authorize?response_type=code\
                 &client_id=app%26client&redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fa%3Db\
                 &scope=openid%20email%20orders%2Fread%2Bwrite&state={state}&nonce={nonce}\
                 &code_challenge_method=S256&code_challenge={challenge}\
                 &identity_provider=My%20IdP&lang=de&login_hint=%C3%A4lice%40example.com\
                 &prompt=login&resource=https%3A%2F%2Fapi.example"
            )
        );
        assert!(!url.contains(pending.code_verifier.expose()));
    }

    #[test]
    fn every_page_takes_the_same_request() {
        let login = login();
        for (request, path) in [
            (login.authorize(), "/oauth2/authorize"),
            (login.sign_up(), "/signup"),
            (login.forgot_password(), "/forgotPassword"),
            (login.switch_user(), "/logout"),
        ] {
            let (url, _) = build(request.idp_identifier("example.com"));
            let before = format!("https://auth.example.com{path}?response_type=code&client_id=");
            assert!(url.starts_with(&before), "{url}");
            // Without scopes the app client's all apply.
            assert!(!url.contains("&scope="), "{url}");
            assert!(url.contains("&state=") && url.contains("&nonce="), "{url}");
        }
    }

    #[test]
    fn every_login_has_secrets_of_its_own() -> Result<(), InvalidInput> {
        let login = login();
        let (one, pending) = login.authorize().build()?;
        let (other, second) = login.authorize().build()?;
        assert_ne!(one, other);
        let secrets = |pending: &PendingLogin| {
            [&pending.state, &pending.nonce, &pending.code_verifier]
                .map(|text| text.expose().clone())
        };
        let mut all = [secrets(&pending), secrets(&second)].concat();
        assert!(all.iter().all(|text| text.len() == 43));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6);
        Ok(())
    }

    #[test]
    fn a_pending_login_is_stored_whole_and_shown_without_its_secrets() -> serde_json::Result<()> {
        let login = login();
        let (_, pending) = build(login.authorize().redirect_uri("myapp://back"));
        let stored = serde_json::to_string(&pending)?;
        let read: PendingLogin = serde_json::from_str(&stored)?;
        assert_eq!(read, pending);
        assert_eq!(read.redirect_uri, "myapp://back");
        let shown = format!("{pending:?}");
        for secret in [&pending.state, &pending.nonce, &pending.code_verifier] {
            assert!(stored.contains(secret.expose()));
            assert!(!shown.contains(secret.expose()), "{shown}");
        }
        Ok(())
    }

    #[test]
    fn a_pending_login_lasts_for_an_hour_by_the_machines_clock() {
        let login = login();
        let (_, pending) = build(login.authorize());
        assert!(!pending.is_expired(NOW));
        assert!(!pending.is_expired(NOW + PendingLogin::LIFE));
        assert!(pending.is_expired(NOW + PendingLogin::LIFE + Duration::from_secs(1)));
        // Another machine made it, whose clock is ahead.
        assert!(!pending.is_expired(NOW - Duration::from_secs(5)));
    }

    #[test]
    fn the_state_of_a_callback_is_told_if_it_names_one() {
        let state = PendingLogin::state_of;
        assert_eq!(state("?code=a&state=b%20c").as_deref(), Some("b c"));
        for query in ["", "code=a", "state=a&state=b", "state=%zz"] {
            assert_eq!(state(query), None, "{query}");
        }
    }
}
