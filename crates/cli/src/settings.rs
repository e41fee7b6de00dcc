//! `pool`, `client`, `group` and so on: settings as they are, against a file, and written whole.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process,
};

use clap::{Arg, ArgAction, ArgMatches, Command};
use cognito_idp::{
    Client,
    edit::{DesiredState, Diff, Reconciliation},
};
use serde_json::{Map, Value, json};

use crate::{context, exit::Failure, output, terminal};

/// A kind of settings.
#[derive(Debug)]
struct Kind {
    command: &'static str,
    about: &'static str,
    /// The member of a desired state that it is; none for a whole one.
    member: Option<&'static str>,
    /// What names one of several.
    named_by: Option<&'static str>,
}

const KINDS: &[Kind] = &[
    Kind::one("pool", "Settings of the user pool", "UserPool"),
    Kind::each(
        "client",
        "Settings of an app client",
        "UserPoolClients",
        "CLIENT_ID",
    ),
    Kind::each("group", "Settings of a group", "Groups", "NAME"),
    Kind::each(
        "resource-server",
        "Settings of a resource server",
        "ResourceServers",
        "IDENTIFIER",
    ),
    Kind::each(
        "identity-provider",
        "Settings of an identity provider",
        "IdentityProviders",
        "NAME",
    ),
    Kind::each(
        "domain",
        "Settings of a domain",
        "UserPoolDomains",
        "DOMAIN",
    ),
    Kind::one("mfa", "MFA and passkey settings", "UserPoolMfaConfig"),
    Kind::one(
        "risk",
        "What risky sign-ins are answered with",
        "RiskConfiguration",
    ),
    Kind::one("log-delivery", "Where logs go", "LogDeliveryConfiguration"),
    Kind::each(
        "branding",
        "A managed login style",
        "ManagedLoginBrandings",
        "ID",
    ),
    Kind::each("terms", "A terms document", "Terms", "ID"),
    Kind::each(
        "cimd-policy",
        "A policy for client ID metadata documents",
        "CIMDPolicies",
        "ID",
    ),
];

/// All kinds in one file, each under its member.
const STATE: Kind = Kind {
    command: "state",
    about: "All kinds of settings that one file names, such as {\"UserPool\": {…}, \"Groups\": {\"admins\": {…}}}",
    member: None,
    named_by: None,
};

pub(crate) fn commands() -> impl Iterator<Item = Command> {
    KINDS.iter().chain([&STATE]).map(Kind::command)
}

/// Whether the command is one of these.
pub(crate) fn is_one(command: &str) -> bool {
    kind(command).is_some()
}

pub(crate) async fn run(command: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let kind = kind(command).unwrap_or(&STATE);
    let user_pool_id = context::user_pool_id(matches)?;
    let client = context::client_of_pool(matches, &user_pool_id)?;
    let thing = Thing {
        client,
        user_pool_id,
        kind,
        name: given(matches, "name"),
        is_confirmed: matches.get_flag("yes"),
    };
    let file = given(matches, "file");
    match (given(matches, "action").as_deref(), file) {
        (Some("show"), None) => output::value(&thing.settings().await?),
        (Some("edit"), None) => thing.edit().await,
        (Some("diff"), Some(file)) => thing.diff(read(&file)?).await,
        (Some("apply"), Some(file)) => thing.apply(read(&file)?).await,
        (_, Some(_)) => Err(Failure::usage("only diff and apply take a file")),
        _ => Err(Failure::usage(
            "diff and apply need a file, or - for standard input",
        )),
    }
}

fn kind(command: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .chain([&STATE])
        .find(|kind| kind.command == command)
}

impl Kind {
    const fn one(command: &'static str, about: &'static str, member: &'static str) -> Self {
        Self {
            command,
            about,
            member: Some(member),
            named_by: None,
        }
    }

    const fn each(
        command: &'static str,
        about: &'static str,
        member: &'static str,
        named_by: &'static str,
    ) -> Self {
        Self {
            named_by: Some(named_by),
            ..Self::one(command, about, member)
        }
    }

    fn command(&self) -> Command {
        let actions: &[&str] = match self.member {
            Some(_) => &["show", "edit", "diff", "apply"],
            None => &["diff", "apply"],
        };
        let action = Arg::new("action")
            .value_name("ACTION")
            .required(true)
            .value_parser(clap::builder::PossibleValuesParser::new(actions))
            .help("show them, edit them in $EDITOR, or diff or apply a file");
        let mut command = Command::new(self.command).about(self.about).arg(action);
        if let Some(named_by) = self.named_by {
            command = command.arg(Arg::new("name").value_name(named_by).required(true));
        }
        command
            .arg(
                Arg::new("file")
                    .value_name("FILE")
                    .help("JSON of what shall be; what it does not name stays. - for standard input"),
            )
            .arg(context::user_pool_argument())
            .arg(
                Arg::new("yes")
                    .long("yes")
                    .action(ArgAction::SetTrue)
                    .help("Write without asking"),
            )
            .after_help(
                "Secrets are not shown, and stay as they are unless the file names them. The status of diff is \
                 9 if something differs.",
            )
    }
}

/// What a command is about.
struct Thing {
    client: Client,
    user_pool_id: String,
    kind: &'static Kind,
    name: Option<String>,
    is_confirmed: bool,
}

impl Thing {
    async fn settings(&self) -> Result<Value, Failure> {
        let found = self.reconcile(json!({})).await?;
        let mut all = found.settings_without_secrets();
        let mut settings = all[self.kind.member.unwrap_or_default()].take();
        if let Some(name) = &self.name {
            settings = settings[name].take();
        }
        Ok(settings)
    }

    async fn diff(&self, desired: Value) -> Result<(), Failure> {
        let found = self.reconcile(desired).await?;
        if !found.differs() {
            return Ok(());
        }
        output::line(&coloured(&found.diff(), io::stdout().is_terminal()))?;
        Err(Failure::Partly("it is not as the file says".to_owned()))
    }

    async fn apply(&self, desired: Value) -> Result<(), Failure> {
        let mut found = self.reconcile(desired).await?;
        if !found.differs() {
            eprintln!("Nothing is to be changed.");
            return Ok(());
        }
        if !self.is_confirmed {
            if !io::stdin().is_terminal() {
                return Err(Failure::usage(
                    "without a terminal to ask on, --yes is needed to write",
                ));
            }
            eprintln!("{}", coloured(&found.diff(), io::stderr().is_terminal()));
            let answer = terminal::ask("Write this? [y/N]")?;
            if !matches!(answer.trim(), "y" | "Y" | "yes") {
                return Err(Failure::Partly("nothing was written".to_owned()));
            }
        }
        let applied = found.apply().await?;
        output::line(&applied.to_string())?;
        if applied.is_as_asked() {
            return Ok(());
        }
        Err(Failure::Partly(
            "it is written, but is not all as asked".to_owned(),
        ))
    }

    async fn edit(&self) -> Result<(), Failure> {
        let before = self.settings().await?;
        let draft = Draft::new(self.kind.command, &before)?;
        let after = draft.edited()?;
        let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
            return Err(draft.kept("must hold an object"));
        };
        let changes = patch(before, after);
        if changes.is_empty() {
            eprintln!("Nothing is changed.");
        } else if let Err(failure) = self.apply(changes.into()).await {
            // The status still tells what failed.
            eprintln!("What was edited is in {}.", draft.path.display());
            return Err(failure);
        }
        draft.remove();
        Ok(())
    }

    async fn reconcile(&self, settings: Value) -> Result<Reconciliation, Failure> {
        let desired = match (self.kind.member, &self.name) {
            (Some(member), Some(name)) => json!({member: {name: settings}}),
            (Some(member), None) => json!({member: settings}),
            (None, _) => settings,
        };
        let desired = DesiredState::from_json(desired)?;
        Ok(self.client.reconcile(&self.user_pool_id, desired).await?)
    }
}

/// A file in an editor, for its owner alone.
struct Draft {
    path: PathBuf,
}

impl Draft {
    fn new(name: &str, settings: &Value) -> Result<Self, Failure> {
        let file = format!("cognito-idp-{name}-{}.json", process::id());
        let path = env::temp_dir().join(file);
        let mut options = OpenOptions::new();
        // Whatever is there already is somebody's.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options
            .open(&path)
            .and_then(|mut file| writeln!(file, "{settings:#}"));
        written.map_err(|error| Failure::Io(path.display().to_string(), error))?;
        Ok(Self { path })
    }

    fn edited(&self) -> Result<Value, Failure> {
        let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| {
            let editor = env::var(name).ok();
            editor.filter(|editor| !editor.trim().is_empty())
        });
        let editor = editor.unwrap_or_else(|| "vi".to_owned());
        // It may come with arguments, such as `code --wait`.
        let mut words = editor.split_whitespace();
        let mut command = process::Command::new(words.next().unwrap_or("vi"));
        let status = command.args(words).arg(&self.path).status();
        match status.map_err(|error| Failure::Io(editor.clone(), error)) {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(self.kept(&format!("{editor} ended with {status}"))),
            Err(failure) => {
                self.remove();
                return Err(failure);
            }
        }
        let path = self.path.display().to_string();
        let text = fs::read_to_string(&self.path).map_err(|error| Failure::Io(path, error))?;
        serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.kept(&format!("must be JSON (line {line}, column {column})"))
        })
    }

    /// The work of an hour is not thrown away for a missing comma.
    fn kept(&self, why: &str) -> Failure {
        Failure::Partly(format!(
            "{why}; what was edited is in {}",
            self.path.display()
        ))
    }

    fn remove(&self) {
        // In the worst case a file without secrets stays.
        let _ = fs::remove_file(&self.path);
    }
}

/// What must be merged into the one to make it the other.
fn patch(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in after {
        let change = match (before.get(name), value) {
            (Some(before), value) if before == value => continue,
            (Some(Value::Object(before)), Value::Object(after)) => {
                self::patch(before, after).into()
            }
            (_, value) => value.clone(),
        };
        patch.insert(name.clone(), change);
    }
    patch
}

fn coloured(diff: &Diff, is_terminal: bool) -> String {
    let is_unwanted = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    if !is_terminal || is_dumb || is_unwanted("NO_COLOR") {
        return diff.to_string();
    }
    let lines = diff.changes().iter().map(|change| {
        let colour = match (&change.old, &change.new) {
            (None, _) => 32,
            (_, None) => 31,
            _ => 33,
        };
        format!("\x1b[{colour}m{change}\x1b[0m")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn read(path: &str) -> Result<Value, Failure> {
    let text = match path {
        "-" => io::read_to_string(io::stdin()),
        path => fs::read_to_string(Path::new(path)),
    };
    let text = text.map_err(|error| Failure::Io(path.to_owned(), error))?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::usage(format!(
            "{path} must be JSON (line {line}, column {column})"
        ))
    })
}

fn given(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_editor_took_out_goes_back_to_the_default() {
        let before = json!({"A": 1, "B": {"C": 1, "D": 2}, "E": [1]});
        let after = json!({"A": 1, "B": {"C": 3}, "F": true, "E": [1]});
        let (before, after) = (
            before.as_object().expect("one"),
            after.as_object().expect("one"),
        );
        let expected = json!({"B": {"C": 3, "D": null}, "F": true});
        assert_eq!(Value::from(patch(before, after)), expected);
        assert!(patch(before, before).is_empty());
    }
}
