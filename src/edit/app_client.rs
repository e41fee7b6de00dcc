//! The settings of an app client.

use super::{
    kind::{Call, Kind},
    rules::{Rule, Rules},
};
use crate::operation::app_clients::{DescribeUserPoolClientRequest, UpdateUserPoolClientRequest};

pub(crate) static APP_CLIENT: Kind = Kind {
    read_only: &[
        "ClientSecret",
        "ClientSecretArn",
        "ClientType",
        "CreationDate",
        "LastModifiedDate",
    ],
    // Left out it changes nothing; `false` deletes the secret in Secrets Manager at once.
    write_only: &["PublishSecretsInAWSSecretsManager"],
    rules: RULES,
    ..Kind::new(
        "app client",
        Call::of::<DescribeUserPoolClientRequest>(&["UserPoolId", "ClientId"]),
        Some("UserPoolClient"),
        Call::of::<UpdateUserPoolClientRequest>(&["UserPoolId", "ClientId"]),
    )
};

/// The constraints of the service model on what `UpdateUserPoolClient` is given.
const RULES: Rules = &[
    (
        Rule::Text(1),
        &[
            "AllowedOAuthFlows.*",
            "AllowedOAuthScopes.*",
            "CallbackURLs.*",
            "ClientName",
            "DefaultRedirectURI",
            "ExplicitAuthFlows.*",
            "LogoutURLs.*",
            "PreventUserExistenceErrors",
            "ReadAttributes.*",
            "RefreshTokenRotation.Feature",
            "SupportedIdentityProviders.*",
            "TokenValidityUnits.AccessToken",
            "TokenValidityUnits.IdToken",
            "TokenValidityUnits.RefreshToken",
            "WriteAttributes.*",
        ],
    ),
    (
        Rule::Arn,
        &[
            "AnalyticsConfiguration.ApplicationArn",
            "AnalyticsConfiguration.RoleArn",
        ],
    ),
    (Rule::Having(&["Feature"]), &["RefreshTokenRotation"]),
];
