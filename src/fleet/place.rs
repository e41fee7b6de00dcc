//! A value that several processes hold, and that one of them at a time replaces.

use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

use super::{Lease, SharedStore as _, SharedStoreError, SharedStoreFuture, Swap, Vault, Versioned};
use crate::{random::random, sensitive::Sensitive};

/// How long a lease lasts, which its owner has made longer again and again: so long does the place of
/// a process that died stand empty.
const LEASE: Duration = Duration::from_secs(10);
/// How long a store may take to answer, whatever it promises.
const ANSWER: Duration = Duration::from_secs(5);
/// How long those who wait for another process pause, growing from one to the other.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How often a value is written anew because something older stood in its place.
const WRITES: usize = 4;
const RESTORED: &str = "older values come back again and again";
/// How long a value that the store did not take is offered to it again.
const SAVING: Duration = Duration::from_mins(5);
/// Beyond it a store need not keep a number exactly.
const END_OF_VERSIONS: u64 = 1 << 53;

/// Where a value of this process and of others is kept; clones are one holder of it.
#[derive(Clone)]
pub(crate) struct Place {
    shared: Arc<Shared>,
}

struct Shared {
    vault: Vault,
    key: String,
    /// What leases call this holder.
    owner: String,
    known: Mutex<Known>,
}

/// What this holder knows of the value.
#[derive(Default)]
struct Known {
    /// The highest version that it took or wrote. What has a lower one is older, whatever the store says.
    version: u64,
    /// What the store has not taken yet.
    unsaved: Option<Unsaved>,
}

/// A value for the store, as old as it is by now.
#[derive(Clone)]
struct Unsaved {
    version: u64,
    value: Sensitive<Vec<u8>>,
    /// Its age when it was written down, and since when that is.
    age: Duration,
    since: Instant,
    life: Duration,
}

/// A value that was found, with its age by clocks that nobody sets.
pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) age: Duration,
    /// Whether others wrote it since this holder looked last.
    pub(crate) is_news: bool,
    pub(crate) version: u64,
}

/// Whose turn it is to replace the value.
pub(crate) enum Turn<T, R> {
    /// Nobody's: what was found will do.
    Needless(R),
    /// This holder's, who has the lease; the value that is there, unless it is older than what is known.
    Ours(Option<Found<T>>),
}

/// What became of a value that was written.
pub(crate) enum Written<T> {
    Kept,
    /// The store failed; the value is offered to it again until it takes it.
    Unsaved(SharedStoreError),
    /// Another holder was faster, and this is its value.
    Overtaken(Found<T>),
}

impl Place {
    /// A holder of the value of `key`, of its own.
    ///
    /// # Errors
    /// [`NotSealed`](SharedStoreError::NotSealed) without random bytes.
    pub(crate) fn new(vault: &Vault, key: String) -> Result<Self, SharedStoreError> {
        let mut owner = [0; 16];
        let filled = SystemRandom::new().fill(&mut owner);
        filled.map_err(|_| SharedStoreError::NotSealed)?;
        Ok(Self {
            shared: Arc::new(Shared {
                vault: vault.clone(),
                key,
                owner: URL_SAFE_NO_PAD.encode(owner),
                known: Mutex::default(),
            }),
        })
    }

    /// The value; `None` if there is none, or one that is older than what is known here.
    pub(crate) async fn load<T: DeserializeOwned>(
        &self,
    ) -> Result<Option<Found<T>>, SharedStoreError> {
        let loaded = in_time(self.shared.vault.load(&self.shared.key)).await?;
        let known = self.known().version;
        let newer = loaded.filter(|loaded| loaded.version >= known);
        newer.map(|loaded| read(&loaded, known)).transpose()
    }

    /// Notes that the holder has this value now.
    pub(crate) fn take<T>(&self, found: &Found<T>) {
        self.note(found.version);
    }

    /// Waits for the turn to replace the value, until what is there will do.
    ///
    /// # Errors
    /// Also if others have the lease for longer than `patience`.
    pub(crate) async fn turn<T: DeserializeOwned, R>(
        &self,
        patience: Duration,
        will_do: impl Fn(&Found<T>) -> Option<R>,
    ) -> Result<Turn<T, R>, SharedStoreError> {
        let begun = Instant::now();
        let mut pause = PAUSE;
        loop {
            if let Some(found) = self.load().await?.as_ref().and_then(&will_do) {
                return Ok(Turn::Needless(found));
            }
            let left = match self.lease().await? {
                // Whoever had it before may have been faster.
                Lease::Held => return self.ours(will_do).await,
                Lease::Taken(left) => left,
            };
            let Some(patience) = patience.checked_sub(begun.elapsed()) else {
                let why = "another process replaces the value and comes to no end";
                return Err(SharedStoreError::unavailable(why));
            };
            // Not all at once.
            let pause_now = pause.mul_f64(0.5 + random());
            sleep(pause_now.min(left).min(patience)).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// Does what the turn is for while the lease is kept, and then ends that.
    pub(crate) async fn take_turn<W: Future>(&self, work: W) -> W::Output {
        let mut work = pin!(work);
        let mut keeping = pin!(self.keep_lease());
        let outcome = poll_fn(|context| {
            if let Poll::Ready(outcome) = work.as_mut().poll(context) {
                return Poll::Ready(outcome);
            }
            keeping.as_mut().poll(context).map(|never| match never {})
        });
        let outcome = outcome.await;
        // Until the others can see what came of it, they wait; it is given back with that.
        if self.known().unsaved.is_none() {
            self.release().await;
        }
        outcome
    }

    /// Writes a value of this age over what was found, or over nothing; it is kept for `life`.
    ///
    /// Where the store fails the value is offered to it again, in a task of its own.
    ///
    /// # Errors
    /// If the value cannot be written down, or others put older ones in its place all the time.
    pub(crate) async fn write<T: Serialize + DeserializeOwned>(
        &self,
        over: Option<&Found<T>>,
        value: &T,
        age: Duration,
        life: Duration,
    ) -> Result<Written<T>, SharedStoreError> {
        let since = Instant::now();
        let value = serde_json::to_vec(value).map_err(|_| SharedStoreError::NotSealed)?;
        let value = Sensitive::from(value);
        let mut expected = over.map_or(0, |found| found.version);
        for _ in 0..WRITES {
            let version = self.version_after(expected)?;
            let unsaved = Unsaved {
                version,
                value: value.clone(),
                age,
                since,
                life,
            };
            match self.swap(expected, &unsaved).await {
                Ok(Swap::Done) => {
                    self.note(version);
                    return Ok(Written::Kept);
                }
                Ok(Swap::Refused(Some(found))) if found.version >= version => {
                    return Ok(Written::Overtaken(read(&found, version)?));
                }
                // It was lost, or something older was put in its place.
                Ok(Swap::Refused(found)) => expected = found.map_or(0, |found| found.version),
                Err(error) => {
                    self.note(version);
                    self.save_later(unsaved);
                    return Ok(Written::Unsaved(error));
                }
            }
        }
        Err(SharedStoreError::unavailable(RESTORED))
    }

    /// Offers the store once more what it has not taken yet.
    ///
    /// # Errors
    /// If it fails again.
    pub(crate) async fn save(&self) -> Result<(), SharedStoreError> {
        let mut expected = 0;
        // Once more than it is offered, to see that there is nothing left.
        for _ in 0..=WRITES {
            let Some(unsaved) = self.known().unsaved.clone() else {
                return Ok(());
            };
            match self.swap(expected, &unsaved).await? {
                Swap::Refused(Some(found)) if found.version < unsaved.version => {
                    expected = found.version;
                }
                Swap::Refused(None) => expected = 0,
                // What is there now is it, or newer.
                Swap::Done | Swap::Refused(Some(_)) => {
                    let is_it = |saved: &mut Unsaved| saved.version == unsaved.version;
                    self.known().unsaved.take_if(is_it);
                    self.release().await;
                }
            }
        }
        Err(SharedStoreError::unavailable(RESTORED))
    }

    /// Offers the store no more what it has not taken yet.
    pub(crate) fn give_up(&self) {
        self.known().unsaved = None;
    }

    /// The turn of who has the lease, unless the value will do by now.
    async fn ours<T: DeserializeOwned, R>(
        &self,
        will_do: impl Fn(&Found<T>) -> Option<R>,
    ) -> Result<Turn<T, R>, SharedStoreError> {
        let turn = self.load().await.map(|found| {
            let needless = found.as_ref().and_then(will_do);
            needless.map_or(Turn::Ours(found), Turn::Needless)
        });
        if !matches!(turn, Ok(Turn::Ours(_))) {
            self.release().await;
        }
        turn
    }

    fn save_later(&self, unsaved: Unsaved) {
        let (place, until) = (self.clone(), Instant::now() + SAVING);
        let version = unsaved.version;
        self.known().unsaved = Some(unsaved);
        // Without a runtime there is nothing that could fail here: nobody was asked.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let mut pause = PAUSE;
            while place.save().await.is_err() && Instant::now() < until {
                sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
                let is_still_it = |unsaved: &Unsaved| unsaved.version == version;
                if !place.known().unsaved.as_ref().is_some_and(is_still_it) {
                    // A newer one has its own task.
                    return;
                }
                let _ = place.lease().await;
            }
        });
    }

    async fn keep_lease(&self) -> Infallible {
        loop {
            sleep(LEASE / 3).await;
            // Who lost it goes on: whatever came of the work must be written all the same.
            let _ = self.lease().await;
        }
    }

    async fn lease(&self) -> Result<Lease, SharedStoreError> {
        let Shared {
            vault, key, owner, ..
        } = &*self.shared;
        in_time(vault.lease(key, owner, LEASE)).await
    }

    /// If that fails the lease ends by itself.
    async fn release(&self) {
        let Shared {
            vault, key, owner, ..
        } = &*self.shared;
        let _ = in_time(vault.release(key, owner)).await;
    }

    async fn swap(&self, expected: u64, next: &Unsaved) -> Result<Swap, SharedStoreError> {
        let Shared { vault, key, .. } = &*self.shared;
        let value = dated(&next.value, next.age + next.since.elapsed());
        let written = Versioned::new(next.version, value);
        in_time(vault.swap(key, expected, written, next.life)).await
    }

    /// A version higher than all that there were.
    fn version_after(&self, found: u64) -> Result<u64, SharedStoreError> {
        let known = self.known().version.max(found);
        // Where nothing is known there may have been something that was lost: it was before now.
        let first = SystemTime::now().duration_since(UNIX_EPOCH);
        let first = first.map_or(0, |now| now.as_micros());
        let next = if known == 0 {
            u64::try_from(first).unwrap_or(u64::MAX)
        } else {
            known
        };
        let next = next.saturating_add(1);
        if next < END_OF_VERSIONS {
            Ok(next)
        } else {
            // Nobody counts so far.
            Err(SharedStoreError::Tampered)
        }
    }

    fn note(&self, version: u64) {
        let mut known = self.known();
        known.version = known.version.max(version);
        known.unsaved.take_if(|unsaved| unsaved.version < version);
    }

    /// Nothing that holds the lock can panic, and a poisoned one is still whole.
    fn known(&self) -> MutexGuard<'_, Known> {
        let known = self.shared.known.lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the key: it may be the number in a user's cookie.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// A value with its age before it.
fn dated(value: &Sensitive<Vec<u8>>, age: Duration) -> Vec<u8> {
    let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
    [&age.to_be_bytes(), &**value.expose()].concat()
}

/// What was written so. What cannot be read is not told, as it may hold secrets.
fn read<T: DeserializeOwned>(found: &Versioned, known: u64) -> Result<Found<T>, SharedStoreError> {
    let parts = found.value.expose().split_first_chunk();
    let (age, value) = parts.ok_or(SharedStoreError::Tampered)?;
    let value = serde_json::from_slice(value).map_err(|_| SharedStoreError::Tampered)?;
    let age = Duration::from_millis(u64::from_be_bytes(*age));
    Ok(Found {
        value,
        age: age.saturating_add(found.age),
        is_news: found.version > known,
        version: found.version,
    })
}

/// The answer of a store, for which nobody waits for ever.
async fn in_time<T>(asked: SharedStoreFuture<'_, T>) -> Result<T, SharedStoreError> {
    if Handle::try_current().is_err() {
        let why = "there is no Tokio runtime to wait on";
        return Err(SharedStoreError::unavailable(why));
    }
    let answer = timeout(ANSWER, asked).await;
    answer.unwrap_or_else(|_| Err(SharedStoreError::unavailable("it does not answer")))
}
