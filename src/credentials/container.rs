//! Credentials of a container: ECS tasks, EKS pods, and whatever serves the same protocol.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use aws_credential_types::Credentials;
use http::{HeaderValue, Method, StatusCode, Uri, header};

use super::{
    blocking::read_text,
    metadata::{self, Environment, Found, Problem, Source, provider},
};
use crate::transport::HttpClient;

const SOURCE: &str = "container credentials";
const ECS: &str = "http://169.254.170.2";
const ALLOWED: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];
const ATTEMPTS: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(500);

/// Asks the credentials service of an ECS task or an EKS pod.
///
/// It is found by `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
/// Without TLS the latter may only name this machine or the addresses that AWS uses, and nothing
/// goes through a proxy. The token of `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which is read anew
/// each time, or of `AWS_CONTAINER_AUTHORIZATION_TOKEN` goes along and is never shown.
#[derive(Clone)]
pub struct ContainerCredentials {
    environment: Environment,
    http: Arc<dyn HttpClient>,
}

impl ContainerCredentials {
    /// Makes the provider over an HTTP client of your own, which must not use a proxy.
    #[must_use]
    pub fn with_http_client(http: impl HttpClient + 'static) -> Self {
        Self::with(Environment::of_process(), Arc::new(http))
    }

    pub(super) fn with(environment: Environment, http: Arc<dyn HttpClient>) -> Self {
        Self { environment, http }
    }

    fn uri(&self) -> Result<Option<Uri>, Problem> {
        const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        if let Some(path) = self.environment.get(RELATIVE) {
            // Anything else could change the host that it is appended to.
            if !path.starts_with('/') {
                return Err(Problem::Configuration(RELATIVE, "must begin with a slash"));
            }
            let uri = [ECS, &path].concat().parse();
            return uri
                .map(Some)
                .map_err(|_| Problem::Configuration(RELATIVE, "must be a path"));
        }
        let Some(url) = self.environment.get(FULL) else {
            return Ok(None);
        };
        checked(&url)
            .map(Some)
            .map_err(|rule| Problem::Configuration(FULL, rule))
    }

    async fn token(&self) -> Result<Option<HeaderValue>, Problem> {
        const FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
        const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
        let (name, token) = match (self.environment.get(FILE), self.environment.get(TOKEN)) {
            (Some(path), _) => (FILE, read_text(path, FILE).await?),
            (None, Some(token)) => (TOKEN, token),
            (None, None) => return Ok(None),
        };
        metadata::secret_header(&token)
            .map(Some)
            .ok_or(Problem::Configuration(
                name,
                "must hold visible ASCII, without a line break",
            ))
    }

    /// One attempt; with a problem goes whether it may pass.
    async fn ask(
        &self,
        uri: &Uri,
        token: Option<&HeaderValue>,
    ) -> Result<Credentials, (Problem, bool)> {
        let mut request = metadata::request(Method::GET, uri);
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, token.clone());
        }
        let response = metadata::send(&*self.http, request, TIMEOUT)
            .await
            .map_err(|_| (Problem::NoAnswer(SOURCE), true))?;
        match response.status() {
            StatusCode::OK => metadata::read_credentials(response.body(), SOURCE)
                .map_err(|problem| (problem, false)),
            status => Err((
                Problem::Status(SOURCE, status.as_u16()),
                metadata::passes(status),
            )),
        }
    }
}

/// The URL may be anybody's with TLS; without, only this machine's and AWS's own addresses.
fn checked(url: &str) -> Result<Uri, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "must be a URL")?;
    let authority = uri.authority().ok_or("must be a URL")?;
    if authority.as_str().contains('@') {
        return Err("must have neither user name nor password");
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_near(authority.host()) => Ok(uri),
        Some("http") => Err("must begin with https:// unless the host is this machine or AWS's"),
        _ => Err("must begin with https:// or http://"),
    }
}

fn is_near(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(address) => address.is_loopback() || ALLOWED.contains(&address),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

impl Source for ContainerCredentials {
    const ABSENT: &'static str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI must be set";

    async fn find(&self) -> Found {
        let Some(uri) = self.uri()? else {
            return Ok(None);
        };
        let token = self.token().await?;
        let ask = || self.ask(&uri, token.as_ref());
        Ok(metadata::attempts(ATTEMPTS, PAUSE, ask).await.map(Some)?)
    }
}

provider! { ContainerCredentials over direct_client }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_near_hosts_are_asked() {
        for url in [
            "http://127.0.0.1/x",
            "http://127.9.9.9:8080/x",
            "http://localhost/x",
            "http://[::1]:80/x",
            "http://169.254.170.2/v2",
            "http://169.254.170.23/v1",
            "http://[fd00:ec2::23]/v1",
            "https://example.com/x",
        ] {
            assert!(checked(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.com/x",
            "http://169.254.169.254/x",
            "http://192.168.1.1/x",
            "http://localhost.example.com/x",
            "http://127.0.0.1.example.com/x",
            "http://[fd00:ec2::24]/v1",
            "http://127.0.0.1@example.com/x",
            "https://user:pw@example.com/x",
            "ftp://127.0.0.1/x",
            "/x",
            "",
            "http://",
        ] {
            assert!(checked(url).is_err(), "{url}");
        }
    }
}
