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
    "Entity",
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
    "PolicyName",
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
    "URL",
    "URLPatterns",
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
            // As a whole in a few of them, because that takes long.
            if matches!(form, Form::Symbols) && operation.starts_with('C') {
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
async fn what_was_called_at_another_time_says_so_in_its_own_words() -> TestResult {
    let path = folder("provenance")?.join("calls.json");
    let server = Server::new([response(200, &json!({}))]);
    let recorder = Recorder::new(server, "a file").provenance("Written down by a proxy in 2025");
    recorder.call(request("ForgetDevice", &json!({}))).await?;
    let fixture = recorder.save(&path, "A device is forgotten")?;
    assert_eq!(fixture.provenance(), "Written down by a proxy in 2025");
    Ok(())
}

#[test]
fn a_fixture_names_what_looks_private_and_does_not_show_it() -> TestResult {
    let fixture = |name: &str| {
        let exchange = json!({"operation": "ListUsers", "request": {"Filter": name},
            "response": {"status": 200, "body": {"Users": [{"Username": "alice@example.com"}]}}});
        let document = json!({"description": "d", "provenance": "p", "exchanges": [exchange]});
        Fixture::parse("f", &document.to_string())
    };
    fixture("email = \"bob@example.com\"")?.check_private()?;
    let error = fixture("email = \"MARKER@somewhere.org\"")?.check_private();
    let error = error.expect_err("an address").to_string();
    assert!(error.contains("f, exchanges[0].request.Filter"), "{error}");
    assert!(!error.contains("MARKER"), "{error}");
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

/// A request with a body, and what the server quotes of it.
async fn quoted(
    name: &str,
    operation: &str,
    body: &Value,
    message: &str,
) -> Result<Value, Box<dyn std::error::Error>> {
    let error = json!({"__type": "InvalidParameterException", "message": message});
    let (path, text) = record(
        name,
        vec![(request(operation, body), response(400, &error))],
    )
    .await?;
    let replay = Replay::new([Fixture::load(path)?]);
    let answer = replay.call(request(operation, body)).await?;
    assert_eq!(answer.status().as_u16(), 400);
    replay.verify()?;
    Ok(serde_json::from_str(&text)?)
}

fn message(recorded: &Value) -> &str {
    let message = &recorded["exchanges"][0]["response"]["body"]["message"];
    message.as_str().unwrap_or_default()
}

#[tokio::test]
async fn what_the_server_quotes_of_the_headers_and_of_the_signed_request_is_replaced() -> TestResult
{
    let body = json!({"UserPoolId": "eu-central-1_AbC", "Username": "alice"});
    let mut call = request("AdminGetUser", &body);
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIAMARKER/20261123/eu/x/aws4_request, \
        SignedHeaders=host, Signature=MARKERsignature";
    call.headers_mut()
        .insert("authorization", authorization.parse()?);
    let hash: String = sha256(body.to_string().as_bytes());
    let error = json!({"__type": "InvalidSignatureException", "message": format!(
        "Canonical: x-amz-security-token:MARKER-SECURITY-TOKEN\n\n{hash}' of AKIAMARKER with MARKERsignature"
    )});
    let page = http::Response::builder()
        .status(502)
        .body(r"<b>x-amz-security-token: MARKER&#45;SECURITY-TOKEN</b>".into())?;
    let calls = vec![(call.clone(), response(403, &error)), (call, page)];
    let (_, text) = record("headers", calls).await?;
    assert!(!text.contains("MARKER") && !text.contains(&hash), "{text}");
    assert!(
        text.contains("x-amz-security-token:security-token-1"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn a_client_secret_that_secrets_manager_keeps_is_replaced_wherever_it_stands() -> TestResult {
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:cognito-AbCdEf";
    let mut call = request("GetSecretValue", &json!({"SecretId": arn}));
    let target = "secretsmanager.GetSecretValue".parse()?;
    call.headers_mut().insert("x-amz-target", target);
    let kept = json!({
        "userPoolId": "eu-central-1_AbC",
        "userPoolClientId": "MARKER-client",
        "clientSecretValue": "MARKER-secret",
    });
    for secret in [kept.to_string(), "MARKER-secret".to_owned()] {
        let found = json!({"ARN": arn, "SecretString": secret, "SecretBinary": "TUFSS0VS"});
        let calls = vec![(call.clone(), response(200, &found))];
        let (path, text) = record("secrets-manager", calls).await?;
        for private in ["MARKER", "TUFSS0VS", "eu-central-1_AbC", "123456789012"] {
            assert!(!text.contains(private), "{private}: {text}");
        }
        let replay = Replay::new([Fixture::load(path)?]);
        replay.call(call.clone()).await?;
        replay.verify()?;
    }
    let recorder = Recorder::new(Server::new(Vec::new()), "a server in a test");
    assert!(recorder.keep(["SecretString"]).is_err());
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    let digits: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[tokio::test]
async fn a_password_is_found_in_whatever_spelling_it_is_quoted() -> TestResult {
    let password = "Mk\"quote\\Pw<1>'&+ x";
    let body = json!({"ClientId": "c-1234", "Username": "alice", "Password": password});
    let html = body
        .to_string()
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    for (number, message) in [
        format!("cannot read {body}"),
        format!("cannot read {}", Value::from(body.to_string())),
        format!("<p>cannot read {html}</p>"),
        "cannot read Password=Mk%22quote%5CPw%3C1%3E%27%26%2B+x".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let recorded = quoted(&format!("spelling{number}"), "SignUp", &body, message).await?;
        let shown = recorded.to_string();
        assert!(!shown.contains("quote") && !shown.contains("Pw"), "{shown}");
        assert!(self::message(&recorded).contains("{{password}}"), "{shown}");
    }
    Ok(())
}

#[tokio::test]
async fn names_that_are_short_or_in_another_case_are_found_in_sentences_only() -> TestResult {
    let body =
        json!({"UserPoolId": "eu-central-1_AbC", "Username": "Bob", "GroupName": "Bobsleigh"});
    let recorded = quoted(
        "short",
        "AdminAddUserToGroup",
        &body,
        "User bob (BOB, Bob) is not in Bobsleigh; kebob is",
    )
    .await?;
    assert_eq!(
        message(&recorded),
        "User {{username}} ({{username}}, {{username}}) is not in Bobsleigh; kebob is"
    );
    assert_eq!(
        recorded["exchanges"][0]["request"]["GroupName"],
        "Bobsleigh"
    );

    let body = json!({"ClientId": "c-1234", "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "user", "PASSWORD": "P@ssw0rd!"}});
    let recorded = quoted("cased", "InitiateAuth", &body, "USER unknown").await?;
    assert_eq!(message(&recorded), "{{username}} unknown");
    let flow = &recorded["exchanges"][0]["request"]["AuthFlow"];
    assert_eq!(flow, "USER_PASSWORD_AUTH");
    Ok(())
}

#[tokio::test]
async fn the_options_of_a_passkey_name_nobody_and_can_still_be_read() -> TestResult {
    let options = json!({"rp": {"id": "marker.io", "name": "marker"},
        "user": {"id": "bWFya2Vy", "name": "marker@x.io", "displayName": "Marker M"},
        "challenge": "bWFya2VyLW1hcmtlci1tYXJrZXI", "timeout": 60000, "attestation": "none",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "excludeCredentials": [{"type": "public-key", "id": "bWFya2VyLWlk", "transports": ["usb", "ble"]}],
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": true}});
    let credential = json!({"id": "bWFya2VyLWlk", "rawId": "bWFya2VyLWlk", "type": "public-key",
        "response": {"attestationObject": "bWFya2VyLW8", "clientDataJSON": "bWFya2VyLWM",
            "publicKeyAlgorithm": -7, "size": 424_242}});
    let request_options = json!({"challenge": "bWFya2VyLTI", "timeout": 60000, "rpId": "marker.io",
        "allowCredentials": [{"type": "public-key", "id": "bWFya2VyLWlk"}], "userVerification": "required"});
    let calls = vec![
        (
            request(
                "StartWebAuthnRegistration",
                &json!({"AccessToken": "token-marker"}),
            ),
            response(200, &json!({"CredentialCreationOptions": options})),
        ),
        (
            request(
                "CompleteWebAuthnRegistration",
                &json!({"AccessToken": "token-marker", "Credential": credential}),
            ),
            response(200, &json!({})),
        ),
        (
            request(
                "InitiateAuth",
                &json!({"ClientId": "c-1234", "AuthFlow": "USER_AUTH",
                    "AuthParameters": {"USERNAME": "marker", "PREFERRED_CHALLENGE": "WEB_AUTHN"}}),
            ),
            response(
                200,
                &json!({"ChallengeName": "WEB_AUTHN", "ChallengeParameters":
                    {"CREDENTIAL_REQUEST_OPTIONS": request_options.to_string()}}),
            ),
        ),
    ];
    let (path, text) = record("passkeys", calls).await?;
    for private in ["marker", "Marker", "bWFya2Vy", "424242"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    let recorded: Value = serde_json::from_str(&text)?;
    let made = &recorded["exchanges"][0]["response"]["body"]["CredentialCreationOptions"];
    for same in [
        "timeout",
        "attestation",
        "pubKeyCredParams",
        "authenticatorSelection",
    ] {
        assert_eq!(made[same], options[same], "{same}");
    }
    let excluded = &made["excludeCredentials"][0];
    assert_eq!(excluded["transports"], json!(["usb", "ble"]));
    for bytes in [&made["challenge"], &made["user"]["id"], &excluded["id"]] {
        let text = bytes.as_str().unwrap_or_default();
        assert!(
            !text.is_empty() && URL_SAFE_NO_PAD.decode(text).is_ok(),
            "{text}"
        );
    }
    let sent = &recorded["exchanges"][1]["request"]["Credential"];
    assert_eq!(sent["type"], "public-key");
    assert_eq!(sent["response"]["publicKeyAlgorithm"], -7);
    let parameters = &recorded["exchanges"][2]["response"]["body"]["ChallengeParameters"];
    let asked: Value = serde_json::from_str(
        parameters["CREDENTIAL_REQUEST_OPTIONS"]
            .as_str()
            .unwrap_or(""),
    )?;
    assert_eq!(asked["timeout"], 60000);
    assert_eq!(asked["userVerification"], "required");
    assert_eq!(asked["allowCredentials"][0]["id"], excluded["id"]);
    Fixture::load(path)?;
    Ok(())
}

#[tokio::test]
async fn addresses_and_ids_inside_other_texts_are_replaced() -> TestResult {
    let arn = "arn:aws:cognito-idp:eu-central-1:210987654321:userpool/eu-central-1_MaRkEr";
    let body = json!({"PoolName": "pool", "EmailConfiguration":
            {"SourceArn": "arn:aws:ses:eu-west-1:210987654321:identity/marker@corp.io"},
        "VerificationMessageTemplate": {"EmailMessage": "Write to help-marker@corp.io. {####}"}});
    let answer = json!({"UserPool": {"Arn": arn, "EmailConfigurationFailure": "no marker2@corp.io",
        "EmailConfiguration": body["EmailConfiguration"]}});
    let calls = vec![
        (request("CreateUserPool", &body), response(200, &answer)),
        (
            request("ListTagsForResource", &json!({"ResourceArn": arn})),
            response(
                200,
                &json!({"Tags": {"marker@corp.io": "MARKER", "Owner": "marker"}}),
            ),
        ),
        (
            request(
                "TagResource",
                &json!({"ResourceArn": arn, "Tags": {"Owner marker": "MARKER"}}),
            ),
            response(400, &json!({"message": "key 'Owner marker'"})),
        ),
    ];
    let sent = body.clone();
    let (path, text) = record("inside", calls).await?;
    for private in ["marker", "MARKER", "MaRkEr", "210987654321", "corp.io"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    assert!(text.contains("Write to {{email_2}}. {####}"), "{text}");
    let replay = Replay::new([Fixture::load(path)?]);
    let answer: Value =
        serde_json::from_slice(replay.call(request("CreateUserPool", &sent)).await?.body())?;
    let source = &answer["UserPool"]["EmailConfiguration"]["SourceArn"];
    assert_eq!(source, &sent["EmailConfiguration"]["SourceArn"]);
    Ok(())
}

#[tokio::test]
async fn the_keys_of_the_applications_maps_are_neither_shown_nor_made_to_names() -> TestResult {
    let body = json!({"ClientId": "c-1234", "Username": "alice", "ConfirmationCode": "123456",
        "ClientMetadata": {"marker@corp.io": "x-marker", "tenant marker": "y-marker"}});
    let recorded = quoted(
        "keys",
        "ConfirmSignUp",
        &body,
        "no x-marker for tenant marker",
    )
    .await?;
    assert!(!recorded.to_string().contains("marker"), "{recorded}");
    let sent = &recorded["exchanges"][0]["request"]["ClientMetadata"];
    assert_eq!(sent, &json!({"{{any}}": "{{any}}"}));
    Ok(())
}

#[tokio::test]
async fn no_number_stays_where_it_may_be_a_secret() -> TestResult {
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims =
        json!({"sub": "s-1", "exp": 1_700_000_000, "custom:pin": 424_242, "email_verified": true});
    let token = format!(
        "{}.{}.c2ln",
        encode(json!({"alg": "RS256"})),
        encode(claims)
    );
    let calls = vec![
        (
            request(
                "AdminInitiateAuth",
                &json!({"UserPoolId": "eu-central-1_AbC"}),
            ),
            response(
                200,
                &json!({"ChallengeParameters": {"userAttributes": "{\"custom:pin\":424242}", "n": 424_242}}),
            ),
        ),
        (
            request(
                "CompleteWebAuthnRegistration",
                &json!({"AccessToken": "a-token", "Credential": {"n": 424_243}}),
            ),
            response(400, &json!({"message": "not 424243"})),
        ),
        (
            request(
                "GetTokensFromRefreshToken",
                &json!({"RefreshToken": "r-token"}),
            ),
            response(200, &json!({"AuthenticationResult": {"IdToken": token}})),
        ),
    ];
    let (_, text) = record("numbers", calls).await?;
    assert!(!text.contains("42424"), "{text}");
    let recorded: Value = serde_json::from_str(&text)?;
    assert_eq!(
        recorded["exchanges"][1]["request"]["Credential"]["n"],
        "{{any}}"
    );
    let result = &recorded["exchanges"][2]["response"]["body"]["AuthenticationResult"];
    let claims = &result["IdToken"]["{{jwt:id_token}}"];
    assert_eq!(claims["exp"], 1_700_000_000);
    assert_eq!(
        (&claims["custom:pin"], &claims["email_verified"]),
        (&json!(0), &json!(true))
    );
    Ok(())
}

#[tokio::test]
async fn what_looks_private_is_not_written_and_its_place_is_named() -> TestResult {
    let recorder = Recorder::new(
        Server::new([response(200, &json!({}))]),
        "a server in a test",
    )
    .keep(["custom:contact"])?;
    let attributes = json!([{"Name": "custom:contact", "Value": "marker@corp.io"}]);
    let call = request(
        "UpdateUserAttributes",
        &json!({"AccessToken": "a-token", "UserAttributes": attributes}),
    );
    recorder.call(call).await?;
    let path = folder("net")?.join("flow.json");
    for description in ["Alice", "Of marker@corp.io"] {
        let error = recorder
            .save(&path, description)
            .expect_err("an address")
            .to_string();
        assert!(error.contains("must not hold an email address"), "{error}");
        assert!(
            error.contains("exchanges[0].request.UserAttributes[0].Value"),
            "{error}"
        );
        assert_eq!(
            error.contains("description"),
            description != "Alice",
            "{error}"
        );
        assert!(!error.contains("marker"), "{error}");
        assert!(!path.exists());
    }
    Ok(())
}

#[tokio::test]
async fn what_is_named_is_kept_and_no_secret_can_be_named() -> TestResult {
    let error = Recorder::new(Server::default(), "a server in a test")
        .keep([
            "locale",
            "Password",
            "Value",
            "PASSWORD",
            "SecretHash",
            "Session",
        ])
        .expect_err("secrets");
    let refused: Vec<_> = error
        .problems()
        .iter()
        .map(|p| p.field.to_string())
        .collect();
    assert_eq!(
        refused,
        ["PASSWORD", "Password", "SecretHash", "Session", "Value"]
    );

    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = json!({"locale": "en", "zoneinfo": "CET"});
    let token = format!(
        "{}.{}.c2ln",
        encode(json!({"alg": "RS256"})),
        encode(claims)
    );
    let sign_up = |locale: &str| {
        request(
            "SignUp",
            &json!({"ClientId": "c-1234", "Username": "alice", "Password": "P@ssw0rd!",
                "ClientMetadata": {"locale": "marker"}, "UserAttributes": [
                    {"Name": "locale", "Value": locale}, {"Name": "custom:plan", "Value": "alice"},
                    {"Name": "zoneinfo", "Value": "CET"}]}),
        )
    };
    let answers = [
        response(200, &json!({"Session": "s-1"})),
        response(
            200,
            &json!({"ChallengeParameters": {"locale": "marker",
            "userAttributes": "{\"locale\":\"en\",\"zoneinfo\":\"CET\"}"}}),
        ),
        response(200, &json!({"AuthenticationResult": {"IdToken": token}})),
    ];
    let recorder = Recorder::new(Server::new(answers), "a server in a test")
        .keep(["locale", "custom:plan"])?;
    recorder.call(sign_up("en")).await?;
    recorder
        .call(request(
            "RespondToAuthChallenge",
            &json!({"ClientId": "c-1234"}),
        ))
        .await?;
    recorder
        .call(request("InitiateAuth", &json!({"ClientId": "c-1234"})))
        .await?;
    let path = folder("keep")?.join("flow.json");
    let fixture = recorder.save(&path, "d")?;
    let text = fs::read_to_string(path)?;
    assert!(!text.contains("marker"), "{text}");
    let written: Value = serde_json::from_str(&text)?;
    let values: Vec<_> = (0..3)
        .map(|index| &written["exchanges"][0]["request"]["UserAttributes"][index]["Value"])
        .collect();
    // A secret stays one wherever it stands.
    assert_eq!(values, ["en", "{{username}}", "{{zoneinfo}}"]);
    let parameters = &written["exchanges"][1]["response"]["body"]["ChallengeParameters"];
    assert_eq!(
        parameters["userAttributes"],
        "{\"locale\":\"en\",\"zoneinfo\":\"{{zoneinfo}}\"}"
    );
    let result = &written["exchanges"][2]["response"]["body"]["AuthenticationResult"];
    assert_eq!(
        result["IdToken"]["{{jwt:id_token}}"],
        json!({"locale": "en", "zoneinfo": "{{zoneinfo}}"})
    );

    let replay = Replay::new([fixture]);
    assert_eq!(replay.call(sign_up("de")).await?.status().as_u16(), 418);
    assert_eq!(replay.call(sign_up("en")).await?.status().as_u16(), 200);
    Ok(())
}

/// Answers when it is let.
#[derive(Debug, Default)]
struct Gate(tokio::sync::Notify);

#[derive(Clone, Debug, Default)]
struct Gates(std::sync::Arc<Mutex<Vec<std::sync::Arc<Gate>>>>);

impl Gates {
    fn open(&self, call: usize) {
        self.0.lock().expect("no panic before")[call].0.notify_one();
    }
}

impl HttpClient for Gates {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let gate = std::sync::Arc::new(Gate::default());
        self.0.lock().expect("no panic before").push(gate.clone());
        Box::pin(async move {
            gate.0.notified().await;
            let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            Ok(response(
                200,
                &json!({"Username": body["AccessToken"], "Of": "alice"}),
            ))
        })
    }
}

fn poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(future).poll(&mut context)
}

fn concurrent(path: &Path) -> Result<Vec<bool>, Box<dyn std::error::Error>> {
    let recorded: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let exchanges = recorded["exchanges"].as_array().ok_or("exchanges")?;
    Ok(exchanges
        .iter()
        .map(|exchange| exchange["concurrent"] == true)
        .collect())
}

#[tokio::test(start_paused = true)]
async fn calls_that_overlap_are_concurrent_and_others_are_not() -> TestResult {
    let gates = Gates::default();
    let recorder = Recorder::new(gates.clone(), "a server in a test");
    let call = |token: &str| recorder.call(request("GetUser", &json!({"AccessToken": token})));
    let path = folder("overlap")?.join("flow.json");

    let mut calls: Vec<_> = ["token-0", "token-1", "token-2"].map(call).into();
    for index in [0, 1] {
        assert!(poll(&mut calls[index]).is_pending());
    }
    gates.open(0);
    (&mut calls[0]).await?;
    // The second has not ended.
    assert!(poll(&mut calls[2]).is_pending());
    gates.open(2);
    (&mut calls[2]).await?;
    gates.open(1);
    (&mut calls[1]).await?;

    let mut alone = call("token-3");
    assert!(poll(&mut alone).is_pending());
    // Given up: it ends here.
    drop(alone);
    let mut last = call("token-4");
    assert!(poll(&mut last).is_pending());
    gates.open(4);
    last.await?;
    drop(calls);

    let fixture = recorder.save(&path, "d")?;
    assert_eq!(concurrent(&path)?, [false, true, true, false, false]);
    let replay = Replay::new([fixture]);
    for token in ["token-2", "token-0", "token-1"] {
        let answer = replay.answer(&request("GetUser", &json!({"AccessToken": token})));
        let answer = answer.response.ok_or("an answer")?;
        let body: Value = serde_json::from_slice(answer.body())?;
        assert_eq!(
            (answer.status().as_u16(), &body["Username"]),
            (200, &json!(token))
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_the_recording_was_saved_is_not_in_the_next() -> TestResult {
    let gates = Gates::default();
    let recorder = Recorder::new(gates.clone(), "a server in a test");
    let path = folder("late")?.join("flow.json");
    let mut late = recorder.call(request("GetUser", &json!({"AccessToken": "token-0"})));
    assert!(poll(&mut late).is_pending());
    recorder.save(&path, "The first")?;

    let mut next = recorder.call(request(
        "ListUsers",
        &json!({"UserPoolId": "eu-central-1_AbC"}),
    ));
    assert!(poll(&mut next).is_pending());
    gates.open(0);
    late.await?;
    let mut third = recorder.call(request("GetUser", &json!({"AccessToken": "token-1"})));
    assert!(poll(&mut third).is_pending());
    drop((next, third));
    recorder.save(&path, "The second")?;

    let written: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
    assert_eq!(written["exchanges"][0]["operation"], "ListUsers");
    assert_eq!(written["exchanges"][0]["faults"], json!(["close"]));
    assert_eq!(
        concurrent(&path)?,
        [false, true],
        "the second was still there, the first was not"
    );
    Ok(())
}

/// Answers not at once.
#[derive(Debug)]
struct Slow(Server);
impl HttpClient for Slow {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let answer = self.0.call(request);
        Box::pin(async {
            tokio::task::yield_now().await;
            answer.await
        })
    }
}

/// What one of them shows, another may answer, whichever comes first.
#[tokio::test(start_paused = true)]
async fn concurrent_exchanges_need_nothing_of_each_other() -> TestResult {
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let token = format!(
        "{}.{}.c2ln",
        encode(json!({"alg": "RS256"})),
        encode(json!({"sub": "s-1234"}))
    );
    let answers = [
        response(200, &json!({"AccessToken": token})),
        response(200, &json!({"AccessToken": token, "Username": "alice"})),
    ];
    let recorder = Recorder::new(Slow(Server::new(answers)), "a server in a test");
    let first = || request("SignUp", &json!({"Username": "alice"}));
    let second = || request("GetUser", &json!({"AccessToken": "a-token"}));
    let (mut one, mut two) = (recorder.call(first()), recorder.call(second()));
    assert!(poll(&mut one).is_pending() && poll(&mut two).is_pending());
    one.await?;
    two.await?;
    let fixture = recorder.save(folder("together")?.join("flow.json"), "d")?;
    for order in [[first(), second()], [second(), first()]] {
        let replay = Replay::new([fixture.clone()]);
        for request in order {
            let answer = replay.answer(&request).response.ok_or("an answer")?;
            let body: Value = serde_json::from_slice(answer.body())?;
            assert_eq!(answer.status().as_u16(), 200, "{body}");
            assert_eq!(
                body["AccessToken"].as_str().map(|t| t.split('.').count()),
                Some(3)
            );
            assert_ne!(body["Username"], "alice");
        }
        replay.verify()?;
    }
    Ok(())
}
