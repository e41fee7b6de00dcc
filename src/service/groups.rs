//! Adding a user to several groups.

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
        let username = username.into();
        let requests: Vec<_> = groups
            .into_iter()
            .map(|group| AdminAddUserToGroupRequest::new(&self.user_pool_id, &username, group))
            .collect();
        let mut answers = self.client.send_all(requests, AT_ONCE);
        let mut results = Vec::new();
        while let Some(sent) = answers.next().await {
            let group = sent.request.group_name;
            let result = sent.result.map(drop);
            results.push((sent.index, GroupResult { group, result }));
        }
        results.sort_by_key(|(index, _)| *index);
        GroupResults {
            results: results.into_iter().map(|(_, result)| result).collect(),
        }
    }
}

/// What happened with each group, in the order they were given.
///
/// ```no_run
/// use cognito_idp::{CognitoService, service::{GroupResult, GroupResults}};
///
/// # async fn example(service: CognitoService) {
/// let results: GroupResults = service.add_to_group("alice", ["staff", "admins"]).await;
/// for GroupResult { group, result, .. } in &results {
///     println!("{group}: {}", result.is_ok());
/// }
/// assert!(results.all_added());
/// # }
/// ```
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
