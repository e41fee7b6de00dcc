//! Handing refreshed tokens to the program's own store: in order, until that has gone well.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio::{runtime::Handle, time::timeout};

use super::{Shared, StoreError, state::Unstored};
use crate::{
    auth::Tokens,
    error::BoxError,
    random::random,
    retry::{RetryPolicy, RetryReason},
    single_flight::{Lost, unless_it_panics},
    trace,
};

/// How long callers that wait for fresh tokens wait for their being stored, and a sign-out for a
/// hook that runs.
pub(super) const STORE_WAIT: Duration = Duration::from_secs(5);
/// How long the hook may take.
const HOOK_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the same tokens are handed to it in a row, and how long the waits in between grow.
const ATTEMPTS: u32 = 12;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_mins(1);

/// What the program does with refreshed tokens.
pub(super) type Hook =
    Arc<dyn Fn(Tokens) -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>> + Send + Sync>;

/// How storing ended; a failure with the refresh whose tokens it is about.
pub(super) type Stored = Result<(), (u64, StoreError)>;

impl Shared {
    /// Waits until the newest tokens are stored, or nobody tries any more.
    pub(super) async fn until_stored(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut given_up = None;
        while let Some(unstored) = self.unstored() {
            match given_up.take() {
                // What ended was about older ones: it did not see these come.
                Some((number, error)) if number >= unstored.number => return Err(error),
                _ => {}
            }
            let stored = self.storing.run((), || self.clone().store()).await;
            given_up = match stored {
                Ok(stored) => stored.err(),
                Err(Lost::Panicked | Lost::Gone) => return Err(StoreError::Interrupted),
            };
        }
        Ok(())
    }

    /// Waits for a hook that runs, once the tokens are given up.
    pub(super) async fn until_settled(self: &Arc<Self>) {
        // Without a runtime there is no clock to wait by, and no hook of ours that could run.
        if self.state().hook.is_none() || Handle::try_current().is_err() {
            return;
        }
        let settled = self.storing.run((), || self.clone().store());
        // Whoever hangs there cannot hold up a sign-out.
        let _ = timeout(STORE_WAIT, settled).await;
    }

    /// Not asked for in place, where the lock would be held for longer.
    fn unstored(&self) -> Option<Unstored> {
        self.state().unstored()
    }

    /// Hands the newest tokens to the hook until that has gone well, or often enough not.
    async fn store(self: Arc<Self>) -> Stored {
        let policy = RetryPolicy::default()
            .base_delay(FIRST_DELAY)
            .max_delay(LONGEST_DELAY);
        let mut tried = (0, 0);
        loop {
            // Asked for first, lest a change be missed while the hook runs.
            let changed = self.changed.notified();
            let Some(unstored) = self.unstored() else {
                return Ok(());
            };
            let number = unstored.number;
            let attempt = if tried.0 == number { tried.1 + 1 } else { 1 };
            tried = (number, attempt);
            let result = unstored.hand_over().await;
            self.state().note_stored(number, result.clone());
            let Err(error) = result else {
                continue;
            };
            trace::tokens_not_stored(attempt);
            if attempt == ATTEMPTS {
                return Err((number, error));
            }
            let delay = policy.delay(attempt - 1, RetryReason::Transient, None, random());
            let _ = timeout(delay, changed).await;
        }
    }
}

impl Unstored {
    async fn hand_over(self) -> Result<(), StoreError> {
        // Called inside, because the call itself may panic too.
        let handed = Box::pin(async move { (self.hook)(self.tokens).await });
        match timeout(HOOK_TIMEOUT, unless_it_panics(handed)).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(StoreError::Failed(error.into())),
            Ok(Err(_)) => Err(StoreError::Panicked),
            Err(_) => Err(StoreError::TooSlow),
        }
    }
}
