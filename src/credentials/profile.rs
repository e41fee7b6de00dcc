//! Credentials from the files `~/.aws/config` and `~/.aws/credentials`.

mod file;
mod plan;
mod settings;

use std::{io, sync::Arc};

use aws_credential_types::{Credentials, provider::error::CredentialsError};

#[cfg(fuzzing)]
pub use self::file::is_profile_file;
pub use self::settings::ProfileSettings;
use self::{
    file::{FileKind, Files, parse},
    plan::{Base, Plan, Step},
};
use super::{
    blocking,
    container::ContainerCredentials,
    credentials_from,
    instance::InstanceCredentials,
    metadata::{Environment, Found, Problem, Source},
    process,
    sso::{self, SsoFailure, SsoRole},
    sts::Sts,
    web_identity,
};
use crate::transport::HttpClient;

const SOURCE: &str = "assumed role";

/// Reads credentials from the profile files of AWS's tools.
///
/// The profile is `AWS_PROFILE`, else `default`. The files are `AWS_CONFIG_FILE` and
/// `AWS_SHARED_CREDENTIALS_FILE`, else `config` and `credentials` in `~/.aws`; they are read anew
/// each time. A profile can hold
///
/// - an access key: `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`;
/// - a role, `role_arn`, that is assumed with the credentials of `source_profile`, which can hold
///   anything of this list, with those of `credential_source` (`Environment`, `EcsContainer`,
///   `Ec2InstanceMetadata`), or with a `web_identity_token_file`; `role_session_name`,
///   `external_id`, `duration_seconds` and `region` go along;
/// - a sign-in that `aws sso login` made: `sso_session` or `sso_start_url` and `sso_region`, with
///   `sso_account_id` and `sso_role_name`. The token is taken from `~/.aws/sso/cache` and not
///   refreshed: when it has expired, the error says what to run;
/// - a program, `credential_process`, that prints credentials as the AWS CLI documents it. No shell
///   sees the command. It has a minute, and is ended when nobody waits for it any more.
///
/// One that needs another way, such as a second factor (`mfa_serial`), is an error that says so.
#[derive(Clone)]
pub struct ProfileCredentials {
    environment: Environment,
    direct: Arc<dyn HttpClient>,
    public: Arc<dyn HttpClient>,
    profile: Option<String>,
}

impl ProfileCredentials {
    /// Makes the provider; nothing is read yet.
    ///
    /// # Errors
    /// If there is no HTTP client to be had.
    #[cfg(any(feature = "reqwest", feature = "hyper"))]
    pub fn new() -> Result<Self, crate::error::InvalidInput> {
        use super::metadata::{direct_client, public_client};

        Ok(Self::with(
            Environment::of_process(),
            &direct_client()?,
            &public_client()?,
        ))
    }

    /// Makes the provider over HTTP clients of your own.
    ///
    /// `direct` talks to the services next to this machine and must not use a proxy; `public` talks
    /// to the Security Token Service and to the SSO portal.
    #[must_use]
    pub fn with_http_clients(
        direct: impl HttpClient + 'static,
        public: impl HttpClient + 'static,
    ) -> Self {
        let direct: Arc<dyn HttpClient> = Arc::new(direct);
        let public: Arc<dyn HttpClient> = Arc::new(public);
        Self::with(Environment::of_process(), &direct, &public)
    }

    /// Names the profile.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    pub(super) fn with(
        environment: Environment,
        direct: &Arc<dyn HttpClient>,
        public: &Arc<dyn HttpClient>,
    ) -> Self {
        Self {
            environment,
            direct: direct.clone(),
            public: public.clone(),
            profile: None,
        }
    }

    async fn carry_out(&self, plan: Plan) -> Result<Credentials, CredentialsError> {
        let sts = Sts {
            environment: self.environment.clone(),
            http: self.public.clone(),
        };
        let mut credentials = self.base(plan.base, &sts).await?;
        for role in plan.roles {
            let assumed = sts.assume(&role.what, &credentials, SOURCE).await;
            credentials = assumed.map_err(|problem| failed(&role, problem))?;
        }
        Ok(credentials)
    }

    async fn base(&self, step: Step<Base>, sts: &Sts) -> Result<Credentials, CredentialsError> {
        let environment = || self.environment.clone();
        let found = match &step.what {
            Base::Keys(keys) => return Ok(keys.clone()),
            Base::Environment => {
                return credentials_from(|name| self.environment.get(name))
                    .map_err(CredentialsError::invalid_configuration);
            }
            Base::WebIdentity { role, token_file } => {
                let token_file = self.expanded(token_file);
                web_identity::assume(sts, role, token_file, plan::TOKEN_FILE).await
            }
            Base::Process(command) => process::run(command.expose()).await,
            Base::Sso(role) => return self.signed_in(&step, role).await,
            Base::Container => {
                let container = ContainerCredentials::with(environment(), self.direct.clone());
                return present(&step, container.find().await?);
            }
            Base::Instance => {
                let instance = InstanceCredentials::with(environment(), self.direct.clone());
                return present(&step, instance.find().await?);
            }
        };
        found.map_err(|problem| failed(&step, problem))
    }

    async fn signed_in(
        &self,
        step: &Step<Base>,
        role: &SsoRole,
    ) -> Result<Credentials, CredentialsError> {
        let cache = self.expanded("~/.aws/sso/cache");
        let found = sso::role_credentials(&*self.public, &self.environment, role, cache).await;
        found.map_err(|failure| match failure {
            SsoFailure::NotSignedIn => {
                CredentialsError::not_loaded(ProfileProblem::NotSignedIn(shown(&step.profile)))
            }
            SsoFailure::Problem(problem) => failed(step, problem),
        })
    }

    async fn read(&self) -> Result<Files, ProfileProblem> {
        let mut files = Files::default();
        for file in paths(&self.environment) {
            files.add_file(&file, blocking::read(file.path.clone()).await)?;
        }
        Ok(files)
    }

    fn expanded(&self, path: &str) -> String {
        expanded(&self.environment, path)
    }
}

/// One of the two files.
struct ProfileFile {
    kind: FileKind,
    name: &'static str,
    path: String,
}

/// The files that are to be read; what the second says goes before what the first says.
fn paths(environment: &Environment) -> impl Iterator<Item = ProfileFile> {
    let files = [
        (FileKind::Config, "AWS_CONFIG_FILE", "config"),
        (
            FileKind::Credentials,
            "AWS_SHARED_CREDENTIALS_FILE",
            "credentials",
        ),
    ];
    files.into_iter().filter_map(|(kind, variable, name)| {
        let path = match environment.get(variable) {
            Some(path) => expanded(environment, &path),
            None => format!("{}/.aws/{name}", home(environment)?),
        };
        Some(ProfileFile { kind, name, path })
    })
}

fn home(environment: &Environment) -> Option<String> {
    environment
        .get("HOME")
        .or_else(|| environment.get("USERPROFILE"))
}

fn expanded(environment: &Environment, path: &str) -> String {
    match (path.strip_prefix("~/"), home(environment)) {
        (Some(rest), Some(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

impl Files {
    /// Adds what was read of a file; one that is not there says nothing.
    fn add_file(
        &mut self,
        file: &ProfileFile,
        bytes: io::Result<Vec<u8>>,
    ) -> Result<(), ProfileProblem> {
        let file_name = file.name;
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(ProfileProblem::Slow { file: file_name });
            }
            Err(_) => return Err(ProfileProblem::Unreadable { file: file_name }),
        };
        let text =
            str::from_utf8(&bytes).map_err(|_| ProfileProblem::NotText { file: file_name })?;
        let malformed = |line| ProfileProblem::Malformed {
            file: file_name,
            line,
        };
        self.add(parse(text, file.kind).map_err(malformed)?);
        Ok(())
    }
}

impl Source for ProfileCredentials {
    const ABSENT: &'static str = "no profile with credentials";

    /// `None` if there is no such profile, or none with credentials, and nobody asked for it by
    /// name.
    async fn find(&self) -> Found {
        let named = self
            .profile
            .clone()
            .or_else(|| self.environment.get("AWS_PROFILE"));
        let name = named.as_deref().unwrap_or("default");
        let files = self
            .read()
            .await
            .map_err(CredentialsError::invalid_configuration)?;
        let plan = Plan::of(&files, name).map_err(CredentialsError::invalid_configuration)?;
        match plan {
            Some(plan) => self.carry_out(plan).await.map(Some),
            None if named.is_some() => {
                let problem = ProfileProblem::NoCredentials(shown(name));
                Err(CredentialsError::invalid_configuration(problem))
            }
            None => Ok(None),
        }
    }
}

super::metadata::provider! { ProfileCredentials }

#[derive(Debug, thiserror::Error)]
enum ProfileProblem {
    #[error("there is no profile {0:?}")]
    Missing(String),
    #[error("the profile {0:?} holds no credentials")]
    NoCredentials(String),
    #[error("the profile {0:?} must hold both parts of an access key")]
    HalfAKey(String),
    #[error("the profile {profile:?} needs {key}, which is not supported")]
    Unsupported { profile: String, key: &'static str },
    #[error("the profile {profile:?}, {key}: needs {rule}")]
    Needs {
        profile: String,
        key: &'static str,
        rule: &'static str,
    },
    #[error("the profile {0:?} is its own source_profile, by itself or through others")]
    Circle(String),
    #[error(
        "the profile {0:?} has no SSO sign-in that is still good: run `aws sso login --profile {0}`"
    )]
    NotSignedIn(String),
    #[error("the profile {profile:?}, {key}: the source has no credentials")]
    Absent { profile: String, key: &'static str },
    #[error("the profile {profile:?}, {key}")]
    Failed {
        profile: String,
        key: &'static str,
        #[source]
        problem: Problem,
    },
    #[error("the file {file} is not text")]
    NotText { file: &'static str },
    #[error("the file {file} is malformed in line {line}")]
    Malformed { file: &'static str, line: usize },
    #[error("the file {file} cannot be read")]
    Unreadable { file: &'static str },
    #[error("the file {file} cannot be read in time")]
    Slow { file: &'static str },
}

fn failed<T>(step: &Step<T>, problem: Problem) -> CredentialsError {
    let is_configuration = problem.is_configuration();
    let failed = ProfileProblem::Failed {
        profile: shown(&step.profile),
        key: step.key,
        problem,
    };
    if is_configuration {
        CredentialsError::invalid_configuration(failed)
    } else {
        CredentialsError::provider_error(failed)
    }
}

/// What a source that a profile names must have.
fn present(step: &Step<Base>, found: Option<Credentials>) -> Result<Credentials, CredentialsError> {
    found.ok_or_else(|| {
        CredentialsError::provider_error(ProfileProblem::Absent {
            profile: shown(&step.profile),
            key: step.key,
        })
    })
}

fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}
