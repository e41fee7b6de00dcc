//! Arguments of commands, and the members of an operation as such, from which a request is made.

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Map, Value};

use crate::{
    exit::Failure,
    secret,
    table::{Shape, Table, is_secret, kebab},
};

/// An argument with a value, such as `--pool ID`.
pub(crate) fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// An argument without one, such as `--yes`.
pub(crate) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

/// One argument for each member of a request.
pub(crate) fn members(table: &'static Table, shape: &str) -> Vec<Arg> {
    let required = match table.shape(shape) {
        Shape::Structure { required, .. } => required.as_slice(),
        _ => &[],
    };
    let members = table.members(shape).map(|(name, of)| {
        let long = kebab(name);
        let mut help = help(table, of);
        if required.iter().any(|required| required == name) {
            help.push_str("; required");
        }
        let argument = Arg::new(name.to_owned())
            .long(long)
            .help(help)
            .help_heading("Members")
            .action(ArgAction::Set);
        match table.shape(of) {
            _ if is_secret(of) => argument.value_name("SOURCE"),
            Shape::List { .. } | Shape::Map { .. } => argument
                .value_name("VALUE")
                .num_args(1..)
                .action(ArgAction::Append),
            Shape::Boolean => argument
                .value_name("BOOL")
                .num_args(0..=1)
                .default_missing_value("true"),
            Shape::Integer | Shape::Long | Shape::Timestamp => {
                argument.value_name("NUMBER").allow_negative_numbers(true)
            }
            Shape::Structure { .. } => argument.value_name("JSON"),
            Shape::String { .. } | Shape::Blob => argument.value_name("TEXT"),
        }
    });
    members.collect()
}

/// The members that were given, as they stand in the request.
pub(crate) fn request(
    table: &Table,
    shape: &str,
    matches: &ArgMatches,
) -> Result<Map<String, Value>, Failure> {
    let mut request = Map::new();
    for (name, of) in table.members(shape) {
        let Some(given) = matches.get_many::<String>(name) else {
            continue;
        };
        let given: Vec<&str> = given.map(String::as_str).collect();
        request.insert(name.to_owned(), member(table, name, of, &given)?);
    }
    Ok(request)
}

fn member(table: &Table, name: &str, shape: &str, given: &[&str]) -> Result<Value, Failure> {
    let argument = kebab(name);
    let first = given.first().copied().unwrap_or_default();
    if is_secret(shape) {
        let text = secret::read(&argument, first)?;
        return match table.shape(shape) {
            Shape::String { .. } => Ok(text.into()),
            _ => json(&argument, &text),
        };
    }
    match table.shape(shape) {
        Shape::List { .. } if given.len() == 1 && first.trim_start().starts_with('[') => {
            json(&argument, first)
        }
        Shape::List { member: of, .. } => {
            let item = |text: &&str| scalar(table, &argument, of, text);
            given.iter().map(item).collect()
        }
        Shape::Map { .. } if first.trim_start().starts_with('{') => json(&argument, first),
        Shape::Map { .. } => given.iter().map(|pair| entry(&argument, pair)).collect(),
        _ => scalar(table, &argument, shape, first),
    }
}

fn scalar(table: &Table, argument: &str, shape: &str, text: &str) -> Result<Value, Failure> {
    let wrong = |rule| Failure::usage(format!("--{argument}: must be {rule}"));
    match table.shape(shape) {
        Shape::String { .. } | Shape::Blob => Ok(text.into()),
        Shape::Boolean => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(wrong("true or false")),
        },
        kind @ (Shape::Integer | Shape::Long) => {
            let number: Result<i64, _> = text.parse();
            number.map(Value::from).map_err(|_| wrong(kind.kind()))
        }
        kind @ Shape::Timestamp => {
            let number: Option<f64> = text.parse().ok().filter(|time: &f64| time.is_finite());
            number.map(Value::from).ok_or_else(|| wrong(kind.kind()))
        }
        Shape::Structure { .. } | Shape::List { .. } | Shape::Map { .. } => json(argument, text),
    }
}

fn entry(argument: &str, pair: &str) -> Result<(String, Value), Failure> {
    let (name, value) = pair
        .split_once('=')
        .ok_or_else(|| Failure::usage(format!("--{argument}: must be NAME=VALUE or JSON")))?;
    Ok((name.to_owned(), value.into()))
}

/// The text itself is not shown: it may hold what nobody may see.
fn json(argument: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::usage(format!(
            "--{argument}: must be JSON (line {line}, column {column})"
        ))
    })
}

fn help(table: &Table, shape: &str) -> String {
    let kind = table.shape(shape);
    let mut help = match kind {
        _ if is_secret(shape) => {
            "A secret: env:NAME, file:PATH, or - for standard input".to_owned()
        }
        Shape::List { member, .. } => match table.shape(member) {
            Shape::Structure { .. } => format!("Objects ({member}), each as JSON"),
            of => format!("Values, each {}", of.kind()),
        },
        Shape::Map { .. } => "NAME=VALUE, several, or an object as JSON".to_owned(),
        Shape::Structure { .. } => format!("An object ({shape}) as JSON"),
        _ => {
            let mut kind = kind.kind().to_owned();
            kind[..1].make_ascii_uppercase();
            kind
        }
    };
    if let Shape::String { variants, .. } = kind
        && !variants.is_empty()
    {
        help = ["One of ", &variants.join(", ")].concat();
    }
    help
}
