//! Records from a CSV file.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, Read as _},
};

use super::{
    record::{Record, UserRecord},
    source::{Row, RowError},
};
use crate::{error::InvalidInput, types::AttributeType};

/// No row is that long: a user has at most a hundred attributes of two kilobytes.
const LONGEST_ROW: usize = 1024 * 1024;
/// The columns that are no attribute.
const USERNAME: &str = "username";
const ENABLED: &str = "enabled";
const GROUPS: &str = "groups";

/// A CSV file of users, as spreadsheets and databases write it (RFC 4180), with a header.
///
/// A column is the attribute of its name, such as `email` or `custom:plan`, unless
/// [`column`](Self::column) says otherwise. `username` (or `cognito:username`) must be there; `enabled`
/// is `true` or `false`; `groups` are names with `;` between. A cell that is empty says nothing.
///
/// Cognito's own import jobs read [another dialect](super::ImportFile).
///
/// ```
/// use cognito_idp::bulk::{Csv, Record};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = "Login,E-Mail,groups\nalice,alice@example.com,staff;admins\n";
/// let csv = Csv::new(file.as_bytes()).column("Login", "username").column("E-Mail", "email");
/// for row in csv.rows()? {
///     if let Record::User(user) = row?.record {
///         assert_eq!(user.attribute("email"), Some("alice@example.com"));
///         assert_eq!(user.groups, ["staff", "admins"]);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is read before `rows`"]
pub struct Csv<R> {
    reader: R,
    columns: BTreeMap<String, String>,
    ignored: BTreeSet<String>,
}

/// The rows of a CSV file: what [`Csv::rows`] gives.
///
/// ```
/// use cognito_idp::bulk::{Csv, CsvRows};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rows: CsvRows<&[u8]> = Csv::new(&b"username,email\nalice,alice@example.com\n,nobody@example.com\n"[..]).rows()?;
/// let problems: Vec<_> = rows.filter_map(Result::err).collect();
/// assert_eq!((problems.len(), problems[0].line), (1, 3)); // the next row is read all the same
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CsvRows<R> {
    cells: Cells<R>,
    /// What each column is; `None` for one that is not read.
    header: Vec<Option<String>>,
    has_ended: bool,
}

impl<R: BufRead> Csv<R> {
    /// A file to read.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            columns: BTreeMap::new(),
            ignored: BTreeSet::new(),
        }
    }

    /// Takes the column of this name in the header for an attribute, or for `username`, `enabled` or
    /// `groups`.
    pub fn column(mut self, header: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.columns.insert(header.into(), attribute.into());
        self
    }

    /// Passes over the column of this name in the header.
    pub fn ignore(mut self, header: impl Into<String>) -> Self {
        self.ignored.insert(header.into());
        self
    }

    /// Reads the header, and then row after row.
    ///
    /// # Errors
    /// Names what is wrong with the header: a column that is there twice, one that was spoken of and is
    /// not there, or none for the username.
    pub fn rows(self) -> Result<CsvRows<R>, InvalidInput> {
        let Self {
            reader,
            columns,
            ignored,
        } = self;
        let mut cells = Cells::new(reader);
        let refused = |rule: String| InvalidInput::new("header", rule);
        let first = cells.next().map_err(|error| refused(error.rule))?;
        let (line, first) = first.ok_or_else(|| refused("must be there".to_owned()))?;
        let names = split(&first, line).map_err(|error| refused(error.rule))?;
        let spoken_of = columns.keys().chain(&ignored);
        let mut missing = spoken_of.filter(|name| !names.contains(name));
        if let Some(name) = missing.next() {
            return Err(refused(format!("must have the column {name:?}")));
        }
        let meaning = |name: &String| {
            if ignored.contains(name) {
                return None;
            }
            let meaning = columns.get(name).unwrap_or(name).as_str();
            Some(match meaning {
                "cognito:username" | "Username" => USERNAME.to_owned(),
                meaning => meaning.to_owned(),
            })
        };
        let header: Vec<_> = names.iter().map(meaning).collect();
        let mut seen = BTreeSet::new();
        for meaning in header.iter().flatten() {
            if meaning.is_empty() {
                return Err(refused(
                    "must name each column that is not ignored".to_owned(),
                ));
            }
            if !seen.insert(meaning) {
                return Err(refused(format!("must have one column for {meaning:?}")));
            }
        }
        if !seen.contains(&USERNAME.to_owned()) {
            return Err(refused("must have a column for the username".to_owned()));
        }
        Ok(CsvRows {
            cells,
            header,
            has_ended: false,
        })
    }
}

impl<R> CsvRows<R> {
    fn record(&self, line: u64, row: &str) -> Result<Row, RowError> {
        let cells = split(row, line)?;
        if cells.len() != self.header.len() {
            let (wanted, found) = (self.header.len(), cells.len());
            let rule = format!("must have {wanted} cells as the header has, but has {found}");
            return Err(RowError::new(line, rule));
        }
        let mut user = UserRecord::new("");
        for (column, cell) in self.header.iter().zip(cells) {
            let Some(column) = column.as_deref().filter(|_| !cell.is_empty()) else {
                continue;
            };
            match column {
                USERNAME => user.username = cell.into(),
                ENABLED => {
                    let enabled = cell.to_ascii_lowercase().parse();
                    let enabled = enabled.map_err(|_| RowError {
                        line,
                        column: Some(ENABLED.to_owned()),
                        rule: "must be true or false".to_owned(),
                    })?;
                    user.enabled = Some(enabled);
                }
                GROUPS => {
                    let names = cell.split(';').map(str::trim);
                    let names = names.filter(|name| !name.is_empty());
                    user.groups = names.map(str::to_owned).collect();
                }
                name => {
                    let attribute = AttributeType::new(name).value(cell);
                    user.attributes.to_mut().push(attribute);
                }
            }
        }
        if user.username.expose().is_empty() {
            return Err(RowError {
                line,
                column: Some(USERNAME.to_owned()),
                rule: "must be present".to_owned(),
            });
        }
        let record = Record::User(user);
        Ok(Row { line, record })
    }
}

impl<R: BufRead> Iterator for CsvRows<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        match self.cells.next() {
            Ok(Some((line, row))) => Some(self.record(line, &row)),
            Ok(None) => None,
            Err(error) => {
                // Behind a quote that is not closed nothing can be told apart any more.
                self.has_ended = true;
                Some(Err(error))
            }
        }
    }
}

/// Reads the cells of row after row.
#[derive(Debug)]
struct Cells<R> {
    reader: R,
    line: u64,
}

impl<R: BufRead> Cells<R> {
    fn new(reader: R) -> Self {
        Self { reader, line: 0 }
    }

    /// The next row that is not empty, with the line on which it begins.
    fn next(&mut self) -> Result<Option<(u64, String)>, RowError> {
        loop {
            let line = self.line + 1;
            let mut row = Vec::new();
            // A line break inside of quotes does not end the row.
            loop {
                let before = row.len();
                let left = (LONGEST_ROW - before) as u64;
                let mut limited = self.reader.by_ref().take(left);
                let read = limited.read_until(b'\n', &mut row);
                let read = read
                    .map_err(|error| RowError::new(line, format!("must be readable: {error}")))?;
                if read == 0 {
                    break;
                }
                self.line += 1;
                if row.len() == LONGEST_ROW {
                    let rule = "must have less than a megabyte; is a quote not closed?";
                    return Err(RowError::new(line, rule));
                }
                if has_all_quotes_closed(&row) {
                    break;
                }
            }
            if row.is_empty() {
                return Ok(None);
            }
            let text = String::from_utf8(row);
            let text = text.map_err(|_| RowError::new(line, "must be UTF-8"))?;
            let text = if line == 1 {
                text.trim_start_matches('\u{feff}')
            } else {
                &text
            };
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.trim().is_empty() {
                continue;
            }
            return Ok(Some((line, text.to_owned())));
        }
    }
}

fn has_all_quotes_closed(row: &[u8]) -> bool {
    row.iter()
        .fold(true, |closed, byte| closed ^ (*byte == b'"'))
}

/// Splits a row into its cells.
fn split(row: &str, line: u64) -> Result<Vec<String>, RowError> {
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let refused = || RowError {
                line,
                column: Some(format!("column {}", cells.len() + 1)),
                rule: "must have a comma behind the closing quote".to_owned(),
            };
            quoted_cell(quoted).ok_or_else(refused)?
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (cell, after) = rest.split_at(end);
            (cell.to_owned(), after)
        };
        cells.push(cell);
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Ok(cells),
        }
    }
}

/// The cell behind its first quote, and what follows the last one: a comma or nothing.
fn quoted_cell(text: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        cell.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                cell.push('"');
                rest = after;
            }
            None if after.is_empty() || after.starts_with(',') => return Some((cell, after)),
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn users(text: &str) -> Vec<Result<(u64, UserRecord), RowError>> {
        let rows = Csv::new(text.as_bytes()).rows().expect("a header");
        let user = |row: Row| match row.record {
            Record::User(user) => (row.line, user),
            record => panic!("{record:?}"),
        };
        rows.map(|row| row.map(user)).collect()
    }

    fn refused(csv: Csv<&[u8]>) -> String {
        csv.rows().expect_err("refused").to_string()
    }

    #[test]
    fn quotes_commas_and_line_breaks_in_a_cell_are_read_as_the_rfc_has_them() {
        let text =
            "\u{feff}username,name,email\r\na,\"say \"\"hi\"\",\r\nnow\",\r\n\r\nb, c ,x@y\n";
        let rows = users(text);
        let [Ok((2, first)), Ok((5, second))] = rows.as_slice() else {
            panic!("{rows:?}");
        };
        assert_eq!(first.attribute("name"), Some("say \"hi\",\r\nnow"));
        assert_eq!(first.attribute("email"), None);
        assert_eq!(second.attribute("name"), Some(" c "));
        assert_eq!(second.attribute("email"), Some("x@y"));
    }

    #[test]
    fn a_header_must_say_what_each_column_is_once() {
        let csv = |text: &'static str| Csv::new(text.as_bytes());
        assert!(refused(csv("")).contains("must be there"));
        assert!(refused(csv("email\n")).contains("username"));
        assert!(refused(csv("username,cognito:username\n")).contains("one column"));
        assert!(refused(csv("username,\n")).contains("name each column"));
        assert!(refused(csv("username\n").column("Mail", "email")).contains("\"Mail\""));
        assert!(csv("username,x\n").ignore("x").rows().is_ok());
    }

    #[test]
    fn a_row_at_fault_is_told_by_line_and_column_and_the_next_is_read() {
        let rows = users("username,enabled\na\n\"b\"x,true\nc,yes\n,true\nd,FALSE\n");
        let told: Vec<_> = rows
            .iter()
            .map(|row| match row {
                Ok((line, user)) => (*line, user.username.expose().as_str()),
                Err(error) => (error.line, error.column.as_deref().unwrap_or_default()),
            })
            .collect();
        assert_eq!(
            told,
            [
                (2, ""),
                (3, "column 1"),
                (4, "enabled"),
                (5, "username"),
                (6, "d")
            ]
        );
    }

    #[test]
    fn a_quote_that_is_not_closed_ends_the_reading_with_its_line() {
        let rows = users("username\na\n\"b\nc\nd\n");
        assert_eq!(rows.len(), 2);
        assert!(matches!(&rows[1], Err(error) if error.line == 3));
    }

    proptest! {
        #[test]
        fn what_is_written_as_the_rfc_has_it_is_read_again(
            cells in prop::collection::vec(prop::collection::vec("[a-z\",\r\n é]{0,12}", 2), 0..6),
        ) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let row = |(n, row): (usize, &Vec<String>)| {
                format!("u{n},{},{}\r\n", quoted(&row[0]), quoted(&row[1]))
            };
            let rows: String = cells.iter().enumerate().map(row).collect();
            let text = format!("username,name,nickname\n{rows}");
            let rows = users(&text);
            prop_assert_eq!(rows.len(), cells.len());
            for (row, cells) in rows.into_iter().zip(&cells) {
                let user = row.expect("a user").1;
                for (name, cell) in ["name", "nickname"].into_iter().zip(cells) {
                    prop_assert_eq!(user.attribute(name).unwrap_or_default(), cell);
                }
            }
        }

        #[test]
        fn whatever_is_read_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(rows) = Csv::new(bytes.as_slice()).rows() {
                let _ = rows.count();
            }
            let text = [b"username,name\n", bytes.as_slice()].concat();
            let _ = Csv::new(text.as_slice()).rows().map(Iterator::count);
        }
    }
}
