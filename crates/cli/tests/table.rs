//! The table of operations is what the service's model and the library say.

use std::{collections::BTreeMap, fs, path::Path};

use cognito_idp::operation::{AuthScheme, Operation, RetrySafety};
use serde_json::{Map, Value, json};

#[path = "../../../src/operation/list.rs"]
mod list;

/// Run it with `BLESS=1` after the model has changed.
#[test]
fn the_table_is_what_the_model_and_the_library_say() {
    let model = read("../../tests/data/service-model.json");
    let model: Value = serde_json::from_str(&model).expect("the model");
    let expected = table(&model);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/operations.json");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &expected).expect("writable");
    }
    assert!(
        read("src/operations.json") == expected,
        "src/operations.json is not what the model says; BLESS=1 writes it anew"
    );
}

fn table(model: &Value) -> String {
    let declared = declared();
    let mut operations = Map::new();
    for (name, operation) in model["operations"].as_object().expect("operations") {
        let (auth, retry) = declared[name.as_str()];
        let mut entry = json!({
            "auth": format!("{auth:?}"),
            "retry": format!("{retry:?}"),
            "input": operation["input"],
            "errors": operation["errors"],
        });
        if let Some(output) = operation.get("output") {
            entry["output"] = output.clone();
        }
        operations.insert(name.clone(), entry);
    }
    assert_eq!(
        operations.len(),
        declared.len(),
        "as many as the library has"
    );
    let mut shapes = Map::new();
    for (name, shape) in model["shapes"].as_object().expect("shapes") {
        if shape.get("exception").is_some() {
            continue;
        }
        let wanted = [
            "type",
            "members",
            "required",
            "member",
            "value",
            "enum",
            "sensitive",
        ];
        let facts = wanted
            .into_iter()
            .filter_map(|fact| Some((fact.to_owned(), shape.get(fact)?.clone())));
        shapes.insert(name.clone(), Value::Object(facts.collect()));
    }
    let mut text = json!({"operations": operations, "shapes": shapes}).to_string();
    text.push('\n');
    text
}

fn declared() -> BTreeMap<&'static str, (AuthScheme, RetrySafety)> {
    fn of<O: Operation>() -> (&'static str, (AuthScheme, RetrySafety)) {
        (O::NAME, (O::AUTH, O::RETRY))
    }
    macro_rules! all {
        ($($module:ident { $($request:ident)* })*) => {
            BTreeMap::from([$($(of::<cognito_idp::operation::$module::$request>()),*),*])
        };
    }
    list::for_each_operation!(all)
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
