//! Civil dates in UTC: the forms that signatures, timestamps and HTTP need.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
#[cfg(feature = "srp")]
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const SECONDS_PER_DAY: i64 = 86_400;
/// The first second after 9999, since 1970.
const YEAR_10000: u64 = 253_402_300_800;

/// A date and a time of day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
}

impl DateTime {
    /// A time before 1970 counts as 1970-01-01T00:00:00Z: nothing here dates from before.
    pub(crate) fn from_system_time(time: SystemTime) -> Self {
        let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_epoch_seconds(i64::try_from(elapsed.as_secs()).unwrap_or(0))
    }

    /// `None` for a time outside the years 1970 to 9999.
    pub(crate) fn try_from_system_time(time: SystemTime) -> Option<Self> {
        let elapsed = time.duration_since(UNIX_EPOCH).ok()?;
        (elapsed.as_secs() < YEAR_10000).then(|| Self::from_system_time(time))
    }

    pub(crate) fn from_epoch_seconds(epoch_seconds: i64) -> Self {
        let (year, month, day) = civil_from_days(epoch_seconds.div_euclid(SECONDS_PER_DAY));
        let second_of_day = epoch_seconds.rem_euclid(SECONDS_PER_DAY);
        Self {
            year,
            month,
            day,
            hour: second_of_day / 3600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
        }
    }

    /// `None` where a part is out of range, such as a 31 February; a leap second counts as the second
    /// after.
    pub(crate) fn epoch_seconds(self) -> Option<i64> {
        let in_range = (0..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_of_month(self.year, self.month)).contains(&self.day)
            && (0..=23).contains(&self.hour)
            && (0..=59).contains(&self.minute)
            && (0..=60).contains(&self.second);
        in_range.then(|| {
            days_from_civil(self.year, self.month, self.day) * SECONDS_PER_DAY
                + self.hour * 3600
                + self.minute * 60
                + self.second
        })
    }

    /// `20150830T123600Z`, the form of `x-amz-date`.
    pub(crate) fn iso_8601_basic(self) -> String {
        // Every signature is dated, and `format!` takes ten times as long.
        let mut text = String::with_capacity(16);
        push_digits(&mut text, self.year, 4);
        push_digits(&mut text, self.month, 2);
        push_digits(&mut text, self.day, 2);
        text.push('T');
        push_digits(&mut text, self.hour, 2);
        push_digits(&mut text, self.minute, 2);
        push_digits(&mut text, self.second, 2);
        text.push('Z');
        text
    }

    /// `2021-06-17T19:05:29.320Z`, as RFC 3339 has it; without a fraction where it would be zero.
    ///
    /// RFC 3339 ends with the year 9999. Beyond it and before year 0, the year has a sign, as in the
    /// expanded form of ISO 8601.
    pub(crate) fn write_rfc_3339(self, millis: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (0..=9999).contains(&self.year) {
            write!(f, "{:04}", self.year)?;
        } else {
            write!(f, "{:+05}", self.year)?;
        }
        write!(f, "-{:02}-{:02}", self.month, self.day)?;
        write!(f, "T{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if millis != 0 {
            write!(f, ".{millis:03}")?;
        }
        f.write_str("Z")
    }

    /// `Thu Jan 1 00:00:00 UTC 1970`, as Java's `EEE MMM d HH:mm:ss z yyyy` in English.
    #[cfg(feature = "srp")]
    pub(crate) fn java_date(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        let name = |names: &[&'static str], index: i64| {
            let index = usize::try_from(index).ok()?;
            names.get(index).copied()
        };
        let days = days_from_civil(year, month, day);
        let weekday = name(&WEEKDAYS, days.rem_euclid(7)).unwrap_or_default();
        let month = name(&MONTHS, month - 1).unwrap_or_default();
        format!("{weekday} {month} {day} {hour:02}:{minute:02}:{second:02} UTC {year}")
    }
}

fn push_digits(text: &mut String, number: i64, count: u32) {
    for place in (0..count).rev() {
        let digit = u8::try_from(number / 10_i64.pow(place) % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
    }
}

/// Reads `2021-06-17T19:05:29.32Z`, or an offset such as `+02:00` in place of `Z`, as milliseconds
/// since 1970.
pub(crate) fn parse_iso_8601(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once('T')?;
    let (clock, offset_seconds) = split_offset(clock)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let seconds = DateTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
    }
    .epoch_seconds()?;
    Some((seconds - offset_seconds) * 1000 + millis_of_fraction(fraction)?)
}

/// Reads the `Date` header's `Thu, 17 Jun 2021 19:05:29 GMT` as seconds since 1970.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    let text = text.strip_suffix(" GMT")?;
    let separators = [
        (3, b','),
        (4, b' '),
        (7, b' '),
        (11, b' '),
        (16, b' '),
        (19, b':'),
        (22, b':'),
    ];
    let stands = |(at, separator): &(usize, u8)| text.as_bytes().get(*at) == Some(separator);
    if !separators.iter().all(stands) {
        return None;
    }
    let day = number(text.get(5..7)?)?;
    let name = text.get(8..11)?.as_bytes().first_chunk::<3>();
    let month = MONTHS
        .iter()
        .position(|month| month.as_bytes().first_chunk() == name)?;
    let year = number(text.get(12..16)?)?;
    let hour = number(text.get(17..19)?)?;
    let minute = number(text.get(20..22)?)?;
    let second = number(text.get(23..)?)?;
    let month = i64::try_from(month).ok()? + 1;
    DateTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
    }
    .epoch_seconds()
}

fn split_offset(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let sign_at = clock.rfind(['+', '-'])?;
    let [hours, minutes] = numbers(&clock[sign_at + 1..], ':')?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Some((
        &clock[..sign_at],
        if clock[sign_at..].starts_with('-') {
            -seconds
        } else {
            seconds
        },
    ))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut values = [0; N];
    for value in &mut values {
        *value = number(parts.next()?)?;
    }
    parts.next().is_none().then_some(values)
}

/// At most four digits and nothing else.
fn number(text: &str) -> Option<i64> {
    if !(1..=4).contains(&text.len()) {
        return None;
    }
    let push_digit = |number, byte: u8| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        Some(number * 10 + digit)
    };
    text.bytes().try_fold(0, push_digit)
}

fn millis_of_fraction(digits: &str) -> Option<i64> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits
        .then(|| format!("{digits:0<3}")[..3].parse().ok())
        .flatten()
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

// Howard Hinnant's algorithms: years begin in March, so that the leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_day_of_four_centuries_converts_there_and_back() {
        for days in -10_000..140_000 {
            let date = DateTime::from_epoch_seconds(days * SECONDS_PER_DAY + 86_399);
            assert_eq!(date.epoch_seconds(), Some(days * SECONDS_PER_DAY + 86_399));
        }
    }

    #[test]
    fn known_instants_have_their_known_forms() {
        for (seconds, form) in [
            (0, "19700101T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (1_709_164_799, "20240228T235959Z"),
            (1_709_251_199, "20240229T235959Z"),
        ] {
            assert_eq!(DateTime::from_epoch_seconds(seconds).iso_8601_basic(), form);
        }
    }

    #[test]
    fn a_day_that_its_month_does_not_have_is_no_date() {
        let reads = |date: &str| parse_iso_8601(&format!("{date}T00:00:00Z")).is_some();
        for date in [
            "2024-02-29",
            "2000-02-29",
            "2023-02-28",
            "2023-04-30",
            "2023-12-31",
        ] {
            assert!(reads(date), "{date}");
        }
        for date in [
            "2024-02-30",
            "2024-02-31",
            "2023-02-29",
            "1900-02-29",
            "2023-04-31",
            "2023-06-31",
            "2023-09-31",
            "2023-11-31",
            "2023-01-32",
            "2023-01-00",
        ] {
            assert!(!reads(date), "{date}");
        }
        assert_eq!(parse_http_date("Sat, 31 Feb 2026 08:49:37 GMT"), None);
    }

    #[test]
    fn an_offset_is_less_than_a_day() {
        let reads =
            |offset: &str| parse_iso_8601(&format!("2024-01-01T00:00:00{offset}")).is_some();
        assert!(reads("+14:00") && reads("-23:59"));
        assert!(!reads("+24:00") && !reads("-00:60") && !reads("+9999:00"));
    }

    #[test]
    fn the_years_of_four_digits_have_their_first_and_its_last_second() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let form = |time| DateTime::try_from_system_time(time).map(DateTime::iso_8601_basic);
        assert_eq!(form(UNIX_EPOCH).as_deref(), Some("19700101T000000Z"));
        assert_eq!(
            form(at(YEAR_10000 - 1)).as_deref(),
            Some("99991231T235959Z")
        );
        assert_eq!(form(at(YEAR_10000)), None);
        assert_eq!(form(UNIX_EPOCH - Duration::from_millis(1)), None);
    }

    #[test]
    fn an_http_date_is_read_exactly_or_not_at_all() {
        assert_eq!(
            parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun; 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov-1994 08:49:37 GMT",
            "Sün, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }
}
