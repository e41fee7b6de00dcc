//! `describe`: what an operation takes, gives and can fail with.

use std::fmt::Write as _;

use clap::ArgMatches;

use crate::{
    exit::Failure,
    output,
    table::{Operation, Shape, Table, kebab, table},
    validate::nearest,
};

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some(wanted) = matches.get_one::<String>("operation") else {
        let names: Vec<&str> = table().operations.keys().map(String::as_str).collect();
        return output::line(&names.join("\n"));
    };
    let Some((name, operation)) = table().operation(wanted) else {
        return Err(no_such_operation(wanted));
    };
    output::line(description(table(), name, operation).trim_end())
}

/// The failure of a name that is no operation's, with the nearest that is.
pub(crate) fn no_such_operation(name: &str) -> Failure {
    let wanted = pascal(name);
    let near = nearest(&wanted, table().operations.keys().map(String::as_str));
    let near = near.map(|near| format!("; did you mean {near}?"));
    let near = near.unwrap_or_default();
    Failure::usage(format!("there is no operation {name}{near}"))
}

/// `list-users` as `ListUsers`, so that both are as far from the names of operations.
fn pascal(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

fn description(table: &Table, name: &str, operation: &Operation) -> String {
    let signed = match operation.auth.as_str() {
        "NoAuth" => "not signed: needs no AWS credentials",
        "Optional" => "signed if there are AWS credentials",
        _ => "signed with AWS credentials",
    };
    let retry = match operation.retry.as_str() {
        "Repeatable" => "repeated also when the outcome of an attempt is unknown",
        _ => "never repeated when the outcome of an attempt is unknown",
    };
    let mut text = format!(
        "{name} (cognito-idp call {})\n  {signed}\n  {retry}\n  \
         https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_{name}.html\n",
        kebab(name)
    );
    // Writing to a text cannot fail.
    let _ = writeln!(text, "\nRequest");
    members(table, &operation.input, &mut text);
    if let Some(output) = &operation.output {
        let _ = writeln!(text, "\nAnswer");
        members(table, output, &mut text);
    }
    let _ = writeln!(text, "\nErrors\n  {}", operation.errors.join("\n  "));
    text
}

fn members(table: &Table, shape: &str, text: &mut String) {
    let required = match table.shape(shape) {
        Shape::Structure { required, .. } => required.as_slice(),
        _ => &[],
    };
    let width = table
        .members(shape)
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    if width == 0 {
        text.push_str("  (nothing)\n");
    }
    for (name, of) in table.members(shape) {
        let mark = if required.iter().any(|required| required == name) {
            "required"
        } else {
            ""
        };
        let line = format!("  {name:width$}  {mark:8}  {}", type_of(table, of));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn type_of(table: &Table, shape: &str) -> String {
    match table.shape(shape) {
        Shape::Structure { .. } => format!("object {shape}"),
        Shape::List { member, .. } => format!("list of {}", type_of(table, member)),
        Shape::Map { value, .. } => format!("object of {}", type_of(table, value)),
        Shape::String { variants, .. } if !variants.is_empty() => variants.join(" | "),
        Shape::String {
            sensitive: true, ..
        } => "text, sensitive".to_owned(),
        Shape::String { .. } => "text".to_owned(),
        Shape::Integer | Shape::Long => "integer".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Timestamp => "timestamp".to_owned(),
        Shape::Blob => "base64".to_owned(),
    }
}
