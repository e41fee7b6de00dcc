//! A Cognito on loopback that rotates refresh tokens, and ends a session whose replaced token comes again.

use std::{
    collections::HashMap,
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// What the app client is set to, and how far away it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How long access tokens live.
    pub(crate) life: Duration,
    /// How long a replaced refresh token is still taken.
    pub(crate) grace: Duration,
    /// From an answer's making until it arrives.
    pub(crate) trip: Duration,
}

/// What it was asked for so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sign_ins: u32,
    /// Refreshes that were granted.
    pub(crate) refreshes: u32,
    /// Those of them with a token that had been replaced, within the grace.
    pub(crate) repeated: u32,
    /// Those of them with tokens not yet half as old as they get.
    pub(crate) early: u32,
    /// Sessions that were ended, since a replaced token came after its grace.
    pub(crate) revoked: u32,
    /// Machine tokens, by their scopes.
    pub(crate) machine_tokens: HashMap<String, u32>,
}

/// The running server; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Cognito {
    pub(crate) address: SocketAddr,
    settings: Settings,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<String, Session>,
    tally: Tally,
}

/// What came from one sign-in.
#[derive(Debug, Default)]
struct Session {
    /// Its refresh tokens, by their numbers.
    issued: Vec<Issued>,
    is_over: bool,
}

#[derive(Debug)]
struct Issued {
    at: Instant,
    replaced_at: Option<Instant>,
}

/// An access token of the server, read.
#[derive(Debug)]
pub(crate) struct AccessToken<'a> {
    /// The user, or the scopes of a machine's token.
    pub(crate) of: &'a str,
    pub(crate) issued_at: SystemTime,
}

impl<'a> AccessToken<'a> {
    pub(crate) fn read(token: &'a str) -> Option<Self> {
        let (of, issued_at) = token.strip_prefix("access ")?.rsplit_once(' ')?;
        let issued_at = Duration::from_micros(issued_at.parse().ok()?);
        Some(Self {
            of,
            issued_at: UNIX_EPOCH + issued_at,
        })
    }
}

impl Cognito {
    pub(crate) async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let cognito = Self {
            address: listener.local_addr()?,
            settings,
            state: Arc::default(),
        };
        let serving = cognito.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let cognito = serving.clone();
                // It ends with the process at the other end.
                tokio::spawn(async move { drop(cognito.serve(connection).await) });
            }
        });
        Ok(cognito)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.state().tally.clone()
    }

    async fn serve(&self, connection: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
        connection.set_nodelay(true)?;
        let mut connection = BufReader::new(connection);
        while let Some((operation, request)) = read(&mut connection).await? {
            let (status, answer) = self.answer(&operation, &request);
            sleep(self.settings.trip).await;
            let answer = answer.to_string();
            let length = answer.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{answer}");
            connection.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    /// Status and body. What it does is done before the answer is on its way, which may be lost.
    fn answer(&self, operation: &str, request: &Value) -> (&'static str, Value) {
        let text = |pointer| request.pointer(pointer).and_then(Value::as_str);
        let answer = match operation {
            "InitiateAuth" => text("/AuthParameters/USERNAME").map(|user| self.sign_in(user)),
            "GetTokensFromRefreshToken" => text("/RefreshToken").and_then(|it| self.refresh(it)),
            "RevokeToken" => text("/Token").map(|token| self.revoke(token)),
            "GetClientToken" => request.get("Scopes").map(|scopes| self.issue(scopes)),
            _ => None,
        };
        let refused = || json!({"__type": "NotAuthorizedException", "message": "Refused"});
        answer.map_or_else(
            || ("400 Bad Request", refused()),
            |answer| ("200 OK", answer),
        )
    }

    fn sign_in(&self, user: &str) -> Value {
        let mut state = self.state();
        state.tally.sign_ins += 1;
        state.sessions.insert(user.to_owned(), Session::default());
        let session = state.sessions.entry(user.to_owned()).or_default();
        json!({"AuthenticationResult": session.tokens(user, self.settings)})
    }

    fn refresh(&self, token: &str) -> Option<Value> {
        let (user, number) = read_refresh_token(token)?;
        let state = &mut *self.state();
        let session = state.sessions.get_mut(user)?;
        let presented = session.issued.get_mut(number)?;
        if session.is_over {
            return None;
        }
        if let Some(replaced_at) = presented.replaced_at {
            if replaced_at.elapsed() > self.settings.grace {
                session.is_over = true;
                state.tally.revoked += 1;
                return None;
            }
            state.tally.repeated += 1;
        } else {
            presented.replaced_at = Some(Instant::now());
            state.tally.early += u32::from(presented.at.elapsed() < self.settings.life / 2);
        }
        state.tally.refreshes += 1;
        Some(json!({"AuthenticationResult": session.tokens(user, self.settings)}))
    }

    fn revoke(&self, token: &str) -> Value {
        let user = read_refresh_token(token).map(|(user, _)| user);
        let mut state = self.state();
        if let Some(session) = user.and_then(|user| state.sessions.get_mut(user)) {
            session.is_over = true;
        }
        json!({})
    }

    /// A token for a machine.
    fn issue(&self, scopes: &Value) -> Value {
        let scopes = scopes.as_array().into_iter().flatten();
        let scopes: Vec<_> = scopes.filter_map(Value::as_str).collect();
        let scopes = scopes.join("+");
        let issued = json!({
            "AccessToken": access_token(&scopes),
            "ExpiresIn": self.settings.life.as_secs(),
            "TokenType": "Bearer",
        });
        let mut state = self.state();
        *state.tally.machine_tokens.entry(scopes).or_default() += 1;
        json!({"ClientAuthenticationResult": issued})
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn tokens(&mut self, user: &str, settings: Settings) -> Value {
        let number = self.issued.len();
        self.issued.push(Issued {
            at: Instant::now(),
            replaced_at: None,
        });
        json!({
            "AccessToken": access_token(user),
            "RefreshToken": format!("refresh {user} {number}"),
            "ExpiresIn": settings.life.as_secs(),
            "TokenType": "Bearer",
        })
    }
}

fn access_token(of: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("access {of} {}", now.unwrap_or_default().as_micros())
}

fn read_refresh_token(token: &str) -> Option<(&str, usize)> {
    let (user, number) = token.strip_prefix("refresh ")?.rsplit_once(' ')?;
    Some((user, number.parse().ok()?))
}

/// The operation and the body of the next request; `None` at the end of the connection.
async fn read(
    connection: &mut BufReader<TcpStream>,
) -> Result<Option<(String, Value)>, Box<dyn Error + Send + Sync>> {
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => operation = value.rsplit('.').next().unwrap_or_default().to_owned(),
            "content-length" => length = value.trim().parse()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok(Some((operation, serde_json::from_slice(&body)?)))
}
