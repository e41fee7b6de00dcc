//! How shapes are read and written: what `structure!` writes for each type stands on this.
//!
//! Nothing of serde is derived, because a derived type also reads itself from a list and brings its
//! own way to find a member by name: a quarter of what all operations weighed in a program.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, Visitor};

use crate::{
    primitives::Timestamp,
    sensitive::{Sensitive, Wipe},
};

/// A field's name in Pascal case, which is the member's name on the wire.
pub(crate) struct PascalCase<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> PascalCase<N> {
    /// Of a field's name of `N` bytes.
    pub(crate) const fn of(field: &str) -> Self {
        let field = field.as_bytes();
        let mut bytes = [0; N];
        let mut length = 0;
        let mut begins_word = true;
        let mut next = 0;
        while next < N {
            if field[next] == b'_' {
                begins_word = true;
            } else {
                bytes[length] = field[next];
                if begins_word {
                    bytes[length].make_ascii_uppercase();
                }
                length += 1;
                begins_word = false;
            }
            next += 1;
        }
        Self { bytes, length }
    }

    pub(crate) const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(name) => name,
            Err(_) => panic!("a field's name is ASCII"),
        }
    }
}

/// Reads a member's name as its position among these; any other name as their number.
pub(crate) struct Position(pub(crate) &'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Position {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Position {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        let position = self.0.iter().position(|member| *member == name);
        Ok(position.unwrap_or(self.0.len()))
    }
}

/// A required member of a shape that does not insist on it; `null` counts as absent.
pub(crate) struct Required<T>(pub(crate) Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Required<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

/// The required members that a shape was read without, by their positions.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Lacking(u16);

impl Lacking {
    /// From whether each member is missing. No shape requires more than 16.
    pub(crate) fn of(missing: &[bool]) -> Self {
        let bits = missing.iter().zip(0..u16::BITS);
        Self(bits.fold(0, |bits, (&missing, position)| {
            bits | u16::from(missing) << position
        }))
    }

    /// The member at this position, or `None` if it did not come and is still empty.
    pub(crate) fn unless_absent<T: Absent>(self, position: usize, member: &T) -> Option<&T> {
        let is_absent = self.0 >> position & 1 == 1 && member.is_absent();
        (!is_absent).then_some(member)
    }
}

/// Shown in the place of a required member that a shape was read without.
pub(crate) struct DidNotCome;

impl fmt::Debug for DidNotCome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("absent")
    }
}

/// Shows a shape as the derived `Debug` does.
pub(crate) fn show(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    members: &[(&str, &dyn fmt::Debug)],
) -> fmt::Result {
    let mut shape = f.debug_struct(name);
    for (name, member) in members {
        shape.field(name, member);
    }
    shape.finish()
}

/// What stands for a required member that an answer lacks.
pub(crate) trait Absent: PartialEq + Sized {
    /// The empty value.
    fn absent() -> Self;

    /// Whether it is that.
    fn is_absent(&self) -> bool {
        *self == Self::absent()
    }
}

impl Absent for String {
    fn absent() -> Self {
        Self::new()
    }
}

impl Absent for bool {
    fn absent() -> Self {
        false
    }
}

impl Absent for i32 {
    fn absent() -> Self {
        0
    }
}

impl Absent for Timestamp {
    fn absent() -> Self {
        Self::from_epoch_millis(0)
    }
}

impl<T: Absent + Wipe> Absent for Sensitive<T> {
    fn absent() -> Self {
        Self::new(T::absent())
    }
}

impl<T: PartialEq> Absent for Vec<T> {
    fn absent() -> Self {
        Self::new()
    }
}

impl<V: PartialEq> Absent for BTreeMap<String, V> {
    fn absent() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fields_name_becomes_the_members() {
        for (field, member) in [
            (PascalCase::<8>::of("username").as_str(), "Username"),
            (PascalCase::<12>::of("user_pool_id").as_str(), "UserPoolId"),
            (PascalCase::<7>::of("a2_b_c3").as_str(), "A2BC3"),
        ] {
            assert_eq!(field, member);
        }
    }

    #[test]
    fn a_shape_reads_objects_only() {
        use crate::types::AttributeType;

        for json in [
            r#"["email", "alice@example.com"]"#,
            "\"email\"",
            "7",
            "null",
        ] {
            assert!(
                serde_json::from_str::<AttributeType>(json).is_err(),
                "{json}"
            );
        }
    }

    #[test]
    fn a_shape_without_its_required_members_does_not_cost_the_rest_of_the_answer()
    -> Result<(), serde_json::Error> {
        use crate::operation::passkeys::ListWebAuthnCredentialsResponse;

        for credential in ["{}", r#"{"CredentialId": null, "CreatedAt": null}"#] {
            let json = format!(r#"{{"Credentials": [{credential}], "NextToken": "t"}}"#);
            let answer: ListWebAuthnCredentialsResponse = serde_json::from_str(&json)?;
            assert_eq!(answer.next_token.as_deref(), Some("t"));
            assert_eq!(answer.credentials[0].credential_id, "");
            let written = serde_json::to_string(&answer)?;
            assert_eq!(written, r#"{"NextToken":"t","Credentials":[{}]}"#);
        }
        Ok(())
    }

    #[test]
    fn a_required_member_that_did_not_come_is_not_written_until_it_is_given()
    -> Result<(), serde_json::Error> {
        use crate::types::AttributeType;

        let absent: AttributeType = serde_json::from_str(r#"{"Value": "v"}"#)?;
        let empty: AttributeType = serde_json::from_str(r#"{"Name": "", "Value": "v"}"#)?;
        assert_eq!(serde_json::to_string(&absent)?, r#"{"Value":"v"}"#);
        assert_eq!(serde_json::to_string(&empty)?, r#"{"Name":"","Value":"v"}"#);
        assert_ne!(absent, empty);
        assert_eq!(empty, AttributeType::new("").value("v"));
        assert_eq!(
            format!("{absent:?}"),
            "AttributeType { name: absent, value: Some(** redacted **) }"
        );

        let mut given = absent;
        given.name.push_str("email");
        assert_eq!(
            serde_json::to_string(&given)?,
            r#"{"Name":"email","Value":"v"}"#
        );
        Ok(())
    }

    #[test]
    fn the_empty_configuration_of_a_prefix_domain_stays_empty() -> Result<(), serde_json::Error> {
        use crate::operation::domains::{
            DescribeUserPoolDomainResponse, UpdateUserPoolDomainRequest,
        };

        let json = r#"{"DomainDescription":{"CustomDomainConfig":{},"Domain":"shop"}}"#;
        let answer: DescribeUserPoolDomainResponse = serde_json::from_str(json)?;
        assert_eq!(serde_json::to_string(&answer)?, json);
        let config = answer
            .domain_description
            .and_then(|d| d.custom_domain_config);
        let config = config.expect("it is there");
        assert_eq!(config.certificate_arn, None);
        let update = UpdateUserPoolDomainRequest::new("p", "shop").custom_domain_config(config);
        assert_eq!(
            serde_json::to_string(&update)?,
            r#"{"UserPoolId":"p","Domain":"shop","CustomDomainConfig":{}}"#
        );
        Ok(())
    }

    #[test]
    fn requests_and_whole_answers_insist_on_their_required_members() {
        use crate::operation::{
            sign_up::SignUpResponse, user_pools::DeleteUserPoolRequest, users::GetUserResponse,
        };

        assert!(serde_json::from_str::<SignUpResponse>("{}").is_err());
        assert!(serde_json::from_str::<GetUserResponse>("{}").is_err());
        assert!(serde_json::from_str::<DeleteUserPoolRequest>("{}").is_err());
    }
}
