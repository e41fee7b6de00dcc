//! Values that must not be shown.

mod spelling;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

#[cfg(feature = "fixtures")]
pub(crate) use self::spelling::Found;
pub(crate) use self::spelling::{Case, Sought, find};

/// A value that never appears in `Debug` output and is wiped from memory on drop.
///
/// Passwords, tokens, sessions, codes, secret hashes and everything else the service model marks
/// as sensitive have this type. It serializes as the value itself, because that is what goes over
/// the wire; look at it with [`expose`](Self::expose).
///
/// What is wiped is this copy. Buffers of the JSON writer, the HTTP client and TLS are not ours to
/// wipe. Comparison takes time that depends on the value, so do not verify secrets with `==`.
///
/// ```
/// use cognito_idp::Sensitive;
///
/// let password = Sensitive::from("P@ssw0rd!");
/// assert_eq!(format!("{password:?}"), "** redacted **");
/// assert_eq!(password.expose(), "P@ssw0rd!");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T: Wipe>(T);

impl<T: Wipe> Sensitive<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("** redacted **")
    }
}

impl<T: Wipe> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Sensitive<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<&String> for Sensitive<String> {
    fn from(value: &String) -> Self {
        Self(value.clone())
    }
}

impl<T: Wipe> From<&Sensitive<T>> for Sensitive<T>
where
    T: Clone,
{
    fn from(value: &Sensitive<T>) -> Self {
        value.clone()
    }
}

impl<T: Wipe + Serialize> Serialize for Sensitive<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Wipe + Deserialize<'de>> Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// A value whose memory can be overwritten, as [`Sensitive`] does on drop.
///
/// ```
/// use cognito_idp::{Sensitive, Wipe};
///
/// let mut password = String::from("P@ssw0rd!");
/// password.wipe();
/// assert!(password.is_empty());
/// let kept = Sensitive::new(String::from("P@ssw0rd!")); // does the same when it is dropped
/// assert_eq!(kept.expose(), "P@ssw0rd!");
/// ```
pub trait Wipe: sealed::Sealed {
    /// Overwrites the value.
    fn wipe(&mut self);
}

impl Wipe for String {
    fn wipe(&mut self) {
        // All at once, where `String::zeroize` writes byte after byte, of tokens some thousand.
        let mut bytes = std::mem::take(self).into_bytes();
        bytes.spare_capacity_mut().zeroize();
        bytes.as_mut_slice().zeroize();
    }
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        // All of its room, in which a longer value may have stood.
        self.zeroize();
    }
}

impl Wipe for serde_json::Value {
    fn wipe(&mut self) {
        match self {
            Self::String(text) => text.wipe(),
            Self::Array(items) => items.iter_mut().for_each(Wipe::wipe),
            Self::Object(members) => members.values_mut().for_each(Wipe::wipe),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }
}

/// Wire names of the members whose values, at every depth, are secret wherever they stand.
///
/// For code that sees JSON and no types.
pub(crate) const MEMBERS: &[&str] = &[
    "AccessToken",
    "ActorToken",
    "AuthParameters",
    "ChallengeParameters",
    "ChallengeResponses",
    "ClientId",
    "ClientMetadata",
    "ClientSecret",
    "ClientSecretValue",
    "Code",
    "ConfirmationCode",
    "Credential",
    "EncodedData",
    "FeedbackToken",
    "Filter",
    "IdToken",
    "IpAddress",
    "IssuedToken",
    "LastIPAddress",
    "Password",
    "PasswordVerifier",
    "PreSignedUrl",
    "PreviousPassword",
    "ProposedPassword",
    "ProviderAttributeValue",
    "ProviderDetails",
    "RefreshToken",
    "Salt",
    "Secret",
    "SecretCode",
    "SecretHash",
    "Session",
    "SubjectToken",
    "TemporaryPassword",
    "Token",
    "UserCode",
    "Username",
    "Value",
    "headerValue",
];

/// Wire names of the members that are no secret but name a person, a place, an account or a pool, and
/// of opaque texts that may hold such names.
///
/// They may stand in an error message, where they help, but not in a fixture.
#[cfg(feature = "fixtures")]
pub(crate) const PERSONAL: &[&str] = &[
    "AWSAccountId",
    "AnalyticsEndpointId",
    "ApplicationId",
    "BlockedIPRangeList",
    "CIMDPolicyId",
    "City",
    "ClientSecretArn",
    "ClientSecretId",
    "CloudFrontDistribution",
    "Country",
    "CredentialCreationOptions",
    "CredentialId",
    "Destination",
    "DeviceGroupKey",
    "DeviceKey",
    "DeviceName",
    "DeviceType",
    "EventId",
    "ExternalId",
    "FriendlyCredentialName",
    "FriendlyDeviceName",
    "From",
    "Id",
    "InEntityId",
    "InTemplateId",
    "JobId",
    "KMSKeyID",
    "KmsKeyArn",
    "ManagedLoginBrandingId",
    "NextToken",
    "OriginSessionId",
    "OriginationIdentity",
    "PaginationToken",
    "PrimaryRoute53HealthCheckId",
    "ReplyTo",
    "ReplyToEmailAddress",
    "ResourceId",
    "RestoreId",
    "SessionId",
    "SkippedIPRangeList",
    "TagKeys",
    "Tags",
    "TermsId",
    "Timezone",
    "UserPoolId",
    "UserPoolTags",
    "UserSub",
];

/// The secrets of one request, to be cut out of what a server wrote about it.
///
/// Servers quote what they were sent ("Value 'x' at 'confirmationCode' failed to satisfy …"). A
/// value of one or two letters stays: cutting it would only mangle the text.
pub(crate) struct Secrets(Vec<Sensitive<String>>);

impl Secrets {
    /// No more of a text is kept; an error shows less.
    const LONGEST_KEPT: usize = 8 * 1024;
    /// So many times as long as itself a secret can be in the longest of its spellings.
    const LONGEST_SPELLING: usize = 12;

    /// Takes the secrets of a body, and the AWS session token that travels beside it.
    pub(crate) fn of(body: &[u8], session_token: Option<&str>) -> Self {
        let body = serde_json::from_slice(body).unwrap_or_default();
        let body = Sensitive::<serde_json::Value>::new(body);
        let mut secrets: Vec<_> = session_token.map(Sensitive::from).into_iter().collect();
        collect_secrets(body.expose(), false, &mut secrets);
        Self::new(secrets)
    }

    pub(crate) fn new(mut secrets: Vec<Sensitive<String>>) -> Self {
        secrets.retain(|secret| secret.expose().len() > 2);
        Self(secrets)
    }

    /// The text without them.
    pub(crate) fn cut(&self, text: &str) -> String {
        let secrets = self.0.iter().map(|secret| secret.expose().as_str());
        // Some more is searched, so that no part of a secret is left at the end.
        let longest = secrets.clone().map(str::len).max().unwrap_or_default();
        let searched =
            Self::LONGEST_KEPT.saturating_add(longest.saturating_mul(Self::LONGEST_SPELLING));
        let searched = &text[..text.floor_char_boundary(searched)];
        let kept = text.floor_char_boundary(Self::LONGEST_KEPT);

        let mut cut = String::new();
        let mut end = 0;
        let case = Case::Exact;
        let sought = secrets.enumerate();
        let sought = sought.map(|(value, text)| Sought { value, text, case });
        for found in find(searched, sought) {
            if found.range.start >= kept {
                break;
            }
            cut.push_str(&text[end..found.range.start]);
            cut.push_str("**");
            end = found.range.end;
        }
        cut.push_str(text.get(end..kept).unwrap_or_default());
        cut
    }
}

fn collect_secrets(value: &serde_json::Value, is_secret: bool, found: &mut Vec<Sensitive<String>>) {
    match value {
        serde_json::Value::String(text) if is_secret => found.push(text.into()),
        serde_json::Value::Number(number) if is_secret => found.push(number.to_string().into()),
        serde_json::Value::Array(items) => {
            for item in items {
                collect_secrets(item, is_secret, found);
            }
        }
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                collect_secrets(value, is_secret || MEMBERS.contains(&name.as_str()), found);
            }
        }
        _ => {}
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for String {}
    impl Sealed for Vec<u8> {}
    impl Sealed for serde_json::Value {}
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value_in_any_format() {
        let secret = Sensitive::from("marker");
        assert!(!format!("{secret:?} {secret:#?}").contains("marker"));
        let document = Sensitive::new(json!({"id": "marker"}));
        assert!(!format!("{document:?} {document:#?}").contains("marker"));
    }

    #[test]
    fn json_holds_the_value_itself() -> Result<(), serde_json::Error> {
        let secret: Sensitive<String> = serde_json::from_str("\"x\"")?;
        assert_eq!(serde_json::to_string(&secret)?, "\"x\"");
        Ok(())
    }

    /// The conformance test holds the types to the same facts.
    #[test]
    fn the_list_names_exactly_the_members_that_are_secret_in_some_shape() {
        let shapes = &facts("service-model.json")["shapes"];
        let added = &facts("beyond-the-model.json")["sensitive"];
        let is_secret =
            |name: &str| shapes[name]["sensitive"] == true || !added["shapes"][name].is_null();
        let mut secret = BTreeSet::new();
        for (owner, shape) in shapes.as_object().into_iter().flatten() {
            for (member, target) in shape["members"].as_object().into_iter().flatten() {
                let target = target.as_str().unwrap_or_default();
                // Of a structure that is secret as a whole, the list names the members.
                let is_structure = !shapes[target]["members"].is_null();
                let is_added = !added["members"][format!("{owner}.{member}")].is_null();
                if is_added || is_secret(owner) || is_secret(target) && !is_structure {
                    secret.insert(member.as_str());
                }
            }
        }
        assert_eq!(MEMBERS, secret.into_iter().collect::<Vec<_>>());
    }

    fn facts(name: &str) -> serde_json::Value {
        let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    #[test]
    fn every_secret_of_the_request_is_cut_out_and_nothing_else() {
        let body = br#"{"UserPoolId":"eu_1","Username":"alice","Code":"a",
            "AuthParameters":{"PASSWORD":"alice's \"word\""}}"#;
        let secrets = Secrets::of(body, Some("session/token"));
        assert_eq!(
            secrets.cut("Value 'alice's \"word\"' of alice in eu_1, session\\/token"),
            "Value '**' of ** in eu_1, **"
        );
        assert_eq!(
            secrets.cut("{\"PASSWORD\":\"alice's \\\"word\\\"\"}"),
            "{\"PASSWORD\":\"**\"}"
        );
        assert_eq!(Secrets::of(b"not JSON", None).cut("Value 'x'"), "Value 'x'");
    }

    #[test]
    fn of_a_long_text_so_much_is_kept_and_no_part_of_a_secret() {
        let secrets = Secrets::of(br#"{"Password":"marker-of-a-secret"}"#, None);
        for before in [8_160, 8_170, 8_180, 8_191, 8_192] {
            let text = format!(
                "{}marker-of-a-secret{}",
                " ".repeat(before),
                " ".repeat(100_000)
            );
            let cut = secrets.cut(&text);
            assert!(!cut.contains("mark") && cut.len() <= 8_194, "{before}");
        }
        let escaped = format!(
            "{}{}",
            " ".repeat(8_185),
            "\\u006darker-of-a-secret".repeat(2_000)
        );
        assert!(!secrets.cut(&escaped).contains("\\u006"));
    }

    #[test]
    fn wipe_empties_strings_at_every_depth() {
        let mut value = json!({"a": ["x", {"b": "y"}], "n": 1});
        value.wipe();
        assert_eq!(value, json!({"a": ["", {"b": ""}], "n": 1}));
    }
}
