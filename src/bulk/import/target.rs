//! One record into the pool: each step may have been done before, and can be done again.

use std::time::Duration;

use serde::Deserialize;

use super::{ChoosePassword, Password};
use crate::{
    bulk::{
        bounded::Bounded,
        outcome::{Failure, Fate, SkipReason},
        record::{Member, Membership, Record, UserRecord},
        schema::is_read_only,
    },
    client::Client,
    error::{Error, ErrorCode},
    operation::{
        Operation,
        groups::{AdminAddUserToGroupRequest, CreateGroupRequest, GroupType},
        passwords::AdminSetUserPasswordRequest,
        user_pools::UsernameAttributeType,
        users::{
            AdminCreateUserRequest, AdminDisableUserRequest, AdminGetUserRequest,
            AdminGetUserResponse, AdminLinkProviderForUserRequest,
            AdminUpdateUserAttributesRequest, MessageActionType, ProviderUserIdentifierType,
        },
    },
    primitives::Timestamp,
    sensitive::Sensitive,
    types::{AttributeType, UserStatusType},
};

/// How long the network or Cognito may fail without a break before the job stops.
const PATIENCE: Duration = Duration::from_mins(5);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A clock that is off by less does not make a user of this job look like an older one.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// The pool to import into, and how.
pub(super) struct Target {
    pub(super) client: Client,
    pub(super) user_pool_id: String,
    /// What users sign in with, in a pool that makes up the usernames.
    pub(super) aliases: Vec<String>,
    pub(super) updates: bool,
    pub(super) invites: bool,
    pub(super) groups: bool,
    pub(super) password: Option<ChoosePassword>,
    pub(super) at_once: usize,
    pub(super) started: Timestamp,
}

impl Target {
    /// Brings a record into the pool; an error concerns the whole job.
    pub(super) async fn put(&self, record: Record, was_begun: bool) -> Result<Put, Error> {
        let put = match record {
            Record::Group(_) | Record::Membership(_) if !self.groups => {
                return Ok(Fate::Skipped(SkipReason::Groups).into());
            }
            Record::Group(group) => self.group(group, was_begun).await.map(Put::from),
            Record::User(user) => self.user(user, was_begun).await,
            Record::Membership(membership) => self.membership(membership).await.map(Put::from),
            Record::Manifest(_) | Record::End(_) => Ok(Fate::Skipped(SkipReason::Manifest).into()),
        };
        match put {
            Err(error) if concerns_the_record(&error) => {
                Ok(Fate::Failed(Failure::of(&error)).into())
            }
            put => put,
        }
    }

    async fn group(&self, group: GroupType, was_begun: bool) -> Result<Fate, Error> {
        let Some(name) = group.group_name else {
            return Ok(Fate::invalid("GroupName", "must be present"));
        };
        let mut request = CreateGroupRequest::new(&self.user_pool_id, name);
        request.description = group.description;
        request.precedence = group.precedence;
        request.role_arn = group.role_arn;
        let sent = self.send(&request).await;
        match sent.result {
            Ok(_) => Ok(Fate::Created),
            Err(error) if error.code() == Some(&ErrorCode::GroupExists) => {
                // Whether the attempt before made it, nobody can tell of a group.
                Ok(if was_begun || sent.may_have_run {
                    Fate::Created
                } else {
                    Fate::Unchanged
                })
            }
            Err(error) => Err(error),
        }
    }

    async fn user(&self, user: UserRecord, was_begun: bool) -> Result<Put, Error> {
        if user.user_status == Some(UserStatusType::ExternalProvider) {
            return Ok(Fate::Skipped(SkipReason::Federated).into());
        }
        let Some(username) = self.name_of(&user) else {
            let rule = "must be present, because users sign in with it in this pool";
            let alias = self.aliases.first().map_or("Username", String::as_str);
            return Ok(Fate::invalid(alias, rule).into());
        };
        let password = self.password.as_ref().and_then(|choose| choose(&user));
        let attributes = writable(&user);
        let mut request = AdminCreateUserRequest::new(&self.user_pool_id, &username)
            .user_attributes(attributes.clone());
        if !self.invites {
            request = request.message_action(MessageActionType::Suppress);
        }
        if let Some(Password::Temporary(password)) = &password {
            request = request.temporary_password(password);
        }
        let sent = self.send(&request).await;
        let mut linked = Vec::new();
        let sub = match sent.result {
            Ok(response) => {
                let user = response.user;
                user.and_then(|user| value(&user.attributes, "sub").map(str::to_owned))
            }
            Err(error) if error.code() == Some(&ErrorCode::UsernameExists) => {
                let there = AdminGetUserRequest::new(&self.user_pool_id, &username);
                let there = self.send(&there).await.result?;
                let sub = value(&there.user_attributes, "sub").map(str::to_owned);
                let is_ours = was_begun || sent.may_have_run;
                if !(is_ours && self.is_of_this_job(&there)) {
                    let fate = self.compare(&username, &attributes, &there).await?;
                    return Ok(Put { fate, sub });
                }
                linked = identities(value(&there.user_attributes, "identities"));
                sub
            }
            Err(error) => return Err(error),
        };
        let failure = self.complete(&user, &username, password, &linked);
        let fate = failure.await?.map_or(Fate::Created, Fate::Failed);
        Ok(Put { fate, sub })
    }

    /// What is to be done about a user who was just created: every step, whatever becomes of the others.
    ///
    /// Each can be done twice, but for links, of which those that are there are passed over.
    async fn complete(
        &self,
        user: &UserRecord,
        username: &Sensitive<String>,
        password: Option<Password>,
        linked: &[Identity],
    ) -> Result<Option<Failure>, Error> {
        let pool = &self.user_pool_id;
        let mut failure = None;
        let mut note = |result: Result<(), Error>| match result {
            Err(error) if concerns_the_record(&error) => {
                failure.get_or_insert_with(|| Failure::of(&error));
                Ok(())
            }
            result => result,
        };
        // Before anything else: who was disabled must not be able to sign in because a step failed.
        if user.enabled == Some(false) {
            let request = AdminDisableUserRequest::new(pool, username);
            note(self.send(&request).await.result.map(drop))?;
        }
        if let Some(Password::Permanent(password)) = password {
            let request =
                AdminSetUserPasswordRequest::new(pool, username, password).permanent(true);
            note(self.send(&request).await.result.map(drop))?;
        }
        for identity in identities(user.attribute("identities")) {
            if linked.contains(&identity) {
                continue;
            }
            let here = ProviderUserIdentifierType::new()
                .provider_name("Cognito")
                .provider_attribute_value(username);
            let there = ProviderUserIdentifierType::new()
                .provider_name(identity.provider_name)
                .provider_attribute_name("Cognito_Subject")
                .provider_attribute_value(identity.user_id);
            let request = AdminLinkProviderForUserRequest::new(pool, here, there);
            note(self.send(&request).await.result.map(drop))?;
        }
        for group in user.groups.iter().filter(|_| self.groups) {
            let request = AdminAddUserToGroupRequest::new(pool, username, group);
            note(self.send(&request).await.result.map(drop))?;
        }
        Ok(failure)
    }

    async fn compare(
        &self,
        username: &Sensitive<String>,
        attributes: &[AttributeType],
        there: &AdminGetUserResponse,
    ) -> Result<Fate, Error> {
        let differing = attributes.iter().filter(|attribute| {
            let wanted = attribute
                .value
                .as_ref()
                .map(|value| value.expose().as_str());
            wanted != value(&there.user_attributes, &attribute.name)
        });
        let differing: Vec<_> = differing.cloned().collect();
        if differing.is_empty() {
            return Ok(Fate::Unchanged);
        }
        if !self.updates {
            let attributes = differing.into_iter().map(|attribute| attribute.name);
            return Ok(Fate::Differs {
                attributes: attributes.collect(),
            });
        }
        let pool = &self.user_pool_id;
        let request = AdminUpdateUserAttributesRequest::new(pool, username, differing);
        self.send(&request).await.result?;
        Ok(Fate::Updated)
    }

    async fn membership(&self, membership: Membership) -> Result<Fate, Error> {
        let Membership {
            group_name,
            members,
        } = membership;
        let (mut added, mut failed, mut first) = (0, 0, None);
        let mut waiting = members.into_iter();
        let mut running = Bounded::new();
        loop {
            while running.len() < self.at_once
                && let Some(member) = waiting.next()
            {
                running.push(self.add_member(&group_name, member));
            }
            match running.next().await {
                None => break,
                Some(Ok(())) => added += 1,
                Some(Err(error)) if concerns_the_record(&error) => {
                    failed += 1;
                    first.get_or_insert_with(|| Failure::of(&error));
                }
                Some(Err(error)) => return Err(error),
            }
        }
        Ok(Fate::Members {
            added,
            failed,
            first,
        })
    }

    async fn add_member(&self, group_name: &str, member: Member) -> Result<(), Error> {
        let name = if self.aliases.is_empty() {
            member.username
        } else {
            member.alias.unwrap_or(member.username)
        };
        let request = AdminAddUserToGroupRequest::new(&self.user_pool_id, name, group_name);
        self.send(&request).await.result.map(drop)
    }

    /// The name to create a user by: in a pool that makes up the usernames an alias.
    fn name_of(&self, user: &UserRecord) -> Option<Sensitive<String>> {
        if self.aliases.is_empty() {
            return Some(user.username.clone());
        }
        user.member(&self.aliases).alias
    }

    /// Whether the user can be one that an attempt before has made.
    fn is_of_this_job(&self, there: &AdminGetUserResponse) -> bool {
        let skew = i64::try_from(CLOCK_SKEW.as_millis()).unwrap_or_default();
        let earliest = self.started.epoch_millis().saturating_sub(skew);
        let created = there.user_create_date;
        created.is_some_and(|created| created.epoch_millis() >= earliest)
    }

    /// Sends again what failed for no fault of its own, until that has lasted too long.
    async fn send<O: Operation>(&self, request: &O) -> Attempted<O::Response> {
        let began = tokio::time::Instant::now();
        let mut pause = SHORTEST_PAUSE;
        let mut may_have_run = false;
        loop {
            let error = match self.client.send(request).await {
                Err(error) if error.is_retryable() || error.outcome_unknown() => error,
                result => {
                    return Attempted {
                        result,
                        may_have_run,
                    };
                }
            };
            may_have_run |= error.outcome_unknown();
            if began.elapsed() + pause > PATIENCE {
                return Attempted {
                    result: Err(error),
                    may_have_run,
                };
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// What became of a record, and which `sub` a user has now.
pub(super) struct Put {
    pub(super) fate: Fate,
    pub(super) sub: Option<String>,
}

impl From<Fate> for Put {
    fn from(fate: Fate) -> Self {
        Self { fate, sub: None }
    }
}

/// What became of a request that may have been sent more than once.
struct Attempted<R> {
    result: Result<R, Error>,
    /// Whether an attempt before the last may have taken effect.
    may_have_run: bool,
}

/// An identity of a user at another provider, as the attribute `identities` tells of it.
#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    provider_name: String,
    user_id: Sensitive<String>,
}

fn identities(attribute: Option<&str>) -> Vec<Identity> {
    // What is none was never a link.
    let identities = attribute.and_then(|text| serde_json::from_str(text).ok());
    identities.unwrap_or_default()
}

/// The attributes that users of a pool sign in with, by name.
pub(in crate::bulk) fn names(attributes: &[UsernameAttributeType]) -> Vec<String> {
    attributes
        .iter()
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// The attributes that an administrator can set.
fn writable(user: &UserRecord) -> Vec<AttributeType> {
    let can_be_set = |attribute: &&AttributeType| !is_read_only(&attribute.name);
    user.attributes.iter().filter(can_be_set).cloned().collect()
}

fn value<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
    Some(attribute.value.as_ref()?.expose())
}

/// Whether another record might do better.
fn concerns_the_record(error: &Error) -> bool {
    matches!(
        error.code(),
        Some(
            ErrorCode::AliasExists
                | ErrorCode::CodeDeliveryFailure
                | ErrorCode::InvalidLambdaResponse
                | ErrorCode::InvalidParameter
                | ErrorCode::InvalidPassword
                | ErrorCode::LimitExceeded
                | ErrorCode::PasswordHistoryPolicyViolation
                | ErrorCode::PreconditionNotMet
                | ErrorCode::ResourceNotFound
                | ErrorCode::UnexpectedLambda
                | ErrorCode::UnsupportedUserState
                | ErrorCode::UserLambdaValidation
                | ErrorCode::UserNotFound
                | ErrorCode::UsernameExists
        )
    )
}
