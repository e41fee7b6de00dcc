//! The only macros: what turns a table of members into types.

/// Defines a shape of the service: a struct with public fields, `new` with the required members and
/// a chainable setter for every other one.
///
/// Members stand in four lists, in this order and each optional: `required`, `optional`, `lists`
/// and `maps` (from strings; only the value's type is written). A member whose name on the wire
/// is not the field's in Pascal case gives it behind `=`.
///
/// `output` marks a shape that only answers hold: an absent list then reads as empty, where
/// elsewhere it stays `None`, because for a request "no list" and "the empty list" differ.
///
/// A shape that lacks a required member is read all the same, with an empty value for it: Cognito
/// sends such (`CustomDomainConfig` is `{}` for a domain without one), and the rest of the answer
/// must not be lost over it. `strict` marks the shapes that insist: requests and whole answers.
///
/// `shape.rs` holds what the code below calls, and says why nothing of serde's is derived.
macro_rules! structure {
    ($(#[$doc:meta])* strict $name:ident $body:tt) => {
        structure! { @define [Option] insist $(#[$doc])* $name $body }
    };
    ($(#[$doc:meta])* strict output $name:ident $body:tt) => {
        structure! { @define [] insist $(#[$doc])* $name $body }
    };
    ($(#[$doc:meta])* output $name:ident $body:tt) => {
        structure! { @lenient [] $(#[$doc])* $name $body }
    };
    ($(#[$doc:meta])* $name:ident $body:tt) => {
        structure! { @lenient [Option] $(#[$doc])* $name $body }
    };
    (@lenient $wrapper:tt $(#[$doc:meta])* $name:ident $body:tt) => {
        structure! { @define $wrapper yield $(#[$doc])* $name $body }
        structure! { @absent $name $body }
    };
    (@absent $name:ident {
        required {
            $($(#[$doc:meta])* $member:ident: $type:ty $(= $wire:literal)?),* $(,)?
        }
        $($others:tt)*
    }) => {
        impl crate::shape::Absent for $name {
            fn absent() -> Self {
                Self::new($(<$type as crate::shape::Absent>::absent()),*)
            }
        }
    };
    (@absent $name:ident { $($others:tt)* }) => {
        impl crate::shape::Absent for $name {
            fn absent() -> Self {
                Self::new()
            }
        }
    };
    (@define $wrapper:tt $lacking:tt $(#[$doc:meta])* $name:ident {
        $(required {
            $($(#[$required_doc:meta])*
            $required:ident: $required_type:ty $(= $required_wire:literal)?),* $(,)?
        })?
        $(optional {
            $($(#[$optional_doc:meta])*
            $optional:ident: $optional_type:ty $(= $optional_wire:literal)?),* $(,)?
        })?
        $(lists {
            $($(#[$list_doc:meta])*
            $list:ident: $list_type:ty $(= $list_wire:literal)?),* $(,)?
        })?
        $(maps {
            $($(#[$map_doc:meta])*
            $map:ident: $map_type:ty $(= $map_wire:literal)?),* $(,)?
        })?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(
                $(#[$required_doc])*
                pub $required: $required_type,
            )*)?
            $($(
                $(#[$optional_doc])*
                pub $optional: Option<$optional_type>,
            )*)?
            $($(
                $(#[$list_doc])*
                pub $list: structure!(@wrap $wrapper Vec<$list_type>),
            )*)?
            $($(
                $(#[$map_doc])*
                pub $map: structure!(@wrap $wrapper std::collections::BTreeMap<String, $map_type>),
            )*)?
        }

        structure! {
            @serde $name
            $($($lacking $required (structure!(@wire $required $($required_wire)?)),)*)?
            $($(optional $optional (structure!(@wire $optional $($optional_wire)?)),)*)?
            $($(collection $list (structure!(@wire $list $($list_wire)?)),)*)?
            $($(collection $map (structure!(@wire $map $($map_wire)?)),)*)?
        }

        impl $name {
            /// Makes the shape with its required members.
            #[must_use]
            pub fn new($($($required: impl Into<$required_type>),*)?) -> Self {
                Self {
                    $($($required: $required.into(),)*)?
                    $($($optional: None,)*)?
                    $($($list: Default::default(),)*)?
                    $($($map: Default::default(),)*)?
                }
            }

            $($(
                $(#[$optional_doc])*
                #[must_use]
                pub fn $optional(mut self, $optional: impl Into<$optional_type>) -> Self {
                    self.$optional = Some($optional.into());
                    self
                }
            )*)?
            $($(
                $(#[$list_doc])*
                #[must_use]
                pub fn $list(
                    mut self,
                    $list: impl IntoIterator<Item = impl Into<$list_type>>,
                ) -> Self {
                    self.$list =
                        $list.into_iter().map(Into::into).collect::<Vec<$list_type>>().into();
                    self
                }
            )*)?
            $($(
                $(#[$map_doc])*
                #[must_use]
                pub fn $map(
                    mut self,
                    $map: impl IntoIterator<Item = (impl Into<String>, impl Into<$map_type>)>,
                ) -> Self {
                    let members = $map.into_iter().map(|(key, value)| (key.into(), value.into()));
                    // Not `collect`: it sorts them first, which costs each type 3 kB of code.
                    let mut map = std::collections::BTreeMap::new();
                    map.extend(members);
                    self.$map = map.into();
                    self
                }
            )*)?
        }
    };
    (@serde $name:ident $($kind:ident $member:ident $wire:tt,)*) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[allow(unused_mut, reason = "a shape may have no members")]
                let mut members = serializer.serialize_map(None)?;
                $(
                    if let Some(member) = structure!(@present $kind self.$member) {
                        serde::ser::SerializeMap::serialize_entry(&mut members, $wire, member)?;
                    }
                )*
                serde::ser::SerializeMap::end(members)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                /// The members' names on the wire, in the order of `Member`.
                const NAMES: &[&str] = &[$($wire),*];

                #[allow(dead_code, non_camel_case_types, reason = "the fields' names, if any")]
                enum Member {
                    $($member),*
                }

                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(stringify!($name))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut members: A,
                    ) -> Result<$name, A::Error> {
                        $(let mut $member = structure!(@unread $kind);)*
                        while let Some(position) =
                            members.next_key_seed(crate::shape::Position(NAMES))?
                        {
                            match position {
                                $(position if position == Member::$member as usize => {
                                    $member = structure!(@read $kind members);
                                })*
                                _ => {
                                    members.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok($name {
                            $($member: structure!(@take $kind $member $wire)),*
                        })
                    }
                }

                deserializer.deserialize_struct(stringify!($name), NAMES, Members)
            }
        }
    };
    // The kinds of members: required ones, for which a shape insists or gives an empty value,
    // optional ones, and lists and maps. What is written of each, ...
    (@present insist $member:expr) => { Some(&$member) };
    (@present yield $member:expr) => { Some(&$member) };
    (@present optional $member:expr) => { &$member };
    (@present collection $member:expr) => { crate::shape::Collection::items(&$member) };
    // ... what it is before it is read, ...
    (@unread collection) => { Default::default() };
    (@unread $kind:ident) => { None };
    // ... how it is read, ...
    (@read insist $members:ident) => { Some($members.next_value()?) };
    (@read yield $members:ident) => {
        Some($members.next_value_seed(crate::shape::OrAbsent::new())?)
    };
    (@read optional $members:ident) => { $members.next_value()? };
    (@read collection $members:ident) => {
        $members.next_value_seed(crate::shape::Present::new())?
    };
    // ... and what becomes of it.
    (@take insist $member:ident $wire:tt) => {
        $member.ok_or_else(|| serde::de::Error::missing_field($wire))?
    };
    (@take yield $member:ident $wire:tt) => {
        $member.unwrap_or_else(crate::shape::Absent::absent)
    };
    (@take $kind:ident $member:ident $wire:tt) => { $member };
    (@wire $member:ident) => {{
        const NAME: crate::shape::PascalCase<{ stringify!($member).len() }> =
            crate::shape::PascalCase::of(stringify!($member));
        const { NAME.as_str() }
    }};
    (@wire $member:ident $wire:literal) => { $wire };
    (@wrap [] $collection:ty) => { $collection };
    (@wrap [Option] $collection:ty) => { Option<$collection> };
}

/// Defines an enum over strings that keeps what it does not know in `Other`.
macro_rules! string_enum {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $wire:literal),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value this version does not know, as received.
            Other(String),
        }

        impl $name {
            /// The known values, as they stand on the wire.
            pub const VALUES: &'static [&'static str] = &[$($wire),*];

            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Other(value) => value,
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($wire => Self::$variant,)*
                    _ => Self::Other(value.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl crate::shape::Absent for $name {
            fn absent() -> Self {
                Self::Other(String::new())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

/// Defines an operation: its request and response types and what the client must know to send it.
///
/// The first line gives the operation's name, whether it is signed ([`AuthScheme`]) and whether it
/// may be sent again when the outcome is unknown ([`RetrySafety`]). `safe when` names a method of
/// the request that says when a `Once` operation is `Repeatable` after all. `pages` names the list
/// that comes in pages and the member that holds the token.
///
/// [`AuthScheme`]: crate::operation::AuthScheme
/// [`RetrySafety`]: crate::operation::RetrySafety
macro_rules! operation {
    (
        $(#[$doc:meta])*
        $name:ident: $auth:ident, $retry:ident $(unless $exception:ident)?;
        errors { $($error:ident)* }
        $(pages { $items:ident: $item:ty, $token:ident })?
        request $request:ident $request_body:tt
        response $response:ident $response_body:tt
    ) => {
        structure! {
            $(#[$doc])*
            ///
            /// Send it with [`Client::send`](crate::Client::send); the answer is a
            #[doc = concat!("[`", stringify!($response), "`]. AWS's page: [", stringify!($name),
                "](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_",
                stringify!($name), ".html).")]
            ///
            /// # Errors
            /// Besides the errors every call can meet, Cognito documents
            #[doc = concat!($("[`", stringify!($error), "`](crate::ErrorCode::", stringify!($error), ") "),*)]
            /// for it.
            strict $request $request_body
        }

        structure! {
            #[doc = concat!("Answer to [`", stringify!($request), "`].")]
            strict output $response $response_body
        }

        impl $crate::operation::Operation for $request {
            type Response = $response;
            const NAME: &'static str = stringify!($name);
            const AUTH: $crate::operation::AuthScheme = $crate::operation::AuthScheme::$auth;
            const RETRY: $crate::operation::RetrySafety = $crate::operation::RetrySafety::$retry;
            const ERRORS: &'static [$crate::error::ErrorCode] =
                &[$($crate::error::ErrorCode::$error),*];

            $(fn retry_safety(&self) -> $crate::operation::RetrySafety {
                if self.$exception() {
                    return $crate::operation::RetrySafety::Repeatable;
                }
                Self::RETRY
            })?
        }

        $(impl $crate::operation::Paginated for $request {
            type Item = $item;

            fn next_token(response: &$response) -> Option<&str> {
                response.$token.as_deref()
            }

            fn page_token(&self) -> Option<&str> {
                self.$token.as_deref()
            }

            fn set_next_token(&mut self, token: String) {
                self.$token = Some(token);
            }

            fn items(response: $response) -> Vec<$item> {
                response.$items
            }
        })?
    };
}
