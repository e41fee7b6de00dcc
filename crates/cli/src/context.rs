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

/// Makes the client that the arguments and the environment ask for.
///
/// Where neither names a region, that of the user pool counts.
pub(crate) fn client(matches: &ArgMatches, user_pool_id: Option<&str>) -> Result<Client, Failure> {
    let given = |name| matches.get_one::<String>(name).cloned();
    let mut credentials = StandardCredentials::new()?;
    if let Some(profile) = given("profile") {
        credentials = credentials.profile(profile);
    }
    let mut builder = ClientBuilder::from_env().credentials(credentials);
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].map(std::env::var_os);
    let of_pool = user_pool_id
        .filter(|_| named.iter().flatten().all(|region| region.is_empty()))
        .and_then(|id| Region::of_user_pool(id).ok())
        .map(|region| region.as_str().to_owned());
    if let Some(region) = given("region").or(of_pool) {
        builder = builder.region(region);
    }
    if let Some(url) = given("endpoint-url") {
        builder = builder.endpoint_url(url);
    }
    Ok(builder.build()?)
}
