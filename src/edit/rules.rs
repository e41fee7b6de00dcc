//! What a setting must be to be written back.

use serde_json::{Map, Value};

/// Rules with the paths of the members that they are for, the inner members first: what breaks its rule
/// is left out, and may be what the outer one requires. `*` stands for every item of a list and every
/// value of a map.
pub(crate) type Rules = &'static [(Rule, &'static [&'static str])];

/// What a written member must be. Cognito tells some that were never set as empty, and refuses them
/// as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A text of so many characters at least.
    Text(usize),
    /// A text that holds the placeholder of a code.
    WithCode,
    /// A text that holds the placeholders of a link.
    WithLink,
    Arn,
    Address,
    /// A list of one at least.
    Filled,
    /// An object that has these members.
    Having(&'static [&'static str]),
}

/// Leaves out what breaks its rule.
pub(super) fn keep(rules: Rules, settings: &mut Map<String, Value>) {
    let mut value = Value::Object(std::mem::take(settings));
    for (rule, paths) in rules {
        for path in *paths {
            stays(&mut value, Some(path), *rule);
        }
    }
    if let Value::Object(kept) = value {
        *settings = kept;
    }
}

/// Leaves out what breaks the rule at the end of a path; whether the value itself stays.
fn stays(value: &mut Value, path: Option<&str>, rule: Rule) -> bool {
    let Some(path) = path else {
        return rule.allows(value);
    };
    let (member, rest) = match path.split_once('.') {
        Some((member, rest)) => (member, Some(rest)),
        None => (path, None),
    };
    match value {
        Value::Array(items) if member == "*" => items.retain_mut(|item| stays(item, rest, rule)),
        Value::Object(members) if member == "*" => {
            members.retain(|_, value| stays(value, rest, rule));
        }
        Value::Object(members) => {
            let found = members.get_mut(member);
            let breaks = found.is_some_and(|value| !stays(value, rest, rule));
            if breaks {
                members.remove(member);
            }
        }
        _ => {}
    }
    true
}

impl Rule {
    /// Whether a value keeps the rule; what is of another type is not ours to judge.
    pub(super) fn allows(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) => false,
            (Self::Text(least), Value::String(text)) => text.chars().count() >= least,
            (Self::WithCode, Value::String(text)) => text.contains(CODE),
            (Self::WithLink, Value::String(text)) => has_link(text),
            (Self::Arn, Value::String(text)) => text.starts_with("arn:") && text.len() >= 20,
            (Self::Address, Value::String(text)) => text
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
            (Self::Filled, Value::Array(items)) => !items.is_empty(),
            (Self::Having(required), Value::Object(members)) => {
                let has = |name: &&str| members.get(*name).is_some_and(|value| !value.is_null());
                required.iter().all(has)
            }
            _ => true,
        }
    }
}

/// Placeholder of the code or the temporary password.
pub(crate) const CODE: &str = "{####}";

/// Whether a text holds the placeholders around the text of a link.
pub(crate) fn has_link(text: &str) -> bool {
    text.split_once("{##")
        .is_some_and(|(_, rest)| rest.rfind("##}").is_some_and(|end| end > 0))
}
