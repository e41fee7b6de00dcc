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
const ALGORITHM: &str = "RS256";

/// A token that can be read.
pub(super) struct Token<'a> {
    /// What the signature is over.
    signed: &'a [u8],
    signature: Vec<u8>,
    key_id: String,
    claims: Claims,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, VerifyError> {
        let malformed = VerifyError::Malformed;
        let Some((signed, header, payload, signature)) = split(text) else {
            return Err(malformed(TokenPart::Whole));
        };
        let header = decode(header).ok_or(malformed(TokenPart::Header))?;
        let header: Header = distinct_json(&header).ok_or(malformed(TokenPart::Header))?;
        let algorithm = header.alg.ok_or(malformed(TokenPart::Header))?;
        if algorithm != ALGORITHM {
            return Err(VerifyError::Algorithm);
        }
        // What it names must be understood, and nothing is.
        if header.has_crit {
            return Err(malformed(TokenPart::Header));
        }
        let key_id = header.kid.filter(|id| !id.is_empty());
        let key_id = key_id.ok_or(malformed(TokenPart::Header))?;
        let payload = decode(payload).ok_or(malformed(TokenPart::Payload))?;
        let claims = Claims::parse(payload).ok_or(malformed(TokenPart::Payload))?;
        let signature = decode(signature).ok_or(malformed(TokenPart::Signature))?;
        Ok(Self {
            signed: signed.as_bytes(),
            signature,
            key_id,
            claims,
        })
    }

    /// For finding the key and nothing else.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// For finding it in a list and nothing else.
    pub(super) fn issuer(&self) -> &str {
        self.claims.issuer()
    }

    /// The claims, now that they can be believed.
    pub(super) fn verified_by(self, key: &PublicKey) -> Result<Claims, VerifyError> {
        if !key.verifies(self.signed, &self.signature) {
            return Err(VerifyError::Signature);
        }
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
