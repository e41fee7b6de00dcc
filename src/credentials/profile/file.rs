//! The profile files of AWS's tools, as text.

use std::collections::BTreeMap;

use crate::sensitive::Sensitive;

/// What the two files hold together.
#[derive(Default)]
pub(in crate::credentials) struct Files {
    pub(in crate::credentials) profiles: Sections,
    pub(in crate::credentials) sso_sessions: Sections,
    /// Properties of their own services, such as `s3.endpoint_url`.
    pub(in crate::credentials) services: Sections,
}

pub(in crate::credentials) type Properties = BTreeMap<String, Sensitive<String>>;
type Sections = BTreeMap<String, Properties>;

impl Files {
    /// Adds what another file says, which goes before what is there.
    pub(in crate::credentials) fn add(&mut self, other: Self) {
        for (sections, others) in [
            (&mut self.profiles, other.profiles),
            (&mut self.sso_sessions, other.sso_sessions),
            (&mut self.services, other.services),
        ] {
            for (name, properties) in others {
                sections.entry(name).or_default().extend(properties);
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::credentials) enum FileKind {
    Config,
    Credentials,
}

/// Reads a profile file, or gives the number of the line at fault.
///
/// Indented lines belong to the property before them: they are its further lines, which nothing here
/// needs, or, under a property without a value, properties of its own, as services have them.
pub(in crate::credentials) fn parse(text: &str, kind: FileKind) -> Result<Files, usize> {
    let mut files = Files::default();
    // `[profile default]` goes before `[default]`, wherever the two stand.
    let mut plain_default = Properties::new();
    let mut section = Section::None;
    let mut in_property = false;
    let mut service = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let at_fault = index + 1;
        if line.trim().is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            let is_comment = line.trim_start().starts_with(['#', ';']);
            match &section {
                Section::Ignored => {}
                Section::Services(name) if in_property && !is_comment => {
                    let inner = service.as_deref().zip(line.split_once('='));
                    if let Some((service, (key, value))) = inner {
                        let key = format!("{service}.{}", key.trim().to_ascii_lowercase());
                        let services = files.services.entry(name.clone()).or_default();
                        services.insert(key, property(value));
                    }
                }
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
            Section::Profile(name) => files.profiles.entry(name.clone()).or_default(),
            Section::SsoSession(name) => files.sso_sessions.entry(name.clone()).or_default(),
            Section::Services(name) => {
                service = Some(key.to_ascii_lowercase());
                files.services.entry(name.clone()).or_default()
            }
        };
        properties.insert(key.to_ascii_lowercase(), property(value));
    }
    if !plain_default.is_empty() {
        let default = files.profiles.entry("default".to_owned());
        default.or_insert(plain_default);
    }
    Ok(files)
}

enum Section {
    /// Before the first.
    None,
    /// Of something else, or of a name that is none.
    Ignored,
    PlainDefault,
    Profile(String),
    SsoSession(String),
    Services(String),
}

impl Section {
    fn of(name: &str, kind: FileKind) -> Self {
        let after = |prefix| {
            let rest = name.strip_prefix(prefix);
            rest.filter(|rest: &&str| rest.starts_with([' ', '\t']))
                .map(str::trim)
        };
        for (prefix, section) in [
            ("sso-session", Self::SsoSession as fn(String) -> Self),
            ("services", Self::Services),
        ] {
            if let Some(name) = after(prefix).filter(|name| is_name(name)) {
                return match kind {
                    FileKind::Config => section(name.to_owned()),
                    FileKind::Credentials => Self::Ignored,
                };
            }
        }
        let name = match (kind, after("profile")) {
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

fn property(value: &str) -> Sensitive<String> {
    Sensitive::from(without_comment(value).trim())
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

/// Whether a text is a profile file; there for the fuzz target alone.
#[cfg(fuzzing)]
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
        let files = parse(text, kind).ok()?;
        let value = files.profiles.get(profile)?.get(key)?;
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

    #[test]
    fn sso_sessions_are_sections_of_the_config_file_alone() {
        let text = "[sso-session a]\nsso_region = r\n[sso-sessions b]\nk = v\n";
        let files = parse(text, FileKind::Config).unwrap_or_default();
        assert_eq!(files.sso_sessions.len(), 1);
        assert_eq!(files.sso_sessions["a"]["sso_region"].expose(), "r");
        let files = parse(text, FileKind::Credentials).unwrap_or_default();
        assert!(files.sso_sessions.is_empty());
    }

    #[test]
    fn services_have_properties_of_their_own() {
        let text = "[services a]\nS3 =\n  endpoint_url = one # c\n  # k = v\n  odd\n\
                    cognito_identity_provider =\n\tEndpoint_URL=two\n[services b]\nk = v\n";
        let files = parse(text, FileKind::Config).unwrap_or_default();
        assert_eq!(files.services["a"]["s3.endpoint_url"].expose(), "one");
        let ours = &files.services["a"]["cognito_identity_provider.endpoint_url"];
        assert_eq!(ours.expose(), "two");
        assert_eq!(files.services["a"].len(), 4);
        assert_eq!(files.services["b"].len(), 1);
        let files = parse(text, FileKind::Credentials).unwrap_or_default();
        assert!(files.services.is_empty());
        let text = "[services a]\n  endpoint_url = of none\n";
        assert_eq!(parse(text, FileKind::Config).err(), Some(2));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(\\[|\\]|profile |services |default|k|=| |\\n|#|;|\\t|\\PC){0,60}") {
            let _ = (parse(&text, FileKind::Config), parse(&text, FileKind::Credentials));
        }
    }
}
