//! Configuration of the services.

use std::fmt;

#[cfg(feature = "sigv4")]
use crate::credentials::{ProvideCredentials, credentials_from};
use crate::{
    auth::{AppClient, ProvideClientSecret},
    client::{Client, ClientBuilder},
    endpoint::Region,
    error::InvalidInput,
    sensitive::Sensitive,
};

const DEFAULT_APP_NAME: &str = "My App";

/// The user pool and the app client that a [`CognitoUserService`](crate::CognitoUserService) works
/// with, and the AWS credentials that a `CognitoService` needs besides.
///
/// ```no_run
/// use cognito_idp::{CognitoConfig, CognitoUserService};
///
/// # fn example() -> Result<(), cognito_idp::Error> {
/// let config = CognitoConfig::new("us-east-1_XXXXXXXXX", "YOUR_COGNITO_APP_CLIENT_ID")
///     .client_secret("YOUR_COGNITO_APP_CLIENT_SECRET");
/// let users = CognitoUserService::new(config)?;
/// # let _ = users;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct CognitoConfig {
    user_pool_id: String,
    app_client: AppClient,
    app_name: String,
    other_region_allowed: bool,
    client: ClientBuilder,
}

impl CognitoConfig {
    /// Starts from the user pool's ID and the app client's.
    ///
    /// The region is the one that the pool's ID begins with.
    pub fn new(user_pool_id: impl Into<String>, client_id: impl Into<Sensitive<String>>) -> Self {
        Self {
            user_pool_id: user_pool_id.into(),
            app_client: AppClient::new(client_id),
            app_name: DEFAULT_APP_NAME.to_owned(),
            other_region_allowed: false,
            client: Client::builder(),
        }
    }

    /// Reads everything from environment variables, as a `CognitoService` needs it.
    ///
    /// They are those of [`from_env_without_credentials`](Self::from_env_without_credentials), and
    ///
    /// | variable | |
    /// |---|---|
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | required |
    /// | `AWS_SESSION_TOKEN` | for temporary credentials |
    ///
    /// # Errors
    /// Names every variable that is missing, and a malformed pool ID, all at once. A malformed region
    /// or endpoint is refused by the name of its variable when the service is made.
    #[cfg(feature = "sigv4")]
    pub fn from_env() -> Result<Self, InvalidInput> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads everything but the credentials from environment variables, as
    /// [`from_env`](Self::from_env) does.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env), but for the credentials.
    #[cfg(feature = "sigv4")]
    pub fn from_env_with_credentials(
        provider: impl ProvideCredentials + 'static,
    ) -> Result<Self, InvalidInput> {
        let config = Self::from_env_without_credentials()?;
        Ok(config.credentials(provider))
    }

    /// Reads what a [`CognitoUserService`](crate::CognitoUserService) needs from environment
    /// variables: no AWS credentials, also if there are some.
    ///
    /// | variable | |
    /// |---|---|
    /// | `COGNITO_USER_POOL_ID` | required |
    /// | `COGNITO_CLIENT_ID` | required |
    /// | `COGNITO_CLIENT_SECRET` | if the app client has a secret |
    /// | `AWS_REGION`, else `AWS_DEFAULT_REGION` | default: the pool's region |
    /// | `AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER`, else `AWS_ENDPOINT_URL` | default: the region's |
    /// | `APP_NAME` | default: `My App` |
    ///
    /// A blank variable counts as not set.
    ///
    /// # Errors
    /// Names every variable that is missing, and a malformed pool ID, all at once. A malformed region
    /// or endpoint is refused by the name of its variable when the service is made.
    pub fn from_env_without_credentials() -> Result<Self, InvalidInput> {
        Self::from_variables_without_credentials(&|name| std::env::var(name).ok())
    }

    /// Sets the secret of the app client; every call that needs it then carries a secret hash.
    pub fn client_secret(mut self, secret: impl Into<Sensitive<String>>) -> Self {
        self.app_client = self.app_client.secret(secret);
        self
    }

    /// Takes the secret of the app client from a provider, because Cognito rotates it: see
    /// [`AppClient::secret_from`].
    pub fn client_secret_from(mut self, provider: impl ProvideClientSecret + 'static) -> Self {
        self.app_client = self.app_client.secret_from(provider);
        self
    }

    /// Sets the AWS credentials of a [`CognitoService`](crate::CognitoService):
    /// [`Credentials`](crate::credentials::Credentials) or any provider.
    ///
    /// ```no_run
    /// use cognito_idp::{CognitoConfig, CognitoService, credentials::Credentials};
    ///
    /// # fn example() -> Result<(), cognito_idp::Error> {
    /// let keys = Credentials::new("YOUR_ACCESS_KEY_ID", "YOUR_SECRET_ACCESS_KEY", None, None, "static");
    /// let config = CognitoConfig::new("us-east-1_XXXXXXXXX", "YOUR_COGNITO_APP_CLIENT_ID")
    ///     .client_secret("YOUR_COGNITO_APP_CLIENT_SECRET")
    ///     .credentials(keys)
    ///     .app_name("My App");
    /// let service = CognitoService::new(config)?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "sigv4")]
    pub fn credentials(mut self, provider: impl ProvideCredentials + 'static) -> Self {
        self.client = self.client.credentials(provider);
        self
    }

    /// Sets the name that default email subjects end with; `My App` by default.
    pub fn app_name(mut self, app_name: impl Into<String>) -> Self {
        self.app_name = app_name.into();
        self
    }

    /// Sets the region; it must be the one that the pool's ID begins with.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.client = self.client.region(region);
        self
    }

    /// Allows a [region](Self::region) other than the pool's, as for a replica of the pool.
    pub fn allow_other_region(mut self) -> Self {
        self.other_region_allowed = true;
        self
    }

    /// Sets another endpoint than the region's; see [`ClientBuilder::endpoint_url`].
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.client = self.client.endpoint_url(url);
        self
    }

    /// Changes the client below: time-outs, retries, HTTP client.
    pub fn client(mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.client = change(self.client);
        self
    }

    /// Drops the credentials, for who signs nothing.
    pub(crate) fn without_credentials(mut self) -> Self {
        self.client = self.client.without_credentials();
        self
    }

    #[cfg(feature = "sigv4")]
    fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidInput> {
        let (config, credentials) = InvalidInput::of_both(
            Self::from_variables_without_credentials(&lookup),
            credentials_from(&lookup),
        )?;
        Ok(config.credentials(credentials))
    }

    fn from_variables_without_credentials(
        lookup: &impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidInput> {
        let variable = |name: &str| {
            lookup(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let required = |name: &'static str| {
            variable(name).ok_or_else(|| InvalidInput::new(name, "must be set"))
        };
        let pool = required("COGNITO_USER_POOL_ID").and_then(|pool| {
            let checked = Region::of_user_pool(&pool);
            checked.map_err(|error| error.named("COGNITO_USER_POOL_ID"))?;
            Ok(pool)
        });
        let (pool, client_id) = InvalidInput::of_both(pool, required("COGNITO_CLIENT_ID"))?;
        let mut config = Self::new(pool, client_id);
        config.client = ClientBuilder::from_variables(lookup).without_credentials();
        if let Some(secret) = variable("COGNITO_CLIENT_SECRET") {
            config = config.client_secret(secret);
        }
        config.app_name = variable("APP_NAME").unwrap_or(config.app_name);
        Ok(config)
    }

    /// Checks the configuration and makes of it what the services hold.
    pub(crate) fn build(self) -> Result<(Client, String, AppClient, String), InvalidInput> {
        if self.app_client.id().expose().is_empty() {
            return Err(InvalidInput::new("client_id", "must not be empty"));
        }
        let pool_region = Region::of_user_pool(&self.user_pool_id)?;
        let region = self.client.checked_region()?;
        let region = region.unwrap_or_else(|| pool_region.clone());
        if region != pool_region && !self.other_region_allowed {
            return Err(InvalidInput::new(
                self.client.region_name(),
                "must be the one that the user pool's ID begins with",
            ));
        }
        let client = self.client.region(region.as_str()).build()?;
        Ok((client, self.user_pool_id, self.app_client, self.app_name))
    }
}

impl fmt::Debug for CognitoConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoConfig")
            .field("user_pool_id", &self.user_pool_id)
            .field("app_client", &self.app_client)
            .field("app_name", &self.app_name)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks a variable up among these.
    fn lookup(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn from(variables: &[(&str, &str)]) -> Result<CognitoConfig, InvalidInput> {
        CognitoConfig::from_variables_without_credentials(&lookup(variables))
    }

    fn fields(error: &InvalidInput) -> Vec<&str> {
        error
            .problems()
            .iter()
            .map(|problem| &*problem.field)
            .collect()
    }

    /// The fields at fault, in one line.
    fn refused(config: Result<CognitoConfig, InvalidInput>) -> String {
        match config.and_then(CognitoConfig::build) {
            Ok(_) => panic!("must be refused"),
            Err(error) => fields(&error).join(", "),
        }
    }

    const COMPLETE: [(&str, &str); 3] = [
        ("COGNITO_USER_POOL_ID", "eu-central-1_Example"),
        ("COGNITO_CLIENT_ID", "client"),
        ("APP_NAME", "Shop"),
    ];

    #[test]
    fn all_missing_variables_are_named_at_once() {
        let pool_and_client = "COGNITO_USER_POOL_ID, COGNITO_CLIENT_ID";
        assert_eq!(refused(from(&[])), pool_and_client);
        assert_eq!(
            refused(from(&[("COGNITO_USER_POOL_ID", "pool")])),
            pool_and_client
        );
        assert_eq!(refused(from(&COMPLETE[..1])), "COGNITO_CLIENT_ID");
    }

    #[cfg(feature = "sigv4")]
    #[test]
    fn the_keys_are_missed_where_they_are_needed_and_together_with_the_rest() {
        let from = |variables| CognitoConfig::from_variables(lookup(variables));
        let everything = "COGNITO_USER_POOL_ID, COGNITO_CLIENT_ID, AWS_ACCESS_KEY_ID, \
            AWS_SECRET_ACCESS_KEY";
        assert_eq!(refused(from(&[("COGNITO_CLIENT_ID", "  ")])), everything);
        assert_eq!(
            refused(from(&[("COGNITO_USER_POOL_ID", "pool")])),
            everything
        );
        assert_eq!(
            refused(from(&COMPLETE)),
            "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
        );
    }

    #[test]
    fn the_region_comes_from_the_pool_unless_it_is_set() -> Result<(), InvalidInput> {
        let config = from(&COMPLETE)?.client(|client| client.http_client(NoHttp));
        let (_, pool, _, app_name) = config.build()?;
        assert_eq!(
            (pool.as_str(), app_name.as_str()),
            ("eu-central-1_Example", "Shop")
        );

        let mut variables = COMPLETE.to_vec();
        variables.push(("AWS_REGION", "us-east-1"));
        assert_eq!(refused(from(&variables)), "AWS_REGION");
        let config = from(&variables)?.allow_other_region();
        let config = config.client(|client| client.http_client(NoHttp));
        assert!(config.build().is_ok());
        Ok(())
    }

    #[test]
    fn a_malformed_variable_is_refused_by_its_name() {
        let with = |name, value| {
            let mut variables = COMPLETE.to_vec();
            variables.retain(|(variable, _)| *variable != name);
            variables.push((name, value));
            refused(from(&variables))
        };
        assert_eq!(with("COGNITO_USER_POOL_ID", "pool"), "COGNITO_USER_POOL_ID");
        assert_eq!(with("AWS_REGION", "eu central"), "AWS_REGION");
        assert_eq!(
            with("AWS_DEFAULT_REGION", "evil.com#"),
            "AWS_DEFAULT_REGION"
        );
        assert_eq!(
            with("AWS_ENDPOINT_URL", "http://example.com"),
            "AWS_ENDPOINT_URL"
        );
    }

    #[test]
    fn malformed_input_is_refused_by_name() {
        let refused = |config| refused(Ok(config));
        assert_eq!(refused(CognitoConfig::new("", "client")), "user_pool_id");
        assert_eq!(
            refused(CognitoConfig::new("x@evil.com:443/_a", "client")),
            "user_pool_id"
        );
        assert_eq!(
            refused(CognitoConfig::new("eu-central-1_A", "")),
            "client_id"
        );
        let config = CognitoConfig::new("eu-central-1_A", "client");
        assert_eq!(refused(config.clone().region("evil.com#")), "region");
        assert_eq!(
            refused(config.endpoint_url("http://example.com")),
            "endpoint_url"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let config = CognitoConfig::new("eu-central-1_A", "marker").client_secret("marker");
        #[cfg(feature = "sigv4")]
        let config = config.credentials(crate::credentials::Credentials::new(
            "marker", "marker", None, None, "t",
        ));
        assert!(!format!("{config:?}").contains("marker"));
    }

    /// A transport for builds that bring none.
    #[derive(Debug)]
    struct NoHttp;

    impl crate::transport::HttpClient for NoHttp {
        fn call(&self, _: http::Request<bytes::Bytes>) -> crate::transport::HttpFuture<'_> {
            Box::pin(std::future::pending())
        }
    }
}
