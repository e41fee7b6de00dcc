//! Finds values in a text in whatever spelling a server may have quoted them.
//!
//! A server quotes a request as it stands, or escaped for the JSON, the HTML or the URL that it
//! writes, or one inside the other. So the text is read in every way: as it is, with its escapes
//! taken away, with the escapes that then appear taken away, and so on; each byte remembers where in
//! the text it came from.

use std::ops::Range;

/// JSON in JSON in an HTML page, and one to spare.
const MOST_LEVELS: usize = 4;
/// Shorter values are found only as a word of their own, since they stand inside many others.
const SHORTEST_PART: usize = 4;

/// One place of a value in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) range: Range<usize>,
    /// Which of the values it is.
    pub(crate) value: usize,
}

/// Whether upper and lower case are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    /// In another case a value is found only as a word of its own.
    Any,
}

/// A value to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought<'a> {
    /// The number by which it is told when it is found.
    pub(crate) value: usize,
    pub(crate) text: &'a str,
    pub(crate) case: Case,
}

/// Where the values stand in the text: in order and without overlaps.
///
/// Values that overlap are found as one, the longest of them: nothing is left over of a password
/// that holds the username.
pub(crate) fn find<'a>(text: &str, sought: impl IntoIterator<Item = Sought<'a>>) -> Vec<Found> {
    let exact = views(text, false);
    let mut folded = None;
    let mut all = Vec::new();
    for sought in sought {
        let mut find = |views: &[Vec<Letter>], fold| {
            for spelling in self::views(sought.text, fold) {
                let spelling: Vec<u8> = spelling.iter().map(|letter| letter.byte).collect();
                for view in views {
                    occurrences(view, &spelling, fold, &mut |range| {
                        all.push((range, sought.value, sought.text.len()));
                    });
                }
            }
        };
        find(&exact, false);
        if sought.case == Case::Any {
            find(folded.get_or_insert_with(|| views(text, true)), true);
        }
    }
    merged(all)
}

/// A byte of a text as it is read, and what of the text it was read from.
#[derive(Clone, Copy)]
struct Letter {
    byte: u8,
    start: usize,
    end: usize,
}

/// The text as it is, and then with ever more of its escapes taken away.
fn views(text: &str, fold: bool) -> Vec<Vec<Letter>> {
    let mut letters = Vec::with_capacity(text.len());
    for (start, letter) in text.char_indices() {
        push(&mut letters, letter, start..start + letter.len_utf8(), fold);
    }
    let mut views = vec![letters];
    while views.len() <= MOST_LEVELS {
        let Some(unescaped) = views.last().and_then(|view| unescaped(view, fold)) else {
            break;
        };
        views.push(unescaped);
    }
    views
}

fn push(letters: &mut Vec<Letter>, letter: char, from: Range<usize>, fold: bool) {
    let mut bytes = |letter: char| {
        // A space is written so in a form; for that it does not matter which of them is meant.
        let letter = if letter == '+' { ' ' } else { letter };
        let mut buffer = [0; 4];
        letters.extend(letter.encode_utf8(&mut buffer).bytes().map(|byte| Letter {
            byte,
            start: from.start,
            end: from.end,
        }));
    };
    if fold {
        letter.to_lowercase().for_each(bytes);
    } else {
        bytes(letter);
    }
}

/// Takes one layer of escapes away; `None` if there is none.
fn unescaped(letters: &[Letter], fold: bool) -> Option<Vec<Letter>> {
    let mut found = false;
    let mut unescaped = Vec::with_capacity(letters.len());
    let mut rest = letters;
    while let Some((first, after)) = rest.split_first() {
        let escape = match first.byte {
            b'\\' => json_escape(after),
            b'&' => html_entity(after),
            b'%' => percent(after),
            _ => None,
        };
        let Some((escape, length)) = escape else {
            unescaped.push(*first);
            rest = after;
            continue;
        };
        found = true;
        let from = first.start..after[length - 1].end;
        match escape {
            Escape::Letter(letter) => push(&mut unescaped, letter, from, fold),
            Escape::Byte(byte) => unescaped.push(Letter {
                byte,
                start: from.start,
                end: from.end,
            }),
        }
        rest = &after[length..];
    }
    found.then_some(unescaped)
}

enum Escape {
    Letter(char),
    /// One of the bytes that make a letter.
    Byte(u8),
}

/// What stands behind a backslash, and how many bytes it takes.
fn json_escape(after: &[Letter]) -> Option<(Escape, usize)> {
    let letter = match after.first()?.byte {
        byte @ (b'"' | b'\\' | b'/' | b'\'') => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(&after[1..]).map(|(e, length)| (e, length + 1)),
        _ => return None,
    };
    Some((Escape::Letter(letter), 1))
}

fn unicode_escape(after: &[Letter]) -> Option<(Escape, usize)> {
    let high = number(after.get(..4)?, 16)?;
    if let Some(letter) = char::from_u32(high) {
        return Some((Escape::Letter(letter), 4));
    }
    let second = after.get(4..10)?;
    if second[0].byte != b'\\' || second[1].byte != b'u' {
        return None;
    }
    let low = number(&second[2..], 16)?;
    let mut pair = char::decode_utf16([u16::try_from(high).ok()?, u16::try_from(low).ok()?]);
    Some((Escape::Letter(pair.next()?.ok()?), 10))
}

/// What stands behind an ampersand, up to a semicolon.
fn html_entity(after: &[Letter]) -> Option<(Escape, usize)> {
    const LONGEST: usize = 10;
    let end = after.iter().take(LONGEST).position(|l| l.byte == b';')?;
    let name = &after[..end];
    let is = |word: &str| name.iter().map(|letter| letter.byte).eq(word.bytes());
    let letter = match name.first()?.byte {
        b'#' => match name.get(1)?.byte {
            b'x' | b'X' => char::from_u32(number(&name[2..], 16)?)?,
            _ => char::from_u32(number(&name[1..], 10)?)?,
        },
        _ if is("quot") => '"',
        _ if is("amp") => '&',
        _ if is("lt") => '<',
        _ if is("gt") => '>',
        _ if is("apos") => '\'',
        _ => return None,
    };
    Some((Escape::Letter(letter), end + 1))
}

fn percent(after: &[Letter]) -> Option<(Escape, usize)> {
    let byte = number(after.get(..2)?, 16)?;
    // Written so, it is a plus sign; `push` has read it as the others are.
    let byte = if byte == u32::from(b'+') {
        b' '
    } else {
        u8::try_from(byte).ok()?
    };
    Some((Escape::Byte(byte), 2))
}

fn number(digits: &[Letter], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(digit.byte).to_digit(radix)?;
        number.checked_mul(radix)?.checked_add(digit)
    })
}

/// Tells where in the text the spelling stands.
fn occurrences(
    view: &[Letter],
    spelling: &[u8],
    words_only: bool,
    found: &mut dyn FnMut(Range<usize>),
) {
    let Some(first) = spelling.first() else {
        return;
    };
    let words_only = words_only || spelling.len() < SHORTEST_PART;
    for start in 0..(view.len() + 1).saturating_sub(spelling.len()) {
        if view[start].byte != *first {
            continue;
        }
        let end = start + spelling.len();
        let here = &view[start..end];
        if here.iter().map(|letter| &letter.byte).eq(spelling)
            && (!words_only || is_word(view, start, end))
        {
            found(here[0].start..here[spelling.len() - 1].end);
        }
    }
}

/// Whether no word goes on before or behind.
fn is_word(view: &[Letter], start: usize, end: usize) -> bool {
    let goes_on = |letter: Option<&Letter>| {
        letter.is_some_and(|l| l.byte.is_ascii_alphanumeric() || !l.byte.is_ascii())
    };
    let before = start.checked_sub(1).and_then(|before| view.get(before));
    !goes_on(before) && !goes_on(view.get(end))
}

fn merged(mut all: Vec<(Range<usize>, usize, usize)>) -> Vec<Found> {
    all.sort_by_key(|(range, _, length)| (range.start, std::cmp::Reverse(*length)));
    let mut merged: Vec<(Range<usize>, usize, usize)> = Vec::new();
    for (range, value, length) in all {
        match merged.last_mut() {
            Some(last) if range.start < last.0.end => {
                last.0.end = last.0.end.max(range.end);
                if length > last.2 {
                    (last.1, last.2) = (value, length);
                }
            }
            _ => merged.push((range, value, length)),
        }
    }
    let found = merged.into_iter();
    found
        .map(|(range, value, _)| Found { range, value })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, values: &[&str], case: Case) -> String {
        let mut cut = text.to_owned();
        let values = values.iter().enumerate();
        let found = find(
            text,
            values.map(|(value, text)| Sought { value, text, case }),
        );
        for found in found.into_iter().rev() {
            cut.replace_range(found.range, &format!("[{}]", found.value));
        }
        cut
    }

    fn html(text: &str) -> String {
        let escaped = text.replace('&', "&amp;").replace('"', "&quot;");
        let escaped = escaped.replace('<', "&lt;").replace('>', "&gt;");
        escaped.replace('\'', "&#39;")
    }

    fn numbered(text: &str) -> String {
        let escaped = text.chars().map(|c| format!("&#x{:X};", u32::from(c)));
        escaped.collect::<Vec<_>>().concat()
    }

    fn url(text: &str) -> String {
        let escaped = text.bytes().map(|byte| format!("%{byte:02X}"));
        escaped.collect::<Vec<_>>().concat()
    }

    fn form(text: &str) -> String {
        let encode = |c: char| match c {
            ' ' => "+".to_owned(),
            c if c.is_ascii_alphanumeric() => c.to_string(),
            c => url(&c.to_string()),
        };
        text.chars().map(encode).collect()
    }

    fn json(text: &str) -> String {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    }

    fn json_in_numbers(text: &str) -> String {
        let escaped = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        escaped.collect::<Vec<_>>().concat()
    }

    fn slashes(text: &str) -> String {
        json(text).replace('/', "\\/")
    }

    /// Passwords with every symbol that Cognito allows, and what looks like an escape and is none.
    const SECRETS: [&str; 8] = [
        "Mk\"quote\\Pw1",
        "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= a",
        "tab\tand\nline",
        "a\\nb%41&amp;c\\u0041",
        "ends with \\",
        "\\starts",
        "größe 🔑 key",
        "100%+%2B+",
    ];

    #[test]
    fn a_secret_is_found_in_every_spelling_and_in_one_inside_the_other() {
        let spellings: [fn(&str) -> String; 7] =
            [json, slashes, json_in_numbers, html, numbered, url, form];
        for secret in SECRETS {
            assert_eq!(cut(secret, &[secret], Case::Exact), "[0]", "{secret}");
            for spelling in spellings {
                let spelled = spelling(secret);
                let text = format!("{{\"P\":\"{spelled}\"}} end");
                assert_eq!(
                    cut(&text, &[secret], Case::Exact),
                    "{\"P\":\"[0]\"} end",
                    "{spelled}"
                );
                for outer in spellings {
                    let spelled = outer(&spelled);
                    let text = format!("= {spelled} =");
                    assert_eq!(cut(&text, &[secret], Case::Exact), "= [0] =", "{spelled}");
                }
            }
            let page = html(&json(&json(secret)));
            assert_eq!(
                cut(&format!(" {page} "), &[secret], Case::Exact),
                " [0] ",
                "{page}"
            );
        }
    }

    #[test]
    fn nothing_is_left_over_of_a_value_that_holds_another() {
        for values in [["alice", "alice's pass"], ["alice's pass", "alice"]] {
            let longest = usize::from(values[0].len() < values[1].len());
            assert_eq!(
                cut("alice's pass of alice", &values, Case::Exact),
                format!("[{longest}] of [{}]", 1 - longest)
            );
        }
        assert_eq!(cut("abcdefgh", &["abcdef", "defgh"], Case::Exact), "[0]");
    }

    #[test]
    fn a_short_value_is_found_as_a_word_only() {
        let text = "Bob's \"bob\" is %22bob%22 but bobby and kebob are not";
        assert_eq!(
            cut(text, &["bob"], Case::Exact),
            "Bob's \"[0]\" is %22[0]%22 but bobby and kebob are not"
        );
        assert_eq!(cut("e\u{301}bob", &["bob"], Case::Exact), "e\u{301}bob");
    }

    #[test]
    fn another_case_is_found_as_a_word_if_that_is_asked_for() {
        let text = "ALICE, Alice and MALICE, \\u0041lice";
        assert_eq!(cut(text, &["alice"], Case::Exact), text);
        assert_eq!(cut(text, &["alice"], Case::Any), "[0], [0] and MALICE, [0]");
        assert_eq!(cut("ÄRGER", &["ärger"], Case::Any), "[0]");
        // The small letter is longer than the capital one.
        assert_eq!(cut("xİx İlke!", &["i\u{307}lke"], Case::Any), "xİx [0]!");
    }

    #[test]
    fn any_text_can_be_searched() {
        for text in [
            "",
            "\\",
            "\\u",
            "\\ud800",
            "\\ud800\\u0041",
            "&",
            "&#",
            "&#x;",
            "%",
            "%4",
            "&;",
        ] {
            assert_eq!(cut(text, &["", "zz"], Case::Any), text);
        }
    }
}
