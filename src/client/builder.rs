//! How a client is configured.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

#[cfg(feature = "sigv4")]
use aws_credential_types::provider::SharedCredentialsProvider;

#[cfg(feature = "sigv4")]
use super::dispatch::Signing;
use super::{Client, dispatch::Shared};
#[cfg(feature = "sigv4")]
use crate::{
    credentials::{CredentialsCache, ProvideCredentials},
    sigv4::Signer,
};
use crate::{
    endpoint::{self, Endpoint, EndpointOptions, Region},
    error::InvalidInput,
    pacing::{Pacer, Pacing},
    retry::{ClockSkew, RetryPolicy, RetryQuota},
    transport::HttpClient,
};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

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
    credentials: Option<SharedCredentialsProvider>,
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

    /// Sets the credentials that signed operations use:
    /// [`Credentials`](crate::credentials::Credentials) or any provider of them.
    ///
    /// What a provider gives is kept. Five to seven minutes before it expires, at the earliest after
    /// half its life, the provider is asked anew while calls still use what is there; in the last
    /// minute they wait for the answer. What has no expiry is asked for again after a quarter of an
    /// hour.
    ///
    /// The provider runs in a task of its own on the Tokio runtime of the call that needs it, once for
    /// all calls that wait, and has 30 seconds. A failure, a panic included, is told to all of them
    /// and, unless it was a panic, stands for a second. When Cognito refuses the credentials, the
    /// provider is asked once for all calls that were refused.
    #[cfg(feature = "sigv4")]
    pub fn credentials(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.credentials = Some(SharedCredentialsProvider::new(provider));
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
