//! JSON made from the service model.

use serde_json::{Map, Value, json};

use crate::model::{Facts, Shape};

/// Stands in every secret text, and must not be shown.
pub(crate) const SECRET: &str = "to-be-hidden";
/// Stands in every other text.
pub(crate) const PLAIN: &str = "to-be-shown";

/// What kind of JSON to make of a shape.
#[derive(Clone, Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) facts: &'a Facts,
    /// All members, or only those that are required.
    pub(crate) all_members: bool,
    /// With members that the model does not know.
    pub(crate) unknown_members: bool,
    /// With `null` for every member left out, and among the items of lists and maps.
    pub(crate) nulls: bool,
    /// For every enum, instead of its first value.
    pub(crate) enum_value: Option<&'static str>,
    pub(crate) timestamp: Value,
}

impl<'a> Sample<'a> {
    /// All members set.
    pub(crate) fn full(facts: &'a Facts) -> Self {
        Self {
            facts,
            all_members: true,
            unknown_members: false,
            nulls: false,
            enum_value: None,
            timestamp: json!(1_623_956_729.32),
        }
    }

    /// Only what is required, and in an answer no list.
    pub(crate) fn lean(facts: &'a Facts) -> Self {
        Self {
            all_members: false,
            ..Self::full(facts)
        }
    }

    /// The JSON of a structure; of none, for an operation without input or output.
    pub(crate) fn of(&self, structure: Option<&str>) -> Value {
        structure.map_or_else(
            || self.members("", &Shape::default()),
            |name| self.value(name, false),
        )
    }

    fn value(&self, name: &str, secret: bool) -> Value {
        let shape = self.facts.shape(name);
        let secret = secret || shape.sensitive;
        let text = if secret { SECRET } else { PLAIN };
        match shape.kind.as_str() {
            "structure" if shape.document => json!({ text: [1, { "deep": text }] }),
            "structure" => self.members(name, shape),
            "list" => {
                let item = self.value(&shape.member, secret);
                if self.nulls {
                    json!([null, item, null])
                } else {
                    json!([item])
                }
            }
            "map" => {
                let value = self.value(&shape.value, secret);
                if self.nulls {
                    json!({ "key": value, "none": null })
                } else {
                    json!({ "key": value })
                }
            }
            "string" => match shape.values.iter().flatten().next() {
                Some(first) => json!(self.enum_value.unwrap_or(first)),
                None => json!(text),
            },
            "integer" | "long" => json!(7),
            "boolean" => json!(true),
            "timestamp" => self.timestamp.clone(),
            "blob" => json!("AAEC"),
            kind => panic!("{name}: a type that the test does not know: {kind}"),
        }
    }

    fn members(&self, name: &str, shape: &Shape) -> Value {
        let mut members = Map::new();
        for (member, member_shape) in &shape.members {
            // `null` among items is only for lists and maps that may be absent.
            let optional = !self.facts.is_required(name, member);
            let sample = if optional {
                self
            } else {
                &Self {
                    nulls: false,
                    ..self.clone()
                }
            };
            if self.all_members || !optional {
                let secret = self.facts.is_secret(name, member);
                members.insert(member.clone(), sample.value(member_shape, secret));
            } else if self.nulls {
                members.insert(member.clone(), Value::Null);
            }
        }
        if self.unknown_members {
            members.insert("NotYetKnown".to_owned(), json!({ "a": [null, 1, "text"] }));
        }
        Value::Object(members)
    }
}
