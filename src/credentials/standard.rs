//! All the usual sources of credentials, one after the other.

use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;

use super::{
    container::ContainerCredentials,
    credentials_from,
    instance::InstanceCredentials,
    metadata::{Environment, Found, Source, provider},
    profile::ProfileCredentials,
    web_identity::WebIdentityCredentials,
};
use crate::transport::HttpClient;

/// Looks for credentials in the places and the order in which AWS's tools do.
///
/// 1. the environment, as [`EnvironmentCredentials`](super::EnvironmentCredentials)
/// 2. the profile files, as [`ProfileCredentials`]
/// 3. a web identity, as [`WebIdentityCredentials`]
/// 4. the container, as [`ContainerCredentials`]
/// 5. the instance, as [`InstanceCredentials`]
///
/// The first source that is there decides: if it is configured wrongly or fails, the ones after it
/// are not asked, so that a program never runs with a role that nobody meant.
///
/// ```no_run
/// use cognito_idp::{Client, credentials::StandardCredentials};
///
/// # fn example() -> Result<(), cognito_idp::Error> {
/// let client = Client::builder()
///     .region("eu-central-1")
///     .credentials(StandardCredentials::new()?)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StandardCredentials {
    environment: Environment,
    profile: ProfileCredentials,
    profile_is_chosen: bool,
    web_identity: WebIdentityCredentials,
    container: ContainerCredentials,
    instance: InstanceCredentials,
}

impl StandardCredentials {
    /// Makes the provider; nothing is read or asked yet.
    ///
    /// # Errors
    /// If there is no HTTP client to be had.
    #[cfg(any(feature = "reqwest", feature = "hyper"))]
    pub fn new() -> Result<Self, crate::error::InvalidInput> {
        use super::metadata::{direct_client, public_client};

        Ok(Self::with(
            Environment::of_process(),
            &direct_client()?,
            &public_client()?,
        ))
    }

    /// Makes the provider over HTTP clients of your own.
    ///
    /// `direct` talks to the services next to this machine and must not use a proxy; `public` talks
    /// to the Security Token Service.
    #[must_use]
    pub fn with_http_clients(
        direct: impl HttpClient + 'static,
        public: impl HttpClient + 'static,
    ) -> Self {
        let direct: Arc<dyn HttpClient> = Arc::new(direct);
        let public: Arc<dyn HttpClient> = Arc::new(public);
        Self::with(Environment::of_process(), &direct, &public)
    }

    /// Names the profile; the environment's credentials are then not taken.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = self.profile.profile(name);
        self.profile_is_chosen = true;
        self
    }

    pub(super) fn with(
        environment: Environment,
        direct: &Arc<dyn HttpClient>,
        public: &Arc<dyn HttpClient>,
    ) -> Self {
        Self {
            profile: ProfileCredentials::with(environment.clone(), direct, public),
            profile_is_chosen: false,
            web_identity: WebIdentityCredentials::with(environment.clone(), public.clone()),
            container: ContainerCredentials::with(environment.clone(), direct.clone()),
            instance: InstanceCredentials::with(environment.clone(), direct.clone()),
            environment,
        }
    }

    fn in_environment(&self) -> Found {
        let set = |name| self.environment.get(name).is_some();
        let absent = !set("AWS_ACCESS_KEY_ID") && !set("AWS_SECRET_ACCESS_KEY");
        if self.profile_is_chosen || absent {
            return Ok(None);
        }
        credentials_from(|name| self.environment.get(name))
            .map(Some)
            .map_err(CredentialsError::invalid_configuration)
    }
}

impl Source for StandardCredentials {
    const ABSENT: &'static str = "none of environment, profile files, web identity, container and \
                                  instance has credentials";

    async fn find(&self) -> Found {
        if let Some(found) = self.in_environment()? {
            return Ok(Some(found));
        }
        if let Some(found) = self.profile.find().await? {
            return Ok(Some(found));
        }
        if let Some(found) = self.web_identity.find().await? {
            return Ok(Some(found));
        }
        if let Some(found) = self.container.find().await? {
            return Ok(Some(found));
        }
        self.instance.find().await
    }
}

provider! { StandardCredentials }

#[cfg(test)]
pub(super) mod testing {
    use bytes::Bytes;

    use crate::{
        error::{TransportError, TransportErrorKind},
        transport::{HttpClient, HttpFuture},
    };

    /// There is nobody to connect to.
    #[derive(Debug)]
    pub(in crate::credentials) struct Nobody;

    impl HttpClient for Nobody {
        fn call(&self, _request: http::Request<Bytes>) -> HttpFuture<'_> {
            Box::pin(async { Err(TransportError::new(TransportErrorKind::Connect)) })
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
