//! What the crate declares, as seen through its public API.

use std::{fmt::Debug, marker::PhantomData};

use bytes::Bytes;
use cognito_idp::{
    Error, ErrorCode,
    operation::{AuthScheme, Operation, Paginated, RetrySafety},
    protocol,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    counted::Counted,
    trace::{Shapes, short_name, trace},
};

/// An operation with its types hidden behind functions over JSON.
pub(crate) struct Declared {
    pub(crate) name: &'static str,
    pub(crate) auth: AuthScheme,
    pub(crate) retry: RetrySafety,
    pub(crate) errors: &'static [ErrorCode],
    pub(crate) request: Type,
    pub(crate) response: Type,
    pub(crate) retry_safety: fn(&Value) -> Result<RetrySafety, serde_json::Error>,
    pub(crate) decode: fn(http::Response<Bytes>) -> Result<Value, Error>,
    pub(crate) paging: Option<Paging>,
}

/// A request or response type.
pub(crate) struct Type {
    pub(crate) name: String,
    pub(crate) trace: fn(&mut Shapes),
    /// Reads it and writes it again.
    pub(crate) reread: fn(&Value) -> Result<Value, serde_json::Error>,
    /// Reads it and writes it to a format that must know the number of members beforehand.
    pub(crate) write_counted: fn(&Value) -> Result<(), String>,
    /// Reads it and prints it in both forms of `Debug`.
    pub(crate) show: fn(&Value) -> Result<String, serde_json::Error>,
}

/// The three things `Paginated` can do.
pub(crate) struct Paging {
    pub(crate) next_token: fn(&Value) -> Result<Option<String>, serde_json::Error>,
    pub(crate) with_token: fn(&Value, &str) -> Result<Value, serde_json::Error>,
    pub(crate) items: fn(&Value) -> Result<Vec<Value>, serde_json::Error>,
}

pub(crate) fn operations() -> Vec<Declared> {
    macro_rules! declare {
        ($($module:ident { $($request:ident)* })*) => {
            vec![$($(declared::<cognito_idp::operation::$module::$request>(
                Probe(PhantomData::<cognito_idp::operation::$module::$request>).paging(),
            )),*),*]
        };
    }
    crate::list::for_each_operation!(declare)
}

fn declared<O>(paging: Option<Paging>) -> Declared
where
    O: Operation<Response: Serialize + Debug> + DeserializeOwned + Debug,
{
    Declared {
        name: O::NAME,
        auth: O::AUTH,
        retry: O::RETRY,
        errors: O::ERRORS,
        request: Type::of::<O>(),
        response: Type::of::<O::Response>(),
        retry_safety: |request| read::<O>(request).map(|request| request.retry_safety()),
        decode: |response| protocol::http_response::<O>(response).map(|answer| to_json(&answer)),
        paging,
    }
}

impl Type {
    fn of<T: Serialize + DeserializeOwned + Debug>() -> Self {
        Self {
            name: short_name::<T>(),
            trace: trace::<T>,
            reread: |json| read::<T>(json).map(|value| to_json(&value)),
            write_counted: |json| {
                let value = read::<T>(json).map_err(|error| error.to_string())?;
                value.serialize(Counted).map_err(|error| error.to_string())
            },
            show: |json| read::<T>(json).map(|value| format!("{value:?} {value:#?}")),
        }
    }
}

/// Tells types that are `Paginated` from those that are not: its own method goes before a trait's.
struct Probe<O>(PhantomData<O>);

impl<O> Probe<O>
where
    O: Paginated<Response: Serialize, Item: Serialize> + DeserializeOwned,
{
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "takes the place of the method below"
    )]
    fn paging(self) -> Option<Paging> {
        Some(Paging {
            next_token: |response| {
                let response = read::<O::Response>(response)?;
                Ok(O::next_token(&response).map(str::to_owned))
            },
            with_token: |request, token| {
                let mut request = read::<O>(request)?;
                request.set_next_token(token.to_owned());
                Ok(to_json(&request))
            },
            items: |response| {
                let items = O::items(read::<O::Response>(response)?);
                Ok(items.iter().map(to_json).collect())
            },
        })
    }
}

trait NotPaginated: Sized {
    fn paging(self) -> Option<Paging> {
        None
    }
}

impl<O> NotPaginated for Probe<O> {}

/// By way of bytes, as the client reads.
fn read<T: DeserializeOwned>(json: &Value) -> Result<T, serde_json::Error> {
    serde_json::from_slice(json.to_string().as_bytes())
}

fn to_json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| panic!("{}: {error}", short_name::<T>()))
}

/// An enum over strings.
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) values: &'static [&'static str],
    /// Reads a value and writes it again; also whether it was a known one.
    pub(crate) reread: fn(&str) -> Result<(Value, bool), serde_json::Error>,
}

/// Every enum of the crate's shapes, as `types` has them. A new one needs its name here.
pub(crate) fn enums() -> Vec<Enum> {
    macro_rules! list {
        ($($name:ident)*) => {
            vec![$({
                type This = cognito_idp::types::$name;
                Enum {
                    name: short_name::<This>(),
                    values: This::VALUES,
                    reread: |value| {
                        let read: This = read(&Value::from(value))?;
                        Ok((to_json(&read), !matches!(read, This::Other(_))))
                    },
                }
            }),*]
        };
    }
    list! {
        AccountTakeoverEventActionType AdvancedSecurityEnabledModeType AdvancedSecurityModeType
        AliasAttributeType AssetCategoryType AssetExtensionType AttributeDataType AuthFactorType
        AuthFlowType ChallengeName ChallengeNameType ChallengeResponse CimdCacheActionType
        ClientTypeType ColorSchemeModeType CompromisedCredentialsEventActionType
        CustomEmailSenderLambdaVersionType CustomSmsSenderLambdaVersionType
        DefaultEmailOptionType DeletionProtectionType DeliveryMediumType
        DeviceRememberedStatusType DomainStatusType EmailSendingAccountType EncryptionKeyType
        EventFilterType EventResponseType EventSourceName EventType ExplicitAuthFlowsType
        FeatureType FeedbackValueType IdentityProviderTypeType InboundFederationLambdaVersionType
        IssuedTokenTypeIdentifierType IssuerType LimitClass LogLevel MessageActionType
        OAuthFlowType OAuthTokenTypeType PasswordHashingAlgorithmType
        PreTokenGenerationLambdaVersionType PreventUserExistenceErrorTypes RecoveryOptionNameType
        ReplicaRoleType ReplicaStatusType ResourceServerManagedByType RestoreStatusType
        RevokeAssociatedSessionsType RiskDecisionType RiskLevelType SecurityPolicyType
        SessionTypeType StatusType TermsEnforcementType TermsSourceType TimeUnitsType
        TokenTypeIdentifierType UpdateReplicaStatusType UserImportJobStatusType UserPoolMfaType
        UserPoolTierType UserSessionTrackingType UserStatusType UserVerificationType
        UsernameAttributeType VerifiedAttributeType VerifySoftwareTokenResponseType
        WebAuthnFactorConfigurationType
    }
}

/// The names of all structures that `types` has. A new one needs its name here.
pub(crate) fn parts() -> Vec<String> {
    macro_rules! list {
        ($($name:ident)*) => {
            vec![$(short_name::<cognito_idp::types::$name>()),*]
        };
    }
    list! {
        AccountRecoverySettingType AccountTakeoverActionType AccountTakeoverActionsType
        AccountTakeoverRiskConfigurationType AcrLevelConfigType AdminCreateUserConfigType
        AdvancedSecurityAdditionalFlowsType AnalyticsConfigurationType AnalyticsMetadataType
        AssetType AttributeType AuthEventType AuthenticationResultType ChallengeResponseType
        CimdPolicySummaryType CimdPolicyType ClientAuthenticationResultType ClientMetadataUrlType
        ClientSecretDescriptorType ClientSsoSessionConfigType CloudWatchLogsConfigurationType
        CodeDeliveryDetailsType CompromisedCredentialsActionsType
        CompromisedCredentialsRiskConfigurationType ContextDataType CustomDomainConfigType
        CustomEmailLambdaVersionConfigType CustomSmsLambdaVersionConfigType DcrConfigurationType
        DeviceConfigurationType DeviceSecretVerifierConfigType DeviceType DomainDescriptionType
        EmailConfigurationType EmailMfaConfigType EmailMfaSettingsType EumsSmsConfigurationType
        EventContextDataType EventFeedbackType EventRiskType FailoverType
        FirehoseConfigurationType GroupType HttpHeader IdentityProviderType
        InboundFederationLambdaType IssuerConfigurationType KeyConfigurationType LambdaConfigType
        LimitDefinitionType LimitType LogConfigurationType LogDeliveryConfigurationType
        ManagedLoginBrandingType MessageTemplateType MfaOptionType NewDeviceMetadataType
        NotifyConfigurationType NotifyEmailType NumberAttributeConstraintsType PasswordPolicyType
        PreTokenGenerationVersionConfigType ProviderDescription ProviderUserIdentifierType
        RecoveryOptionType RefreshTokenRotationType ResourceServerScopeType ResourceServerType
        RestorationDescriptionType RestorationType RestorePreviewType RiskConfigurationType
        RiskExceptionConfigurationType RoutingType S3ConfigurationType SchemaAttributeType
        SessionDescriptionType SessionLocationType SignInPolicyType SmsConfigurationType
        SmsMfaConfigType SmsMfaSettingsType SoftwareTokenMfaConfigType
        SoftwareTokenMfaSettingsType StringAttributeConstraintsType TermsDescriptionType
        TermsType TokenValidityUnitsType UiCustomizationType UserAttributeUpdateSettingsType
        UserContextDataType UserImportJobType UserPoolAddOnsType UserPoolClientDescription
        UserPoolClientType UserPoolDescriptionType UserPoolPolicyType UserPoolReplicaType
        UserPoolTokenSessionConfigType UserPoolType UserType UsernameConfigurationType
        VerificationMessageTemplateType WebAuthnConfigurationType WebAuthnCredentialDescription
        WebAuthnMfaSettingsType
    }
}

/// Answers and parts of them that let one read an attribute by its name.
pub(crate) fn with_attributes() -> Vec<WithAttributes> {
    macro_rules! list {
        ($($shape:ty: $member:literal;)*) => {
            vec![$(WithAttributes {
                shape: short_name::<$shape>(),
                member: $member,
                attribute: |shape, name| {
                    let shape: $shape = read(shape)?;
                    Ok(shape.attribute(name).map(str::to_owned))
                },
            }),*]
        };
    }
    list! {
        cognito_idp::operation::users::AdminGetUserResponse: "UserAttributes";
        cognito_idp::operation::users::GetUserResponse: "UserAttributes";
        cognito_idp::types::DeviceType: "DeviceAttributes";
        cognito_idp::types::UserType: "Attributes";
    }
}

/// A shape with attributes, under the name that this member has on the wire.
pub(crate) struct WithAttributes {
    pub(crate) shape: String,
    pub(crate) member: &'static str,
    pub(crate) attribute: fn(&Value, &str) -> Result<Option<String>, serde_json::Error>,
}
