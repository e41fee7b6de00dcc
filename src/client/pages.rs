//! Walking the pages of a list operation.

use super::Client;
use crate::{error::Error, operation::Paginated};

/// The pages of a list operation, fetched one at a time.
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
/// A page may be empty and yet not the last. A token that comes back a second time ends the walk,
/// so that a faulty server cannot make it endless.
#[derive(Debug)]
pub struct Pages<'a, O> {
    client: &'a Client,
    request: O,
    finished: bool,
}

impl<'a, O: Paginated> Pages<'a, O> {
    pub(super) fn new(client: &'a Client, request: O) -> Self {
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
    /// Those of [`Client::send`].
    pub async fn next(&mut self) -> Result<Option<O::Response>, Error> {
        if self.finished {
            return Ok(None);
        }
        let response = self.client.send(&self.request).await?;
        match O::next_token(&response).filter(|token| !token.is_empty()) {
            Some(token) if self.request.page_token() != Some(token) => {
                self.request.set_next_token(token.to_owned());
            }
            _ => self.finished = true,
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
    #[must_use]
    pub fn items(self) -> Items<'a, O> {
        Items {
            pages: self,
            page: Vec::new().into_iter(),
        }
    }
}

/// The items of all pages of a list operation; see [`Pages::items`].
#[derive(Debug)]
pub struct Items<'a, O: Paginated> {
    pages: Pages<'a, O>,
    page: std::vec::IntoIter<O::Item>,
}

impl<O: Paginated> Items<'_, O> {
    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// Those of [`Client::send`]; calling again asks for the same page.
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
