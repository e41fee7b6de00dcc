//! A pool's public keys.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest,
    signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};
use serde::Deserialize;

use super::distinct::is_distinct_object;
use crate::error::InvalidInput;

/// Cognito's have two keys and 1 kB.
pub(super) const MAX_SIZE: usize = 64 * 1024;
const MAX_KEYS: usize = 32;
const MAX_KEY_ID: usize = 256;
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// More than ring takes, and than anyone uses.
const MAX_EXPONENT_BYTES: usize = 4;

/// SHA-256 of the modulus of the test key, whose private half is published with this crate.
const TEST_MODULUS: [u8; 32] = [
    0x6d, 0x50, 0x0b, 0xfc, 0xce, 0x56, 0x63, 0xec, 0x9c, 0xfc, 0x78, 0x56, 0x66, 0xaa, 0x9e, 0x4c,
    0x67, 0xda, 0x32, 0x5f, 0xb3, 0xe0, 0xa5, 0x46, 0x97, 0x64, 0xc8, 0x7e, 0xd7, 0xd4, 0xa9, 0x9f,
];

/// The public keys of an issuer: a JSON Web Key Set.
///
/// A verifier fetches them by itself. Parse them to verify without a network, from a file or another
/// source of yours:
///
/// ```no_run
/// use cognito_idp::verify::{Jwks, TokenVerifier, TrustedPool};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = Jwks::parse(&std::fs::read("jwks.json")?)?;
/// let pool = TrustedPool::new("eu-central-1_example").client("app-client-id").keys(keys);
/// let verifier = TokenVerifier::builder(pool).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Jwks {
    keys: Arc<[Arc<PublicKey>]>,
}

impl Jwks {
    /// Reads a key set: an object whose member `keys` is an array.
    ///
    /// Keys that are not for RS256 signatures are left out, as are those that are malformed, of fewer
    /// than 2048 or more than 8192 bits, or without an ID.
    ///
    /// # Errors
    /// Refuses what is no key set, is larger than 64 KiB, names a member twice, has more than 32 keys,
    /// two of one ID, or none that is usable.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidInput> {
        Self::read(json).map_err(|rule| InvalidInput::new("jwks", rule))
    }

    /// The IDs of the usable keys.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.id)
    }

    pub(super) fn key(&self, id: &str) -> Option<&Arc<PublicKey>> {
        self.keys.iter().find(|key| key.id == id)
    }

    fn read(json: &[u8]) -> Result<Self, &'static str> {
        if json.len() > MAX_SIZE {
            return Err("must not be larger than 64 KiB");
        }
        let document = Some(json).filter(|json| is_distinct_object(json));
        let document: Option<Document> =
            document.and_then(|json| serde_json::from_slice(json).ok());
        let document = document.ok_or("must be a JSON Web Key Set")?;
        if document.keys.len() > MAX_KEYS {
            return Err("must not have more than 32 keys");
        }
        let mut keys: Vec<Arc<PublicKey>> = Vec::new();
        for key in document.keys.into_iter().filter_map(|key| key.key) {
            // Whose is a signature then?
            if keys.iter().any(|other| other.id == key.id) {
                return Err("must not have two keys of one ID");
            }
            keys.push(Arc::new(key));
        }
        if keys.is_empty() {
            return Err("must have a key for RS256");
        }
        Ok(Self { keys: keys.into() })
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.key_ids()).finish()
    }
}

/// A key for RS256, of a size that is allowed.
#[derive(PartialEq, Eq)]
pub(super) struct PublicKey {
    id: String,
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    is_published: bool,
}

impl PublicKey {
    /// Takes modulus and exponent as big-endian numbers; `None` if no such key may be used.
    pub(super) fn new(id: String, modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        let bits = modulus.len() * 8 - usize::try_from(modulus.first()?.leading_zeros()).ok()?;
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
        let allowed = MODULUS_BITS.contains(&bits)
            && is_odd(modulus)
            && is_odd(exponent)
            && exponent != [1]
            && exponent.len() <= MAX_EXPONENT_BYTES;
        allowed.then(|| Self {
            id,
            modulus: modulus.into(),
            exponent: exponent.into(),
            is_published: digest::digest(&digest::SHA256, modulus).as_ref() == TEST_MODULUS,
        })
    }

    /// Whether everybody has the private key.
    pub(super) fn is_published(&self) -> bool {
        self.is_published
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok()
    }
}

/// Some write a zero in front, as DER does, and others do not mind.
fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0);
    &number[start.unwrap_or(number.len())..]
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Entry>,
}

/// A key, if it is one that can be used here.
#[derive(Deserialize)]
#[serde(from = "serde_json::Value")]
struct Entry {
    key: Option<PublicKey>,
}

impl From<serde_json::Value> for Entry {
    fn from(entry: serde_json::Value) -> Self {
        Self {
            key: usable(&entry),
        }
    }
}

fn usable(entry: &serde_json::Value) -> Option<PublicKey> {
    let entry = entry.as_object()?;
    let text = |name: &str| entry.get(name)?.as_str();
    let absent_or = |name: &str, value: &str| match entry.get(name) {
        None => true,
        Some(found) => found == value,
    };
    let may_verify = match entry.get("key_ops") {
        None => true,
        Some(operations) => operations.as_array()?.iter().any(|name| name == "verify"),
    };
    let fits =
        text("kty")? == "RSA" && absent_or("use", "sig") && absent_or("alg", "RS256") && may_verify;
    let id = text("kid")?;
    if !fits || id.is_empty() || id.len() > MAX_KEY_ID {
        return None;
    }
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    PublicKey::new(id.to_owned(), &number("n")?, &number("e")?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// Of RFC 7515, appendix A.2, whose private half stands there as well.
    const RFC_7515_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddx\
        HmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo\
        9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4\
        uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g\
        b54h4FRWyuXpoQ";
    const RFC_7515_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz\
        ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzER\
        at0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB\
        YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6\
        _dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A\
        XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn bytes(base64: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(base64).unwrap_or_default()
    }

    fn usable_keys(keys: &Value) -> Result<Vec<String>, String> {
        let document = json!({ "keys": keys }).to_string();
        match Jwks::parse(document.as_bytes()) {
            Ok(keys) => Ok(keys.key_ids().map(str::to_owned).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn key(change: &Value) -> Value {
        let mut key = json!({"kty": "RSA", "kid": "a", "n": RFC_7515_MODULUS, "e": "AQAB"});
        for (name, value) in change.as_object().into_iter().flatten() {
            key[name] = value.clone();
        }
        key
    }

    #[test]
    fn the_limits_are_allowed_and_what_is_beyond_is_not() {
        let ids = |count: usize| (0..count).map(|id| key(&json!({"kid": id.to_string()})));
        let count = |count| usable_keys(&ids(count).collect()).map(|keys| keys.len());
        assert_eq!(count(MAX_KEYS), Ok(MAX_KEYS));
        assert!(count(MAX_KEYS + 1).is_err());

        let named = |length| usable_keys(&json!([key(&json!({"kid": "k".repeat(length)}))]));
        assert!(named(MAX_KEY_ID).is_ok() && named(MAX_KEY_ID + 1).is_err());

        let mut document = json!({"keys": [key(&Value::Null)]}).to_string();
        document += &" ".repeat(MAX_SIZE - document.len());
        let keys = Jwks::parse(document.as_bytes());
        assert_eq!(format!("{:?}", keys.as_ref().ok()), r#"Some(["a"])"#);
        assert!(keys.is_ok_and(|keys| keys.keys.iter().all(|key| !key.is_published())));
        assert!(Jwks::parse(format!("{document} ").as_bytes()).is_err());
    }

    #[test]
    fn the_signature_of_rfc_7515_holds_and_with_any_bit_changed_it_does_not() -> Outcome {
        let (message, signature) = RFC_7515_TOKEN.rsplit_once('.').ok_or("a token")?;
        let key = PublicKey::new("a".to_owned(), &bytes(RFC_7515_MODULUS), &[1, 0, 1]);
        let key = key.ok_or("a key")?;
        let mut signature = bytes(signature);
        assert!(key.verifies(message.as_bytes(), &signature));
        for bit in 0..signature.len() * 8 {
            signature[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verifies(message.as_bytes(), &signature), "bit {bit}");
            signature[bit / 8] ^= 1 << (bit % 8);
        }
        Ok(())
    }

    #[test]
    fn the_signatures_of_wycheproof_get_their_verdict() -> Outcome {
        let file = include_str!("../../tests/data/verify/wycheproof-rsa-pkcs1-sha256.json");
        let file: Value = serde_json::from_str(file)?;
        let text = |value: &Value| bytes(value.as_str().unwrap_or_default());
        let mut seen = (0, 0);
        for group in file["groups"].as_array().ok_or("groups")? {
            let key = PublicKey::new("a".to_owned(), &text(&group["n"]), &text(&group["e"]));
            let key = key.ok_or("a key")?;
            for test in group["tests"].as_array().ok_or("tests")? {
                let holds = key.verifies(&text(&test["message"]), &text(&test["signature"]));
                // What is called acceptable is not what the standard says, so it is refused.
                assert_eq!(holds, test["result"] == "valid", "{} {test}", group["bits"]);
                seen = (seen.0 + 1, seen.1 + i32::from(holds));
            }
        }
        assert_eq!(seen, (618, 31), "tests, and how many of them are valid");
        Ok(())
    }

    #[test]
    fn only_keys_that_are_for_these_signatures_count() {
        let fits = [
            json!({}),
            json!({"alg": "RS256"}),
            json!({"use": "sig"}),
            json!({"key_ops": ["verify"]}),
            json!({"e": "Aw"}),
            json!({"x5c": ["anything"], "new": {"member": 1}}),
        ];
        for change in fits {
            assert_eq!(
                usable_keys(&json!([key(&change)])),
                Ok(vec!["a".to_owned()])
            );
        }
        let short = "z".repeat(256);
        let even = format!("{}g", &RFC_7515_MODULUS[..341]);
        let long = "_".repeat(1368);
        for change in [
            json!({"kty": "EC"}),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": null}),
            json!({"use": "enc"}),
            json!({"use": null}),
            json!({"alg": "RS512"}),
            json!({"alg": "HS256"}),
            json!({"alg": 1}),
            json!({"key_ops": ["sign"]}),
            json!({"kid": ""}),
            json!({"kid": 1}),
            json!({"kid": "k".repeat(257)}),
            json!({"n": ""}),
            json!({"n": "AA"}),
            json!({"n": 1}),
            json!({"n": format!("{RFC_7515_MODULUS}==")}),
            json!({"n": format!("+{}", &RFC_7515_MODULUS[1..])}),
            json!({"n": short}),
            json!({"n": even}),
            json!({"n": long}),
            json!({"e": ""}),
            json!({"e": "AQ"}),
            json!({"e": "AAAB"}),
            json!({"e": "AQAA"}),
            json!({"e": "AQAAAAE"}),
        ] {
            let keys = json!([key(&change), key(&json!({"kid": "good"}))]);
            assert_eq!(usable_keys(&keys), Ok(vec!["good".to_owned()]), "{change}");
        }
    }

    #[test]
    fn a_leading_zero_of_a_number_does_not_count() {
        let mut modulus = vec![0];
        modulus.extend(bytes(RFC_7515_MODULUS));
        let padded = json!({"n": URL_SAFE_NO_PAD.encode(&modulus), "e": "AAEAAQ"});
        let parse = |key: Value| Jwks::parse(json!({"keys": [key]}).to_string().as_bytes());
        assert_eq!(parse(key(&padded)), parse(key(&json!({}))));
    }

    #[test]
    fn a_document_that_is_no_key_set_is_refused() {
        let one = key(&json!({})).to_string();
        let too_many: Vec<_> = (0..33)
            .map(|i| key(&json!({"kid": i.to_string()})))
            .collect();
        for (json, rule) in [
            (String::new(), "must be a JSON"),
            ("null".to_owned(), "must be a JSON"),
            ("{}".to_owned(), "must be a JSON"),
            (format!("[[{one}]]"), "must be a JSON"),
            (format!("{{\"keys\": {one}}}"), "must be a JSON"),
            (format!("{{\"keys\": [{one}]}} x"), "must be a JSON"),
            (
                format!("{{\"keys\": [{one}], \"keys\": []}}"),
                "must be a JSON",
            ),
            (
                format!(
                    "{{\"keys\": [{}]}}",
                    one.replacen('{', "{\"kid\": \"b\",", 1)
                ),
                "must be a JSON",
            ),
            (
                format!("{{\"keys\": {}1{}}}", "[".repeat(200), "]".repeat(200)),
                "must be a JSON",
            ),
            ("{\"keys\": []}".to_owned(), "must have a key"),
            (
                "{\"keys\": [1, null, \"x\", []]}".to_owned(),
                "must have a key",
            ),
            (
                format!("{{\"keys\": [{one}, {one}]}}"),
                "must not have two keys",
            ),
            (json!({"keys": too_many}).to_string(), "must not have more"),
            (
                format!("{{\"keys\": [{one}]}}{}", " ".repeat(MAX_SIZE)),
                "must not be larger",
            ),
        ] {
            match Jwks::parse(json.as_bytes()) {
                Ok(_) => panic!("must be refused: {json}"),
                Err(error) => assert!(error.to_string().contains(rule), "{error}: {json}"),
            }
        }
    }
}
