//! What goes to standard output: JSON for people on a terminal and for programs in a pipe, or tables.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use clap::{Arg, ArgMatches};
use serde_json::Value;

use crate::{columns, exit::Failure, terminal};

/// Chosen once, before anything is written.
static IS_TABLE: AtomicBool = AtomicBool::new(false);

/// The argument that chooses the form.
pub(crate) fn argument() -> Arg {
    Arg::new("output")
        .long("output")
        .value_name("FORM")
        .global(true)
        .value_parser(["json", "table"])
        .default_value("json")
        .hide_default_value(true)
        .hide_possible_values(true)
        .help("How answers are printed: json or table [json]")
}

/// Takes the form that the arguments choose for all that follows.
pub(crate) fn choose(matches: &ArgMatches) {
    let form = matches.get_one::<String>("output");
    IS_TABLE.store(form.is_some_and(|form| form == "table"), Ordering::Relaxed);
}

/// Whether a person reads it who wants a table.
pub(crate) fn is_table() -> bool {
    IS_TABLE.load(Ordering::Relaxed)
}

/// Writes a value: as a table, or as JSON over several lines on a terminal, else on one.
pub(crate) fn value(value: &Value) -> Result<(), Failure> {
    let is_terminal = io::stdout().is_terminal();
    if is_table() {
        let width = is_terminal.then(|| terminal::width(io::stdout())).flatten();
        return match columns::table(value, width) {
            text if text.is_empty() => Ok(()),
            text => line(&text),
        };
    }
    if is_terminal {
        line(&format!("{value:#}"))
    } else {
        one_line(value)
    }
}

/// Writes values: as one table, or as JSON, each on a line.
pub(crate) fn list(values: Vec<Value>) -> Result<(), Failure> {
    if is_table() {
        return value(&values.into());
    }
    values.iter().try_for_each(one_line)
}

/// Writes a value as JSON on one line.
pub(crate) fn one_line(value: &Value) -> Result<(), Failure> {
    line(&value.to_string())
}

/// Writes a line of text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| Failure::Io("standard output".to_owned(), error))
}
