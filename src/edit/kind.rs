//! What the editing must know of a kind of thing.

use serde_json::{Map, Value};

use super::rules::{self, Rules};
use crate::operation::{AuthScheme, Operation, RetrySafety};

/// A kind of thing whose settings can be edited: how it is read, written, and what stands between.
///
/// ```
/// use cognito_idp::{edit::{Editable, Kind}, operation::groups::UpdateGroupRequest};
///
/// const GROUP: &Kind = UpdateGroupRequest::KIND;
/// println!("changes a {}", GROUP.name());
/// ```
#[derive(Debug)]
pub struct Kind {
    pub(crate) name: &'static str,
    pub(crate) read: Call,
    /// The member of the answer that holds the settings; the answer itself holds them without one.
    pub(crate) described: Option<&'static str>,
    pub(crate) write: Call,
    /// What is told and is no setting.
    pub(crate) read_only: &'static [&'static str],
    /// What is written and never told. If a server told it, it must not be written for that.
    pub(crate) write_only: &'static [&'static str],
    /// Settings that are told by another name than they are written by.
    pub(crate) renamed: &'static [Renamed],
    /// Settings that stay as they are when they are left out, and so are written only if changed.
    pub(crate) kept: &'static [&'static str],
    /// What a setting must be to be written.
    pub(crate) rules: Rules,
    /// Takes out of what was told what else may not be written.
    pub(crate) tidy: fn(&mut Map<String, Value>),
    /// Settles members that say the same or contradict each other, given the settings as they are
    /// and as they shall be.
    pub(crate) settle: fn(&Map<String, Value>, &mut Map<String, Value>),
    /// Whether the update resets what it is not given, as far as AWS says.
    pub(crate) resets: bool,
    /// Whether an answer without the settings says that none are set.
    pub(crate) may_be_unset: bool,
}

/// An operation without its types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) auth: AuthScheme,
    pub(crate) safety: RetrySafety,
    /// The members that name the thing.
    pub(crate) names: &'static [&'static str],
}

impl Call {
    pub(crate) const fn of<O: Operation>(names: &'static [&'static str]) -> Self {
        Self {
            operation: O::NAME,
            auth: O::AUTH,
            safety: O::RETRY,
            names,
        }
    }
}

/// A member's name in what is told and in what is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renamed {
    pub(crate) told: &'static str,
    pub(crate) written: &'static str,
}

impl Kind {
    /// A kind without peculiarities, whose update resets what it is not given.
    pub(crate) const fn new(
        name: &'static str,
        read: Call,
        described: Option<&'static str>,
        write: Call,
    ) -> Self {
        Self {
            name,
            read,
            described,
            write,
            read_only: &[],
            write_only: &[],
            renamed: &[],
            kept: &[],
            rules: &[],
            tidy: |_| {},
            settle: |_, _| {},
            resets: true,
            may_be_unset: false,
        }
    }

    /// What the kind is called, such as `user pool`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Makes of what was told the settings that keep everything as it is when they are written.
    pub(crate) fn settings(&self, mut told: Map<String, Value>) -> Map<String, Value> {
        let not_settings = [self.write.names, self.read_only, self.write_only];
        for member in not_settings.into_iter().flatten() {
            told.remove(*member);
        }
        for Renamed {
            told: name,
            written,
        } in self.renamed
        {
            if let Some(value) = told.remove(*name) {
                told.insert((*written).to_owned(), value);
            }
        }
        (self.tidy)(&mut told);
        let before = told.clone();
        (self.settle)(&before, &mut told);
        rules::keep(self.rules, &mut told);
        told
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{collections::BTreeSet, sync::LazyLock};

    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::kinds, *};
    use crate::edit::rules::Rule;

    /// The shapes of the service model.
    pub(in crate::edit) fn model() -> &'static Value {
        static SHAPES: LazyLock<Value> = LazyLock::new(|| {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/service-model.json");
            let text = std::fs::read_to_string(path).expect("the service model");
            serde_json::from_str::<Value>(&text).expect("JSON")["shapes"].take()
        });
        &SHAPES
    }

    pub(in crate::edit) fn request(kind: &Kind) -> String {
        format!("{}Request", kind.write.operation)
    }

    fn members(shapes: &Value, name: &str) -> BTreeSet<String> {
        let members = shapes[name]["members"].as_object();
        members
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn settings_of(kind: &Kind, told: Value) -> Value {
        match told {
            Value::Object(told) => Value::Object(kind.settings(told)),
            _ => panic!("an object"),
        }
    }

    #[test]
    fn what_is_told_is_written_or_known_as_what_is_not() {
        let shapes = model();
        for kind in kinds::ALL {
            let answer = format!("{}Response", kind.read.operation);
            let shape = match kind.described {
                Some(member) => shapes[&answer]["members"][member]
                    .as_str()
                    .unwrap_or_default(),
                None => &answer,
            };
            let mut told = members(shapes, shape);
            let written = members(shapes, &request(kind));
            assert!(!told.is_empty() && !written.is_empty(), "{}", kind.name);
            let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();

            let write_only: BTreeSet<String> = set(kind.write_only);
            let names: BTreeSet<String> = set(kind.write.names);
            for renamed in kind.renamed {
                assert!(told.remove(renamed.told), "{}: {renamed:?}", kind.name);
                told.insert(renamed.written.to_owned());
            }
            let read_only: BTreeSet<String> = set(kind.read_only);
            let surplus: BTreeSet<_> = told.difference(&written).cloned().collect();
            assert_eq!(read_only, surplus, "{}: read-only", kind.name);
            let hidden: BTreeSet<_> = written.difference(&told).cloned().collect();
            let unexplained: BTreeSet<_> = hidden.difference(&names).cloned().collect();
            assert_eq!(write_only, unexplained, "{}: write-only", kind.name);
            assert!(names.is_subset(&written), "{}: {names:?}", kind.name);
            let kept: BTreeSet<String> = set(kind.kept);
            assert!(kept.is_subset(&written), "{}: {kept:?}", kind.name);
        }
    }

    /// The rule for a shape, as the service model gives it in lengths and patterns.
    fn rule_of(name: &str, shape: &Value) -> Option<Rule> {
        let least = shape["min"].as_u64().unwrap_or_default();
        Some(match (name, shape["type"].as_str()) {
            (
                "EmailMfaMessageType"
                | "EmailVerificationMessageType"
                | "SmsVerificationMessageType",
                _,
            ) => Rule::WithCode,
            ("EmailVerificationMessageByLinkType", _) => Rule::WithLink,
            ("ArnType" | "EncryptionKeyArnType", _) => Rule::Arn,
            ("EmailAddressType", _) => Rule::Address,
            (_, Some("string")) if !shape["enum"].is_null() => Rule::Text(1),
            (_, Some("string")) if least > 0 => Rule::Text(usize::try_from(least).ok()?),
            (_, Some("list")) if least > 0 => Rule::Filled,
            _ => return None,
        })
    }

    fn required(shape: &Value) -> Vec<String> {
        let names = shape["required"].as_array().into_iter().flatten();
        let mut names: Vec<_> = names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Visits every shape below a request but those of the members that are no settings.
    fn walk(
        shapes: &Value,
        name: &str,
        path: &str,
        passed_over: &[&str],
        visit: &mut impl FnMut(&str, &str, &Value),
    ) {
        let shape = &shapes[name];
        visit(path, name, shape);
        let below = |member: &str| {
            let separator = if path.is_empty() { "" } else { "." };
            format!("{path}{separator}{member}")
        };
        for (member, target) in shape["members"].as_object().into_iter().flatten() {
            if !passed_over.contains(&member.as_str()) {
                let target = target.as_str().unwrap_or_default();
                walk(shapes, target, &below(member), &[], visit);
            }
        }
        for inner in ["member", "value"] {
            if let Some(target) = shape[inner].as_str() {
                walk(shapes, target, &below("*"), &[], visit);
            }
        }
    }

    #[test]
    fn every_member_that_the_model_constrains_has_its_rule() {
        let shapes = model();
        for kind in kinds::ALL {
            let passed_over: Vec<_> = [kind.write.names, kind.write_only, kind.kept].concat();
            let mut expected = BTreeSet::new();
            walk(
                shapes,
                &request(kind),
                "",
                &passed_over,
                &mut |path, name, shape| {
                    if let Some(rule) = rule_of(name, shape) {
                        expected.insert(format!("{path} {rule:?}"));
                    }
                    let required = required(shape);
                    if !required.is_empty() && !path.is_empty() {
                        expected.insert(format!("{path} Having({required:?})"));
                    }
                },
            );
            let rules = kind.rules.iter();
            let ours: BTreeSet<_> = rules
                .flat_map(|(rule, paths)| paths.iter().map(move |path| format!("{path} {rule:?}")))
                .collect();
            assert_eq!(ours, expected, "{}", kind.name);
        }
    }

    /// Keeps every rule for texts.
    const GOOD: &str = "arn:aws:lambda:eu-west-1:1:function:f a@b {####} {##x##}";
    const TEXTS: [&str; 8] = ["", "x", "{####}", "{##x##}", "a@b", "@", "arn:", GOOD];

    /// A value of a shape, good or, if that is allowed, bad as the choices fall.
    pub(in crate::edit) fn value(
        shapes: &Value,
        name: &str,
        bad_allowed: bool,
        choices: &mut dyn Iterator<Item = u8>,
    ) -> Value {
        let shape = &shapes[name];
        let target = |inner: &Value| inner.as_str().unwrap_or_default().to_owned();
        let mut choose = |among: u8| choices.next().unwrap_or_default() % among;
        match shape["type"].as_str() {
            Some("string") if bad_allowed => TEXTS[usize::from(choose(8))].into(),
            Some("string") => GOOD.into(),
            Some("list") => {
                let count = choose(3) + u8::from(!bad_allowed);
                let item = |_| value(shapes, &target(&shape["member"]), bad_allowed, choices);
                (0..count).map(item).collect()
            }
            Some("map") => {
                json!({"key": value(shapes, &target(&shape["value"]), bad_allowed, choices)})
            }
            Some("structure") => {
                let required = required(shape);
                let mut made = Map::new();
                for (member, inner) in shape["members"].as_object().into_iter().flatten() {
                    let must = !bad_allowed && required.contains(member);
                    let made_of = match choices.next().unwrap_or_default() % 5 {
                        0 if !must => continue,
                        1 if bad_allowed => Value::Null,
                        _ => value(shapes, &target(inner), bad_allowed, choices),
                    };
                    made.insert(member.clone(), made_of);
                }
                Value::Object(made)
            }
            Some("blob") => "R0lG".into(),
            Some("boolean") => (choose(2) == 0).into(),
            _ => choose(9).into(),
        }
    }

    /// Whether a value is what the model demands of its shape, below as well.
    fn is_valid(shapes: &Value, name: &str, given_besides: &[&str], value: &Value) -> bool {
        let shape = &shapes[name];
        let target = |inner: &str| shape[inner].as_str().unwrap_or_default().to_owned();
        let below = match value {
            Value::Array(items) => items
                .iter()
                .all(|item| is_valid(shapes, &target("member"), &[], item)),
            Value::Object(members) if shape["type"] == "map" => members
                .values()
                .all(|item| is_valid(shapes, &target("value"), &[], item)),
            Value::Object(members) => members.iter().all(|(member, value)| {
                let target = shape["members"][member].as_str().unwrap_or_default();
                value.is_null() || is_valid(shapes, target, &[], value)
            }),
            _ => true,
        };
        let has = |name: &String| given_besides.contains(&name.as_str()) || !value[name].is_null();
        let whole = required(shape).iter().all(has);
        below && whole && rule_of(name, shape).is_none_or(|rule| rule.allows(value))
    }

    /// What is told of a thing whose settings are those of a request.
    pub(in crate::edit) fn told(kind: &Kind, mut request: Value) -> Value {
        let members = request.as_object_mut().expect("an object");
        for renamed in kind.renamed {
            if let Some(value) = members.remove(renamed.written) {
                members.insert(renamed.told.to_owned(), value);
            }
        }
        for member in kind.read_only {
            members.insert((*member).to_owned(), "told".into());
        }
        request
    }

    proptest! {
        #[test]
        fn whatever_is_written_back_satisfies_the_model(
            choices in prop::collection::vec(any::<u8>(), 0..400),
            bad_allowed in any::<bool>(),
        ) {
            let shapes = model();
            for kind in kinds::ALL {
                let request = request(kind);
                let mut choices = choices.iter().copied();
                let mut good = value(shapes, &request, bad_allowed, &mut choices);
                for member in kind.kept.iter().filter(|_| bad_allowed) {
                    good[member] = GOOD.into();
                }
                // Nothing stands in for what a request cannot be without.
                for member in required(&shapes[&request]) {
                    let shape = shapes[&request]["members"][&member].as_str().unwrap_or_default();
                    good[member] = value(shapes, shape, false, &mut choices);
                }
                let settings = settings_of(kind, told(kind, good.clone()));
                let named = kind.write.names;
                prop_assert!(is_valid(shapes, &request, named, &settings), "{}", settings);
                if !bad_allowed {
                    let Value::Object(mut members) = good else {
                        unreachable!("a request is an object")
                    };
                    for member in [kind.write.names, kind.write_only].concat() {
                        members.remove(member);
                    }
                    let before = members.clone();
                    (kind.settle)(&before, &mut members);
                    let good = Value::Object(members);
                    prop_assert!(is_valid(shapes, &request, named, &good), "{}", good);
                    prop_assert_eq!(settings, good);
                }
            }
        }
    }
}
