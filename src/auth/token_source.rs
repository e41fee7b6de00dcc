//! Access tokens for a program that runs longer than they live.

mod error;
mod refresher;
#[cfg(feature = "fleet")]
mod session;
mod state;
mod storing;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{sync::Notify, time::timeout};

use self::error::missing_refresh_token;
pub use self::error::{RefreshError, StoreError};
#[cfg(feature = "managed-login")]
pub(crate) use self::refresher::RefresherFuture;
pub(crate) use self::refresher::{Fresh, Need, Refresher};
#[cfg(all(feature = "fleet", feature = "managed-login"))]
pub(crate) use self::session::SharedSession;
use self::{
    state::State,
    storing::{STORE_WAIT, Stored},
};
use super::{
    SignIn, Tokens,
    aging::{Look, within},
};
use crate::{
    Client,
    error::BoxError,
    operation::{
        Operation as _,
        auth::{GetTokensFromRefreshTokenRequest, RevokeTokenRequest},
    },
    sensitive::Sensitive,
    single_flight::{Lost, SingleFlight},
    trace,
};

/// Hands out the access token of one signed-in user, refreshed when needed.
///
/// Make one and clone it; clones share the tokens. What holds:
///
/// - However many callers wait, one refresh is under way, and all of them get its result.
/// - A refresh is a task of its own on the Tokio runtime of the caller that caused it. It ends, and
///   the tokens are kept and handed to [`on_refresh`](Self::on_refresh), also when every caller has
///   given up. If its runtime ends first, the next caller refreshes anew.
/// - A minute before its end, at the earliest after half its life, a token is refreshed while
///   callers still get the old one. In its last ten seconds they wait for the new one, and get the
///   old one if there is none in half of what is left.
/// - A failed refresh is told to all who ask within a second, and a token that is still valid is
///   not refreshed again for five.
/// - A token's life is counted from its arrival by the machine's clocks, so no `Date` of a server
///   makes it longer. One that was stored before lasts until its `expires_at`, at most for its
///   `expires_in`.
///
/// ```no_run
/// # use cognito_idp::auth::{SignIn, TokenSource};
/// # async fn example(sign_in: SignIn) -> Result<(), Box<dyn std::error::Error>> {
/// let outcome = sign_in.password("robot", "P@ssw0rd!").await?;
/// let tokens = outcome.tokens().ok_or("a robot cannot answer challenges")?;
/// let source = TokenSource::new(sign_in, tokens);
/// loop {
///     let access_token = source.access_token().await?;
///     // ... call your API with it ...
/// #   let _ = access_token; break;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenSource {
    shared: Arc<Shared>,
}

impl TokenSource {
    /// Starts from the tokens of a sign-in, just made or stored before.
    ///
    /// `sign_in` says how to refresh: app client, remembered device, client metadata.
    #[must_use]
    pub fn new(sign_in: SignIn, tokens: Tokens) -> Self {
        let refresher = sign_in.for_tokens(&tokens);
        Self::over(Arc::new(refresher), tokens)
    }

    /// Starts from tokens, with any way to refresh them.
    pub(crate) fn over(refresher: Arc<dyn Refresher>, tokens: Tokens) -> Self {
        let life = life_left(&tokens, refresher.client());
        Self::with(refresher, Fresh { tokens, life })
    }

    /// Starts from tokens that last so long.
    fn with(refresher: Arc<dyn Refresher>, fresh: Fresh) -> Self {
        let state = State::new(fresh.tokens, fresh.life, refresher.client().local_time());
        Self {
            shared: Arc::new(Shared {
                refresher,
                state: Mutex::new(state),
                requests: SingleFlight::default(),
                storing: SingleFlight::default(),
                changed: Notify::new(),
            }),
        }
    }

    /// Has the tokens of every refresh stored by `hook`, a closure that returns a future.
    ///
    /// With refresh token rotation the old refresh token stops working within a minute, so tokens
    /// that are not stored are lost with the process. What holds:
    ///
    /// - The hook runs once at a time and gets the newest tokens: what it is given after a refresh
    ///   is never older than what it was given before.
    /// - If it fails, panics or takes longer than thirty seconds, it is called again: up to twelve
    ///   times within about three minutes, with growing waits, with newer tokens if there are some
    ///   by then. When that was in vain, the next refresh and [`flush`](Self::flush) try anew.
    /// - It runs in a task of its own on the runtime of the refresh, whether or not a caller waits.
    ///   The process must live until it has ended: await [`flush`](Self::flush) before you exit.
    /// - Callers that wait for fresh tokens wait for the hook too, but no longer than five seconds.
    /// - Its last failure is [`store_error`](Self::store_error), and with the feature `tracing`
    ///   each one is an event. It never costs a caller the tokens.
    ///
    /// The tokens that the source starts from are yours to store. The clones share the hook, and
    /// another one replaces it. A hook that holds the source itself keeps it in memory for ever. It
    /// gets no word when the tokens are given up: delete what you stored after
    /// [`sign_out`](Self::sign_out), or when you see [`RefreshError::SignedOut`].
    ///
    /// ```no_run
    /// # use cognito_idp::auth::{SignIn, TokenSource, Tokens};
    /// # #[derive(Clone)]
    /// # struct Store;
    /// # impl Store { async fn save(&self, _: &Tokens) -> std::io::Result<()> { Ok(()) } }
    /// # fn example(sign_in: SignIn, tokens: Tokens, store: Store) {
    /// let source = TokenSource::new(sign_in, tokens).on_refresh(move |tokens| {
    ///     let store = store.clone();
    ///     async move { store.save(&tokens).await }
    /// });
    /// # let _ = source;
    /// # }
    /// ```
    #[must_use]
    pub fn on_refresh<F, E>(self, hook: impl Fn(Tokens) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let hook = Arc::new(move |tokens| {
            let stored = hook(tokens);
            Box::pin(async { stored.await.map_err(Into::into) }) as _
        });
        self.shared.state().hook = Some(hook);
        self
    }

    /// An access token that is valid now.
    ///
    /// # Errors
    /// [`RefreshError::SignedOut`] once Cognito has refused the refresh token for good,
    /// [`RefreshError::Misconfigured`] while it refuses the app client or the request, and
    /// [`RefreshError::Unavailable`] while it cannot be reached.
    pub async fn access_token(&self) -> Result<Sensitive<String>, RefreshError> {
        Ok(self.tokens().await?.access_token)
    }

    /// All tokens, of which the access token is valid now.
    ///
    /// # Errors
    /// Those of [`access_token`](Self::access_token).
    pub async fn tokens(&self) -> Result<Tokens, RefreshError> {
        match self.shared.look() {
            Look::Fresh(tokens) => Ok(tokens),
            Look::Aging(tokens) => {
                let refresh = || self.shared.clone().carry_out(Request::Refresh);
                self.shared.requests.start(&(), refresh);
                Ok(tokens)
            }
            Look::Ending(_, patience) => {
                if let Some(result) = within(patience, self.refresh()).await {
                    return result;
                }
                match self.shared.look() {
                    Look::Fresh(tokens) | Look::Aging(tokens) | Look::Ending(tokens, _) => {
                        Ok(tokens)
                    }
                    // The clocks say that it took longer.
                    Look::Expired | Look::Failed(_) => self.refresh().await,
                }
            }
            Look::Expired => self.refresh().await,
            Look::Failed(error) => Err(error),
        }
    }

    /// The tokens at hand, without a call: the access token may have expired.
    ///
    /// # Errors
    /// [`RefreshError::SignedOut`] if they are gone.
    pub fn current(&self) -> Result<Tokens, RefreshError> {
        self.shared.state().tokens().cloned()
    }

    /// Refreshes at once, however long the tokens still last, and gives the new ones.
    ///
    /// For claims that have changed, such as groups: the refresh begins after this call, so one
    /// that is under way already does not count. If it fails, the tokens at hand stay, unless
    /// Cognito says that the session is over.
    ///
    /// # Errors
    /// Those of [`access_token`](Self::access_token); without a refresh token
    /// [`RefreshError::Misconfigured`] as long as the access token is valid.
    pub async fn refresh_now(&self) -> Result<Tokens, RefreshError> {
        let begun = self.shared.state().begun();
        self.refresh_beyond(begun, Need::New).await
    }

    /// Signs the user out of this session: revokes the refresh token, and with it the access tokens
    /// that came from it.
    ///
    /// A refresh that is under way is waited for, so that it is the newest token that is revoked.
    /// Afterwards, for all clones, the tokens are gone and every call ends with
    /// [`RefreshError::SignedOut`]; doing it again does nothing. Like a refresh it goes on if the
    /// caller gives up. Without a refresh token the tokens are only forgotten.
    ///
    /// # Errors
    /// [`RefreshError::Unavailable`] and [`RefreshError::Misconfigured`], for instance where the
    /// app client does not allow revocation. The user is then still signed in: try again, or
    /// [`forget`](Self::forget) the tokens.
    pub async fn sign_out(&self) -> Result<(), RefreshError> {
        loop {
            match self.request(Request::SignOut).await {
                Ok(Outcome::SignOut(result)) => return result,
                // It was under way already, and may have brought another refresh token.
                Ok(Outcome::Refresh { .. }) => {}
                #[cfg(feature = "fleet")]
                Ok(Outcome::News(_)) => {}
                Err(lost) => return Err(RefreshError::lost(RevokeTokenRequest::NAME, lost)),
            }
        }
    }

    /// Forgets the tokens here, in all clones, and tells nobody: elsewhere they stay good.
    ///
    /// What a refresh that is under way will bring is forgotten too. A hook that runs is waited
    /// for, but no longer than five seconds, so that what you delete from your store afterwards
    /// does not come back.
    pub async fn forget(&self) {
        self.shared.end().await;
    }

    /// Waits until the newest tokens are stored, and tries again at once if that has failed.
    ///
    /// Await it before the process ends; put a time limit around it if you must.
    ///
    /// # Errors
    /// Why they are not stored, after the tries that [`on_refresh`](Self::on_refresh) names.
    pub async fn flush(&self) -> Result<(), StoreError> {
        #[cfg(feature = "fleet")]
        {
            let settled = self.shared.refresher.settle().await;
            settled.map_err(|error| StoreError::Failed(Arc::new(error)))?;
        }
        self.shared.changed.notify_waiters();
        self.shared.until_stored().await
    }

    /// Why the newest tokens are not stored; `None` if they are, or if that was not tried yet.
    #[must_use]
    pub fn store_error(&self) -> Option<StoreError> {
        self.shared.state().store_error()
    }

    /// An access token instead of one that Cognito refused: the one that has come since, else a
    /// fresh one.
    pub(super) async fn instead_of(
        &self,
        refused: &Sensitive<String>,
    ) -> Result<Sensitive<String>, RefreshError> {
        let (number, current) = self.shared.state().numbered()?;
        if current.access_token != *refused {
            return self.access_token().await;
        }
        if current.refresh_token.is_none() {
            return Err(self.shared.end_without_refresh_token());
        }
        Ok(self.refresh_beyond(number, Need::Other).await?.access_token)
    }

    #[cfg_attr(
        not(feature = "fleet"),
        expect(clippy::never_loop, reason = "as where there is news of others")
    )]
    async fn refresh(&self) -> Result<Tokens, RefreshError> {
        let failure = loop {
            match self.request(Request::Refresh).await {
                Ok(Outcome::Refresh { result, .. }) => match result {
                    Ok(tokens) => return Ok(tokens),
                    Err(error) => break error,
                },
                Ok(Outcome::SignOut(Err(error))) => break error,
                Ok(Outcome::SignOut(Ok(()))) => break RefreshError::SignedOut(None),
                // It was under way already, and whatever it brought is looked at anew.
                #[cfg(feature = "fleet")]
                Ok(Outcome::News(_)) => {}
                Err(lost) => {
                    let operation = GetTokensFromRefreshTokenRequest::NAME;
                    break RefreshError::lost(operation, lost);
                }
            }
        };
        // The old ones may still be good.
        match self.shared.look() {
            Look::Fresh(tokens) | Look::Aging(tokens) | Look::Ending(tokens, _) => Ok(tokens),
            Look::Failed(error) => Err(error),
            Look::Expired => Err(failure),
        }
    }

    /// The tokens of a refresh with a higher number than this one.
    async fn refresh_beyond(&self, number: u64, need: Need) -> Result<Tokens, RefreshError> {
        if let Some(failure) = self.shared.state().recent_failure() {
            return Err(failure);
        }
        loop {
            self.current()?;
            match self.request(Request::Renew(need)).await {
                Ok(Outcome::Refresh { begun, result }) if begun > number => return result,
                // It was under way already.
                Ok(Outcome::Refresh { .. } | Outcome::SignOut(_)) => {}
                #[cfg(feature = "fleet")]
                Ok(Outcome::News(_)) => {}
                Err(lost) => {
                    let operation = GetTokensFromRefreshTokenRequest::NAME;
                    return Err(RefreshError::lost(operation, lost));
                }
            }
        }
    }

    /// Asks Cognito, or shares the outcome of the request that is under way, whichever that is.
    async fn request(&self, request: Request) -> Result<Outcome, Lost> {
        let work = || self.shared.clone().carry_out(request);
        self.shared.requests.run((), work).await
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("refresher", &self.shared.refresher)
            .finish_non_exhaustive()
    }
}

/// What the clones share.
struct Shared {
    refresher: Arc<dyn Refresher>,
    state: Mutex<State>,
    /// Refreshes and sign-outs, one at a time, so that none of them uses what another one replaces.
    requests: SingleFlight<(), Outcome>,
    storing: SingleFlight<(), Stored>,
    /// Told when there are newer tokens to store, or none any more.
    changed: Notify,
}

/// What is asked of Cognito.
#[derive(Clone, Copy)]
enum Request {
    /// A refresh, if the tokens need one.
    Refresh,
    /// A refresh, however young the tokens are.
    Renew(Need),
    SignOut,
    /// What other processes have done.
    #[cfg(feature = "fleet")]
    News,
}

/// What came of it.
#[derive(Clone)]
enum Outcome {
    /// The last refresh that has begun, and what it or its tokens are worth now.
    Refresh {
        begun: u64,
        result: Result<Tokens, RefreshError>,
    },
    SignOut(Result<(), RefreshError>),
    #[cfg(feature = "fleet")]
    News(Result<(), RefreshError>),
}

impl Shared {
    async fn carry_out(self: Arc<Self>, request: Request) -> Outcome {
        let need = match request {
            Request::SignOut => return Outcome::SignOut(self.sign_out().await),
            #[cfg(feature = "fleet")]
            Request::News => return Outcome::News(self.take_news().await),
            Request::Renew(need) => Ok(need),
            Request::Refresh => match self.look() {
                Look::Fresh(tokens) => Err(Ok(tokens)),
                Look::Failed(error) => Err(Err(error)),
                Look::Aging(_) | Look::Ending(..) | Look::Expired => Ok(Need::Other),
            },
        };
        let (begun, result) = match need {
            Ok(need) => {
                let begun = self.state().begin();
                (begun, self.refresh(begun, need).await)
            }
            Err(known) => (self.state().begun(), known),
        };
        Outcome::Refresh { begun, result }
    }

    async fn refresh(self: Arc<Self>, number: u64, need: Need) -> Result<Tokens, RefreshError> {
        let old = self.state().tokens()?.clone();
        if old.refresh_token.is_none() {
            return Err(self.cannot_refresh());
        }
        let result = self.refresher.refresh(old, need).await;
        let fresh = result.inspect_err(|error| {
            trace::not_refreshed("tokens", error.cause());
            self.state().fail(error);
        })?;
        self.keep(fresh, number).await
    }

    async fn keep(self: &Arc<Self>, fresh: Fresh, number: u64) -> Result<Tokens, RefreshError> {
        let tokens = fresh.tokens.clone();
        // Before anything else can go wrong: the old refresh token may be worth nothing by now.
        let now = self.refresher.client().local_time();
        self.state().keep(fresh, number, now)?;
        self.changed.notify_waiters();
        // A slow store costs no caller more than this; it is filled all the same.
        let _ = timeout(STORE_WAIT, self.until_stored()).await;
        Ok(tokens)
    }

    #[cfg(feature = "fleet")]
    async fn take_news(self: Arc<Self>) -> Result<(), RefreshError> {
        // Nothing is at hand any more that could be told anything.
        self.state().tokens()?;
        let news = self.refresher.news().await;
        let news = news.inspect_err(|error| {
            if let RefreshError::SignedOut(_) = error {
                self.state().fail(error);
            }
        })?;
        if let Some(fresh) = news {
            let number = self.state().begin();
            self.keep(fresh, number).await?;
        }
        Ok(())
    }

    /// Without a refresh token the session lasts as long as the access token, and no less.
    fn cannot_refresh(&self) -> RefreshError {
        match self.look() {
            Look::Fresh(_) => RefreshError::no_refresh_token(),
            _ => self.end_without_refresh_token(),
        }
    }

    fn end_without_refresh_token(&self) -> RefreshError {
        let over = RefreshError::SignedOut(Some(missing_refresh_token()));
        self.state().end(over.clone());
        over
    }

    async fn sign_out(self: Arc<Self>) -> Result<(), RefreshError> {
        let Ok(tokens) = self.state().tokens().cloned() else {
            return Ok(());
        };
        match self.refresher.revoke(tokens).await {
            // It is worth nothing any more, which is what was asked for.
            Ok(()) | Err(RefreshError::SignedOut(_)) => {}
            Err(error) => return Err(error),
        }
        self.end().await;
        Ok(())
    }

    async fn end(self: &Arc<Self>) {
        self.state().end(RefreshError::SignedOut(None));
        self.changed.notify_waiters();
        self.until_settled().await;
    }

    fn look(&self) -> Look<Tokens, RefreshError> {
        let now = self.refresher.client().local_time();
        self.state().look(now)
    }

    /// Nothing that holds the lock can panic, and a poisoned state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long an access token of these lasts that may have been stored before.
fn life_left(tokens: &Tokens, client: &Client) -> Duration {
    let expiry = SystemTime::from(tokens.expires_at);
    let left = expiry.duration_since(client.server_time());
    left.unwrap_or_default().min(tokens.expires_in)
}
