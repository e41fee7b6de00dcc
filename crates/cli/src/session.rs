//! Sessions between two commands: files that only their owner can read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clap::{Arg, ArgMatches};
use cognito_idp::{
    Sensitive,
    auth::{AppClient, SignIn, Tokens},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{context, exit::Failure, output, secret};

/// What of its life a token must have left to be printed.
const MARGIN: Duration = Duration::from_mins(1);

/// A signed-in user.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Session {
    pub(crate) user_pool_id: Option<String>,
    pub(crate) client_id: Sensitive<String>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) tokens: Tokens,
}

/// The file of a session, held so that no other process reads or writes it meanwhile.
///
/// With rotation a refresh token works once: two processes that refresh side by side would end the
/// session.
#[derive(Debug)]
pub(crate) struct Held {
    path: PathBuf,
    _lock: File,
}

/// The argument that names a session.
pub(crate) fn argument() -> Arg {
    Arg::new("session")
        .long("session")
        .value_name("NAME")
        .default_value("default")
        .help("Name of the session, if there are several")
}

/// Where the secret of the app client comes from, if it has one.
pub(crate) fn client_secret_argument() -> Arg {
    Arg::new("client-secret")
        .long("client-secret")
        .value_name("SOURCE")
        .help("The app client's secret, if it has one: env:NAME, file:PATH or - [COGNITO_CLIENT_SECRET]")
}

/// `token`: prints a fresh token.
pub(crate) async fn token(matches: &ArgMatches) -> Result<(), Failure> {
    let held = Held::of(matches)?;
    let mut session = held.read()?;
    let left = SystemTime::from(session.tokens.expires_at).duration_since(SystemTime::now());
    if left.unwrap_or_default() < MARGIN {
        let Some(refresh_token) = session.tokens.refresh_token.clone() else {
            return Err(Failure::usage("the session has ended: sign in again"));
        };
        session.tokens = sign_in(matches, &session)?.refresh(refresh_token).await?;
        // Before it is printed: the old refresh token may be worth nothing by now.
        held.write(&session)?;
    }
    let tokens = &session.tokens;
    let token = if matches.get_flag("id") {
        let missing = || Failure::usage("the session has no ID token");
        tokens.id_token.as_ref().ok_or_else(missing)?
    } else {
        &tokens.access_token
    };
    output::line(token.expose())
}

/// `sign-out`: revokes the session's refresh token, or all of the user's, and forgets the session.
pub(crate) async fn sign_out(matches: &ArgMatches) -> Result<(), Failure> {
    let held = Held::of(matches)?;
    let session = held.read()?;
    let sign_in = sign_in(matches, &session)?;
    if matches.get_flag("everywhere") {
        sign_in
            .global_sign_out(&session.tokens.access_token)
            .await?;
    } else if let Some(refresh_token) = &session.tokens.refresh_token {
        sign_in.revoke(refresh_token).await?;
    }
    held.forget()
}

/// `sessions`: lists them, without what is secret.
pub(crate) fn list() -> Result<(), Failure> {
    let directory = directory()?;
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| failed(&directory, error))?,
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let mut sessions = Vec::new();
    for path in paths {
        let session = read(&path)?;
        sessions.push(json!({
            "session": path.file_stem().and_then(|name| name.to_str()),
            "user_pool_id": session.user_pool_id,
            "client_id": session.client_id.expose(),
            "username": session.tokens.username().as_ref().map(Sensitive::expose),
            "access_token_expires_at": session.tokens.expires_at.to_string(),
        }));
    }
    output::list(sessions)
}

/// How the session's app client signs in, refreshes and signs out.
fn sign_in(matches: &ArgMatches, session: &Session) -> Result<SignIn, Failure> {
    let place = context::Place {
        user_pool_id: session.user_pool_id.as_deref(),
        region: session.region.as_deref(),
        endpoint_url: session.endpoint_url.as_deref(),
    };
    let client = context::client_at(matches, &place)?;
    let app_client = app_client(matches, session.client_id.clone())?;
    Ok(SignIn::public(client, app_client))
}

/// The app client, with its secret if one is given.
pub(crate) fn app_client(
    matches: &ArgMatches,
    id: impl Into<Sensitive<String>>,
) -> Result<AppClient, Failure> {
    let app_client = AppClient::new(id);
    Ok(match client_secret(matches)? {
        Some(secret) => app_client.secret(secret),
        None => app_client,
    })
}

/// The secret of the app client that an argument or a variable gives.
pub(crate) fn client_secret(matches: &ArgMatches) -> Result<Option<Sensitive<String>>, Failure> {
    let secret = match matches.get_one::<String>("client-secret") {
        Some(source) => Some(secret::read("client-secret", source)?),
        None => std::env::var("COGNITO_CLIENT_SECRET").ok(),
    };
    Ok(secret.filter(|secret| !secret.is_empty()).map(Into::into))
}

impl Held {
    /// Waits for the session that the arguments name.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let name = matches.get_one::<String>("session");
        let name = name.map_or("default", String::as_str);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if name.is_empty() || !name.chars().all(is_plain) {
            let rule = "--session: must be made of letters, digits, - and _";
            return Err(Failure::usage(rule));
        }
        let directory = directory()?;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&directory)
            .map_err(|error| failed(&directory, error))?;
        let path = directory.join(format!("{name}.json"));
        let lock = path.with_extension("lock");
        let lock_file = private(OpenOptions::new().create(true).truncate(false)).open(&lock);
        let lock_file = lock_file.map_err(|error| failed(&lock, error))?;
        lock_file.lock().map_err(|error| failed(&lock, error))?;
        Ok(Self {
            path,
            _lock: lock_file,
        })
    }

    fn read(&self) -> Result<Session, Failure> {
        read(&self.path)
    }

    /// Writes it beside the old one first, so that there is always a whole one.
    pub(crate) fn write(&self, session: &Session) -> Result<(), Failure> {
        let new = self.path.with_extension("new");
        let write = || {
            // What a killed process left may have had any permissions.
            match fs::remove_file(&new) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private(OpenOptions::new().create_new(true)).open(&new)?;
            serde_json::to_writer(&mut file, session)?;
            file.flush()?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| failed(&self.path, error))
    }

    fn forget(&self) -> Result<(), Failure> {
        fs::remove_file(&self.path).map_err(|error| failed(&self.path, error))
    }
}

fn read(path: &Path) -> Result<Session, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::usage("there is no such session: sign in first"));
        }
        text => Sensitive::from(text.map_err(|error| failed(path, error))?),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let metadata = fs::metadata(path).map_err(|error| failed(path, error))?;
        if metadata.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path}: must be readable by its owner alone"
            )));
        }
    }
    // The error of the parser could quote a token.
    serde_json::from_str(text.expose())
        .map_err(|_| Failure::usage(format!("{}: is no session", path.display())))
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}

/// Where state is kept that is no configuration: by the XDG base directories, else by the system.
fn directory() -> Result<PathBuf, Failure> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = variable("XDG_STATE_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/state")));
    let base = base.ok_or_else(|| Failure::usage("HOME or XDG_STATE_HOME must be set"))?;
    Ok(base.join("cognito-idp/sessions"))
}

fn failed(path: &Path, error: io::Error) -> Failure {
    Failure::Io(path.display().to_string(), error)
}
