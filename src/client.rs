//! The client: one door for every operation.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::header;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, Timeout};

#[cfg(not(feature = "sigv4"))]
use std::convert::Infallible as Credentials;

#[cfg(feature = "sigv4")]
use crate::{
    credentials::{Credentials, CredentialsCache, ProvideCredentials},
    sigv4::Signer,
};
use crate::{
    endpoint::{self, Endpoint, EndpointOptions, Region},
    error::{Error, InvalidInput, TransportError, TransportErrorKind},
    operation::{
        AuthScheme, Operation, Paginated, RetrySafety,
        security::{GetProvisionedLimitRequest, LimitClass, LimitDefinitionType},
    },
    pacing::{Pacer, Pacing, QuotaCategory},
    protocol,
    random::random,
    retry::{ClockSkew, RetryPolicy, RetryQuota, RetryReason, classify},
    sensitive,
    trace::Trace,
    transport::HttpClient,
};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends operations to Amazon Cognito user pools.
///
/// Make one and clone it; clones share connections, credentials and the retry quota.
///
/// ```no_run
/// use cognito_idp::{Client, operation::sign_up::SignUpRequest};
///
/// # async fn example() -> Result<(), cognito_idp::Error> {
/// // SignUp is public: it is not signed, so no AWS credentials are needed.
/// let client = Client::builder().region("eu-central-1").build()?;
/// let request = SignUpRequest::new("app-client-id", "alice@example.com").password("P@ssw0rd!");
/// let response = client.send(&request).await?;
/// println!("{}", response.user_sub);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

impl Client {
    /// Starts the configuration of a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Makes a client from the environment.
    ///
    /// The region is `AWS_REGION`, else `AWS_DEFAULT_REGION`. The endpoint is
    /// `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`, else `AWS_ENDPOINT_URL`, else the region's.
    /// With the feature `sigv4`, credentials are read from the environment when the first signed
    /// operation is sent.
    ///
    /// # Errors
    /// Names the variable at fault.
    #[cfg(any(feature = "reqwest", feature = "hyper"))]
    pub fn from_env() -> Result<Self, InvalidInput> {
        ClientBuilder::from_env().build()
    }

    /// Sends an operation and reads its answer.
    ///
    /// Failed attempts are repeated as the [retry policy](ClientBuilder::retry_policy) says, each
    /// signed anew, but never where a repetition could do harm: see
    /// [`RetrySafety`]. Dropping the future gives the call up at any point; whether
    /// the operation took effect is then unknown.
    ///
    /// # Errors
    /// See [`Error`]; what an operation can answer stands at its request type.
    pub fn send<O: Operation>(&self, operation: &O) -> ResponseFuture<O::Response> {
        self.send_with(operation, SendOptions::default())
    }

    /// Sends an operation with settings of its own.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_with<O: Operation>(
        &self,
        operation: &O,
        options: SendOptions,
    ) -> ResponseFuture<O::Response> {
        // Every line here is compiled again for every operation.
        let json = protocol::encode(operation);
        let safety = options
            .retry_safety
            .unwrap_or_else(|| operation.retry_safety());
        let shared = self.shared.clone();
        ResponseFuture {
            answer: shared.dispatch(O::NAME, O::AUTH, safety, json, options),
            response: PhantomData,
        }
    }

    /// The time at the server, as far as the answers so far tell; else the local clock's.
    ///
    /// What the server checks against its own clock should carry this one: a signature does, and so
    /// should the timestamp of an SRP sign-in.
    #[must_use]
    pub fn server_time(&self) -> SystemTime {
        self.shared
            .clock_skew
            .corrected((self.shared.time_source)())
    }

    /// Reads the account's own limits of the categories that can be raised, for the
    /// [pacing](ClientBuilder::pacing) of this client and its clones.
    ///
    /// One signed call for each of the five; does nothing on a client without pacing.
    ///
    /// # Errors
    /// Those of [`send`](Self::send); the limits read so far are kept.
    pub async fn read_limits(&self) -> Result<(), Error> {
        let Some(pacer) = &self.shared.pacer else {
            return Ok(());
        };
        let adjustable = |category: &&QuotaCategory| category.is_adjustable();
        for category in QuotaCategory::ALL.iter().filter(adjustable) {
            let attributes = [("Category".to_owned(), category.as_str().to_owned())];
            let definition = LimitDefinitionType::new(LimitClass::ApiCategory, attributes);
            let request = GetProvisionedLimitRequest::new(definition);
            let limit = self.send(&request).await?.limit;
            pacer.set_limit(*category, f64::from(limit.provisioned_limit_value));
        }
        Ok(())
    }

    /// Walks the pages of a list operation.
    pub fn pages<O: Paginated>(&self, request: O) -> Pages<'_, O> {
        Pages {
            client: self,
            request,
            finished: false,
        }
    }
}

/// The answer to an operation, once it is there: what [`Client::send`] gives.
///
/// Nothing is sent before it is awaited. It owns all it needs, so it can be spawned as it is:
///
/// ```no_run
/// # use cognito_idp::{Client, operation::passwords::ForgotPasswordRequest};
/// # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let request = ForgotPasswordRequest::new("app-client-id", "alice");
/// let call = tokio::spawn(client.send(&request));
/// let response = call.await??;
/// # let _ = response;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before it is awaited"]
pub struct ResponseFuture<R> {
    answer: DispatchFuture,
    response: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned> Future for ResponseFuture<R> {
    type Output = Result<R, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.as_mut().poll(context);
        answer.map(|answer| answer?.decode())
    }
}

impl<R> fmt::Debug for ResponseFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// Settings of one call, where they differ from the client's.
///
/// ```no_run
/// use std::time::Duration;
/// use cognito_idp::{Client, SendOptions, operation::{RetrySafety, users::AdminCreateUserRequest}};
///
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// let request = AdminCreateUserRequest::new("eu-central-1_example", "alice");
/// // Whoever takes a `UsernameExists` for a success may as well repeat the call.
/// let options = SendOptions::new()
///     .retry_safety(RetrySafety::Repeatable)
///     .operation_timeout(Duration::from_secs(5));
/// client.send_with(&request, options).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct SendOptions {
    retry_safety: Option<RetrySafety>,
    retry_policy: Option<RetryPolicy>,
    attempt_timeout: Option<Duration>,
    operation_timeout: Option<Duration>,
}

impl SendOptions {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether this call may be repeated when the outcome of an attempt is unknown.
    pub fn retry_safety(mut self, safety: RetrySafety) -> Self {
        self.retry_safety = Some(safety);
        self
    }

    /// Sets how failed attempts of this call are repeated.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// Sets how long one attempt of this call may take.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long this call may take with all its attempts and waits.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = Some(timeout);
        self
    }
}

/// The pages of a list operation, fetched one at a time.
///
/// ```no_run
/// # use cognito_idp::{Client, operation::users::ListUsersRequest};
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// let mut pages = client.pages(ListUsersRequest::new("eu-central-1_example").limit(60));
/// while let Some(page) = pages.next().await? {
///     for user in page.users {
///         println!("{:?}", user.user_status);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// A page may be empty and yet not the last. A token that comes back a second time ends the walk,
/// so that a faulty server cannot make it endless.
#[derive(Debug)]
pub struct Pages<'a, O> {
    client: &'a Client,
    request: O,
    finished: bool,
}

impl<'a, O: Paginated> Pages<'a, O> {
    /// Fetches the next page; `None` after the last.
    ///
    /// After an error the walk stands where it stood, so calling again asks for the same page.
    ///
    /// # Errors
    /// Those of [`Client::send`].
    pub async fn next(&mut self) -> Result<Option<O::Response>, Error> {
        if self.finished {
            return Ok(None);
        }
        let response = self.client.send(&self.request).await?;
        match O::next_token(&response).filter(|token| !token.is_empty()) {
            Some(token) if self.request.page_token() != Some(token) => {
                self.request.set_next_token(token.to_owned());
            }
            _ => self.finished = true,
        }
        Ok(Some(response))
    }

    /// The token of the page that [`next`](Self::next) fetches next, to go on from later.
    ///
    /// Set it on a new request to resume. `None` before the first page and after the last.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.request.page_token().filter(|_| !self.finished)
    }

    /// Walks the items of all pages instead of the pages.
    #[must_use]
    pub fn items(self) -> Items<'a, O> {
        Items {
            pages: self,
            page: Vec::new().into_iter(),
        }
    }
}

/// The items of all pages of a list operation; see [`Pages::items`].
#[derive(Debug)]
pub struct Items<'a, O: Paginated> {
    pages: Pages<'a, O>,
    page: std::vec::IntoIter<O::Item>,
}

impl<O: Paginated> Items<'_, O> {
    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// Those of [`Client::send`]; calling again asks for the same page.
    pub async fn next(&mut self) -> Result<Option<O::Item>, Error> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            let Some(page) = self.pages.next().await? else {
                return Ok(None);
            };
            self.page = O::items(page).into_iter();
        }
    }
}

/// Configures a [`Client`].
///
/// Nothing is checked before [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    region: Option<String>,
    endpoint_url: Option<String>,
    allow_http: bool,
    endpoint_options: EndpointOptions,
    #[cfg(feature = "sigv4")]
    credentials: Option<aws_credential_types::provider::SharedCredentialsProvider>,
    http_client: Option<Arc<dyn HttpClient>>,
    retry_policy: RetryPolicy,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    time_source: fn() -> SystemTime,
    clock_skew_correction: bool,
    pacing: Option<Pacing>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            region: None,
            endpoint_url: None,
            allow_http: false,
            endpoint_options: EndpointOptions::default(),
            #[cfg(feature = "sigv4")]
            credentials: None,
            http_client: None,
            retry_policy: RetryPolicy::default(),
            attempt_timeout: ATTEMPT_TIMEOUT,
            operation_timeout: OPERATION_TIMEOUT,
            time_source: SystemTime::now,
            clock_skew_correction: true,
            pacing: None,
        }
    }
}

impl ClientBuilder {
    /// Takes region, endpoint and credentials from the environment; see [`Client::from_env`].
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    pub(crate) fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let builder = Self {
            region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
            endpoint_url: endpoint::url_from_env(&lookup),
            endpoint_options: EndpointOptions::from_env(&lookup),
            clock_skew_correction: !variable("AWS_DISABLE_CLOCK_SKEW_CORRECTION")
                .is_some_and(|value| value.trim().eq_ignore_ascii_case("true")),
            ..Self::default()
        };
        #[cfg(feature = "sigv4")]
        let builder = builder.credentials(crate::credentials::EnvironmentCredentials::new());
        builder
    }

    /// Sets the AWS region, such as `eu-central-1`: the endpoint and the signatures follow from it.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets another endpoint than the region's: a VPC endpoint, a proxy, a local server.
    ///
    /// It must be HTTPS unless the host is this machine; see [`allow_http`](Self::allow_http).
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// Allows an [endpoint](Self::endpoint_url) without TLS on another machine.
    ///
    /// Passwords and tokens then travel in the clear: for test networks only.
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// Chooses among the region's endpoints: FIPS, dual stack.
    pub fn endpoint_options(mut self, options: EndpointOptions) -> Self {
        self.endpoint_options = options;
        self
    }

    /// Sets the credentials that signed operations use: [`Credentials`] or any provider of them.
    ///
    /// What a provider gives is kept until shortly before it expires.
    #[cfg(feature = "sigv4")]
    pub fn credentials(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials =
            Some(aws_credential_types::provider::SharedCredentialsProvider::new(provider));
        self
    }

    /// Sets the HTTP client; with the feature `reqwest` a
    #[cfg_attr(
        feature = "reqwest",
        doc = "[`ReqwestClient`](crate::transport::ReqwestClient)"
    )]
    #[cfg_attr(not(feature = "reqwest"), doc = "`ReqwestClient`")]
    /// is the default, with `hyper` alone a
    #[cfg_attr(
        feature = "hyper",
        doc = "[`HyperClient`](crate::transport::HyperClient)."
    )]
    #[cfg_attr(not(feature = "hyper"), doc = "`HyperClient`.")]
    pub fn http_client(mut self, http_client: impl HttpClient + 'static) -> Self {
        self.http_client = Some(Arc::new(http_client));
        self
    }

    /// Sets how failed attempts are repeated; by default up to twice, as AWS's SDKs do.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Sets how long one attempt may take; 10 seconds by default.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets how long a call may take with all its attempts and waits; 30 seconds by default.
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.operation_timeout = timeout;
        self
    }

    /// Sets the clock that dates signatures, SRP proofs and the expiry of tokens; the system's by
    /// default.
    pub fn time_source(mut self, now: fn() -> SystemTime) -> Self {
        self.time_source = now;
        self
    }

    /// Sets whether a local clock that is off is corrected by the dates of the answers; it is by
    /// default.
    pub fn clock_skew_correction(mut self, correct: bool) -> Self {
        self.clock_skew_correction = correct;
        self
    }

    /// Holds calls back so that they stay within Cognito's quotas; nothing is held back by default.
    ///
    /// For programs that send many calls: [`CognitoService::add_to_group`] for thousands of users,
    /// imports, reports. Calls wait for their turn before their [time](Self::operation_timeout)
    /// begins to count.
    ///
    /// [`CognitoService::add_to_group`]: crate::CognitoService::add_to_group
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = Some(pacing);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// Names the setting at fault: no region and no endpoint, a malformed one, no HTTP client.
    pub fn build(self) -> Result<Client, InvalidInput> {
        let region = self.region.as_deref().map(Region::new).transpose()?;
        let endpoint = match (&self.endpoint_url, &region) {
            (Some(_), _) if self.endpoint_options != EndpointOptions::default() => {
                return Err(InvalidInput::new(
                    "endpoint_url",
                    "cannot be combined with a FIPS or dual-stack endpoint",
                ));
            }
            (Some(url), _) if self.allow_http => Endpoint::custom_insecure(url)?,
            (Some(url), _) => Endpoint::custom(url)?,
            (None, Some(region)) => Endpoint::regional(region, self.endpoint_options),
            (None, None) => return Err(InvalidInput::new("region", "must be set")),
        };
        #[cfg(feature = "sigv4")]
        let signing = match (self.credentials, region) {
            (Some(provider), Some(region)) => Some(Signing {
                credentials: CredentialsCache::new(provider),
                signer: Signer::new(region),
            }),
            (Some(_), None) => {
                return Err(InvalidInput::new(
                    "region",
                    "must be set, because signatures name it",
                ));
            }
            (None, _) => None,
        };
        Ok(Client {
            shared: Arc::new(Shared {
                http_client: self.http_client.map_or_else(default_http_client, Ok)?,
                endpoint,
                region: self.region.map(Region::new).transpose()?,
                #[cfg(feature = "sigv4")]
                signing,
                retry_policy: self.retry_policy,
                retry_quota: RetryQuota::default(),
                clock_skew: ClockSkew::default(),
                attempt_timeout: self.attempt_timeout,
                operation_timeout: self.operation_timeout,
                time_source: self.time_source,
                clock_skew_correction: self.clock_skew_correction,
                pacer: self.pacing.as_ref().map(Pacer::new),
            }),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("endpoint_url", &self.endpoint_url)
            .field("endpoint_options", &self.endpoint_options)
            .field("retry_policy", &self.retry_policy)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("operation_timeout", &self.operation_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(any(feature = "reqwest", feature = "hyper"))]
fn default_http_client() -> Result<Arc<dyn HttpClient>, InvalidInput> {
    Ok(Arc::new(crate::transport::DefaultClient::new()?))
}

#[cfg(not(any(feature = "reqwest", feature = "hyper")))]
fn default_http_client() -> Result<Arc<dyn HttpClient>, InvalidInput> {
    Err(InvalidInput::new(
        "http_client",
        "must be set in a build without the features `reqwest` and `hyper`",
    ))
}

/// What the clones of a client share.
struct Shared {
    http_client: Arc<dyn HttpClient>,
    endpoint: Endpoint,
    /// For the spans, if there are any.
    region: Option<Region>,
    #[cfg(feature = "sigv4")]
    signing: Option<Signing>,
    retry_policy: RetryPolicy,
    retry_quota: RetryQuota,
    clock_skew: ClockSkew,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    time_source: fn() -> SystemTime,
    clock_skew_correction: bool,
    pacer: Option<Pacer>,
}

#[cfg(feature = "sigv4")]
struct Signing {
    credentials: CredentialsCache,
    signer: Signer,
}

/// An operation after its type is gone, so that the sending below is compiled once.
struct Call {
    operation: &'static str,
    auth: AuthScheme,
    safety: RetrySafety,
    body: Bytes,
    retry_policy: Option<RetryPolicy>,
    attempt_timeout: Duration,
    operation_timeout: Duration,
}

/// A success, with what it takes to read it.
struct Answer {
    call: Call,
    parts: http::response::Parts,
    body: Bytes,
}

impl Answer {
    fn decode<R: DeserializeOwned>(self) -> Result<R, Error> {
        protocol::decode(&self.body).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &serde_json::Error) -> Error {
        let error = protocol::unreadable(self.call.operation, &self.parts, error);
        redacted(error, &self.call.body, None)
    }
}

type DispatchFuture = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

impl Shared {
    /// Sends what an operation is without its type.
    ///
    /// Boxed, so that the sending compiles in this crate and not again in every caller's.
    fn dispatch(
        self: Arc<Self>,
        operation: &'static str,
        auth: AuthScheme,
        safety: RetrySafety,
        json: serde_json::Result<Vec<u8>>,
        options: SendOptions,
    ) -> DispatchFuture {
        let body = match protocol::body(operation, json) {
            Ok(body) => body,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let call = Call {
            operation,
            auth,
            safety,
            body,
            retry_policy: options.retry_policy,
            attempt_timeout: options.attempt_timeout.unwrap_or(self.attempt_timeout),
            operation_timeout: options.operation_timeout.unwrap_or(self.operation_timeout),
        };
        Box::pin(async move {
            let trace = Trace::operation(operation, self.region.as_ref());
            let response = trace.run(self.attempts(&call, &trace)).await?;
            let (parts, body) = response.into_parts();
            Ok(Answer { call, parts, body })
        })
    }

    /// Attempts the call until it succeeds, may not be repeated, or has no time left.
    async fn attempts(
        &self,
        call: &Call,
        operation: &Trace,
    ) -> Result<http::Response<Bytes>, Error> {
        let mut deadline = Deadline::after(call.operation_timeout);
        let policy = call.retry_policy.as_ref().unwrap_or(&self.retry_policy);
        let mut cost = None;
        let mut attempt = 1;
        let mut outcome_unknown = false;
        let mut credentials_renewed = false;
        loop {
            let leave = match &self.pacer {
                Some(pacer) => {
                    let began = Instant::now();
                    let leave = pacer.admit(call.operation).await;
                    // Whoever lets calls queue for their turn does not want them to time out there.
                    deadline = deadline.later(began.elapsed());
                    leave
                }
                None => None,
            };
            let credentials = self.credentials(call, deadline).await?;
            let skew = self.clock_skew.millis();
            let trace = Trace::attempt(call.operation, attempt);
            operation.attempts(attempt);
            let result = trace
                .run(self.attempt(call, credentials.as_ref(), deadline))
                .await;
            if let (Some(pacer), Some(leave)) = (&self.pacer, leave) {
                pacer.learn(leave, result.as_ref().is_err_and(Error::is_throttled));
            }
            let mut error = match result {
                Ok(response) => {
                    self.retry_quota.succeeded(cost);
                    return Ok(response);
                }
                Err(error) => error,
            };
            let reason = if self.clock_skew.explains(&error, skew) {
                Some(RetryReason::ClockSkew)
            } else {
                classify(&error, call.safety)
            };
            if outcome_unknown {
                error.follows_unknown_outcome();
            }
            let Some(reason) = reason.filter(|_| attempt < policy.attempts()) else {
                return Err(error);
            };
            if reason == RetryReason::ExpiredCredentials {
                let renewal = Box::pin(self.renew_credentials(credentials.as_ref()));
                if credentials_renewed || !deadline.limit(renewal).await.unwrap_or(false) {
                    return Err(error);
                }
                credentials_renewed = true;
            }
            let wait = policy.delay(attempt - 1, reason, retry_after(&error), random());
            // What is known of this attempt says more than that the time ran out waiting.
            if deadline.is_within(wait) {
                return Err(error);
            }
            cost = self.retry_quota.acquire(reason);
            if cost.is_none() {
                return Err(error);
            }
            outcome_unknown = error.outcome_unknown();
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    fn request(
        &self,
        call: &Call,
        credentials: Option<&Credentials>,
    ) -> Result<http::Request<Bytes>, Error> {
        let mut request = protocol::request(call.operation, &self.endpoint, call.body.clone())?;
        self.sign(call, &mut request, credentials)?;
        Ok(request)
    }

    async fn attempt(
        &self,
        call: &Call,
        credentials: Option<&Credentials>,
        deadline: Deadline,
    ) -> Result<http::Response<Bytes>, Error> {
        let request = self.request(call, credentials)?;
        let sent = (self.time_source)();
        let started = Instant::now();
        let response = deadline
            .min(Deadline::after(call.attempt_timeout))
            .limit(self.http_client.call(request))
            .await
            .unwrap_or_else(|_| Err(TransportError::new(TransportErrorKind::Timeout)))
            .map_err(|error| Error::Transport {
                operation: call.operation,
                error,
            })?;
        if self.clock_skew_correction {
            self.clock_skew
                .observe(response.headers(), sent, started.elapsed());
        }

        let (parts, body) = response.into_parts();
        let checked = protocol::check_status(call.operation, &parts, &body)
            .and_then(|()| check_whole(call.operation, &parts, &body));
        match checked {
            Ok(()) => Ok(http::Response::from_parts(parts, body)),
            Err(error) => Err(redacted(error, &call.body, credentials)),
        }
    }
}

/// When a call must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline(Instant);

impl Deadline {
    /// As good as never, for what is further off than the clock can count.
    const FAR: Duration = Duration::from_hours(24 * 365);

    fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(timeout).unwrap_or_else(|| now + Self::FAR))
    }

    fn later(self, by: Duration) -> Self {
        Self(self.0.checked_add(by).unwrap_or(self.0))
    }

    /// Whether a wait from now on lasts until then.
    fn is_within(self, wait: Duration) -> bool {
        Self::after(wait) >= self
    }

    /// Runs the work until then.
    fn limit<F: Future>(self, work: F) -> Timeout<F> {
        tokio::time::timeout_at(self.0, work)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the credentials provider did not answer in time")]
struct TooSlow;

#[cfg(feature = "sigv4")]
impl Shared {
    /// The credentials to sign with; `None` for a call that goes without.
    async fn credentials(
        &self,
        call: &Call,
        deadline: Deadline,
    ) -> Result<Option<Credentials>, Error> {
        let cache = match &self.signing {
            Some(signing) if call.auth != AuthScheme::NoAuth => &signing.credentials,
            None if call.auth == AuthScheme::SigV4 => {
                let rule = "must be configured, because this operation is signed";
                let error = InvalidInput::new("credentials", rule);
                return Err(credentials_error(call, error));
            }
            _ => return Ok(None),
        };
        let now = (self.time_source)();
        if let Some(credentials) = cache.fresh(now) {
            return Ok(Some(credentials));
        }
        // Boxed, or every call in flight would hold room for it.
        match deadline.limit(Box::pin(cache.credentials(now))).await {
            Ok(found) => found
                .map(Some)
                .map_err(|error| credentials_error(call, error)),
            Err(_) => Err(credentials_error(call, TooSlow)),
        }
    }

    /// Whether there are other credentials now than those that were refused.
    async fn renew_credentials(&self, refused: Option<&Credentials>) -> bool {
        match (&self.signing, refused) {
            (Some(signing), Some(refused)) => {
                signing
                    .credentials
                    .renew(refused, (self.time_source)())
                    .await
            }
            _ => false,
        }
    }

    fn sign(
        &self,
        call: &Call,
        request: &mut http::Request<Bytes>,
        credentials: Option<&Credentials>,
    ) -> Result<(), Error> {
        let (Some(signing), Some(credentials)) = (&self.signing, credentials) else {
            return Ok(());
        };
        let now = self.clock_skew.corrected((self.time_source)());
        let signed = signing.signer.sign(request, credentials, now);
        signed.map_err(|error| credentials_error(call, error))
    }
}

#[cfg(not(feature = "sigv4"))]
#[expect(
    clippy::unused_async,
    clippy::unused_self,
    reason = "as where there is signing"
)]
impl Shared {
    async fn credentials(
        &self,
        call: &Call,
        _deadline: Deadline,
    ) -> Result<Option<Credentials>, Error> {
        if call.auth != AuthScheme::SigV4 {
            return Ok(None);
        }
        let rule = "cannot be used in a build without the feature `sigv4`";
        Err(credentials_error(
            call,
            InvalidInput::new("credentials", rule),
        ))
    }

    async fn renew_credentials(&self, _refused: Option<&Credentials>) -> bool {
        false
    }

    #[expect(clippy::unnecessary_wraps, reason = "as where there is signing")]
    fn sign(
        &self,
        _call: &Call,
        _request: &mut http::Request<Bytes>,
        _credentials: Option<&Credentials>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// Cuts out of an error what the server echoed of the request's secrets.
fn redacted(mut error: Error, body: &[u8], credentials: Option<&Credentials>) -> Error {
    error.redact(&|text| {
        let text = sensitive::scrub(text, body);
        // A refused signature is answered with all that was signed, the session token included.
        match credentials.and_then(session_token) {
            Some(token) => text.replace(token, "**"),
            None => text,
        }
    });
    error
}

#[cfg(feature = "sigv4")]
fn session_token(credentials: &Credentials) -> Option<&str> {
    credentials
        .session_token()
        .filter(|token| !token.is_empty())
}

#[cfg(not(feature = "sigv4"))]
fn session_token(credentials: &Credentials) -> Option<&str> {
    match *credentials {}
}

/// Looks for an answer that was cut off and yet is whole to HTTP, because it has no length.
///
/// Here and not when it is decoded, so that it can be attempted again. AWS sends a length.
fn check_whole(
    operation: &'static str,
    parts: &http::response::Parts,
    body: &[u8],
) -> Result<(), Error> {
    let headers = &parts.headers;
    if headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING)
        || body.is_empty()
    {
        return Ok(());
    }
    match protocol::decode::<IgnoredAny>(body) {
        Err(error) if error.is_eof() => Err(protocol::unreadable(operation, parts, &error)),
        _ => Ok(()),
    }
}

fn credentials_error(call: &Call, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Credentials {
        operation: call.operation,
        source: Box::new(source),
    }
}

fn retry_after(error: &Error) -> Option<Duration> {
    match error {
        Error::Service(error) => error.retry_after(),
        _ => None,
    }
}
