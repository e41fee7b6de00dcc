//! `application/x-www-form-urlencoded`: written for bodies and queries, read from a callback's query.

use std::{borrow::Cow, collections::BTreeMap};

use zeroize::Zeroizing;

use crate::{
    form::fields,
    sensitive::{Secrets, Sensitive},
};

/// Longer queries are refused. A code has some 40 characters, a browser sends 8 KiB at most.
const LONGEST_QUERY: usize = 16 * 1024;

/// A form to send: its fields in order, and which of them are secret.
#[derive(Clone, Default)]
pub(super) struct Form {
    encoded: Zeroizing<String>,
    secrets: Vec<Sensitive<String>>,
}

impl Form {
    /// Adds a field that may be shown.
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        push_field(&mut self.encoded, name, value);
        self
    }

    /// Adds a field that must not stand in an error.
    pub(super) fn secret(mut self, name: &str, value: &Sensitive<String>) -> Self {
        self.secrets.push(value.clone());
        self.field(name, value.expose())
    }

    /// Says what else must not stand in an error, such as a part of a field.
    pub(super) fn hide(mut self, secrets: impl IntoIterator<Item = Sensitive<String>>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    pub(super) fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The secret fields, and whatever else must not be shown.
    pub(super) fn secrets(&self, more: impl IntoIterator<Item = Sensitive<String>>) -> Secrets {
        Secrets::new(self.secrets.iter().cloned().chain(more).collect())
    }
}

/// Appends a field to a form or a query.
pub(super) fn push_field(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() && !form.ends_with('?') {
        form.push('&');
    }
    push_encoded(form, name);
    form.push('=');
    push_encoded(form, value);
}

/// One part of a form, encoded.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    push_encoded(&mut encoded, text);
    encoded
}

/// A space becomes `%20`: every reader of forms takes that for a space, and so do the servers that
/// only undo percent-encoding, to whom a `+` is one.
fn push_encoded(form: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            form.push(char::from(byte));
        } else {
            form.push('%');
            form.push(char::from(DIGITS[usize::from(byte >> 4)]));
            form.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// What is wrong with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryProblem {
    TooLong,
    Encoding,
    Duplicate,
}

/// Reads the fields with these names out of a query, with or without its `?`.
///
/// A field that comes twice is refused: two readers might each take another for the right one. Fields
/// of other names are not looked at, except that they can be read.
pub(super) fn read_query<'a>(
    query: &'a str,
    names: &[&'static str],
) -> Result<BTreeMap<&'static str, Cow<'a, str>>, QueryProblem> {
    if query.len() > LONGEST_QUERY {
        return Err(QueryProblem::TooLong);
    }
    let mut found = BTreeMap::new();
    let query = query.strip_prefix('?').unwrap_or(query);
    for field in fields(query) {
        let (name, value) = field.ok_or(QueryProblem::Encoding)?;
        let Some(name) = names.iter().find(|known| **known == name) else {
            continue;
        };
        if found.insert(*name, value).is_some() {
            return Err(QueryProblem::Duplicate);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of RFC 6749, appendix B, but for the space, which it writes as `+`.
    #[test]
    fn every_character_that_could_mean_something_is_encoded() {
        assert_eq!(encoded(" %&+\u{a3}\u{20ac}"), "%20%25%26%2B%C2%A3%E2%82%AC");
        assert_eq!(encoded("a:b/c=d?e#f\r\n"), "a%3Ab%2Fc%3Dd%3Fe%23f%0D%0A");
        assert_eq!(encoded("AZaz09-._~"), "AZaz09-._~");
    }

    #[test]
    fn fields_stand_in_order_and_secrets_are_known() {
        let form = Form::default()
            .field("grant_type", "a b")
            .secret("code", &"c&d".into());
        assert_eq!(form.encoded(), "grant_type=a%20b&code=c%26d");
        let cut = form.secrets([]).cut("of a b: code=c%26d, c&d, c&amp;d");
        assert_eq!(cut, "of a b: code=**, **, **");
    }

    #[test]
    fn a_query_is_read_with_or_without_its_mark() {
        for query in ["?code=a%2Bb&state=c+d&x=1", "code=a%2Bb&&state=c%20d&"] {
            let fields = read_query(query, &["code", "state", "error"]);
            let fields = fields.expect("readable");
            assert_eq!(fields.get("code").map(|value| &**value), Some("a+b"));
            assert_eq!(fields.get("state").map(|value| &**value), Some("c d"));
            assert_eq!(fields.len(), 2);
        }
        assert!(read_query("", &["code"]).is_ok_and(|fields| fields.is_empty()));
    }

    #[test]
    fn a_query_that_two_readers_could_read_differently_is_refused() {
        let problem = |query: &str| read_query(query, &["code", "state"]).err();
        for query in ["code=a&code=a", "code=a&c%6Fde=b", "code&code"] {
            assert_eq!(problem(query), Some(QueryProblem::Duplicate), "{query}");
        }
        for query in [
            "code=%",
            "code=%2",
            "code=%zz",
            "code=%ff",
            "x=%",
            "%=",
            "code=%+1",
            "code=%ü1",
        ] {
            assert_eq!(problem(query), Some(QueryProblem::Encoding), "{query}");
        }
        let at_most = format!("code={}", "a".repeat(LONGEST_QUERY - 5));
        assert_eq!(problem(&at_most), None);
        assert_eq!(problem(&format!("{at_most}a")), Some(QueryProblem::TooLong));
        assert_eq!(problem("x=1&x=2"), None);
    }

    proptest! {
        #[test]
        fn no_query_panics(query in ".{0,200}") {
            let _ = read_query(&query, &["code", "state"]);
        }

        #[test]
        fn what_is_written_is_read_again(value in ".{0,60}", other in ".{0,60}") {
            let mut query = String::new();
            push_field(&mut query, &other, &other);
            push_field(&mut query, "state", &value);
            let fields = read_query(&query, &["state"]).expect("readable");
            prop_assume!(other != "state");
            prop_assert_eq!(&*fields["state"], value.as_str());
        }

        #[test]
        fn a_second_field_of_a_name_is_refused_wherever_it_stands(
            before in "[a-z]{0,4}=[a-z]{0,4}", between in "[a-z]{0,4}=[a-z]{0,4}", value in "[a-z]{0,4}",
        ) {
            let query = format!("{before}&state={value}&{between}&state={value}");
            prop_assert_eq!(read_query(&query, &["state"]), Err(QueryProblem::Duplicate));
        }
    }
}
