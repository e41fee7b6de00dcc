//! Reads `application/x-www-form-urlencoded`, as queries and bodies are written.

use std::borrow::Cow;

/// The fields of a form or a query, in their order; `None` for one that is not encoded as it must be.
pub(crate) fn fields(form: &str) -> impl Iterator<Item = Option<(Cow<'_, str>, Cow<'_, str>)>> {
    let fields = form.split('&').filter(|field| !field.is_empty());
    fields.map(|field| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        Some((decoded(name)?, decoded(value)?))
    })
}

/// A name or a value without its encoding.
pub(crate) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::from)
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_field_is_read_in_every_spelling() {
        for (form, expected) in [
            ("a=b%20c", Some(("a", "b c"))),
            ("a=b+c", Some(("a", "b c"))),
            ("&a=%2B%3D&", Some(("a", "+="))),
            ("a%5B0%5D=b=c", Some(("a[0]", "b=c"))),
            ("a=%C3%A4%f0%9f%94%91", Some(("a", "ä🔑"))),
            ("a", Some(("a", ""))),
            ("a=%", None),
            ("a=%4", None),
            ("a=%+4", None),
            ("a=%g0", None),
            ("a=%ff", None),
            ("%C3=b", None),
        ] {
            let read: Vec<_> = fields(form).collect();
            let expected = expected.map(|(name, value)| (name.into(), value.into()));
            assert_eq!(read, [expected], "{form}");
        }
        assert_eq!(fields("").count(), 0);
        assert_eq!(fields("a=1&a=2&b=3").count(), 3);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(text in ".{0,40}") {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let decoded = decoded(&encoded);
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn no_form_panics(form in ".{0,200}") {
            let _ = fields(&form).count();
        }
    }
}
