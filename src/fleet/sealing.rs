//! Sealing: encrypting a value so that it can be read only with the key and only in its place.

use std::fmt;

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom as _, SystemRandom},
};
use zeroize::Zeroizing;

use super::SharedStoreError;
use crate::sensitive::Sensitive;

/// The one format there is so far.
const FORMAT: u8 = 1;
/// Format and key ID.
const HEADER: usize = 1 + size_of::<u32>();

/// The keys that shared values are sealed with, each with an ID.
///
/// Values are sealed by AES-256-GCM with a random nonce, under the newest key alone; replace it long
/// before it has sealed 2^32 values. To replace it, first give every process the new one by
/// [`also_opens`](Self::also_opens), then make it the one that seals, and take the old one away when
/// what it sealed has gone.
#[derive(Clone)]
pub struct SealingKeys {
    /// The first one seals.
    keys: Vec<(u32, Zeroizing<[u8; 32]>)>,
}

impl SealingKeys {
    /// The key that seals, and opens what it has sealed: 32 random bytes, the same in every process.
    #[must_use]
    pub fn new(id: u32, key: &[u8; 32]) -> Self {
        Self {
            keys: vec![(id, Zeroizing::new(*key))],
        }
    }

    /// Adds a key that only opens, for values that another process has sealed with it.
    ///
    /// Of two keys with one ID the first counts.
    #[must_use]
    pub fn also_opens(mut self, id: u32, key: &[u8; 32]) -> Self {
        self.keys.push((id, Zeroizing::new(*key)));
        self
    }

    /// Seals a value for a place and a version.
    ///
    /// ```
    /// use cognito_idp::{Sensitive, fleet::{SealingKeys, SharedStoreError}};
    ///
    /// # fn main() -> Result<(), SharedStoreError> {
    /// let keys = SealingKeys::new(1, &[7; 32]); // of random bytes, really
    /// let sealed = keys.seal("session-1", 1, &Sensitive::from(b"tokens".to_vec()))?;
    /// assert_eq!(keys.open("session-1", 1, &sealed)?.expose(), b"tokens");
    /// assert!(keys.open("session-2", 1, &sealed).is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotSealed`](SharedStoreError::NotSealed).
    pub fn seal(
        &self,
        place: &str,
        version: u64,
        value: &Sensitive<Vec<u8>>,
    ) -> Result<Vec<u8>, SharedStoreError> {
        let fill = |nonce: &mut [u8]| SystemRandom::new().fill(nonce).ok();
        let sealed = self.seal_with(place, version, value, fill);
        sealed.ok_or(SharedStoreError::NotSealed)
    }

    /// Opens what was sealed for this place and version.
    ///
    /// # Errors
    /// [`UnknownKey`](SharedStoreError::UnknownKey) and [`Tampered`](SharedStoreError::Tampered).
    pub fn open(
        &self,
        place: &str,
        version: u64,
        sealed: &[u8],
    ) -> Result<Sensitive<Vec<u8>>, SharedStoreError> {
        let (header, rest) = sealed
            .split_first_chunk::<HEADER>()
            .ok_or(SharedStoreError::Tampered)?;
        let [FORMAT, id @ ..] = *header else {
            return Err(SharedStoreError::Tampered);
        };
        let id = u32::from_be_bytes(id);
        let (_, key) = self
            .keys
            .iter()
            .find(|(of, _)| *of == id)
            .ok_or(SharedStoreError::UnknownKey(id))?;
        let opened = open_with(key, header, place, version, rest);
        opened.ok_or(SharedStoreError::Tampered)
    }

    fn seal_with(
        &self,
        place: &str,
        version: u64,
        value: &Sensitive<Vec<u8>>,
        fill: impl FnOnce(&mut [u8]) -> Option<()>,
    ) -> Option<Vec<u8>> {
        let (id, key) = self.keys.first()?;
        let mut nonce = [0; NONCE_LEN];
        fill(&mut nonce)?;
        let mut header = [FORMAT; HEADER];
        header[1..].copy_from_slice(&id.to_be_bytes());
        let mut sealed = Vec::with_capacity(HEADER + NONCE_LEN + value.expose().len() + 16);
        sealed.extend_from_slice(&header);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(value.expose());
        let (_, text) = sealed.split_at_mut(HEADER + NONCE_LEN);
        let bound = Aad::from(bound_to(&header, place, version));
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = aead(key)?
            .seal_in_place_separate_tag(nonce, bound, text)
            .ok()?;
        sealed.extend_from_slice(tag.as_ref());
        Some(sealed)
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|(id, _)| id).collect();
        f.debug_struct("SealingKeys")
            .field("ids", &ids)
            .finish_non_exhaustive()
    }
}

fn open_with(
    key: &[u8; 32],
    header: &[u8],
    place: &str,
    version: u64,
    rest: &[u8],
) -> Option<Sensitive<Vec<u8>>> {
    let (nonce, text) = rest.split_first_chunk()?;
    let bound = Aad::from(bound_to(header, place, version));
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let mut text = Zeroizing::new(text.to_vec());
    let value = aead(key)?.open_in_place(nonce, bound, &mut text).ok()?;
    Some(value.to_vec().into())
}

fn aead(key: &[u8; 32]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))
}

/// What a sealed value is good for alone; the place stands last, so that nothing can be read two ways.
fn bound_to(header: &[u8], place: &str, version: u64) -> Vec<u8> {
    [header, &version.to_be_bytes(), place.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SealingKeys, SharedStoreError};
    use crate::sensitive::Sensitive;

    fn keys() -> SealingKeys {
        SealingKeys::new(7, &[7; 32])
    }

    fn sealed(value: &[u8]) -> Vec<u8> {
        let value = Sensitive::from(value.to_vec());
        keys().seal("alice", 3, &value).expect("random bytes")
    }

    #[test]
    fn a_value_is_sealed_anew_each_time_and_cannot_be_read() {
        let (one, other) = (sealed(b"marker-of-a-secret"), sealed(b"marker-of-a-secret"));
        assert_ne!(one, other);
        assert!(!one.windows(6).any(|part| part == b"marker"));
        assert_eq!(format!("{:?}", keys()), "SealingKeys { ids: [7], .. }");
    }

    #[test]
    fn a_sealed_value_is_good_in_its_place_and_version_alone() {
        let value = sealed(b"tokens");
        assert!(keys().open("alice", 3, &value).is_ok());
        for (place, version) in [("bob", 3), ("alice", 2), ("alice", 4), ("", 3)] {
            let opened = keys().open(place, version, &value);
            assert!(matches!(opened, Err(SharedStoreError::Tampered)), "{place}");
        }
    }

    #[test]
    fn keys_are_replaced_without_losing_what_the_old_one_sealed() {
        let value = sealed(b"tokens");
        let new = SealingKeys::new(8, &[8; 32]);
        let unknown = new.open("alice", 3, &value);
        assert!(matches!(unknown, Err(SharedStoreError::UnknownKey(7))));
        let both = new.clone().also_opens(7, &[7; 32]);
        assert!(both.open("alice", 3, &value).is_ok());
        let resealed = both.seal("alice", 4, &b"tokens".to_vec().into());
        assert!(new.open("alice", 4, &resealed.expect("sealed")).is_ok());
    }

    #[test]
    fn another_key_of_the_same_id_opens_nothing() {
        let opened = SealingKeys::new(7, &[9; 32]).open("alice", 3, &sealed(b"tokens"));
        assert!(matches!(opened, Err(SharedStoreError::Tampered)));
    }

    #[test]
    fn without_random_bytes_nothing_is_sealed() {
        let value = b"tokens".to_vec().into();
        assert!(keys().seal_with("alice", 3, &value, |_| None).is_none());
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_what_is_opened(value: Vec<u8>, place: String, version: u64) {
            let value = Sensitive::from(value);
            let sealed = keys().seal(&place, version, &value).expect("random bytes");
            prop_assert_eq!(keys().open(&place, version, &sealed).expect("opened"), value);
        }

        #[test]
        fn a_changed_or_shortened_value_is_refused(value: Vec<u8>, at: usize, bit in 0..8) {
            let sealed = sealed(&value);
            let at = at % sealed.len();
            let mut changed = sealed.clone();
            changed[at] ^= 1_u8 << bit;
            prop_assert!(keys().open("alice", 3, &changed).is_err());
            prop_assert!(keys().open("alice", 3, &sealed[..at]).is_err());
        }

        #[test]
        fn any_bytes_are_refused(bytes: Vec<u8>) {
            prop_assert!(keys().open("alice", 3, &bytes).is_err());
        }
    }
}
