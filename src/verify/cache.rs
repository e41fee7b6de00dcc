//! Tokens that were verified before.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ring::{hmac, rand::SystemRandom};

use super::{claims::Claims, keys::Generation};
use crate::error::InvalidInput;

/// The claims of verified tokens under a keyed hash of the whole token.
///
/// There are two maps: when the younger is full it becomes the older, and what is used in there moves
/// up again. So the number is bounded and nothing has to be searched for.
pub(super) struct Cache {
    key: hmac::Key,
    /// Of each of the two maps.
    capacity: usize,
    maps: Mutex<Maps>,
}

/// Which token it is, for whoever has the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

#[derive(Clone)]
pub(super) struct Found {
    pub(super) claims: Arc<Claims>,
    pub(super) issuer: usize,
    /// Of the issuer's keys, when the token was verified.
    pub(super) generation: Generation,
}

#[derive(Default)]
struct Maps {
    young: HashMap<Fingerprint, Found>,
    old: HashMap<Fingerprint, Found>,
}

impl Cache {
    pub(super) fn new(tokens: usize) -> Result<Self, InvalidInput> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| {
            InvalidInput::new("cache", "needs random bytes, and the system has none")
        })?;
        Ok(Self {
            key,
            capacity: tokens.div_ceil(2),
            maps: Mutex::default(),
        })
    }

    pub(super) fn fingerprint(&self, token: &str) -> Fingerprint {
        let mut fingerprint = [0; 32];
        let tag = hmac::sign(&self.key, token.as_bytes());
        fingerprint.copy_from_slice(tag.as_ref());
        Fingerprint(fingerprint)
    }

    pub(super) fn get(&self, fingerprint: &Fingerprint) -> Option<Found> {
        let mut maps = self.maps();
        if let Some(found) = maps.young.get(fingerprint) {
            return Some(found.clone());
        }
        let found = maps.old.remove(fingerprint)?;
        self.put(&mut maps, *fingerprint, found.clone());
        Some(found)
    }

    pub(super) fn insert(
        &self,
        fingerprint: Fingerprint,
        claims: Arc<Claims>,
        issuer: usize,
        generation: Generation,
    ) {
        let found = Found {
            claims,
            issuer,
            generation,
        };
        self.put(&mut self.maps(), fingerprint, found);
    }

    fn put(&self, maps: &mut Maps, fingerprint: Fingerprint, found: Found) {
        if maps.young.len() >= self.capacity && !maps.young.contains_key(&fingerprint) {
            maps.old = mem::take(&mut maps.young);
        }
        maps.young.insert(fingerprint, found);
    }

    fn maps(&self) -> MutexGuard<'_, Maps> {
        self.maps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
