//! A token taken apart, and not yet believed.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};

use super::{
    claims::Claims,
    error::{TokenPart, VerifyError},
    jwks::PublicKey,
};

/// Cognito's are 1 to 2 kB; a trigger can add claims. Headers of HTTP end here as well.
const MAX_SIZE: usize = 16 * 1024;
pub(super) const ALGORITHM: &str = "RS256";

/// A token of which the header can be read.
pub(super) struct Parts<'a> {
    /// What the signature is over.
    signed: &'a [u8],
    payload: &'a str,
    signature: &'a str,
    algorithm: String,
    key_id: Option<String>,
    has_crit: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn of(text: &'a str) -> Result<Self, VerifyError> {
        let malformed = VerifyError::Malformed;
        let Some((signed, header, payload, signature)) = split(text) else {
            return Err(malformed(TokenPart::Whole));
        };
        let header = decode(header).ok_or(malformed(TokenPart::Header))?;
        let header: Header = distinct_json(&header).ok_or(malformed(TokenPart::Header))?;
        Ok(Self {
            signed: signed.as_bytes(),
            payload,
            signature,
            algorithm: header.alg.ok_or(malformed(TokenPart::Header))?,
            key_id: header.kid.filter(|id| !id.is_empty()),
            has_crit: header.has_crit,
        })
    }

    /// How the token says that it is signed.
    pub(super) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    pub(super) fn check_algorithm(&self) -> Result<(), VerifyError> {
        if self.algorithm == ALGORITHM {
            return Ok(());
        }
        Err(VerifyError::Algorithm)
    }

    /// Reads the rest.
    pub(super) fn token(self) -> Result<Token<'a>, VerifyError> {
        let malformed = VerifyError::Malformed;
        // What it names must be understood, and nothing is.
        if self.has_crit {
            return Err(malformed(TokenPart::Header));
        }
        let key_id = self.key_id.ok_or(malformed(TokenPart::Header))?;
        let payload = decode(self.payload).ok_or(malformed(TokenPart::Payload))?;
        let claims = Claims::parse(payload).ok_or(malformed(TokenPart::Payload))?;
        let signature = decode(self.signature).ok_or(malformed(TokenPart::Signature))?;
        Ok(Token {
            signed: self.signed,
            signature,
            key_id,
            claims,
        })
    }
}

/// A token that can be read.
pub(super) struct Token<'a> {
    signed: &'a [u8],
    signature: Vec<u8>,
    key_id: String,
    claims: Claims,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, VerifyError> {
        let parts = Parts::of(text)?;
        parts.check_algorithm()?;
        parts.token()
    }

    /// For finding the key and nothing else.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// For finding it in a list and nothing else.
    pub(super) fn issuer(&self) -> &str {
        self.claims.issuer()
    }

    /// For saying what is wrong with them and nothing else: anybody can have written them.
    pub(super) fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    pub(super) fn check_signature(&self, key: &PublicKey) -> Result<(), VerifyError> {
        if key.verifies(self.signed, &self.signature) {
            return Ok(());
        }
        Err(VerifyError::Signature)
    }

    /// The claims, now that they can be believed.
    pub(super) fn verified_by(self, key: &PublicKey) -> Result<Claims, VerifyError> {
        self.check_signature(key)?;
        Ok(self.claims)
    }
}

/// What is signed, header, payload, signature.
fn split(text: &str) -> Option<(&str, &str, &str, &str)> {
    if text.len() > MAX_SIZE {
        return None;
    }
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    (!payload.contains('.')).then_some((signed, header, payload, signature))
}

/// The one way to write these bytes: without padding, without bits left over.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// The rest of a header (`typ`, `cty`, keys and addresses of keys) is not looked at.
#[derive(Default)]
struct Header {
    alg: Option<String>,
    kid: Option<String>,
    has_crit: bool,
}

impl Members for Header {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "alg" => self.alg = Some(map.next_value()?),
            "kid" => self.kid = Some(map.next_value()?),
            "crit" => {
                map.next_value::<Distinct>()?;
                self.has_crit = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

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
struct Distinct;

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
