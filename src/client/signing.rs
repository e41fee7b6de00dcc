//! What signs the calls of a client; nothing without the feature `sigv4`.

#[cfg(not(feature = "sigv4"))]
pub(super) use self::disabled::{Credentials, Provider, Signing, environment};
#[cfg(feature = "sigv4")]
pub(super) use self::enabled::{Credentials, Provider, Signing, environment};

#[cfg(feature = "sigv4")]
mod enabled {
    use std::time::SystemTime;

    /// Where credentials come from.
    pub(in crate::client) use aws_credential_types::provider::SharedCredentialsProvider as Provider;
    use bytes::Bytes;

    pub(in crate::client) use crate::credentials::Credentials;
    use crate::{
        client::time::{Deadline, TimeSource},
        credentials::{CredentialsCache, EnvironmentCredentials},
        endpoint::Region,
        error::{Error, InvalidInput},
        operation::AuthScheme,
        sigv4::{self, Signer},
    };

    /// The provider that reads the environment.
    #[expect(clippy::unnecessary_wraps, reason = "as where there is no signing")]
    pub(in crate::client) fn environment() -> Option<Provider> {
        Some(Provider::new(EnvironmentCredentials::new()))
    }

    /// Credentials and a signer, or neither.
    pub(in crate::client) struct Signing(Option<(CredentialsCache, Signer)>);

    #[derive(Debug, thiserror::Error)]
    #[error("the credentials provider did not answer in time")]
    struct TooSlow;

    impl Signing {
        pub(in crate::client) fn new(
            provider: Provider,
            region: Region,
            service: &'static str,
        ) -> Self {
            let cache = CredentialsCache::new(provider);
            Self(Some((cache, Signer::of_service(region, service))))
        }

        /// For a client without credentials.
        pub(in crate::client) fn never() -> Self {
            Self(None)
        }

        /// The credentials to sign with; `None` for a call that goes without.
        pub(in crate::client) async fn credentials(
            &self,
            operation: &'static str,
            auth: AuthScheme,
            time_source: &TimeSource,
            deadline: Deadline,
        ) -> Result<Option<Credentials>, Error> {
            let cache = match &self.0 {
                Some((cache, _)) if auth != AuthScheme::NoAuth => cache,
                None if auth == AuthScheme::SigV4 => {
                    let rule = "must be configured, because this operation is signed";
                    let error = InvalidInput::new("credentials", rule);
                    return Err(Error::credentials(operation, error));
                }
                _ => return Ok(None),
            };
            let now = time_source();
            if let Some(credentials) = cache.fresh(now) {
                return Ok(Some(credentials));
            }
            // Boxed, or every call in flight would hold room for it.
            match deadline.limit(Box::pin(cache.credentials(now))).await {
                Ok(found) => found
                    .map(Some)
                    .map_err(|error| Error::credentials(operation, error)),
                Err(_) => Err(Error::credentials(operation, TooSlow)),
            }
        }

        /// Whether there are other credentials now than those that were refused.
        pub(in crate::client) async fn renew(
            &self,
            refused: Option<&Credentials>,
            now: SystemTime,
        ) -> bool {
            match (&self.0, refused) {
                (Some((cache, _)), Some(refused)) => cache.renew(refused, now).await,
                _ => false,
            }
        }

        /// Signs the request of a call that has credentials.
        pub(in crate::client) fn sign(
            &self,
            operation: &'static str,
            request: &mut http::Request<Bytes>,
            credentials: &Credentials,
            time: SystemTime,
        ) -> Result<(), Error> {
            let Some((_, signer)) = &self.0 else {
                return Ok(());
            };
            // A clock that is off is no fault of the credentials.
            let date = sigv4::signing_date(time)?;
            signer
                .sign_dated(request, credentials, date)
                .map_err(|error| Error::credentials(operation, error))
        }
    }
}

#[cfg(not(feature = "sigv4"))]
mod disabled {
    use std::{
        future::{Ready, ready},
        time::SystemTime,
    };

    use bytes::Bytes;

    use crate::{
        client::time::{Deadline, TimeSource},
        endpoint::Region,
        error::{Error, InvalidInput},
        operation::AuthScheme,
    };

    /// There are none.
    pub(in crate::client) type Credentials = std::convert::Infallible;

    /// There is none.
    pub(in crate::client) type Provider = std::convert::Infallible;

    pub(in crate::client) fn environment() -> Option<Provider> {
        None
    }

    pub(in crate::client) struct Signing;

    #[expect(clippy::unused_self, reason = "as where there is signing")]
    impl Signing {
        pub(in crate::client) fn new(
            provider: Provider,
            _region: Region,
            _service: &'static str,
        ) -> Self {
            match provider {}
        }

        pub(in crate::client) fn never() -> Self {
            Self
        }

        pub(in crate::client) fn credentials(
            &self,
            operation: &'static str,
            auth: AuthScheme,
            _time_source: &TimeSource,
            _deadline: Deadline,
        ) -> Ready<Result<Option<Credentials>, Error>> {
            if auth != AuthScheme::SigV4 {
                return ready(Ok(None));
            }
            let rule = "cannot be used in a build without the feature `sigv4`";
            let error = InvalidInput::new("credentials", rule);
            ready(Err(Error::credentials(operation, error)))
        }

        pub(in crate::client) fn renew(
            &self,
            _refused: Option<&Credentials>,
            _now: SystemTime,
        ) -> Ready<bool> {
            ready(false)
        }

        #[expect(
            clippy::trivially_copy_pass_by_ref,
            reason = "as where there is signing"
        )]
        pub(in crate::client) fn sign(
            &self,
            _operation: &'static str,
            _request: &mut http::Request<Bytes>,
            credentials: &Credentials,
            _time: SystemTime,
        ) -> Result<(), Error> {
            match *credentials {}
        }
    }
}
