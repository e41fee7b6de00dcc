//! What the sources have in common: how they are made and asked, the environment, small requests, JSON
//! answers.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::{
    Credentials,
    provider::{error::CredentialsError, future},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri};
use serde::Deserialize;

use crate::{
    calendar::parse_iso_8601,
    endpoint::{Endpoint, EndpointOptions, Region},
    error::TransportErrorKind,
    sensitive::Sensitive,
    transport::HttpClient,
};

/// How often a service on the internet is asked, how long it may take, and the first pause.
pub(super) const ATTEMPTS: u32 = 3;
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// A provider's `Result`: `None` where the source is not there at all, so that the next is tried.
pub(super) type Found = Result<Option<Credentials>, CredentialsError>;

/// A place where credentials may be.
pub(super) trait Source: Sync {
    /// What is said if they are not there.
    const ABSENT: &'static str;

    /// Looks for them; `None` if the place is not there at all.
    fn find(&self) -> impl Future<Output = Found> + Send;

    fn provide(&self) -> future::ProvideCredentials<'_> {
        future::ProvideCredentials::new(async {
            let found = self.find().await?;
            found.ok_or_else(|| CredentialsError::not_loaded(Self::ABSENT))
        })
    }
}

/// Makes a public provider of a [`Source`]: how it is asked, and that it shows nothing.
macro_rules! provider {
    ($Provider:ident) => {
        impl aws_credential_types::provider::ProvideCredentials for $Provider {
            fn provide_credentials<'a>(
                &'a self,
            ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                $crate::credentials::metadata::Source::provide(self)
            }
        }

        impl std::fmt::Debug for $Provider {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($Provider))
                    .finish_non_exhaustive()
            }
        }
    };
    // One that needs an HTTP client, and which by default.
    ($Provider:ident over $client:ident) => {
        impl $Provider {
            /// Makes the provider; nothing is read or asked yet.
            ///
            /// # Errors
            /// If there is no HTTP client to be had.
            #[cfg(any(feature = "reqwest", feature = "hyper"))]
            pub fn new() -> Result<Self, $crate::error::InvalidInput> {
                Ok(Self::with(
                    $crate::credentials::metadata::Environment::of_process(),
                    $crate::credentials::metadata::$client()?,
                ))
            }
        }

        provider! { $Provider }
    };
}

pub(super) use provider;

/// The environment variables, or what a test takes for them.
#[derive(Clone)]
pub(super) struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    pub(super) fn of_process() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    pub(super) fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// A variable, trimmed; a blank one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

/// Why a source that is configured gave no credentials. It never shows a token or an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0}: {1}")]
    Configuration(&'static str, &'static str),
    #[error("{0} cannot be read")]
    File(&'static str),
    #[error("{0} cannot be read in time")]
    SlowFile(&'static str),
    #[error("{0}: no answer")]
    NoAnswer(&'static str),
    #[error("{0}: answer with status {1}")]
    Status(&'static str, u16),
    #[error("{0}: the answer holds no credentials")]
    NotCredentials(&'static str),
    #[error("{0}: refused with code {1}")]
    Refused(&'static str, String),
    #[error("credential process {0}")]
    Process(&'static str),
}

impl Problem {
    /// Whether the machine is set up wrongly, rather than a service in trouble.
    pub(super) fn is_configuration(&self) -> bool {
        matches!(self, Self::Configuration(..) | Self::File(_))
    }
}

impl From<Problem> for CredentialsError {
    fn from(problem: Problem) -> Self {
        if problem.is_configuration() {
            Self::invalid_configuration(problem)
        } else {
            Self::provider_error(problem)
        }
    }
}

/// Asks until there is an answer, a failure that will not pass, or no attempt left.
///
/// With a failure goes whether it may pass. The pauses grow by the first.
pub(super) async fn attempts<T, E, F>(
    attempts: u32,
    pause: Duration,
    ask: impl Fn() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, (E, bool)>>,
{
    let mut attempt = 1;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err((problem, passes)) if !passes || attempt >= attempts => return Err(problem),
            Err(_) => tokio::time::sleep(pause * attempt).await,
        }
        attempt += 1;
    }
}

/// How one request ended that got no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is nobody to connect to.
    Unreachable,
    /// A time-out, a broken connection.
    NoAnswer,
}

/// Sends one request; any status is an answer.
pub(super) async fn send(
    http: &dyn HttpClient,
    request: http::Request<Bytes>,
    timeout: Duration,
) -> Result<http::Response<Bytes>, Failure> {
    match tokio::time::timeout(timeout, http.call(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.kind() == TransportErrorKind::Connect => Err(Failure::Unreachable),
        Ok(Err(_)) | Err(_) => Err(Failure::NoAnswer),
    }
}

/// Where a service of AWS is asked: in a region, unless a variable names another address.
pub(super) fn service_uri(
    environment: &Environment,
    variable: &'static str,
    service: &str,
    region: impl FnOnce() -> Result<Region, Problem>,
) -> Result<Uri, Problem> {
    if let Some(url) = environment.get(variable) {
        let endpoint = Endpoint::custom(&url)
            .map_err(|_| Problem::Configuration(variable, "must be an https:// URL"))?;
        return Ok(endpoint.uri().clone());
    }
    let cognito = Endpoint::regional(&region()?, EndpointOptions::default());
    let host = cognito.host().to_str().unwrap_or_default();
    let host = host.strip_prefix("cognito-idp").unwrap_or_default();
    format!("https://{service}{host}/")
        .parse()
        .map_err(|_| Problem::Configuration("AWS_REGION", "must be a region"))
}

/// Appends a text as it may stand in a form or a query.
pub(super) fn push_escaped(to: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                to.push(char::from(byte));
            }
            _ => {
                let _ = write!(to, "%{byte:02X}");
            }
        }
    }
}

/// A request without a body. The `Host` header is the HTTP client's to add.
pub(super) fn request(method: http::Method, uri: &Uri) -> http::Request<Bytes> {
    let mut request = http::Request::new(Bytes::new());
    *request.method_mut() = method;
    *request.uri_mut() = uri.clone();
    request
}

/// A secret as a header's value; `None` if it cannot stand in a header.
pub(super) fn secret_header(secret: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret).ok()?;
    value.to_str().ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether the same request may be answered better a moment later.
pub(super) fn passes(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// The JSON that the container's and the instance's services answer with, and a program prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    code: Option<String>,
    access_key_id: Option<Sensitive<String>>,
    secret_access_key: Option<Sensitive<String>>,
    #[serde(alias = "SessionToken")]
    token: Option<Sensitive<String>>,
    expiration: Option<String>,
}

/// Reads that JSON.
pub(super) fn read_credentials(body: &[u8], source: &'static str) -> Result<Credentials, Problem> {
    let unreadable = || Problem::NotCredentials(source);
    let answer: Answer = serde_json::from_slice(body).map_err(|_| unreadable())?;
    if let Some(code) = answer.code.filter(|code| code != "Success") {
        return Err(Problem::Refused(source, short_code(&code)));
    }
    let expires = answer
        .expiration
        .map(|text| read_time(&text).ok_or_else(unreadable))
        .transpose()?;
    let present = |secret: Option<Sensitive<String>>| {
        secret
            .map(|secret| secret.expose().clone())
            .filter(|secret| !secret.is_empty())
    };
    let (Some(id), Some(secret)) = (
        present(answer.access_key_id),
        present(answer.secret_access_key),
    ) else {
        return Err(unreadable());
    };
    let token = present(answer.token);
    Ok(Credentials::new(id, secret, token, expires, source))
}

pub(super) fn read_time(text: &str) -> Option<SystemTime> {
    let millis = u64::try_from(parse_iso_8601(text)?).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

/// A code as it may be shown: whoever answers could plant anything in it.
pub(super) fn short_code(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    letters.take(64).collect()
}

/// The transport for services that are next to us: never through a proxy, which would get tokens.
#[cfg(any(feature = "reqwest", feature = "hyper"))]
pub(super) fn direct_client() -> Result<Arc<dyn HttpClient>, crate::error::InvalidInput> {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
    let client = crate::transport::DefaultClient::direct(CONNECT_TIMEOUT)?;
    Ok(Arc::new(client.max_response_size(LARGEST_ANSWER)))
}

/// The transport for services on the internet.
#[cfg(any(feature = "reqwest", feature = "hyper"))]
pub(super) fn public_client() -> Result<Arc<dyn HttpClient>, crate::error::InvalidInput> {
    crate::transport::default_http_client(Some(LARGEST_ANSWER))
}

#[cfg(any(feature = "reqwest", feature = "hyper"))]
const LARGEST_ANSWER: usize = 256 * 1024;

/// What the tests of the sources share.
#[cfg(test)]
pub(super) mod testing {
    use std::collections::BTreeMap;

    use super::Environment;

    pub(in crate::credentials) fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Environment::new(move |name| variables.get(name).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"marker-secret",
        "Token":"marker-token","Expiration":"2026-01-01T12:00:00Z","RoleArn":"x"}"#;

    #[test]
    fn credentials_are_read_with_their_expiry() -> Result<(), Problem> {
        let credentials = read_credentials(GOOD.as_bytes(), "test")?;
        assert_eq!(credentials.access_key_id(), "AKID");
        assert_eq!(credentials.session_token(), Some("marker-token"));
        let noon = UNIX_EPOCH + Duration::from_hours(490_908);
        assert_eq!(credentials.expiry(), Some(noon));
        Ok(())
    }

    #[test]
    fn anything_else_is_a_problem_that_shows_nothing_of_it() {
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "<html>marker",
            r#"{"AccessKeyId":"marker"}"#,
            r#"{"AccessKeyId":"","SecretAccessKey":"marker"}"#,
            r#"{"AccessKeyId":7,"SecretAccessKey":"marker"}"#,
            r#"{"AccessKeyId":"A","SecretAccessKey":"marker","Expiration":"soon"}"#,
            r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"marker"}"#,
            "\u{0}marker",
        ] {
            let problem = read_credentials(body.as_bytes(), "test").expect_err(body);
            assert!(
                !format!("{problem} {problem:?}").contains("marker"),
                "{body}"
            );
        }
    }
}
