//! What the domain tells about a signed-in user.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::sensitive::Sensitive;

/// The attributes of a signed-in user, as far as the access token's scopes and the app client allow.
///
/// Compare [`sub`](Self::sub) with that of the ID token before you take them for the same user.
///
/// ```no_run
/// use cognito_idp::{auth::Tokens, managed_login::{ManagedLogin, UserInfo}};
///
/// # async fn example(login: ManagedLogin, tokens: Tokens) -> Result<(), cognito_idp::Error> {
/// let UserInfo { sub, email, .. } = login.user_info(&tokens.access_token).await?;
/// println!("{sub} has an address: {}", email.is_some());
/// if let Some(refresh_token) = &tokens.refresh_token {
///     login.revoke(refresh_token).await?; // signs the user out
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserInfo {
    /// ID of the user in the pool, which never changes.
    pub sub: String,
    /// Name of the user in the pool.
    pub username: Option<Sensitive<String>>,
    /// Full name.
    pub name: Option<Sensitive<String>>,
    /// Email address.
    pub email: Option<Sensitive<String>>,
    /// Whether the user has shown that the address is theirs; `None` where nothing is said that can
    /// be read as yes or no. Cognito writes it as text, which counts the same.
    #[serde(default, deserialize_with = "bool_or_text")]
    pub email_verified: Option<bool>,
    /// Phone number, with country code.
    pub phone_number: Option<Sensitive<String>>,
    /// Whether the user has shown that the number is theirs; as for
    /// [`email_verified`](Self::email_verified).
    #[serde(default, deserialize_with = "bool_or_text")]
    pub phone_number_verified: Option<bool>,
    /// Everything else, `custom:` attributes among them, as it came.
    #[serde(flatten)]
    pub other: BTreeMap<String, Sensitive<Value>>,
}

fn bool_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(answer) => Some(answer),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yes_and_no_are_read_as_bool_and_as_text_and_nothing_else_counts_as_yes() {
        let verified = |value: Value| {
            let info = json!({"sub": "s", "email_verified": value});
            let info: UserInfo = serde_json::from_value(info).expect("readable");
            info.email_verified
        };
        assert_eq!(verified(json!("true")), Some(true));
        assert_eq!(verified(json!(true)), Some(true));
        assert_eq!(verified(json!("false")), Some(false));
        assert_eq!(verified(json!(false)), Some(false));
        for value in [
            json!("True"),
            json!("1"),
            json!(1),
            json!(null),
            json!([true]),
        ] {
            assert_eq!(verified(value.clone()), None, "{value}");
        }
    }

    #[test]
    fn attributes_that_are_not_known_here_are_kept_and_nothing_personal_is_shown() {
        let text = r#"{"sub":"s","username":"marker","email":"marker","custom:team":"marker",
            "identities":[{"userId":"marker"}]}"#;
        let info: UserInfo = serde_json::from_str(text).expect("readable");
        assert_eq!(info.email_verified, None);
        assert_eq!(
            info.other.get("custom:team").map(Sensitive::expose),
            Some(&json!("marker"))
        );
        assert_eq!(info.other.len(), 2);
        assert!(!format!("{info:?}").contains("marker"));
        let again = serde_json::to_value(&info).expect("JSON");
        assert_eq!(serde_json::from_value::<UserInfo>(again).ok(), Some(info));
    }

    #[test]
    fn whom_it_is_about_must_be_said() {
        assert!(serde_json::from_str::<UserInfo>(r#"{"username":"alice"}"#).is_err());
    }
}
