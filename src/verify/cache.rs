//! Tokens that were verified before.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom as _, SystemRandom},
};

use super::{claims::Claims, keys::Generation};
use crate::error::InvalidInput;

/// The claims of verified tokens under a keyed hash of the whole token.
///
/// There are two maps: when the younger is full it becomes the older, and what is used in there moves
/// up again. So the number is bounded and nothing has to be searched for.
pub(super) struct Cache {
    key: LessSafeKey,
    /// Of each of the two maps.
    capacity: usize,
    maps: Mutex<Maps>,
}

/// Which token it is, for whoever has the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 16]);

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
        let needs_random =
            || InvalidInput::new("cache", "needs random bytes, and the system has none");
        let mut key = [0; 16];
        SystemRandom::new()
            .fill(&mut key)
            .map_err(|_| needs_random())?;
        let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| needs_random())?;
        Ok(Self {
            key: LessSafeKey::new(key),
            capacity: tokens.div_ceil(2),
            maps: Mutex::default(),
        })
    }

    /// The keyed hash of a token: the tag of AES-GCM over it, with nothing encrypted.
    ///
    /// The nonce is always the same, which is forbidden wherever a tag can be seen. These never leave
    /// this cache, and so long as they do not, two tokens have the same tag by chance alone: once in
    /// 2^120. It takes a tenth of the time of an HMAC on machines without instructions for SHA-256.
    pub(super) fn fingerprint(&self, token: &str) -> Option<Fingerprint> {
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let aad = Aad::from(token.as_bytes());
        let tag = self.key.seal_in_place_separate_tag(nonce, aad, &mut []);
        tag.ok()?.as_ref().try_into().ok().map(Fingerprint)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_kept_and_the_rest_goes_when_room_is_needed() -> Result<(), InvalidInput> {
        let cache = Cache::new(4)?;
        let fingerprint = |token: &str| cache.fingerprint(token).expect("a tag");
        let insert = |token: &str, issuer, generation| {
            let json = format!(r#"{{"iss": "pool", "sub": "{token}", "exp": 1}}"#);
            let claims = Claims::parse(json.into_bytes()).expect("claims");
            cache.insert(fingerprint(token), Arc::new(claims), issuer, generation);
        };
        let found = |token: &str| {
            let found = cache.get(&fingerprint(token))?;
            Some((
                found.claims.sub().to_owned(),
                found.issuer,
                found.generation,
            ))
        };
        let kept = |token: &str, issuer, generation| Some((token.to_owned(), issuer, generation));

        insert("a", 1, 1);
        insert("b", 2, 1);
        assert_eq!((found("a"), found("c")), (kept("a", 1, 1), None));
        // In its place, and not beside it.
        insert("b", 2, 2);
        insert("c", 3, 1);
        assert_eq!(found("a"), kept("a", 1, 1));
        insert("d", 4, 1);
        assert_eq!(found("b"), None);
        for (token, issuer) in [("a", 1), ("c", 3), ("d", 4)] {
            assert_eq!(found(token), kept(token, issuer, 1), "{token}");
        }
        Ok(())
    }

    #[test]
    fn every_byte_of_a_token_counts_and_every_cache_has_a_key_of_its_own()
    -> Result<(), InvalidInput> {
        let cache = Cache::new(1)?;
        let token = "abcdefghijklmnopqrstuvwxyz".repeat(40);
        let fingerprint = cache.fingerprint(&token);
        assert!(fingerprint.is_some() && fingerprint == cache.fingerprint(&token));
        for at in 0..token.len() {
            let changed = format!("{}_{}", &token[..at], &token[at + 1..]);
            assert!(fingerprint != cache.fingerprint(&changed), "{at}");
            assert!(fingerprint != cache.fingerprint(&token[..at]), "{at}");
        }
        assert!(fingerprint != Cache::new(1)?.fingerprint(&token));
        Ok(())
    }
}
