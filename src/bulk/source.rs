//! Records from a file.

use std::{
    fmt,
    io::{self, BufRead, Read as _},
};

use serde::Deserialize;
use serde_json::Value;

use super::record::{Record, UserRecord};

/// No line is that long: a user has at most a hundred attributes of two kilobytes.
const LONGEST_LINE: u64 = 1024 * 1024;

/// A record and where it stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The record.
    pub record: Record,
}

impl Row {
    /// A record of a source of your own, for an [import](super::import).
    ///
    /// ```
    /// use cognito_idp::bulk::{Record, Row, RowError, UserRecord};
    ///
    /// let names = ["alice", "bob", ""];
    /// let rows = names.into_iter().zip(1..).map(|(name, line)| match name {
    ///     "" => Err(RowError::new(line, "must have a name")),
    ///     name => Ok(Row::new(line, Record::User(UserRecord::new(name)))),
    /// });
    /// assert_eq!(rows.filter(Result::is_ok).count(), 2);
    /// ```
    #[must_use]
    pub fn new(line: u64, record: Record) -> Self {
        Self { line, record }
    }
}

/// Why a row is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {rule}", Column(column.as_deref()))]
#[non_exhaustive]
pub struct RowError {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The column or member at fault, if it is one.
    pub column: Option<String>,
    /// The rule that is broken.
    pub rule: String,
}

struct Column<'a>(Option<&'a str>);

impl fmt::Display for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(column) => write!(f, ", {column}"),
            None => Ok(()),
        }
    }
}

impl RowError {
    /// Why a row of a source of your own is no record: the rule that it breaks, such as `must have a name`.
    pub fn new(line: u64, rule: impl Into<String>) -> Self {
        Self {
            line,
            column: None,
            rule: rule.into(),
        }
    }
}

/// Reads JSON Lines: those of an [`export`](super::export), and users as `ListUsers` writes them.
///
/// A line is a [`Record`], a user such as `{"Username": "alice", "Attributes": […]}`, or a page such as
/// `{"Users": […]}`. Empty lines do not count. The pretty output of another tool is made fit with
/// `jq -c '.Users[]'`.
///
/// A line that is none of these is an error that stands in its place; the next one is read all the same.
pub fn json_lines<R: BufRead>(reader: R) -> JsonLines<R> {
    JsonLines {
        reader,
        line: 0,
        page: Vec::new().into_iter(),
        has_ended: false,
    }
}

/// The rows of a file of JSON Lines: what [`json_lines`] gives.
#[derive(Debug)]
pub struct JsonLines<R> {
    reader: R,
    line: u64,
    page: std::vec::IntoIter<UserRecord>,
    has_ended: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    users: Vec<UserRecord>,
}

impl<R: BufRead> JsonLines<R> {
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut limited = self.reader.by_ref().take(LONGEST_LINE);
        if limited.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        self.line += 1;
        if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "must have less than a megabyte",
            ));
        }
        Ok(Some(line))
    }

    fn row(&self, user: UserRecord) -> Row {
        Row {
            line: self.line,
            record: Record::User(user),
        }
    }

    fn parse(&mut self, line: &[u8]) -> Result<Option<Row>, RowError> {
        let refused = |rule: String| RowError::new(self.line, rule);
        let value: Value = serde_json::from_slice(line).map_err(|error| {
            let place = error.column();
            refused(format!("must be JSON, but is not at column {place}"))
        })?;
        let Some(members) = value.as_object() else {
            return Err(refused("must be a JSON object".to_owned()));
        };
        let shape = |error: serde_json::Error| {
            // Its text may quote a value.
            let kind = if error.is_data() { "shape" } else { "form" };
            refused(format!("must be a record, but has another {kind}"))
        };
        if members.contains_key("Users") {
            let page: Page = serde_json::from_value(value).map_err(shape)?;
            self.page = page.users.into_iter();
            return Ok(self.page.next().map(|user| self.row(user)));
        }
        let record = if members.contains_key("Username") {
            Record::User(serde_json::from_value(value).map_err(shape)?)
        } else {
            serde_json::from_value(value).map_err(shape)?
        };
        let line = self.line;
        Ok(Some(Row { line, record }))
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(user) = self.page.next() {
                return Some(Ok(self.row(user)));
            }
            if self.has_ended {
                return None;
            }
            let line = match self.read() {
                Ok(Some(line)) => line,
                Ok(None) => return None,
                Err(error) => {
                    self.has_ended = true;
                    let rule = format!("must be readable: {error}");
                    return Some(Err(RowError::new(self.line.max(1), rule)));
                }
            };
            if line.trim_ascii().is_empty() {
                continue;
            }
            match self.parse(&line) {
                Ok(Some(row)) => return Some(Ok(row)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Result<(u64, String), (u64, String)>> {
        let rows = json_lines(text.as_bytes()).map(|row| match row {
            Ok(Row {
                line,
                record: Record::User(user),
            }) => Ok((line, user.username.expose().clone())),
            Ok(row) => Ok((row.line, String::new())),
            Err(error) => Err((error.line, error.rule)),
        });
        rows.collect()
    }

    #[test]
    fn users_are_read_in_each_of_the_shapes() {
        let rows = read(concat!(
            "{\"User\": {\"Username\": \"a\"}}\n\n",
            "{\"Username\": \"b\", \"Attributes\": [], \"Later\": 1}\r\n",
            "{\"Users\": [{\"Username\": \"c\"}, {\"Username\": \"d\"}]}\n",
            "{\"Users\": []}\n",
            "{\"Group\": {\"GroupName\": \"staff\"}}",
        ));
        let user = |line, name: &str| Ok((line, name.to_owned()));
        assert_eq!(
            rows,
            [
                user(1, "a"),
                user(3, "b"),
                user(4, "c"),
                user(4, "d"),
                user(6, "")
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_record_is_told_and_the_next_is_read() {
        let rows = read(
            "{\"Username\"\n[]\n{\"Username\": \"secret\", \"Enabled\": 3}\n{\"Usr\": 1}\n{\"Username\": \"a\"}\n",
        );
        let lines: Vec<_> = rows
            .iter()
            .map(|row| row.as_ref().map_err(|e| e.0).map(|r| r.0))
            .collect();
        assert_eq!(lines, [Err(1), Err(2), Err(3), Err(4), Ok(5)]);
        assert!(!format!("{rows:?}").contains("secret"));
    }

    #[test]
    fn a_line_without_end_ends_the_reading_with_an_error() {
        let rows = json_lines(io::BufReader::new(io::repeat(b'x')));
        assert_eq!(rows.filter_map(Result::err).count(), 1);
    }

    proptest! {
        #[test]
        fn whatever_is_read_nothing_panics(text in ".{0,200}", line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&text);
            let _ = json_lines(line.as_slice()).count();
        }
    }
}
