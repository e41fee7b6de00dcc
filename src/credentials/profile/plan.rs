//! How the credentials of a profile are come by, read from the files alone.

use aws_credential_types::Credentials;

use super::{
    ProfileProblem,
    file::{Files, Properties},
    shown,
};
use crate::{
    credentials::{sso::SsoRole, sts::Role},
    sensitive::Sensitive,
};

/// The credentials to begin with, and the roles to assume with them, one after the other.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) base: Step<Base>,
    pub(super) roles: Vec<Step<Role>>,
}

/// What a profile asks for, and by which of its keys.
#[derive(Debug, PartialEq)]
pub(super) struct Step<T> {
    pub(super) profile: String,
    pub(super) key: &'static str,
    pub(super) what: T,
}

#[derive(Debug, PartialEq)]
pub(super) enum Base {
    Keys(Credentials),
    WebIdentity {
        role: Role,
        token_file: String,
    },
    Sso(SsoRole),
    /// A command may hold passwords.
    Process(Sensitive<String>),
    Environment,
    Container,
    Instance,
}

impl Plan {
    /// Follows a profile to where its credentials come from; `None` if there is no such profile, or
    /// one that holds no credentials.
    pub(super) fn of(files: &Files, name: &str) -> Result<Option<Self>, ProfileProblem> {
        let mut roles = Vec::new();
        let mut visited: Vec<String> = Vec::new();
        let mut name = name.to_owned();
        let mut region = None;
        let base = loop {
            let found = files.profiles.get(&name);
            let Some(properties) = found else {
                break None;
            };
            let profile = Profile {
                name: &name,
                properties,
            };
            region = region.or_else(|| profile.owned("region"));
            // The keys of a source end the chain, whatever else it holds; so a profile can be its own.
            if !visited.is_empty()
                && let Some(keys) = profile.keys()?
            {
                break Some(keys);
            }
            if visited.contains(&name) {
                return Err(ProfileProblem::Circle(shown(&name)));
            }
            visited.push(name.clone());
            let Some(arn) = profile.owned("role_arn") else {
                break profile.base(files)?;
            };
            let role = profile.role(arn, region.as_deref())?;
            match profile.source_of_role()? {
                RoleSource::Profile(source) => {
                    roles.push(profile.step("role_arn", role));
                    name = source;
                }
                RoleSource::Base(key, base) => {
                    roles.push(profile.step("role_arn", role));
                    break Some(profile.step(key, base));
                }
                RoleSource::TokenFile(token_file) => {
                    let role = Role {
                        external_id: None,
                        ..role
                    };
                    let base = Base::WebIdentity { role, token_file };
                    break Some(profile.step(TOKEN_FILE, base));
                }
            }
        };
        roles.reverse();
        match base {
            Some(base) => Ok(Some(Self { base, roles })),
            None if roles.is_empty() => Ok(None),
            None => Err(ProfileProblem::NoCredentials(shown(&name))),
        }
    }
}

pub(super) const TOKEN_FILE: &str = "web_identity_token_file";
const SOURCES: &str =
    "exactly one of source_profile, credential_source and web_identity_token_file";

enum RoleSource {
    Profile(String),
    Base(&'static str, Base),
    TokenFile(String),
}

#[derive(Clone, Copy)]
struct Profile<'a> {
    name: &'a str,
    properties: &'a Properties,
}

impl Profile<'_> {
    /// A blank value counts as none.
    fn value(&self, key: &str) -> Option<&str> {
        let value = self.properties.get(key)?.expose();
        (!value.is_empty()).then_some(value)
    }

    fn owned(&self, key: &str) -> Option<String> {
        self.value(key).map(str::to_owned)
    }

    fn step<T>(&self, key: &'static str, what: T) -> Step<T> {
        Step {
            profile: self.name.to_owned(),
            key,
            what,
        }
    }

    fn needs(&self, key: &'static str, rule: &'static str) -> ProfileProblem {
        ProfileProblem::Needs {
            profile: shown(self.name),
            key,
            rule,
        }
    }

    fn unsupported(&self, key: &'static str) -> ProfileProblem {
        ProfileProblem::Unsupported {
            profile: shown(self.name),
            key,
        }
    }

    fn keys(&self) -> Result<Option<Step<Base>>, ProfileProblem> {
        const ID: &str = "aws_access_key_id";
        match (self.value(ID), self.value("aws_secret_access_key")) {
            (Some(id), Some(secret)) => {
                let token = self.owned("aws_session_token");
                let keys = Credentials::new(id, secret, token, None, "profile");
                Ok(Some(self.step(ID, Base::Keys(keys))))
            }
            (None, None) => Ok(None),
            _ => Err(ProfileProblem::HalfAKey(shown(self.name))),
        }
    }

    fn role(&self, arn: String, region: Option<&str>) -> Result<Role, ProfileProblem> {
        const DURATION: &str = "duration_seconds";
        if self.value("mfa_serial").is_some() {
            return Err(self.unsupported("mfa_serial"));
        }
        let duration = self.value(DURATION).map(str::parse).transpose();
        Ok(Role {
            arn,
            session_name: self.owned("role_session_name"),
            external_id: self.owned("external_id"),
            duration_seconds: duration.map_err(|_| self.needs(DURATION, "a number of seconds"))?,
            region: self.owned("region").or_else(|| region.map(str::to_owned)),
        })
    }

    fn source_of_role(&self) -> Result<RoleSource, ProfileProblem> {
        const CREDENTIAL_SOURCE: &str = "credential_source";
        match (
            self.owned("source_profile"),
            self.value(CREDENTIAL_SOURCE),
            self.owned(TOKEN_FILE),
        ) {
            (Some(profile), None, None) => Ok(RoleSource::Profile(profile)),
            (None, Some(source), None) => {
                let base = match source.to_ascii_lowercase().as_str() {
                    "environment" => Base::Environment,
                    "ecscontainer" => Base::Container,
                    "ec2instancemetadata" => Base::Instance,
                    _ => {
                        let rule = "one of Environment, EcsContainer and Ec2InstanceMetadata";
                        return Err(self.needs(CREDENTIAL_SOURCE, rule));
                    }
                };
                Ok(RoleSource::Base(CREDENTIAL_SOURCE, base))
            }
            (None, None, Some(file)) => Ok(RoleSource::TokenFile(file)),
            _ => Err(self.needs("role_arn", SOURCES)),
        }
    }

    /// Without a role.
    fn base(&self, files: &Files) -> Result<Option<Step<Base>>, ProfileProblem> {
        const PROCESS: &str = "credential_process";
        const LOGIN: &str = "login_session";
        if self.value(TOKEN_FILE).is_some() {
            return Err(self.needs(TOKEN_FILE, "role_arn beside it"));
        }
        if let Some(sso) = self.sso(files)? {
            return Ok(Some(sso));
        }
        if let Some(keys) = self.keys()? {
            return Ok(Some(keys));
        }
        if let Some(command) = self.value(PROCESS) {
            return Ok(Some(self.step(PROCESS, Base::Process(command.into()))));
        }
        if self.value(LOGIN).is_some() {
            return Err(self.unsupported(LOGIN));
        }
        Ok(None)
    }

    /// Without account and role an SSO sign-in is for other tools.
    fn sso(&self, files: &Files) -> Result<Option<Step<Base>>, ProfileProblem> {
        const SESSION: &str = "sso_session";
        const START_URL: &str = "sso_start_url";
        let (account, role) = ("sso_account_id", "sso_role_name");
        let key = match (self.value(SESSION), self.value(START_URL)) {
            (Some(_), _) => SESSION,
            (None, Some(_)) => START_URL,
            (None, None) => return Ok(None),
        };
        if self.value(account).is_none() && self.value(role).is_none() {
            return Ok(None);
        }
        let session = match self.value(SESSION) {
            Some(name) => Profile {
                name: self.name,
                properties: files
                    .sso_sessions
                    .get(name)
                    .ok_or_else(|| self.needs(SESSION, "a section [sso-session] of that name"))?,
            },
            None => *self,
        };
        let required = |of: &Profile<'_>, name: &'static str| {
            of.owned(name).ok_or_else(|| self.needs(key, name))
        };
        let role = SsoRole {
            start_url: required(&session, START_URL)?,
            region: required(&session, "sso_region")?,
            account_id: required(self, account)?,
            role_name: required(self, role)?,
        };
        Ok(Some(self.step(key, Base::Sso(role))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::profile::file::{FileKind, parse};

    fn plan(text: &str, profile: &str) -> Result<Option<Plan>, String> {
        let files = parse(text, FileKind::Config).map_err(|line| format!("line {line}"))?;
        Plan::of(&files, profile).map_err(|problem| problem.to_string())
    }

    const KEYS: &str = "aws_access_key_id = AKID\naws_secret_access_key = s\n";

    /// The profile and key of every step, the base first.
    fn steps(text: &str, profile: &str) -> Result<Vec<String>, String> {
        let Some(plan) = plan(text, profile)? else {
            return Ok(Vec::new());
        };
        let base = format!("{}.{}", plan.base.profile, plan.base.key);
        let roles = plan
            .roles
            .iter()
            .map(|step| format!("{}.{}", step.profile, step.what.arn));
        Ok([base].into_iter().chain(roles).collect())
    }

    #[test]
    fn a_chain_of_roles_begins_at_its_last_source() {
        let text = format!(
            "[profile a]\nrole_arn = A\nsource_profile = b\nregion = eu-west-1\nexternal_id = x\n\
             duration_seconds = 900\nrole_session_name = me\n\
             [profile b]\nrole_arn = B\nsource_profile = c\n\
             [profile c]\nrole_arn = unused\nsource_profile = a\n{KEYS}\
             [profile self]\nrole_arn = S\nsource_profile = self\n{KEYS}\
             [profile env]\nrole_arn = E\ncredential_source = Environment\n\
             [profile process]\ncredential_process = tool\n\
             [profile over]\nrole_arn = O\nsource_profile = process\n\
             [profile token]\nrole_arn = T\nweb_identity_token_file = f\n\
             [profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n{KEYS}\
             [sso-session s]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n\
             [profile old]\nsso_start_url = u\nsso_region = r\nsso_account_id = 1\nsso_role_name = r\n\
             [profile other-tools]\nsso_session = s\n{KEYS}\
             [profile bare]\nregion = eu-west-1\n"
        );
        let expected: [(&str, Vec<&str>); 12] = [
            ("a", vec!["c.aws_access_key_id", "b.B", "a.A"]),
            ("b", vec!["c.aws_access_key_id", "b.B"]),
            ("self", vec!["self.aws_access_key_id", "self.S"]),
            ("env", vec!["env.credential_source", "env.E"]),
            ("process", vec!["process.credential_process"]),
            ("over", vec!["process.credential_process", "over.O"]),
            ("token", vec!["token.web_identity_token_file"]),
            ("sso", vec!["sso.sso_session"]),
            ("old", vec!["old.sso_start_url"]),
            ("other-tools", vec!["other-tools.aws_access_key_id"]),
            ("bare", vec![]),
            ("none", vec![]),
        ];
        for (profile, expected) in expected {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(steps(&text, profile), Ok(expected), "{profile}");
        }
        let roles = plan(&text, "a").ok().flatten().map(|plan| plan.roles);
        let [b, a] = roles.as_deref().unwrap_or_default() else {
            panic!("two roles");
        };
        assert_eq!(
            a.what,
            Role {
                arn: "A".to_owned(),
                session_name: Some("me".to_owned()),
                external_id: Some("x".to_owned()),
                duration_seconds: Some(900),
                region: Some("eu-west-1".to_owned()),
            }
        );
        // The region of the profile that was asked for serves those below.
        assert_eq!(b.what.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_profile_and_key() {
        for (text, expected) in [
            (
                "role_arn = A",
                r#"the profile "p", role_arn: needs exactly"#,
            ),
            (
                "role_arn = A\nsource_profile = q\ncredential_source = Environment",
                r#"the profile "p", role_arn: needs exactly"#,
            ),
            (
                "role_arn = A\ncredential_source = Moon",
                r#"the profile "p", credential_source: needs one of"#,
            ),
            (
                "role_arn = A\nsource_profile = p",
                r#"the profile "p" is its own source"#,
            ),
            (
                "role_arn = A\nsource_profile = q\n[profile q]\nrole_arn = B\nsource_profile = p",
                r#"the profile "p" is its own source"#,
            ),
            (
                "role_arn = A\nsource_profile = gone",
                r#"the profile "gone" holds no"#,
            ),
            (
                "role_arn = A\nsource_profile = q\n[profile q]\nregion = x",
                r#"the profile "q" holds no"#,
            ),
            (
                "role_arn = A\nsource_profile = q\nmfa_serial = m",
                r#"the profile "p" needs mfa_serial"#,
            ),
            (
                "role_arn = A\nsource_profile = q\nduration_seconds = soon",
                r#"the profile "p", duration_seconds: needs a number"#,
            ),
            (
                "web_identity_token_file = f",
                r#"the profile "p", web_identity_token_file: needs role_arn"#,
            ),
            (
                "sso_session = s\nsso_role_name = r",
                r#"the profile "p", sso_session: needs a section"#,
            ),
            (
                "sso_start_url = u\nsso_role_name = r\nsso_account_id = 1",
                r#"the profile "p", sso_start_url: needs sso_region"#,
            ),
            (
                "sso_start_url = u\nsso_role_name = r\nsso_region = e",
                r#"the profile "p", sso_start_url: needs sso_account_id"#,
            ),
            (
                "login_session = s",
                r#"the profile "p" needs login_session"#,
            ),
            (
                "aws_access_key_id = AKID",
                r#"the profile "p" must hold both"#,
            ),
        ] {
            let text = format!("[profile p]\n{text}\n");
            let problem = plan(&text, "p").expect_err(&text);
            assert!(problem.starts_with(expected), "{text}: {problem}");
        }
    }

    #[test]
    fn no_secret_shows_in_a_plan() {
        let text = "[profile p]\ncredential_process = tool --password marker\n\
            [profile q]\naws_access_key_id = AKID\naws_secret_access_key = marker\n";
        for profile in ["p", "q"] {
            let plan = plan(text, profile);
            assert!(!format!("{plan:?}").contains("marker"), "{plan:?}");
        }
    }
}
