//! Work that many callers want at the same time and that is done once.

use std::{
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::{runtime::Handle, sync::watch, task::AbortHandle, time::timeout};

/// Does one piece of work at a time for each key, and tells its result to all who wait for it.
///
/// The work is a task of its own on the runtime of whoever asked first, so it ends whether or not
/// anybody still waits, and a caller that waits holds nothing that others need. Whoever asks while
/// it runs shares its result, a failure included; whoever asks later starts anew. So the work itself
/// should look first whether it has become needless, keep what it found before it ends, and limit
/// its time.
///
/// Clones share the work.
pub(crate) struct SingleFlight<K, T> {
    flights: Arc<Mutex<Flights<K, T>>>,
}

/// What is under way, few enough to look through.
type Flights<K, T> = Vec<(K, Arc<Flight<T>>)>;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    /// The work panicked.
    #[error("the work that was waited for panicked")]
    Panicked,
    /// The runtime of the work ended or stands still, or there is none.
    #[error("the work that was waited for was lost with its runtime")]
    Gone,
}

/// A runtime that runs nothing for so long stands still, as one does between two `block_on`.
const STANDSTILL: Duration = Duration::from_secs(2);

impl<K, T> SingleFlight<K, T>
where
    K: Clone + PartialEq + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// The result of the work that runs for this key, else of `work`, which is then started.
    ///
    /// # Errors
    /// [`Lost::Panicked`] for all who wait for work that panics, [`Lost::Gone`] for the caller that
    /// started what was lost with its runtime. The others then start anew, on a runtime of theirs.
    pub(crate) async fn run<F>(&self, key: K, work: impl Fn() -> F) -> Result<T, Lost>
    where
        F: Future<Output = T> + Send + 'static,
    {
        loop {
            let (flight, is_ours) = self.join(&key, &work)?;
            let outcome = flight.outcome().await;
            if !matches!(outcome, Err(Lost::Gone)) {
                return outcome;
            }
            flight.abandon();
            self.remove(&flight);
            if is_ours {
                return outcome;
            }
        }
    }

    /// Starts the work unless it runs already, and waits for nothing.
    pub(crate) fn start<F>(&self, key: &K, work: impl FnOnce() -> F)
    where
        F: Future<Output = T> + Send + 'static,
    {
        // Without a runtime nothing starts, and nobody waits to be told.
        let _ = self.join(key, work);
    }

    /// The flight for this key, and whether it was started here and now.
    fn join<F>(&self, key: &K, work: impl FnOnce() -> F) -> Result<(Arc<Flight<T>>, bool), Lost>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let runtime = Handle::try_current().map_err(|_| Lost::Gone)?;
        let (flight, landing) = {
            let mut flights = self.lock();
            if let Some((_, flight)) = flights.iter().find(|(of, _)| of == key) {
                return Ok((flight.clone(), false));
            }
            let (sender, outcome) = watch::channel(None);
            let flight = Arc::new(Flight {
                outcome,
                runtime,
                task: OnceLock::new(),
            });
            flights.push((key.clone(), flight.clone()));
            let landing = Landing {
                all: self.clone(),
                flight: flight.clone(),
                outcome: sender,
            };
            (flight, landing)
        };
        // Not while the lock is held: a runtime that shuts down drops the task here and now.
        let work = in_current_span(work());
        let task = flight.runtime.spawn(async move {
            let outcome = unless_it_panics(work).await;
            landing.land(outcome);
        });
        // It cannot be set already: the flight was made above.
        let _ = flight.task.set(task.abort_handle());
        Ok((flight, true))
    }
}

impl<K, T> SingleFlight<K, T> {
    fn remove(&self, flight: &Arc<Flight<T>>) {
        let mut flights = self.lock();
        let place = flights
            .iter()
            .position(|(_, other)| Arc::ptr_eq(other, flight));
        let removed = place.map(|place| flights.swap_remove(place));
        // Whatever hangs on it is dropped only then.
        drop(flights);
        drop(removed);
    }

    fn lock(&self) -> MutexGuard<'_, Flights<K, T>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self {
            flights: Arc::default(),
        }
    }
}

impl<K, T> Clone for SingleFlight<K, T> {
    fn clone(&self) -> Self {
        Self {
            flights: self.flights.clone(),
        }
    }
}

impl<K, T> fmt::Debug for SingleFlight<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").finish_non_exhaustive()
    }
}

/// Work under way, as those see it who wait for it.
struct Flight<T> {
    outcome: watch::Receiver<Option<Result<T, Lost>>>,
    runtime: Handle,
    task: OnceLock<AbortHandle>,
}

impl<T: Clone> Flight<T> {
    async fn outcome(&self) -> Result<T, Lost> {
        let mut outcome = self.outcome.clone();
        loop {
            let ended = async {
                let outcome = outcome.wait_for(Option::is_some).await;
                // The sender is gone without a word if the task was dropped.
                outcome.map_or(Some(Err(Lost::Gone)), |outcome| outcome.clone())
            };
            if let Ok(Some(outcome)) = timeout(STANDSTILL, ended).await {
                return outcome;
            }
            if !self.is_driven().await {
                let last = outcome.borrow().clone();
                return last.unwrap_or(Err(Lost::Gone));
            }
        }
    }

    /// Whether the runtime of the work runs what it is given.
    async fn is_driven(&self) -> bool {
        let turn = timeout(STANDSTILL, self.runtime.spawn(async {})).await;
        matches!(turn, Ok(Ok(())))
    }

    /// Sees to it that lost work does not go on when its runtime does.
    fn abandon(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

/// The end of the work, which comes also when its task is dropped.
struct Landing<K, T> {
    all: SingleFlight<K, T>,
    flight: Arc<Flight<T>>,
    outcome: watch::Sender<Option<Result<T, Lost>>>,
}

impl<K, T> Landing<K, T> {
    fn land(self, outcome: Result<T, Lost>) {
        // Before it is told, so that whoever asks from now on starts anew.
        self.all.remove(&self.flight);
        self.outcome.send_replace(Some(outcome));
    }
}

impl<K, T> Drop for Landing<K, T> {
    fn drop(&mut self) {
        self.all.remove(&self.flight);
    }
}

pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The result of work, or that it panicked.
pub(crate) async fn unless_it_panics<T>(mut work: Work<T>) -> Result<T, Lost> {
    poll_fn(|context| {
        // What panicked is not polled again, and what it shares with others is theirs to keep whole.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(_) => Poll::Ready(Err(Lost::Panicked)),
        }
    })
    .await
}

/// The work as a part of the span in which it was asked for.
#[cfg(feature = "tracing")]
fn in_current_span<T>(work: impl Future<Output = T> + Send + 'static) -> Work<T> {
    use tracing::Instrument as _;

    Box::pin(work.in_current_span())
}

#[cfg(not(feature = "tracing"))]
fn in_current_span<T>(work: impl Future<Output = T> + Send + 'static) -> Work<T> {
    Box::pin(work)
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use tokio::{
        runtime::{Builder, Runtime},
        sync::Semaphore,
        time::{Instant, sleep},
    };

    use super::*;

    /// Work that counts how often it was done and waits for a gate.
    #[derive(Clone)]
    struct Job {
        begun: Arc<AtomicUsize>,
        gate: Arc<Semaphore>,
        flights: SingleFlight<&'static str, usize>,
    }

    impl Job {
        fn new() -> Self {
            Self {
                begun: Arc::default(),
                gate: Arc::new(Semaphore::new(0)),
                flights: SingleFlight::default(),
            }
        }

        async fn run(&self, key: &'static str) -> Result<usize, Lost> {
            self.flights.run(key, || self.clone().work()).await
        }

        async fn work(self) -> usize {
            let number = self.begun.fetch_add(1, SeqCst) + 1;
            if let Ok(permit) = self.gate.acquire().await {
                permit.forget();
            }
            number
        }

        fn begun(&self) -> usize {
            self.begun.load(SeqCst)
        }

        /// Lets other tasks run until the work has begun so often.
        async fn until_begun(&self, times: usize) {
            while self.begun() < times {
                tokio::task::yield_now().await;
            }
        }

        fn is_idle(&self) -> bool {
            self.flights.lock().is_empty()
        }
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime")
    }

    #[tokio::test]
    async fn who_asks_while_the_work_runs_shares_it_and_who_asks_later_starts_anew() {
        let job = Job::new();
        let callers: Vec<_> = (0..100)
            .map(|_| {
                tokio::spawn({
                    let job = job.clone();
                    async move { job.run("key").await }
                })
            })
            .collect();
        job.until_begun(1).await;
        job.gate.add_permits(1);
        for caller in callers {
            assert_eq!(caller.await.ok(), Some(Ok(1)));
        }
        assert!(job.is_idle());
        job.gate.add_permits(1);
        assert_eq!(job.run("key").await, Ok(2));
    }

    #[tokio::test]
    async fn different_keys_do_not_wait_for_each_other() {
        let job = Job::new();
        let stuck = tokio::spawn({
            let job = job.clone();
            async move { job.run("stuck").await }
        });
        job.until_begun(1).await;
        let quick = SingleFlight::clone(&job.flights);
        assert_eq!(quick.run("quick", || async { 7 }).await, Ok(7));
        assert!(!stuck.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn the_work_ends_although_nobody_waits_any_more() {
        let job = Job::new();
        assert!(
            timeout(Duration::from_millis(1), job.run("key"))
                .await
                .is_err()
        );
        job.gate.add_permits(1);
        while !job.is_idle() {
            tokio::task::yield_now().await;
        }
        assert_eq!(job.gate.available_permits(), 0);
    }

    #[tokio::test]
    async fn a_caller_that_is_never_polled_again_holds_up_nobody() {
        let job = Job::new();
        let mut starved = Box::pin(job.run("key"));
        let is_pending =
            poll_fn(|context| Poll::Ready(starved.as_mut().poll(context).is_pending()));
        assert!(is_pending.await);
        job.gate.add_permits(1);
        assert_eq!(job.run("key").await, Ok(1));
        assert_eq!(starved.await, Ok(1));
    }

    #[tokio::test]
    async fn a_panic_is_told_to_all_who_wait_and_forgotten_then() {
        let flights = SingleFlight::<(), usize>::default();
        let broken = || async {
            tokio::task::yield_now().await;
            panic!("on purpose")
        };
        let (one, other) = tokio::join!(flights.run((), broken), flights.run((), broken));
        assert_eq!([one, other], [Err(Lost::Panicked); 2]);
        assert_eq!(flights.run((), || async { 1 }).await, Ok(1));
    }

    #[test]
    fn work_that_is_lost_with_its_runtime_is_started_anew_by_those_who_wait() {
        let job = Job::new();
        let dying = runtime();
        assert!(dying.block_on(async {
            timeout(Duration::from_millis(1), job.run("key"))
                .await
                .is_err()
        }));
        let waiter = std::thread::spawn({
            let job = job.clone();
            move || runtime().block_on(job.run("key"))
        });
        std::thread::sleep(Duration::from_millis(20));
        drop(dying);
        job.gate.add_permits(1);
        assert_eq!(waiter.join().ok(), Some(Ok(2)));
        assert!(job.is_idle());
    }

    #[test]
    fn work_on_a_runtime_that_stands_still_is_given_up_and_does_not_go_on_later() {
        let job = Job::new();
        let idle = runtime();
        assert!(idle.block_on(async {
            timeout(Duration::from_millis(1), job.run("key"))
                .await
                .is_err()
        }));
        let started = std::time::Instant::now();
        // The first to wait at the gate is the work that stands still.
        job.gate.add_permits(2);
        let other = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let result = other.expect("a runtime").block_on(job.run("key"));
        assert_eq!(result, Ok(2));
        assert!(started.elapsed() < STANDSTILL);
        idle.block_on(async { sleep(Duration::from_millis(5)).await });
        assert_eq!(job.gate.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn work_may_take_its_time_on_a_runtime_that_lives() {
        let flights = SingleFlight::<(), ()>::default();
        let started = Instant::now();
        let slow = || sleep(10 * STANDSTILL);
        assert_eq!(flights.run((), slow).await, Ok(()));
        assert!(started.elapsed() >= 10 * STANDSTILL);
    }

    #[test]
    fn without_a_runtime_there_is_a_loss_and_no_panic() {
        let flights = SingleFlight::<(), ()>::default();
        let mut run = Box::pin(flights.run((), pending));
        let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
        assert_eq!(run.as_mut().poll(context), Poll::Ready(Err(Lost::Gone)));
    }
}
