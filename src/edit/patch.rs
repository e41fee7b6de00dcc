//! Taking a difference between two objects over into a third one.

use serde_json::{Map, Value};

/// Changes in `raw` what differs between two states of what is known of it.
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
    for (member, value) in after {
        match (before.get(member), value, raw.get_mut(member)) {
            (Some(old), value, _) if old == value => {}
            (Some(Value::Object(old)), Value::Object(new), Some(Value::Object(raw))) => {
                apply(raw, old, new);
            }
            _ => {
                raw.insert(member.clone(), value.clone());
            }
        }
    }
}
