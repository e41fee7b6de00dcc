//! Where calls go and who makes them, as AWS's tools take it.

use clap::{Arg, ArgMatches};
use cognito_idp::{
    Client, ClientBuilder,
    credentials::{ProfileSettings, StandardCredentials},
    endpoint::Region,
};

use crate::exit::Failure;

/// The arguments that every command takes.
pub(crate) fn arguments() -> [Arg; 3] {
    let argument = |name: &'static str, value, help| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .global(true)
            .help(help)
    };
    [
        argument(
            "region",
            "REGION",
            "AWS region [AWS_REGION, AWS_DEFAULT_REGION, the profile's, the user pool's]",
        ),
        argument(
            "profile",
            "NAME",
            "Profile of ~/.aws: its credentials, region and endpoint [AWS_PROFILE]",
        ),
        argument(
            "endpoint-url",
            "URL",
            "Another endpoint than the region's [AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, AWS_ENDPOINT_URL, the profile's]",
        ),
    ]
}

/// Where a call goes, if neither arguments, environment nor profile say it.
#[derive(Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) user_pool_id: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) endpoint_url: Option<&'a str>,
}

/// Makes the client that the arguments and the environment ask for.
///
/// Where neither they nor the profile name a region, that of the user pool counts.
pub(crate) fn client(matches: &ArgMatches, user_pool_id: Option<&str>) -> Result<Client, Failure> {
    let place = Place {
        user_pool_id,
        ..Place::default()
    };
    client_at(matches, &place)
}

/// The same for what was at a place before.
pub(crate) fn client_at(matches: &ArgMatches, place: &Place<'_>) -> Result<Client, Failure> {
    let named = Named::of(matches)?;
    let region = named
        .region
        .or_else(|| place.region.map(str::to_owned))
        .or_else(|| place.user_pool_id.and_then(region_of));
    let endpoint_url = named
        .endpoint_url
        .or_else(|| place.endpoint_url.map(str::to_owned));
    Ok(builder(matches, region, endpoint_url)?.build()?)
}

/// The same for a pool alone, whose region counts more than a variable: it cannot be elsewhere.
pub(crate) fn client_of_pool(matches: &ArgMatches, user_pool_id: &str) -> Result<Client, Failure> {
    Ok(builder_of_pool(matches, user_pool_id)?.build()?)
}

/// What such a client is made of.
pub(crate) fn builder_of_pool(
    matches: &ArgMatches,
    user_pool_id: &str,
) -> Result<ClientBuilder, Failure> {
    let region = argument(matches, "region").or_else(|| region_of(user_pool_id));
    builder(matches, region, Named::of(matches)?.endpoint_url)
}

/// The argument that names a user pool.
pub(crate) fn user_pool_argument() -> Arg {
    Arg::new("pool")
        .long("pool")
        .value_name("ID")
        .help("The user pool's ID [COGNITO_USER_POOL_ID]")
}

/// The user pool that an argument or a variable names.
pub(crate) fn user_pool_id(matches: &ArgMatches) -> Result<String, Failure> {
    let named = argument(matches, "pool").or_else(|| variable("COGNITO_USER_POOL_ID"));
    named.ok_or_else(|| Failure::usage("--pool or COGNITO_USER_POOL_ID must be set"))
}

/// The argument that names an app client.
pub(crate) fn client_argument() -> Arg {
    Arg::new("client")
        .long("client")
        .value_name("ID")
        .help("The app client's ID [COGNITO_CLIENT_ID]")
}

/// The app client that an argument or a variable names.
pub(crate) fn client_id(matches: &ArgMatches) -> Result<String, Failure> {
    let named = argument(matches, "client").or_else(|| variable("COGNITO_CLIENT_ID"));
    named.ok_or_else(|| Failure::usage("--client or COGNITO_CLIENT_ID must be set"))
}

/// The region that an argument, a variable or the profile names.
pub(crate) fn named_region(matches: &ArgMatches) -> Option<String> {
    Named::of(matches).ok()?.region
}

/// The endpoint that an argument, a variable or the profile names.
pub(crate) fn named_endpoint(matches: &ArgMatches) -> Option<String> {
    Named::of(matches).ok()?.endpoint_url
}

/// Where calls go, in the order of AWS's tools: arguments, variables, the profile.
#[derive(Debug)]
struct Named {
    region: Option<String>,
    endpoint_url: Option<String>,
}

impl Named {
    fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let profile = argument(matches, "profile");
        let profile = ProfileSettings::read(profile.as_deref()).map_err(unreadable)?;
        let region = argument(matches, "region")
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .or(profile.region);
        let is_ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let configured = || {
            variable("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")
                .or_else(|| variable("AWS_ENDPOINT_URL"))
                .or(profile.endpoint_url)
                .filter(|_| !is_ignored)
        };
        let endpoint_url = argument(matches, "endpoint-url").or_else(configured);
        Ok(Self {
            region,
            endpoint_url,
        })
    }
}

/// Takes the rest from the environment, and credentials from where AWS's tools take them.
fn builder(
    matches: &ArgMatches,
    region: Option<String>,
    endpoint_url: Option<String>,
) -> Result<ClientBuilder, Failure> {
    let mut credentials = StandardCredentials::new()?;
    if let Some(profile) = argument(matches, "profile") {
        credentials = credentials.profile(profile);
    }
    let mut builder = ClientBuilder::from_env().credentials(credentials);
    if let Some(region) = region {
        builder = builder.region(region);
    }
    if let Some(url) = endpoint_url {
        builder = builder.endpoint_url(url);
    }
    Ok(builder)
}

fn region_of(user_pool_id: &str) -> Option<String> {
    let region = Region::of_user_pool(user_pool_id).ok()?;
    Some(region.as_str().to_owned())
}

fn argument(matches: &ArgMatches, name: &str) -> Option<String> {
    let given = matches.get_one::<String>(name)?.trim();
    (!given.is_empty()).then(|| given.to_owned())
}

fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn unreadable(error: impl std::error::Error) -> Failure {
    let cause = error.source().map(ToString::to_string);
    Failure::usage(cause.unwrap_or_else(|| error.to_string()))
}
