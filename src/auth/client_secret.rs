//! The secret of an app client: fixed, or from a provider because it changes while the program runs.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::{
    error::{BoxError, Error, ErrorCode},
    operation::{Operation as _, auth::GetClientTokenRequest},
    sensitive::Sensitive,
    single_flight::{Lost, SingleFlight},
};

/// The future of [`ProvideClientSecret::provide_client_secret`].
pub type ClientSecretFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Sensitive<String>, BoxError>> + Send + 'a>>;

/// Gives the secret of an app client, where it is not one fixed text.
///
/// Cognito can have AWS Secrets Manager rotate a secret; a program that holds a fixed one then
/// stops signing users in. [`AppClient::secret_from`](super::AppClient::secret_from) takes a
/// provider, and `SecretsManagerSecret` is a ready one.
///
/// What a provider gives is kept. It is asked again, once for all callers, when Cognito says that a
/// secret hash is wrong.
///
/// ```
/// use cognito_idp::auth::{AppClient, ClientSecretFuture, ProvideClientSecret};
///
/// /// Reads the secret from a file that something else keeps up to date.
/// #[derive(Debug)]
/// struct File(&'static str);
///
/// impl ProvideClientSecret for File {
///     fn provide_client_secret<'a>(&'a self, _client_id: &'a str) -> ClientSecretFuture<'a> {
///         Box::pin(async { Ok(std::fs::read_to_string(self.0)?.trim().into()) })
///     }
/// }
///
/// let app_client = AppClient::new("app-client-id").secret_from(File("/run/secrets/client"));
/// # let _ = app_client;
/// ```
pub trait ProvideClientSecret: fmt::Debug + Send + Sync {
    /// The secret that the app client with this ID has now.
    ///
    /// The error must hold no secret: it is shown.
    fn provide_client_secret<'a>(&'a self, client_id: &'a str) -> ClientSecretFuture<'a>;
}

/// A provider that is asked the first time, and again when what it gave was refused.
#[derive(Debug)]
pub(crate) struct ProvidedSecret {
    provider: Arc<dyn ProvideClientSecret>,
    state: Arc<Mutex<State>>,
    asking: SingleFlight<(), Result<Sensitive<String>, Unavailable>>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Sensitive<String>>,
    asked: Option<Instant>,
    failure: Option<(Instant, Unavailable)>,
}

/// Why a provider gave no secret, told to everybody who waited for it.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("the client secret's provider failed")]
    Failed(#[source] Arc<dyn std::error::Error + Send + Sync>),
    #[error("the client secret's provider gave an empty secret")]
    Empty,
    #[error("the client secret's provider did not answer in time")]
    TooSlow,
    #[error("the client secret's provider did not end")]
    Lost(#[source] Lost),
}

/// How long a provider may take, whoever waits for it.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a failure stands for all that ask.
const FAILURE_LASTS: Duration = Duration::from_secs(1);
/// How long a secret that was refused is not asked for again: what is wrong is then not its age, but
/// the username, or the secret altogether.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Whether Cognito says that it is the client secret that is wrong.
///
/// It tells that apart from a wrong password or token by its words only, where there is one.
pub(crate) fn is_refused_secret(error: &Error) -> bool {
    let Error::Service(refusal) = error else {
        return false;
    };
    match refusal.code() {
        Some(ErrorCode::NotAuthorized) if refusal.operation() == GetClientTokenRequest::NAME => {
            true
        }
        Some(ErrorCode::NotAuthorized) => refusal
            .message()
            .is_some_and(|message| message.to_ascii_lowercase().contains("secret")),
        Some(ErrorCode::InvalidClient) => true,
        _ => false,
    }
}

impl ProvidedSecret {
    pub(crate) fn new(provider: impl ProvideClientSecret + 'static) -> Self {
        Self {
            provider: Arc::new(provider),
            state: Arc::default(),
            asking: SingleFlight::default(),
        }
    }

    /// The secret, within so long.
    pub(crate) async fn current(
        &self,
        client_id: &Sensitive<String>,
        limit: Duration,
    ) -> Result<Sensitive<String>, Unavailable> {
        {
            let state = self.state();
            if let Some(current) = &state.current {
                return Ok(current.clone());
            }
            match &state.failure {
                Some((when, error)) if when.elapsed() < FAILURE_LASTS => return Err(error.clone()),
                _ => {}
            }
        }
        self.ask(client_id, limit).await
    }

    /// Another secret than the one that was refused, if there is one now.
    pub(crate) async fn instead_of(
        &self,
        refused: &Sensitive<String>,
        client_id: &Sensitive<String>,
        limit: Duration,
    ) -> Option<Sensitive<String>> {
        {
            let state = self.state();
            match &state.current {
                Some(current) if current != refused => return Some(current.clone()),
                _ => {}
            }
            let is_young = |asked: Instant| asked.elapsed() < ASK_AGAIN_AFTER;
            if state.asked.is_some_and(is_young) {
                return None;
            }
        }
        let found = self.ask(client_id, limit).await.ok();
        found.filter(|secret| secret != refused)
    }

    async fn ask(
        &self,
        client_id: &Sensitive<String>,
        limit: Duration,
    ) -> Result<Sensitive<String>, Unavailable> {
        let work = || {
            let (provider, state) = (self.provider.clone(), self.state.clone());
            let client_id = client_id.clone();
            async move {
                let answer = provider.provide_client_secret(client_id.expose());
                let result = match timeout(TIMEOUT, answer).await {
                    Ok(Ok(secret)) if secret.expose().is_empty() => Err(Unavailable::Empty),
                    Ok(Ok(secret)) => Ok(secret),
                    Ok(Err(error)) => Err(Unavailable::Failed(error.into())),
                    Err(_) => Err(Unavailable::TooSlow),
                };
                lock(&state).note(&result);
                result
            }
        };
        match timeout(limit, self.asking.run((), work)).await {
            Ok(Ok(result)) => result,
            Ok(Err(lost)) => Err(Unavailable::Lost(lost)),
            Err(_) => Err(Unavailable::TooSlow),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn note(&mut self, result: &Result<Sensitive<String>, Unavailable>) {
        let now = Instant::now();
        self.asked = Some(now);
        match result {
            Ok(secret) => {
                self.current = Some(secret.clone());
                self.failure = None;
            }
            // What is there may still be good.
            Err(error) => self.failure = Some((now, error.clone())),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
