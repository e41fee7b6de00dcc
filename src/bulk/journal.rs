//! The file from which a job that was stopped goes on.
//!
//! Each line is an entry in JSON, a tab, and a digest over the digest of the line before and the entry.
//! So a line that was changed, added or taken away is noticed. Only the last line may be incomplete:
//! the process ended while it was written, and what it told is done again. A journal that lost whole
//! lines at its end is one of an earlier time, which does no harm either.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::error::{BulkError, JournalProblem};

/// How much of the journal a loss of power may take at most.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// No entry is that long.
const LONGEST_LINE: u64 = 1024 * 1024;
/// Hexadecimal digits of a digest in the file.
const DIGITS: usize = 16;

/// A journal that is open, and locked against other processes.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    digest: Digest,
    synced: Instant,
}

/// Of all lines so far.
#[derive(Clone, Copy, Debug, Default)]
struct Digest([u8; 32]);

impl Digest {
    fn of(self, entry: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(self.0).chain_update(entry);
        Self(digest.finalize().into())
    }

    fn digits(self) -> String {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
        digits.take(DIGITS).collect()
    }
}

impl Journal {
    /// Opens the journal of a job, or begins one, and hands on the entries that are in it.
    pub(super) fn open<J: Serialize, E: DeserializeOwned>(
        path: &Path,
        job: &J,
        mut found: impl FnMut(E),
    ) -> Result<Self, BulkError> {
        let fault = |error| BulkError::file(path, error);
        let job = serde_json::to_vec(job).map_err(io::Error::from);
        let job = job.map_err(fault)?;
        let file = private()
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(fault)?;
        let mut lines = Lines::of(path, &file)?;
        let head = lines.next(path)?;
        if head.as_ref().is_some_and(|head| *head != job) {
            return Err(BulkError::journal(path, JournalProblem::AnotherJob));
        }
        lines.rest(path, &mut found)?;
        let (digest, end) = (lines.digest, lines.end);
        let mut journal = Self {
            path: path.to_owned(),
            file,
            digest,
            synced: Instant::now(),
        };
        journal.cut(end).map_err(fault)?;
        if head.is_none() {
            journal.write(&job).map_err(fault)?;
        }
        Ok(journal)
    }

    /// Hands on the entries of the journal of any job.
    pub(super) fn read<E: DeserializeOwned>(
        path: &Path,
        mut found: impl FnMut(E),
    ) -> Result<(), BulkError> {
        let file = File::open(path).map_err(|error| BulkError::file(path, error))?;
        let mut lines = Lines::of(path, &file)?;
        lines.next(path)?;
        lines.rest(path, &mut found)
    }

    /// Writes an entry. What it tells must be on its way to the disk by then.
    pub(super) fn append(&mut self, entry: &impl Serialize) -> Result<(), BulkError> {
        let entry = serde_json::to_vec(entry).map_err(io::Error::from);
        let written = entry.and_then(|entry| self.write(&entry));
        written.map_err(|error| BulkError::file(&self.path, error))
    }

    /// Whether it is time to let the disk have all, the output first.
    pub(super) fn must_sync(&self) -> bool {
        self.synced.elapsed() >= SYNC_EVERY
    }

    pub(super) fn sync(&mut self) -> Result<(), BulkError> {
        self.synced = Instant::now();
        let synced = self.file.sync_data();
        synced.map_err(|error| BulkError::file(&self.path, error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the job: nothing is left to go on from.
    pub(super) fn remove(self) -> Result<(), BulkError> {
        let removed = std::fs::remove_file(&self.path);
        removed.map_err(|error| BulkError::file(&self.path, error))
    }

    fn write(&mut self, entry: &[u8]) -> io::Result<()> {
        let digest = self.digest.of(entry);
        let mut line = entry.to_vec();
        line.push(b'\t');
        line.extend(digest.digits().into_bytes());
        line.push(b'\n');
        // At once, so that a line is there whole or is the last.
        self.file.write_all(&line)?;
        self.digest = digest;
        Ok(())
    }

    fn cut(&mut self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        self.file.seek(SeekFrom::Start(end)).map(drop)
    }
}

/// Files with users in them are for their owner alone.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Reads the lines of a journal as far as they are whole.
struct Lines<'a> {
    reader: BufReader<&'a File>,
    digest: Digest,
    /// The number of the last line, from 1.
    number: u64,
    /// Where the last whole line ends.
    end: u64,
}

impl<'a> Lines<'a> {
    /// Locks the file, as long as it is open.
    fn of(path: &Path, file: &'a File) -> Result<Self, BulkError> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BulkError::journal(path, JournalProblem::InUse));
            }
            Err(TryLockError::Error(error)) => return Err(BulkError::file(path, error)),
        }
        Ok(Self {
            reader: BufReader::new(file),
            digest: Digest::default(),
            number: 0,
            end: 0,
        })
    }

    /// The next entry; `None` behind the last that is whole.
    fn next(&mut self, path: &Path) -> Result<Option<Vec<u8>>, BulkError> {
        let line = self.read().map_err(|error| BulkError::file(path, error))?;
        line.transpose().map_err(|()| self.damaged(path))
    }

    fn rest<E: DeserializeOwned>(
        &mut self,
        path: &Path,
        found: &mut impl FnMut(E),
    ) -> Result<(), BulkError> {
        while let Some(entry) = self.next(path)? {
            found(serde_json::from_slice(&entry).map_err(|_| self.damaged(path))?);
        }
        Ok(())
    }

    fn damaged(&self, path: &Path) -> BulkError {
        let line = self.number;
        BulkError::journal(path, JournalProblem::Damaged { line })
    }

    /// The next entry; an error within for a line that was damaged.
    fn read(&mut self) -> io::Result<Option<Result<Vec<u8>, ()>>> {
        let mut line = Vec::new();
        let mut limited = self.reader.by_ref().take(LONGEST_LINE);
        let length = limited.read_until(b'\n', &mut line)?;
        self.number += 1;
        if length as u64 == LONGEST_LINE {
            return Ok(Some(Err(())));
        }
        let Some(line) = line.strip_suffix(b"\n") else {
            return Ok(None);
        };
        let Some(place) = line.iter().rposition(|byte| *byte == b'\t') else {
            return Ok(Some(Err(())));
        };
        let (entry, digits) = (&line[..place], &line[place + 1..]);
        let digest = self.digest.of(entry);
        if digits != digest.digits().as_bytes() {
            return Ok(Some(Err(())));
        }
        self.digest = digest;
        self.end += length as u64;
        Ok(Some(Ok(entry.to_vec())))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    type Outcome<T = ()> = Result<T, BulkError>;

    /// A folder that is removed with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("cognito-idp-journal-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }

        fn journal(&self) -> PathBuf {
            self.0.join("journal")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn open(path: &Path, job: &str) -> Outcome<(Journal, Vec<u32>)> {
        let mut found = Vec::new();
        let journal = Journal::open(path, &job, |entry: u32| found.push(entry))?;
        Ok((journal, found))
    }

    fn problem(path: &Path, job: &str) -> Option<JournalProblem> {
        match open(path, job) {
            Err(BulkError::Journal { problem, .. }) => Some(problem),
            _ => None,
        }
    }

    /// The bytes of a journal of 7, 8 and 9.
    fn of_three_entries(path: &Path) -> Outcome<Vec<u8>> {
        let (mut journal, _) = open(path, "job")?;
        for entry in [7, 8, 9] {
            journal.append(&entry)?;
        }
        Ok(fs::read(path).expect("the journal"))
    }

    #[test]
    fn entries_are_found_again_and_more_can_follow() -> Outcome {
        let folder = Folder::new("again");
        let path = folder.journal();
        for round in 0..3 {
            let (mut journal, found) = open(&path, "job")?;
            assert_eq!(found, (0..round).collect::<Vec<_>>());
            journal.append(&round)?;
        }
        Ok(())
    }

    #[test]
    fn the_journal_of_another_job_and_one_in_use_are_refused() -> Outcome {
        let folder = Folder::new("other");
        let path = folder.journal();
        let (journal, _) = open(&path, "job")?;
        assert_eq!(problem(&path, "job"), Some(JournalProblem::InUse));
        drop(journal);
        assert_eq!(problem(&path, "another"), Some(JournalProblem::AnotherJob));
        Ok(())
    }

    #[test]
    fn a_journal_that_ends_anywhere_gives_the_entries_before() -> Outcome {
        let folder = Folder::new("torn");
        let path = folder.journal();
        let whole = of_three_entries(&path)?;
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("written");
            let (mut journal, found) = open(&path, "job")?;
            let expected = &[7, 8, 9][..found.len()];
            assert_eq!(found, expected, "{length}");
            // It goes on behind what is whole.
            journal.append(&1)?;
            drop(journal);
            let (_, found) = open(&path, "job")?;
            assert_eq!(found, [expected, &[1]].concat(), "{length}");
        }
        Ok(())
    }

    #[test]
    fn a_change_of_any_byte_is_noticed_or_takes_away_the_last_entry_alone() -> Outcome {
        let folder = Folder::new("changed");
        let path = folder.journal();
        let whole = of_three_entries(&path)?;
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).expect("written");
            match open(&path, "job") {
                Ok((_, found)) => {
                    assert_eq!((place, found), (whole.len() - 1, vec![7, 8]));
                }
                Err(BulkError::Journal { problem, .. }) => {
                    assert!(matches!(problem, JournalProblem::Damaged { .. }), "{place}");
                }
                Err(error) => return Err(error),
            }
        }
        // Lines in another order, and one that is missing.
        let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        for (order, line) in [([0, 2, 1, 3], 2), ([0, 1, 3, 3], 3)] {
            fs::write(&path, order.map(|place| lines[place]).concat()).expect("written");
            assert_eq!(
                problem(&path, "job"),
                Some(JournalProblem::Damaged { line }),
            );
        }
        Ok(())
    }
}
