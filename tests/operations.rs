//! Sends every operation as its fixtures say, and reads what they answer.
#![cfg(all(any(feature = "reqwest", feature = "hyper"), feature = "sigv4"))]

#[path = "../src/operation/list.rs"]
mod list;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    pin::Pin,
};

use cognito_idp::{
    Client, Error, ErrorCode,
    credentials::Credentials,
    fixture::{Fixture, Replay},
    operation::{AuthScheme, Operation},
    retry::RetryPolicy,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wiremock::MockServer;

/// Members of recorded answers that the service model does not have, so that no type keeps them.
const NOT_IN_THE_MODEL: &[(&str, &str)] = &[
    ("GetUser", "Enabled"),
    ("GetUser", "UserCreateDate"),
    ("GetUser", "UserLastModifiedDate"),
    ("GetUser", "UserStatus"),
];

#[tokio::test]
async fn every_fixture_is_sent_and_read_through_the_client() {
    let server = MockServer::start().await;
    let client = Client::builder()
        .region("us-east-1")
        .endpoint_url(server.uri())
        .credentials(Credentials::new("AKID", "secret", None, None, "test"))
        .retry_policy(RetryPolicy::never())
        .build()
        .expect("a valid configuration");
    let calls = calls();
    for case in cases() {
        let name = &case.name;
        let call = &calls[case.operation.as_str()];
        let fixture = Fixture::load(&case.path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let replay = Replay::new([fixture]);
        server.reset().await;
        replay.mount(&server).await;

        let result = (call.send)(&client, &case.request).await;

        let requests = server.received_requests().await.unwrap_or_default();
        let [request] = requests.as_slice() else {
            panic!("{name}: {} requests", requests.len());
        };
        let header = |header: &str| request.headers.get(header).and_then(|v| v.to_str().ok());
        let target = format!("AWSCognitoIdentityProviderService.{}", case.operation);
        assert_eq!(request.method, "POST", "{name}");
        assert_eq!(request.url.path(), "/", "{name}");
        assert_eq!(header("x-amz-target"), Some(target.as_str()), "{name}");
        assert_eq!(
            header("content-type"),
            Some("application/x-amz-json-1.1"),
            "{name}"
        );
        let body: Value = request
            .body_json()
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(body, case.request, "{name}");
        // With credentials at hand, an operation that may be signed is.
        let is_signed = call.auth != AuthScheme::NoAuth;
        assert_eq!(header("authorization").is_some(), is_signed, "{name}");
        replay.verify().unwrap_or_else(|e| panic!("{name}: {e}"));

        match result {
            Ok(answer) => case.expect_answer(&answer),
            Err(error) => case.expect_error(&error),
        }
    }
}

#[test]
fn every_operation_has_a_success_and_an_error() {
    let mut missing: BTreeSet<_> = calls()
        .into_keys()
        .flat_map(|operation| [(operation.to_owned(), true), (operation.to_owned(), false)])
        .collect();
    for case in cases() {
        missing.remove(&(case.operation.clone(), case.is_success()));
        let folder = case.path.parent().and_then(Path::file_name);
        let folder = folder.unwrap_or_default().to_string_lossy();
        let words = folder.replace('_', "");
        assert_eq!(words, case.operation.to_lowercase(), "{}", case.name);
    }
    assert!(missing.is_empty(), "without a fixture: {missing:?}");
}

#[test]
fn every_fixture_says_where_it_comes_from_and_holds_no_secret() {
    for case in cases() {
        let fixture = Fixture::load(&case.path).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let provenance = fixture.provenance();
        let is_honest = [
            "Recorded from MiniStack ",
            "Recorded from moto ",
            "Recorded from fakecloud-cognito ",
            "Written by hand from the service model ",
        ];
        let is_honest = is_honest.iter().any(|start| provenance.starts_with(start));
        assert!(is_honest, "{}: {provenance}", case.name);
        // The beginnings of a JWT, of an access key, and of a signature.
        for secret in ["eyJ", "AKIA", "ASIA", "AWS4-HMAC"] {
            assert!(!case.text.contains(secret), "{}: {secret}", case.name);
        }
    }
}

/// An operation with its types hidden behind JSON.
struct Call {
    auth: AuthScheme,
    send: for<'a> fn(&'a Client, &'a Value) -> Sending<'a>,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Value, Error>> + 'a>>;

fn calls() -> BTreeMap<&'static str, Call> {
    macro_rules! calls {
        ($($module:ident { $($request:ident)* })*) => {
            BTreeMap::from([$($(call::<cognito_idp::operation::$module::$request>()),*),*])
        };
    }
    list::for_each_operation!(calls)
}

fn call<O>() -> (&'static str, Call)
where
    O: Operation<Response: Serialize> + DeserializeOwned + 'static,
{
    let call = Call {
        auth: O::AUTH,
        send: |client, request| Box::pin(send::<O>(client, request)),
    };
    (O::NAME, call)
}

async fn send<O>(client: &Client, request: &Value) -> Result<Value, Error>
where
    O: Operation<Response: Serialize> + DeserializeOwned,
{
    let request = serde_json::from_str::<O>(&request.to_string())
        .unwrap_or_else(|error| panic!("{}: {error}: {request}", O::NAME));
    let answer = client.send(&request).await?;
    Ok(serde_json::to_value(answer).expect("a response is JSON"))
}

/// One file of `fixtures`, besides the flows.
struct Case {
    path: PathBuf,
    name: String,
    text: String,
    operation: String,
    request: Value,
    response: Value,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = files(&folder)
        .into_iter()
        .filter(|path| !path.ends_with("flows") && !path.ends_with("oauth2"));
    let cases: Vec<_> = folders
        .flat_map(|folder| files(&folder))
        .map(Case::load)
        .collect();
    assert!(!cases.is_empty(), "{} is empty", folder.display());
    cases
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

impl Case {
    fn load(path: PathBuf) -> Self {
        let name = path
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .unwrap_or(&path);
        let name = name.display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let fixture: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let [exchange] = fixture["exchanges"]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
        else {
            panic!("{name}: only flows have other than one exchange");
        };
        Self {
            operation: exchange["operation"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            request: exchange["request"].clone(),
            response: exchange["response"].clone(),
            path,
            name,
            text,
        }
    }

    fn is_success(&self) -> bool {
        self.response["status"]
            .as_u64()
            .is_some_and(|status| status < 300)
    }

    fn expect_answer(&self, answer: &Value) {
        assert!(self.is_success(), "{}: is not an error", self.name);
        let mut differences = Vec::new();
        compare(&self.response["body"], answer, "", &mut differences);
        let unknown = |path: &str| NOT_IN_THE_MODEL.contains(&(self.operation.as_str(), path));
        differences.retain(|path| !unknown(path));
        assert!(differences.is_empty(), "{}: {differences:?}", self.name);
    }

    fn expect_error(&self, error: &Error) {
        let Error::Service(error) = error else {
            panic!("{}: {error}", self.name);
        };
        let body = &self.response["body"];
        let code = error.code().map(ErrorCode::as_str);
        let request_id = &self.response["headers"]["x-amzn-requestid"];
        assert_eq!(code, body["__type"].as_str(), "{}", self.name);
        assert_eq!(error.message(), body["message"].as_str(), "{}", self.name);
        assert_eq!(
            error.status().as_u16(),
            self.response["status"],
            "{}",
            self.name
        );
        assert_eq!(error.request_id(), request_id.as_str(), "{}", self.name);
        assert!(request_id.is_string(), "{}: no request ID", self.name);
    }
}

/// Finds the members that differ between an answer and what is left of it once read.
fn compare(sent: &Value, read: &Value, path: &str, differences: &mut Vec<String>) {
    match (sent, read) {
        (Value::Object(sent), Value::Object(read)) => {
            for name in sent.keys().chain(read.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{path}{}{name}", if path.is_empty() { "" } else { "." });
                match (sent.get(name), read.get(name)) {
                    (Some(sent), Some(read)) => compare(sent, read, &path, differences),
                    (Some(Value::Null), None) => {}
                    _ => differences.push(path),
                }
            }
        }
        (Value::Array(sent), Value::Array(read)) if sent.len() == read.len() => {
            for (sent, read) in sent.iter().zip(read) {
                compare(sent, read, path, differences);
            }
        }
        // A timestamp keeps its milliseconds.
        (Value::Number(sent), Value::Number(read)) if sent.is_f64() => {
            let distance = sent.as_f64().zip(read.as_f64()).map(|(a, b)| (a - b).abs());
            if distance.is_none_or(|distance| distance > 0.001) {
                differences.push(path.to_owned());
            }
        }
        // An operation without output answers with no body.
        (Value::Null, Value::Object(read)) if read.is_empty() => {}
        _ if sent == read => {}
        _ => differences.push(path.to_owned()),
    }
}
