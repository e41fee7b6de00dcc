//! What a browser brings back from the domain's pages, checked and exchanged for tokens.

use std::time::SystemTime;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{ManagedLogin, PendingLogin, form::read_query};
#[cfg(feature = "verify")]
use crate::verify::VerifyError;
use crate::{
    auth::{Tokens, unverified_claims},
    error::{Error, ErrorCode},
    protocol,
    sensitive::Sensitive,
};

/// Why a callback gave no tokens.
///
/// Whatever it is, the pending login is used up: send the browser to sign in anew.
///
/// ```no_run
/// use cognito_idp::{ErrorCode, managed_login::{CallbackError, ManagedLogin, PendingLogin, Refusal}};
///
/// # async fn example(login: ManagedLogin, query: &str, pending: PendingLogin) -> Result<(), CallbackError> {
/// match login.callback(query, pending).await {
///     Err(CallbackError::Refused(Refusal { code: ErrorCode::AccessDenied, .. })) => println!("the user went back"),
///     Err(CallbackError::Expired) => println!("that took too long; begin anew"),
///     tokens => println!("signed in for {:?}", tokens?.expires_in),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The query is not one that the domain makes: too long, not encoded as a form, a parameter twice,
    /// or neither a code nor an error in it. Nothing was sent.
    #[error("the query of the callback is malformed")]
    MalformedQuery,

    /// The state is missing or another: this browser did not begin this login, or began it twice.
    /// Nothing was sent.
    #[error("the callback does not belong to the login that is under way")]
    State,

    /// The login was begun more than [`PendingLogin::LIFE`] ago. Nothing was sent.
    #[error("the login was begun too long ago")]
    Expired,

    /// The pages, or the identity provider behind them, ended the login with an error.
    #[error("the login was refused: {}", .0.code)]
    Refused(Refusal),

    /// The code could not be exchanged.
    ///
    /// [`InvalidGrant`](ErrorCode::InvalidGrant) is for a code that is used or older than five
    /// minutes. Where the [outcome is unknown](Error::outcome_unknown), the code counts as used.
    #[error("the code could not be exchanged for tokens")]
    Exchange(#[source] Error),

    /// The ID token is unreadable, or was made for another login or app client: somebody may have
    /// slipped in a code of their own.
    #[error("the ID token does not belong to the login that is under way")]
    Nonce,

    /// The ID token does not count.
    #[cfg(feature = "verify")]
    #[error("the ID token cannot be trusted")]
    IdToken(#[source] VerifyError),
}

/// What the domain's pages say in place of a code.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// What kind of refusal: [`AuthorizationDenied`](ErrorCode::AuthorizationDenied),
    /// [`LoginRequired`](ErrorCode::LoginRequired), [`InvalidScope`](ErrorCode::InvalidScope) …
    pub code: ErrorCode,
    /// Why, in the words of the pages, of a trigger or of an identity provider; at most 1,000
    /// characters.
    ///
    /// It came through the browser, so anybody can have written it; and it may name the user.
    pub description: Option<Sensitive<String>>,
}

impl Refusal {
    /// Makes a refusal, for tests of your own handling.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            description: None,
        }
    }
}

impl ManagedLogin {
    /// Takes what came back to the redirect URI, checks it, and exchanges its code for tokens.
    ///
    /// `query` is that of the callback's URL as it stands there, with or without the `?`. Checked are,
    /// in this order: the form of the query; its state against that of `pending`, without telling by
    /// the time it takes; the age of `pending`; an error in place of the code. Then the code is
    /// exchanged together with the PKCE verifier, once: if no answer comes, nobody knows whether it is
    /// used up, so it is not sent again. Of the ID token, if there is one, the nonce and the app
    /// client are compared, and with a [verifier](Self::verify_with) all else.
    ///
    /// The tokens are as those of [`SignIn`](crate::auth::SignIn); they come without a remembered
    /// device. The refresh token is there if the app client has the code grant.
    ///
    /// # Errors
    /// Says what is wrong, see [`CallbackError`].
    pub async fn callback(
        &self,
        query: &str,
        pending: PendingLogin,
    ) -> Result<Tokens, CallbackError> {
        let code = code_of(query, &pending, self.endpoints.client.local_time())?;
        let exchange =
            self.endpoints
                .exchange_code(&code, &pending.code_verifier, &pending.redirect_uri);
        let response = exchange.await.map_err(CallbackError::Exchange)?;
        let tokens = response.into_tokens(self.endpoints.client.server_time());
        if let Some(id_token) = &tokens.id_token {
            #[cfg(feature = "verify")]
            if let Some(verifier) = &self.verifier {
                let verified = verifier.verify_id(id_token.expose()).await;
                verified.map_err(CallbackError::IdToken)?;
            }
            let client_id = self.endpoints.app_client.id();
            if !belongs_to(id_token, &pending.nonce, client_id) {
                return Err(CallbackError::Nonce);
            }
        }
        Ok(tokens)
    }
}

/// The code in a callback's query, if everything about it is as it must be.
fn code_of(
    query: &str,
    pending: &PendingLogin,
    now: SystemTime,
) -> Result<Sensitive<String>, CallbackError> {
    let names = ["state", "code", "error", "error_description"];
    let fields = read_query(query, &names).map_err(|_| CallbackError::MalformedQuery)?;
    let field = |name| fields.get(name).map(|value| &**value);
    // First of all: what another wrote is nobody's error.
    let state = field("state").unwrap_or_default();
    if !is_same(state, pending.state.expose()) {
        return Err(CallbackError::State);
    }
    if pending.is_expired(now) {
        return Err(CallbackError::Expired);
    }
    if let Some(error) = field("error") {
        let code = protocol::identifier(error).ok_or(CallbackError::MalformedQuery)?;
        return Err(CallbackError::Refused(Refusal {
            code: code.into(),
            description: field("error_description").map(beginning),
        }));
    }
    let code = field("code").filter(|code| !code.is_empty());
    code.map(Into::into).ok_or(CallbackError::MalformedQuery)
}

/// Compares by digests, so that the time it takes tells nothing about the texts.
fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

fn beginning(text: &str) -> Sensitive<String> {
    const LONGEST: usize = 1_000;
    text.chars().take(LONGEST).collect::<String>().into()
}

/// Whether an ID token that came straight from the token endpoint was made for this login.
///
/// Cognito puts a nonce of its own into the tokens of federated users if none was sent; ours always
/// is, so it must come back.
fn belongs_to(
    id_token: &Sensitive<String>,
    nonce: &Sensitive<String>,
    client_id: &Sensitive<String>,
) -> bool {
    let Some(claims) = unverified_claims(id_token) else {
        return false;
    };
    let claim = |name| claims.get(name).and_then(Value::as_str);
    claim("nonce").is_some_and(|found| is_same(found, nonce.expose()))
        && claim("aud") == Some(client_id.expose())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;
    use crate::managed_login::form;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn pending() -> PendingLogin {
        PendingLogin {
            state: "the state".into(),
            nonce: "the nonce".into(),
            code_verifier: "the verifier".into(),
            redirect_uri: "https://app.example/back".to_owned(),
            made_at: NOW.into(),
        }
    }

    fn read(query: &str) -> Result<Sensitive<String>, CallbackError> {
        code_of(query, &pending(), NOW)
    }

    #[test]
    fn the_code_is_taken_of_a_callback_with_the_right_state() {
        for query in [
            "?code=a%2Bb&state=the+state",
            "x=y&state=the%20state&code=a%2Bb",
        ] {
            let code = read(query).ok();
            assert_eq!(code, Some("a+b".into()), "{query}");
        }
    }

    #[test]
    fn another_state_is_refused_before_anything_else_is_believed() {
        for query in [
            "",
            "code=a",
            "code=a&state=",
            "code=a&state=the%20statf",
            "code=a&state=the%20state%20",
            "error=access_denied&state=x",
            "error=access_denied",
        ] {
            assert!(matches!(read(query), Err(CallbackError::State)), "{query}");
        }
        let late = NOW + PendingLogin::LIFE + Duration::from_secs(1);
        let read_late = |query| code_of(query, &pending(), late);
        assert!(matches!(
            read_late("code=a&state=x"),
            Err(CallbackError::State)
        ));
        assert!(matches!(
            read_late("code=a&state=the+state"),
            Err(CallbackError::Expired)
        ));
    }

    #[test]
    fn a_query_that_is_malformed_is_told_so() {
        for query in [
            "state=the+state",
            "state=the+state&code=",
            "state=the+state&state=the+state&code=a",
            "state=the+state&code=a&code=a",
            "state=the+state&code=%zz",
            "state=the+state&error=a+page+of+words",
        ] {
            let result = read(query);
            assert!(
                matches!(result, Err(CallbackError::MalformedQuery)),
                "{query}"
            );
        }
    }

    #[test]
    fn an_error_in_place_of_a_code_is_typed_and_its_words_are_not_shown() {
        let refusal = |query: &str| match read(query) {
            Err(CallbackError::Refused(refusal)) => refusal,
            other => panic!("{query}: {other:?}"),
        };
        for (name, code) in [
            ("access_denied", ErrorCode::AuthorizationDenied),
            ("login_required", ErrorCode::LoginRequired),
            ("invalid_scope", ErrorCode::InvalidScope),
            ("server_error", ErrorCode::ServerError),
            ("tomorrows", ErrorCode::Other("tomorrows".to_owned())),
        ] {
            // A code beside it is not looked at.
            let query = format!("error={name}&state=the+state&code=a");
            assert_eq!(refusal(&query).code, code);
        }
        let query = "error=invalid_request&error_description=alice%0Ais+wrong&state=the+state";
        let shown = format!(
            "{:?} {}",
            read(query),
            CallbackError::Refused(refusal(query))
        );
        assert!(
            !shown.contains("alice") && shown.contains("invalid_request"),
            "{shown}"
        );
        let description = refusal(query).description;
        assert_eq!(description, Some("alice\nis wrong".into()));
        let long = format!(
            "error=x&state=the+state&error_description={}",
            "ä".repeat(2_000)
        );
        let description = refusal(&long)
            .description
            .map(|text| text.expose().chars().count());
        assert_eq!(description, Some(1_000));
    }

    #[test]
    fn an_id_token_must_carry_this_logins_nonce_and_this_app_client() {
        let token = |claims: &str| -> Sensitive<String> {
            format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims)).into()
        };
        let good = |token: Sensitive<String>| belongs_to(&token, &"n".into(), &"app".into());
        assert!(good(token(r#"{"nonce":"n","aud":"app"}"#)));
        for claims in [
            r#"{"aud":"app"}"#,
            r#"{"nonce":"of the provider","aud":"app"}"#,
            r#"{"nonce":"n","aud":"another"}"#,
            r#"{"nonce":"n"}"#,
            r#"{"nonce":7,"aud":"app"}"#,
            "no JSON",
        ] {
            assert!(!good(token(claims)), "{claims}");
        }
        assert!(!good("no token".into()));
    }

    proptest! {
        #[test]
        fn no_query_panics_and_none_without_the_state_gives_a_code(query in "(code|state|error|[a-z&=%+?0-9]){0,40}") {
            prop_assert!(read(&query).is_err());
        }

        #[test]
        fn a_code_comes_back_as_it_was(code in ".{1,60}") {
            let mut query = "state=the+state".to_owned();
            form::push_field(&mut query, "code", &code);
            prop_assert_eq!(read(&query).ok(), Some(code.as_str().into()));
        }
    }
}
