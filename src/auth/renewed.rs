//! What lasts for a while, kept for all who ask and renewed before its end.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::aging::{Failure, Life, Look, within};
use crate::single_flight::{Lost, SingleFlight};

/// A value with a life, and the one renewal that may be under way.
///
/// Some time before its end, which is set with the value, whoever asks still gets it and starts the
/// renewal; shortly before its end they wait for the new one, and get the old one if there is none in
/// time. After a failure it is left alone for a moment.
///
/// The renewal is the caller's: a future that [looks](Self::look) first whether it has become
/// needless, and then [keeps](Self::keep) what it got, or [notes](Self::fail) why it got nothing, also
/// when it panics.
pub(super) struct Renewed<T, E> {
    state: Mutex<State<T, E>>,
    renewing: SingleFlight<(), Result<T, E>>,
}

struct State<T, E> {
    held: Option<(T, Life)>,
    /// The last renewal, if it failed.
    failure: Option<Failure<E>>,
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
            Look::Ending(_, patience) => within(patience, renewal()).await,
            Look::Expired => Some(renewal().await),
        };
        let failure = match outcome {
            Some(Ok(Ok(value))) => return Ok(value),
            Some(Ok(Err(error))) => error,
            Some(Err(end)) => lost(end),
            None => lost(Lost::Gone),
        };
        // The old one may still be good. Or what was lost had kept a new one before.
        match self.look(now()) {
            Look::Fresh(value) | Look::Aging(value) | Look::Ending(value, _) => Ok(value),
            Look::Failed(error) => Err(error),
            Look::Expired => Err(failure),
        }
    }

    /// What there is at this time of day.
    pub(super) fn look(&self, now: SystemTime) -> Look<T, E> {
        let state = self.state();
        let held = state.held.as_ref().map(|(value, life)| (value, life));
        Look::at(held, state.failure.as_ref(), now)
    }

    /// Keeps a new value, which lasts for `life` from now and is renewed `early` before its end.
    pub(super) fn keep(&self, value: T, life: Duration, early: Duration, now: SystemTime) {
        let mut state = self.state();
        state.held = Some((value, Life::new(life, early, now)));
        state.failure = None;
    }

    /// Notes why there is no new value.
    pub(super) fn fail(&self, error: E) {
        self.state().failure = Some(Failure::new(error));
    }
}

impl<T, E> Renewed<T, E> {
    /// Whether the value is such a one.
    pub(super) fn holds(&self, is_meant: impl FnOnce(&T) -> bool) -> bool {
        let state = self.state();
        state
            .held
            .as_ref()
            .is_some_and(|(value, _)| is_meant(value))
    }

    /// Forgets the value if it is such a one.
    pub(super) fn forget(&self, is_meant: impl FnOnce(&T) -> bool) {
        let mut state = self.state();
        let forgotten = state.held.take_if(|(value, _)| is_meant(value));
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
