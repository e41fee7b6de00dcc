//! What the crate and the facts disagree on, in words.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use cognito_idp::{ErrorCode, operation::auth_scheme};

use crate::{
    declared::{Declared, Enum, Paging},
    model::{self, Facts},
    sample::Sample,
    trace::Shapes,
};

/// Every structure of the crate that an operation reaches.
pub(crate) fn structures(operations: &[Declared]) -> Shapes {
    let mut shapes = Shapes::new();
    for operation in operations {
        (operation.request.trace)(&mut shapes);
        (operation.response.trace)(&mut shapes);
    }
    shapes
}

/// One line for each thing that is missing, surplus or different.
pub(crate) fn differences(facts: &Facts, operations: &[Declared], enums: &[Enum]) -> Vec<String> {
    let mut found = Vec::new();
    let names = operations.iter().map(|o| o.name);
    compare_sets(
        "operation",
        facts.model.operations.keys(),
        names,
        &mut found,
    );
    for operation in operations {
        if facts.model.operations.contains_key(operation.name) {
            compare_operation(facts, operation, &mut found);
        }
    }
    let declared = structures(operations);
    compare_structures(facts, &declared, &mut found);
    compare_orders(facts, &declared, &mut found);
    compare_enums(facts, enums, &mut found);
    compare_error_codes(facts, &mut found);
    found
}

fn compare_operation(facts: &Facts, operation: &Declared, found: &mut Vec<String>) {
    let name = operation.name;
    let model = &facts.model.operations[name];

    let auth = facts
        .beyond
        .auth
        .iter()
        .find(|a| a.operations.contains(name));
    let auth = auth.map_or(if model.no_auth { "NoAuth" } else { "SigV4" }, |a| &a.auth);
    compare(
        &format!("{name}: auth"),
        &format!("{:?}", operation.auth),
        auth,
        found,
    );

    if auth_scheme(name) != Some(operation.auth) {
        found.push(format!("{name}: `auth_scheme` does not know it"));
    }

    let classes = facts.beyond.retry_safety.iter();
    let mut classes = classes.filter(|class| class.operations.iter().any(|o| o == name));
    match (classes.next(), classes.next()) {
        (Some(class), None) => {
            let retry = format!("{:?}", operation.retry);
            compare(
                &format!("{name}: retry safety"),
                &retry,
                &class.safety,
                found,
            );
        }
        _ => found.push(format!("{name}: must be in one class of retry safety")),
    }
    for case in facts
        .beyond
        .retry_safety_by_request
        .iter()
        .flat_map(|r| &r.cases)
    {
        if case.operation == name {
            let safety = (operation.retry_safety)(&case.request);
            let safety = safety.map_or_else(|e| e.to_string(), |s| format!("{s:?}"));
            let what = format!("{name}: retry safety of {}", case.request);
            compare(&what, &safety, &case.safety, found);
        }
    }

    let errors = operation.errors.iter().map(ErrorCode::as_str);
    compare_sets(&format!("{name}: error"), &model.errors, errors, found);

    let request = model
        .input
        .clone()
        .unwrap_or_else(|| format!("{name}Request"));
    compare_names(
        &format!("{name}: request"),
        &operation.request.name,
        &request,
        found,
    );
    let response = model
        .output
        .clone()
        .unwrap_or_else(|| format!("{name}Response"));
    compare_names(
        &format!("{name}: response"),
        &operation.response.name,
        &response,
        found,
    );

    match (facts.paging(name), &operation.paging) {
        (Some(_), Some(paging)) => compare_paging(facts, name, paging, found),
        (None, None) => {}
        (Some(_), None) => found.push(format!("{name}: comes in pages, but is not `Paginated`")),
        (None, Some(_)) => found.push(format!("{name}: is `Paginated`, but has no pages")),
    }
}

fn compare_paging(facts: &Facts, name: &str, declared: &Paging, found: &mut Vec<String>) {
    let Some(expected) = facts.paging(name) else {
        return;
    };
    if let Some(known) = facts.model.paginators.get(name) {
        compare(
            &format!("{name}: token"),
            &expected.input_token,
            &known.input_token,
            found,
        );
        compare(
            &format!("{name}: next token"),
            &expected.output_token,
            &known.output_token,
            found,
        );
        compare(
            &format!("{name}: list"),
            &expected.result_key,
            &known.result_key,
            found,
        );
    }
    if let Err(error) = try_paging(facts, name, declared, &expected, found) {
        found.push(format!("{name}: cannot be read: {error}"));
    }
}

fn try_paging(
    facts: &Facts,
    name: &str,
    declared: &Paging,
    expected: &model::Paging,
    found: &mut Vec<String>,
) -> Result<(), serde_json::Error> {
    let model = &facts.model.operations[name];
    let (input, output) = (model.input.as_deref(), model.output.as_deref());
    let mut check = |holds: bool, fault: &str| {
        if !holds {
            found.push(format!("{name}: {fault}"));
        }
    };
    let request = (declared.with_token)(&Sample::lean(facts).of(input), "token")?;
    check(
        request[&expected.input_token] == "token",
        "the token is set in another member",
    );
    let page = Sample::full(facts).of(output);
    let token = (declared.next_token)(&page)?;
    check(
        token.as_deref() == page[&expected.output_token].as_str(),
        "the next token is another member",
    );
    let token = (declared.next_token)(&Sample::lean(facts).of(output))?;
    check(token.is_none(), "has a next token that did not come");
    let items = (declared.items)(&page)?;
    check(
        Some(&items) == page[&expected.result_key].as_array(),
        "the items are another member",
    );
    Ok(())
}

fn compare_structures(facts: &Facts, declared: &Shapes, found: &mut Vec<String>) {
    for structure in facts.structures() {
        let matching = declared
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(structure));
        let Some((_, members)) = matching else {
            found.push(format!("structure {structure}: is missing"));
            continue;
        };
        let expected = &facts.shape(structure).members;
        compare_sets(
            &format!("{structure}: member"),
            expected.keys(),
            members.iter().map(|(member, _)| member),
            found,
        );
        compare_order(facts, structure, members, found);
        for (member, declared) in members {
            if expected.contains_key(member) {
                let expected = facts.member_type(structure, member);
                compare_names(&format!("{structure}.{member}"), declared, &expected, found);
            }
        }
    }
    let known = facts.structures();
    for structure in declared.keys() {
        let empty_response = declared[structure].is_empty() && structure.ends_with("Response");
        if !empty_response
            && !known
                .iter()
                .any(|name| name.eq_ignore_ascii_case(structure))
        {
            found.push(format!("structure {structure}: is surplus"));
        }
    }
}

/// What a constructor takes first, where it takes several of these.
fn compare_order(
    facts: &Facts,
    structure: &str,
    members: &[(String, String)],
    found: &mut Vec<String>,
) {
    let rank = |member: &String| {
        let first = &facts.beyond.constructors.first;
        first
            .iter()
            .position(|name| name == member)
            .unwrap_or(first.len())
    };
    let arguments = arguments(facts, structure, members);
    let mut sorted = arguments.clone();
    sorted.sort_by_key(|member| rank(member));
    compare(
        &format!("{structure}::new"),
        &format!("{arguments:?}"),
        &format!("{sorted:?}"),
        found,
    );
}

/// Any two arguments stand in the same order in all the constructors that take both.
fn compare_orders(facts: &Facts, declared: &Shapes, found: &mut Vec<String>) {
    let mut seen = BTreeMap::new();
    for structure in facts.structures() {
        let matching = declared
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(structure));
        let Some((_, members)) = matching else {
            continue;
        };
        let arguments = arguments(facts, structure, members);
        for (i, &second) in arguments.iter().enumerate() {
            for &first in &arguments[..i] {
                seen.entry((first, second)).or_insert(structure);
                if let Some(other) = seen.get(&(second, first)) {
                    found.push(format!(
                        "{structure}::new: {first} stands before {second}, in {other}::new behind"
                    ));
                }
            }
        }
    }
}

/// The arguments of a constructor, in their order.
fn arguments<'a>(
    facts: &Facts,
    structure: &str,
    members: &'a [(String, String)],
) -> Vec<&'a String> {
    let known = &facts.shape(structure).members;
    let names = members.iter().map(|(member, _)| member);
    names
        .filter(|member| known.contains_key(*member) && facts.is_required(structure, member))
        .collect()
}

fn compare_enums(facts: &Facts, declared: &[Enum], found: &mut Vec<String>) {
    let shapes = facts.model.shapes.iter();
    let expected: BTreeMap<&str, _> = shapes
        .filter_map(|(name, shape)| Some((name.as_str(), shape.values.as_ref()?)))
        .collect();
    let model_name = |e: &Enum| {
        let mut names = expected.keys();
        let name = names.find(|name| name.eq_ignore_ascii_case(&e.name));
        name.map_or_else(|| e.name.clone(), |name| (*name).to_owned())
    };
    compare_sets(
        "enum",
        expected.keys(),
        declared.iter().map(model_name),
        found,
    );
    for declared in declared {
        let name = model_name(declared);
        if let Some(values) = expected.get(name.as_str()) {
            compare_sets(&format!("{name}: value"), *values, declared.values, found);
        }
    }
}

fn compare_error_codes(facts: &Facts, found: &mut Vec<String>) {
    let exceptions = facts
        .model
        .shapes
        .iter()
        .filter(|(_, shape)| shape.exception);
    let expected = exceptions
        .map(|(name, _)| name)
        .chain(&facts.beyond.error_codes.codes);
    compare_sets("error code", expected, ErrorCode::VALUES, found);
}

fn compare(what: &str, is: &str, must: &str, found: &mut Vec<String>) {
    if is != must {
        found.push(format!("{what}: is {is}, must be {must}"));
    }
}

/// AWS writes `UICustomization` where Rust writes `UiCustomization`.
fn compare_names(what: &str, is: &str, must: &str, found: &mut Vec<String>) {
    if !is.eq_ignore_ascii_case(must) {
        found.push(format!("{what}: is {is}, must be {must}"));
    }
}

fn compare_sets<E: Display, D: Display>(
    what: &str,
    expected: impl IntoIterator<Item = E>,
    declared: impl IntoIterator<Item = D>,
    found: &mut Vec<String>,
) {
    let expected: BTreeSet<String> = expected.into_iter().map(|e| e.to_string()).collect();
    let mut seen = BTreeSet::new();
    for name in declared.into_iter().map(|d| d.to_string()) {
        if !expected.contains(&name) {
            found.push(format!("{what} {name}: is surplus"));
        }
        if let Some(name) = seen.replace(name) {
            found.push(format!("{what} {name}: is there twice"));
        }
    }
    for name in expected.difference(&seen) {
        found.push(format!("{what} {name}: is missing"));
    }
}
