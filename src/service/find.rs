//! Finding one user.

use super::CognitoService;
use crate::{
    error::Error,
    operation::users::{ListUsersRequest, UserFilter},
    types::UserType,
};

impl CognitoService {
    /// Looks for the one user who meets a condition, such as [`UserFilter::email`] or
    /// [`UserFilter::sub`].
    ///
    /// Cognito's list lags behind: someone who was just created or changed may be missing from it or
    /// still be there with the old values. To read a user whose username, alias or `sub` is at hand,
    /// [`AdminGetUserRequest`](crate::operation::users::AdminGetUserRequest) is the call that is up to
    /// date.
    ///
    /// ```no_run
    /// use cognito_idp::{operation::users::UserFilter, service::FoundUsers};
    ///
    /// # async fn example(service: cognito_idp::CognitoService) -> Result<(), cognito_idp::Error> {
    /// match service.find_user(UserFilter::email("alice@example.com")).await? {
    ///     FoundUsers::One(user) => println!("{:?}", user.user_status),
    ///     FoundUsers::None => println!("nobody has this address"),
    ///     FoundUsers::Several(users) => println!("{} users have it, or more", users.len()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidParameter`](crate::ErrorCode::InvalidParameter) for a condition of more than 256
    /// characters, and others of [`ListUsersRequest`].
    pub async fn find_user(&self, filter: UserFilter) -> Result<FoundUsers, Error> {
        let request = ListUsersRequest::new(&self.user_pool_id).filter(filter);
        let mut pages = self.client.pages(request);
        let mut found = Vec::new();
        // A page can be empty although another follows it.
        while found.len() < 2
            && let Some(page) = pages.next().await?
        {
            found.extend(page.users);
        }
        Ok(match found.len() {
            0 | 1 => found.pop().map_or(FoundUsers::None, FoundUsers::One),
            _ => FoundUsers::Several(found),
        })
    }
}

/// Who met the condition of [`CognitoService::find_user`].
#[derive(Clone, Debug, PartialEq)]
pub enum FoundUsers {
    /// Nobody, as far as the list knows.
    None,
    /// Exactly one user.
    One(UserType),
    /// Two users at least, from the beginning of the list; the rest was not asked for.
    ///
    /// An email address is unique only in pools that sign users in with it, and there only once it is
    /// verified.
    Several(Vec<UserType>),
}

impl FoundUsers {
    /// The user, if exactly one was found.
    #[must_use]
    pub fn one(self) -> Option<UserType> {
        match self {
            Self::One(user) => Some(user),
            Self::None | Self::Several(_) => None,
        }
    }
}
