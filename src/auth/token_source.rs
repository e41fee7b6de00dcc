//! Access tokens for a program that runs longer than they live.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::Mutex as AsyncMutex;

use super::{SignIn, Tokens};
use crate::{
    error::{Error, ErrorCode, InvalidInput},
    sensitive::Sensitive,
};

/// How long before its end a token is renewed; at most half its life.
const EARLY: Duration = Duration::from_mins(1);
/// How long a failed early refresh keeps others from trying.
const PAUSE: Duration = Duration::from_secs(5);

/// Hands out the access token of one signed-in user, refreshed when needed.
///
/// Make one and clone it; clones share the tokens. However many callers wait, one refresh is in
/// flight, and a caller that gives up does not break it off. A minute before its end a token is
/// refreshed early: if that fails, callers get the old one while it is valid.
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

/// Why a [`TokenSource`] has no access token to give.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The user must sign in anew: the tokens are gone.
    #[error("the user must sign in anew")]
    SignedOut(#[source] Arc<Error>),
    /// The access token has expired and could not be refreshed now; a later try may succeed.
    #[error("the access token has expired and could not be refreshed")]
    Unavailable(#[source] Arc<Error>),
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
    /// Store them there: with refresh token rotation the old refresh token soon stops working.
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
    /// [`RefreshError::Unavailable`] while it cannot be reached.
    pub async fn access_token(&self) -> Result<Sensitive<String>, RefreshError> {
        Ok(self.tokens().await?.access_token)
    }

    /// All tokens, of which the access token is valid now.
    ///
    /// # Errors
    /// Those of [`access_token`](Self::access_token).
    pub async fn tokens(&self) -> Result<Tokens, RefreshError> {
        let seen = match self.shared.look() {
            Look::Fresh(tokens) => return Ok(tokens),
            Look::SignedOut(error) => return Err(RefreshError::SignedOut(error)),
            // Someone else refreshes already, and the token is still good.
            Look::Aging(tokens) => {
                let Ok(mut flight) = self.shared.flight.try_lock() else {
                    return Ok(tokens);
                };
                return match self.shared.refresh(&mut flight).await {
                    Err(RefreshError::Unavailable(_)) => Ok(tokens),
                    result => result,
                };
            }
            Look::Expired { attempts } => attempts,
        };
        let mut flight = self.shared.flight.lock().await;
        match self.shared.look() {
            Look::Fresh(tokens) | Look::Aging(tokens) => Ok(tokens),
            Look::SignedOut(error) => Err(RefreshError::SignedOut(error)),
            // An attempt failed while this caller waited for it: it counts for all who did.
            Look::Expired { attempts } if attempts != seen => match self.shared.last_failure() {
                Some(error) => Err(RefreshError::Unavailable(error)),
                None => self.shared.refresh(&mut flight).await,
            },
            Look::Expired { .. } => self.shared.refresh(&mut flight).await,
        }
    }

    fn build(sign_in: SignIn, tokens: Tokens, on_refresh: Option<OnRefresh>) -> Self {
        Self {
            shared: Arc::new(Shared {
                sign_in: sign_in.for_tokens(&tokens),
                on_refresh,
                state: Mutex::new(State {
                    tokens: Ok(tokens),
                    attempts: 0,
                    last_failure: None,
                    pause_until: None,
                }),
                flight: AsyncMutex::new(None),
            }),
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

/// A refresh under way. It is kept here and not in the caller that polls it, so that it goes on
/// with the next caller when that one gives up: with rotation, an answer lost is a session lost.
type Flight = Option<Pin<Box<dyn Future<Output = Result<Tokens, Error>> + Send>>>;

struct Shared {
    sign_in: SignIn,
    on_refresh: Option<OnRefresh>,
    state: Mutex<State>,
    flight: AsyncMutex<Flight>,
}

struct State {
    /// The tokens, or why they are gone.
    tokens: Result<Tokens, Arc<Error>>,
    /// How many refreshes have ended.
    attempts: u64,
    last_failure: Option<Arc<Error>>,
    /// Until then no early refresh is tried again.
    pause_until: Option<SystemTime>,
}

/// What the tokens look like now.
enum Look {
    Fresh(Tokens),
    /// Still valid, but to be refreshed.
    Aging(Tokens),
    Expired {
        attempts: u64,
    },
    SignedOut(Arc<Error>),
}

impl Shared {
    fn look(&self) -> Look {
        let now = self.sign_in.client().server_time();
        let state = self.state();
        let tokens = match &state.tokens {
            Ok(tokens) => tokens,
            Err(error) => return Look::SignedOut(error.clone()),
        };
        let expiry = SystemTime::from(tokens.expires_at);
        if now >= expiry {
            return Look::Expired {
                attempts: state.attempts,
            };
        }
        let is_paused = state.pause_until.is_some_and(|until| now < until);
        let early = EARLY.min(tokens.expires_in / 2);
        let is_aging = now + early >= expiry && tokens.refresh_token.is_some();
        if is_aging && !is_paused {
            return Look::Aging(tokens.clone());
        }
        Look::Fresh(tokens.clone())
    }

    /// Refreshes, or goes on with the refresh that a caller left behind.
    async fn refresh(&self, flight: &mut Flight) -> Result<Tokens, RefreshError> {
        let refresh = match flight {
            Some(refresh) => refresh,
            None => flight.insert(self.take_off()),
        };
        let result = refresh.as_mut().await;
        *flight = None;
        self.land(result)
    }

    fn take_off(&self) -> Pin<Box<dyn Future<Output = Result<Tokens, Error>> + Send>> {
        let sign_in = self.sign_in.clone();
        let refresh_token = match &self.state().tokens {
            Ok(tokens) => tokens.refresh_token.clone(),
            Err(_) => None,
        };
        Box::pin(async move {
            let refresh_token = refresh_token
                .ok_or_else(|| InvalidInput::new("refresh_token", "must be present"))?;
            sign_in.refresh(refresh_token).await
        })
    }

    fn land(&self, result: Result<Tokens, Error>) -> Result<Tokens, RefreshError> {
        let now = self.sign_in.client().server_time();
        let mut state = self.state();
        state.attempts += 1;
        let error = match result {
            Ok(tokens) => {
                state.tokens = Ok(tokens.clone());
                state.last_failure = None;
                state.pause_until = None;
                drop(state);
                if let Some(on_refresh) = &self.on_refresh {
                    on_refresh(&tokens);
                }
                return Ok(tokens);
            }
            Err(error) => error,
        };
        let is_final = is_final(&error);
        let error = Arc::new(error);
        if is_final {
            state.tokens = Err(error.clone());
            return Err(RefreshError::SignedOut(error));
        }
        state.last_failure = Some(error.clone());
        state.pause_until = Some(now + PAUSE);
        Err(RefreshError::Unavailable(error))
    }

    fn last_failure(&self) -> Option<Arc<Error>> {
        self.state().last_failure.clone()
    }

    /// Nothing that holds the lock can panic, and a poisoned state is still whole.
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the refresh token will never work again; anything else may pass.
fn is_final(error: &Error) -> bool {
    match error {
        Error::InvalidInput(_) => true,
        error => match error.code() {
            Some(
                ErrorCode::NotAuthorized
                | ErrorCode::PasswordResetRequired
                | ErrorCode::RefreshTokenReuse
                | ErrorCode::UserNotConfirmed
                | ErrorCode::UserNotFound,
            ) => true,
            // Not in the service model, but Amplify expects it.
            Some(ErrorCode::Other(code)) => code == "TokenRevokedException",
            _ => false,
        },
    }
}
