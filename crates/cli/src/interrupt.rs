//! What happens at ^C: last words, and the status that shells know.

use std::{
    pin::pin,
    process,
    sync::{Mutex, Once, PoisonError, mpsc},
    thread,
};

/// What shells give a command that ^C ended.
pub(crate) const STATUS: u8 = 130;

type LastWords = Box<dyn FnOnce() + Send>;

static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// From now on ^C does this first, in place of what was to be done before.
///
/// It is waited for on a thread of its own, so that it comes also while the terminal is read.
pub(crate) fn at_interrupt(last_words: impl FnOnce() + Send + 'static) {
    static BEGIN: Once = Once::new();
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(last_words));
    BEGIN.call_once(|| {
        let (ready, is_ready) = mpsc::channel();
        thread::spawn(move || wait(&ready));
        // Before that ^C would end the process without a word; so it does if nobody can wait for it.
        let _ = is_ready.recv();
    });
}

fn wait(ready: &mpsc::Sender<()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let Ok(runtime) = runtime.enable_io().build() else {
        return;
    };
    let interrupted = runtime.block_on(async {
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        std::future::poll_fn(|context| {
            let interrupted = interrupt.as_mut().poll(context);
            // The first poll is what takes hold of the signal.
            let _ = ready.send(());
            interrupted
        })
        .await
    });
    if interrupted.is_ok() {
        let last_words = LAST_WORDS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(last_words) = last_words {
            last_words();
        }
        process::exit(STATUS.into());
    }
}
