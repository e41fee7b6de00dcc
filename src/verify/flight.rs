//! One piece of work that many wait for.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// Work of which at most one is under way, whoever wants it.
///
/// It runs in a task of its own, so it goes on when those who wait for it give up.
#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    /// Whether the last one has ended; it also has once its sender is gone.
    under_way: Mutex<Option<watch::Receiver<bool>>>,
}

impl SingleFlight {
    /// Starts the work unless some is under way, and does not wait for it.
    pub(super) fn start<F>(&self, work: impl FnOnce() -> F) -> watch::Receiver<bool>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = &*under_way
            && ended.has_changed().is_ok()
            && !*ended.borrow()
        {
            return ended.clone();
        }
        let (end, ended) = watch::channel(false);
        let work = work();
        tokio::spawn(async move {
            work.await;
            end.send_replace(true);
        });
        *under_way = Some(ended.clone());
        ended
    }

    /// Starts the work unless some is under way, and waits for its end.
    pub(super) async fn run<F>(&self, work: impl FnOnce() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // An error means that the work ended without saying so: it panicked.
        let _ = self.start(work).wait_for(|ended| *ended).await;
    }
}
