//! Some futures at a time.

use std::{future::poll_fn, pin::Pin, task::Poll};

type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs futures in the caller's task, and gives the output of each when it is there.
pub(super) struct Bounded<'a, T> {
    running: Vec<Work<'a, T>>,
}

impl<'a, T> Bounded<'a, T> {
    pub(super) fn new() -> Self {
        Self {
            running: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn push(&mut self, work: impl Future<Output = T> + Send + 'a) {
        self.running.push(Box::pin(work));
    }

    /// The next output; `None` if nothing runs.
    pub(super) async fn next(&mut self) -> Option<T> {
        poll_fn(|context| {
            for place in 0..self.running.len() {
                if let Poll::Ready(output) = self.running[place].as_mut().poll(context) {
                    drop(self.running.remove(place));
                    return Poll::Ready(Some(output));
                }
            }
            if self.running.is_empty() {
                Poll::Ready(None)
            } else {
                Poll::Pending
            }
        })
        .await
    }
}
