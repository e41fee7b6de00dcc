//! Users into a pool: row after row, with a journal of what became of each.

mod target;

use std::{
    collections::{BTreeSet, HashSet},
    fmt, mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(super) use self::target::names;
use self::target::{Put, Target};
use super::{
    bounded::Bounded,
    error::{BulkError, JournalProblem},
    journal::Journal,
    outcome::{Fate, Outcome, SkipReason, Subs},
    progress::{Effort, Listener, Meter, Progress},
    record::{FORMAT, Record, UserRecord},
    schema::{Check, CheckReport},
    source::{Row, RowError},
};
use crate::{
    client::Client,
    error::Error,
    operation::{
        groups::ListGroupsRequest,
        user_pools::{DescribeUserPoolRequest, UserPoolType},
    },
    pacing::QuotaCategory,
    primitives::Timestamp,
    sensitive::Sensitive,
};

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
