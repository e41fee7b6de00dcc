//! Adding a user to several groups.

use std::{future::poll_fn, pin::Pin, task::Poll};

use super::CognitoService;
use crate::{error::Error, operation::groups::AdminAddUserToGroupRequest, sensitive::Sensitive};

/// How many calls run at once. Cognito allows ten writes a second for one user.
const AT_ONCE: usize = 4;

impl CognitoService {
    /// Adds a user, named by `sub`, username or alias, to groups: at most four at a time.
    ///
    /// Every group is tried, whatever happens with the others, and the result tells each one's
    /// fate; being a member already counts as success.
    ///
    /// ```no_run
    /// # async fn example(service: cognito_idp::CognitoService) {
    /// let results = service.add_to_group("alice", ["admin", "editor"]).await;
    /// for failure in results.failures() {
    ///     eprintln!("not added to {}: {:?}", failure.group, failure.result);
    /// }
    /// # }
    /// ```
    pub async fn add_to_group<G: Into<String>>(
        &self,
        username: impl Into<Sensitive<String>>,
        groups: impl IntoIterator<Item = G>,
    ) -> GroupResults {
        let username = &username.into();
        let additions = groups
            .into_iter()
            .map(|group| self.add_to_one(username, group.into()));
        GroupResults {
            results: run_bounded(additions.collect(), AT_ONCE).await,
        }
    }

    async fn add_to_one(&self, username: &Sensitive<String>, group: String) -> GroupResult {
        let request = AdminAddUserToGroupRequest::new(&self.user_pool_id, username, &group);
        GroupResult {
            group,
            result: self.client.send(&request).await.map(drop),
        }
    }
}

/// What happened with each group, in the order they were given.
#[derive(Debug)]
#[must_use = "some of the groups may have failed"]
pub struct GroupResults {
    results: Vec<GroupResult>,
}

/// What happened with one group.
#[derive(Debug)]
#[non_exhaustive]
pub struct GroupResult {
    /// The group's name.
    pub group: String,
    /// Whether the user is in it now.
    /// [`ResourceNotFound`](crate::ErrorCode::ResourceNotFound) stands for an unknown group,
    /// [`UserNotFound`](crate::ErrorCode::UserNotFound) for an unknown user.
    pub result: Result<(), Error>,
}

impl GroupResults {
    /// Whether the user is in all the groups now.
    #[must_use]
    pub fn all_added(&self) -> bool {
        self.failures().next().is_none()
    }

    /// Every group with its result.
    pub fn iter(&self) -> std::slice::Iter<'_, GroupResult> {
        self.results.iter()
    }

    /// The groups that the user could not be added to.
    pub fn failures(&self) -> impl Iterator<Item = &GroupResult> {
        self.results.iter().filter(|result| result.result.is_err())
    }
}

impl IntoIterator for GroupResults {
    type Item = GroupResult;
    type IntoIter = std::vec::IntoIter<GroupResult>;

    fn into_iter(self) -> Self::IntoIter {
        self.results.into_iter()
    }
}

impl<'a> IntoIterator for &'a GroupResults {
    type Item = &'a GroupResult;
    type IntoIter = std::slice::Iter<'a, GroupResult>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Runs futures, at most so many at once, and gives their outputs in order.
///
/// In the caller's task, so that dropping the call drops them all. Each wake polls all that run,
/// which is fine for a handful.
async fn run_bounded<F: Future>(futures: Vec<F>, at_once: usize) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    let mut waiting = futures.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    poll_fn(move |context| {
        loop {
            let free = at_once.saturating_sub(running.len());
            let started = waiting
                .by_ref()
                .take(free)
                .map(|(i, future)| (i, Box::pin(future)));
            running.extend(started);
            let before = running.len();
            running.retain_mut(|(i, future)| match future.as_mut().poll(context) {
                Poll::Ready(output) => {
                    outputs[*i] = Some(output);
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && waiting.len() == 0 {
                return Poll::Ready(outputs.drain(..).flatten().collect());
            }
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn outputs_keep_their_order_and_never_more_run_than_allowed() {
        let running = &AtomicUsize::new(0);
        let most = &AtomicUsize::new(0);
        let work = |n: u64| async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(n * 7 % 10)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            n
        };
        let outputs = run_bounded((0..50).map(work).collect(), 4).await;
        assert_eq!(outputs, (0..50).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 4);
        assert!(
            run_bounded(Vec::<std::future::Ready<()>>::new(), 4)
                .await
                .is_empty()
        );
    }
}
