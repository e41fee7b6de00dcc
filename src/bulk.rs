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
