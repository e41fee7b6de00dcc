//! Taking over into settings what differs between two renderings of them.

use serde_json::{Map, Value};

/// Changes in `raw` what differs between `before` and `after`, which show what a type knows of it.
///
/// What the type does not know stays, as long as the object that holds it does. The items of a list are
/// found again if they did not change, else by what names them, else by their position if the list is as
/// long as it was; other items are new, and lists that `before` shows with another length are replaced.
pub(super) fn apply(
    raw: &mut Map<String, Value>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) {
    for (member, value) in before {
        if !value.is_null() && !after.contains_key(member) {
            raw.remove(member);
        }
    }
    for (member, new) in after {
        let old = before.get(member);
        if old == Some(new) {
            continue;
        }
        let patched = match (old, raw.remove(member)) {
            (Some(old), Some(raw)) => value(raw, old, new),
            _ => new.clone(),
        };
        raw.insert(member.clone(), patched);
    }
}

fn value(raw: Value, before: &Value, after: &Value) -> Value {
    match (raw, before, after) {
        (raw, before, after) if before == after => raw,
        (Value::Object(mut raw), Value::Object(before), Value::Object(after)) => {
            apply(&mut raw, before, after);
            Value::Object(raw)
        }
        (Value::Array(raw), Value::Array(before), Value::Array(after))
            if raw.len() == before.len() =>
        {
            items(raw, before, after)
        }
        _ => after.clone(),
    }
}

fn items(raw: Vec<Value>, before: &[Value], after: &[Value]) -> Value {
    let mut raw: Vec<_> = raw.into_iter().map(Some).collect();
    let mut patched = vec![None; after.len()];
    let as_long = before.len() == after.len();
    let by_position = |old: usize, new: usize| as_long && old == new;
    let unchanged = |old: usize, new: usize| before[old] == after[new];
    let by_name = |old: usize, new: usize| {
        let name = name(&before[old]);
        !name.is_empty() && name == self::name(&after[new])
    };
    // An unchanged item in its place before an equal one elsewhere, then what is found less surely.
    let both = |old, new| unchanged(old, new) && by_position(old, new);
    let ways: [&dyn Fn(usize, usize) -> bool; 4] = [&both, &unchanged, &by_name, &by_position];
    for way in ways {
        for (new, patched) in patched.iter_mut().enumerate() {
            if patched.is_some() {
                continue;
            }
            let old = (0..before.len()).find(|old| raw[*old].is_some() && way(*old, new));
            *patched = old.and_then(|old| Some(value(raw[old].take()?, &before[old], &after[new])));
        }
    }
    let patched = patched.into_iter().zip(after);
    let item = |(patched, after): (Option<Value>, &Value)| patched.unwrap_or_else(|| after.clone());
    patched.map(item).collect()
}

/// Members that tell the items of a list apart, in all lists of settings.
const NAMES: &[&str] = &[
    "AcrValue",
    "Category",
    "ColorMode",
    "EventSource",
    "Name",
    "ScopeName",
];

/// What names an item; empty if nothing does.
fn name(item: &Value) -> Vec<Option<&Value>> {
    let name: Vec<_> = NAMES.iter().map(|member| item.get(*member)).collect();
    if name.iter().all(Option::is_none) {
        return Vec::new();
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Starts the names of members that the types do not know.
    const UNKNOWN: char = 'u';

    fn patched(raw: Value, before: &Value, after: &Value) -> Value {
        super::value(raw, before, after)
    }

    #[test]
    fn what_is_unknown_stays_in_objects_inside_each_other() {
        let raw =
            json!({"u": 1, "A": {"u": 2, "B": {"u": 3, "C": 1}, "D": 1}, "E": {"u": 4}, "F": null});
        let before = json!({"A": {"B": {"C": 1}, "D": 1}, "E": {}});
        let after = json!({"A": {"B": {"C": 2}, "N": 1}, "F": 5});
        assert_eq!(
            patched(raw, &before, &after),
            json!({"u": 1, "A": {"u": 2, "B": {"u": 3, "C": 2}, "N": 1}, "F": 5})
        );
    }

    #[test]
    fn the_items_of_a_list_keep_what_is_unknown_of_them() {
        let scope = |name: &str, text: &str| json!({"ScopeName": name, "ScopeDescription": text});
        let with = |mut item: Value, unknown: i32| {
            item["u"] = unknown.into();
            item
        };
        let before = json!([scope("r", "read"), scope("w", "write"), scope("x", "else")]);
        let raw = || {
            json!([
                with(scope("r", "read"), 1),
                with(scope("w", "write"), 2),
                with(scope("x", "else"), 3)
            ])
        };
        for (after, expected) in [
            // One is changed, one is gone, one is new, and the order is another.
            (
                json!([scope("n", "new"), scope("w", "changed"), scope("r", "read")]),
                json!([
                    scope("n", "new"),
                    with(scope("w", "changed"), 2),
                    with(scope("r", "read"), 1)
                ]),
            ),
            (
                json!([scope("r", "read"), scope("x", "else")]),
                json!([with(scope("r", "read"), 1), with(scope("x", "else"), 3)]),
            ),
            (json!([]), json!([])),
        ] {
            assert_eq!(patched(raw(), &before, &after), expected);
        }
        // Nothing names these, so their position does.
        assert_eq!(
            patched(
                json!([{"A": 1, "u": 1}, {"A": 2, "u": 2}]),
                &json!([{"A": 1}, {"A": 2}]),
                &json!([{"A": 1}, {"A": 3}])
            ),
            json!([{"A": 1, "u": 1}, {"A": 3, "u": 2}])
        );
        // What the type shows with another length cannot be found again.
        assert_eq!(
            patched(json!([1, null, 2]), &json!([1, 2]), &json!([1, 3])),
            json!([1, 3])
        );
    }

    fn known() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![(0..3).prop_map(Value::from), "[ab]".prop_map(Value::from)];
        let value = leaf.prop_recursive(3, 24, 3, |inner| {
            let object = prop::collection::btree_map("[AB]|Name", inner.clone(), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect()));
            prop_oneof![
                object,
                prop::collection::vec(inner, 0..3).prop_map(Value::from)
            ]
        });
        prop::collection::btree_map("[ABC]", value, 0..4)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    /// Gives every object an unknown member, each of another value.
    fn add_unknown(value: &mut Value, count: &mut i32) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| add_unknown(item, count)),
            Value::Object(members) => {
                members
                    .values_mut()
                    .for_each(|value| add_unknown(value, count));
                *count += 1;
                members.insert(UNKNOWN.to_string(), (*count).into());
            }
            _ => {}
        }
    }

    fn remove_unknown(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(remove_unknown),
            Value::Object(members) => {
                members.retain(|name, _| !name.starts_with(UNKNOWN));
                members.values_mut().for_each(remove_unknown);
            }
            _ => {}
        }
    }

    /// Whether all objects that stand at the same path of objects still have their unknown member.
    fn kept(raw: &Value, patched: &Value, before: &Value, after: &Value) -> bool {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                let unknown = UNKNOWN.to_string();
                let below = |(name, before): (&String, &Value)| {
                    let after = after.get(name);
                    after.is_none_or(|after| kept(&raw[name], &patched[name], before, after))
                };
                raw[&unknown] == patched[&unknown] && before.iter().all(below)
            }
            (before, after) => before != after || raw == patched,
        }
    }

    proptest! {
        #[test]
        fn what_is_known_becomes_as_asked_and_what_is_unknown_stays_where_it_has_a_home(
            before in known(), after in known(), change_back in any::<bool>(),
        ) {
            let after = if change_back { before.clone() } else { after };
            let mut raw = before.clone();
            add_unknown(&mut raw, &mut 0);
            let patched = patched(raw.clone(), &before, &after);
            prop_assert!(kept(&raw, &patched, &before, &after), "{patched}");
            let mut known = patched.clone();
            remove_unknown(&mut known);
            prop_assert_eq!(known, after);
            if change_back {
                prop_assert_eq!(patched, raw);
            }
        }
    }
}
