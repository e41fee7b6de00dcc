//! The editing itself, on JSON: compiled once, whatever is edited.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    diff::{Diff, printable},
    kind::{Call, Kind},
    outcome::{Outcome, left_out},
    patch, rules,
};
use crate::{
    client::{Answer, Client},
    error::{DecodeProblem, Error, ErrorCode, InvalidInput},
    operation::RetrySafety,
    retry::classify,
};

/// Reads the settings as a request; gives the request as it was read and as it was changed.
type TypedChange = Box<dyn Fn(&[u8]) -> serde_json::Result<(Vec<u8>, Vec<u8>)> + Send + Sync>;
type JsonChange = Box<dyn Fn(&mut Map<String, Value>) + Send + Sync>;

enum Step {
    Typed(TypedChange),
    Json(JsonChange),
}

/// Settings on their way from what they are to what they shall be, without the type of the request.
pub(crate) struct Draft {
    client: Client,
    kind: &'static Kind,
    /// The members that name the thing.
    names: Map<String, Value>,
    /// The settings as they were read, of what may be written.
    current: Map<String, Value>,
    wanted: Map<String, Value>,
    steps: Vec<Step>,
}

impl Draft {
    pub(crate) async fn read(
        client: Client,
        kind: &'static Kind,
        names: Map<String, Value>,
    ) -> Result<Self, Error> {
        let current = current(&client, kind, &names).await?;
        Ok(Self {
            client,
            kind,
            names,
            wanted: current.clone(),
            current,
            steps: Vec::new(),
        })
    }

    pub(super) fn change_typed(&mut self, change: TypedChange) -> Result<(), InvalidInput> {
        let step = Step::Typed(change);
        self.wanted = self.changed(self.wanted.clone(), &step)?;
        self.steps.push(step);
        Ok(())
    }

    pub(super) fn change_json(&mut self, change: JsonChange) {
        change(&mut self.wanted);
        self.steps.push(Step::Json(change));
    }

    /// The settings to be written; for a change that need not be made again.
    pub(crate) fn wanted_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.wanted
    }

    fn changed(
        &self,
        mut settings: Map<String, Value>,
        step: &Step,
    ) -> Result<Map<String, Value>, InvalidInput> {
        match step {
            Step::Json(change) => change(&mut settings),
            Step::Typed(change) => {
                let request = self.request(self.kind.write, settings.clone());
                let unreadable = |_| {
                    let rule =
                        "the settings do not have its types, so they must be changed as JSON";
                    InvalidInput::new(self.kind.write.operation, rule)
                };
                let (before, after) = typed_change(change, &request).map_err(unreadable)?;
                patch::apply(&mut settings, &before, &after);
            }
        }
        Ok(settings)
    }

    /// The settings as they would be written.
    pub(super) fn wanted(&self) -> Map<String, Value> {
        let mut wanted = self.wanted.clone();
        // Which thing it is cannot be changed.
        for name in self.kind.write.names {
            wanted.remove(*name);
        }
        (self.kind.settle)(&self.current, &mut wanted);
        wanted
    }

    pub(super) fn preview(&self) -> Preview {
        let wanted = self.wanted();
        let changes = Diff::between(&self.current, &wanted);
        let would_reset = if self.kind.resets && !changes.is_empty() {
            left_out(&self.current, &wanted, self.kind.kept)
        } else {
            Vec::new()
        };
        Preview {
            changes,
            would_reset: would_reset.into_iter().collect(),
        }
    }

    pub(super) async fn apply(&mut self) -> Result<Applied, Error> {
        if self.preview().is_empty() {
            return Ok(Applied::default());
        }
        self.write_unless_changed().await?;
        match self.read_again().await {
            Ok(after) => Ok(self.confirm(after)),
            Err(error) => Ok(Applied {
                applied: Diff::between(&self.current, &self.wanted()),
                unconfirmed: Some(error),
                ..Applied::default()
            }),
        }
    }

    async fn write_unless_changed(&self) -> Result<(), Error> {
        let mut attempts = Attempts::default();
        let mut unknown = None;
        loop {
            let now = match self.read_again().await {
                Ok(now) => now,
                // That nobody knows what became of the writing says more.
                Err(error) => return Err(unknown.unwrap_or(error)),
            };
            let changes = Diff::between(&self.current, &now);
            if !changes.is_empty() {
                let Some(error) = unknown else {
                    let paths = changes
                        .changes()
                        .iter()
                        .map(|change| printable(&change.path));
                    return Err(Error::changed(self.kind.write.operation, paths));
                };
                // The attempt of which nothing is known took effect, or someone else changed them.
                let (expected, _) = self.expected();
                let is_written = Diff::between(&expected, &now).is_empty();
                return if is_written { Ok(()) } else { Err(error) };
            }
            match self.write().await {
                Ok(_) => return Ok(()),
                Err(error) if attempts.may_repeat(&self.client, self.kind, &error) => {
                    unknown = unknown.or(error.outcome_unknown().then_some(error));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The settings as they should be told once they are written, and those that are never told.
    fn expected(&self) -> (Map<String, Value>, Map<String, Value>) {
        let mut told = self.wanted();
        let mut never_told = Map::new();
        for member in self.kind.write_only {
            never_told.extend(told.remove_entry(*member));
        }
        rules::keep(self.kind.rules, &mut told);
        (told, never_told)
    }

    /// Compares what was read back with what was asked for, and goes on from there.
    fn confirm(&mut self, after: Map<String, Value>) -> Applied {
        let (expected, never_told) = self.expected();
        let outcome = Outcome::of(&self.current, &expected, &after);
        // What is never told can be neither confirmed nor missed.
        let told = Outcome::of(&Map::new(), &never_told, &never_told).applied;

        self.wanted.clone_from(&after);
        self.current = after;
        self.steps.clear();
        Applied {
            applied: outcome.applied.into_iter().chain(told).collect(),
            ignored: outcome.ignored.into_iter().collect(),
            also_changed: outcome.also_changed.into_iter().collect(),
            unconfirmed: None,
        }
    }

    pub(super) async fn reload(&mut self) -> Result<(), Error> {
        let current = self.read_again().await?;
        let mut wanted = current.clone();
        for step in &self.steps {
            wanted = self.changed(wanted, step)?;
        }
        self.current = current;
        self.wanted = wanted;
        Ok(())
    }

    async fn read_again(&self) -> Result<Map<String, Value>, Error> {
        current(&self.client, self.kind, &self.names).await
    }

    /// Writes the settings, whatever they are by now.
    pub(crate) async fn write(&self) -> Result<Answer, Error> {
        let mut settings = self.wanted();
        for member in self.kind.kept {
            if settings.get(*member) == self.current.get(*member) {
                settings.remove(*member);
            }
        }
        let request = self.request(self.kind.write, settings);
        // Once: whoever writes again must have read again, or overwrites what came in between.
        let call = Call {
            safety: RetrySafety::Once,
            ..self.kind.write
        };
        send(&self.client, call, &request).await
    }

    fn request(&self, call: Call, mut members: Map<String, Value>) -> Map<String, Value> {
        members.extend(named(&self.names, call));
        members
    }
}

/// How often settings were written in vain.
#[derive(Default)]
pub(crate) struct Attempts(u32);

impl Attempts {
    /// How often writing is tried when Cognito meets another change at the same time.
    const AT_CONFLICT: u32 = 3;

    /// Notes an attempt that failed so; whether there may be another one, after a reading. What the
    /// client repeats by itself is none of them.
    pub(crate) fn may_repeat(&mut self, client: &Client, kind: &Kind, error: &Error) -> bool {
        self.0 += 1;
        if error.code() == Some(&ErrorCode::ConcurrentModification) {
            return self.0 < Self::AT_CONFLICT;
        }
        let repeated_with = |safety| classify(error, safety).is_some();
        self.0 < client.attempts()
            && repeated_with(kind.write.safety)
            && !repeated_with(RetrySafety::Once)
    }
}

/// Reads the settings of a thing.
async fn current(
    client: &Client,
    kind: &Kind,
    names: &Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let request = named(names, kind.read).collect();
    let answer = send(client, kind.read, &request).await?;
    let mut told: Map<String, Value> = answer.decode()?;
    let Some(member) = kind.described else {
        return Ok(kind.settings(told));
    };
    match told.remove(member) {
        Some(Value::Object(described)) => Ok(kind.settings(described)),
        Some(Value::Null) | None if kind.may_be_unset => Ok(kind.settings(Map::new())),
        Some(Value::Null) | None => Err(answer.refused(DecodeProblem::MissingMember { member })),
        Some(_) => Err(answer.refused(DecodeProblem::MalformedMember { member })),
    }
}

/// Those of the names that a call is given.
fn named(
    names: &Map<String, Value>,
    call: Call,
) -> impl Iterator<Item = (String, Value)> + use<'_> {
    let name = |name: &&str| {
        names
            .get(*name)
            .map(|value| ((*name).to_owned(), value.clone()))
    };
    call.names.iter().filter_map(name)
}

async fn send(client: &Client, call: Call, request: &Map<String, Value>) -> Result<Answer, Error> {
    let json = serde_json::to_vec(request);
    client
        .answer_json(call.operation, call.auth, call.safety, json)
        .await
}

fn typed_change(
    change: &TypedChange,
    request: &Map<String, Value>,
) -> serde_json::Result<(Map<String, Value>, Map<String, Value>)> {
    let (before, after) = change(&serde_json::to_vec(request)?)?;
    Ok((
        serde_json::from_slice(&before)?,
        serde_json::from_slice(&after)?,
    ))
}

/// Without the settings, which may hold secrets.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("kind", &self.kind.name)
            .field("changes", &self.steps.len())
            .finish_non_exhaustive()
    }
}

/// What an edit would write, and what it saves.
///
/// `Display` is for a terminal; serialized it is for programs. Neither shows a secret.
///
/// ```no_run
/// # use cognito_idp::{Client, edit::Preview};
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// let mut edit = client.edit_user_pool("eu-central-1_example").await?;
/// edit.change(|pool| pool.user_pool_tags([("team", "identity")]))?;
/// let preview: Preview = edit.preview();
/// if preview.is_empty() {
///     println!("it is so already");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Preview {
    /// What changes, from what the settings were when they were read to what would be written.
    ///
    /// It holds as well what follows from the changes asked for, such as an older member that must
    /// say the same.
    pub changes: Diff,
    /// What Cognito would have reset to its defaults if the update had been sent with the changes
    /// alone, each with the value that it has.
    ///
    /// An edit resets none of it. Settings that happen to have their default are among them.
    pub would_reset: Diff,
}

impl Preview {
    /// Whether nothing changes, so that [`apply`](super::Edit::apply) would write nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing changes");
        }
        write!(f, "{}", self.changes)?;
        if !self.would_reset.is_empty() {
            f.write_str("\nkept, though an update with the change alone would reset it: ")?;
            write_paths(f, &self.would_reset)?;
        }
        Ok(())
    }
}

/// What became of an edit that Cognito took.
///
/// `Display` is for a terminal; serialized it is for programs. Neither shows a secret.
///
/// ```no_run
/// # use cognito_idp::{Client, edit::Applied};
/// # async fn example(client: Client) -> Result<(), cognito_idp::Error> {
/// let mut edit = client.edit_user_pool("eu-central-1_example").await?;
/// edit.change(|pool| pool.user_pool_tags([("team", "identity")]))?;
/// let Applied { ignored, also_changed, unconfirmed, .. } = edit.apply().await?;
/// println!("ignored: {ignored}, changed by Cognito: {also_changed}");
/// if let Some(error) = unconfirmed {
///     println!("written, but it could not be read back: {error}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Applied {
    /// What was asked for and is so now, from what it was to what it is.
    pub applied: Diff,
    /// What was asked for and is not so: Cognito took it without a word and did something else, or
    /// someone else changed it since. From what was asked for to what it is.
    pub ignored: Diff,
    /// What changed though nothing was asked for, such as a default that came with a new setting.
    pub also_changed: Diff,
    /// Why the settings could not be read back. They are written all the same;
    /// [`applied`](Self::applied) then is what was asked for, and the rest is not known.
    #[serde(skip)]
    pub unconfirmed: Option<Error>,
}

impl Applied {
    /// Whether the settings were read back and are what was asked for, and nothing else changed.
    #[must_use]
    pub fn is_as_asked(&self) -> bool {
        self.unconfirmed.is_none() && self.ignored.is_empty() && self.also_changed.is_empty()
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (heading, changes) in [
            ("applied", &self.applied),
            ("ignored by Cognito", &self.ignored),
            ("also changed", &self.also_changed),
        ] {
            if !changes.is_empty() {
                write!(f, "{separator}{heading}:\n{changes}")?;
                separator = "\n";
            }
        }
        if let Some(error) = &self.unconfirmed {
            return write!(f, "{separator}written, but not read back: {error}");
        }
        if separator.is_empty() {
            f.write_str("nothing changed")?;
        }
        Ok(())
    }
}

fn write_paths(f: &mut fmt::Formatter<'_>, changes: &Diff) -> fmt::Result {
    for (position, change) in changes.changes().iter().enumerate() {
        let separator = if position == 0 { "" } else { ", " };
        write!(f, "{separator}{}", printable(&change.path))?;
    }
    Ok(())
}
