//! A store within one process.

use std::{
    collections::HashMap,
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Lease, SharedStore, SharedStoreFuture, Swap, Versioned};

/// Keeps values and leases in memory, for tests and for the parts of one process.
///
/// Clones share what is kept. Lives run by Tokio's clock, so that a test can pause it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    values: HashMap<String, Ending<Versioned>>,
    leases: HashMap<String, Ending<String>>,
    /// How many there may be before those whose life is over are looked for.
    room: usize,
}

struct Ending<T> {
    of: T,
    since: Instant,
    /// `None` if that is beyond what the clock can count.
    end: Option<Instant>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing that holds the lock can panic, and what a poisoned one guards is still whole.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl SharedStore for MemoryStore {
    fn load<'a>(&'a self, key: &'a str) -> SharedStoreFuture<'a, Option<Versioned>> {
        let value = self.kept().value(key);
        Box::pin(ready(Ok(value)))
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        expected: u64,
        next: Versioned,
        life: Duration,
    ) -> SharedStoreFuture<'a, Swap> {
        Box::pin(async move {
            let mut kept = self.kept();
            let present = kept.value(key);
            if present.as_ref().map_or(0, |present| present.version) != expected {
                return Ok(Swap::Refused(present));
            }
            kept.make_room();
            kept.values.insert(key.to_owned(), Ending::new(next, life));
            Ok(Swap::Done)
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        life: Duration,
    ) -> SharedStoreFuture<'a, Lease> {
        Box::pin(async move {
            let mut kept = self.kept();
            if let Some(lease) = kept.leases.get(key)
                && let Some(left) = lease.left()
                && lease.of != owner
            {
                return Ok(Lease::Taken(left));
            }
            kept.make_room();
            let lease = Ending::new(owner.to_owned(), life);
            kept.leases.insert(key.to_owned(), lease);
            Ok(Lease::Held)
        })
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> SharedStoreFuture<'a, ()> {
        Box::pin(async move {
            let mut kept = self.kept();
            if kept.leases.get(key).is_some_and(|lease| lease.of == owner) {
                kept.leases.remove(key);
            }
            Ok(())
        })
    }
}

impl Kept {
    fn value(&self, key: &str) -> Option<Versioned> {
        let value = self.values.get(key)?;
        value.left()?;
        Some(value.of.clone().aged(value.since.elapsed()))
    }

    /// Forgets what is over, whenever there is twice as much as was left the last time.
    fn make_room(&mut self) {
        if self.values.len() + self.leases.len() < self.room {
            return;
        }
        self.values.retain(|_, value| value.left().is_some());
        self.leases.retain(|_, lease| lease.left().is_some());
        self.room = (2 * (self.values.len() + self.leases.len())).max(64);
    }
}

impl<T> Ending<T> {
    fn new(of: T, life: Duration) -> Self {
        let since = Instant::now();
        Self {
            of,
            since,
            end: since.checked_add(life),
        }
    }

    /// What is left of its life; `None` if that is over.
    fn left(&self) -> Option<Duration> {
        let Some(end) = self.end else {
            return Some(Duration::MAX);
        };
        Some(end.duration_since(Instant::now())).filter(|left| !left.is_zero())
    }
}
