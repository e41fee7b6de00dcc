//! Users out of a pool.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::File,
    io::{self, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    error::{BulkError, JournalProblem},
    import::names,
    journal::{Journal, private},
    progress::{Effort, Listener, Meter, Progress},
    record::{ExportTotals, FORMAT, Manifest, Membership, Record, UserRecord},
    walks::{Turned, Walk, Walks},
};
use crate::{
    client::Client,
    error::{Error, ErrorCode},
    operation::{
        Paginated,
        groups::{AdminListGroupsForUserRequest, ListGroupsRequest, ListUsersInGroupRequest},
        user_pools::DescribeUserPoolRequest,
        users::{AdminGetUserRequest, ListUsersRequest, SearchableAttribute, UserFilter},
    },
    pacing::QuotaCategory,
    types::UserType,
};

/// The most that Cognito puts on a page.
const PAGE: i32 = 60;
/// The walks over the users whose `sub` begins with each of these.
const SUB_BEGINNINGS: &str = "0123456789abcdef";

/// Writes the users of a pool as JSON Lines: what [`export`](super::export) gives.
#[must_use = "nothing is sent before `save` or `write_to`"]
pub struct Export {
    client: Client,
    user_pool_id: String,
    groups: bool,
    mfa: bool,
    by_sub: bool,
    at_once: usize,
    listener: Option<Listener>,
}

/// What an export wrote, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportReport {
    /// What is in the file.
    pub totals: ExportTotals,
    /// How the members of groups were found.
    pub members: Option<MembersFrom>,
    /// How many users were deleted between their list and the question about their MFA.
    pub vanished: u64,
    /// How often a part was read anew, because Cognito did not know its page token any more.
    pub restarts: u64,
    /// What this run cost.
    pub effort: Effort,
}

/// How the members of groups are found, which costs calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum MembersFrom {
    /// The users of each group: a call for each group and sixty members.
    Groups,
    /// The groups of each user: a call for each user. For pools with more groups than users.
    Users,
}

impl Export {
    pub(super) fn new(client: &Client, user_pool_id: String) -> Self {
        Self {
            client: client.paced(),
            user_pool_id,
            groups: true,
            mfa: false,
            by_sub: false,
            at_once: 8,
            listener: None,
        }
    }

    /// Leaves out the groups and who is in them.
    pub fn without_groups(mut self) -> Self {
        self.groups = false;
        self
    }

    /// Adds the MFA methods of each user, which costs a call for each.
    pub fn with_mfa(mut self) -> Self {
        self.mfa = true;
        self
    }

    /// Lists the users in sixteen walks at the same time, by how their `sub` begins.
    ///
    /// Cognito answers some ten pages a second to one walk and allows thirty. Each user has a `sub` that
    /// begins with one of sixteen digits and never changes, so the walks find each user in one of
    /// them.
    pub fn by_sub(mut self) -> Self {
        self.by_sub = true;
        self
    }

    /// Sets how many calls run at the same time; 8 by default.
    pub fn at_once(mut self, calls: usize) -> Self {
        self.at_once = calls.max(1);
        self
    }

    /// Tells of the progress after each page.
    pub fn on_progress(mut self, listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Writes into a file, or goes on with it where the same export was stopped before.
    ///
    /// Beside it stands a journal, its name with `.journal`, until the export is whole. A process may be
    /// killed at any time: the next call goes on behind the last page that was written. Both files are
    /// for their owner alone to read.
    ///
    /// # Errors
    /// [`BulkError::Call`] for what Cognito refused, [`BulkError::File`] for a file that cannot be
    /// written, and [`BulkError::Journal`] for a journal that is not that of this export, or an output
    /// without one: nothing is overwritten.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<ExportReport, BulkError> {
        let path = path.as_ref();
        let mut journal_path = path.as_os_str().to_owned();
        journal_path.push(".journal");
        let journal_path = PathBuf::from(journal_path);
        if path.exists() && !journal_path.exists() {
            return Err(BulkError::journal(&journal_path, JournalProblem::Missing));
        }
        let mut position = Position::default();
        let journal = Journal::open(&journal_path, &self.job(), |entry| position.add(entry))?;
        let fault = |error| BulkError::file(path, error);
        let file = private()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(fault)?;
        let length = file.metadata().map_err(fault)?.len();
        let mut output = Output {
            path: path.to_owned(),
            to: To::File(file, journal),
            offset: 0,
        };
        if position.offset > length {
            // The disk lost what the journal knows of.
            position.restart();
            if position.offset > length {
                position = Position::default();
            }
            output.note(&Entry::Restart {
                phase: position.phase,
                offset: position.offset,
            })?;
        }
        output.rewind(position.offset)?;
        self.run(output, position).await
    }

    /// Writes into anything; an export that is stopped begins anew.
    ///
    /// # Errors
    /// Those of [`save`](Self::save) but for the journal's.
    pub async fn write_to(self, output: impl Write + Send) -> Result<ExportReport, BulkError> {
        let output = Output {
            path: PathBuf::from("output"),
            to: To::Writer(Box::new(output)),
            offset: 0,
        };
        self.run(output, Position::default()).await
    }

    fn job(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Job<'a> {
            export: &'a str,
            format: u32,
            groups: bool,
            mfa: bool,
            by_sub: bool,
        }
        Job {
            export: &self.user_pool_id,
            format: FORMAT,
            groups: self.groups,
            mfa: self.mfa,
            by_sub: self.by_sub,
        }
    }

    async fn run(
        mut self,
        output: Output<'_>,
        position: Position,
    ) -> Result<ExportReport, BulkError> {
        let listener = self.listener.take();
        let mut meter = Meter::new(&self.client, QuotaCategory::UserList, listener);
        let request = DescribeUserPoolRequest::new(&self.user_pool_id);
        let pool = self.client.send(&request).await?.user_pool;
        let pool = pool.unwrap_or_else(crate::operation::user_pools::UserPoolType::new);
        let total = pool.estimated_number_of_users;
        let total = total.and_then(|total| u64::try_from(total).ok());
        let manifest = Manifest {
            format: FORMAT,
            user_pool_id: self.user_pool_id.clone(),
            user_pool_name: pool.name,
            started: self.client.local_time().into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            estimated_number_of_users: pool.estimated_number_of_users,
        };
        meter.start_from(position.totals.users, total);
        let run = Run {
            export: self,
            output,
            position,
            meter,
            manifest,
            aliases: names(&pool.username_attributes),
            vanished: 0,
            restarts: 0,
        };
        run.go().await
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("user_pool_id", &self.user_pool_id)
            .field("groups", &self.groups)
            .field("mfa", &self.mfa)
            .field("by_sub", &self.by_sub)
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}

/// The parts of an export, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
enum Phase {
    #[default]
    Groups,
    Users,
    Memberships,
    End,
}

/// What the journal tells.
#[derive(Debug, Deserialize, Serialize)]
enum Entry {
    /// A phase begins, when so much was written.
    Phase {
        phase: Phase,
        offset: u64,
        /// How the members of groups are found, from here on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        members: Option<MembersFrom>,
    },
    /// A walk of the phase has turned a page, and so much is written by now.
    Page {
        walk: usize,
        /// The page after it; none if the walk has ended.
        token: Option<String>,
        offset: u64,
        totals: ExportTotals,
        /// The groups on it, for the memberships.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
    },
    /// A phase begins anew, and so much of what was written stays.
    Restart { phase: Phase, offset: u64 },
}

/// How far the export is.
#[derive(Clone, Debug, Default)]
struct Position {
    phase: Phase,
    /// When the phase began.
    began: (u64, ExportTotals),
    offset: u64,
    totals: ExportTotals,
    /// The walks that have turned a page, with the next one.
    walks: BTreeMap<usize, Option<String>>,
    groups: Vec<String>,
    /// Decided once: a later run may know of another number of users.
    members: Option<MembersFrom>,
}

impl Position {
    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Phase {
                phase,
                offset,
                members,
            } => {
                self.members = members;
                self.phase = phase;
                self.offset = offset;
                self.began = (offset, self.totals);
                self.walks.clear();
            }
            Entry::Page {
                walk,
                token,
                offset,
                totals,
                groups,
            } => {
                self.walks.insert(walk, token);
                self.offset = offset;
                self.totals = totals;
                self.groups.extend(groups);
            }
            Entry::Restart { offset: 0, .. } => *self = Self::default(),
            Entry::Restart { .. } => self.restart(),
        }
    }

    /// Goes back to the beginning of the phase.
    fn restart(&mut self) {
        (self.offset, self.totals) = self.began;
        self.walks.clear();
        if self.phase == Phase::Groups {
            self.groups.clear();
        }
    }
}

/// Where the lines go.
struct Output<'a> {
    path: PathBuf,
    to: To<'a>,
    offset: u64,
}

enum To<'a> {
    File(File, Journal),
    Writer(Box<dyn Write + Send + 'a>),
}

impl Output<'_> {
    /// Writes lines all at once.
    fn write(&mut self, lines: &[u8]) -> Result<(), BulkError> {
        let written = match &mut self.to {
            To::File(file, _) => file.write_all(lines),
            To::Writer(writer) => writer.write_all(lines),
        };
        written.map_err(|error| BulkError::file(&self.path, error))?;
        self.offset += lines.len() as u64;
        Ok(())
    }

    /// Notes in the journal, if there is one, what has been written.
    fn note(&mut self, entry: &Entry) -> Result<(), BulkError> {
        let To::File(file, journal) = &mut self.to else {
            return Ok(());
        };
        journal.append(entry)?;
        if journal.must_sync() {
            file.sync_data()
                .map_err(|error| BulkError::file(&self.path, error))?;
            journal.sync()?;
        }
        Ok(())
    }

    fn can_rewind(&self) -> bool {
        matches!(self.to, To::File(..))
    }

    fn rewind(&mut self, offset: u64) -> Result<(), BulkError> {
        if let To::File(file, _) = &mut self.to {
            let cut = file.set_len(offset);
            let cut = cut.and_then(|()| file.seek(SeekFrom::Start(offset)));
            cut.map_err(|error| BulkError::file(&self.path, error))?;
        }
        self.offset = offset;
        Ok(())
    }

    fn finish(self) -> Result<(), BulkError> {
        match self.to {
            To::File(file, journal) => {
                let synced = file.sync_all();
                synced.map_err(|error| BulkError::file(&self.path, error))?;
                journal.remove()
            }
            To::Writer(mut writer) => {
                let flushed = writer.flush();
                flushed.map_err(|error| BulkError::file(&self.path, error))
            }
        }
    }
}

/// An export under way.
struct Run<'a> {
    export: Export,
    output: Output<'a>,
    position: Position,
    meter: Meter,
    manifest: Manifest,
    /// What users sign in with, in a pool that makes up the usernames.
    aliases: Vec<String>,
    vanished: u64,
    restarts: u64,
}

/// Why a phase stopped.
enum Stop {
    /// Cognito does not know a page token of an earlier run any more.
    OldToken(Error),
    Failed(BulkError),
}

impl<E: Into<BulkError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Run<'_> {
    async fn go(mut self) -> Result<ExportReport, BulkError> {
        loop {
            let done = match self.position.phase {
                Phase::Groups => self.groups().await,
                Phase::Users => self.users().await,
                Phase::Memberships => self.memberships().await,
                Phase::End => break,
            };
            match done {
                Ok(next) => self.begin(next)?,
                Err(Stop::OldToken(_)) if self.output.can_rewind() => self.restart()?,
                Err(Stop::OldToken(error)) => return Err(error.into()),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        let members = self.position.members;
        let totals = self.position.totals;
        let mut lines = Vec::new();
        write_line(&mut lines, &Record::End(totals));
        self.output.write(&lines)?;
        self.output.finish()?;
        Ok(ExportReport {
            totals,
            members,
            vanished: self.vanished,
            restarts: self.restarts,
            effort: self.meter.effort(),
        })
    }

    async fn groups(&mut self) -> Result<Phase, Stop> {
        if self.output.offset == 0 {
            let mut lines = Vec::new();
            write_line(&mut lines, &Record::Manifest(self.manifest.clone()));
            self.output.write(&lines)?;
        }
        if !self.export.groups {
            return Ok(Phase::Users);
        }
        let request = ListGroupsRequest::new(&self.export.user_pool_id).limit(PAGE);
        let mut walks = self.walks([(0, request)]);
        while let Some(turned) = walks.walks.next().await {
            let (number, token, page) = walks.take(turned)?;
            let names = page
                .groups
                .iter()
                .filter_map(|group| group.group_name.clone());
            let names: Vec<_> = names.collect();
            let mut totals = self.position.totals;
            totals.groups += page.groups.len() as u64;
            let lines = lines(page.groups.into_iter().map(Record::Group));
            self.turn(number, token, &lines, totals, names)?;
        }
        Ok(Phase::Users)
    }

    async fn users(&mut self) -> Result<Phase, Stop> {
        let pool = &self.export.user_pool_id;
        let request = || ListUsersRequest::new(pool).limit(PAGE);
        let by_sub = |beginning: char| {
            let filter = UserFilter::begins_with(SearchableAttribute::Sub, beginning.to_string());
            request().filter(filter)
        };
        let requests: Vec<_> = if self.export.by_sub {
            SUB_BEGINNINGS.chars().map(by_sub).enumerate().collect()
        } else {
            vec![(0, request())]
        };
        let asks_users = self.position.members == Some(MembersFrom::Users);
        let mut walks = self.walks(requests);
        while let Some(turned) = walks.walks.next().await {
            let (number, token, page) = walks.take(turned)?;
            let mut totals = self.position.totals;
            totals.users += page.users.len() as u64;
            let users = self.records(page.users.into_vec()).await?;
            let mut memberships = Vec::new();
            if asks_users {
                memberships = self.groups_of(&users).await?;
                totals.memberships += memberships.len() as u64;
            }
            let records = users.into_iter().map(Record::User);
            let records = records.chain(memberships.into_iter().map(Record::Membership));
            self.turn(number, token, &lines(records), totals, Vec::new())?;
            self.meter.tell(self.position.totals.users);
        }
        Ok(if self.export.groups && !asks_users {
            Phase::Memberships
        } else {
            Phase::End
        })
    }

    async fn memberships(&mut self) -> Result<Phase, Stop> {
        let pool = &self.export.user_pool_id;
        let groups = self.position.groups.clone();
        let requests = groups
            .iter()
            .map(|group| ListUsersInGroupRequest::new(pool, group).limit(PAGE))
            .enumerate();
        let requests: Vec<_> = requests.collect();
        let mut walks = self.walks(requests);
        while let Some(turned) = walks.walks.next().await {
            let (number, token, page) = walks.take(turned)?;
            let users = page.users.into_iter().map(UserRecord::from);
            let members: Vec<_> = users.map(|user| user.member(&self.aliases)).collect();
            let mut totals = self.position.totals;
            totals.memberships += members.len() as u64;
            let membership = Membership {
                group_name: groups[number].clone(),
                members,
            };
            let is_empty = membership.members.is_empty();
            let records = Some(Record::Membership(membership)).filter(|_| !is_empty);
            self.turn(number, token, &lines(records), totals, Vec::new())?;
        }
        Ok(Phase::End)
    }

    /// By groups, unless that takes more calls even if nobody is in two of them.
    fn decide_members(&self) -> Option<MembersFrom> {
        let groups = self.position.groups.len() as u64;
        let users = self.manifest.estimated_number_of_users;
        let users = users.and_then(|users| u64::try_from(users).ok());
        let from = match users {
            Some(users) if groups > users => MembersFrom::Users,
            _ => MembersFrom::Groups,
        };
        self.export.groups.then_some(from)
    }

    /// The users of a page, with their MFA if that is asked for.
    async fn records(&mut self, users: Vec<UserType>) -> Result<Vec<UserRecord>, Error> {
        let mut records: Vec<_> = users.into_iter().map(UserRecord::from).collect();
        if !self.export.mfa {
            return Ok(records);
        }
        let pool = &self.export.user_pool_id;
        let requests = records
            .iter()
            .map(|user| AdminGetUserRequest::new(pool, &user.username));
        let requests: Vec<_> = requests.collect();
        let mut answers = self.export.client.send_all(requests, self.export.at_once);
        while let Some(sent) = answers.next().await {
            match sent.result {
                Ok(user) => records[sent.index].add(user),
                Err(error) if error.code() == Some(&ErrorCode::UserNotFound) => self.vanished += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(records)
    }

    async fn groups_of(&mut self, users: &[UserRecord]) -> Result<Vec<Membership>, Error> {
        let pool = &self.export.user_pool_id;
        let walks = users.iter().map(|user| {
            let request = AdminListGroupsForUserRequest::new(pool, &user.username).limit(PAGE);
            self.export.client.pages(request)
        });
        let walks: Vec<_> = walks.collect();
        let walks = walks.into_iter().enumerate();
        let walks = walks.map(|(number, pages)| Walk { number, pages });
        let mut walks = Walks::new(walks, self.export.at_once);
        let mut memberships = Vec::new();
        while let Some(turned) = walks.next().await {
            let page = match turned.page {
                Err(error) if error.code() == Some(&ErrorCode::UserNotFound) => continue,
                page => page?,
            };
            let groups = page.groups.into_iter().filter_map(|group| group.group_name);
            memberships.extend(groups.map(|group_name| Membership {
                group_name,
                members: vec![users[turned.number].member(&self.aliases)],
            }));
        }
        Ok(memberships)
    }

    /// The walks of a phase, from where they stand.
    fn walks<O: Paginated + 'static>(
        &self,
        requests: impl IntoIterator<Item = (usize, O)>,
    ) -> PhaseWalks<O> {
        let mut old = BTreeSet::new();
        let mut walks = Vec::new();
        for (number, mut request) in requests {
            match self.position.walks.get(&number) {
                Some(None) => continue,
                Some(Some(token)) => {
                    request.set_next_token(token.clone());
                    old.insert(number);
                }
                None => {}
            }
            let pages = self.export.client.pages(request);
            walks.push(Walk { number, pages });
        }
        PhaseWalks {
            walks: Walks::new(walks.into_iter(), self.export.at_once),
            old,
        }
    }

    /// Writes the lines of a page, and notes that it was.
    fn turn(
        &mut self,
        walk: usize,
        token: Option<String>,
        lines: &[u8],
        totals: ExportTotals,
        groups: Vec<String>,
    ) -> Result<(), BulkError> {
        self.output.write(lines)?;
        let entry = Entry::Page {
            walk,
            token,
            offset: self.output.offset,
            totals,
            groups,
        };
        self.output.note(&entry)?;
        self.position.add(entry);
        Ok(())
    }

    fn begin(&mut self, phase: Phase) -> Result<(), BulkError> {
        let members = self.position.members.or_else(|| self.decide_members());
        let entry = Entry::Phase {
            phase,
            offset: self.output.offset,
            members,
        };
        self.output.note(&entry)?;
        self.position.add(entry);
        Ok(())
    }

    fn restart(&mut self) -> Result<(), BulkError> {
        self.restarts += 1;
        self.position.restart();
        let (phase, offset) = (self.position.phase, self.position.offset);
        self.output.note(&Entry::Restart { phase, offset })?;
        self.output.rewind(offset)
    }
}

/// The walks of a phase, of which some go on from an earlier run.
struct PhaseWalks<O: Paginated> {
    walks: Walks<std::vec::IntoIter<Walk<O>>, O>,
    old: BTreeSet<usize>,
}

impl<O: Paginated> PhaseWalks<O> {
    fn take(&mut self, turned: Turned<O>) -> Result<(usize, Option<String>, O::Response), Stop> {
        let was_old = self.old.remove(&turned.number);
        match turned.page {
            Ok(page) => Ok((turned.number, turned.token, page)),
            Err(error) if was_old && error.code() == Some(&ErrorCode::InvalidParameter) => {
                Err(Stop::OldToken(error))
            }
            Err(error) => Err(Stop::Failed(error.into())),
        }
    }
}

fn lines(records: impl IntoIterator<Item = Record>) -> Vec<u8> {
    let mut lines = Vec::new();
    for record in records {
        write_line(&mut lines, &record);
    }
    lines
}

fn write_line(lines: &mut Vec<u8>, record: &Record) {
    // Into memory, of types of this crate: it cannot fail.
    let written: io::Result<()> = serde_json::to_writer(&mut *lines, record).map_err(Into::into);
    debug_assert!(written.is_ok());
    lines.push(b'\n');
}
