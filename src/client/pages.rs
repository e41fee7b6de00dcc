//! Walking the pages of a list operation.

use super::{Client, SendOptions};
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
#[derive(Clone, Debug)]
#[must_use = "nothing is fetched before it is asked for"]
pub struct Pages<O> {
    client: Client,
    request: O,
    finished: bool,
}

impl<O: Paginated> Pages<O> {
    pub(super) fn new(client: Client, request: O) -> Self {
        Self {
            client,
            request,
            finished: false,
        }
    }

    /// Fetches the next page; `None` after the last.
    ///
    /// After an error the walk stands where it stood, so calling again asks for the same page.
    ///
    /// # Errors
    /// Those of [`Client::send`], and [`DecodeProblem::RepeatedPageToken`] for a page that names
    /// itself as the next one.
    pub async fn next(&mut self) -> Result<Option<O::Response>, Error> {
        if self.finished {
            return Ok(None);
        }
        let answer = self
            .client
            .answer(&self.request, SendOptions::new())
            .await?;
        let response = answer.decode()?;
        match O::next_token(&response).filter(|token| !token.is_empty()) {
            Some(token) if self.request.page_token() == Some(token) => {
                return Err(answer.refused(DecodeProblem::RepeatedPageToken));
            }
            Some(token) => self.request.set_next_token(token.to_owned()),
            None => self.finished = true,
        }
        Ok(Some(response))
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

/// The items of all pages of a list operation; see [`Pages::items`].
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
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            let Some(page) = self.pages.next().await? else {
                return Ok(None);
            };
            self.page = O::items(page).into_iter();
        }
    }
}
