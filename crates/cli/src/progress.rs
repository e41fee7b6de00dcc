//! How far a job is, in one line of a terminal; into a pipe or file nothing is written.
//!
//! The line is drawn whole each time, and cut to what the terminal is wide then, so that one that changes its
//! size does not garble it.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use cognito_idp::bulk::Progress;

use crate::{terminal, verbose};

/// So often it is drawn; more is only work for the terminal.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of the bar.
const WIDTH: u64 = 20;

/// A line on standard error that is drawn again and again.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    what: &'static str,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    is_shown: bool,
    is_begun: AtomicBool,
    drawn: Mutex<Option<Instant>>,
}

impl Line {
    pub(crate) fn new(what: &'static str) -> Self {
        let shared = Shared {
            // Lines of others would run into it.
            is_shown: io::stderr().is_terminal() && !verbose::is_on(),
            is_begun: AtomicBool::new(false),
            drawn: Mutex::new(None),
        };
        Self {
            what,
            shared: Arc::new(shared),
        }
    }

    /// The same line, for the next thing that is counted.
    pub(crate) fn named(&self, what: &'static str) -> Self {
        Self {
            what,
            shared: self.shared.clone(),
        }
    }

    pub(crate) fn show(&self, progress: &Progress) {
        if !self.shared.is_shown {
            return;
        }
        let now = Instant::now();
        let mut drawn = self
            .shared
            .drawn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_last = progress.total == Some(progress.done);
        if !is_last && drawn.is_some_and(|drawn| now.duration_since(drawn) < PAUSE) {
            return;
        }
        *drawn = Some(now);
        self.shared.is_begun.store(true, Ordering::Relaxed);
        let text = text(
            self.what,
            progress.done,
            progress.total,
            progress.rate,
            progress.left,
        );
        let width = terminal::width(io::stderr()).unwrap_or(usize::MAX);
        // A terminal that is gone is no reason to stop.
        let _ = write!(io::stderr(), "\r{}\x1b[K", cut(&text, width));
    }

    /// What comes now begins on a line of its own.
    pub(crate) fn end(&self) {
        if self.shared.is_begun.swap(false, Ordering::Relaxed) {
            let _ = writeln!(io::stderr());
        }
    }
}

/// What of a line a terminal has room for: one that breaks would be drawn again and again.
///
/// The last place stays free, since some terminals go to the next line with it.
fn cut(text: &str, width: usize) -> &str {
    let end = text.char_indices().nth(width.saturating_sub(1));
    end.map_or(text, |(end, _)| &text[..end])
}

fn text(what: &str, done: u64, total: Option<u64>, rate: f64, left: Option<Duration>) -> String {
    let left = left.map(|left| format!(", {} left", spell(left)));
    let left = left.unwrap_or_default();
    // Cognito's own count may be old, so more can be done than there were.
    let Some(total) = total.filter(|total| *total >= done && *total > 0) else {
        return format!("{done} {what}, {rate:.0}/s{left}");
    };
    let full = done.saturating_mul(WIDTH) / total;
    let bar = (0..WIDTH).map(|place| if place < full { '#' } else { '-' });
    let bar: String = bar.collect();
    format!("[{bar}] {done} of {total} {what}, {rate:.0}/s{left}")
}

/// `1:02:03`, `2:03` or `3 s`.
fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes}:{rest:02}"),
        _ => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far_how_fast_and_how_long() {
        let left = Some(Duration::from_secs(3_723));
        assert_eq!(
            text("users", 500, Some(2_000), 24.6, left),
            "[#####---------------] 500 of 2000 users, 25/s, 1:02:03 left"
        );
        assert_eq!(text("users", 5, None, 1.0, None), "5 users, 1/s");
        // More than Cognito said.
        assert_eq!(text("users", 5, Some(4), 1.0, None), "5 users, 1/s");
        assert_eq!(spell(Duration::from_secs(59)), "59 s");
        assert_eq!(spell(Duration::from_secs(123)), "2:03");
    }

    #[test]
    fn a_line_leaves_the_last_place_of_a_narrow_terminal_free() {
        assert_eq!(cut("12345", 6), "12345");
        assert_eq!(cut("12345", 5), "1234");
        assert_eq!(cut("12345", 1), "");
        assert_eq!(cut("12345", 0), "");
    }

    #[test]
    fn the_longest_line_fits_a_terminal() {
        let left = Some(Duration::from_hours(99));
        let text = text("users out", 9_999_999, Some(9_999_999), 9_999.0, left);
        assert!(text.len() < 80, "{}", text.len());
    }
}
