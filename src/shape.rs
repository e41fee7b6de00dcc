//! How shapes are read and written: what `structure!` writes for each type stands on this.
//!
//! Nothing of serde is derived, because a derived type also reads itself from a list and brings its
//! own way to find a member by name: a quarter of what all operations weighed in a program.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

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

/// Reads a required member, which `null` leaves [`Absent`].
///
/// Not as an `Option`, so that whoever looks on sees the member's own type being read.
pub(crate) struct OrAbsent<T>(PhantomData<T>);

impl<T> OrAbsent<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Deserialize<'de> + Absent> DeserializeSeed<'de> for OrAbsent<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: Deserialize<'de> + Absent> Visitor<'de> for OrAbsent<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a required member")
    }

    fn visit_none<E: Error>(self) -> Result<T, E> {
        Ok(T::absent())
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::absent())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

/// Reads a list or a map in which `null`, alone or among the items, counts as absent.
pub(crate) struct Present<C>(PhantomData<C>);

impl<C> Present<C> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

/// [`Present`] in the form of serde's `deserialize_with`.
pub(crate) fn present<'de, D, C>(deserializer: D) -> Result<C, D::Error>
where
    D: Deserializer<'de>,
    C: Collection<Items: Items<'de>>,
{
    Present::new().deserialize(deserializer)
}

impl<'de, C: Collection<Items: Items<'de>>> DeserializeSeed<'de> for Present<C> {
    type Value = C;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<C, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, C: Collection<Items: Items<'de>>> Visitor<'de> for Present<C> {
    type Value = C;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_none<E: Error>(self) -> Result<C, E> {
        Ok(C::default())
    }

    fn visit_unit<E: Error>(self) -> Result<C, E> {
        Ok(C::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<C, D::Error> {
        C::Items::read(deserializer).map(C::from)
    }
}

/// A list or map member in its two forms: always there (answers), or optional (requests).
pub(crate) trait Collection: Default + From<Self::Items> {
    type Items;

    /// What is written of it; `None` leaves the member out.
    fn items(&self) -> Option<&Self::Items>;
}

impl<T> Collection for Vec<T> {
    type Items = Self;

    fn items(&self) -> Option<&Self> {
        Some(self).filter(|items| !items.is_empty())
    }
}

impl<V> Collection for BTreeMap<String, V> {
    type Items = Self;

    fn items(&self) -> Option<&Self> {
        Some(self).filter(|items| !items.is_empty())
    }
}

impl<C> Collection for Option<C> {
    type Items = C;

    fn items(&self) -> Option<&C> {
        self.as_ref()
    }
}

/// A list or map that can be read without its `null`s.
pub(crate) trait Items<'de>: Sized {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl<'de, T: Deserialize<'de>> Items<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(Vec<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Vec<T>, A::Error> {
                while let Some(item) = items.next_element::<Option<T>>()? {
                    self.0.extend(item);
                }
                Ok(self.0)
            }
        }

        deserializer.deserialize_seq(List(Self::new()))
    }
}

impl<'de, V: Deserialize<'de>> Items<'de> for BTreeMap<String, V> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<V>(BTreeMap<String, V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Map<V> {
            type Value = BTreeMap<String, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                mut self,
                mut entries: A,
            ) -> Result<BTreeMap<String, V>, A::Error> {
                while let Some((key, value)) = entries.next_entry::<String, Option<V>>()? {
                    self.0.extend(value.map(|value| (key, value)));
                }
                Ok(self.0)
            }
        }

        deserializer.deserialize_map(Map(Self::new()))
    }
}

/// What stands for a required member that an answer lacks.
pub(crate) trait Absent {
    /// The empty value.
    fn absent() -> Self;
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

impl<T> Absent for Vec<T> {
    fn absent() -> Self {
        Self::new()
    }
}

impl<V> Absent for BTreeMap<String, V> {
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
        use crate::operation::domains::{CustomDomainConfigType, DescribeUserPoolDomainResponse};

        // The first is what Cognito answers for a domain that is only a prefix.
        for config in ["{}", r#"{"CertificateArn": null}"#] {
            let json = format!(
                r#"{{"DomainDescription": {{"Domain": "shop", "CustomDomainConfig": {config}}}}}"#
            );
            let answer: DescribeUserPoolDomainResponse = serde_json::from_str(&json)?;
            let description = answer.domain_description.expect("it is there");
            assert_eq!(description.domain.as_deref(), Some("shop"));
            let config = CustomDomainConfigType::new("");
            assert_eq!(description.custom_domain_config, Some(config));
        }
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
