//! Holds requests and answers to the table, and names what is wrong with them.

use serde_json::{Map, Value};

use crate::table::{Shape, Table};

/// What is wrong with a request, one rule a line; nothing if it can be sent.
pub(crate) fn problems(table: &Table, shape: &str, request: &Value) -> Vec<String> {
    problems_of(table, Reading::Request, shape, request)
}

/// What is wrong with a value that is read in one of three ways, one rule a line.
pub(crate) fn problems_of(
    table: &Table,
    reading: Reading,
    shape: &str,
    value: &Value,
) -> Vec<String> {
    let mut checking = Checking {
        table,
        reading,
        problems: Vec::new(),
    };
    checking.check(shape, value, "");
    checking.problems
}

/// How a value is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// What is about to be sent.
    Request,
    /// The request of a fixture, in which placeholders stand for anything.
    Pattern,
    /// The answer of a fixture: a server may leave members out, and know newer words.
    Answer,
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

struct Checking<'a> {
    table: &'a Table,
    reading: Reading,
    problems: Vec<String>,
}

impl Checking<'_> {
    fn check(&mut self, shape: &str, value: &Value, path: &str) {
        if self.reading != Reading::Request && is_placeholder(value) {
            return;
        }
        let kind = self.table.shape(shape);
        let fits = match (kind, value) {
            // A document, such as the settings of a style: the model says nothing of what is in it.
            (Shape::Structure { members, .. }, Value::Object(_))
                if members.is_empty() && !path.is_empty() =>
            {
                true
            }
            (
                Shape::Structure {
                    members, required, ..
                },
                Value::Object(values),
            ) => {
                self.check_members(members, required, values, path);
                true
            }
            (Shape::List { member, .. }, Value::Array(items)) => {
                for (place, item) in items.iter().enumerate() {
                    self.check(member, item, &format!("{path}[{place}]"));
                }
                true
            }
            (Shape::Map { value: of, .. }, Value::Object(values)) => {
                for (name, value) in values {
                    self.check(of, value, &joined(path, name));
                }
                true
            }
            (Shape::String { variants, .. }, Value::String(text)) => {
                let may_be_new = variants.is_empty() || self.reading == Reading::Answer;
                if !may_be_new && !variants.contains(text) {
                    self.problems.push(unknown_variant(path, text, variants));
                }
                true
            }
            (Shape::Integer | Shape::Long, Value::Number(number)) => number.is_i64(),
            (Shape::Timestamp, value) => value.is_number(),
            (Shape::Boolean, value) => value.is_boolean(),
            (Shape::Blob, value) => value.is_string(),
            // Nothing at all, as some servers write it.
            (_, Value::Null) => self.reading == Reading::Answer,
            _ => false,
        };
        if !fits {
            let name = if path.is_empty() { "the request" } else { path };
            self.problems
                .push(format!("{name}: must be {}", kind.kind()));
        }
    }

    fn check_members(
        &mut self,
        members: &Map<String, Value>,
        required: &[String],
        values: &Map<String, Value>,
        path: &str,
    ) {
        let is_open = self.reading == Reading::Pattern && values.contains_key(ANY);
        for (name, value) in values.iter().filter(|(name, _)| !is_open || *name != ANY) {
            let member = joined(path, name);
            if let Some(shape) = members.get(name).and_then(Value::as_str) {
                self.check(shape, value, &member);
            } else {
                let near = nearest(name, members.keys().map(String::as_str));
                // Servers give more than they say; what is like a member that is not there is
                // misspelt.
                let is_known = near.is_none_or(|near| values.contains_key(near));
                if self.reading == Reading::Answer && is_known {
                    continue;
                }
                let near = near.map(|near| format!("; did you mean {near}?"));
                let near = near.unwrap_or_default();
                self.problems
                    .push(format!("{member}: there is no such member{near}"));
            }
        }
        if is_open || self.reading == Reading::Answer {
            return;
        }
        for name in required.iter().filter(|name| !values.contains_key(*name)) {
            self.problems
                .push(format!("{}: is required", joined(path, name)));
        }
    }
}

/// What stands for anything in a fixture, also for members that are not listed.
const ANY: &str = "{{any}}";

/// Whether a value stands for another in a fixture: `{{username}}`, or `{"{{jwt:token}}": {…}}`.
fn is_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Object(members) => members.keys().any(|name| name.starts_with("{{jwt:")),
        _ => false,
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
    fn a_fixture_may_leave_open_what_a_request_may_not() {
        let table = table();
        let of = |reading, value: &Value| {
            let shape = match reading {
                Reading::Answer => "ListUsersResponse",
                _ => "ListUsersRequest",
            };
            problems_of(table, reading, shape, value)
        };
        let open = json!({"Limit": "{{any}}", "{{any}}": "{{any}}"});
        assert_eq!(of(Reading::Pattern, &open), [""; 0]);
        assert_eq!(of(Reading::Request, &open).len(), 3);
        let closed = json!({"Limit": "7", "Unknown": "{{any}}"});
        assert_eq!(of(Reading::Pattern, &closed).len(), 3);
        let answer = json!({"Users": [{"UserStatus": "TOMORROWS", "Username": {"{{jwt:a}}": {}}}]});
        assert_eq!(of(Reading::Answer, &answer), [""; 0]);
        let answer = json!({"Users": [{"UserStatus": 7, "Usrname": "a", "Xyz": 1, "Enable": true, "Enabled": true}]});
        assert_eq!(
            of(Reading::Answer, &answer),
            [
                "Users[0].UserStatus: must be a text",
                "Users[0].Usrname: there is no such member; did you mean Username?",
            ]
        );
    }

    #[test]
    fn a_document_holds_anything() {
        let settings = json!({"categories": {"form": {"displayGraphics": true}}});
        let request = json!({"UserPoolId": "p", "ClientId": "c", "Settings": settings});
        assert_eq!(of("CreateManagedLoginBranding", &request), [""; 0]);
        let request = json!({"UserPoolId": "p", "ClientId": "c", "Settings": "form"});
        assert_eq!(
            of("CreateManagedLoginBranding", &request),
            ["Settings: must be an object"]
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
