//! What may block for ever, kept off the threads that others need: files, which can be pipes or lie on
//! a network, and processes.

use std::{
    io::{self, Read as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use super::metadata::Problem;

/// A file that takes longer is not going to come.
const FILE_PATIENCE: Duration = Duration::from_secs(5);
/// No file of credentials is nearly as large.
const LARGEST_FILE: u64 = 1024 * 1024;
/// Threads that hang cannot be ended; so many may.
const MOST_THREADS: usize = 16;
/// How long after it happened an end, or that nobody waits any more, may be noticed.
const STEP: Duration = Duration::from_millis(20);

/// Reads a file as bytes.
pub(super) async fn read(path: String) -> io::Result<Vec<u8>> {
    let result = within(FILE_PATIENCE, move || read_now(Path::new(&path))).await;
    result.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
}

/// Reads a file on a thread that may be blocked.
pub(super) fn read_now(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= LARGEST_FILE => Ok(bytes),
        _ => Err(io::ErrorKind::FileTooLarge.into()),
    }
}

/// Reads a file that a variable or a key of a profile names.
pub(super) async fn read_text(path: String, name: &'static str) -> Result<String, Problem> {
    let bytes = read(path).await.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => Problem::SlowFile(name),
        _ => Problem::File(name),
    })?;
    String::from_utf8(bytes).map_err(|_| Problem::File(name))
}

/// Runs work on a thread of its own; `None` if it takes longer than allowed, the wait for such a thread
/// included, or cannot start.
///
/// The runtime's blocking thread that waits for it ends soon after the caller is gone, so that a
/// runtime can shut down whatever hangs here.
pub(super) async fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let caller = Caller(Arc::default());
    let is_gone = caller.0.clone();
    let wait = move || {
        let began = Instant::now();
        let is_awaited = || began.elapsed() < limit && !is_gone.load(Ordering::Relaxed);
        let running = loop {
            match Running::new() {
                Some(running) => break running,
                None if is_awaited() => thread::sleep(STEP),
                None => return None,
            }
        };
        let results = start(work, running)?;
        while is_awaited() {
            match results.recv_timeout(STEP) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        None
    };
    tokio::task::spawn_blocking(wait).await.ok().flatten()
}

/// Tells by being dropped that nobody waits any more.
struct Caller(Arc<AtomicBool>);

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn start<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    running: Running,
) -> Option<mpsc::Receiver<T>> {
    let (sender, results) = mpsc::channel();
    let run = move || {
        let _running = running;
        let _ = sender.send(work());
    };
    let name = "cognito-idp credentials".to_owned();
    thread::Builder::new().name(name).spawn(run).ok()?;
    Some(results)
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

struct Running;

impl Running {
    fn new() -> Option<Self> {
        let running = Self;
        (RUNNING.fetch_add(1, Ordering::Relaxed) < MOST_THREADS).then_some(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_takes_too_long_holds_up_nobody() {
        let began = Instant::now();
        let slow = within(Duration::from_millis(500), || {
            thread::sleep(Duration::from_secs(2));
        });
        let meanwhile = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            began.elapsed()
        };
        let (slow, meanwhile) = tokio::join!(slow, meanwhile);
        assert_eq!(slow, None);
        assert!(meanwhile < Duration::from_millis(400), "{meanwhile:?}");
        assert!(began.elapsed() < Duration::from_millis(1900));
        assert_eq!(within(Duration::from_secs(5), || 7).await, Some(7));
    }

    #[tokio::test]
    async fn more_work_than_threads_takes_turns() {
        let quick = || within(Duration::from_secs(10), || thread::sleep(STEP));
        let work: Vec<_> = (0..3 * MOST_THREADS)
            .map(|_| tokio::spawn(quick()))
            .collect();
        for work in work {
            assert_eq!(work.await.ok().flatten(), Some(()));
        }
    }

    #[tokio::test]
    async fn a_file_without_an_end_is_refused() {
        let error = read("/dev/zero".to_owned()).await.expect_err("endless");
        // Where there is no such file, that is the error.
        let expected = [io::ErrorKind::FileTooLarge, io::ErrorKind::NotFound];
        assert!(expected.contains(&error.kind()), "{error}");
    }
}
