//! What the recorder promises: no secret reaches the disk, and the recording replays.
#![cfg(feature = "fixtures")]

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use cognito_idp::{
    error::{TransportError, TransportErrorKind},
    fixture::{Fixture, Recorder, Replay},
    operation::{AuthScheme, auth_scheme},
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Answers each call with the next of its responses, and breaks the connection when none is left.
#[derive(Debug, Default)]
struct Server(Mutex<VecDeque<http::Response<Bytes>>>);

impl Server {
    fn new(responses: impl IntoIterator<Item = http::Response<Bytes>>) -> Self {
        Self(Mutex::new(responses.into_iter().collect()))
    }
}

impl HttpClient for Server {
    fn call(&self, _request: http::Request<Bytes>) -> HttpFuture<'_> {
        let response = self.0.lock().expect("no panic before").pop_front();
        Box::pin(async {
            response.ok_or_else(|| TransportError::new(TransportErrorKind::Interrupted))
        })
    }
}

fn request(operation: &str, body: &Value) -> http::Request<Bytes> {
    let mut request = http::Request::post("https://cognito-idp.eu-central-1.amazonaws.com/")
        .header(
            "x-amz-target",
            format!("AWSCognitoIdentityProviderService.{operation}"),
        );
    if auth_scheme(operation) == Some(AuthScheme::SigV4) {
        request = request
            .header("authorization", "AWS4-HMAC-SHA256 Credential=MARKER-KEY")
            .header("x-amz-security-token", "MARKER-SECURITY-TOKEN");
    }
    let request = request.body(body.to_string().into());
    request.expect("a valid request")
}

fn response(status: u16, body: &Value) -> http::Response<Bytes> {
    let response = http::Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .header("date", "Mon, 23 Nov 2026 02:05:12 GMT")
        .header("set-cookie", "MARKER-COOKIE")
        .header("x-amzn-requestid", "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f")
        .body(body.to_string().into());
    response.expect("a valid response")
}

/// A new folder below the one that cargo gives to tests.
fn folder(name: &str) -> std::io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorder-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Records calls and gives the file and the text in it.
async fn record(
    name: &str,
    calls: Vec<(http::Request<Bytes>, http::Response<Bytes>)>,
) -> Result<(PathBuf, String), Box<dyn std::error::Error>> {
    let (requests, responses): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
    let recorder = Recorder::new(Server::new(responses), "a server in a test");
    for request in requests {
        recorder.call(request).await?;
    }
    let path = folder(name)?.join("flow.json");
    recorder.save(&path, "What the test does")?;
    let text = fs::read_to_string(&path)?;
    Ok((path, text))
}

/// How a marker stands in a member.
#[derive(Clone, Copy, Debug)]
enum Form {
    Text,
    Token,
    Json,
    Address,
    Symbols,
}

/// Members of the model that stay as they are: names that the application has given to what is no
/// person, texts, addresses of its own, and words of the protocol.
///
/// Whatever else holds a text is a secret or personal, so a member that AWS adds is that until it
/// stands here or in a list of `src/sensitive.rs`.
const HARMLESS: &[&str] = &[
    "AcrConfiguration",
    "AcrMapping",
    "AcrValue",
    "ActorTokenProviderName",
    "AllowedOAuthScopes",
    "AllowedScopes",
    "ApplicationArn",
    "Arn",
    "AttributeMapping",
    "AttributeName",
    "Attributes",
    "AttributesToGet",
    "Audiences",
    "AuthenticatorAttachment",
    "AuthenticatorTransports",
    "BucketArn",
    "CSS",
    "CSSVersion",
    "CSVHeader",
    "CallbackURLs",
    "CallerArn",
    "Certificate",
    "CertificateArn",
    "ClientName",
    "CloudFrontDomain",
    "CloudWatchLogsRoleArn",
    "CompletionMessage",
    "ConfigurationSet",
    "ConfigurationSetName",
    "CreateAuthChallenge",
    "CustomDomain",
    "CustomMessage",
    "DefaultRedirectURI",
    "DefineAuthChallenge",
    "Description",
    "Domain",
    "EmailConfigurationFailure",
    "EmailMessage",
    "EmailMessageByLink",
    "EmailSubject",
    "EmailSubjectByLink",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "GroupName",
    "HtmlBody",
    "Identifier",
    "IdpIdentifier",
    "IdpIdentifiers",
    "ImageUrl",
    "JobName",
    "LambdaArn",
    "Links",
    "LogGroupArn",
    "LogoutURLs",
    "MaxLength",
    "MaxValue",
    "Message",
    "MinLength",
    "MinValue",
    "Name",
    "PoolName",
    "PostAuthentication",
    "PostConfirmation",
    "PreAuthentication",
    "PreSignUp",
    "PreTokenGeneration",
    "PreferredMfaSetting",
    "Provider",
    "ProviderAttributeName",
    "ProviderName",
    "ReadAttributes",
    "Region",
    "RegionName",
    "RelyingPartyId",
    "ReplicaRegions",
    "ResourceArn",
    "Resources",
    "RoleArn",
    "S3Bucket",
    "SMSMessage",
    "ScopeDescription",
    "ScopeName",
    "Scopes",
    "SecondaryRegion",
    "ServerName",
    "ServerPath",
    "Settings",
    "SmsAuthenticationMessage",
    "SmsConfigurationFailure",
    "SmsMessage",
    "SmsVerificationMessage",
    "SnsCallerArn",
    "SnsRegion",
    "SourceArn",
    "StreamArn",
    "Subject",
    "SubjectTokenProviderName",
    "SupportedIdentityProviders",
    "TermsName",
    "TextBody",
    "TokenType",
    "UserAttributeNames",
    "UserMFASettingList",
    "UserMigration",
    "UserPoolArn",
    "VerifyAuthChallengeResponse",
    "Version",
    "WriteAttributes",
    "headerName",
];
/// Maps whose keys the application makes up as well.
const FREE_MAPS: [&str; 3] = ["ClientMetadata", "Tags", "UserPoolTags"];

/// Bodies made from the service model, with a marker in every text that is not known to be harmless.
struct Planter {
    model: Value,
    beyond: Value,
    form: Form,
    planted: Vec<String>,
}

impl Planter {
    fn new(form: Form) -> Result<Self, Box<dyn std::error::Error>> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let read = |name: &str| fs::read_to_string(data.join(name));
        let beyond: Value = serde_json::from_str(&read("beyond-the-model.json")?)?;
        Ok(Self {
            model: serde_json::from_str(&read("service-model.json")?)?,
            beyond: beyond["sensitive"].clone(),
            form,
            planted: Vec::new(),
        })
    }

    fn body(&mut self, shape: &Value) -> Value {
        match shape.as_str() {
            Some(shape) => self.plant(shape, "", false, 0),
            None => json!({}),
        }
    }

    fn plant(&mut self, shape: &str, name: &str, is_sensitive: bool, depth: usize) -> Value {
        let definition = self.model["shapes"][shape].clone();
        let is_sensitive = is_sensitive
            || definition["sensitive"] == true
            || self.beyond["shapes"].get(shape).is_some();
        let is_planted = is_sensitive || !HARMLESS.contains(&name);
        if depth > 12 {
            return Value::Null;
        }
        let depth = depth + 1;
        match definition["type"].as_str().unwrap_or_default() {
            "structure" if definition["document"] == true || shape == "Document" => {
                let number = if is_planted { self.number() } else { json!(1) };
                json!({"id": self.text(is_planted), "deep": [{"n": number, "x": self.text(is_planted)}]})
            }
            "structure" => {
                let members = definition["members"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default();
                let planted = members.iter().map(|(name, member)| {
                    let member = member.as_str().unwrap_or_default();
                    let beyond = self.beyond["members"].get(format!("{shape}.{name}"));
                    let is_sensitive = is_sensitive || beyond.is_some();
                    (name.clone(), self.plant(member, name, is_sensitive, depth))
                });
                Value::Object(planted.collect())
            }
            "list" => {
                let member = definition["member"].as_str().unwrap_or_default();
                (0..2)
                    .map(|_| self.plant(member, name, is_sensitive, depth))
                    .collect()
            }
            "map" => {
                let member = definition["value"].as_str().unwrap_or_default();
                // Names that have a meaning in some map, and one that has none.
                let mut names = [
                    "ANSWER",
                    "MFAS_CAN_SETUP",
                    "SALT",
                    "email_verified",
                    "requiredAttributes",
                    "x",
                ]
                .map(str::to_owned);
                if FREE_MAPS.contains(&name) {
                    names[5] = self.marker();
                    self.planted.push(names[5].clone());
                }
                let planted = names.map(|key| (key, self.plant(member, name, is_sensitive, depth)));
                Value::Object(planted.into_iter().collect())
            }
            "integer" | "long" => json!(1),
            "boolean" => json!(true),
            "timestamp" => json!(1_623_956_729.32),
            "blob" => json!("aGVsbG8="),
            // A word of the protocol, though some stand where secrets do.
            _ if !definition["enum"].is_null() => self.text(is_sensitive),
            _ => self.text(is_planted),
        }
    }

    fn marker(&self) -> String {
        format!("MARKER-{:04}", self.planted.len())
    }

    fn number(&mut self) -> Value {
        let number = 424_200_000 + self.planted.len();
        self.planted.push(number.to_string());
        json!(number)
    }

    fn text(&mut self, is_sensitive: bool) -> Value {
        if !is_sensitive {
            return json!("plain");
        }
        let marker = self.marker();
        let text = match self.form {
            Form::Text => marker.clone(),
            Form::Symbols => format!("\"{marker}\\ <ä&+/%41>"),
            Form::Address => format!("{marker}@example.net"),
            Form::Json => json!({"a": [marker], "b": {"c": marker, "d\"": "ä"}}).to_string(),
            Form::Token => {
                let claims = json!({"sub": marker, "iss": format!("https://x/{marker}"), "exp": 1,
                    "identities": [{"userId": marker}], "roles": [marker], "o": {"p": marker}});
                let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
                format!(
                    "{}.{}.c2ln",
                    encode(&json!({"alg": "RS256"})),
                    encode(&claims)
                )
            }
        };
        if matches!(self.form, Form::Json | Form::Token) {
            self.planted.push(marker);
        }
        self.planted.push(text.clone());
        text.into()
    }
}

#[tokio::test]
async fn no_secret_of_any_operation_reaches_the_disk_and_every_recording_replays() -> TestResult {
    for form in [
        Form::Text,
        Form::Token,
        Form::Json,
        Form::Address,
        Form::Symbols,
    ] {
        let mut planter = Planter::new(form)?;
        let operations = planter.model["operations"].as_object().cloned();
        let operations = operations.unwrap_or_default();
        assert!(operations.len() > 100, "the model is there");
        let mut in_all = 0;
        for (operation, shapes) in operations {
            planter.planted.clear();
            let body = planter.body(&shapes["input"]);
            let answer = planter.body(&shapes["output"]);
            // Servers quote what they were sent.
            let mut quoted = planter.planted.join(", ");
            if matches!(form, Form::Symbols) {
                let html = body
                    .to_string()
                    .replace('&', "&amp;")
                    .replace('"', "&quot;");
                quoted = format!("{quoted} {body} {html}");
            }
            let error = json!({"__type": "InvalidParameterException", "message": quoted});
            let requests = [request(&operation, &body), request(&operation, &body)];
            let calls = vec![
                (requests[0].clone(), response(200, &answer)),
                (requests[1].clone(), response(400, &error)),
            ];
            let (path, text) = record(&format!("{form:?}"), calls).await?;

            assert!(!text.contains("MARKER"), "{operation}: {text}");
            for planted in &planter.planted {
                assert!(!text.contains(planted.as_str()), "{operation}: {planted}");
            }
            in_all += planter.planted.len();

            let replay = Replay::new([Fixture::load(path)?]);
            for request in requests {
                replay.call(request).await?;
            }
            replay
                .verify()
                .map_err(|error| format!("{operation}: {error}"))?;
        }
        assert!(in_all > 300, "{in_all} markers were planted");
    }
    Ok(())
}

#[test]
fn every_operation_of_the_model_has_its_scheme() -> TestResult {
    let planter = Planter::new(Form::Text)?;
    let optional = ["GetClientToken", "GetDerivedToken"];
    for (operation, facts) in planter.model["operations"]
        .as_object()
        .ok_or("operations")?
    {
        let expected = match facts["no_auth"].as_bool() {
            Some(true) => AuthScheme::NoAuth,
            _ if optional.contains(&operation.as_str()) => AuthScheme::Optional,
            _ => AuthScheme::SigV4,
        };
        assert_eq!(auth_scheme(operation), Some(expected), "{operation}");
    }
    Ok(())
}

#[tokio::test]
async fn what_comes_back_in_a_later_request_still_matches() -> TestResult {
    let sub = "5f0c3a52-9d3f-4f6e-9a3b-1f2e3d4c5b6a";
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let token = format!(
        "{}.{}.c2ln",
        encode(json!({"alg": "RS256"})),
        encode(
            json!({"sub": sub, "username": "alice", "exp": 1_700_000_000, "token_use": "access"})
        )
    );
    let calls = vec![
        (
            request(
                "InitiateAuth",
                &json!({"ClientId": "client", "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": "alice", "PASSWORD": "P@ssw0rd!", "SECRET_HASH": "aGFzaA=="}}),
            ),
            response(
                200,
                &json!({"AuthenticationResult": {"AccessToken": token, "ExpiresIn": 3600}}),
            ),
        ),
        (
            request("GetUser", &json!({"AccessToken": token})),
            response(
                200,
                &json!({"Username": sub, "UserAttributes": [{"Name": "sub", "Value": sub}]}),
            ),
        ),
        (
            request(
                "RevokeToken",
                &json!({"Token": token, "ClientId": "client"}),
            ),
            response(
                400,
                &json!({"__type": "X", "message": "alice, client has no secret {{x}}"}),
            ),
        ),
    ];
    let (path, text) = record("flow", calls).await?;
    let recorded: Value = serde_json::from_str(&text)?;
    let exchange = |index: usize| &recorded["exchanges"][index];

    assert_eq!(
        exchange(0)["request"]["AuthParameters"]["SECRET_HASH"],
        "{{any}}"
    );
    let claims = &exchange(0)["response"]["body"]["AuthenticationResult"]["AccessToken"]["{{jwt:access_token}}"];
    assert_eq!(claims["username"], "{{username}}");
    assert_eq!(claims["exp"], 1_700_000_000);
    assert_eq!(claims["token_use"], "access");
    assert_eq!(exchange(1)["request"]["AccessToken"], "{{access_token}}");
    let fake_sub = &exchange(1)["response"]["body"]["Username"];
    assert_eq!(fake_sub, &claims["sub"]);
    assert_ne!(fake_sub, sub);
    assert_eq!(exchange(2)["request"]["Token"], "{{access_token}}");
    assert_eq!(
        exchange(2)["response"]["body"]["message"],
        "{{username}}, {{client_id}} has no secret {{open}}x}}"
    );
    let provenance = recorded["provenance"].as_str().unwrap_or_default();
    assert!(
        provenance.starts_with("Recorded from a server in a test on 20"),
        "{provenance}"
    );

    // With other names and secrets, and the token that the replay gives.
    let replay = Replay::new([Fixture::load(path)?]);
    let sign_in = request(
        "InitiateAuth",
        &json!({"ClientId": "c2", "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "bob", "PASSWORD": "x", "SECRET_HASH": "y"}}),
    );
    let answer: Value = serde_json::from_slice(replay.call(sign_in).await?.body())?;
    let token = &answer["AuthenticationResult"]["AccessToken"];
    replay
        .call(request("GetUser", &json!({"AccessToken": token})))
        .await?;
    let revoke = request("RevokeToken", &json!({"Token": token, "ClientId": "c2"}));
    let refused: Value = serde_json::from_slice(replay.call(revoke).await?.body())?;
    assert_eq!(refused["message"], "bob, c2 has no secret {{x}}");
    replay.verify()?;
    Ok(())
}

#[tokio::test]
async fn words_of_the_protocol_stay_readable() -> TestResult {
    let calls = vec![
        (
            request(
                "AdminInitiateAuth",
                &json!({"UserPoolId": "eu-central-1_AbC", "ClientId": "c-1234",
            "AuthFlow": "USER_AUTH",
            "AuthParameters": {"USERNAME": "alice", "PREFERRED_CHALLENGE": "PASSWORD_SRP"}}),
            ),
            response(
                200,
                &json!({"ChallengeName": "MFA_SETUP", "ChallengeParameters": {
                    "MFAS_CAN_SETUP": "[\"SOFTWARE_TOKEN_MFA\",\"EMAIL_OTP\"]",
                    "requiredAttributes": "[\"userAttributes.given_name\"]",
                    "userAttributes": "{\"email_verified\":\"true\",\"email\":\"alice@corp.example\"}",
                    "SALT": "8ce8291892390f6b53a245933faf6164",
                    "SECRET_BLOCK": "c2VjcmV0",
                }}),
            ),
        ),
        (
            request(
                "DescribeUserPoolClient",
                &json!({"UserPoolId": "eu-central-1_AbC", "ClientId": "c-1234"}),
            ),
            response(
                200,
                &json!({"UserPoolClient": {"TokenValidityUnits": {"AccessToken": "minutes"},
            "RoleArn": "arn:aws:iam::210987654321:role/x"}}),
            ),
        ),
    ];
    let (_, text) = record("words", calls).await?;
    let recorded: Value = serde_json::from_str(&text)?;
    assert_eq!(
        recorded["exchanges"][0]["request"]["AuthParameters"]["PREFERRED_CHALLENGE"],
        "PASSWORD_SRP"
    );
    let parameters = &recorded["exchanges"][0]["response"]["body"]["ChallengeParameters"];
    assert_eq!(
        parameters["MFAS_CAN_SETUP"],
        "[\"SOFTWARE_TOKEN_MFA\",\"EMAIL_OTP\"]"
    );
    assert_eq!(
        parameters["requiredAttributes"],
        "[\"userAttributes.given_name\"]"
    );
    let attributes: Value =
        serde_json::from_str(parameters["userAttributes"].as_str().unwrap_or(""))?;
    assert_eq!(
        attributes,
        json!({"email_verified": "true", "email": "email-1@example.com"})
    );
    let salt = parameters["SALT"].as_str().unwrap_or_default();
    assert!(
        salt.len() == 32 && salt.bytes().all(|b| b.is_ascii_hexdigit()),
        "{salt}"
    );
    let client = &recorded["exchanges"][1]["response"]["body"]["UserPoolClient"];
    assert_eq!(client["TokenValidityUnits"]["AccessToken"], "minutes");
    assert_eq!(client["RoleArn"], "arn:aws:iam::000000000001:role/x");
    Ok(())
}

#[tokio::test]
async fn answers_that_are_no_json_and_calls_without_an_answer_are_recorded() -> TestResult {
    let page = http::Response::builder()
        .status(502)
        .header("content-type", "text/html")
        .body(Bytes::from_static(b"<html>alice is not here</html>"))?;
    let empty = http::Response::new(Bytes::new());
    let recorder = Recorder::new(Server::new([page, empty]), "a server in a test");
    let call = || request("GetUser", &json!({"AccessToken": "alice"}));
    recorder.call(call()).await?;
    recorder.call(call()).await?;
    recorder
        .call(call())
        .await
        .expect_err("a broken connection");
    // A call that is given up before its answer.
    drop(recorder.call(call()));

    let path = folder("trouble")?.join("flow.json");
    let fixture = recorder.save(&path, "Trouble")?;
    assert_eq!(fixture.operations().count(), 3);
    let replay = Replay::new([fixture]);
    let page = replay.call(call()).await?;
    assert_eq!(page.status().as_u16(), 502);
    assert_eq!(page.headers()["content-type"], "text/html");
    assert_eq!(page.body(), "<html>alice is not here</html>");
    assert!(!fs::read_to_string(path)?.contains("alice"));
    assert!(replay.call(call()).await?.body().is_empty());
    let error = replay.call(call()).await.expect_err("as recorded");
    assert_eq!(error.kind(), TransportErrorKind::Interrupted);
    replay.verify()?;
    Ok(())
}

#[tokio::test]
async fn a_recording_is_written_whole_or_not_at_all() -> TestResult {
    let folder = folder("whole")?;
    let path = folder.join("inner/flow.json");
    let recorder = Recorder::new(
        Server::new([response(200, &json!({})), response(200, &json!({}))]),
        "a server in a test",
    );
    let error = recorder.save(&path, "Nothing yet").expect_err("no calls");
    assert!(
        error.to_string().contains("exchanges must not be empty"),
        "{error}"
    );
    assert!(!path.exists());

    let call = request("GetUser", &json!({"AccessToken": "alice"}));
    recorder.call(call.clone()).await?;
    fs::write(folder.join("file"), "")?;
    let error = recorder
        .save(folder.join("file/flow.json"), "d")
        .expect_err("no folder");
    assert!(error.to_string().contains("must be writable"), "{error}");
    let error = recorder.save(&path, " ").expect_err("no description");
    assert!(error.to_string().contains("description"), "{error}");

    recorder.save(&path, "First")?;
    recorder.call(call).await?;
    let second = recorder.save(&path, "Second")?;
    assert_eq!(second.operations().count(), 1, "it starts anew");
    assert_eq!(Fixture::load(&path)?.description(), "Second");
    let left: BTreeSet<_> = fs::read_dir(folder.join("inner"))?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()?;
    assert_eq!(left, BTreeSet::from(["flow.json".into()]));
    Ok(())
}

#[tokio::test]
async fn debug_of_a_recorder_shows_no_secret() -> TestResult {
    let recorder = Recorder::new(
        Server::new([response(200, &json!({"Session": "MARKER"}))]),
        "s",
    );
    recorder
        .call(request("SignUp", &json!({"Password": "MARKER"})))
        .await?;
    assert!(!format!("{recorder:?}").contains("MARKER"));
    Ok(())
}
