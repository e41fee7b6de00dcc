//! Where an issuer's keys come from, and how long they are good.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{StatusCode, Uri, header};
use tokio::time::Instant;

use super::{
    error::{KeysError, VerifyError},
    jwks::{Jwks, PublicKey},
};
use crate::{
    error::{TransportError, TransportErrorKind},
    single_flight::SingleFlight,
    transport::HttpClient,
};

/// How long keys are good, and how often they are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Freshness {
    pub(super) cool_down: Duration,
    pub(super) refresh_after: Duration,
    pub(super) max_age: Duration,
    pub(super) timeout: Duration,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            cool_down: Duration::from_secs(10),
            refresh_after: Duration::from_hours(1),
            max_age: Duration::from_hours(24),
            timeout: Duration::from_secs(3),
        }
    }
}

/// Counts the changes of a key set.
pub(super) type Generation = u64;

/// The keys of an issuer.
#[derive(Clone)]
pub(super) enum KeySource {
    Fixed(Jwks),
    Fetched(FetchedKeys),
}

impl KeySource {
    /// The key of this ID, fetched if need be.
    pub(super) async fn key(&self, id: &str) -> Result<(Arc<PublicKey>, Generation), VerifyError> {
        match self {
            Self::Fixed(keys) => Ok((known(keys, id)?, 0)),
            Self::Fetched(keys) => keys.key(id).await,
        }
    }

    /// The key of this ID, if it is there.
    pub(super) fn key_at_hand(&self, id: &str) -> Result<Arc<PublicKey>, VerifyError> {
        match self {
            Self::Fixed(keys) => known(keys, id),
            Self::Fetched(keys) => match keys.held() {
                Some(held) => known(&held.keys, id),
                None => Err(VerifyError::KeysUnavailable(keys.failure())),
            },
        }
    }

    /// Which key set is good now, if one is.
    pub(super) fn generation(&self) -> Option<Generation> {
        match self {
            Self::Fixed(_) => Some(0),
            Self::Fetched(keys) => keys.held().map(|held| held.generation),
        }
    }

    /// Asks for the keys, however recently that was done before.
    pub(super) async fn fetch_now(&self) -> Result<(), VerifyError> {
        match self {
            Self::Fixed(_) => Ok(()),
            Self::Fetched(keys) => keys.fetch_now().await,
        }
    }
}

fn known(keys: &Jwks, id: &str) -> Result<Arc<PublicKey>, VerifyError> {
    keys.key(id).cloned().ok_or(VerifyError::UnknownKey)
}

/// Keys that are fetched from a URL; clones share them.
#[derive(Clone)]
pub(super) struct FetchedKeys {
    shared: Arc<Shared>,
}

struct Shared {
    url: Uri,
    http_client: Arc<dyn HttpClient>,
    freshness: Freshness,
    state: Mutex<State>,
    flight: SingleFlight<(), ()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// When the last request began, whatever came of it.
    asked: Option<Instant>,
    is_asking: bool,
    /// Why the last request brought nothing, if it did not.
    failure: Option<Arc<KeysError>>,
}

/// The keys of the last request that brought some.
#[derive(Clone)]
struct Held {
    keys: Jwks,
    fetched: Instant,
    generation: Generation,
}

impl FetchedKeys {
    pub(super) fn new(url: Uri, http_client: Arc<dyn HttpClient>, freshness: Freshness) -> Self {
        Self {
            shared: Arc::new(Shared {
                url,
                http_client,
                freshness,
                state: Mutex::default(),
                flight: SingleFlight::default(),
            }),
        }
    }

    async fn key(&self, id: &str) -> Result<(Arc<PublicKey>, Generation), VerifyError> {
        if let Some(held) = self.held()
            && let Some(key) = held.keys.key(id)
        {
            if held.fetched.elapsed() >= self.shared.freshness.refresh_after && self.may_ask() {
                let work = || self.clone().ask_unless_cooling();
                self.shared.flight.start(&(), work);
            }
            return Ok((key.clone(), held.generation));
        }
        if self.may_ask() {
            let work = || self.clone().ask_unless_cooling();
            // If it was lost, what is held tells as much.
            let _ = self.shared.flight.run((), work).await;
        }
        let held = self.held();
        let key = held.as_ref().and_then(|held| held.keys.key(id));
        if let (Some(held), Some(key)) = (&held, key) {
            return Ok((key.clone(), held.generation));
        }
        // With the endpoint down nobody knows whether the key is new or made up.
        let state = self.state();
        match &state.failure {
            Some(failure) => Err(VerifyError::KeysUnavailable(failure.clone())),
            None if held.is_some() => Err(VerifyError::UnknownKey),
            None => Err(VerifyError::KeysUnavailable(Arc::new(
                KeysError::NotFetched,
            ))),
        }
    }

    async fn fetch_now(&self) -> Result<(), VerifyError> {
        let _ = self.shared.flight.run((), || self.clone().ask()).await;
        let state = self.state();
        match (&state.failure, &state.held) {
            (None, Some(_)) => Ok(()),
            (Some(failure), _) => Err(VerifyError::KeysUnavailable(failure.clone())),
            (None, None) => Err(VerifyError::KeysUnavailable(Arc::new(
                KeysError::NotFetched,
            ))),
        }
    }

    /// The keys, unless they are too old.
    fn held(&self) -> Option<Held> {
        let state = self.state();
        let held = state.held.as_ref()?;
        let is_good = held.fetched.elapsed() < self.shared.freshness.max_age;
        is_good.then(|| held.clone())
    }

    fn failure(&self) -> Arc<KeysError> {
        let failure = self.state().failure.clone();
        failure.unwrap_or_else(|| Arc::new(KeysError::NotFetched))
    }

    /// Whether a request is under way, which can be waited for, or may be made.
    fn may_ask(&self) -> bool {
        let state = self.state();
        state.is_asking || !self.is_cooling(&state)
    }

    fn is_cooling(&self, state: &State) -> bool {
        state
            .asked
            .is_some_and(|asked| asked.elapsed() < self.shared.freshness.cool_down)
    }

    async fn ask_unless_cooling(self) {
        // Between a caller's look and this task another request may have come and gone.
        if !self.is_cooling(&self.state()) {
            self.ask().await;
        }
    }

    async fn ask(self) {
        let began = Instant::now();
        {
            // Recorded before the request, so that a failure counts as well.
            let mut state = self.state();
            state.asked = Some(began);
            state.is_asking = true;
        }
        let result = self.fetch().await;
        let mut state = self.state();
        state.is_asking = false;
        match result {
            Ok(keys) => {
                state.failure = None;
                let generation = match &state.held {
                    Some(held) if held.keys == keys => held.generation,
                    Some(held) => held.generation + 1,
                    None => 1,
                };
                state.held = Some(Held {
                    keys,
                    fetched: began,
                    generation,
                });
            }
            // What is held stays.
            Err(error) => state.failure = Some(Arc::new(error)),
        }
    }

    async fn fetch(&self) -> Result<Jwks, KeysError> {
        let mut request = http::Request::new(Bytes::new());
        *request.uri_mut() = self.shared.url.clone();
        let accept = header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, accept);
        let call = self.shared.http_client.call(request);
        let response = tokio::time::timeout(self.shared.freshness.timeout, call)
            .await
            .unwrap_or_else(|_| Err(TransportError::new(TransportErrorKind::Timeout)))
            .map_err(KeysError::Transport)?;
        if response.status() != StatusCode::OK {
            return Err(KeysError::Status(response.status()));
        }
        Jwks::parse(response.body()).map_err(KeysError::Jwks)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FetchedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FetchedKeys")
            .field(&self.shared.url)
            .finish()
    }
}
