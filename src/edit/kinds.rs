//! Every kind of thing that can be edited, but for the user pool and the app client.

use serde_json::{Map, Value};

use super::{
    Edit, Editable, ReadFuture,
    app_client::APP_CLIENT,
    kind::{Call, Kind},
    path,
    rules::Rule,
    user_pool::USER_POOL,
};
use crate::{
    client::Client,
    operation::{
        app_clients::UpdateUserPoolClientRequest,
        branding::{
            DescribeManagedLoginBrandingRequest, GetUiCustomizationRequest,
            SetUiCustomizationRequest, UpdateManagedLoginBrandingRequest,
        },
        cimd::{DescribeCimdPolicyRequest, UpdateCimdPolicyRequest},
        domains::{DescribeUserPoolDomainRequest, UpdateUserPoolDomainRequest},
        groups::{GetGroupRequest, UpdateGroupRequest},
        identity_providers::{DescribeIdentityProviderRequest, UpdateIdentityProviderRequest},
        mfa::{GetUserPoolMfaConfigRequest, SetUserPoolMfaConfigRequest},
        resource_servers::{DescribeResourceServerRequest, UpdateResourceServerRequest},
        security::{
            DescribeRiskConfigurationRequest, GetLogDeliveryConfigurationRequest,
            SetLogDeliveryConfigurationRequest, SetRiskConfigurationRequest,
        },
        sessions::{
            GetUserPoolClientSessionConfigurationRequest, GetUserPoolSessionConfigurationRequest,
            SetUserPoolClientSessionConfigurationRequest, SetUserPoolSessionConfigurationRequest,
        },
        terms::{DescribeTermsRequest, UpdateTermsRequest},
        user_pools::UpdateUserPoolRequest,
    },
};

impl Client {
    /// Begins to change the name and the scopes of a resource server, which are read now.
    ///
    /// The credentials need `cognito-idp:DescribeResourceServer` and
    /// `cognito-idp:UpdateResourceServer`.
    ///
    /// ```no_run
    /// use cognito_idp::operation::resource_servers::ResourceServerScopeType;
    ///
    /// # async fn example(client: cognito_idp::Client) -> Result<(), cognito_idp::Error> {
    /// let mut edit = client.edit_resource_server("eu-central-1_example", "https://api").await?;
    /// edit.change(|mut server| {
    ///     server.scopes.to_mut().push(ResourceServerScopeType::new("orders.delete", "Delete orders"));
    ///     server
    /// })?;
    /// edit.apply().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `DescribeResourceServer`.
    pub fn edit_resource_server(
        &self,
        user_pool_id: impl Into<String>,
        identifier: impl Into<String>,
    ) -> ReadFuture<UpdateResourceServerRequest> {
        edit(
            self,
            user_pool_id.into(),
            [("Identifier", identifier.into())],
        )
    }

    /// Begins to change the settings of an identity provider, which are read now.
    ///
    /// Its secret is among them and written back; it is never shown. The credentials need
    /// `cognito-idp:DescribeIdentityProvider` and `cognito-idp:UpdateIdentityProvider`.
    ///
    /// # Errors
    /// Those of `DescribeIdentityProvider`.
    pub fn edit_identity_provider(
        &self,
        user_pool_id: impl Into<String>,
        provider_name: impl Into<String>,
    ) -> ReadFuture<UpdateIdentityProviderRequest> {
        edit(
            self,
            user_pool_id.into(),
            [("ProviderName", provider_name.into())],
        )
    }

    /// Begins to change the description, role and precedence of a group, which are read now.
    ///
    /// The credentials need `cognito-idp:GetGroup` and `cognito-idp:UpdateGroup`.
    ///
    /// # Errors
    /// Those of `GetGroup`.
    pub fn edit_group(
        &self,
        user_pool_id: impl Into<String>,
        group_name: impl Into<String>,
    ) -> ReadFuture<UpdateGroupRequest> {
        edit(
            self,
            user_pool_id.into(),
            [("GroupName", group_name.into())],
        )
    }

    /// Begins to change the certificate, page version and routing of a pool's domain, which are read
    /// now.
    ///
    /// The domain is the prefix alone, or the full name of a custom one. Where there is no such domain,
    /// Cognito tells one without settings, and refuses the update. The credentials need
    /// `cognito-idp:DescribeUserPoolDomain` and `cognito-idp:UpdateUserPoolDomain`.
    ///
    /// # Errors
    /// Those of `DescribeUserPoolDomain`.
    pub fn edit_user_pool_domain(
        &self,
        user_pool_id: impl Into<String>,
        domain: impl Into<String>,
    ) -> ReadFuture<UpdateUserPoolDomainRequest> {
        edit(self, user_pool_id.into(), [("Domain", domain.into())])
    }

    /// Begins to change the MFA and passkey settings of a user pool, which are read now.
    ///
    /// Where MFA is off, Cognito takes no factor: with `OFF` those that the change does not name are left
    /// out, and who turns MFA on names the factors. The credentials need
    /// `cognito-idp:GetUserPoolMfaConfig` and `cognito-idp:SetUserPoolMfaConfig`.
    ///
    /// # Errors
    /// Those of `GetUserPoolMfaConfig`.
    pub fn edit_user_pool_mfa_config(
        &self,
        user_pool_id: impl Into<String>,
    ) -> ReadFuture<SetUserPoolMfaConfigRequest> {
        edit(self, user_pool_id.into(), [])
    }

    /// Begins to change how a user pool answers risky sign-ins, which is read now.
    ///
    /// The credentials need `cognito-idp:DescribeRiskConfiguration` and
    /// `cognito-idp:SetRiskConfiguration`.
    ///
    /// # Errors
    /// Those of `DescribeRiskConfiguration`.
    pub fn edit_risk_configuration(
        &self,
        user_pool_id: impl Into<String>,
    ) -> ReadFuture<SetRiskConfigurationRequest> {
        edit(self, user_pool_id.into(), [])
    }

    /// Begins to change how one app client answers risky sign-ins, which is read now.
    ///
    /// See [`edit_risk_configuration`](Self::edit_risk_configuration).
    ///
    /// # Errors
    /// Those of `DescribeRiskConfiguration`.
    pub fn edit_client_risk_configuration(
        &self,
        user_pool_id: impl Into<String>,
        client_id: impl Into<String>,
    ) -> ReadFuture<SetRiskConfigurationRequest> {
        edit(self, user_pool_id.into(), [("ClientId", client_id.into())])
    }

    /// Begins to change where a user pool delivers its logs, which is read now.
    ///
    /// The credentials need `cognito-idp:GetLogDeliveryConfiguration` and
    /// `cognito-idp:SetLogDeliveryConfiguration`.
    ///
    /// # Errors
    /// Those of `GetLogDeliveryConfiguration`.
    pub fn edit_log_delivery_configuration(
        &self,
        user_pool_id: impl Into<String>,
    ) -> ReadFuture<SetLogDeliveryConfigurationRequest> {
        edit(self, user_pool_id.into(), [])
    }

    /// Begins to change a managed login style, which is read now, without what it inherits.
    ///
    /// What does not change is not sent, since Cognito keeps it and takes 2 MB at most. Back to Cognito's
    /// own style goes a style by `use_cognito_provided_values`; a change of its settings or images undoes
    /// that. The credentials need `cognito-idp:DescribeManagedLoginBranding` and
    /// `cognito-idp:UpdateManagedLoginBranding`.
    ///
    /// # Errors
    /// Those of `DescribeManagedLoginBranding`.
    pub fn edit_managed_login_branding(
        &self,
        user_pool_id: impl Into<String>,
        managed_login_branding_id: impl Into<String>,
    ) -> ReadFuture<UpdateManagedLoginBrandingRequest> {
        let names = [("ManagedLoginBrandingId", managed_login_branding_id.into())];
        edit(self, user_pool_id.into(), names)
    }

    /// Begins to change the style sheet and the logo that a pool's classic hosted UI has by default;
    /// the style sheet is read now.
    ///
    /// Cognito tells the logo as an address only, so it cannot be written back, and AWS does not say
    /// whether it stays when the style sheet alone is written: set it again to be sure. The credentials
    /// need `cognito-idp:GetUICustomization` and `cognito-idp:SetUICustomization`.
    ///
    /// # Errors
    /// Those of `GetUICustomization`.
    pub fn edit_ui_customization(
        &self,
        user_pool_id: impl Into<String>,
    ) -> ReadFuture<SetUiCustomizationRequest> {
        edit(self, user_pool_id.into(), [])
    }

    /// Begins to change the style sheet and the logo of the classic hosted UI for one app client.
    ///
    /// Where the client has none of its own, it begins with the pool's. See
    /// [`edit_ui_customization`](Self::edit_ui_customization).
    ///
    /// # Errors
    /// Those of `GetUICustomization`.
    pub fn edit_client_ui_customization(
        &self,
        user_pool_id: impl Into<String>,
        client_id: impl Into<String>,
    ) -> ReadFuture<SetUiCustomizationRequest> {
        edit(self, user_pool_id.into(), [("ClientId", client_id.into())])
    }

    /// Begins to change how a user pool tracks sessions, which is read now.
    ///
    /// The credentials need `cognito-idp:GetUserPoolSessionConfiguration` and
    /// `cognito-idp:SetUserPoolSessionConfiguration`.
    ///
    /// # Errors
    /// Those of `GetUserPoolSessionConfiguration`.
    pub fn edit_user_pool_session_configuration(
        &self,
        user_pool_id: impl Into<String>,
    ) -> ReadFuture<SetUserPoolSessionConfigurationRequest> {
        edit(self, user_pool_id.into(), [])
    }

    /// Begins to change how long the sessions of an app client last, which is read now.
    ///
    /// The credentials need `cognito-idp:GetUserPoolClientSessionConfiguration` and
    /// `cognito-idp:SetUserPoolClientSessionConfiguration`.
    ///
    /// # Errors
    /// Those of `GetUserPoolClientSessionConfiguration`.
    pub fn edit_user_pool_client_session_configuration(
        &self,
        user_pool_id: impl Into<String>,
        client_id: impl Into<String>,
    ) -> ReadFuture<SetUserPoolClientSessionConfigurationRequest> {
        edit(self, user_pool_id.into(), [("ClientId", client_id.into())])
    }

    /// Begins to change a terms document, which is read now.
    ///
    /// The credentials need `cognito-idp:DescribeTerms` and `cognito-idp:UpdateTerms`.
    ///
    /// # Errors
    /// Those of `DescribeTerms`.
    pub fn edit_terms(
        &self,
        user_pool_id: impl Into<String>,
        terms_id: impl Into<String>,
    ) -> ReadFuture<UpdateTermsRequest> {
        edit(self, user_pool_id.into(), [("TermsId", terms_id.into())])
    }

    /// Begins to change a policy for client ID metadata documents, which is read now.
    ///
    /// The credentials need `cognito-idp:DescribeCIMDPolicy` and `cognito-idp:UpdateCIMDPolicy`.
    ///
    /// # Errors
    /// Those of `DescribeCIMDPolicy`.
    pub fn edit_cimd_policy(
        &self,
        user_pool_id: impl Into<String>,
        cimd_policy_id: impl Into<String>,
    ) -> ReadFuture<UpdateCimdPolicyRequest> {
        edit(
            self,
            user_pool_id.into(),
            [("CIMDPolicyId", cimd_policy_id.into())],
        )
    }
}

fn edit<O: Editable, const N: usize>(
    client: &Client,
    user_pool_id: String,
    names: [(&'static str, String); N],
) -> ReadFuture<O> {
    let pool = [("UserPoolId", user_pool_id)];
    Edit::read(client, pool.into_iter().chain(names))
}

macro_rules! editable {
    ($($request:ty: $kind:expr,)*) => {
        $(
            impl Editable for $request {
                const KIND: &'static Kind = &$kind;
            }
        )*

        #[cfg(test)]
        pub(super) const ALL: &[&Kind] = &[$(&$kind),*];

        #[cfg(test)]
        pub(super) const UNCHANGED: &[fn(bool, &[u8])] =
            &[$(super::tests::nothing_is_written::<$request>),*];
    };
}

editable! {
    UpdateUserPoolRequest: USER_POOL,
    UpdateUserPoolClientRequest: APP_CLIENT,
    UpdateResourceServerRequest: RESOURCE_SERVER,
    UpdateIdentityProviderRequest: IDENTITY_PROVIDER,
    UpdateGroupRequest: GROUP,
    UpdateUserPoolDomainRequest: DOMAIN,
    SetUserPoolMfaConfigRequest: MFA_CONFIG,
    SetRiskConfigurationRequest: RISK_CONFIGURATION,
    SetLogDeliveryConfigurationRequest: LOG_DELIVERY,
    UpdateManagedLoginBrandingRequest: BRANDING,
    SetUiCustomizationRequest: UI_CUSTOMIZATION,
    SetUserPoolSessionConfigurationRequest: POOL_SESSIONS,
    SetUserPoolClientSessionConfigurationRequest: CLIENT_SESSIONS,
    UpdateTermsRequest: TERMS,
    UpdateCimdPolicyRequest: CIMD_POLICY,
}

static RESOURCE_SERVER: Kind = Kind {
    read_only: &["ManagedBy"],
    rules: &[
        (
            Rule::Text(1),
            &["Name", "Scopes.*.ScopeDescription", "Scopes.*.ScopeName"],
        ),
        (
            Rule::Having(&["ScopeDescription", "ScopeName"]),
            &["Scopes.*"],
        ),
    ],
    ..Kind::new(
        "resource server",
        Call::of::<DescribeResourceServerRequest>(&["UserPoolId", "Identifier"]),
        Some("ResourceServer"),
        Call::of::<UpdateResourceServerRequest>(&["UserPoolId", "Identifier"]),
    )
};

static IDENTITY_PROVIDER: Kind = Kind {
    read_only: &["CreationDate", "LastModifiedDate", "ProviderType"],
    rules: &[(Rule::Text(1), &["AcrMapping.*", "IdpIdentifiers.*"])],
    settle: let_the_new_metadata_stand,
    ..Kind::new(
        "identity provider",
        Call::of::<DescribeIdentityProviderRequest>(&["UserPoolId", "ProviderName"]),
        Some("IdentityProvider"),
        Call::of::<UpdateIdentityProviderRequest>(&["UserPoolId", "ProviderName"]),
    )
};

/// A SAML provider has its metadata from an address or from a file, not both: the one that is set
/// replaces the other.
fn let_the_new_metadata_stand(before: &Map<String, Value>, wanted: &mut Map<String, Value>) {
    let (url, file) = (
        "ProviderDetails.MetadataURL",
        "ProviderDetails.MetadataFile",
    );
    for (set, other) in [(url, file), (file, url)] {
        let is_new = path::find(wanted, set).is_some() && path::differs(set, before, wanted);
        if is_new && !path::differs(other, before, wanted) {
            path::remove(wanted, other);
        }
    }
}

static GROUP: Kind = Kind {
    read_only: &["CreationDate", "LastModifiedDate"],
    rules: &[(Rule::Arn, &["RoleArn"])],
    // AWS does not say what becomes of what is left out.
    resets: false,
    ..Kind::new(
        "group",
        Call::of::<GetGroupRequest>(&["UserPoolId", "GroupName"]),
        Some("Group"),
        Call::of::<UpdateGroupRequest>(&["UserPoolId", "GroupName"]),
    )
};

static DOMAIN: Kind = Kind {
    read_only: &[
        "AWSAccountId",
        "CloudFrontDistribution",
        "S3Bucket",
        "Status",
        "Version",
    ],
    rules: &[
        (Rule::Arn, &["CustomDomainConfig.CertificateArn"]),
        (Rule::Text(1), &["CustomDomainConfig.SecurityPolicy"]),
        (Rule::Text(5), &["Routing.Failover.SecondaryRegion"]),
        (
            Rule::Having(&["PrimaryRoute53HealthCheckId", "SecondaryRegion"]),
            &["Routing.Failover"],
        ),
        (Rule::Having(&["CertificateArn"]), &["CustomDomainConfig"]),
    ],
    // AWS does not say what becomes of what is left out.
    resets: false,
    ..Kind::new(
        "domain",
        Call::of::<DescribeUserPoolDomainRequest>(&["Domain"]),
        Some("DomainDescription"),
        Call::of::<UpdateUserPoolDomainRequest>(&["UserPoolId", "Domain"]),
    )
};

static MFA_CONFIG: Kind = Kind {
    rules: &[
        (
            Rule::WithCode,
            &[
                "EmailMfaConfiguration.Message",
                "SmsMfaConfiguration.SmsAuthenticationMessage",
            ],
        ),
        (
            Rule::Text(5),
            &[
                "SmsMfaConfiguration.SmsConfiguration.EumsSms.Region",
                "SmsMfaConfiguration.SmsConfiguration.SnsRegion",
            ],
        ),
        (
            Rule::Arn,
            &["SmsMfaConfiguration.SmsConfiguration.EumsSms.CallerArn"],
        ),
        (
            Rule::Text(1),
            &[
                "MfaConfiguration",
                "WebAuthnConfiguration.FactorConfiguration",
                "WebAuthnConfiguration.RelyingPartyId",
                "WebAuthnConfiguration.UserVerification",
            ],
        ),
        (
            Rule::Having(&["CallerArn"]),
            &["SmsMfaConfiguration.SmsConfiguration.EumsSms"],
        ),
    ],
    settle: drop_factors_where_mfa_is_off,
    ..Kind::new(
        "MFA configuration",
        Call::of::<GetUserPoolMfaConfigRequest>(&["UserPoolId"]),
        None,
        Call::of::<SetUserPoolMfaConfigRequest>(&["UserPoolId"]),
    )
};

/// "Invalid MFA configuration given, can't turn off MFA and configure an MFA together": that is for who
/// asks for both. A passkey is no factor in this sense.
fn drop_factors_where_mfa_is_off(before: &Map<String, Value>, wanted: &mut Map<String, Value>) {
    if path::find(wanted, "MfaConfiguration").is_none_or(|mfa| mfa != "OFF") {
        return;
    }
    for factor in [
        "EmailMfaConfiguration",
        "SmsMfaConfiguration",
        "SoftwareTokenMfaConfiguration",
    ] {
        if !path::differs(factor, before, wanted) {
            wanted.remove(factor);
        }
    }
}

static RISK_CONFIGURATION: Kind = Kind {
    read_only: &["LastModifiedDate"],
    rules: &[
        (
            Rule::Text(1),
            &[
                "AccountTakeoverRiskConfiguration.Actions.HighAction.EventAction",
                "AccountTakeoverRiskConfiguration.Actions.LowAction.EventAction",
                "AccountTakeoverRiskConfiguration.Actions.MediumAction.EventAction",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.BlockEmail.Subject",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.MfaEmail.Subject",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.NoActionEmail.Subject",
                "CompromisedCredentialsRiskConfiguration.Actions.EventAction",
                "CompromisedCredentialsRiskConfiguration.EventFilter.*",
            ],
        ),
        (
            Rule::Text(6),
            &[
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.BlockEmail.HtmlBody",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.BlockEmail.TextBody",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.MfaEmail.HtmlBody",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.MfaEmail.TextBody",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.NoActionEmail.HtmlBody",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.NoActionEmail.TextBody",
            ],
        ),
        (
            Rule::Arn,
            &["AccountTakeoverRiskConfiguration.NotifyConfiguration.SourceArn"],
        ),
        (
            Rule::Having(&["Subject"]),
            &[
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.BlockEmail",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.MfaEmail",
                "AccountTakeoverRiskConfiguration.NotifyConfiguration.NoActionEmail",
            ],
        ),
        (
            Rule::Having(&["EventAction", "Notify"]),
            &[
                "AccountTakeoverRiskConfiguration.Actions.HighAction",
                "AccountTakeoverRiskConfiguration.Actions.LowAction",
                "AccountTakeoverRiskConfiguration.Actions.MediumAction",
            ],
        ),
        (
            Rule::Having(&["EventAction"]),
            &["CompromisedCredentialsRiskConfiguration.Actions"],
        ),
        (
            Rule::Having(&["SourceArn"]),
            &["AccountTakeoverRiskConfiguration.NotifyConfiguration"],
        ),
        (
            Rule::Having(&["Actions"]),
            &[
                "AccountTakeoverRiskConfiguration",
                "CompromisedCredentialsRiskConfiguration",
            ],
        ),
    ],
    ..Kind::new(
        "risk configuration",
        Call::of::<DescribeRiskConfigurationRequest>(&["UserPoolId", "ClientId"]),
        Some("RiskConfiguration"),
        Call::of::<SetRiskConfigurationRequest>(&["UserPoolId", "ClientId"]),
    )
};

static LOG_DELIVERY: Kind = Kind {
    rules: &[
        (
            Rule::Text(1),
            &[
                "LogConfigurations.*.EventSource",
                "LogConfigurations.*.LogLevel",
            ],
        ),
        (
            Rule::Text(3),
            &["LogConfigurations.*.S3Configuration.BucketArn"],
        ),
        (
            Rule::Arn,
            &[
                "LogConfigurations.*.CloudWatchLogsConfiguration.LogGroupArn",
                "LogConfigurations.*.FirehoseConfiguration.StreamArn",
            ],
        ),
        (
            Rule::Having(&["EventSource", "LogLevel"]),
            &["LogConfigurations.*"],
        ),
    ],
    may_be_unset: true,
    tidy: tell_no_logs_as_none,
    ..Kind::new(
        "log delivery configuration",
        Call::of::<GetLogDeliveryConfigurationRequest>(&["UserPoolId"]),
        Some("LogDeliveryConfiguration"),
        Call::of::<SetLogDeliveryConfigurationRequest>(&["UserPoolId"]),
    )
};

/// The update insists on a list.
fn tell_no_logs_as_none(told: &mut Map<String, Value>) {
    let logs = told.entry("LogConfigurations").or_insert(Value::Null);
    if logs.is_null() {
        *logs = Value::Array(Vec::new());
    }
}

static BRANDING: Kind = Kind {
    read_only: &["CreationDate", "LastModifiedDate"],
    kept: &["Assets", "Settings", "UseCognitoProvidedValues"],
    settle: settle_branding,
    resets: false,
    ..Kind::new(
        "managed login branding",
        Call::of::<DescribeManagedLoginBrandingRequest>(&["UserPoolId", "ManagedLoginBrandingId"]),
        Some("ManagedLoginBranding"),
        Call::of::<UpdateManagedLoginBrandingRequest>(&["UserPoolId", "ManagedLoginBrandingId"]),
    )
};

/// Cognito's own style and one's own are not taken together: the one that is asked for stands.
fn settle_branding(before: &Map<String, Value>, wanted: &mut Map<String, Value>) {
    let cognitos = "UseCognitoProvidedValues";
    let own = ["Assets", "Settings"];
    if path::find(wanted, cognitos) != Some(&Value::Bool(true)) {
        return;
    }
    let is_new = path::differs(cognitos, before, wanted);
    let own_is_new = own
        .iter()
        .any(|member| path::differs(member, before, wanted));
    if is_new {
        for member in own {
            if !path::differs(member, before, wanted) {
                wanted.remove(member);
            }
        }
    } else if own_is_new {
        wanted.insert(cognitos.to_owned(), false.into());
    }
}

static UI_CUSTOMIZATION: Kind = Kind {
    read_only: &["CSSVersion", "CreationDate", "ImageUrl", "LastModifiedDate"],
    write_only: &["ImageFile"],
    ..Kind::new(
        "UI customization",
        Call::of::<GetUiCustomizationRequest>(&["UserPoolId", "ClientId"]),
        Some("UICustomization"),
        Call::of::<SetUiCustomizationRequest>(&["UserPoolId", "ClientId"]),
    )
};

static POOL_SESSIONS: Kind = Kind {
    rules: &[
        (Rule::Text(1), &["UserSessionTracking"]),
        (Rule::Having(&["MaxPerUser"]), &["TokenSession"]),
    ],
    ..Kind::new(
        "session configuration of a user pool",
        Call::of::<GetUserPoolSessionConfigurationRequest>(&["UserPoolId"]),
        None,
        Call::of::<SetUserPoolSessionConfigurationRequest>(&["UserPoolId"]),
    )
};

static CLIENT_SESSIONS: Kind = Kind {
    rules: &[(Rule::Having(&["MaxValidityMinutes"]), &["SSOSession"])],
    ..Kind::new(
        "session configuration of an app client",
        Call::of::<GetUserPoolClientSessionConfigurationRequest>(&["UserPoolId", "ClientId"]),
        None,
        Call::of::<SetUserPoolClientSessionConfigurationRequest>(&["UserPoolId", "ClientId"]),
    )
};

static TERMS: Kind = Kind {
    read_only: &["ClientId", "CreationDate", "LastModifiedDate"],
    rules: &[(Rule::Text(1), &["Enforcement", "Links.*", "TermsSource"])],
    // AWS does not say what becomes of what is left out.
    resets: false,
    ..Kind::new(
        "terms",
        Call::of::<DescribeTermsRequest>(&["UserPoolId", "TermsId"]),
        Some("Terms"),
        Call::of::<UpdateTermsRequest>(&["UserPoolId", "TermsId"]),
    )
};

static CIMD_POLICY: Kind = Kind {
    read_only: &["CreationDate", "LastModifiedDate"],
    rules: &[
        (Rule::Text(1), &["ClientId", "PolicyName"]),
        (Rule::Text(12), &["URLPatterns.*"]),
        (Rule::Filled, &["URLPatterns"]),
    ],
    ..Kind::new(
        "policy for client ID metadata documents",
        Call::of::<DescribeCimdPolicyRequest>(&["UserPoolId", "CIMDPolicyId"]),
        Some("CIMDPolicy"),
        Call::of::<UpdateCimdPolicyRequest>(&["UserPoolId", "CIMDPolicyId"]),
    )
};

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use super::*;

    /// What writes settings and needs no row, and why.
    const EXCEPTIONS: &[(&str, &str)] = &[
        ("AdminSetUserMFAPreference", USERS_OWN),
        ("AdminSetUserPassword", "a password is never told"),
        (
            "AdminSetUserSettings",
            "deprecated in favour of AdminSetUserMFAPreference",
        ),
        ("AdminUpdateAuthEventFeedback", AN_ANSWER),
        ("AdminUpdateDeviceStatus", ONE_MEMBER),
        ("AdminUpdateUserAttributes", ATTRIBUTES),
        ("SetUserMFAPreference", USERS_OWN),
        (
            "SetUserSettings",
            "deprecated in favour of SetUserMFAPreference",
        ),
        ("UpdateAuthEventFeedback", AN_ANSWER),
        (
            "UpdateClientMetadataURLState",
            "an order to refresh or forget, not a setting",
        ),
        ("UpdateDeviceStatus", ONE_MEMBER),
        ("UpdateProvisionedLimit", ONE_MEMBER),
        ("UpdateUserAttributes", ATTRIBUTES),
        ("UpdateUserPoolReplica", ONE_MEMBER),
    ];
    const USERS_OWN: &str = "factors left out keep their settings, and are told as a list of names";
    const AN_ANSWER: &str = "a verdict on an event, written once";
    const ONE_MEMBER: &str = "has one required setting, so nothing can be lost";
    const ATTRIBUTES: &str = "attributes left out stay";

    /// Other readers of what a row reads, and why the row does without them.
    const OTHER_READERS: &[(&str, &str)] = &[
        (
            "DescribeManagedLoginBrandingByClient",
            "DescribeManagedLoginBranding",
        ),
        ("DescribeTermsByClient", "DescribeTerms"),
    ];

    fn model() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/service-model.json");
        let text = std::fs::read_to_string(path).expect("the service model");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What an operation is about, if its name begins with one of these verbs.
    fn noun<'a>(operation: &'a str, verbs: &[&str]) -> Option<&'a str> {
        let name = operation.strip_prefix("Admin").unwrap_or(operation);
        verbs.iter().find_map(|verb| name.strip_prefix(verb))
    }

    const WRITES: &[&str] = &[
        "Set",
        "Update",
        "Put",
        "Modify",
        "Replace",
        "Edit",
        "Change",
        "Configure",
    ];
    const READS: &[&str] = &["Describe", "Get"];

    /// What the rows and the exceptions lack or have too much of, given the names of all operations.
    fn complaints(operations: &BTreeSet<String>) -> Vec<String> {
        let mut complaints = Vec::new();
        let rows: BTreeMap<_, _> = ALL
            .iter()
            .map(|kind| (kind.write.operation, kind.read.operation))
            .collect();
        let exceptions: BTreeMap<_, _> = EXCEPTIONS.iter().copied().collect();
        let writers = operations
            .iter()
            .filter(|name| noun(name, WRITES).is_some());
        // A password is changed by knowing the old one.
        for writer in writers.filter(|name| *name != "ChangePassword") {
            let has_row = rows.contains_key(writer.as_str());
            if has_row == exceptions.contains_key(writer.as_str()) {
                complaints.push(format!(
                    "{writer}: needs a row or an exception, and not both"
                ));
            }
        }
        for (writer, reader) in &rows {
            if noun(writer, WRITES) != noun(reader, READS) {
                complaints.push(format!("{writer}: is not read by {reader}"));
            }
        }
        for name in rows.iter().flat_map(|(writer, reader)| [writer, reader]) {
            if !operations.contains(*name) {
                complaints.push(format!("{name}: is no operation"));
            }
        }
        for name in exceptions
            .keys()
            .filter(|name| !operations.contains(**name))
        {
            complaints.push(format!("{name}: is no operation"));
        }
        // A second way to read what a row reads.
        for reader in operations.iter().filter(|name| noun(name, READS).is_some()) {
            let reads = |kind: &&&Kind| {
                let noun = noun(kind.read.operation, READS).unwrap_or_default();
                reader.ends_with(&format!("Describe{noun}ByClient"))
            };
            let known = OTHER_READERS.iter().any(|(other, _)| other == reader);
            if ALL.iter().any(|kind| reads(&kind)) != known {
                complaints.push(format!("{reader}: reads what another operation reads"));
            }
        }
        complaints
    }

    fn operations() -> BTreeSet<String> {
        let model = model();
        let operations = model["operations"].as_object().expect("the operations");
        operations.keys().cloned().collect()
    }

    #[test]
    fn every_pair_of_reading_and_writing_has_a_row_or_a_reason_not_to() {
        assert_eq!(complaints(&operations()), [""; 0]);
    }

    #[test]
    fn a_pair_that_comes_or_goes_is_noticed() {
        let mut more = operations();
        more.extend(["DescribeThing", "UpdateThing", "AdminSetThing"].map(str::to_owned));
        assert_eq!(
            complaints(&more),
            [
                "AdminSetThing: needs a row or an exception, and not both",
                "UpdateThing: needs a row or an exception, and not both",
            ]
        );
        let mut fewer = operations();
        fewer.remove("UpdateGroup");
        fewer.remove("SetUserSettings");
        assert_eq!(
            complaints(&fewer),
            [
                "UpdateGroup: is no operation",
                "SetUserSettings: is no operation"
            ]
        );
    }

    #[test]
    fn what_names_a_thing_is_all_that_reading_and_writing_ask_for_besides_settings() {
        let model = model();
        for kind in ALL {
            let shape = |call: &Call| &model["shapes"][format!("{}Request", call.operation)];
            let required = |call: &Call| -> BTreeSet<String> {
                let required = shape(call)["required"].as_array().into_iter().flatten();
                required
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect()
            };
            for call in [&kind.read, &kind.write] {
                for name in call.names {
                    assert!(
                        shape(call)["members"].get(name).is_some(),
                        "{}: {name}",
                        kind.name
                    );
                }
            }
            let names: BTreeSet<_> = kind
                .read
                .names
                .iter()
                .map(|name| (*name).to_owned())
                .collect();
            assert!(required(&kind.read).is_subset(&names), "{}", kind.name);
            for name in kind.read.names {
                assert!(kind.write.names.contains(name), "{}: {name}", kind.name);
            }
        }
    }

    fn settled(kind: &Kind, before: &Value, wanted: &Value) -> Value {
        match (before, wanted.clone()) {
            (Value::Object(before), Value::Object(mut wanted)) => {
                (kind.settle)(before, &mut wanted);
                Value::Object(wanted)
            }
            _ => panic!("objects"),
        }
    }

    #[test]
    fn with_mfa_off_only_the_factors_that_are_asked_for_are_written() {
        let on = json!({
            "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": true},
            "SmsMfaConfiguration": {"SmsAuthenticationMessage": "{####}"},
            "WebAuthnConfiguration": {"UserVerification": "required"},
        });
        assert_eq!(settled(&MFA_CONFIG, &on, &on), on);
        let mut off = on.clone();
        off["MfaConfiguration"] = "OFF".into();
        off["SmsMfaConfiguration"]["SmsAuthenticationMessage"] = "new {####}".into();
        assert_eq!(
            settled(&MFA_CONFIG, &on, &off),
            json!({
                "MfaConfiguration": "OFF", "SmsMfaConfiguration": {"SmsAuthenticationMessage": "new {####}"},
                "WebAuthnConfiguration": {"UserVerification": "required"},
            })
        );
    }

    #[test]
    fn the_metadata_that_is_set_replaces_the_other() {
        let by_url = json!({"ProviderDetails": {"MetadataURL": "https://a", "IDPSignout": "true"}});
        let mut wanted = by_url.clone();
        wanted["ProviderDetails"]["MetadataFile"] = "<xml/>".into();
        let by_file = json!({"ProviderDetails": {"MetadataFile": "<xml/>", "IDPSignout": "true"}});
        assert_eq!(settled(&IDENTITY_PROVIDER, &by_url, &wanted), by_file);
        assert_eq!(settled(&IDENTITY_PROVIDER, &by_file, &wanted), by_url);
        // Both told, or both asked for, is for Cognito to judge.
        assert_eq!(settled(&IDENTITY_PROVIDER, &wanted, &wanted), wanted);
        assert_eq!(settled(&IDENTITY_PROVIDER, &json!({}), &wanted), wanted);
    }

    #[test]
    fn cognitos_style_and_ones_own_are_not_written_together() {
        let own = json!({"UseCognitoProvidedValues": false, "Settings": {"a": 1}, "Assets": [1]});
        let mut wanted = own.clone();
        wanted["UseCognitoProvidedValues"] = true.into();
        let cognitos = json!({"UseCognitoProvidedValues": true});
        assert_eq!(settled(&BRANDING, &own, &wanted), cognitos);
        let wanted = json!({"UseCognitoProvidedValues": true, "Settings": {"b": 1}});
        let expected = json!({"UseCognitoProvidedValues": false, "Settings": {"b": 1}});
        assert_eq!(settled(&BRANDING, &cognitos, &wanted), expected);
        assert_eq!(settled(&BRANDING, &cognitos, &cognitos), cognitos);
    }

    #[test]
    fn a_pool_without_logs_has_an_empty_list_of_them() {
        for told in [
            json!({}),
            json!({"LogConfigurations": null}),
            json!({"LogConfigurations": []}),
        ] {
            let Value::Object(told) = told else {
                panic!("an object")
            };
            let settings = LOG_DELIVERY.settings(told);
            assert_eq!(Value::Object(settings), json!({"LogConfigurations": []}));
        }
    }
}
