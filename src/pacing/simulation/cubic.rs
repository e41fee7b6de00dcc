//! AWS's adaptive mode, as the simulations compare with it; that of `crates/redis` takes this file as well.

use std::time::Duration;

/// The client's side of AWS's adaptive mode.
#[derive(Debug)]
pub(super) struct Cubic {
    enabled: bool,
    fill_rate: f64,
    capacity: f64,
    tokens: f64,
    filled_at: Option<Duration>,
    measured: f64,
    window_start: f64,
    window_count: u32,
    last_max: f64,
    last_throttle: Duration,
    time_window: f64,
}

impl Default for Cubic {
    fn default() -> Self {
        Self {
            enabled: false,
            fill_rate: 0.0,
            capacity: 0.0,
            tokens: 0.0,
            filled_at: None,
            measured: 0.0,
            window_start: 0.0,
            window_count: 0,
            last_max: 0.0,
            last_throttle: Duration::ZERO,
            time_window: 0.0,
        }
    }
}

impl Cubic {
    const BETA: f64 = 0.7;
    const SCALE: f64 = 0.4;
    const SMOOTH: f64 = 0.8;
    const SLOWEST: f64 = 0.5;

    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        if !self.enabled {
            return Ok(());
        }
        self.fill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = Duration::from_secs_f64((1.0 - self.tokens) / self.fill_rate);
        Err(wait + Duration::from_millis(1))
    }

    fn fill(&mut self, now: Duration) {
        let passed = now
            .saturating_sub(self.filled_at.unwrap_or(now))
            .as_secs_f64();
        self.filled_at = Some(now);
        self.tokens = (self.tokens + passed * self.fill_rate).min(self.capacity);
    }

    pub(super) fn learn(&mut self, now: Duration, throttled: bool) {
        self.measure(now);
        let calculated = if throttled {
            let rate = if self.enabled {
                self.measured.min(self.fill_rate)
            } else {
                self.measured
            };
            self.last_max = rate;
            self.last_throttle = now;
            self.time_window = (rate * (1.0 - Self::BETA) / Self::SCALE).cbrt();
            self.enabled = true;
            rate * Self::BETA
        } else {
            let since = now.saturating_sub(self.last_throttle).as_secs_f64();
            Self::SCALE * (since - self.time_window).powi(3) + self.last_max
        };
        let rate = calculated.min(2.0 * self.measured).max(Self::SLOWEST);
        self.fill(now);
        self.fill_rate = rate;
        self.capacity = rate.max(1.0);
        self.tokens = self.tokens.min(self.capacity);
    }

    fn measure(&mut self, now: Duration) {
        let bucket = (now.as_secs_f64() * 2.0).floor() / 2.0;
        self.window_count += 1;
        if bucket > self.window_start {
            let rate = f64::from(self.window_count) / (bucket - self.window_start);
            self.measured = rate * Self::SMOOTH + self.measured * (1.0 - Self::SMOOTH);
            self.window_count = 0;
            self.window_start = bucket;
        }
    }
}
