//! What a pool demands of its users.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    ops::RangeInclusive,
};

use super::{
    record::{Record, UserRecord},
    source::{Row, RowError},
};
use crate::operation::user_pools::{AttributeDataType, SchemaAttributeType, UserPoolType};

/// So many problems are kept.
const KEPT_PROBLEMS: usize = 1_000;
/// The most characters of a username or attribute name, and bytes of a value, that Cognito takes.
const LONGEST_NAME: usize = 128;
const LONGEST_VALUE: usize = 2_048;

/// What a file would meet in a pool: what [`Import::check`](super::Import::check) gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// Number of users.
    pub users: u64,
    /// Number of groups.
    pub groups: u64,
    /// How often a user is in a group.
    pub memberships: u64,
    /// Number of problems.
    pub found: u64,
    /// The first thousand of them, in the order of the file.
    pub problems: Vec<RowError>,
}

impl CheckReport {
    /// Whether no problem was found.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        self.found == 0
    }
}

/// Looks through a file.
pub(super) struct Check {
    schema: Schema,
    groups: HashSet<String>,
    /// Usernames and aliases, each by a number: a file may hold a million of them.
    seen: HashSet<u64>,
    hasher: RandomState,
    report: CheckReport,
}

impl Check {
    pub(super) fn new(pool: &UserPoolType, groups: HashSet<String>) -> Self {
        Self {
            schema: Schema::of(pool),
            groups,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            report: CheckReport::default(),
        }
    }

    pub(super) fn row(&mut self, row: Result<Row, RowError>) {
        match row {
            Err(error) => self.found(error),
            Ok(Row { line, record }) => match record {
                Record::User(user) => self.user(line, &user),
                Record::Group(group) => {
                    self.report.groups += 1;
                    self.groups.extend(group.group_name);
                }
                Record::Membership(membership) => {
                    self.report.memberships += membership.members.len() as u64;
                    self.group(line, &membership.group_name);
                }
                Record::Manifest(_) | Record::End(_) => {}
            },
        }
    }

    pub(super) fn finish(self) -> CheckReport {
        self.report
    }

    fn user(&mut self, line: u64, user: &UserRecord) {
        self.report.users += 1;
        let problems = self.schema.problems(user);
        for (column, rule) in problems {
            self.refuse(line, column, rule);
        }
        for group in &user.groups {
            self.report.memberships += 1;
            self.group(line, group);
        }
        let username = user.username.expose().as_str();
        let aliases = self.schema.aliases.clone();
        let aliases = aliases.iter().map(String::as_str);
        let aliases = aliases.filter_map(|name| Some((name, user.attribute(name)?)));
        for (name, value) in aliases.chain([("Username", username)]) {
            let value = value.to_lowercase();
            if !self.seen.insert(self.hasher.hash_one((name, value))) {
                self.refuse(line, name, "must not be that of another user in the file");
            }
        }
    }

    fn group(&mut self, line: u64, name: &str) {
        if !self.groups.contains(name) {
            self.refuse(line, "GroupName", "must be a group of the file or the pool");
        }
    }

    fn refuse(&mut self, line: u64, column: impl Into<String>, rule: impl Into<String>) {
        self.found(RowError {
            line,
            column: Some(column.into()),
            rule: rule.into(),
        });
    }

    fn found(&mut self, problem: RowError) {
        self.report.found += 1;
        if self.report.problems.len() < KEPT_PROBLEMS {
            self.report.problems.push(problem);
        }
    }
}

/// The rules for the attributes of a user.
struct Schema {
    attributes: BTreeMap<String, Rule>,
    /// The attributes that must not be those of two users.
    aliases: Vec<String>,
    /// Whether the pool makes up the usernames, and users sign in with an alias.
    makes_usernames: bool,
}

struct Rule {
    kind: Kind,
    required: bool,
}

enum Kind {
    /// So many characters.
    Text(RangeInclusive<usize>),
    /// From and to, as far as there are limits.
    Number(Option<f64>, Option<f64>),
    Boolean,
    Date,
}

impl Schema {
    fn of(pool: &UserPoolType) -> Self {
        let attributes = pool.schema_attributes.iter();
        let attributes =
            attributes.filter_map(|schema| Some((schema.name.clone()?, Rule::of(schema))));
        let usernames = pool
            .username_attributes
            .iter()
            .map(|name| name.as_str().to_owned());
        let aliases = pool
            .alias_attributes
            .iter()
            .map(|name| name.as_str().to_owned());
        Self {
            attributes: attributes.collect(),
            makes_usernames: !pool.username_attributes.is_empty(),
            aliases: usernames.chain(aliases).collect(),
        }
    }

    /// What is wrong with a user: the column and the rule.
    fn problems(&self, user: &UserRecord) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut refuse = |column: &str, rule: String| problems.push((column.to_owned(), rule));
        let username = user.username.expose();
        let length = username.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || username.contains(char::is_whitespace) {
            let rule = format!("must have 1 to {LONGEST_NAME} characters and no blank");
            refuse("Username", rule);
        }
        if self.makes_usernames && user.member_alias(&self.aliases).is_none() {
            let rule = format!(
                "must be present: users sign in with {}",
                self.aliases.join(" or ")
            );
            refuse(
                self.aliases.first().map_or("Username", String::as_str),
                rule,
            );
        }
        for attribute in &user.attributes {
            let name = attribute.name.as_str();
            if is_read_only(name) {
                continue;
            }
            let Some(rule) = self.attributes.get(name) else {
                refuse(name, "must be an attribute of the pool".to_owned());
                continue;
            };
            let value = attribute.value.as_ref().map_or("", |value| value.expose());
            if let Some(problem) = rule.problem(name, value) {
                refuse(name, problem);
            }
        }
        for (name, rule) in &self.attributes {
            if rule.required && name != "sub" && user.attribute(name).is_none() {
                refuse(name, "must be present in this pool".to_owned());
            }
        }
        problems
    }
}

impl Rule {
    fn of(schema: &SchemaAttributeType) -> Self {
        let bound = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
        let length = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        let texts = schema.string_attribute_constraints.as_ref();
        let numbers = schema.number_attribute_constraints.as_ref();
        let kind = match schema.attribute_data_type {
            Some(AttributeDataType::Boolean) => Kind::Boolean,
            Some(AttributeDataType::DateTime) => Kind::Date,
            Some(AttributeDataType::Number) => {
                let least = numbers.and_then(|numbers| bound(&numbers.min_value));
                let most = numbers.and_then(|numbers| bound(&numbers.max_value));
                Kind::Number(least, most)
            }
            _ => {
                let least = texts.and_then(|texts| length(&texts.min_length));
                let most = texts.and_then(|texts| length(&texts.max_length));
                Kind::Text(least.unwrap_or(0)..=most.unwrap_or(LONGEST_VALUE))
            }
        };
        Self {
            kind,
            required: schema.required.unwrap_or_default(),
        }
    }

    fn problem(&self, name: &str, value: &str) -> Option<String> {
        if value.len() > LONGEST_VALUE {
            return Some(format!("must have at most {LONGEST_VALUE} bytes"));
        }
        let (fits, rule) = match &self.kind {
            Kind::Text(length) => (
                length.contains(&value.chars().count()),
                format!(
                    "must have {} to {} characters",
                    length.start(),
                    length.end()
                ),
            ),
            Kind::Number(least, most) => {
                let fits = |number: f64| {
                    least.is_none_or(|least| number >= least)
                        && most.is_none_or(|most| number <= most)
                };
                let from = least.map(|least| format!(" from {least}"));
                let to = most.map(|most| format!(" to {most}"));
                let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
                let rule = format!("must be a number{from}{to}");
                (value.parse().is_ok_and(fits), rule)
            }
            Kind::Boolean => (
                value == "true" || value == "false",
                "must be true or false".to_owned(),
            ),
            Kind::Date => (!value.is_empty(), "must be a date".to_owned()),
        };
        if !fits {
            return Some(rule);
        }
        match name {
            "email" if !is_email(value) => Some("must be an email address".to_owned()),
            "phone_number" if !is_phone_number(value) => {
                Some("must be + and digits, such as +15555550100".to_owned())
            }
            _ => None,
        }
    }
}

/// As far as anybody can tell without sending there.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
}

fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether Cognito alone sets an attribute.
pub(super) fn is_read_only(name: &str) -> bool {
    name == "sub" || name == "identities" || name.starts_with("cognito:")
}
