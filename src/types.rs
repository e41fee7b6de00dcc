//! Every shape that requests and answers are made of, in one place.
//!
//! Those that operations of more than one domain use are defined here; the others stand beside their
//! operation and are only named here. Requests and answers themselves are in
//! [`operation`].

use crate::{
    operation::{
        self,
        users::{AdminGetUserResponse, GetUserResponse},
    },
    primitives::Timestamp,
    sensitive::Sensitive,
};
#[doc(no_inline)]
pub use operation::{
    app_clients::{
        AnalyticsConfigurationType, ClientSecretDescriptorType, ClientTypeType,
        ExplicitAuthFlowsType, FeatureType, PreventUserExistenceErrorTypes,
        RefreshTokenRotationType, TimeUnitsType, TokenValidityUnitsType, UserPoolClientDescription,
        UserPoolClientType,
    },
    auth::{
        AuthEventType, AuthFlowType, AuthenticationResultType, ChallengeName, ChallengeNameType,
        ChallengeResponse, ChallengeResponseType, ClientAuthenticationResultType, ContextDataType,
        EventContextDataType, EventFeedbackType, EventResponseType, EventRiskType, EventType,
        FeedbackValueType, HttpHeader, IssuedTokenTypeIdentifierType, NewDeviceMetadataType,
        OAuthTokenTypeType, RiskDecisionType, RiskLevelType, TokenTypeIdentifierType,
    },
    branding::{
        AssetCategoryType, AssetExtensionType, AssetType, ColorSchemeModeType,
        ManagedLoginBrandingType, UiCustomizationType,
    },
    cimd::{CimdCacheActionType, CimdPolicySummaryType, CimdPolicyType, ClientMetadataUrlType},
    devices::{DeviceRememberedStatusType, DeviceSecretVerifierConfigType, DeviceType},
    domains::{
        CustomDomainConfigType, DomainDescriptionType, DomainStatusType, FailoverType, RoutingType,
        SecurityPolicyType,
    },
    groups::GroupType,
    identity_providers::{IdentityProviderType, IdentityProviderTypeType, ProviderDescription},
    mfa::{
        EmailMfaConfigType, EmailMfaSettingsType, SmsMfaConfigType, SmsMfaSettingsType,
        SoftwareTokenMfaConfigType, SoftwareTokenMfaSettingsType, UserVerificationType,
        VerifySoftwareTokenResponseType, WebAuthnConfigurationType,
        WebAuthnFactorConfigurationType, WebAuthnMfaSettingsType,
    },
    passkeys::WebAuthnCredentialDescription,
    recoveries::{
        RestorationDescriptionType, RestorationType, RestorePreviewType, RestoreStatusType,
    },
    replicas::{ReplicaRoleType, ReplicaStatusType, UpdateReplicaStatusType, UserPoolReplicaType},
    resource_servers::{ResourceServerManagedByType, ResourceServerScopeType, ResourceServerType},
    security::{
        AccountTakeoverActionType, AccountTakeoverActionsType, AccountTakeoverEventActionType,
        AccountTakeoverRiskConfigurationType, CloudWatchLogsConfigurationType,
        CompromisedCredentialsActionsType, CompromisedCredentialsEventActionType,
        CompromisedCredentialsRiskConfigurationType, EventFilterType, EventSourceName,
        FirehoseConfigurationType, LimitClass, LimitDefinitionType, LimitType,
        LogConfigurationType, LogDeliveryConfigurationType, LogLevel, NotifyConfigurationType,
        NotifyEmailType, RiskConfigurationType, RiskExceptionConfigurationType,
        S3ConfigurationType,
    },
    sessions::{
        ClientSsoSessionConfigType, SessionDescriptionType, SessionLocationType, SessionTypeType,
        UserPoolTokenSessionConfigType, UserSessionTrackingType,
    },
    terms::{TermsDescriptionType, TermsEnforcementType, TermsSourceType, TermsType},
    user_import::{PasswordHashingAlgorithmType, UserImportJobStatusType, UserImportJobType},
    user_pools::{
        AccountRecoverySettingType, AcrLevelConfigType, AdminCreateUserConfigType,
        AdvancedSecurityAdditionalFlowsType, AdvancedSecurityEnabledModeType,
        AdvancedSecurityModeType, AliasAttributeType, AttributeDataType,
        CustomEmailLambdaVersionConfigType, CustomEmailSenderLambdaVersionType,
        CustomSmsLambdaVersionConfigType, CustomSmsSenderLambdaVersionType, DcrConfigurationType,
        DefaultEmailOptionType, DeletionProtectionType, DeviceConfigurationType,
        EmailConfigurationType, EmailSendingAccountType, EncryptionKeyType,
        InboundFederationLambdaType, InboundFederationLambdaVersionType, IssuerConfigurationType,
        IssuerType, KeyConfigurationType, LambdaConfigType, MessageTemplateType,
        NumberAttributeConstraintsType, PasswordPolicyType, PreTokenGenerationLambdaVersionType,
        PreTokenGenerationVersionConfigType, RecoveryOptionNameType, RecoveryOptionType,
        SchemaAttributeType, SignInPolicyType, StatusType, StringAttributeConstraintsType,
        UserAttributeUpdateSettingsType, UserPoolAddOnsType, UserPoolDescriptionType,
        UserPoolPolicyType, UserPoolTierType, UserPoolType, UsernameAttributeType,
        UsernameConfigurationType, VerificationMessageTemplateType, VerifiedAttributeType,
    },
    users::{MessageActionType, ProviderUserIdentifierType},
};

structure! {
    /// Amazon Pinpoint endpoint to count a call for.
    AnalyticsMetadataType {
        optional {
            /// ID of the endpoint.
            analytics_endpoint_id: String,
        }
    }
}

structure! {
    /// Attribute of a user, by name and value.
    ///
    /// Pairs become attributes, so a setter of attributes takes them, also from a map. Read one by
    /// `attribute` of what has them, such as [`UserType::attribute`].
    ///
    /// ```
    /// use cognito_idp::operation::sign_up::SignUpRequest;
    ///
    /// let request = SignUpRequest::new("app-client-id", "alice")
    ///     .user_attributes([("email", "alice@example.com"), ("locale", "en")]);
    /// assert_eq!(request.user_attributes[0].name, "email");
    /// ```
    AttributeType {
        required {
            /// Name of the attribute, 1 to 32 characters.
            ///
            /// Names of custom attributes begin with `custom:`.
            name: String,
        }
        optional {
            /// Value of the attribute, always as a string; at most 2048 characters.
            value: Sensitive<String>,
        }
    }
}

string_enum! {
    /// Factor a user can sign in with.
    AuthFactorType {
        /// A password, with or without SRP; only as first factor.
        Password = "PASSWORD",
        /// A one-time code sent by email.
        EmailOtp = "EMAIL_OTP",
        /// A one-time code sent by text message.
        SmsOtp = "SMS_OTP",
        /// A passkey.
        WebAuthn = "WEB_AUTHN",
        /// A code from an authenticator app (TOTP); only as second factor.
        SoftwareToken = "SOFTWARE_TOKEN",
    }
}

structure! {
    /// Where a code was sent, and how.
    CodeDeliveryDetailsType {
        optional {
            /// Attribute that the code went to or verifies, such as `email`.
            attribute_name: String,
            /// How the code was sent.
            delivery_medium: DeliveryMediumType,
            /// Address or phone number the code was sent to, partly masked.
            destination: String,
        }
    }
}

string_enum! {
    /// Way a message reaches a user.
    DeliveryMediumType {
        /// By text message to `phone_number`.
        Sms = "SMS",
        /// By email to `email`.
        Email = "EMAIL",
    }
}

structure! {
    /// Settings for text messages through AWS End User Messaging SMS, in place of SNS.
    EumsSmsConfigurationType {
        required {
            /// ARN of the IAM role that Cognito assumes to send messages.
            ///
            /// The role must allow `sms-voice:SendTextMessage`.
            caller_arn: String,
        }
        optional {
            /// Name of the configuration set to send with, for logs and events; none if unset.
            configuration_set_name: String,
            /// External ID that Cognito presents when it assumes the role.
            ///
            /// Demand it in the trust policy of the role, against confused deputies.
            external_id: String,
            /// Entity ID of the sender, as Indian rules (DLT) demand.
            in_entity_id: String,
            /// ID of the registered message template, as Indian rules (DLT) demand.
            in_template_id: String,
            /// Sender of the messages: a phone number, or the ARN of a number, sender ID or phone
            /// pool.
            ///
            /// If the policy of the role is limited to an ARN, give that same ARN. Some countries
            /// demand a sender.
            origination_identity: String,
            /// AWS Region of the messaging resources; if set, it must be the Region of the pool.
            region: String,
        }
    }
}

structure! {
    /// SMS MFA setting of a user, in the old form.
    MfaOptionType {
        optional {
            /// Attribute with the address for codes; only `phone_number` is valid.
            attribute_name: String,
            /// How codes are sent; only by SMS.
            delivery_medium: DeliveryMediumType,
        }
    }
}

string_enum! {
    /// OAuth grant that an app client may use.
    OAuthFlowType {
        /// The client gets a code and trades it for tokens.
        Code = "code",
        /// The client gets tokens directly in the redirect; prefer `code`.
        Implicit = "implicit",
        /// The client gets an access token for itself, without a user.
        ///
        /// Needs a client secret and cannot be combined with the other grants.
        ClientCredentials = "client_credentials",
    }
}

string_enum! {
    /// Whether revoking a session takes linked sessions along.
    RevokeAssociatedSessionsType {
        /// Only the named session is revoked.
        None = "NONE",
        /// Directly linked sessions are revoked as well.
        Linked = "LINKED",
    }
}

structure! {
    /// How a user pool sends text messages.
    ///
    /// Set up either Amazon SNS or `eums_sms`, not both.
    SmsConfigurationType {
        optional {
            /// Settings for AWS End User Messaging SMS; required in Regions without SNS.
            eums_sms: EumsSmsConfigurationType,
            /// External ID that Cognito presents when it assumes the SNS role.
            ///
            /// Demand it in the trust policy of the role, against confused deputies.
            external_id: String,
            /// ARN of the IAM role that Cognito assumes to send through SNS.
            ///
            /// Messages count towards the SNS spending limit of the account.
            sns_caller_arn: String,
            /// AWS Region whose SNS sends the messages.
            ///
            /// The Region of the pool, or one of the alternatives that some older Regions have.
            sns_region: String,
        }
    }
}

structure! {
    /// What is known about the end user's device and address, for threat protection.
    UserContextDataType {
        optional {
            /// Device fingerprint gathered in the end user's app, in Cognito's encoding.
            encoded_data: Sensitive<String>,
            /// IP address of the end user, not of the server.
            ip_address: Sensitive<String>,
        }
    }
}

string_enum! {
    /// Whether a user pool asks for a second factor.
    UserPoolMfaType {
        /// No user is asked for a second factor.
        Off = "OFF",
        /// Every user must have a second factor.
        On = "ON",
        /// Only users who set up a second factor are asked for it.
        Optional = "OPTIONAL",
    }
}

string_enum! {
    /// Where a user stands between sign-up and confirmed account.
    UserStatusType {
        /// The user signed up but has not confirmed the account.
        Unconfirmed = "UNCONFIRMED",
        /// The user has confirmed the account.
        Confirmed = "CONFIRMED",
        /// The user is archived; no longer in use.
        Archived = "ARCHIVED",
        /// The user is suspected to be compromised; no longer in use.
        Compromised = "COMPROMISED",
        /// The status is not known; no longer in use.
        Unknown = "UNKNOWN",
        /// The user must reset the password with a code before signing in.
        ResetRequired = "RESET_REQUIRED",
        /// The user has a temporary password and must replace it at the next sign-in.
        ///
        /// A forgotten password cannot be reset in this state.
        ForceChangePassword = "FORCE_CHANGE_PASSWORD",
        /// The user signs in through an external identity provider.
        ExternalProvider = "EXTERNAL_PROVIDER",
    }
}

structure! {
    /// User of a user pool.
    UserType {
        optional {
            /// Whether the user may sign in.
            enabled: bool,
            /// When the user was created.
            user_create_date: Timestamp,
            /// When the user was last changed.
            user_last_modified_date: Timestamp,
            /// Where the user stands between sign-up and confirmed account.
            user_status: UserStatusType,
            /// Username of the user.
            username: Sensitive<String>,
        }
        lists {
            /// Attributes of the user.
            attributes: AttributeType,
            /// SMS MFA settings in the old form; other methods do not show up here.
            mfa_options: MfaOptionType = "MFAOptions",
        }
    }
}

impl<K: Into<String>, V: Into<Sensitive<String>>> From<(K, V)> for AttributeType {
    fn from((name, value): (K, V)) -> Self {
        Self::new(name).value(value)
    }
}

/// Gives the shapes that have a user's or a device's attributes a way to read one of them.
macro_rules! attributes {
    ($($shape:ty: $attributes:ident;)*) => {
        $(
            impl $shape {
                /// Value of the attribute of this name, such as `email` or `custom:team`; `None` if
                /// it is not among the attributes, or has no value.
                ///
                /// It is plain text from here on, which nothing keeps out of a log.
                #[must_use]
                pub fn attribute(&self, name: &str) -> Option<&str> {
                    attribute(&self.$attributes, name)
                }
            }
        )*
    };
}

attributes! {
    AdminGetUserResponse: user_attributes;
    DeviceType: device_attributes;
    GetUserResponse: user_attributes;
    UserType: attributes;
}

fn attribute<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    let attribute = attributes.iter().find(|attribute| attribute.name == name)?;
    attribute
        .value
        .as_ref()
        .map(|value| value.expose().as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::*;
    use crate::operation::{
        sign_up::SignUpRequest,
        users::{AdminUpdateUserAttributesRequest, UpdateUserAttributesRequest},
    };

    #[test]
    fn an_attribute_is_read_by_its_name() -> Result<(), serde_json::Error> {
        let user: UserType = serde_json::from_str(
            r#"{"Attributes": [
                {"Name": "sub", "Value": "1"},
                {"Name": "nickname"},
                {"Name": "custom:team", "Value": ""},
                {"Value": "nameless"}
            ]}"#,
        )?;
        assert_eq!(user.attribute("sub"), Some("1"));
        assert_eq!(user.attribute("custom:team"), Some(""));
        for absent in ["nickname", "team", "SUB"] {
            assert_eq!(user.attribute(absent), None, "{absent}");
        }
        assert_eq!(UserType::new().attribute("sub"), None);
        Ok(())
    }

    #[expect(
        clippy::needless_borrows_for_generic_args,
        reason = "borrowing is what is tried"
    )]
    #[test]
    fn pairs_are_attributes_wherever_attributes_are_taken() {
        let expected = [AttributeType::new("email").value("a@example.com")];
        let pairs = [("email", "a@example.com")];
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let set = |request: SignUpRequest| request.user_attributes;
        let request = || SignUpRequest::new("c", "u");
        for attributes in [
            set(request().user_attributes(pairs)),
            set(request().user_attributes(&pairs)),
            set(request().user_attributes(owned.to_vec())),
            set(request().user_attributes(Some(owned.as_slice()))),
            set(request().user_attributes(BTreeMap::from(pairs))),
            set(request().user_attributes(&BTreeMap::from(owned.clone()))),
            set(request().user_attributes(HashMap::from(owned.clone()))),
            set(request().user_attributes(&HashMap::from(owned.clone()))),
            set(request().user_attributes([("email", Sensitive::from("a@example.com"))])),
            set(request().user_attributes(expected.clone())),
        ] {
            assert_eq!(attributes, expected);
        }
        let by_admin = AdminUpdateUserAttributesRequest::new("p", "u", pairs);
        assert_eq!(by_admin.user_attributes, expected);
        let by_user = UpdateUserAttributesRequest::new("t", &expected);
        assert_eq!(by_user.user_attributes, expected);
    }
}
