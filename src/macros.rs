//! The only macros: what turns a table of members into types.

/// Defines a shape of the service: a struct with public fields, `new` with the required members and
/// a chainable setter for every other one.
///
/// Members stand in four lists, in this order and each optional: `required`, `optional`, `lists`
/// and `maps` (from strings; only the value's type is written). A member whose name on the wire
/// is not the field's in Pascal case gives it behind `=`. A required list or map whose items are made
/// of text or pairs says so behind their type, `AttributeType as list`: then `new` takes whatever a
/// setter takes for one. Of other items it is a `Vec`, which an empty `[]` can become.
///
/// A shape that lacks a required member is read all the same, with an empty value for it: the rest
/// of the answer must not be lost over it. That the member did not come is kept in the private
/// field `lacking`, so that it is not written either. `strict` marks the shapes that insist:
/// requests and whole answers.
///
/// `shape.rs` holds what the code below calls, and says why nothing of serde's is derived.
/// CONTRIBUTING.md shows what becomes of a shape.
macro_rules! structure {
    ($(#[$doc:meta])* strict $name:ident $body:tt) => {
        structure! { @define [] strict $(#[$doc])* $name $body }
    };
    ($(#[$doc:meta])* $name:ident { required $required:tt $($others:tt)* }) => {
        structure! { @define [lacking] lenient $(#[$doc])* $name { required $required $($others)* } }
        structure! { @absent $name $required }
    };
    ($(#[$doc:meta])* $name:ident $body:tt) => {
        structure! { @define [] lenient $(#[$doc])* $name $body }
        impl crate::shape::Absent for $name {
            fn absent() -> Self {
                Self::new()
            }
        }
    };
    (@absent $name:ident {
        $($(#[$doc:meta])*
        $member:ident: $type:ty $(as $many:ident)? $(= $wire:literal)?),* $(,)?
    }) => {
        impl crate::shape::Absent for $name {
            fn absent() -> Self {
                let mut absent = Self::new($(
                    <structure!(@type $type $(as $many)?) as crate::shape::Absent>::absent()
                ),*);
                absent.lacking = crate::shape::Lacking::of(&[$(stringify!($member)),*].map(|_| true));
                absent
            }
        }
    };
    (@define [$($lacking:ident)?] $kind:ident $(#[$doc:meta])* $name:ident {
        $(required {
            $($(#[$required_doc:meta])*
            $required:ident: $required_type:ty $(as $many:ident)? $(= $required_wire:literal)?),* $(,)?
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
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(
                $(#[$required_doc])*
                pub $required: structure!(@type $required_type $(as $many)?),
            )*)?
            $($(
                $(#[$optional_doc])*
                pub $optional: Option<$optional_type>,
            )*)?
            $($(
                $(#[$list_doc])*
                pub $list: crate::collections::List<$list_type>,
            )*)?
            $($(
                $(#[$map_doc])*
                pub $map: crate::collections::Map<$map_type>,
            )*)?
            $($lacking: crate::shape::Lacking,)?
        }

        impl $name {
            /// Makes the shape with its required members.
            #[must_use]
            pub fn new(
                $($($required: structure!(@argument $required_type $(as $many)?)),*)?
            ) -> Self {
                Self {
                    $($($required: structure!(@given $required $(as $many)?),)*)?
                    $($($optional: None,)*)?
                    $($($list: Default::default(),)*)?
                    $($($map: Default::default(),)*)?
                    $($lacking: Default::default(),)?
                }
            }

            $($(
                $(#[$optional_doc])*
                #[must_use]
                pub fn $optional<const IS_OPTION: bool>(
                    mut self,
                    $optional: impl crate::option::IntoOption<$optional_type, IS_OPTION>,
                ) -> Self {
                    self.$optional = crate::option::IntoOption::into_option($optional);
                    self
                }
            )*)?
            $($(
                $(#[$list_doc])*
                #[must_use]
                pub fn $list(
                    mut self,
                    $list: impl crate::collections::IntoList<$list_type>,
                ) -> Self {
                    self.$list = crate::collections::IntoList::into_list($list);
                    self
                }
            )*)?
            $($(
                $(#[$map_doc])*
                #[must_use]
                pub fn $map(mut self, $map: impl crate::collections::IntoMap<$map_type>) -> Self {
                    self.$map = crate::collections::IntoMap::into_map($map);
                    self
                }
            )*)?
        }

        structure! {
            @code $name [$($lacking)?]
            $($($kind $required (structure!(@wire $required $($required_wire)?)),)*)?
            $($(optional $optional (structure!(@wire $optional $($optional_wire)?)),)*)?
            $($(collection $list (structure!(@wire $list $($list_wire)?)),)*)?
            $($(collection $map (structure!(@wire $map $($map_wire)?)),)*)?
        }
    };
    // How a shape is shown, written and read, in one go over its members.
    (@code $name:ident [$($lacking:ident)?] $($kind:ident $member:ident $wire:tt,)*) => {
        const _: () = {
            /// The members' names on the wire, in the order of `Member`.
            const NAMES: &[&str] = &[$($wire),*];

            #[allow(dead_code, non_camel_case_types, reason = "the fields' names, if any")]
            enum Member {
                $($member),*
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    crate::shape::show(
                        f,
                        stringify!($name),
                        &[$((stringify!($member), structure!(@shown $kind self $member))),*],
                    )
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let count = 0 $(+ usize::from(structure!(@present $kind self $member).is_some()))*;
                    #[allow(unused_mut, reason = "a shape may have no members")]
                    let mut members = serializer.serialize_map(Some(count))?;
                    $(
                        if let Some(member) = structure!(@present $kind self $member) {
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
                            #[allow(unused_variables, reason = "not all shapes keep it")]
                            let missing: &[bool] = &[$(structure!(@missing $kind $member)),*];
                            $(let $lacking = crate::shape::Lacking::of(missing);)?
                            Ok($name {
                                $($member: structure!(@take $kind $member $wire),)*
                                $($lacking,)?
                            })
                        }
                    }

                    deserializer.deserialize_struct(stringify!($name), NAMES, Members)
                }
            }
        };
    };
    // The kinds of members: required ones, on which a shape insists (strict) or not (lenient),
    // optional ones, and lists and maps. What is written of each, ...
    (@present strict $shape:ident $member:ident) => { Some(&$shape.$member) };
    (@present lenient $shape:ident $member:ident) => {
        $shape.lacking.unless_absent(Member::$member as usize, &$shape.$member)
    };
    (@present optional $shape:ident $member:ident) => { $shape.$member.as_ref() };
    (@present collection $shape:ident $member:ident) => { $shape.$member.present() };
    // ... what is shown, ...
    (@shown lenient $shape:ident $member:ident) => {
        match structure!(@present lenient $shape $member) {
            Some(member) => member,
            None => &crate::shape::DidNotCome,
        }
    };
    (@shown $kind:ident $shape:ident $member:ident) => { &$shape.$member };
    // ... what it is before it is read, ...
    (@unread collection) => { Default::default() };
    (@unread $kind:ident) => { None };
    // ... how it is read, ...
    (@read strict $members:ident) => { Some($members.next_value()?) };
    (@read lenient $members:ident) => {
        $members.next_value::<crate::shape::Required<_>>()?.0
    };
    (@read $kind:ident $members:ident) => { $members.next_value()? };
    // ... whether it is missing, ...
    (@missing lenient $member:ident) => { $member.is_none() };
    (@missing $kind:ident $member:ident) => { false };
    // ... and what becomes of it.
    (@take strict $member:ident $wire:tt) => {
        $member.ok_or_else(|| serde::de::Error::missing_field($wire))?
    };
    (@take lenient $member:ident $wire:tt) => {
        $member.unwrap_or_else(crate::shape::Absent::absent)
    };
    (@take $kind:ident $member:ident $wire:tt) => { $member };
    // What a required member is, what `new` takes for it, and what becomes of that.
    (@type $type:ty) => { $type };
    (@type $type:ty as list) => { Vec<$type> };
    (@type $type:ty as map) => { std::collections::BTreeMap<String, $type> };
    (@argument $type:ty) => { impl Into<$type> };
    (@argument $type:ty as list) => { impl crate::collections::IntoList<$type> };
    (@argument $type:ty as map) => { impl crate::collections::IntoMap<$type> };
    (@given $member:ident) => { $member.into() };
    (@given $member:ident as list) => {
        crate::collections::IntoList::into_list($member).into_vec()
    };
    (@given $member:ident as map) => {
        crate::collections::IntoMap::into_map($member).into_btree_map()
    };
    (@wire $member:ident) => {{
        const NAME: crate::shape::PascalCase<{ stringify!($member).len() }> =
            crate::shape::PascalCase::of(stringify!($member));
        const { NAME.as_str() }
    }};
    (@wire $member:ident $wire:literal) => { $wire };
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
/// that comes in pages and the member that holds the token. The page's example is what
/// `.ci/operation-examples` made of the fixture.
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
            ///
            #[cfg_attr(doc, doc = include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/docs/operations/", stringify!($name), ".md"
            )))]
            strict $request $request_body
        }

        structure! {
            #[doc = concat!("Answer to [`", stringify!($request), "`].")]
            strict $response $response_body
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
                response.$items.into_vec()
            }
        })?
    };
}
