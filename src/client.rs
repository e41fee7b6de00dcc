//! The client: one door for every operation.

mod builder;
mod dispatch;
mod pages;
mod send_all;
mod signing;
#[cfg(feature = "bulk")]
mod stream;
mod time;

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use serde::de::DeserializeOwned;

#[cfg(any(feature = "bulk", feature = "managed-login"))]
pub(crate) use self::dispatch::Prepared;
use self::dispatch::Shared;
pub(crate) use self::dispatch::{Answer, DispatchFuture};
pub use self::{
    builder::ClientBuilder,
    pages::{Items, Pages},
    send_all::{SendAll, Sent},
};
#[cfg(feature = "verify")]
use crate::{endpoint::Endpoint, transport::HttpClient};
use crate::{
    error::Error,
    operation::{
        AnyOperation, AuthScheme, Operation, Paginated, RetrySafety,
        security::{GetProvisionedLimitRequest, LimitClass, LimitDefinitionType},
    },
    pacing::{Pace, Pacer, Pacing, QuotaCategory},
    protocol,
    retry::RetryPolicy,
};

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
    pacer: Option<Arc<Pacer>>,
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
    /// Blanks around a value do not count, and a blank variable counts as not set.
    ///
    /// # Errors
    /// Names the variable at fault.
    #[cfg(any(feature = "reqwest", feature = "hyper"))]
    pub fn from_env() -> Result<Self, crate::error::InvalidInput> {
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
    /// ```no_run
    /// use std::time::Duration;
    /// use cognito_idp::{Client, client::SendOptions, operation::user_pools::DescribeUserPoolRequest};
    ///
    /// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
    /// let patient = SendOptions::new().attempt_timeout(Duration::from_secs(30));
    /// client.send_with(&DescribeUserPoolRequest::new("eu-central-1_example"), patient).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_with<O: Operation>(
        &self,
        operation: &O,
        options: SendOptions,
    ) -> ResponseFuture<O::Response> {
        ResponseFuture {
            answer: self.answer(operation, options),
            response: PhantomData,
        }
    }

    /// Sends an operation that is known only at run time, and gives the answer as JSON.
    ///
    /// Everything else is as with [`send`](Self::send): time-outs, retries, pacing, errors.
    ///
    /// ```no_run
    /// use cognito_idp::{Client, operation::{AnyOperation, RetrySafety}};
    /// use serde_json::json;
    ///
    /// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
    /// let operation = AnyOperation::new("ListGroups", json!({"UserPoolId": "eu-central-1_example"}))
    ///     .retry(RetrySafety::Repeatable);
    /// let groups = client.send_any(operation).await?;
    /// # let _ = groups;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`send`](Self::send); [`Error::InvalidInput`] if the name cannot stand in a header.
    pub fn send_any(&self, operation: AnyOperation) -> ResponseFuture<serde_json::Value> {
        let AnyOperation {
            name,
            auth,
            retry,
            request,
        } = operation;
        let json = serde_json::to_vec(request.expose());
        ResponseFuture {
            answer: self.answer_json(name, auth, retry, json),
            response: PhantomData,
        }
    }

    /// How long a call may take, for what a call has to wait for beforehand.
    pub(crate) fn operation_timeout(&self) -> Duration {
        self.shared.operation_timeout
    }

    /// How often a call is attempted at most, for what must do more than repeat it.
    #[cfg(feature = "sigv4")]
    pub(crate) fn attempts(&self) -> u32 {
        self.shared.retry_policy.attempts()
    }

    /// Sends an operation and gives the answer before it is read, for who must look further than
    /// its shape.
    pub(crate) fn answer<O: Operation>(
        &self,
        operation: &O,
        options: SendOptions,
    ) -> DispatchFuture {
        // Every line here is compiled again for every operation.
        let json = protocol::encode(operation);
        let safety = options
            .retry_safety
            .unwrap_or_else(|| operation.retry_safety());
        let shared = self.shared.clone();
        let pacer = self.pacer.clone();
        shared.dispatch(O::NAME, O::AUTH, safety, json, options, pacer)
    }

    /// Sends a request that is no operation of the API.
    #[cfg(any(feature = "bulk", feature = "managed-login"))]
    pub(crate) fn send_prepared(&self, request: Prepared) -> DispatchFuture {
        let (shared, pacer) = (self.shared.clone(), self.pacer.clone());
        shared.dispatch_prepared(request, pacer)
    }

    /// Sends what is JSON already, for who goes without the operation's types.
    pub(crate) fn answer_json(
        &self,
        operation: &'static str,
        auth: AuthScheme,
        safety: RetrySafety,
        json: serde_json::Result<Vec<u8>>,
    ) -> DispatchFuture {
        let options = SendOptions::default();
        let (shared, pacer) = (self.shared.clone(), self.pacer.clone());
        shared.dispatch(operation, auth, safety, json, options, pacer)
    }

    /// The time at the server, as far as the answers so far tell; else the local clock's.
    ///
    /// What the server checks against its own clock should carry this one: a signature does, and so
    /// should the timestamp of an SRP sign-in.
    #[must_use]
    pub fn server_time(&self) -> SystemTime {
        let correction = self.shared.clock_skew.correction();
        correction.of((self.shared.time_source)())
    }

    /// What sends the requests, for whatever else is asked of the same server.
    #[cfg(feature = "verify")]
    pub(crate) fn http_client(&self) -> &Arc<dyn HttpClient> {
        &self.shared.http_client
    }

    /// The endpoint, unless it is AWS's own.
    #[cfg(feature = "verify")]
    pub(crate) fn custom_endpoint(&self) -> Option<&Endpoint> {
        Some(&self.shared.endpoint).filter(|endpoint| endpoint.is_custom())
    }

    /// The time by the local clock.
    pub(crate) fn local_time(&self) -> SystemTime {
        (self.shared.time_source)()
    }

    /// Reads the account's own limits of the categories that can be raised, for the
    /// [pacing](ClientBuilder::pacing) of this client and its clones.
    ///
    /// One signed call for each of the five; does nothing on a client without pacing.
    ///
    /// # Errors
    /// Those of [`send`](Self::send); the limits read so far are kept.
    pub async fn read_limits(&self) -> Result<(), Error> {
        let Some(pacer) = &self.pacer else {
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

    /// The same client, whose calls are paced.
    ///
    /// It shares all else with this one. What is sent through this one counts on no limit of the other.
    pub fn with_pacing(&self, pacing: &Pacing) -> Self {
        Self {
            shared: self.shared.clone(),
            pacer: Some(Arc::new(Pacer::new(pacing))),
        }
    }

    /// This client if it is paced, else the same one paced to AWS's default quotas.
    #[cfg(feature = "bulk")]
    pub(crate) fn paced(&self) -> Self {
        match &self.pacer {
            Some(_) => self.clone(),
            None => self.with_pacing(&Pacing::new()),
        }
    }

    /// Sends many requests of one operation, at most so many at a time, at least one.
    ///
    /// With [pacing](ClientBuilder::pacing) they keep within the quota as well.
    ///
    /// ```no_run
    /// # use cognito_idp::{Client, operation::users::AdminDisableUserRequest};
    /// # async fn example(client: Client, usernames: Vec<String>) -> Result<(), cognito_idp::Error> {
    /// let requests = usernames.iter().map(|name| AdminDisableUserRequest::new("eu-central-1_example", name));
    /// let mut answers = client.send_all(requests, 8);
    /// while let Some(sent) = answers.next().await {
    ///     if let Err(error) = sent.result {
    ///         eprintln!("number {}: {error}", sent.index);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_all<O: Operation, I: IntoIterator<Item = O>>(
        &self,
        requests: I,
        at_once: usize,
    ) -> SendAll<I::IntoIter> {
        SendAll::new(self.clone(), requests.into_iter(), at_once)
    }

    /// How this client and its clones keep to the limit of a category now; `None` without pacing.
    #[must_use]
    pub fn pace(&self, category: QuotaCategory) -> Option<Pace> {
        Some(self.pacer.as_ref()?.pace(category))
    }

    /// Walks the pages of a list operation, beginning with the one that the request asks for.
    ///
    /// Nothing is sent before the first page is asked for.
    pub fn pages<O: Paginated>(&self, request: O) -> Pages<O> {
        Pages::new(self.clone(), request)
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
