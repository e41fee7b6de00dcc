//! Where calls go and who makes them, as AWS's tools take it.

use clap::{Arg, ArgMatches};
use cognito_idp::{Client, ClientBuilder, credentials::StandardCredentials, endpoint::Region};

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
            "AWS region [AWS_REGION, AWS_DEFAULT_REGION, the user pool's]",
        ),
        argument(
            "profile",
            "NAME",
            "Profile of ~/.aws whose credentials sign [AWS_PROFILE]",
        ),
        argument(
            "endpoint-url",
            "URL",
            "Another endpoint than the region's [AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, AWS_ENDPOINT_URL]",
        ),
    ]
}

/// Where a call goes, if neither arguments nor environment say it.
#[derive(Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) user_pool_id: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    pub(crate) endpoint_url: Option<&'a str>,
}

/// Makes the client that the arguments and the environment ask for.
///
/// Where neither names a region, that of the user pool counts.
pub(crate) fn client(matches: &ArgMatches, user_pool_id: Option<&str>) -> Result<Client, Failure> {
    let place = Place {
        user_pool_id,
        ..Place::default()
    };
    client_at(matches, &place)
}

/// The same for what was at a place before.
pub(crate) fn client_at(matches: &ArgMatches, place: &Place<'_>) -> Result<Client, Failure> {
    let mut builder = builder(matches)?;
    let region = named_region(matches)
        .or_else(|| place.region.map(str::to_owned))
        .or_else(|| place.user_pool_id.and_then(region_of));
    if let Some(region) = region {
        builder = builder.region(region);
    }
    let endpoint_url = named_endpoint(matches).or_else(|| place.endpoint_url.map(str::to_owned));
    if let Some(url) = endpoint_url {
        builder = builder.endpoint_url(url);
    }
    Ok(builder.build()?)
}

/// The same for a pool alone, whose region counts more than a variable: it cannot be elsewhere.
pub(crate) fn client_of_pool(matches: &ArgMatches, user_pool_id: &str) -> Result<Client, Failure> {
    let mut builder = builder(matches)?;
    let region = match matches.get_one::<String>("region") {
        Some(region) => Some(region.clone()),
        None => region_of(user_pool_id),
    };
    if let Some(region) = region {
        builder = builder.region(region);
    }
    if let Some(url) = named_endpoint(matches) {
        builder = builder.endpoint_url(url);
    }
    Ok(builder.build()?)
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
    let argument = matches.get_one::<String>("pool").cloned();
    let named = argument.or_else(|| std::env::var("COGNITO_USER_POOL_ID").ok());
    let named = named.filter(|id| !id.is_empty());
    named.ok_or_else(|| Failure::usage("--pool or COGNITO_USER_POOL_ID must be set"))
}

/// The region that an argument or a variable names.
pub(crate) fn named_region(matches: &ArgMatches) -> Option<String> {
    named(matches, "region", ["AWS_REGION", "AWS_DEFAULT_REGION"])
}

/// The endpoint that an argument or a variable names.
pub(crate) fn named_endpoint(matches: &ArgMatches) -> Option<String> {
    let variables = [
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
        "AWS_ENDPOINT_URL",
    ];
    named(matches, "endpoint-url", variables)
}

/// What the environment and the profile say.
fn builder(matches: &ArgMatches) -> Result<ClientBuilder, Failure> {
    let mut credentials = StandardCredentials::new()?;
    if let Some(profile) = matches.get_one::<String>("profile") {
        credentials = credentials.profile(profile);
    }
    Ok(ClientBuilder::from_env().credentials(credentials))
}

fn region_of(user_pool_id: &str) -> Option<String> {
    let region = Region::of_user_pool(user_pool_id).ok()?;
    Some(region.as_str().to_owned())
}

fn named(matches: &ArgMatches, argument: &str, variables: [&str; 2]) -> Option<String> {
    let argument = matches.get_one::<String>(argument).cloned();
    argument.or_else(|| {
        let mut values = variables
            .into_iter()
            .filter_map(|name| std::env::var(name).ok());
        values.find(|value| !value.trim().is_empty())
    })
}
