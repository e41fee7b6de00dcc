//! How far the server's clock is ahead of ours, learned from the `Date` of its answers.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, header};

use crate::{
    calendar::parse_http_date,
    error::{Error, ErrorCode},
    primitives::Timestamp,
};

/// What the answers so far tell about the server's clock.
///
/// As in AWS's SDKs, an answer shows the skew as its `Date` less the middle of the round trip, be it
/// a success or an error; one that was long on its way, or comes from a cache, shows nothing. The
/// SDKs then believe whatever the last answer showed. Here one wrong `Date` must not spoil what many
/// right ones taught, so an answer is believed at once only
///
/// - if it differs by no more than four minutes from what is believed already (clocks drift), or
///   from our own clock (two clocks that agree),
/// - if it is the first (sign-in by SRP dates its proof after a single answer), or
/// - if it is an error that may be about time: then the server itself says that the time was wrong,
///   and the retry needs the right one.
///
/// Any other answer must be confirmed by the next. And a `Date` outside the years 2020 to 2199 is
/// nobody's clock: it is dropped, whoever sends it and however often. Our own clock may be off by any
/// length, as one without a battery is that starts in 1970.
#[derive(Debug)]
pub(crate) struct ClockSkew {
    /// In milliseconds; [`NOTHING`] before the first answer.
    believed: AtomicI64,
    /// What the last answer showed, if it has yet to be confirmed; else [`NOTHING`].
    doubted: AtomicI64,
}

/// No skew: not even the distance of two dates is as far.
const NOTHING: i64 = i64::MIN;
/// A signature this far off may be refused; AWS accepts five minutes.
const LARGE: Duration = Duration::from_mins(4);
/// After a longer round trip nobody knows when the server looked at its clock.
const LONGEST_ROUND_TRIP: Duration = Duration::from_mins(15);
/// The years 2020 to 2199, in seconds since 1970.
const PLAUSIBLE: std::ops::Range<i64> = 1_577_836_800..7_258_118_400;

impl Default for ClockSkew {
    fn default() -> Self {
        Self {
            believed: AtomicI64::new(NOTHING),
            doubted: AtomicI64::new(NOTHING),
        }
    }
}

impl ClockSkew {
    /// Learns from an answer to a request `sent` by our own clock; `error` is what the answer says.
    pub(crate) fn observe(
        &self,
        headers: &HeaderMap,
        sent: SystemTime,
        round_trip: Duration,
        error: Option<&Error>,
    ) {
        let Some(shown) = skew_millis(headers, sent, round_trip) else {
            return;
        };
        let believed = self.believed.load(Relaxed);
        let at_once = believed == NOTHING
            || !is_far(shown, believed)
            || !is_far(shown, 0)
            || error.is_some_and(may_be_about_time);
        let doubted = self.doubted.load(Relaxed);
        if at_once || doubted != NOTHING && !is_far(shown, doubted) {
            self.believed.store(shown, Relaxed);
            self.doubted.store(NOTHING, Relaxed);
        } else {
            self.doubted.store(shown, Relaxed);
        }
    }

    /// What makes the server's time of ours. Keep the one that an attempt was signed with, for
    /// [`explains`](Self::explains).
    pub(crate) fn correction(&self) -> Correction {
        match self.believed.load(Relaxed) {
            NOTHING => Correction::default(),
            millis => Correction { millis },
        }
    }

    /// Whether an attempt failed because the correction it was signed with was far off.
    ///
    /// The codes alone prove nothing: most of these errors are about keys and permissions. Nor does
    /// a clock that is off, once signatures are corrected for it.
    pub(crate) fn explains(&self, error: &Error, signed_with: Correction) -> bool {
        is_far(self.correction().millis, signed_with.millis) && may_be_about_time(error)
    }
}

/// How much must be added to our time to get the server's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Correction {
    millis: i64,
}

impl Correction {
    /// The server's time when our clock shows `now`.
    pub(crate) fn of(self, now: SystemTime) -> SystemTime {
        let distance = Duration::from_millis(self.millis.unsigned_abs());
        let corrected = if self.millis < 0 {
            now.checked_sub(distance)
        } else {
            now.checked_add(distance)
        };
        corrected.unwrap_or(now)
    }
}

fn is_far(one: i64, other: i64) -> bool {
    Duration::from_millis(one.abs_diff(other)) > LARGE
}

fn may_be_about_time(error: &Error) -> bool {
    match error.code() {
        Some(
            ErrorCode::AccessDenied
            | ErrorCode::InvalidSignature
            | ErrorCode::RequestExpired
            | ErrorCode::RequestTimeTooSkewed
            | ErrorCode::SignatureDoesNotMatch,
        ) => true,
        Some(ErrorCode::Other(code)) => {
            matches!(code.as_str(), "AuthFailure" | "RequestInTheFuture")
        }
        _ => false,
    }
}

/// The skew that one answer shows; `None` if it shows none.
fn skew_millis(headers: &HeaderMap, sent: SystemTime, round_trip: Duration) -> Option<i64> {
    // A cache gives out the date at which it got the answer.
    if headers.contains_key(header::AGE) || round_trip > LONGEST_ROUND_TRIP {
        return None;
    }
    let server = parse_http_date(headers.get(header::DATE)?.to_str().ok()?)?;
    if !PLAUSIBLE.contains(&server) {
        return None;
    }
    let ours = Timestamp::from(sent.checked_add(round_trip / 2)?);
    let shown = (server * 1000).checked_sub(ours.epoch_millis())?;
    // A `Date` has whole seconds: within the one that it names, it agrees with our clock. Otherwise a
    // token could be younger than the time at which it is verified.
    Some(if (-999..=0).contains(&shown) {
        0
    } else {
        shown
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderValue, StatusCode};
    use proptest::prelude::*;

    use super::*;
    use crate::error::{ServiceError, TransportError, TransportErrorKind};

    /// Noon of 1 January 2026.
    const NOON: u64 = 1_767_268_800;
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    fn noon_plus(seconds: i64) -> SystemTime {
        let noon = UNIX_EPOCH + Duration::from_secs(NOON);
        Correction {
            millis: seconds * 1000,
        }
        .of(noon)
    }

    fn refusal(code: &str) -> Error {
        let code = (!code.is_empty()).then(|| ErrorCode::from(code));
        ServiceError::new("Operation", StatusCode::FORBIDDEN, code).into()
    }

    fn headers(date: &str, age: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(date) = HeaderValue::from_str(date) {
            headers.insert(header::DATE, date);
        }
        if let Some(age) = age.and_then(|age| HeaderValue::from_str(age).ok()) {
            headers.insert(header::AGE, age);
        }
        headers
    }

    impl ClockSkew {
        /// An answer to a request sent some seconds after noon and two seconds on its way.
        fn answer(&self, sent: i64, date: &str, error: Option<&Error>) -> &Self {
            let round_trip = Duration::from_secs(2);
            self.observe(&headers(date, None), noon_plus(sent), round_trip, error);
            self
        }

        /// A success at noon by our clock that shows a skew of so many seconds.
        fn success(&self, skew: i64) -> &Self {
            self.answer(0, &http_date(skew + 1), None)
        }

        fn refused(&self, skew: i64, code: &str) -> &Self {
            self.answer(0, &http_date(skew + 1), Some(&refusal(code)))
        }

        fn seconds(&self) -> i64 {
            self.correction().millis / 1000
        }
    }

    /// The `Date` of so many seconds after noon.
    fn http_date(after_noon: i64) -> String {
        use crate::calendar::DateTime;

        let date = DateTime::try_from_system_time(noon_plus(after_noon)).expect("a date");
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][usize::try_from(date.month - 1).expect("a month")];
        format!(
            "Thu, {:02} {month} {:04} {:02}:{:02}:{:02} GMT",
            date.day, date.year, date.hour, date.minute, date.second
        )
    }

    #[test]
    fn clocks_that_agree_need_no_correction() {
        let skew = ClockSkew::default();
        skew.answer(0, "Thu, 01 Jan 2026 12:00:01 GMT", None);
        assert_eq!(skew.correction(), Correction::default());
        assert_eq!(skew.correction().of(noon_plus(5)), noon_plus(5));
    }

    #[test]
    fn a_skew_is_learned_from_the_error_about_it_at_once_and_kept() {
        for off in [301, -301, 2 * HOUR, -2 * HOUR, DAY, -DAY, 3 * 365 * DAY] {
            for code in [
                "RequestTimeTooSkewed",
                "InvalidSignatureException",
                "RequestExpired",
            ] {
                // Many right answers do not stand in the way.
                let skew = ClockSkew::default();
                skew.success(0).success(1).success(0);
                let signed_with = skew.correction();
                skew.refused(off, code);
                assert!(skew.explains(&refusal(code), signed_with), "{off} {code}");
                assert_eq!(skew.correction().of(noon_plus(2)), noon_plus(off + 2));
                skew.success(off);
                assert_eq!(skew.correction().of(noon_plus(60)), noon_plus(off + 60));
            }
        }
    }

    #[test]
    fn the_first_answer_is_believed_because_nothing_better_is_known() {
        for off in [-DAY, -300, 300, HOUR, DAY] {
            let skew = ClockSkew::default();
            assert_eq!(skew.success(off).seconds(), off);
        }
    }

    #[test]
    fn one_wrong_date_between_right_ones_changes_nothing() {
        for right in [0, HOUR, -2 * DAY] {
            for off in [241, -241, HOUR / 2, DAY, -3 * DAY] {
                let skew = ClockSkew::default();
                skew.success(right).success(right);
                for _ in 0..3 {
                    assert_eq!(skew.success(right + off).seconds(), right, "{off}");
                    assert_eq!(skew.success(right).seconds(), right, "{off}");
                }
                // An error that is not about time is as good as a success.
                skew.refused(right + off, "UserNotFoundException");
                assert_eq!(skew.seconds(), right, "{off}");
            }
        }
    }

    #[test]
    fn a_jump_is_believed_when_the_next_answer_confirms_it() {
        for jump in [HOUR, -HOUR, DAY, -DAY] {
            let skew = ClockSkew::default();
            skew.success(0);
            assert_eq!(skew.success(jump).seconds(), 0);
            assert_eq!(skew.success(jump + 30).seconds(), jump + 30);

            let skew = ClockSkew::default();
            skew.success(0).success(jump);
            assert_eq!(skew.success(2 * jump).seconds(), 0, "two that differ");
            assert_eq!(skew.success(2 * jump).seconds(), 2 * jump);
        }
    }

    #[test]
    fn what_agrees_with_our_own_clock_is_believed_at_once() {
        let skew = ClockSkew::default();
        skew.success(DAY);
        let signed_with = skew.correction();
        assert_eq!(skew.success(-3).seconds(), -3);
        // It was the correction that spoiled the signature.
        assert!(skew.explains(&refusal("RequestTimeTooSkewed"), signed_with));
    }

    #[test]
    fn a_date_that_our_clock_agrees_with_to_the_second_shows_no_skew() {
        let at =
            |millis: u64| UNIX_EPOCH + Duration::from_secs(NOON) + Duration::from_millis(millis);
        let headers = headers("Thu, 01 Jan 2026 12:00:00 GMT", None);
        for (sent, round_trip, correction) in [
            (0, 0, 0),
            (999, 0, 0),
            (0, 1_998, 0),
            (1_000, 0, -1_000),
            (0, 2_000, -1_000),
        ] {
            let skew = ClockSkew::default();
            skew.observe(&headers, at(sent), Duration::from_millis(round_trip), None);
            assert_eq!(skew.correction().millis, correction, "{sent} {round_trip}");
        }
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let skew = ClockSkew::default();
        for step in 0..100 {
            assert_eq!(skew.success(step * 200).seconds(), step * 200);
        }
    }

    #[test]
    fn a_date_that_is_nobodys_clock_is_dropped_however_often_it_comes() {
        for date in [
            "Sat, 01 Jan 0000 00:00:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Tue, 31 Dec 2019 23:59:59 GMT",
            "Wed, 01 Jan 2200 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Sat, 31 Feb 2026 12:00:01 GMT",
        ] {
            let error = refusal("RequestTimeTooSkewed");
            for first in [None, Some(HOUR)] {
                let skew = ClockSkew::default();
                first.map(|off| skew.success(off));
                let signed_with = skew.correction();
                for error in [None, Some(&error), None] {
                    skew.answer(0, date, error);
                    assert_eq!(skew.seconds(), first.unwrap_or(0), "{date}");
                }
                assert!(!skew.explains(&error, signed_with), "{date}");
            }
        }
    }

    #[test]
    fn a_clock_of_ours_that_starts_in_1970_is_corrected() {
        let skew = ClockSkew::default();
        let now = UNIX_EPOCH + Duration::from_secs(30);
        let date = headers("Thu, 01 Jan 2026 12:00:00 GMT", None);
        skew.observe(&date, now, Duration::ZERO, None);
        assert_eq!(skew.correction().of(now), noon_plus(0));
        // Once it is set right, the first answer tells.
        skew.success(0);
        assert_eq!(skew.correction().of(noon_plus(9)), noon_plus(9));
    }

    #[test]
    fn a_slow_clock_of_the_server_is_corrected_too() {
        let skew = ClockSkew::default();
        skew.answer(600, "Thu, 01 Jan 2026 12:00:01 GMT", None);
        assert_eq!(skew.seconds(), -600);
        assert_eq!(skew.correction().of(noon_plus(600)), noon_plus(0));
        assert!(skew.explains(&refusal("RequestInTheFuture"), Correction::default()));
    }

    #[test]
    fn an_answer_after_more_than_15_minutes_teaches_nothing() {
        let skew = ClockSkew::default();
        let date = headers("Thu, 01 Jan 2026 12:10:00 GMT", None);
        skew.observe(&date, noon_plus(0), Duration::from_mins(16), None);
        assert_eq!(skew.seconds(), 0);
        skew.answer(1_020, "Thu, 01 Jan 2026 12:22:01 GMT", None);
        assert_eq!(skew.seconds(), 300);
        skew.observe(&date, noon_plus(0), Duration::from_mins(15), None);
        assert_eq!(skew.seconds(), 150);
    }

    #[test]
    fn two_minutes_of_skew_are_corrected_but_explain_no_error() {
        let skew = ClockSkew::default();
        skew.refused(120, "InvalidSignatureException");
        let error = refusal("InvalidSignatureException");
        assert!(!skew.explains(&error, Correction::default()));
        assert_eq!(skew.seconds(), 120);
    }

    #[test]
    fn exactly_four_minutes_explain_no_error_and_a_second_more_does() {
        let skew = ClockSkew::default();
        let error = refusal("RequestTimeTooSkewed");
        skew.success(240);
        assert!(!skew.explains(&error, Correction::default()));
        skew.success(241);
        assert!(skew.explains(&error, Correction::default()));
    }

    #[test]
    fn without_a_readable_date_nothing_is_learned_or_explained() {
        let skew = ClockSkew::default();
        let error = refusal("RequestTimeTooSkewed");
        let nothing = HeaderMap::new();
        skew.observe(&nothing, noon_plus(0), Duration::ZERO, Some(&error));
        for date in [
            "",
            "yesterday",
            "2026-01-01T12:05:01Z",
            "Thu, 01 Jan 2026 12:05:01",
        ] {
            skew.answer(0, date, Some(&error));
        }
        assert_eq!(skew.seconds(), 0);
        assert!(!skew.explains(&error, Correction::default()));
    }

    #[test]
    fn an_answer_from_a_cache_does_not_poison_the_correction() {
        let skew = ClockSkew::default();
        let cached = headers("Thu, 01 Jan 2026 07:03:01 GMT", Some("17280"));
        skew.observe(&cached, noon_plus(0), Duration::from_secs(2), None);
        assert_eq!(skew.seconds(), 0);
        skew.answer(10, "Thu, 01 Jan 2026 12:05:11 GMT", None);
        assert_eq!(skew.seconds(), 300);
        skew.observe(&cached, noon_plus(20), Duration::from_secs(2), None);
        assert_eq!(skew.seconds(), 300);
    }

    #[test]
    fn a_clock_that_is_off_explains_nothing_once_signatures_are_corrected() {
        let skew = ClockSkew::default();
        skew.success(HOUR);
        let signed_with = skew.correction();
        skew.refused(HOUR, "AccessDeniedException");
        assert!(!skew.explains(&refusal("AccessDeniedException"), signed_with));
    }

    #[test]
    fn only_errors_that_can_be_about_time_are_explained_and_believed_at_once() {
        for (code, about_time) in [
            ("InvalidSignatureException", true),
            ("SignatureDoesNotMatch", true),
            ("AuthFailure", true),
            ("RequestTimeTooSkewed", true),
            ("AccessDeniedException", true),
            ("RequestExpired", true),
            ("RequestInTheFuture", true),
            ("NotAuthorizedException", false),
            ("ExpiredTokenException", false),
            ("", false),
        ] {
            let skew = ClockSkew::default();
            skew.success(0).refused(HOUR, code);
            assert_eq!(skew.seconds() != 0, about_time, "{code}");
            skew.success(HOUR);
            let explained = skew.explains(&refusal(code), Correction::default());
            assert_eq!(explained, about_time, "{code}");
        }
        let skew = ClockSkew::default();
        skew.success(HOUR);
        let error = TransportError::new(TransportErrorKind::Timeout);
        let error = Error::transport("Operation", error);
        assert!(!skew.explains(&error, Correction::default()));
    }

    #[test]
    fn clocks_at_the_ends_of_time_do_no_harm() {
        let skew = ClockSkew::default();
        let before_epoch = UNIX_EPOCH - Duration::from_millis(1_500);
        let date = headers("Wed, 01 Jan 2020 00:00:00 GMT", None);
        skew.observe(&date, before_epoch, Duration::ZERO, None);
        let new_year = SystemTime::from(Timestamp::from_epoch_millis(1_577_836_800_000));
        assert_eq!(skew.correction().of(before_epoch), new_year);
        for millis in [i64::MIN, i64::MIN + 1, i64::MAX] {
            skew.believed.store(millis, Relaxed);
            let _ = skew.correction().of(noon_plus(0));
            let _ = skew.explains(&refusal("AuthFailure"), Correction { millis: i64::MAX });
            skew.success(0);
            assert_eq!(skew.seconds(), 0);
        }
    }

    proptest! {
        #[test]
        fn any_date_header_is_survived(
            dates in prop::collection::vec(
                "\\PC{0,40}|[A-Z][a-z]{2}, [0-9]{2} (Jan|Feb|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
                1..4,
            ),
            sent in any::<u32>(),
            round_trip in prop_oneof![
                any::<Duration>(),
                Just(Duration::MAX),
                (0_u64..100_000).prop_map(Duration::from_millis),
            ],
        ) {
            let skew = ClockSkew::default();
            let sent = UNIX_EPOCH + Duration::from_secs(sent.into());
            for date in dates {
                skew.observe(&headers(&date, None), sent, round_trip, None);
                let _ = skew.correction().of(sent);
            }
        }
    }
}
