//! AWS credentials: the environment, and the cache before any provider.
//!
//! Static credentials are a [`Credentials`] value, which is a provider itself; any other
//! [`ProvideCredentials`], such as the chain of the `aws-config` crate, plugs in as it is.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{SharedCredentialsProvider, error::CredentialsError, future};
pub use aws_credential_types::{Credentials, provider::ProvideCredentials};

use crate::error::InvalidInput;

/// Reads credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
///
/// They are read anew about every 15 minutes. A blank variable counts as not set. In AWS Lambda
/// these variables hold the function's role.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EnvironmentCredentials;

impl EnvironmentCredentials {
    /// Makes the provider; nothing is read yet.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl ProvideCredentials for EnvironmentCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let found = credentials_from(|name| std::env::var(name).ok());
        future::ProvideCredentials::ready(found.map_err(CredentialsError::invalid_configuration))
    }
}

/// Takes credentials out of variables, or says which of them are missing.
pub(crate) fn credentials_from(
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Credentials, InvalidInput> {
    let variable = |name: &'static str| {
        lookup(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .ok_or_else(|| InvalidInput::new(name, "must be set"))
    };
    match (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    ) {
        (Ok(id), Ok(secret)) => {
            let token = variable("AWS_SESSION_TOKEN").ok();
            Ok(Credentials::new(id, secret, token, None, "environment"))
        }
        (id, secret) => {
            let problems = [id.err(), secret.err()].into_iter().flatten().flatten();
            Err(InvalidInput::from_problems(problems)
                .unwrap_or_else(|| unreachable!("one of the two is an error")))
        }
    }
}

/// Keeps what a provider gave until shortly before it expires.
#[derive(Debug)]
pub(crate) struct CredentialsCache {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<Kept>>,
    /// Held by the one caller that asks the provider.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Kept {
    credentials: Credentials,
    expires: SystemTime,
}

/// With less than this left, one caller asks for new credentials while the others use the old.
const REFRESH_BEFORE: Duration = Duration::from_mins(5);
/// With less than this left, everybody waits for new credentials.
const UNUSABLE_BEFORE: Duration = Duration::from_mins(1);
/// For credentials that do not say when they expire.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(15);

impl CredentialsCache {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            kept: Mutex::new(None),
            asking: tokio::sync::Mutex::new(()),
        }
    }

    /// Credentials that are still good at `now`.
    pub(crate) async fn credentials(
        &self,
        now: SystemTime,
    ) -> Result<Credentials, CredentialsError> {
        match self.kept() {
            Some(kept) if kept.lasts(now, REFRESH_BEFORE) => return Ok(kept.credentials),
            Some(kept) if kept.lasts(now, UNUSABLE_BEFORE) => {
                let Ok(_asking) = self.asking.try_lock() else {
                    return Ok(kept.credentials);
                };
                return Ok(self.ask(now).await.unwrap_or(kept.credentials));
            }
            _ => {}
        }
        let _asking = self.asking.lock().await;
        match self.kept() {
            Some(kept) if kept.lasts(now, UNUSABLE_BEFORE) => Ok(kept.credentials),
            _ => self.ask(now).await,
        }
    }

    /// Asks for new credentials after the server refused some; whether there are others now.
    pub(crate) async fn renew(&self, refused: &Credentials, now: SystemTime) -> bool {
        let is_other = |credentials: &Credentials| credentials != refused;
        let _asking = self.asking.lock().await;
        match self.kept() {
            Some(kept) if is_other(&kept.credentials) => true,
            _ => self
                .ask(now)
                .await
                .is_ok_and(|credentials| is_other(&credentials)),
        }
    }

    async fn ask(&self, now: SystemTime) -> Result<Credentials, CredentialsError> {
        let credentials = self.provider.provide_credentials().await?;
        let expires = credentials.expiry().unwrap_or(now + DEFAULT_LIFETIME);
        let kept = Kept {
            credentials: credentials.clone(),
            expires,
        };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(credentials)
    }

    fn kept(&self) -> Option<Kept> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Kept {
    fn lasts(&self, now: SystemTime, margin: Duration) -> bool {
        self.expires
            .duration_since(now)
            .is_ok_and(|left| left > margin)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Gives credentials named `1`, `2`, … that last as long as told, or fails.
    #[derive(Debug, Default)]
    struct Counting {
        asked: AtomicUsize,
        expires: Option<SystemTime>,
        fails_after: Option<usize>,
    }

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                let n = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                if self.fails_after.is_some_and(|last| n > last) {
                    return Err(CredentialsError::provider_error("down"));
                }
                Ok(Credentials::new(
                    n.to_string(),
                    "secret",
                    None,
                    self.expires,
                    "test",
                ))
            })
        }
    }

    fn cache(provider: Counting) -> CredentialsCache {
        CredentialsCache::new(SharedCredentialsProvider::new(provider))
    }

    async fn id(cache: &CredentialsCache, now: SystemTime) -> Option<String> {
        cache
            .credentials(now)
            .await
            .ok()
            .map(|found| found.access_key_id().to_owned())
    }

    #[tokio::test]
    async fn a_hundred_callers_at_once_ask_the_provider_once() {
        let cache = std::sync::Arc::new(cache(Counting::default()));
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { id(&cache, SystemTime::UNIX_EPOCH).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.ok().flatten().as_deref(), Some("1"));
        }
    }

    #[tokio::test]
    async fn credentials_are_renewed_early_and_the_old_ones_serve_while_that_fails() {
        let start = SystemTime::UNIX_EPOCH;
        let expires = start + Duration::from_hours(1);
        let provider = Counting {
            expires: Some(expires),
            fails_after: Some(1),
            ..Counting::default()
        };
        let cache = cache(provider);
        assert_eq!(id(&cache, start).await.as_deref(), Some("1"));
        assert_eq!(
            id(&cache, expires - Duration::from_mins(6))
                .await
                .as_deref(),
            Some("1")
        );
        assert_eq!(
            id(&cache, expires - Duration::from_mins(4))
                .await
                .as_deref(),
            Some("1")
        );
        assert_eq!(id(&cache, expires - Duration::from_secs(30)).await, None);
    }

    #[tokio::test]
    async fn credentials_without_an_expiry_are_asked_for_again_after_a_quarter_of_an_hour() {
        let start = SystemTime::UNIX_EPOCH;
        let cache = cache(Counting::default());
        assert_eq!(id(&cache, start).await.as_deref(), Some("1"));
        assert_eq!(
            id(&cache, start + Duration::from_mins(9)).await.as_deref(),
            Some("1")
        );
        assert_eq!(
            id(&cache, start + Duration::from_mins(20)).await.as_deref(),
            Some("2")
        );
    }

    #[tokio::test]
    async fn refused_credentials_are_replaced_once_however_many_calls_met_the_refusal()
    -> Result<(), CredentialsError> {
        let now = SystemTime::UNIX_EPOCH;
        let cache = cache(Counting::default());
        let refused = cache.credentials(now).await?;
        assert!(cache.renew(&refused, now).await);
        assert!(cache.renew(&refused, now).await);
        assert_eq!(id(&cache, now).await.as_deref(), Some("2"));
        Ok(())
    }

    #[tokio::test]
    async fn a_provider_that_has_nothing_else_renews_nothing() -> Result<(), CredentialsError> {
        let fixed = Credentials::new("id", "secret", None, None, "test");
        let cache = CredentialsCache::new(SharedCredentialsProvider::new(fixed));
        let refused = cache.credentials(SystemTime::UNIX_EPOCH).await?;
        assert!(!cache.renew(&refused, SystemTime::UNIX_EPOCH).await);
        Ok(())
    }

    #[test]
    fn variables_that_are_missing_or_blank_are_all_named() {
        let error =
            credentials_from(|name| (name == "AWS_SECRET_ACCESS_KEY").then(|| "  ".to_owned()))
                .expect_err("nothing is set");
        let fields: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| &*problem.field)
            .collect();
        assert_eq!(fields, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    }

    #[test]
    fn a_blank_session_token_counts_as_none() {
        let found = credentials_from(|name| {
            Some(
                if name == "AWS_SESSION_TOKEN" {
                    " "
                } else {
                    " value "
                }
                .to_owned(),
            )
        })
        .expect("both are set");
        assert_eq!(
            (found.access_key_id(), found.session_token()),
            ("value", None)
        );
    }
}
