//! How far a job is.

use std::{fmt, time::Duration};

use serde::Serialize;
use tokio::time::Instant;

use crate::{client::Client, pacing::QuotaCategory};

/// How far a job is, for a progress bar.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Users done so far, those of earlier runs of the job included.
    pub done: u64,
    /// Users in all, as far as that is known; Cognito's own count may be some hours old.
    pub total: Option<u64>,
    /// Users a second in this run.
    pub rate: f64,
    /// The time left at this rate, if the total is known and not yet reached.
    pub left: Option<Duration>,
    /// How many requests a second may be sent now of the category that bounds the job: the users' list,
    /// or their creation.
    pub limit: Option<f64>,
}

/// What a run of a job cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Effort {
    /// How many requests were sent, by this job and whatever else is paced by the same client.
    pub requests: u64,
    /// How many of them were throttled.
    pub throttled: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// Who is told of it.
pub(super) type Listener = Box<dyn Fn(Progress) + Send + Sync>;

/// Counts and tells.
pub(super) struct Meter {
    client: Client,
    /// What bounds the job.
    category: QuotaCategory,
    /// Requests and those that were throttled before it began.
    at_first: (u64, u64),
    began: Instant,
    before: u64,
    total: Option<u64>,
    listener: Option<Listener>,
}

impl Meter {
    pub(super) fn new(
        client: &Client,
        category: QuotaCategory,
        listener: Option<Listener>,
    ) -> Self {
        Self {
            client: client.clone(),
            category,
            at_first: requests(client),
            began: Instant::now(),
            before: 0,
            total: None,
            listener,
        }
    }

    /// Says how many were done before, and how many there are in all.
    pub(super) fn start_from(&mut self, before: u64, total: Option<u64>) {
        (self.before, self.total) = (before, total);
    }

    pub(super) fn tell(&self, done: u64) {
        let Some(listener) = &self.listener else {
            return;
        };
        let in_this_run = done.saturating_sub(self.before);
        let progress = progress(done, in_this_run, self.total, self.began.elapsed());
        let pace = self.client.pace(self.category);
        listener(Progress {
            limit: pace.map(|pace| pace.rate),
            ..progress
        });
    }

    pub(super) fn effort(&self) -> Effort {
        let (requests, throttled) = requests(&self.client);
        Effort {
            requests: requests - self.at_first.0,
            throttled: throttled - self.at_first.1,
            elapsed: self.began.elapsed(),
        }
    }
}

fn requests(client: &Client) -> (u64, u64) {
    let paces = QuotaCategory::ALL
        .iter()
        .filter_map(|category| client.pace(*category));
    paces.fold((0, 0), |(sent, throttled), pace| {
        (sent + pace.sent, throttled + pace.throttled)
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody has 2^52 users, and it is for a progress bar"
)]
fn progress(done: u64, in_this_run: u64, total: Option<u64>, elapsed: Duration) -> Progress {
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 {
        in_this_run as f64 / seconds
    } else {
        0.0
    };
    let left = total.and_then(|total| total.checked_sub(done));
    let left = left.filter(|left| *left > 0 && rate > 0.0);
    Progress {
        done,
        total,
        rate,
        left: left.and_then(|left| Duration::try_from_secs_f64(left as f64 / rate).ok()),
        limit: None,
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_rate_of_this_run() {
        let second = Duration::from_secs(1);
        let Progress { rate, left, .. } = progress(600, 100, Some(1_000), 10 * second);
        assert!((rate - 10.0).abs() < 1e-9);
        assert_eq!(left, Some(40 * second));
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let second = Duration::from_secs(1);
        for (done, total, elapsed) in [
            (10, None, second),
            (10, Some(10), second),
            (11, Some(10), second),
            (0, Some(10), second),
            (10, Some(20), Duration::ZERO),
        ] {
            let progress = progress(done, done, total, elapsed);
            assert_eq!(progress.left, None, "{progress:?}");
            assert!(progress.rate.is_finite());
        }
    }
}
