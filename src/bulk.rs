//! Users in bulk: out of a pool, into one, and from pool to pool.
//!
//! An [`export`] writes the users of a pool with their groups as JSON Lines, one [`Record`] a line. It
//! keeps within Cognito's quotas, needs the same memory for any pool, and goes on where it was stopped:
//!
//! ```no_run
//! # use cognito_idp::{Client, bulk};
//! # async fn example(client: Client) -> Result<(), bulk::BulkError> {
//! let report = bulk::export(&client, "eu-central-1_example")
//!     .on_progress(|progress| eprintln!("{} of {:?}", progress.done, progress.total))
//!     .save("users.jsonl")
//!     .await?;
//! println!("{} users", report.totals.users);
//! # Ok(())
//! # }
//! ```
//!
//! An [`import`] creates users and groups in a pool, from such a file, a [`Csv`] or rows of your own:
//!
//! ```no_run
//! # use std::{fs::File, io::BufReader};
//! # use cognito_idp::{Client, bulk};
//! # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! let rows = bulk::json_lines(BufReader::new(File::open("users.jsonl")?));
//! let import = bulk::import(&client, "eu-central-1_other", rows).journal("users.import");
//! let report = import.run().await?;
//! for (_, line, fate) in &report.failures {
//!     eprintln!("line {line}: {fate:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`migrate`] does both. Cognito's own import jobs, which take password hashes, are fed with an
//! [`ImportFile`] by an [`ImportJob`].
//!
//! Jobs run in the task that awaits them and end with it; what was done until then is in the journal.
//! They write files there as well, so give a job a task of its own in a program that answers others.
//!
//! `ListUsers` is eventually consistent: a user who is created or deleted during the export may be in it
//! or not. Cognito gives no passwords out, neither as text nor as hashes.
//!
//! What went out, what came in, and what became of each row is data:
//!
//! ```no_run
//! use std::{fs::File, io::BufReader};
//! use cognito_idp::{
//!     Client,
//!     bulk::{
//!         self, BulkError, CheckReport, Effort, Export, ExportReport, ExportTotals, Failure, Fate, Import,
//!         ImportReport, ImportTotals, JournalProblem, JsonLines, MembersFrom, MigrationReport, Outcome, Password,
//!         Progress, RowError, SkipReason, Subs, UserRecord,
//!     },
//! };
//!
//! fn show(progress: Progress) {
//!     eprintln!("{} of {:?}, {:.0} a second, {:?} left", progress.done, progress.total, progress.rate, progress.left);
//! }
//!
//! fn log(Outcome { line, fate, .. }: &Outcome) {
//!     match fate {
//!         Fate::Created | Fate::Updated | Fate::Unchanged => {}
//!         Fate::Skipped(SkipReason::Federated) => println!("{line}: comes back with the first federated sign-in"),
//!         Fate::Failed(Failure { operation, code, .. }) => println!("{line}: {operation} said {code:?}"),
//!         fate => println!("{line}: {fate:?}"),
//!     }
//! }
//!
//! fn summary(totals: &ImportTotals, effort: &Effort) {
//!     println!("{} of {} created, with {} calls", totals.created, totals.all(), effort.requests);
//! }
//!
//! fn temporary(user: &UserRecord) -> Option<Password> {
//!     let address = user.attribute("email")?;
//!     Some(Password::Temporary(format!("{}-P@ssw0rd!", address.len()).into()))
//! }
//!
//! # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
//! let export: Export = bulk::export(&client, "eu-central-1_example").on_progress(show);
//! let ExportReport { totals, members, .. } = export.write_to(File::create("users.jsonl")?).await?;
//! let ExportTotals { users, groups, .. } = totals;
//! println!("{users} users, {groups} groups, found by users: {}", members == Some(MembersFrom::Users));
//!
//! let rows = || Ok::<JsonLines<_>, std::io::Error>(bulk::json_lines(BufReader::new(File::open("users.jsonl")?)));
//! let check: CheckReport = bulk::import(&client, "eu-central-1_other", rows()?).check().await?;
//! for RowError { line, rule, .. } in &check.problems {
//!     println!("line {line}: {rule}");
//! }
//! if !check.is_fit() {
//!     return Ok(());
//! }
//! let import: Import<_> = bulk::import(&client, "eu-central-1_other", rows()?).passwords(temporary).on_outcome(log);
//! let report: ImportReport = match import.journal("users.import").run().await {
//!     Err(BulkError::Journal { problem: JournalProblem::InUse, .. }) => return Ok(()), // by another process
//!     report => report?,
//! };
//! summary(&report.users, &report.effort);
//! bulk::subs("users.import", |Subs { old, new, .. }| println!("{old},{new}"))?;
//!
//! let import = |rows| bulk::import(&client, "eu-central-1_new", rows);
//! let MigrationReport { imported, .. } = bulk::migrate(bulk::export(&client, "eu-central-1_old"), "folder", import).await?;
//! summary(&imported.users, &imported.effort);
//! # Ok(())
//! # }
//! ```

mod bounded;
mod csv;
mod error;
mod export;
mod import;
mod import_file;
mod import_job;
mod journal;
mod migrate;
mod outcome;
mod password_hash;
mod progress;
mod record;
mod schema;
mod source;
mod walks;

pub use self::{
    csv::{Csv, CsvRows},
    error::{BulkError, JournalProblem},
    export::{Export, ExportReport, MembersFrom},
    import::{Import, ImportReport, ImportTotals, Password, subs},
    import_file::ImportFile,
    import_job::{ImportJob, LineOutcome},
    migrate::{MigrationReport, migrate},
    outcome::{Failure, Fate, Outcome, SkipReason, Subs},
    progress::{Effort, Progress},
    record::{ExportTotals, Manifest, Member, Membership, Record, UserRecord},
    schema::CheckReport,
    source::{JsonLines, Row, RowError, json_lines},
};
use crate::client::Client;

/// Begins an export of the users of a pool.
///
/// A client without [pacing](crate::ClientBuilder::pacing) is paced to AWS's default quotas; give one
/// that is paced where the account has others, or shares them.
pub fn export(client: &Client, user_pool_id: impl Into<String>) -> Export {
    Export::new(client, user_pool_id.into())
}

/// Begins an import of users and groups into a pool.
///
/// The rows come from [`json_lines`], a [`Csv`], or from anything that makes [`Row`]s. A client is paced as for an
/// [`export`].
pub fn import<S>(client: &Client, user_pool_id: impl Into<String>, rows: S) -> Import<S::IntoIter>
where
    S: IntoIterator<Item = Result<Row, RowError>>,
{
    Import::new(client, user_pool_id.into(), rows.into_iter())
}
