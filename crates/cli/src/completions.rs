//! `completions`: what shells and `man` know of the command.

use std::io::{self, Write as _};

use clap::{ArgMatches, Command, builder::PossibleValue};
use clap_complete::Shell;

use crate::{command::whole_command, exit::Failure};

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let mut text = Vec::new();
    let shell = match matches.get_one::<String>("for").map(String::as_str) {
        Some("bash") => Some(Shell::Bash),
        Some("zsh") => Some(Shell::Zsh),
        Some("fish") => Some(Shell::Fish),
        _ => None,
    };
    let made = match shell {
        Some(shell) => {
            clap_complete::generate(shell, &mut whole_command(), "cognito-idp", &mut text);
            Ok(())
        }
        None => clap_mangen::Man::new(whole_command()).render(&mut text),
    };
    if shell == Some(Shell::Bash) {
        // The generator writes the hyphen of the name in two ways, so that no command would be found.
        let script = String::from_utf8_lossy(&text);
        text = script
            .replace("cognito__subcmd__idp", "cognito__idp")
            .into();
    }
    if shell == Some(Shell::Fish) {
        text.extend(fish_values(&whole_command()).bytes());
    }
    // In one piece, since the generator would panic at a pipe that is closed.
    let written = made.and_then(|()| io::stdout().write_all(&text));
    written.map_err(|error| Failure::Io("standard output".to_owned(), error))
}

/// What the generator leaves out for fish: the values of arguments without a name, such as operations.
fn fish_values(command: &Command) -> String {
    let lines = command.get_subcommands().flat_map(|command| {
        command.get_positionals().filter_map(|argument| {
            let values = argument.get_possible_values();
            let names: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
            let (command, names) = (command.get_name(), names.join(" "));
            (!names.is_empty()).then(|| {
                format!(
                    "complete -c cognito-idp -n \"__fish_cognito_idp_using_subcommand {command}\" \
                     -f -a \"{names}\"\n"
                )
            })
        })
    });
    lines.collect()
}
