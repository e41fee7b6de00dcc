//! Differences between two objects, member by member.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::outcome::differences;

/// Settings that differ, by path.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff(Vec<Change>);

/// One setting that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Where it stands, such as `Policies.PasswordPolicy.MinimumLength`.
    pub path: String,
    /// The value before.
    pub old: Option<Value>,
    /// The value after.
    pub new: Option<Value>,
}

impl Diff {
    /// Compares two objects.
    #[must_use]
    pub fn between(old: &Map<String, Value>, new: &Map<String, Value>) -> Self {
        Self(differences(old, new))
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What differs.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }
}

impl FromIterator<Change> for Diff {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, change) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{}", change.path)?;
        }
        Ok(())
    }
}
