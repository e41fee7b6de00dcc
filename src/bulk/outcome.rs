//! What became of each record.

use serde::{Deserialize, Serialize};

use super::source::RowError;
use crate::{
    error::{Error, ErrorCode},
    sensitive::Sensitive,
};

/// What became of one row.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The row's number, from 0.
    pub number: u64,
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The user or group that it names.
    pub name: Option<Sensitive<String>>,
    /// The user's `sub` in the file, and in the pool, where both are known.
    pub subs: Option<Subs>,
    /// What became of it.
    pub fate: Fate,
}

/// A user's `sub` before and after: Cognito gives every user a new one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Subs {
    /// In the file.
    pub old: String,
    /// In the pool.
    pub new: String,
}

/// What can become of a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum Fate {
    /// It was created.
    Created,
    /// It was there, and attributes of it were changed.
    Updated,
    /// It was there, and as it should be.
    Unchanged,
    /// It was there with other values, which were not [to be changed](super::Import::update_existing).
    #[non_exhaustive]
    Differs {
        /// The attributes that differ.
        attributes: Vec<String>,
    },
    /// It is nothing that an import makes.
    Skipped(SkipReason),
    /// Users are in a group now.
    #[non_exhaustive]
    Members {
        /// How many.
        added: u64,
        /// How many could not be added.
        failed: u64,
        /// Why the first of them could not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Failure>,
    },
    /// Cognito refused it, or a step after the user was created; the operation says which.
    Failed(Failure),
    /// It could not be read, or breaks a rule.
    #[non_exhaustive]
    Invalid {
        /// The member or column at fault, if it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
        /// The rule.
        rule: String,
    },
}

/// Why a row is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum SkipReason {
    /// The user belongs to another identity provider, and comes again by signing in with it.
    Federated,
    /// It says something about the file.
    Manifest,
    /// Groups were [not to be imported](super::Import::without_groups).
    Groups,
}

/// What Cognito refused, and how.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The operation.
    pub operation: String,
    /// The code.
    pub code: Option<ErrorCode>,
    /// What Cognito said, without secrets.
    pub message: String,
}

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        Self {
            operation: error.operation().unwrap_or_default().to_owned(),
            code: error.code().cloned(),
            message: error.to_string(),
        }
    }
}

impl Fate {
    pub(super) fn invalid(column: &str, rule: &str) -> Self {
        Self::Invalid {
            column: Some(column.to_owned()),
            rule: rule.to_owned(),
        }
    }

    /// Whether something is left to do for whoever runs the job.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed(_) | Self::Invalid { .. } => true,
            Self::Members { failed, .. } => *failed > 0,
            _ => false,
        }
    }
}

impl From<RowError> for Fate {
    fn from(error: RowError) -> Self {
        Self::Invalid {
            column: error.column,
            rule: error.rule,
        }
    }
}
