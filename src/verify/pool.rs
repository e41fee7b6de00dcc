//! Which pools are trusted, and what is required of their tokens.

use std::fmt;

use http::Uri;

use super::{
    claims::{Checked, Claims},
    error::{TokenUse, VerifyError},
    explain::{Check, CheckName},
    jwks::Jwks,
    keys::KeySource,
};
use crate::{
    endpoint::{Endpoint, EndpointOptions, Region},
    error::InvalidInput,
};

const JWKS_PATH: &str = "/.well-known/jwks.json";

/// A user pool whose tokens are accepted, and what is required of them.
///
/// A pool has two issuers, `https://cognito-idp.<region>.amazonaws.com/<pool>` by default and
/// `https://issuer-cognito-idp.<region>.amazonaws.com/<pool>` once it is switched; both are accepted,
/// so that tokens stay good across the switch. Other parts of AWS have their own domains.
///
/// Which app clients may have asked for the tokens must be said: one or several by
/// [`client`](Self::client), or [any](Self::any_client).
///
/// With keys at hand nothing is fetched, and the time is an argument:
///
/// ```
/// use std::time::SystemTime;
/// use cognito_idp::verify::{Jwks, TokenVerifier, TrustedPool};
///
/// # fn example(jwks: &[u8], token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let pool = TrustedPool::new("eu-central-1_example").client("app-client-id").scope("orders/read");
/// let verifier = TokenVerifier::builder(pool.keys(Jwks::parse(jwks)?)).build()?;
/// let access = verifier.verify_access_at(token, SystemTime::now())?;
/// let id = verifier.verify_id_at(token, SystemTime::now());
/// # let _ = (access, id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct TrustedPool {
    user_pool_id: String,
    clients: Vec<String>,
    client_patterns: Vec<String>,
    any_client: bool,
    audiences: Vec<String>,
    scopes: Vec<String>,
    groups: Vec<String>,
    replica_regions: Vec<String>,
    issuers: Vec<String>,
    keys_url: Option<String>,
    allow_http: bool,
    endpoint: Option<Endpoint>,
    pub(super) keys: Option<Jwks>,
}

impl TrustedPool {
    /// Starts from the pool's ID.
    pub fn new(user_pool_id: impl Into<String>) -> Self {
        Self {
            user_pool_id: user_pool_id.into(),
            clients: Vec::new(),
            client_patterns: Vec::new(),
            any_client: false,
            audiences: Vec::new(),
            scopes: Vec::new(),
            groups: Vec::new(),
            replica_regions: Vec::new(),
            issuers: Vec::new(),
            keys_url: None,
            allow_http: false,
            endpoint: None,
            keys: None,
        }
    }

    /// Accepts tokens that were issued to this app client; call it again for others.
    ///
    /// The ID of a client that is known by its metadata document is a URL, and is compared as it
    /// stands.
    pub fn client(mut self, client_id: impl Into<String>) -> Self {
        self.clients.push(client_id.into());
        self
    }

    /// Accepts tokens of the clients whose ID is a URL of this pattern, such as
    /// `https://*.example.com/*`.
    ///
    /// It begins with `https://`; `*` stands for anything, but no star in the host's name for a `/`.
    /// The pool's policy says which of them get tokens at all.
    pub fn client_urls(mut self, pattern: impl Into<String>) -> Self {
        self.client_patterns.push(pattern.into());
        self
    }

    /// Accepts the tokens of every app client of the pool, whoever it belongs to.
    ///
    /// A token that a user gave to another app is then good here as well.
    pub fn any_client(mut self) -> Self {
        self.any_client = true;
        self
    }

    /// Requires that access tokens are bound to this resource, such as `https://api.example.com`; call
    /// it again for others of which one is enough.
    ///
    /// Without it, access tokens that are bound to any resource are refused: they are meant for
    /// somebody else.
    pub fn audience(mut self, resource: impl Into<String>) -> Self {
        self.audiences.push(resource.into());
        self
    }

    /// Requires this scope of access tokens; call it again for others of which one is enough.
    ///
    /// For what differs from route to route see
    /// [`AccessClaims::require_scope`](super::AccessClaims::require_scope).
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Requires that the user is in this group; call it again for others of which one is enough.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// Accepts tokens that a replica of the pool in this region issued under its own name.
    pub fn replica_region(mut self, region: impl Into<String>) -> Self {
        self.replica_regions.push(region.into());
        self
    }

    /// Accepts this issuer instead of AWS's own, as emulators have; call it again for others.
    ///
    /// It is compared as it stands. Its keys are at `/.well-known/jwks.json` below it, unless
    /// [`keys_url`](Self::keys_url) or [`keys`](Self::keys) says otherwise.
    pub fn issuer(mut self, url: impl Into<String>) -> Self {
        self.issuers.push(url.into());
        self
    }

    /// Fetches the keys of every issuer from this URL: an emulator's, or a copy within your network.
    ///
    /// It must be HTTPS unless the host is this machine; see [`allow_http`](Self::allow_http).
    pub fn keys_url(mut self, url: impl Into<String>) -> Self {
        self.keys_url = Some(url.into());
        self
    }

    /// Allows keys from another machine without TLS.
    ///
    /// Whoever can change the answer on its way can then sign tokens: for test networks only.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Sets the keys, so that none are ever fetched.
    ///
    /// Cognito changes a pool's keys without notice; tokens of a new key are refused until you set it.
    pub fn keys(mut self, keys: Jwks) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Accepts the pool's issuer on an endpoint other than AWS's as well, such as an emulator's, and
    /// fetches all keys there.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// The issuers, each once, and where AWS keeps the pool apart from others.
    pub(super) fn issuers(&self) -> Result<Vec<String>, InvalidInput> {
        let mut issuers = self.named_issuers()?;
        let there = self.endpoint.as_ref().map(|there| self.issuer_at(there));
        issuers.extend(there.filter(|there| !issuers.contains(there)));
        Ok(issuers)
    }

    fn named_issuers(&self) -> Result<Vec<String>, InvalidInput> {
        let region = Region::of_user_pool(&self.user_pool_id)?;
        if !self.issuers.is_empty() {
            return Ok(self.issuers.clone());
        }
        let original = |region: &Region| {
            let endpoint = Endpoint::regional(region, EndpointOptions::default());
            self.issuer_at(&endpoint)
        };
        let mut issuers = vec![original(&region)];
        issuers.push(issuers[0].replacen("https://", "https://issuer-", 1));
        for replica in &self.replica_regions {
            let issuer = original(&Region::new(replica)?);
            if !issuers.contains(&issuer) {
                issuers.push(issuer);
            }
        }
        Ok(issuers)
    }

    fn issuer_at(&self, endpoint: &Endpoint) -> String {
        let base = endpoint.uri().to_string();
        format!("{}/{}", base.trim_end_matches('/'), self.user_pool_id)
    }

    /// The issuers with their keys, which `keys` makes of a URL.
    pub(super) fn key_sources(
        &self,
        issuers: Vec<String>,
        mut keys: impl FnMut(Uri) -> Result<KeySource, InvalidInput>,
    ) -> Result<Vec<(String, KeySource)>, InvalidInput> {
        if let Some(url) = self.shared_keys_url()? {
            let shared = keys(url)?;
            let sources = issuers.into_iter().map(|issuer| (issuer, shared.clone()));
            return Ok(sources.collect());
        }
        let source = |issuer: String| {
            let url = [issuer.trim_end_matches('/'), JWKS_PATH].concat();
            let keys = keys(checked_url("issuer", &url, self.allow_http)?)?;
            Ok((issuer, keys))
        };
        issuers.into_iter().map(source).collect()
    }

    /// Where the keys of all issuers are, if they are in one place.
    fn shared_keys_url(&self) -> Result<Option<Uri>, InvalidInput> {
        match (&self.keys_url, &self.endpoint) {
            (Some(url), _) => checked_url("keys_url", url, self.allow_http).map(Some),
            (None, Some(there)) => {
                let url = self.issuer_at(there) + JWKS_PATH;
                // Whether it may do without TLS was decided when the endpoint was made.
                checked_url("endpoint", &url, true).map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    pub(super) fn rules(self) -> Result<Rules, InvalidInput> {
        if self.clients.iter().any(String::is_empty) {
            return Err(InvalidInput::new("client", "must not be empty"));
        }
        let patterns = self.client_patterns.iter().map(|p| UrlPattern::parse(p));
        let client_patterns: Vec<_> = patterns.collect::<Result<_, _>>()?;
        if self.clients.is_empty() && client_patterns.is_empty() && !self.any_client {
            return Err(InvalidInput::new(
                "client",
                "must be set, or `any_client` must say that any will do",
            ));
        }
        Ok(Rules {
            clients: self.clients,
            client_patterns,
            any_client: self.any_client,
            audiences: self.audiences,
            scopes: self.scopes,
            groups: self.groups,
        })
    }
}

fn checked_url(field: &'static str, url: &str, allow_http: bool) -> Result<Uri, InvalidInput> {
    let endpoint = if allow_http {
        Endpoint::custom_insecure(url)
    } else {
        Endpoint::custom(url)
    };
    let named = |error: InvalidInput| match error.into_iter().next() {
        Some(problem) => InvalidInput::new(field, problem.rule),
        None => InvalidInput::new(field, "must be a URL"),
    };
    Ok(endpoint.map_err(named)?.uri().clone())
}

impl fmt::Debug for TrustedPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedPool")
            .field("user_pool_id", &self.user_pool_id)
            .field("any_client", &self.any_client)
            .field("audiences", &self.audiences)
            .field("scopes", &self.scopes)
            .field("groups", &self.groups)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// An issuer that is trusted.
pub(super) struct Issuer {
    pub(super) url: String,
    /// Its place in the list.
    pub(super) index: usize,
    /// The place of its pool.
    pub(super) pool: usize,
    pub(super) keys: KeySource,
}

/// What is required of the tokens of a pool.
pub(super) struct Rules {
    clients: Vec<String>,
    client_patterns: Vec<UrlPattern>,
    any_client: bool,
    audiences: Vec<String>,
    scopes: Vec<String>,
    groups: Vec<String>,
}

impl Rules {
    pub(super) fn check(&self, claims: &Claims, token_use: TokenUse) -> Result<(), VerifyError> {
        check_use(claims, token_use)?;
        let checked = claims.checked();
        self.check_client(checked, token_use)?;
        if token_use == TokenUse::Access {
            self.check_audience(checked)?;
            self.check_scope(checked)?;
        }
        self.check_group(checked)
    }

    /// Makes the same checks, all of them, and says what the token has and what it must have.
    pub(super) fn explain(&self, claims: &Claims, token_use: TokenUse) -> Vec<Check> {
        let checked = claims.checked();
        let mut checks = vec![Check {
            name: CheckName::TokenUse,
            result: Some(check_use(claims, token_use)),
            found: checked.token_use.clone(),
            required: Some(token_use.claim().to_owned()),
        }];
        // What follows is judged as what it is.
        let token_use = claims.token_use().unwrap_or(token_use);
        let patterns = self.client_patterns.iter().map(UrlPattern::to_string);
        let clients = list(self.clients.iter().cloned().chain(patterns));
        checks.push(Check {
            name: CheckName::Client,
            result: Some(self.check_client(checked, token_use)),
            found: match token_use {
                TokenUse::Access => checked.client_id.clone(),
                TokenUse::Id => list(checked.aud.iter()),
            },
            required: clients.filter(|_| !self.any_client),
        });
        if token_use == TokenUse::Access {
            checks.push(Check {
                name: CheckName::Audience,
                result: Some(self.check_audience(checked)),
                found: list(checked.aud.iter()),
                required: list(&self.audiences),
            });
            checks.push(Check {
                name: CheckName::Scope,
                result: Some(self.check_scope(checked)),
                found: list(checked.scopes()),
                required: list(&self.scopes),
            });
        }
        checks.push(Check {
            name: CheckName::Group,
            result: Some(self.check_group(checked)),
            found: list(&checked.groups),
            required: list(&self.groups),
        });
        checks
    }

    fn check_client(&self, checked: &Checked, token_use: TokenUse) -> Result<(), VerifyError> {
        let is_ours = match token_use {
            // Of an access token this tells who asked for it; there need not be an audience.
            TokenUse::Access => checked
                .client_id
                .as_deref()
                .is_some_and(|client| self.is_client(client)),
            TokenUse::Id => checked.aud.iter().any(|client| self.is_client(client)),
        };
        if is_ours {
            return Ok(());
        }
        Err(VerifyError::Client)
    }

    fn check_audience(&self, checked: &Checked) -> Result<(), VerifyError> {
        let mut audiences = checked.aud.iter();
        let is_meant = match self.audiences.as_slice() {
            [] => audiences.next().is_none(),
            ours => audiences.any(|audience| ours.contains(audience)),
        };
        if is_meant {
            return Ok(());
        }
        Err(VerifyError::Audience)
    }

    fn check_scope(&self, checked: &Checked) -> Result<(), VerifyError> {
        if one_of(&self.scopes, checked.scopes()) {
            return Ok(());
        }
        Err(VerifyError::Scope {
            required: self.scopes.clone(),
        })
    }

    fn check_group(&self, checked: &Checked) -> Result<(), VerifyError> {
        if one_of(&self.groups, checked.groups.iter().map(String::as_str)) {
            return Ok(());
        }
        Err(VerifyError::Group {
            required: self.groups.clone(),
        })
    }

    fn is_client(&self, client_id: &str) -> bool {
        self.any_client
            || self.clients.iter().any(|client| client == client_id)
            || self.client_patterns.iter().any(|p| p.matches(client_id))
    }
}

fn check_use(claims: &Claims, token_use: TokenUse) -> Result<(), VerifyError> {
    if claims.token_use() == Some(token_use) {
        return Ok(());
    }
    Err(VerifyError::TokenUse {
        expected: token_use,
    })
}

/// Texts in one, if there are any.
fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<String> {
    texts.into_iter().fold(None, |list, text| match list {
        Some(list) => Some(list + ", " + text.as_ref()),
        None => Some(text.as_ref().to_owned()),
    })
}

/// Whether one of the required is there, or none is required.
fn one_of<'a>(required: &[String], mut found: impl Iterator<Item = &'a str>) -> bool {
    required.is_empty() || found.any(|found| required.iter().any(|one| one == found))
}

/// Which URLs may be the ID of a client.
struct UrlPattern {
    host: String,
    path: String,
}

impl UrlPattern {
    fn parse(pattern: &str) -> Result<Self, InvalidInput> {
        let parts = https_parts(pattern).filter(|(host, _)| !host.is_empty() && *host != "*");
        let (host, path) = parts.ok_or_else(|| {
            let rule = "must begin with https:// and the name of a host, and have a path";
            InvalidInput::new("client_urls", rule)
        })?;
        Ok(Self {
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }

    fn matches(&self, url: &str) -> bool {
        https_parts(url).is_some_and(|(host, path)| {
            // A user name in front of the host would read like another host.
            !host.contains(['@', '\\', '?', '#'])
                && glob(&self.host, host)
                && glob(&self.path, path)
        })
    }
}

impl fmt::Display for UrlPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.host, self.path)
    }
}

/// Host and path of a URL.
fn https_parts(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://")?;
    Some(rest.split_at(rest.find('/')?))
}

/// Whether the pattern stands for the whole text; `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<_> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    // The first place that fits is as good as any later one.
    for piece in pieces {
        let Some(at) = text.find(piece) else {
            return false;
        };
        text = &text[at + piece.len()..];
    }
    text.ends_with(last)
}
