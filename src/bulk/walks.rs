//! Several walks over pages at once.

use std::{future::poll_fn, task::Poll};

use crate::{client::Pages, error::Error, operation::Paginated};

/// Walks over the pages of several lists, some of them at a time.
pub(super) struct Walks<I, O> {
    waiting: I,
    running: Vec<Walk<O>>,
    at_once: usize,
}

/// One list, by a number.
pub(super) struct Walk<O> {
    pub(super) number: usize,
    pub(super) pages: Pages<O>,
}

/// What came of a walk next.
pub(super) struct Turned<O: Paginated> {
    pub(super) number: usize,
    pub(super) page: Result<O::Response, Error>,
    /// The page after it; `None` if it was the last.
    pub(super) token: Option<String>,
}

impl<O: Paginated, I: Iterator<Item = Walk<O>>> Walks<I, O> {
    pub(super) fn new(walks: I, at_once: usize) -> Self {
        Self {
            waiting: walks,
            running: Vec::new(),
            at_once: at_once.max(1),
        }
    }

    /// The next page of any of them; `None` after the last of all. A walk that fails has ended.
    pub(super) async fn next(&mut self) -> Option<Turned<O>> {
        poll_fn(|context| {
            loop {
                let free = self.at_once.saturating_sub(self.running.len());
                self.running.extend(self.waiting.by_ref().take(free));
                if self.running.is_empty() {
                    return Poll::Ready(None);
                }
                let mut has_ended = None;
                for (place, walk) in self.running.iter_mut().enumerate() {
                    match walk.pages.poll_page(context) {
                        Poll::Pending => {}
                        Poll::Ready(None) => {
                            has_ended = Some(place);
                            break;
                        }
                        Poll::Ready(Some(page)) => {
                            let turned = Turned {
                                number: walk.number,
                                token: walk.pages.token().map(str::to_owned),
                                page,
                            };
                            if turned.token.is_none() || turned.page.is_err() {
                                self.running.remove(place);
                            } else {
                                // Each has its turn.
                                self.running.rotate_left(place + 1);
                            }
                            return Poll::Ready(Some(turned));
                        }
                    }
                }
                match has_ended {
                    Some(place) => drop(self.running.remove(place)),
                    None => return Poll::Pending,
                }
            }
        })
        .await
    }
}
