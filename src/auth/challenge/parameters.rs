//! Reading the parameters of a challenge.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::MfaType;
use crate::sensitive::Sensitive;

pub(super) type Parameters = BTreeMap<String, Sensitive<String>>;

/// The name to answer under: Cognito tells the canonical one, which matters after an alias sign-in.
pub(super) fn username(
    parameters: &Parameters,
    login_name: Sensitive<String>,
) -> Sensitive<String> {
    let told = |name| {
        parameters
            .get(name)
            .filter(|value| !value.expose().is_empty())
    };
    told("USER_ID_FOR_SRP")
        .or_else(|| told("USERNAME"))
        .cloned()
        .unwrap_or(login_name)
}

/// Takes out a parameter that may be shown.
pub(super) fn plain(parameters: &mut Parameters, name: &str) -> Option<String> {
    parameters.remove(name).map(|text| text.expose().clone())
}

/// Takes out a parameter that is JSON in a string; one that is missing or malformed reads as empty,
/// and stays.
pub(super) fn json<T: DeserializeOwned + Default>(parameters: &mut Parameters, name: &str) -> T {
    let text = parameters.get(name);
    let Some(value) = text.and_then(|text| serde_json::from_str(text.expose()).ok()) else {
        return T::default();
    };
    parameters.remove(name);
    value
}

/// Takes out a list of texts; what is no text in it is left out.
pub(super) fn texts(
    parameters: &mut Parameters,
    name: &str,
) -> impl Iterator<Item = String> + use<> {
    let values: Vec<Value> = json(parameters, name);
    values.into_iter().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    })
}

pub(super) fn mfa_types(parameters: &mut Parameters, name: &str) -> Vec<MfaType> {
    texts(parameters, name).map(Into::into).collect()
}

/// Takes out the attributes of a user; a value that is no text stands as its JSON, `null` for none.
pub(super) fn attributes(parameters: &mut Parameters) -> BTreeMap<String, Sensitive<String>> {
    let values: BTreeMap<String, Value> = json(parameters, "userAttributes");
    let value = |(name, value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text,
            value => value.to_string(),
        };
        Some((name, text.into()))
    };
    values.into_iter().filter_map(value).collect()
}
