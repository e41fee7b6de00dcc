//! AWS credentials: the environment, with the feature `credentials` the other usual sources, and the
//! cache before any provider.
//!
//! Static credentials are a [`Credentials`] value, which is a provider itself; any other
//! [`ProvideCredentials`], such as the chain of the `aws-config` crate, plugs in as it is.

use std::{
    error::Error as StdError,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{SharedCredentialsProvider, error::CredentialsError, future};
pub use aws_credential_types::{Credentials, provider::ProvideCredentials};

use crate::{error::InvalidInput, random::random};

#[cfg(feature = "credentials")]
mod blocking;
#[cfg(feature = "credentials")]
mod container;
#[cfg(feature = "credentials")]
mod instance;
#[cfg(feature = "credentials")]
mod metadata;
#[cfg(feature = "credentials")]
mod process;
#[cfg(feature = "credentials")]
mod profile;
#[cfg(feature = "credentials")]
mod sso;
#[cfg(feature = "credentials")]
mod standard;
#[cfg(feature = "credentials")]
mod sts;
#[cfg(feature = "credentials")]
mod web_identity;

#[cfg(feature = "credentials")]
#[doc(hidden)]
pub use self::profile::is_profile_file;
#[cfg(feature = "credentials")]
pub use self::{
    container::ContainerCredentials, instance::InstanceCredentials, profile::ProfileCredentials,
    standard::StandardCredentials, web_identity::WebIdentityCredentials,
};

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
pub(crate) struct CredentialsCache {
    provider: SharedCredentialsProvider,
    state: Mutex<State>,
    /// Held by the one caller that asks the provider. The question itself lies inside, so that a
    /// caller that is dropped leaves it to the next, who goes on with it.
    asking: tokio::sync::Mutex<Option<Question>>,
}

#[derive(Debug, Default)]
struct State {
    kept: Option<Kept>,
    failure: Option<(SystemTime, Arc<CredentialsError>)>,
}

#[derive(Clone, Debug)]
struct Kept {
    credentials: Credentials,
    /// From here on one caller asks for new credentials while the others use these.
    refresh_from: SystemTime,
    /// From here on everybody waits for new credentials.
    unusable_from: SystemTime,
}

struct Question {
    asked: SystemTime,
    answer: Pin<Box<dyn Future<Output = Result<Credentials, CredentialsError>> + Send>>,
}

const REFRESH_BEFORE: Duration = Duration::from_mins(5);
/// Spreads the refreshes of many machines whose credentials were issued together.
const REFRESH_JITTER: Duration = Duration::from_mins(2);
const UNUSABLE_BEFORE: Duration = Duration::from_mins(1);
/// For credentials that do not say when they expire.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(15);
/// How long one call is held up to renew credentials that are still good.
const REFRESH_PATIENCE: Duration = Duration::from_secs(5);
/// How long a failure stands for all that ask.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// A question that nobody waited for so long is asked anew: its connection may be long dead.
const QUESTION_LASTS: Duration = Duration::from_secs(30);

/// The provider's failure, told to everybody who waited for it.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable(Arc<CredentialsError>);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Unavailable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

impl CredentialsCache {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            state: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// Credentials that need not be renewed yet at `now`.
    pub(crate) fn fresh(&self, now: SystemTime) -> Option<Credentials> {
        let state = self.state();
        let kept = state.kept.as_ref();
        kept.filter(|kept| now < kept.refresh_from)
            .map(|kept| kept.credentials.clone())
    }

    /// Credentials that are still good at `now`.
    pub(crate) async fn credentials(&self, now: SystemTime) -> Result<Credentials, Unavailable> {
        if let Some(credentials) = self.fresh(now) {
            return Ok(credentials);
        }
        let kept = self.state().kept.clone();
        match kept {
            Some(kept) if now < kept.unusable_from => {
                let Ok(mut question) = self.asking.try_lock() else {
                    return Ok(kept.credentials);
                };
                if self.state().failed_lately(now).is_some() {
                    return Ok(kept.credentials);
                }
                let renewed =
                    tokio::time::timeout(REFRESH_PATIENCE, self.ask(&mut question, now)).await;
                return Ok(match renewed {
                    Ok(Ok(credentials)) => credentials,
                    _ => kept.credentials,
                });
            }
            _ => {}
        }
        let mut question = self.asking.lock().await;
        {
            let state = self.state();
            match &state.kept {
                Some(kept) if now < kept.unusable_from => return Ok(kept.credentials.clone()),
                _ => {}
            }
            if let Some(failure) = state.failed_lately(now) {
                return Err(failure);
            }
        }
        self.ask(&mut question, now).await
    }

    /// Asks for new credentials after the server refused some; whether there are others now.
    pub(crate) async fn renew(&self, refused: &Credentials, now: SystemTime) -> bool {
        let is_other = |credentials: &Credentials| credentials != refused;
        let mut question = self.asking.lock().await;
        let kept = self.state().kept.clone();
        match kept {
            Some(kept) if is_other(&kept.credentials) => true,
            _ => self
                .ask(&mut question, now)
                .await
                .is_ok_and(|credentials| is_other(&credentials)),
        }
    }

    async fn ask(
        &self,
        question: &mut Option<Question>,
        now: SystemTime,
    ) -> Result<Credentials, Unavailable> {
        let is_old = |question: &Question| now > question.asked + QUESTION_LASTS;
        if question.as_ref().is_some_and(is_old) {
            *question = None;
        }
        let open = question.get_or_insert_with(|| Question::ask(self.provider.clone(), now));
        let answer = open.answer.as_mut().await;
        *question = None;
        let kept = answer.and_then(|credentials| Kept::new(credentials, now, random()));
        let mut state = self.state();
        match kept {
            Ok(kept) => {
                let credentials = kept.credentials.clone();
                state.kept = Some(kept);
                state.failure = None;
                Ok(credentials)
            }
            Err(error) => {
                let error = Arc::new(error);
                state.failure = Some((now, error.clone()));
                Err(Unavailable(error))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CredentialsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsCache")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl State {
    fn failed_lately(&self, now: SystemTime) -> Option<Unavailable> {
        let (when, error) = self.failure.as_ref()?;
        (now < *when + FAILURE_LASTS).then(|| Unavailable(error.clone()))
    }
}

impl Kept {
    fn new(
        credentials: Credentials,
        now: SystemTime,
        random: f64,
    ) -> Result<Self, CredentialsError> {
        let expires = credentials.expiry().unwrap_or(now + DEFAULT_LIFETIME);
        let lifetime = match expires.duration_since(now) {
            Ok(lifetime) if !lifetime.is_zero() => lifetime,
            _ => return Err(CredentialsError::provider_error(AlreadyExpired)),
        };
        // Margins shrink with the lifetime, or short-lived credentials would be asked for all the
        // time.
        let margin = (REFRESH_BEFORE + REFRESH_JITTER.mul_f64(random)).min(lifetime / 2);
        Ok(Self {
            credentials,
            refresh_from: expires - margin,
            unusable_from: expires - UNUSABLE_BEFORE.min(lifetime / 4),
        })
    }
}

impl Question {
    fn ask(provider: SharedCredentialsProvider, asked: SystemTime) -> Self {
        let answer = Box::pin(async move { provider.provide_credentials().await });
        Self { asked, answer }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the provider gave credentials that have expired")]
struct AlreadyExpired;

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
            id(&cache, start + Duration::from_mins(7)).await.as_deref(),
            Some("1")
        );
        assert_eq!(
            id(&cache, start + Duration::from_mins(20)).await.as_deref(),
            Some("2")
        );
    }

    #[tokio::test]
    async fn refused_credentials_are_replaced_once_however_many_calls_met_the_refusal()
    -> Result<(), Unavailable> {
        let now = SystemTime::UNIX_EPOCH;
        let cache = cache(Counting::default());
        let refused = cache.credentials(now).await?;
        assert!(cache.renew(&refused, now).await);
        assert!(cache.renew(&refused, now).await);
        assert_eq!(id(&cache, now).await.as_deref(), Some("2"));
        Ok(())
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_who_wait_and_forgotten_after_a_second() {
        let provider = Counting {
            fails_after: Some(0),
            ..Counting::default()
        };
        let provider = Arc::new(provider);
        let cache = Arc::new(CredentialsCache::new(SharedCredentialsProvider::from(
            provider.clone() as Arc<dyn ProvideCredentials>,
        )));
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { id(&cache, SystemTime::UNIX_EPOCH).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.ok().flatten(), None);
        }
        assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
        let later = SystemTime::UNIX_EPOCH + FAILURE_LASTS;
        assert_eq!(id(&cache, later).await, None);
        assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_leaves_its_question_to_the_next() {
        let provider = Arc::new(Counting::default());
        let cache = CredentialsCache::new(SharedCredentialsProvider::from(
            provider.clone() as Arc<dyn ProvideCredentials>
        ));
        let start = SystemTime::UNIX_EPOCH;
        let mut first = Box::pin(cache.credentials(start));
        let asked = std::future::poll_fn(|context| {
            std::task::Poll::Ready(first.as_mut().poll(context).is_pending())
        });
        assert!(asked.await);
        drop(first);
        assert_eq!(id(&cache, start).await.as_deref(), Some("1"));
        assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_renewal_does_not_hold_up_a_call_whose_credentials_are_still_good() {
        #[derive(Debug, Default)]
        struct SlowAfterFirst(AtomicUsize);

        impl ProvideCredentials for SlowAfterFirst {
            fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                future::ProvideCredentials::new(async {
                    let n = self.0.fetch_add(1, Ordering::SeqCst) + 1;
                    if n > 1 {
                        tokio::time::sleep(Duration::from_secs(8)).await;
                    }
                    Ok(Credentials::new(n.to_string(), "s", None, None, "test"))
                })
            }
        }

        let cache =
            CredentialsCache::new(SharedCredentialsProvider::new(SlowAfterFirst::default()));
        let start = SystemTime::UNIX_EPOCH;
        let late = start + Duration::from_mins(13);
        assert_eq!(id(&cache, start).await.as_deref(), Some("1"));
        let before = tokio::time::Instant::now();
        assert_eq!(id(&cache, late).await.as_deref(), Some("1"));
        assert_eq!(before.elapsed(), REFRESH_PATIENCE);
        // The next call goes on with the question, which has three seconds to go.
        assert_eq!(id(&cache, late).await.as_deref(), Some("2"));
        assert_eq!(before.elapsed(), Duration::from_secs(8));
    }

    #[tokio::test]
    async fn credentials_that_have_expired_already_are_a_failure() {
        let provider = Counting {
            expires: Some(SystemTime::UNIX_EPOCH),
            ..Counting::default()
        };
        assert_eq!(id(&cache(provider), SystemTime::UNIX_EPOCH).await, None);
    }

    #[test]
    fn renewals_are_spread_and_short_lives_are_used_at_least_by_half() {
        let start = SystemTime::UNIX_EPOCH;
        let refresh = |lifetime, random| {
            let expires = Some(start + Duration::from_secs(lifetime));
            let credentials = Credentials::new("id", "secret", None, expires, "test");
            let kept = Kept::new(credentials, start, random).expect("not expired");
            let after = |time: SystemTime| time.duration_since(start).unwrap_or_default().as_secs();
            (after(kept.refresh_from), after(kept.unusable_from))
        };
        assert_eq!(refresh(3600, 0.0), (3300, 3540));
        assert_eq!(refresh(3600, 1.0), (3180, 3540));
        assert_eq!(refresh(100, 0.5), (50, 75));
    }

    #[tokio::test]
    async fn a_provider_that_has_nothing_else_renews_nothing() -> Result<(), Unavailable> {
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
