//! Sessions: a random number in a cookie, and under it on the server all that is secret.

use std::{
    collections::{BTreeMap, HashMap},
    future::{self, Future},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Extension, Form,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use cognito_idp::{
    CognitoUserService, Sensitive,
    auth::{Challenge, SignedInUser, Tokens, TotpSetup},
    managed_login::PendingLogin,
    operation::auth::ContextDataType,
};
use serde::{Deserialize, Serialize};

use crate::{app::App, csrf, failure::Failure};

/// A browser sends a cookie of this name only where this host itself has set it, over HTTPS.
const COOKIE: &str = "__Host-session";
const DAY: Duration = Duration::from_hours(24);
/// How long an unfinished step may take; Cognito's own sessions end after at most 15 minutes.
const STEP: Duration = Duration::from_mins(15);

/// What a browser is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Session {
    /// The sign-in goes on with this.
    Challenge(Challenge),
    /// The sign-in goes on when the authenticator app shows a code.
    Totp(TotpSetup),
    /// An address is to be confirmed.
    Confirming(Sensitive<String>),
    /// A password is to be reset.
    Resetting(Sensitive<String>),
    /// The browser is on the pages of the pool's domain.
    Away(PendingLogin),
    SignedIn(SignedIn),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) tokens: Tokens,
    /// The secret of an authenticator app whose set-up has begun.
    pub(crate) totp: Option<Sensitive<String>>,
}

pub(crate) type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where sessions are kept, as JSON. What several replicas share stands behind this as well.
pub(crate) trait Store: Send + Sync {
    fn load(&self, id: &str) -> StoreFuture<'_, Option<Sensitive<String>>>;
    /// Loads and removes in one step, so that of two requests at once one gets it.
    fn take(&self, id: &str) -> StoreFuture<'_, Option<Sensitive<String>>>;
    fn save(&self, id: &str, session: Sensitive<String>, life: Duration) -> StoreFuture<'_, ()>;
    /// Saves only over what is there, so that a late refresh does not bring back who has signed out.
    fn replace(&self, id: &str, session: Sensitive<String>, life: Duration) -> StoreFuture<'_, ()>;
}

/// The store of one process. It holds at most so many; the one that ends first goes first.
#[derive(Default)]
pub(crate) struct InMemory(Mutex<HashMap<String, Kept>>);

struct Kept {
    session: Sensitive<String>,
    ends: Instant,
}

const MOST_SESSIONS: usize = 100_000;

impl InMemory {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for InMemory {
    fn load(&self, id: &str) -> StoreFuture<'_, Option<Sensitive<String>>> {
        let kept = self.lock();
        let kept = kept.get(id).filter(|kept| kept.ends > Instant::now());
        ready(kept.map(|kept| kept.session.clone()))
    }

    fn take(&self, id: &str) -> StoreFuture<'_, Option<Sensitive<String>>> {
        let kept = self.lock().remove(id);
        let kept = kept.filter(|kept| kept.ends > Instant::now());
        ready(kept.map(|kept| kept.session))
    }

    fn save(&self, id: &str, session: Sensitive<String>, life: Duration) -> StoreFuture<'_, ()> {
        let now = Instant::now();
        let mut sessions = self.lock();
        if sessions.len() >= MOST_SESSIONS {
            sessions.retain(|_, kept| kept.ends > now);
        }
        if sessions.len() >= MOST_SESSIONS {
            // Steps end before sign-ins do, so a flood of steps pushes out steps.
            let mut ends: Vec<_> = sessions.values().map(|kept| kept.ends).collect();
            let (_, cut, _) = ends.select_nth_unstable(MOST_SESSIONS / 10);
            let cut = *cut;
            sessions.retain(|_, kept| kept.ends > cut);
        }
        let ends = now + life;
        sessions.insert(id.to_owned(), Kept { session, ends });
        ready(())
    }

    fn replace(&self, id: &str, session: Sensitive<String>, life: Duration) -> StoreFuture<'_, ()> {
        if let Some(kept) = self.lock().get_mut(id) {
            kept.session = session;
            kept.ends = Instant::now() + life;
        }
        ready(())
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    Box::pin(future::ready(value))
}

/// The number in the browser's cookie.
#[derive(Clone)]
struct Id(Sensitive<String>);

/// Gives every visitor a number, for forms; nothing is kept under it before there is something to keep.
pub(crate) async fn with_id(mut request: Request, next: Next) -> Result<Response, Failure> {
    let given = cookie(request.headers()).map(|id| Id(id.into()));
    let is_new = given.is_none();
    let id = match given {
        Some(id) => id,
        None => Id(new_id()?),
    };
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if is_new && !response.headers().contains_key(header::SET_COOKIE) {
        set_cookie(&mut response, &id.0)?;
    }
    Ok(response)
}

/// One request of a browser: its session, and the service told of the browser, for threat protection.
pub(crate) struct Visit {
    pub(crate) app: App,
    pub(crate) users: CognitoUserService,
    id: Sensitive<String>,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let id = Extension::<Id>::from_request_parts(parts, app).await;
        let Extension(Id(id)) = id.map_err(|_| Failure::Ours)?;
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await;
        let ConnectInfo(peer) = peer.map_err(|_| Failure::Ours)?;
        let address = address(app, peer, &parts.headers);
        let context =
            ContextDataType::from_request(address, &*app.url, parts.uri.path(), &parts.headers);
        Ok(Self {
            users: app.users.clone().context_data(context),
            app: app.clone(),
            id,
        })
    }
}

impl Visit {
    pub(crate) fn csrf(&self) -> String {
        csrf::token(self.id.expose())
    }

    pub(crate) async fn session(&self) -> Option<Session> {
        read(&self.app.sessions.load(self.id.expose()).await?)
    }

    /// Takes the session out: of two requests at once, one gets it.
    pub(crate) async fn take(&self) -> Option<Session> {
        read(&self.app.sessions.take(self.id.expose()).await?)
    }

    /// Keeps the session under the number that the browser has.
    pub(crate) async fn save(&self, session: &Session) -> Result<(), Failure> {
        let life = life(session);
        self.app
            .sessions
            .save(self.id.expose(), written(session)?, life)
            .await;
        Ok(())
    }

    /// Keeps a change of who is signed in, unless he has signed out meanwhile in another tab.
    pub(crate) async fn update(&self, signed_in: SignedIn) -> Result<(), Failure> {
        let session = written(&Session::SignedIn(signed_in))?;
        self.app
            .sessions
            .replace(self.id.expose(), session, DAY)
            .await;
        Ok(())
    }

    /// Keeps the session under a new number, so that who knew the old one knows nothing.
    pub(crate) async fn renew(&self, session: &Session, to: &str) -> Result<Response, Failure> {
        let id = new_id()?;
        self.app.sessions.take(self.id.expose()).await;
        self.app
            .sessions
            .save(id.expose(), written(session)?, life(session))
            .await;
        let mut response = Redirect::to(to).into_response();
        set_cookie(&mut response, &id)?;
        Ok(response)
    }

    pub(crate) async fn end(&self, to: &str) -> Result<Response, Failure> {
        self.app.sessions.take(self.id.expose()).await;
        let mut response = Redirect::to(to).into_response();
        set_cookie(&mut response, &new_id()?)?;
        Ok(response)
    }

    /// Whoever is signed in; refreshed tokens go back into the session.
    pub(crate) async fn user(&self) -> Result<(SignedInUser, SignedIn), Failure> {
        let Some(Session::SignedIn(signed_in)) = self.session().await else {
            return Err(Failure::SignedOut);
        };
        let (store, id, kept) = (
            self.app.sessions.clone(),
            self.id.clone(),
            signed_in.clone(),
        );
        let user = self.users.signed_in(signed_in.tokens.clone());
        let user = user.on_refresh(move |tokens| {
            let (store, id, mut kept) = (store.clone(), id.clone(), kept.clone());
            kept.tokens = tokens;
            async move {
                let session = written(&Session::SignedIn(kept))?;
                store.replace(id.expose(), session, DAY).await;
                Ok::<_, Failure>(())
            }
        });
        Ok((user, signed_in))
    }
}

/// What a form of our own pages sent.
pub(crate) struct Fields(BTreeMap<String, Sensitive<String>>);

impl FromRequest<App> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let id = request
            .extensions()
            .get::<Id>()
            .cloned()
            .ok_or(Failure::Ours)?;
        let headers = request.headers().clone();
        let form = Form::<BTreeMap<String, Sensitive<String>>>::from_request(request, app).await;
        let Form(fields) = form.map_err(|_| Failure::Malformed)?;
        let fields = Self(fields);
        if !csrf::is_good(id.0.expose(), fields.text("csrf"), &headers) {
            return Err(Failure::Forged);
        }
        Ok(fields)
    }
}

impl Fields {
    /// What was entered; empty if nothing was.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.expose())
    }

    pub(crate) fn secret(&self, name: &str) -> Sensitive<String> {
        self.0.get(name).cloned().unwrap_or_else(|| "".into())
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }
}

pub(crate) fn address(app: &App, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let told = || {
        let all = headers.get_all("x-forwarded-for");
        let last = all.iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    let told: Option<IpAddr> = if app.behind_proxy { told() } else { None };
    told.unwrap_or(peer.ip())
}

fn read(session: &Sensitive<String>) -> Option<Session> {
    // What another version of this program wrote is no session.
    serde_json::from_str(session.expose()).ok()
}

fn written(session: &Session) -> Result<Sensitive<String>, Failure> {
    let json = serde_json::to_string(session).map_err(|_| Failure::Ours)?;
    Ok(json.into())
}

fn life(session: &Session) -> Duration {
    match session {
        Session::SignedIn(_) => DAY,
        Session::Away(_) => PendingLogin::LIFE,
        _ => STEP,
    }
}

fn new_id() -> Result<Sensitive<String>, Failure> {
    let mut bytes = [0; 32];
    getrandom::getrandom(&mut bytes).map_err(|_| Failure::Ours)?;
    Ok(hex(&bytes).into())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// A number as we give them; anything else is as good as none.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split("; "));
    let id = cookies.find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))?;
    let is_ours = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then_some(id)
}

fn set_cookie(response: &mut Response, id: &Sensitive<String>) -> Result<(), Failure> {
    let id = id.expose();
    let cookie = format!("{COOKIE}={id}; Path=/; Secure; HttpOnly; SameSite=Lax");
    let cookie = HeaderValue::try_from(cookie).map_err(|_| Failure::Ours)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_two_who_take_a_session_one_gets_it() {
        let store = InMemory::default();
        store.save("id", "1".into(), STEP).await;
        assert!(store.take("id").await.is_some());
        assert!(store.take("id").await.is_none());
    }

    #[tokio::test]
    async fn a_session_ends_and_a_late_refresh_does_not_bring_it_back() {
        let store = InMemory::default();
        store.save("ended", "1".into(), Duration::ZERO).await;
        assert!(store.load("ended").await.is_none());
        store.replace("gone", "1".into(), STEP).await;
        assert!(store.load("gone").await.is_none());
    }

    #[test]
    fn only_a_number_of_ours_is_a_session() {
        let id = new_id().unwrap();
        let mut headers = HeaderMap::new();
        for (value, expected) in [(id.expose().as_str(), true), ("short", false), ("", false)] {
            let line = format!("other=1; {COOKIE}={value}");
            headers.insert(header::COOKIE, line.parse().unwrap());
            assert_eq!(cookie(&headers).is_some(), expected, "{value}");
        }
    }
}
