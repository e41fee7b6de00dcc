//! JSON in which every member may be filled, empty, `null` or not there, at every depth.

use serde_json::{Map, Value, json};

use crate::model::Facts;

/// How a member stands in the JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    Filled,
    /// An empty text, list, map or structure; zero; false.
    Empty,
    Null,
    Absent,
}

pub(crate) const STATES: [State; 4] = [State::Filled, State::Empty, State::Null, State::Absent];

/// What came, and what must be written of it.
pub(crate) struct Variant {
    pub(crate) came: Value,
    pub(crate) written: Value,
}

/// A variant of a structure; of none, for an operation without input or output. `choose` is asked for
/// the state of every member, by its structure and its name.
pub(crate) fn variant(
    facts: &Facts,
    structure: Option<&str>,
    choose: impl FnMut(&str, &str) -> State,
) -> Variant {
    let mut variety = Variety { facts, choose };
    structure.map_or_else(
        || Variant::same(json!({})),
        |name| variety.structure(name, State::Filled),
    )
}

/// States at random, the same ones for the same seed.
pub(crate) fn at_random(mut seed: u64) -> impl FnMut(&str, &str) -> State {
    move |_, _| {
        // SplitMix64.
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        STATES[usize::try_from(bits >> 62).unwrap_or_default()]
    }
}

struct Variety<'a, C> {
    facts: &'a Facts,
    choose: C,
}

impl<C: FnMut(&str, &str) -> State> Variety<'_, C> {
    fn structure(&mut self, name: &str, state: State) -> Variant {
        let facts = self.facts;
        let insists = facts.is_whole(name);
        let (mut came, mut written) = (Map::new(), Map::new());
        for (member, shape) in &facts.shape(name).members {
            let must_be_there = insists && facts.is_required(name, member);
            let state = match (self.choose)(name, member) {
                State::Null | State::Absent if must_be_there => State::Empty,
                _ if state == State::Empty && must_be_there => State::Empty,
                _ if state == State::Empty => State::Absent,
                state => state,
            };
            match state {
                State::Absent => {}
                State::Null => {
                    came.insert(member.clone(), Value::Null);
                }
                state => {
                    let variant = self.value(shape, state, !facts.is_required(name, member));
                    came.insert(member.clone(), variant.came);
                    written.insert(member.clone(), variant.written);
                }
            }
        }
        came.insert("NotYetKnown".to_owned(), json!([null, {}]));
        Variant {
            came: came.into(),
            written: written.into(),
        }
    }

    /// A value that is there. Only in lists and maps that may be absent are `null`s passed over.
    fn value(&mut self, name: &str, state: State, with_nulls: bool) -> Variant {
        let shape = self.facts.shape(name);
        let is_filled = state == State::Filled;
        match shape.kind.as_str() {
            "structure" if shape.document && is_filled => {
                Variant::same(json!({ "a": [null, { "deep": null }], "b": {} }))
            }
            "structure" if shape.document => Variant::same(json!({})),
            "structure" => self.structure(name, state),
            "list" | "map" if !is_filled => Variant::same(if shape.kind == "list" {
                json!([])
            } else {
                json!({})
            }),
            "list" => {
                let items: Vec<_> = [State::Filled, State::Empty]
                    .map(|state| self.value(&shape.member, state, true))
                    .into();
                let mut came: Vec<_> = items.iter().map(|item| item.came.clone()).collect();
                if with_nulls {
                    came.insert(1, Value::Null);
                }
                Variant {
                    came: came.into(),
                    written: items.into_iter().map(|item| item.written).collect(),
                }
            }
            "map" => {
                let filled = self.value(&shape.value, State::Filled, true);
                let empty = self.value(&shape.value, State::Empty, true);
                let mut came = json!({ "": filled.came, "empty": empty.came });
                if with_nulls {
                    came["none"] = Value::Null;
                }
                Variant {
                    came,
                    written: json!({ "": filled.written, "empty": empty.written }),
                }
            }
            "string" => Variant::same(if is_filled { json!("text") } else { json!("") }),
            "integer" | "long" => Variant::same(if is_filled { json!(-7) } else { json!(0) }),
            "boolean" => Variant::same(json!(is_filled)),
            // Kept to the millisecond.
            "timestamp" if is_filled => Variant {
                came: json!(1_623_956_729.320_4),
                written: json!(1_623_956_729.32),
            },
            "timestamp" => Variant::same(json!(0)),
            "blob" => Variant::same(if is_filled { json!("AAEC") } else { json!("") }),
            kind => panic!("{name}: a type that the test does not know: {kind}"),
        }
    }
}

impl Variant {
    fn same(value: Value) -> Self {
        Self {
            came: value.clone(),
            written: value,
        }
    }
}
