//! How long what is at hand lasts, and what to do about it before its end.

use std::time::{Duration, SystemTime};

use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

/// How long before its end nobody gets a value without waiting for a new one; at most half of the
/// time in which it is renewed.
const LATE: Duration = Duration::from_secs(10);
/// How long a failure stands for all who ask.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// How long after a failure a value that is still good is not renewed.
const PAUSE: Duration = Duration::from_secs(5);

/// The life of a value.
pub(super) struct Life {
    length: Duration,
    /// How long before its end the value is renewed.
    early: Duration,
    /// Since when, by a clock that nobody sets ...
    since: Instant,
    /// ... and by one that goes on while the machine sleeps.
    since_by_wall_clock: SystemTime,
}

/// Why the last renewal failed.
pub(super) struct Failure<E> {
    when: Instant,
    error: E,
}

/// What there is now.
pub(super) enum Look<T, E> {
    Fresh(T),
    /// Good, but to be renewed.
    Aging(T),
    /// Good for so short a time that a new one is worth waiting for; no longer than this.
    Ending(T, Duration),
    /// Nothing that is good any more, or yet.
    Expired,
    /// Nothing that is good, and that could not be changed a moment ago.
    Failed(E),
}

impl Life {
    /// A life that begins now and is renewed so early before its end; never, if that is zero.
    pub(super) fn new(length: Duration, early: Duration, now: SystemTime) -> Self {
        Self {
            length,
            early,
            since: Instant::now(),
            since_by_wall_clock: now,
        }
    }

    fn left(&self, now: SystemTime) -> Duration {
        let by_wall_clock = now.duration_since(self.since_by_wall_clock);
        let age = self.since.elapsed().max(by_wall_clock.unwrap_or_default());
        self.length.saturating_sub(age)
    }
}

impl<E: Clone> Failure<E> {
    pub(super) fn new(error: E) -> Self {
        Self {
            when: Instant::now(),
            error,
        }
    }

    /// The failure while it stands for all who ask.
    pub(super) fn recent(&self) -> Option<E> {
        self.is_within(FAILURE_LASTS).then(|| self.error.clone())
    }

    fn is_within(&self, span: Duration) -> bool {
        self.when.elapsed() < span
    }
}

impl<T: Clone, E: Clone> Look<T, E> {
    /// Looks at a value, if there is one, and at the failure of its last renewal, if that failed.
    pub(super) fn at(
        held: Option<(&T, &Life)>,
        failure: Option<&Failure<E>>,
        now: SystemTime,
    ) -> Self {
        let held = held.map(|(value, life)| (value, life, life.left(now)));
        let Some((value, life, left)) = held.filter(|(_, _, left)| !left.is_zero()) else {
            let failure = failure.and_then(Failure::recent);
            return failure.map_or(Self::Expired, Self::Failed);
        };
        let value = value.clone();
        if left > life.early || failure.is_some_and(|failure| failure.is_within(PAUSE)) {
            return Self::Fresh(value);
        }
        if left > LATE.min(life.early / 2) {
            return Self::Aging(value);
        }
        Self::Ending(value, left / 2)
    }
}

/// What comes of the work if that is soon enough.
///
/// Without a runtime there is no clock to wait by, and work that others do ends at once.
pub(super) async fn within<W: Future>(patience: Duration, work: W) -> Option<W::Output> {
    match Handle::try_current() {
        Ok(_) => timeout(patience, work).await.ok(),
        Err(_) => Some(work.await),
    }
}
