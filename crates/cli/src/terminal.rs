//! Asking whoever sits at the terminal. Questions go to standard error: standard output is for data.

use std::io::{self, IsTerminal as _};

use cognito_idp::Sensitive;

use crate::exit::Failure;
#[cfg(unix)]
use crate::interrupt::at_interrupt;

/// Asks for a line.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    needs_terminal(question)?;
    eprint!("{question}: ");
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    match read.map_err(|error| Failure::Io("the terminal".to_owned(), error))? {
        0 => Err(Failure::usage(format!("no answer to: {question}"))),
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

/// Asks for a line that is not echoed.
pub(crate) fn ask_hidden(question: &str) -> Result<Sensitive<String>, Failure> {
    needs_terminal(question)?;
    give_echo_back_at_interrupt();
    eprint!("{question}: ");
    let line = rpassword::read_password();
    line.map(Into::into)
        .map_err(|error| Failure::Io("the terminal".to_owned(), error))
}

/// How many characters stand side by side on a terminal, if that is known.
#[cfg(unix)]
pub(crate) fn width(terminal: impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

#[cfg(not(unix))]
pub(crate) fn width<T>(_terminal: T) -> Option<usize> {
    None
}

/// Asks for a secret that is new, until it is typed the same twice.
pub(crate) fn ask_new(question: &str) -> Result<Sensitive<String>, Failure> {
    loop {
        let secret = ask_hidden(question)?;
        if secret == ask_hidden("The same again")? {
            return Ok(secret);
        }
        eprintln!("The two are not the same.");
    }
}

/// Lets one of several be chosen; of one alone there is no choice.
pub(crate) fn choose<'a, T: std::fmt::Display>(
    question: &str,
    choices: &'a [T],
) -> Result<&'a T, Failure> {
    if let [choice] = choices {
        return Ok(choice);
    }
    eprintln!("{question}");
    for (number, choice) in choices.iter().enumerate() {
        eprintln!("  {}: {choice}", number + 1);
    }
    loop {
        let number: Option<usize> = ask("Number")?.trim().parse().ok();
        let place = number.and_then(|number| number.checked_sub(1));
        match place.and_then(|place| choices.get(place)) {
            Some(choice) => return Ok(choice),
            None => eprintln!("There is no such choice."),
        }
    }
}

fn needs_terminal(question: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "a terminal is needed to ask: {question}"
    )))
}

/// Whoever is asked for a password and presses ^C sees afterwards what is typed.
#[cfg(unix)]
fn give_echo_back_at_interrupt() {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    let Ok(before) = tcgetattr(io::stdin()) else {
        return;
    };
    at_interrupt(move || {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        eprintln!();
    });
}

#[cfg(not(unix))]
fn give_echo_back_at_interrupt() {}
