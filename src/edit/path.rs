//! Finding and changing members of nested objects.

use serde_json::{Map, Value};

/// The member at a path such as `Policies.PasswordPolicy`; `null` counts as absent.
pub(super) fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (member, rest) = split(path);
    let value = object.get(member).filter(|value| !value.is_null())?;
    match rest {
        Some(rest) => find(value.as_object()?, rest),
        None => Some(value),
    }
}

/// Sets the member at a path, if the object that shall have it is there.
pub(super) fn replace(object: &mut Map<String, Value>, path: &str, value: Value) {
    if let Some((parent, member)) = parent(object, path) {
        parent.insert(member.to_owned(), value);
    }
}

/// Removes the member at a path.
pub(super) fn remove(object: &mut Map<String, Value>, path: &str) {
    if let Some((parent, member)) = parent(object, path) {
        parent.remove(member);
    }
}

/// Whether two objects have different values at a path.
pub(super) fn differs(path: &str, one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    find(one, path) != find(other, path)
}

/// Merges as RFC 7396 has it: objects member by member, `null` removes, all else replaces.
pub(super) fn merge(object: &mut Map<String, Value>, wanted: &Map<String, Value>) {
    for (member, value) in wanted {
        match value {
            Value::Null => {
                object.remove(member);
            }
            Value::Object(inner) => merge(inner_object(object, member), inner),
            _ => {
                object.insert(member.clone(), value.clone());
            }
        }
    }
}

/// The member as an object, made if there is none.
pub(crate) fn inner_object<'a>(
    object: &'a mut Map<String, Value>,
    member: &str,
) -> &'a mut Map<String, Value> {
    let value = object.entry(member).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(members) => members,
        _ => unreachable!("it was just made an object"),
    }
}

fn parent<'a, 'p>(
    object: &'a mut Map<String, Value>,
    path: &'p str,
) -> Option<(&'a mut Map<String, Value>, &'p str)> {
    match split(path) {
        (member, None) => Some((object, member)),
        (member, Some(rest)) => parent(object.get_mut(member)?.as_object_mut()?, rest),
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((member, rest)) => (member, Some(rest)),
        None => (path, None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merging_follows_the_rfc() {
        let merged = |object: Value, wanted: Value| {
            let (Value::Object(mut object), Value::Object(wanted)) = (object, wanted) else {
                panic!("objects")
            };
            merge(&mut object, &wanted);
            Value::Object(object)
        };
        // The examples of RFC 7396, appendix A, between objects.
        for (object, wanted, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": "b"}),
                json!({"b": "c"}),
                json!({"a": "b", "b": "c"}),
            ),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (
                json!({"a": "b", "b": "c"}),
                json!({"a": null}),
                json!({"b": "c"}),
            ),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({"a": [{"b": "c"}]}),
                json!({"a": [1]}),
                json!({"a": [1]}),
            ),
            (
                json!({"e": null}),
                json!({"a": 1}),
                json!({"e": null, "a": 1}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ] {
            assert_eq!(merged(object, wanted), result);
        }
    }

    #[test]
    fn a_path_leads_only_through_objects_that_are_there() {
        let Value::Object(mut object) = json!({"a": {"b": 1, "n": null}, "c": 2}) else {
            panic!("an object")
        };
        assert_eq!(find(&object, "a.b"), Some(&json!(1)));
        for path in ["a.n", "a.x", "c.x", "x.y", ""] {
            assert_eq!(find(&object, path), None, "{path}");
        }
        replace(&mut object, "a.b", json!(3));
        replace(&mut object, "x.y", json!(4));
        replace(&mut object, "c.y", json!(4));
        remove(&mut object, "a.n");
        remove(&mut object, "x.y");
        assert_eq!(Value::Object(object), json!({"a": {"b": 3}, "c": 2}));
    }
}
