//! What lasts for a while, kept for all who ask and renewed before its end.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout};

use crate::single_flight::{Lost, SingleFlight};

/// How long before its end nobody gets a value without waiting for a new one; at most half of the
/// time in which it is renewed.
const LATE: Duration = Duration::from_secs(10);
/// How long a failure stands for all who ask.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// How long after a failure a value that is still good is not renewed.
const PAUSE: Duration = Duration::from_secs(5);

/// A value with a life, and the one renewal that may be under way.
///
/// Some time before its end, which is set with the value, whoever asks still gets it and starts the
/// renewal; shortly before its end they wait for the new one, and get the old one if there is none in
/// time. After a failure it is left alone for a moment.
///
/// The renewal is the caller's: a future that [looks](Self::look) first whether it has become
/// needless, and then [keeps](Self::keep) what it got, or [notes](Self::fail) why it got nothing.
pub(super) struct Renewed<T, E> {
    state: Mutex<State<T, E>>,
    renewing: SingleFlight<(), Result<T, E>>,
}

struct State<T, E> {
    held: Option<Held<T>>,
    /// The last renewal, if it failed.
    failure: Option<(Instant, E)>,
}

struct Held<T> {
    value: T,
    life: Duration,
    /// How long before its end it is renewed.
    early: Duration,
    /// Since when, by a clock that nobody sets ...
    since: Instant,
    /// ... and by one that goes on while the machine sleeps.
    since_by_wall_clock: SystemTime,
}

/// What there is now.
pub(super) enum Look<T, E> {
    Fresh(T),
    /// Good, but to be renewed.
    Aging(T),
    /// Good for so short a time that a new one is worth waiting for; not longer than this.
    Ending(T, Duration),
    /// Nothing that is good.
    Nothing,
    /// Nothing that is good, and that could not be changed a moment ago.
    Failed(E),
}

impl<T, E> Renewed<T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// The value, renewed where that is due; `lost` says what it means that a renewal did not end.
    pub(super) async fn get<F>(
        &self,
        now: impl Fn() -> SystemTime,
        renew: impl Fn() -> F,
        lost: impl Fn(Lost) -> E,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let renewal = || self.renewing.run((), &renew);
        let outcome = match self.look(now()) {
            Look::Fresh(value) => return Ok(value),
            Look::Aging(value) => {
                self.renewing.start(&(), &renew);
                return Ok(value);
            }
            Look::Failed(error) => return Err(error),
            Look::Ending(_, patience) => timeout(patience, renewal()).await.ok(),
            Look::Nothing => Some(renewal().await),
        };
        let failure = match outcome {
            Some(Ok(Ok(value))) => return Ok(value),
            Some(Ok(Err(error))) => Some(error),
            Some(Err(end)) => {
                let error = lost(end);
                // What panics would do so for the next caller too.
                if end == Lost::Panicked {
                    self.fail(error.clone());
                }
                Some(error)
            }
            None => None,
        };
        // The old one may still be good. Or what was lost had kept a new one before.
        match self.look(now()) {
            Look::Fresh(value) | Look::Aging(value) | Look::Ending(value, _) => Ok(value),
            Look::Failed(error) => Err(error),
            Look::Nothing => Err(failure.unwrap_or_else(|| lost(Lost::Gone))),
        }
    }

    /// What there is at this time of day.
    pub(super) fn look(&self, now: SystemTime) -> Look<T, E> {
        let state = self.state();
        let failed_within = |span| {
            let failure = state.failure.as_ref();
            failure.filter(|(when, _)| when.elapsed() < span)
        };
        let held = state.held.as_ref();
        let Some((held, left)) = held.and_then(|held| Some((held, held.left(now)?))) else {
            let failure = failed_within(FAILURE_LASTS);
            return failure.map_or(Look::Nothing, |(_, error)| Look::Failed(error.clone()));
        };
        let value = held.value.clone();
        if left > held.early || failed_within(PAUSE).is_some() {
            return Look::Fresh(value);
        }
        if left > LATE.min(held.early / 2) {
            return Look::Aging(value);
        }
        Look::Ending(value, left / 2)
    }

    /// Keeps a new value, which lasts for `life` from now and is renewed `early` before its end.
    pub(super) fn keep(&self, value: T, life: Duration, early: Duration, now: SystemTime) {
        let mut state = self.state();
        state.held = Some(Held {
            value,
            life,
            early,
            since: Instant::now(),
            since_by_wall_clock: now,
        });
        state.failure = None;
    }

    /// Notes why there is no new value.
    pub(super) fn fail(&self, error: E) {
        self.state().failure = Some((Instant::now(), error));
    }
}

impl<T, E> Renewed<T, E> {
    /// Whether the value is such a one.
    pub(super) fn holds(&self, is_meant: impl FnOnce(&T) -> bool) -> bool {
        let state = self.state();
        state
            .held
            .as_ref()
            .is_some_and(|held| is_meant(&held.value))
    }

    /// Forgets the value if it is such a one.
    pub(super) fn forget(&self, is_meant: impl FnOnce(&T) -> bool) {
        let mut state = self.state();
        let forgotten = state.held.take_if(|held| is_meant(&held.value));
        drop(state);
        drop(forgotten);
    }

    /// Nothing that holds the lock can panic, and a poisoned state is still whole.
    fn state(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> Default for Renewed<T, E> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                held: None,
                failure: None,
            }),
            renewing: SingleFlight::default(),
        }
    }
}

impl<T> Held<T> {
    /// How long it still lasts; `None` if it does no more.
    fn left(&self, now: SystemTime) -> Option<Duration> {
        let by_wall_clock = now.duration_since(self.since_by_wall_clock);
        let age = self.since.elapsed().max(by_wall_clock.unwrap_or_default());
        self.life.checked_sub(age).filter(|left| !left.is_zero())
    }
}
