//! What came out.

use std::{fmt, time::Duration};

use serde_json::json;

use crate::{PROCESSES, fleet::Request, support::cognito::Tally};

/// What became of the requests; times are in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Served {
    kept: Vec<u32>,
    hits: Vec<u32>,
    waited: Vec<u32>,
    unavailable: u32,
    lost: u32,
    wrong: u32,
}

impl Served {
    pub(crate) fn count(&mut self, request: Request) {
        match request {
            Request::Kept(micros) => self.kept.push(micros),
            Request::Hit(micros) => self.hits.push(micros),
            Request::Waited(micros) => self.waited.push(micros),
            Request::Unavailable => self.unavailable += 1,
            Request::Lost => self.lost += 1,
            Request::Wrong => self.wrong += 1,
        }
    }
}

/// All of it.
pub(crate) struct Figures {
    pub(crate) sessions: usize,
    pub(crate) is_cluster: bool,
    pub(crate) seconds: Duration,
    pub(crate) killed: usize,
    /// Sessions that were gone afterwards.
    pub(crate) lost: u32,
    /// While the processes were killed.
    pub(crate) refreshes: u32,
    pub(crate) leases_of_the_dead: usize,
    pub(crate) cognito: Tally,
    pub(crate) served: Served,
}

impl Figures {
    /// # Errors
    /// What must not be.
    pub(crate) fn judge(&self) -> Result<(), String> {
        let Self {
            cognito, served, ..
        } = self;
        if self.lost + served.lost + cognito.revoked > 0 {
            return Err("a user was signed out".to_owned());
        }
        if served.wrong > 0 {
            return Err(format!("{} got a wrong token", served.wrong));
        }
        // What a master of a cluster had confirmed may be lost with it, as if its writer had died.
        let repeated = usize::try_from(cognito.repeated).unwrap_or(usize::MAX);
        if repeated > self.leases_of_the_dead && !self.is_cluster {
            return Err(format!("{repeated} tokens were presented twice"));
        }
        if served.hits.is_empty() || served.waited.is_empty() || cognito.early > 0 {
            return Err("too few requests, or refreshes before their time".to_owned());
        }
        Ok(())
    }

    pub(crate) fn json(&self) -> String {
        let Self {
            cognito, served, ..
        } = self;
        let times =
            |of: &[u32]| json!({"requests": of.len(), "p50_us": at(of, 50), "p99_us": at(of, 99)});
        let figures = json!({
            "processes": PROCESSES,
            "sessions": self.sessions,
            "seconds": self.seconds.as_secs(),
            "killed": self.killed,
            "sessions_lost": self.lost,
            "refreshes": self.refreshes,
            "refreshes_per_expiry": self.per_expiry(),
            "leases_of_the_dead": self.leases_of_the_dead,
            "repeated": cognito.repeated,
            "early": cognito.early,
            "unavailable": served.unavailable,
            "wrong": served.wrong,
            "kept": times(&served.kept),
            "hit": times(&served.hits),
            "waited": times(&served.waited),
        });
        format!("{figures:#}\n")
    }

    /// How many refreshes there were for each that was due.
    fn per_expiry(&self) -> f64 {
        let all = f64::from(self.cognito.refreshes);
        all / (all - f64::from(self.cognito.repeated)).max(1.0)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cognito, served, ..
        } = self;
        writeln!(
            f,
            "{PROCESSES} processes, {} sessions, {} s, {} killed",
            self.sessions,
            self.seconds.as_secs(),
            self.killed
        )?;
        writeln!(f, "sessions lost          {:>8}", self.lost)?;
        writeln!(f, "refreshes              {:>8}", self.refreshes)?;
        writeln!(f, "refreshes per expiry   {:>8.4}", self.per_expiry())?;
        writeln!(f, "tokens presented twice {:>8}", cognito.repeated)?;
        writeln!(f, "refreshed too early    {:>8}", cognito.early)?;
        writeln!(f, "leases of the dead     {:>8}", self.leases_of_the_dead)?;
        writeln!(f, "requests unavailable   {:>8}", served.unavailable)?;
        for (name, times) in [
            ("kept", &served.kept),
            ("hit", &served.hits),
            ("waited", &served.waited),
        ] {
            writeln!(
                f,
                "requests {name:<13} {:>8}   p50 {:>8} us   p99 {:>8} us",
                times.len(),
                at(times, 50),
                at(times, 99)
            )?;
        }
        Ok(())
    }
}

fn at(times: &[u32], percent: usize) -> u32 {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() * percent / 100).copied().unwrap_or(0)
}
