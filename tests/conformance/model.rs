//! AWS's service model, and what it does not say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;
use serde_json::{Value, json};

/// The facts of `tests/data/service-model.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) paginators: BTreeMap<String, Paging>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Operation {
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) errors: BTreeSet<String>,
    #[serde(default)]
    pub(crate) no_auth: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Paging {
    pub(crate) input_token: String,
    pub(crate) output_token: String,
    pub(crate) result_key: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) document: bool,
    pub(crate) exception: bool,
    pub(crate) sensitive: bool,
    #[serde(rename = "enum")]
    pub(crate) values: Option<BTreeSet<String>>,
    /// What a list holds.
    pub(crate) member: String,
    /// What a map holds.
    pub(crate) value: String,
    pub(crate) members: BTreeMap<String, String>,
    pub(crate) required: BTreeSet<String>,
    /// How long a text or list is, or how large a number.
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
}

/// The decisions of `tests/data/beyond-the-model.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Beyond {
    pub(crate) auth: Vec<Auth>,
    pub(crate) retry_safety: Vec<RetryClass>,
    pub(crate) retry_safety_by_request: Vec<RetryByRequest>,
    pub(crate) sensitive: Added,
    pub(crate) not_required: NotRequired,
    pub(crate) constructors: Constructors,
    pub(crate) error_codes: ErrorCodes,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Auth {
    pub(crate) operations: BTreeSet<String>,
    pub(crate) auth: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RetryClass {
    pub(crate) safety: String,
    pub(crate) operations: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RetryByRequest {
    pub(crate) cases: Vec<RetryCase>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RetryCase {
    pub(crate) operation: String,
    pub(crate) safety: String,
    pub(crate) request: Value,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Added {
    pub(crate) shapes: BTreeMap<String, String>,
    pub(crate) members: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NotRequired {
    pub(crate) members: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Constructors {
    pub(crate) first: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ErrorCodes {
    pub(crate) codes: BTreeSet<String>,
}

/// Both together: everything the crate is held to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Facts {
    pub(crate) model: Model,
    pub(crate) beyond: Beyond,
    /// The structures that stand in requests, at whatever depth.
    #[serde(skip)]
    in_requests: BTreeSet<String>,
}

impl Facts {
    pub(crate) fn load() -> Self {
        Self::changed(&json!({}))
    }

    /// The facts with other values for some, or without those that are `null`.
    pub(crate) fn changed(change: &Value) -> Self {
        let mut facts = json!({
            "model": read("service-model.json"),
            "beyond": read("beyond-the-model.json"),
        });
        merge(&mut facts, change);
        let mut facts: Self =
            serde_json::from_value(facts).unwrap_or_else(|error| panic!("{change}: {error}"));
        for name in facts.beyond.sensitive.shapes.keys() {
            let shape = facts.model.shapes.get_mut(name);
            let shape = shape.unwrap_or_else(|| panic!("no shape {name}"));
            shape.sensitive = true;
        }
        let inputs = facts.model.operations.values().map(|o| &o.input);
        let in_requests = facts.reachable(inputs).into_iter();
        facts.in_requests = in_requests.map(str::to_owned).collect();
        facts
    }

    pub(crate) fn shape(&self, name: &str) -> &Shape {
        let shape = self.model.shapes.get(name);
        shape.unwrap_or_else(|| panic!("the model lacks the shape {name}"))
    }

    /// Whether the member of that structure must not be shown.
    pub(crate) fn is_secret(&self, owner: &str, member: &str) -> bool {
        let name = format!("{owner}.{member}");
        self.shape(owner).sensitive
            || self.shape(&self.shape(owner).members[member]).sensitive
            || self.beyond.sensitive.members.contains_key(&name)
    }

    /// Whether the member of that structure is an argument of its constructor.
    pub(crate) fn is_required(&self, owner: &str, member: &str) -> bool {
        let shape = self.shape(owner);
        let is_collection = matches!(
            self.shape(&shape.members[member]).kind.as_str(),
            "list" | "map"
        );
        // In answers a list that is missing counts as empty, even where the model requires it.
        let counts_as_empty = is_collection && !self.in_requests.contains(owner);
        let name = format!("{owner}.{member}");
        shape.required.contains(member)
            && !counts_as_empty
            && !self.beyond.not_required.members.contains_key(&name)
    }

    /// Whether the structure is a request or a whole answer, which insist on what is required.
    pub(crate) fn is_whole(&self, structure: &str) -> bool {
        let mut operations = self.model.operations.values();
        operations.any(|o| [&o.input, &o.output].contains(&&Some(structure.to_owned())))
    }

    /// The Rust type that the member of that structure is read as.
    pub(crate) fn member_type(&self, owner: &str, member: &str) -> String {
        let name = &self.shape(owner).members[member];
        let shape = self.shape(name);
        let secret = self.is_secret(owner, member);
        if self.is_required(owner, member) {
            let plain = self.type_of(name, secret);
            return if self.is_whole(owner) {
                plain
            } else {
                format!("Required<{plain}>")
            };
        }
        match shape.kind.as_str() {
            "list" => format!("List<{}>", self.type_of(&shape.member, secret)),
            "map" => format!("Map<{}>", self.type_of(&shape.value, secret)),
            _ => format!("Option<{}>", self.type_of(name, secret)),
        }
    }

    fn type_of(&self, name: &str, secret: bool) -> String {
        let shape = self.shape(name);
        let secret = secret || shape.sensitive;
        let plain = match shape.kind.as_str() {
            "structure" if shape.document => "Value",
            "structure" => return name.to_owned(),
            "list" => return format!("Vec<{}>", self.type_of(&shape.member, secret)),
            "map" => {
                return format!("BTreeMap<String, {}>", self.type_of(&shape.value, secret));
            }
            "string" if shape.values.is_some() => name,
            "string" => "String",
            "integer" => "i32",
            "long" => "i64",
            "boolean" => "bool",
            "timestamp" => "Timestamp",
            "blob" => "Blob",
            kind => panic!("{name}: a type that the test does not know: {kind}"),
        };
        if secret {
            format!("Sensitive<{plain}>")
        } else {
            plain.to_owned()
        }
    }

    /// Where a value of that shape lacks what is required, or is too small or too large.
    ///
    /// Patterns are not looked at.
    pub(crate) fn breaches(&self, name: &str, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let mut value = value.clone();
        value.sort_all_objects();
        self.find_breaches(name, &value, name, &mut found);
        found
    }

    fn find_breaches(&self, name: &str, value: &Value, path: &str, found: &mut Vec<String>) {
        let shape = self.shape(name);
        if shape.document {
            return;
        }
        let size = match value {
            Value::String(text) => i64::try_from(text.chars().count()).ok(),
            Value::Array(items) => i64::try_from(items.len()).ok(),
            Value::Object(entries) => i64::try_from(entries.len()).ok(),
            number => number.as_i64(),
        };
        if let (Some(size), Some(min)) = (size, shape.min.filter(|min| size < Some(*min))) {
            found.push(format!("{path}: {size} is less than {min}"));
        }
        if let (Some(size), Some(max)) = (size, shape.max.filter(|max| size > Some(*max))) {
            found.push(format!("{path}: {size} is more than {max}"));
        }
        for member in &shape.required {
            if value.get(member).is_none_or(Value::is_null) {
                found.push(format!("{path}: lacks {member}"));
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.find_breaches(&shape.member, item, &format!("{path}[]"), found);
        }
        for (key, inside) in value.as_object().into_iter().flatten() {
            let inner = shape.members.get(key).unwrap_or(&shape.value);
            if !inner.is_empty() {
                self.find_breaches(inner, inside, &format!("{path}.{key}"), found);
            }
        }
    }

    /// Every structure that an operation sends or receives.
    pub(crate) fn structures(&self) -> BTreeSet<&str> {
        let operations = self.model.operations.values();
        self.reachable(operations.flat_map(|o| [&o.input, &o.output]))
    }

    fn reachable<'a>(
        &'a self,
        from: impl Iterator<Item = &'a Option<String>>,
    ) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = from.filter_map(Option::as_deref).collect();
        while let Some(name) = open.pop() {
            let shape = self.shape(name);
            let is_structure = shape.kind == "structure" && !shape.document;
            if is_structure && !found.insert(name) {
                continue;
            }
            let inside = shape.members.values().chain([&shape.member, &shape.value]);
            open.extend(inside.filter(|n| !n.is_empty()).map(String::as_str));
        }
        found
    }

    /// How an operation pages, also where AWS's list of paginators forgot it: those that take a
    /// token and give one.
    pub(crate) fn paging(&self, operation: &str) -> Option<Paging> {
        let operation = &self.model.operations[operation];
        let input = self.shape(operation.input.as_deref()?);
        let output = self.shape(operation.output.as_deref()?);
        let token = ["NextToken", "PaginationToken"]
            .into_iter()
            .find(|t| input.members.contains_key(*t) && output.members.contains_key(*t))?;
        let lists: Vec<_> = output
            .members
            .iter()
            .filter(|(_, shape)| self.shape(shape).kind == "list")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(lists.len(), 1, "an answer in pages has one list: {lists:?}");
        Some(Paging {
            input_token: token.to_owned(),
            output_token: token.to_owned(),
            result_key: lists[0].clone(),
        })
    }
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let text = fs::read_to_string(path.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn merge(into: &mut Value, change: &Value) {
    let Some(changes) = change.as_object() else {
        into.clone_from(change);
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (name, change) in changes {
        if change.is_null() {
            into.as_object_mut().map(|members| members.remove(name));
        } else {
            merge(&mut into[name], change);
        }
    }
}
