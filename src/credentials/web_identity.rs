//! Credentials for a token of an identity provider: EKS service accounts, CI systems.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use bytes::Bytes;
use http::{HeaderValue, Method, Uri, header};

use super::metadata::{self, Environment, Found, Problem};
use crate::{
    endpoint::{Endpoint, EndpointOptions, Region},
    transport::HttpClient,
};

const SOURCE: &str = "web identity credentials";
const ATTEMPTS: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);

/// Trades the token in a file for the credentials of a role, at the Security Token Service.
///
/// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` are both required, `AWS_ROLE_SESSION_NAME` is
/// not. The file is read anew each time, because its token is replaced while the program runs. The
/// service is that of `AWS_REGION` or `AWS_DEFAULT_REGION`, or the one that `AWS_ENDPOINT_URL_STS`
/// names. The token travels in the body of the request and is never shown.
#[derive(Clone)]
pub struct WebIdentityCredentials {
    environment: Environment,
    http: Arc<dyn HttpClient>,
}

/// What is traded for what.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) token_file: String,
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) region: Option<String>,
}

impl WebIdentityCredentials {
    /// Makes the provider; nothing is read yet.
    ///
    /// # Errors
    /// If there is no HTTP client to be had.
    #[cfg(any(feature = "reqwest", feature = "hyper"))]
    pub fn new() -> Result<Self, crate::error::InvalidInput> {
        Ok(Self::with(
            Environment::of_process(),
            metadata::public_client()?,
        ))
    }

    /// Makes the provider over an HTTP client of your own.
    #[must_use]
    pub fn with_http_client(http: impl HttpClient + 'static) -> Self {
        Self::with(Environment::of_process(), Arc::new(http))
    }

    pub(super) fn with(environment: Environment, http: Arc<dyn HttpClient>) -> Self {
        Self { environment, http }
    }

    /// `None` if the environment names neither a token nor a role.
    pub(super) async fn find(&self) -> Found {
        const FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
        let role = match (
            self.environment.get(FILE),
            self.environment.get("AWS_ROLE_ARN"),
        ) {
            (Some(token_file), Some(arn)) => Role {
                token_file,
                arn,
                session_name: self.environment.get("AWS_ROLE_SESSION_NAME"),
                region: None,
            },
            (Some(_), None) => {
                let rule = "must be set with AWS_WEB_IDENTITY_TOKEN_FILE";
                return Err(Problem::Configuration("AWS_ROLE_ARN", rule).into());
            }
            (None, _) => return Ok(None),
        };
        Ok(self.assume(&role).await.map(Some)?)
    }

    /// Trades the token for credentials.
    pub(super) async fn assume(&self, role: &Role) -> Result<Credentials, Problem> {
        let uri = self.uri(role.region.as_deref())?;
        let token = std::fs::read_to_string(&role.token_file)
            .map_err(|_| Problem::File("AWS_WEB_IDENTITY_TOKEN_FILE"))?;
        let body = form(role, token.trim());
        let mut attempt = 1;
        loop {
            let (problem, passes) = match self.ask(&uri, body.clone()).await {
                Ok(credentials) => return Ok(credentials),
                Err(failed) => failed,
            };
            if !passes || attempt == ATTEMPTS {
                return Err(problem);
            }
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }

    fn uri(&self, region: Option<&str>) -> Result<Uri, Problem> {
        const ENDPOINT: &str = "AWS_ENDPOINT_URL_STS";
        if let Some(url) = self.environment.get(ENDPOINT) {
            let endpoint = Endpoint::custom(&url)
                .map_err(|_| Problem::Configuration(ENDPOINT, "must be an https:// URL"))?;
            return Ok(endpoint.uri().clone());
        }
        let region = region
            .map(str::to_owned)
            .or_else(|| self.environment.get("AWS_REGION"))
            .or_else(|| self.environment.get("AWS_DEFAULT_REGION"))
            .ok_or(Problem::Configuration("AWS_REGION", "must be set"))?;
        let refused = |_| Problem::Configuration("AWS_REGION", "must be a region");
        let region = Region::new(region).map_err(refused)?;
        let cognito = Endpoint::regional(&region, EndpointOptions::default());
        let host = cognito.host().to_str().unwrap_or_default();
        let host = host.strip_prefix("cognito-idp").unwrap_or_default();
        format!("https://sts{host}/")
            .parse()
            .map_err(|_| Problem::Configuration("AWS_REGION", "must be a region"))
    }

    /// One attempt; with a problem goes whether it may pass.
    async fn ask(&self, uri: &Uri, body: Bytes) -> Result<Credentials, (Problem, bool)> {
        let mut request = metadata::request(Method::POST, uri);
        *request.body_mut() = body;
        request.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let response = metadata::send(&*self.http, request, TIMEOUT)
            .await
            .map_err(|_| (Problem::NoAnswer(SOURCE), true))?;
        let status = response.status();
        let text = str::from_utf8(response.body()).unwrap_or_default();
        if status.is_success() {
            return read(text).ok_or((Problem::NotCredentials(SOURCE), false));
        }
        let Some(code) = element(text, "Code").map(metadata::short_code) else {
            let problem = Problem::Status(SOURCE, status.as_u16());
            return Err((problem, metadata::passes(status)));
        };
        // The identity provider could not be asked just now.
        let passes = code == "IDPCommunicationError" || metadata::passes(status);
        Err((Problem::Refused(SOURCE, code), passes))
    }
}

fn form(role: &Role, token: &str) -> Bytes {
    let session_name = role.session_name.as_deref().unwrap_or("cognito-idp");
    let mut body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15".to_owned();
    for (name, value) in [
        ("RoleArn", role.arn.as_str()),
        ("RoleSessionName", session_name),
        ("WebIdentityToken", token),
    ] {
        let _ = write!(body, "&{name}=");
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    body.push(char::from(byte));
                }
                _ => {
                    let _ = write!(body, "%{byte:02X}");
                }
            }
        }
    }
    Bytes::from(body)
}

/// Reads the answer, whose XML is flat enough to look for its elements by name.
fn read(xml: &str) -> Option<Credentials> {
    let credentials = element(xml, "Credentials")?;
    let text = |name| {
        element(credentials, name)
            .map(unescaped)
            .filter(|text| !text.is_empty())
    };
    let expires = metadata::read_time(element(credentials, "Expiration")?)?;
    Some(Credentials::new(
        text("AccessKeyId")?,
        text("SecretAccessKey")?,
        Some(text("SessionToken")?),
        Some(expires),
        SOURCE,
    ))
}

/// What stands between the first start tag of this name and the next end tag.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(content.trim())
}

fn unescaped(text: &str) -> String {
    let replaced = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    let replace = |text: String, (from, to): (&str, &str)| text.replace(from, to);
    replaced.into_iter().fold(text.to_owned(), replace)
}

impl ProvideCredentials for WebIdentityCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let none = "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN must be set";
            self.find()
                .await?
                .ok_or_else(|| CredentialsError::not_loaded(none))
        })
    }
}

impl fmt::Debug for WebIdentityCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebIdentityCredentials")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_carries_every_value_escaped() {
        let role = Role {
            token_file: String::new(),
            arn: "arn:aws:iam::1:role/a b&c=d".to_owned(),
            session_name: None,
            region: None,
        };
        assert_eq!(
            form(&role, "t.o-k_e~n+/="),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15\
             &RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b%26c%3Dd\
             &RoleSessionName=cognito-idp&WebIdentityToken=t.o-k_e~n%2B%2F%3D"
        );
    }

    #[test]
    fn the_service_is_the_one_of_the_region_and_its_partition() {
        use crate::credentials::metadata::testing::environment;

        let uri = |variables: &[(&str, &str)]| {
            let http = Arc::new(crate::credentials::standard::testing::Nobody);
            let provider = WebIdentityCredentials::with(environment(variables), http);
            provider.uri(None).map(|uri| uri.to_string()).ok()
        };
        let of_region = |region| uri(&[("AWS_REGION", region)]);
        assert_eq!(
            of_region("eu-central-1").as_deref(),
            Some("https://sts.eu-central-1.amazonaws.com/")
        );
        assert_eq!(
            of_region("cn-north-1").as_deref(),
            Some("https://sts.cn-north-1.amazonaws.com.cn/")
        );
        assert_eq!(of_region("evil.com/"), None);
        assert_eq!(uri(&[]), None);
        assert_eq!(uri(&[("AWS_ENDPOINT_URL_STS", "http://example.com")]), None);
    }

    #[test]
    fn an_answer_of_another_shape_gives_no_credentials() {
        let good = "<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s&amp;lt;\
            </SecretAccessKey><SessionToken>t</SessionToken>\
            <Expiration>2026-01-01T12:00:00Z</Expiration></Credentials></R>";
        let credentials = read(good).expect("credentials");
        assert_eq!(credentials.secret_access_key(), "s&lt;");
        for end in 0..good.find("</Credentials>").unwrap_or_default() {
            assert!(read(&good[..end]).is_none());
        }
        assert!(read(&good.replace("2026-", "soon")).is_none());
        assert!(read(&good.replace(">t<", "><")).is_none());
    }
}
