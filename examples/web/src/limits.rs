//! How often one address may post, and how often anyone may try one name.
//!
//! Each replica counts for itself. Cognito has limits of its own besides; these keep one visitor from
//! using up everybody's.

use std::{
    collections::HashMap,
    env,
    net::IpAddr,
    num::ParseIntError,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_mins(1);
/// Beyond this the windows that have ended are swept, and if none has, all are.
const MOST_KEYS: usize = 100_000;

pub(crate) struct Limits {
    addresses: Limit<IpAddr>,
    names: Limit<String>,
}

impl Limits {
    /// `LIMIT_PER_ADDRESS` and `LIMIT_PER_NAME`, posts a minute: 120 and 10 unless set.
    pub(crate) fn from_env() -> Result<Self, ParseIntError> {
        let read = |name, default| env::var(name).map_or(Ok(default), |text| text.parse());
        Ok(Self {
            addresses: Limit::new(read("LIMIT_PER_ADDRESS", 120)?),
            names: Limit::new(read("LIMIT_PER_NAME", 10)?),
        })
    }

    pub(crate) fn allows_address(&self, address: IpAddr) -> bool {
        self.addresses.allows(network(address), Instant::now())
    }

    pub(crate) fn allows_name(&self, name: &str) -> bool {
        self.names
            .allows(name.trim().to_lowercase(), Instant::now())
    }
}

/// One household has 2^64 addresses of IPv6, so they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

struct Limit<K> {
    per_minute: u32,
    windows: Mutex<HashMap<K, (Instant, u32)>>,
}

impl<K: std::hash::Hash + Eq> Limit<K> {
    fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            windows: Mutex::default(),
        }
    }

    fn allows(&self, key: K, now: Instant) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST_KEYS {
            windows.retain(|_, (began, _)| now.duration_since(*began) < MINUTE);
            if windows.len() >= MOST_KEYS {
                windows.clear();
            }
        }
        let window = windows.entry(key).or_insert((now, 0));
        if now.duration_since(window.0) >= MINUTE {
            *window = (now, 0);
        }
        window.1 = window.1.saturating_add(1);
        window.1 <= self.per_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_minute_a_key_may_again_and_others_never_had_to_wait() {
        let (limit, start) = (Limit::new(2), Instant::now());
        assert!(limit.allows("a", start));
        assert!(limit.allows("a", start));
        assert!(!limit.allows("a", start));
        assert!(limit.allows("b", start));
        assert!(limit.allows("a", start + MINUTE));
    }

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let parse = |text: &str| network(text.parse().unwrap());
        assert_eq!(parse("2001:db8::1"), parse("2001:db8::ffff:1"));
        assert_ne!(parse("2001:db8::1"), parse("2001:db8:0:1::1"));
        assert_eq!(parse("::ffff:192.0.2.1"), parse("192.0.2.1"));
        assert_ne!(parse("192.0.2.1"), parse("192.0.2.2"));
    }
}
