//! Input that is not sent.

use std::{borrow::Cow, error::Error as StdError, fmt};

use super::fmt_with_sources;

/// Input that was refused before anything was sent: every field at fault with the rule it breaks.
///
/// ```
/// use cognito_idp::{Client, error::{InvalidInput, Problem}};
///
/// fn main() -> Result<(), InvalidInput> {
///     let client = Client::builder().endpoint_url("ftp://example.com").build();
///     let Err(error) = client else {
///         return Err(InvalidInput::new("endpoint_url", "should have been refused"));
///     };
///     for Problem { field, rule, .. } in error.problems() {
///         println!("{field} {rule}");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidInput {
    problems: Vec<Problem>,
}

impl InvalidInput {
    /// Refuses one field.
    pub fn new(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self {
            problems: vec![Problem {
                field: field.into(),
                rule: rule.into(),
            }],
        }
    }

    /// Refuses several fields at once; `None` if there is nothing to refuse.
    pub fn from_problems(problems: impl IntoIterator<Item = Problem>) -> Option<Self> {
        let problems: Vec<_> = problems.into_iter().collect();
        (!problems.is_empty()).then_some(Self { problems })
    }

    /// Takes what two checks gave, or refuses the fields of both at once.
    pub(crate) fn of_both<A, B>(
        one: Result<A, Self>,
        other: Result<B, Self>,
    ) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
            (Err(mut one), Err(other)) => {
                one.problems.extend(other);
                Err(one)
            }
        }
    }

    /// Names the field as the user knows it, such as by an environment variable.
    pub(crate) fn named(mut self, field: &'static str) -> Self {
        for problem in &mut self.problems {
            problem.field = field.into();
        }
        self
    }

    /// The fields at fault; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl IntoIterator for InvalidInput {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.problems.into_iter()
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", problem.field, problem.rule)?;
        }
        Ok(())
    }
}

impl fmt::Debug for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_with_sources(self, f)
    }
}

impl StdError for InvalidInput {}

/// A field and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The field, or the environment variable.
    pub field: Cow<'static, str>,
    /// The rule, in words.
    pub rule: Cow<'static, str>,
}

#[cfg(all(test, feature = "sigv4"))]
mod tests {
    use super::*;

    #[test]
    fn both_of_two_refusals_are_told() {
        let refused = |field: &'static str| Err::<(), _>(InvalidInput::new(field, "must be set"));
        let both = |one, other| match InvalidInput::of_both(one, other) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(both(Ok(()), Ok(())), "");
        assert_eq!(both(refused("a"), Ok(())), "a: must be set");
        assert_eq!(both(Ok(()), refused("b")), "b: must be set");
        assert_eq!(
            both(refused("a"), refused("b")),
            "a: must be set; b: must be set"
        );
    }
}
