//! Holds every operation and shape to AWS's service model, and to what the model does not say.
//!
//! The facts stand in `tests/data`. The crate is seen only through its public API: what a type is
//! made of is learned by having serde read one.

mod compare;
mod counted;
mod declared;
#[path = "../../src/operation/list.rs"]
mod list;
mod model;
mod sample;
mod trace;
mod variety;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    compare::{differences, structures},
    declared::{Declared, Type, enums, operations, parts, with_attributes},
    model::Facts,
    sample::{PLAIN, SECRET, Sample},
    variety::{STATES, State, Variant, at_random, variant},
};

#[test]
fn the_crate_agrees_with_the_service_model() {
    let found = differences(&Facts::load(), &operations(), &enums());
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn the_readme_promises_as_many_operations_as_the_service_has() {
    let readme = include_str!("../../README.md");
    let promise = format!("all {} operations", Facts::load().model.operations.len());
    assert!(readme.contains(&promise), "the README must say: {promise}");
}

/// The comparison above, with facts that are not so.
#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn every_kind_of_difference_is_found_and_named() {
    let cases = [
        (
            json!({"model": {"operations": {"SignUp": null}}}),
            "operation SignUp: is surplus",
        ),
        (
            json!({"model": {"operations": {"SignOff": {"errors": []}}}}),
            "operation SignOff: is missing",
        ),
        (
            json!({"model": {"operations": {"SignUp": {"no_auth": false}}}}),
            "SignUp: auth: is NoAuth, must be SigV4",
        ),
        (
            json!({"beyond": {"auth": []}}),
            "GetClientToken: auth: is Optional, must be SigV4",
        ),
        (
            json!({"model": {"operations": {"SignUp": {"errors": []}}}}),
            "SignUp: error ForbiddenException: is surplus",
        ),
        (
            json!({"model": {"operations": {"SignUp": {"errors": ["GroupExistsException"]}}}}),
            "SignUp: error GroupExistsException: is missing",
        ),
        (
            json!({"model": {"operations": {"SignUp": {"input": "ConfirmSignUpRequest"}}}}),
            "SignUp: request: is SignUpRequest, must be ConfirmSignUpRequest",
        ),
        (
            json!({"model": {"operations": {"SignUp": {"output": "ConfirmSignUpResponse"}}}}),
            "SignUp: response: is SignUpResponse, must be ConfirmSignUpResponse",
        ),
        (
            json!({"model": {"operations": {"SignUp": {"output": null}}}}),
            "structure SignUpResponse: is surplus",
        ),
        (
            json!({"model": {"operations": {"DeleteGroup": {"output": "GroupExistsException"}}}}),
            "structure GroupExistsException: is missing",
        ),
        (
            json!({"beyond": {"retry_safety": []}}),
            "ConfirmSignUp: must be in one class of retry safety",
        ),
        (
            json!({"beyond": {"retry_safety": [
                {"safety": "Repeatable", "operations": ["ConfirmSignUp"]},
            ]}}),
            "ConfirmSignUp: retry safety: is Once, must be Repeatable",
        ),
        (
            json!({"beyond": {"retry_safety_by_request": [{"cases": [{
                "operation": "InitiateAuth",
                "safety": "Repeatable",
                "request": {"AuthFlow": "CUSTOM_AUTH", "ClientId": "example"},
            }]}]}}),
            "InitiateAuth: retry safety of {\"AuthFlow\":\"CUSTOM_AUTH\",\"ClientId\":\"example\"}: \
             is Once, must be Repeatable",
        ),
        (
            json!({"model": {"shapes": {"UserType": {"members": {"Enabled": null}}}}}),
            "UserType: member Enabled: is surplus",
        ),
        (
            json!({"model": {"shapes": {"UserType": {"members": {"Nickname": "StringType"}}}}}),
            "UserType: member Nickname: is missing",
        ),
        (
            json!({"model": {"shapes": {"SignUpRequest": {"required": []}}}}),
            "SignUpRequest.Username: is Sensitive<String>, must be Option<Sensitive<String>>",
        ),
        (
            json!({"model": {"shapes": {"SignUpRequest": {"required": ["Password"]}}}}),
            "SignUpRequest.Password: is Option<Sensitive<String>>, must be Sensitive<String>",
        ),
        (
            json!({"model": {"shapes": {"BooleanType": {"type": "string"}}}}),
            "SignUpResponse.UserConfirmed: is bool, must be String",
        ),
        (
            json!({"model": {"shapes": {"AttributeListType": {"member": "StringType"}}}}),
            "AdminGetUserResponse.UserAttributes: is List<AttributeType>, must be List<String>",
        ),
        (
            json!({"model": {"shapes": {"PasswordType": {"sensitive": false}}}}),
            "SignUpRequest.Password: is Option<Sensitive<String>>, must be Option<String>",
        ),
        (
            json!({"model": {"shapes": {"DeviceKeyType": {"sensitive": true}}}}),
            "GetDeviceRequest.DeviceKey: is String, must be Sensitive<String>",
        ),
        (
            json!({"beyond": {"sensitive": {"members": {"HttpHeader.headerValue": null}}}}),
            "HttpHeader.headerValue: is Option<Sensitive<String>>, must be Option<String>",
        ),
        (
            json!({"model": {"shapes": {"AttributeType": {"required": []}}}}),
            "AttributeType.Name: is Required<String>, must be Option<String>",
        ),
        (
            json!({"beyond": {"not_required": {"members": {"CustomDomainConfigType.CertificateArn": null}}}}),
            "CustomDomainConfigType.CertificateArn: is Option<String>, must be Required<String>",
        ),
        (
            json!({"beyond": {"constructors": {"first": ["GroupName"]}}}),
            "CreateGroupRequest::new: is [\"UserPoolId\", \"GroupName\"], \
             must be [\"GroupName\", \"UserPoolId\"]",
        ),
        (
            json!({"model": {"shapes": {"ForgetDeviceRequest": {"required": ["AccessToken", "DeviceKey"]}}}}),
            "ForgetDeviceRequest::new: DeviceKey stands before AccessToken, \
             in ConfirmDeviceRequest::new behind",
        ),
        (
            json!({"model": {"shapes": {"StatusType": {"enum": null}}}}),
            "enum StatusType: is surplus",
        ),
        (
            json!({"model": {"shapes": {"GroupNameType": {"enum": []}}}}),
            "enum GroupNameType: is missing",
        ),
        (
            json!({"model": {"shapes": {"StatusType": {"enum": ["Enabled"]}}}}),
            "StatusType: value Disabled: is surplus",
        ),
        (
            json!({"model": {"shapes": {"StatusType": {"enum": ["Paused"]}}}}),
            "StatusType: value Paused: is missing",
        ),
        (
            json!({"model": {"shapes": {"GroupExistsException": {"exception": false}}}}),
            "error code GroupExistsException: is surplus",
        ),
        (
            json!({"beyond": {"error_codes": {"codes": ["TeapotException"]}}}),
            "error code TeapotException: is missing",
        ),
        (
            json!({"model": {"shapes": {"ListUsersRequest": {"members": {"PaginationToken": null}}}}}),
            "ListUsers: is `Paginated`, but has no pages",
        ),
        (
            json!({"model": {"shapes": {
                "AdminGetDeviceRequest": {"members": {"NextToken": "StringType"}},
                "AdminGetDeviceResponse": {"members": {
                    "NextToken": "StringType",
                    "Groups": "GroupListType",
                }},
            }}}),
            "AdminGetDevice: comes in pages, but is not `Paginated`",
        ),
        (
            json!({"model": {"paginators": {"ListUsers": {"result_key": "People"}}}}),
            "ListUsers: list: is Users, must be People",
        ),
    ];
    let (operations, enums) = (operations(), enums());
    for (change, difference) in cases {
        let found = differences(&Facts::changed(&change), &operations, &enums);
        assert!(
            found.iter().any(|line| line == difference),
            "not found: {difference}\namong: {found:#?}"
        );
    }
}

#[test]
fn every_shape_that_is_no_request_and_no_answer_is_in_types() {
    let operations = operations();
    let found: BTreeSet<_> = parts().into_iter().collect();
    assert_eq!(found, parts_of(&operations).collect());
    // Of enums, `enums` names no other path.
}

/// The structures that requests and answers are made of.
fn parts_of(operations: &[Declared]) -> impl Iterator<Item = String> {
    let is_whole = |name: &String| {
        let mut wholes = operations.iter().flat_map(|o| [&o.request, &o.response]);
        wholes.any(|whole| whole.name == *name)
    };
    structures(operations)
        .into_keys()
        .filter(move |name| !is_whole(name))
}

#[test]
fn whatever_answers_with_attributes_lets_one_read_them_by_name() {
    let operations = operations();
    let requests: BTreeSet<_> = operations.iter().map(|o| o.request.name.clone()).collect();
    let is_answer = |(shape, _): &(String, _)| !requests.contains(shape);
    let expected: BTreeSet<_> = structures(&operations)
        .into_iter()
        .filter(is_answer)
        .flat_map(|(shape, members)| {
            members
                .into_iter()
                .map(move |member| (shape.clone(), member))
        })
        .filter(|(_, (_, of_type))| of_type.contains("<AttributeType>"))
        .map(|(shape, (member, _))| (shape, member))
        .collect();
    let declared = with_attributes();
    let found = declared
        .iter()
        .map(|with| (with.shape.clone(), with.member.to_owned()));
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);

    for with in declared {
        let mut shape = json!({"Username": "u"});
        shape[with.member] = json!([{"Name": "a", "Value": "1"}, {"Name": "b"}]);
        let attribute = |name| (with.attribute)(&shape, name).expect("it is read");
        assert_eq!(attribute("a").as_deref(), Some("1"), "{}", with.shape);
        assert_eq!(attribute("b"), None, "{}", with.shape);
        assert_eq!(attribute("c"), None, "{}", with.shape);
    }
}

#[test]
fn every_declaration_in_the_sources_is_compared() {
    let operations = operations();
    let compared: BTreeMap<&str, BTreeSet<String>> = BTreeMap::from([
        (
            "operation",
            operations.iter().map(|o| o.name.to_owned()).collect(),
        ),
        ("structure", parts_of(&operations).collect()),
        ("string_enum", enums().into_iter().map(|e| e.name).collect()),
    ]);

    let mut declared = BTreeMap::<&str, BTreeSet<String>>::new();
    let sources = sources();
    let mut lines = sources.lines();
    while let Some(line) = lines.next() {
        let kind = line.strip_suffix("! {").unwrap_or_default();
        if !compared.contains_key(kind) {
            continue;
        }
        let head = lines.by_ref().map(str::trim).find(|l| !l.starts_with("//"));
        let head = head.unwrap_or_default();
        let head = head.strip_prefix("output ").unwrap_or(head);
        let name = head.split(|c: char| !c.is_alphanumeric()).next();
        let names = declared.entry(kind).or_default();
        names.insert(name.unwrap_or_default().to_owned());
    }
    assert_eq!(declared, compared);
}

/// All that declares operations and shapes, in one text.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let directory = fs::read_dir(root.join("operation"));
    let directory = directory.unwrap_or_else(|error| panic!("src/operation: {error}"));
    directory
        .map(|entry| entry.unwrap_or_else(|error| panic!("src/operation: {error}")))
        .map(|entry| entry.path())
        .chain([root.join("types.rs")])
        .map(|path| fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .collect()
}

#[test]
fn every_member_is_written_under_the_models_name_and_read_back() {
    let facts = Facts::load();
    for_each_type(&facts, |name, structure, of_type| {
        for sample in [Sample::full(&facts), Sample::lean(&facts)] {
            let json = sample.of(structure);
            assert_eq!(reread(name, of_type, &json), json, "{name}");
        }
    });
}

#[test]
fn what_came_is_written_again_whichever_member_is_filled_empty_null_or_absent() {
    let facts = Facts::load();
    for_each_type(&facts, |name, structure, of_type| {
        let mut members = Vec::new();
        let note = |owner: &str, member: &str| {
            members.push((owner.to_owned(), member.to_owned()));
            State::Filled
        };
        variant(&facts, structure, note);
        members.sort();
        members.dedup();
        for (owner, member) in &members {
            for state in STATES {
                for others in [State::Filled, State::Empty] {
                    let choose = |o: &str, m: &str| {
                        if o == owner && m == member {
                            state
                        } else {
                            others
                        }
                    };
                    let what = format!("{name}: {owner}.{member}: {state:?} among {others:?}");
                    expect_written(&what, of_type, &variant(&facts, structure, choose));
                }
            }
        }
    });
}

#[test]
fn what_came_is_written_again_in_any_mixture() {
    let facts = Facts::load();
    for_each_type(&facts, |name, structure, of_type| {
        for seed in 0..50 {
            let variant = variant(&facts, structure, at_random(seed));
            expect_written(&format!("{name}: {seed}"), of_type, &variant);
        }
    });
}

#[test]
fn formats_that_count_the_members_first_can_write_every_shape() {
    let facts = Facts::load();
    for_each_type(&facts, |name, structure, of_type| {
        for seed in 0..5 {
            let variant = variant(&facts, structure, at_random(seed));
            if let Err(error) = (of_type.write_counted)(&variant.came) {
                panic!("{name}: {error}: {}", variant.came);
            }
        }
    });
}

fn expect_written(what: &str, of_type: &Type, variant: &Variant) {
    let written = reread(what, of_type, &variant.came);
    assert_eq!(written, variant.written, "{what}\ncame: {}", variant.came);
}

#[test]
fn unknown_members_are_ignored() {
    let facts = Facts::load();
    let sample = Sample {
        unknown_members: true,
        ..Sample::full(&facts)
    };
    for_each_type(&facts, |name, structure, of_type| {
        let expected = Sample::full(&facts).of(structure);
        let read = reread(name, of_type, &sample.of(structure));
        assert_eq!(read, expected, "{name}");
    });
}

#[test]
fn null_counts_as_absent_for_members_items_and_values() {
    let facts = Facts::load();
    for expected in [Sample::full(&facts), Sample::lean(&facts)] {
        let sample = Sample {
            nulls: true,
            ..expected.clone()
        };
        for_each_type(&facts, |name, structure, of_type| {
            let read = reread(name, of_type, &sample.of(structure));
            assert_eq!(read, expected.of(structure), "{name}");
        });
    }
}

#[test]
fn every_enum_value_is_known_and_an_unknown_one_survives() {
    for declared in enums() {
        let reread = |value: &str| {
            (declared.reread)(value).unwrap_or_else(|e| panic!("{}: {e}", declared.name))
        };
        for &value in declared.values {
            assert_eq!(reread(value), (json!(value), true), "{}", declared.name);
        }
        let unknown = "NOT_YET_KNOWN";
        assert_eq!(
            reread(unknown),
            (json!(unknown), false),
            "{}",
            declared.name
        );
    }

    let facts = Facts::load();
    let sample = Sample {
        enum_value: Some("NOT_YET_KNOWN"),
        ..Sample::full(&facts)
    };
    for_each_type(&facts, |name, structure, of_type| {
        let json = sample.of(structure);
        assert_eq!(reread(name, of_type, &json), json, "{name}");
    });
}

#[test]
fn a_timestamp_is_read_in_every_form_that_is_seen() {
    let facts = Facts::load();
    for form in [json!("2021-06-17T19:05:29.32Z"), json!(1.623_956_729_32e9)] {
        let sample = Sample {
            timestamp: form,
            ..Sample::full(&facts)
        };
        for_each_type(&facts, |name, structure, of_type| {
            let expected = Sample::full(&facts).of(structure);
            let read = reread(name, of_type, &sample.of(structure));
            assert_eq!(read, expected, "{name}");
        });
    }
}

#[test]
fn an_empty_body_is_an_answer_without_members() {
    let facts = Facts::load();
    for operation in operations() {
        let output = facts.model.operations[operation.name].output.as_deref();
        let lean = Sample::lean(&facts).of(output);
        let read = (operation.decode)(http::Response::new(Bytes::new()));
        let is_readable = lean == json!({});
        assert_eq!(read.is_ok(), is_readable, "{}", operation.name);
        if let Ok(read) = read {
            assert_eq!(read, lean, "{}", operation.name);
        }
    }
}

#[test]
fn debug_shows_no_secret_and_everything_else() {
    let facts = Facts::load();
    for_each_type(&facts, |name, structure, of_type| {
        let json = Sample::full(&facts).of(structure);
        let shown = (of_type.show)(&json).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!shown.contains(SECRET), "{name}: {shown}");
        let is_plain = |text: &str| json.to_string().contains(text) == shown.contains(text);
        assert!(is_plain(PLAIN), "{name}: {shown}");
    });
}

#[test]
fn every_request_that_a_fixture_sees_succeed_keeps_the_models_sizes() {
    let facts = Facts::load();
    let mut checked = BTreeSet::new();
    for (path, fixture) in fixtures() {
        let exchange = &fixture["exchanges"][0];
        let operation = exchange["operation"].as_str().unwrap_or_default();
        let input = facts.model.operations[operation].input.as_deref();
        if exchange["response"]["status"] == 200 {
            let breaches = input.map(|input| facts.breaches(input, &exchange["request"]));
            assert_eq!(breaches.unwrap_or_default(), [""; 0], "{path}");
            checked.insert(operation.to_owned());
        }
    }
    assert_eq!(checked.len(), facts.model.operations.len());
}

#[test]
fn every_kind_of_breach_is_found_and_named() {
    let breaches = |shape: &str, value: Value| Facts::load().breaches(shape, &value);
    assert_eq!(
        breaches(
            "CreateGroupRequest",
            json!({"GroupName": "", "Precedence": -1, "Description": "é".repeat(2049)}),
        ),
        [
            "CreateGroupRequest: lacks UserPoolId",
            "CreateGroupRequest.Description: 2049 is more than 2048",
            "CreateGroupRequest.GroupName: 0 is less than 1",
            "CreateGroupRequest.Precedence: -1 is less than 0",
        ]
    );
    assert_eq!(
        breaches(
            "UpdateUserPoolRequest",
            json!({
                "UserPoolId": "p",
                "AccountRecoverySetting": {"RecoveryMechanisms": []},
                "AcrConfiguration": {"Level1": {"AcrValue": ""}},
                "DcrConfiguration": {"AllowedScopes": ["a", ""]},
            }),
        ),
        [
            "UpdateUserPoolRequest.AccountRecoverySetting.RecoveryMechanisms: 0 is less than 1",
            "UpdateUserPoolRequest.AcrConfiguration.Level1.AcrValue: 0 is less than 1",
            "UpdateUserPoolRequest.DcrConfiguration.AllowedScopes[]: 0 is less than 1",
        ]
    );
}

/// The fixtures of single operations, with their paths.
fn fixtures() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let folders = list(&root)
        .into_iter()
        .filter(|folder| !folder.ends_with("flows"));
    let files = folders.flat_map(|folder| list(&folder));
    files
        .map(|path| {
            let name = path.display().to_string();
            let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
            let fixture = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, fixture)
        })
        .collect()
}

/// Calls with every request and response type: its operation, its structure in the model, itself.
fn for_each_type(facts: &Facts, check: impl Fn(&str, Option<&str>, &Type)) {
    for operation in operations() {
        let model = &facts.model.operations[operation.name];
        check(operation.name, model.input.as_deref(), &operation.request);
        check(operation.name, model.output.as_deref(), &operation.response);
    }
}

fn reread(name: &str, of_type: &Type, json: &Value) -> Value {
    (of_type.reread)(json).unwrap_or_else(|error| panic!("{name}: {error}: {json}"))
}
