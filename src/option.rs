//! What an optional member of a shape can be set to.

/// What an optional member of a request can be set to: a value that becomes one of its type, or an
/// `Option` of such a value.
///
/// `None` leaves the member out. So what a caller may or may not have is handed on as it is:
///
/// ```
/// use cognito_idp::{auth::AppClient, operation::sign_up::SignUpRequest};
///
/// # fn example(app: &AppClient, password: Option<&str>) -> Result<(), cognito_idp::error::InvalidInput> {
/// let request = SignUpRequest::new(app.id(), "alice")
///     .secret_hash(app.secret_hash("alice")?)
///     .password(password);
/// # let _ = request;
/// # Ok(())
/// # }
/// ```
///
/// A bare `None` says of no type; assign that to the field: `request.password = None`.
///
/// What cannot become a value of the member's type is refused:
///
/// ```compile_fail,E0277
/// use cognito_idp::operation::users::ListUsersRequest;
///
/// fn page(limit: Option<u32>) -> ListUsersRequest {
///     ListUsersRequest::new("eu-central-1_example").limit(limit)
/// }
/// ```
///
/// `IS_OPTION` keeps the two kinds apart and is always inferred. Implement `From` or `Into` for the
/// member's type rather than this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot become `{T}`",
    label = "expected what becomes `{T}` by `Into`, or an `Option` of that"
)]
pub trait IntoOption<T, const IS_OPTION: bool> {
    /// Makes the value, if there is one.
    fn into_option(self) -> Option<T>;
}

#[diagnostic::do_not_recommend]
impl<T, U: Into<T>> IntoOption<T, false> for U {
    #[inline]
    fn into_option(self) -> Option<T> {
        Some(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T, U: Into<T>> IntoOption<T, true> for Option<U> {
    #[inline]
    fn into_option(self) -> Option<T> {
        self.map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        operation::{
            sign_up::{ConfirmSignUpRequest, SignUpRequest},
            users::{AdminCreateUserRequest, ListUsersRequest, MessageActionType},
        },
        sensitive::Sensitive,
        types::{AnalyticsMetadataType, AttributeType},
    };

    /// Text of a type that only its owner knows.
    struct Name(&'static str);

    impl From<Name> for Sensitive<String> {
        fn from(name: Name) -> Self {
            name.0.into()
        }
    }

    fn generic(value: impl Into<Sensitive<String>>) -> AttributeType {
        AttributeType::new("email").value(value)
    }

    #[expect(
        clippy::needless_borrows_for_generic_args,
        reason = "borrowing is what is tried"
    )]
    #[test]
    fn a_setter_takes_a_value_or_an_option_of_one() {
        let value = Sensitive::from("v");
        let attribute = || AttributeType::new("email");
        for set in [
            attribute().value("v"),
            attribute().value("v".to_owned()),
            attribute().value(&"v".to_owned()),
            attribute().value(value.clone()),
            attribute().value(&value),
            attribute().value(Name("v")),
            attribute().value(Some("v")),
            attribute().value(Some("v".to_owned())),
            attribute().value(Some(value.clone())),
            attribute().value(Some(&value)),
            attribute().value(Some(Name("v"))),
            generic("v"),
        ] {
            assert_eq!(set.value.as_ref(), Some(&value));
        }
        let none: Option<String> = None;
        assert_eq!(attribute().value("v").value(none.as_deref()).value, None);
        assert_eq!(attribute().value("v").value(none).value, None);
    }

    #[test]
    fn a_setter_takes_options_of_every_kind_of_member() {
        let page: Option<i32> = Some(7);
        assert_eq!(ListUsersRequest::new("p").limit(60).limit, Some(60));
        assert_eq!(ListUsersRequest::new("p").limit(page).limit, page);
        let create = || AdminCreateUserRequest::new("p", "u");
        let action = Some(MessageActionType::Resend);
        assert_eq!(
            create().message_action(action.clone()).message_action,
            action
        );
        assert_eq!(
            create().message_action(Some("RESEND")).message_action,
            action
        );
        assert_eq!(create().message_action("RESEND").message_action, action);
        assert_eq!(
            create()
                .force_alias_creation(Some(true))
                .force_alias_creation,
            Some(true)
        );
        let endpoint = AnalyticsMetadataType::new().analytics_endpoint_id("e");
        let sign_up = SignUpRequest::new("c", "u").analytics_metadata(Some(endpoint.clone()));
        assert_eq!(sign_up.analytics_metadata, Some(endpoint));
    }

    #[test]
    fn what_is_set_to_none_is_not_sent() -> Result<(), serde_json::Error> {
        let request = ConfirmSignUpRequest::new("c", "u", "1").secret_hash(None::<String>);
        assert_eq!(
            serde_json::to_string(&request)?,
            r#"{"ClientId":"c","Username":"u","ConfirmationCode":"1"}"#
        );
        Ok(())
    }
}
