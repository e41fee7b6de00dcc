//! A session that several processes hold.

use std::{pin::Pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    Fresh, Need, Outcome, RefreshError, Refresher, Request, TokenSource, life_left,
    refresher::RefresherFuture, state::early,
};
use crate::{
    Client,
    auth::{SignIn, Tokens},
    fleet::{Found, Place, SharedStoreError, Turn, Vault, Written},
    operation::{Operation as _, auth::GetTokensFromRefreshTokenRequest},
};

/// How long others can see that the user has signed out; an access token lives a day at most.
const END_IS_KEPT: Duration = Duration::from_hours(24);

/// How often a refresh is tried with tokens that others have just put in the place of those refused.
const ROUNDS: usize = 3;
const REPLACED: &str = "others replace the tokens all the time";

impl TokenSource {
    /// Starts a session that all processes share which [`open`](Self::open) it by its key.
    ///
    /// The key is for this sign-in alone: what it held before is written over. A session ID does
    /// that no user can choose. What holds, beside what holds for every source:
    ///
    /// - One process at a time refreshes, and the others get what it got, so no refresh token is
    ///   presented that was replaced. If it dies, another one takes its turn ten seconds later, with
    ///   the tokens that the store has: those that the dead one has just replaced still work within
    ///   the grace period of the app client's rotation.
    /// - While the token at hand is fresh the store is not asked. So a sign-out elsewhere is seen at
    ///   the next refresh, and at once by [`revalidate`](Self::revalidate).
    /// - Without the store the token at hand is good as long as it lasts. After that there is
    ///   [`RefreshError::SharedStore`] and no refresh, which could end the session for all. Tokens
    ///   that were refreshed when the store failed stay at hand, and are offered to it again for five
    ///   minutes; [`flush`](Self::flush) waits for that.
    /// - How long a token lasts is counted by the clock of the store, not by that of any machine.
    /// - Waiting for another process takes no longer than an [operation may].
    /// - The session is kept for thirty days after its last refresh, or as the [vault says].
    ///
    /// The tokens stay yours, for the case that this fails.
    ///
    /// ```
    /// # use cognito_idp::{auth::{SignIn, TokenSource, Tokens}, fleet::Vault};
    /// # async fn example(sign_in: SignIn, tokens: Tokens, vault: Vault) -> Result<(), Box<dyn std::error::Error>> {
    /// // Where the user signed in:
    /// TokenSource::share(sign_in.clone(), &tokens, &vault, "session-id").await?;
    /// // Where the next request comes in, in whichever process:
    /// match TokenSource::open(sign_in, &vault, "session-id").await? {
    ///     Some(source) => drop(source.access_token().await?),
    ///     None => println!("Please sign in."),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be reached or takes nothing, or holds what is not readable under this key.
    ///
    /// [operation may]: crate::ClientBuilder::operation_timeout
    /// [vault says]: Vault::session_life
    pub async fn share(
        sign_in: SignIn,
        tokens: &Tokens,
        vault: &Vault,
        key: impl Into<String>,
    ) -> Result<Self, SharedStoreError> {
        let own = Arc::new(sign_in.for_tokens(tokens));
        SharedSession::begin(own, tokens.clone(), vault, key.into()).await
    }

    /// Takes up a session that some process has [shared](Self::share); `None` if there is none, or
    /// the user has signed out.
    ///
    /// Open it for each request, or keep it: what is kept knows its tokens without the store.
    ///
    /// # Errors
    /// Those of [`share`](Self::share).
    pub async fn open(
        sign_in: SignIn,
        vault: &Vault,
        key: impl Into<String>,
    ) -> Result<Option<Self>, SharedStoreError> {
        let own = |tokens: &Tokens| Arc::new(sign_in.for_tokens(tokens)) as _;
        SharedSession::open(own, vault, key.into()).await
    }

    /// The tokens as the store has them now: newer ones if another process has refreshed.
    ///
    /// For what must not wait until the next refresh to see that the user has signed out elsewhere.
    /// It costs one question to the store; a source that is not shared asks nobody.
    ///
    /// # Errors
    /// [`RefreshError::SignedOut`], [`RefreshError::SharedStore`], and those of
    /// [`tokens`](Self::tokens).
    pub async fn revalidate(&self) -> Result<Tokens, RefreshError> {
        loop {
            match self.request(Request::News).await {
                Ok(Outcome::News(result)) => result?,
                // It was under way already, and may have brought older ones.
                Ok(Outcome::Refresh { .. } | Outcome::SignOut(_)) => continue,
                Err(lost) => {
                    return Err(RefreshError::lost(
                        GetTokensFromRefreshTokenRequest::NAME,
                        lost,
                    ));
                }
            }
            return self.tokens().await;
        }
    }
}

/// Refreshes a session when it is this process's turn, and else takes what others got.
#[derive(Debug)]
pub(crate) struct SharedSession {
    own: Arc<dyn Refresher>,
    place: Place,
    life: Duration,
}

/// What the processes share.
#[derive(Serialize, Deserialize)]
enum Session {
    SignedIn(Tokens),
    SignedOut,
}

impl SharedSession {
    pub(crate) async fn begin(
        own: Arc<dyn Refresher>,
        tokens: Tokens,
        vault: &Vault,
        key: String,
    ) -> Result<TokenSource, SharedStoreError> {
        let session = Self {
            own,
            place: Place::new(vault, key)?,
            life: vault.life_of_sessions(),
        };
        let life = life_left(&tokens, session.client());
        let mut fresh = Fresh { tokens, life };
        let mut before = session.place.load().await?;
        for _ in 0..ROUNDS {
            match session.write(before.as_ref(), &fresh).await? {
                Written::Kept => {}
                Written::Unsaved(error) => {
                    session.place.give_up();
                    return Err(error);
                }
                // The end of what was there before, at this moment.
                Written::Overtaken(found) if matches!(found.value, Session::SignedOut) => {
                    before = Some(found);
                    continue;
                }
                // Somebody else began it at the same time.
                Written::Overtaken(found) => fresh = session.take(found).unwrap_or(fresh),
            }
            return Ok(TokenSource::with(Arc::new(session), fresh));
        }
        Err(SharedStoreError::unavailable(REPLACED))
    }

    pub(crate) async fn open(
        own: impl FnOnce(&Tokens) -> Arc<dyn Refresher>,
        vault: &Vault,
        key: String,
    ) -> Result<Option<TokenSource>, SharedStoreError> {
        let place = Place::new(vault, key)?;
        let Some(found) = place.load().await? else {
            return Ok(None);
        };
        let Session::SignedIn(tokens) = &found.value else {
            return Ok(None);
        };
        let session = Self {
            own: own(tokens),
            place,
            life: vault.life_of_sessions(),
        };
        let fresh = session.take(found);
        Ok(fresh.map(|fresh| TokenSource::with(Arc::new(session), fresh)))
    }

    /// What is shared, if it makes a refresh needless.
    fn will_do(&self, found: &Found<Session>, need: Need) -> Option<Result<Fresh, RefreshError>> {
        let Session::SignedIn(tokens) = &found.value else {
            return Some(Err(RefreshError::SignedOut(None)));
        };
        let fresh = fresh(tokens, found.age);
        if need == Need::New || !found.is_news || fresh.life <= early(tokens) {
            return None;
        }
        self.place.take(found);
        Some(Ok(fresh))
    }

    /// The tokens of who was faster; `None` if the user has signed out.
    fn take(&self, found: Found<Session>) -> Option<Fresh> {
        self.place.take(&found);
        match found.value {
            Session::SignedIn(tokens) => Some(fresh(&tokens, found.age)),
            Session::SignedOut => None,
        }
    }

    /// Refreshes in this process's turn.
    async fn replace(
        &self,
        mut found: Option<Found<Session>>,
        own: Tokens,
        need: Need,
    ) -> Result<Fresh, RefreshError> {
        for _ in 0..ROUNDS {
            let refused = match self.own.refresh(newest(found.as_ref(), &own), need).await {
                Ok(fresh) => return self.publish(found.as_ref(), fresh).await,
                Err(refused @ RefreshError::SignedOut(_)) => refused,
                Err(error) => return Err(error),
            };
            // Somebody whose lease had ended may have been faster all the same.
            let now = self.place.load().await?;
            let version = |found: &Option<Found<Session>>| found.as_ref().map(|it| it.version);
            if version(&now) > version(&found) {
                if let Some(result) = now.as_ref().and_then(|now| self.will_do(now, need)) {
                    return result;
                }
                found = now;
                continue;
            }
            // Where the store knows nothing, others may know better.
            if found.is_some() {
                let faster = self.write_end(found.as_ref()).await;
                if let Some(result) = faster.and_then(|faster| self.will_do(&faster, need)) {
                    return result;
                }
            }
            return Err(refused);
        }
        Err(SharedStoreError::unavailable(REPLACED).into())
    }

    /// Shows others what a refresh has brought.
    async fn publish(
        &self,
        over: Option<&Found<Session>>,
        fresh: Fresh,
    ) -> Result<Fresh, RefreshError> {
        let Ok(Written::Overtaken(found)) = self.write(over, &fresh).await else {
            // Whatever failed: these are good, and the only ones that there are.
            return Ok(fresh);
        };
        match self.take(found) {
            Some(theirs) if theirs.life.is_zero() => Ok(fresh),
            Some(theirs) => Ok(theirs),
            None => {
                // The user signed out meanwhile, which these would outlive.
                let _ = self.own.revoke(fresh.tokens).await;
                Err(RefreshError::SignedOut(None))
            }
        }
    }

    async fn write(
        &self,
        over: Option<&Found<Session>>,
        fresh: &Fresh,
    ) -> Result<Written<Session>, SharedStoreError> {
        let age = fresh.tokens.expires_in.saturating_sub(fresh.life);
        let session = Session::SignedIn(fresh.tokens.clone());
        self.place.write(over, &session, age, self.life).await
    }

    /// Shows others that the session is over, unless one of them was faster, and what it wrote then.
    ///
    /// If that fails for good they see it at their next refresh.
    async fn write_end(&self, over: Option<&Found<Session>>) -> Option<Found<Session>> {
        let (end, age) = (Session::SignedOut, Duration::ZERO);
        match self.place.write(over, &end, age, END_IS_KEPT).await {
            Ok(Written::Overtaken(faster)) => Some(faster),
            Ok(Written::Kept | Written::Unsaved(_)) | Err(_) => None,
        }
    }

    /// Gives up the session in this process's turn.
    async fn end(
        &self,
        mut found: Option<Found<Session>>,
        own: Tokens,
    ) -> Result<(), RefreshError> {
        for _ in 0..ROUNDS {
            match self.own.revoke(newest(found.as_ref(), &own)).await {
                Ok(()) | Err(RefreshError::SignedOut(_)) => {}
                Err(error) => return Err(error),
            }
            found = self.write_end(found.as_ref()).await;
            // Tokens of a refresh that was under way would outlive the rest.
            let Some(Session::SignedIn(_)) = found.as_ref().map(|found| &found.value) else {
                return Ok(());
            };
        }
        Err(SharedStoreError::unavailable(REPLACED).into())
    }

    fn patience(&self) -> Duration {
        self.client().operation_timeout()
    }
}

impl Refresher for SharedSession {
    fn refresh(&self, old: Tokens, need: Need) -> RefresherFuture<'_, Fresh> {
        Box::pin(async move {
            let will_do = |found: &Found<Session>| self.will_do(found, need);
            match self.place.turn(self.patience(), will_do).await? {
                Turn::Needless(result) => result,
                Turn::Ours(found) => {
                    let work = self.replace(found, old, need);
                    self.place.take_turn(work).await
                }
            }
        })
    }

    fn revoke(&self, tokens: Tokens) -> RefresherFuture<'_, ()> {
        Box::pin(async move {
            let is_over =
                |found: &Found<Session>| matches!(found.value, Session::SignedOut).then_some(());
            let Turn::Ours(found) = self.place.turn(self.patience(), is_over).await? else {
                return Ok(());
            };
            let work = self.end(found, tokens);
            self.place.take_turn(work).await
        })
    }

    fn news(&self) -> RefresherFuture<'_, Option<Fresh>> {
        Box::pin(async move {
            let found = self.place.load().await?;
            let Some(found) = found.filter(|found| found.is_news) else {
                return Ok(None);
            };
            let fresh = self.take(found);
            fresh.map(Some).ok_or(RefreshError::SignedOut(None))
        })
    }

    fn settle(&self) -> Pin<Box<dyn Future<Output = Result<(), SharedStoreError>> + Send + '_>> {
        Box::pin(self.place.save())
    }

    fn client(&self) -> &Client {
        self.own.client()
    }
}

/// The tokens to refresh with: those that are shared, if they are not older than the own ones.
fn newest(found: Option<&Found<Session>>, own: &Tokens) -> Tokens {
    let shared = found.and_then(|found| match &found.value {
        Session::SignedIn(tokens) if tokens.refresh_token.is_some() => Some(tokens),
        _ => None,
    });
    shared.unwrap_or(own).clone()
}

fn fresh(tokens: &Tokens, age: Duration) -> Fresh {
    Fresh {
        tokens: tokens.clone(),
        life: tokens.expires_in.saturating_sub(age),
    }
}
