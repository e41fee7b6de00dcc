//! Values as tables for people: a line for each object of a list, or for each member of one object.

use serde_json::{Map, Value};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Between two columns.
const GAP: &str = "  ";
/// No column becomes narrower where a terminal is.
const NARROWEST: usize = 8;
/// Members beside a list that do not make it one of several things.
const PAGE_TOKENS: [&str; 2] = ["NextToken", "PaginationToken"];

/// A value as a table, whose rows are not wider than what they shall fit into.
pub(crate) fn table(value: &Value, width: Option<usize>) -> String {
    match value {
        Value::Array(items) => list(items, width),
        Value::Object(members) => match shown(members) {
            Shown::List(items, token) => {
                let list = list(items, width);
                match token {
                    Some((name, token)) => format!("{list}\n\n{name}{GAP}{}", cell(token)),
                    None => list,
                }
            }
            Shown::Members(members) => pairs(members),
        },
        value => cell(value),
    }
}

/// What of an object is looked for.
enum Shown<'a> {
    /// Its only list, and the token of the next page.
    List(&'a [Value], Option<(&'a String, &'a Value)>),
    Members(&'a Map<String, Value>),
}

fn shown(members: &Map<String, Value>) -> Shown<'_> {
    let is_token = |name: &str| PAGE_TOKENS.contains(&name);
    let mut others = members.iter().filter(|(name, _)| !is_token(name));
    let (Some((_, only)), None) = (others.next(), others.next()) else {
        return Shown::Members(members);
    };
    let mut tokens = members.iter().filter(|(name, _)| is_token(name));
    let token = tokens.next();
    match only {
        Value::Array(items) => Shown::List(items, token),
        Value::Object(inner) if token.is_none() => Shown::Members(inner),
        _ => Shown::Members(members),
    }
}

fn pairs(members: &Map<String, Value>) -> String {
    let longest = members.keys().map(|name| name.width()).max();
    let longest = longest.unwrap_or_default();
    let lines = members.iter().map(|(name, value)| {
        let line = [&padded(name, longest), GAP, &cell(value)].concat();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn list(items: &[Value], width: Option<usize>) -> String {
    let objects: Option<Vec<_>> = items.iter().map(Value::as_object).collect();
    let Some(objects) = objects.filter(|objects| !objects.is_empty()) else {
        return items.iter().map(cell).collect::<Vec<_>>().join("\n");
    };
    let names = columns(&objects);
    let mut rows = vec![names.iter().map(|name| (*name).to_owned()).collect()];
    rows.extend(objects.iter().map(|object| {
        let cells = names.iter().map(|name| object.get(*name).map(cell));
        // An empty place would move what stands behind it into another column.
        let cells = cells.map(|cell| cell.filter(|cell| !cell.is_empty()));
        cells
            .map(|cell| cell.unwrap_or_else(|| "-".to_owned()))
            .collect::<Vec<_>>()
    }));
    let mut widths: Vec<usize> = (0..names.len())
        .map(|column| rows.iter().map(|row| row[column].width()).max())
        .map(Option::unwrap_or_default)
        .collect();
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| padded(&cut(cell, *width), *width))
            .collect();
        cells.join(GAP).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names of all columns: those with plain values first, since nested ones are long.
fn columns<'a>(objects: &[&'a Map<String, Value>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in objects.iter().flat_map(|object| object.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let is_nested = |name: &&str| {
        let mut values = objects.iter().filter_map(|object| object.get(*name));
        values.any(|value| value.is_object() || value.is_array())
    };
    names.sort_by_key(is_nested);
    names
}

/// Takes room from the widest columns until all fit.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let mut surplus = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    while surplus > 0 {
        // Of columns that are as wide the last, which is rather a nested one.
        let Some(widest) = widths.iter_mut().max() else {
            return;
        };
        if *widest <= NARROWEST {
            return;
        }
        *widest -= 1;
        surplus -= 1;
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter.width().unwrap_or_default();
        if used > width {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    [text, &" ".repeat(missing)].concat()
}

/// A value on one line. What a user wrote into an attribute must not steer the terminal.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    };
    let mut cell = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            cell.extend(letter.escape_default());
        } else {
            cell.push(letter);
        }
    }
    cell
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_of_objects_has_a_line_for_each_and_aligned_columns() {
        let users = json!({"Users": [
            {"Attributes": [{"Name": "email"}], "Enabled": true, "Username": "alice"},
            {"Enabled": false, "Username": "日本", "UserStatus": "CONFIRMED"},
        ]});
        let expected = "\
Enabled  Username  UserStatus  Attributes
true     alice     -           [{\"Name\":\"email\"}]
false    日本      CONFIRMED   -";
        assert_eq!(table(&users, None), expected);
    }

    #[test]
    fn a_token_of_the_next_page_stands_below_the_list() {
        let page = json!({"Groups": [{"GroupName": "a"}], "NextToken": "t"});
        assert_eq!(table(&page, None), "GroupName\na\n\nNextToken  t");
        assert_eq!(table(&json!({"Groups": []}), None), "");
        let names = json!({"Names": ["a", 1, {"b": 2}]});
        assert_eq!(table(&names, None), "a\n1\n{\"b\":2}");
    }

    #[test]
    fn one_object_has_a_line_for_each_member() {
        let pool = json!({"UserPool": {"Id": "p", "Policies": {"A": [1]}, "Name": null}});
        assert_eq!(
            table(&pool, Some(10)),
            "Id        p\nName\nPolicies  {\"A\":[1]}"
        );
        let two = json!({"UserConfirmed": false, "UserSub": "s"});
        assert_eq!(table(&two, None), "UserConfirmed  false\nUserSub        s");
        assert_eq!(table(&json!({}), None), "");
    }

    #[test]
    fn rows_fit_a_terminal_and_its_widest_columns_give_way() {
        let long = "x".repeat(200);
        let list = json!([{"A": "short", "B": long, "C": [long]}]);
        for width in [30, 60, 100] {
            let text = table(&list, Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            assert!(text.contains("short") && text.contains("x…"), "{text}");
        }
        let wide = json!([{"A": "日本日本日本日本日本"}]);
        assert_eq!(table(&wide, Some(8)), "A\n日本日…");
        // Narrower than anything can be shown in.
        assert!(table(&list, Some(1)).contains("short"));
    }

    #[test]
    fn a_value_cannot_steer_the_terminal_or_make_lines_of_its_own() {
        let list = json!([{"A": "a\n\u{1b}[31m\u{9b}2J\u{7f}"}]);
        let text = table(&list, None);
        assert_eq!(text.lines().count(), 2);
        assert!(
            !text.chars().any(|c| c.is_control() && c != '\n'),
            "{text:?}"
        );
    }
}
