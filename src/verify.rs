//! Access and ID tokens, verified: signature, issuer, use, client, time (feature `verify`).
//!
//! Whoever signs users in gets their tokens back with every request to an API. A [`TokenVerifier`]
//! says whether such a token is one of your pool, for your app client, and still good:
//!
//! ```no_run
//! use cognito_idp::verify::{TokenVerifier, VerifyError, bearer_token};
//!
//! # async fn example(headers: http::HeaderMap) -> Result<(), Box<dyn std::error::Error>> {
//! // One for the whole program; clones share the keys.
//! let verifier = TokenVerifier::new("eu-central-1_example", "app-client-id")?;
//!
//! // In a handler:
//! let answer = async {
//!     let claims = verifier.verify_access(bearer_token(&headers)?).await?;
//!     claims.require_scope("orders/read")?;
//!     Ok::<_, VerifyError>(format!("{:?} of {:?}", claims.username(), claims.groups()))
//! };
//! match answer.await {
//!     Ok(text) => println!("200 {text}"),
//!     // 401, 403 or 503, and what the header `WWW-Authenticate` must say.
//!     Err(error) => println!("{} {:?}", error.suggested_status(), error.www_authenticate()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `axum` the claims are an argument of the handler: see [`AccessClaims`].
//!
//! # What is checked
//!
//! In this order, so that nothing in a token is believed before its signature holds: size and form;
//! the algorithm, which must be RS256; the issuer, which must be one of the list that follows from
//! your [`TrustedPool`]s, and whose keys alone are asked; the signature; `exp`, `nbf` and `iat`
//! against the clock; `token_use`; the app client (`client_id` of an access token, `aud` of an ID
//! token); the audience of an access token that has one; scopes and groups, if some are required.
//!
//! An access token has no `aud` unless it was bound to a resource, an ID token no `client_id`; each
//! has a method and a type of its own, so that neither passes for the other. Give an API access
//! tokens; an ID token tells your app who signed in.
//!
//! # The keys
//!
//! Cognito changes a pool's keys without notice. They are fetched when first needed (or by
//! [`warm`](TokenVerifier::warm)), again in the background every hour, and when a token names a key
//! that is not among them, but then at most once in ten seconds, whatever came of the last try: a
//! stranger who sends made-up tokens cannot make you send requests. However many callers wait, one
//! request is under way. While the endpoint is down the keys at hand serve on, for up to a day.
//!
//! # Revoked tokens
//!
//! A token is good until it expires, also after the user has signed out everywhere: nothing in it
//! tells. Where that is not enough, ask Cognito as well, with
//! [`SignIn::ask_revoked`](crate::auth::SignIn::ask_revoked), which costs a call for every check.
//! Short-lived access tokens (five minutes at least) are the cheaper answer.

mod cache;
mod claims;
mod distinct;
mod error;
mod explain;
#[cfg(feature = "axum")]
mod extract;
mod jwks;
mod keys;
mod pool;
mod token;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, header};

use self::{
    cache::{Cache, Fingerprint},
    keys::{FetchedKeys, Freshness, KeySource},
    pool::{Issuer, Rules},
    token::Token,
};
pub use self::{
    claims::{AccessClaims, Claims, IdClaims},
    error::{KeysError, TokenPart, TokenUse, VerifyError},
    explain::{Check, CheckName, Explanation},
    jwks::Jwks,
    pool::TrustedPool,
};
use crate::{
    error::InvalidInput,
    transport::{HttpClient, default_http_client},
};

/// More would make expired tokens good for longer than anyone means.
const MAX_LEEWAY: Duration = Duration::from_mins(5);

/// Verifies the tokens of one user pool, or of several.
///
/// Make one and clone it; clones share the keys and the cache. See the [module](self) for what is
/// checked. `CognitoService::verifier` and
/// [`SignIn::verifier`](crate::auth::SignIn::verifier) make the one for their pool and client.
///
/// ```no_run
/// use cognito_idp::verify::{IdClaims, KeysError, TokenPart, TokenUse, TokenVerifier, VerifyError};
///
/// # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = TokenVerifier::new("eu-central-1_example", "app-client-id")?;
/// verifier.warm().await?; // has the keys before the first request comes
/// let user: IdClaims = match verifier.verify_id(token).await {
///     Err(VerifyError::Malformed(TokenPart::Header)) => return Ok(()), // no token of Cognito's
///     Err(VerifyError::TokenUse { expected: TokenUse::Id }) => return Ok(()), // an access token
///     Err(VerifyError::KeysUnavailable(cause)) if matches!(*cause, KeysError::Transport(_)) => return Ok(()),
///     claims => claims?,
/// };
/// user.require_group("staff")?;
/// println!("{:?}", user.email());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenVerifier {
    shared: Arc<Shared>,
}

struct Shared {
    /// Few enough to look through.
    issuers: Vec<Issuer>,
    rules: Vec<Rules>,
    leeway: Duration,
    clock: Clock,
    cache: Option<Cache>,
    trusts_test_issuer: bool,
}

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl TokenVerifier {
    /// Verifies the tokens of one pool for one app client, with defaults for everything else.
    ///
    /// # Errors
    /// For what is not the ID of a user pool, an empty client ID, and in a build without a transport
    /// of its own.
    pub fn new(
        user_pool_id: impl Into<String>,
        client_id: impl Into<String>,
    ) -> Result<Self, InvalidInput> {
        Self::builder(TrustedPool::new(user_pool_id).client(client_id)).build()
    }

    /// Starts from a pool and what is required of its tokens.
    pub fn builder(pool: TrustedPool) -> VerifierBuilder {
        VerifierBuilder {
            pools: vec![pool],
            http_client: None,
            leeway: Duration::ZERO,
            freshness: Freshness::default(),
            clock: Arc::new(SystemTime::now),
            cached_tokens: 0,
            trusts_test_issuer: false,
        }
    }

    /// Verifies an access token, and fetches keys if that takes any.
    ///
    /// Dropping the future gives up waiting; a request for keys goes on for the others.
    ///
    /// # Errors
    /// Says what is wrong with the token, or that its keys cannot be had.
    pub async fn verify_access(&self, token: &str) -> Result<AccessClaims, VerifyError> {
        self.verify(token, TokenUse::Access).await.map(AccessClaims)
    }

    /// Verifies an ID token, and fetches keys if that takes any.
    ///
    /// # Errors
    /// Says what is wrong with the token, or that its keys cannot be had.
    pub async fn verify_id(&self, token: &str) -> Result<IdClaims, VerifyError> {
        self.verify(token, TokenUse::Id).await.map(IdClaims)
    }

    /// Verifies an access token at a given time with the keys at hand: without IO, without the cache,
    /// without waiting.
    ///
    /// # Errors
    /// Says what is wrong with the token; [`VerifyError::KeysUnavailable`] or
    /// [`VerifyError::UnknownKey`] where [`verify_access`](Self::verify_access) would have asked for
    /// keys.
    pub fn verify_access_at(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<AccessClaims, VerifyError> {
        self.verify_at(token, TokenUse::Access, now)
            .map(AccessClaims)
    }

    /// Verifies an ID token as [`verify_access_at`](Self::verify_access_at) does an access token.
    ///
    /// # Errors
    /// Those of [`verify_access_at`](Self::verify_access_at).
    pub fn verify_id_at(&self, token: &str, now: SystemTime) -> Result<IdClaims, VerifyError> {
        self.verify_at(token, TokenUse::Id, now).map(IdClaims)
    }

    /// Says of every check whether a token passes it and why, for who wonders why a token is refused.
    ///
    /// It makes the checks of [`verify_access`](Self::verify_access) or [`verify_id`](Self::verify_id)
    /// without their cache, and goes on after the first that fails, as far as the rest can be told: the
    /// keys of a stranger's issuer are never asked for. Answer no request with it; who sends bad tokens
    /// would learn what is required.
    ///
    /// ```
    /// # use cognito_idp::verify::{TokenUse, TokenVerifier};
    /// # async fn example(verifier: TokenVerifier, token: &str) {
    /// let explanation = verifier.explain(token, TokenUse::Access).await;
    /// for check in explanation.checks() {
    ///     let result = match &check.result {
    ///         Some(Ok(())) => "passed".to_owned(),
    ///         Some(Err(error)) => error.to_string(),
    ///         None => "not checked".to_owned(),
    ///     };
    ///     println!("{:10} {result} {:?} {:?}", check.name, check.found, check.required);
    /// }
    /// # }
    /// ```
    pub async fn explain(&self, token: &str, token_use: TokenUse) -> Explanation {
        let shared = &*self.shared;
        let (token, checks) = explain::read(token);
        let Some(token) = token else {
            return Explanation::unread(checks);
        };
        let issuer = shared.issuer_of(&token);
        let key = match &issuer {
            Ok(issuer) => Some(issuer.keys.key(token.key_id()).await.map(|(key, _)| key)),
            Err(_) => None,
        };
        let now = (shared.clock)();
        shared.explanation(checks, &token, issuer, key, token_use, now)
    }

    /// Explains a token at a given time with the keys at hand: without IO and without waiting.
    pub fn explain_at(&self, token: &str, token_use: TokenUse, now: SystemTime) -> Explanation {
        let (token, checks) = explain::read(token);
        let Some(token) = token else {
            return Explanation::unread(checks);
        };
        let issuer = self.shared.issuer_of(&token);
        let key = issuer.as_ref().ok();
        let key = key.map(|issuer| issuer.keys.key_at_hand(token.key_id()));
        self.shared
            .explanation(checks, &token, issuer, key, token_use, now)
    }

    /// Fetches the keys now, so that the first request need not wait for them.
    ///
    /// A pool has two issuers, and the endpoint of the newer one answers 403 until the pool is
    /// switched to it; so one issuer of each pool is enough. It asks again at every call, cool-down
    /// or not.
    ///
    /// # Errors
    /// If there is a pool of which no keys can be had. The verifier works all the same, and asks
    /// again when it has to.
    pub async fn warm(&self) -> Result<(), VerifyError> {
        for pool in 0..self.shared.rules.len() {
            let of_pool = self.shared.issuers.iter().filter(|i| i.pool == pool);
            let mut is_warm = false;
            let mut failure = None;
            for issuer in of_pool {
                match issuer.keys.fetch_now().await {
                    Ok(()) => is_warm = true,
                    // The first is the issuer that pools have by default.
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            if let Some(error) = failure.filter(|_| !is_warm) {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn verify(&self, text: &str, token_use: TokenUse) -> Result<Arc<Claims>, VerifyError> {
        let shared = &*self.shared;
        let fingerprint = shared
            .cache
            .as_ref()
            .and_then(|cache| cache.fingerprint(text));
        if let Some(claims) = shared.cached(fingerprint.as_ref(), token_use) {
            return Ok(claims);
        }
        let token = Token::read(text)?;
        let issuer = shared.issuer_of(&token)?;
        let (key, generation) = issuer.keys.key(token.key_id()).await?;
        // Read after the wait for the key, or a token could outlive it.
        let claims = shared.check(token, issuer, &key, token_use, (shared.clock)())?;
        if let (Some(cache), Some(fingerprint)) = (&shared.cache, fingerprint) {
            cache.insert(fingerprint, claims.clone(), issuer.index, generation);
        }
        Ok(claims)
    }

    fn verify_at(
        &self,
        text: &str,
        token_use: TokenUse,
        now: SystemTime,
    ) -> Result<Arc<Claims>, VerifyError> {
        let token = Token::read(text)?;
        let issuer = self.shared.issuer_of(&token)?;
        let key = issuer.keys.key_at_hand(token.key_id())?;
        self.shared.check(token, issuer, &key, token_use, now)
    }
}

impl Shared {
    /// The claims of a token that was verified before and is as good as it was then.
    fn cached(
        &self,
        fingerprint: Option<&Fingerprint>,
        token_use: TokenUse,
    ) -> Option<Arc<Claims>> {
        let found = self.cache.as_ref()?.get(fingerprint?)?;
        let issuer = self.issuers.get(found.issuer)?;
        let is_good = found.claims.token_use() == Some(token_use)
            && found.claims.check_time((self.clock)(), self.leeway).is_ok()
            && issuer.keys.generation() == Some(found.generation);
        is_good.then_some(found.claims)
    }

    /// The issuer that a token names, out of those that are trusted: nothing else may decide whose
    /// keys are asked.
    fn issuer_of(&self, token: &Token<'_>) -> Result<&Issuer, VerifyError> {
        let named = token.issuer();
        let mut issuers = self.issuers.iter();
        issuers
            .find(|issuer| issuer.url == named)
            .ok_or(VerifyError::Issuer)
    }

    fn check(
        &self,
        token: Token<'_>,
        issuer: &Issuer,
        key: &jwks::PublicKey,
        token_use: TokenUse,
        now: SystemTime,
    ) -> Result<Arc<Claims>, VerifyError> {
        self.check_key(key)?;
        let claims = token.verified_by(key)?;
        claims.check_time(now, self.leeway)?;
        self.rules[issuer.pool].check(&claims, token_use)?;
        Ok(Arc::new(claims))
    }

    fn check_key(&self, key: &jwks::PublicKey) -> Result<(), VerifyError> {
        if key.is_published() && !self.trusts_test_issuer {
            return Err(VerifyError::TestKey);
        }
        Ok(())
    }

    /// Makes the checks of [`check`](Self::check), all that can be made.
    fn explanation(
        &self,
        mut checks: Vec<Check>,
        token: &Token<'_>,
        issuer: Result<&Issuer, VerifyError>,
        key: Option<Result<Arc<jwks::PublicKey>, VerifyError>>,
        token_use: TokenUse,
        now: SystemTime,
    ) -> Explanation {
        let rules = match (&issuer, self.rules.as_slice()) {
            (Ok(issuer), rules) => rules.get(issuer.pool),
            (Err(_), [rules]) => Some(rules),
            // Of which pool it would have to be, nobody knows.
            (Err(_), _) => None,
        };
        let issuers: Vec<_> = self.issuers.iter().map(|i| i.url.as_str()).collect();
        checks.push(Check {
            name: CheckName::Issuer,
            result: Some(issuer.map(drop)),
            found: Some(token.issuer().to_owned()),
            required: Some(issuers.join(", ")),
        });
        let signature = match &key {
            Some(Ok(key)) => Some(token.check_signature(key)),
            _ => None,
        };
        checks.push(Check {
            name: CheckName::Key,
            result: key.map(|key| key.and_then(|key| self.check_key(&key))),
            found: Some(token.key_id().to_owned()),
            required: None,
        });
        checks.push(Check::unexplained(CheckName::Signature, signature));
        let claims = token.unverified_claims();
        let in_time = claims.check_time(now, self.leeway);
        checks.push(Check::time(claims, now, in_time));
        match rules {
            Some(rules) => checks.extend(rules.explain(claims, token_use)),
            None => checks.extend(explain::of_no_pool()),
        }
        Explanation { checks }
    }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<_> = self.shared.issuers.iter().map(|i| &i.url).collect();
        f.debug_struct("TokenVerifier")
            .field("issuers", &issuers)
            .finish_non_exhaustive()
    }
}

/// Configures a [`TokenVerifier`].
///
/// ```
/// use std::time::Duration;
/// use cognito_idp::verify::{TokenVerifier, TrustedPool};
///
/// # fn example() -> Result<(), cognito_idp::error::InvalidInput> {
/// let staff = TrustedPool::new("eu-central-1_staff").client("back-office").group("editors");
/// let guests = TrustedPool::new("eu-central-1_guests").client("web").client("phone");
/// let verifier = TokenVerifier::builder(staff)
///     .pool(guests)
///     .leeway(Duration::from_secs(5))
///     .cache(10_000)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct VerifierBuilder {
    pools: Vec<TrustedPool>,
    http_client: Option<Arc<dyn HttpClient>>,
    leeway: Duration,
    freshness: Freshness,
    clock: Clock,
    cached_tokens: usize,
    trusts_test_issuer: bool,
}

impl VerifierBuilder {
    /// Trusts another pool as well, with rules of its own.
    pub fn pool(mut self, pool: TrustedPool) -> Self {
        self.pools.push(pool);
        self
    }

    /// Sets what fetches the keys; by default the crate's own transport.
    pub fn http_client(mut self, http_client: impl HttpClient + 'static) -> Self {
        self.http_client = Some(Arc::new(http_client));
        self
    }

    /// Sets by how much the clocks may differ, at most five minutes; by default not at all.
    ///
    /// Expired tokens are good for so much longer. With none, a machine whose clock is slow refuses
    /// a token that was issued this very second.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Sets how long after one request for keys the next may follow that a token's unknown key
    /// causes; 10 seconds by default.
    ///
    /// It counts from the beginning of the request and whatever its outcome.
    pub fn cool_down(mut self, cool_down: Duration) -> Self {
        self.freshness.cool_down = cool_down;
        self
    }

    /// Sets the age at which keys are fetched anew in the background; 1 hour by default.
    pub fn refresh_after(mut self, age: Duration) -> Self {
        self.freshness.refresh_after = age;
        self
    }

    /// Sets the age beyond which keys that could not be fetched anew are used no more; 24 hours by
    /// default.
    ///
    /// It is how long the verifier survives an outage of the endpoint, and how long a key that
    /// Cognito has withdrawn could still be trusted.
    pub fn max_key_age(mut self, age: Duration) -> Self {
        self.freshness.max_age = age;
        self
    }

    /// Sets how long a request for keys may take; 3 seconds by default.
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.freshness.timeout = timeout;
        self
    }

    /// Sets the clock that tells whether a token has expired; the system's by default.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(now);
        self
    }

    /// Remembers up to so many verified tokens, so that one that comes again need not be verified
    /// again; none by default.
    ///
    /// Kept are the claims, under a keyed hash of the whole token: neither the token itself nor
    /// anything that was refused. What is kept is used until the token expires, the pool's keys
    /// change or they become too old. Each takes some 2 kB.
    pub fn cache(mut self, tokens: usize) -> Self {
        self.cached_tokens = tokens;
        self
    }

    /// Trusts tokens that [`TestIssuer`](crate::fixture::TestIssuer) signed, **with a key that
    /// everybody has**: for tests only.
    #[cfg(feature = "fixtures")]
    pub fn trust_test_issuer(mut self) -> Self {
        self.trusts_test_issuer = true;
        self
    }

    /// Makes the verifier; nothing is fetched yet.
    ///
    /// # Errors
    /// Names the setting at fault: a malformed pool ID, region or URL, a pool for which neither
    /// clients are named nor [any](TrustedPool::any_client) is allowed, two pools with the same
    /// issuer, a leeway over five minutes, no HTTP client.
    pub fn build(self) -> Result<TokenVerifier, InvalidInput> {
        if self.leeway > MAX_LEEWAY {
            return Err(InvalidInput::new("leeway", "must be at most five minutes"));
        }
        let mut issuers: Vec<Issuer> = Vec::new();
        let mut rules = Vec::with_capacity(self.pools.len());
        let mut http_client = self.http_client;
        for (index, pool) in self.pools.into_iter().enumerate() {
            let urls = pool.issuers()?;
            let keys = |keys_url| {
                if let Some(keys) = &pool.keys {
                    return Ok(KeySource::Fixed(keys.clone()));
                }
                let client = match http_client.take() {
                    Some(client) => client,
                    None => default_http_client(Some(jwks::MAX_SIZE))?,
                };
                http_client = Some(client.clone());
                let fetched = FetchedKeys::new(keys_url, client, self.freshness);
                Ok(KeySource::Fetched(fetched))
            };
            for (url, keys) in pool.key_sources(urls, keys)? {
                if issuers.iter().any(|other| other.url == url) {
                    let rule = "must not be trusted twice with the same issuer";
                    return Err(InvalidInput::new("pool", rule));
                }
                issuers.push(Issuer {
                    url,
                    index: issuers.len(),
                    pool: index,
                    keys,
                });
            }
            rules.push(pool.rules()?);
        }
        let cache = (self.cached_tokens > 0).then(|| Cache::new(self.cached_tokens));
        Ok(TokenVerifier {
            shared: Arc::new(Shared {
                issuers,
                rules,
                leeway: self.leeway,
                clock: self.clock,
                cache: cache.transpose()?,
                trusts_test_issuer: self.trusts_test_issuer,
            }),
        })
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("pools", &self.pools)
            .field("leeway", &self.leeway)
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}

/// Takes the token out of `Authorization: Bearer …`.
///
/// # Errors
/// [`VerifyError::Missing`] if there is no such header or it is of another scheme,
/// [`VerifyError::Malformed`] if there are several, since two readers might each take another.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, VerifyError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(VerifyError::Missing)?;
    if values.next().is_some() {
        return Err(VerifyError::Malformed(TokenPart::Whole));
    }
    let value = value
        .to_str()
        .map_err(|_| VerifyError::Malformed(TokenPart::Whole))?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(token.trim_matches(' '))
        }
        _ => Err(VerifyError::Missing),
    }
}
