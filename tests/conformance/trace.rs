//! What a type looks like from outside: its members' names on the wire, and their types.

use std::{any::type_name, collections::BTreeMap};

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};

/// Members of every struct: by the struct's name, then by the member's name on the wire.
pub(crate) type Shapes = BTreeMap<String, BTreeMap<String, String>>;

/// Adds the struct `T` and all that it holds to the shapes.
///
/// It is read from a deserializer that asks for every member there is, and notes what type each is
/// read as. A member is optional if that is an `Option`.
pub(crate) fn trace<T: DeserializeOwned>(shapes: &mut Shapes) {
    let tracer = Tracer {
        shapes,
        read_as: &mut String::new(),
    };
    if let Err(error) = T::deserialize(tracer) {
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
    /// Where a list or map that does without its `null`s is noted, since its type does not tell.
    read_as: &'a mut String,
}

impl Tracer<'_> {
    fn note(&mut self, collection: &str, item: &str) {
        if item.starts_with("Option<") {
            *self.read_as = format!("Option<{collection}{item}>>");
        }
    }

    /// A tracer for what is inside.
    fn inside(&mut self) -> Inside<'_> {
        Inside {
            shapes: self.shapes,
            read_as: String::new(),
        }
    }
}

struct Inside<'a> {
    shapes: &'a mut Shapes,
    read_as: String,
}

impl Inside<'_> {
    fn tracer(&mut self) -> Tracer<'_> {
        self.read_as.clear();
        Tracer {
            shapes: self.shapes,
            read_as: &mut self.read_as,
        }
    }
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let shape = short_name::<V::Value>();
        self.shapes.entry(shape.clone()).or_default();
        visitor.visit_map(Members {
            shape,
            fields: fields.iter(),
            field: "",
            inside: self.inside(),
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let mut item = String::new();
        let value = visitor.visit_seq(Once::new(self.inside(), &mut item))?;
        self.note("Vec<", &item);
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let mut item = String::new();
        let value = visitor.visit_map(Once::new(self.inside(), &mut item))?;
        self.note("BTreeMap<String, ", &item);
        Ok(value)
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
    inside: Inside<'a>,
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
        let value = seed.deserialize(self.inside.tracer())?;
        let mut member = short_name::<V::Value>();
        if !self.inside.read_as.is_empty() {
            member.clone_from(&self.inside.read_as);
        }
        let members = self.inside.shapes.entry(self.shape.clone()).or_default();
        members.insert(self.field.to_owned(), member);
        Ok(value)
    }
}

/// Hands out one item of a list, or one entry of a map.
struct Once<'a> {
    inside: Option<Inside<'a>>,
    /// The type that the item was read as.
    item: &'a mut String,
}

impl<'a> Once<'a> {
    fn new(inside: Inside<'a>, item: &'a mut String) -> Self {
        Self {
            inside: Some(inside),
            item,
        }
    }

    fn give<'de, T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        *self.item = short_name::<T::Value>();
        let inside = self.inside.take();
        inside
            .map(|mut inside| seed.deserialize(inside.tracer()))
            .transpose()
    }
}

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.give(seed)
    }
}

impl<'de> MapAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.inside.as_ref().map(|_| StrDeserializer::new("key"));
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        self.give(seed)?
            .ok_or_else(|| Error::custom("a value without a key"))
    }
}
