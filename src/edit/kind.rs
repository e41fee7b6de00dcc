//! What the editing must know of a kind of thing.

use serde_json::{Map, Value};

use super::rules::{self, Rules};
use crate::operation::{AuthScheme, Operation, RetrySafety};

/// A kind of thing whose settings can be edited: how it is read, written, and what stands between.
#[derive(Debug)]
pub struct Kind {
    pub(crate) name: &'static str,
    pub(crate) read: Call,
    /// The member of the answer that holds the settings; the answer itself holds them without one.
    pub(crate) described: Option<&'static str>,
    pub(crate) write: Call,
    /// What is told and is no setting.
    pub(crate) read_only: &'static [&'static str],
    /// What is written and never told. If a server told it, it must not be written for that.
    pub(crate) write_only: &'static [&'static str],
    /// Settings that are told by another name than they are written by.
    pub(crate) renamed: &'static [Renamed],
    /// Settings that stay as they are when they are left out, and so are written only if changed.
    pub(crate) kept: &'static [&'static str],
    /// What a setting must be to be written.
    pub(crate) rules: Rules,
    /// Takes out of what was told what else may not be written.
    pub(crate) tidy: fn(&mut Map<String, Value>),
    /// Settles members that say the same or contradict each other, given the settings as they are
    /// and as they shall be.
    pub(crate) settle: fn(&Map<String, Value>, &mut Map<String, Value>),
    /// Whether the update resets what it is not given.
    pub(crate) resets: bool,
}

/// An operation without its types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) auth: AuthScheme,
    pub(crate) safety: RetrySafety,
    /// The members that name the thing.
    pub(crate) names: &'static [&'static str],
}

impl Call {
    pub(crate) const fn of<O: Operation>(names: &'static [&'static str]) -> Self {
        Self {
            operation: O::NAME,
            auth: O::AUTH,
            safety: O::RETRY,
            names,
        }
    }
}

/// A member's name in what is told and in what is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renamed {
    pub(crate) told: &'static str,
    pub(crate) written: &'static str,
}

impl Kind {
    /// A kind without peculiarities, whose update resets what it is not given.
    pub(crate) const fn new(
        name: &'static str,
        read: Call,
        described: Option<&'static str>,
        write: Call,
    ) -> Self {
        Self {
            name,
            read,
            described,
            write,
            read_only: &[],
            write_only: &[],
            renamed: &[],
            kept: &[],
            rules: &[],
            tidy: |_| {},
            settle: |_, _| {},
            resets: true,
        }
    }

    /// What the kind is called, such as `user pool`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Makes of what was told the settings that keep everything as it is when they are written.
    pub(crate) fn settings(&self, mut told: Map<String, Value>) -> Map<String, Value> {
        let not_settings = [self.write.names, self.read_only, self.write_only];
        for member in not_settings.into_iter().flatten() {
            told.remove(*member);
        }
        for Renamed {
            told: name,
            written,
        } in self.renamed
        {
            if let Some(value) = told.remove(*name) {
                told.insert((*written).to_owned(), value);
            }
        }
        (self.tidy)(&mut told);
        let before = told.clone();
        (self.settle)(&before, &mut told);
        rules::keep(self.rules, &mut told);
        told
    }
}
