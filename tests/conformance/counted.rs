//! A format that writes nothing, but must know of each list and map how long it is.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeSeq},
};

type Error = serde::de::value::Error;

pub(crate) struct Counted;

/// What is still to come of a list or map.
pub(crate) struct Remaining(usize);

impl Remaining {
    fn of(length: Option<usize>) -> Result<Self, Error> {
        length
            .map(Self)
            .ok_or_else(|| Error::custom("the length is not known"))
    }

    fn take(&mut self) -> Result<(), Error> {
        let rest = self.0.checked_sub(1);
        self.0 = rest.ok_or_else(|| Error::custom("there is more than was said"))?;
        Ok(())
    }

    fn finish(&self) -> Result<(), Error> {
        if self.0 == 0 {
            return Ok(());
        }
        Err(Error::custom("there is less than was said"))
    }
}

impl SerializeSeq for Remaining {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.take()?;
        value.serialize(Counted)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl SerializeMap for Remaining {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.take()?;
        key.serialize(Counted)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Counted)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<(), Error> {
            Ok(())
        })*
    };
}

impl Serializer for Counted {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Remaining;
    type SerializeMap = Remaining;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_seq(self, length: Option<usize>) -> Result<Remaining, Error> {
        Remaining::of(length)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Remaining, Error> {
        Remaining::of(length)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    scalars! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &str
    }

    fn serialize_unit_variant(self, _: &str, _: u32, _: &str) -> Result<(), Error> {
        Err(Error::custom("no shape is one"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error::custom("no shape is one"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Err(Error::custom("no shape is one"))
    }

    fn serialize_tuple_struct(
        self,
        _: &str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error::custom("no shape is one"))
    }

    fn serialize_tuple_variant(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error::custom("no shape is one"))
    }

    fn serialize_struct(self, _: &str, _: usize) -> Result<Self::SerializeStruct, Error> {
        Err(Error::custom("no shape is one"))
    }

    fn serialize_struct_variant(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error::custom("no shape is one"))
    }
}
