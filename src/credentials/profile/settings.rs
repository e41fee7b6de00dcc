//! What of a profile says where calls go.

use std::path::Path;

use aws_credential_types::provider::error::CredentialsError;

use super::{
    file::{Files, Properties},
    paths,
};
use crate::credentials::{blocking::read_now, metadata::Environment};

/// Where calls go, as a profile of AWS's tools says it: region and endpoint.
///
/// Nothing in this crate reads them by itself: a program that wants them hands them to a
/// [`ClientBuilder`](crate::ClientBuilder) where neither its own configuration nor the environment says
/// another thing.
///
/// ```no_run
/// use cognito_idp::{Client, ClientBuilder, credentials::{ProfileSettings, StandardCredentials}};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut builder = ClientBuilder::from_env().credentials(StandardCredentials::new()?);
/// if let Some(region) = ProfileSettings::read(None)?.region
///     && std::env::var_os("AWS_REGION").is_none()
/// {
///     builder = builder.region(region);
/// }
/// let client: Client = builder.build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileSettings {
    /// Region, the profile's `region`.
    pub region: Option<String>,
    /// Endpoint of Cognito user pools: `endpoint_url` under `cognito_identity_provider` in the
    /// `[services …]` section that the profile's `services` names, else the profile's own `endpoint_url`;
    /// none if the profile says `ignore_configured_endpoint_urls = true`.
    pub endpoint_url: Option<String>,
}

impl ProfileSettings {
    /// Reads them from the files that [`ProfileCredentials`](super::ProfileCredentials) reads; those of
    /// `AWS_PROFILE`, else `default`, where no profile is named.
    ///
    /// Nothing is set where there are no files, or no such profile and none was named. It blocks while it
    /// reads: call it when a program starts.
    ///
    /// # Errors
    /// If a file cannot be read or is malformed, or lacks the profile that was named.
    pub fn read(profile: Option<&str>) -> Result<Self, CredentialsError> {
        Self::of(&Environment::of_process(), profile)
    }

    pub(in crate::credentials) fn of(
        environment: &Environment,
        profile: Option<&str>,
    ) -> Result<Self, CredentialsError> {
        let mut files = Files::default();
        for file in paths(environment) {
            let bytes = read_now(Path::new(&file.path));
            files
                .add_file(&file, bytes)
                .map_err(CredentialsError::invalid_configuration)?;
        }
        let name = profile.map(str::to_owned);
        let name = name.or_else(|| environment.get("AWS_PROFILE"));
        let name = name.as_deref().unwrap_or("default");
        match files.profiles.get(name) {
            Some(properties) => Ok(Self::in_profile(properties, &files)),
            None if profile.is_some() => {
                let problem = super::ProfileProblem::Missing(super::shown(name));
                Err(CredentialsError::invalid_configuration(problem))
            }
            None => Ok(Self::default()),
        }
    }

    fn in_profile(properties: &Properties, files: &Files) -> Self {
        let own = |key| text(properties, key);
        let services = own("services").and_then(|name| files.services.get(&name));
        let ours = services.and_then(|of| text(of, "cognito_identity_provider.endpoint_url"));
        let is_ignored = own("ignore_configured_endpoint_urls")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let endpoint_url = ours.or_else(|| own("endpoint_url"));
        Self {
            region: own("region"),
            endpoint_url: endpoint_url.filter(|_| !is_ignored),
        }
    }
}

fn text(properties: &Properties, key: &str) -> Option<String> {
    let value = properties.get(key)?.expose();
    (!value.is_empty()).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::metadata::testing::environment;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// What the settings are with these files.
    fn read(
        name: &str,
        [config, credentials]: [&str; 2],
        variables: &[(&str, &str)],
        profile: Option<&str>,
    ) -> Result<ProfileSettings, Box<dyn std::error::Error>> {
        let folder = format!("cognito-idp-{}-settings-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(folder.join(".aws"))?;
        std::fs::write(folder.join(".aws/config"), config)?;
        std::fs::write(folder.join(".aws/credentials"), credentials)?;
        let home = folder.to_string_lossy();
        let variables = [variables, &[("HOME", &*home)]].concat();
        let settings = ProfileSettings::of(&environment(&variables), profile);
        std::fs::remove_dir_all(&folder)?;
        Ok(settings?)
    }

    #[test]
    fn region_and_endpoint_come_from_the_profile_that_is_named() -> Outcome {
        let config = "[default]\nregion = eu-west-1\n\
                      [profile a]\nregion = eu-west-2\nendpoint_url = https://all\nservices = s\n\
                      [profile b]\nendpoint_url = https://all\nservices = t\nregion =\n\
                      [profile c]\nendpoint_url = https://all\nignore_configured_endpoint_urls = True\n\
                      [services s]\ns3 =\n  endpoint_url = https://s3\n\
                      cognito_identity_provider =\n  endpoint_url = https://ours\n";
        let of =
            |profile, variables: &[(&str, &str)]| read("named", [config, ""], variables, profile);
        let said = |settings: ProfileSettings| (settings.region, settings.endpoint_url);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(said(of(None, &[])?), (some("eu-west-1"), None));
        let a = (some("eu-west-2"), some("https://ours"));
        assert_eq!(said(of(Some("a"), &[])?), a);
        assert_eq!(said(of(None, &[("AWS_PROFILE", "a")])?), a);
        let b = (None, some("https://all"));
        assert_eq!(said(of(Some("b"), &[("AWS_PROFILE", "a")])?), b);
        assert_eq!(said(of(Some("c"), &[])?), (None, None));
        Ok(())
    }

    #[test]
    fn the_credentials_file_goes_before_the_config_file() -> Outcome {
        let files = [
            "[default]\nregion = eu-west-1\n",
            "[default]\nregion = eu-west-3\n",
        ];
        let settings = read("both", files, &[], None)?;
        assert_eq!(settings.region.as_deref(), Some("eu-west-3"));
        Ok(())
    }

    #[test]
    fn a_profile_that_is_not_there_is_missed_where_it_was_named() -> Outcome {
        let files = ["[default]\nregion = eu-west-1\n", ""];
        let unnamed = read("missing", files, &[("AWS_PROFILE", "x")], None)?;
        assert_eq!(unnamed, ProfileSettings::default());
        assert!(read("missing", files, &[], Some("x")).is_err());
        assert!(read("malformed", ["[default]\nodd\n", ""], &[], None).is_err());
        let nobody = ProfileSettings::of(&environment(&[]), None)?;
        assert_eq!(nobody, ProfileSettings::default());
        Ok(())
    }
}
