//! Access tokens for a program that runs longer than they live.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::StatusCode;
use tokio::time::Instant;

use super::{SignIn, Tokens, client_secret::is_refused_secret};
use crate::{
    error::{Error, ErrorCode, InvalidInput, TransportError, TransportErrorKind},
    operation::{Operation as _, auth::GetTokensFromRefreshTokenRequest},
    sensitive::Sensitive,
    single_flight::{Lost, SingleFlight},
};

/// How long before its end a token is renewed; at most half its life.
const EARLY: Duration = Duration::from_mins(1);
/// How long before its end nobody gets a token without waiting for a new one; at most a quarter of
/// its life.
const LATE: Duration = Duration::from_secs(10);
/// How long a failure stands for all who ask.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// How long after a failure a token that is still valid is not renewed.
const PAUSE: Duration = Duration::from_secs(5);

/// Hands out the access token of one signed-in user, refreshed when needed.
///
/// Make one and clone it; clones share the tokens. What holds:
///
/// - However many callers wait, one refresh is under way, and all of them get its result.
/// - A refresh is a task of its own on the Tokio runtime of the caller that caused it. It ends, and
///   the tokens are kept and handed to [`on_refresh`](Self::with_on_refresh), also when every caller
///   has given up. If its runtime ends first, the next caller refreshes anew.
/// - A minute before its end, at the earliest after half its life, a token is refreshed while
///   callers still get the old one. In its last ten seconds they wait for the new one, and get the
///   old one if there is none.
/// - A failed refresh is told to all who ask within a second, and a token that is still valid is not
///   refreshed again for five.
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
    refreshing: SingleFlight<(), Result<Tokens, RefreshError>>,
}

/// Why a [`TokenSource`] has no access token to give.
///
/// Ask the user for a new sign-in only after [`SignedOut`](Self::SignedOut): the others keep the
/// tokens, and every later call tries again.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The user must sign in anew: the refresh token will never work again, and the tokens are gone.
    #[error("the user must sign in anew")]
    SignedOut(#[source] Arc<Error>),
    /// Cognito refuses what the operator has set: a wrong client secret, an app client or pool that
    /// does not exist, a request that it does not take.
    ///
    /// It stays so until somebody mends that. The user is still signed in.
    #[error(
        "the access token has expired, and the app client's settings do not allow to refresh it"
    )]
    Misconfigured(#[source] Arc<Error>),
    /// The access token has expired and could not be refreshed now; a later try may succeed.
    #[error("the access token has expired and could not be refreshed")]
    Unavailable(#[source] Arc<Error>),
}

impl RefreshError {
    /// The HTTP status that a server can answer its end user with: 401 for who must sign in anew,
    /// 500 for what the operator must mend, 503 for what a later try may bring.
    ///
    /// As [`Error::suggested_status`] for a single call.
    #[must_use]
    pub fn suggested_status(&self) -> StatusCode {
        match self {
            Self::SignedOut(_) => StatusCode::UNAUTHORIZED,
            Self::Misconfigured(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl TokenSource {
    /// Starts from the tokens of a sign-in, just made or stored before.
    ///
    /// `sign_in` says how to refresh: app client, remembered device, client metadata.
    #[must_use]
    pub fn new(sign_in: SignIn, tokens: Tokens) -> Self {
        Self::build(sign_in, tokens, None)
    }

    /// As [`new`](Self::new), and calls `on_refresh` with the tokens of every refresh.
    ///
    /// Store them there: with refresh token rotation the old refresh token soon stops working. It is
    /// called once for each refresh, before the callers that wait for it go on, in the task of the
    /// refresh: so it must not block for long. If it panics, the source has the tokens all the same.
    #[must_use]
    pub fn with_on_refresh(
        sign_in: SignIn,
        tokens: Tokens,
        on_refresh: impl Fn(&Tokens) + Send + Sync + 'static,
    ) -> Self {
        Self::build(sign_in, tokens, Some(Box::new(on_refresh)))
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
                self.refreshing.start(&(), || self.shared.clone().refresh());
                Ok(tokens)
            }
            Look::Ending(_) | Look::Expired => self.refresh().await,
            Look::Failed(error) => Err(error),
        }
    }

    async fn refresh(&self) -> Result<Tokens, RefreshError> {
        let refresh = || self.shared.clone().refresh();
        let failure = match self.refreshing.run((), refresh).await {
            Ok(Ok(tokens)) => return Ok(tokens),
            Ok(Err(error)) => error,
            Err(lost) => RefreshError::lost(lost),
        };
        // The old ones may still be good. Or what panicked is `on_refresh`, and there are new ones.
        match self.shared.look() {
            Look::Fresh(tokens) | Look::Aging(tokens) | Look::Ending(tokens) => Ok(tokens),
            Look::Failed(error) => Err(error),
            Look::Expired => Err(failure),
        }
    }

    fn build(sign_in: SignIn, tokens: Tokens, on_refresh: Option<OnRefresh>) -> Self {
        let expiry = SystemTime::from(tokens.expires_at);
        let left = expiry.duration_since(sign_in.client().server_time());
        let life = left.unwrap_or_default().min(tokens.expires_in);
        let sign_in = sign_in.for_tokens(&tokens);
        let held = Held::new(tokens, life, sign_in.client().local_time());
        Self {
            shared: Arc::new(Shared {
                sign_in,
                on_refresh,
                state: Mutex::new(State {
                    held: Ok(held),
                    failure: None,
                }),
            }),
            refreshing: SingleFlight::default(),
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource")
            .field("sign_in", &self.shared.sign_in)
            .finish_non_exhaustive()
    }
}

type OnRefresh = Box<dyn Fn(&Tokens) + Send + Sync>;

struct Shared {
    sign_in: SignIn,
    on_refresh: Option<OnRefresh>,
    state: Mutex<State>,
}

struct State {
    /// The tokens, or why they are gone.
    held: Result<Held, RefreshError>,
    /// The last refresh, if it failed and may yet succeed.
    failure: Option<(Instant, RefreshError)>,
}

/// Tokens and how long they last.
struct Held {
    tokens: Tokens,
    life: Duration,
    /// Since when, by a clock that nobody sets ...
    since: Instant,
    /// ... and by one that goes on while the machine sleeps.
    since_by_wall_clock: SystemTime,
}

impl Held {
    fn new(tokens: Tokens, life: Duration, now: SystemTime) -> Self {
        Self {
            tokens,
            life,
            since: Instant::now(),
            since_by_wall_clock: now,
        }
    }

    /// How long they still last.
    fn left(&self, now: SystemTime) -> Duration {
        let by_wall_clock = now.duration_since(self.since_by_wall_clock);
        let age = self.since.elapsed().max(by_wall_clock.unwrap_or_default());
        self.life.saturating_sub(age)
    }
}

/// What the tokens look like now.
enum Look {
    Fresh(Tokens),
    /// Valid, but to be refreshed.
    Aging(Tokens),
    /// Valid for so short a time that a new one is worth waiting for.
    Ending(Tokens),
    Expired,
    /// Gone, or expired and not to be refreshed a moment ago.
    Failed(RefreshError),
}

impl Shared {
    fn look(&self) -> Look {
        let now = self.sign_in.client().local_time();
        let state = self.state();
        let held = match &state.held {
            Ok(held) => held,
            Err(error) => return Look::Failed(error.clone()),
        };
        let failed_within = |span| {
            let failure = state.failure.as_ref();
            failure.filter(|(when, _)| when.elapsed() < span)
        };
        let left = held.left(now);
        if left.is_zero() {
            let failure = failed_within(FAILURE_LASTS);
            return failure.map_or(Look::Expired, |(_, error)| Look::Failed(error.clone()));
        }
        let tokens = held.tokens.clone();
        let early = EARLY.min(tokens.expires_in / 2);
        if left > early || tokens.refresh_token.is_none() || failed_within(PAUSE).is_some() {
            return Look::Fresh(tokens);
        }
        if left > LATE.min(tokens.expires_in / 4) {
            return Look::Aging(tokens);
        }
        Look::Ending(tokens)
    }

    /// Refreshes, unless that was done or failed a moment ago.
    async fn refresh(self: Arc<Self>) -> Result<Tokens, RefreshError> {
        match self.look() {
            Look::Fresh(tokens) => return Ok(tokens),
            Look::Failed(error) => return Err(error),
            Look::Aging(_) | Look::Ending(_) | Look::Expired => {}
        }
        let refresh_token = match &self.state().held {
            Ok(held) => held.tokens.refresh_token.clone(),
            Err(error) => return Err(error.clone()),
        };
        let result = if let Some(refresh_token) = refresh_token {
            let result = self.sign_in.refresh(refresh_token).await;
            result.map_err(RefreshError::of)
        } else {
            let missing = InvalidInput::new("refresh_token", "must be present");
            Err(RefreshError::SignedOut(Arc::new(missing.into())))
        };
        let tokens = result.inspect_err(|error| self.fail(error))?;
        // Before anything else can go wrong: the old refresh token may be worth nothing by now.
        self.keep(&tokens);
        if let Some(on_refresh) = &self.on_refresh {
            on_refresh(&tokens);
        }
        Ok(tokens)
    }

    fn keep(&self, tokens: &Tokens) {
        let now = self.sign_in.client().local_time();
        let mut state = self.state();
        state.held = Ok(Held::new(tokens.clone(), tokens.expires_in, now));
        state.failure = None;
    }

    fn fail(&self, error: &RefreshError) {
        let mut state = self.state();
        if let RefreshError::SignedOut(_) = error {
            state.held = Err(error.clone());
        } else {
            state.failure = Some((Instant::now(), error.clone()));
        }
    }

    /// Nothing that holds the lock can panic, and a poisoned state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RefreshError {
    fn of(error: Error) -> Self {
        let kind = match error.code() {
            _ if is_for_the_operator(&error) => Self::Misconfigured,
            Some(code) if ends_the_session(code) => Self::SignedOut,
            _ => Self::Unavailable,
        };
        kind(Arc::new(error))
    }

    /// The request may have been sent; nobody knows what became of it.
    fn lost(lost: Lost) -> Self {
        Self::Unavailable(Arc::new(Error::Transport {
            operation: GetTokensFromRefreshTokenRequest::NAME,
            error: TransportError::new(TransportErrorKind::Interrupted).with_source(lost),
        }))
    }
}

/// Whether the refresh token will never work again.
fn ends_the_session(code: &ErrorCode) -> bool {
    match code {
        ErrorCode::NotAuthorized
        | ErrorCode::PasswordResetRequired
        | ErrorCode::RefreshTokenReuse
        | ErrorCode::UserNotConfirmed
        | ErrorCode::UserNotFound => true,
        // Not in the service model, but Amplify expects it.
        ErrorCode::Other(code) => code == "TokenRevokedException",
        _ => false,
    }
}

/// Whether the same call fails until somebody changes the settings, whoever the user is.
fn is_for_the_operator(error: &Error) -> bool {
    match error {
        Error::InvalidInput(_) => true,
        error if is_refused_secret(error) => true,
        Error::Service(refusal) => match refusal.code() {
            Some(code) => matches!(
                code,
                ErrorCode::InvalidParameter
                    | ErrorCode::InvalidUserPoolConfiguration
                    | ErrorCode::OperationNotEnabled
                    | ErrorCode::ResourceNotFound
                    | ErrorCode::Unauthorized
                    | ErrorCode::UnsupportedOperation
                    | ErrorCode::UnsupportedTokenType
            ),
            None => false,
        },
        _ => false,
    }
}
