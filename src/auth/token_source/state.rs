//! The tokens at hand: how old they are, and whether they are stored.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{RefreshError, StoreError, refresher::Fresh, storing::Hook};
use crate::auth::{
    Tokens,
    aging::{Failure, Life, Look},
};

/// How long before its end a token is renewed; at most half its life.
const EARLY: Duration = Duration::from_mins(1);

/// How long before its end this one is.
pub(super) fn early(tokens: &Tokens) -> Duration {
    EARLY.min(tokens.expires_in / 2)
}

/// What the clones of a token source know.
pub(super) struct State {
    /// The tokens, or why they are gone.
    held: Result<Held, RefreshError>,
    /// The last refresh, if it failed and may yet succeed.
    failure: Option<Failure<RefreshError>>,
    /// How many refreshes have begun.
    begun: u64,
    pub(super) hook: Option<Hook>,
    /// The refresh whose tokens were stored last.
    stored: u64,
    /// Why the tokens at hand are not stored, if that was tried.
    store_error: Option<StoreError>,
}

/// Tokens that the hook has yet to take.
pub(super) struct Unstored {
    pub(super) number: u64,
    pub(super) tokens: Tokens,
    pub(super) hook: Hook,
}

impl State {
    pub(super) fn new(tokens: Tokens, life: Duration, now: SystemTime) -> Self {
        Self {
            held: Ok(Held::new(tokens, 0, life, now)),
            failure: None,
            begun: 0,
            hook: None,
            stored: 0,
            store_error: None,
        }
    }

    pub(super) fn look(&self, now: SystemTime) -> Look<Tokens, RefreshError> {
        match &self.held {
            Ok(held) => Look::at(Some((&held.tokens, &held.life)), self.failure.as_ref(), now),
            Err(error) => Look::Failed(error.clone()),
        }
    }

    /// The tokens, however old.
    pub(super) fn tokens(&self) -> Result<&Tokens, RefreshError> {
        Ok(&self.held()?.tokens)
    }

    /// The tokens, and the refresh that they came from, counted from 1; 0 for those of the sign-in.
    pub(super) fn numbered(&self) -> Result<(u64, Tokens), RefreshError> {
        let held = self.held()?;
        Ok((held.number, held.tokens.clone()))
    }

    /// A failure that stands for all who ask.
    pub(super) fn recent_failure(&self) -> Option<RefreshError> {
        self.failure.as_ref()?.recent()
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// Counts one refresh more, and gives its number.
    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// Keeps what a refresh gave, unless the tokens were given up meanwhile.
    pub(super) fn keep(
        &mut self,
        fresh: Fresh,
        number: u64,
        now: SystemTime,
    ) -> Result<(), RefreshError> {
        self.held()?;
        self.held = Ok(Held::new(fresh.tokens, number, fresh.life, now));
        self.failure = None;
        Ok(())
    }

    pub(super) fn fail(&mut self, error: &RefreshError) {
        if let RefreshError::SignedOut(_) = error {
            self.end(error.clone());
        } else {
            self.failure = Some(Failure::new(error.clone()));
        }
    }

    /// Gives the tokens up; the first reason stays.
    pub(super) fn end(&mut self, reason: RefreshError) {
        if self.held.is_ok() {
            self.held = Err(reason);
            self.store_error = None;
        }
    }

    pub(super) fn unstored(&self) -> Option<Unstored> {
        let held = self.held.as_ref().ok()?;
        let hook = self.hook.as_ref()?;
        (held.number > self.stored).then(|| Unstored {
            number: held.number,
            tokens: held.tokens.clone(),
            hook: Arc::clone(hook),
        })
    }

    pub(super) fn note_stored(&mut self, number: u64, result: Result<(), StoreError>) {
        match result {
            Ok(()) => {
                self.stored = number;
                self.store_error = None;
            }
            Err(error) if self.held.is_ok() => self.store_error = Some(error),
            Err(_) => {}
        }
    }

    pub(super) fn store_error(&self) -> Option<StoreError> {
        self.store_error.clone()
    }

    fn held(&self) -> Result<&Held, RefreshError> {
        self.held.as_ref().map_err(Clone::clone)
    }
}

/// Tokens and how long they last.
struct Held {
    tokens: Tokens,
    /// Which refresh gave them.
    number: u64,
    life: Life,
}

impl Held {
    fn new(tokens: Tokens, number: u64, life: Duration, now: SystemTime) -> Self {
        let early = match tokens.refresh_token {
            Some(_) => early(&tokens),
            None => Duration::ZERO,
        };
        Self {
            tokens,
            number,
            life: Life::new(life, early, now),
        }
    }
}
