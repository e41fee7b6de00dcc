//! Credentials for a sign-in that `aws sso login` has made: its token is in a file, and AWS's portal
//! trades it for a role's credentials.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{HeaderName, Method, StatusCode, Uri};
use serde::Deserialize;

use super::{
    blocking,
    metadata::{self, ATTEMPTS, Environment, PAUSE, Problem, TIMEOUT},
};
use crate::{endpoint::Region, sensitive::Sensitive, transport::HttpClient};

const SOURCE: &str = "SSO";
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-amz-sso_bearer_token");
const CACHE_PATIENCE: Duration = Duration::from_secs(5);
/// The folder holds a file for each start URL or session that somebody ever signed in with.
const MOST_FILES: usize = 500;

/// A role in an account, behind a start URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SsoRole {
    pub(super) start_url: String,
    pub(super) region: String,
    pub(super) account_id: String,
    pub(super) role_name: String,
}

/// Why a sign-in gave no credentials.
#[derive(Debug)]
pub(super) enum SsoFailure {
    /// There is no token, or none that is still good.
    NotSignedIn,
    Problem(Problem),
}

/// Trades the token of the sign-in in a cache folder for the role's credentials.
pub(super) async fn role_credentials(
    http: &dyn HttpClient,
    environment: &Environment,
    role: &SsoRole,
    cache: String,
) -> Result<Credentials, SsoFailure> {
    let uri = uri(environment, role).map_err(SsoFailure::Problem)?;
    for token in tokens(cache, role.clone()).await? {
        let ask = || ask(http, &uri, &token);
        match metadata::attempts(ATTEMPTS, PAUSE, ask).await {
            // Of several sign-ins there, one may be for something else.
            Err(SsoFailure::NotSignedIn) => {}
            result => return result,
        }
    }
    Err(SsoFailure::NotSignedIn)
}

fn uri(environment: &Environment, role: &SsoRole) -> Result<Uri, Problem> {
    let refused = || Problem::Configuration("sso_region", "must be a region");
    let region = || Region::new(&role.region).map_err(|_| refused());
    let base = metadata::service_uri(environment, "AWS_ENDPOINT_URL_SSO", "portal.sso", region)?;
    let base = base.to_string();
    let mut uri = format!(
        "{}/federation/credentials?role_name=",
        base.trim_end_matches('/')
    );
    metadata::push_escaped(&mut uri, &role.role_name);
    uri.push_str("&account_id=");
    metadata::push_escaped(&mut uri, &role.account_id);
    uri.parse().map_err(|_| refused())
}

/// What `aws sso login` writes. The file's name is a hash of the session's name or of the start URL,
/// so the content is what it is known by.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CachedToken {
    start_url: String,
    region: Option<String>,
    access_token: Sensitive<String>,
    expires_at: String,
}

/// The tokens that are still good, the one that lasts longest first.
async fn tokens(cache: String, role: SsoRole) -> Result<Vec<Sensitive<String>>, SsoFailure> {
    let read = move || read_cache(Path::new(&cache), &role, SystemTime::now());
    let found = blocking::within(CACHE_PATIENCE, read).await;
    found.ok_or(SsoFailure::Problem(Problem::SlowFile("~/.aws/sso/cache")))
}

fn read_cache(cache: &Path, role: &SsoRole, now: SystemTime) -> Vec<Sensitive<String>> {
    let files = std::fs::read_dir(cache).into_iter().flatten().flatten();
    let mut tokens: Vec<_> = files
        .map(|file| file.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .take(MOST_FILES)
        .filter_map(|path| blocking::read_now(&path).ok())
        .filter_map(|bytes| serde_json::from_slice::<CachedToken>(&bytes).ok())
        .filter_map(|token| token.good_for(role, now))
        .collect();
    tokens.sort_by_key(|(expires, _)| std::cmp::Reverse(*expires));
    tokens.into_iter().map(|(_, token)| token).collect()
}

impl CachedToken {
    fn good_for(self, role: &SsoRole, now: SystemTime) -> Option<(SystemTime, Sensitive<String>)> {
        let plain = |url: &str| url.trim_end_matches(['/', '#']).to_owned();
        let expires = self.expires_at.replace("UTC", "Z");
        let expires = metadata::read_time(&expires).filter(|expires| *expires > now)?;
        let fits = plain(&self.start_url) == plain(&role.start_url)
            && self.region.is_none_or(|region| region == role.region);
        fits.then_some((expires, self.access_token))
    }
}

/// One attempt; with a failure goes whether it may pass.
async fn ask(
    http: &dyn HttpClient,
    uri: &Uri,
    token: &Sensitive<String>,
) -> Result<Credentials, (SsoFailure, bool)> {
    let problem = |problem, passes| (SsoFailure::Problem(problem), passes);
    let header = metadata::secret_header(token.expose());
    let header = header.ok_or((SsoFailure::NotSignedIn, false))?;
    let mut request = metadata::request(Method::GET, uri);
    request.headers_mut().insert(TOKEN_HEADER, header);
    let response = metadata::send(http, request, TIMEOUT)
        .await
        .map_err(|_| problem(Problem::NoAnswer(SOURCE), true))?;
    match response.status() {
        StatusCode::OK => {
            read(response.body()).ok_or(problem(Problem::NotCredentials(SOURCE), false))
        }
        StatusCode::UNAUTHORIZED => Err((SsoFailure::NotSignedIn, false)),
        status => {
            let code = response.headers().get("x-amzn-errortype");
            let code = code.and_then(|code| code.to_str().ok()?.split(':').next());
            let refusal = match code.map(metadata::short_code) {
                Some(code) => Problem::Refused(SOURCE, code),
                None => Problem::Status(SOURCE, status.as_u16()),
            };
            Err(problem(refusal, metadata::passes(status)))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    role_credentials: RoleCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: Sensitive<String>,
    session_token: Sensitive<String>,
    /// Milliseconds since the epoch.
    expiration: u64,
}

fn read(body: &Bytes) -> Option<Credentials> {
    let found: Answer = serde_json::from_slice(body).ok()?;
    let found = found.role_credentials;
    let secret = found.secret_access_key.expose();
    let token = found.session_token.expose();
    if found.access_key_id.is_empty() || secret.is_empty() || token.is_empty() {
        return None;
    }
    let expires = UNIX_EPOCH.checked_add(Duration::from_millis(found.expiration))?;
    Some(Credentials::new(
        found.access_key_id,
        secret,
        Some(token.clone()),
        Some(expires),
        SOURCE,
    ))
}
