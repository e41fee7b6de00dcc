//! Why a job stopped.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Why a job in bulk stopped; what was done until then is on record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// A call failed in a way that concerns the whole job.
    #[error(transparent)]
    Call(#[from] Error),
    /// A file could not be read or written.
    #[error("{}: cannot be read or written", path.display())]
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The journal does not fit the job, so the job cannot go on from it.
    #[error("{}: {problem}", path.display())]
    #[non_exhaustive]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        problem: JournalProblem,
    },
}

/// What is wrong with a journal, or with the file that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalProblem {
    /// It was begun by another job: another pool, file or choice of options.
    #[error("is the journal of another job")]
    AnotherJob,
    /// A line of it was changed or lost.
    #[error("was changed or damaged at line {line}")]
    #[non_exhaustive]
    Damaged {
        /// The line, from 1.
        line: u64,
    },
    /// Another process works with it.
    #[error("is in use by another process")]
    InUse,
    /// There is an output, but no journal that tells where it came from.
    #[error("is missing although its output is there; move the output away to begin anew")]
    Missing,
}

impl BulkError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn journal(path: &Path, problem: JournalProblem) -> Self {
        Self::Journal {
            path: path.to_owned(),
            problem,
        }
    }
}
