//! AWS JSON 1.1: requests out of operations, results out of answers, without IO.
//!
//! [`Client`](crate::Client) stands on these functions; use them directly to send with another
//! HTTP stack.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, response::Parts};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    calendar::parse_http_date,
    endpoint::Endpoint,
    error::{DecodeError, DecodeProblem, Error, ErrorCode, InvalidInput, ServiceError},
    operation::Operation,
};

/// The service's name in a signature's scope.
#[cfg(feature = "sigv4")]
pub(crate) const SERVICE: &str = "cognito-idp";
pub(crate) const X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");

const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
pub(crate) const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("cognito-idp-rust/", env!("CARGO_PKG_VERSION")));
/// Codes, request IDs and content types are short; what is longer is not one, and would only fill
/// logs.
const LONGEST_IDENTIFIER: usize = 128;

/// Makes the HTTP request of an operation, not yet signed.
///
/// Where the operation's [`AUTH`](Operation::AUTH) asks for it, sign the request with
/// `sigv4::Signer::sign` right before it is sent.
///
/// # Errors
/// [`Error::InvalidInput`] if a type of your own does not serialize or its name cannot stand in a
/// header; the crate's operations never fail here.
pub fn http_request<O: Operation>(
    operation: &O,
    endpoint: &Endpoint,
) -> Result<http::Request<Bytes>, Error> {
    request(O::NAME, endpoint, body(O::NAME, encode(operation))?)
}

/// Reads the HTTP response to an operation.
///
/// ```
/// use bytes::Bytes;
/// use cognito_idp::{
///     endpoint::{Endpoint, EndpointOptions, Region},
///     operation::sign_up::{ConfirmSignUpRequest, ResendConfirmationCodeRequest},
///     protocol::{http_request, http_response},
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = Endpoint::regional(&Region::new("eu-central-1")?, EndpointOptions::default());
/// let request = http_request(&ResendConfirmationCodeRequest::new("app-client-id", "alice"), &endpoint)?;
/// assert_eq!(request.headers()["x-amz-target"], "AWSCognitoIdentityProviderService.ResendConfirmationCode");
///
/// // Whatever you send it with gives an answer:
/// let body = r#"{"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL"}}"#;
/// let sent = http_response::<ResendConfirmationCodeRequest>(http::Response::new(Bytes::from(body)))?;
/// assert!(sent.code_delivery_details.is_some());
/// let mut refused = http::Response::new(Bytes::from(r#"{"__type": "CodeMismatchException"}"#));
/// *refused.status_mut() = http::StatusCode::BAD_REQUEST;
/// assert!(http_response::<ConfirmSignUpRequest>(refused).is_err());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Service`] for an answer that is an error, [`Error::Decode`] for one that cannot be read.
/// The error does not know the request, so its `Display` leaves the server's message out; see
/// [`ServiceError::message`].
pub fn http_response<O: Operation>(response: http::Response<Bytes>) -> Result<O::Response, Error> {
    let (parts, body) = response.into_parts();
    check_status(O::NAME, &parts, &body)?;
    decode(&body).map_err(|error| unreadable(O::NAME, &parts, &error))
}

/// Writes an operation's JSON. This and [`decode`] are compiled again for every operation, so what
/// need not be in them is not.
pub(crate) fn encode<O: Operation>(operation: &O) -> serde_json::Result<Vec<u8>> {
    // Most requests fit, so that the buffer need not grow.
    let mut json = Vec::with_capacity(512);
    serde_json::to_writer(&mut json, operation).map(|()| json)
}

/// Makes the body of a request out of what [`encode`] gave.
pub(crate) fn body(
    operation: &'static str,
    json: serde_json::Result<Vec<u8>>,
) -> Result<Bytes, Error> {
    let refused = |_| InvalidInput::new(operation, "must serialize to a JSON object").into();
    json.map(Bytes::from).map_err(refused)
}

pub(crate) fn request(
    operation: &'static str,
    endpoint: &Endpoint,
    body: Bytes,
) -> Result<http::Request<Bytes>, Error> {
    // A name with a point is that of another service's operation, whole.
    let prefix = if operation.contains('.') {
        ""
    } else {
        TARGET_PREFIX
    };
    let target = HeaderValue::try_from([prefix, operation].concat())
        .map_err(|_| InvalidInput::new("NAME", "must be an operation's name"))?;
    let mut request = http::Request::new(body);
    *request.method_mut() = http::Method::POST;
    request.uri_mut().clone_from(endpoint.uri());
    *request.headers_mut() = HeaderMap::with_capacity(8);
    let headers = request.headers_mut();
    headers.insert(header::HOST, endpoint.host().clone());
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    headers.insert(header::USER_AGENT, USER_AGENT);
    headers.insert(X_AMZ_TARGET, target);
    Ok(request)
}

/// Whether the answer is a success, as far as the status tells.
pub(crate) fn check_status(
    operation: &'static str,
    parts: &Parts,
    body: &[u8],
) -> Result<(), Error> {
    let status = parts.status;
    if status.is_success() {
        return Ok(());
    }
    if status.is_client_error() || status.is_server_error() {
        return Err(service_error(operation, parts, body).into());
    }
    let problem = if status.is_redirection() {
        DecodeProblem::Redirect {
            host: redirect_host(&parts.headers),
        }
    } else {
        DecodeProblem::UnexpectedStatus
    };
    Err(decode_error(operation, parts, problem))
}

/// Reads the body of a success; an empty one counts as an object without members.
pub(crate) fn decode<R: DeserializeOwned>(body: &[u8]) -> serde_json::Result<R> {
    serde_json::from_slice(if body.is_empty() { b"{}" } else { body })
}

/// The error for a body that [`decode`] could not read.
pub(crate) fn unreadable(
    operation: &'static str,
    parts: &Parts,
    error: &serde_json::Error,
) -> Error {
    decode_error(operation, parts, problem(error))
}

/// What is wrong with a body that [`decode`] could not read.
pub(crate) fn problem(error: &serde_json::Error) -> DecodeProblem {
    // The error's text may quote the body, tokens included, so only its place is kept.
    let (line, column) = (error.line(), error.column());
    if error.is_data() {
        DecodeProblem::UnexpectedShape { line, column }
    } else {
        DecodeProblem::NotJson { line, column }
    }
}

/// The error for an answer with this problem.
pub(crate) fn decode_error(
    operation: &'static str,
    parts: &Parts,
    problem: DecodeProblem,
) -> Error {
    let content_type =
        text(&parts.headers, header::CONTENT_TYPE).filter(|name| name.len() <= LONGEST_IDENTIFIER);
    DecodeError::new(operation, parts.status, problem)
        .with_request_id(request_id(&parts.headers))
        .with_content_type(content_type.map(str::to_owned))
        .into()
}

pub(crate) fn service_error(operation: &'static str, parts: &Parts, body: &[u8]) -> ServiceError {
    let headers = &parts.headers;
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |name: &str| body.get(name).and_then(Value::as_str);

    let code = text(headers, HeaderName::from_static("x-amzn-errortype"))
        .and_then(error_code)
        .or_else(|| member("code").and_then(error_code))
        .or_else(|| member("__type").and_then(error_code));
    let message = ["message", "Message", "errorMessage"]
        .into_iter()
        .find_map(member)
        .or_else(|| text(headers, HeaderName::from_static("x-amzn-errormessage")));

    let mut error = ServiceError::new(operation, parts.status, code);
    if let Some(message) = message {
        error = error.with_message(message);
    }
    if let Some(reason_code) = member("reasonCode").and_then(identifier) {
        error = error.with_reason_code(reason_code);
    }
    if let Some(request_id) = request_id(headers) {
        error = error.with_request_id(request_id);
    }
    if let Some(retry_after) = retry_after(headers) {
        error = error.with_retry_after(retry_after);
    }
    error
}

/// Takes the code out of forms such as `prefix#CodeException:http://…`.
fn error_code(text: &str) -> Option<ErrorCode> {
    let text = text.split(':').next().unwrap_or_default();
    let text = text.rsplit('#').next().unwrap_or_default();
    identifier(text.trim()).map(ErrorCode::from)
}

/// Only what looks like a code: a page or a quoted input does not become one.
pub(crate) fn identifier(text: &str) -> Option<&str> {
    let is_identifier = (1..=LONGEST_IDENTIFIER).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    is_identifier.then_some(text)
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id"]
        .into_iter()
        .find_map(|name| text(headers, HeaderName::from_static(name)))
        .filter(|id| id.len() <= LONGEST_IDENTIFIER)
        .map(str::to_owned)
}

/// `x-amz-retry-after` is in milliseconds; `Retry-After`, which proxies send, in seconds or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let from_aws = text(headers, HeaderName::from_static("x-amz-retry-after"));
    if let Some(millis) = from_aws.and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let from_proxy = text(headers, header::RETRY_AFTER)?;
    if let Ok(seconds) = from_proxy.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(headers, header::DATE).and_then(parse_http_date)?;
    let seconds = parse_http_date(from_proxy)?.saturating_sub(now);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

fn redirect_host(headers: &HeaderMap) -> Option<String> {
    let location: Uri = text(headers, header::LOCATION)?.parse().ok()?;
    location.host().map(str::to_owned)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::StatusCode;
    use serde::Serialize;

    use super::*;
    use crate::operation::{AuthScheme, RetrySafety};

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a valid status");
        for (name, value) in headers {
            response
                .headers_mut()
                .insert(*name, value.parse().expect("a valid header"));
        }
        response
    }

    fn error(status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        let (parts, body) = answer(status, headers, body).into_parts();
        check_status("SignUp", &parts, &body).expect_err("an error")
    }

    /// An operation whose members can be anything.
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Anything<T>(T);

    impl<T: Serialize> Operation for Anything<T> {
        type Response = ();
        const NAME: &'static str = "Anything";
        const AUTH: AuthScheme = AuthScheme::NoAuth;
        const RETRY: RetrySafety = RetrySafety::Repeatable;
        const ERRORS: &'static [ErrorCode] = &[];
    }

    #[test]
    fn a_request_carries_its_operation_as_json_or_is_not_made() {
        let endpoint = Endpoint::custom("https://example.com/path").expect("a valid URL");
        let members = Anything(BTreeMap::from([("Username", "alice")]));
        let request = http_request(&members, &endpoint).expect("a request");
        assert_eq!(request.body(), r#"{"Username":"alice"}"#);
        let target = &request.headers()[X_AMZ_TARGET];
        assert_eq!(target, "AWSCognitoIdentityProviderService.Anything");
        // JSON has no such names of members.
        let impossible = Anything(BTreeMap::from([(vec![1], 2)]));
        let error = http_request(&impossible, &endpoint).expect_err("not made");
        assert!(matches!(error, Error::InvalidInput(_)), "{error:?}");
    }

    #[test]
    fn every_shape_of_an_error_gives_its_code() {
        let code = |headers: &[(&'static str, &str)], body: &str| {
            error(400, headers, body).code().cloned()
        };
        let not_authorized = Some(ErrorCode::NotAuthorized);
        let header = |value| [("x-amzn-errortype", value)];

        assert_eq!(code(&header("NotAuthorizedException:"), ""), not_authorized);
        assert_eq!(
            code(&header("NotAuthorizedException:http://x/"), "{}"),
            not_authorized
        );
        assert_eq!(
            code(&header("com.amazon#NotAuthorizedException"), "<html>"),
            not_authorized
        );
        assert_eq!(
            code(&[], r#"{"__type":"NotAuthorizedException"}"#),
            not_authorized
        );
        assert_eq!(
            code(&[], r#"{"__type":"a.b#NotAuthorizedException:http://x"}"#),
            not_authorized
        );
        assert_eq!(
            code(&[], r#"{"code":"NotAuthorizedException"}"#),
            not_authorized
        );
        assert_eq!(
            code(&header("UserNotFoundException"), r#"{"__type":"Other"}"#),
            Some(ErrorCode::UserNotFound)
        );
        assert_eq!(
            code(
                &[],
                r#"{"code":"BadRequest","message":"m","type":"client"}"#
            ),
            Some(ErrorCode::Other("BadRequest".to_owned()))
        );
    }

    #[test]
    fn an_error_without_a_code_keeps_status_and_request_id() {
        for body in [
            "",
            "<html>blocked</html>",
            "<Error><Code>X</Code></Error>",
            "[]",
            "null",
            "{\"__type\":7}",
            "{\"__type\":\"\"}",
            "\u{fffd}",
        ] {
            let error = error(403, &[("x-amzn-requestid", "id-1")], body);
            assert_eq!(error.code(), None, "{body}");
            assert_eq!(error.status(), Some(StatusCode::FORBIDDEN));
            assert_eq!(error.request_id(), Some("id-1"));
        }
    }

    #[test]
    fn what_is_too_long_for_a_code_a_request_id_or_a_content_type_is_not_taken_for_one() {
        let kept = |length: usize| {
            let text = "x".repeat(length);
            let headers = [
                ("x-amzn-requestid", text.as_str()),
                ("x-amzn-errortype", text.as_str()),
                ("content-type", text.as_str()),
            ];
            let refused = error(400, &headers, "");
            let Error::Decode(unreadable) = error(304, &headers, "") else {
                panic!("a decode error");
            };
            assert_eq!(unreadable.request_id(), refused.request_id());
            [
                refused.request_id().is_some(),
                refused.code().is_some(),
                unreadable.content_type().is_some(),
            ]
        };
        assert_eq!(kept(LONGEST_IDENTIFIER), [true; 3]);
        assert_eq!(kept(LONGEST_IDENTIFIER + 1), [false; 3]);
    }

    #[test]
    fn a_message_is_found_under_every_name() {
        for (headers, body) in [
            (vec![], r#"{"message":"m"}"#),
            (
                vec![],
                r#"{"__type":"SerializationException","Message":"m"}"#,
            ),
            (vec![], r#"{"errorMessage":"m"}"#),
            (vec![("x-amzn-errormessage", "m")], ""),
            (vec![("x-amzn-errormessage", "m")], r#"{"message":null}"#),
        ] {
            let Error::Service(error) = error(400, &headers, body) else {
                panic!("a service error for {body}");
            };
            assert_eq!(error.message(), Some("m"), "{body}");
        }
    }

    #[test]
    fn waiting_times_are_read_in_their_units() {
        for (headers, millis) in [
            (vec![("x-amz-retry-after", "1500")], Some(1500)),
            (vec![("x-amz-retry-after", "-1")], None),
            (vec![("x-amz-retry-after", "soon")], None),
            (vec![("retry-after", "2")], Some(2000)),
            (
                vec![
                    ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                    ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"),
                ],
                Some(3000),
            ),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")], None),
        ] {
            let Error::Service(error) = error(429, &headers, "") else {
                panic!("a service error");
            };
            assert_eq!(
                error.retry_after(),
                millis.map(Duration::from_millis),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_redirect_is_an_error_that_names_only_the_host() {
        let Error::Decode(error) = error(307, &[("location", "https://evil.example/a?b=c")], "")
        else {
            panic!("a decode error");
        };
        assert_eq!(
            error.problem(),
            &DecodeProblem::Redirect {
                host: Some("evil.example".to_owned())
            }
        );
        assert!(!error.to_string().contains("b=c"));
    }

    #[test]
    fn an_empty_body_reads_as_an_answer_without_members() {
        assert_eq!(decode::<Value>(b"").ok(), Some(serde_json::json!({})));
    }

    #[test]
    fn an_unreadable_success_says_where_and_shows_nothing_of_it() {
        for body in [
            "<html>marker",
            "{\"A\":\"marker",
            "\"marker\"",
            "{\"A\":{\"B\":\"marker\"}}",
        ] {
            let (parts, body) = answer(200, &[("content-type", "text/html")], body).into_parts();
            let result = decode::<std::collections::BTreeMap<String, bool>>(&body);
            let error = unreadable("X", &parts, &result.expect_err("unreadable"));
            assert!(error.outcome_unknown());
            assert!(!format!("{error} {error:?}").contains("marker"));
        }
    }
}
