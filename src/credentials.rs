//! AWS credentials: the environment, with the feature `credentials` the other usual sources, and the
//! cache before any provider.
//!
//! Static credentials are a [`Credentials`] value, which is a provider itself; any other
//! [`ProvideCredentials`], such as the chain of the `aws-config` crate, plugs in as it is.
//!
//! One of the sources can be named, where it is known; what they give is asked for and renewed when it is needed:
//!
//! ```no_run
//! # #[cfg(feature = "credentials")]
//! use cognito_idp::{
//!     Client, CognitoConfig, CognitoService,
//!     credentials::{
//!         ContainerCredentials, Credentials, EnvironmentCredentials, InstanceCredentials, ProfileCredentials,
//!         StandardCredentials, WebIdentityCredentials,
//!     },
//! };
//!
//! # #[cfg(feature = "credentials")]
//! # fn example() -> Result<(), cognito_idp::error::InvalidInput> {
//! let client = Client::builder().region("eu-central-1");
//! let fixed = Credentials::new("AKIDEXAMPLE", "secret access key", None, None, "vault");
//! let by_keys = client.clone().credentials(fixed).build()?;
//! let by_variables = client.clone().credentials(EnvironmentCredentials::new()).build()?;
//! let of_a_profile = client.clone().credentials(ProfileCredentials::new()?.profile("operations")).build()?;
//! let in_a_container = client.clone().credentials(ContainerCredentials::new()?).build()?;
//! let on_an_instance = client.clone().credentials(InstanceCredentials::new()?).build()?;
//! let in_a_pod = client.clone().credentials(WebIdentityCredentials::new()?).build()?;
//! let wherever_it_runs = CognitoService::new(CognitoConfig::from_env_with_credentials(StandardCredentials::new()?)?)?;
//! # let _ = (by_keys, by_variables, of_a_profile, in_a_container, on_an_instance, in_a_pod, wherever_it_runs);
//! # Ok(())
//! # }
//! ```

use std::{
    error::Error as StdError,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{SharedCredentialsProvider, error::CredentialsError, future};
pub use aws_credential_types::{Credentials, provider::ProvideCredentials};
use tokio::time::{Instant, timeout};

use crate::{error::InvalidInput, random::random, single_flight::SingleFlight, trace};

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

#[cfg(all(feature = "credentials", fuzzing))]
pub use self::profile::is_profile_file;
#[cfg(feature = "credentials")]
pub use self::{
    container::ContainerCredentials, instance::InstanceCredentials, profile::ProfileCredentials,
    profile::ProfileSettings, standard::StandardCredentials, web_identity::WebIdentityCredentials,
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
    let (id, secret) = InvalidInput::of_both(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    )?;
    let token = variable("AWS_SESSION_TOKEN").ok();
    Ok(Credentials::new(id, secret, token, None, "environment"))
}

/// Keeps what a provider gave until shortly before it expires.
///
/// The provider is asked by a task of its own, once for all who want credentials. Nobody waits for it
/// while the credentials at hand are good.
pub(crate) struct CredentialsCache {
    shared: Arc<Shared>,
    asking: SingleFlight<(), Result<Credentials, Unavailable>>,
}

struct Shared {
    provider: SharedCredentialsProvider,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    cached: Option<Cached>,
    failure: Option<(Instant, Unavailable)>,
    /// What a server refused and the provider then gave once more.
    refused: Option<(Instant, Credentials)>,
}

#[derive(Clone, Debug)]
struct Cached {
    credentials: Credentials,
    /// When they need not be renewed yet. It has a beginning because a clock that was set back says
    /// nothing about their age; a clock that is read at every call costs more.
    fresh: Range<SystemTime>,
    /// From here on everybody waits for new credentials.
    unusable_from: SystemTime,
}

const REFRESH_BEFORE: Duration = Duration::from_mins(5);
/// Spreads the refreshes of many machines whose credentials were issued together.
const REFRESH_JITTER: Duration = Duration::from_mins(2);
const UNUSABLE_BEFORE: Duration = Duration::from_mins(1);
/// For credentials that do not say when they expire.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(15);
/// How far back a clock can be set without a renewal.
const CLOCK_SLACK: Duration = Duration::from_mins(1);
/// How long the provider may take; then it counts as failed and may be asked anew.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a failure stands for all that ask, and that there are no others than refused keys.
const FAILURE_LASTS: Duration = Duration::from_secs(1);

/// The provider's failure, told to everybody who waited for it.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable(Arc<CredentialsError>);

impl From<CredentialsError> for Unavailable {
    fn from(error: CredentialsError) -> Self {
        Self(Arc::new(error))
    }
}

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
            shared: Arc::new(Shared {
                provider,
                state: Mutex::default(),
            }),
            asking: SingleFlight::default(),
        }
    }

    /// Credentials that need not be renewed yet at `now`.
    pub(crate) fn fresh(&self, now: SystemTime) -> Option<Credentials> {
        let state = self.shared.state();
        let cached = state.cached.as_ref();
        cached
            .filter(|cached| cached.fresh.contains(&now))
            .map(|cached| cached.credentials.clone())
    }

    /// Credentials that are still good at `now`.
    pub(crate) async fn credentials(&self, now: SystemTime) -> Result<Credentials, Unavailable> {
        let (usable, failure) = {
            let state = self.shared.state();
            (state.usable(now), state.failed_lately())
        };
        match (usable, failure) {
            (Some(cached), failure) => {
                if failure.is_none() && !cached.fresh.contains(&now) {
                    self.asking
                        .start(&(), || self.shared.clone().ask(now, None));
                }
                Ok(cached.credentials)
            }
            (None, Some(failure)) => Err(failure),
            (None, None) => self.ask(now, None).await,
        }
    }

    /// Asks for new credentials after the server refused some; whether there are others now.
    pub(crate) async fn renew(&self, refused: &Credentials, now: SystemTime) -> bool {
        {
            let state = self.shared.state();
            if state.has_other_than(refused) {
                return true;
            }
            if state.failed_lately().is_some() || state.has_no_other_than(refused) {
                return false;
            }
        }
        let answer = self.ask(now, Some(refused)).await;
        let is_other = answer
            .as_ref()
            .is_ok_and(|found| !have_same_keys(found, refused));
        if answer.is_ok() && !is_other {
            self.shared.state().refused = Some((Instant::now(), refused.clone()));
        }
        is_other
    }

    async fn ask(
        &self,
        now: SystemTime,
        refused: Option<&Credentials>,
    ) -> Result<Credentials, Unavailable> {
        let ask = || self.shared.clone().ask(now, refused.cloned());
        let lost = |lost| Err(CredentialsError::provider_error(lost).into());
        self.asking.run((), ask).await.unwrap_or_else(lost)
    }
}

impl fmt::Debug for CredentialsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsCache")
            .field("provider", &self.shared.provider)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Asks the provider, unless somebody did so a moment ago.
    async fn ask(
        self: Arc<Self>,
        now: SystemTime,
        refused: Option<Credentials>,
    ) -> Result<Credentials, Unavailable> {
        {
            let state = self.state();
            if let Some(failure) = state.failed_lately() {
                return Err(failure);
            }
            let is_wanted = |cached: &&Cached| match &refused {
                Some(refused) => !have_same_keys(&cached.credentials, refused),
                None => cached.fresh.contains(&now),
            };
            if let Some(cached) = state.cached.as_ref().filter(is_wanted) {
                return Ok(cached.credentials.clone());
            }
        }
        let asked = Instant::now();
        let answer = timeout(PROVIDER_TIMEOUT, self.provider.provide_credentials())
            .await
            .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(PROVIDER_TIMEOUT)));
        let now = now.checked_add(asked.elapsed()).unwrap_or(now);
        let cached = answer.and_then(|credentials| Cached::new(credentials, now, random()));
        let mut state = self.state();
        match cached {
            Ok(cached) => {
                let credentials = cached.credentials.clone();
                state.cached = Some(cached);
                Ok(credentials)
            }
            Err(error) => {
                trace::not_refreshed("credentials", None);
                let failure = Unavailable::from(error);
                state.failure = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn usable(&self, now: SystemTime) -> Option<Cached> {
        let cached = self.cached.as_ref();
        cached.filter(|cached| now < cached.unusable_from).cloned()
    }

    fn failed_lately(&self) -> Option<Unavailable> {
        let (when, failure) = self.failure.as_ref()?;
        (when.elapsed() < FAILURE_LASTS).then(|| failure.clone())
    }

    fn has_other_than(&self, refused: &Credentials) -> bool {
        let cached = self.cached.as_ref();
        cached.is_some_and(|cached| !have_same_keys(&cached.credentials, refused))
    }

    fn has_no_other_than(&self, refused: &Credentials) -> bool {
        let lately = self.refused.as_ref();
        lately.is_some_and(|(when, credentials)| {
            when.elapsed() < FAILURE_LASTS && have_same_keys(credentials, refused)
        })
    }
}

/// Whether a server that refuses the one refuses the other: an expiry can be put off by whoever
/// hands the same keys out once more.
fn have_same_keys(one: &Credentials, other: &Credentials) -> bool {
    one.access_key_id() == other.access_key_id()
        && one.secret_access_key() == other.secret_access_key()
        && one.session_token() == other.session_token()
}

impl Cached {
    fn new(
        credentials: Credentials,
        now: SystemTime,
        random: f64,
    ) -> Result<Self, CredentialsError> {
        let by_default = || now.checked_add(DEFAULT_LIFETIME).unwrap_or(now);
        let expires = credentials.expiry().unwrap_or_else(by_default);
        let lifetime = match expires.duration_since(now) {
            Ok(lifetime) if !lifetime.is_zero() => lifetime,
            _ => return Err(CredentialsError::provider_error(AlreadyExpired)),
        };
        // Margins shrink with the lifetime, or short-lived credentials would be asked for all the
        // time.
        let margin = (REFRESH_BEFORE + REFRESH_JITTER.mul_f64(random)).min(lifetime / 2);
        Ok(Self {
            credentials,
            fresh: now.checked_sub(CLOCK_SLACK).unwrap_or(now)..expires - margin,
            unusable_from: expires - UNUSABLE_BEFORE.min(lifetime / 4),
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the provider gave credentials that have expired")]
struct AlreadyExpired;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::advance;

    use super::*;

    /// Gives credentials named `1`, `2`, … that last as long as told, or fails.
    #[derive(Debug, Default)]
    struct Counting {
        asked: AtomicUsize,
        expires: Option<SystemTime>,
        fails_after: Option<usize>,
        hangs_after: Option<usize>,
    }

    impl Counting {
        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
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
                if self.hangs_after.is_some_and(|last| n > last) {
                    std::future::pending::<()>().await;
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

    fn shared(provider: &Arc<impl ProvideCredentials + 'static>) -> Arc<CredentialsCache> {
        let provider: Arc<dyn ProvideCredentials> = provider.clone();
        Arc::new(CredentialsCache::new(provider.into()))
    }

    /// Lets the task that asks the provider run.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
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
        for before in [60 * 60, 6 * 60, 4 * 60] {
            let now = expires - Duration::from_secs(before);
            assert_eq!(id(&cache, now).await.as_deref(), Some("1"));
            settle().await;
        }
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

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_told_to_all_who_wait_and_forgotten_after_a_second() {
        let provider = Arc::new(Counting {
            fails_after: Some(0),
            ..Counting::default()
        });
        let cache = shared(&provider);
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { id(&cache, SystemTime::UNIX_EPOCH).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.ok().flatten(), None);
        }
        // Neither the other callers nor the clock that dates signatures has a say in it.
        let later = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
        assert_eq!(id(&cache, later).await, None);
        assert_eq!(provider.asked(), 1);
        advance(FAILURE_LASTS).await;
        assert_eq!(id(&cache, SystemTime::UNIX_EPOCH).await, None);
        assert_eq!(provider.asked(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_neither_keeps_a_failure_nor_old_credentials() {
        let right = SystemTime::UNIX_EPOCH + Duration::from_hours(100);
        let ahead = right + Duration::from_hours(24);
        let provider = Arc::new(Counting {
            expires: Some(right + Duration::from_hours(1)),
            ..Counting::default()
        });
        let cache = shared(&provider);
        assert_eq!(id(&cache, ahead).await, None);
        advance(FAILURE_LASTS).await;
        assert_eq!(id(&cache, right).await.as_deref(), Some("2"));

        let provider = Arc::new(Counting::default());
        let cache = shared(&provider);
        assert_eq!(id(&cache, ahead).await.as_deref(), Some("1"));
        assert!(cache.fresh(right).is_none());
        assert_eq!(id(&cache, right).await.as_deref(), Some("1"));
        settle().await;
        assert_eq!(
            cache.fresh(right).as_ref().map(Credentials::access_key_id),
            Some("2")
        );
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_leaves_the_answer_to_the_next() {
        let provider = Arc::new(Counting::default());
        let cache = shared(&provider);
        let start = SystemTime::UNIX_EPOCH;
        let mut first = Box::pin(cache.credentials(start));
        let asked = std::future::poll_fn(|context| {
            std::task::Poll::Ready(first.as_mut().poll(context).is_pending())
        });
        assert!(asked.await);
        drop(first);
        settle().await;
        assert_eq!(
            cache.fresh(start).as_ref().map(Credentials::access_key_id),
            Some("1")
        );
        assert_eq!(provider.asked(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_provider_that_hangs_while_the_credentials_are_good() {
        let provider = Arc::new(Counting {
            hangs_after: Some(1),
            ..Counting::default()
        });
        let cache = shared(&provider);
        let start = SystemTime::UNIX_EPOCH;
        let late = start + Duration::from_mins(13);
        assert_eq!(id(&cache, start).await.as_deref(), Some("1"));
        let before = Instant::now();
        for _ in 0..100 {
            assert_eq!(id(&cache, late).await.as_deref(), Some("1"));
            settle().await;
        }
        assert_eq!(before.elapsed(), Duration::ZERO);
        assert_eq!(provider.asked(), 2);

        // Once they are not, all wait, and are told when the provider has had its time.
        let end = start + DEFAULT_LIFETIME;
        let (one, other) = tokio::join!(cache.credentials(end), cache.credentials(end));
        for error in [one.err(), other.err()].into_iter().flatten() {
            assert!(
                matches!(*error.0, CredentialsError::ProviderTimedOut(_)),
                "{error}"
            );
        }
        assert_eq!(before.elapsed(), PROVIDER_TIMEOUT);
        assert_eq!(provider.asked(), 2);
        advance(FAILURE_LASTS).await;
        assert_eq!(id(&cache, end).await, None);
        assert_eq!(provider.asked(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_fails_is_asked_once_a_second_for_credentials_that_are_good() {
        let provider = Arc::new(Counting {
            fails_after: Some(1),
            ..Counting::default()
        });
        let cache = shared(&provider);
        let start = SystemTime::UNIX_EPOCH;
        assert_eq!(id(&cache, start).await.as_deref(), Some("1"));
        for _ in 0..10 {
            for _ in 0..10 {
                let late = start + Duration::from_mins(13);
                assert_eq!(id(&cache, late).await.as_deref(), Some("1"));
                settle().await;
            }
            advance(FAILURE_LASTS).await;
        }
        assert_eq!(provider.asked(), 11);
    }

    #[tokio::test]
    async fn a_provider_that_panics_is_a_failure_and_is_asked_again() {
        #[derive(Debug, Default)]
        struct PanicsOnce(AtomicUsize);

        impl ProvideCredentials for PanicsOnce {
            fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                future::ProvideCredentials::new(async {
                    let n = self.0.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    assert!(n > 0, "on purpose");
                    Ok(Credentials::new("good", "s", None, None, "test"))
                })
            }
        }

        let cache = CredentialsCache::new(SharedCredentialsProvider::new(PanicsOnce::default()));
        let now = SystemTime::UNIX_EPOCH;
        let (one, other) = tokio::join!(id(&cache, now), id(&cache, now));
        assert_eq!([one, other], [None, None]);
        assert_eq!(id(&cache, now).await.as_deref(), Some("good"));
    }

    #[test]
    fn a_provider_that_was_asked_on_a_runtime_that_ended_is_asked_on_the_next() {
        let provider = Arc::new(Counting {
            hangs_after: Some(0),
            ..Counting::default()
        });
        let cache = shared(&provider);
        for round in 1..=3 {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a runtime");
            let patience = Duration::from_millis(1);
            let asked = runtime.block_on(async {
                timeout(patience, cache.credentials(SystemTime::UNIX_EPOCH)).await
            });
            assert!(asked.is_err());
            assert_eq!(provider.asked(), round);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_burst_asks_a_provider_that_has_nothing_else_once() -> Result<(), Unavailable>
    {
        #[derive(Debug, Default)]
        struct PutsOffTheExpiry(AtomicUsize);

        impl ProvideCredentials for PutsOffTheExpiry {
            fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                future::ProvideCredentials::new(async {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    let n = self.0.fetch_add(1, Ordering::SeqCst) as u64;
                    let expires = SystemTime::UNIX_EPOCH + Duration::from_hours(1 + n);
                    Ok(Credentials::new("id", "s", None, Some(expires), "test"))
                })
            }
        }

        let provider = Arc::new(PutsOffTheExpiry::default());
        let cache = shared(&provider);
        let now = SystemTime::UNIX_EPOCH;
        let refused = cache.credentials(now).await?;
        let calls: Vec<_> = (0..50)
            .map(|n| {
                let (cache, refused) = (cache.clone(), refused.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(n * 10)).await;
                    cache.renew(&refused, now).await
                })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.ok(), Some(false));
        }
        assert_eq!(provider.0.load(Ordering::SeqCst), 2);
        advance(2 * FAILURE_LASTS).await;
        assert!(!cache.renew(&refused, now).await);
        assert_eq!(provider.0.load(Ordering::SeqCst), 3);
        Ok(())
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
            let cached = Cached::new(credentials, start, random).expect("not expired");
            let after = |time: SystemTime| time.duration_since(start).unwrap_or_default().as_secs();
            (after(cached.fresh.end), after(cached.unusable_from))
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
