//! Walking the pages of a list operation.

use std::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use super::{Answer, Client, SendOptions, dispatch::DispatchFuture};
use crate::{
    error::{DecodeProblem, Error},
    operation::Paginated,
};

/// The pages of a list operation, fetched one at a time.
///
/// It owns a clone of the client, so it can be stored, and moved into a task of its own.
///
/// ```no_run
/// # use cognito_idp::{Client, operation::users::ListUsersRequest};
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// let mut pages = client.pages(ListUsersRequest::new("eu-central-1_example").limit(60));
/// while let Some(page) = pages.next().await? {
///     for user in page.users {
///         println!("{:?}", user.user_status);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// A page may be empty and yet not the last. A page that names itself as the next one, the same
/// token twice running, is an error: a list that ended there would look complete and not be. A server
/// that goes round in a larger circle is not noticed.
#[cfg_attr(feature = "bulk", doc = "\n\nIt is a `Stream` of its pages as well.")]
#[must_use = "nothing is fetched before it is asked for"]
pub struct Pages<O> {
    client: Client,
    request: O,
    /// The page that is asked for; whoever gives up a call of [`next`](Self::next) gets it from the
    /// next one.
    coming: Option<DispatchFuture>,
    finished: bool,
}

impl<O: Paginated> Pages<O> {
    pub(super) fn new(client: Client, request: O) -> Self {
        Self {
            client,
            request,
            coming: None,
            finished: false,
        }
    }

    /// Fetches the next page; `None` after the last.
    ///
    /// After an error the walk stands where it stood, so calling again asks for the same page. What a
    /// call that was given up has asked for, the next call waits for.
    ///
    /// # Errors
    /// Those of [`Client::send`], and [`DecodeProblem::RepeatedPageToken`] for a page that names
    /// itself as the next one.
    pub async fn next(&mut self) -> Result<Option<O::Response>, Error> {
        poll_fn(|context| self.poll_page(context)).await.transpose()
    }

    pub(crate) fn poll_page(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<O::Response, Error>>> {
        if self.finished {
            return Poll::Ready(None);
        }
        let ask = || self.client.answer(&self.request, SendOptions::new());
        let coming = self.coming.get_or_insert_with(ask);
        let answer = ready!(coming.as_mut().poll(context));
        self.coming = None;
        Poll::Ready(Some(answer.and_then(|answer| self.turn(&answer))))
    }

    /// Reads a page and turns to the one after it.
    fn turn(&mut self, answer: &Answer) -> Result<O::Response, Error> {
        let response = answer.decode()?;
        match O::next_token(&response).filter(|token| !token.is_empty()) {
            Some(token) if self.request.page_token() == Some(token) => {
                return Err(answer.refused(DecodeProblem::RepeatedPageToken));
            }
            Some(token) => self.request.set_next_token(token.to_owned()),
            None => self.finished = true,
        }
        Ok(response)
    }

    /// The token of the page that [`next`](Self::next) fetches next, to go on from later.
    ///
    /// Set it on a new request to resume. `None` before the first page and after the last.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.request.page_token().filter(|_| !self.finished)
    }

    /// Walks the items of all pages instead of the pages.
    pub fn items(self) -> Items<O> {
        Items {
            pages: self,
            page: Vec::new().into_iter(),
        }
    }
}

/// A clone asks for its pages itself.
impl<O: Clone> Clone for Pages<O> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            request: self.request.clone(),
            coming: None,
            finished: self.finished,
        }
    }
}

impl<O: fmt::Debug> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("request", &self.request)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

/// The items of all pages of a list operation; see [`Pages::items`].
///
/// ```no_run
/// # use cognito_idp::{Client, client::Items, operation::users::ListUsersRequest};
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// let mut users: Items<_> = client.pages(ListUsersRequest::new("eu-central-1_example")).items();
/// while let Some(user) = users.next().await? {
///     println!("{:?}", user.user_status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is fetched before it is asked for"]
pub struct Items<O: Paginated> {
    pages: Pages<O>,
    page: std::vec::IntoIter<O::Item>,
}

impl<O: Paginated> Items<O> {
    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// Those of [`Pages::next`]; calling again asks for the same page.
    pub async fn next(&mut self) -> Result<Option<O::Item>, Error> {
        poll_fn(|context| self.poll_item(context)).await.transpose()
    }

    pub(super) fn poll_item(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<O::Item, Error>>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll_page(context)) {
                Some(Ok(page)) => self.page = O::items(page).into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
