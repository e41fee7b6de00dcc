//! Users into a pool.

use std::{
    collections::{BTreeSet, HashSet},
    fmt, mem,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    bounded::Bounded,
    error::{BulkError, JournalProblem},
    journal::Journal,
    outcome::{Failure, Fate, Outcome, SkipReason, Subs},
    progress::{Effort, Listener, Meter, Progress},
    record::{FORMAT, Member, Membership, Record, UserRecord},
    schema::{Check, CheckReport},
    source::{Row, RowError},
};
use crate::{
    client::Client,
    error::{Error, ErrorCode},
    operation::{
        Operation,
        groups::{AdminAddUserToGroupRequest, CreateGroupRequest, GroupType, ListGroupsRequest},
        passwords::AdminSetUserPasswordRequest,
        user_pools::{DescribeUserPoolRequest, UserPoolType, UsernameAttributeType},
        users::{
            AdminCreateUserRequest, AdminDisableUserRequest, AdminGetUserRequest,
            AdminGetUserResponse, AdminLinkProviderForUserRequest,
            AdminUpdateUserAttributesRequest, MessageActionType, ProviderUserIdentifierType,
        },
    },
    pacing::QuotaCategory,
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
/// So many failures are kept in the report; the journal has all.
const KEPT_FAILURES: usize = 1_000;

/// The password of a user who is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Password {
    /// Good for one sign-in, at which the user chooses another.
    Temporary(Sensitive<String>),
    /// The one that the user goes on with.
    Permanent(Sensitive<String>),
}

type ChoosePassword = Arc<dyn Fn(&UserRecord) -> Option<Password> + Send + Sync>;
type OutcomeListener = Box<dyn Fn(&Outcome) + Send + Sync>;

/// Creates the users and groups of a file in a pool: what [`import`](super::import) gives.
#[must_use = "nothing is sent before `run`"]
pub struct Import<S> {
    client: Client,
    user_pool_id: String,
    source: S,
    updates: bool,
    invites: bool,
    groups: bool,
    password: Option<ChoosePassword>,
    at_once: usize,
    journal: Option<PathBuf>,
    listener: Option<Listener>,
    outcome_listener: Option<OutcomeListener>,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// The users.
    pub users: ImportTotals,
    /// The groups.
    pub groups: ImportTotals,
    /// How often a user was put into a group.
    pub members_added: u64,
    /// How often a user could not be put into a group.
    pub members_failed: u64,
    /// Rows that could not be read.
    pub unreadable: u64,
    /// The first thousand rows with failures, by number and line; the journal and
    /// [`on_outcome`](Import::on_outcome) have all.
    pub failures: Vec<(u64, u64, Fate)>,
    /// What this run cost.
    pub effort: Effort,
}

/// How many came to what end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImportTotals {
    /// Created.
    pub created: u64,
    /// There before, and changed.
    pub updated: u64,
    /// There before, and as they should be.
    pub unchanged: u64,
    /// There before with other values, and left alone.
    pub differing: u64,
    /// Passed over.
    pub skipped: u64,
    /// Refused by Cognito, or not fit for this pool.
    pub failed: u64,
}

impl<S> Import<S> {
    pub(super) fn new(client: &Client, user_pool_id: String, source: S) -> Self {
        Self {
            client: client.paced(),
            user_pool_id,
            source,
            updates: false,
            invites: false,
            groups: true,
            password: None,
            at_once: 16,
            journal: None,
            listener: None,
            outcome_listener: None,
        }
    }

    /// Changes the attributes of users who are there already to what the file says; without it they are
    /// compared and left alone.
    pub fn update_existing(mut self) -> Self {
        self.updates = true;
        self
    }

    /// Lets Cognito invite each new user by its own choice of medium; without it nobody is sent
    /// anything.
    pub fn invite(mut self) -> Self {
        self.invites = true;
        self
    }

    /// Leaves out the groups and who is in them.
    pub fn without_groups(mut self) -> Self {
        self.groups = false;
        self
    }

    /// Chooses the password of each new user; without one Cognito makes up a temporary one that nobody
    /// learns, and the user comes in by `ForgotPassword`, which a verified address allows, or by a
    /// sign-in without password.
    pub fn passwords(
        mut self,
        choose: impl Fn(&UserRecord) -> Option<Password> + Send + Sync + 'static,
    ) -> Self {
        self.password = Some(Arc::new(choose));
        self
    }

    /// Sets how many users are worked on at the same time; 16 by default.
    pub fn at_once(mut self, users: usize) -> Self {
        self.at_once = users.max(1);
        self
    }

    /// Keeps a journal in this file, from which a job that was stopped goes on, with the same report in
    /// the end.
    ///
    /// It stays when the job has ended, as its record; a job that is run again on it does nothing. It
    /// holds no names but what Cognito's refusals quote, and no secrets.
    pub fn journal(mut self, path: impl AsRef<Path>) -> Self {
        self.journal = Some(path.as_ref().to_owned());
        self
    }

    /// Tells of the progress after each user.
    pub fn on_progress(mut self, listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Tells what became of each row, when it has been done in this run.
    pub fn on_outcome(mut self, listener: impl Fn(&Outcome) + Send + Sync + 'static) -> Self {
        self.outcome_listener = Some(Box::new(listener));
        self
    }
}

impl<S> Import<S>
where
    S: Iterator<Item = Result<Row, RowError>> + Send,
{
    /// Looks through the file and says what would be refused, before anything is written.
    ///
    /// Each user is held against the pool's schema: attributes that it has and requires, their lengths
    /// and forms; names and aliases that two users of the file share; groups that are nowhere. It costs
    /// the calls that read the pool and its groups. What a Lambda trigger refuses, or an alias that a
    /// user of the pool has already, shows only when the job runs.
    ///
    /// # Errors
    /// [`BulkError::Call`] if the pool cannot be read.
    pub async fn check(self) -> Result<CheckReport, BulkError> {
        let pool = DescribeUserPoolRequest::new(&self.user_pool_id);
        let pool = self.client.send(&pool).await?.user_pool;
        let mut groups = HashSet::new();
        if self.groups {
            let request = ListGroupsRequest::new(&self.user_pool_id);
            let mut items = self.client.pages(request).items();
            while let Some(group) = items.next().await? {
                groups.extend(group.group_name);
            }
        }
        let mut check = Check::new(&pool.unwrap_or_else(UserPoolType::new), groups);
        self.source.for_each(|row| check.row(row));
        Ok(check.finish())
    }

    /// Does all that is not done yet.
    ///
    /// A row that Cognito refuses is in the report, and the next one is done. What concerns all of them
    /// stops the job: credentials, the pool, or a network or service that fails for five minutes. With
    /// a [journal](Self::journal) a later run goes on there.
    ///
    /// # Errors
    /// [`BulkError::Call`] for what stopped the job, [`BulkError::File`] and [`BulkError::Journal`] for
    /// a journal that cannot be written or is not that of this job and file.
    pub async fn run(mut self) -> Result<ImportReport, BulkError> {
        let listener = self.listener.take();
        let mut meter = Meter::new(&self.client, QuotaCategory::UserCreation, listener);
        let pool = DescribeUserPoolRequest::new(&self.user_pool_id);
        let pool = self.client.send(&pool).await?.user_pool;
        let aliases = pool.map(|pool| names(&pool.username_attributes));

        let mut past = Past::default();
        let mut journal = None;
        if let Some(path) = &self.journal {
            let job = self.job();
            journal = Some(Journal::open(path, &job, |entry| past.add(entry))?);
        }
        let now = Timestamp::from(self.client.server_time());
        let started = past.started.unwrap_or(now);
        if let (None, Some(journal)) = (past.started, &mut journal) {
            journal.append(&Entry::Started { started })?;
        }
        let target = Arc::new(Target {
            client: self.client.clone(),
            user_pool_id: mem::take(&mut self.user_pool_id),
            aliases: aliases.unwrap_or_default(),
            updates: self.updates,
            invites: self.invites,
            groups: self.groups,
            password: self.password.take(),
            at_once: self.at_once,
            started,
        });
        meter.start_from(past.report.users.all(), None);
        let run = Run {
            target,
            at_once: self.at_once,
            past,
            journal,
            meter,
            outcome_listener: self.outcome_listener.take(),
            running: Bounded::new(),
            kind: Kind::File,
        };
        run.go(self.source).await
    }

    fn job(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Job<'a> {
            import: &'a str,
            format: u32,
            updates: bool,
            invites: bool,
            groups: bool,
        }
        Job {
            import: &self.user_pool_id,
            format: FORMAT,
            updates: self.updates,
            invites: self.invites,
            groups: self.groups,
        }
    }
}

impl<S> fmt::Debug for Import<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("user_pool_id", &self.user_pool_id)
            .field("updates", &self.updates)
            .field("invites", &self.invites)
            .field("groups", &self.groups)
            .field("at_once", &self.at_once)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}

impl ImportTotals {
    fn count(&mut self, fate: &Fate) {
        let count = match fate {
            Fate::Created => &mut self.created,
            Fate::Updated => &mut self.updated,
            Fate::Unchanged => &mut self.unchanged,
            Fate::Differs { .. } => &mut self.differing,
            Fate::Skipped(_) | Fate::Members { .. } => &mut self.skipped,
            Fate::Failed(_) | Fate::Invalid { .. } => &mut self.failed,
        };
        *count += 1;
    }

    /// How many there were.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.differing + self.skipped + self.failed
    }
}

/// What a row is about; the kinds are done one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
enum Kind {
    /// The file itself, or nothing that can be read.
    File,
    Group,
    User,
    Membership,
}

impl Kind {
    fn of(row: &Result<Row, RowError>) -> Self {
        match row.as_ref().map(|row| &row.record) {
            Err(_) | Ok(Record::Manifest(_) | Record::End(_)) => Self::File,
            Ok(Record::Group(_)) => Self::Group,
            Ok(Record::User(_)) => Self::User,
            Ok(Record::Membership(_)) => Self::Membership,
        }
    }
}

/// What the journal tells.
#[derive(Debug, Deserialize, Serialize)]
enum Entry {
    /// When the job began, by the server's clock.
    Started { started: Timestamp },
    /// A row is about to be done: whoever finds no end of it cannot know how far it got.
    Begun { row: u64 },
    Done {
        row: u64,
        line: u64,
        kind: Kind,
        /// Of the record, so that another file is noticed.
        digest: u32,
        fate: Fate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subs: Option<Subs>,
    },
}

/// What earlier runs did.
#[derive(Debug, Default)]
struct Past {
    started: Option<Timestamp>,
    /// By number: of what was done the digest, 0 for what was not.
    digests: Vec<u32>,
    /// Rows that were begun, and since when they have not ended.
    begun: BTreeSet<u64>,
    report: ImportReport,
}

impl Past {
    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Started { started } => self.started = Some(started),
            Entry::Begun { row } => _ = self.begun.insert(row),
            Entry::Done {
                row,
                line,
                kind,
                digest,
                fate,
                subs: _,
            } => {
                self.begun.remove(&row);
                let Ok(place) = usize::try_from(row) else {
                    return;
                };
                if self.digests.len() <= place {
                    self.digests.resize(place + 1, 0);
                }
                self.digests[place] = digest;
                self.report.count(row, line, kind, fate);
            }
        }
    }

    fn digest(&self, row: u64) -> Option<u32> {
        let place = usize::try_from(row).ok()?;
        self.digests
            .get(place)
            .copied()
            .filter(|digest| *digest != 0)
    }
}

impl ImportReport {
    fn count(&mut self, row: u64, line: u64, kind: Kind, fate: Fate) {
        match (kind, &fate) {
            (Kind::User, fate) => self.users.count(fate),
            (Kind::Group, fate) => self.groups.count(fate),
            (Kind::Membership, Fate::Members { added, failed, .. }) => {
                self.members_added += added;
                self.members_failed += failed;
            }
            (Kind::File, Fate::Invalid { .. }) => self.unreadable += 1,
            (Kind::Membership | Kind::File, _) => {}
        }
        if fate.is_failure() && self.failures.len() < KEPT_FAILURES {
            self.failures.push((row, line, fate));
        }
    }
}

/// An import under way.
struct Run {
    target: Arc<Target>,
    at_once: usize,
    past: Past,
    journal: Option<Journal>,
    meter: Meter,
    outcome_listener: Option<OutcomeListener>,
    running: Bounded<'static, (Numbered, Result<Put, Error>)>,
    kind: Kind,
}

/// A row while its record is worked on.
struct Numbered {
    row: u64,
    line: u64,
    kind: Kind,
    digest: u32,
    name: Option<Sensitive<String>>,
    old_sub: Option<String>,
}

impl Run {
    async fn go<S>(mut self, source: S) -> Result<ImportReport, BulkError>
    where
        S: Iterator<Item = Result<Row, RowError>>,
    {
        for (row, read) in (0..).zip(source) {
            let digest = digest(&read);
            match self.past.digest(row) {
                Some(done) if done == digest => continue,
                Some(_) => return Err(self.another_job()),
                None => {}
            }
            let kind = Kind::of(&read);
            // What comes next may need all before it: a user in a group both of them.
            let most = match kind {
                Kind::Membership | Kind::File => 1,
                Kind::Group | Kind::User => self.at_once,
            };
            while self.running.len() >= most || self.kind != kind && self.running.len() > 0 {
                self.complete_one().await?;
            }
            self.kind = kind;
            self.begin(row, kind, digest, read)?;
        }
        while self.running.len() > 0 {
            self.complete_one().await?;
        }
        if let Some(journal) = &mut self.journal {
            journal.sync()?;
        }
        self.past.report.failures.sort_by_key(|(row, ..)| *row);
        self.past.report.effort = self.meter.effort();
        Ok(self.past.report)
    }

    fn begin(
        &mut self,
        row: u64,
        kind: Kind,
        digest: u32,
        read: Result<Row, RowError>,
    ) -> Result<(), BulkError> {
        let was_begun = self.past.begun.contains(&row);
        let mut numbered = Numbered {
            row,
            line: 0,
            kind,
            digest,
            name: None,
            old_sub: None,
        };
        let record = match read {
            Ok(Row { line, record }) => {
                numbered.line = line;
                record
            }
            Err(error) => {
                numbered.line = error.line;
                return self.complete(numbered, Fate::from(error).into());
            }
        };
        match &record {
            Record::User(user) => {
                numbered.name = Some(user.username.clone());
                numbered.old_sub = user.attribute("sub").map(str::to_owned);
            }
            Record::Group(group) => numbered.name = group.group_name.as_deref().map(Into::into),
            Record::Membership(group) => numbered.name = Some(group.group_name.as_str().into()),
            Record::Manifest(_) | Record::End(_) => {
                return self.complete(numbered, Fate::Skipped(SkipReason::Manifest).into());
            }
        }
        if !was_begun && let Some(journal) = &mut self.journal {
            journal.append(&Entry::Begun { row })?;
        }
        let target = self.target.clone();
        self.running.push(async move {
            let put = target.put(record, was_begun).await;
            (numbered, put)
        });
        Ok(())
    }

    async fn complete_one(&mut self) -> Result<(), BulkError> {
        match self.running.next().await {
            Some((numbered, put)) => self.complete(numbered, put?),
            None => Ok(()),
        }
    }

    fn complete(&mut self, numbered: Numbered, put: Put) -> Result<(), BulkError> {
        let Numbered {
            row,
            line,
            kind,
            digest,
            name,
            old_sub,
        } = numbered;
        let Put { fate, sub } = put;
        let both = old_sub.zip(sub);
        let subs = both.map(|(old, new)| Subs { old, new });
        let entry = Entry::Done {
            row,
            line,
            kind,
            digest,
            fate: fate.clone(),
            subs: subs.clone(),
        };
        if let Some(journal) = &mut self.journal {
            journal.append(&entry)?;
            if journal.must_sync() {
                journal.sync()?;
            }
        }
        self.past.report.count(row, line, kind, fate.clone());
        if let Some(listener) = &self.outcome_listener {
            listener(&Outcome {
                number: row,
                line,
                name,
                subs,
                fate,
            });
        }
        if kind == Kind::User {
            self.meter.tell(self.past.report.users.all());
        }
        Ok(())
    }

    fn another_job(&self) -> BulkError {
        let path = self.journal.as_ref().map(Journal::path);
        BulkError::journal(path.unwrap_or(Path::new("")), JournalProblem::AnotherJob)
    }
}

/// Reads out of the [journal](Import::journal) of an import which `sub` each user had, and has now.
///
/// Tell those of it who know users by their `sub`.
///
/// # Errors
/// [`BulkError::File`] and [`BulkError::Journal`] for a journal that cannot be read, is damaged, or in use.
pub fn subs(journal: impl AsRef<Path>, mut each: impl FnMut(Subs)) -> Result<(), BulkError> {
    Journal::read(journal.as_ref(), |entry| {
        if let Entry::Done {
            subs: Some(subs), ..
        } = entry
        {
            each(subs);
        }
    })
}

/// A digest that is never 0.
fn digest(read: &Result<Row, RowError>) -> u32 {
    let text = match read {
        Ok(row) => serde_json::to_vec(&row.record).unwrap_or_default(),
        Err(error) => error.to_string().into_bytes(),
    };
    let [a, b, c, d, ..] = Sha256::digest(text).0;
    u32::from_le_bytes([a, b, c, d]) | 1
}

/// The pool to import into, and how.
struct Target {
    client: Client,
    user_pool_id: String,
    /// What users sign in with, in a pool that makes up the usernames.
    aliases: Vec<String>,
    updates: bool,
    invites: bool,
    groups: bool,
    password: Option<ChoosePassword>,
    at_once: usize,
    started: Timestamp,
}

impl Target {
    /// Brings a record into the pool; an error concerns the whole job.
    async fn put(&self, record: Record, was_begun: bool) -> Result<Put, Error> {
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
struct Put {
    fate: Fate,
    sub: Option<String>,
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
pub(super) fn names(attributes: &[UsernameAttributeType]) -> Vec<String> {
    attributes
        .iter()
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// Whether Cognito alone sets an attribute.
pub(super) fn is_read_only(name: &str) -> bool {
    name == "sub" || name == "identities" || name.starts_with("cognito:")
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
