//! A store for what is secret.

use std::{borrow::Cow, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

use super::{
    Lease, SealingKeys, SharedStore, SharedStoreError, SharedStoreFuture, Swap, Versioned,
};

/// A [`SharedStore`] whose values are sealed before another one sees them.
///
/// Of a key the other one sees the SHA-256 digest, in base64url: it may be the number in a user's
/// cookie, which is as good as the tokens.
///
/// Each value is bound to its key and version: one that was moved from another key, or an old one
/// under the number of a newer one, is refused. A store that gives an old value with its old number
/// cannot be seen through here: remember the highest version you saw, and take no lower one.
#[derive(Clone, Debug)]
pub struct Vault {
    store: Arc<dyn SharedStore>,
    keys: Option<SealingKeys>,
    session_life: Duration,
}

/// What an app client is set to at first for its refresh tokens.
const SESSION_LIFE: Duration = Duration::from_hours(30 * 24);

impl Vault {
    /// Seals what goes into `store`.
    #[must_use]
    pub fn sealed(store: impl SharedStore + 'static, keys: SealingKeys) -> Self {
        Self {
            store: Arc::new(store),
            keys: Some(keys),
            session_life: SESSION_LIFE,
        }
    }

    /// Leaves keys and values as they are: whoever can read `store` has the tokens, and whoever can write
    /// into it chooses the user.
    #[must_use]
    pub fn unsealed(store: impl SharedStore + 'static) -> Self {
        Self {
            store: Arc::new(store),
            keys: None,
            session_life: SESSION_LIFE,
        }
    }

    /// How long a session is kept after its last refresh, thirty days unless set: as long as the app
    /// client's refresh tokens are valid.
    #[must_use]
    pub fn session_life(mut self, life: Duration) -> Self {
        self.session_life = life;
        self
    }

    pub(crate) fn life_of_sessions(&self) -> Duration {
        self.session_life
    }

    /// What the store calls the key.
    fn place<'a>(&self, key: &'a str) -> Cow<'a, str> {
        match self.keys {
            Some(_) => URL_SAFE_NO_PAD
                .encode(digest(&SHA256, key.as_bytes()))
                .into(),
            None => key.into(),
        }
    }

    fn seal(&self, key: &str, next: Versioned) -> Result<Versioned, SharedStoreError> {
        let Some(keys) = &self.keys else {
            return Ok(next);
        };
        let sealed = keys.seal(key, next.version, &next.value)?;
        Ok(Versioned::new(next.version, sealed))
    }

    fn open(&self, key: &str, found: Versioned) -> Result<Versioned, SharedStoreError> {
        let Some(keys) = &self.keys else {
            return Ok(found);
        };
        let value = keys.open(key, found.version, found.value.expose())?;
        Ok(Versioned::new(found.version, value).aged(found.age))
    }
}

impl SharedStore for Vault {
    fn load<'a>(&'a self, key: &'a str) -> SharedStoreFuture<'a, Option<Versioned>> {
        Box::pin(async move {
            let found = self.store.load(&self.place(key)).await?;
            found.map(|found| self.open(key, found)).transpose()
        })
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        expected: u64,
        next: Versioned,
        life: Duration,
    ) -> SharedStoreFuture<'a, Swap> {
        Box::pin(async move {
            let next = self.seal(key, next)?;
            let place = self.place(key);
            match self.store.swap(&place, expected, next, life).await? {
                Swap::Refused(Some(found)) => Ok(Swap::Refused(Some(self.open(key, found)?))),
                done => Ok(done),
            }
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        life: Duration,
    ) -> SharedStoreFuture<'a, Lease> {
        Box::pin(async move { self.store.lease(&self.place(key), owner, life).await })
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> SharedStoreFuture<'a, ()> {
        Box::pin(async move { self.store.release(&self.place(key), owner).await })
    }
}
