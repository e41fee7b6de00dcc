//! The proxy that the environment names.

use std::ffi::OsString;

use http::Uri;

use crate::error::InvalidInput;

/// Which proxy the requests over HTTPS go through, and which hosts are reached without it.
///
/// Requests over plain HTTP go through none: they are for this machine or a test network, and a
/// proxy would read their passwords.
pub(super) struct Proxy {
    /// A URL, with the name and password that the proxy wants, if any.
    pub(super) url: String,
    /// A list as `NO_PROXY` holds it.
    pub(super) except: String,
}

/// What is on this machine is never reached through another.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

impl Proxy {
    /// Reads `HTTPS_PROXY`, else `ALL_PROXY`, and `NO_PROXY`, each also in lower case.
    pub(super) fn from_env() -> Result<Option<Self>, InvalidInput> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, InvalidInput> {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let Some((name, url)) = first_set(names, &lookup)? else {
            return Ok(None);
        };
        // The value may hold a password, so the error does not show it.
        let url = checked_url(&url).ok_or_else(|| {
            InvalidInput::new(name, "must be the URL of a proxy, http:// or https://")
        })?;
        let except = first_set(["NO_PROXY", "no_proxy"], &lookup)?;
        let except = except.map_or_else(String::new, |(_, list)| list);
        if except.split(',').any(|entry| entry.trim() == "*") {
            return Ok(None);
        }
        Ok(Some(Self {
            url,
            except: format!("{THIS_MACHINE},{except}"),
        }))
    }
}

/// The first of the variables that is not blank, trimmed.
fn first_set<const N: usize>(
    names: [&'static str; N],
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<(&'static str, String)>, InvalidInput> {
    for name in names {
        let value = lookup(name).unwrap_or_default().into_string();
        let value = value.map_err(|_| InvalidInput::new(name, "must be UTF-8"))?;
        if !value.trim().is_empty() {
            return Ok(Some((name, value.trim().to_owned())));
        }
    }
    Ok(None)
}

/// The URL of an HTTP proxy, which without a scheme means `http`.
fn checked_url(url: &str) -> Option<String> {
    let url = if url.contains("://") {
        url.to_owned()
    } else {
        format!("http://{url}")
    };
    let uri: Uri = url.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .filter(|it| ["http", "https"].contains(it))?;
    let authority = uri.authority()?;
    let mut parts = authority.as_str().split('@');
    let (host_and_port, _name_and_password) = (parts.next_back()?, parts.next_back());
    // Of two, one parser takes the first for the end of the password, and another the last.
    if parts.next().is_some() || authority.host().is_empty() {
        return None;
    }
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port != 0);
    let port = host_and_port.strip_prefix(authority.host())?;
    let well_formed = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    well_formed.then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Result<Option<(String, String)>, InvalidInput>;

    /// The URL and the exceptions besides this machine.
    fn proxy(variables: &[(&str, &str)]) -> Found {
        let lookup = |name: &str| {
            let of_name = variables.iter().find(|(key, _)| *key == name);
            of_name.map(|(_, value)| OsString::from(value))
        };
        let found = Proxy::from_variables(lookup)?;
        Ok(found.map(|Proxy { url, except }| {
            let except = except.strip_prefix(THIS_MACHINE).expect("this machine");
            (url, except.trim_start_matches(',').to_owned())
        }))
    }

    fn url(value: &str) -> Option<String> {
        proxy(&[("HTTPS_PROXY", value)])
            .ok()
            .flatten()
            .map(|it| it.0)
    }

    #[test]
    fn the_proxy_for_https_comes_before_that_for_all_and_upper_case_before_lower()
    -> Result<(), InvalidInput> {
        let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let values = ["http://a", "http://b", "http://c", "http://d"];
        let all: Vec<_> = names.into_iter().zip(values).collect();
        for first in 0..all.len() {
            let mut variables = all[first..].to_vec();
            let found = proxy(&variables)?.map(|it| it.0);
            assert_eq!(found.as_deref(), Some(values[first]));
            // A blank one counts as not set.
            variables.extend(names[..first].iter().map(|name| (*name, " ")));
            assert_eq!(
                proxy(&variables)?.map(|it| it.0).as_deref(),
                Some(values[first])
            );
        }
        assert_eq!(
            proxy(&[("HTTP_PROXY", "http://a"), ("NO_PROXY", "x")])?,
            None
        );
        Ok(())
    }

    #[test]
    fn exceptions_are_added_to_this_machine_and_a_star_excepts_everything()
    -> Result<(), InvalidInput> {
        let to = ("HTTPS_PROXY", "http://proxy");
        let except = |list: &[(&str, &str)]| proxy(&[&[to], list].concat());
        let excepted = |list: &[(&str, &str)]| except(list).map(|it| it.map(|it| it.1));
        assert_eq!(excepted(&[])?.as_deref(), Some(""));
        let both = [("NO_PROXY", "a,b"), ("no_proxy", "c")];
        assert_eq!(excepted(&both)?.as_deref(), Some("a,b"));
        assert_eq!(excepted(&both[1..])?.as_deref(), Some("c"));
        assert_eq!(excepted(&[("NO_PROXY", "a, *")])?, None);
        Ok(())
    }

    #[test]
    fn an_address_takes_its_one_form() {
        for (value, form) in [
            ("http://proxy:3128", "http://proxy:3128"),
            (" http://proxy:3128/path ", "http://proxy:3128"),
            ("HTTPS://proxy", "https://proxy"),
            ("proxy:3128", "http://proxy:3128"),
            ("name:p%40ss@proxy:1", "http://name:p%40ss@proxy:1"),
            ("http://name@[::1]:1", "http://name@[::1]:1"),
            ("10.0.0.1", "http://10.0.0.1"),
        ] {
            assert_eq!(url(value).as_deref(), Some(form), "{value}");
        }
    }

    #[test]
    fn what_is_no_http_proxy_is_refused_by_the_name_of_its_variable_and_never_shown() {
        for value in [
            "socks5://marker:1080",
            "ftp://marker",
            "http://",
            "http:///marker",
            "http://marker:port",
            "http://marker:0",
            "http://marker:99999",
            "http://marker:",
            "http://name:marker@ss@proxy:1",
            "http://name:marker/1@proxy",
            "http://name:mar ker@proxy",
            "http://märker",
            "://marker",
            "http://name:marker@",
        ] {
            for name in ["HTTPS_PROXY", "all_proxy"] {
                let error = proxy(&[(name, value)]).expect_err(value);
                assert_eq!(error.problems()[0].field, name);
                assert!(!format!("{error} {error:?}").contains("marker"), "{value}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_text_is_refused_and_not_taken_for_an_empty_one() {
        use std::os::unix::ffi::OsStringExt as _;

        for at_fault in ["HTTPS_PROXY", "NO_PROXY"] {
            let lookup = |name: &str| match name {
                _ if name == at_fault => Some(OsString::from_vec(vec![0xff])),
                "https_proxy" => Some("http://proxy".into()),
                _ => None,
            };
            let error = Proxy::from_variables(lookup).err().expect("not UTF-8");
            assert_eq!(error.problems()[0].field, at_fault);
        }
    }
}
