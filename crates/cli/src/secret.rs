//! Secrets, which come from anywhere but the command line: other processes of the machine can read that.

use std::{
    fs, io,
    sync::atomic::{AtomicBool, Ordering},
};

use clap::ArgMatches;
use cognito_idp::Sensitive;

use crate::{
    exit::Failure,
    terminal::{ask_hidden, ask_new},
};

/// Reads a secret from where the argument says: `env:NAME`, `file:PATH` or `-` for standard input.
///
/// One line break at its end does not count.
pub(crate) fn read(argument: &str, source: &str) -> Result<String, Failure> {
    let text = if let Some(name) = source.strip_prefix("env:") {
        std::env::var(name)
            .map_err(|_| Failure::usage(format!("--{argument}: the variable {name} must be set")))?
    } else if let Some(path) = source.strip_prefix("file:") {
        let unreadable = |error| Failure::Io(format!("--{argument}: {path}"), error);
        fs::read_to_string(path).map_err(unreadable)?
    } else if source == "-" {
        standard_input(argument)?
    } else {
        return Err(Failure::usage(format!(
            "--{argument}: is a secret, which others could see here; give env:NAME, file:PATH or - \
             for standard input"
        )));
    };
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// The secret of an argument, asked for on the terminal if the argument is not given.
pub(crate) fn given_or_asked(
    matches: &ArgMatches,
    argument: &str,
    question: &str,
) -> Result<Sensitive<String>, Failure> {
    given_or(matches, argument, || ask_hidden(question))
}

/// The same for a secret that is new, and must be typed twice.
pub(crate) fn given_or_chosen(
    matches: &ArgMatches,
    argument: &str,
    question: &str,
) -> Result<Sensitive<String>, Failure> {
    given_or(matches, argument, || ask_new(question))
}

fn given_or(
    matches: &ArgMatches,
    argument: &str,
    ask: impl FnOnce() -> Result<Sensitive<String>, Failure>,
) -> Result<Sensitive<String>, Failure> {
    match matches.get_one::<String>(argument) {
        Some(source) => read(argument, source).map(Into::into),
        None => ask(),
    }
}

/// All of standard input, which one argument alone can have.
pub(crate) fn standard_input(argument: &str) -> Result<String, Failure> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.swap(true, Ordering::Relaxed) {
        let rule = "standard input was read for another argument already";
        return Err(Failure::usage(format!("--{argument}: {rule}")));
    }
    let unreadable = |error| Failure::Io(format!("--{argument}: standard input"), error);
    io::read_to_string(io::stdin()).map_err(unreadable)
}
