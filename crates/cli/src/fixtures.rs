//! `fixtures`: exchanges with Cognito in files, checked, made safe and recorded.

mod check;
mod record;
mod redact;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::exit::Failure;

pub(crate) fn command() -> Command {
    let argument =
        |name: &'static str, value, help| Arg::new(name).long(name).value_name(value).help(help);
    let keep = argument(
        "keep",
        "MEMBER",
        "An attribute or claim whose value is the program's and nobody's, and stays as it is",
    )
    .action(ArgAction::Append);
    let check = Command::new("check")
        .about("Checks files: their form, the operations' members, and what must not be in them")
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .required(true)
                .num_args(1..)
                .help("Files, and folders with all that is in them"),
        );
    let redact = Command::new("redact")
        .about(
            "Makes a fixture without secrets of a raw one, or of a browser's or proxy's HAR file",
        )
        .arg(Arg::new("raw").value_name("RAW").required(true))
        .arg(Arg::new("file").value_name("FILE").required(true))
        .arg(keep.clone());
    let record = Command::new("record")
        .about("Passes any program's calls on to Cognito, and writes them to a fixture without secrets")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("The fixture, written at the end"),
        )
        .arg(
            Arg::new("command")
                .value_name("COMMAND")
                .num_args(1..)
                .last(true)
                .help("A program to run; without one, the recording ends at ^C"),
        )
        .arg(
            argument("port", "PORT", "Where to listen on 127.0.0.1; any free port by default")
                .value_parser(clap::value_parser!(u16)),
        )
        .arg(argument(
            "server",
            "NAME",
            "What is recorded, and which version of it, such as \"MiniStack 1.5.33\"; needed for \
             another endpoint than AWS's",
        ))
        .arg(argument("description", "TEXT", "What happens in it, in a sentence"))
        .arg(keep)
        .after_help(
            "What a program signs is signed again with the credentials of this command: while it runs, \
             whoever can connect to the port acts with them.",
        );
    Command::new("fixtures")
        .about("Checks, makes safe and records files of calls and answers, for tests")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check)
        .subcommand(redact)
        .subcommand(record)
}

pub(crate) async fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("check", check)) => check::run(check),
        Some(("redact", redact)) => redact::run(redact).await,
        Some(("record", record)) => record::run(record).await,
        _ => Err(Failure::usage("fixtures takes check, redact or record")),
    }
}

fn given<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one(name).map_or("", String::as_str)
}
