//! Fixtures: exchanges with Cognito in files, to test against without a network.
//!
//! A [`Fixture`] is a JSON file of requests and their answers. [`Replay`] plays fixtures back: in
//! memory as an [`HttpClient`], or on a `wiremock` server with
#![cfg_attr(feature = "wiremock", doc = "[`Replay::mount`]")]
#![cfg_attr(not(feature = "wiremock"), doc = "`Replay::mount`")]
//! (feature `wiremock`). [`Recorder`] writes them from real calls, with secrets and personal data
//! replaced before anything reaches the disk.
//!
//! [`HttpClient`]: crate::transport::HttpClient
//!
//! # A test on a fixture
//!
//! ```
//! use cognito_idp::{Client, ErrorCode, fixture::{Fixture, Replay}, operation::sign_up::SignUpRequest};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let taken = Fixture::parse("username_taken", r#"{
//!     "description": "Somebody else has the name",
//!     "provenance": "Written by hand from the documentation of SignUp",
//!     "exchanges": [{
//!         "operation": "SignUp",
//!         "request": {"ClientId": "{{any}}", "Username": "alice", "Password": "{{any}}"},
//!         "response": {
//!             "status": 400,
//!             "body": {"__type": "UsernameExistsException", "message": "User already exists"}
//!         }
//!     }]
//! }"#)?;
//! let replay = Replay::new([taken]);
//! let client = Client::builder().region("eu-central-1").http_client(replay.clone()).build()?;
//!
//! let request = SignUpRequest::new("app-client-id", "alice").password("P@ssw0rd!");
//! let error = client.send(&request).await.expect_err("the name is taken");
//! assert_eq!(error.code(), Some(&ErrorCode::UsernameExists));
//! replay.verify()?;
//! # Ok(())
//! # }
//! ```
//!
//! Signed operations need credentials; any will do, because a replay checks that a signature is
//! there and not whose it is. Retries wait as they always do: give the client a
//! [retry policy](crate::ClientBuilder::retry_policy) of one attempt, or test under a paused clock.
//!
//! # Writing a fixture by hand
//!
//! | member | meaning |
//! |---|---|
//! | `description` | what happens, in a sentence |
//! | `provenance` | where it comes from: which server was recorded, or which document was read |
//! | `unordered` | `true` if the exchanges may come in any order; by default they come in this one |
//! | `exchanges` | the requests and their answers |
//!
//! Of an exchange:
//!
//! | member | meaning |
//! |---|---|
//! | `operation` | the name of the operation, such as `SignUp`, or [an endpoint](#endpoints-of-a-domain) |
//! | `request` | the body, compared as a JSON value; `{}` if absent |
//! | `response` | `status`, `headers`, and `body` (JSON) or `text` (anything else); neither means an empty body |
//! | `concurrent` | `true` if it may also come before the exchange above it, as a call at the same time |
//! | `times` | how often the response is given: a number, 1 by default, or `"any"` |
//! | `faults` | what comes before the response, one for each attempt: see below |
//! | `delay_ms` | how long every answer of this exchange takes |
//!
//! Several `concurrent` exchanges in a row may come in any order with each other and with the one
//! above them; what follows them comes when all of them are done.
//!
//! ```json
//! {"operation": "AdminAddUserToGroup", "request": {"GroupName": "readers", …}, "response": {"status": 200}},
//! {"operation": "AdminAddUserToGroup", "request": {"GroupName": "writers", …}, "response": {"status": 200},
//!  "concurrent": true}
//! ```
//!
//! A text of the request or the response may hold placeholders:
//!
//! | placeholder | in a request | in a response |
//! |---|---|---|
//! | `{{any}}` | matches anything | |
//! | `{{username}}`, or any other name | takes what stands there; must be the same everywhere in the fixture | that value |
//! | `{"{{jwt:access_token}}": {…}}` in place of a text | | a well-formed JWT with these claims, signed if [tokens are issued](Replay#signed-tokens); `{{access_token}}` stands for it from there on |
//! | `"{{any}}": "{{any}}"` as a member | allows members that the fixture does not list | |
//! | `{{open}}` | two literal braces | two literal braces |
//!
//! So a secret hash or an SRP value is `{{any}}`, a username that comes back in the answer is
//! `{{username}}`, and a session is a literal in the answer and in the request that follows.
//!
//! # Endpoints of a domain
//!
//! A call to an OAuth 2.0 endpoint of a pool's domain, or to another path, has the method and the path
//! for an `operation`. Its `request` are the fields of the form, or of a `GET` the query, without their
//! encoding; whatever comes twice or cannot be read is refused. One member more says who calls:
//!
//! | `authorization` | the header must be |
//! |---|---|
//! | absent | absent |
//! | `"Basic {{client_id}}:{{any}}"` | Basic credentials, here decoded: the client's ID and secret |
//! | `"Bearer {{access_token}}"` | a token, here the one that an exchange above has issued |
//!
//! ```
//! # use cognito_idp::fixture::Fixture;
//! # let fixture = r#"{"description": "d", "provenance": "Written for this example", "exchanges": [
//! {
//!     "operation": "POST /oauth2/token",
//!     "authorization": "Basic {{client_id}}:{{any}}",
//!     "request": {"grant_type": "client_credentials", "scope": "orders/read"},
//!     "response": {
//!         "status": 200,
//!         "body": {
//!             "access_token": {"{{jwt:access_token}}": {"client_id": "{{client_id}}", "scope": "orders/read"}},
//!             "token_type": "Bearer",
//!             "expires_in": 3600
//!         }
//!     }
//! }
//! # ]}"#;
//! # Fixture::parse("example", fixture)?;
//! # Ok::<(), cognito_idp::error::InvalidInput>(())
//! ```
//!
//! A path may hold placeholders as well: `GET /{{user_pool_id}}/.well-known/jwks.json`.
//!
//! What a browser does is part of a sign-in and no call of the program: a test plays the browser, and
//! gives the URL of the authorize endpoint to [`Replay::answer`]. So the fixture learns `{{state}}` and
//! `{{nonce}}`, and may name them: in the `location` that leads back, in the claims of the ID token.
//!
//! # Trouble
//!
//! Each entry of `faults` is what one attempt meets; then comes the response, if there is one:
//!
//! - `"throttle"`: Cognito's `TooManyRequestsException`; of an endpoint the status 429;
//! - `"close"`: the connection breaks, so that nobody knows what became of the request;
//! - `"truncate"`: the response ends half-way.
//!
//! ```json
//! {"operation": "GetUser", "faults": ["throttle", "throttle", "close"], "response": {"status": 200}}
//! ```
//!
//! Other trouble is an ordinary response: a 503, or the HTML page of a proxy as `text`.
//!
//! # Reviewing a fixture
//!
//! - `provenance` must be true: say "recorded" only of a recording, and of which server and version.
//! - No real name, address, phone number, pool ID, account ID or token. A recording has none in the
//!   members that Cognito treats as secret or as an ID, and no email address anywhere, but names of
//!   groups, pools and custom attributes, URLs and email texts stay as they were: read those.
//! - A request should fix what the test is about and leave open, as a placeholder, what it is not.
//! - An answer should hold what the service really sends, in its spelling: check a hand-written one
//!   against the documentation or against a recording.

mod call;
#[cfg(feature = "verify")]
mod issuer;
mod pattern;
mod private;
mod recorded;
mod recorder;
mod redact;
mod replay;
#[cfg(feature = "wiremock")]
mod wiremock;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "verify")]
pub use self::issuer::TestIssuer;
use self::{
    call::Target,
    pattern::{Part, parts},
};
pub use self::{
    recorder::Recorder,
    replay::{Answer, Replay, VerifyError},
};
use crate::error::{InvalidInput, Problem};

/// Exchanges with Cognito, read from a file.
#[derive(Clone, Debug)]
pub struct Fixture {
    name: String,
    document: Document,
}

impl Fixture {
    /// Reads one file: a case, or a flow of several exchanges.
    ///
    /// # Errors
    /// Names the file and every rule that it breaks.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, InvalidInput> {
        let path = path.as_ref();
        let name = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(json) => Self::parse(name, &json),
            Err(error) => Err(unreadable(name, &error)),
        }
    }

    /// Reads every `.json` file in a folder and the folders in it, in the order of their paths.
    ///
    /// Links are followed, but no folder is read twice.
    ///
    /// # Errors
    /// Names every file at fault and every rule that it breaks; a folder without fixtures is an error.
    pub fn folder(path: impl AsRef<Path>) -> Result<Vec<Self>, InvalidInput> {
        let path = path.as_ref();
        let mut files = Vec::new();
        collect_files(path, &mut BTreeSet::new(), &mut files)?;
        files.sort();
        let mut fixtures = Vec::with_capacity(files.len());
        let mut problems = Vec::new();
        for file in files {
            match Self::load(file) {
                Ok(fixture) => fixtures.push(fixture),
                Err(error) => problems.extend(error),
            }
        }
        if let Some(error) = InvalidInput::from_problems(problems) {
            return Err(error);
        }
        if fixtures.is_empty() {
            let name = path.display().to_string();
            return Err(InvalidInput::new(name, "must hold .json files"));
        }
        Ok(fixtures)
    }

    /// Reads a fixture from JSON; the name is the one that errors give it.
    ///
    /// # Errors
    /// Names every rule that the fixture breaks.
    pub fn parse(name: impl Into<String>, json: &str) -> Result<Self, InvalidInput> {
        let name = name.into();
        let document: Document = serde_json::from_str(json).map_err(|error| {
            InvalidInput::new(name.clone(), format!("must be a fixture: {error}"))
        })?;
        match InvalidInput::from_problems(Check::of(&name, &document)) {
            Some(error) => Err(error),
            None => Ok(Self { name, document }),
        }
    }

    /// Checks that nothing in it looks like somebody's email address (other than of `example.com` and
    /// the like), a token or an AWS key.
    ///
    /// It finds what can be told by its looks: names, phone numbers and IDs need a
    /// [reader](self#reviewing-a-fixture).
    ///
    /// ```
    /// use cognito_idp::fixture::Fixture;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fixture = Fixture::parse("whose", r#"{
    ///     "description": "The address stands where nobody looks",
    ///     "provenance": "Written by hand for alice@nodomain.test.org",
    ///     "exchanges": [{"operation": "ListGroups", "request": {}, "response": {"status": 200, "body": {}}}]
    /// }"#)?;
    /// assert!(fixture.check_private().is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Names every place, and what seems to stand there, without the thing itself.
    pub fn check_private(&self) -> Result<(), InvalidInput> {
        let document = serde_json::to_value(&self.document).unwrap_or_default();
        let places = private::places(&document).into_iter();
        let problems = places.flat_map(|(place, kind)| {
            let rule = format!("must not hold {kind}");
            InvalidInput::new(format!("{}, {place}", self.name), rule)
        });
        InvalidInput::from_problems(problems).map_or(Ok(()), Err)
    }

    /// The path, or the name given to [`parse`](Self::parse).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What happens in it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.document.description
    }

    /// Where it comes from.
    #[must_use]
    pub fn provenance(&self) -> &str {
        &self.document.provenance
    }

    /// The operations of its exchanges, in their order.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        let exchanges = self.document.exchanges.iter();
        exchanges.map(|exchange| exchange.operation.as_str())
    }
}

/// The file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    description: String,
    provenance: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unordered: bool,
    exchanges: Vec<Exchange>,
}

impl Document {
    /// The first of the exchanges that may come in any order with this one.
    fn together_since(&self, index: usize) -> usize {
        let mut before = self.exchanges.iter().take(index + 1);
        before
            .rposition(|exchange| !exchange.concurrent)
            .unwrap_or_default()
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    operation: String,
    /// Of an endpoint: what the header must be. Whether an operation is signed is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authorization: Option<String>,
    #[serde(default = "empty_object")]
    request: Value,
    /// Whether it may come before those above it, up to the first that is not concurrent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    concurrent: bool,
    #[serde(default, skip_serializing_if = "Times::is_once")]
    times: Times,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    #[serde(default, skip_serializing_if = "is_zero")]
    delay_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<Response>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Response {
    status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// How often the response of an exchange is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "times must be a number or \"any\"")]
enum Times {
    Exactly(usize),
    Any(AnyTimes),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum AnyTimes {
    Any,
}

impl Default for Times {
    fn default() -> Self {
        Self::Exactly(1)
    }
}

impl Times {
    fn is_once(&self) -> bool {
        *self == Self::default()
    }
}

/// What an attempt meets instead of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    Throttle,
    Close,
    Truncate,
}

impl Exchange {
    /// How often the exchange must be called at least.
    fn at_least(&self) -> usize {
        match (&self.response, self.times) {
            (Some(_), Times::Exactly(times)) => self.faults.len().saturating_add(times),
            (Some(_), Times::Any(_)) => 0,
            (None, _) => self.faults.len(),
        }
    }

    /// How often the exchange may be called at most.
    fn at_most(&self) -> usize {
        match (&self.response, self.times) {
            (Some(_), Times::Any(_)) => usize::MAX,
            _ => self.at_least(),
        }
    }
}

fn empty_object() -> Value {
    Value::Object(serde_json::Map::new())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn unreadable(name: String, error: &std::io::Error) -> InvalidInput {
    InvalidInput::new(name, format!("must be readable: {error}"))
}

/// Collects the files below a folder; a link may lead back to a folder that was seen already.
fn collect_files(
    folder: &Path,
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> Result<(), InvalidInput> {
    let fault = |error: &std::io::Error| unreadable(folder.display().to_string(), error);
    let real = folder.canonicalize().map_err(|error| fault(&error))?;
    if !seen.insert(real) {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|error| fault(&error))?;
    let paths: Result<Vec<_>, _> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut paths = paths.map_err(|error| fault(&error))?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect_files(&path, seen, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The rules that the types of a [`Document`] do not express.
struct Check<'a> {
    name: &'a str,
    place: Option<(usize, &'a str)>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn of(name: &'a str, document: &'a Document) -> Vec<Problem> {
        let mut check = Self {
            name,
            place: None,
            problems: Vec::new(),
        };
        check.document(document);
        check.problems
    }

    fn document(&mut self, document: &'a Document) {
        if document.description.trim().is_empty() {
            self.refuse("description must say what happens");
        }
        if document.provenance.trim().is_empty() {
            self.refuse("provenance must say where the fixture comes from");
        }
        if document.exchanges.is_empty() {
            self.refuse("exchanges must not be empty");
        }
        if document
            .exchanges
            .first()
            .is_some_and(|first| first.concurrent)
        {
            self.refuse("the first of the exchanges cannot be concurrent with one before it");
        }
        let mut names = BTreeSet::new();
        let mut rest = document.exchanges.as_slice();
        while !rest.is_empty() {
            let following = rest.iter().skip(1);
            let together = 1 + following
                .take_while(|e| e.concurrent || document.unordered)
                .count();
            let start = document.exchanges.len() - rest.len();
            self.together(start, &rest[..together], &mut names);
            rest = &rest[together..];
        }
    }

    /// Checks exchanges of which any may come first.
    fn together(&mut self, start: usize, exchanges: &'a [Exchange], names: &mut BTreeSet<&'a str>) {
        for (index, exchange) in (start..).zip(exchanges) {
            self.place = Some((index + 1, &exchange.operation));
            self.bind(exchange, names);
        }
        for (index, exchange) in (start..).zip(exchanges) {
            self.place = Some((index + 1, &exchange.operation));
            self.exchange(exchange, names);
        }
    }

    /// Collects the names that can be used in the exchange's response.
    fn bind(&mut self, exchange: &'a Exchange, names: &mut BTreeSet<&'a str>) {
        let mut check = |part: Part<'a>| match part {
            Part::Jwt(_) => Some("request cannot hold a {{jwt:…}}".to_owned()),
            Part::Name(name) => {
                names.insert(name);
                None
            }
            Part::Text(_) | Part::Any => None,
        };
        self.text(&exchange.operation, &mut check);
        if let Some(authorization) = &exchange.authorization {
            self.text(authorization, &mut check);
        }
        self.texts(&exchange.request, &mut check);
        if let Some(body) = exchange.response.as_ref().and_then(|r| r.body.as_ref()) {
            collect_tokens(body, names);
        }
    }

    fn exchange(&mut self, exchange: &'a Exchange, names: &BTreeSet<&str>) {
        match Target::of(&exchange.operation) {
            Target::Operation => self.operation(exchange),
            Target::Endpoint => self.endpoint(exchange),
        }
        if !exchange.request.is_object() {
            self.refuse("request must be an object");
        }
        if exchange.times == Times::Exactly(0) {
            self.refuse("times must not be 0");
        }
        match &exchange.response {
            Some(response) => self.response(response, names),
            None if exchange.faults.is_empty() => self.refuse("response or faults must be given"),
            None if exchange.faults.contains(&Fault::Truncate) => {
                self.refuse("response must be given, or there is nothing to truncate");
            }
            None if exchange.times != Times::default() => {
                self.refuse("times must not be given without a response");
            }
            None => {}
        }
    }

    fn operation(&mut self, exchange: &Exchange) {
        let operation = exchange.operation.as_bytes();
        if operation.is_empty() || !operation.iter().all(u8::is_ascii_alphanumeric) {
            self.refuse("operation must be an operation's name");
        }
        if exchange.authorization.is_some() {
            self.refuse(
                "authorization belongs to an endpoint: it is known which operations are signed",
            );
        }
    }

    fn endpoint(&mut self, exchange: &Exchange) {
        let is_endpoint = exchange
            .operation
            .split_once(' ')
            .is_some_and(|(method, path)| {
                let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase());
                let is_path = path.bytes().all(|byte| byte.is_ascii_graphic());
                is_method && is_path && path.starts_with('/') && !path.contains(['?', '#'])
            });
        if !is_endpoint {
            self.refuse("operation must be an operation's name, or a method and a path");
        }
        let fields = exchange.request.as_object();
        if fields.is_some_and(|fields| !fields.values().all(Value::is_string)) {
            self.refuse("request must hold texts, as a form and a query do");
        }
    }

    fn response(&mut self, response: &'a Response, names: &BTreeSet<&str>) {
        let status = StatusCode::from_u16(response.status);
        if !status.is_ok_and(|status| !status.is_informational()) {
            self.refuse("status must be between 200 and 999");
        }
        if response.body.is_some() && response.text.is_some() {
            self.refuse("response must have body or text, not both");
        }
        for (name, value) in &response.headers {
            if HeaderName::try_from(name).is_err() || HeaderValue::try_from(value).is_err() {
                self.refuse(format!("{name} must be a valid header"));
            }
            self.text(value, &mut |part| unbound(part, names));
        }
        if let Some(text) = &response.text {
            self.text(text, &mut |part| unbound(part, names));
        }
        if let Some(body) = &response.body {
            self.texts(body, &mut |part| unbound(part, names));
        }
    }

    /// Checks the placeholders in every text of a value.
    fn texts(&mut self, value: &'a Value, check: &mut dyn FnMut(Part<'a>) -> Option<String>) {
        match value {
            Value::String(text) => self.text(text, check),
            Value::Array(items) => items.iter().for_each(|item| self.texts(item, check)),
            Value::Object(members) => {
                for (name, value) in members {
                    if name.starts_with("{{") && pattern::jwt(members).is_none() {
                        self.member_name(name);
                    } else if name.starts_with("{{") {
                        self.text(name, check);
                    }
                    self.texts(value, check);
                }
            }
            _ => {}
        }
    }

    fn member_name(&mut self, name: &str) {
        if name != pattern::REST {
            self.refuse(format!("{name} cannot be a member's name beside others"));
        }
    }

    fn text(&mut self, text: &'a str, check: &mut dyn FnMut(Part<'a>) -> Option<String>) {
        match parts(text) {
            Ok(parts) => {
                for part in parts {
                    if let Some(rule) = check(part) {
                        self.refuse(rule);
                    }
                }
            }
            Err(rule) => self.refuse(rule),
        }
    }

    fn refuse(&mut self, rule: impl Into<String>) {
        let field = match self.place {
            Some((number, operation)) => format!("{}, exchange {number} ({operation})", self.name),
            None => self.name.to_owned(),
        };
        let problem = InvalidInput::new(field, rule.into());
        self.problems.extend(problem);
    }
}

fn unbound(part: Part<'_>, names: &BTreeSet<&str>) -> Option<String> {
    match part {
        Part::Any => Some("response cannot hold {{any}}, which stands for no value".to_owned()),
        Part::Name(name) if !names.contains(name) => Some(format!(
            "response names {{{{{name}}}}}, which no request before it holds"
        )),
        _ => None,
    }
}

fn collect_tokens<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_tokens(item, names)),
        Value::Object(members) => match pattern::jwt(members) {
            Some((name, _)) => {
                names.insert(name);
            }
            None => members
                .values()
                .for_each(|value| collect_tokens(value, names)),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &Value) -> Vec<String> {
        match Fixture::parse("f", &json.to_string()) {
            Ok(_) => Vec::new(),
            Err(error) => error
                .into_iter()
                .map(|p| format!("{}: {}", p.field, p.rule))
                .collect(),
        }
    }

    fn with_exchange(exchange: &Value) -> Value {
        serde_json::json!({"description": "d", "provenance": "p", "exchanges": [exchange]})
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let fixture = serde_json::json!({"description": " ", "provenance": "", "exchanges": [
            {"operation": "Sign Up", "request": [], "times": 0,
             "response": {"status": 99, "headers": {"a b": "c"}, "body": {}, "text": ""}},
        ]});
        assert_eq!(
            rules(&fixture),
            [
                "f: description must say what happens",
                "f: provenance must say where the fixture comes from",
                "f, exchange 1 (Sign Up): operation must be an operation's name, or a method and a path",
                "f, exchange 1 (Sign Up): request must be an object",
                "f, exchange 1 (Sign Up): times must not be 0",
                "f, exchange 1 (Sign Up): status must be between 200 and 999",
                "f, exchange 1 (Sign Up): response must have body or text, not both",
                "f, exchange 1 (Sign Up): a b must be a valid header",
            ]
        );
    }

    #[test]
    fn an_endpoint_is_a_method_and_a_path_and_its_fields_are_texts() {
        for (operation, request, rule) in [
            ("post /oauth2/token", "a", "a method and a path"),
            ("POST oauth2/token", "a", "a method and a path"),
            ("POST /oauth2/token?a=1", "a", "a method and a path"),
            ("POST /oauth2 /token", "a", "a method and a path"),
            ("POST /{{Pool}}", "a", "small letters"),
            ("POST /{{jwt:pool}}", "a", "cannot hold"),
        ] {
            let rules = rules(&with_exchange(&serde_json::json!({"operation": operation,
                "authorization": "Basic {{any}}", "request": {"a": request}, "faults": ["close"]})));
            assert!(rules.len() == 1 && rules[0].contains(rule), "{rules:?}");
        }
        for exchange in [
            serde_json::json!({"operation": "POST /a", "request": {"a": 1}, "faults": ["close"]}),
            serde_json::json!({"operation": "POST /a", "authorization": "{{", "faults": ["close"]}),
            serde_json::json!({"operation": "A", "authorization": "{{any}}", "faults": ["close"]}),
        ] {
            assert_eq!(rules(&with_exchange(&exchange)).len(), 1, "{exchange}");
        }
        let named = serde_json::json!({"operation": "GET /{{a}}", "authorization": "Bearer {{b}}",
            "response": {"status": 302, "headers": {"location": "/{{a}}/{{b}}"}}});
        assert_eq!(rules(&with_exchange(&named)), Vec::<String>::new());
    }

    #[test]
    fn an_exchange_must_answer_something() {
        for (exchange, rule) in [
            (serde_json::json!({}), "response or faults must be given"),
            (
                serde_json::json!({"faults": ["truncate"]}),
                "nothing to truncate",
            ),
            (
                serde_json::json!({"faults": ["close"], "times": 2}),
                "times must not be given",
            ),
        ] {
            let mut exchange = exchange;
            exchange["operation"] = "GetUser".into();
            let rules = rules(&with_exchange(&exchange));
            assert!(rules.len() == 1 && rules[0].contains(rule), "{rules:?}");
        }
    }

    #[test]
    fn placeholders_are_checked_when_the_file_is_read() {
        for (request, body, rule) in [
            ("{{User}}", "", "small letters"),
            ("", "{{user", "must end with }}"),
            ("", "{{user}}", "no request before it holds"),
            ("{{user}}", "{{any}}", "stands for no value"),
        ] {
            let rules = rules(&with_exchange(&serde_json::json!({
                "operation": "GetUser",
                "request": {"A": request},
                "response": {"status": 200, "body": {"B": body}},
            })));
            assert!(rules.len() == 1 && rules[0].contains(rule), "{rules:?}");
        }
    }

    #[test]
    fn a_token_belongs_into_a_response_and_stands_alone() {
        let token = serde_json::json!({"{{jwt:t}}": {}});
        let request = with_exchange(
            &serde_json::json!({"operation": "A", "request": {"T": token}, "faults": ["close"]}),
        );
        assert!(rules(&request)[0].contains("request cannot hold"));
        let response = with_exchange(&serde_json::json!({"operation": "A",
            "response": {"status": 200, "body": {"{{jwt:t}}": {}, "B": 1}}}));
        assert!(rules(&response)[0].contains("beside others"));
    }

    #[test]
    fn a_member_with_a_misspelt_name_is_refused() {
        let fixture = with_exchange(&serde_json::json!({"operation": "A", "respnse": {}}));
        let rules = rules(&fixture);
        assert!(rules[0].contains("respnse"), "{rules:?}");
    }

    #[test]
    fn an_unordered_fixture_may_name_what_any_request_holds() {
        let mut fixture = serde_json::json!({"description": "d", "provenance": "p", "exchanges": [
            {"operation": "A", "response": {"status": 200, "body": "{{user}}"}},
            {"operation": "B", "request": {"U": "{{user}}"}, "response": {"status": 200}},
        ]});
        assert_eq!(rules(&fixture).len(), 1);
        fixture["unordered"] = true.into();
        assert_eq!(rules(&fixture), Vec::<String>::new());
    }
}
