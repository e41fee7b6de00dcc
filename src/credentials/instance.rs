//! Credentials of an EC2 instance, from its metadata service in version 2.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use tokio::time::Instant;

use super::metadata::{self, Environment, Failure, Found, Problem, Source, provider};
use crate::{random::random, transport::HttpClient};

const SOURCE: &str = "instance metadata";
const TTL_HEADER: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
const TOKEN_LIFETIME: Duration = Duration::from_hours(6);
const TOKEN_MARGIN: Duration = Duration::from_mins(5);
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const ATTEMPTS: u32 = 4;
const TIMEOUT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(200);

/// Asks the metadata service of an EC2 instance (version 2) for the credentials of its role.
///
/// `AWS_EC2_METADATA_DISABLED=true` switches it off, `AWS_EC2_METADATA_SERVICE_ENDPOINT` and
/// `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` (`IPv4`, `IPv6`) say where it is. Nothing goes through
/// a proxy, and the older version of the service, which needs no token, is not used.
#[derive(Clone)]
pub struct InstanceCredentials {
    environment: Environment,
    http: Arc<dyn HttpClient>,
    token: Arc<Mutex<Option<Token>>>,
}

#[derive(Clone)]
struct Token {
    value: HeaderValue,
    expires: Instant,
}

/// How an exchange with the service ended without credentials.
enum AskError {
    /// There is no service, or no role.
    Absent,
    /// The token is no longer valid.
    TokenRefused,
    Problem(Problem),
}

impl InstanceCredentials {
    /// Makes the provider over an HTTP client of your own, which must not use a proxy.
    #[must_use]
    pub fn with_http_client(http: impl HttpClient + 'static) -> Self {
        Self::with(Environment::of_process(), Arc::new(http))
    }

    pub(super) fn with(environment: Environment, http: Arc<dyn HttpClient>) -> Self {
        Self {
            environment,
            http,
            token: Arc::default(),
        }
    }

    fn base(&self) -> Result<String, Problem> {
        const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        const MODE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
        if let Some(url) = self.environment.get(ENDPOINT) {
            let uri: Option<Uri> = url.parse().ok();
            let plain = uri.is_some_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https"))
                    && uri
                        .authority()
                        .is_some_and(|host| !host.as_str().contains('@'))
                    && uri.query().is_none()
            });
            if !plain {
                return Err(Problem::Configuration(ENDPOINT, "must be a plain URL"));
            }
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let mode = self.environment.get(MODE).unwrap_or_default();
        match mode.to_ascii_lowercase().as_str() {
            "" | "ipv4" => Ok("http://169.254.169.254".to_owned()),
            "ipv6" => Ok("http://[fd00:ec2::254]".to_owned()),
            _ => Err(Problem::Configuration(MODE, "must be IPv4 or IPv6")),
        }
    }

    async fn ask(&self, base: &str) -> Result<Credentials, AskError> {
        let token = self.token(base).await?;
        let roles = self.read(base, ROLES, &token).await?;
        let role = role_name(&roles).ok_or(AskError::Absent)?;
        let body = self.read(base, &[ROLES, &role].concat(), &token).await?;
        metadata::read_credentials(&body, SOURCE).map_err(AskError::Problem)
    }

    async fn token(&self, base: &str) -> Result<HeaderValue, AskError> {
        let now = Instant::now();
        if let Some(token) = self
            .kept_token()
            .as_ref()
            .filter(|token| now < token.expires)
        {
            return Ok(token.value.clone());
        }
        let uri = uri(base, "/latest/api/token")?;
        let mut request = metadata::request(Method::PUT, &uri);
        let seconds = HeaderValue::from(TOKEN_LIFETIME.as_secs());
        request.headers_mut().insert(TTL_HEADER, seconds);
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK => {}
            // The service is switched off for this instance.
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => return Err(AskError::Absent),
            status => {
                return Err(AskError::Problem(Problem::Status(SOURCE, status.as_u16())));
            }
        }
        let unreadable = || AskError::Problem(Problem::NotCredentials(SOURCE));
        let text = str::from_utf8(response.body()).map_err(|_| unreadable())?;
        let value = metadata::secret_header(text.trim())
            .filter(|value| !value.is_empty())
            .ok_or_else(unreadable)?;
        let expires = now + TOKEN_LIFETIME - TOKEN_MARGIN;
        *self.kept_token() = Some(Token {
            value: value.clone(),
            expires,
        });
        Ok(value)
    }

    async fn read(&self, base: &str, path: &str, token: &HeaderValue) -> Result<Bytes, AskError> {
        let uri = uri(base, path)?;
        let mut request = metadata::request(Method::GET, &uri);
        request.headers_mut().insert(TOKEN_HEADER, token.clone());
        let response = self.send(request).await?;
        match response.status() {
            StatusCode::OK => Ok(response.into_body()),
            StatusCode::NOT_FOUND => Err(AskError::Absent),
            StatusCode::UNAUTHORIZED => Err(AskError::TokenRefused),
            status => Err(AskError::Problem(Problem::Status(SOURCE, status.as_u16()))),
        }
    }

    /// Sends until there is an answer that will not pass. A refused connection is not tried again:
    /// most machines that ask are no instances.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, AskError> {
        metadata::attempts(ATTEMPTS, PAUSE, || self.attempt(request.clone())).await
    }

    /// One attempt; with trouble goes whether it may pass.
    async fn attempt(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, (AskError, bool)> {
        match metadata::send(&*self.http, request, TIMEOUT).await {
            Ok(response) if metadata::passes(response.status()) => {
                let problem = Problem::Status(SOURCE, response.status().as_u16());
                Err((AskError::Problem(problem), true))
            }
            Ok(response) => Ok(response),
            Err(Failure::Unreachable) => Err((AskError::Absent, false)),
            Err(Failure::NoAnswer) => Err((AskError::Problem(Problem::NoAnswer(SOURCE)), true)),
        }
    }

    fn kept_token(&self) -> MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uri(base: &str, path: &str) -> Result<Uri, AskError> {
    let rule = "must be a URL";
    [base, path].concat().parse().map_err(|_| {
        AskError::Problem(Problem::Configuration(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            rule,
        ))
    })
}

/// The first line, if it is a role's name and not a page or another path.
fn role_name(body: &[u8]) -> Option<String> {
    let name = str::from_utf8(body).ok()?.lines().next()?.trim();
    let well_formed = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
        && name.bytes().any(|byte| byte != b'.');
    well_formed.then(|| name.to_owned())
}

/// In trouble the service hands out credentials that have expired; AWS honours them for a while.
fn usable_for_a_while(credentials: Credentials) -> Credentials {
    const LATER: Duration = Duration::from_mins(12);
    const JITTER: Duration = Duration::from_mins(8);
    let now = SystemTime::now();
    if credentials.expiry().is_none_or(|expiry| expiry > now) {
        return credentials;
    }
    Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        credentials.session_token().map(str::to_owned),
        Some(now + LATER + JITTER.mul_f64(random())),
        SOURCE,
    )
}

impl Source for InstanceCredentials {
    const ABSENT: &'static str = "no instance with a role";

    async fn find(&self) -> Found {
        let disabled = self.environment.get("AWS_EC2_METADATA_DISABLED");
        if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let base = self.base()?;
        let mut token_renewed = false;
        loop {
            match self.ask(&base).await {
                Ok(credentials) => return Ok(Some(usable_for_a_while(credentials))),
                Err(AskError::Absent) => return Ok(None),
                Err(AskError::TokenRefused) if !token_renewed => {
                    token_renewed = true;
                    *self.kept_token() = None;
                }
                Err(AskError::TokenRefused) => {
                    return Err(Problem::Status(SOURCE, 401).into());
                }
                Err(AskError::Problem(problem)) => return Err(problem.into()),
            }
        }
    }
}

provider! { InstanceCredentials over direct_client }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_a_role_becomes_part_of_a_path() {
        assert_eq!(role_name(b"my-role\nother").as_deref(), Some("my-role"));
        for body in [
            "",
            "\n",
            "..",
            "a/b",
            "a?b",
            "a b",
            "<html>",
            "a%2e",
            "r\u{f6}le",
        ] {
            assert_eq!(role_name(body.as_bytes()), None, "{body}");
        }
        assert_eq!(role_name(&[0xff, 0xfe]), None);
        assert_eq!(role_name("x".repeat(65).as_bytes()), None);
    }

    #[test]
    fn credentials_that_have_expired_are_used_for_some_minutes_more() {
        let keys = |expiry| Credentials::new("id", "secret", None, Some(expiry), "test");
        let now = SystemTime::now();
        let extended = usable_for_a_while(keys(now - Duration::from_hours(1)));
        let left = extended
            .expiry()
            .and_then(|expiry| expiry.duration_since(now).ok());
        assert!(left.is_some_and(|left| left >= Duration::from_mins(11)));
        let good = now + Duration::from_hours(1);
        assert_eq!(usable_for_a_while(keys(good)).expiry(), Some(good));
    }
}
