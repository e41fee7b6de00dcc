//! Amazon Cognito user pools from the command line.

mod arguments;
mod browser;
mod call;
mod columns;
mod command;
mod completions;
mod context;
mod describe;
mod exit;
mod fixtures;
mod interrupt;
mod loopback;
mod output;
mod progress;
mod secret;
mod service;
mod session;
mod settings;
mod sign_in;
mod table;
mod terminal;
mod users;
mod validate;
mod verbose;
mod verify;

use std::process::ExitCode;

use self::exit::Failure;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: &[std::ffi::OsString]) -> Result<(), Failure> {
    let operation = command::named_operation(arguments);
    let matches = command::command(operation.as_ref())
        .try_get_matches_from(arguments)
        .map_err(Failure::Arguments)?;
    output::choose(&matches);
    verbose::choose(&matches);
    match matches.subcommand() {
        Some(("call", call)) => match operation.zip(call.subcommand()) {
            Some((operation, (_, members))) => call::run(&operation, members),
            None => Err(call.subcommand_name().map_or_else(
                || Failure::usage("call takes an operation"),
                describe::no_such_operation,
            )),
        },
        Some(("describe", describe)) => describe::run(describe),
        Some(("sign-in", sign_in)) => block_on(sign_in::run(sign_in)),
        Some(("token", token)) => block_on(session::token(token)),
        Some(("sign-out", sign_out)) => block_on(session::sign_out(sign_out)),
        Some(("verify", verify)) => block_on(verify::run(verify)),
        Some(("fixtures", fixtures)) => block_on(fixtures::run(fixtures)),
        Some(("users", users)) => block_on(users::run(users)),
        Some((call, matches)) if service::is_one(call) => block_on(service::run(call, matches)),
        Some((kind, matches)) if settings::is_one(kind) => block_on(settings::run(kind, matches)),
        Some(("completions", completions)) => completions::run(completions),
        Some(("sessions", _)) => session::list(),
        _ => Err(Failure::usage("a command must be named; --help lists them")),
    }
}

/// Runs what waits for answers; one thread is enough for one command.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Io("the runtime".to_owned(), error))?
        .block_on(work)
}
