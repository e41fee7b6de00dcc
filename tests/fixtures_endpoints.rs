//! What players and the recorder promise of calls to the endpoints of a domain: forms, queries,
//! credentials in a header.
#![cfg(feature = "fixtures")]

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use cognito_idp::{
    error::{TransportError, TransportErrorKind},
    fixture::{Fixture, Recorder, Replay},
    transport::{HttpClient, HttpFuture},
};
use proptest::prelude::*;
use serde_json::{Value, json};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const FORM: &str = "application/x-www-form-urlencoded";

/// A call to a domain; without a body it is a `GET`.
fn call(path: &str, authorization: &str, form: Option<&str>) -> http::Request<Bytes> {
    let request = http::Request::builder().uri(format!("https://auth.example.com{path}"));
    let request = match authorization {
        "" => request,
        authorization => request.header("authorization", authorization),
    };
    let request = match form {
        Some(form) => request
            .method("POST")
            .header("content-type", FORM)
            .body(Bytes::copy_from_slice(form.as_bytes())),
        None => request.body(Bytes::new()),
    };
    request.expect("a valid request")
}

fn token_call(authorization: &str, form: &str) -> http::Request<Bytes> {
    call("/oauth2/token", authorization, Some(form))
}

fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|b| format!("%{b:02X}"))
            .collect::<String>()
    };
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
    )
}

fn replay(exchanges: &Value) -> Replay {
    let fixture = json!({"description": "d", "provenance": "Written for this test",
        "exchanges": exchanges});
    Replay::new([Fixture::parse("f", &fixture.to_string()).expect("a valid fixture")])
}

/// Status and body; `None` for a connection that closes.
fn answer(replay: &Replay, request: &http::Request<Bytes>) -> Option<(u16, String)> {
    let response = replay.answer(request).response?;
    let body = String::from_utf8_lossy(response.body()).into_owned();
    Some((response.status().as_u16(), body))
}

fn status(replay: &Replay, request: &http::Request<Bytes>) -> Option<u16> {
    answer(replay, request).map(|(status, _)| status)
}

/// What a request that must not match is told.
fn mismatch(replay: &Replay, request: &http::Request<Bytes>) -> String {
    let (status, body) = answer(replay, request).expect("an answer");
    assert_eq!(status, 418, "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    // As these endpoints write an error.
    assert_eq!(body["error"], "FixtureMismatch");
    body["error_description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn exchange_of_a_code() -> Value {
    json!([{
        "operation": "POST /oauth2/token",
        "authorization": "Basic {{client_id}}:{{any}}",
        "request": {"grant_type": "authorization_code", "code": "a+b/c=", "scope": "openid x/y"},
        "times": "any",
        "response": {"status": 200, "body": {"client": "{{client_id}}"}},
    }])
}

#[test]
fn fields_match_in_any_order_and_spelling() {
    let basic = basic("client", "secret");
    for form in [
        "grant_type=authorization_code&code=a%2Bb%2Fc%3D&scope=openid+x%2Fy",
        "scope=openid%20x/y&code=a%2bb/c=&grant_type=authorization_code",
        "%73cope=openid%20x%2fy&&grant_type=authorization%5Fcode&code=%61%2Bb/c%3d&",
    ] {
        let replay = replay(&exchange_of_a_code());
        let (status, body) = answer(&replay, &token_call(&basic, form)).expect("an answer");
        assert_eq!(
            (status, body.as_str()),
            (200, r#"{"client":"client"}"#),
            "{form}"
        );
    }
    let replay = replay(&exchange_of_a_code());
    let response = replay.answer(&token_call(
        &basic,
        "grant_type=authorization_code&code=a%2Bb/c=&scope=openid+x/y",
    ));
    let response = response.response.expect("an answer");
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[test]
fn a_mismatch_names_each_field_and_shows_nothing_of_anybody() {
    let replay = replay(&exchange_of_a_code());
    let form =
        "grant_type=refresh_token&code=marker-1&client_secret=marker-2&anything=marker-3&lang=de";
    let told = mismatch(&replay, &token_call(&basic("marker-4", "marker-5"), form));
    for part in [
        "the nearest is f, exchange 1 (POST /oauth2/token)",
        "grant_type is \"authorization_code\" in the fixture, the request has \"refresh_token\"",
        "code is \"a+b/c=\" in the fixture, the request has another text of 8 characters",
        "scope is missing in the request, the fixture has \"openid x/y\"",
        "client_secret is not in the fixture, the request has another text",
        "lang is not in the fixture, the request has \"de\"",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let problems = replay.verify().expect_err("in vain");
    assert!(
        !format!("{told} {problems:?} {replay:?}").contains("marker"),
        "{told}"
    );
    let other = call("/oauth2/revoke?a=marker", "", Some("token=marker"));
    let told = mismatch(&replay, &other);
    assert!(
        told.starts_with("POST /oauth2/revoke is in no fixture"),
        "{told}"
    );
    assert!(!told.contains("marker"), "{told}");
}

#[test]
fn what_no_endpoint_would_understand_is_refused_and_said() {
    let exchanges = json!([{"operation": "POST /oauth2/token", "request": {"{{any}}": "{{any}}"},
        "times": "any", "response": {"status": 200}}]);
    let replay = replay(&exchanges);
    assert_eq!(status(&replay, &token_call("", "a=1&b=2")), Some(200));
    for (form, part) in [
        ("a=1&b=2&a=1", "the field \"a\" must not come twice"),
        ("a=1&%61=2", "the field \"a\" must not come twice"),
        ("a=%zz", "percent-encoded"),
        ("a=%f0", "percent-encoded"),
    ] {
        let told = mismatch(&replay, &token_call("", form));
        assert!(told.contains(part), "{told}");
    }
    let mut json = token_call("", "{}");
    json.headers_mut().remove("content-type");
    assert!(mismatch(&replay, &json).contains("must be a form"));
    let query = call("/oauth2/token?a=1", "", Some("b=2"));
    assert!(mismatch(&replay, &query).contains("not in the query"));
    let told = mismatch(&replay, &call("/oauth2/token", "", None));
    assert!(
        told.starts_with("GET /oauth2/token is in no fixture"),
        "{told}"
    );
}

#[test]
fn credentials_must_be_there_and_be_those_of_the_fixture() {
    let call_as = |authorization: &str| token_call(authorization, "a=1");
    let exchange = |authorization: &str| {
        replay(
            &json!([{"operation": "POST /oauth2/token", "authorization": authorization,
            "request": {"a": "1"}, "response": {"status": 200}}]),
        )
    };
    for (expected, found) in [
        ("Basic {{any}}", basic("id", "secret")),
        ("Basic id:{{any}}", basic("id", "marker")),
        ("Basic {{id}}:s+ :ü%", basic("id", "s+ :ü%")),
        ("Bearer {{any}}", "Bearer marker".to_owned()),
    ] {
        let replay = exchange(expected);
        assert_eq!(status(&replay, &call_as(&found)), Some(200), "{expected}");
        assert!(replay.verify().is_ok());
    }
    for (expected, found, part) in [
        ("Basic {{any}}", String::new(), "authorization is missing"),
        (
            "Basic {{any}}",
            "Bearer marker".to_owned(),
            "authorization is \"Basic",
        ),
        ("Basic id:{{any}}", basic("marker", "s"), "not shown"),
        (
            "Basic {{any}}",
            "Basic marker".to_owned(),
            "Basic credentials must be",
        ),
        (
            "Basic {{any}}",
            format!("Basic {}", STANDARD.encode("id:%")),
            "Basic credentials must be",
        ),
        ("Bearer other", "Bearer marker".to_owned(), "not shown"),
        (
            "Bearer {{any}}",
            "AWS4-HMAC-SHA256 marker".to_owned(),
            "must be Basic or Bearer",
        ),
    ] {
        let told = mismatch(&exchange(expected), &call_as(&found));
        assert!(told.contains(part) && !told.contains("marker"), "{told}");
    }
    let public = replay(
        &json!([{"operation": "POST /oauth2/token", "request": {"a": "1"},
        "response": {"status": 200}}]),
    );
    let told = mismatch(&public, &call_as(&basic("marker", "marker")));
    assert!(
        told.contains("authorization is not in the fixture"),
        "{told}"
    );
    assert!(!told.contains("marker"), "{told}");
    assert_eq!(status(&public, &call_as("")), Some(200));
}

#[test]
fn a_query_is_matched_as_a_form_is_and_what_it_holds_can_be_named() {
    let replay = replay(&json!([
        {"operation": "GET /oauth2/authorize", "request": {"state": "{{state}}", "scope": "a b"},
         "response": {"status": 302, "headers": {"location": "/back?state={{state}}"}}},
        {"operation": "GET /{{user_pool_id}}/.well-known/jwks.json",
         "response": {"status": 200, "text": "{{user_pool_id}} {{state}}"}},
    ]));
    let opened = replay.answer(&call("/oauth2/authorize?scope=a+b&state=x-1", "", None));
    let opened = opened.response.expect("an answer");
    assert_eq!(opened.headers()["location"], "/back?state=x-1");
    let keys = call("/eu-1_a/.well-known/jwks.json", "", None);
    assert_eq!(answer(&replay, &keys), Some((200, "eu-1_a x-1".to_owned())));
    let mut with_body = call("/oauth2/authorize?scope=a+b&state=x-1", "", None);
    *with_body.body_mut() = Bytes::from_static(b"a=1");
    assert!(mismatch(&replay, &with_body).contains("must not have a body"));
}

#[tokio::test(start_paused = true)]
async fn faults_times_order_and_delay_are_those_of_operations() -> TestResult {
    let replay = replay(&json!([
        {"operation": "POST /oauth2/token", "request": {"a": "1"},
         "faults": ["throttle", "close", "truncate"], "delay_ms": 1_500,
         "response": {"status": 200, "body": {"access_token": "abc"}}},
        {"operation": "POST /oauth2/revoke", "request": {"token": "1"}, "response": {"status": 200}},
        {"operation": "POST /oauth2/revoke", "request": {"token": "2"}, "response": {"status": 200},
         "concurrent": true},
    ]));
    let revoke = |token: &str| call("/oauth2/revoke", "", Some(&format!("token={token}")));
    let token = token_call("", "a=1");
    assert!(mismatch(&replay, &revoke("2")).contains("it is not its turn"));
    let began = tokio::time::Instant::now();
    let throttled = replay.call(token.clone()).await?;
    assert_eq!(throttled.status(), 429);
    assert_eq!(throttled.headers()["content-type"], "application/json");
    assert_eq!(began.elapsed(), Duration::from_millis(1_500));
    let closed = replay.call(token.clone()).await.expect_err("nothing");
    assert_eq!(closed.kind(), TransportErrorKind::Interrupted);
    let truncated = replay.call(token.clone()).await?;
    let whole = replay.call(token.clone()).await?;
    assert!(
        truncated.body().len() < whole.body().len() && whole.body().starts_with(truncated.body())
    );
    assert_eq!(status(&replay, &revoke("2")), Some(200));
    assert_eq!(status(&replay, &revoke("1")), Some(200));
    assert!(mismatch(&replay, &revoke("1")).contains("may not be called again"));
    assert!(replay.verify().expect_err("two in vain").problems().count() == 2);
    Ok(())
}

#[cfg(all(feature = "wiremock", feature = "hyper", feature = "verify"))]
#[tokio::test]
async fn a_mounted_player_answers_the_same_and_serves_the_keys_of_the_issuer() -> TestResult {
    use cognito_idp::{fixture::TestIssuer, transport::HyperClient};

    let issuer = TestIssuer::new("eu-central-1_Example", "client")?;
    let keys = issuer.jwks_json();
    let mounted = replay(&json!([
        {"operation": "POST /oauth2/token", "authorization": "Basic {{client_id}}:{{any}}",
         "request": {"a": "x y"}, "faults": ["throttle", "close"],
         "response": {"status": 200, "body": {"id": "{{client_id}}"}}},
        {"operation": "GET /oauth2/userInfo", "authorization": "Bearer t", "request": {"b": "ü"},
         "response": {"status": 200, "body": {}}},
    ]))
    .issue_tokens(issuer);
    let server = wiremock::MockServer::start().await;
    mounted.mount(&server).await;
    let http = HyperClient::new()?;
    let send = |mut request: http::Request<Bytes>| {
        let path = request.uri().path_and_query().map(ToString::to_string);
        let uri = format!("{}{}", server.uri(), path.unwrap_or_default());
        *request.uri_mut() = uri.parse().expect("a URI");
        http.call(request)
    };
    let token = token_call(&basic("client", "secret"), "a=x+y");
    assert_eq!(send(token.clone()).await?.status(), 429);
    assert!(send(token.clone()).await.is_err());
    assert_eq!(send(token).await?.body().as_ref(), br#"{"id":"client"}"#);
    let info = call("/oauth2/userInfo?b=%C3%BC", "Bearer t", None);
    assert_eq!(send(info).await?.status(), 200);
    mounted.verify()?;
    let served = send(call(
        "/eu-central-1_Example/.well-known/jwks.json",
        "",
        None,
    ))
    .await?;
    assert_eq!(served.body(), keys.as_bytes());
    let told = send(token_call("", "a=1&a=2")).await?;
    assert_eq!(told.status(), 418);
    Ok(())
}

/// Answers each call with the next of its responses, and breaks the connection when none is left.
#[derive(Debug)]
struct Server(Mutex<VecDeque<http::Response<Bytes>>>);

impl HttpClient for Server {
    fn call(&self, _request: http::Request<Bytes>) -> HttpFuture<'_> {
        let response = self.0.lock().expect("no panic before").pop_front();
        Box::pin(async {
            response.ok_or_else(|| TransportError::new(TransportErrorKind::Interrupted))
        })
    }
}

fn response(status: u16, body: impl ToString) -> http::Response<Bytes> {
    let response = http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("set-cookie", "XSRF-TOKEN=MARKER")
        .header("location", "https://app.example/?code=MARKER")
        .header("www-authenticate", "Bearer error=MARKER")
        .body(body.to_string().into());
    response.expect("a valid response")
}

type Call = (http::Request<Bytes>, http::Response<Bytes>);

async fn recorder(calls: &[Call]) -> Result<Recorder, TransportError> {
    let responses = calls.iter().map(|(_, response)| response.clone());
    let recorder = Recorder::new(
        Server(Mutex::new(responses.collect())),
        "a server in a test",
    );
    for (request, _) in calls {
        recorder.call(request.clone()).await?;
    }
    Ok(recorder)
}

/// A path below the folder that cargo gives to tests, at which no other test writes.
fn path() -> PathBuf {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{}.json", FILES.fetch_add(1, Ordering::Relaxed));
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("endpoints")
        .join(name)
}

/// Records calls, plays them again, and gives what was written.
async fn record(calls: &[Call]) -> Result<String, Box<dyn std::error::Error>> {
    let path = path();
    recorder(calls).await?.save(&path, "What the test does")?;
    let text = fs::read_to_string(&path)?;
    let replay = Replay::new([Fixture::load(&path)?]);
    for (request, _) in calls {
        replay.call(request.clone()).await?;
    }
    replay.verify()?;
    Ok(text)
}

fn written(text: &str) -> Value {
    serde_json::from_str(text).expect("a fixture")
}

fn jwt(claims: &Value) -> String {
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!(
        "{}.{}.c2ln",
        encode(&json!({"alg": "RS256"})),
        encode(claims)
    )
}

/// A value as a form, a page and JSON write it.
fn spellings(value: &str) -> String {
    let form: String = value
        .bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let html = value
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    format!(
        "'{value}' {form} {} {html} {}",
        form.to_lowercase().replace('+', "%20"),
        json!(value)
    )
}

#[tokio::test]
async fn no_secret_of_a_sign_in_is_written_in_whatever_spelling_it_is_quoted() -> TestResult {
    let secrets = [
        "code",
        "code_verifier",
        "client_id",
        "client_secret",
        "state",
        "nonce",
        "refresh_token",
        "login_hint",
        "anything_new",
        "aws_client_metadata",
    ];
    let value = |name: &str| format!("MARKER+{name}/ =&<ü\"1");
    let form: Vec<_> = secrets
        .iter()
        .map(|name| {
            let value: String = value(name).bytes().map(|b| format!("%{b:02X}")).collect();
            format!("{name}={value}")
        })
        .collect();
    let form = format!(
        "grant_type=authorization_code&scope=openid&{}",
        form.join("&")
    );
    let quoted: Vec<_> = secrets.iter().map(|name| spellings(&value(name))).collect();
    let quoted = quoted.join(", ");
    let authorization = basic("MARKER id", "MARKER:+secret");
    let encoded = authorization.trim_start_matches("Basic ");
    let also = format!(
        "{encoded} {} {}",
        spellings("MARKER id"),
        spellings("MARKER:+secret")
    );
    let description = format!("{quoted} {also}");
    let calls = [
        (
            token_call(&authorization, &form),
            response(
                400,
                json!({"error": "invalid_grant", "error_description": description}),
            ),
        ),
        (
            token_call(&authorization, &form),
            response(502, format!("<html>{quoted} {also}</html>")),
        ),
        (
            call(&format!("/oauth2/authorize?{form}"), "", None),
            response(200, "<input name=\"_csrf\" value=\"MARKER\">"),
        ),
    ];
    let text = record(&calls).await?;
    assert!(
        !text.contains("MARKER") && !text.contains(encoded),
        "{text}"
    );
    let recorded = written(&text);
    let first = &recorded["exchanges"][0];
    assert_eq!(first["operation"], "POST /oauth2/token");
    assert_eq!(first["authorization"], "Basic {{client_id_2}}:{{any}}");
    assert_eq!(first["request"]["grant_type"], "authorization_code");
    assert_eq!(first["request"]["code"], "{{code}}");
    assert_eq!(first["request"]["code_verifier"], "{{any}}");
    assert_eq!(first["request"]["client_secret"], "{{any}}");
    assert_eq!(first["response"]["headers"], Value::Null);
    assert!(recorded["exchanges"][1]["response"]["text"].is_string());
    assert_eq!(recorded["exchanges"][2]["response"], json!({"status": 200}));
    Ok(())
}

#[tokio::test]
async fn tokens_become_their_claims_and_are_named_where_they_come_back() -> TestResult {
    let access = jwt(
        &json!({"sub": "MARKER-sub", "client_id": "MARKER-id", "username": "MARKER-a",
        "scope": "openid", "token_use": "access", "exp": 2, "iat": 1}),
    );
    let id = jwt(
        &json!({"aud": "MARKER-id", "nonce": "MARKER-nonce", "token_use": "id",
        "email": "MARKER@corp.com", "custom:team": "MARKER-team"}),
    );
    let basic = basic("MARKER-id", "MARKER-secret");
    let calls = [
        (
            token_call(&basic, "grant_type=authorization_code&code=MARKER-code"),
            response(
                200,
                json!({"access_token": access, "id_token": id, "refresh_token": "MARKER-r",
                "expires_in": 3600, "token_type": "Bearer"}),
            ),
        ),
        (
            call("/oauth2/userInfo", &format!("Bearer {access}"), None),
            response(200, json!({"sub": "MARKER-sub", "username": "MARKER-a"})),
        ),
        (
            call("/oauth2/revoke", &basic, Some("token=MARKER-r")),
            response(200, ""),
        ),
    ];
    let text = record(&calls).await?;
    assert!(
        !text.contains("MARKER") && !text.contains(&access),
        "{text}"
    );
    let exchanges = &written(&text)["exchanges"];
    let body = &exchanges[0]["response"]["body"];
    let claims = &body["access_token"]["{{jwt:access_token}}"];
    assert_eq!(claims["client_id"], "{{client_id}}");
    assert_eq!(claims["scope"], "openid");
    assert_eq!(body["id_token"]["{{jwt:id_token}}"]["aud"], "{{client_id}}");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(exchanges[1]["authorization"], "Bearer {{access_token}}");
    assert_eq!(exchanges[1]["response"]["body"]["sub"], claims["sub"]);
    assert_eq!(exchanges[2]["request"]["token"], body["refresh_token"]);
    Ok(())
}

/// Members of forms, queries and answers that stay as they are. Whatever else holds a text is
/// replaced, so a member that AWS adds is until it stands here and in `src/fixture/call.rs`.
const HARMLESS: &[&str] = &[
    "__type",
    "alg",
    "code_challenge_method",
    "cognito:groups",
    "e",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "grant_type",
    "identity_provider",
    "idp_identifier",
    "keys",
    "kid",
    "kty",
    "lang",
    "logout_uri",
    "message",
    "n",
    "prompt",
    "redirect_uri",
    "resource",
    "response_type",
    "scope",
    "token_type",
    "token_type_hint",
    "use",
];

#[tokio::test]
async fn what_is_not_known_to_be_harmless_is_somebodys() -> TestResult {
    let claims = [
        "sub",
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
        "address",
        "updated_at",
        "username",
        "cognito:username",
        "custom:team",
        "dev:custom:x",
        "identities",
        "something_new",
        "iss",
        "issuer",
        "id_token_hint",
        "acr_values",
    ];
    for name in claims.into_iter().chain(HARMLESS.iter().copied()) {
        let form = format!("{name}=MARKER-asked");
        let answer =
            json!({name: "MARKER-told", "deep": {name: ["MARKER-deep", 4_242_424_242_u64]}});
        let calls = [(token_call("", &form), response(200, &answer))];
        let text = record(&calls).await?;
        let is_harmless = HARMLESS.contains(&name);
        for marker in ["MARKER-asked", "MARKER-told"] {
            assert_eq!(text.contains(marker), is_harmless, "{name}: {text}");
        }
        // Inside of what is somebody's, no name is harmless.
        assert!(
            !text.contains("MARKER-deep") && !text.contains("4242424242"),
            "{name}: {text}"
        );
    }
    let lists = json!([["MARKER"], "MARKER", {"keys": ["MARKER"]}, 4_242_424_242_u64]);
    let text = record(&[(token_call("", ""), response(400, lists))]).await?;
    assert!(
        !text.contains("MARKER") && !text.contains("4242424242"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn yes_and_no_stay_and_what_is_named_is_kept() -> TestResult {
    let info = json!({"email_verified": "true", "phone_number_verified": "false", "locale": "de",
        "email": "MARKER@corp.com", "phone_number": "+4915112345678"});
    let calls = [(
        call("/oauth2/userInfo", "Bearer MARKER", None),
        response(200, info),
    )];
    let path = path();
    let recorder = recorder(&calls).await?.keep(["locale"])?;
    recorder.save(&path, "d")?;
    let text = fs::read_to_string(&path)?;
    let body = &written(&text)["exchanges"][0]["response"]["body"];
    assert_eq!(body["email_verified"], "true");
    assert_eq!(body["phone_number_verified"], "false");
    assert_eq!(body["locale"], "de");
    assert_eq!(body["email"], "email-1@example.com");
    assert!(
        !text.contains("MARKER") && !text.contains("4915112345678"),
        "{text}"
    );
    for secret in [
        "access_token",
        "state",
        "code_verifier",
        "client_secret",
        "nonce",
    ] {
        let none = Recorder::new(Server(Mutex::default()), "none");
        assert!(none.keep([secret]).is_err(), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn the_pool_in_a_path_is_a_placeholder_and_its_public_keys_stay() -> TestResult {
    let keys = json!({"keys": [{"kid": "key-1", "kty": "RSA", "alg": "RS256", "use": "sig",
        "e": "AQAB", "n": "modulus", "x5t": "MARKER"}]});
    let path = "/eu-central-1_MARKER1/.well-known/jwks.json";
    let text = record(&[(call(path, "", None), response(200, &keys))]).await?;
    assert!(!text.contains("MARKER"), "{text}");
    let exchange = &written(&text)["exchanges"][0];
    assert_eq!(
        exchange["operation"],
        "GET /{{user_pool_id}}/.well-known/jwks.json"
    );
    let key = &exchange["response"]["body"]["keys"][0];
    assert_eq!(
        (&key["n"], &key["kid"]),
        (&json!("modulus"), &json!("key-1"))
    );
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_redacted_or_replayed_is_not_written() -> TestResult {
    let metadata = "http://169.254.169.254/latest/meta-data/iam/security-credentials/MARKER";
    let metadata = http::Request::get(metadata).body(Bytes::new())?;
    let operation_or_endpoint = "must be an operation or a call to an OAuth 2.0 endpoint";
    let mut bad_type = token_call("", "code=MARKER");
    bad_type.headers_mut().remove("content-type");
    for (request, rule) in [
        (metadata, operation_or_endpoint),
        (
            call("/login", "", Some("password=MARKER")),
            operation_or_endpoint,
        ),
        (
            token_call("", "code=MARKER&code=MARKER2"),
            "\"code\" must not come twice",
        ),
        (token_call("", "code=MARKER%"), "percent-encoded"),
        (
            token_call("Digest MARKER", "a=1"),
            "must be Basic or Bearer",
        ),
        (
            token_call("Basic MARKER", "a=1"),
            "Basic credentials must be",
        ),
        (bad_type, "must be a form"),
    ] {
        let recorder = recorder(&[(request, response(200, "MARKER"))]).await?;
        let path = path();
        let error = recorder.save(&path, "d").expect_err("not writable");
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains(rule) && shown.contains("exchange 1"),
            "{shown}"
        );
        assert!(!shown.contains("MARKER"), "{shown}");
        assert!(!path.exists());
    }
    Ok(())
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime").block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever comes, nothing panics; what is written replays.
    #[test]
    fn any_bytes_are_recorded_or_refused(
        form in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "[a-c=&%+{}0-9]{0,40}".prop_map(String::into_bytes),
        ],
        body in ".{0,60}",
        authorization in prop_oneof![
            Just(String::new()),
            "(Basic|Bearer) [A-Za-z0-9+/=.{}]{0,24}",
            "[A-Za-z0-9+/]{0,12}".prop_map(|text| basic("id", &text)),
        ],
        status in 200_u16..600,
    ) {
        let mut request = token_call(&authorization, "");
        *request.body_mut() = form.into();
        let calls = [(request.clone(), response(status, &body))];
        let path = path();
        let saved = run(recorder(&calls)).map(|recorder| recorder.save(&path, "d"));
        if let Ok(Ok(fixture)) = saved {
            let replay = Replay::new([fixture]);
            prop_assert!(replay.answer(&request).response.is_some());
            prop_assert!(replay.verify().is_ok());
        }
    }

    /// Whatever a field is called and however it is written and quoted, its value is not kept.
    #[test]
    fn no_value_is_written_of_a_field_that_is_not_known_to_be_harmless(
        name in "[a-z_:.-]{1,12}",
        value in "[ -~äß€🔑]{6,24}",
        quoted in "[ -~]{0,10}",
    ) {
        prop_assume!(!HARMLESS.contains(&name.as_str()) && !value.trim().is_empty());
        // Of spaces and plus signs alone nothing could be told from others.
        prop_assume!(value.chars().filter(|c| c.is_alphanumeric()).count() >= 5);
        let form: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let told = format!("{quoted} {}", spellings(&value));
        let calls = [
            (token_call("", &format!("{name}={form}")),
             response(400, json!({"error": "invalid_request", "error_description": told}))),
            (token_call("", &format!("{name}={form}")), response(200, json!({&name: value}))),
        ];
        let text = run(record(&calls)).expect("a recording that replays");
        let plain = text.contains(&value) || text.contains(json!(value).to_string().trim_matches('"'));
        prop_assert!(!plain && !text.contains(&form), "{}", text);
    }
}
