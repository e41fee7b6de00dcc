//! Differences between two JSON objects, member by member, fit to be shown.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::sensitive;

/// The settings in which two objects differ, in the order of their paths.
///
/// `Display` writes one line a setting, for a terminal. Serialized it is a list of [`Change`]s. Neither
/// shows a secret.
///
/// ```
/// use cognito_idp::edit::Diff;
/// use serde_json::json;
///
/// let old = json!({"Policies": {"PasswordPolicy": {"MinimumLength": 8}}, "DeletionProtection": "ACTIVE"});
/// let new = json!({"Policies": {"PasswordPolicy": {"MinimumLength": 12}}, "DeletionProtection": "ACTIVE"});
/// if let (Some(old), Some(new)) = (old.as_object(), new.as_object()) {
///     let diff = Diff::between(old, new);
///     assert_eq!(diff.to_string(), "Policies.PasswordPolicy.MinimumLength: 8 -> 12");
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Diff(Vec<Change>);

/// One setting that differs.
///
/// A list is one setting, with all its items. The value of a secret is `** redacted **` on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Where it stands, such as `Policies.PasswordPolicy.MinimumLength`. A name that could be mistaken
    /// for a path stands in brackets: `UserPoolTags["a.b"]`.
    pub path: String,
    /// The value in the first object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The value in the second object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

impl Diff {
    /// Compares two objects.
    ///
    /// What Cognito does not tell apart is no difference: what is absent, `null` or empty; the order of
    /// a list of texts; 7 and 7.0.
    #[must_use]
    pub fn between(old: &Map<String, Value>, new: &Map<String, Value>) -> Self {
        let mut changes = Vec::new();
        collect(&Place::default(), Some(old), Some(new), &mut changes);
        Self(changes)
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What differs.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }
}

impl FromIterator<Change> for Diff {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}

impl Extend<Change> for Diff {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.0.extend(changes);
    }
}

impl IntoIterator for Diff {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, change) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    /// `Path: old -> new`, `Path: + new` or `Path: - old`; of a list the items that came and went. Long
    /// texts are shortened to where they differ.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", printable(&self.path))?;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if is_redacted(old) && is_redacted(new) => {
                write!(f, "{REDACTED} -> {REDACTED}")
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => write_items(f, old, new),
            (Some(old), Some(new)) => {
                let (old, new) = (old.to_string(), new.to_string());
                let same = old.chars().zip(new.chars()).take_while(|(o, n)| o == n);
                let same = same.count();
                write!(f, "{} -> {}", shortened(&old, same), shortened(&new, same))
            }
            (None, Some(Value::Array(new))) => write_items(f, &[], new),
            (Some(Value::Array(old)), None) => write_items(f, old, &[]),
            (None, Some(new)) => write!(f, "+ {}", shown(new)),
            (Some(old), None) => write!(f, "- {}", shown(old)),
            (None, None) => Ok(()),
        }
    }
}

/// Stands for a value that must not be shown.
const REDACTED: &str = "** redacted **";
/// What is longer is shortened to this many characters.
const MOST_SHOWN: usize = 100;
/// So many characters are shown before the first that differs.
const SHOWN_BEFORE: usize = 20;

fn is_redacted(value: &Value) -> bool {
    value == REDACTED
}

/// Writes the items that are in the one list only; where these are the same, both lists.
fn write_items(f: &mut fmt::Formatter<'_>, old: &[Value], new: &[Value]) -> fmt::Result {
    let (gone, come) = (without(old, new), without(new, old));
    if gone.is_empty() && come.is_empty() {
        let whole = |items: &[Value]| shown(&Value::from(items));
        return write!(f, "{} -> {}", whole(old), whole(new));
    }
    let signed = |sign: &'static str| move |item: &&Value| format!("{sign} {}", shown(item));
    let items = gone.iter().map(signed("-"));
    let items: Vec<_> = items.chain(come.iter().map(signed("+"))).collect();
    f.write_str(&items.join(" "))
}

/// The items of a list less those of another one.
fn without<'a>(items: &'a [Value], others: &[Value]) -> Vec<&'a Value> {
    let mut others: Vec<_> = others.iter().collect();
    let is_new = |item: &&Value| match others.iter().position(|other| other == item) {
        Some(position) => {
            others.swap_remove(position);
            false
        }
        None => true,
    };
    items.iter().filter(is_new).collect()
}

fn shown(value: &Value) -> String {
    shortened(&value.to_string(), 0)
}

/// The text from a little before a position on, not too much of it.
fn shortened(text: &str, position: usize) -> String {
    let length = text.chars().count();
    if length <= MOST_SHOWN {
        return printable(text);
    }
    let last_start = length - MOST_SHOWN;
    let start = position.saturating_sub(SHOWN_BEFORE).min(last_start);
    let part: String = text.chars().skip(start).take(MOST_SHOWN).collect();
    let before = if start > 0 { "…" } else { "" };
    let behind = if start < last_start { "…" } else { "" };
    format!("{before}{}{behind}", printable(&part))
}

/// The text without what would command the terminal or turn the direction of writing.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                printable.extend(letter.escape_unicode());
            }
            _ if letter.is_control() => printable.extend(letter.escape_unicode()),
            _ => printable.push(letter),
        }
    }
    printable
}

fn collect(
    place: &Place,
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
    changes: &mut Vec<Change>,
) {
    let names = old.into_iter().chain(new).flat_map(Map::keys);
    for name in names.collect::<BTreeSet<_>>() {
        let value = |object: Option<&'_ Map<String, Value>>| {
            let value = object.and_then(|object| object.get(name));
            value.filter(|value| !is_empty(value)).cloned()
        };
        let (old, new, place) = (value(old), value(new), place.below(name));
        if same(old.as_ref(), new.as_ref()) {
            continue;
        }
        if [&old, &new].into_iter().flatten().all(Value::is_object) {
            let old = old.as_ref().and_then(Value::as_object);
            let new = new.as_ref().and_then(Value::as_object);
            collect(&place, old, new, changes);
        } else {
            changes.push(place.change(old, new));
        }
    }
}

/// The settings that may be shown.
pub(super) fn open(settings: Map<String, Value>) -> Map<String, Value> {
    open_below(&Place::default(), settings)
}

fn open_below(place: &Place, settings: Map<String, Value>) -> Map<String, Value> {
    let member = |(name, value): (String, Value)| {
        let place = place.below(&name);
        let value = match value {
            Value::Object(members) => Value::Object(open_below(&place, members)),
            value => Some(value).filter(|value| place.secrecy.shown(value.clone()) == *value)?,
        };
        Some((name, value))
    };
    settings.into_iter().filter_map(member).collect()
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether two values mean the same. Cognito leaves out what is empty or tells it as such, and tells
/// some lists of texts in another order than they were written, and some whole numbers with a fraction.
pub(super) fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    let one = one.filter(|value| !is_empty(value));
    let other = other.filter(|value| !is_empty(value));
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_f64() == other.as_f64(),
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            let in_order = || {
                one.iter()
                    .zip(other)
                    .all(|(one, other)| same(Some(one), Some(other)))
            };
            one.len() == other.len() && in_order()
                || texts(one).is_some_and(|one| Some(one) == texts(other))
        }
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names = one.keys().chain(other.keys());
            names
                .into_iter()
                .all(|name| same(one.get(name), other.get(name)))
        }
        _ => one == other,
    }
}

/// The items in order, if all are texts.
fn texts(items: &[Value]) -> Option<Vec<&str>> {
    let mut texts: Vec<_> = items.iter().map(Value::as_str).collect::<Option<_>>()?;
    texts.sort_unstable();
    Some(texts)
}

/// Where in the settings a value stands, and so whether it may be shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    path: String,
    secrecy: Secrecy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Secrecy {
    /// By the names of the members.
    #[default]
    ByName,
    /// Members of the settings of an identity provider, shown only if they are known to be open.
    ProviderDetails,
    Open,
    /// The name sounds of a secret, which is a text; numbers and switches are settings.
    SecretTexts,
    Secret,
}

impl Place {
    pub(super) fn below(&self, name: &str) -> Self {
        Self {
            path: below(&self.path, name),
            secrecy: self.secrecy.below(name),
        }
    }

    pub(super) fn change(&self, old: Option<Value>, new: Option<Value>) -> Change {
        let shown = |value: Option<Value>| value.map(|value| self.secrecy.shown(value));
        Change {
            path: self.path.clone(),
            old: shown(old),
            new: shown(new),
        }
    }
}

/// What an identity provider is told and everybody may know; beside it stand its secret and its key.
const OPEN_DETAILS: &[&str] = &[
    "ActiveEncryptionCertificate",
    "EncryptedResponses",
    "IDPInit",
    "IDPSignout",
    "MetadataFile",
    "MetadataURL",
    "RequestSigningAlgorithm",
    "SLORedirectBindingURI",
    "SSORedirectBindingURI",
    "api_version",
    "attributes_request_method",
    "attributes_url",
    "attributes_url_add_attributes",
    "authorize_scopes",
    "authorize_url",
    "client_id",
    "jwks_uri",
    "key_id",
    "oidc_issuer",
    "team_id",
    "token_request_method",
    "token_url",
];
/// In names of members that a later version of the API may bring.
const SECRET_WORDS: &[&str] = &[
    "secret",
    "password",
    "privatekey",
    "private_key",
    "credential",
];

impl Secrecy {
    fn below(self, name: &str) -> Self {
        match (self, name) {
            (Self::Open | Self::Secret, _) => self,
            (Self::ProviderDetails, _) if OPEN_DETAILS.contains(&name) => Self::Open,
            (Self::ProviderDetails, _) => Self::Secret,
            (_, "ProviderDetails") => Self::ProviderDetails,
            // Its members are called as the tokens are, and hold the names of units.
            (_, "TokenValidityUnits") => Self::Open,
            _ if sensitive::MEMBERS.contains(&name) => Self::Secret,
            _ if sounds_secret(name) => Self::SecretTexts,
            _ => Self::ByName,
        }
    }

    fn shown(self, value: Value) -> Value {
        match (self, value) {
            (Self::Open, value) => value,
            (Self::Secret, _) | (Self::SecretTexts, Value::String(_)) => REDACTED.into(),
            (_, Value::Array(items)) => items.into_iter().map(|item| self.shown(item)).collect(),
            (_, Value::Object(members)) => {
                let member = |(name, value): (String, Value)| {
                    let value = self.below(&name).shown(value);
                    (name, value)
                };
                Value::Object(members.into_iter().map(member).collect())
            }
            (_, value) => value,
        }
    }
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// The path of a member of what stands at a path.
pub(super) fn below(path: &str, name: &str) -> String {
    let is_plain =
        |letter: char| !(matches!(letter, '.' | '[' | ']' | '"') || letter.is_whitespace());
    if name.is_empty() || !name.chars().all(is_plain) {
        return format!("{path}[{name:?}]");
    }
    let separator = if path.is_empty() { "" } else { "." };
    format!("{path}{separator}{name}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn diff(old: Value, new: Value) -> Diff {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => Diff::between(&old, &new),
            _ => panic!("objects"),
        }
    }

    fn line(old: Value, new: Value) -> String {
        let object = |value| Value::from_iter([("M", value)]);
        diff(object(old), object(new)).to_string()
    }

    #[test]
    fn every_setting_that_differs_is_a_line_in_the_order_of_the_paths() {
        let old = json!({
            "Policies": {"PasswordPolicy": {"MinimumLength": 8, "RequireSymbols": true}},
            "DeletionProtection": "INACTIVE", "Gone": {"Deep": [1]}, "Same": {"A": [1, null]},
        });
        let new = json!({
            "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": true}},
            "DeletionProtection": "ACTIVE", "New": {"On": false}, "Same": {"A": [1, null]},
        });
        let diff = diff(old, new);
        assert_eq!(
            diff.to_string(),
            "DeletionProtection: \"INACTIVE\" -> \"ACTIVE\"\n\
             Gone.Deep: - 1\n\
             New.On: + false\n\
             Policies.PasswordPolicy.MinimumLength: 8 -> 12"
        );
        assert_eq!(
            serde_json::to_value(&diff).expect("JSON"),
            json!([
                {"path": "DeletionProtection", "old": "INACTIVE", "new": "ACTIVE"},
                {"path": "Gone.Deep", "old": [1]},
                {"path": "New.On", "new": false},
                {"path": "Policies.PasswordPolicy.MinimumLength", "old": 8, "new": 12},
            ])
        );
    }

    #[test]
    fn of_a_long_list_the_items_that_came_and_went_are_shown_and_all_are_serialized() {
        let urls: Vec<_> = (0..20)
            .map(|n| format!("https://{n}.example.com"))
            .collect();
        let mut changed = urls.clone();
        changed.push("https://new.example.com".to_owned());
        changed.remove(3);
        let diff = diff(
            json!({"CallbackURLs": &urls}),
            json!({"CallbackURLs": &changed}),
        );
        assert_eq!(
            diff.to_string(),
            "CallbackURLs: - \"https://3.example.com\" + \"https://new.example.com\""
        );
        assert_eq!(diff.changes()[0].old, Some(json!(urls)));
        assert_eq!(diff.changes()[0].new, Some(json!(changed)));
        assert_eq!(
            line(json!([{"N": 1}, 2]), json!([2, {"N": 1}])),
            r#"M: [{"N":1},2] -> [2,{"N":1}]"#
        );
        assert_eq!(line(json!(["a", "a"]), json!(["a"])), r#"M: - "a""#);
    }

    #[test]
    fn a_long_text_is_shown_where_it_differs_and_serialized_whole() {
        let mail = |word: &str| format!("<p>{}{word}{}</p>", "ä".repeat(3_000), "z".repeat(3_000));
        let shown = line(mail("Hello").into(), mail("Welcome").into());
        let (old, new) = shown.split_once(" -> ").expect("both sides");
        assert!(
            old.starts_with("M: …ä") && old.contains("äHellozzz") && old.ends_with("z…"),
            "{old}"
        );
        assert!(
            new.starts_with("…ä") && new.contains("äWelcomezzz") && new.ends_with("z…"),
            "{new}"
        );
        assert!(shown.chars().count() < 250, "{shown}");
        let whole = diff(json!({"M": mail("Hello")}), json!({"M": mail("Welcome")}));
        assert_eq!(whole.changes()[0].new, Some(mail("Welcome").into()));
        // The end differs.
        let shown = line(
            "x".repeat(500).into(),
            format!("{}y", "x".repeat(500)).into(),
        );
        assert!(shown.ends_with("xy\""), "{shown}");
    }

    #[test]
    fn nothing_that_is_shown_commands_the_terminal() {
        let evil = "\u{1b}[2J\u{9b}\r\n\u{202e}";
        let mut members = Map::new();
        members.insert(evil.to_owned(), json!(evil));
        let shown = Diff::between(&Map::new(), &members).to_string();
        let is_safe = |letter: char| !letter.is_control() && letter != '\u{202e}';
        assert!(shown.chars().all(is_safe), "{shown:?}");
        assert!(shown.contains("\\u{9b}"), "{shown:?}");
    }

    #[test]
    fn a_name_that_looks_like_a_path_stands_in_brackets() {
        let diff = diff(json!({"Tags": {"a.b": "1", "team:x": "1"}}), json!({}));
        let paths: Vec<_> = diff.changes().iter().map(|change| &change.path).collect();
        assert_eq!(paths, [r#"Tags["a.b"]"#, "Tags.team:x"]);
    }

    #[test]
    fn no_secret_is_kept_shown_or_serialized() {
        let settings = |mark: &str| {
            json!({
                "ClientSecret": mark,
                "ProviderDetails": {
                    "client_id": format!("open {mark}"), "client_secret": mark, "private_key": mark,
                    "tomorrow": {"deep": mark}, "authorize_scopes": format!("open {mark}"),
                },
                "SmtpConfiguration": {"SmtpPassword": mark, "Keys": [{"Secret": {"A": mark}}]},
                "Signing": [{"Open": "open", "PrivateKeyPem": mark}],
                "Session": mark,
            })
        };
        let diff = diff(settings("geheim-1"), settings("geheim-2"));
        let json = serde_json::to_string(&diff).expect("JSON");
        for text in [diff.to_string(), format!("{diff:?}"), json] {
            let open = text.replace("open geheim", "");
            assert!(!open.contains("geheim"), "{text}");
            assert!(text.contains("open geheim-1"), "{text}");
        }
        assert_eq!(
            diff.to_string(),
            "ClientSecret: ** redacted ** -> ** redacted **\n\
             ProviderDetails.authorize_scopes: \"open geheim-1\" -> \"open geheim-2\"\n\
             ProviderDetails.client_id: \"open geheim-1\" -> \"open geheim-2\"\n\
             ProviderDetails.client_secret: ** redacted ** -> ** redacted **\n\
             ProviderDetails.private_key: ** redacted ** -> ** redacted **\n\
             ProviderDetails.tomorrow.deep: ** redacted ** -> ** redacted **\n\
             Session: ** redacted ** -> ** redacted **\n\
             Signing: [{\"Open\":\"open\",\"PrivateKeyPem\":\"** redacted **\"}] -> \
             [{\"Open\":\"open\",\"PrivateKeyPem\":\"** redacted **\"}]\n\
             SmtpConfiguration.Keys: [{\"Secret\":\"** redacted **\"}] -> [{\"Secret\":\"** redacted **\"}]\n\
             SmtpConfiguration.SmtpPassword: ** redacted ** -> ** redacted **"
        );
    }

    #[test]
    fn settings_that_only_sound_of_secrets_are_shown() {
        let old = json!({
            "Policies": {"PasswordPolicy": {"PasswordHistorySize": 1}},
            "TokenValidityUnits": {"AccessToken": "hours"}, "PublishSecretsInAWSSecretsManager": true,
        });
        let new = json!({
            "Policies": {"PasswordPolicy": {"PasswordHistorySize": 2}},
            "TokenValidityUnits": {"AccessToken": "days"}, "PublishSecretsInAWSSecretsManager": false,
        });
        let text = diff(old, new).to_string();
        assert!(!text.contains("redacted"), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn what_cognito_does_not_tell_apart_is_no_difference() {
        let old = json!({
            "A": null, "B": "", "C": [], "D": {"E": {}, "F": null}, "G": ["x", "y"], "H": 7,
            "I": [{"J": 1, "K": null}],
        });
        let new = json!({"G": ["y", "x"], "H": 7.0, "I": [{"J": 1.0}]});
        assert_eq!(diff(old, new).to_string(), "");
        assert!(!diff(json!({"A": [1, 2]}), json!({"A": [2, 1]})).is_empty());
        assert!(!diff(json!({"A": false}), json!({})).is_empty());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            "[a\"\u{1b}é]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[A-C.]{0,2}", inner, 0..3)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_diff_is_empty_only_between_what_means_the_same_and_has_a_line_a_change(
            old in value(), new in value(),
        ) {
            let (old, new) = (json!({"M": old}), json!({"M": new}));
            let diff = diff(old.clone(), new.clone());
            prop_assert_eq!(diff.is_empty(), same(Some(&old), Some(&new)));
            prop_assert_eq!(diff.to_string().lines().count(), diff.changes().len());
            let paths: BTreeSet<_> = diff.changes().iter().map(|change| &change.path).collect();
            prop_assert_eq!(paths.len(), diff.changes().len());
        }
    }

    #[test]
    fn what_may_be_shown_is_all_but_secrets_and_lists_with_one() {
        let settings = json!({
            "ProviderDetails": {"client_id": "id", "client_secret": "secret"},
            "Signing": [{"Open": "open", "PrivateKeyPem": "secret"}],
            "Open": ["open"],
        });
        let Value::Object(settings) = settings else {
            panic!("an object");
        };
        let expected = json!({"ProviderDetails": {"client_id": "id"}, "Open": ["open"]});
        assert_eq!(Value::from(open(settings)), expected);
    }
}
