//! Where a user pool's pages and OAuth 2.0 endpoints are.

use std::{fmt, str::FromStr};

use http::{HeaderValue, Uri, uri::Scheme};

use crate::{
    endpoint::{Endpoint, Region},
    error::InvalidInput,
};

/// The variable that [`Domain::from_env`] reads.
const VARIABLE: &str = "COGNITO_DOMAIN";
const LONGEST_PREFIX: usize = 63;

/// The checked domain of a user pool, where its pages and its OAuth 2.0 endpoints are.
///
/// It is another host than the one that operations are sent to, and another than the tokens' issuer.
///
/// ```
/// use cognito_idp::managed_login::Domain;
///
/// let domain = Domain::prefix("my-app", "eu-central-1")?;
/// assert_eq!(domain.to_string(), "https://my-app.auth.eu-central-1.amazoncognito.com");
/// assert_eq!(Domain::custom("auth.example.com")?.to_string(), "https://auth.example.com");
/// assert_eq!(Domain::url("http://127.0.0.1:4566")?.to_string(), "http://127.0.0.1:4566");
/// assert!(Domain::custom("auth.example.com/@evil.example").is_err());
/// # Ok::<(), cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Domain {
    base: Endpoint,
}

impl Domain {
    /// The domain that Cognito makes of a prefix of your choice, in the region of the pool.
    ///
    /// For the FIPS host in a region that also has the other one, give the whole name to
    /// [`custom`](Self::custom): `my-app.auth-fips.us-east-1.amazoncognito.com`.
    ///
    /// # Errors
    /// Refuses what cannot be a prefix (lower-case letters, digits and hyphens, at most 63) or a
    /// region, and regions that are neither public nor of AWS's US government: give the host of a pool
    /// there to [`custom`](Self::custom).
    pub fn prefix(prefix: &str, region: &str) -> Result<Self, InvalidInput> {
        if !is_prefix(prefix) {
            let rule = "must be lower-case letters, digits and hyphens, at most 63, no hyphen at \
                        either end";
            return Err(InvalidInput::new("domain", rule));
        }
        let region = Region::new(region)?;
        let host = match region.partition_prefix() {
            "" => "auth",
            "us-gov-" => "auth-fips",
            _ => {
                let rule = "must be a region with known names of domains; give the domain's host";
                return Err(InvalidInput::new("region", rule));
            }
        };
        Self::custom(&format!("{prefix}.{host}.{region}.amazoncognito.com"))
    }

    /// A domain of your own, by its host name such as `auth.example.com`; always over `https`.
    ///
    /// # Errors
    /// Refuses what is not a host name alone.
    pub fn custom(host: &str) -> Result<Self, InvalidInput> {
        if host.contains(['/', ':', '@', '?', '#', '\\']) {
            return Err(InvalidInput::new("domain", "must be a host name alone"));
        }
        Self::url(&format!("https://{host}"))
    }

    /// A domain by its URL, under the rules of [`Endpoint::custom`]: for emulators, whose path is kept.
    ///
    /// Where plain `http` to another machine is meant, make it of an [`Endpoint`].
    ///
    /// # Errors
    /// Refuses what [`Endpoint::custom`] refuses.
    pub fn url(url: &str) -> Result<Self, InvalidInput> {
        let base = Endpoint::custom(url).map_err(|error| error.named("domain"))?;
        Ok(base.into())
    }

    /// Reads `COGNITO_DOMAIN`: a host name such as `my-app.auth.eu-central-1.amazoncognito.com`, or a
    /// URL.
    ///
    /// # Errors
    /// If it is not set, or neither of the two.
    pub fn from_env() -> Result<Self, InvalidInput> {
        Self::from_variable(std::env::var(VARIABLE).ok().as_deref())
    }

    fn from_variable(value: Option<&str>) -> Result<Self, InvalidInput> {
        match value.map(str::trim).filter(|value| !value.is_empty()) {
            Some(value) => value
                .parse()
                .map_err(|error: InvalidInput| error.named(VARIABLE)),
            None => Err(InvalidInput::new(VARIABLE, "must be set")),
        }
    }

    /// The value of the `Host` header.
    pub(super) fn host(&self) -> &HeaderValue {
        self.base.host()
    }

    /// The URL of a path that begins with a slash, as text to which a query can be added.
    pub(super) fn url_of(&self, path: &str) -> String {
        let uri = self.base.uri();
        let scheme = uri.scheme().unwrap_or(&Scheme::HTTPS);
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let before = uri.path().trim_end_matches('/');
        format!("{scheme}://{authority}{before}{path}")
    }

    /// The URL of a path that begins with a slash.
    pub(super) fn uri_of(&self, path: &str) -> Result<Uri, InvalidInput> {
        let refused = |_| InvalidInput::new("domain", "does not make a URL");
        Uri::try_from(self.url_of(path)).map_err(refused)
    }
}

impl From<Endpoint> for Domain {
    fn from(base: Endpoint) -> Self {
        Self { base }
    }
}

impl FromStr for Domain {
    type Err = InvalidInput;

    /// Takes a host name or a URL.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        if text.contains("://") {
            return Self::url(text);
        }
        if !text.contains('.') {
            let rule = "must be a whole host name or a URL; a prefix alone says no region";
            return Err(InvalidInput::new("domain", rule));
        }
        Self::custom(text)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url_of(""))
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Domain({self})")
    }
}

fn is_prefix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_PREFIX).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(domain: Result<Domain, InvalidInput>) -> Option<String> {
        domain.ok().map(|domain| domain.to_string())
    }

    #[test]
    fn a_prefix_makes_the_host_of_its_partition() {
        let host = |region| text(Domain::prefix("my-app", region));
        assert_eq!(
            host("eu-central-1").as_deref(),
            Some("https://my-app.auth.eu-central-1.amazoncognito.com")
        );
        assert_eq!(
            host("us-gov-west-1").as_deref(),
            Some("https://my-app.auth-fips.us-gov-west-1.amazoncognito.com")
        );
        for region in [
            "cn-north-1",
            "eusc-de-east-1",
            "us-iso-east-1",
            "a.example",
            "",
        ] {
            assert_eq!(host(region), None, "{region}");
        }
    }

    #[test]
    fn nothing_but_a_prefix_or_a_host_name_gets_into_the_host() {
        for prefix in [
            "",
            "-a",
            "a-",
            "A",
            "a.b",
            "a@b",
            "a/b",
            "ä",
            "a b",
            &"a".repeat(64),
        ] {
            assert_eq!(text(Domain::prefix(prefix, "eu-west-1")), None, "{prefix}");
        }
        for host in [
            "",
            "a.example/x",
            "a@b.example",
            "a.example:8443",
            "a.example?x",
            "a.example#x",
            "a.example\\x",
            "https://a.example",
            "a..example",
            "a.example\r\nx",
            " a.example",
        ] {
            assert_eq!(text(Domain::custom(host)), None, "{host}");
        }
        for url in [
            "http://a.example",
            "ftp://localhost",
            "https://a.example?x=1",
            "https://u@a.example",
        ] {
            assert_eq!(text(Domain::url(url)), None, "{url}");
        }
    }

    #[test]
    fn a_url_keeps_its_port_and_path() {
        let domain = Domain::url("http://localhost:4566/pool/").expect("a URL");
        assert_eq!(
            domain.url_of("/logout"),
            "http://localhost:4566/pool/logout"
        );
        assert_eq!(domain.host(), "localhost:4566");
        let insecure = Endpoint::custom_insecure("http://emulator:80").expect("a URL");
        assert_eq!(Domain::from(insecure).to_string(), "http://emulator");
    }

    #[test]
    fn the_variable_holds_a_host_name_or_a_url_and_is_named_by_errors() {
        let read = |value| Domain::from_variable(value);
        assert_eq!(
            text(read(Some(" a.example "))).as_deref(),
            Some("https://a.example")
        );
        assert_eq!(
            text(read(Some("http://[::1]:9/"))).as_deref(),
            Some("http://[::1]:9")
        );
        for value in [
            None,
            Some(""),
            Some("my-app"),
            Some("a.example/x"),
            Some("http://a.example"),
        ] {
            let error = read(value).expect_err("refused").to_string();
            assert!(error.starts_with("COGNITO_DOMAIN: "), "{error}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_the_host(text in "[a-z.@:/?#%\\\\ \\[\\]0-9-]{0,24}") {
            if let Ok(domain) = Domain::custom(&text) {
                let uri = domain.uri_of("/oauth2/token").expect("a URL");
                prop_assert_eq!(uri.host(), Some(text.as_str()));
                prop_assert_eq!(uri.path(), "/oauth2/token");
                prop_assert_eq!(uri.scheme_str(), Some("https"));
            }
        }
    }
}
