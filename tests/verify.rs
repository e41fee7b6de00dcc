//! What a verifier accepts and what it refuses, with the keys at hand.
#![cfg(all(feature = "verify", feature = "fixtures"))]

use std::{
    error::Error as StdError,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_idp::{
    endpoint::Endpoint,
    fixture::TestIssuer,
    verify::{
        AccessClaims, Check, CheckName, Explanation, TokenPart, TokenUse, TokenVerifier,
        TrustedPool, VerifierBuilder, VerifyError, bearer_token,
    },
};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn StdError>>;

const POOL: &str = "eu-central-1_Example";
const CLIENT: &str = "app-client-id";
const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";
const UPDATED: &str = "https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";
const NOW: u64 = 1_800_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn issuer() -> TestIssuer {
    let issuer = TestIssuer::new(POOL, CLIENT).expect("a pool ID");
    issuer.clock(now)
}

fn pool() -> TrustedPool {
    TrustedPool::new(POOL).client(CLIENT).keys(issuer().jwks())
}

fn trusting(pool: TrustedPool) -> VerifierBuilder {
    TokenVerifier::builder(pool).trust_test_issuer()
}

fn verifier(pool: TrustedPool) -> TokenVerifier {
    trusting(pool).build().expect("a verifier")
}

/// Claims of an access token, with some changed; `null` takes one away.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "sub", "token_use": "access", "client_id": CLIENT, "username": "alice",
        "scope": "openid orders/read", "iat": NOW, "exp": NOW + 300,
    });
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().into_iter().flatten() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// What an access token with these changes is worth to the verifier.
fn verdict(verifier: &TokenVerifier, changes: &Value) -> String {
    access_told(verifier, &issuer().sign(&claims(changes)))
}

fn id_verdict(verifier: &TokenVerifier, changes: &Value) -> String {
    let mut id = json!({"token_use": "id", "client_id": null, "scope": null, "aud": CLIENT});
    for (name, value) in changes.as_object().into_iter().flatten() {
        id[name] = value.clone();
    }
    let token = issuer().sign(&claims(&id));
    let told = told(verifier.verify_id_at(&token, now()));
    is_explained(verifier, &token, TokenUse::Id, &told);
    told
}

/// What an access token is worth, which an explanation must say as well.
fn access_told(verifier: &TokenVerifier, token: &str) -> String {
    let told = told(verifier.verify_access_at(token, now()));
    is_explained(verifier, token, TokenUse::Access, &told);
    told
}

fn is_explained(verifier: &TokenVerifier, token: &str, token_use: TokenUse, expected: &str) {
    let explanation = verifier.explain_at(token, token_use, now());
    assert_eq!(told(explanation.verdict()), expected, "{explanation:?}");
    let names = explanation.checks().iter().map(|check| check.name);
    assert!(names.is_sorted_by_key(|name| name as u8), "{explanation:?}");
}

fn told<T>(result: Result<T, VerifyError>) -> String {
    match result {
        Ok(_) => "good".to_owned(),
        Err(error) => reason(&error).to_owned(),
    }
}

fn reason(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::Missing => "missing",
        VerifyError::Malformed(TokenPart::Whole) => "form",
        VerifyError::Malformed(TokenPart::Header) => "header",
        VerifyError::Malformed(TokenPart::Payload) => "payload",
        VerifyError::Malformed(TokenPart::Signature) => "signature part",
        VerifyError::Algorithm => "algorithm",
        VerifyError::UnknownKey => "key",
        VerifyError::TestKey => "test key",
        VerifyError::Signature => "signature",
        VerifyError::Expired { .. } => "expired",
        VerifyError::NotYetValid { .. } => "early",
        VerifyError::Issuer => "issuer",
        VerifyError::Client => "client",
        VerifyError::Audience => "audience",
        VerifyError::TokenUse { .. } => "use",
        VerifyError::Scope { .. } => "scope",
        VerifyError::Group { .. } => "group",
        VerifyError::KeysUnavailable(_) => "no keys",
        _ => "something new",
    }
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn a_good_token_tells_who_and_what() -> Outcome {
    let token = issuer().sign(&claims(&json!({
        "cognito:groups": ["admins", "ädmins"], "origin_jti": "o", "event_id": "e", "jti": "j",
        "auth_time": NOW - 60, "device_key": "d", "custom:tenant": "blue", "deep": {"a": [1]},
    })));
    let claims = verifier(pool()).verify_access_at(&token, now())?;
    assert_eq!(claims.username(), Some("alice"));
    assert_eq!((claims.sub(), claims.client_id()), ("sub", CLIENT));
    assert_eq!(claims.issuer(), ISSUER);
    assert_eq!(
        claims.scopes().collect::<Vec<_>>(),
        ["openid", "orders/read"]
    );
    assert!(claims.has_scope("orders/read") && !claims.has_scope("orders"));
    assert_eq!(claims.groups(), ["admins", "ädmins"]);
    assert!(claims.in_group("admins") && claims.require_group("ädmins").is_ok());
    assert_eq!((claims.jti(), claims.origin_jti()), (Some("j"), Some("o")));
    assert_eq!(
        (claims.event_id(), claims.device_key()),
        (Some("e"), Some("d"))
    );
    assert_eq!(claims.issued_at(), Some(now()));
    assert_eq!(claims.expires_at(), now() + Duration::from_mins(5));
    assert_eq!(claims.auth_time(), Some(now() - Duration::from_mins(1)));
    assert_eq!(claims.custom("tenant"), Some("blue"));
    assert_eq!(claims.claim("deep"), Some(&json!({"a": [1]})));
    assert_eq!(claims.claim("none"), None);
    assert_eq!(
        reason(
            &claims
                .require_scope("orders/write")
                .expect_err("no such scope")
        ),
        "scope"
    );
    assert_eq!(
        reason(&claims.require_group("none").expect_err("no such group")),
        "group"
    );
    assert!(format!("{claims:?}").contains(ISSUER));
    Ok(())
}

#[test]
fn an_id_token_tells_who_signed_in() -> Outcome {
    let unproven = issuer().sign(&claims(&json!({
        "token_use": "id", "client_id": null, "aud": CLIENT, "email": "alice@example.com",
        "email_verified": false, "phone_number": "+1",
    })));
    let token = issuer().sign(&claims(&json!({
        "token_use": "id", "client_id": null, "aud": CLIENT, "cognito:username": "alice",
        "email": "alice@example.com", "email_verified": true, "phone_number": "+1",
        "phone_number_verified": "true", "name": "Älice", "nonce": "n",
        "cognito:roles": ["arn:1", "arn:2"], "cognito:preferred_role": "arn:1",
    })));
    let claims = verifier(pool()).verify_id_at(&token, now())?;
    assert_eq!(
        (claims.username(), claims.client_id()),
        (Some("alice"), CLIENT)
    );
    assert_eq!(
        (claims.email(), claims.email_verified()),
        (Some("alice@example.com"), true)
    );
    assert_eq!(
        (claims.phone_number(), claims.phone_number_verified()),
        (Some("+1"), true)
    );
    assert_eq!((claims.name(), claims.nonce()), (Some("Älice"), Some("n")));
    assert_eq!(claims.roles().collect::<Vec<_>>(), ["arn:1", "arn:2"]);
    assert_eq!(claims.preferred_role(), Some("arn:1"));
    let shown = format!("{claims:?}");
    assert!(
        shown.contains(ISSUER) && !shown.contains("alice@"),
        "{shown}"
    );

    let claims = verifier(pool()).verify_id_at(&unproven, now())?;
    assert!(!claims.email_verified() && !claims.phone_number_verified());
    Ok(())
}

#[test]
fn claims_are_read_into_a_type_of_the_callers_own() -> Outcome {
    #[derive(serde::Deserialize)]
    struct Tenant {
        #[serde(rename = "custom:tenant")]
        tenant: String,
        seats: u32,
    }
    let verifier = verifier(pool());
    let token = issuer().sign(&claims(&json!({"custom:tenant": "blue", "seats": 3})));
    let tenant: Tenant = verifier.verify_access_at(&token, now())?.read()?;
    assert_eq!((tenant.tenant.as_str(), tenant.seats), ("blue", 3));

    let token = issuer().sign(&claims(&json!({"custom:tenant": "blue"})));
    let claims = verifier.verify_access_at(&token, now())?;
    assert_eq!(told(claims.read::<Tenant>()), "payload");
    Ok(())
}

#[test]
fn a_token_of_another_form_is_refused() {
    let verifier = verifier(pool());
    let good = issuer().sign(&claims(&json!({})));
    let parts: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three parts");
    };
    let with_header = |json: &str| format!("{}.{payload}.{signature}", encode(json));
    let with_payload = |json: &str| format!("{header}.{}.{signature}", encode(json));
    let kid = issuer().jwks().key_ids().next().map(str::to_owned);
    let kid = kid.expect("a key");
    let header_of = |rest: &str| with_header(&format!("{{\"kid\":\"{kid}\",{rest}}}"));
    for (token, expected) in [
        (String::new(), "form"),
        (".".to_owned(), "form"),
        ("..".to_owned(), "header"),
        (format!("{header}.{payload}"), "form"),
        (format!("{good}.{signature}"), "form"),
        (format!("{good}{}", "A".repeat(16 * 1024)), "form"),
        (format!("={good}"), "header"),
        (format!(" {good}"), "header"),
        (format!("{good}\n"), "signature part"),
        (format!("{good}="), "signature part"),
        (format!("{header}.{payload}."), "signature"),
        (format!("{header}.{payload}.AAAA"), "signature"),
        (with_header("not JSON"), "header"),
        (with_header("\"text\""), "header"),
        (with_header("[\"RS256\",\"kid\",null]"), "header"),
        (with_header("{}"), "header"),
        (with_header("{\"alg\":\"RS256\"}"), "header"),
        (with_header("{\"alg\":\"RS256\",\"kid\":1}"), "header"),
        (with_header("{\"alg\":\"RS256\",\"kid\":\"\"}"), "header"),
        (header_of("\"alg\":256"), "header"),
        (header_of("\"alg\":\"RS256\",\"crit\":[\"exp\"]"), "header"),
        (header_of("\"alg\":\"RS256\",\"crit\":null"), "header"),
        (header_of("\"alg\":\"RS256\",\"alg\":\"RS256\""), "header"),
        (
            header_of("\"alg\":\"RS256\",\"x\":{\"y\":1,\"y\":1}"),
            "header",
        ),
        (header_of("\"alg\":\"none\""), "algorithm"),
        (header_of("\"alg\":\"None\""), "algorithm"),
        (header_of("\"alg\":\"HS256\""), "algorithm"),
        (header_of("\"alg\":\"RS384\""), "algorithm"),
        (header_of("\"alg\":\"PS256\""), "algorithm"),
        (header_of("\"alg\":\"ES256\""), "algorithm"),
        (header_of("\"alg\":\"rs256\""), "algorithm"),
        (with_header("{\"alg\":\"RS256\",\"kid\":\"other\"}"), "key"),
        (header_of("\"alg\":\"RS256\",\"typ\":\"JWT\""), "signature"),
        (with_payload("not JSON"), "payload"),
        (with_payload("[]"), "payload"),
        (with_payload("{}"), "payload"),
        (with_payload(&"[".repeat(1000)), "payload"),
        (
            with_payload(&format!("{{\"a\":{}", "[".repeat(1000))),
            "payload",
        ),
        (
            with_payload("{\"iss\":\"evil\",\"sub\":\"s\",\"exp\":1}"),
            "issuer",
        ),
    ] {
        assert_eq!(access_told(&verifier, &token), expected, "{token:.200}");
    }
    // What matters of the header is right here, and the rest is not looked at.
    let header =
        json!({"alg": "RS256", "kid": kid, "typ": "at+jwt", "jku": "https://evil.example"});
    let token = issuer().sign_with_header(&header, &claims(&json!({})));
    assert_eq!(access_told(&verifier, &token), "good");
}

/// A check's result, what the token says, and what it must say.
fn check(explanation: &Explanation, name: CheckName) -> (String, Option<&str>, Option<&str>) {
    let mut checks = explanation.checks().iter();
    let found: &Check = checks
        .find(|check| check.name == name)
        .expect("every check is there");
    let result = match found.result.clone() {
        Some(result) => told(result),
        None => "not checked".to_owned(),
    };
    (result, found.found.as_deref(), found.required.as_deref())
}

#[test]
fn an_explanation_goes_on_after_the_first_check_that_fails() {
    let pool = pool().scope("orders/write").scope("all").group("admins");
    let token = issuer().sign(&claims(&json!({
        "client_id": "other", "exp": NOW - 1, "iat": NOW - 301, "aud": ["https://api.example"],
        "cognito:groups": ["readers", "writers"], "username": "Marker-alice", "sub": "Marker-sub",
    })));
    let explanation = verifier(pool).explain_at(&token, TokenUse::Access, now());
    let issuers = format!("{ISSUER}, {UPDATED}");
    let kid = "published-test-key-of-cognito-idp";
    for (name, result, found, required) in [
        (CheckName::Form, "good", None, None),
        (CheckName::Algorithm, "good", Some("RS256"), Some("RS256")),
        (
            CheckName::Issuer,
            "good",
            Some(ISSUER),
            Some(issuers.as_str()),
        ),
        (CheckName::Key, "good", Some(kid), None),
        (CheckName::Signature, "good", None, None),
        (
            CheckName::Time,
            "expired",
            Some("2027-01-15T07:54:59Z to 2027-01-15T07:59:59Z"),
            Some("2027-01-15T08:00:00Z"),
        ),
        (CheckName::TokenUse, "good", Some("access"), Some("access")),
        (CheckName::Client, "client", Some("other"), Some(CLIENT)),
        (
            CheckName::Audience,
            "audience",
            Some("https://api.example"),
            None,
        ),
        (
            CheckName::Scope,
            "scope",
            Some("openid, orders/read"),
            Some("orders/write, all"),
        ),
        (
            CheckName::Group,
            "group",
            Some("readers, writers"),
            Some("admins"),
        ),
    ] {
        let expected = (result.to_owned(), found, required);
        assert_eq!(check(&explanation, name), expected, "{name}");
    }
    assert_eq!(told(explanation.verdict()), "expired");
    let shown = format!("{explanation:?}");
    for part in ["Marker", "other", "readers", "api.example"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[test]
fn an_explanation_says_what_nobody_can_tell() {
    let explain = |token: &str, token_use| verifier(pool()).explain_at(token, token_use, now());
    let result = |explanation: &Explanation, name| check(explanation, name).0;
    // Not even a token.
    let explanation = explain("Marker", TokenUse::Access);
    assert_eq!(result(&explanation, CheckName::Form), "form");
    assert_eq!(result(&explanation, CheckName::Group), "not checked");
    assert_eq!(explanation.checks().len(), 11);
    // A stranger's keys are not asked for, and what it says is measured all the same.
    let strange = issuer().sign(&claims(
        &json!({"iss": "https://evil.example", "client_id": "x"}),
    ));
    let explanation = explain(&strange, TokenUse::Access);
    assert_eq!(result(&explanation, CheckName::Issuer), "issuer");
    for name in [CheckName::Key, CheckName::Signature] {
        assert_eq!(result(&explanation, name), "not checked");
    }
    assert_eq!(result(&explanation, CheckName::Client), "client");
    // Of several pools nobody knows which rules would count.
    let two = trusting(pool()).pool(TrustedPool::new("eu-central-1_Other").any_client());
    let explanation =
        two.build()
            .expect("a verifier")
            .explain_at(&strange, TokenUse::Access, now());
    assert_eq!(result(&explanation, CheckName::Client), "not checked");
    assert_eq!(result(&explanation, CheckName::Time), "good");
    // A key of the issuer's that it has not.
    let header = json!({"alg": "RS256", "kid": "other"});
    let explanation = explain(
        &issuer().sign_with_header(&header, &claims(&json!({}))),
        TokenUse::Access,
    );
    assert_eq!(
        check(&explanation, CheckName::Key),
        ("key".to_owned(), Some("other"), None)
    );
    assert_eq!(result(&explanation, CheckName::Signature), "not checked");
    // Signed with the published key by who is not trusted: the signature holds.
    let strict = TokenVerifier::builder(pool()).build().expect("a verifier");
    let good = issuer().sign(&claims(&json!({})));
    let explanation = strict.explain_at(&good, TokenUse::Access, now());
    assert_eq!(result(&explanation, CheckName::Key), "test key");
    assert_eq!(result(&explanation, CheckName::Signature), "good");
    // An access token in place of an ID token is judged as what it is.
    let explanation = explain(&good, TokenUse::Id);
    let token_use = ("use".to_owned(), Some("access"), Some("id"));
    assert_eq!(check(&explanation, CheckName::TokenUse), token_use);
    assert_eq!(result(&explanation, CheckName::Client), "good");
    // Another algorithm hides nothing else.
    let header = json!({"alg": "HS256", "kid": "published-test-key-of-cognito-idp"});
    let explanation = explain(
        &issuer().sign_with_header(&header, &claims(&json!({}))),
        TokenUse::Access,
    );
    let algorithm = ("algorithm".to_owned(), Some("HS256"), Some("RS256"));
    assert_eq!(check(&explanation, CheckName::Algorithm), algorithm);
    assert_eq!(result(&explanation, CheckName::Client), "good");
}

#[test]
fn an_endpoint_is_an_issuer_besides_those_of_aws() -> Outcome {
    for (url, there) in [
        (
            "http://127.0.0.1:4566",
            format!("http://127.0.0.1:4566/{POOL}"),
        ),
        (
            "https://idp.example/cognito/",
            format!("https://idp.example/cognito/{POOL}"),
        ),
        (
            "https://cognito-idp.eu-central-1.amazonaws.com",
            ISSUER.to_owned(),
        ),
    ] {
        let verifier = verifier(pool().endpoint(Endpoint::custom(url)?));
        assert_eq!(verdict(&verifier, &json!({"iss": there})), "good", "{url}");
        assert_eq!(verdict(&verifier, &json!({"iss": ISSUER})), "good", "{url}");
        assert_eq!(verdict(&verifier, &json!({"iss": url})), "issuer", "{url}");
    }
    // An issuer that is named takes the place of AWS's, and not of the endpoint's.
    let named = pool()
        .issuer("https://a.example")
        .endpoint(Endpoint::custom("http://localhost:1")?);
    let verifier = verifier(named);
    assert_eq!(verdict(&verifier, &json!({"iss": ISSUER})), "issuer");
    let there = format!("http://localhost:1/{POOL}");
    assert_eq!(verdict(&verifier, &json!({"iss": there})), "good");
    Ok(())
}

#[test]
fn claims_of_a_wrong_kind_are_refused() {
    let verifier = verifier(pool());
    for changes in [
        json!({"iss": null}),
        json!({"iss": 1}),
        json!({"iss": [ISSUER]}),
        json!({"sub": null}),
        json!({"sub": 1}),
        json!({"aud": 1}),
        json!({"aud": [CLIENT, 1]}),
        json!({"aud": {}}),
        json!({"exp": null}),
        json!({"exp": "nonsense"}),
        json!({"exp": (NOW + 300).to_string()}),
        json!({"exp": [NOW + 300]}),
        json!({"iat": "1"}),
        json!({"nbf": "1"}),
        json!({"nbf": {}}),
        json!({"scope": 1}),
        json!({"scope": ["openid"]}),
        json!({"jti": 1}),
        json!({"client_id": 1}),
        json!({"token_use": 1}),
        json!({"cognito:groups": "admins"}),
        json!({"cognito:groups": [1]}),
    ] {
        assert_eq!(verdict(&verifier, &changes), "payload", "{changes}");
    }
    // Numbers need not be whole, and may be written in any way.
    let fraction = json!({"exp": 1_800_000_000.5, "iat": 1.799e9, "nbf": -1});
    assert_eq!(verdict(&verifier, &fraction), "good");
}

#[test]
fn a_payload_that_names_a_member_twice_is_refused() {
    let verifier = verifier(pool());
    let text = claims(&json!({})).to_string();
    for (more, expected) in [
        ("\"other\":1", "good"),
        ("\"exp\":9999999999", "payload"),
        ("\"other\":1,\"other\":1", "payload"),
        ("\"other\":1,\"oth\\u0065r\":2", "payload"),
        ("\"other\":[{\"a\":1,\"a\":1}]", "payload"),
    ] {
        let payload = text.replacen('{', &format!("{{{more},"), 1);
        let token = sign_text(&payload);
        assert_eq!(access_told(&verifier, &token), expected, "{more}");
    }
}

/// Signs a payload that no JSON value stands for, with the published key.
fn sign_text(payload: &str) -> String {
    let key: String = include_str!("../src/fixture/published-test-key.txt")
        .lines()
        .skip(3)
        .collect();
    let der = base64::engine::general_purpose::STANDARD.decode(key);
    let key = ring::signature::RsaKeyPair::from_pkcs8(&der.expect("base64")).expect("a key");
    let good = issuer().sign(&json!({}));
    let header = good.split('.').next().expect("a header");
    let signed = format!("{header}.{}", encode(payload));
    let mut signature = vec![0; 256];
    key.sign(
        &ring::signature::RSA_PKCS1_SHA256,
        &ring::rand::SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_token_is_good_from_its_beginning_to_its_end_and_by_the_leeway_longer() -> Outcome {
    let strict = verifier(pool());
    let lenient = trusting(pool()).leeway(Duration::from_secs(10)).build()?;
    for (changes, with_none, with_ten) in [
        (json!({"exp": NOW + 1}), "good", "good"),
        (json!({"exp": NOW}), "expired", "good"),
        (json!({"exp": NOW - 9}), "expired", "good"),
        (json!({"exp": NOW - 10}), "expired", "expired"),
        (json!({"exp": -1e300}), "expired", "expired"),
        (json!({"exp": 1e300}), "good", "good"),
        (json!({"nbf": NOW}), "good", "good"),
        (json!({"nbf": NOW + 1}), "early", "good"),
        (json!({"nbf": NOW + 10}), "early", "good"),
        (json!({"nbf": NOW + 11}), "early", "early"),
        (json!({"iat": NOW + 1}), "early", "good"),
        (json!({"iat": NOW + 11}), "early", "early"),
        (json!({"iat": null}), "good", "good"),
    ] {
        assert_eq!(verdict(&strict, &changes), with_none, "{changes}");
        assert_eq!(verdict(&lenient, &changes), with_ten, "{changes}");
    }
    let token = issuer().sign(&claims(&json!({"exp": NOW - 1})));
    match strict.verify_access_at(&token, now()) {
        Err(VerifyError::Expired { at }) => assert_eq!(at, now() - Duration::from_secs(1)),
        other => panic!("{other:?}"),
    }
    // A clock before all clocks makes nothing good.
    assert_eq!(
        told(strict.verify_access_at(&token, UNIX_EPOCH - Duration::from_secs(9))),
        "early"
    );
    let error = trusting(pool()).leeway(Duration::from_secs(301)).build();
    assert!(error.is_err_and(|error| error.to_string().contains("leeway")));
    Ok(())
}

#[test]
fn neither_use_passes_for_the_other() {
    let verifier = verifier(pool());
    assert_eq!(verdict(&verifier, &json!({"token_use": "id"})), "use");
    assert_eq!(
        verdict(&verifier, &json!({"token_use": "id", "aud": CLIENT})),
        "use"
    );
    assert_eq!(verdict(&verifier, &json!({"token_use": "refresh"})), "use");
    assert_eq!(verdict(&verifier, &json!({"token_use": null})), "use");
    assert_eq!(id_verdict(&verifier, &json!({})), "good");
    assert_eq!(
        id_verdict(&verifier, &json!({"token_use": "access"})),
        "use"
    );
}

#[test]
fn a_token_of_another_client_is_refused() {
    let one = verifier(pool());
    assert_eq!(verdict(&one, &json!({"client_id": "other"})), "client");
    assert_eq!(verdict(&one, &json!({"client_id": null})), "client");
    assert_eq!(
        verdict(&one, &json!({"client_id": null, "aud": CLIENT})),
        "client"
    );
    assert_eq!(id_verdict(&one, &json!({"aud": "other"})), "client");
    assert_eq!(id_verdict(&one, &json!({"aud": null})), "client");
    assert_eq!(
        id_verdict(&one, &json!({"aud": null, "client_id": CLIENT})),
        "client"
    );
    assert_eq!(id_verdict(&one, &json!({"aud": ["other", CLIENT]})), "good");
    assert_eq!(id_verdict(&one, &json!({"aud": []})), "client");

    let two = verifier(pool().client("other"));
    assert_eq!(verdict(&two, &json!({"client_id": "other"})), "good");
    assert_eq!(verdict(&two, &json!({})), "good");

    let any = verifier(TrustedPool::new(POOL).any_client().keys(issuer().jwks()));
    assert_eq!(verdict(&any, &json!({"client_id": "whoever"})), "good");
    assert_eq!(verdict(&any, &json!({"client_id": null})), "client");
    assert_eq!(id_verdict(&any, &json!({"aud": "whoever"})), "good");
    assert_eq!(id_verdict(&any, &json!({"aud": null})), "client");
}

#[test]
fn clients_whose_id_is_a_url_are_known_by_the_url_or_a_pattern() -> Outcome {
    let url = "https://app.example.com/oauth/client.json";
    let exact = verifier(pool().client(url));
    assert_eq!(verdict(&exact, &json!({"client_id": url})), "good");
    assert_eq!(
        verdict(&exact, &json!({"client_id": format!("{url}?x")})),
        "client"
    );

    let pattern = |pattern: &str| {
        trusting(
            TrustedPool::new(POOL)
                .client_urls(pattern)
                .keys(issuer().jwks()),
        )
        .build()
    };
    let ours = pattern("https://*.example.com/oauth/*.json")?;
    for (client_id, expected) in [
        (url, "good"),
        ("https://a.b.example.com/oauth/x/y.json", "good"),
        ("https://app.example.com/oauth/client.xml", "client"),
        ("https://app.example.com/other/client.json", "client"),
        ("http://app.example.com/oauth/client.json", "client"),
        ("https://example.com/oauth/client.json", "client"),
        ("https://evil.com/.example.com/oauth/client.json", "client"),
        ("https://evil.com#.example.com/oauth/client.json", "client"),
        ("https://evil.com?.example.com/oauth/client.json", "client"),
        ("https://evil.com\\.example.com/oauth/client.json", "client"),
        ("https://evil@app.example.com/oauth/client.json", "client"),
        (
            "https://app.example.com.evil.com/oauth/client.json",
            "client",
        ),
        (CLIENT, "client"),
    ] {
        assert_eq!(
            verdict(&ours, &json!({"client_id": client_id})),
            expected,
            "{client_id}"
        );
    }
    for bad in [
        "",
        "*",
        "https://*",
        "https://*/x",
        "http://a.example.com/*",
        "https:///x",
    ] {
        assert!(pattern(bad).is_err(), "{bad}");
    }
    Ok(())
}

#[test]
fn a_token_that_is_bound_to_a_resource_is_good_there_only() {
    let api = "https://api.example.com";
    let unbound = verifier(pool());
    assert_eq!(verdict(&unbound, &json!({})), "good");
    assert_eq!(verdict(&unbound, &json!({"aud": api})), "audience");
    let bound = verifier(pool().audience(api).audience("https://api.example.org"));
    assert_eq!(verdict(&bound, &json!({"aud": api})), "good");
    assert_eq!(
        verdict(&bound, &json!({"aud": ["https://other.example.com", api]})),
        "good"
    );
    assert_eq!(
        verdict(&bound, &json!({"aud": "https://api.example.com/"})),
        "audience"
    );
    assert_eq!(verdict(&bound, &json!({})), "audience");
    // The audience of an ID token is the client.
    assert_eq!(id_verdict(&bound, &json!({})), "good");
}

#[test]
fn scopes_and_groups_of_a_pool_are_required() {
    let one = verifier(pool().scope("orders/read"));
    let several = verifier(pool().scope("none").scope("openid"));
    let others = verifier(pool().scope("orders/write").scope("orders"));
    for (verifier, expected) in [(&one, "good"), (&several, "good"), (&others, "scope")] {
        assert_eq!(verdict(verifier, &json!({})), expected);
        assert_eq!(verdict(verifier, &json!({"scope": null})), "scope");
        assert_eq!(verdict(verifier, &json!({"scope": ""})), "scope");
        // An ID token has none.
        assert_eq!(id_verdict(verifier, &json!({})), "good");
    }
    let grouped = verifier(pool().group("admins").group("editors"));
    assert_eq!(
        verdict(&grouped, &json!({"cognito:groups": ["readers", "editors"]})),
        "good"
    );
    assert_eq!(
        verdict(&grouped, &json!({"cognito:groups": ["readers"]})),
        "group"
    );
    assert_eq!(verdict(&grouped, &json!({})), "group");
    assert_eq!(
        id_verdict(&grouped, &json!({"cognito:groups": ["admins"]})),
        "good"
    );
    assert_eq!(id_verdict(&grouped, &json!({})), "group");
}

#[test]
fn both_names_of_the_issuer_and_those_of_replicas_are_accepted_and_no_other() {
    let plain = verifier(pool());
    let replicated = verifier(
        pool()
            .replica_region("us-east-1")
            .replica_region("eu-central-1"),
    );
    let replica = "https://cognito-idp.us-east-1.amazonaws.com/eu-central-1_Example";
    for (issuer, expected, with_replica) in [
        (ISSUER, "good", "good"),
        (UPDATED, "good", "good"),
        (replica, "issuer", "good"),
        (
            "https://issuer-cognito-idp.us-east-1.amazonaws.com/eu-central-1_Example",
            "issuer",
            "issuer",
        ),
        (
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other",
            "issuer",
            "issuer",
        ),
        (
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example/",
            "issuer",
            "issuer",
        ),
        (
            "http://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example",
            "issuer",
            "issuer",
        ),
        (
            "https://COGNITO-IDP.eu-central-1.amazonaws.com/eu-central-1_Example",
            "issuer",
            "issuer",
        ),
        ("", "issuer", "issuer"),
    ] {
        assert_eq!(
            verdict(&plain, &json!({"iss": issuer})),
            expected,
            "{issuer}"
        );
        assert_eq!(
            verdict(&replicated, &json!({"iss": issuer})),
            with_replica,
            "{issuer}"
        );
    }
}

#[test]
fn the_issuer_of_every_partition_has_its_domain() {
    for (pool_id, domain) in [
        ("us-gov-west-1_a", "us-gov-west-1.amazonaws.com"),
        ("cn-north-1_a", "cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1_a", "eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1_a", "us-iso-east-1.c2s.ic.gov"),
    ] {
        let pool = TrustedPool::new(pool_id)
            .client(CLIENT)
            .keys(issuer().jwks());
        let verifier = verifier(pool);
        for host in ["cognito-idp", "issuer-cognito-idp"] {
            let issuer = format!("https://{host}.{domain}/{pool_id}");
            assert_eq!(
                verdict(&verifier, &json!({"iss": issuer})),
                "good",
                "{issuer}"
            );
        }
        let plain = format!("https://cognito-idp.{domain}.evil.example/{pool_id}");
        assert_eq!(verdict(&verifier, &json!({"iss": plain})), "issuer");
    }
}

#[test]
fn an_emulators_issuer_takes_the_place_of_awss() {
    let emulator = "http://localhost:9229/eu-central-1_Example";
    let verifier = verifier(pool().issuer(emulator));
    assert_eq!(verdict(&verifier, &json!({"iss": emulator})), "good");
    assert_eq!(verdict(&verifier, &json!({})), "issuer");
}

#[test]
fn each_of_several_pools_has_its_own_rules() -> Outcome {
    let other = "us-east-1_Other";
    let other_issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other";
    let second = TrustedPool::new(other)
        .client("theirs")
        .group("staff")
        .keys(issuer().jwks());
    let verifier = trusting(pool()).pool(second).build()?;
    let theirs = json!({"iss": other_issuer, "client_id": "theirs", "cognito:groups": ["staff"]});
    assert_eq!(verdict(&verifier, &json!({})), "good");
    assert_eq!(verdict(&verifier, &theirs), "good");
    assert_eq!(
        verdict(&verifier, &json!({"client_id": "theirs"})),
        "client"
    );
    assert_eq!(verdict(&verifier, &json!({"iss": other_issuer})), "client");
    let ungrouped = json!({"iss": other_issuer, "client_id": "theirs"});
    assert_eq!(verdict(&verifier, &ungrouped), "group");
    assert!(trusting(pool()).pool(pool()).build().is_err());
    Ok(())
}

#[test]
fn a_verifier_without_a_client_or_with_a_malformed_setting_is_not_made() {
    let keys = || issuer().jwks();
    for (pool, field) in [
        (TrustedPool::new(POOL).keys(keys()), "client"),
        (TrustedPool::new(POOL).client("").keys(keys()), "client"),
        (
            TrustedPool::new("").client(CLIENT).keys(keys()),
            "user_pool_id",
        ),
        (
            TrustedPool::new("x@evil.com:443/_a").client(CLIENT),
            "user_pool_id",
        ),
        (pool().replica_region("evil.com#"), "region"),
        (
            TrustedPool::new(POOL)
                .client(CLIENT)
                .issuer("http://example.com/x"),
            "issuer",
        ),
        (
            TrustedPool::new(POOL).client(CLIENT).issuer("no url"),
            "issuer",
        ),
        (
            TrustedPool::new(POOL)
                .client(CLIENT)
                .keys_url("http://example.com/x"),
            "keys_url",
        ),
        (
            TrustedPool::new(POOL)
                .client(CLIENT)
                .keys_url("https://a@b/x"),
            "keys_url",
        ),
    ] {
        match trusting(pool).build() {
            Ok(_) => panic!("{field} must be refused"),
            Err(error) => assert!(error.to_string().starts_with(field), "{error}"),
        }
    }
    let insecure = TrustedPool::new(POOL)
        .client(CLIENT)
        .issuer("http://emulator:4566/p")
        .allow_http();
    assert!(trusting(insecure).build().is_ok());
}

#[test]
fn the_published_key_is_trusted_by_nobody_who_was_not_told() -> Outcome {
    let token = issuer().sign(&claims(&json!({})));
    let told_nothing = TokenVerifier::builder(pool()).build()?;
    assert_eq!(
        told(told_nothing.verify_access_at(&token, now())),
        "test key"
    );
    Ok(())
}

#[test]
fn any_single_bit_changed_makes_a_token_worthless() {
    let verifier = verifier(pool());
    let good = issuer().sign(&claims(&json!({})));
    assert_eq!(told(verifier.verify_access_at(&good, now())), "good");
    let mut bytes = good.clone().into_bytes();
    let mut tried = 0;
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        // The others are no text, so no header can bring them.
        if let Ok(token) = std::str::from_utf8(&bytes) {
            tried += 1;
            assert!(
                verifier.verify_access_at(token, now()).is_err(),
                "bit {bit}"
            );
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(tried, good.len() * 7);
}

#[test]
fn nothing_of_a_token_stands_in_an_error_or_in_debug() -> Outcome {
    let verifier = verifier(pool());
    let marked = json!({
        "sub": "marker", "username": "marker", "email": "marker", "jti": "marker", "client_id": "marker",
        "aud": "marker", "scope": "openid", "iss": "https://marker", "custom:x": "marker",
    });
    let refused = |changes: &Value| {
        let token = issuer().sign(&claims(changes));
        verifier.verify_access_at(&token, now())
    };
    for (at, changes) in [
        marked.clone(),
        json!({"sub": "marker", "client_id": "marker"}),
        json!({"sub": "marker", "aud": "marker"}),
        json!({"sub": ["marker"]}),
        json!({"exp": 1, "sub": "marker"}),
    ]
    .iter()
    .enumerate()
    {
        let error = refused(changes).expect_err("a bad token");
        let shown = format!("{error} {error:?} {:?}", error.www_authenticate());
        assert!(!shown.contains("marker"), "{at}: {shown}");
    }
    let mut accepted = marked;
    for (name, value) in [
        ("iss", json!(ISSUER)),
        ("client_id", json!(CLIENT)),
        ("aud", Value::Null),
    ] {
        accepted[name] = value;
    }
    let claims: AccessClaims = refused(&accepted)?;
    let shown = format!("{claims:?} {verifier:?}");
    assert!(!shown.contains("marker"), "{shown}");
    Ok(())
}

#[test]
fn the_bearer_token_is_found_in_its_header_alone() {
    let headers = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    };
    for (values, expected) in [
        (&["Bearer abc"][..], Ok("abc")),
        (&["bearer  abc "], Ok("abc")),
        (&["Bearer "], Ok("")),
        (&[], Err("missing")),
        (&["Basic abc"], Err("missing")),
        (&["Bearer"], Err("missing")),
        (&["abc"], Err("missing")),
        (&["Bearer abc", "Bearer def"], Err("form")),
        (&["Bearer abc", "Basic def"], Err("form")),
    ] {
        let headers = headers(values);
        let found = bearer_token(&headers).map_err(|error| reason(&error));
        assert_eq!(found, expected, "{values:?}");
    }
}

#[tokio::test]
async fn what_was_verified_before_is_good_until_it_expires_and_only_as_what_it_was() -> Outcome {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };
    let time = Arc::new(AtomicU64::new(NOW));
    let clock = time.clone();
    let verifier = trusting(pool())
        .cache(4)
        .clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)))
        .build()?;
    let token = |username: &str| issuer().sign(&claims(&json!({"username": username})));
    let alice = token("alice");
    for _ in 0..3 {
        let claims = verifier.verify_access(&alice).await?;
        assert_eq!(claims.username(), Some("alice"));
        assert_eq!(told(verifier.verify_id(&alice).await), "use");
        // The same but for the end of its signature.
        let forged = format!("{}AAAA", &alice[..alice.len() - 4]);
        assert_eq!(told(verifier.verify_access(&forged).await), "signature");
    }
    // More than there is room for, and each remains itself.
    for round in 0..3 {
        for number in 0..20 {
            let name = format!("user {number}");
            let claims = verifier.verify_access(&token(&name)).await?;
            assert_eq!(claims.username(), Some(name.as_str()), "round {round}");
        }
    }
    time.store(NOW + 300, Ordering::SeqCst);
    assert_eq!(told(verifier.verify_access(&alice).await), "expired");
    time.store(NOW - 1, Ordering::SeqCst);
    assert_eq!(told(verifier.verify_access(&alice).await), "early");
    Ok(())
}
