//! The time of day, and the time that is left.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, Timeout};

/// What tells the time of day.
pub(super) type TimeSource = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// When a call must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// As good as never, for what is further off than the clock can count.
    const FAR: Duration = Duration::from_hours(24 * 365);

    pub(super) fn after(timeout: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(timeout).unwrap_or_else(|| now + Self::FAR))
    }

    pub(super) fn later(self, by: Duration) -> Self {
        Self(self.0.checked_add(by).unwrap_or(self.0))
    }

    /// Whether a wait from now on lasts until then.
    pub(super) fn is_within(self, wait: Duration) -> bool {
        Self::after(wait) >= self
    }

    /// Runs the work until then.
    pub(super) fn limit<F: Future>(self, work: F) -> Timeout<F> {
        tokio::time::timeout_at(self.0, work)
    }
}
