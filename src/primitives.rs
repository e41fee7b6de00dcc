//! Wire values that JSON has no type for.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::calendar;

/// A point in time, to the millisecond.
///
/// Cognito writes epoch seconds with a fraction; ISO-8601 text is read as well. It converts from and
/// to [`SystemTime`]. `Display` and `Debug` show it in UTC, as RFC 3339 has it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use cognito_idp::Timestamp;
///
/// let timestamp: Timestamp = serde_json::from_str("1623956729.32")?;
/// assert_eq!(timestamp.to_string(), "2021-06-17T19:05:29.320Z");
/// assert_eq!(SystemTime::from(timestamp), SystemTime::UNIX_EPOCH + Duration::from_millis(1_623_956_729_320));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    epoch_millis: i64,
}

impl Timestamp {
    /// The time so many milliseconds after 1970-01-01T00:00:00Z (before, if negative).
    #[must_use]
    pub const fn from_epoch_millis(epoch_millis: i64) -> Self {
        Self { epoch_millis }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn epoch_millis(self) -> i64 {
        self.epoch_millis
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.epoch_millis.div_euclid(1000);
        let millis = self.epoch_millis.rem_euclid(1000);
        calendar::DateTime::from_epoch_seconds(seconds).write_rfc_3339(millis, f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        Self::from_epoch_millis(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        })
    }
}

/// A time that the platform's clock cannot hold becomes 1970-01-01T00:00:00Z.
impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        let distance = Duration::from_millis(timestamp.epoch_millis.unsigned_abs());
        let time = if timestamp.epoch_millis < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.unwrap_or(UNIX_EPOCH)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.epoch_millis % 1000 == 0 {
            return serializer.serialize_i64(self.epoch_millis / 1000);
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact below 2^53 ms, the year 287396"
        )]
        serializer.serialize_f64(self.epoch_millis as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("epoch seconds or an ISO-8601 time")
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
                Ok(Timestamp::from_epoch_millis(seconds.saturating_mul(1000)))
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
                self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "`as` saturates, NaN becomes 0"
            )]
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
                Ok(Timestamp::from_epoch_millis(
                    (seconds * 1000.0).round() as i64
                ))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                calendar::parse_iso_8601(text)
                    .map(Timestamp::from_epoch_millis)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Other("another text"), &self))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Bytes, base64 in JSON.
///
/// ```
/// use cognito_idp::Blob;
///
/// let picture = Blob::new([0xff, 0xd8]);
/// assert_eq!(serde_json::to_string(&picture)?, r#""/9g=""#);
/// assert_eq!(picture.into_bytes(), [0xff, 0xd8]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Blob(Vec<u8>);

impl Blob {
    /// Wraps bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, taken out.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD
            .decode(text)
            .map(Self)
            .map_err(|_| de::Error::custom("a blob is not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<i64, serde_json::Error> {
        serde_json::from_str::<Timestamp>(json).map(Timestamp::epoch_millis)
    }

    #[test]
    fn a_timestamp_reads_every_form_the_service_and_proxies_write() -> Result<(), serde_json::Error>
    {
        for (json, millis) in [
            ("1623956729", 1_623_956_729_000),
            ("1623956729.32", 1_623_956_729_320),
            ("1.62395672932E9", 1_623_956_729_320),
            ("-1.5", -1_500),
            ("\"2021-06-17T19:05:29Z\"", 1_623_956_729_000),
            ("\"2021-06-17T19:05:29.32Z\"", 1_623_956_729_320),
            ("\"2021-06-17T21:05:29.320+02:00\"", 1_623_956_729_320),
            ("\"2021-06-17T18:05:29-01:00\"", 1_623_956_729_000),
        ] {
            assert_eq!(read(json)?, millis, "{json}");
        }
        Ok(())
    }

    #[test]
    fn a_timestamp_refuses_nonsense_without_panicking() {
        for json in [
            "\"\"",
            "\"yesterday\"",
            "\"2021-13-01T00:00:00Z\"",
            "true",
            "[]",
            "\"é-é-éTé:é:éé\"",
        ] {
            assert!(read(json).is_err(), "{json}");
        }
        for json in [
            "1e300",
            "-1e300",
            "18446744073709551615",
            "9223372036854775807",
        ] {
            let _ = SystemTime::from(Timestamp::from_epoch_millis(read(json).unwrap_or(0)));
        }
    }

    #[test]
    fn a_timestamp_is_shown_as_rfc_3339_has_it_and_read_back_from_there() {
        for (millis, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_623_956_729_320, "2021-06-17T19:05:29.320Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            let timestamp = Timestamp::from_epoch_millis(millis);
            assert_eq!(timestamp.to_string(), shown);
            assert_eq!(format!("{timestamp:?}"), format!("Timestamp({shown})"));
            assert_eq!(read(&format!("\"{shown}\"")).ok(), Some(millis));
        }
        for (millis, shown) in [
            (253_402_300_800_000, "+10000-01-01T00:00:00Z"),
            (-62_167_219_200_001, "-0001-12-31T23:59:59.999Z"),
            (i64::MAX, "+292278994-08-17T07:12:55.807Z"),
            (i64::MIN, "-292275055-05-16T16:47:04.192Z"),
        ] {
            assert_eq!(Timestamp::from_epoch_millis(millis).to_string(), shown);
        }
    }

    #[test]
    fn a_timestamp_writes_what_it_read() -> Result<(), serde_json::Error> {
        for json in ["1623956729", "1623956729.32", "0", "-1.5"] {
            let timestamp: Timestamp = serde_json::from_str(json)?;
            assert_eq!(serde_json::to_string(&timestamp)?, json);
            assert_eq!(Timestamp::from(SystemTime::from(timestamp)), timestamp);
        }
        Ok(())
    }

    #[test]
    fn a_blob_is_base64_in_json() -> Result<(), serde_json::Error> {
        let blob: Blob = serde_json::from_str("\"AAEC\"")?;
        assert_eq!(blob.as_ref(), [0, 1, 2]);
        assert_eq!(serde_json::to_string(&blob)?, "\"AAEC\"");
        assert!(serde_json::from_str::<Blob>("\"%\"").is_err());
        Ok(())
    }
}
