//! What a type looks like from outside: its members' names on the wire, and their types.

use std::{any::type_name, collections::BTreeMap};

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};

/// Members of every struct, by the struct's name: their names on the wire and what they are read as,
/// in the order of their declaration.
pub(crate) type Shapes = BTreeMap<String, Vec<(String, String)>>;

/// Adds the struct `T` and all that it holds to the shapes.
///
/// It is read from a deserializer that asks for every member there is, and notes what type each is
/// read as.
pub(crate) fn trace<T: DeserializeOwned>(shapes: &mut Shapes) {
    if let Err(error) = T::deserialize(Tracer { shapes }) {
        panic!("{} cannot be traced: {error}", type_name::<T>());
    }
}

/// A type's name without the paths: `Option<Sensitive<String>>`.
pub(crate) fn short_name<T>() -> String {
    let is_separator = |c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':');
    type_name::<T>()
        .split_inclusive(is_separator)
        .map(|word| word.rsplit("::").next().unwrap_or(word))
        .collect()
}

struct Tracer<'a> {
    shapes: &'a mut Shapes,
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let shape = short_name::<V::Value>();
        self.shapes.insert(shape.clone(), Vec::new());
        visitor.visit_map(Members {
            shape,
            fields: fields.iter(),
            field: "",
            shapes: self.shapes,
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Once(Some(self)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Once(Some(self)))
    }

    // Text, which is also base64.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str("text")
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(true)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i32(1)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(1)
    }

    // A timestamp or a document: both read a number.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(1)
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// Hands out every member that the struct names.
struct Members<'a> {
    shape: String,
    fields: std::slice::Iter<'static, &'static str>,
    field: &'static str,
    shapes: &'a mut Shapes,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(field) = self.fields.next() else {
            return Ok(None);
        };
        self.field = field;
        seed.deserialize(StrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = seed.deserialize(Tracer {
            shapes: self.shapes,
        })?;
        let member = (self.field.to_owned(), short_name::<V::Value>());
        self.shapes
            .entry(self.shape.clone())
            .or_default()
            .push(member);
        Ok(value)
    }
}

/// Hands out one item of a list, or one entry of a map.
struct Once<'a>(Option<Tracer<'a>>);

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let inside = self.0.take();
        inside.map(|inside| seed.deserialize(inside)).transpose()
    }
}

impl<'de> MapAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.0.as_ref().map(|_| StrDeserializer::new("key"));
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.next_element_seed(seed)?
            .ok_or_else(|| Error::custom("a value without a key"))
    }
}
