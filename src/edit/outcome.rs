//! What became of the settings that were asked for, and what stands to be lost.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::diff::{Change, Place, is_empty, same};

/// The settings before, as they were asked for, and after, compared member by member.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// From what was to what is.
    pub(super) applied: Vec<Change>,
    /// From what was asked for to what is.
    pub(super) ignored: Vec<Change>,
    /// From what was to what is, where nothing was asked for.
    pub(super) also_changed: Vec<Change>,
}

impl Outcome {
    pub(super) fn of(
        before: &Map<String, Value>,
        wanted: &Map<String, Value>,
        after: &Map<String, Value>,
    ) -> Self {
        let mut outcome = Self::default();
        outcome.members(&Place::default(), [Some(before), Some(wanted), Some(after)]);
        outcome
    }

    fn members(&mut self, place: &Place, objects: [Option<&Map<String, Value>>; 3]) {
        let names = objects.iter().flatten().flat_map(|object| object.keys());
        for name in names.collect::<BTreeSet<_>>() {
            let value = |object: Option<&'_ Map<String, Value>>| {
                object.and_then(|object| object.get(name)).cloned()
            };
            self.value(&place.below(name), objects.map(value));
        }
    }

    fn value(&mut self, place: &Place, values: [Option<Value>; 3]) {
        let values = values.map(|value| value.filter(|value| !is_empty(value)));
        if values.iter().flatten().all(Value::is_object) {
            let objects = values
                .each_ref()
                .map(|value| value.as_ref().and_then(Value::as_object));
            return self.members(place, objects);
        }
        let [before, wanted, after] = values;
        let asked = !same(before.as_ref(), wanted.as_ref());
        let changed = !same(before.as_ref(), after.as_ref());
        let as_wanted = same(wanted.as_ref(), after.as_ref());
        // A setting that is given up goes to a default that only Cognito knows.
        let applied = as_wanted || wanted.is_none() && changed;
        let (list, old) = match (asked, applied) {
            (true, true) => (&mut self.applied, before),
            (true, false) => (&mut self.ignored, wanted),
            (false, _) if changed => (&mut self.also_changed, before),
            (false, _) => return,
        };
        list.push(place.change(old, after));
    }
}

/// The settings that an update would reset if it were given only what differs between two states.
pub(super) fn left_out(
    current: &Map<String, Value>,
    wanted: &Map<String, Value>,
    kept: &[&str],
) -> Vec<Change> {
    let mut lost = Vec::new();
    collect_left_out(&Place::default(), current, wanted, &mut lost);
    lost.retain(|change| !kept.contains(&change.path.as_str()));
    lost
}

fn collect_left_out(
    place: &Place,
    current: &Map<String, Value>,
    wanted: &Map<String, Value>,
    lost: &mut Vec<Change>,
) {
    // Another crate can have `serde_json` keep the order in which they came.
    for name in wanted.keys().collect::<BTreeSet<_>>() {
        let (is, value, place) = (current.get(name), &wanted[name], place.below(name));
        if same(is, Some(value)) {
            if !is_empty(value) {
                lost.push(place.change(Some(value.clone()), None));
            }
        } else if let (Some(Value::Object(is)), Value::Object(wanted)) = (is, value) {
            collect_left_out(&place, is, wanted, lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::diff::Diff, *};

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            _ => panic!("an object"),
        }
    }

    fn paths(changes: &[Change]) -> Vec<&str> {
        changes.iter().map(|change| change.path.as_str()).collect()
    }

    fn outcome(before: Value, wanted: Value, after: Value) -> Outcome {
        Outcome::of(&object(before), &object(wanted), &object(after))
    }

    #[test]
    fn what_was_asked_for_is_applied_or_ignored_and_the_rest_also_changed() {
        let outcome = outcome(
            json!({"A": {"B": 1, "C": 1, "D": 1}, "E": "old", "F": true}),
            json!({"A": {"B": 2, "C": 2, "D": 1}, "E": "new"}),
            json!({"A": {"B": 2, "C": 1, "D": 3}, "E": "other", "F": false, "G": ["x"]}),
        );
        assert_eq!(paths(&outcome.applied), ["A.B", "F"]);
        assert_eq!(paths(&outcome.ignored), ["A.C", "E"]);
        assert_eq!(paths(&outcome.also_changed), ["A.D", "G"]);
        let ignored = &outcome.ignored[1];
        assert_eq!(ignored.old, Some(json!("new")));
        assert_eq!(ignored.new, Some(json!("other")));
    }

    #[test]
    fn a_new_object_that_comes_back_with_defaults_is_applied_and_they_are_told_apart() {
        let outcome = outcome(
            json!({}),
            json!({"P": {"Length": 8}}),
            json!({"P": {"Length": 8, "Symbols": false}}),
        );
        assert_eq!(paths(&outcome.applied), ["P.Length"]);
        assert!(outcome.ignored.is_empty());
        assert_eq!(paths(&outcome.also_changed), ["P.Symbols"]);
    }

    #[test]
    fn a_setting_given_up_is_ignored_if_it_stays() {
        let before = json!({"A": 1, "B": {"C": 1}, "D": 1});
        let outcome = outcome(before, json!({}), json!({"A": 1, "D": 0}));
        assert_eq!(paths(&outcome.ignored), ["A"]);
        assert_eq!(paths(&outcome.applied), ["B.C", "D"]);
    }

    #[test]
    fn what_is_empty_order_and_a_fraction_make_no_difference() {
        let before =
            json!({"A": null, "B": ["x", "y"], "C": 7, "D": {"E": null}, "F": [], "G": ""});
        let after = json!({"B": ["y", "x"], "C": 7.0, "H": {"I": {}}});
        assert_eq!(
            paths(Diff::between(&object(before), &object(after)).changes()),
            [""; 0]
        );
        let before = json!({"A": [1, 2], "B": ["x", "x", "y"], "C": null, "D": 0});
        let after = json!({"A": [2, 1], "B": ["x", "y", "y"], "C": {"X": false}});
        let differences = Diff::between(&object(before), &object(after));
        assert_eq!(paths(differences.changes()), ["A", "B", "C.X", "D"]);
    }

    #[test]
    fn left_out_is_every_setting_that_the_change_does_not_name() {
        // In the order of their names, whether or not another crate has `serde_json` keep theirs.
        let current = json!({
            "Empty": {}, "Gone": 1, "Kept": "name", "L": {"T": "arn"},
            "P": {"Deep": {"X": 1}, "Length": 8, "Symbols": true},
        });
        let wanted = json!({
            "P": {"Length": 9, "Symbols": true, "Deep": {"X": 1}}, "L": {"T": "arn"},
            "Kept": "name", "Empty": {}, "New": 1,
        });
        let lost = left_out(&object(current), &object(wanted), &["Kept"]);
        assert_eq!(paths(&lost), ["L", "P.Deep", "P.Symbols"]);
        assert!(
            lost.iter()
                .all(|change| change.old.is_some() && change.new.is_none())
        );
    }

    fn settings() -> impl Strategy<Value = Map<String, Value>> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            "[ab]{0,1}".prop_map(Value::from),
            prop::collection::vec("[ab]", 0..3).prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(2, 12, 3, |inner| {
            prop::collection::btree_map("[A-C]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        });
        prop::collection::btree_map("[A-D]", value, 0..4)
            .prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_comes_back_as_wanted_is_neither_ignored_nor_also_changed(
            before in settings(), wanted in settings(),
        ) {
            let outcome = Outcome::of(&before, &wanted, &wanted);
            prop_assert!(outcome.ignored.is_empty(), "{outcome:?}");
            prop_assert!(outcome.also_changed.is_empty(), "{outcome:?}");
            prop_assert!(Diff::between(&before, &before).is_empty());
        }

        #[test]
        fn what_stays_as_it_was_is_never_called_applied(
            before in settings(), wanted in settings(),
        ) {
            let outcome = Outcome::of(&before, &wanted, &before);
            prop_assert!(outcome.applied.is_empty(), "{outcome:?}");
            prop_assert!(outcome.also_changed.is_empty(), "{outcome:?}");
            prop_assert_eq!(
                outcome.ignored.is_empty(),
                Diff::between(&before, &wanted).is_empty()
            );
        }
    }
}
