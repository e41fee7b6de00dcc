//! The Security Token Service: a role's credentials for a token or for other credentials.

use std::{fmt::Write as _, sync::Arc, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Uri, header};

use super::metadata::{self, ATTEMPTS, Environment, PAUSE, Problem, TIMEOUT};
use crate::{endpoint::Region, sigv4::signing_date, transport::HttpClient};

const FORM: &str = "application/x-www-form-urlencoded";

/// Asks the service of a region.
#[derive(Clone)]
pub(super) struct Sts {
    pub(super) environment: Environment,
    pub(super) http: Arc<dyn HttpClient>,
}

/// A role that is to be assumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) duration_seconds: Option<u32>,
    /// Whose service is asked; by default the environment's.
    pub(super) region: Option<String>,
}

impl Sts {
    /// Trades a token of an identity provider for credentials, unsigned.
    pub(super) async fn assume_with_token(
        &self,
        role: &Role,
        token: &str,
        source: &'static str,
    ) -> Result<Credentials, Problem> {
        let uri = self.uri(role.region.as_deref())?;
        let token = ("WebIdentityToken", token);
        let body = form("AssumeRoleWithWebIdentity", role, Some(token));
        let ask = || self.ask(request(&uri, body.clone()), source);
        metadata::attempts(ATTEMPTS, PAUSE, ask).await
    }

    /// Trades credentials for those of a role.
    pub(super) async fn assume(
        &self,
        role: &Role,
        credentials: &Credentials,
        source: &'static str,
    ) -> Result<Credentials, Problem> {
        let uri = self.uri(role.region.as_deref())?;
        let region = self.region(role.region.as_deref());
        // With an endpoint of one's own a region need not be set.
        let region = region.map_or_else(|_| "us-east-1".to_owned(), |region| region.to_string());
        let body = form("AssumeRole", role, None);
        // Signed in each attempt, because a signature is dated.
        let ask = async || {
            let mut request = request(&uri, body.clone());
            sign_request(&mut request, credentials, &region, SystemTime::now())
                .map_err(|problem| (problem, false))?;
            self.ask(request, source).await
        };
        metadata::attempts(ATTEMPTS, PAUSE, ask).await
    }

    fn uri(&self, region: Option<&str>) -> Result<Uri, Problem> {
        let region = || self.region(region);
        metadata::service_uri(&self.environment, "AWS_ENDPOINT_URL_STS", "sts", region)
    }

    fn region(&self, region: Option<&str>) -> Result<Region, Problem> {
        let region = region
            .map(str::to_owned)
            .or_else(|| self.environment.get("AWS_REGION"))
            .or_else(|| self.environment.get("AWS_DEFAULT_REGION"))
            .ok_or(Problem::Configuration("AWS_REGION", "must be set"))?;
        Region::new(region).map_err(|_| Problem::Configuration("AWS_REGION", "must be a region"))
    }

    /// One attempt; with a problem goes whether it may pass.
    async fn ask(
        &self,
        request: http::Request<Bytes>,
        source: &'static str,
    ) -> Result<Credentials, (Problem, bool)> {
        let response = metadata::send(&*self.http, request, TIMEOUT)
            .await
            .map_err(|_| (Problem::NoAnswer(source), true))?;
        let status = response.status();
        let text = str::from_utf8(response.body()).unwrap_or_default();
        if status.is_success() {
            return read(text, source).ok_or((Problem::NotCredentials(source), false));
        }
        let Some(code) = element(text, "Code").map(metadata::short_code) else {
            let problem = Problem::Status(source, status.as_u16());
            return Err((problem, metadata::passes(status)));
        };
        // The identity provider could not be asked just now.
        let passes = matches!(code.as_str(), "IDPCommunicationError" | "Throttling")
            || metadata::passes(status);
        Err((Problem::Refused(source, code), passes))
    }
}

fn form(action: &str, role: &Role, token: Option<(&str, &str)>) -> Bytes {
    let session_name = role.session_name.as_deref().unwrap_or("cognito-idp");
    let duration = role.duration_seconds.map(|seconds| seconds.to_string());
    let mut body = format!("Action={action}&Version=2011-06-15");
    let members = [
        Some(("RoleArn", role.arn.as_str())),
        Some(("RoleSessionName", session_name)),
        role.external_id.as_deref().map(|id| ("ExternalId", id)),
        duration
            .as_deref()
            .map(|seconds| ("DurationSeconds", seconds)),
        token,
    ];
    for (name, value) in members.into_iter().flatten() {
        let _ = write!(body, "&{name}=");
        metadata::push_escaped(&mut body, value);
    }
    Bytes::from(body)
}

fn request(uri: &Uri, body: Bytes) -> http::Request<Bytes> {
    let mut request = metadata::request(Method::POST, uri);
    *request.body_mut() = body;
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    request
}

/// The signer of this crate knows the requests of Cognito alone; this is not called often enough to
/// teach it another.
fn sign_request(
    request: &mut http::Request<Bytes>,
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
) -> Result<(), Problem> {
    const UNSIGNABLE: Problem =
        Problem::Configuration("the access key", "must be letters and digits");
    // The other signer panics at a time that it cannot write.
    let rule = "must be set to a year from 1970 to 9999";
    signing_date(time).map_err(|_| Problem::Configuration("the clock", rule))?;
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| UNSIGNABLE)?
        .into();
    let headers = [(header::CONTENT_TYPE.as_str(), FORM)];
    let uri = request.uri().to_string();
    let body = SignableBody::Bytes(request.body());
    let instructions = SignableRequest::new("POST", uri, headers.into_iter(), body)
        .and_then(|request| sign(request, &parameters))
        .map_err(|_| UNSIGNABLE)?;
    let (instructions, _) = instructions.into_parts();
    instructions.apply_to_request_http1x(request);
    for (name, value) in request.headers_mut() {
        if *name == header::AUTHORIZATION || name == "x-amz-security-token" {
            value.set_sensitive(true);
        }
    }
    Ok(())
}

/// Reads the answer, whose XML is flat enough to look for its elements by name.
fn read(xml: &str, source: &'static str) -> Option<Credentials> {
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
        source,
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::credentials::{metadata::testing::environment, standard::testing::Nobody};

    #[test]
    fn a_time_that_no_signature_can_bear_is_a_problem_and_no_panic() {
        let year_10000 = Duration::from_hours(70_389_528);
        for time in [
            UNIX_EPOCH.checked_add(year_10000),
            UNIX_EPOCH.checked_sub(Duration::from_secs(1)),
        ] {
            let time = time.expect("a time");
            let mut request = request(&Uri::from_static("https://sts.test/"), Bytes::new());
            let credentials = Credentials::new("AKID", "secret", None, None, "test");
            let problem = sign_request(&mut request, &credentials, "eu-central-1", time);
            assert!(problem.is_err_and(|problem| problem.is_configuration()));
        }
    }

    #[test]
    fn the_form_carries_every_value_escaped() {
        let role = Role {
            arn: "arn:aws:iam::1:role/a b&c=d".to_owned(),
            external_id: Some("x&y".to_owned()),
            duration_seconds: Some(900),
            ..Role::default()
        };
        let token = ("WebIdentityToken", "t.o-k_e~n+/=");
        assert_eq!(
            form("Act", &role, Some(token)),
            "Action=Act&Version=2011-06-15\
             &RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b%26c%3Dd\
             &RoleSessionName=cognito-idp&ExternalId=x%26y&DurationSeconds=900\
             &WebIdentityToken=t.o-k_e~n%2B%2F%3D"
        );
        let bare = form("Act", &Role::default(), None);
        assert_eq!(
            bare,
            "Action=Act&Version=2011-06-15&RoleArn=&RoleSessionName=cognito-idp"
        );
    }

    #[test]
    fn the_service_is_the_one_of_the_region_and_its_partition() {
        let uri = |variables: &[(&str, &str)]| {
            let sts = Sts {
                environment: environment(variables),
                http: Arc::new(Nobody),
            };
            sts.uri(None).map(|uri| uri.to_string()).ok()
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
        let credentials = read(good, "test").expect("credentials");
        assert_eq!(credentials.secret_access_key(), "s&lt;");
        for end in 0..good.find("</Credentials>").unwrap_or_default() {
            assert!(read(&good[..end], "test").is_none());
        }
        assert!(read(&good.replace("2026-", "soon"), "test").is_none());
        assert!(read(&good.replace(">t<", "><"), "test").is_none());
    }
}
