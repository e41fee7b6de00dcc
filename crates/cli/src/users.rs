//! `users`: out of a pool, into one, and from pool to pool.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use clap::{Arg, ArgMatches, Command};
use cognito_idp::{
    bulk::{self, BulkError, Csv, Export, Import, ImportReport, Row, RowError, json_lines},
    error::InvalidInput,
};
use serde_json::json;

use crate::{
    arguments::{flag, option},
    context,
    exit::Failure,
    interrupt::at_interrupt,
    output,
    progress::Line,
};

type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

pub(crate) fn command() -> Command {
    Command::new("users")
        .about("Takes users and groups out of a pool, into one, or from pool to pool")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(export_command())
        .subcommand(import_command())
        .subcommand(migrate_command())
        .after_help(
            "Passwords do not go along, since Cognito gives none out. With a file a job that was stopped, \
             by ^C for instance, goes on with --resume.",
        )
}

pub(crate) async fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("export", export)) => self::export(export).await,
        Some(("import", import)) => self::import(import).await,
        Some(("migrate", migrate)) => self::migrate(migrate).await,
        _ => Err(Failure::usage("users takes export, import or migrate")),
    }
}

fn export_command() -> Command {
    Command::new("export")
        .about("Writes the users and groups of a pool as JSON Lines")
        .arg(context::user_pool_argument())
        .arg(
            option(
                "file",
                "FILE",
                "Where to, with a journal beside it; standard output by default",
            )
            .value_parser(clap::value_parser!(PathBuf)),
        )
        .arg(resume_argument().requires("file"))
        .args(export_arguments())
}

fn import_command() -> Command {
    Command::new("import")
        .about("Creates users and groups in a pool; nobody is sent anything, unless --invite says so")
        .arg(context::user_pool_argument())
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("JSON Lines as export writes them, or CSV if it ends with .csv; - for JSON Lines on standard input"),
        )
        .arg(option("journal", "FILE", "What is done, to go on from [FILE.journal]"))
        .arg(resume_argument())
        .arg(flag("dry-run", "Say what the pool would refuse, and write nothing"))
        .arg(without_groups_argument())
        .args(import_arguments())
}

fn migrate_command() -> Command {
    Command::new("migrate")
        .about("Exports from one pool and imports into another, with all files in a folder")
        .arg(option("from", "ID", "The old user pool's ID").required(true))
        .arg(option("to", "ID", "The new user pool's ID").required(true))
        .arg(
            option(
                "folder",
                "FOLDER",
                "For users.jsonl, the journal, and subs.csv, which tells what each sub became",
            )
            .required(true),
        )
        .arg(resume_argument())
        .args(export_arguments())
        .args(import_arguments())
}

fn export_arguments() -> [Arg; 3] {
    [
        without_groups_argument(),
        flag(
            "with-mfa",
            "The MFA methods of each user, for a call for each",
        ),
        flag(
            "by-sub",
            "List the users in sixteen walks at a time, for large pools",
        ),
    ]
}

fn import_arguments() -> [Arg; 2] {
    [
        flag(
            "update-existing",
            "Change users who are there already; else they are compared and left alone",
        ),
        flag("invite", "Let Cognito invite each new user"),
    ]
}

async fn export(matches: &ArgMatches) -> Result<(), Failure> {
    let pool = &context::user_pool_id(matches)?;
    let client = context::client_of_pool(matches, pool)?;
    let line = Line::new("users");
    let shown = line.clone();
    let export = chosen_export(bulk::export(&client, pool), matches);
    let export = export.on_progress(move |progress| shown.show(&progress));
    let Some(file) = matches.get_one::<PathBuf>("file") else {
        stop_cleanly(&line, "Stopped; what is written so far is not all.");
        let mut out = BufWriter::new(io::stdout());
        let done = export.write_to(&mut out).await;
        line.end();
        done?;
        let written = out.flush();
        return written.map_err(|error| Failure::Io("standard output".to_owned(), error));
    };
    let mut journal = file.clone().into_os_string();
    journal.push(".journal");
    may_go_on(matches, Path::new(&journal))?;
    stop_cleanly(&line, GOES_ON);
    let done = export.save(file).await;
    line.end();
    output::value(&serde_json::to_value(done?).map_err(unwritable)?)
}

async fn import(matches: &ArgMatches) -> Result<(), Failure> {
    let (pool, file) = (&context::user_pool_id(matches)?, text(matches, "file"));
    let client = context::client_of_pool(matches, pool)?;
    let import = bulk::import(&client, pool, rows(file)?);
    let mut import = chosen_import(import, matches);
    if matches.get_flag("dry-run") {
        return check(import).await;
    }
    let line = Line::new("users");
    let journal = match matches.get_one::<String>("journal") {
        Some(journal) => Some(journal.clone()),
        None if file == "-" => None,
        None => Some(format!("{file}.journal")),
    };
    match journal {
        Some(journal) => {
            may_go_on(matches, Path::new(&journal))?;
            import = import.journal(journal);
            stop_cleanly(&line, GOES_ON);
        }
        None => stop_cleanly(
            &line,
            "Stopped. Who was created before is left alone in another run.",
        ),
    }
    let shown = line.clone();
    let done = import
        .on_progress(move |progress| shown.show(&progress))
        .run()
        .await;
    line.end();
    let report = done?;
    output::value(&serde_json::to_value(&report).map_err(unwritable)?)?;
    all_done(&report)
}

async fn migrate(matches: &ArgMatches) -> Result<(), Failure> {
    let (from, to) = (text(matches, "from"), text(matches, "to"));
    let folder = Path::new(text(matches, "folder"));
    may_go_on(matches, &folder.join("users.jsonl"))?;
    let old = context::client_of_pool(matches, from)?;
    let new = context::client_of_pool(matches, to)?;
    let line = Line::new("users out");
    let (out, into) = (line.clone(), line.named("users in"));
    let export = chosen_export(bulk::export(&old, from), matches);
    let export = export.on_progress(move |progress| out.show(&progress));
    let import = |rows| {
        let import = chosen_import(bulk::import(&new, to, rows), matches);
        import.on_progress(move |progress| into.show(&progress))
    };
    stop_cleanly(&line, GOES_ON);
    let done = bulk::migrate(export, folder, import).await;
    line.end();
    let report = done?;
    output::value(&json!({"exported": report.exported, "imported": report.imported}))?;
    all_done(&report.imported)
}

/// Says what would be refused, a line each.
async fn check(import: Import<Rows>) -> Result<(), Failure> {
    let report = import.check().await?;
    for problem in &report.problems {
        output::line(&problem.to_string())?;
    }
    if report.is_fit() {
        let counts = json!({
            "users": report.users, "groups": report.groups, "memberships": report.memberships,
        });
        return output::value(&counts);
    }
    let (found, users) = (report.found, report.users);
    Err(Failure::Partly(format!(
        "{found} problems in {users} users; nothing was written"
    )))
}

fn all_done(report: &ImportReport) -> Result<(), Failure> {
    let failed = report.users.failed + report.groups.failed + report.unreadable;
    match failed + report.members_failed {
        0 => Ok(()),
        all => Err(Failure::Partly(format!(
            "{all} rows or memberships failed; the report names them"
        ))),
    }
}

fn chosen_export(mut export: Export, matches: &ArgMatches) -> Export {
    if matches.get_flag("without-groups") {
        export = export.without_groups();
    }
    if matches.get_flag("with-mfa") {
        export = export.with_mfa();
    }
    if matches.get_flag("by-sub") {
        export = export.by_sub();
    }
    export
}

fn chosen_import<S>(mut import: Import<S>, matches: &ArgMatches) -> Import<S> {
    if matches.get_flag("without-groups") {
        import = import.without_groups();
    }
    if matches.get_flag("update-existing") {
        import = import.update_existing();
    }
    if matches.get_flag("invite") {
        import = import.invite();
    }
    import
}

fn rows(path: &str) -> Result<Rows, Failure> {
    if path == "-" {
        // Another task may read the rows, so the input cannot be locked once for all of them.
        return Ok(Box::new(json_lines(BufReader::new(io::stdin()))));
    }
    let file = File::open(path).map_err(|error| Failure::Io(path.to_owned(), error))?;
    let mut file = BufReader::new(file);
    let extension = Path::new(path).extension();
    if extension.is_some_and(|end| end.eq_ignore_ascii_case("csv")) {
        let unfit = |error: InvalidInput| Failure::usage(format!("{path}: {error}"));
        return Ok(Box::new(Csv::new(file).rows().map_err(unfit)?));
    }
    // A folder opens well, and fails only here.
    file.fill_buf()
        .map_err(|error| Failure::Io(path.to_owned(), error))?;
    Ok(Box::new(json_lines(file)))
}

const GOES_ON: &str = "Stopped; the same command with --resume goes on from here.";

/// Whoever forgot an earlier run is told, rather than given its report.
fn may_go_on(matches: &ArgMatches, trace: &Path) -> Result<(), Failure> {
    if matches.get_flag("resume") || !trace.exists() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is there: an earlier run goes on with --resume, a new one needs another name",
        trace.display()
    )))
}

/// Says at ^C how it goes on. A journal is good at any time.
fn stop_cleanly(line: &Line, farewell: &'static str) {
    let line = line.clone();
    at_interrupt(move || {
        line.end();
        eprintln!("{farewell}");
    });
}

fn without_groups_argument() -> Arg {
    flag("without-groups", "Leave out the groups and who is in them")
}

fn resume_argument() -> Arg {
    flag("resume", "Go on where an earlier run was stopped")
}

fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches
        .get_one::<String>(name)
        .map_or("", |text| text.as_str())
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::Io("the report".to_owned(), error.into())
}

impl From<BulkError> for Failure {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::Call(error) => error.into(),
            BulkError::File { path, source, .. } => Self::Io(path.display().to_string(), source),
            // Nothing is lost: it is the wrong file for what was asked.
            error => Self::Usage(error.to_string()),
        }
    }
}
