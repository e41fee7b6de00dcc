//! Holds a request to the table before anything is sent, and names what is wrong with it.

use serde_json::{Map, Value};

use crate::table::{Shape, Table};

/// What is wrong with a request, one rule a line; nothing if it can be sent.
pub(crate) fn problems(table: &Table, shape: &str, request: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(table, shape, request, "", &mut problems);
    problems
}

/// A request without what nobody may see.
pub(crate) fn redacted(table: &Table, shape: &str, value: &Value) -> Value {
    let kind = table.shape(shape);
    if kind.is_sensitive() && !value.is_null() {
        return Value::from("(not shown)");
    }
    match (kind, value) {
        (Shape::Structure { members, .. }, Value::Object(values)) => values
            .iter()
            .map(|(name, value)| {
                let shape = members
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                (name.clone(), redacted(table, shape, value))
            })
            .collect(),
        (Shape::List { member, .. }, Value::Array(items)) => items
            .iter()
            .map(|item| redacted(table, member, item))
            .collect(),
        (Shape::Map { value: of, .. }, Value::Object(values)) => values
            .iter()
            .map(|(name, value)| (name.clone(), redacted(table, of, value)))
            .collect(),
        _ => value.clone(),
    }
}

/// The name that is most like another one, if any is like it.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let near = names.map(|name| (distance(&wanted, &name.to_lowercase()), name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= wanted.chars().count() / 2).then_some(name)
}

fn check(table: &Table, shape: &str, value: &Value, path: &str, problems: &mut Vec<String>) {
    let kind = table.shape(shape);
    let fits = match (kind, value) {
        (
            Shape::Structure {
                members, required, ..
            },
            Value::Object(values),
        ) => {
            check_members(table, members, required, values, path, problems);
            true
        }
        (Shape::List { member, .. }, Value::Array(items)) => {
            for (place, item) in items.iter().enumerate() {
                check(table, member, item, &format!("{path}[{place}]"), problems);
            }
            true
        }
        (Shape::Map { value: of, .. }, Value::Object(values)) => {
            for (name, value) in values {
                check(table, of, value, &joined(path, name), problems);
            }
            true
        }
        (Shape::String { variants, .. }, Value::String(text)) => {
            if !variants.is_empty() && !variants.contains(text) {
                problems.push(unknown_variant(path, text, variants));
            }
            true
        }
        (Shape::Integer | Shape::Long, Value::Number(number)) => number.is_i64(),
        (Shape::Timestamp, value) => value.is_number(),
        (Shape::Boolean, value) => value.is_boolean(),
        (Shape::Blob, value) => value.is_string(),
        _ => false,
    };
    if !fits {
        let name = if path.is_empty() { "the request" } else { path };
        problems.push(format!("{name}: must be {}", kind.kind()));
    }
}

fn check_members(
    table: &Table,
    members: &Map<String, Value>,
    required: &[String],
    values: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<String>,
) {
    for (name, value) in values {
        let member = joined(path, name);
        if let Some(shape) = members.get(name).and_then(Value::as_str) {
            check(table, shape, value, &member, problems);
        } else {
            let near = nearest(name, members.keys().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?"));
            let near = near.unwrap_or_default();
            problems.push(format!("{member}: there is no such member{near}"));
        }
    }
    for name in required.iter().filter(|name| !values.contains_key(*name)) {
        problems.push(format!("{}: is required", joined(path, name)));
    }
}

fn unknown_variant(path: &str, text: &str, variants: &[String]) -> String {
    match nearest(text, variants.iter().map(String::as_str)) {
        Some(near) => format!("{path}: there is no {text:?}; did you mean {near}?"),
        None => format!("{path}: must be one of {}", variants.join(", ")),
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// How many letters to insert, delete or replace, by Levenshtein.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (place, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = place + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::table::table;

    fn of(operation: &str, request: &Value) -> Vec<String> {
        let table = table();
        problems(table, &table.operations[operation].input, request)
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_the_nearest_right_name() {
        let request = json!({
            "UserPoolID": "p",
            "Username": 7,
            "UserAttributes": [{"Name": "email", "Valu": "a@example.com"}],
            "MessageAction": "SUPRESS",
            "ForceAliasCreation": "yes",
        });
        assert_eq!(
            of("AdminCreateUser", &request),
            [
                "ForceAliasCreation: must be true or false",
                "MessageAction: there is no \"SUPRESS\"; did you mean SUPPRESS?",
                "UserAttributes[0].Valu: there is no such member; did you mean Value?",
                "UserPoolID: there is no such member; did you mean UserPoolId?",
                "Username: must be a text",
                "UserPoolId: is required",
            ]
        );
    }

    #[test]
    fn what_is_right_passes() {
        let request = json!({"UserPoolId": "p", "Limit": 3, "AttributesToGet": ["email"]});
        assert_eq!(of("ListUsers", &request), [""; 0]);
        assert_eq!(
            of("ListUsers", &json!([])),
            ["the request: must be an object"]
        );
    }

    #[test]
    fn secrets_and_what_tells_who_somebody_is_are_not_shown() {
        let table = table();
        let request = json!({
            "UserPoolId": "p",
            "Username": "alice",
            "TemporaryPassword": "P@ss",
            "UserAttributes": [{"Name": "email", "Value": "a@example.com"}],
            "Made up": "P@ss",
        });
        let shown = redacted(table, "AdminCreateUserRequest", &request).to_string();
        for secret in ["alice", "a@example.com"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("\"UserPoolId\":\"p\""), "{shown}");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["UserPoolId", "Username"];
        assert_eq!(nearest("userpoolid", names.into_iter()), Some("UserPoolId"));
        assert_eq!(nearest("Xyz", names.into_iter()), None);
    }
}
