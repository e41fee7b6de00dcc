//! User pools, their settings, tags and schema.

use crate::{
    primitives::Timestamp,
    types::{AuthFactorType, OAuthFlowType, SmsConfigurationType, UserPoolMfaType},
};

operation! {
    /// Creates a user pool.
    ///
    /// Pool names are not unique: sending the request twice makes two pools.
    CreateUserPool: SigV4, Once;
    errors {
        FeatureUnavailableInTier InternalError InvalidEmailRoleAccessPolicy InvalidParameter
        InvalidSmsRoleAccessPolicy InvalidSmsRoleTrustRelationship LimitExceeded NotAuthorized
        TierChangeNotAllowed TooManyRequests UserPoolTagging
    }
    request CreateUserPoolRequest {
        required {
            /// Name of the new user pool, 1 to 128 characters.
            pool_name: String,
        }
        optional {
            /// Ways in which users may recover an account whose password they forgot.
            account_recovery_setting: AccountRecoverySettingType,
            /// Rules and invitation message for users whom an administrator creates.
            admin_create_user_config: AdminCreateUserConfigType,
            /// Settings for applications that register their own app clients at run time.
            ///
            /// Needs the Essentials tier or higher.
            dcr_configuration: DcrConfigurationType,
            /// Whether the pool is protected from deletion.
            ///
            /// Off unless `ACTIVE` is given.
            deletion_protection: DeletionProtectionType,
            /// How the pool remembers users' devices.
            ///
            /// Device tracking is off while this is absent.
            device_configuration: DeviceConfigurationType,
            /// Account and sender of the pool's email.
            email_configuration: EmailConfigurationType,
            /// Legacy body of the verification email; superseded by
            /// `verification_message_template`.
            ///
            /// 6 to 20,000 characters; must contain `{####}`, which becomes the code.
            email_verification_message: String,
            /// Legacy subject of the verification email; superseded by
            /// `verification_message_template`.
            ///
            /// 1 to 140 characters.
            email_verification_subject: String,
            /// Form of the issuer URL in the pool's tokens.
            issuer_configuration: IssuerConfigurationType,
            /// Key that encrypts the pool's data at rest.
            key_configuration: KeyConfigurationType,
            /// Lambda functions that the pool invokes, by trigger.
            lambda_config: LambdaConfigType,
            /// Whether multi-factor authentication is off, optional or required.
            ///
            /// Off by default.
            mfa_configuration: UserPoolMfaType,
            /// Password and sign-in policies.
            policies: UserPoolPolicyType,
            /// Text of the SMS that carries a sign-in code.
            ///
            /// 6 to 140 characters; must contain `{####}`, which becomes the code.
            sms_authentication_message: String,
            /// Role and region with which the pool sends SMS messages.
            sms_configuration: SmsConfigurationType,
            /// Legacy text of the verification SMS; superseded by `verification_message_template`.
            ///
            /// 6 to 140 characters; must contain `{####}`, which becomes the code.
            sms_verification_message: String,
            /// Which changed attributes must be verified before the new value takes effect.
            user_attribute_update_settings: UserAttributeUpdateSettingsType,
            /// Mode of threat protection, formerly called advanced security.
            ///
            /// Needs the Plus tier.
            user_pool_add_ons: UserPoolAddOnsType,
            /// Feature plan of the pool, which decides on features and price.
            ///
            /// `ESSENTIALS` by default.
            user_pool_tier: UserPoolTierType,
            /// Whether usernames distinguish upper and lower case.
            ///
            /// Can't be changed after the pool is created.
            username_configuration: UsernameConfigurationType,
            /// Messages that ask users to verify an email address or phone number.
            verification_message_template: VerificationMessageTemplateType,
        }
        lists {
            /// Attributes that users may sign in with instead of their username.
            ///
            /// Excludes `username_attributes`, and can't be changed after the pool is created.
            alias_attributes: AliasAttributeType,
            /// Attributes that users are asked to verify with a code when they sign up.
            auto_verified_attributes: VerifiedAttributeType,
            /// Attributes to add to, or to redefine among, the pool's standard attributes.
            ///
            /// 1 to 50 entries. Standard attributes can't be made required later, and custom
            /// attributes can't be removed.
            schema: SchemaAttributeType,
            /// Attributes that users sign up and sign in with in place of a chosen username.
            ///
            /// Excludes `alias_attributes`, and can't be changed after the pool is created.
            username_attributes: UsernameAttributeType,
        }
        maps {
            /// Names reported in the `acr` claim for the pool's authentication levels.
            ///
            /// Keyed by level, `Level1` to `Level4`; a level without an entry keeps its default
            /// name.
            acr_configuration: AcrLevelConfigType,
            /// Tags to assign to the user pool, by key.
            ///
            /// Keys have 1 to 128 characters, values up to 256.
            user_pool_tags: String,
        }
    }
    response CreateUserPoolResponse {
        optional {
            /// The new user pool.
            user_pool: UserPoolType,
        }
    }
}

operation! {
    /// Returns the full configuration of a user pool.
    DescribeUserPool: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserPoolTagging
    }
    request DescribeUserPoolRequest {
        required {
            /// ID of the user pool to describe.
            user_pool_id: String,
        }
    }
    response DescribeUserPoolResponse {
        optional {
            /// Configuration of the user pool.
            user_pool: UserPoolType,
        }
    }
}

operation! {
    /// Replaces the configuration of a user pool.
    ///
    /// Cognito documents that settings left out go back to their defaults, so read the pool with
    /// `DescribeUserPool` first and send everything you want to keep. Drop the superseded fields
    /// that a description repeats: `unused_account_validity_days`, `email_verification_message` and
    /// `email_verification_subject`. `Client::edit_user_pool` does all that.
    UpdateUserPool: SigV4, Repeatable;
    errors {
        ConcurrentModification FeatureUnavailableInTier InternalError
        InvalidEmailRoleAccessPolicy InvalidParameter InvalidSmsRoleAccessPolicy
        InvalidSmsRoleTrustRelationship NotAuthorized OperationNotEnabled ResourceNotFound
        TierChangeNotAllowed TooManyRequests UserImportInProgress UserPoolTagging
    }
    request UpdateUserPoolRequest {
        required {
            /// ID of the user pool to update.
            user_pool_id: String,
        }
        optional {
            /// Ways in which users may recover an account whose password they forgot.
            account_recovery_setting: AccountRecoverySettingType,
            /// Rules and invitation message for users whom an administrator creates.
            admin_create_user_config: AdminCreateUserConfigType,
            /// Settings for applications that register their own app clients at run time.
            ///
            /// Needs the Essentials tier or higher; replaces the stored settings as a whole.
            dcr_configuration: DcrConfigurationType,
            /// Whether the pool is protected from deletion.
            ///
            /// An active protection must be switched off with `UpdateUserPool` before
            /// `DeleteUserPool` succeeds.
            deletion_protection: DeletionProtectionType,
            /// How the pool remembers users' devices.
            ///
            /// Device tracking is off while this is absent.
            device_configuration: DeviceConfigurationType,
            /// Account and sender of the pool's email.
            email_configuration: EmailConfigurationType,
            /// Legacy body of the verification email; superseded by
            /// `verification_message_template`.
            ///
            /// `DescribeUserPool` mirrors the template here: leave it out, or keep it equal to
            /// the template. 6 to 20,000 characters with `{####}`.
            email_verification_message: String,
            /// Legacy subject of the verification email; superseded by
            /// `verification_message_template`.
            ///
            /// `DescribeUserPool` mirrors the template here: leave it out, or keep it equal to
            /// the template. 1 to 140 characters.
            email_verification_subject: String,
            /// Form of the issuer URL in the pool's tokens.
            issuer_configuration: IssuerConfigurationType,
            /// Key that encrypts the pool's data at rest.
            key_configuration: KeyConfigurationType,
            /// Lambda functions that the pool invokes, by trigger.
            lambda_config: LambdaConfigType,
            /// Whether multi-factor authentication is off, optional or required.
            ///
            /// Anything but off needs a second factor that the pool has set up;
            /// `SetUserPoolMfaConfig` sets both at once.
            mfa_configuration: UserPoolMfaType,
            /// Password and sign-in policies.
            policies: UserPoolPolicyType,
            /// New name of the user pool, 1 to 128 characters.
            ///
            /// Leave it out unless you are renaming the pool.
            pool_name: String,
            /// Text of the SMS that carries a sign-in code.
            ///
            /// 6 to 140 characters; must contain `{####}`, which becomes the code.
            sms_authentication_message: String,
            /// Role and region with which the pool sends SMS messages.
            sms_configuration: SmsConfigurationType,
            /// Legacy text of the verification SMS; superseded by `verification_message_template`.
            ///
            /// 6 to 140 characters; must contain `{####}`, which becomes the code.
            sms_verification_message: String,
            /// Which changed attributes must be verified before the new value takes effect.
            user_attribute_update_settings: UserAttributeUpdateSettingsType,
            /// Mode of threat protection, formerly called advanced security.
            ///
            /// Needs the Plus tier.
            user_pool_add_ons: UserPoolAddOnsType,
            /// Feature plan of the pool, which decides on features and price.
            ///
            /// Send the current tier when it shall stay: it may fall back to the default when
            /// left out.
            user_pool_tier: UserPoolTierType,
            /// Messages that ask users to verify an email address or phone number.
            verification_message_template: VerificationMessageTemplateType,
        }
        lists {
            /// Attributes that users are asked to verify with a code when they sign up.
            ///
            /// Leaving it out clears the list.
            auto_verified_attributes: VerifiedAttributeType,
        }
        maps {
            /// Names reported in the `acr` claim for the pool's authentication levels.
            ///
            /// Keyed by level, `Level1` to `Level4`; a level without an entry keeps its default
            /// name.
            acr_configuration: AcrLevelConfigType,
            /// Tags that the user pool shall have, by key.
            ///
            /// Keys have 1 to 128 characters, values up to 256.
            user_pool_tags: String,
        }
    }
    response UpdateUserPoolResponse {}
}

operation! {
    /// Deletes a user pool with all its users.
    ///
    /// Fails while deletion protection is active or the pool still has a domain.
    DeleteUserPool: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserImportInProgress
    }
    request DeleteUserPoolRequest {
        required {
            /// ID of the user pool to delete.
            user_pool_id: String,
        }
    }
    response DeleteUserPoolResponse {}
}

operation! {
    /// Lists the user pools of the account in the region.
    ListUserPools: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized TooManyRequests
    }
    pages { user_pools: UserPoolDescriptionType, next_token }
    request ListUserPoolsRequest {
        required {
            /// Largest number of user pools to return in one page, 1 to 60.
            max_results: i32,
        }
        optional {
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
        }
    }
    response ListUserPoolsResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// User pools on this page.
            user_pools: UserPoolDescriptionType,
        }
    }
}

operation! {
    /// Adds custom attributes to the schema of a user pool.
    ///
    /// Custom attributes can never be renamed or removed, and existing app clients can't read or
    /// write them until you allow it.
    AddCustomAttributes: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserImportInProgress
    }
    request AddCustomAttributesRequest {
        required {
            /// ID of the user pool to add the attributes to.
            user_pool_id: String,
            /// Attributes to add, 1 to 25.
            ///
            /// Give names without the `custom:` prefix; Cognito adds it.
            custom_attributes: Vec<SchemaAttributeType>,
        }
    }
    response AddCustomAttributesResponse {}
}

operation! {
    /// Returns the certificate with which a user pool signs its SAML requests.
    ///
    /// Tokens are signed with other keys, which the pool publishes as a JWKS.
    GetSigningCertificate: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter OperationNotEnabled ResourceNotFound
    }
    request GetSigningCertificateRequest {
        required {
            /// ID of the user pool whose certificate to return.
            user_pool_id: String,
        }
    }
    response GetSigningCertificateResponse {
        optional {
            /// X.509 certificate to register with the SAML identity provider.
            certificate: String,
        }
    }
}

operation! {
    /// Adds tags to a user pool, or overwrites their values.
    ///
    /// Tags not named in the request stay; a pool can have up to 50.
    TagResource: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request TagResourceRequest {
        required {
            /// ARN of the user pool to tag.
            resource_arn: String,
            /// Tags to set, by key.
            ///
            /// Keys have 1 to 128 characters, values up to 256.
            tags: String as map,
        }
    }
    response TagResourceResponse {}
}

operation! {
    /// Removes tags from a user pool.
    UntagResource: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request UntagResourceRequest {
        required {
            /// ARN of the user pool to remove tags from.
            resource_arn: String,
            /// Keys of the tags to remove.
            tag_keys: String as list,
        }
    }
    response UntagResourceResponse {}
}

operation! {
    /// Returns the tags of a user pool.
    ListTagsForResource: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request ListTagsForResourceRequest {
        required {
            /// ARN of the user pool whose tags to return.
            resource_arn: String,
        }
    }
    response ListTagsForResourceResponse {
        maps {
            /// Tags of the user pool, by key.
            tags: String,
        }
    }
}

structure! {
    /// Ways in which users may recover an account, in order of preference.
    AccountRecoverySettingType {
        lists {
            /// One or two recovery mechanisms with their priorities.
            recovery_mechanisms: RecoveryOptionType,
        }
    }
}

structure! {
    /// Name of one authentication level, as reported in the `acr` claim.
    AcrLevelConfigType {
        required {
            /// Value of the `acr` claim for users who reach this level, usually a URI.
            ///
            /// 1 to 64 printable ASCII characters without spaces, `"` and backslash; unique among
            /// all levels of the pool, default names included.
            acr_value: String,
        }
    }
}

structure! {
    /// Rules and invitation message for users whom an administrator creates.
    AdminCreateUserConfigType {
        optional {
            /// Whether only administrators may create users.
            ///
            /// When true, `SignUp` is refused.
            allow_admin_create_user_only: bool,
            /// Invitation sent to users created with `AdminCreateUser`.
            invite_message_template: MessageTemplateType,
            /// Days until an unused temporary password expires; superseded by
            /// `temporary_password_validity_days` of the password policy.
            ///
            /// 0 to 365. `DescribeUserPool` returns both, but a request with both is refused:
            /// drop this one.
            unused_account_validity_days: i32,
        }
    }
}

structure! {
    /// Threat protection for sign-ins beyond the standard flows.
    AdvancedSecurityAdditionalFlowsType {
        optional {
            /// Mode of threat protection in custom authentication flows.
            custom_auth_mode: AdvancedSecurityEnabledModeType,
        }
    }
}

string_enum! {
    /// Mode of threat protection where it is on.
    AdvancedSecurityEnabledModeType {
        /// Risks are assessed and logged, and nothing is done about them.
        Audit = "AUDIT",
        /// Risks are assessed, and the configured actions are taken.
        Enforced = "ENFORCED",
    }
}

string_enum! {
    /// Mode of threat protection in standard sign-in flows.
    AdvancedSecurityModeType {
        /// Threat protection is off.
        Off = "OFF",
        /// Risks are assessed and logged, and nothing is done about them.
        Audit = "AUDIT",
        /// Risks are assessed, and the configured actions are taken.
        Enforced = "ENFORCED",
    }
}

string_enum! {
    /// Attribute that users may sign in with instead of their username.
    AliasAttributeType {
        /// The phone number is an alias once it is verified.
        PhoneNumber = "phone_number",
        /// The email address is an alias once it is verified.
        Email = "email",
        /// The preferred username is an alias, which the user may change.
        PreferredUsername = "preferred_username",
    }
}

string_enum! {
    /// Type of an attribute's value.
    ///
    /// Whatever the type, values travel as strings.
    AttributeDataType {
        /// Text.
        String = "String",
        /// A number.
        Number = "Number",
        /// A date and time.
        DateTime = "DateTime",
        /// `true` or `false`.
        Boolean = "Boolean",
    }
}

structure! {
    /// Lambda function that delivers the pool's email in place of Cognito.
    CustomEmailLambdaVersionConfigType {
        required {
            /// Version of the event that the function receives.
            lambda_version: CustomEmailSenderLambdaVersionType,
            /// ARN of the Lambda function.
            lambda_arn: String,
        }
    }
}

string_enum! {
    /// Version of the event that a custom email sender receives.
    CustomEmailSenderLambdaVersionType {
        /// Version 1, the only one so far.
        V1_0 = "V1_0",
    }
}

structure! {
    /// Lambda function that delivers the pool's SMS messages in place of Cognito.
    CustomSmsLambdaVersionConfigType {
        required {
            /// Version of the event that the function receives.
            lambda_version: CustomSmsSenderLambdaVersionType,
            /// ARN of the Lambda function.
            lambda_arn: String,
        }
    }
}

string_enum! {
    /// Version of the event that a custom SMS sender receives.
    CustomSmsSenderLambdaVersionType {
        /// Version 1, the only one so far.
        V1_0 = "V1_0",
    }
}

structure! {
    /// Settings for applications that register their own app clients at run time.
    ///
    /// They do so at the `/oauth2/register` endpoint of the pool's domain, following RFC 7591.
    DcrConfigurationType {
        optional {
            /// Whether applications may register clients at all.
            enable_status: StatusType,
            /// Whether applications may register without an access token.
            ///
            /// When true, anyone who can reach the endpoint can create app clients in the pool.
            open_dcr_enabled: bool,
        }
        lists {
            /// Scopes that registered clients may request besides the standard `OpenID` Connect
            /// ones.
            ///
            /// Up to 50, each of 1 to 256 characters.
            allowed_scopes: String,
            /// OAuth grants open to clients that register with an access token.
            ///
            /// The token needs the scope `aws.cognito/dcr/register`.
            authenticated_grant_types: OAuthFlowType,
            /// OAuth grants open to clients that register without an access token.
            open_dcr_grant_types: OAuthFlowType,
        }
    }
}

string_enum! {
    /// Whether verification emails carry a code or a link.
    DefaultEmailOptionType {
        /// The email carries a link to click.
        ///
        /// Uses `email_message_by_link` and needs a domain for the pool.
        ConfirmWithLink = "CONFIRM_WITH_LINK",
        /// The email carries a code to enter.
        ///
        /// Uses `email_message`.
        ConfirmWithCode = "CONFIRM_WITH_CODE",
    }
}

string_enum! {
    /// Whether a user pool is protected from deletion.
    DeletionProtectionType {
        /// The pool can't be deleted until protection is switched off.
        Active = "ACTIVE",
        /// The pool can be deleted.
        Inactive = "INACTIVE",
    }
}

structure! {
    /// How a user pool remembers users' devices.
    DeviceConfigurationType {
        optional {
            /// Whether a remembered device may stand in for the second factor at sign-in.
            ///
            /// New devices still have to pass multi-factor authentication.
            challenge_required_on_new_device: bool,
            /// Whether a device is remembered only after the user agrees.
            ///
            /// When true, the app asks and then calls `UpdateDeviceStatus`; when false, every
            /// confirmed device is remembered.
            device_only_remembered_on_user_prompt: bool,
        }
    }
}

structure! {
    /// Account and sender of a user pool's email.
    EmailConfigurationType {
        optional {
            /// Name of the Amazon SES configuration set to send with.
            ///
            /// 1 to 64 letters, digits, `_` and `-`.
            configuration_set: String,
            /// Whether email goes through Cognito's own account or through yours in Amazon SES.
            email_sending_account: EmailSendingAccountType,
            /// Sender address, with or without a display name, such as `Example
            /// <no-reply@example.com>`.
            ///
            /// The address or its domain must be a verified identity in Amazon SES.
            from: String,
            /// Address that replies go to.
            reply_to_email_address: String,
            /// ARN of the verified Amazon SES identity to send from.
            ///
            /// Required when `email_sending_account` is `DEVELOPER`.
            source_arn: String,
        }
    }
}

string_enum! {
    /// Account through which a user pool sends email.
    EmailSendingAccountType {
        /// Cognito sends the email itself.
        ///
        /// Limited to a small daily quota, 50 messages by default: for tests, not for production.
        CognitoDefault = "COGNITO_DEFAULT",
        /// Email goes through your own account in Amazon SES, under your SES quotas.
        ///
        /// Documented as the condition for custom message bodies and subjects.
        Developer = "DEVELOPER",
    }
}

string_enum! {
    /// Kind of key that encrypts a user pool's data.
    EncryptionKeyType {
        /// AWS owns and manages the key.
        AwsOwnedKey = "AWS_OWNED_KEY",
        /// You manage the key in AWS KMS.
        ///
        /// Replicas of the pool need a multi-region key.
        CustomerManagedKey = "CUSTOMER_MANAGED_KEY",
    }
}

structure! {
    /// Lambda function that may change users' attributes from an identity provider before Cognito
    /// stores them.
    InboundFederationLambdaType {
        required {
            /// Version of the event that the function receives.
            lambda_version: InboundFederationLambdaVersionType,
            /// ARN of the Lambda function.
            lambda_arn: String,
        }
    }
}

string_enum! {
    /// Version of the event that an inbound federation function receives.
    InboundFederationLambdaVersionType {
        /// Version 1, the only one so far.
        V1_0 = "V1_0",
    }
}

structure! {
    /// Form of the issuer URL in a user pool's tokens.
    IssuerConfigurationType {
        optional {
            /// Which form of issuer the pool uses.
            ///
            /// A change alters the `iss` claim, so whoever verifies the tokens must accept the
            /// new one.
            r#type: IssuerType = "Type",
        }
    }
}

string_enum! {
    /// Form of the issuer URL in a user pool's tokens.
    IssuerType {
        /// The issuer is on the regional API host, as in
        /// `https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example`.
        Original = "ORIGINAL",
        /// The issuer is on a host of its own that serves the same keys from several regions.
        ///
        /// Replicas of the pool need this form.
        Updated = "UPDATED",
    }
}

structure! {
    /// Key that encrypts a user pool's data at rest.
    KeyConfigurationType {
        optional {
            /// Whether AWS owns the key or you manage it.
            key_type: EncryptionKeyType,
            /// ARN of the AWS KMS key, for a customer managed key.
            kms_key_arn: String,
        }
    }
}

structure! {
    /// Lambda functions that a user pool invokes, by trigger.
    ///
    /// Fields hold the ARN of a function; a trigger without one is off.
    LambdaConfigType {
        optional {
            /// Function that makes the next challenge of a custom authentication flow.
            create_auth_challenge: String,
            /// Function that delivers the pool's email in place of Cognito.
            ///
            /// Needs `kms_key_id`, since codes reach the function encrypted.
            custom_email_sender: CustomEmailLambdaVersionConfigType,
            /// Function that rewrites email and SMS messages before Cognito sends them.
            custom_message: String,
            /// Function that delivers the pool's SMS messages in place of Cognito.
            ///
            /// Needs `kms_key_id`, since codes reach the function encrypted.
            custom_sms_sender: CustomSmsLambdaVersionConfigType = "CustomSMSSender",
            /// Function that decides which challenge of a custom authentication flow comes next.
            define_auth_challenge: String,
            /// Function that may change users' attributes from an identity provider before
            /// Cognito stores them.
            inbound_federation: InboundFederationLambdaType,
            /// ARN of the AWS KMS key that encrypts codes for custom email and SMS senders.
            kms_key_id: String = "KMSKeyID",
            /// Function invoked after a user has signed in.
            post_authentication: String,
            /// Function invoked after a user has confirmed an account or a password reset.
            post_confirmation: String,
            /// Function that may refuse a sign-in before it happens.
            pre_authentication: String,
            /// Function that may refuse a sign-up, or confirm and verify the user at once.
            pre_sign_up: String,
            /// Function that changes claims in ID tokens.
            ///
            /// For later event versions use `pre_token_generation_config`; if both are set, they
            /// must name the same function.
            pre_token_generation: String,
            /// Function that changes claims in tokens, with the version of its event.
            ///
            /// Version 2 and higher also reach access tokens.
            pre_token_generation_config: PreTokenGenerationVersionConfigType,
            /// Function that brings in an unknown user at the first sign-in or password reset.
            user_migration: String,
            /// Function that judges the answer to a custom challenge.
            verify_auth_challenge_response: String,
        }
    }
}

structure! {
    /// Invitation sent to users created by an administrator.
    ///
    /// In each message, `{username}` becomes the username and `{####}` the temporary password.
    MessageTemplateType {
        optional {
            /// Body of the invitation email, 6 to 20,000 characters.
            ///
            /// Must contain `{####}` unless the user gets no password: Cognito silently sends no
            /// invitation without it. Documented as allowed only with `email_sending_account`
            /// `DEVELOPER`.
            email_message: String,
            /// Subject of the invitation email, 1 to 140 characters.
            ///
            /// Documented as allowed only with `email_sending_account` `DEVELOPER`.
            email_subject: String,
            /// Text of the invitation SMS, 6 to 140 characters.
            ///
            /// Include `{username}` and, unless the user gets no password, `{####}`.
            sms_message: String = "SMSMessage",
        }
    }
}

structure! {
    /// Range of values that a number attribute accepts.
    NumberAttributeConstraintsType {
        optional {
            /// Largest value accepted, as decimal digits.
            max_value: String,
            /// Smallest value accepted, as decimal digits.
            min_value: String,
        }
    }
}

structure! {
    /// Rules for users' passwords.
    ///
    /// Changed rules apply to new passwords only.
    PasswordPolicyType {
        optional {
            /// Fewest characters a password may have.
            ///
            /// 6 to 99, 8 by default.
            minimum_length: i32,
            /// Number of previous passwords that a user may not reuse.
            ///
            /// 0 to 24; needs the Essentials tier or higher.
            password_history_size: i32,
            /// Whether a password needs a lowercase letter.
            require_lowercase: bool,
            /// Whether a password needs a digit.
            require_numbers: bool,
            /// Whether a password needs a symbol.
            require_symbols: bool,
            /// Whether a password needs an uppercase letter.
            require_uppercase: bool,
            /// Days until a temporary password set by an administrator expires.
            ///
            /// 0 to 365, 7 by default. An expired invitation must be sent again by an
            /// administrator.
            temporary_password_validity_days: i32,
        }
    }
}

string_enum! {
    /// Version of the event that a token generation function receives.
    PreTokenGenerationLambdaVersionType {
        /// Version 1: claims of the ID token.
        V1_0 = "V1_0",
        /// Version 2: claims of ID and access tokens, and scopes.
        ///
        /// Needs the Essentials tier or higher.
        V2_0 = "V2_0",
        /// Version 3: as version 2, and access tokens for machines.
        ///
        /// Needs the Essentials tier or higher.
        V3_0 = "V3_0",
    }
}

structure! {
    /// Lambda function that changes claims in tokens, with the version of its event.
    PreTokenGenerationVersionConfigType {
        required {
            /// Version of the event that the function receives.
            lambda_version: PreTokenGenerationLambdaVersionType,
            /// ARN of the Lambda function.
            lambda_arn: String,
        }
    }
}

string_enum! {
    /// Way to recover an account.
    RecoveryOptionNameType {
        /// A code goes to the user's verified email address.
        VerifiedEmail = "verified_email",
        /// A code goes to the user's verified phone number by SMS.
        VerifiedPhoneNumber = "verified_phone_number",
        /// Users can't recover accounts themselves, only an administrator can.
        ///
        /// Can't be combined with another way.
        AdminOnly = "admin_only",
    }
}

structure! {
    /// Way to recover an account, with its priority.
    RecoveryOptionType {
        required {
            /// Order in which this way is tried: 1 first, then 2.
            priority: i32,
            /// Which way it is.
            name: RecoveryOptionNameType,
        }
    }
}

structure! {
    /// Attribute in a user pool's schema.
    SchemaAttributeType {
        optional {
            /// Type of the attribute's value.
            attribute_data_type: AttributeDataType,
            /// Whether only administrators may change the attribute, under the prefix `dev:`.
            ///
            /// Legacy: restrict an app client's write permissions instead.
            developer_only_attribute: bool,
            /// Whether the attribute can be changed after the user is created.
            ///
            /// Can't be changed later; attributes mapped from an identity provider must be
            /// mutable.
            mutable: bool,
            /// Name of the attribute, 1 to 20 characters.
            ///
            /// Give custom attributes without the `custom:` prefix; Cognito adds it.
            name: String,
            /// Range of values accepted, for a number attribute.
            number_attribute_constraints: NumberAttributeConstraintsType,
            /// Whether every user must have a value.
            ///
            /// Only for standard attributes, and only when the pool is created.
            required: bool,
            /// Range of lengths accepted, for a string attribute.
            string_attribute_constraints: StringAttributeConstraintsType,
        }
    }
}

structure! {
    /// Rules for choice-based sign-in, the `USER_AUTH` flow.
    SignInPolicyType {
        lists {
            /// First factors that users may sign in with, one to five.
            ///
            /// Must include `PASSWORD`; others need the Essentials tier or higher.
            allowed_first_auth_factors: AuthFactorType,
        }
    }
}

string_enum! {
    /// Whether a feature is on.
    StatusType {
        /// It is on.
        Enabled = "Enabled",
        /// It is off.
        Disabled = "Disabled",
    }
}

structure! {
    /// Range of lengths that a string attribute accepts.
    StringAttributeConstraintsType {
        optional {
            /// Largest length accepted, as decimal digits.
            ///
            /// At most 2048.
            max_length: String,
            /// Smallest length accepted, as decimal digits.
            min_length: String,
        }
    }
}

structure! {
    /// Which changed attributes must be verified before the new value takes effect.
    UserAttributeUpdateSettingsType {
        lists {
            /// Attributes whose old value stays in use until the user has verified the new one.
            ///
            /// Each must also be listed in `auto_verified_attributes`.
            attributes_require_verification_before_update: VerifiedAttributeType,
        }
    }
}

structure! {
    /// Mode of threat protection, formerly called advanced security.
    UserPoolAddOnsType {
        required {
            /// Mode of threat protection in standard sign-in flows.
            advanced_security_mode: AdvancedSecurityModeType,
        }
        optional {
            /// Mode of threat protection in custom authentication flows.
            advanced_security_additional_flows: AdvancedSecurityAdditionalFlowsType,
        }
    }
}

structure! {
    /// User pool as it appears in a list.
    UserPoolDescriptionType {
        optional {
            /// When the user pool was created.
            creation_date: Timestamp,
            /// ID of the user pool, such as `us-east-1_Example`.
            id: String,
            /// Lambda functions that the pool invokes, by trigger.
            lambda_config: LambdaConfigType,
            /// When the user pool was last changed.
            last_modified_date: Timestamp,
            /// Name of the user pool.
            name: String,
            /// Status of the user pool; no longer in use.
            status: StatusType,
        }
        lists {
            /// Regions in which the pool has replicas.
            replica_regions: String,
        }
    }
}

structure! {
    /// Password and sign-in policies of a user pool.
    UserPoolPolicyType {
        optional {
            /// Rules for users' passwords.
            password_policy: PasswordPolicyType,
            /// Rules for choice-based sign-in, the `USER_AUTH` flow.
            sign_in_policy: SignInPolicyType,
        }
    }
}

string_enum! {
    /// Feature plan of a user pool.
    UserPoolTierType {
        /// The smallest plan: password sign-in, federation and the classic hosted UI.
        Lite = "LITE",
        /// The default plan: adds managed login, passwordless sign-in and customized access
        /// tokens.
        Essentials = "ESSENTIALS",
        /// The largest plan: adds threat protection.
        Plus = "PLUS",
    }
}

structure! {
    /// Full configuration of a user pool.
    ///
    /// Not to be sent back unchanged: `UpdateUserPool` doesn't accept everything in it.
    UserPoolType {
        optional {
            /// Ways in which users may recover an account whose password they forgot.
            account_recovery_setting: AccountRecoverySettingType,
            /// Rules and invitation message for users whom an administrator creates.
            admin_create_user_config: AdminCreateUserConfigType,
            /// ARN of the user pool.
            arn: String,
            /// When the user pool was created.
            creation_date: Timestamp,
            /// Custom domain of the pool, if it has one.
            ///
            /// A full name, such as `auth.example.com`.
            custom_domain: String,
            /// Settings for applications that register their own app clients at run time.
            ///
            /// Needs the Essentials tier or higher.
            dcr_configuration: DcrConfigurationType,
            /// Whether the pool is protected from deletion.
            ///
            /// An active protection must be switched off with `UpdateUserPool` before
            /// `DeleteUserPool` succeeds.
            deletion_protection: DeletionProtectionType,
            /// How the pool remembers users' devices.
            ///
            /// Device tracking is off while this is absent.
            device_configuration: DeviceConfigurationType,
            /// Prefix of the pool's domain under `amazoncognito.com`, if it has one.
            domain: String,
            /// Account and sender of the pool's email.
            email_configuration: EmailConfigurationType,
            /// Former report of problems with the email configuration; no longer in use.
            email_configuration_failure: String,
            /// Legacy body of the verification email, mirrored from
            /// `verification_message_template`.
            ///
            /// Don't carry it into `UpdateUserPool`.
            email_verification_message: String,
            /// Legacy subject of the verification email, mirrored from
            /// `verification_message_template`.
            ///
            /// Don't carry it into `UpdateUserPool`.
            email_verification_subject: String,
            /// Approximate number of users in the pool.
            estimated_number_of_users: i32,
            /// ID of the user pool, such as `us-east-1_Example`.
            id: String,
            /// Form of the issuer URL in the pool's tokens.
            issuer_configuration: IssuerConfigurationType,
            /// Key that encrypts the pool's data at rest.
            key_configuration: KeyConfigurationType,
            /// Lambda functions that the pool invokes, by trigger.
            lambda_config: LambdaConfigType,
            /// When the user pool was last changed.
            ///
            /// The only hint that somebody else changed the pool between a read and a write.
            last_modified_date: Timestamp,
            /// Whether multi-factor authentication is off, optional or required.
            mfa_configuration: UserPoolMfaType,
            /// Name of the user pool.
            name: String,
            /// Password and sign-in policies.
            policies: UserPoolPolicyType,
            /// Text of the SMS that carries a sign-in code.
            ///
            /// Has a `{####}` where the code goes.
            sms_authentication_message: String,
            /// Role and region with which the pool sends SMS messages.
            sms_configuration: SmsConfigurationType,
            /// Why the pool can't send SMS messages, if it can't.
            ///
            /// Names a problem with the role, or `SNSSandbox` while the account is in the SMS
            /// sandbox.
            sms_configuration_failure: String,
            /// Legacy text of the verification SMS; superseded by `verification_message_template`.
            ///
            /// Has a `{####}` where the code goes.
            sms_verification_message: String,
            /// Status of the user pool; no longer in use.
            status: StatusType,
            /// Which changed attributes must be verified before the new value takes effect.
            user_attribute_update_settings: UserAttributeUpdateSettingsType,
            /// Mode of threat protection, formerly called advanced security.
            ///
            /// Needs the Plus tier.
            user_pool_add_ons: UserPoolAddOnsType,
            /// Feature plan of the pool, which decides on features and price.
            user_pool_tier: UserPoolTierType,
            /// Whether usernames distinguish upper and lower case.
            username_configuration: UsernameConfigurationType,
            /// Messages that ask users to verify an email address or phone number.
            verification_message_template: VerificationMessageTemplateType,
        }
        lists {
            /// Attributes that users may sign in with instead of their username.
            alias_attributes: AliasAttributeType,
            /// Attributes that users are asked to verify with a code when they sign up.
            auto_verified_attributes: VerifiedAttributeType,
            /// All attributes that users of the pool can have, standard and custom.
            schema_attributes: SchemaAttributeType,
            /// Attributes that users sign up and sign in with in place of a chosen username.
            username_attributes: UsernameAttributeType,
        }
        maps {
            /// Names reported in the `acr` claim for the pool's authentication levels.
            ///
            /// Keyed by level, `Level1` to `Level4`; a level without an entry keeps its default
            /// name.
            acr_configuration: AcrLevelConfigType,
            /// Tags of the user pool, by key.
            user_pool_tags: String,
        }
    }
}

string_enum! {
    /// Attribute that takes the place of a chosen username.
    UsernameAttributeType {
        /// Users sign up and sign in with a phone number.
        PhoneNumber = "phone_number",
        /// Users sign up and sign in with an email address.
        Email = "email",
    }
}

structure! {
    /// Whether usernames distinguish upper and lower case.
    UsernameConfigurationType {
        required {
            /// Whether `user` and `user` are different users.
            ///
            /// Applies to usernames, preferred usernames and email addresses, and can't be
            /// changed later.
            case_sensitive: bool,
        }
    }
}

structure! {
    /// Messages that ask users to verify an email address or phone number.
    ///
    /// Fill in the email body of the chosen `default_email_option` only: Cognito refuses a template
    /// with both.
    VerificationMessageTemplateType {
        optional {
            /// Whether verification emails carry a code or a link.
            default_email_option: DefaultEmailOptionType,
            /// Body of the email that carries a code, 6 to 20,000 characters.
            ///
            /// Must contain `{####}`, which becomes the code. Documented as allowed only with
            /// `email_sending_account` `DEVELOPER`.
            email_message: String,
            /// Body of the email that carries a link, 6 to 20,000 characters.
            ///
            /// Must contain `{##` and `##}` around the text of the link, as in `{##Verify your
            /// email##}`. Documented as allowed only with `email_sending_account` `DEVELOPER`.
            email_message_by_link: String,
            /// Subject of the email that carries a code, 1 to 140 characters.
            ///
            /// Documented as allowed only with `email_sending_account` `DEVELOPER`.
            email_subject: String,
            /// Subject of the email that carries a link, 1 to 140 characters.
            ///
            /// Documented as allowed only with `email_sending_account` `DEVELOPER`.
            email_subject_by_link: String,
            /// Text of the SMS that carries a code, 6 to 140 characters.
            ///
            /// Must contain `{####}`, which becomes the code.
            sms_message: String,
        }
    }
}

string_enum! {
    /// Attribute that Cognito can verify by sending a code.
    VerifiedAttributeType {
        /// The phone number, verified by SMS.
        PhoneNumber = "phone_number",
        /// The email address, verified by email.
        Email = "email",
    }
}
