//! A token taken apart, and not yet believed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::MapAccess;

use super::{
    claims::Claims,
    distinct::{Distinct, Members, distinct_json},
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
