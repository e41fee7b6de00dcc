//! What goes to standard output: JSON, for people on a terminal and for programs in a pipe.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::Value;

use crate::exit::Failure;

/// Writes a value: over several lines on a terminal, else on one.
pub(crate) fn value(value: &Value) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        line(&format!("{value:#}"))
    } else {
        one_line(value)
    }
}

/// Writes a value on one line.
pub(crate) fn one_line(value: &Value) -> Result<(), Failure> {
    line(&value.to_string())
}

/// Writes a line of text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| Failure::Io("standard output".to_owned(), error))
}
