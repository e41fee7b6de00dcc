//! Signature Version 4 for the one request shape of this API.
//!
//! Every call is a `POST` without a query and with the same headers, so the canonical request is
//! written straight instead of being sorted and escaped, and the day's signing key is kept. The
//! general signer of `aws-sigv4` is the oracle of the tests.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use aws_credential_types::Credentials;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    calendar::DateTime,
    endpoint::Region,
    error::InvalidInput,
    protocol::{SERVICE, X_AMZ_TARGET},
};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs requests for one region.
///
/// The signing key depends only on the credentials, the region and the day, so the last one used
/// is kept; share a signer to profit from it. The time is an argument: nothing here reads a clock.
///
/// ```
/// use std::time::SystemTime;
/// use aws_credential_types::Credentials;
/// use cognito_idp::{
///     endpoint::{Endpoint, EndpointOptions, Region},
///     operation::users::AdminGetUserRequest,
///     protocol::http_request,
///     sigv4::Signer,
/// };
///
/// let region = Region::new("eu-central-1")?;
/// let endpoint = Endpoint::regional(&region, EndpointOptions::default());
/// let mut request = http_request(&AdminGetUserRequest::new("eu-central-1_example", "alice"), &endpoint)?;
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
/// Signer::new(region).sign(&mut request, &credentials, SystemTime::now())?;
/// assert!(request.headers().contains_key("authorization"));
/// # Ok::<(), cognito_idp::Error>(())
/// ```
pub struct Signer {
    region: Region,
    service: &'static str,
    day_key: Mutex<Option<DayKey>>,
}

impl Signer {
    /// Makes a signer for a region.
    #[must_use]
    pub fn new(region: Region) -> Self {
        Self::of_service(region, SERVICE)
    }

    /// Makes a signer for a service that takes the same form of requests.
    pub(crate) fn of_service(region: Region, service: &'static str) -> Self {
        Self {
            region,
            service,
            day_key: Mutex::new(None),
        }
    }

    /// Signs a request, as [`http_request`](crate::protocol::http_request) makes it, in place.
    ///
    /// A signature is good for about five minutes and covers exactly these bytes: sign anew for
    /// every attempt.
    ///
    /// # Errors
    /// Refuses a time outside the years 1970 to 9999, credentials that cannot stand in a header, and
    /// a request without the headers that are to be signed.
    pub fn sign(
        &self,
        request: &mut http::Request<Bytes>,
        credentials: &Credentials,
        time: SystemTime,
    ) -> Result<(), InvalidInput> {
        self.sign_dated(request, credentials, signing_date(time)?)
    }

    /// Signs as [`sign`](Self::sign) does, with the [`signing_date`] of a time.
    pub(crate) fn sign_dated(
        &self,
        request: &mut http::Request<Bytes>,
        credentials: &Credentials,
        date: DateTime,
    ) -> Result<(), InvalidInput> {
        check_access_key_id(credentials.access_key_id())?;
        let token = credentials.session_token().map(token_header).transpose()?;
        let timestamp = date.iso_8601_basic();
        let day = timestamp.split('T').next().unwrap_or_default();
        let scope = [
            day,
            "/",
            self.region.as_str(),
            "/",
            self.service,
            "/aws4_request",
        ]
        .concat();

        let canonical = canonical_request(request, &timestamp, token.as_ref())?;
        let canonical_hash = Hex::of(&Sha256::digest(canonical));
        let mut mac = self.key(credentials, day);
        let string_to_sign = [
            ALGORITHM,
            "\n",
            &timestamp,
            "\n",
            &scope,
            "\n",
            canonical_hash.as_str(),
        ];
        for part in string_to_sign {
            mac.update(part.as_bytes());
        }
        let authorization = [
            ALGORITHM,
            " Credential=",
            credentials.access_key_id(),
            "/",
            &scope,
            ", SignedHeaders=",
            signed_headers(token.is_some()),
            ", Signature=",
            Hex::of(&mac.finalize().into_bytes()).as_str(),
        ]
        .concat();

        let headers = request.headers_mut();
        headers.insert(X_AMZ_DATE, header_value(timestamp)?);
        if let Some(token) = token {
            headers.insert(X_AMZ_SECURITY_TOKEN, token);
        }
        let mut authorization = header_value(authorization)?;
        authorization.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, authorization);
        Ok(())
    }

    fn key(&self, credentials: &Credentials, day: &str) -> Hmac<Sha256> {
        let mut day_key = self.day_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = day_key.as_ref().filter(|key| key.fits(credentials, day)) {
            return key.mac.clone();
        }
        let secret = Zeroizing::new(["AWS4", credentials.secret_access_key()].concat());
        let mut mac = hmac(secret.as_bytes());
        for scope in [day, self.region.as_str(), self.service, "aws4_request"] {
            mac.update(scope.as_bytes());
            let key = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
            mac = hmac(key.as_slice());
        }
        *day_key = Some(DayKey {
            credentials: credentials.clone(),
            day: day.to_owned(),
            mac: mac.clone(),
        });
        mac
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

struct DayKey {
    credentials: Credentials,
    day: String,
    mac: Hmac<Sha256>,
}

impl DayKey {
    /// The access key ID and the session token do not matter: the key is made of the secret.
    fn fits(&self, credentials: &Credentials, day: &str) -> bool {
        self.day == day && self.credentials.secret_access_key() == credentials.secret_access_key()
    }
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

/// The date that a signature of this time bears.
///
/// A clock far off would otherwise make a signature that nobody accepts, or none at all.
pub(crate) fn signing_date(time: SystemTime) -> Result<DateTime, InvalidInput> {
    let rule = "must lie in the years 1970 to 9999";
    DateTime::try_from_system_time(time).ok_or_else(|| InvalidInput::new("time", rule))
}

fn canonical_request(
    request: &http::Request<Bytes>,
    timestamp: &str,
    token: Option<&HeaderValue>,
) -> Result<String, InvalidInput> {
    let headers = request.headers();
    let path = match request.uri().path() {
        "" => "/",
        path => path,
    };
    let mut canonical = String::with_capacity(512 + token.map_or(0, HeaderValue::len));
    for part in [request.method().as_str(), "\n", path, "\n\n"] {
        canonical.push_str(part);
    }
    let mut push_header = |name, value| {
        for part in [name, ":", value, "\n"] {
            canonical.push_str(part);
        }
    };
    push_header("content-type", header_text(headers, &header::CONTENT_TYPE)?);
    push_header("host", header_text(headers, &header::HOST)?);
    push_header("x-amz-date", timestamp);
    if let Some(token) = token.and_then(|token| token.to_str().ok()) {
        push_header("x-amz-security-token", token);
    }
    push_header("x-amz-target", header_text(headers, &X_AMZ_TARGET)?);
    let body_hash = Hex::of(&Sha256::digest(request.body()));
    for part in [
        "\n",
        signed_headers(token.is_some()),
        "\n",
        body_hash.as_str(),
    ] {
        canonical.push_str(part);
    }
    Ok(canonical)
}

fn signed_headers(with_token: bool) -> &'static str {
    if with_token {
        "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
    } else {
        "content-type;host;x-amz-date;x-amz-target"
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, InvalidInput> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| {
            InvalidInput::new(
                format!("request header {name}"),
                "must be set before signing",
            )
        })
}

/// What splits the credential scope or the header would let the key ID forge either.
fn check_access_key_id(id: &str) -> Result<(), InvalidInput> {
    if !id.is_empty()
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return Ok(());
    }
    Err(InvalidInput::new(
        "access_key_id",
        "must be letters, digits and underscores, not empty",
    ))
}

fn token_header(token: &str) -> Result<HeaderValue, InvalidInput> {
    // A header may hold bytes beyond ASCII, and blanks that the server trims or folds before it
    // checks the signature: then it is not what the signature is made of.
    let value = HeaderValue::from_str(token)
        .ok()
        .filter(|_| token.bytes().all(|byte| byte.is_ascii_graphic()));
    let rule = "must be visible ASCII without blanks, as it stands in a header";
    let mut value = value.ok_or_else(|| InvalidInput::new("session_token", rule))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Of what has been checked before.
fn header_value(text: String) -> Result<HeaderValue, InvalidInput> {
    let rule = "must make a signature that can stand in a header";
    HeaderValue::try_from(text).map_err(|_| InvalidInput::new("credentials", rule))
}

/// The digits of a SHA-256 hash.
struct Hex([u8; 64]);

impl Hex {
    fn of(hash: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        Self(digits)
    }

    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_sigv4::{
        http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
        sign::v4,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::{endpoint::Endpoint, primitives::Timestamp, protocol};

    fn request(url: &str, target: &'static str, body: Vec<u8>) -> http::Request<Bytes> {
        let endpoint = Endpoint::custom_insecure(url).expect("a valid URL");
        protocol::request(target, &endpoint, Bytes::from(body)).expect("a valid request")
    }

    fn credentials(token: Option<String>) -> Credentials {
        Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token,
            None,
            "test",
        )
    }

    /// What the general signer makes of the same request.
    fn oracle(
        request: &http::Request<Bytes>,
        credentials: &Credentials,
        region: &str,
        time: SystemTime,
    ) -> Vec<(String, String)> {
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.excluded_headers = Some(vec!["user-agent".into()]);
        let identity = credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(SERVICE)
            .time(time)
            .settings(settings)
            .build()
            .expect("complete parameters")
            .into();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII headers")));
        let uri = request.uri().to_string();
        let signable =
            SignableRequest::new("POST", uri, headers, SignableBody::Bytes(request.body()))
                .expect("a signable request");
        let (instructions, _) = sign(signable, &parameters)
            .expect("a signature")
            .into_parts();
        let (headers, _) = instructions.into_parts();
        headers
            .iter()
            .map(|h| (h.name().to_owned(), h.value().to_owned()))
            .collect()
    }

    /// `PROPTEST_CASES=10000` tries more.
    fn cases() -> ProptestConfig {
        let asked = std::env::var("PROPTEST_CASES").ok();
        let cases = asked.and_then(|cases| cases.parse().ok()).unwrap_or(500);
        ProptestConfig::with_cases(cases)
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn every_signature_is_the_one_the_general_signer_makes(
            body in prop::collection::vec(any::<u8>(), 0..300),
            secret in "[ -~]{0,80}",
            token in prop::option::of(prop_oneof![
                4 => "[!-~]{1,400}",
                1 => "[ -~]{1,20}",
            ]),
            region in "(us|eu|ap|cn|us-gov|eusc-de)-[a-z]{4,9}-[1-9]",
            host in "[a-z][a-z0-9]{0,19}(\\.[a-z][a-z0-9]{0,19}){0,3}(:[1-9][0-9]{1,3})?",
            scheme in "https?",
            path in "(/[A-Za-z0-9._~-]{1,8}[A-Za-z0-9]){0,2}/?",
            target in prop::sample::select(vec!["SignUp", "AdminCreateUser", "ListUsers"]),
            seconds in prop_oneof![9 => 0_u64..7_258_118_400, 1 => 0_u64..253_402_300_800],
            nanos in 0_u32..1_000_000_000,
        ) {
            let time = UNIX_EPOCH + Duration::new(seconds, nanos);
            let blank = token.as_ref().is_some_and(|token| token.contains(' '));
            let credentials = Credentials::new("AKIDEXAMPLE", secret, token, None, "test");
            let mut ours = request(&format!("{scheme}://{host}{path}"), target, body);
            let expected = oracle(&ours, &credentials, &region, time);
            let signed = Signer::new(Region::new(region).expect("a valid region"))
                .sign(&mut ours, &credentials, time);
            if blank {
                let error = signed.expect_err("a blank in the token");
                prop_assert_eq!(&error.problems()[0].field, "session_token");
                return Ok(());
            }
            signed.expect("a signature");
            for (name, value) in expected {
                let ours = ours.headers().get(&name).and_then(|value| value.to_str().ok());
                prop_assert_eq!(ours, Some(value.as_str()), "{}", name);
            }
        }
    }

    #[test]
    fn a_kept_key_gives_the_same_signature_and_goes_with_the_day_and_the_credentials() {
        let region = Region::new("us-east-1").expect("a valid region");
        let signer = Signer::new(region.clone());
        let other = Credentials::new("AKIDEXAMPLE", "another", None, None, "test");
        let day = Duration::from_hours(24);
        let first = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (credentials, time) in [
            (credentials(None), first),
            (credentials(None), first + Duration::from_mins(1)),
            (other.clone(), first),
            (other, first + day),
            (credentials(None), first + day),
            (credentials(None), first),
        ] {
            let mut kept = request("https://example.com", "SignUp", b"{}".to_vec());
            let mut fresh = kept.clone();
            signer
                .sign(&mut kept, &credentials, time)
                .expect("a signature");
            Signer::new(region.clone())
                .sign(&mut fresh, &credentials, time)
                .expect("a signature");
            assert_eq!(kept.headers(), fresh.headers());
            let day_key = signer.day_key.lock().expect("no panic");
            let next = |credentials| {
                let fits = |key: &DayKey| key.fits(&credentials, &key.day);
                day_key.as_ref().is_some_and(fits)
            };
            assert!(next(credentials.clone()), "the key is made anew each time");
            assert!(!next(Credentials::new(
                "AKIDEXAMPLE",
                "third",
                None,
                None,
                "test"
            )));
        }
        let shown = format!("{signer:?}");
        assert!(
            shown.contains("us-east-1") && !shown.contains("key"),
            "{shown}"
        );
    }

    #[test]
    fn a_time_that_no_signature_can_bear_is_refused_by_name_and_no_other() {
        let signer = Signer::new(Region::new("us-east-1").expect("a valid region"));
        let sign = |time| {
            let mut request = request("https://example.com", "SignUp", b"{}".to_vec());
            signer.sign(&mut request, &credentials(None), time)?;
            let date = request.headers()[X_AMZ_DATE].to_str().unwrap_or_default();
            Ok::<_, InvalidInput>(date.to_owned())
        };
        let at = |millis| SystemTime::from(Timestamp::from_epoch_millis(millis));
        let year_10000 = at(253_402_300_800_000);
        let last = year_10000 - Duration::from_nanos(1);
        assert_eq!(sign(UNIX_EPOCH).as_deref(), Ok("19700101T000000Z"));
        assert_eq!(sign(last).as_deref(), Ok("99991231T235959Z"));

        // The ends of what the platform's clock can hold.
        let far = |step: fn(&SystemTime, Duration) -> Option<SystemTime>| {
            let steps = (0..63).rev().map(|bit| Duration::from_secs(1 << bit));
            steps.fold(UNIX_EPOCH, |time, by| step(&time, by).unwrap_or(time))
        };
        let (first, last) = (far(SystemTime::checked_sub), far(SystemTime::checked_add));
        let year_0 = at(-62_167_219_200_000);
        let before_1970 = UNIX_EPOCH - Duration::from_nanos(1);
        for time in [first, year_0, before_1970, year_10000, last] {
            let error = sign(time).expect_err("refused");
            assert_eq!(error.problems()[0].field, "time");
        }
    }

    #[test]
    fn credentials_that_would_break_out_of_a_header_are_refused_by_name() {
        let signer = Signer::new(Region::new("us-east-1").expect("a valid region"));
        for (id, token, field) in [
            ("", None, "access_key_id"),
            ("AKID\r\nx: y", None, "access_key_id"),
            ("AKID/20200101", None, "access_key_id"),
            ("AKID", Some("to\nken".to_owned()), "session_token"),
            ("AKID", Some("to ken".to_owned()), "session_token"),
            ("AKID", Some(" token".to_owned()), "session_token"),
            ("AKID", Some("token\t".to_owned()), "session_token"),
        ] {
            let mut request = request("https://example.com", "SignUp", b"{}".to_vec());
            let credentials = Credentials::new(id, "secret", token, None, "test");
            let error = signer
                .sign(&mut request, &credentials, UNIX_EPOCH)
                .expect_err("refused");
            assert_eq!(error.problems()[0].field, field);
            assert!(!request.headers().contains_key("authorization"));
        }
    }

    #[test]
    fn secrets_are_marked_so_that_debug_of_a_request_hides_them() {
        let mut request = request("https://example.com", "SignUp", b"{}".to_vec());
        Signer::new(Region::new("us-east-1").expect("a valid region"))
            .sign(
                &mut request,
                &credentials(Some("marker".to_owned())),
                UNIX_EPOCH,
            )
            .expect("a signature");
        let shown = format!("{:?}", request.headers());
        assert!(
            !shown.contains("marker") && !shown.contains("Signature="),
            "{shown}"
        );
    }
}
