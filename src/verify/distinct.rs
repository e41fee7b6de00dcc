//! JSON in which no object names a member twice.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

/// What is read of an object: the members that matter.
pub(super) trait Members: Default {
    /// Reads the value of the member that is next, or leaves it where it is and says `false`.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error>;
}

/// Reads an object, and refuses one that names a member twice at any depth: two readers might each
/// take another for the right one.
pub(super) fn distinct_json<T: Members>(json: &[u8]) -> Option<T> {
    let object: Object<T> = serde_json::from_slice(json).ok()?;
    Some(object.0)
}

/// Whether it is an object, and none names a member twice.
pub(super) fn is_distinct_object(json: &[u8]) -> bool {
    distinct_json::<NoMembers>(json).is_some()
}

struct Object<T>(T);

impl<'de, T: Members> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(T::default()))
    }
}

struct ObjectVisitor<T>(T);

impl<'de, T: Members> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Object<T>, A::Error> {
        read_distinct(&mut self.0, &mut map)?;
        Ok(Object(self.0))
    }
}

/// Reads the members of an object and refuses one that comes twice.
fn read_distinct<'de, A: MapAccess<'de>>(
    members: &mut impl Members,
    map: &mut A,
) -> Result<(), A::Error> {
    let mut names: Vec<Name<'de>> = Vec::with_capacity(16);
    while let Some(name) = map.next_key::<Name<'de>>()? {
        if !members.read(&name.0, map)? {
            map.next_value::<Distinct>()?;
        }
        names.push(name);
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(A::Error::custom("a member is named twice"));
    }
    Ok(())
}

/// JSON in which no object names a member twice.
pub(super) struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistinctVisitor)
    }
}

/// The name of a member, not copied if it has no escapes.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct DistinctVisitor;

/// Of an object that matters as little as what is in it.
#[derive(Default)]
struct NoMembers;

impl Members for NoMembers {
    fn read<'de, A: MapAccess<'de>>(&mut self, _: &str, _: &mut A) -> Result<bool, A::Error> {
        Ok(false)
    }
}

impl<'de> Visitor<'de> for DistinctVisitor {
    type Value = Distinct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distinct, A::Error> {
        read_distinct(&mut NoMembers, &mut map)?;
        Ok(Distinct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Distinct, A::Error> {
        while items.next_element::<Distinct>()?.is_some() {}
        Ok(Distinct)
    }

    fn visit_str<E>(self, _: &str) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_unit<E>(self) -> Result<Distinct, E> {
        Ok(Distinct)
    }
}
