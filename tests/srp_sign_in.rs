//! SRP through the whole client, against a server that knows verifiers instead of passwords.
//!
//! The server's side is written here a second time, from the protocol's formulas, so that a mistake
//! in the client does not meet its twin.
#![cfg(feature = "srp")]

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use cognito_idp::{
    Client, Error, ErrorCode,
    auth::{AppClient, AuthOutcome, SignIn, Tokens},
    error::DecodeProblem,
    transport::{HttpClient, HttpFuture},
};
use crypto_bigint::{U3072, const_monty_params, modular::ConstMontyForm};
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const POOL: &str = "eu-central-1_FakePool1";
const DEVICE_GROUP: &str = "-group";
const DEVICE: &str = "eu-central-1_device";
/// Noon of 2026-03-05, a day with one digit.
const NOON: u64 = 1_772_712_000;

/// How many seconds the client's idea of the server's time may be late on a busy machine.
const LATEST: u64 = 30;

const_monty_params!(
    Group,
    U3072,
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff",
    "The prime of the protocol."
);

type Residue = ConstMontyForm<Group, { U3072::LIMBS }>;

fn residue(hex: &str) -> Residue {
    let digits = format!("{hex:0>768}");
    Residue::new(&U3072::from_be_hex(&digits))
}

fn number(bytes: &[u8]) -> U3072 {
    let mut padded = [0; 384];
    padded[384 - bytes.len()..].copy_from_slice(bytes);
    U3072::from_be_slice(&padded)
}

/// Java's `BigInteger.toByteArray` of a number that is not negative.
fn java_bytes(hex: &str) -> Vec<u8> {
    let digits = hex.trim_start_matches('0');
    let digits = if digits.len() % 2 == 1 || digits.is_empty() {
        format!("0{digits}")
    } else {
        digits.to_owned()
    };
    let mut bytes: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex"))
        .collect();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    bytes
}

fn hex_of(residue: &Residue) -> String {
    let text = format!("{:x}", residue.retrieve());
    text.trim_start_matches('0').to_owned()
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// What the server keeps of a password.
#[derive(Clone, Debug)]
struct Verifier {
    scope: String,
    name: String,
    salt: String,
    value: Residue,
}

impl Verifier {
    fn new(scope: &str, name: &str, password: &str, salt: &str) -> Self {
        let identity = hash(&[format!("{scope}{name}:{password}").as_bytes()]);
        let x = hash(&[&java_bytes(salt), &identity]);
        Self {
            scope: scope.to_owned(),
            name: name.to_owned(),
            salt: salt.to_owned(),
            value: residue("2").pow(&number(&x)),
        }
    }

    /// The public value `B` for a secret `b`.
    fn public(&self, secret: &U3072) -> Residue {
        let k = hash(&[&java_bytes(&format!("{:x}", Residue::MODULUS.get())), &[2]]);
        residue(&hex(&k)) * self.value + residue("2").pow(secret)
    }

    fn signature(&self, srp_a: &str, secret: &U3072, block: &[u8], time: &str) -> String {
        let u = hash(&[
            &java_bytes(srp_a),
            &java_bytes(&hex_of(&self.public(secret))),
        ]);
        let shared = (residue(srp_a) * self.value.pow(&number(&u))).pow(secret);
        let extracted = mac(&java_bytes(&hex(&u)), &[&java_bytes(&hex_of(&shared))]);
        let key = mac(&extracted, &[b"Caldera Derived Key\x01"]);
        let message: [&[u8]; 4] = [
            self.scope.as_bytes(),
            self.name.as_bytes(),
            block,
            time.as_bytes(),
        ];
        STANDARD.encode(mac(&key[..16], &message))
    }
}

/// Cognito, as far as SRP goes.
#[derive(Clone, Debug)]
struct FakeCognito {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    user: Verifier,
    device: Option<Verifier>,
    /// The server's secret exponent.
    secret: U3072,
    srp_a: HashMap<&'static str, String>,
    /// The server's clock, ahead of the client's.
    skew: Duration,
    /// Challenge parameters that replace the right ones.
    forged: HashMap<String, String>,
}

impl FakeCognito {
    fn new(password: &str, salt: &str, secret: &[u8]) -> Self {
        let shared = Shared {
            user: Verifier::new("FakePool1", "user-id", password, salt),
            device: None,
            secret: number(secret),
            srp_a: HashMap::new(),
            skew: Duration::ZERO,
            forged: HashMap::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign_in(&self) -> Outcome<SignIn> {
        let client = Client::builder()
            .region("eu-central-1")
            .time_source(|| UNIX_EPOCH + Duration::from_secs(NOON))
            .http_client(self.clone())
            .build()?;
        Ok(SignIn::public(client, AppClient::new("client")).user_pool_id(POOL))
    }
}

impl HttpClient for FakeCognito {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let body: Value = serde_json::from_slice(request.body()).expect("JSON");
        let mut shared = self.shared();
        let (status, answer) = shared.answer(&body);
        let mut response = http::Response::new(Bytes::from(answer.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        let date = httpdate(UNIX_EPOCH + Duration::from_secs(NOON) + shared.skew);
        let date = date.parse().expect("a header");
        response.headers_mut().insert("date", date);
        Box::pin(async move { Ok(response) })
    }
}

impl Shared {
    fn answer(&mut self, request: &Value) -> (u16, Value) {
        if request["AuthFlow"] == "USER_SRP_AUTH" {
            let srp_a = text(&request["AuthParameters"]["SRP_A"]);
            self.srp_a.insert("PASSWORD_VERIFIER", srp_a);
            return (200, self.challenge("PASSWORD_VERIFIER", &self.user));
        }
        let responses = &request["ChallengeResponses"];
        match text(&request["ChallengeName"]).as_str() {
            "PASSWORD_VERIFIER" if self.is_proof("PASSWORD_VERIFIER", &self.user, responses) => {
                match &self.device {
                    Some(_) => (
                        200,
                        json!({"ChallengeName": "DEVICE_SRP_AUTH", "ChallengeParameters": {}}),
                    ),
                    None => (200, tokens()),
                }
            }
            "DEVICE_SRP_AUTH" => {
                let srp_a = text(&responses["SRP_A"]);
                self.srp_a.insert("DEVICE_PASSWORD_VERIFIER", srp_a);
                let device = self.device.as_ref().expect("a device");
                (200, self.challenge("DEVICE_PASSWORD_VERIFIER", device))
            }
            "DEVICE_PASSWORD_VERIFIER" => {
                let device = self.device.as_ref().expect("a device");
                if self.is_proof("DEVICE_PASSWORD_VERIFIER", device, responses) {
                    (200, tokens())
                } else {
                    (400, refusal())
                }
            }
            _ if request["DeviceSecretVerifierConfig"].is_object() => {
                self.confirm_device(&request["DeviceSecretVerifierConfig"]);
                (200, json!({"UserConfirmationNecessary": false}))
            }
            _ => (400, refusal()),
        }
    }

    fn challenge(&self, name: &str, verifier: &Verifier) -> Value {
        let parameter = |name: &str, right: String| self.forged.get(name).cloned().unwrap_or(right);
        json!({
            "ChallengeName": name,
            "ChallengeParameters": {
                "SALT": parameter("SALT", verifier.salt.clone()),
                "SRP_B": parameter("SRP_B", hex_of(&verifier.public(&self.secret))),
                "SECRET_BLOCK": parameter("SECRET_BLOCK", STANDARD.encode("block")),
                "USER_ID_FOR_SRP": "user-id",
            },
        })
    }

    fn is_proof(&self, name: &str, verifier: &Verifier, responses: &Value) -> bool {
        let time = text(&responses["TIMESTAMP"]);
        let seconds = NOON + self.skew.as_secs();
        // `Date` has no fractions and half the round trip counts, so the client may be behind.
        let mut expected = (seconds - LATEST..=seconds).map(java_date);
        assert!(expected.any(|expected| expected == time), "{time}");
        assert_eq!(
            responses["PASSWORD_CLAIM_SECRET_BLOCK"],
            STANDARD.encode("block")
        );
        assert_eq!(responses["USERNAME"], "user-id");
        let expected = verifier.signature(&self.srp_a[name], &self.secret, b"block", &time);
        responses["PASSWORD_CLAIM_SIGNATURE"] == expected
    }

    fn confirm_device(&mut self, config: &Value) {
        let decode = |value: &Value| hex(&STANDARD.decode(text(value)).expect("base64"));
        let verifier = decode(&config["PasswordVerifier"]);
        self.device = Some(Verifier {
            scope: DEVICE_GROUP.to_owned(),
            name: DEVICE.to_owned(),
            salt: decode(&config["Salt"]),
            value: residue(verifier.trim_start_matches("00")),
        });
    }
}

fn tokens() -> Value {
    json!({"AuthenticationResult": {
        "AccessToken": "access-token",
        "ExpiresIn": 300,
        "NewDeviceMetadata": {"DeviceGroupKey": DEVICE_GROUP, "DeviceKey": DEVICE},
    }})
}

fn refusal() -> Value {
    json!({"__type": "NotAuthorizedException", "message": "Incorrect username or password."})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Times of the one day that these tests live on, a Thursday.
fn java_date(seconds: u64) -> String {
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("Thu Mar 5 {hour:02}:{minute:02}:{second:02} UTC 2026")
}

fn httpdate(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("Thu, 05 Mar 2026 {hour:02}:{minute:02}:00 GMT")
}

fn run<T>(future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?
        .block_on(future)
}

async fn sign_in(cognito: &FakeCognito, password: &str) -> Outcome<Result<AuthOutcome, Error>> {
    Ok(cognito.sign_in()?.srp("alice", password).await)
}

async fn tokens_of(cognito: &FakeCognito, password: &str) -> Outcome<Tokens> {
    let outcome = sign_in(cognito, password).await??;
    Ok(outcome.tokens().ok_or("a challenge instead of tokens")?)
}

fn is_refused(result: &Result<AuthOutcome, Error>) -> bool {
    matches!(result, Err(error) if error.code() == Some(&ErrorCode::NotAuthorized))
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_the_right_one_signs_in() -> Outcome {
    let cognito = FakeCognito::new("P@ssw0rd!", "8ce8291892390f6b53a245933faf6164", &[7; 128]);
    assert!(is_refused(&sign_in(&cognito, "p@ssw0rd!").await?));
    tokens_of(&cognito, "P@ssw0rd!").await.map(drop)
}

#[tokio::test]
async fn the_timestamp_follows_the_clock_of_the_server() -> Outcome {
    let cognito = FakeCognito::new("P@ssw0rd!", "1", &[7; 128]);
    for skew in [0, 60 * 60, 10 * 60 * 60 + 59 * 60] {
        cognito.shared().skew = Duration::from_secs(skew);
        let tokens = tokens_of(&cognito, "P@ssw0rd!").await?;
        let expiry = (NOON + skew + 300) * 1000;
        let off = tokens
            .expires_at
            .epoch_millis()
            .unsigned_abs()
            .abs_diff(expiry);
        assert!(off <= LATEST * 1000, "{off} ms off");
    }
    Ok(())
}

#[tokio::test]
async fn a_confirmed_device_signs_in_and_another_one_does_not() -> Outcome {
    let cognito = FakeCognito::new("P@ssw0rd!", "1", &[7; 128]);
    let user = cognito.sign_in()?;
    let tokens = tokens_of(&cognito, "P@ssw0rd!").await?;
    let metadata = tokens.new_device_metadata.ok_or("no new device")?;
    let confirmed = user.confirm_device(&tokens.access_token, &metadata, None);
    let (device, _) = confirmed.await?;

    let outcome = user.clone().with_device(device.clone());
    let outcome = outcome.srp("alice", "P@ssw0rd!").await?;
    assert!(outcome.tokens().is_some());

    let mut stranger = device;
    stranger.password = "another".into();
    let result = user.with_device(stranger).srp("alice", "P@ssw0rd!").await;
    assert!(is_refused(&result));
    Ok(())
}

#[tokio::test]
async fn every_sign_in_starts_from_other_random_bytes() -> Outcome {
    let cognito = FakeCognito::new("P@ssw0rd!", "1", &[7; 128]);
    tokens_of(&cognito, "P@ssw0rd!").await?;
    let first = cognito.shared().srp_a["PASSWORD_VERIFIER"].clone();
    tokens_of(&cognito, "P@ssw0rd!").await?;
    assert_ne!(cognito.shared().srp_a["PASSWORD_VERIFIER"], first);
    Ok(())
}

type RandomSource = fn(&mut [u8]) -> io::Result<()>;

#[tokio::test]
async fn a_random_source_that_fails_stops_the_sign_in_before_anything_is_sent() -> Outcome {
    let cognito = FakeCognito::new("P@ssw0rd!", "1", &[7; 128]);
    let broken: [RandomSource; 2] = [
        |_| Err(io::Error::other("no entropy")),
        |bytes| {
            bytes.fill(0);
            Ok(())
        },
    ];
    for random in broken {
        let sign_in = cognito.sign_in()?.random_source(random);
        let result = sign_in.srp("alice", "P@ssw0rd!").await;
        assert!(matches!(result, Err(Error::InvalidInput(_))));
    }
    assert!(cognito.shared().srp_a.is_empty());
    Ok(())
}

#[tokio::test]
async fn values_with_which_srp_must_not_go_on_are_refused_by_name() -> Outcome {
    let prime = format!("{:x}", Residue::MODULUS.get());
    let too_long = "f".repeat(1000);
    for (member, value) in [
        ("SRP_B", ""),
        ("SRP_B", "0"),
        ("SRP_B", &prime),
        ("SRP_B", &too_long),
        ("SALT", "not hex"),
        ("SALT", &too_long),
        ("SECRET_BLOCK", "%"),
    ] {
        let cognito = FakeCognito::new("P@ssw0rd!", "1", &[7; 128]);
        let forged = [(member.to_owned(), value.to_owned())];
        cognito.shared().forged = forged.into();
        match sign_in(&cognito, "P@ssw0rd!").await? {
            Err(Error::Decode(error)) => {
                assert_eq!(error.problem(), &DecodeProblem::MalformedMember { member });
                assert_eq!(error.operation(), "InitiateAuth");
            }
            result => return Err(format!("{member}: {result:?}").into()),
        }
    }
    Ok(())
}

/// Few, because each costs several exponentiations without optimisation.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(count)
    }
}

/// So that each round has another secret of the client, from a seed that proptest chooses.
static SEED: AtomicU8 = AtomicU8::new(0);

#[expect(
    clippy::unnecessary_wraps,
    reason = "a source of random bytes can fail"
)]
fn seeded(bytes: &mut [u8]) -> io::Result<()> {
    let seed = SEED.load(Relaxed);
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = hash(&[&[seed], &at.to_be_bytes()])[0];
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn random_and_non_ascii_passwords_sign_in(
        password in "\\PC{1,24}",
        salt in "[1-9a-f][0-9a-f]{0,31}",
        secret in prop::collection::vec(any::<u8>(), 128),
        seed in any::<u8>(),
    ) {
        SEED.store(seed, Relaxed);
        let cognito = FakeCognito::new(&password, &salt, &secret);
        let signed_in = run(async {
            let sign_in = cognito.sign_in()?.random_source(seeded);
            Ok(sign_in.srp("alice", password.as_str()).await?.tokens().is_some())
        });
        prop_assert!(matches!(signed_in, Ok(true)), "{:?}", signed_in);
    }

    #[test]
    fn no_srp_value_of_the_server_panics_the_client(
        srp_b in prop_oneof!["\\PC{0,40}", "-?[0-9a-fA-F]{0,40}", "-?[0-9a-f]{760,776}"],
        salt in prop_oneof!["\\PC{0,40}", "-?[0-9a-fA-F]{0,40}"],
        block in prop_oneof!["\\PC{0,40}", "[A-Za-z0-9+/_-]{0,40}={0,2}"],
    ) {
        // What comes back is a forged exchange that the client refuses, or a proof that the
        // server does; both are errors.
        let cognito = Forger { srp_b, salt, block };
        let result = run(async {
            let client = Client::builder().region("eu-central-1").http_client(cognito).build()?;
            let sign_in = SignIn::public(client, AppClient::new("client")).user_pool_id(POOL);
            Ok(sign_in.srp("alice", "P@ssw0rd!").await.is_err())
        });
        prop_assert!(matches!(result, Ok(true)));
    }
}

/// A server that sends any text for an SRP value, and refuses every proof.
#[derive(Debug)]
struct Forger {
    srp_b: String,
    salt: String,
    block: String,
}

impl HttpClient for Forger {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let is_start = String::from_utf8_lossy(request.body()).contains("USER_SRP_AUTH");
        let (status, answer) = if is_start {
            let parameters =
                json!({"SRP_B": self.srp_b, "SALT": self.salt, "SECRET_BLOCK": self.block});
            let name = "PASSWORD_VERIFIER";
            (
                200,
                json!({"ChallengeName": name, "ChallengeParameters": parameters}),
            )
        } else {
            (400, refusal())
        };
        let mut response = http::Response::new(Bytes::from(answer.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        Box::pin(async move { Ok(response) })
    }
}
