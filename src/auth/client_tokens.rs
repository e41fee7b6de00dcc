//! Access tokens for a program itself, machine to machine.

#[cfg(feature = "fleet")]
mod shared;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::StatusCode;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    AppClient, aging::Look, client_secret::is_refused_secret, renewed::Renewed, tokens::life,
};
use crate::{
    client::{Answer, Client, SendOptions},
    collections::{IntoMap, Map},
    error::{DecodeProblem, Error, ErrorCode, InvalidInput, TransportError, TransportErrorKind},
    operation::{
        AuthScheme, Operation, RetrySafety,
        auth::{GetClientTokenRequest, GetClientTokenResponse},
    },
    sensitive::Sensitive,
    single_flight::Lost,
    trace,
};

const TOO_MANY: StatusCode = StatusCode::TOO_MANY_REQUESTS;
/// What of its life a token has left when it is renewed: AWS advises to use it for 75 %.
const RENEWED_BEFORE: u32 = 4;
/// How many sets of scopes are kept besides those that somebody holds a clone for.
const MAX_SETS: usize = 100;
/// How long after a token was invalidated its successor is not.
const INVALIDATED_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// Hands out the access tokens of an app client itself, for calls from machine to machine.
///
/// Cognito bills each such token and gives an account 150 a second. This asks for one when there is
/// none, and hands it out until its life is over: a program with tokens of one hour needs one in 45
/// minutes for each set of scopes, however often it calls.
///
/// ```no_run
/// use cognito_idp::{Client, auth::{AppClient, ClientTokens}};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().region("eu-central-1").build()?;
/// let machine = ClientTokens::over_api(client, AppClient::new("app-client-id").secret("secret"));
/// let orders = machine.for_scopes(["orders/read", "orders/write"]);
/// loop {
///     let token = orders.token().await?;
///     // ... call the resource server with it ...
/// #   let _ = token; break;
/// }
/// # Ok(())
/// # }
/// ```
///
/// Make one and clone it; clones share the tokens. What holds:
///
/// - However many callers wait, one request for each set of scopes is under way, and all of them get
///   its result. It is a task of its own on the Tokio runtime of the caller that caused it, so it ends
///   also when every caller has given up.
/// - After three quarters of its life a token is renewed while callers still get the old one. In its
///   last ten seconds they wait for the new one, and get the old one if there is none in time.
///   A token that nobody asks for is not renewed.
/// - A failure is told to all who ask within a second, and a token that is still valid is not renewed
///   again for five.
/// - A token's life is counted from its arrival, by the clock that nobody sets and by the one that
///   goes on while the machine sleeps, whichever is further.
/// - A request whose outcome is unknown is repeated, as the client's retry policy says. That does no
///   harm, but Cognito may have billed a token that nobody gets.
///
/// Several processes do not share the tokens, each has its own, unless they do so through a store, with
/// the feature `fleet` and `share`.
#[derive(Clone)]
pub struct ClientTokens {
    shared: Arc<Shared>,
    set: Arc<ScopeSet>,
}

/// Why a [`ClientTokens`] has no access token to give.
///
/// Every later call tries again.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientTokenError {
    /// Cognito does not know the app client, or refuses its secret.
    #[error("Cognito does not know the app client or refuses its secret")]
    InvalidClient(#[source] Arc<Error>),
    /// A scope is none of the resource servers of the pool, or not one for machines.
    ///
    /// The domain's token endpoint says so. The API has no code of its own for it; what it answers as
    /// an invalid parameter is [`Misconfigured`](Self::Misconfigured).
    #[error("Cognito does not know a scope that was asked for")]
    InvalidScope(#[source] Arc<Error>),
    /// The app client's settings do not allow what was asked for: the flow, or a scope that exists;
    /// or the client has no secret here.
    ///
    /// It stays so until somebody mends that.
    #[error("the app client's settings do not allow to get such a token")]
    Misconfigured(#[source] Arc<Error>),
    /// There are too many requests, by Cognito's count or by the client's own
    /// [pacing](crate::pacing).
    #[error("there are too many requests to get a token now")]
    Throttled(#[source] Arc<Error>),
    /// Cognito, or what gives the client secret, cannot be reached or fails.
    #[error("no token could be had now")]
    Unavailable(#[source] Arc<Error>),
}

impl ClientTokens {
    /// Gets the tokens over the API, with the operation
    /// [`GetClientToken`](crate::operation::auth::GetClientTokenRequest).
    ///
    /// It needs no domain, but `ALLOW_CLIENT_TOKEN_AUTH` must be the only flow of the app client. AWS
    /// credentials play no part; a client without any saves the signature.
    #[must_use]
    pub fn over_api(client: Client, app_client: AppClient) -> Self {
        Self::of_issuer(Api { client, app_client })
    }

    /// Sets key-value pairs for the pool's Lambda triggers, of which the one that runs before a token
    /// is made sees them. Put no secrets in them.
    ///
    /// The result has tokens of its own, because such a trigger may write what it sees into them.
    #[must_use]
    pub fn client_metadata(self, metadata: impl IntoMap<Sensitive<String>>) -> Self {
        Self::build(
            self.shared.issuer.clone(),
            metadata.into_map(),
            &self.set.scopes,
        )
    }

    /// The same for these scopes, each as resource server identifier, slash and scope name, such as
    /// `orders/read`; for all that the app client has without any.
    ///
    /// Neither their order nor how often one is named matters, and one text may hold several with
    /// blanks between them. Each set has a token of its own, which all who ask for the set share. A
    /// hundred sets are kept, and those for which there is a clone.
    #[must_use]
    pub fn for_scopes<S: AsRef<str>>(&self, scopes: impl IntoIterator<Item = S>) -> Self {
        let mut set = Vec::new();
        for scope in scopes {
            set.extend(scope.as_ref().split_whitespace().map(str::to_owned));
        }
        Self {
            set: self.shared.set_of(set),
            shared: self.shared.clone(),
        }
    }

    /// An access token that is valid now.
    ///
    /// # Errors
    /// See [`ClientTokenError`]; none while there is a valid token.
    pub async fn token(&self) -> Result<Sensitive<String>, ClientTokenError> {
        let renew = || self.clone().renew();
        let lost = |lost| self.lost(lost);
        self.set.token.get(|| self.now(), renew, lost).await
    }

    /// Takes a token for worthless, because a resource server does not accept it; whether
    /// [`token`](Self::token) has another one to give.
    ///
    /// ```no_run
    /// # use cognito_idp::{Sensitive, auth::{ClientTokens, ClientTokenError}};
    /// # async fn call(token: &Sensitive<String>) -> u16 { 200 }
    /// # async fn example(machine: ClientTokens) -> Result<(), ClientTokenError> {
    /// let token = machine.token().await?;
    /// let mut status = call(&token).await;
    /// if status == 401 && machine.invalidate(&token) {
    ///     status = call(&machine.token().await?).await;
    /// }
    /// # let _ = status;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// However many callers say so of one token, one new token is made. If that is not accepted either
    /// it stays for a minute, and this is `false`: then it is not the token's age that the resource
    /// server minds, and to get more of them would only cost.
    pub fn invalidate(&self, token: &Sensitive<String>) -> bool {
        let sets = self.shared.sets().clone();
        sets.iter().all(|set| set.invalidate(token))
    }

    pub(crate) fn of_issuer(issuer: impl Issuer + 'static) -> Self {
        Self::build(Arc::new(issuer), Map::default(), &[])
    }

    fn build(
        issuer: Arc<dyn Issuer>,
        client_metadata: Map<Sensitive<String>>,
        scopes: &[String],
    ) -> Self {
        let shared = Shared {
            issuer,
            client_metadata,
            sets: Mutex::default(),
        };
        Self {
            set: shared.set_of(scopes.to_vec()),
            shared: Arc::new(shared),
        }
    }

    /// Gets a new token, unless that was done or failed a moment ago.
    async fn renew(self) -> Result<Sensitive<String>, ClientTokenError> {
        let slot = &self.set.token;
        match slot.look(self.now()) {
            Look::Fresh(token) => return Ok(token),
            Look::Failed(error) => return Err(error),
            Look::Aging(_) | Look::Ending(..) | Look::Expired => {}
        }
        let Shared {
            issuer,
            client_metadata,
            ..
        } = &*self.shared;
        let _noted = PanicIsNoted(&self);
        let invalid = lock(&self.set.invalidated).clone();
        let order = Order {
            scopes: &self.set.scopes,
            client_metadata,
            instead_of: invalid.as_ref().map(|invalidated| &invalidated.token),
        };
        match issuer.issue(order).await {
            Ok(ClientToken { token, life, age }) => {
                let left = life.saturating_sub(age);
                slot.keep(token.clone(), left, life / RENEWED_BEFORE, self.now());
                Ok(token)
            }
            Err(error) => {
                trace::not_refreshed("client token", Some(&error));
                let error = ClientTokenError::of(error);
                slot.fail(error.clone());
                Err(error)
            }
        }
    }

    fn now(&self) -> SystemTime {
        self.shared.issuer.client().local_time()
    }

    /// The request may have been sent; nobody knows what became of it.
    fn lost(&self, lost: Lost) -> ClientTokenError {
        ClientTokenError::Unavailable(Arc::new(Error::Transport {
            operation: self.shared.issuer.operation(),
            error: TransportError::new(TransportErrorKind::Interrupted).with_source(lost),
        }))
    }
}

/// What panics would do so for the next caller too, so it is a failure like any other.
struct PanicIsNoted<'a>(&'a ClientTokens);

impl Drop for PanicIsNoted<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.set.token.fail(self.0.lost(Lost::Panicked));
        }
    }
}

impl fmt::Debug for ClientTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTokens")
            .field("issuer", &self.shared.issuer)
            .field("scopes", &self.set.scopes)
            .finish_non_exhaustive()
    }
}

impl ClientTokenError {
    /// What failed: the refusal with its code and request ID, or what kept the request from an answer.
    #[must_use]
    pub fn cause(&self) -> &Error {
        match self {
            Self::InvalidClient(cause)
            | Self::InvalidScope(cause)
            | Self::Misconfigured(cause)
            | Self::Throttled(cause)
            | Self::Unavailable(cause) => cause,
        }
    }

    fn of(error: Error) -> Self {
        let kind = match error.code() {
            _ if error.is_throttled() || error.status() == Some(TOO_MANY) => Self::Throttled,
            _ if is_refused_secret(&error) => Self::InvalidClient,
            _ if matches!(error, Error::InvalidInput(_)) => Self::Misconfigured,
            Some(ErrorCode::ResourceNotFound) => Self::InvalidClient,
            Some(ErrorCode::InvalidScope) => Self::InvalidScope,
            Some(
                ErrorCode::InvalidParameter
                | ErrorCode::OperationNotEnabled
                // The domain's word for a flow or a scope that the client does not have.
                | ErrorCode::InvalidGrant
                | ErrorCode::InvalidRequest
                | ErrorCode::UnauthorizedClient
                | ErrorCode::UnsupportedGrantType,
            ) => Self::Misconfigured,
            _ => Self::Unavailable,
        };
        kind(Arc::new(error))
    }
}

/// What the clones share.
struct Shared {
    issuer: Arc<dyn Issuer>,
    client_metadata: Map<Sensitive<String>>,
    /// The one that was asked for last stands last.
    sets: Mutex<Vec<Arc<ScopeSet>>>,
}

/// The token for some scopes.
struct ScopeSet {
    /// In order, each once.
    scopes: Vec<String>,
    token: Renewed<Sensitive<String>, ClientTokenError>,
    invalidated: Mutex<Option<Invalidated>>,
}

/// The token that was taken for worthless last.
#[derive(Clone)]
struct Invalidated {
    token: Sensitive<String>,
    when: Instant,
}

impl Shared {
    fn set_of(&self, mut scopes: Vec<String>) -> Arc<ScopeSet> {
        scopes.sort_unstable();
        scopes.dedup();
        let mut sets = self.sets();
        let known = sets.iter().position(|set| set.scopes == scopes);
        let set = match known {
            Some(place) => sets.remove(place),
            None => Arc::new(ScopeSet {
                scopes,
                token: Renewed::default(),
                invalidated: Mutex::default(),
            }),
        };
        let mut too_many = (sets.len() + 1).saturating_sub(MAX_SETS);
        sets.retain(|set| {
            // Whoever has a clone, or waits for a token, holds one reference more.
            let is_given_up = too_many > 0 && Arc::strong_count(set) == 1;
            too_many -= usize::from(is_given_up);
            !is_given_up
        });
        sets.push(set.clone());
        set
    }

    fn sets(&self) -> MutexGuard<'_, Vec<Arc<ScopeSet>>> {
        lock(&self.sets)
    }
}

impl ScopeSet {
    /// Forgets a token; whether it is not the one that there is, now or any more.
    fn invalidate(&self, token: &Sensitive<String>) -> bool {
        let mut invalidated = lock(&self.invalidated);
        if !self.token.holds(|held| held == token) {
            return true;
        }
        let is_recent = |last: &Invalidated| last.when.elapsed() < INVALIDATED_AGAIN_AFTER;
        if invalidated.as_ref().is_some_and(is_recent) {
            return false;
        }
        *invalidated = Some(Invalidated {
            token: token.clone(),
            when: Instant::now(),
        });
        self.token.forget(|held| held == token);
        true
    }
}

/// Nothing that holds a lock can panic, and what a poisoned one guards is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A way to get a token.
pub(crate) trait Issuer: fmt::Debug + Send + Sync {
    /// What sends the requests.
    fn client(&self) -> &Client;

    /// What errors call the request.
    fn operation(&self) -> &'static str;

    /// Asks for a token, with the app client's secret.
    fn issue<'a>(&'a self, order: Order<'a>) -> IssueFuture<'a>;
}

/// What token is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Order<'a> {
    /// In the order of their names.
    pub(crate) scopes: &'a [String],
    pub(crate) client_metadata: &'a Map<Sensitive<String>>,
    /// The one that a resource server did not accept, if any: another one is wanted.
    #[cfg_attr(
        not(feature = "fleet"),
        expect(dead_code, reason = "a single process has forgotten it")
    )]
    pub(crate) instead_of: Option<&'a Sensitive<String>>,
}

pub(crate) type IssueFuture<'a> =
    Pin<Box<dyn Future<Output = Result<ClientToken, Error>> + Send + 'a>>;

/// A token, how long it lasts from when it was made, and how long ago that was.
pub(crate) struct ClientToken {
    pub(crate) token: Sensitive<String>,
    pub(crate) life: Duration,
    pub(crate) age: Duration,
}

impl ClientToken {
    /// One that came just now.
    pub(crate) fn new(token: Sensitive<String>, life: Duration) -> Self {
        let age = Duration::ZERO;
        Self { token, life, age }
    }
}

/// The error of an app client that cannot have tokens of its own.
pub(crate) fn no_secret() -> InvalidInput {
    let rule = "must be set, because only an app client with a secret gets tokens of its own";
    InvalidInput::new("client_secret", rule)
}

/// The operation of the API.
#[derive(Debug)]
struct Api {
    client: Client,
    app_client: AppClient,
}

impl Issuer for Api {
    fn client(&self) -> &Client {
        &self.client
    }

    fn operation(&self) -> &'static str {
        GetClientTokenRequest::NAME
    }

    fn issue<'a>(&'a self, order: Order<'a>) -> IssueFuture<'a> {
        Box::pin(self.ask(order.scopes, order.client_metadata))
    }
}

impl Api {
    async fn ask(
        &self,
        scopes: &[String],
        client_metadata: &Map<Sensitive<String>>,
    ) -> Result<ClientToken, Error> {
        let attempt = |app_client: &AppClient| {
            let request = app_client.client_secret().map(|secret| {
                let mut request = GetClientTokenRequest::new(self.app_client.id(), secret);
                if !scopes.is_empty() {
                    request = request.scopes(scopes);
                }
                request.client_metadata = client_metadata.clone();
                request
            });
            async { self.send(&request.ok_or_else(no_secret)?).await }
        };
        let sent = self
            .app_client
            .attempt(&self.client, self.operation(), attempt);
        let answer = sent.await?;
        let response: GetClientTokenResponse = answer.decode()?;
        let result = response.client_authentication_result;
        let expires_in = result.as_ref().and_then(|result| result.expires_in);
        let token = result
            .and_then(|result| result.access_token)
            .ok_or_else(|| answer.refused(NO_TOKEN))?;
        let life = life(&token, expires_in.map(i64::from));
        Ok(ClientToken::new(token, life))
    }

    async fn send(&self, request: &GetClientTokenRequest) -> Result<Answer, Error> {
        let sent = self.client.answer(request, SendOptions::new()).await;
        match sent {
            // They are not needed, so nobody has to set them up for this.
            Err(Error::Credentials { .. }) => {
                let request = Unsigned(request);
                self.client.answer(&request, SendOptions::new()).await
            }
            sent => sent,
        }
    }
}

/// A success without a token.
const NO_TOKEN: DecodeProblem = DecodeProblem::MissingMember {
    member: "ClientAuthenticationResult",
};

/// The request as the documentation means it: IAM cannot authorize it.
#[derive(Serialize)]
#[serde(transparent)]
struct Unsigned<'a>(&'a GetClientTokenRequest);

impl Operation for Unsigned<'_> {
    type Response = GetClientTokenResponse;
    const NAME: &'static str = GetClientTokenRequest::NAME;
    const AUTH: AuthScheme = AuthScheme::NoAuth;
    const RETRY: RetrySafety = RetrySafety::Repeatable;
    const ERRORS: &'static [ErrorCode] = GetClientTokenRequest::ERRORS;
}
