//! Conditions for `ListUsers`, safe for text that a user typed.

use crate::{sensitive::Sensitive, types::UserStatusType};

/// A condition for [`ListUsersRequest::filter`](super::users::ListUsersRequest::filter), in which any text
/// stays a text.
///
/// A filter is written in a small language with quotes. Text from outside that is put into it by hand
/// can break the call, or widen the search to other attributes and to every user; here it is quoted
/// and escaped. Cognito searches one attribute at a time, for the whole value or its beginning, and
/// ignores case except in `username`. Custom attributes cannot be searched.
///
/// ```
/// use cognito_idp::{
///     operation::users::{ListUsersRequest, SearchableAttribute, UserFilter},
///     types::UserStatusType,
/// };
///
/// let typed = r#"x" or email ^= ""#;
/// let request = ListUsersRequest::new("eu-central-1_example").filter(UserFilter::email(typed));
/// assert_eq!(
///     request.filter.map(|filter| filter.expose().clone()).as_deref(),
///     Some(r#"email = "x\" or email ^= \"""#),
/// );
///
/// let invited = UserFilter::user_status(UserStatusType::ForceChangePassword);
/// let smiths = UserFilter::begins_with(SearchableAttribute::FamilyName, "Smi");
/// # let _ = (invited, smiths);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct UserFilter(Sensitive<String>);

/// A standard attribute that `ListUsers` can search for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchableAttribute {
    /// The user's ID, which never changes.
    Sub,
    /// The username; upper and lower case differ.
    Username,
    /// The email address, whether or not it is verified.
    Email,
    /// The phone number, as Cognito keeps it: `+` and digits.
    PhoneNumber,
    /// The full name.
    Name,
    /// The first name.
    GivenName,
    /// The last name.
    FamilyName,
    /// The name that the user chose to sign in with.
    PreferredUsername,
}

impl UserFilter {
    /// Users who have exactly this value.
    pub fn equals(attribute: SearchableAttribute, value: impl AsRef<str>) -> Self {
        Self::of(attribute.name(), "=", value.as_ref())
    }

    /// Users whose value begins with this; an empty one finds every user who has a value.
    ///
    /// Cognito is known to find nobody for the beginning of an address that ends with `@`.
    pub fn begins_with(attribute: SearchableAttribute, beginning: impl AsRef<str>) -> Self {
        Self::of(attribute.name(), "^=", beginning.as_ref())
    }

    /// Users with this email address, verified or not; there may be several.
    pub fn email(address: impl AsRef<str>) -> Self {
        Self::equals(SearchableAttribute::Email, address)
    }

    /// The user with this ID.
    pub fn sub(sub: impl AsRef<str>) -> Self {
        Self::equals(SearchableAttribute::Sub, sub)
    }

    /// The user with this username; no alias is looked at.
    pub fn username(username: impl AsRef<str>) -> Self {
        Self::equals(SearchableAttribute::Username, username)
    }

    /// Users with this phone number, such as `+491701234567`, verified or not.
    pub fn phone_number(number: impl AsRef<str>) -> Self {
        Self::equals(SearchableAttribute::PhoneNumber, number)
    }

    /// Users at this stage between sign-up and confirmed account.
    #[expect(clippy::needless_pass_by_value, reason = "call sites name a variant")]
    pub fn user_status(status: UserStatusType) -> Self {
        Self::of("cognito:user_status", "=", status.as_str())
    }

    /// Users who may sign in, or those who are disabled.
    pub fn enabled(enabled: bool) -> Self {
        let status = if enabled { "Enabled" } else { "Disabled" };
        Self::of("status", "=", status)
    }

    fn of(attribute: &str, operator: &str, value: &str) -> Self {
        let mut filter = format!("{attribute} {operator} \"");
        for c in value.chars() {
            if matches!(c, '"' | '\\') {
                filter.push('\\');
            }
            filter.push(c);
        }
        filter.push('"');
        Self(filter.into())
    }
}

impl From<UserFilter> for Sensitive<String> {
    fn from(filter: UserFilter) -> Self {
        filter.0
    }
}

impl SearchableAttribute {
    fn name(self) -> &'static str {
        match self {
            Self::Sub => "sub",
            Self::Username => "username",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::PreferredUsername => "preferred_username",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(filter: UserFilter) -> String {
        Sensitive::from(filter).expose().clone()
    }

    #[test]
    fn every_condition_is_written_as_aws_documents_it() {
        use SearchableAttribute::{FamilyName, GivenName, Name, PreferredUsername};
        for (filter, expected) in [
            (UserFilter::email("a+b@x.org"), r#"email = "a+b@x.org""#),
            (UserFilter::sub("s"), r#"sub = "s""#),
            (UserFilter::username("Al ice"), r#"username = "Al ice""#),
            (UserFilter::phone_number("+49"), r#"phone_number = "+49""#),
            (UserFilter::equals(Name, ""), r#"name = """#),
            (
                UserFilter::begins_with(GivenName, "Jo"),
                r#"given_name ^= "Jo""#,
            ),
            (
                UserFilter::begins_with(FamilyName, "é"),
                r#"family_name ^= "é""#,
            ),
            (
                UserFilter::equals(PreferredUsername, "p"),
                r#"preferred_username = "p""#,
            ),
            (
                UserFilter::user_status(UserStatusType::ResetRequired),
                r#"cognito:user_status = "RESET_REQUIRED""#,
            ),
            (UserFilter::enabled(true), r#"status = "Enabled""#),
            (UserFilter::enabled(false), r#"status = "Disabled""#),
        ] {
            assert_eq!(written(filter), expected);
        }
    }

    #[test]
    fn a_filter_shows_nobody() {
        assert!(!format!("{:?}", UserFilter::email("marker")).contains("marker"));
    }

    proptest! {
        #[test]
        fn no_text_gets_out_of_its_quotes(text in r#"(["\\]|\\PC){0,40}"#) {
            let filter = written(UserFilter::email(&text));
            let inside = filter.strip_prefix("email = \"").unwrap_or_default();
            let (mut read, mut rest) = (String::new(), inside.chars());
            while let Some(c) = rest.next().filter(|c| *c != '"') {
                read.extend(if c == '\\' { rest.next() } else { Some(c) });
            }
            prop_assert_eq!(rest.as_str(), "");
            prop_assert_eq!(read, text);
        }
    }
}
