//! Sessions: a random number in a cookie, and under it on the server all that is secret.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, SystemTime, UNIX_EPOCH},
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
    auth::{Challenge, RememberedDevice, SignedInUser, TokenSource, Tokens, TotpSetup},
    fleet::{SharedStore as _, Swap, Vault, Versioned},
    managed_login::PendingLogin,
    operation::auth::ContextDataType,
};
use serde::{Deserialize, Serialize};

use crate::{app::App, csrf, failure::Failure};

/// A browser sends a cookie of this name only where this host itself has set it, over HTTPS.
const COOKIE: &str = "__Host-session";
/// The number under which a device is kept that its user wants to be remembered.
const DEVICE_COOKIE: &str = "__Host-device";
const DAY: Duration = Duration::from_hours(24);
const DEVICE_LIFE: Duration = Duration::from_hours(30 * 24);
/// How long an unfinished step may take; Cognito's own sessions end after at most 15 minutes.
const STEP: Duration = Duration::from_mins(15);

/// What a browser is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Session {
    /// The sign-in goes on with a challenge.
    SigningIn(SigningIn),
    /// The sign-in goes on when the authenticator app of the named user shows a code.
    Totp(Sensitive<String>, TotpSetup),
    /// An address is to be confirmed.
    Confirming(Sensitive<String>),
    /// A password is to be reset.
    Resetting(Sensitive<String>),
    /// The browser is on the pages of the pool's domain.
    Away(PendingLogin),
    SignedIn(SignedIn),
    /// No visit, but what a browser proves to be with its other cookie.
    Device(RememberedDevice),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SigningIn {
    /// As it was entered.
    pub(crate) name: Sensitive<String>,
    pub(crate) challenge: Challenge,
    /// Whether nothing is proven yet: then no page may tell whether there is such a user.
    pub(crate) is_first: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    /// As it was entered.
    pub(crate) name: Sensitive<String>,
    /// The key of the tokens, which are shared and refreshed by themselves.
    tokens: Sensitive<String>,
    /// The secret of an authenticator app whose set-up has begun.
    pub(crate) totp: Option<Sensitive<String>>,
    /// The device, until the user has said whether it is to be remembered.
    pub(crate) new_device: Option<NewDevice>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewDevice {
    pub(crate) device: RememberedDevice,
    /// Whether Cognito is to be told, because the pool leaves it to the user.
    pub(crate) is_users_choice: bool,
}

/// Where sessions are kept, each under the number in its browser's cookie.
///
/// Behind the vault is the memory of this process, or what several share.
#[derive(Clone)]
pub(crate) struct Sessions(Vault);

/// How often a change is tried anew because another request of the same browser was faster.
const TRIES: usize = 20;

impl Sessions {
    pub(crate) fn new(vault: Vault) -> Self {
        Self(vault.session_life(DAY))
    }

    async fn load(&self, id: &str) -> Result<Option<Session>, Failure> {
        Ok(self.0.load(&key(id)).await?.and_then(|found| read(&found)))
    }

    /// Puts what `next` makes of the session in its place, and gives what was there before.
    ///
    /// `next` sees the session as it is at that moment, and is asked again if another request was
    /// faster: so nothing is lost of what two have changed.
    async fn change(
        &self,
        id: &str,
        next: impl Fn(Option<&Session>) -> Option<Session>,
    ) -> Result<Option<Session>, Failure> {
        let key = key(id);
        let mut found = self.0.load(&key).await?;
        for _ in 0..TRIES {
            let version = found.as_ref().map_or(0, |found| found.version);
            let before = found.as_ref().and_then(read);
            let after = next(before.as_ref());
            if before.is_none() && after.is_none() {
                return Ok(None);
            }
            let life = after.as_ref().map_or(STEP, life);
            let after = serde_json::to_vec(&after).map_err(|_| Failure::Ours)?;
            let after = Versioned::new(later_than(version), after);
            match self.0.swap(&key, version, after, life).await? {
                Swap::Done => return Ok(before),
                Swap::Refused(there) => found = there,
            }
        }
        Err(Failure::Ours)
    }
}

fn key(id: &str) -> String {
    format!("web/session/{id}")
}

/// A session that has ended is kept for a while as `null`; what another version of this program wrote
/// is none either.
fn read(found: &Versioned) -> Option<Session> {
    serde_json::from_slice(found.value.expose()).ok()
}

/// A version never comes again, also after the value's life is over.
fn later_than(version: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_millis());
    version.max(u64::try_from(now).unwrap_or(0)) + 1
}

/// The number in the browser's cookie.
#[derive(Clone)]
struct Id(Sensitive<String>);

/// Gives every visitor a number, for forms; nothing is kept under it before there is something to keep.
pub(crate) async fn with_id(mut request: Request, next: Next) -> Result<Response, Failure> {
    let given = cookie(request.headers(), COOKIE).map(|id| Id(id.into()));
    let is_new = given.is_none();
    let id = match given {
        Some(id) => id,
        None => Id(new_id()?),
    };
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if is_new && !response.headers().contains_key(header::SET_COOKIE) {
        set_cookie(&mut response, COOKIE, &id.0, None)?;
    }
    Ok(response)
}

/// One request of a browser: its session, and the service told of the browser, for threat protection.
pub(crate) struct Visit {
    pub(crate) app: App,
    pub(crate) users: CognitoUserService,
    id: Sensitive<String>,
    device_id: Option<Sensitive<String>>,
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
            device_id: cookie(&parts.headers, DEVICE_COOKIE).map(Into::into),
        })
    }
}

impl Visit {
    pub(crate) fn csrf(&self) -> String {
        csrf::token(self.id.expose())
    }

    pub(crate) async fn session(&self) -> Result<Option<Session>, Failure> {
        self.app.sessions.load(self.id.expose()).await
    }

    /// Takes the session out: of two requests at once, one gets it.
    pub(crate) async fn take(&self) -> Result<Option<Session>, Failure> {
        self.app.sessions.change(self.id.expose(), |_| None).await
    }

    /// Puts back what was taken out.
    pub(crate) async fn put_back(&self, session: Session) -> Result<(), Failure> {
        let put = |_: Option<&Session>| Some(session.clone());
        self.app.sessions.change(self.id.expose(), put).await?;
        Ok(())
    }

    /// Keeps the session under a new number, so that who knew the old one knows nothing.
    pub(crate) async fn renew(&self, session: &Session, to: &str) -> Result<Response, Failure> {
        let id = new_id()?;
        let put = |_: Option<&Session>| Some(session.clone());
        self.app.sessions.change(id.expose(), put).await?;
        self.leave(&id, to).await
    }

    pub(crate) async fn end(&self, to: &str) -> Result<Response, Failure> {
        self.leave(&new_id()?, to).await
    }

    async fn leave(&self, id: &Sensitive<String>, to: &str) -> Result<Response, Failure> {
        if let Err(error) = self.take().await {
            tracing::warn!(%error, "the session before was not ended");
        }
        let mut response = Redirect::to(to).into_response();
        set_cookie(&mut response, COOKIE, id, None)?;
        Ok(response)
    }

    /// The service, told which device this browser is remembered as.
    pub(crate) async fn users_on_device(&self) -> Result<CognitoUserService, Failure> {
        let users = self.users.clone();
        let Some(id) = &self.device_id else {
            return Ok(users);
        };
        Ok(match self.app.sessions.load(id.expose()).await? {
            Some(Session::Device(device)) => users.with_device(device),
            _ => users,
        })
    }

    /// Remembers the device behind a cookie that outlives the session.
    pub(crate) async fn remember(
        &self,
        device: RememberedDevice,
        response: &mut Response,
    ) -> Result<(), Failure> {
        let id = new_id()?;
        let device = Session::Device(device);
        let put = |_: Option<&Session>| Some(device.clone());
        self.app.sessions.change(id.expose(), put).await?;
        set_cookie(response, DEVICE_COOKIE, &id, Some(DEVICE_LIFE))
    }

    /// Changes what is kept of who is signed in, unless he has signed out meanwhile in another tab.
    pub(crate) async fn update(&self, change: impl Fn(&mut SignedIn)) -> Result<(), Failure> {
        let changed = |session: Option<&Session>| session.map(|it| updated(it, &change));
        self.app.sessions.change(self.id.expose(), changed).await?;
        Ok(())
    }

    /// Shares the tokens of who has just signed in among the replicas.
    pub(crate) async fn sign_in(
        &self,
        name: Sensitive<String>,
        tokens: &Tokens,
    ) -> Result<(SignedInUser, SignedIn), Failure> {
        let (sign_in, key) = (self.users.sign_in(), new_id()?);
        let vault = &self.app.sessions.0;
        let source = TokenSource::share(sign_in.clone(), tokens, vault, tokens_key(&key)).await?;
        let signed_in = SignedIn {
            name,
            tokens: key,
            totp: None,
            new_device: None,
        };
        Ok((SignedInUser::over(sign_in.clone(), source), signed_in))
    }

    /// Whoever is signed in.
    pub(crate) async fn user(&self) -> Result<(SignedInUser, SignedIn), Failure> {
        let Some(Session::SignedIn(signed_in)) = self.session().await? else {
            return Err(Failure::SignedOut);
        };
        let (sign_in, vault) = (self.users.sign_in(), &self.app.sessions.0);
        let key = tokens_key(&signed_in.tokens);
        let source = TokenSource::open(sign_in.clone(), vault, key).await?;
        let source = source.ok_or(Failure::SignedOut)?;
        Ok((SignedInUser::over(sign_in.clone(), source), signed_in))
    }
}

fn updated(session: &Session, change: impl Fn(&mut SignedIn)) -> Session {
    let mut session = session.clone();
    if let Session::SignedIn(signed_in) = &mut session {
        change(signed_in);
    }
    session
}

fn tokens_key(key: &Sensitive<String>) -> String {
    format!("web/tokens/{}", key.expose())
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

fn life(session: &Session) -> Duration {
    match session {
        Session::SignedIn(_) => DAY,
        Session::Device(_) => DEVICE_LIFE,
        Session::Away(_) => PendingLogin::LIFE,
        _ => STEP,
    }
}

fn new_id() -> Result<Sensitive<String>, Failure> {
    Ok(hex(&random::<32>()?).into())
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).map_err(|_| Failure::Ours)?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// A number as we give them; anything else is as good as none.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut cookies = cookies
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split("; "));
    let id = cookies.find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))?;
    let is_ours = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then_some(id)
}

/// Without a life the cookie ends with the browser.
fn set_cookie(
    response: &mut Response,
    name: &str,
    id: &Sensitive<String>,
    life: Option<Duration>,
) -> Result<(), Failure> {
    let id = id.expose();
    let life = life.map_or(String::new(), |life| {
        format!("; Max-Age={}", life.as_secs())
    });
    let cookie = format!("{name}={id}; Path=/; Secure; HttpOnly; SameSite=Lax{life}");
    let cookie = HeaderValue::try_from(cookie).map_err(|_| Failure::Ours)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    use cognito_idp::fleet::MemoryStore;
    use futures_util::FutureExt as _;

    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(Vault::unsealed(MemoryStore::new()))
    }

    fn resetting(name: &str) -> Session {
        Session::Resetting(name.into())
    }

    async fn put(sessions: &Sessions, session: &Session) {
        let put = |_: Option<&Session>| Some(session.clone());
        sessions.change("id", put).await.unwrap();
    }

    async fn update(sessions: &Sessions, change: impl Fn(&mut SignedIn)) {
        let changed = |session: Option<&Session>| session.map(|it| updated(it, &change));
        sessions.change("id", changed).await.unwrap();
    }

    #[tokio::test]
    async fn of_two_who_take_a_session_one_gets_it() {
        let sessions = sessions();
        put(&sessions, &resetting("bob")).await;
        assert!(sessions.change("id", |_| None).await.unwrap().is_some());
        assert!(sessions.change("id", |_| None).await.unwrap().is_none());
        assert!(sessions.load("id").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_two_requests_change_at_once_is_both_kept() {
        let sessions = sessions();
        let signed_in = SignedIn {
            name: "bob".into(),
            tokens: "key".into(),
            totp: None,
            new_device: None,
        };
        put(&sessions, &Session::SignedIn(signed_in)).await;
        let is_first = AtomicBool::new(true);
        update(&sessions, |signed_in| {
            // The other request comes while this one is under way.
            if is_first.swap(false, SeqCst) {
                let set = update(&sessions, |signed_in| signed_in.totp = Some("new".into()));
                assert!(set.now_or_never().is_some());
            }
            signed_in.name = "robert".into();
        })
        .await;
        let Some(Session::SignedIn(kept)) = sessions.load("id").await.unwrap() else {
            panic!("still signed in");
        };
        assert_eq!(kept.name, "robert".into());
        assert_eq!(kept.totp, Some("new".into()));
    }

    #[tokio::test]
    async fn a_late_change_does_not_bring_back_who_has_signed_out() {
        let sessions = sessions();
        put(&sessions, &resetting("bob")).await;
        sessions.change("id", |_| None).await.unwrap();
        update(&sessions, |signed_in| signed_in.totp = None).await;
        assert!(sessions.load("id").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_another_version_of_this_program_kept_is_no_session() {
        let sessions = sessions();
        let foreign = Versioned::new(1, br#"{"Tomorrow":{}}"#.to_vec());
        sessions.0.swap(&key("id"), 0, foreign, STEP).await.unwrap();
        assert!(sessions.load("id").await.unwrap().is_none());
        put(&sessions, &resetting("bob")).await;
        assert!(sessions.load("id").await.unwrap().is_some());
    }

    #[test]
    fn only_a_number_of_ours_is_a_session() {
        let id = new_id().unwrap();
        let mut headers = HeaderMap::new();
        for (value, expected) in [(id.expose().as_str(), true), ("short", false), ("", false)] {
            let line = format!("other=1; {COOKIE}={value}");
            headers.insert(header::COOKIE, line.parse().unwrap());
            assert_eq!(cookie(&headers, COOKIE).is_some(), expected, "{value}");
            assert!(cookie(&headers, DEVICE_COOKIE).is_none());
        }
    }
}
