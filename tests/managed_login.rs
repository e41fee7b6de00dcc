//! The domain's endpoints: every request on the wire, every answer, what is repeated and what not.
#![cfg(all(feature = "managed-login", feature = "sigv4"))]

#[cfg(feature = "hyper")]
#[path = "support/fault_server.rs"]
mod fault_server;
#[path = "support/scripted.rs"]
mod scripted;

use std::{
    error::Error as StdError,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cognito_idp::{
    Error, ErrorCode,
    auth::{AppClient, ClientSecretFuture, ProvideClientSecret, RefreshError, Tokens},
    error::{DecodeProblem, TransportErrorKind},
    managed_login::{CallbackError, Domain, ManagedLogin, PendingLogin},
};
use serde_json::{Value, json};

use crate::scripted::{Scripted, Sent, Step, answer, failure, silence};

type Outcome<T = ()> = Result<T, Box<dyn StdError>>;

const REDIRECT_URI: &str = "https://app.example/back?a=b c";
const CODE: &str = "marker-code+/=";
const REFRESH_TOKEN: &str = "marker-refresh+/=";
const SECRET: &str = "marker:secret+%ü /=";

fn login(script: &Scripted, app_client: AppClient) -> Outcome<ManagedLogin> {
    let client = script.client(|builder| builder)?;
    let domain = Domain::custom("auth.example.com")?;
    Ok(ManagedLogin::new(client, app_client, domain, REDIRECT_URI))
}

fn public() -> AppClient {
    AppClient::new("app client")
}

fn confidential() -> AppClient {
    AppClient::new("app:client").secret(SECRET)
}

/// A login that is under way, its callback's query, and its nonce.
struct Begun {
    pending: PendingLogin,
    query: String,
    nonce: String,
    code_verifier: String,
}

fn begin(login: &ManagedLogin) -> Outcome<Begun> {
    let (_, pending) = login.authorize().scope("openid").build()?;
    let stored = serde_json::to_value(&pending)?;
    let member = |name: &str| stored[name].as_str().unwrap_or_default().to_owned();
    Ok(Begun {
        query: format!("code=marker-code%2B%2F%3D&state={}", member("state")),
        nonce: member("nonce"),
        code_verifier: member("code_verifier"),
        pending,
    })
}

fn token(claims: &Value) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn tokens(nonce: &str, client_id: &str) -> Value {
    json!({
        "access_token": token(&json!({"username": "alice"})),
        "id_token": token(&json!({"aud": client_id, "nonce": nonce})),
        "refresh_token": "first",
        "token_type": "Bearer",
        "expires_in": 3600,
    })
}

/// The fields of a form, in order.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let fields = text.split('&').filter(|field| !field.is_empty());
    fields
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn only(script: &Scripted) -> Sent {
    let sent = script.sent();
    assert_eq!(sent.len(), 1, "requests");
    sent[0].clone()
}

fn shown(error: &(dyn StdError + 'static)) -> String {
    let mut text = format!("{error:?} {error}");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, " {error:?} {error}");
        source = error.source();
    }
    text
}

fn exchange_error(error: CallbackError) -> Error {
    match error {
        CallbackError::Exchange(error) => error,
        other => panic!("an error of the exchange, not {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_public_client_exchanges_the_code_with_its_id_in_the_form() -> Outcome {
    let script = Scripted::new([]);
    let begun = begin(&login(&script, public())?)?;
    let script = Scripted::new([answer(200, &tokens(&begun.nonce, "app client").to_string())]);
    let login = login(&script, public())?;
    let got = login.callback(&begun.query, begun.pending).await?;

    let sent = only(&script);
    assert_eq!(sent.request.method(), "POST");
    assert_eq!(sent.request.uri(), "https://auth.example.com/oauth2/token");
    assert_eq!(sent.header("host"), "auth.example.com");
    assert_eq!(
        sent.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(sent.header("accept"), "application/json");
    assert!(sent.header("user-agent").starts_with("cognito-idp-rust/"));
    for absent in ["authorization", "x-amz-target", "x-amz-date"] {
        assert_eq!(sent.header(absent), "", "{absent}");
    }
    let body = format!(
        "grant_type=authorization_code&code=marker-code%2B%2F%3D\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fa%3Db%20c\
         &code_verifier={}&client_id=app%20client",
        begun.code_verifier
    );
    assert_eq!(String::from_utf8_lossy(sent.request.body()), body);

    assert_eq!(got.username(), Some("alice".into()));
    assert_eq!(got.refresh_token, Some("first".into()));
    assert_eq!(got.expires_in, Duration::from_hours(1));
    let left = std::time::SystemTime::from(got.expires_at).duration_since(script.wall_clock())?;
    assert_eq!(left, Duration::from_hours(1));
    assert_eq!(got.device_key, None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_secret_proves_itself_by_basic_with_both_parts_form_encoded() -> Outcome {
    let script = Scripted::new([answer(200, r#"{"access_token":"a"}"#)]);
    login(&script, confidential())?
        .refresh(REFRESH_TOKEN)
        .await?;
    let sent = only(&script);
    let basic = sent.header("authorization").strip_prefix("Basic ");
    let basic = STANDARD.decode(basic.ok_or("Basic")?)?;
    assert_eq!(
        String::from_utf8(basic)?,
        "app%3Aclient:marker%3Asecret%2B%25%C3%BC%20%2F%3D"
    );
    assert!(sent.request.headers()["authorization"].is_sensitive());
    let body = "grant_type=refresh_token&refresh_token=marker-refresh%2B%2F%3D";
    assert_eq!(String::from_utf8_lossy(sent.request.body()), body);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refresh_keeps_the_refresh_token_unless_it_was_rotated() -> Outcome {
    let script = Scripted::new([
        answer(
            200,
            r#"{"access_token":"a","token_type":"Bearer","expires_in":300}"#,
        ),
        answer(200, r#"{"access_token":"a","refresh_token":"rotated"}"#),
    ]);
    let login = login(&script, public())?;
    let refresh_token = |tokens: Tokens| tokens.refresh_token;
    assert_eq!(
        refresh_token(login.refresh(REFRESH_TOKEN).await?),
        Some(REFRESH_TOKEN.into())
    );
    assert_eq!(
        refresh_token(login.refresh(REFRESH_TOKEN).await?),
        Some("rotated".into())
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn revoking_posts_the_refresh_token_and_reads_nothing() -> Outcome {
    let script = Scripted::new([answer(200, "")]);
    login(&script, public())?.revoke(REFRESH_TOKEN).await?;
    let sent = only(&script);
    // A GET is answered with 405.
    assert_eq!(sent.request.method(), "POST");
    assert_eq!(sent.request.uri().path(), "/oauth2/revoke");
    let body = "token=marker-refresh%2B%2F%3D&client_id=app%20client";
    assert_eq!(String::from_utf8_lossy(sent.request.body()), body);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn user_info_is_asked_with_the_access_token_and_reads_text_for_truth() -> Outcome {
    let info = r#"{"sub":"s","email":"alice@example.com","email_verified":"true",
        "phone_number_verified":"false","username":"alice","custom:team":"shop"}"#;
    let script = Scripted::new([answer(200, info)]);
    let info = login(&script, confidential())?
        .user_info("marker-access")
        .await?;
    let sent = only(&script);
    assert_eq!(sent.request.method(), "GET");
    assert_eq!(
        sent.request.uri(),
        "https://auth.example.com/oauth2/userInfo"
    );
    assert_eq!(sent.header("authorization"), "Bearer marker-access");
    assert!(sent.request.body().is_empty());
    assert_eq!(sent.header("content-type"), "");
    assert_eq!(
        (info.email_verified, info.phone_number_verified),
        (Some(true), Some(false))
    );
    assert_eq!(info.other["custom:team"].expose(), "shop");
    assert!(!format!("{info:?}").contains("alice"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_cannot_stand_in_a_header_is_not_sent() -> Outcome {
    let script = Scripted::new([answer(200, "{}")]);
    let result = login(&script, public())?.user_info("marker\r\nx: y").await;
    let error = result.err().ok_or("refused")?;
    assert!(matches!(error, Error::InvalidInput(_)) && !shown(&error).contains("marker"));
    assert!(script.sent().is_empty());
    Ok(())
}

#[test]
fn logging_out_and_adding_a_passkey_name_the_client_and_where_to_go() -> Outcome {
    let script = Scripted::new([]);
    let login = login(&script, public())?;
    assert_eq!(
        login.logout_url("https://app.example/bye?x=1&y=2"),
        "https://auth.example.com/logout?client_id=app%20client\
         &logout_uri=https%3A%2F%2Fapp.example%2Fbye%3Fx%3D1%26y%3D2"
    );
    assert_eq!(
        login.add_passkey_url(REDIRECT_URI),
        "https://auth.example.com/passkeys/add?client_id=app%20client\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fa%3Db%20c"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_code_of_oauth_can_be_matched_on_and_its_words_are_cut_of_secrets() -> Outcome {
    for (status, name, code) in [
        (400, "invalid_grant", ErrorCode::InvalidGrant),
        (400, "invalid_client", ErrorCode::InvalidClient),
        (401, "invalid_client", ErrorCode::InvalidClient),
        (400, "unauthorized_client", ErrorCode::UnauthorizedClient),
        (400, "invalid_scope", ErrorCode::InvalidScope),
        (
            400,
            "unsupported_grant_type",
            ErrorCode::UnsupportedGrantType,
        ),
        (400, "invalid_request", ErrorCode::InvalidRequest),
        (400, "unsupported_token_type", ErrorCode::UnsupportedToken),
        (401, "invalid_token", ErrorCode::InvalidToken),
        (400, "tomorrows", ErrorCode::Other("tomorrows".to_owned())),
    ] {
        let body = json!({
            "error": name,
            "error_description": format!("{REFRESH_TOKEN} or marker-refresh%2B%2F%3D of app%3Aclient"),
        });
        let script = Scripted::new([answer(status, &body.to_string())]);
        let result = login(&script, confidential())?.refresh(REFRESH_TOKEN).await;
        let error = result.err().ok_or("an error")?;
        assert_eq!(error.code(), Some(&code));
        assert_eq!(error.operation(), Some("POST /oauth2/token"));
        assert!(!error.is_retryable() && !error.outcome_unknown(), "{name}");
        let text = shown(&error);
        assert!(text.contains(&format!("{name}: ** or ** of **")), "{text}");
        only(&script);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_code_of_the_front_door_counts_before_one_of_oauth() -> Outcome {
    let body = r#"{"__type":"ForbiddenException","error":"invalid_grant"}"#;
    let script = Scripted::new([answer(403, body)]);
    let error = login(&script, public())?.refresh("r").await.err();
    let error = error.ok_or("an error")?;
    assert_eq!(error.code(), Some(&ErrorCode::Forbidden));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_page_in_place_of_an_answer_shows_nothing_of_itself() -> Outcome {
    let page = format!("<html>{SECRET} marker {CODE}</html>");
    for (status, code_expected) in [(400, None), (403, None), (200, None), (404, None)] {
        let page = answer(status, &page).header("content-type", "text/html");
        let script = Scripted::new([page]);
        let login = login(&script, confidential())?;
        let begun = begin(&login)?;
        let result = login.callback(&begun.query, begun.pending).await;
        let error = result.err().ok_or("an error")?;
        assert!(!shown(&error).contains("marker"), "{}", shown(&error));
        let error = exchange_error(error);
        assert_eq!(error.code(), code_expected);
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        // A success that cannot be read has used the code up all the same.
        assert_eq!(error.outcome_unknown(), status == 200);
        only(&script);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_redirect_to_an_error_page_is_an_error_and_not_followed() -> Outcome {
    let location = "https://auth.example.com/error?error=marker&client_id=app";
    let script = Scripted::new([answer(302, "").header("location", location)]);
    let error = login(&script, confidential())?
        .refresh(REFRESH_TOKEN)
        .await
        .err();
    let error = error.ok_or("an error")?;
    let Error::Decode(unread) = &error else {
        return Err(error.into());
    };
    let host = Some("auth.example.com".to_owned());
    assert_eq!(unread.problem(), &DecodeProblem::Redirect { host });
    assert!(!shown(&error).contains("marker"));
    only(&script);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_success_without_tokens_is_an_error() -> Outcome {
    for body in [
        "{}",
        "[]",
        "",
        r#"{"access_token":null}"#,
        r#"{"access_token":7}"#,
    ] {
        let script = Scripted::new([answer(200, body)]);
        let error = login(&script, public())?.refresh("r").await.err();
        assert!(matches!(error, Some(Error::Decode(_))), "{body}: {error:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_exchange_whose_outcome_is_unknown_is_not_repeated() -> Outcome {
    let steps: [fn() -> Step; 5] = [
        || failure(TransportErrorKind::Interrupted),
        || failure(TransportErrorKind::InvalidResponse),
        silence,
        || answer(500, r#"{"error":"server_error"}"#),
        || answer(503, ""),
    ];
    for step in steps {
        let script = Scripted::new([step(), answer(200, r#"{"access_token":"a"}"#)]);
        let login = login(&script, confidential())?;
        let begun = begin(&login)?;
        let result = login.callback(&begun.query, begun.pending).await;
        let error = exchange_error(result.err().ok_or("an error")?);
        assert!(error.outcome_unknown(), "{error:?}");
        only(&script);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_was_not_sent_or_was_throttled_is_repeated() -> Outcome {
    let steps: [fn() -> Step; 3] = [
        || failure(TransportErrorKind::Connect),
        || answer(429, "Too many requests"),
        || answer(400, r#"{"__type":"TooManyRequestsException"}"#),
    ];
    for step in steps {
        let script = Scripted::new([step(), answer(200, r#"{"access_token":"a"}"#)]);
        let login = login(&script, confidential())?;
        let begun = begin(&login)?;
        login.callback(&begun.query, begun.pending).await?;
        assert_eq!(script.sent().len(), 2);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_does_the_same_twice_is_repeated_when_its_outcome_is_unknown() -> Outcome {
    let steps = || {
        [
            failure(TransportErrorKind::Interrupted),
            answer(500, ""),
            answer(200, r#"{"sub":"s"}"#),
        ]
    };
    let script = Scripted::new(steps());
    login(&script, public())?.revoke("r").await?;
    assert_eq!(script.sent().len(), 3);
    let script = Scripted::new(steps());
    login(&script, public())?.user_info("a").await?;
    assert_eq!(script.sent().len(), 3);
    // With rotation, the second refresh would find its token replaced.
    let script = Scripted::new(steps());
    assert!(login(&script, public())?.refresh("r").await.is_err());
    assert_eq!(script.sent().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_does_not_belong_here_sends_nothing() -> Outcome {
    let script = Scripted::new([answer(200, r#"{"access_token":"a"}"#)]);
    let login = login(&script, public())?;
    let other = begin(&login)?;
    for query in ["", "code=a", &other.query, "error=access_denied&state=x"] {
        let begun = begin(&login)?;
        let result = login.callback(query, begun.pending).await;
        assert!(matches!(result, Err(CallbackError::State)), "{query}");
    }
    let begun = begin(&login)?;
    let query = format!("{}&code=b", begun.query);
    let result = login.callback(&query, begun.pending).await;
    assert!(matches!(result, Err(CallbackError::MalformedQuery)));
    let begun = begin(&login)?;
    let query = begun
        .query
        .replace("code=marker-code%2B%2F%3D", "error=access_denied");
    let result = login.callback(&query, begun.pending).await;
    let Err(CallbackError::Refused(refusal)) = result else {
        return Err("a refusal".into());
    };
    assert_eq!(refusal.code, ErrorCode::AuthorizationDenied);

    let begun = begin(&login)?;
    tokio::time::advance(PendingLogin::LIFE + Duration::from_secs(1)).await;
    let result = login.callback(&begun.query, begun.pending).await;
    assert!(matches!(result, Err(CallbackError::Expired)));
    assert!(script.sent().is_empty());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_id_token_of_a_federated_user_must_carry_our_nonce_and_not_the_providers() -> Outcome {
    let script = Scripted::new([]);
    let begun = begin(&login(&script, public())?)?;
    for (nonce, client_id, good) in [
        (begun.nonce.as_str(), "app client", true),
        ("of-the-provider", "app client", false),
        ("", "app client", false),
        (begun.nonce.as_str(), "another", false),
    ] {
        let script = Scripted::new([answer(200, &tokens(nonce, client_id).to_string())]);
        let login = login(&script, public())?;
        let result = login.callback(&begun.query, begun.pending.clone()).await;
        match result {
            Ok(_) => assert!(good, "{nonce} {client_id}"),
            Err(CallbackError::Nonce) => assert!(!good, "{nonce} {client_id}"),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_was_stored_between_the_two_requests_is_enough() -> Outcome {
    let script = Scripted::new([answer(200, r#"{"access_token":"a"}"#)]);
    let begun = begin(&login(&script, public())?)?;
    let stored = serde_json::to_string(&begun.pending)?;
    // Another server of the same app.
    let login = login(&script, public())?;
    let pending = serde_json::from_str(&stored)?;
    let tokens = login
        .callback(&format!("?{}", begun.query), pending)
        .await?;
    assert_eq!(tokens.id_token, None);
    let sent = only(&script);
    let body = fields(sent.request.body());
    assert!(body.contains(&("code_verifier".to_owned(), begun.code_verifier)));
    Ok(())
}

/// Gives another secret each time.
#[derive(Clone, Debug, Default)]
struct Rotating(Arc<AtomicUsize>);

impl ProvideClientSecret for Rotating {
    fn provide_client_secret<'a>(&'a self, _client_id: &'a str) -> ClientSecretFuture<'a> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(format!("secret-{number}").into()) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotated_client_secret_is_fetched_anew_and_the_code_exchanged_with_it() -> Outcome {
    let refused = || answer(400, r#"{"error":"invalid_client"}"#);
    let script = Scripted::new([
        answer(200, r#"{"access_token":"a"}"#),
        refused(),
        answer(200, r#"{"access_token":"a"}"#),
        refused(),
    ]);
    let provider = Rotating::default();
    let login = login(&script, AppClient::new("app").secret_from(provider.clone()))?;
    login.refresh("r").await?;
    tokio::time::advance(Duration::from_secs(2)).await;
    let begun = begin(&login)?;
    login.callback(&begun.query, begun.pending).await?;
    let sent = script.sent();
    let basic = |sent: &Sent| {
        let basic = sent
            .header("authorization")
            .trim_start_matches("Basic ")
            .to_owned();
        STANDARD
            .decode(basic)
            .map(|text| String::from_utf8_lossy(&text).into_owned())
    };
    let used: Vec<_> = sent.iter().map(basic).collect::<Result<_, _>>()?;
    assert_eq!(used, ["app:secret-0", "app:secret-0", "app:secret-1"]);
    assert_eq!(sent[1].request.body(), sent[2].request.body());

    // It is asked again once, not for ever.
    tokio::time::advance(Duration::from_secs(2)).await;
    let error = login.refresh("r").await.err().ok_or("an error")?;
    assert_eq!(error.code(), Some(&ErrorCode::InvalidClient));
    assert_eq!(script.sent().len(), 5);
    assert_eq!(provider.0.load(Ordering::SeqCst), 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_is_shown_of_a_login_or_of_what_it_makes() -> Outcome {
    let script = Scripted::new([answer(200, &tokens("n", "app:client").to_string())]);
    let login = login(&script, confidential())?;
    let begun = begin(&login)?;
    let shown_login = format!(
        "{login:?} {:?} {:?}",
        begun.pending,
        login.authorize().scope("a")
    );
    for secret in [SECRET, "app:client", &begun.nonce, &begun.code_verifier] {
        assert!(!shown_login.contains(secret), "{shown_login}");
    }
    let result = login.callback(&begun.query, begun.pending).await;
    let error = result.err().ok_or("the nonce is another")?;
    assert!(!shown(&error).contains("marker") && !shown(&error).contains(&begun.nonce));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_token_source_refreshes_and_revokes_at_the_domain() -> Outcome {
    let fresh = r#"{"access_token":"second","refresh_token":"rotated","expires_in":300}"#;
    let script = Scripted::new([
        answer(
            200,
            r#"{"access_token":"first","refresh_token":"r","expires_in":300}"#,
        ),
        answer(200, fresh),
        answer(200, ""),
    ]);
    let login = login(&script, confidential())?;
    let source = login.token_source(login.refresh("stored").await?);
    assert_eq!(source.access_token().await?.expose(), "first");
    tokio::time::advance(Duration::from_secs(295)).await;
    assert_eq!(source.access_token().await?.expose(), "second");
    source.sign_out().await?;
    let sent = script.sent();
    let body = |index: usize| String::from_utf8_lossy(sent[index].request.body()).into_owned();
    assert_eq!(body(1), "grant_type=refresh_token&refresh_token=r");
    assert_eq!(sent[2].request.uri().path(), "/oauth2/revoke");
    assert_eq!(body(2), "token=rotated");
    Ok(())
}

#[cfg(feature = "fleet")]
#[tokio::test(start_paused = true)]
async fn a_session_of_the_domain_is_shared_by_processes() -> Outcome {
    use cognito_idp::fleet::{MemoryStore, Vault};

    let first = r#"{"access_token":"first","refresh_token":"r","expires_in":300}"#;
    let fresh = r#"{"access_token":"second","refresh_token":"rotated","expires_in":300}"#;
    let script = Scripted::new([answer(200, first), answer(200, fresh), answer(200, "")]);
    let login = login(&script, confidential())?;
    let vault = Vault::unsealed(MemoryStore::new());
    let tokens = login.refresh("stored").await?;
    let ours = login.share_token_source(&tokens, &vault, "session").await?;
    let theirs = login.open_token_source(&vault, "session").await?;
    let theirs = theirs.ok_or("a session")?;
    tokio::time::advance(Duration::from_secs(301)).await;
    assert_eq!(ours.access_token().await?.expose(), "second");
    assert_eq!(theirs.access_token().await?.expose(), "second");
    theirs.sign_out().await?;
    assert!(ours.revalidate().await.is_err());
    assert!(login.open_token_source(&vault, "session").await?.is_none());
    let sent = script.sent();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[2].request.uri().path(), "/oauth2/revoke");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn tokens_of_a_remembered_device_are_refreshed_with_its_key_and_so_not_at_the_domain()
-> Outcome {
    let refreshed = r#"{"AuthenticationResult":{"AccessToken":"second","ExpiresIn":300}}"#;
    let script = Scripted::new([
        answer(
            200,
            r#"{"access_token":"first","refresh_token":"r","expires_in":300}"#,
        ),
        answer(200, refreshed),
    ]);
    let login = login(&script, confidential())?;
    let mut tokens = login.refresh("stored").await?;
    tokens.device_key = Some("eu-central-1_device".to_owned());
    let source = login.token_source(tokens);
    tokio::time::advance(Duration::from_secs(301)).await;
    assert_eq!(source.access_token().await?.expose(), "second");
    let sent = &script.sent()[1];
    let operation = "AWSCognitoIdentityProviderService.GetTokensFromRefreshToken";
    assert_eq!(sent.header("x-amz-target"), operation);
    let body: Value = serde_json::from_slice(sent.request.body())?;
    assert_eq!(body["DeviceKey"], "eu-central-1_device");
    assert_eq!(body["ClientSecret"], SECRET);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refused_refresh_says_whether_the_user_or_the_operator_must_act() -> Outcome {
    for (status, error, expected) in [
        (400, "invalid_grant", "SignedOut"),
        (400, "invalid_client", "Misconfigured"),
        (400, "unauthorized_client", "Misconfigured"),
        (400, "invalid_request", "Misconfigured"),
        (500, "server_error", "Unavailable"),
        (429, "slow_down", "Unavailable"),
    ] {
        let body = json!({"error": error}).to_string();
        let script = Scripted::new([
            answer(
                200,
                r#"{"access_token":"a","refresh_token":"r","expires_in":300}"#,
            ),
            answer(status, &body),
        ]);
        let login = login(&script, public())?;
        let source = login.token_source(login.refresh("stored").await?);
        tokio::time::advance(Duration::from_secs(301)).await;
        let result = source.access_token().await;
        let kind = match &result {
            Err(RefreshError::SignedOut(_)) => "SignedOut",
            Err(RefreshError::Misconfigured(_)) => "Misconfigured",
            Err(RefreshError::Unavailable(_)) => "Unavailable",
            other => return Err(format!("{error}: {other:?}").into()),
        };
        assert_eq!(kind, expected, "{error}");
    }
    Ok(())
}

/// The clock of another server says nothing about the one that operations are signed for.
#[tokio::test(start_paused = true)]
async fn the_domains_clock_does_not_correct_the_operations() -> Outcome {
    let late = answer(200, r#"{"sub":"s"}"#).header("date", scripted::date(3600));
    let script = Scripted::new([late]);
    let client = script.client(|builder| builder)?;
    let domain = Domain::custom("auth.example.com")?;
    let login = ManagedLogin::new(client.clone(), public(), domain, REDIRECT_URI);
    login.user_info("a").await?;
    assert_eq!(client.server_time(), script.wall_clock());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_endpoint_is_paced_with_the_operations_of_its_quota() -> Outcome {
    use cognito_idp::pacing::{Pacing, QuotaCategory};

    // One call a second in each; what takes turns with what shows by when it is sent.
    let pacing = QuotaCategory::ALL
        .iter()
        .fold(Pacing::new(), |pacing, category| {
            pacing.limit(*category, 1.0)
        });
    let script = Scripted::new([answer(200, r#"{"access_token":"a","sub":"s"}"#)]);
    let client = script.client(|builder| builder.pacing(pacing))?;
    let domain = Domain::custom("auth.example.com")?;
    let login = ManagedLogin::new(client, public(), domain, REDIRECT_URI);
    for _ in 0..2 {
        login.refresh("r").await?;
        login.revoke("r").await?;
        login.user_info("a").await?;
    }
    let times: Vec<_> = script.sent().iter().map(|sent| sent.at).collect();
    assert!(times[..3].iter().all(Duration::is_zero), "{times:?}");
    assert!(times[3] >= Duration::from_millis(500), "{times:?}");
    // The code's exchange counts with the refresh.
    let begun = begin(&login)?;
    login.refresh("r").await?;
    login.callback(&begun.query, begun.pending).await?;
    let times: Vec<_> = script.sent().iter().map(|sent| sent.at).collect();
    assert!(
        times[7] >= times[6] + Duration::from_millis(500),
        "{times:?}"
    );
    Ok(())
}

#[cfg(feature = "hyper")]
mod over_sockets {
    use cognito_idp::Client;

    use super::{
        fault_server::{Action, FaultServer},
        *,
    };

    fn login(server: &FaultServer) -> Outcome<ManagedLogin> {
        let client = Client::builder().region("eu-central-1").build()?;
        let domain = Domain::url(&server.url())?;
        Ok(ManagedLogin::new(
            client,
            confidential(),
            domain,
            REDIRECT_URI,
        ))
    }

    #[tokio::test]
    async fn a_connection_that_closes_early_leaves_the_outcome_of_an_exchange_unknown() -> Outcome {
        let half =
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":\"marker".to_vec();
        let without_length = b"HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"marker".to_vec();
        for action in [
            Action::Close,
            Action::Write(half),
            Action::Write(without_length),
        ] {
            let server = FaultServer::always(action.clone()).await?;
            let login = login(&server)?;
            let begun = begin(&login)?;
            let result = login.callback(&begun.query, begun.pending).await;
            let error = result.err().ok_or("an error")?;
            assert!(!shown(&error).contains("marker"), "{}", shown(&error));
            let error = exchange_error(error);
            assert!(error.outcome_unknown(), "{action:?}: {error:?}");
            let requests = server.requests();
            assert_eq!(requests.len(), 1, "{action:?}");
            assert_eq!(requests[0].method, "POST");
            assert_eq!(requests[0].path, "/oauth2/token");
            assert!(requests[0].header("authorization").is_some());
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_get_and_a_form_cross_the_wire_as_they_are() -> Outcome {
        let body = r#"{"sub":"s","access_token":"a"}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        let server = FaultServer::always(Action::WriteAndKeep((head + body).into())).await?;
        let login = login(&server)?;
        login.user_info("token").await?;
        login.refresh("a b").await?;
        let requests = server.requests();
        let line = |index: usize| {
            (
                requests[index].method.as_str(),
                requests[index].path.as_str(),
            )
        };
        assert_eq!(line(0), ("GET", "/oauth2/userInfo"));
        assert_eq!(line(1), ("POST", "/oauth2/token"));
        assert_eq!(
            requests[1].body,
            "grant_type=refresh_token&refresh_token=a%20b"
        );
        let host = server.address().to_string();
        assert_eq!(requests[0].header("host"), Some(host.as_str()));
        Ok(())
    }
}

#[cfg(all(feature = "verify", feature = "fixtures"))]
mod verified {
    use cognito_idp::{
        fixture::TestIssuer,
        verify::{TokenVerifier, TrustedPool, VerifyError},
    };

    use super::*;

    const POOL: &str = "eu-central-1_Example";

    async fn callback(
        id_token: impl FnOnce(&TestIssuer, &Begun) -> String,
    ) -> Outcome<Result<Tokens, CallbackError>> {
        let script = Scripted::new([]);
        let clock = script.clone();
        let issuer = TestIssuer::new(POOL, "app client")?.clock(move || clock.wall_clock());
        let clock = script.clone();
        let pool = TrustedPool::new(POOL)
            .client("app client")
            .keys(issuer.jwks());
        let verifier = TokenVerifier::builder(pool)
            .clock(move || clock.wall_clock())
            .trust_test_issuer()
            .build()?;
        let begun = begin(&login(&script, public())?)?;
        let body = json!({"access_token": "a", "id_token": id_token(&issuer, &begun)});
        let script = Scripted::new([answer(200, &body.to_string())]);
        let login = login(&script, public())?.verify_with(verifier);
        Ok(login.callback(&begun.query, begun.pending).await)
    }

    #[tokio::test(start_paused = true)]
    async fn with_a_verifier_an_id_token_must_also_be_signed_by_the_pool() -> Outcome {
        let claims = |begun: &Begun| json!({"token_use": "id", "nonce": begun.nonce});
        let signed = callback(|issuer, begun| issuer.issue(&claims(begun))).await?;
        assert!(signed.is_ok(), "{signed:?}");

        let forged =
            callback(|_, begun| token(&json!({"aud": "app client", "nonce": begun.nonce})));
        let forged = forged.await?;
        assert!(
            matches!(forged, Err(CallbackError::IdToken(_))),
            "{forged:?}"
        );

        let expired = callback(|issuer, begun| {
            let claims = json!({"token_use": "id", "nonce": begun.nonce, "exp": 1});
            issuer.issue(&claims)
        });
        let expired = expired.await?;
        assert!(matches!(
            expired,
            Err(CallbackError::IdToken(VerifyError::Expired { .. }))
        ));

        // Well signed, and of another login.
        let replayed = callback(|issuer, _| {
            issuer.issue(&json!({"token_use": "id", "nonce": "of another login"}))
        });
        assert!(matches!(replayed.await?, Err(CallbackError::Nonce)));
        Ok(())
    }
}
