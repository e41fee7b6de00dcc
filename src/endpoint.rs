//! Where requests go: from a region or a URL to a checked host.
//!
//! A region ends up in a host name and a URL receives passwords, so both are checked before they
//! are used.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use http::{HeaderValue, Uri, uri::Scheme};

use crate::error::InvalidInput;

/// A checked AWS region, such as `eu-west-1`.
///
/// Nothing else can get into the host name through it. The name need not be one this version
/// knows, so that regions that AWS opens later work.
///
/// ```
/// use cognito_idp::endpoint::Region;
///
/// let region = Region::of_user_pool("eu-west-1_aB3dE6gH9")?;
/// assert_eq!(region.as_str(), "eu-west-1");
/// assert!(Region::new("x@example.com:443/").is_err());
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region(String);

impl Region {
    /// Checks a region; upper case becomes lower case.
    ///
    /// # Errors
    /// Refuses what cannot be a label of a host name, and names that stand for no single region,
    /// such as `aws-global` or `fips-us-east-1`.
    pub fn new(region: impl Into<String>) -> Result<Self, InvalidInput> {
        checked_region(&region.into()).map_err(|rule| InvalidInput::new("region", rule))
    }

    /// Takes the region out of the ID of a user pool, such as `eu-west-1_aB3dE6gH9`.
    ///
    /// # Errors
    /// Refuses what is not the ID of a user pool.
    pub fn of_user_pool(user_pool_id: &str) -> Result<Self, InvalidInput> {
        region_of_user_pool(user_pool_id).ok_or_else(|| {
            InvalidInput::new(
                "user_pool_id",
                "must be a region, an underscore, then letters and digits, at most 55 characters",
            )
        })
    }

    /// The region's name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the regions of its part of AWS begin with; empty for the public part.
    #[cfg(feature = "managed-login")]
    pub(crate) fn partition_prefix(&self) -> &'static str {
        partition_of(self).map_or("", |partition| partition.prefix)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which of AWS's hosts in a region to use; by default the plain one.
///
/// ```
/// use cognito_idp::endpoint::{Endpoint, EndpointOptions, Region};
///
/// let endpoint = Endpoint::regional(&Region::new("us-east-1")?, EndpointOptions::default().fips(true));
/// assert_eq!(endpoint.host(), "cognito-idp-fips.us-east-1.amazonaws.com");
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointOptions {
    fips: bool,
    dual_stack: bool,
}

impl EndpointOptions {
    /// Chooses the host whose cryptography is validated after FIPS 140.
    #[must_use]
    pub fn fips(mut self, fips: bool) -> Self {
        self.fips = fips;
        self
    }

    /// Chooses the host that has IPv6 addresses besides IPv4.
    #[must_use]
    pub fn dual_stack(mut self, dual_stack: bool) -> Self {
        self.dual_stack = dual_stack;
        self
    }

    /// Reads `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
    pub(crate) fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            fips: env_switch(lookup("AWS_USE_FIPS_ENDPOINT")),
            dual_stack: env_switch(lookup("AWS_USE_DUALSTACK_ENDPOINT")),
        }
    }
}

/// The checked address that requests are sent to.
///
/// ```
/// use cognito_idp::endpoint::{Endpoint, EndpointOptions, Region};
///
/// let region = Region::new("us-east-1")?;
/// let endpoint = Endpoint::regional(&region, EndpointOptions::default());
/// assert_eq!(endpoint.uri(), "https://cognito-idp.us-east-1.amazonaws.com/");
///
/// let emulator = Endpoint::custom("http://localhost:9229")?;
/// assert_eq!(emulator.host(), "localhost:9229");
/// assert!(Endpoint::custom("http://example.com").is_err());
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    host: HeaderValue,
    is_custom: bool,
}

impl Endpoint {
    /// Finds AWS's own host for a region.
    ///
    /// A region of no known partition counts as one of the partition `aws`.
    #[must_use]
    pub fn regional(region: &Region, options: EndpointOptions) -> Self {
        Self::of_service(Service::COGNITO_IDP, region, options)
    }

    /// Finds the host of a service for a region.
    pub(crate) fn of_service(service: Service, region: &Region, options: EndpointOptions) -> Self {
        let service = service.name;
        let fips = if options.fips { "-fips" } else { "" };
        let host = format!("{service}{fips}.{region}.{}", dns_suffix(region, options));
        let endpoint = Self::of_parts(Scheme::HTTPS, &host, "/");
        Self {
            is_custom: false,
            ..endpoint.expect("a checked region and a fixed suffix make a host name")
        }
    }

    /// Checks a URL of your own: a VPC endpoint, a proxy, an emulator.
    ///
    /// It must be `https`, but for `localhost`, 127.0.0.0/8 and `[::1]`. A path is kept; user name,
    /// query and fragment are refused.
    ///
    /// # Errors
    /// Refuses a URL that breaks one of these rules.
    pub fn custom(url: &str) -> Result<Self, InvalidInput> {
        Self::of_url(url, PlainHttp::LoopbackOnly)
            .map_err(|rule| InvalidInput::new("endpoint_url", rule))
    }

    /// Checks a URL as [`custom`](Self::custom) does, and takes `http` to any host.
    ///
    /// Passwords and tokens then cross the network in the clear. It is meant for emulators on a
    /// private network, such as the containers of a test.
    ///
    /// ```
    /// use cognito_idp::endpoint::Endpoint;
    ///
    /// assert!(Endpoint::custom("http://emulator:4566").is_err());
    /// assert_eq!(Endpoint::custom_insecure("http://emulator:4566")?.host(), "emulator:4566");
    /// # Ok::<(), cognito_idp::error::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    /// Refuses a URL that breaks one of the other rules.
    pub fn custom_insecure(url: &str) -> Result<Self, InvalidInput> {
        Self::of_url(url, PlainHttp::Anywhere)
            .map_err(|rule| InvalidInput::new("endpoint_url", rule))
    }

    /// The URL that requests are posted to.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of the `Host` header: the host, and the port unless it is the scheme's own.
    #[must_use]
    pub fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// The path, `/` unless the URL has another; it needs no encoding.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Whether it is not one that AWS has for a region.
    #[cfg(feature = "verify")]
    pub(crate) fn is_custom(&self) -> bool {
        self.is_custom
    }

    fn of_url(url: &str, plain_http: PlainHttp) -> Result<Self, &'static str> {
        if url.contains(['?', '#']) {
            return Err("must have neither query nor fragment");
        }
        let (scheme, rest) = url
            .split_once("://")
            .ok_or("must be a URL that begins with https://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("must have neither user name nor password");
        }
        let (host, port) = split_port(authority)?;
        let host = Host::parse(host)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" if host.loopback || plain_http == PlainHttp::Anywhere => false,
            "http" => return Err("must begin with https:// unless the host is this machine"),
            _ => return Err("must begin with https://"),
        };
        let path = if path.is_empty() { "/" } else { path };
        check_path(path)?;
        let (scheme, own_port) = if https {
            (Scheme::HTTPS, 443)
        } else {
            (Scheme::HTTP, 80)
        };
        // HTTP clients leave the scheme's own port out of the Host header, which is signed.
        match port.filter(|port| *port != own_port) {
            Some(port) => Self::of_parts(scheme, &format!("{}:{port}", host.name), path),
            None => Self::of_parts(scheme, &host.name, path),
        }
    }

    fn of_parts(scheme: Scheme, authority: &str, path: &str) -> Result<Self, &'static str> {
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(authority)
            .path_and_query(path)
            .build()
            .map_err(|_| "does not make a URL")?;
        let host = HeaderValue::from_str(authority).map_err(|_| "does not make a host name")?;
        Ok(Self {
            uri,
            host,
            is_custom: true,
        })
    }
}

/// A service of AWS that is addressed as Cognito is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// What its hosts begin with, and its name in a signature's scope.
    pub(crate) name: &'static str,
    /// The variable that names another endpoint for it.
    url_variable: &'static str,
}

impl Service {
    pub(crate) const COGNITO_IDP: Self = Self {
        name: "cognito-idp",
        url_variable: "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    };
    #[cfg(feature = "sigv4")]
    pub(crate) const SECRETS_MANAGER: Self = Self {
        name: "secretsmanager",
        url_variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    };
}

/// The custom endpoint that the environment asks for, unchecked, behind the name of the variable.
pub(crate) fn url_from_env(
    service: Service,
    variable: impl Fn(&'static str) -> Option<(&'static str, String)>,
) -> Option<(&'static str, String)> {
    let ignored = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"));
    if ignored {
        return None;
    }
    variable(service.url_variable).or_else(|| variable("AWS_ENDPOINT_URL"))
}

/// Whatever is not plainly a no counts as a yes: to miss one would send data past the FIPS host.
fn env_switch(value: Option<String>) -> bool {
    let value = value.unwrap_or_default().trim().to_ascii_lowercase();
    !matches!(value.as_str(), "" | "false" | "0" | "no" | "off")
}

fn checked_region(region: &str) -> Result<Region, &'static str> {
    let label = (1..=63).contains(&region.len())
        && region
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !region.starts_with('-')
        && !region.ends_with('-');
    if !label || region.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be a region such as eu-west-1");
    }
    let region = region.to_ascii_lowercase();
    // AWS's tables list these beside the regions; they stand for a partition or a kind of host.
    if region.ends_with("-global") {
        return Err("must be a single region");
    }
    if region.starts_with("fips-") || region.ends_with("-fips") {
        return Err("must be the plain region; FIPS is an option of the endpoint");
    }
    Ok(Region(region))
}

fn region_of_user_pool(user_pool_id: &str) -> Option<Region> {
    let (region, name) = user_pool_id.rsplit_once('_')?;
    let well_formed = user_pool_id.len() <= 55
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !well_formed {
        return None;
    }
    checked_region(region).ok()
}

/// A separate part of AWS, with domains of its own.
struct Partition {
    /// What its regions begin with, before `east-1` and the like.
    prefix: &'static str,
    dns_suffix: &'static str,
    dual_stack_dns_suffix: &'static str,
}

/// Every partition but `aws`, which is also the one for regions that fit nowhere.
const PARTITIONS: [Partition; 7] = [
    Partition {
        prefix: "cn-",
        dns_suffix: "amazonaws.com.cn",
        dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
    },
    Partition {
        prefix: "eusc-de-",
        dns_suffix: "amazonaws.eu",
        dual_stack_dns_suffix: "api.amazonwebservices.eu",
    },
    Partition {
        prefix: "us-gov-",
        dns_suffix: "amazonaws.com",
        dual_stack_dns_suffix: "api.aws",
    },
    Partition {
        prefix: "us-iso-",
        dns_suffix: "c2s.ic.gov",
        dual_stack_dns_suffix: "api.aws.ic.gov",
    },
    Partition {
        prefix: "us-isob-",
        dns_suffix: "sc2s.sgov.gov",
        dual_stack_dns_suffix: "api.aws.scloud",
    },
    Partition {
        prefix: "eu-isoe-",
        dns_suffix: "cloud.adc-e.uk",
        dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
    },
    Partition {
        prefix: "us-isof-",
        dns_suffix: "csp.hci.ic.gov",
        dual_stack_dns_suffix: "api.aws.hci.ic.gov",
    },
];

fn partition_of(region: &Region) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|partition| partition.holds(region))
}

fn dns_suffix(region: &Region, options: EndpointOptions) -> &'static str {
    match (partition_of(region), options.dual_stack) {
        (Some(partition), false) => partition.dns_suffix,
        (Some(partition), true) => partition.dual_stack_dns_suffix,
        // In `aws` only FIPS has separate names for dual stack, and not in the four old regions.
        (None, true) if options.fips && !has_dual_stack_fips_under_com(region) => "api.aws",
        (None, _) => "amazonaws.com",
    }
}

fn has_dual_stack_fips_under_com(region: &Region) -> bool {
    matches!(
        region.as_str(),
        "us-east-1" | "us-east-2" | "us-west-1" | "us-west-2"
    )
}

impl Partition {
    fn holds(&self, region: &Region) -> bool {
        let place = region.as_str().strip_prefix(self.prefix);
        place
            .and_then(|place| place.split_once('-'))
            .is_some_and(|(side, number)| {
                !side.is_empty()
                    && !number.is_empty()
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlainHttp {
    LoopbackOnly,
    Anywhere,
}

/// A host as it stands in a URL, in the one form that every parser reads alike.
struct Host {
    name: String,
    loopback: bool,
}

impl Host {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const RULE: &str = "must have a host name or an IP address";
        let in_brackets = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Some(address) = in_brackets {
            let address: Ipv6Addr = address.parse().map_err(|_| RULE)?;
            return Ok(Self::of_address(address.to_canonical()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::of_address(address.into()));
        }
        let name = text.to_ascii_lowercase();
        if !is_dns_name(&name) {
            return Err(RULE);
        }
        Ok(Self {
            loopback: name == "localhost",
            name,
        })
    }

    fn of_address(address: IpAddr) -> Self {
        let name = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Self {
            name,
            loopback: address.is_loopback(),
        }
    }
}

fn is_dns_name(name: &str) -> bool {
    let last_label = name.rsplit('.').next().unwrap_or_default();
    // URL parsers take such a name for an IPv4 address: `127.1`, `2130706433`, `0x7f.1`.
    let number = last_label.starts_with("0x") || last_label.bytes().all(|b| b.is_ascii_digit());
    name.len() <= 253 && !number && name.split('.').all(is_dns_label)
}

/// Underscores are no part of the standard, but container networks have them in host names.
fn is_dns_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    // Colons inside the brackets belong to the address.
    let address_ends = authority.rfind(']').unwrap_or(0);
    let Some(colon) = authority[address_ends..].find(':') else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(address_ends + colon);
    let digits = &port[1..];
    let number = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok());
    match number.flatten() {
        Some(port) if port != 0 => Ok((host, Some(port))),
        _ => Err("must have a port from 1 to 65535, or none"),
    }
}

/// Signatures cover the path in encoded form; a path that needs no encoding is its own.
fn check_path(path: &str) -> Result<(), &'static str> {
    let unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if !path.bytes().all(|byte| unreserved(byte) || byte == b'/') {
        return Err("must have only letters, digits and -._~/ in its path");
    }
    if path.contains("//") || path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("must have no empty, . or .. segment in its path");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: EndpointOptions = EndpointOptions {
        fips: false,
        dual_stack: false,
    };
    const FIPS: EndpointOptions = EndpointOptions {
        fips: true,
        dual_stack: false,
    };
    const DUAL: EndpointOptions = EndpointOptions {
        fips: false,
        dual_stack: true,
    };
    const BOTH: EndpointOptions = EndpointOptions {
        fips: true,
        dual_stack: true,
    };

    const INJECTIONS: [&str; 20] = [
        "",
        " ",
        ".",
        "..",
        "-",
        "x@evil.com:443/",
        "evil.com/",
        "evil.com#",
        "evil.com?",
        "evil.com:443",
        "a.b",
        "a\nb",
        "a\r\nHost: evil.com",
        "a\0b",
        "a b",
        "a%2eb",
        "a\\b",
        "é",
        "eu-west-1\n",
        " eu-west-1",
    ];

    fn regional(region: &str, options: EndpointOptions) -> String {
        let region = Region::new(region).expect("a good region");
        Endpoint::regional(&region, options).uri().to_string()
    }

    fn custom(url: &str) -> Result<String, String> {
        match Endpoint::custom(url) {
            Ok(endpoint) => Ok(endpoint.uri().to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_region_is_lower_cased_and_shown_as_it_is() -> Result<(), InvalidInput> {
        let region = Region::new("EU-West-1")?;
        assert_eq!(region.as_str(), "eu-west-1");
        assert_eq!(region.to_string(), "eu-west-1");
        assert_eq!(region, Region::new(String::from("eu-west-1"))?);
        Ok(())
    }

    #[test]
    fn regions_of_tomorrow_and_of_emulators_are_taken() {
        for region in ["local", "a", "1a", "xx-nowhere-99", &"a".repeat(63)] {
            assert!(Region::new(region).is_ok(), "{region}");
        }
    }

    #[test]
    fn a_region_that_would_change_the_host_is_refused_without_being_shown() {
        let mut bad = INJECTIONS.map(str::to_owned).to_vec();
        bad.extend(["-a", "a-", "12345", "eu_west_1"].map(str::to_owned));
        bad.extend(["a".repeat(64), "a".repeat(1_000_000)]);
        for region in bad {
            let error = Region::new(region.as_str()).expect_err(&region);
            assert_eq!(
                error.to_string(),
                "region: must be a region such as eu-west-1"
            );
        }
    }

    #[test]
    fn pseudo_regions_are_refused() {
        for region in [
            "aws-global",
            "aws-cn-global",
            "AWS-ISO-B-GLOBAL",
            "fips-us-east-1",
            "us-east-1-fips",
        ] {
            assert!(Region::new(region).is_err(), "{region}");
        }
    }

    #[test]
    fn the_region_of_a_user_pool_is_what_stands_before_the_underscore() -> Result<(), InvalidInput>
    {
        for (user_pool_id, region) in [
            ("us-east-1_aB3dE6gH9", "us-east-1"),
            ("eusc-de-east-1_0", "eusc-de-east-1"),
            ("us-gov-west-1_ABCdef123", "us-gov-west-1"),
            ("us-east-1_0123456789abcdef0123456789abcdef", "us-east-1"),
            ("local_2Ab3Cd4E", "local"),
        ] {
            assert_eq!(Region::of_user_pool(user_pool_id)?.as_str(), region);
        }
        Ok(())
    }

    #[test]
    fn what_is_no_user_pool_id_is_refused_by_its_own_name() {
        let mut bad = INJECTIONS.map(|text| format!("{text}_abc")).to_vec();
        bad.extend(INJECTIONS.map(|text| format!("us-east-1_{text}")));
        bad.extend(INJECTIONS.map(str::to_owned));
        bad.extend(
            [
                "_",
                "us-east-1",
                "us-east-1_",
                "_abc",
                "us_east_1_abc",
                "us-east-1_ab-c",
                "us-east-1_é",
                "aws-global_abc",
            ]
            .map(str::to_owned),
        );
        bad.extend([
            format!("us-east-1_{}", "a".repeat(46)),
            "a".repeat(1_000_000),
        ]);
        for user_pool_id in bad {
            let error = Region::of_user_pool(&user_pool_id).expect_err(&user_pool_id);
            assert_eq!(error.problems()[0].field, "user_pool_id");
        }
        assert!(Region::of_user_pool(&format!("us-east-1_{}", "a".repeat(45))).is_ok());
    }

    #[test]
    fn every_partition_has_its_hosts() {
        for (region, suffix, dual_stack, fips_and_dual_stack) in [
            ("eu-west-1", "amazonaws.com", "amazonaws.com", "api.aws"),
            ("mx-central-1", "amazonaws.com", "amazonaws.com", "api.aws"),
            ("ca-west-1", "amazonaws.com", "amazonaws.com", "api.aws"),
            (
                "us-east-1",
                "amazonaws.com",
                "amazonaws.com",
                "amazonaws.com",
            ),
            (
                "us-east-2",
                "amazonaws.com",
                "amazonaws.com",
                "amazonaws.com",
            ),
            (
                "us-west-1",
                "amazonaws.com",
                "amazonaws.com",
                "amazonaws.com",
            ),
            (
                "us-west-2",
                "amazonaws.com",
                "amazonaws.com",
                "amazonaws.com",
            ),
            ("us-gov-west-1", "amazonaws.com", "api.aws", "api.aws"),
            ("us-gov-east-1", "amazonaws.com", "api.aws", "api.aws"),
            (
                "cn-north-1",
                "amazonaws.com.cn",
                "api.amazonwebservices.com.cn",
                "api.amazonwebservices.com.cn",
            ),
            (
                "cn-foo-12",
                "amazonaws.com.cn",
                "api.amazonwebservices.com.cn",
                "api.amazonwebservices.com.cn",
            ),
            (
                "eusc-de-east-1",
                "amazonaws.eu",
                "api.amazonwebservices.eu",
                "api.amazonwebservices.eu",
            ),
            (
                "us-iso-east-1",
                "c2s.ic.gov",
                "api.aws.ic.gov",
                "api.aws.ic.gov",
            ),
            (
                "us-isob-east-1",
                "sc2s.sgov.gov",
                "api.aws.scloud",
                "api.aws.scloud",
            ),
            (
                "eu-isoe-west-1",
                "cloud.adc-e.uk",
                "api.cloud-aws.adc-e.uk",
                "api.cloud-aws.adc-e.uk",
            ),
            (
                "us-isof-south-1",
                "csp.hci.ic.gov",
                "api.aws.hci.ic.gov",
                "api.aws.hci.ic.gov",
            ),
        ] {
            let plain_url = |suffix| format!("https://cognito-idp.{region}.{suffix}/");
            let fips_url = |suffix| format!("https://cognito-idp-fips.{region}.{suffix}/");
            assert_eq!(regional(region, PLAIN), plain_url(suffix));
            assert_eq!(regional(region, FIPS), fips_url(suffix));
            assert_eq!(regional(region, DUAL), plain_url(dual_stack));
            assert_eq!(regional(region, BOTH), fips_url(fips_and_dual_stack));
        }
    }

    #[test]
    fn a_region_of_no_partition_counts_as_one_of_aws() {
        for region in [
            "local",
            "xx-nowhere-9",
            "us-gov-x",
            "us-gov-west-1-x",
            "eusc-fr-east-1",
            "cn-north",
            "cn--1",
        ] {
            assert_eq!(
                regional(region, DUAL),
                format!("https://cognito-idp.{region}.amazonaws.com/")
            );
            assert_eq!(
                regional(region, BOTH),
                format!("https://cognito-idp-fips.{region}.api.aws/")
            );
        }
    }

    #[test]
    fn a_regional_endpoint_knows_host_and_path() -> Result<(), InvalidInput> {
        let endpoint = Endpoint::regional(&Region::new("eu-west-1")?, PLAIN);
        assert_eq!(endpoint.host(), "cognito-idp.eu-west-1.amazonaws.com");
        assert_eq!(endpoint.path(), "/");
        Ok(())
    }

    #[test]
    #[cfg(feature = "verify")]
    fn an_address_of_aws_is_told_from_one_that_was_given() -> Result<(), InvalidInput> {
        let region = Region::new("eu-west-1")?;
        assert!(!Endpoint::regional(&region, PLAIN).is_custom());
        // Also one that leads to AWS.
        let url = "https://cognito-idp.eu-west-1.amazonaws.com";
        assert!(Endpoint::custom(url)?.is_custom());
        Ok(())
    }

    #[test]
    #[cfg(feature = "managed-login")]
    fn a_region_knows_what_those_of_its_partition_begin_with() -> Result<(), InvalidInput> {
        for (region, prefix) in [
            ("us-gov-west-1", "us-gov-"),
            ("eusc-de-east-1", "eusc-de-"),
            ("us-east-1", ""),
            ("us-gov-x", ""),
        ] {
            assert_eq!(Region::new(region)?.partition_prefix(), prefix, "{region}");
        }
        Ok(())
    }

    #[test]
    fn a_custom_url_takes_its_one_form() {
        for (url, form) in [
            (
                "https://vpce-1.cognito-idp.eu-west-1.vpce.amazonaws.com",
                "https://vpce-1.cognito-idp.eu-west-1.vpce.amazonaws.com/",
            ),
            ("HTTPS://Proxy.Example/", "https://proxy.example/"),
            ("https://proxy.example:443", "https://proxy.example/"),
            ("https://proxy.example:0443", "https://proxy.example/"),
            ("https://proxy.example:80", "https://proxy.example:80/"),
            (
                "https://proxy.example:8443/cognito",
                "https://proxy.example:8443/cognito",
            ),
            (
                "https://proxy.example/a-b/c_d~e.f/",
                "https://proxy.example/a-b/c_d~e.f/",
            ),
            ("https://10.0.0.1", "https://10.0.0.1/"),
            (
                "https://[2001:DB8:0:0::1]:8443",
                "https://[2001:db8::1]:8443/",
            ),
            ("http://localhost:80", "http://localhost/"),
            ("http://LOCALHOST:443", "http://localhost:443/"),
            ("http://127.0.0.1:9229", "http://127.0.0.1:9229/"),
            ("http://127.255.255.254", "http://127.255.255.254/"),
            ("http://[::1]:5501", "http://[::1]:5501/"),
            ("http://[0:0:0:0:0:0:0:1]", "http://[::1]/"),
            ("http://[::ffff:7f00:1]", "http://127.0.0.1/"),
            ("https://cognito_proxy:8443", "https://cognito_proxy:8443/"),
        ] {
            assert_eq!(custom(url), Ok(form.to_owned()), "{url}");
        }
    }

    #[test]
    fn the_host_is_what_the_host_header_holds() -> Result<(), InvalidInput> {
        let host = |url| Endpoint::custom(url).map(|endpoint| endpoint.host().clone());
        assert_eq!(host("https://Proxy.Example:443/x")?, "proxy.example");
        assert_eq!(host("https://proxy.example:8443/x")?, "proxy.example:8443");
        assert_eq!(host("http://[::1]:80")?, "[::1]");
        assert_eq!(Endpoint::custom("https://proxy.example/x")?.path(), "/x");
        Ok(())
    }

    #[test]
    fn plain_http_leaves_this_machine_only_where_the_caller_says_so() {
        for url in [
            "http://example.com",
            "http://localstack:4566",
            "http://localhost.evil.com",
            "http://my.localhost",
            "http://128.0.0.1",
            "http://10.0.0.1",
            "http://0.0.0.0:80",
            "http://[::]:80",
            "http://[::ffff:10.0.0.1]",
            "http://127.0.0.1.evil.com",
        ] {
            let rule = "endpoint_url: must begin with https:// unless the host is this machine";
            assert_eq!(custom(url), Err(rule.to_owned()), "{url}");
            assert!(Endpoint::custom_insecure(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn a_url_that_is_unsafe_or_that_parsers_read_differently_is_refused() {
        for url in [
            "",
            "/",
            "example.com",
            "//example.com",
            "https:/example.com",
            "https://",
            "https:///path",
            "ftp://example.com",
            "file:///etc/passwd",
            " https://example.com",
            "https://example.com ",
            "https://exam ple.com",
            "https://example.com\n",
            "https://example.com/\r\nx: y",
            "https://example.com\0",
            "https://example.com\t/",
            "https://user@example.com",
            "https://user:secret@example.com",
            "https://@example.com",
            "https://example.com?x",
            "https://example.com/?",
            "https://example.com/#x",
            "https://example.com\\@evil.com",
            "https://example.com/a\\b",
            "https://example.com//",
            "https://example.com/a//b",
            "https://example.com/.",
            "https://example.com/../x",
            "https://example.com/a/..",
            "https://example.com/%2e%2e",
            "https://example.com/a b",
            "https://example.com/é",
            "https://example.com/a+b",
            "https://exämple.com",
            "https://exam%70le.com",
            "https://example.com.",
            "https://.example.com",
            "https://example..com",
            "https://-example.com",
            "https://example-.com",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:65536",
            "https://example.com:+443",
            "https://example.com:-1",
            "https://example.com:443:443",
            "https://example.com:x",
            "http://2130706433",
            "http://127.1",
            "http://127.0.0.01",
            "http://0x7f.1",
            "http://127.0.0.0x1",
            "https://256.256.256.256",
            "https://[",
            "https://]",
            "https://[]",
            "https://[::1",
            "https://::1",
            "https://[::1]x",
            "https://[::1%25eth0]",
            "https://[127.0.0.1]",
            "https://x[::1]",
        ] {
            let error = Endpoint::custom_insecure(url).expect_err(url);
            assert_eq!(error.problems()[0].field, "endpoint_url", "{url}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_very_long_url_is_refused_or_taken_but_never_panics() {
        assert!(custom(&format!("https://{}", "a.".repeat(200_000))).is_err());
        assert!(custom(&format!("https://{}.com", "a".repeat(64))).is_err());
        assert!(custom(&format!("https://{}com", "a.".repeat(125))).is_ok());
        assert!(custom(&format!("https://{}com", "a.".repeat(126))).is_err());
        assert!(custom(&format!("https://example.com/{}", "a".repeat(200_000))).is_err());
        assert!(custom(&format!("https://example.com/{}", "a".repeat(1_000))).is_ok());
    }

    #[test]
    fn the_environment_names_a_url_for_the_service_before_one_for_all() {
        const SERVICE: (&str, &str) = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "service");
        const ALL: (&str, &str) = ("AWS_ENDPOINT_URL", "all");
        let ignore = |value| ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", value);
        let url = |variables: &[(&str, &str)]| {
            let found = url_from_env(Service::COGNITO_IDP, |name| {
                Some((name, env(variables)(name)?))
            });
            found.map(|(_, url)| url)
        };
        assert_eq!(url(&[]), None);
        assert_eq!(url(&[ALL]).as_deref(), Some("all"));
        assert_eq!(url(&[ALL, SERVICE]).as_deref(), Some("service"));
        assert_eq!(url(&[ALL, SERVICE, ignore("True")]), None);
        assert_eq!(
            url(&[ALL, SERVICE, ignore("false")]).as_deref(),
            Some("service")
        );
    }

    #[test]
    fn the_environment_switches_fips_and_dual_stack() {
        let options = |variables: &[(&str, &str)]| EndpointOptions::from_env(env(variables));
        assert_eq!(options(&[]), PLAIN);
        assert_eq!(options(&[("AWS_USE_FIPS_ENDPOINT", "true")]), FIPS);
        assert_eq!(options(&[("AWS_USE_DUALSTACK_ENDPOINT", " TRUE ")]), DUAL);
        for no in ["", " ", "false", "False", "0", "no", "off"] {
            assert_eq!(options(&[("AWS_USE_FIPS_ENDPOINT", no)]), PLAIN, "{no}");
        }
        assert_eq!(EndpointOptions::default().fips(true).dual_stack(true), BOTH);
    }

    #[test]
    fn a_mistyped_yes_does_not_lose_fips() {
        for value in ["yes", "1", "ture", "TRUE;"] {
            let options = EndpointOptions::from_env(env(&[("AWS_USE_FIPS_ENDPOINT", value)]));
            assert_eq!(options, FIPS, "{value}");
        }
    }

    fn env<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    fn any_options() -> impl Strategy<Value = EndpointOptions> {
        (any::<bool>(), any::<bool>())
            .prop_map(|(fips, dual_stack)| EndpointOptions { fips, dual_stack })
    }

    fn assert_host_is_of_aws(region: &Region, options: EndpointOptions) {
        let endpoint = Endpoint::regional(region, options);
        let host = endpoint.uri().host().expect("a host");
        let suffixes = PARTITIONS
            .iter()
            .flat_map(|partition| [partition.dns_suffix, partition.dual_stack_dns_suffix])
            .chain(["amazonaws.com", "api.aws"]);
        let service = if options.fips {
            "cognito-idp-fips"
        } else {
            "cognito-idp"
        };
        let expected: Vec<_> = suffixes
            .map(|suffix| format!("{service}.{region}.{suffix}"))
            .collect();
        assert!(expected.iter().any(|name| name == host), "{host}");
        assert_eq!(endpoint.host(), host);
        assert_eq!(endpoint.uri().port(), None);
        assert_eq!(endpoint.path(), "/");
    }

    proptest! {
        #[test]
        fn every_accepted_region_leads_to_a_host_of_aws(
            region in prop_oneof![
                any::<String>(),
                "[a-zA-Z0-9-]{0,70}",
                "(us|eu|cn|us-gov|us-iso|us-isob|eu-isoe|us-isof|eusc-de)-[a-z]{1,9}-[0-9]{1,2}",
                "[a-z0-9@:/#?.%\\\\\\n -]{0,20}",
            ],
            options in any_options(),
        ) {
            if let Ok(region) = Region::new(region) {
                assert_host_is_of_aws(&region, options);
            }
        }

        #[test]
        fn every_accepted_user_pool_id_leads_to_a_host_of_aws(
            user_pool_id in prop_oneof![any::<String>(), "[\\w-]{1,40}_[0-9a-zA-Z]{1,20}", "[a-z0-9-]{1,40}_[0-9a-zA-Z]{1,20}"],
            options in any_options(),
        ) {
            if let Ok(region) = Region::of_user_pool(&user_pool_id) {
                assert_host_is_of_aws(&region, options);
            }
        }

        #[test]
        fn every_accepted_url_has_a_form_that_is_accepted_as_it_is(
            url in prop_oneof![
                any::<String>(),
                "https?://[a-zA-Z0-9.:@_\\[\\]-]{0,20}(:[0-9]{0,6})?(/[a-z.~%/]{0,9})?",
                "https?://([a-z0-9]{1,5}\\.){0,3}[a-z]{1,5}(:[0-9]{1,5})?(/[a-z.]{1,3}){0,3}",
            ],
        ) {
            if let Ok(endpoint) = Endpoint::custom_insecure(&url) {
                let form = endpoint.uri().to_string();
                prop_assert_eq!(Endpoint::custom_insecure(&form), Ok(endpoint.clone()));
                let authority = endpoint.uri().authority().map_or("", |authority| authority.as_str());
                prop_assert_eq!(endpoint.host(), authority);
                prop_assert!(endpoint.path().starts_with('/'));
                prop_assert_eq!(endpoint.uri().query(), None);
                prop_assert!(!authority.contains('@'));
            }
        }
    }
}
