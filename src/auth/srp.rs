//! Secure Remote Password: proves to Cognito that a password is known without sending it.
//!
//! The same mechanism serves `USER_SRP_AUTH`, `PASSWORD_SRP` and `DEVICE_SRP_AUTH`; only the
//! names that are hashed together with the password differ, see [`SrpIdentity`].
//!
//! The service speaks SRP-6a as RFC 5054 describes it, but hashes every number as Java's
//! `BigInteger.toByteArray` writes it, so ready-made SRP libraries do not interoperate with it.
//!
//! Time and randomness are arguments. Exponentiation with a secret exponent takes a time that does
//! not depend on the exponent. Secrets held in memory of our own are wiped when dropped; copies
//! that the compiler keeps in registers or on the stack are beyond reach of safe code.

use std::{fmt, time::SystemTime};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT},
};
use crypto_bigint::{U256, U1280, U3072, Uint, const_monty_params, modular::ConstMontyForm};
use hmac::{
    Hmac, KeyInit as _,
    digest::{FixedOutput as _, Update as _},
};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{calendar::DateTime, sensitive::Sensitive};

/// How many random bytes an exchange starts from.
pub(crate) const SECRET_LEN: usize = 128;

/// How many random bytes the password of a remembered device is made of.
pub(crate) const DEVICE_PASSWORD_LEN: usize = 40;

/// How many random bytes the salt of a remembered device has.
pub(crate) const DEVICE_SALT_LEN: usize = 16;

/// Why an SRP exchange cannot go on; names the value and the broken rule, never the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SrpError {
    /// The value is not a hexadecimal integer.
    #[error("{parameter} is not a hexadecimal integer")]
    NotHex {
        /// Name of the value.
        parameter: &'static str,
    },
    /// The value is not base64, neither in the standard nor in the URL-safe alphabet.
    #[error("{parameter} is not base64")]
    NotBase64 {
        /// Name of the value.
        parameter: &'static str,
    },
    /// The value is longer than a service would ever send.
    #[error("{parameter} is longer than {limit} bytes")]
    TooLong {
        /// Name of the value.
        parameter: &'static str,
        /// The largest length accepted, in bytes.
        limit: usize,
    },
    /// The value does not have the one length it must have.
    #[error("{parameter} is not {expected} bytes long")]
    WrongLength {
        /// Name of the value.
        parameter: &'static str,
        /// The length it must have, in bytes.
        expected: usize,
    },
    /// The value is zero modulo the group's prime, with which the protocol forbids going on.
    #[error("{parameter} is zero")]
    Zero {
        /// Name of the value.
        parameter: &'static str,
    },
    /// The user pool ID has nothing after an underscore, the part that is hashed.
    #[error("the user pool ID is not of the form <region>_<name>")]
    InvalidUserPoolId,
}

/// Whose password is proven: a user's, or that of a remembered device.
pub(crate) struct SrpIdentity<'a> {
    scope: &'a str,
    name: &'a str,
    password: &'a str,
}

impl<'a> SrpIdentity<'a> {
    /// A user of a pool, by the `USER_ID_FOR_SRP` of the challenge.
    ///
    /// Nothing is normalised: the password is hashed in the UTF-8 form given.
    ///
    /// # Errors
    /// [`SrpError::InvalidUserPoolId`] if the pool's ID has nothing after an underscore.
    pub(crate) fn user(
        user_pool_id: &'a str,
        user_id_for_srp: &'a str,
        password: &'a str,
    ) -> Result<Self, SrpError> {
        // Only the part after the region is hashed; AWS's pattern has no underscore in it.
        match user_pool_id.rsplit_once('_') {
            Some((_, scope)) if !scope.is_empty() => Ok(Self {
                scope,
                name: user_id_for_srp,
                password,
            }),
            _ => Err(SrpError::InvalidUserPoolId),
        }
    }

    /// A remembered device, by the keys that came with the tokens and the password that
    /// [`DeviceVerifier`] was made with.
    pub(crate) fn device(
        device_group_key: &'a str,
        device_key: &'a str,
        password: &'a str,
    ) -> Self {
        Self {
            scope: device_group_key,
            name: device_key,
            password,
        }
    }

    /// SRP's `x`, the exponent that stands for the password.
    fn private_key(&self, padded_salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let identity = sha256(&[
            self.scope.as_bytes(),
            self.name.as_bytes(),
            b":",
            self.password.as_bytes(),
        ]);
        sha256(&[padded_salt, &*identity])
    }
}

impl fmt::Debug for SrpIdentity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "SrpIdentity")
    }
}

/// What the service sends with `PASSWORD_VERIFIER` or `DEVICE_PASSWORD_VERIFIER`, as it came.
#[derive(Clone, Copy)]
pub(crate) struct SrpChallenge<'a> {
    /// `SRP_B`, the service's public value, in hexadecimal.
    pub(crate) srp_b: &'a str,
    /// `SALT` in hexadecimal; may be negative and may have an odd number of digits.
    pub(crate) salt: &'a str,
    /// `SECRET_BLOCK` in base64.
    pub(crate) secret_block: &'a str,
}

impl fmt::Debug for SrpChallenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "SrpChallenge")
    }
}

/// The client's side of one exchange, between sending `SRP_A` and answering the challenge.
pub(crate) struct SrpExchange {
    secret: Zeroizing<Vec<u8>>,
    public: U3072,
}

impl SrpExchange {
    /// Starts an exchange from [`SECRET_LEN`] random bytes, to be used for this exchange only.
    ///
    /// # Errors
    /// [`SrpError::WrongLength`] for another number of bytes, [`SrpError::Zero`] if all are zero.
    pub(crate) fn new(secret: &[u8]) -> Result<Self, SrpError> {
        const PARAMETER: &str = "the SRP secret";
        if secret.len() != SECRET_LEN {
            return Err(SrpError::WrongLength {
                parameter: PARAMETER,
                expected: SECRET_LEN,
            });
        }
        reject_zero(PARAMETER, secret)?;

        let exponent = Zeroizing::new(integer::<{ U1280::LIMBS }>(secret));
        let public = GENERATOR.pow_bounded_exp(&exponent, SECRET_BITS).retrieve();
        // No power of the generator is zero. The check is one the protocol asks for, and cheap.
        reject_zero("SRP_A", public.to_be_bytes().as_ref())?;
        Ok(Self {
            secret: Zeroizing::new(secret.to_vec()),
            public,
        })
    }

    /// The value of `SRP_A`.
    pub(crate) fn srp_a(&self) -> String {
        format!("{:x}", self.public)
            .trim_start_matches('0')
            .to_owned()
    }

    /// The value of `PASSWORD_CLAIM_SIGNATURE`.
    ///
    /// `timestamp` must be the text sent as `TIMESTAMP`, see [`timestamp`].
    ///
    /// # Errors
    /// An [`SrpError`] naming the challenge parameter that is malformed, out of bounds or zero.
    pub(crate) fn password_claim_signature(
        &self,
        identity: &SrpIdentity<'_>,
        challenge: &SrpChallenge<'_>,
        timestamp: &str,
    ) -> Result<Sensitive<String>, SrpError> {
        let secret_block = decode_secret_block(challenge.secret_block)?;
        let key = self.session_key(identity, challenge)?;
        let signature = hmac_sha256(
            &key[..],
            &[
                identity.scope.as_bytes(),
                identity.name.as_bytes(),
                &secret_block,
                timestamp.as_bytes(),
            ],
        );
        Ok(STANDARD.encode(&signature[..]).into())
    }

    /// The 16 bytes that both sides arrive at if the password is right.
    fn session_key(
        &self,
        identity: &SrpIdentity<'_>,
        challenge: &SrpChallenge<'_>,
    ) -> Result<Zeroizing<[u8; 16]>, SrpError> {
        let salt = SignedInteger::parse("SALT", challenge.salt, MAX_SALT_LEN)?;
        let srp_b = SignedInteger::parse("SRP_B", challenge.srp_b, MODULUS_LEN)?;
        let service_public = srp_b.residue();
        if service_public == Residue::ZERO {
            return Err(SrpError::Zero { parameter: "SRP_B" });
        }

        let scrambler = sha256(&[&pad(self.public.to_be_bytes().as_ref()), &srp_b.pad()]);
        reject_zero("SRP_B", &scrambler[..])?;

        let private_key = identity.private_key(&salt.pad());
        let shared = self.shared_secret(&service_public, &scrambler, &private_key);
        Ok(derive_key(&pad(&scrambler[..]), &shared))
    }

    /// SRP's `S = (B - k * g^x)^(a + u * x)`, padded.
    fn shared_secret(
        &self,
        service_public: &Residue,
        scrambler: &[u8; 32],
        private_key: &[u8; 32],
    ) -> Zeroizing<Vec<u8>> {
        let verifier = password_verifier(private_key);
        let base = Zeroizing::new(*service_public - MULTIPLIER * *verifier);

        let x = Zeroizing::new(integer::<{ U1280::LIMBS }>(private_key));
        let u = integer::<{ U256::LIMBS }>(scrambler);
        let a = Zeroizing::new(integer::<{ U1280::LIMBS }>(&self.secret));
        // Neither operation wraps: the product has at most 512 bits, the sum 1025 of the 1280.
        let exponent = Zeroizing::new(a.wrapping_add(&x.wrapping_mul(&u)));

        let shared = Zeroizing::new(base.pow_bounded_exp(&exponent, SECRET_BITS + 1));
        let shared = Zeroizing::new(shared.retrieve());
        // The length hashed depends on leading zero bits of the secret: the protocol says so.
        let bytes = Zeroizing::new(shared.to_be_bytes());
        Zeroizing::new(pad(bytes.as_ref()))
    }
}

impl fmt::Debug for SrpExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "SrpExchange")
    }
}

/// What `ConfirmDevice` registers, and the password to keep for the device's later sign-ins.
pub(crate) struct DeviceVerifier {
    /// The device's password: to be stored with the device's keys, never sent.
    pub(crate) password: Sensitive<String>,
    /// `Salt` of the device's secret verifier configuration, in base64.
    pub(crate) salt: Sensitive<String>,
    /// `PasswordVerifier` of the device's secret verifier configuration, in base64.
    pub(crate) verifier: Sensitive<String>,
}

impl DeviceVerifier {
    /// Makes a password and its verifier out of random bytes.
    pub(crate) fn new(
        device_group_key: &str,
        device_key: &str,
        password: &[u8; DEVICE_PASSWORD_LEN],
        salt: &[u8; DEVICE_SALT_LEN],
    ) -> Self {
        // The base64 text itself is the password, not the bytes it stands for.
        Self::from_password(
            device_group_key,
            device_key,
            STANDARD.encode(password).into(),
            salt,
        )
    }

    fn from_password(
        device_group_key: &str,
        device_key: &str,
        password: Sensitive<String>,
        salt: &[u8],
    ) -> Self {
        let salt = Zeroizing::new(pad(salt));
        let private_key =
            SrpIdentity::device(device_group_key, device_key, password.expose()).private_key(&salt);
        let verifier = Zeroizing::new(password_verifier(&private_key).retrieve());
        let verifier = Zeroizing::new(verifier.to_be_bytes());
        let verifier = Zeroizing::new(pad(verifier.as_ref()));
        Self {
            salt: STANDARD.encode(&*salt).into(),
            verifier: STANDARD.encode(&*verifier).into(),
            password,
        }
    }
}

impl fmt::Debug for DeviceVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "DeviceVerifier")
    }
}

/// The value of `TIMESTAMP`: English, in UTC, on a 24 hour clock, the day without a leading zero.
///
/// The service refuses a timestamp that is off, so the time should be the service's: the local
/// clock corrected by the skew seen in the `Date` of its last answer. A time before 1970 counts as
/// the first second of 1970; the service refuses both.
pub(crate) fn timestamp(time: SystemTime) -> String {
    DateTime::from_system_time(time).java_date()
}

const_monty_params!(
    Group,
    U3072,
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
     020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
     4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
     EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
     98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
     9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
     E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
     3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33\
     A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
     ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
     D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2\
     08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    "The 3072-bit prime of RFC 3526, SRP's `N`."
);

/// A number modulo the prime.
type Residue = ConstMontyForm<Group, { U3072::LIMBS }>;

/// SRP's `g`.
const GENERATOR: Residue = Residue::new(&U3072::from_u32(2));

/// SRP's `k`, the hash of the padded prime and generator.
const MULTIPLIER: Residue = Residue::new(
    &U256::from_be_hex("538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6").resize(),
);

/// Bytes of the largest number below the prime.
const MODULUS_LEN: usize = 384;

/// Bits of the client's secret exponent.
const SECRET_BITS: u32 = 1024;

/// Bytes of the longest salt accepted. The service sends 16; RFC 5054 has room for 255.
const MAX_SALT_LEN: usize = 256;

/// The longest secret block accepted: no string of the service's model is longer.
const MAX_SECRET_BLOCK_LEN: usize = 131_072;

/// An integer as the service writes it: hexadecimal digits, a minus sign in front if negative.
///
/// For users that do not exist the service makes up a salt that can be negative.
struct SignedInteger {
    negative: bool,
    /// Big endian without leading zero bytes, so empty for zero.
    magnitude: Vec<u8>,
}

impl SignedInteger {
    /// Reads an integer whose magnitude has at most `limit` bytes.
    fn parse(parameter: &'static str, text: &str, limit: usize) -> Result<Self, SrpError> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let digits = digits.as_bytes();
        // A byte more than the limit, because a sign byte may be written out.
        if digits.len() > 2 * (limit + 1) {
            return Err(SrpError::TooLong { parameter, limit });
        }
        let bytes = decode_hex(digits).ok_or(SrpError::NotHex { parameter })?;
        let magnitude = strip_leading_zeros(&bytes);
        if magnitude.len() > limit {
            return Err(SrpError::TooLong { parameter, limit });
        }
        Ok(Self {
            negative: minus && !magnitude.is_empty(),
            magnitude: magnitude.to_vec(),
        })
    }

    /// The bytes that are hashed: big endian, the shortest two's complement.
    fn pad(&self) -> Vec<u8> {
        if !self.negative {
            return pad(&self.magnitude);
        }
        // In two's complement -n is the inverse of n - 1, and just as long.
        let mut below = self.magnitude.clone();
        for byte in below.iter_mut().rev() {
            let (difference, borrow) = byte.overflowing_sub(1);
            *byte = difference;
            if !borrow {
                break;
            }
        }
        let mut padded = pad(&below);
        for byte in &mut padded {
            *byte = !*byte;
        }
        padded
    }

    /// The number modulo the prime.
    fn residue(&self) -> Residue {
        let residue = Residue::new(&integer(&self.magnitude));
        if self.negative { -residue } else { residue }
    }
}

/// SRP's `v = g^x`, what the service stores in place of the password.
fn password_verifier(private_key: &[u8; 32]) -> Zeroizing<Residue> {
    let exponent = Zeroizing::new(integer::<{ U256::LIMBS }>(private_key));
    Zeroizing::new(GENERATOR.pow(&exponent))
}

/// HKDF (RFC 5869) with one block of output, of which the service takes the first half.
fn derive_key(padded_scrambler: &[u8], padded_shared: &[u8]) -> Zeroizing<[u8; 16]> {
    let extracted = hmac_sha256(padded_scrambler, &[padded_shared]);
    let expanded = hmac_sha256(&extracted[..], &[b"Caldera Derived Key", &[1]]);
    let mut key = Zeroizing::new([0; 16]);
    for (byte, derived) in key.iter_mut().zip(expanded.iter()) {
        *byte = *derived;
    }
    key
}

/// Writes a non-negative number, given big endian, as Java's `BigInteger.toByteArray` does:
/// without leading zero bytes, but with one where the top bit would read as a minus sign.
fn pad(magnitude: &[u8]) -> Vec<u8> {
    let significant = strip_leading_zeros(magnitude);
    // Of full size from the start, so that a secret never moves and leaves a copy behind.
    let mut padded = Vec::with_capacity(significant.len() + 1);
    if significant.first().is_none_or(|top| top & 0x80 != 0) {
        padded.push(0);
    }
    padded.extend_from_slice(significant);
    padded
}

fn strip_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Reads a big endian number that fits.
fn integer<const LIMBS: usize>(bytes: &[u8]) -> Uint<LIMBS> {
    Uint::from_be_slice_truncated(bytes, Uint::<LIMBS>::BITS)
}

/// Looks at every byte, so that the time taken tells nothing of a secret.
fn reject_zero(parameter: &'static str, bytes: &[u8]) -> Result<(), SrpError> {
    if bytes.iter().fold(0, |seen, byte| seen | byte) == 0 {
        return Err(SrpError::Zero { parameter });
    }
    Ok(())
}

/// Reads digits of which an odd first one stands for a byte of its own.
fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.is_empty() {
        return None;
    }
    digits
        .rchunks(2)
        .rev()
        .map(|pair| {
            pair.iter().try_fold(0, |byte, digit| {
                let digit = char::from(*digit).to_digit(16)?;
                Some(byte << 4 | u8::try_from(digit).ok()?)
            })
        })
        .collect()
}

/// AWS's own client takes both alphabets, with or without padding.
fn decode_secret_block(text: &str) -> Result<Vec<u8>, SrpError> {
    const PARAMETER: &str = "SECRET_BLOCK";
    if text.len() > MAX_SECRET_BLOCK_LEN {
        return Err(SrpError::TooLong {
            parameter: PARAMETER,
            limit: MAX_SECRET_BLOCK_LEN,
        });
    }
    let engine = if text.contains(['-', '_']) {
        &URL_SAFE_PAD_INDIFFERENT
    } else {
        &STANDARD_PAD_INDIFFERENT
    };
    engine.decode(text).map_err(|_| SrpError::NotBase64 {
        parameter: PARAMETER,
    })
}

fn sha256(parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::default();
    for part in parts {
        hash.update(part);
    }
    let mut output = Zeroizing::new([0; 32]);
    hash.finalize_into((&mut *output).into());
    output
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("HMAC is defined for keys of every length");
    for part in parts {
        mac.update(part);
    }
    let mut output = Zeroizing::new([0; 32]);
    mac.finalize_into((&mut *output).into());
    output
}

fn redacted(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    write!(f, "{name}(** redacted **)")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const POOL: &str = "eu-west-1_AbCdEf123";
    const USER: &str = "11111111-2222-3333-4444-555555555555";
    const PASSWORD: &str = "P@ssw0rd!";
    const SALT: &str = "8ce8291892390f6b53a245933faf6164";
    const EPOCH: &str = "Thu Jan 1 00:00:00 UTC 1970";
    const MODULUS_HEX: &str = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74\
        020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437\
        4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
        ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05\
        98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb\
        9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
        e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718\
        3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33\
        a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7\
        abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864\
        d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e2\
        08e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff";

    /// The service's side of an exchange, which knows the verifier instead of the password.
    struct FakeService {
        salt: String,
        verifier: Residue,
        secret: U1280,
    }

    impl FakeService {
        fn new(identity: &SrpIdentity<'_>, salt: &str, secret: &[u8]) -> Self {
            let padded = SignedInteger::parse("SALT", salt, MAX_SALT_LEN)
                .unwrap()
                .pad();
            Self {
                salt: salt.to_owned(),
                verifier: *password_verifier(&identity.private_key(&padded)),
                secret: integer(secret),
            }
        }

        fn public(&self) -> U3072 {
            (MULTIPLIER * self.verifier + GENERATOR.pow(&self.secret)).retrieve()
        }

        fn srp_b(&self) -> String {
            hex(self.public().to_be_bytes().as_ref())
        }

        fn session_key(&self, srp_a: &str) -> Zeroizing<[u8; 16]> {
            let client = SignedInteger::parse("SRP_A", srp_a, MODULUS_LEN).unwrap();
            let service = pad(self.public().to_be_bytes().as_ref());
            let scrambler = sha256(&[&client.pad(), &service]);
            let blinded = self
                .verifier
                .pow(&integer::<{ U256::LIMBS }>(&scrambler[..]));
            let shared = (client.residue() * blinded).pow(&self.secret).retrieve();
            derive_key(&pad(&scrambler[..]), &pad(shared.to_be_bytes().as_ref()))
        }

        /// Whether both sides arrive at one key.
        fn accepts(&self, secret: &[u8], identity: &SrpIdentity<'_>) -> bool {
            let exchange = SrpExchange::new(secret).unwrap();
            let challenge = SrpChallenge {
                srp_b: &self.srp_b(),
                salt: &self.salt,
                secret_block: "",
            };
            exchange.session_key(identity, &challenge).unwrap()
                == self.session_key(&exchange.srp_a())
        }
    }

    /// Few where each costs several exponentiations, which are slow without optimisation.
    fn cases(count: u32) -> ProptestConfig {
        ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(count)
        }
    }

    fn user(password: &str) -> SrpIdentity<'_> {
        SrpIdentity::user(POOL, USER, password).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// The bytes from 01 to 80, in hexadecimal.
    fn counting_secret() -> Vec<u8> {
        (1..=128).collect()
    }

    fn small_secret(value: u64) -> Vec<u8> {
        let mut secret = vec![0; SECRET_LEN - 8];
        secret.extend_from_slice(&value.to_be_bytes());
        secret
    }

    fn sign(
        secret: &[u8],
        identity: &SrpIdentity<'_>,
        srp_b: &str,
        salt: &str,
        secret_block: &str,
        timestamp: &str,
    ) -> Result<String, SrpError> {
        let challenge = SrpChallenge {
            srp_b,
            salt,
            secret_block,
        };
        let exchange = SrpExchange::new(secret)?;
        let signature = exchange.password_claim_signature(identity, &challenge, timestamp)?;
        Ok(signature.expose().clone())
    }

    /// Signs a challenge for the user of these tests, varying what the service sends.
    fn sign_for_user(srp_b: &str, salt: &str) -> Result<String, SrpError> {
        let block = STANDARD.encode("secret-block");
        sign(
            &counting_secret(),
            &user(PASSWORD),
            srp_b,
            salt,
            &block,
            EPOCH,
        )
    }

    fn counting_service() -> FakeService {
        let secret: Vec<u8> = (1..=128).rev().collect();
        FakeService::new(&user(PASSWORD), SALT, &secret)
    }

    fn padded(text: &str) -> Vec<u8> {
        SignedInteger::parse("SALT", text, MAX_SALT_LEN)
            .unwrap()
            .pad()
    }

    fn signed_hex(value: i128) -> String {
        let sign = if value < 0 { "-" } else { "" };
        format!("{sign}{:x}", value.unsigned_abs())
    }

    /// The shortest two's complement, by dropping bytes that only repeat the sign.
    fn twos_complement(value: i128) -> Vec<u8> {
        let mut bytes = value.to_be_bytes().to_vec();
        while let [first, second, ..] = bytes[..]
            && (first == 0 && second < 0x80 || first == 0xff && second >= 0x80)
        {
            bytes.remove(0);
        }
        bytes
    }

    fn at(seconds: u64) -> String {
        timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    mod signature {
        use super::*;

        #[test]
        fn multiplier_is_the_hash_of_the_padded_prime_and_generator() {
            let modulus = pad(&decode_hex(MODULUS_HEX.as_bytes()).unwrap());
            assert_eq!(modulus.len(), 385);
            let multiplier = sha256(&[&modulus, &[2]]);
            assert_eq!(MULTIPLIER, Residue::new(&integer(&multiplier[..])));
            assert_eq!(Residue::MODULUS.get(), integer(&modulus[1..]));
        }

        #[test]
        fn user_signature_matches_a_published_exchange() {
            let secret = small_secret(1_234_567_890);
            let identity = SrpIdentity::user("eu-west-1_myPool", "test", "test").unwrap();
            let number = "499602d2";
            let challenge = SrpChallenge {
                srp_b: number,
                salt: number,
                secret_block: "",
            };
            let exchange = SrpExchange::new(&secret).unwrap();
            let key = exchange.session_key(&identity, &challenge).unwrap();
            assert_eq!(hex(&key[..]), "d96cde6c95dda17175c1293140c5a81f");

            let block = STANDARD.encode("secretssecrestssecrets");
            let time = "Tue Jul 10 11:01:00 UTC 2018";
            assert_eq!(
                sign(&secret, &identity, number, number, &block, time).unwrap(),
                "tdvQu/Li/qWl8Nni0aFPs+MwY4rvKZm0kSMrGIMSUHk="
            );
        }

        #[test]
        fn scrambler_matches_a_published_exchange() {
            let exchange = SrpExchange::new(&small_secret(1_234_567_890)).unwrap();
            let service = SignedInteger::parse("SRP_B", "499602d2", MODULUS_LEN).unwrap();
            let public = pad(exchange.public.to_be_bytes().as_ref());
            assert_eq!(
                hex(&sha256(&[&public, &service.pad()])[..]),
                "0c98b195a479d1a7c70c99dd680f34f5805fe686d0bc716549ff2ed895aa9111"
            );
        }

        #[test]
        fn device_signature_matches_a_published_exchange() {
            let identity =
                SrpIdentity::device("mock-device-group-key", "mock-device-key", "password");
            let block = "9ae77ec7154c14dcc487b47707fee4b4920cb96d8a8c045e\
                4c8df879a7b375524aa736acdec6c9ad4ea606774d00621b";
            let time = "Mon Feb 10 18:30:12 UTC 2025";
            for (number, signature) in [
                (
                    "36ef01c6dde9fe503da333b1acc758ba",
                    "O9uSej4H1B4or3Zc7Q4+KxuSvOaEfuq2a7Ye4d16fmo=",
                ),
                ("36ef01c", "eXYI/hzMa/5YWYSk1NFcDMOOBAOg+juflcjl38+xx4I="),
            ] {
                assert_eq!(
                    sign(&[1; SECRET_LEN], &identity, number, number, block, time).unwrap(),
                    signature
                );
            }
        }

        #[test]
        fn full_size_numbers_match_an_independent_model() {
            let service = counting_service();
            let exchange = SrpExchange::new(&counting_secret()).unwrap();
            assert_eq!(
                hex(&service.session_key(&exchange.srp_a())[..]),
                "885c533e47eee0caacb2a22f41c58fcf"
            );
            assert_eq!(
                sign_for_user(&service.srp_b(), SALT).unwrap(),
                "B3O+zaezpwtZjudVIS9y4g5FoTdhmUxaStzStTOZ2Qs="
            );
        }

        #[test]
        fn negative_numbers_are_hashed_and_reduced_as_java_does() {
            let srp_b = counting_service().srp_b();
            assert_eq!(
                sign_for_user(&srp_b, "-ab12cd").unwrap(),
                "ZqRCN6Sk/Rndgi56MY1zZA2Tjdp0Ky7rAjCupyS+vSg="
            );
            assert_eq!(
                sign_for_user(&format!("-{srp_b}"), SALT).unwrap(),
                "jDmq4Ssh39+k7BkWEuz5bYXAIxpQwGMAVOC3M4kcdjo="
            );
        }

        #[test]
        fn service_value_above_the_prime_is_reduced_but_hashed_as_sent() {
            let (head, tail) = MODULUS_HEX.split_at(768 - 16);
            assert_eq!(tail, "ffffffffffffffff");
            let carried = format!(
                "{:x}",
                u128::from_str_radix(&head[head.len() - 16..], 16).unwrap() + 1
            );
            let above = format!("{}{carried}0000000000000004", &head[..head.len() - 16]);
            assert_eq!(
                sign_for_user(&above, SALT).unwrap(),
                "lAW6bIQLTW0nY901a1bbDoOwpNC6epWKWcN1bWAv0+k="
            );
        }

        #[test]
        fn non_ascii_names_and_passwords_are_hashed_as_utf8() {
            let identity = SrpIdentity::user(POOL, "naïve", "pässwörd-密码-🔑").unwrap();
            let block = STANDARD.encode("secret-block");
            assert_eq!(
                sign(&counting_secret(), &identity, "abcdef", SALT, &block, EPOCH).unwrap(),
                "kkWUeAojOukLYHyr64Lwua/mKpon0lyF2ooGLPJibTI="
            );
        }

        #[test]
        fn short_public_value_is_neither_filled_up_nor_misread() {
            let mut secret = small_secret(5184);
            secret[2] = 1; // 2^1000 + 5184: its public value has 3060 bits, the top one set.
            let exchange = SrpExchange::new(&secret).unwrap();
            assert_eq!(exchange.srp_a().len(), 765);
            assert!(exchange.srp_a().starts_with("8f3c54cb"));
            let block = STANDARD.encode("secret-block");
            let srp_b = counting_service().srp_b();
            assert_eq!(
                sign(&secret, &user(PASSWORD), &srp_b, SALT, &block, EPOCH).unwrap(),
                "lrwMcxItj/8m0YRvOHw6b+rurIiV2jsI0Eyx61wQAr8="
            );
        }

        #[test]
        fn both_alphabets_of_base64_give_one_signature() {
            let block = [0xfb, 0xff, 0xbf, 0xfe];
            let sign_block = |text: &str| {
                sign(
                    &counting_secret(),
                    &user(PASSWORD),
                    "abc",
                    SALT,
                    text,
                    EPOCH,
                )
                .unwrap()
            };
            let expected = sign_block(&STANDARD.encode(block));
            assert_eq!(STANDARD.encode(block), "+/+//g==");
            for text in ["+/+//g", "-_-__g==", "-_-__g"] {
                assert_eq!(sign_block(text), expected);
            }
        }

        #[test]
        fn upper_case_digits_and_sign_bytes_change_nothing() {
            let srp_b = counting_service().srp_b();
            let expected = sign_for_user(&srp_b, SALT).unwrap();
            assert_eq!(
                sign_for_user(&srp_b.to_uppercase(), &SALT.to_uppercase()).unwrap(),
                expected
            );
            assert_eq!(
                sign_for_user(&format!("00{srp_b}"), &format!("00{SALT}")).unwrap(),
                expected
            );
        }
    }

    mod exchange {
        use super::*;

        #[test]
        fn srp_a_is_lower_case_without_leading_zeros() {
            let srp_a = |value| SrpExchange::new(&small_secret(value)).unwrap().srp_a();
            assert_eq!(srp_a(1), "2");
            assert_eq!(srp_a(5), "20");
            assert_eq!(srp_a(64), format!("1{}", "0".repeat(16)));
            let full = SrpExchange::new(&counting_secret()).unwrap().srp_a();
            assert!(full.starts_with("ce00119aff3d209146734fd8a5754ea0972b6e30"));
            assert_eq!(
                hex(&sha256(&[full.as_bytes()])[..]),
                "d49dced9d612a2c2f13fef2da5e8ea8c0f7ecc6255b2dd0dba70f89b65a7c1e1"
            );
        }

        #[test]
        fn secret_of_another_length_is_refused() {
            for length in [0, 1, SECRET_LEN - 1, SECRET_LEN + 1] {
                assert_eq!(
                    SrpExchange::new(&vec![1; length]).unwrap_err(),
                    SrpError::WrongLength {
                        parameter: "the SRP secret",
                        expected: SECRET_LEN
                    }
                );
            }
        }

        #[test]
        fn secret_of_zeros_is_refused() {
            assert_eq!(
                SrpExchange::new(&[0; SECRET_LEN]).unwrap_err(),
                SrpError::Zero {
                    parameter: "the SRP secret"
                }
            );
        }

        #[test]
        fn largest_secret_carries_into_the_last_bit_of_the_exponent() {
            let service = counting_service();
            assert!(service.accepts(&[0xff; SECRET_LEN], &user(PASSWORD)));
        }

        #[test]
        fn wrong_password_arrives_at_another_key() {
            let service = counting_service();
            assert!(service.accepts(&counting_secret(), &user(PASSWORD)));
            for password in ["", "p@ssw0rd!", "P@ssw0rd! ", "P@ssw0rd!\u{301}"] {
                assert!(!service.accepts(&counting_secret(), &user(password)));
            }
        }

        #[test]
        fn composed_and_decomposed_letters_are_different_passwords() {
            let service = FakeService::new(&user("\u{e9}"), SALT, &counting_secret());
            assert!(service.accepts(&counting_secret(), &user("\u{e9}")));
            assert!(!service.accepts(&counting_secret(), &user("e\u{301}")));
        }

        #[test]
        fn zero_as_shared_secret_does_not_panic() {
            let service = counting_service();
            let srp_b = (MULTIPLIER * service.verifier).retrieve();
            assert!(sign_for_user(&hex(srp_b.to_be_bytes().as_ref()), SALT).is_ok());
        }

        #[test]
        fn only_the_pool_part_after_the_underscore_counts() {
            let block = STANDARD.encode("block");
            let sign_in = |pool| {
                let identity = SrpIdentity::user(pool, USER, PASSWORD).unwrap();
                sign(&counting_secret(), &identity, "abc", SALT, &block, EPOCH).unwrap()
            };
            assert_eq!(sign_in("eu-west-1_Abc"), sign_in("us-gov-west-1_Abc"));
            assert_ne!(sign_in("eu-west-1_Abc"), sign_in("eu-west-1_abc"));
        }

        #[test]
        fn pool_id_without_a_pool_part_is_refused() {
            for pool in ["", "_", "eu-west-1", "eu-west-1_"] {
                assert_eq!(
                    SrpIdentity::user(pool, USER, PASSWORD).unwrap_err(),
                    SrpError::InvalidUserPoolId
                );
            }
        }

        proptest! {
            #![proptest_config(cases(6))]

            #[test]
            fn client_and_service_agree_for_every_password_and_salt(
                client in prop::collection::vec(any::<u8>(), SECRET_LEN),
                service in prop::collection::vec(any::<u8>(), SECRET_LEN),
                salt in any::<i128>(),
                password in "\\PC{1,24}",
            ) {
                prop_assume!(client.iter().any(|byte| *byte != 0));
                let identity = user(&password);
                let service = FakeService::new(&identity, &signed_hex(salt), &service);
                prop_assert!(service.accepts(&client, &identity));
            }

            #[test]
            fn nothing_the_service_sends_panics(
                srp_b in prop_oneof!["\\PC{0,40}", "-?[0-9a-fA-F]{0,40}", "-?[0-9a-f]{760,776}"],
                salt in prop_oneof!["\\PC{0,40}", "-?[0-9a-fA-F]{0,40}"],
                secret_block in prop_oneof!["\\PC{0,40}", "[A-Za-z0-9+/_-]{0,40}={0,2}"],
                user_id in "\\PC{0,40}",
            ) {
                let identity = SrpIdentity::user(POOL, &user_id, PASSWORD).unwrap();
                let _ = sign(&counting_secret(), &identity, &srp_b, &salt, &secret_block, EPOCH);
            }
        }
    }

    mod device {
        use super::*;

        const GROUP: &str = "mock-device-group-key";
        const KEY: &str = "mock-device-key";

        fn counting_password() -> [u8; DEVICE_PASSWORD_LEN] {
            std::array::from_fn(|index| u8::try_from(index).unwrap())
        }

        #[test]
        fn verifier_matches_an_independent_model() {
            let verifier = DeviceVerifier::new(GROUP, KEY, &counting_password(), &[200; 16]);
            assert_eq!(
                verifier.password.expose(),
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJw=="
            );
            assert_eq!(verifier.salt.expose(), "AMjIyMjIyMjIyMjIyMjIyMg=");
            assert_eq!(verifier.verifier.expose().len(), 512);
            assert!(
                verifier
                    .verifier
                    .expose()
                    .starts_with("R/4FOVIMar+B0WCS0teDC5Q4")
            );
            assert_eq!(
                hex(&sha256(&[verifier.verifier.expose().as_bytes()])[..]),
                "56124a1c9011dbf6766d7c03ee7194988eb3536b441940d9127be5402538f503"
            );
        }

        #[test]
        fn leading_zeros_of_the_salt_are_dropped_and_a_set_top_bit_gets_a_sign_byte() {
            let mut salt = [7; DEVICE_SALT_LEN];
            (salt[0], salt[1]) = (0, 0);
            let verifier = DeviceVerifier::new(GROUP, KEY, &counting_password(), &salt);
            assert_eq!(verifier.salt.expose(), "BwcHBwcHBwcHBwcHBwc=");
            assert_eq!(verifier.verifier.expose().len(), 516);
            assert!(
                verifier
                    .verifier
                    .expose()
                    .starts_with("AI9gmMIESZMfaCwMttMkJbNO")
            );
            assert_eq!(
                hex(&sha256(&[verifier.verifier.expose().as_bytes()])[..]),
                "dd2255912dd8219827be5ff8bb6c253d76a4c46231bae0b6dab41d087a8f0c46"
            );
        }

        #[test]
        fn registered_device_signs_in_with_its_password() {
            let verifier = DeviceVerifier::new(GROUP, KEY, &[0xa5; 40], &[0x9c; 16]);
            let stored = STANDARD.decode(verifier.verifier.expose()).unwrap();
            let service = FakeService {
                salt: hex(&STANDARD.decode(verifier.salt.expose()).unwrap()),
                verifier: Residue::new(&integer(&stored)),
                secret: integer(&counting_secret()),
            };
            let device = SrpIdentity::device(GROUP, KEY, verifier.password.expose());
            assert!(service.accepts(&counting_secret(), &device));
            let other = SrpIdentity::device(GROUP, "other", verifier.password.expose());
            assert!(!service.accepts(&counting_secret(), &other));
        }
    }

    mod numbers {
        use super::*;

        #[test]
        fn padding_is_the_shortest_twos_complement() {
            for (value, bytes) in [
                (-256, "ff00"),
                (-236, "ff14"),
                (-129, "ff7f"),
                (-128, "80"),
                (-20, "ec"),
                (-1, "ff"),
                (0, "00"),
                (20, "14"),
                (127, "7f"),
                (128, "0080"),
                (200, "00c8"),
                (256, "0100"),
            ] {
                assert_eq!(hex(&padded(&signed_hex(value))), bytes, "{value}");
            }
        }

        #[test]
        fn padding_agrees_with_machine_arithmetic_around_every_change_of_length() {
            for value in -70_000..=70_000 {
                assert_eq!(
                    padded(&signed_hex(value)),
                    twos_complement(value),
                    "{value}"
                );
            }
            for shift in 0..127 {
                for value in [(1 << shift) - 1, 1 << shift, (1 << shift) + 1] {
                    assert_eq!(padded(&signed_hex(value)), twos_complement(value));
                    assert_eq!(padded(&signed_hex(-value)), twos_complement(-value));
                }
            }
            assert_eq!(padded(&signed_hex(i128::MIN)), twos_complement(i128::MIN));
        }

        #[test]
        fn odd_digits_and_leading_zeros_are_read() {
            assert_eq!(padded("1"), [1]);
            assert_eq!(padded("fff"), [0x0f, 0xff]);
            assert_eq!(padded("-fff"), [0xf0, 0x01]);
            assert_eq!(padded("0000001"), [1]);
            assert_eq!(padded("000"), [0]);
            assert_eq!(padded("-0"), [0]);
        }

        #[test]
        fn text_that_is_not_an_integer_is_refused() {
            for text in [
                "", "-", "--1", "+1", "0x1", " 1", "1 ", "1_0", "g", "é", "１", "1\0",
            ] {
                assert_eq!(
                    sign_for_user("1", text).unwrap_err(),
                    SrpError::NotHex { parameter: "SALT" }
                );
                assert_eq!(
                    sign_for_user(text, "1").unwrap_err(),
                    SrpError::NotHex { parameter: "SRP_B" }
                );
            }
        }

        #[test]
        fn service_value_divisible_by_the_prime_is_refused() {
            let padded_modulus = format!("00{MODULUS_HEX}");
            let negative_modulus = format!("-{MODULUS_HEX}");
            for text in [
                "0",
                "000",
                "-0",
                MODULUS_HEX,
                &padded_modulus,
                &negative_modulus,
            ] {
                assert_eq!(
                    sign_for_user(text, SALT).unwrap_err(),
                    SrpError::Zero { parameter: "SRP_B" }
                );
            }
        }

        #[test]
        fn hash_of_zeros_is_refused() {
            assert_eq!(
                reject_zero("u", &[0; 32]),
                Err(SrpError::Zero { parameter: "u" })
            );
            let mut last = [0; 32];
            last[31] = 1;
            assert_eq!(reject_zero("u", &last), Ok(()));
        }

        #[test]
        fn service_value_is_bounded() {
            let too_long = Err(SrpError::TooLong {
                parameter: "SRP_B",
                limit: 384,
            });
            assert!(sign_for_user(&"f".repeat(768), SALT).is_ok());
            assert!(sign_for_user(&format!("-00{}", "f".repeat(768)), SALT).is_ok());
            assert_eq!(
                sign_for_user(&format!("1{}", "0".repeat(768)), SALT),
                too_long
            );
            assert_eq!(
                sign_for_user(&format!("000{}", "f".repeat(768)), SALT),
                too_long
            );
            assert_eq!(sign_for_user(&"f".repeat(1_000_000), SALT), too_long);
        }

        #[test]
        fn salt_is_bounded() {
            let too_long = Err(SrpError::TooLong {
                parameter: "SALT",
                limit: 256,
            });
            assert!(sign_for_user("abc", &"f".repeat(512)).is_ok());
            assert_eq!(
                sign_for_user("abc", &format!("1{}", "0".repeat(512))),
                too_long
            );
            assert_eq!(sign_for_user("abc", &"-".repeat(1_000_000)), too_long);
        }

        #[test]
        fn secret_block_is_bounded_and_base64() {
            let refusal = |block: &str| {
                sign(
                    &counting_secret(),
                    &user(PASSWORD),
                    "abc",
                    SALT,
                    block,
                    EPOCH,
                )
                .unwrap_err()
            };
            for block in ["A", "AA=A", "=", "+_==", "A A=", "é", "AB=="] {
                assert_eq!(
                    refusal(block),
                    SrpError::NotBase64 {
                        parameter: "SECRET_BLOCK"
                    }
                );
            }
            assert!(decode_secret_block(&"A".repeat(131_072)).is_ok());
            assert_eq!(
                refusal(&"A".repeat(131_076)),
                SrpError::TooLong {
                    parameter: "SECRET_BLOCK",
                    limit: 131_072
                }
            );
        }

        proptest! {
            #![proptest_config(cases(256))]

            #[test]
            fn padding_agrees_with_machine_arithmetic(value in any::<i128>()) {
                prop_assert_eq!(padded(&signed_hex(value)), twos_complement(value));
            }

            #[test]
            fn reading_numbers_and_blocks_never_panics(
                text in any::<String>(),
                limit in 0_usize..20,
            ) {
                if let Ok(integer) = SignedInteger::parse("SALT", &text, limit) {
                    prop_assert!(integer.pad().len() <= limit + 1);
                }
                let _ = decode_secret_block(&text);
            }
        }
    }

    mod secrecy {
        use super::*;

        #[test]
        fn debug_shows_no_member() {
            let exchange = SrpExchange::new(&counting_secret()).unwrap();
            assert_eq!(format!("{exchange:?}"), "SrpExchange(** redacted **)");
            let identity = user("marker");
            assert_eq!(format!("{identity:#?}"), "SrpIdentity(** redacted **)");
            let challenge = SrpChallenge {
                srp_b: "marker",
                salt: "marker",
                secret_block: "marker",
            };
            assert_eq!(format!("{challenge:?}"), "SrpChallenge(** redacted **)");
            let verifier = DeviceVerifier::new("marker", "marker", &[1; 40], &[1; 16]);
            assert_eq!(format!("{verifier:?}"), "DeviceVerifier(** redacted **)");
        }

        #[test]
        fn errors_name_the_parameter_and_never_the_value() {
            let error = sign_for_user("marker", SALT).unwrap_err();
            assert_eq!(error.to_string(), "SRP_B is not a hexadecimal integer");
            let error = sign_for_user("abc", &"f".repeat(600)).unwrap_err();
            assert_eq!(error.to_string(), "SALT is longer than 256 bytes");
            let error = sign_for_user("0", SALT).unwrap_err();
            assert_eq!(error.to_string(), "SRP_B is zero");
        }
    }

    mod timestamps {
        use super::*;

        #[test]
        fn day_has_no_leading_zero_and_hours_run_to_23() {
            for (seconds, text) in [
                (0, EPOCH),
                (1_531_220_460, "Tue Jul 10 11:01:00 UTC 2018"),
                (1_739_212_212, "Mon Feb 10 18:30:12 UTC 2025"),
                (1_757_077_509, "Fri Sep 5 13:05:09 UTC 2025"),
                (1_767_225_599, "Wed Dec 31 23:59:59 UTC 2025"),
                (1_767_225_600, "Thu Jan 1 00:00:00 UTC 2026"),
                (4_294_967_296, "Sun Feb 7 06:28:16 UTC 2106"),
            ] {
                assert_eq!(at(seconds), text);
            }
        }

        #[test]
        fn leap_days_follow_the_gregorian_rule() {
            for (seconds, text) in [
                (951_782_400, "Tue Feb 29 00:00:00 UTC 2000"),
                (951_868_800, "Wed Mar 1 00:00:00 UTC 2000"),
                (1_709_208_000, "Thu Feb 29 12:00:00 UTC 2024"),
                (1_740_787_200, "Sat Mar 1 00:00:00 UTC 2025"),
                (4_107_542_400, "Mon Mar 1 00:00:00 UTC 2100"),
                (4_107_456_000, "Sun Feb 28 00:00:00 UTC 2100"),
            ] {
                assert_eq!(at(seconds), text);
            }
        }

        #[test]
        fn fractions_of_a_second_are_cut_off() {
            let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1999);
            assert_eq!(timestamp(time), "Thu Jan 1 00:00:01 UTC 1970");
        }

        #[test]
        fn time_before_1970_does_not_panic() {
            let time = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
            assert_eq!(timestamp(time), EPOCH);
        }

        #[test]
        fn farthest_time_does_not_panic() {
            let farthest = i64::MAX.unsigned_abs();
            if let Some(time) = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(farthest)) {
                assert!(timestamp(time).contains(" UTC "));
            }
        }
    }
}
