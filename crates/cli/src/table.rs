//! What every operation takes and gives: `operations.json`, which a test holds to the service's model and to
//! what the library declares.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;

/// The table, read when it is first asked for: most commands go without it.
pub(crate) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        serde_json::from_str(include_str!("operations.json"))
            .unwrap_or_else(|_| unreachable!("a test reads the same file"))
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct Table {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) auth: String,
    pub(crate) retry: String,
    pub(crate) input: String,
    #[serde(default)]
    pub(crate) output: Option<String>,
    #[serde(default)]
    pub(crate) errors: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", tag = "type")]
pub(crate) enum Shape {
    Structure {
        #[serde(default)]
        members: serde_json::Map<String, serde_json::Value>,
        #[serde(default)]
        required: Vec<String>,
        #[serde(default)]
        sensitive: bool,
    },
    List {
        member: String,
        #[serde(default)]
        sensitive: bool,
    },
    Map {
        value: String,
        #[serde(default)]
        sensitive: bool,
    },
    String {
        #[serde(default, rename = "enum")]
        variants: Vec<String>,
        #[serde(default)]
        sensitive: bool,
    },
    Integer,
    Long,
    Boolean,
    Timestamp,
    Blob,
}

impl Table {
    /// An operation by its name, in Pascal or kebab case.
    pub(crate) fn operation<'a>(&'a self, name: &str) -> Option<(&'a str, &'a Operation)> {
        if let Some((name, operation)) = self.operations.get_key_value(name) {
            return Some((name, operation));
        }
        let wanted = flat(name);
        let mut operations = self.operations.iter();
        let (name, operation) = operations.find(|(name, _)| flat(name) == wanted)?;
        Some((name, operation))
    }

    /// The shape of that name; a string if the model has none, so that a new one can be given at all.
    pub(crate) fn shape(&self, name: &str) -> &Shape {
        const TEXT: &Shape = &Shape::String {
            variants: Vec::new(),
            sensitive: false,
        };
        self.shapes.get(name).unwrap_or(TEXT)
    }

    /// The members of a structure, with the names of their shapes.
    pub(crate) fn members(&self, shape: &str) -> impl Iterator<Item = (&str, &str)> {
        let members = match self.shape(shape) {
            Shape::Structure { members, .. } => Some(members),
            _ => None,
        };
        members
            .into_iter()
            .flatten()
            .filter_map(|(name, shape)| Some((name.as_str(), shape.as_str()?)))
    }

    /// The member that holds the token of the next page, in request and answer, if there are pages.
    pub(crate) fn page_token(&self, operation: &Operation) -> Option<&'static str> {
        let has = |shape: &str, token: &str| self.members(shape).any(|(name, _)| name == token);
        let output = operation.output.as_deref()?;
        ["NextToken", "PaginationToken"]
            .into_iter()
            .find(|token| has(&operation.input, token) && has(output, token))
    }
}

impl Shape {
    /// Whether the model says that nobody may see it.
    pub(crate) fn is_sensitive(&self) -> bool {
        match self {
            Self::Structure { sensitive, .. }
            | Self::List { sensitive, .. }
            | Self::Map { sensitive, .. }
            | Self::String { sensitive, .. } => *sensitive,
            _ => false,
        }
    }

    /// What to call it before a user.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Structure { .. } => "an object",
            Self::List { .. } => "a list",
            Self::Map { .. } => "an object of texts",
            Self::String { .. } => "a text",
            Self::Integer | Self::Long => "a whole number",
            Self::Boolean => "true or false",
            Self::Timestamp => "a time in seconds since 1970",
            Self::Blob => "a text in base64",
        }
    }
}

/// Shapes whose values must not stand where other processes of the machine can see them.
pub(crate) fn is_secret(shape: &str) -> bool {
    matches!(
        shape,
        "AuthParametersType"
            | "ChallengeResponsesType"
            | "ClientSecretType"
            | "ConfirmationCodeType"
            | "GetDerivedTokenTokenModelType"
            | "PasswordType"
            | "SecretCodeType"
            | "SecretHashType"
            | "SessionType"
            | "SoftwareTokenMFAUserCodeType"
            | "TokenModelType"
    )
}

/// `UserPoolId` as `user-pool-id`, `CSVHeader` as `csv-header`.
pub(crate) fn kebab(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut kebab = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| letters[place]);
        let rest = &letters[place + 1..];
        let begins_a_word = match rest {
            // The plural of an abbreviation, as in `CallbackURLs`.
            ['s'] | [] => false,
            ['s', next, ..] if next.is_ascii_uppercase() => false,
            [next, ..] => next.is_ascii_lowercase(),
        };
        let is_new_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| !before.is_ascii_uppercase() || begins_a_word);
        if is_new_word {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// A name without what Pascal, camel and kebab case differ in.
fn flat(name: &str) -> String {
    name.replace(['-', '_'], "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_written_as_other_tools_write_them() {
        for (name, expected) in [
            ("UserPoolId", "user-pool-id"),
            ("GetCSVHeader", "get-csv-header"),
            ("SetUserMFAPreference", "set-user-mfa-preference"),
            ("CallbackURLs", "callback-urls"),
            ("ClientId", "client-id"),
        ] {
            assert_eq!(kebab(name), expected);
        }
    }

    #[test]
    fn an_operation_is_found_by_either_of_its_names() {
        fn found(name: &str) -> Option<&'static str> {
            table().operation(name).map(|(name, _)| name)
        }
        for name in table().operations.keys() {
            assert_eq!(found(name), Some(name.as_str()));
            assert_eq!(found(&kebab(name)), Some(name.as_str()));
        }
        assert_eq!(found("list-user"), None);
    }

    #[test]
    fn every_shape_that_an_operation_needs_is_there() {
        let table = table();
        let mut named = BTreeSet::new();
        for operation in table.operations.values() {
            named.insert(operation.input.as_str());
            named.extend(operation.output.as_deref());
        }
        for (name, shape) in &table.shapes {
            named.extend(table.members(name).map(|(_, shape)| shape));
            match shape {
                Shape::List { member, .. } => named.insert(member),
                Shape::Map { value, .. } => named.insert(value),
                _ => false,
            };
        }
        for name in named {
            assert!(table.shapes.contains_key(name), "{name}");
        }
    }

    #[test]
    fn what_has_pages_names_its_token() {
        let token = |name| table().page_token(&table().operations[name]);
        assert_eq!(token("ListUsers"), Some("PaginationToken"));
        assert_eq!(token("ListUserPools"), Some("NextToken"));
        assert_eq!(token("DescribeUserPool"), None);
    }
}
