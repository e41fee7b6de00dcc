//! How a client is configured.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    Client,
    dispatch::Shared,
    signing::{Provider, Signing, environment},
    time::TimeSource,
};
#[cfg(feature = "sigv4")]
use crate::credentials::ProvideCredentials;
use crate::{
    clock_skew::ClockSkew,
    endpoint::{self, Endpoint, EndpointOptions, Region, Service},
    error::InvalidInput,
    pacing::{Pacer, Pacing},
    retry::{RetryPolicy, RetryQuota},
    transport::{HttpClient, default_http_client},
};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Configures a [`Client`].
///
/// Nothing is checked before [`build`](Self::build).
///
/// ```
/// use std::time::Duration;
/// use cognito_idp::{Client, credentials::Credentials, retry::RetryPolicy};
///
/// let client = Client::builder()
///     .region("eu-central-1")
///     .credentials(Credentials::new("AKIDEXAMPLE", "secret access key", None, None, "static"))
///     .retry_policy(RetryPolicy::default().max_attempts(5))
///     .operation_timeout(Duration::from_secs(20))
///     .build()?;
/// # let _ = client;
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    service: Service,
    region: Setting,
    endpoint_url: Setting,
    allow_http: bool,
    endpoint_options: EndpointOptions,
    credentials: Option<Provider>,
    http_client: Option<Arc<dyn HttpClient>>,
    retry_policy: RetryPolicy,
    attempt_timeout: Duration,
    operation_timeout: Duration,
    time_source: TimeSource,
    clock_skew_correction: bool,
    pacing: Option<Pacing>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            service: Service::COGNITO_IDP,
            region: Setting::unset("region"),
            endpoint_url: Setting::unset("endpoint_url"),
            allow_http: false,
            endpoint_options: EndpointOptions::default(),
            credentials: None,
            http_client: None,
            retry_policy: RetryPolicy::default(),
            attempt_timeout: ATTEMPT_TIMEOUT,
            operation_timeout: OPERATION_TIMEOUT,
            time_source: Arc::new(SystemTime::now),
            clock_skew_correction: true,
            pacing: None,
        }
    }
}

impl ClientBuilder {
    /// Takes region, endpoint and credentials from the environment; see `Client::from_env`, which is there
    /// with a transport.
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    pub(crate) fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Self {
        Self::of_service(Service::COGNITO_IDP, lookup)
    }

    /// Takes the same variables for another service.
    pub(crate) fn of_service(service: Service, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then_some((name, value))
        };
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let endpoint_url = endpoint::url_from_env(service, variable);
        Self {
            service,
            region: region.map_or(Setting::unset("AWS_REGION"), Setting::from),
            endpoint_url: endpoint_url.map_or(Setting::unset("AWS_ENDPOINT_URL"), Setting::from),
            endpoint_options: EndpointOptions::from_env(&lookup),
            credentials: environment(),
            clock_skew_correction: !variable("AWS_DISABLE_CLOCK_SKEW_CORRECTION")
                .is_some_and(|(_, value)| value.eq_ignore_ascii_case("true")),
            ..Self::default()
        }
    }

    /// Drops the credentials, so that nothing is signed.
    pub(crate) fn without_credentials(mut self) -> Self {
        self.credentials = None;
        self
    }

    /// Addresses another service than Cognito, which the operations must name as well.
    #[cfg(feature = "sigv4")]
    pub(crate) fn service(mut self, service: Service) -> Self {
        self.service = service;
        self
    }

    /// Sets the AWS region, such as `eu-central-1`: the endpoint and the signatures follow from it.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Setting::from(("region", region.into()));
        self
    }

    /// Sets another endpoint than the region's: a VPC endpoint, a proxy, a local server.
    ///
    /// It must be HTTPS unless the host is this machine; see [`allow_http`](Self::allow_http).
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Setting::from(("endpoint_url", url.into()));
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
        self.credentials = Some(Provider::new(provider));
        self
    }

    /// Sets the HTTP client; with the feature `hyper` a
    #[cfg_attr(
        feature = "hyper",
        doc = "[`HyperClient`](crate::transport::HyperClient)"
    )]
    #[cfg_attr(not(feature = "hyper"), doc = "`HyperClient`")]
    /// is the default, else with `reqwest` a
    #[cfg_attr(
        feature = "reqwest",
        doc = "[`ReqwestClient`](crate::transport::ReqwestClient)."
    )]
    #[cfg_attr(not(feature = "reqwest"), doc = "`ReqwestClient`.")]
    ///
    /// A client given here is pinned: no feature that another crate turns on changes it.
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
    ///
    /// It only tells the time of day: time-outs and waits are measured by the runtime's clock.
    pub fn time_source(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.time_source = Arc::new(now);
        self
    }

    /// Sets whether a local clock that is off is corrected by the dates of the answers; it is by
    /// default.
    ///
    /// One answer with a wrong date changes nothing: a jump counts when the next answer confirms it,
    /// or when the server refuses a signature for its time, which is then repeated at once.
    pub fn clock_skew_correction(mut self, correct: bool) -> Self {
        self.clock_skew_correction = correct;
        self
    }

    /// Holds calls back so that they stay within Cognito's quotas; nothing is held back by default.
    ///
    /// For programs that send many calls: `CognitoService::add_to_group` for thousands of users,
    /// imports, reports. Calls wait for their turn before their [time](Self::operation_timeout)
    /// begins to count, in such [numbers](Pacing::max_waiting) and for [so long](Pacing::max_wait) as
    /// you allow; beyond that they fail with [`Error::Pacing`](crate::Error::Pacing).
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = Some(pacing);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// Names the setting at fault, by its environment variable if it was taken from there: no region
    /// and no endpoint, a malformed one, no HTTP client.
    pub fn build(self) -> Result<Client, InvalidInput> {
        let region = self.checked_region()?;
        let custom = self.endpoint_url.check(|url| {
            if self.endpoint_options != EndpointOptions::default() {
                let rule = "cannot be combined with a FIPS or dual-stack endpoint";
                return Err(InvalidInput::new("endpoint_url", rule));
            }
            if self.allow_http {
                return Endpoint::custom_insecure(url);
            }
            Endpoint::custom(url)
        })?;
        let endpoint = match (custom, &region) {
            (Some(custom), _) => custom,
            (None, Some(region)) => {
                Endpoint::of_service(self.service, region, self.endpoint_options)
            }
            (None, None) => return Err(InvalidInput::new(self.region.name, "must be set")),
        };
        let signing = match (self.credentials, &region) {
            (Some(provider), Some(region)) => {
                Signing::new(provider, region.clone(), self.service.name)
            }
            (Some(_), None) => {
                return Err(InvalidInput::new(
                    self.region.name,
                    "must be set, because signatures name it",
                ));
            }
            (None, _) => Signing::never(),
        };
        Ok(Client {
            shared: Arc::new(Shared {
                http_client: self
                    .http_client
                    .map_or_else(|| default_http_client(None), Ok)?,
                endpoint,
                region,
                signing,
                retry_policy: self.retry_policy,
                retry_quota: RetryQuota::default(),
                clock_skew: ClockSkew::default(),
                attempt_timeout: self.attempt_timeout,
                operation_timeout: self.operation_timeout,
                time_source: self.time_source,
                clock_skew_correction: self.clock_skew_correction,
            }),
            pacer: self.pacing.as_ref().map(Pacer::new).map(Arc::new),
        })
    }

    /// The region that was set, if it is one.
    pub(crate) fn checked_region(&self) -> Result<Option<Region>, InvalidInput> {
        self.region.check(|region| Region::new(region))
    }

    /// What the user knows the region by.
    pub(crate) fn region_name(&self) -> &'static str {
        self.region.name
    }
}

/// A setting, and what the user knows it by: a setter or an environment variable.
#[derive(Clone)]
struct Setting {
    name: &'static str,
    value: Option<String>,
}

impl Setting {
    fn unset(name: &'static str) -> Self {
        Self { name, value: None }
    }

    /// Makes of the value what it stands for; an error bears the setting's name.
    fn check<T>(
        &self,
        check: impl FnOnce(&str) -> Result<T, InvalidInput>,
    ) -> Result<Option<T>, InvalidInput> {
        let checked = self.value.as_deref().map(check).transpose();
        checked.map_err(|error| error.named(self.name))
    }
}

impl From<(&'static str, String)> for Setting {
    fn from((name, value): (&'static str, String)) -> Self {
        Self {
            name,
            value: Some(value),
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("region", &self.region.value)
            .field("endpoint_url", &self.endpoint_url.value)
            .field("endpoint_options", &self.endpoint_options)
            .field("retry_policy", &self.retry_policy)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("operation_timeout", &self.operation_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(variables: &[(&str, &str)]) -> String {
        let built = from(variables).build();
        built.expect_err("refused").to_string()
    }

    fn from(variables: &[(&str, &str)]) -> ClientBuilder {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        ClientBuilder::from_variables(lookup).http_client(Nobody)
    }

    #[derive(Debug)]
    struct Nobody;

    impl HttpClient for Nobody {
        fn call(&self, _: http::Request<bytes::Bytes>) -> crate::transport::HttpFuture<'_> {
            Box::pin(std::future::pending())
        }
    }

    #[test]
    fn a_refusal_names_the_variable_at_fault_and_a_setter_where_that_was_used() {
        let begins = |text: &str, begin: &str| assert!(text.starts_with(begin), "{text}");
        begins(&refused(&[]), "AWS_REGION: must be set");
        begins(
            &refused(&[("AWS_REGION", "eu west")]),
            "AWS_REGION: must be a region",
        );
        begins(
            &refused(&[("AWS_DEFAULT_REGION", "aws-global")]),
            "AWS_DEFAULT_REGION: must be a single region",
        );
        let region = ("AWS_REGION", "eu-west-1");
        begins(
            &refused(&[region, ("AWS_ENDPOINT_URL", "http://example.com")]),
            "AWS_ENDPOINT_URL: must begin with https://",
        );
        let service = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "https://x/?a");
        begins(
            &refused(&[region, service]),
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: must have neither query",
        );
        let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
        begins(
            &refused(&[region, ("AWS_ENDPOINT_URL", "https://x.example.com"), fips]),
            "AWS_ENDPOINT_URL: cannot be combined",
        );

        let field = |builder: ClientBuilder| {
            let error = builder.build().expect_err("refused");
            error.problems()[0].field.to_string()
        };
        assert_eq!(
            field(from(&[("AWS_REGION", "x y")]).region("y z")),
            "region"
        );
        assert_eq!(
            field(from(&[region]).endpoint_url("http://x.com")),
            "endpoint_url"
        );
        assert_eq!(field(Client::builder().http_client(Nobody)), "region");
    }

    #[cfg(feature = "sigv4")]
    #[test]
    fn a_signing_client_without_a_region_names_the_variable_that_would_tell() {
        let text = refused(&[("AWS_ENDPOINT_URL", "https://x.example.com")]);
        assert!(
            text.starts_with("AWS_REGION: must be set, because"),
            "{text}"
        );
    }

    #[test]
    fn blanks_around_a_variable_do_not_count() -> Result<(), InvalidInput> {
        let client = from(&[
            ("AWS_REGION", " "),
            ("AWS_DEFAULT_REGION", " eu-central-1 \n"),
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "\t"),
            ("AWS_ENDPOINT_URL", "http://localhost:9\n"),
            ("AWS_DISABLE_CLOCK_SKEW_CORRECTION", " True "),
        ])
        .build()?;
        let shared = &client.shared;
        assert_eq!(
            shared.region.as_ref().map(Region::as_str),
            Some("eu-central-1")
        );
        assert_eq!(shared.endpoint.host(), "localhost:9");
        assert!(!shared.clock_skew_correction);
        Ok(())
    }
}
