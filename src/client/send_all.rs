//! Sending many requests, a few of them at a time.

use std::{
    fmt,
    future::poll_fn,
    iter::{Enumerate, Fuse},
    pin::Pin,
    task::{Context, Poll},
};

use super::{Client, ResponseFuture};
use crate::{error::Error, operation::Operation};

/// The answers to many requests, each given when it has come: what [`Client::send_all`] gives.
///
/// Requests are taken when there is room for them, and go on only while [`next`](Self::next) is
/// awaited. Dropping it gives up those that are under way.
///
/// ```no_run
/// # use cognito_idp::{Client, client::{SendAll, Sent}, operation::users::AdminDisableUserRequest};
/// # async fn example(client: Client, usernames: Vec<String>) {
/// let requests = usernames.iter().map(|name| AdminDisableUserRequest::new("eu-central-1_example", name));
/// let mut answers: SendAll<_> = client.send_all(requests, 8);
/// while let Some(Sent { request, result, .. }) = answers.next().await {
///     println!("{:?}: {}", request.username, result.is_ok());
/// }
/// # }
/// ```
#[must_use = "nothing is sent before an answer is asked for"]
pub struct SendAll<I: Iterator<Item: Operation>> {
    client: Client,
    requests: Fuse<Enumerate<I>>,
    running: Vec<Running<I::Item>>,
    at_once: usize,
}

struct Running<O: Operation> {
    index: usize,
    request: O,
    response: ResponseFuture<O::Response>,
}

/// What became of one of many requests.
#[non_exhaustive]
pub struct Sent<O: Operation> {
    /// Its place among the requests, from 0.
    pub index: usize,
    /// The request.
    pub request: O,
    /// Its answer.
    pub result: Result<O::Response, Error>,
}

impl<O: Operation, I: Iterator<Item = O>> SendAll<I> {
    pub(super) fn new(client: Client, requests: I, at_once: usize) -> Self {
        Self {
            client,
            requests: requests.enumerate().fuse(),
            running: Vec::new(),
            at_once: at_once.max(1),
        }
    }

    /// The next answer, in the order in which they come; `None` after the last.
    ///
    /// A failure does not end the rest.
    pub async fn next(&mut self) -> Option<Sent<O>> {
        poll_fn(|context| self.poll_sent(context)).await
    }

    /// Each wake polls all that run, which is fine for some dozens.
    pub(super) fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<Option<Sent<O>>> {
        let free = self.at_once.saturating_sub(self.running.len());
        let started = self.requests.by_ref().take(free).map(|(index, request)| {
            let response = self.client.send(&request);
            Running {
                index,
                request,
                response,
            }
        });
        self.running.extend(started);
        for place in 0..self.running.len() {
            let response = Pin::new(&mut self.running[place].response);
            if let Poll::Ready(result) = response.poll(context) {
                let Running { index, request, .. } = self.running.remove(place);
                return Poll::Ready(Some(Sent {
                    index,
                    request,
                    result,
                }));
            }
        }
        if self.running.is_empty() {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }
}

impl<I: Iterator<Item: Operation>> fmt::Debug for SendAll<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAll")
            .field("running", &self.running.len())
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}

impl<O: Operation<Response: fmt::Debug> + fmt::Debug> fmt::Debug for Sent<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("index", &self.index)
            .field("request", &self.request)
            .field("result", &self.result)
            .finish()
    }
}
