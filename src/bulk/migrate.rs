//! Users from pool to pool.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use super::{
    error::BulkError,
    export::Export,
    import::{Import, ImportReport, subs},
    journal::private,
    record::{ExportTotals, Record},
    source::{JsonLines, json_lines},
};

/// The last line of an export is shorter.
const LONGEST_END: u64 = 4_096;

/// What a migration did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationReport {
    /// What came out of the one pool.
    pub exported: ExportTotals,
    /// What went into the other.
    pub imported: ImportReport,
}

/// Takes the users and groups of one pool into another: an export and then an import, with all files in a
/// folder of their own.
///
/// Passwords do not go along, since Cognito gives none out; see
/// [`Import::passwords`](super::Import::passwords). Each user gets a new `sub`: in the end `subs.csv` in
/// the folder tells which became which.
///
/// Whatever stops it, called again with the same folder it goes on there. Users who are created in the
/// old pool after the export has ended stay behind: remove `users.jsonl` and `import.journal` and run it
/// once more, and those who are there already are compared.
///
/// ```no_run
/// # use cognito_idp::{Client, bulk};
/// # async fn example(client: Client) -> Result<(), bulk::BulkError> {
/// let export = bulk::export(&client, "eu-central-1_old");
/// let import = |rows| bulk::import(&client, "eu-central-1_new", rows);
/// let report = bulk::migrate(export, "migration", import).await?;
/// println!("{} of {}", report.imported.users.created, report.exported.users);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`Export::save`] and [`Import::run`], and [`BulkError::File`] for the folder and the file of
/// the subs.
pub async fn migrate(
    export: Export,
    folder: impl AsRef<Path>,
    import: impl FnOnce(JsonLines<BufReader<File>>) -> Import<JsonLines<BufReader<File>>>,
) -> Result<MigrationReport, BulkError> {
    let folder = folder.as_ref();
    fs::create_dir_all(folder).map_err(|error| BulkError::file(folder, error))?;
    let users = folder.join("users.jsonl");
    let exported = match end_of(&users)? {
        Some(totals) => totals,
        None => export.save(&users).await?.totals,
    };
    let file = File::open(&users).map_err(|error| BulkError::file(&users, error))?;
    let journal = folder.join("import.journal");
    let import = import(json_lines(BufReader::new(file))).journal(&journal);
    let imported = import.run().await?;
    write_subs(&journal, &folder.join("subs.csv"))?;
    Ok(MigrationReport { exported, imported })
}

/// What an export holds, if it is whole.
fn end_of(path: &Path) -> Result<Option<ExportTotals>, BulkError> {
    let fault = |error| BulkError::file(path, error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    let length = file.metadata().map_err(fault)?.len();
    let from = length.saturating_sub(LONGEST_END);
    let mut end = Vec::new();
    file.seek(SeekFrom::Start(from)).map_err(fault)?;
    file.read_to_end(&mut end).map_err(fault)?;
    let Some(end) = end.strip_suffix(b"\n") else {
        return Ok(None);
    };
    let begins = end.iter().rposition(|byte| *byte == b'\n');
    let last = &end[begins.map_or(0, |place| place + 1)..];
    match serde_json::from_slice(last) {
        Ok(Record::End(totals)) => Ok(Some(totals)),
        _ => Ok(None),
    }
}

fn write_subs(journal: &Path, path: &Path) -> Result<(), BulkError> {
    let fault = |error| BulkError::file(path, error);
    let mut options = private();
    let file = options.create(true).truncate(true).open(path);
    let mut file = io::BufWriter::new(file.map_err(fault)?);
    let mut written = writeln!(file, "old_sub,new_sub");
    subs(journal, |subs| {
        if written.is_ok() {
            written = writeln!(file, "{},{}", subs.old, subs.new);
        }
    })?;
    written.and_then(|()| file.flush()).map_err(fault)
}
