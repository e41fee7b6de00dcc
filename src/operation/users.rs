//! Users and their attributes.

pub use super::user_filter::{SearchableAttribute, UserFilter};
use crate::{
    primitives::Timestamp,
    sensitive::Sensitive,
    types::{
        AttributeType, CodeDeliveryDetailsType, DeliveryMediumType, MfaOptionType, UserStatusType,
        UserType,
    },
};

operation! {
    /// Creates a user in a user pool as an administrator.
    ///
    /// Sends an invitation with a temporary password unless told otherwise; the user must replace
    /// that password at the first sign-in. The user may exist although the call failed with
    /// `CodeDeliveryFailureException`.
    AdminCreateUser: SigV4, Once;
    errors {
        CodeDeliveryFailure InternalError InvalidLambdaResponse InvalidParameter InvalidPassword
        InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship NotAuthorized
        OperationNotEnabled PreconditionNotMet ResourceNotFound TooManyRequests UnexpectedLambda
        UnsupportedUserState UserLambdaValidation UserNotFound UsernameExists
    }
    request AdminCreateUserRequest {
        required {
            /// ID of the user pool to create the user in.
            user_pool_id: String,
            /// Username for the new user, 1 to 128 characters without white space; cannot be
            /// changed later.
            ///
            /// In a pool that signs users in by email or phone, send that here; the real
            /// username is then generated.
            username: Sensitive<String>,
        }
        optional {
            /// Whether to take over an alias that another user holds; false by default.
            ///
            /// Only counts if `email_verified` or `phone_number_verified` is set to `true`; the
            /// other user then can no longer sign in with that alias.
            force_alias_creation: bool,
            /// What to do instead of inviting a new user: `RESEND` or `SUPPRESS`.
            ///
            /// At most one; unset sends the invitation.
            message_action: MessageActionType,
            /// Password for the first sign-in; generated if unset.
            ///
            /// Good once and for 7 days, if the pool sets no other time. With `SUPPRESS` set one
            /// here, as nobody learns a generated one.
            temporary_password: Sensitive<String>,
        }
        lists {
            /// Ways to send the invitation; by SMS if unset.
            ///
            /// For an invitation by email, ask for `EMAIL`; the address or phone number must be
            /// among the attributes.
            desired_delivery_mediums: DeliveryMediumType,
            /// Attributes of the new user.
            ///
            /// Names of custom attributes begin with `custom:`. Set `email_verified` or
            /// `phone_number_verified` to `true` for contacts known to be right.
            user_attributes: AttributeType,
            /// Extra data for the pre sign-up Lambda trigger; not stored with the user.
            validation_data: AttributeType,
        }
        maps {
            /// Key-value pairs handed to the pre sign-up and custom message Lambda triggers.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response AdminCreateUserResponse {
        optional {
            /// User that was created.
            user: UserType,
        }
    }
}

operation! {
    /// Reads a user as an administrator.
    ///
    /// The user counts as active in that month's bill.
    AdminGetUser: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminGetUserRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to read, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
    }
    response AdminGetUserResponse {
        required {
            /// Username of the user.
            username: Sensitive<String>,
        }
        optional {
            /// Whether the user may sign in.
            enabled: bool,
            /// MFA method the user is asked for first, if they set one: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            preferred_mfa_setting: String,
            /// When the user was created.
            user_create_date: Timestamp,
            /// When the user was last changed.
            user_last_modified_date: Timestamp,
            /// Where the user stands between sign-up and confirmed account.
            user_status: UserStatusType,
        }
        lists {
            /// SMS MFA settings in the old form; no longer supported, see `user_mfa_setting_list`.
            mfa_options: MfaOptionType = "MFAOptions",
            /// Attributes of the user.
            user_attributes: AttributeType,
            /// MFA methods turned on for the user: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            user_mfa_setting_list: String = "UserMFASettingList",
        }
    }
}

operation! {
    /// Changes attributes of a user as an administrator.
    ///
    /// Attributes not named stay as they are.
    AdminUpdateUserAttributes: SigV4, Once unless sends_no_code;
    errors {
        AliasExists InternalError InvalidEmailRoleAccessPolicy InvalidLambdaResponse
        InvalidParameter InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotFound
    }
    request AdminUpdateUserAttributesRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to change, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// Attributes to set; an empty value deletes the attribute.
            ///
            /// Names of custom attributes begin with `custom:`. With a new `email` or
            /// `phone_number` also send `email_verified` or `phone_number_verified` as `true`;
            /// otherwise the new value is unverified, or waits for the user to verify it.
            user_attributes: AttributeType as list,
        }
        maps {
            /// Key-value pairs handed to the custom message Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response AdminUpdateUserAttributesResponse {}
}

operation! {
    /// Deletes attributes of a user as an administrator.
    ///
    /// Tokens already issued keep them.
    AdminDeleteUserAttributes: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminDeleteUserAttributesRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to change, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// Names of the attributes to delete.
            ///
            /// Names of custom attributes begin with `custom:`.
            user_attribute_names: String as list,
        }
    }
    response AdminDeleteUserAttributesResponse {}
}

operation! {
    /// Deletes a user as an administrator; this cannot be undone.
    AdminDeleteUser: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminDeleteUserRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to delete, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
    }
    response AdminDeleteUserResponse {}
}

operation! {
    /// Lets a disabled user sign in again.
    AdminEnableUser: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminEnableUserRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to enable, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
    }
    response AdminEnableUserResponse {}
}

operation! {
    /// Bars a user from signing in and revokes their access tokens.
    ///
    /// The user stays in the pool and still appears in lists.
    AdminDisableUser: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminDisableUserRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to disable, or one of their sign-in aliases.
            username: Sensitive<String>,
        }
    }
    response AdminDisableUserResponse {}
}

operation! {
    /// Lists the users of a user pool, in no particular order.
    ///
    /// Changes show up with a delay; to check on one user, call `AdminGetUser`.
    ListUsers: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { users: UserType, pagination_token }
    request ListUsersRequest {
        required {
            /// ID of the user pool whose users to list.
            user_pool_id: String,
        }
        optional {
            /// Condition on one attribute, such as `email = "jo@example.com"`; `^=` matches a
            /// prefix.
            ///
            /// At most 256 characters; quotes and backslashes inside the value need a backslash.
            /// Only standard attributes like `username`, `email`, `phone_number`, `name`, `sub`,
            /// `status` and `cognito:user_status` can be searched, never custom ones. For text from
            /// outside use [`UserFilter`], which does the quoting.
            filter: Sensitive<String>,
            /// Number of users a page may hold, 0 to 60.
            limit: i32,
            /// Token from the previous page; leave unset for the first page.
            ///
            /// Keep the other fields of the request the same from page to page.
            pagination_token: String,
        }
        lists {
            /// Names of the attributes to return; all if unset.
            ///
            /// The call may fail if a user in the result has no value for one of them.
            attributes_to_get: String,
        }
    }
    response ListUsersResponse {
        optional {
            /// Token of the next page; absent on the last page.
            pagination_token: String,
        }
        lists {
            /// Users of this page.
            ///
            /// A page can be short or even empty although a token for the next one is present.
            users: UserType,
        }
    }
}

operation! {
    /// Reads the signed-in user.
    ///
    /// Needs no AWS credentials.
    GetUser: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    request GetUserRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
    }
    response GetUserResponse {
        required {
            /// Username of the user.
            username: Sensitive<String>,
        }
        optional {
            /// MFA method the user is asked for first, if they set one: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            preferred_mfa_setting: String,
        }
        lists {
            /// Attributes of the user that the app client may read.
            user_attributes: AttributeType,
            /// SMS MFA settings in the old form; no longer supported, see `user_mfa_setting_list`.
            mfa_options: MfaOptionType = "MFAOptions",
            /// MFA methods turned on for the user: `SMS_MFA`, `EMAIL_OTP` or
            /// `SOFTWARE_TOKEN_MFA`.
            user_mfa_setting_list: String = "UserMFASettingList",
        }
    }
}

operation! {
    /// Changes attributes of the signed-in user.
    ///
    /// Attributes not named stay as they are.
    UpdateUserAttributes: NoAuth, Once unless sends_no_code;
    errors {
        AliasExists CodeDeliveryFailure CodeMismatch ExpiredCode Forbidden InternalError
        InvalidEmailRoleAccessPolicy InvalidLambdaResponse InvalidParameter
        InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship NotAuthorized
        OperationNotEnabled PasswordResetRequired ResourceNotFound TooManyRequests
        UnexpectedLambda UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request UpdateUserAttributesRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Attributes to set; an empty value deletes the attribute.
            ///
            /// Names of custom attributes begin with `custom:`. A new email address or phone
            /// number is unverified, or not in force, until the user verifies it.
            user_attributes: AttributeType as list,
        }
        maps {
            /// Key-value pairs handed to the custom message Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response UpdateUserAttributesResponse {
        lists {
            /// Where codes went to verify a new email address or phone number.
            code_delivery_details_list: CodeDeliveryDetailsType,
        }
    }
}

operation! {
    /// Deletes attributes of the signed-in user.
    DeleteUserAttributes: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    request DeleteUserAttributesRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Names of the attributes to delete.
            ///
            /// Names of custom attributes begin with `custom:`.
            user_attribute_names: String as list,
        }
    }
    response DeleteUserAttributesResponse {}
}

operation! {
    /// Deletes the signed-in user; this cannot be undone.
    DeleteUser: NoAuth, Once;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UserNotConfirmed UserNotFound
    }
    request DeleteUserRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
        }
    }
    response DeleteUserResponse {}
}

operation! {
    /// Sends the signed-in user a code to verify an attribute.
    ///
    /// About 5 codes per user and hour are allowed.
    GetUserAttributeVerificationCode: NoAuth, Once;
    errors {
        CodeDeliveryFailure Forbidden InternalError InvalidEmailRoleAccessPolicy
        InvalidLambdaResponse InvalidParameter InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship LimitExceeded NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound TooManyRequests UnexpectedLambda
        UserLambdaValidation UserNotConfirmed UserNotFound
    }
    request GetUserAttributeVerificationCodeRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Attribute to verify: `email` or `phone_number`.
            attribute_name: String,
        }
        maps {
            /// Key-value pairs handed to the custom message Lambda trigger.
            ///
            /// Cognito neither checks nor keeps them; put no secrets in them.
            client_metadata: Sensitive<String>,
        }
    }
    response GetUserAttributeVerificationCodeResponse {
        optional {
            /// Where the code went.
            code_delivery_details: CodeDeliveryDetailsType,
        }
    }
}

operation! {
    /// Verifies an attribute of the signed-in user with the code they were sent.
    ///
    /// A new value that was waiting for this comes into force. About 15 attempts per user and
    /// hour are allowed.
    VerifyUserAttribute: NoAuth, Once;
    errors {
        AliasExists CodeMismatch ExpiredCode Forbidden InternalError InvalidParameter
        LimitExceeded NotAuthorized OperationNotEnabled PasswordResetRequired ResourceNotFound
        TooManyRequests UserNotConfirmed UserNotFound
    }
    request VerifyUserAttributeRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Attribute to verify: `email` or `phone_number`.
            attribute_name: String,
            /// Code the user was sent; good once and for 24 hours.
            code: Sensitive<String>,
        }
    }
    response VerifyUserAttributeResponse {}
}

operation! {
    /// Links an external identity to an existing user, so that both sign in as one.
    ///
    /// The external identity must not have signed in yet, and a user can have at most five.
    /// Whoever controls that identity gets the account: link only providers and attributes you
    /// trust.
    AdminLinkProviderForUser: SigV4, Once;
    errors {
        AliasExists InternalError InvalidParameter LimitExceeded NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests UserNotFound
    }
    request AdminLinkProviderForUserRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Existing user to link to.
            ///
            /// For a local user, `provider_name` is `Cognito`, `provider_attribute_value` the
            /// username, and `provider_attribute_name` is ignored.
            destination_user: ProviderUserIdentifierType,
            /// External identity to link; not a local user.
            ///
            /// For social providers `provider_attribute_name` is `Cognito_Subject`; for OIDC and
            /// SAML it names the mapped claim.
            source_user: ProviderUserIdentifierType,
        }
    }
    response AdminLinkProviderForUserResponse {}
}

operation! {
    /// Removes the link between a user and an external identity.
    ///
    /// At the next sign-in the identity makes a new user. For a local user, it blocks sign-in
    /// with the password.
    AdminDisableProviderForUser: SigV4, Once;
    errors {
        AliasExists InternalError InvalidParameter NotAuthorized OperationNotEnabled
        ResourceNotFound TooManyRequests UserNotFound
    }
    request AdminDisableProviderForUserRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Identity to unlink.
            ///
            /// Once it has signed in, `provider_attribute_name` is `Cognito_Subject` and the value
            /// its subject at the provider; before that, use the values it was linked with. For a
            /// local user, `provider_name` is `Cognito` and the value the username.
            user: ProviderUserIdentifierType,
        }
    }
    response AdminDisableProviderForUserResponse {}
}

operation! {
    /// Sets SMS MFA for a user as an administrator; no longer supported.
    ///
    /// Use `AdminSetUserMFAPreference`.
    AdminSetUserSettings: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        UserNotFound
    }
    request AdminSetUserSettingsRequest {
        required {
            /// ID of the user pool of the user.
            user_pool_id: String,
            /// Username of the user to change, or one of their sign-in aliases.
            username: Sensitive<String>,
            /// Delivery of MFA codes; only by SMS.
            mfa_options: Vec<MfaOptionType> = "MFAOptions",
        }
    }
    response AdminSetUserSettingsResponse {}
}

operation! {
    /// Sets SMS MFA for the signed-in user; no longer supported.
    ///
    /// Use `SetUserMFAPreference`.
    SetUserSettings: NoAuth, Repeatable;
    errors {
        Forbidden InternalError InvalidParameter NotAuthorized OperationNotEnabled
        PasswordResetRequired ResourceNotFound UserNotConfirmed UserNotFound
    }
    request SetUserSettingsRequest {
        required {
            /// Access token of the signed-in user.
            ///
            /// Must carry the scope `aws.cognito.signin.user.admin`.
            access_token: Sensitive<String>,
            /// Delivery of MFA codes; only by SMS.
            mfa_options: Vec<MfaOptionType> = "MFAOptions",
        }
    }
    response SetUserSettingsResponse {}
}

string_enum! {
    /// What to do with the invitation of `AdminCreateUser`.
    MessageActionType {
        /// The invitation goes out again, to a user who already exists.
        ///
        /// The user gets a new temporary password with a new term.
        Resend = "RESEND",
        /// No invitation is sent.
        ///
        /// The custom invitation template of the pool is then not used either.
        Suppress = "SUPPRESS",
    }
}

structure! {
    /// Identity of a user at a provider.
    ProviderUserIdentifierType {
        optional {
            /// Attribute that identifies the user at the provider, such as `Cognito_Subject`.
            provider_attribute_name: String,
            /// Value of that attribute for this user.
            provider_attribute_value: Sensitive<String>,
            /// Name of the identity provider, such as `Google`; `Cognito` for local users.
            ///
            /// 1 to 32 characters.
            provider_name: String,
        }
    }
}

impl UpdateUserAttributesRequest {
    /// Whether no attribute is changed whose new value Cognito verifies with a message.
    fn sends_no_code(&self) -> bool {
        send_no_code(&self.user_attributes)
    }
}

impl AdminUpdateUserAttributesRequest {
    /// Whether no attribute is changed whose new value Cognito verifies with a message.
    fn sends_no_code(&self) -> bool {
        send_no_code(&self.user_attributes)
    }
}

fn send_no_code(attributes: &[AttributeType]) -> bool {
    attributes
        .iter()
        .all(|attribute| attribute.name != "email" && attribute.name != "phone_number")
}
