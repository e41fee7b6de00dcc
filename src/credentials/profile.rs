//! Credentials from the files `~/.aws/config` and `~/.aws/credentials`.

use std::{collections::BTreeMap, fmt, io, sync::Arc};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};

use super::{
    metadata::{Environment, Found},
    web_identity::{Role, WebIdentityCredentials},
};
use crate::{sensitive::Sensitive, transport::HttpClient};

/// Reads credentials from the profile files of AWS's tools.
///
/// The profile is `AWS_PROFILE`, else `default`. The files are `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE`, else `config` and `credentials` in `~/.aws`; they are read anew
/// each time. A profile can hold an access key, or a role with a `web_identity_token_file`. One that
/// needs another way, such as `source_profile`, `credential_process` or `sso_session`, is an error
/// that says so: take the chain of the `aws-config` crate for it.
#[derive(Clone)]
pub struct ProfileCredentials {
    environment: Environment,
    http: Arc<dyn HttpClient>,
    profile: Option<String>,
}

impl ProfileCredentials {
    /// Makes the provider; nothing is read yet.
    ///
    /// # Errors
    /// If there is no HTTP client to be had.
    #[cfg(any(feature = "reqwest", feature = "hyper"))]
    pub fn new() -> Result<Self, crate::error::InvalidInput> {
        Ok(Self::with(
            Environment::of_process(),
            super::metadata::public_client()?,
        ))
    }

    /// Makes the provider over an HTTP client of your own, for profiles with a web identity.
    #[must_use]
    pub fn with_http_client(http: impl HttpClient + 'static) -> Self {
        Self::with(Environment::of_process(), Arc::new(http))
    }

    /// Names the profile.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    pub(super) fn with(environment: Environment, http: Arc<dyn HttpClient>) -> Self {
        Self {
            environment,
            http,
            profile: None,
        }
    }

    /// `None` if there is no such profile, or none with credentials, and nobody asked for it by
    /// name.
    pub(super) async fn find(&self) -> Found {
        let named = self
            .profile
            .clone()
            .or_else(|| self.environment.get("AWS_PROFILE"));
        let name = named.as_deref().unwrap_or("default");
        let profiles = self
            .read()
            .map_err(CredentialsError::invalid_configuration)?;
        let found = match profiles.get(name) {
            Some(profile) => self.credentials(name, profile).await?,
            None => None,
        };
        if found.is_none() && named.is_some() {
            let problem = ProfileProblem::NoCredentials(shown(name));
            return Err(CredentialsError::invalid_configuration(problem));
        }
        Ok(found)
    }

    async fn credentials(&self, name: &str, profile: &Profile) -> Found {
        let value = |key: &str| {
            let value = profile.get(key).map(|value| value.expose().as_str());
            value.filter(|value| !value.is_empty())
        };
        match (value("role_arn"), value("web_identity_token_file")) {
            (Some(role_arn), Some(token_file)) => {
                let role = Role {
                    token_file: self.expanded(token_file),
                    arn: role_arn.to_owned(),
                    session_name: value("role_session_name").map(str::to_owned),
                    region: value("region").map(str::to_owned),
                };
                let provider =
                    WebIdentityCredentials::with(self.environment.clone(), self.http.clone());
                return Ok(Some(provider.assume(&role).await?));
            }
            (Some(_), None) => return Err(unsupported(name, "role_arn")),
            (None, _) => {}
        }
        match (value("aws_access_key_id"), value("aws_secret_access_key")) {
            (Some(id), Some(secret)) => {
                let token = value("aws_session_token").map(str::to_owned);
                Ok(Some(Credentials::new(id, secret, token, None, "profile")))
            }
            (None, None) => {
                let other_ways = ["credential_process", "sso_session", "sso_start_url"];
                match other_ways.into_iter().find(|key| value(key).is_some()) {
                    Some(key) => Err(unsupported(name, key)),
                    None => Ok(None),
                }
            }
            _ => Err(CredentialsError::invalid_configuration(
                ProfileProblem::HalfAKey(shown(name)),
            )),
        }
    }

    fn read(&self) -> Result<Profiles, ProfileProblem> {
        let mut profiles = Profiles::new();
        for (kind, variable, name) in [
            (FileKind::Config, "AWS_CONFIG_FILE", "config"),
            (
                FileKind::Credentials,
                "AWS_SHARED_CREDENTIALS_FILE",
                "credentials",
            ),
        ] {
            let path = match self.environment.get(variable) {
                Some(path) => self.expanded(&path),
                None => match self.home() {
                    Some(home) => format!("{home}/.aws/{name}"),
                    None => continue,
                },
            };
            match std::fs::read(path) {
                Ok(bytes) => {
                    let text = str::from_utf8(&bytes)
                        .map_err(|_| ProfileProblem::NotText { file: name })?;
                    let parsed = parse(text, kind)
                        .map_err(|line| ProfileProblem::Malformed { file: name, line })?;
                    // What the credentials file says goes before what the other says.
                    for (name, properties) in parsed {
                        profiles.entry(name).or_default().extend(properties);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => return Err(ProfileProblem::Unreadable { file: name }),
            }
        }
        Ok(profiles)
    }

    fn home(&self) -> Option<String> {
        self.environment
            .get("HOME")
            .or_else(|| self.environment.get("USERPROFILE"))
    }

    fn expanded(&self, path: &str) -> String {
        match (path.strip_prefix("~/"), self.home()) {
            (Some(rest), Some(home)) => format!("{home}/{rest}"),
            _ => path.to_owned(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ProfileProblem {
    #[error("the profile {0:?} holds no credentials")]
    NoCredentials(String),
    #[error("the profile {0:?} must hold both parts of an access key")]
    HalfAKey(String),
    #[error("the profile {profile:?} needs {key}, which is not supported")]
    Unsupported { profile: String, key: &'static str },
    #[error("the file {file} is not text")]
    NotText { file: &'static str },
    #[error("the file {file} is malformed in line {line}")]
    Malformed { file: &'static str, line: usize },
    #[error("the file {file} cannot be read")]
    Unreadable { file: &'static str },
}

fn unsupported(profile: &str, key: &'static str) -> CredentialsError {
    CredentialsError::invalid_configuration(ProfileProblem::Unsupported {
        profile: shown(profile),
        key,
    })
}

fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

type Profile = BTreeMap<String, Sensitive<String>>;
type Profiles = BTreeMap<String, Profile>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Config,
    Credentials,
}

/// Reads a profile file, or gives the number of the line at fault.
///
/// Indented lines belong to the property before them: they are its further lines or, under a
/// property without a value, properties of its own; nothing here needs either.
fn parse(text: &str, kind: FileKind) -> Result<Profiles, usize> {
    let mut profiles = Profiles::new();
    // `[profile default]` goes before `[default]`, wherever the two stand.
    let mut plain_default = Profile::new();
    let mut section = Section::None;
    let mut in_property = false;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let at_fault = index + 1;
        if line.trim().is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            let is_comment = line.trim_start().starts_with(['#', ';']);
            match section {
                Section::Ignored => {}
                _ if in_property || is_comment => {}
                _ => return Err(at_fault),
            }
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let (name, _) = header.split_once(']').ok_or(at_fault)?;
            section = Section::of(name.trim(), kind);
            in_property = false;
            continue;
        }
        let (key, value) = line.split_once('=').ok_or(at_fault)?;
        let key = key.trim();
        if key.is_empty() {
            return Err(at_fault);
        }
        in_property = true;
        let properties = match &section {
            Section::None => return Err(at_fault),
            Section::Ignored => continue,
            Section::PlainDefault => &mut plain_default,
            Section::Profile(name) => profiles.entry(name.clone()).or_default(),
        };
        let value = without_comment(value).trim().to_owned();
        properties.insert(key.to_ascii_lowercase(), Sensitive::from(value));
    }
    if !plain_default.is_empty() {
        profiles
            .entry("default".to_owned())
            .or_insert(plain_default);
    }
    Ok(profiles)
}

enum Section {
    /// Before the first.
    None,
    /// Of something else, such as an SSO session, or of a name that is none.
    Ignored,
    PlainDefault,
    Profile(String),
}

impl Section {
    fn of(name: &str, kind: FileKind) -> Self {
        let prefixed = name
            .strip_prefix("profile")
            .filter(|rest| rest.starts_with([' ', '\t']))
            .map(str::trim);
        let name = match (kind, prefixed) {
            (FileKind::Config, None) if name == "default" => return Self::PlainDefault,
            (FileKind::Config, Some(name)) => name,
            (FileKind::Credentials, None) => name,
            _ => return Self::Ignored,
        };
        if is_name(name) {
            Self::Profile(name.to_owned())
        } else {
            Self::Ignored
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./@+%:".contains(&byte))
}

/// A comment in the line of a value begins after white space.
fn without_comment(value: &str) -> &str {
    let is_start =
        |(at, c): &(usize, char)| matches!(c, '#' | ';') && value[..*at].ends_with([' ', '\t']);
    match value.char_indices().find(is_start) {
        Some((at, _)) => &value[..at],
        None => value,
    }
}

impl ProvideCredentials for ProfileCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.find()
                .await?
                .ok_or_else(|| CredentialsError::not_loaded("no profile with credentials"))
        })
    }
}

impl fmt::Debug for ProfileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileCredentials")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// For the fuzz target: whether a text is a profile file.
#[doc(hidden)]
#[must_use]
pub fn is_profile_file(text: &str) -> bool {
    let config = parse(text, FileKind::Config).is_ok();
    let credentials = parse(text, FileKind::Credentials).is_ok();
    config && credentials
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, kind: FileKind, profile: &str, key: &str) -> Option<String> {
        let profiles = parse(text, kind).ok()?;
        let value = profiles.get(profile)?.get(key)?;
        Some(value.expose().clone())
    }

    #[test]
    fn profiles_are_read_as_aws_tools_do() {
        use FileKind::{Config, Credentials};
        for (text, kind, profile, expected) in [
            ("[default]\nk = v", Config, "default", Some("v")),
            ("[default]\nk=v", Credentials, "default", Some("v")),
            ("[profile a]\nk = v", Config, "a", Some("v")),
            ("[ profile  a ] ; c\nk = v", Config, "a", Some("v")),
            ("[a]\nk = v", Credentials, "a", Some("v")),
            ("[a]\nk = v", Config, "a", None),
            ("[profile a]\nk = v", Credentials, "a", None),
            ("[profile a]\nk = v", Credentials, "profile a", None),
            ("[profile a b]\nk = v", Config, "a b", None),
            ("[sso-session a]\nk = v", Config, "a", None),
            ("[profile\ta]\r\nk = v\r\n", Config, "a", Some("v")),
            ("\u{feff}[default]\nk = v", Config, "default", Some("v")),
            (
                "# c\n; c\n\n[default]\n\nk = v # c",
                Config,
                "default",
                Some("v"),
            ),
            ("[default]\nk = v;d#e", Config, "default", Some("v;d#e")),
            ("[default]\nk = a=b==", Config, "default", Some("a=b==")),
            ("[default]\nK = v", Config, "default", Some("v")),
            ("[default]\nk =", Config, "default", Some("")),
            ("[default]\nk = 1\nk = 2", Config, "default", Some("2")),
            (
                "[default]\nk = 1\n[x]\n[default]\nk = 2",
                Config,
                "default",
                Some("2"),
            ),
            (
                "[default]\nk = v\n  more\n\tand more",
                Config,
                "default",
                Some("v"),
            ),
            (
                "[default]\ns3 =\n  k = nested\nk = v",
                Config,
                "default",
                Some("v"),
            ),
            (
                "[profile default]\nk = 1\n[default]\nk = 2",
                Config,
                "default",
                Some("1"),
            ),
            (
                "[default]\nk = 2\n[profile default]\nk = 1",
                Config,
                "default",
                Some("1"),
            ),
            (
                "[profile x y]\n odd\n[default]\nk = v",
                Config,
                "default",
                Some("v"),
            ),
        ] {
            assert_eq!(
                value(text, kind, profile, "k").as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_malformed_file_is_refused_by_its_line() {
        for (text, line) in [
            ("k = v", 1),
            ("[default]\n\nno sign", 3),
            ("[default\nk = v", 1),
            ("[default]\n= v", 2),
            ("[default]\n indented = first", 2),
        ] {
            assert_eq!(parse(text, FileKind::Config).err(), Some(line), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(\\[|\\]|profile |default|k|=| |\\n|#|;|\\t|\\PC){0,60}") {
            let _ = is_profile_file(&text);
        }
    }
}
