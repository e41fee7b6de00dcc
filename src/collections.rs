//! Lists and maps that know whether they are there.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, btree_map},
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    slice, vec,
};

use serde::{
    de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor},
    ser::{Serialize, Serializer},
};

/// A list of a request or an answer, which may be absent.
///
/// It reads like a slice, and an absent list like an empty one. To Cognito the two differ: in an
/// update, an absent list keeps or resets a setting where an empty one clears it. So an absent list
/// is not written, an empty one is, and they are not equal. A new list is absent; one that is made
/// of items, even of none, is there.
///
/// ```
/// use cognito_idp::{List, operation::users::ListUsersResponse};
///
/// let page: ListUsersResponse = serde_json::from_str(r#"{"Users": [{"Enabled": true}]}"#)?;
/// assert_eq!(page.users.len(), 1);
/// for user in page.users {
///     assert_eq!(user.enabled, Some(true));
///     assert!(user.attributes.is_empty() && user.attributes.is_absent());
/// }
/// assert_ne!(List::<String>::default(), List::from([]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct List<T>(Option<Vec<T>>);

impl<T> List<T> {
    /// Whether there is no list, not even an empty one.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// The items; none if the list is absent.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0.unwrap_or_default()
    }

    /// The items, to add or remove some; an absent list is there from then on.
    pub fn to_mut(&mut self) -> &mut Vec<T> {
        self.0.get_or_insert_default()
    }

    /// What is written of it.
    pub(crate) fn present(&self) -> Option<&Vec<T>> {
        self.0.as_ref()
    }
}

/// A map from strings of a request or an answer, which may be absent.
///
/// It reads like a `BTreeMap`, and an absent map like an empty one. As with a [`List`], an absent
/// map is not written and an empty one is.
///
/// ```
/// use cognito_idp::operation::user_pools::ListTagsForResourceResponse;
///
/// let answer: ListTagsForResourceResponse = serde_json::from_str(r#"{"Tags": {"team": "shop"}}"#)?;
/// assert_eq!(answer.tags["team"], "shop");
/// assert_eq!(answer.tags.get("stage"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Map<V>(Option<BTreeMap<String, V>>);

impl<V> Map<V> {
    /// Whether there is no map, not even an empty one.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// The entries; none if the map is absent.
    #[must_use]
    pub fn into_btree_map(self) -> BTreeMap<String, V> {
        self.0.unwrap_or_default()
    }

    /// The entries, to add or remove some; an absent map is there from then on.
    pub fn to_mut(&mut self) -> &mut BTreeMap<String, V> {
        self.0.get_or_insert_default()
    }

    /// What is written of it.
    pub(crate) fn present(&self) -> Option<&BTreeMap<String, V>> {
        self.0.as_ref()
    }
}

/// What a list of a request can be set to: an array, a slice, a vector, a set or a [`List`] of
/// items, or an `Option` of one.
///
/// Where the items can be made of pairs, as attributes can, a map is taken as well.
///
/// An absent list and `None` leave the member out; everything else is sent, also without items. So a
/// setting that was absent in an answer stays absent in the update that it is copied into. An
/// iterator could not tell, and is not taken:
///
/// ```compile_fail,E0277
/// use cognito_idp::operation::app_clients::{UpdateUserPoolClientRequest, UserPoolClientType};
///
/// fn copy(client: UserPoolClientType) -> UpdateUserPoolClientRequest {
///     UpdateUserPoolClientRequest::new("eu-central-1_example", "app-client-id")
///         .logout_urls(client.logout_urls)
///         .callback_urls(client.callback_urls.into_iter())
/// }
/// ```
///
/// Where only items are meant, collect it: `.collect::<Vec<_>>()`.
///
/// ```
/// use std::collections::BTreeSet;
/// use cognito_idp::operation::users::AdminDeleteUserAttributesRequest;
///
/// let request = |names: BTreeSet<String>| AdminDeleteUserAttributesRequest::new("eu-central-1_example", "alice", names);
/// let same = AdminDeleteUserAttributesRequest::new("eu-central-1_example", "alice", ["nickname"]);
/// assert_eq!(request(BTreeSet::from(["nickname".to_owned()])), same);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of items that can become `{T}`",
    label = "expected an array, slice, `Vec`, set or `List`, or an `Option` of one",
    note = "collect an iterator with `.collect::<Vec<_>>()`"
)]
pub trait IntoList<T> {
    /// Makes the list.
    fn into_list(self) -> List<T>;
}

/// What a map of a request can be set to: pairs in an array, slice or vector, a map of the standard
/// library or a [`Map`], or an `Option` of one.
///
/// An absent map and `None` leave the member out; everything else is sent, also without entries. As
/// with [`IntoList`], an iterator is not taken: collect it, `.collect::<Vec<_>>()`.
///
/// ```
/// use std::collections::HashMap;
/// use cognito_idp::operation::sign_up::SignUpRequest;
///
/// let request = SignUpRequest::new("app-client-id", "alice");
/// let one = request.clone().client_metadata([("campaign", "spring")]);
/// let same = request.client_metadata(HashMap::from([("campaign".to_owned(), "spring".to_owned())]));
/// assert_eq!(one, same);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a map from strings to values that can become `{V}`",
    label = "expected pairs in an array, slice or `Vec`, a map, or an `Option` of one",
    note = "collect an iterator with `.collect::<Vec<_>>()`"
)]
pub trait IntoMap<V> {
    /// Makes the map.
    fn into_map(self) -> Map<V>;
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(items) => items.fmt(f),
            None => f.write_str("absent"),
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(entries) => entries.fmt(f),
            None => f.write_str("absent"),
        }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl<V> Deref for Map<V> {
    type Target = BTreeMap<String, V>;

    fn deref(&self) -> &BTreeMap<String, V> {
        self.0.as_ref().unwrap_or(const { &BTreeMap::new() })
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut List<T> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (String, V);
    type IntoIter = btree_map::IntoIter<String, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_btree_map().into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a String, &'a V);
    type IntoIter = btree_map::Iter<'a, String, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(Some(items.into_iter().collect()))
    }
}

impl<V> FromIterator<(String, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        // Not `collect`: it sorts them first, which costs each type 3 kB of code.
        let mut map = BTreeMap::new();
        map.extend(entries);
        Self(Some(map))
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self(Some(items))
    }
}

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        Self(Some(items.into()))
    }
}

impl<T> From<Option<Vec<T>>> for List<T> {
    fn from(items: Option<Vec<T>>) -> Self {
        Self(items)
    }
}

impl<V> From<BTreeMap<String, V>> for Map<V> {
    fn from(entries: BTreeMap<String, V>) -> Self {
        Self(Some(entries))
    }
}

impl<V> From<Option<BTreeMap<String, V>>> for Map<V> {
    fn from(entries: Option<BTreeMap<String, V>>) -> Self {
        Self(entries)
    }
}

impl<T> From<List<T>> for Vec<T> {
    fn from(list: List<T>) -> Self {
        list.into_vec()
    }
}

impl<T> From<List<T>> for Option<Vec<T>> {
    fn from(list: List<T>) -> Self {
        list.0
    }
}

impl<V> From<Map<V>> for BTreeMap<String, V> {
    fn from(map: Map<V>) -> Self {
        map.into_btree_map()
    }
}

impl<V> From<Map<V>> for Option<BTreeMap<String, V>> {
    fn from(map: Map<V>) -> Self {
        map.0
    }
}

// An absent list equals no other collection, not even an empty one: else two lists could be equal
// to the same vector and not to each other.
impl<T: PartialEq<U>, U> PartialEq<Vec<U>> for List<T> {
    fn eq(&self, other: &Vec<U>) -> bool {
        self.0.as_ref().is_some_and(|items| items == other)
    }
}

impl<T: PartialEq<U>, U> PartialEq<[U]> for List<T> {
    fn eq(&self, other: &[U]) -> bool {
        self.0.as_ref().is_some_and(|items| items == other)
    }
}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for List<T> {
    fn eq(&self, other: &[U; N]) -> bool {
        self.0.as_ref().is_some_and(|items| items == other)
    }
}

impl<V: PartialEq> PartialEq<BTreeMap<String, V>> for Map<V> {
    fn eq(&self, other: &BTreeMap<String, V>) -> bool {
        self.0.as_ref() == Some(other)
    }
}

macro_rules! into_list {
    ($([$($generics:tt)*] $collection:ty;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<T, U: Into<T>, $($generics)*> IntoList<T> for $collection {
                fn into_list(self) -> List<T> {
                    self.into_iter().map(Into::into).collect()
                }
            }
        )*
    };
}

into_list! {
    [] Vec<U>;
    [const N: usize] [U; N];
    [] BTreeSet<U>;
    [S] HashSet<U, S>;
}

macro_rules! into_list_by_clone {
    ($([$($generics:tt)*] $collection:ty;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<T, U: Clone + Into<T>, $($generics)*> IntoList<T> for &$collection {
                fn into_list(self) -> List<T> {
                    self.iter().cloned().map(Into::into).collect()
                }
            }
        )*
    };
}

into_list_by_clone! {
    [] [U];
    [] Vec<U>;
    [const N: usize] [U; N];
    [] BTreeSet<U>;
    [S] HashSet<U, S>;
}

macro_rules! into_list_of_pairs {
    ($([$($generics:tt)*] $map:ty;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<T, K, V, $($generics)*> IntoList<T> for $map
            where
                (K, V): Into<T>,
            {
                fn into_list(self) -> List<T> {
                    self.into_iter().map(Into::into).collect()
                }
            }

            #[diagnostic::do_not_recommend]
            impl<T, K: Clone, V: Clone, $($generics)*> IntoList<T> for &$map
            where
                (K, V): Into<T>,
            {
                fn into_list(self) -> List<T> {
                    let pair = |(key, value): (&K, &V)| (key.clone(), value.clone()).into();
                    self.iter().map(pair).collect()
                }
            }
        )*
    };
}

into_list_of_pairs! {
    [] BTreeMap<K, V>;
    [S] HashMap<K, V, S>;
}

#[diagnostic::do_not_recommend]
impl<T, U: Into<T>> IntoList<T> for List<U> {
    fn into_list(self) -> List<T> {
        self.0.into_list()
    }
}

#[diagnostic::do_not_recommend]
impl<T, U: Clone + Into<T>> IntoList<T> for &List<U> {
    fn into_list(self) -> List<T> {
        self.0.as_ref().into_list()
    }
}

#[diagnostic::do_not_recommend]
impl<T, C: IntoList<T>> IntoList<T> for Option<C> {
    fn into_list(self) -> List<T> {
        self.map(C::into_list).unwrap_or_default()
    }
}

macro_rules! into_map {
    ($([$($generics:tt)*] $collection:ty;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<V, K: Into<String>, U: Into<V>, $($generics)*> IntoMap<V> for $collection {
                fn into_map(self) -> Map<V> {
                    self.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
                }
            }
        )*
    };
}

into_map! {
    [] Vec<(K, U)>;
    [const N: usize] [(K, U); N];
    [] BTreeMap<K, U>;
    [S] HashMap<K, U, S>;
}

macro_rules! into_map_by_clone {
    ($([$($generics:tt)*] $collection:ty, $entry:pat => $pair:expr;)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl<V, K: Clone + Into<String>, U: Clone + Into<V>, $($generics)*> IntoMap<V>
                for &$collection
            {
                fn into_map(self) -> Map<V> {
                    let pair = |(key, value): (&K, &U)| (key.clone().into(), value.clone().into());
                    self.iter().map(|$entry| pair($pair)).collect()
                }
            }
        )*
    };
}

into_map_by_clone! {
    [] [(K, U)], (key, value) => (key, value);
    [] Vec<(K, U)>, (key, value) => (key, value);
    [const N: usize] [(K, U); N], (key, value) => (key, value);
    [] BTreeMap<K, U>, entry => entry;
    [S] HashMap<K, U, S>, entry => entry;
}

#[diagnostic::do_not_recommend]
impl<V, U: Into<V>> IntoMap<V> for Map<U> {
    fn into_map(self) -> Map<V> {
        self.0.into_map()
    }
}

#[diagnostic::do_not_recommend]
impl<V, U: Clone + Into<V>> IntoMap<V> for &Map<U> {
    fn into_map(self) -> Map<V> {
        self.0.as_ref().into_map()
    }
}

#[diagnostic::do_not_recommend]
impl<V, C: IntoMap<V>> IntoMap<V> for Option<C> {
    fn into_map(self) -> Map<V> {
        self.map(C::into_map).unwrap_or_default()
    }
}

/// `null` for an absent list.
impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// `null` for an absent map.
impl<V: Serialize> Serialize for Map<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// `null` is an absent list, and among the items it is passed over.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E: Error>(self) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_unit<E: Error>(self) -> Result<List<T>, E> {
        Ok(List(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<List<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Option<T>>()? {
            list.extend(item);
        }
        Ok(List(Some(list)))
    }
}

/// `null` is an absent map, and an entry without a value is passed over.
impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(MapVisitor(PhantomData))
    }
}

struct MapVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for MapVisitor<V> {
    type Value = Map<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_none<E: Error>(self) -> Result<Map<V>, E> {
        Ok(Map(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Map<V>, E> {
        Ok(Map(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Map<V>, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Map<V>, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Option<V>>()? {
            map.extend(value.map(|value| (key, value)));
        }
        Ok(Map(Some(map)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::app_clients::{UpdateUserPoolClientRequest, UserPoolClientType},
        sensitive::Sensitive,
    };

    fn urls(json: &str) -> UserPoolClientType {
        serde_json::from_str(json).expect("a client")
    }

    #[test]
    fn a_list_is_no_larger_than_a_vector() {
        assert_eq!(size_of::<List<String>>(), size_of::<Vec<String>>());
    }

    #[test]
    fn a_list_that_did_not_come_is_not_sent_back_and_an_empty_one_is() {
        for (came, sent) in [
            ("{}", r#"{"UserPoolId":"p","ClientId":"c"}"#),
            (
                r#"{"CallbackURLs":null}"#,
                r#"{"UserPoolId":"p","ClientId":"c"}"#,
            ),
            (
                r#"{"CallbackURLs":[]}"#,
                r#"{"UserPoolId":"p","ClientId":"c","CallbackURLs":[]}"#,
            ),
            (
                r#"{"CallbackURLs":["https://a.example"]}"#,
                r#"{"UserPoolId":"p","ClientId":"c","CallbackURLs":["https://a.example"]}"#,
            ),
        ] {
            let update = || UpdateUserPoolClientRequest::new("p", "c");
            let client = urls(came);
            let mut by_field = update();
            by_field.callback_urls = client.callback_urls.clone();
            let option: Option<Vec<String>> = client.callback_urls.clone().into();
            for request in [
                by_field,
                update().callback_urls(&client.callback_urls),
                update().callback_urls(option),
                update().callback_urls(client.callback_urls),
            ] {
                assert_eq!(
                    serde_json::to_string(&request).expect("JSON"),
                    sent,
                    "{came}"
                );
            }
        }
    }

    #[test]
    fn a_map_that_did_not_come_is_not_sent_back_and_an_empty_one_is() {
        use crate::operation::user_pools::{UpdateUserPoolRequest, UserPoolType};

        for (came, sent) in [
            ("{}", r#"{"UserPoolId":"p"}"#),
            (
                r#"{"UserPoolTags":{}}"#,
                r#"{"UserPoolId":"p","UserPoolTags":{}}"#,
            ),
            (
                r#"{"UserPoolTags":{"a":"b","c":null}}"#,
                r#"{"UserPoolId":"p","UserPoolTags":{"a":"b"}}"#,
            ),
        ] {
            let pool: UserPoolType = serde_json::from_str(came).expect("a pool");
            for request in [
                UpdateUserPoolRequest::new("p").user_pool_tags(&pool.user_pool_tags),
                UpdateUserPoolRequest::new("p").user_pool_tags(pool.user_pool_tags),
            ] {
                assert_eq!(
                    serde_json::to_string(&request).expect("JSON"),
                    sent,
                    "{came}"
                );
            }
        }
    }

    #[test]
    fn a_setter_takes_what_holds_items() {
        let request = || UpdateUserPoolClientRequest::new("p", "c");
        let array = ["a".to_owned(), "b".to_owned()];
        let owned = array.to_vec();
        for request in [
            request().callback_urls(["a", "b"]),
            request().callback_urls(&array),
            request().callback_urls(array),
            request().callback_urls(&owned),
            request().callback_urls(owned.as_slice()),
            request().callback_urls(Some(vec!["a", "b"])),
            request().callback_urls(BTreeSet::from(["b", "a"])),
            request().callback_urls(["a", "b"].into_iter().collect::<List<_>>()),
            request().callback_urls(owned.clone()),
        ] {
            assert_eq!(request.callback_urls, owned);
            assert_eq!(request.callback_urls, ["a", "b"]);
        }
        assert!(
            request()
                .callback_urls(None::<Vec<String>>)
                .callback_urls
                .is_absent()
        );
        assert_eq!(
            request().callback_urls([""; 0]).callback_urls,
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_setter_takes_what_holds_pairs() {
        use crate::operation::sign_up::ConfirmSignUpRequest;

        let request = || ConfirmSignUpRequest::new("c", "u", "1");
        let pairs = [("k".to_owned(), "v".to_owned())];
        let map = HashMap::from(pairs.clone());
        let expected = BTreeMap::from([("k".to_owned(), Sensitive::from("v"))]);
        for request in [
            request().client_metadata([("k", "v")]),
            request().client_metadata(&pairs),
            request().client_metadata(pairs),
            request().client_metadata(vec![("k", "v".to_owned())]),
            request().client_metadata(&map),
            request().client_metadata(map.clone()),
            request().client_metadata(Some(&expected)),
            request().client_metadata(Map::from(expected.clone())),
        ] {
            assert_eq!(request.client_metadata, expected);
        }
        assert!(request().client_metadata.is_absent());
        assert_eq!(request().client_metadata.get("k"), None);
    }

    #[test]
    fn a_list_can_be_changed_and_an_absent_one_comes_into_being() {
        let mut client = urls("{}");
        assert_eq!(format!("{:?}", client.callback_urls), "absent");
        assert_eq!(client.callback_urls.iter_mut().count(), 0);
        assert!(client.callback_urls.is_absent());
        client.callback_urls.to_mut().push("a".to_owned());
        client.callback_urls[0].push('b');
        assert_eq!(format!("{:?}", client.callback_urls), r#"["ab"]"#);
        for url in &mut client.callback_urls {
            url.clear();
        }
        assert_eq!(client.callback_urls.into_vec(), [""]);
    }
}
