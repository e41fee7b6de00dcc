//! The lines of an export.

use serde::{Deserialize, Serialize};

use crate::{
    collections::List,
    operation::{groups::GroupType, users::AdminGetUserResponse},
    primitives::Timestamp,
    sensitive::Sensitive,
    types::{AttributeType, UserStatusType, UserType},
};

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

/// One line of an export: JSON with one member that says what it is.
///
/// They come in this order: one manifest, groups, users, memberships, one end.
///
/// ```json
/// {"Manifest": {"Format": 1, "UserPoolId": "eu-central-1_example", "Started": 1623956729.32}}
/// {"Group": {"GroupName": "staff", "Precedence": 1}}
/// {"User": {"Username": "alice", "Attributes": [{"Name": "email", "Value": "alice@example.com"}]}}
/// {"Membership": {"GroupName": "staff", "Members": [{"Username": "alice"}]}}
/// {"End": {"Users": 1, "Groups": 1, "Memberships": 1}}
/// ```
///
/// ```
/// use cognito_idp::bulk::{self, JsonLines, Manifest, Member, Membership, Record, Row, UserRecord};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = br#"{"User": {"Username": "alice", "Attributes": [{"Name": "email", "Value": "alice@example.com"}]}}
/// {"Membership": {"GroupName": "staff", "Members": [{"Username": "alice"}]}}"#;
/// let rows: JsonLines<&[u8]> = bulk::json_lines(&file[..]);
/// for row in rows {
///     let Row { line, record, .. } = row?;
///     match record {
///         Record::Manifest(Manifest { user_pool_id, started, .. }) => println!("{user_pool_id}, {started}"),
///         Record::User(user) => assert_eq!((line, user.attribute("email")), (1, Some("alice@example.com"))),
///         Record::Membership(Membership { group_name, members, .. }) => {
///             let names: Vec<_> = members.iter().map(|Member { username, .. }| username.expose().as_str()).collect();
///             assert_eq!((line, group_name.as_str(), names), (2, "staff", vec!["alice"]));
///         }
///         _ => {}
///     }
/// }
/// assert_eq!(UserRecord::new("bob").attribute("email"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum Record {
    /// Where the rest comes from.
    Manifest(Manifest),
    /// A group.
    Group(GroupType),
    /// A user.
    User(UserRecord),
    /// Users of a group.
    Membership(Membership),
    /// How many there must be; a file without it is not whole.
    End(ExportTotals),
}

/// Where an export comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Manifest {
    /// The version of the format, 1.
    pub format: u32,
    /// The user pool's ID.
    pub user_pool_id: String,
    /// The user pool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_pool_name: Option<String>,
    /// When the export was begun.
    pub started: Timestamp,
    /// The version of this crate.
    pub version: String,
    /// How many users Cognito believed the pool to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_number_of_users: Option<i32>,
}

/// A user, as `ListUsers` tells of one, and what further calls told.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct UserRecord {
    /// Username of the user.
    pub username: Sensitive<String>,
    /// Attributes of the user; `identities` among them tells of links to other providers.
    #[serde(default, skip_serializing_if = "List::is_absent")]
    pub attributes: List<AttributeType>,
    /// Whether the user may sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Where the user stands between sign-up and confirmed account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_status: Option<UserStatusType>,
    /// When the user was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_create_date: Option<Timestamp>,
    /// When the user was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_last_modified_date: Option<Timestamp>,
    /// The MFA methods that the user has, if they were [asked for](super::Export::with_mfa).
    #[serde(
        default,
        rename = "UserMFASettingList",
        skip_serializing_if = "List::is_absent"
    )]
    pub user_mfa_setting_list: List<String>,
    /// The MFA method that the user prefers, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_mfa_setting: Option<String>,
    /// Groups that the user is in, where the file tells of them here and not by memberships.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// Users of a group; a group may have several of these, each after its users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Membership {
    /// Name of the group.
    pub group_name: String,
    /// Users in it.
    pub members: Vec<Member>,
}

/// A user of a group, by the names that find the user in this pool and in another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Member {
    /// Username of the user.
    pub username: Sensitive<String>,
    /// The email address or phone number that the user signs in with, in a pool that makes up the
    /// usernames: in another pool the username is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Sensitive<String>>,
}

/// How much an export holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ExportTotals {
    /// Number of users.
    pub users: u64,
    /// Number of groups.
    pub groups: u64,
    /// Number of times that a user is in a group.
    pub memberships: u64,
}

impl From<UserType> for UserRecord {
    fn from(user: UserType) -> Self {
        Self {
            attributes: user.attributes,
            enabled: user.enabled,
            user_status: user.user_status,
            user_create_date: user.user_create_date,
            user_last_modified_date: user.user_last_modified_date,
            ..Self::new(user.username.unwrap_or_else(|| String::new().into()))
        }
    }
}

impl UserRecord {
    /// A user of whom nothing but the name is known.
    pub fn new(username: impl Into<Sensitive<String>>) -> Self {
        Self {
            username: username.into(),
            attributes: List::default(),
            enabled: None,
            user_status: None,
            user_create_date: None,
            user_last_modified_date: None,
            user_mfa_setting_list: List::default(),
            preferred_mfa_setting: None,
            groups: Vec::new(),
        }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let attribute = attributes.find(|attribute| attribute.name == name)?;
        Some(attribute.value.as_ref()?.expose())
    }

    /// The user as a member of a group; the aliases are the attributes that users sign in with.
    pub(super) fn member(&self, aliases: &[String]) -> Member {
        Member {
            username: self.username.clone(),
            alias: self.member_alias(aliases).map(Into::into),
        }
    }

    /// The first of the aliases that the user has.
    pub(super) fn member_alias(&self, aliases: &[String]) -> Option<&str> {
        aliases.iter().find_map(|alias| self.attribute(alias))
    }

    /// Adds what only the user's own page tells.
    pub(super) fn add(&mut self, user: AdminGetUserResponse) {
        self.user_mfa_setting_list = user.user_mfa_setting_list;
        self.preferred_mfa_setting = user.preferred_mfa_setting;
    }
}
