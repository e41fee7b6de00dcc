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

/// Every enum of the crate's shapes. A new one needs its name here, by module.
pub(crate) fn enums() -> Vec<Enum> {
    use cognito_idp::{
        operation::{
            app_clients, auth, branding, cimd, devices, domains, identity_providers, mfa,
            recoveries, replicas, resource_servers, security, sessions, terms, user_import,
            user_pools, users,
        },
        types,
    };

    macro_rules! list {
        ($($module:ident { $($name:ident)* })*) => {
            vec![$($({
                type This = $module::$name;
                Enum {
                    name: short_name::<This>(),
                    values: This::VALUES,
                    reread: |value| {
                        let read: This = read(&Value::from(value))?;
                        Ok((to_json(&read), !matches!(read, This::Other(_))))
                    },
                }
            }),*),*]
        };
    }
    list! {
        types {
            AuthFactorType DeliveryMediumType OAuthFlowType RevokeAssociatedSessionsType
            UserPoolMfaType UserStatusType
        }
        app_clients {
            ClientTypeType ExplicitAuthFlowsType FeatureType PreventUserExistenceErrorTypes
            TimeUnitsType
        }
        auth {
            AuthFlowType ChallengeName ChallengeNameType ChallengeResponse EventResponseType
            EventType FeedbackValueType IssuedTokenTypeIdentifierType OAuthTokenTypeType
            RiskDecisionType RiskLevelType TokenTypeIdentifierType
        }
        branding {
            AssetCategoryType AssetExtensionType ColorSchemeModeType
        }
        cimd {
            CimdCacheActionType
        }
        devices {
            DeviceRememberedStatusType
        }
        domains {
            DomainStatusType SecurityPolicyType
        }
        identity_providers {
            IdentityProviderTypeType
        }
        mfa {
            UserVerificationType VerifySoftwareTokenResponseType
            WebAuthnFactorConfigurationType
        }
        recoveries {
            RestoreStatusType
        }
        replicas {
            ReplicaRoleType ReplicaStatusType UpdateReplicaStatusType
        }
        resource_servers {
            ResourceServerManagedByType
        }
        security {
            AccountTakeoverEventActionType CompromisedCredentialsEventActionType
            EventFilterType EventSourceName LimitClass LogLevel
        }
        sessions {
            SessionTypeType UserSessionTrackingType
        }
        terms {
            TermsEnforcementType TermsSourceType
        }
        user_import {
            PasswordHashingAlgorithmType UserImportJobStatusType
        }
        user_pools {
            AdvancedSecurityEnabledModeType AdvancedSecurityModeType AliasAttributeType
            AttributeDataType CustomEmailSenderLambdaVersionType
            CustomSmsSenderLambdaVersionType DefaultEmailOptionType DeletionProtectionType
            EmailSendingAccountType EncryptionKeyType InboundFederationLambdaVersionType
            IssuerType PreTokenGenerationLambdaVersionType RecoveryOptionNameType StatusType
            UserPoolTierType UsernameAttributeType VerifiedAttributeType
        }
        users {
            MessageActionType
        }
    }
}
