//! The command line: commands and their arguments.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

use crate::{
    arguments, context, fixtures, output, service, session, settings, sign_in,
    table::{Operation, kebab, table},
    users, verbose, verify,
};

/// An operation that the command line names.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) operation: &'static Operation,
}

/// The operation that a `call` names, so that its members can become arguments.
///
/// Only that one's: the parser would spend milliseconds on all of them.
pub(crate) fn named_operation(arguments: &[OsString]) -> Option<Named> {
    let mut texts = arguments.iter().skip(1).map(|text| text.to_str());
    texts.by_ref().find(|text| *text == Some("call"))?;
    let (name, operation) = texts.flatten().find_map(|text| table().operation(text))?;
    Some(Named { name, operation })
}

/// The whole command line, with the members of one operation.
pub(crate) fn command(named: Option<&Named>) -> Command {
    let mut call = Command::new("call")
        .about("Calls an operation, typed: a wrong member is named before anything is sent")
        .subcommand_required(true)
        .subcommand_value_name("OPERATION")
        .subcommand_help_heading("Operations")
        .disable_help_subcommand(true)
        .after_help(
            "describe lists all operations. call OPERATION --help lists the members of one.",
        );
    match named {
        Some(named) => call = call.subcommand(operation(named)),
        // Whatever it is then, it is none.
        None => call = call.allow_external_subcommands(true),
    }
    let describe = Command::new("describe")
        .about("Says what an operation takes, gives and can fail with; lists all without a name")
        .arg(Arg::new("operation").value_name("OPERATION"));
    Command::new("cognito-idp")
        .about("Amazon Cognito user pools from the command line")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(context::arguments())
        .args([output::argument(), verbose::argument()])
        .subcommand(call)
        .subcommand(describe)
        .subcommand(sign_in::command())
        .subcommand(
            Command::new("token")
                .about("Prints the session's access token, refreshed if it is about to expire")
                .arg(flag("id", "The ID token instead"))
                .arg(session::client_secret_argument())
                .arg(session::argument()),
        )
        .subcommand(
            Command::new("sign-out")
                .about("Revokes the session's tokens and forgets them")
                .arg(flag("everywhere", "All of the user's sessions, on all devices"))
                .arg(session::client_secret_argument())
                .arg(session::argument()),
        )
        .subcommands(service::commands())
        .subcommand(verify::command())
        .subcommand(fixtures::command())
        .subcommand(users::command())
        .subcommands(settings::commands())
        .subcommand(
            Command::new("completions")
                .about("Prints completions for a shell, or the manual page")
                .arg(
                    Arg::new("for")
                        .value_name("FOR")
                        .required(true)
                        .value_parser(["bash", "zsh", "fish", "man"]),
                ),
        )
        .subcommand(Command::new("sessions").about("Lists the sessions that are kept, without their tokens"))
        .after_help(
            "Exit status: 0 done, 1 a file or pipe failed, 2 usage, 3 refused, 4 credentials, 5 throttled, \
             6 no network, 7 outcome unknown, 8 the service failed, 9 not all of it was done.",
        )
}

/// The command line with the names of all operations, for completions and the manual.
///
/// Without their members, which would make a script of megabytes.
pub(crate) fn whole_command() -> Command {
    let operations = table().operations.iter();
    let names: Vec<_> = operations.map(|(name, _)| kebab(name)).collect();
    let with_names = |command: Command| {
        let operation = Arg::new("operation")
            .value_name("OPERATION")
            .value_parser(names.clone());
        command.arg(operation)
    };
    command(None)
        .mut_subcommand("call", |call| {
            with_names(Command::new("call").about(call.get_about().cloned().unwrap_or_default()))
        })
        .mut_subcommand("describe", |describe| {
            with_names(
                Command::new("describe").about(describe.get_about().cloned().unwrap_or_default()),
            )
        })
}

fn operation(named: &Named) -> Command {
    let Named { name, operation } = named;
    let members = arguments::members(table(), &operation.input);
    let mut command = Command::new(kebab(name))
        .alias(*name)
        .about(format!("Calls {name}"))
        .arg(
            Arg::new("json")
                .long("json")
                .value_name("FILE")
                .help("The request, or a part of it, as JSON in a file; - for standard input"),
        )
        .arg(flag(
            "dry-run",
            "Print what would be sent, without secrets, and send nothing",
        ))
        .args(members);
    if table().page_token(operation).is_some() {
        command = command.arg(flag(
            "all-pages",
            "Ask for all pages, and print each on a line",
        ));
    }
    command
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_command_line_that_parses() {
        command(None).debug_assert();
        for (name, operation) in &table().operations {
            command(Some(&Named { name, operation })).debug_assert();
        }
    }

    #[test]
    fn the_operation_is_found_among_other_arguments() {
        let named = |line: &str| {
            let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
            named_operation(&arguments).map(|named| named.name)
        };
        assert_eq!(named("cognito-idp call ListUsers"), Some("ListUsers"));
        let line = "cognito-idp --region eu-central-1 call --profile p sign-up --client-id c";
        assert_eq!(named(line), Some("SignUp"));
        assert_eq!(named("cognito-idp call"), None);
        assert_eq!(named("cognito-idp describe ListUsers"), None);
    }
}
