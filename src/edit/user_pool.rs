//! The settings of a user pool.

use serde_json::{Map, Value};

use super::{
    kind::{Call, Kind, Renamed},
    path,
    rules::{Rule, Rules},
};
use crate::operation::user_pools::{DescribeUserPoolRequest, UpdateUserPoolRequest};

pub(crate) static USER_POOL: Kind = Kind {
    read_only: &[
        "AliasAttributes",
        "Arn",
        "CreationDate",
        "CustomDomain",
        "Domain",
        "EmailConfigurationFailure",
        "EstimatedNumberOfUsers",
        "Id",
        "LastModifiedDate",
        "SchemaAttributes",
        "SmsConfigurationFailure",
        "Status",
        "UsernameAttributes",
        "UsernameConfiguration",
    ],
    renamed: &[Renamed {
        told: "Name",
        written: "PoolName",
    }],
    kept: &["PoolName"],
    rules: RULES,
    tidy: drop_tags_of_aws,
    settle,
    ..Kind::new(
        "user pool",
        Call::of::<DescribeUserPoolRequest>(&["UserPoolId"]),
        Some("UserPool"),
        Call::of::<UpdateUserPoolRequest>(&["UserPoolId"]),
    )
};

/// The constraints of the service model on what `UpdateUserPool` is given.
const RULES: Rules = &[
    (
        Rule::Text(1),
        &[
            "AccountRecoverySetting.RecoveryMechanisms.*.Name",
            "AcrConfiguration.*.AcrValue",
            "AdminCreateUserConfig.InviteMessageTemplate.EmailSubject",
            "AutoVerifiedAttributes.*",
            "DcrConfiguration.AllowedScopes.*",
            "DcrConfiguration.AuthenticatedGrantTypes.*",
            "DcrConfiguration.EnableStatus",
            "DcrConfiguration.OpenDcrGrantTypes.*",
            "DeletionProtection",
            "EmailConfiguration.ConfigurationSet",
            "EmailConfiguration.EmailSendingAccount",
            "EmailVerificationSubject",
            "IssuerConfiguration.Type",
            "KeyConfiguration.KeyType",
            "LambdaConfig.CustomEmailSender.LambdaVersion",
            "LambdaConfig.CustomSMSSender.LambdaVersion",
            "LambdaConfig.InboundFederation.LambdaVersion",
            "LambdaConfig.PreTokenGenerationConfig.LambdaVersion",
            "MfaConfiguration",
            "Policies.SignInPolicy.AllowedFirstAuthFactors.*",
            "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate.*",
            "UserPoolAddOns.AdvancedSecurityAdditionalFlows.CustomAuthMode",
            "UserPoolAddOns.AdvancedSecurityMode",
            "UserPoolTier",
            "VerificationMessageTemplate.DefaultEmailOption",
            "VerificationMessageTemplate.EmailSubject",
            "VerificationMessageTemplate.EmailSubjectByLink",
        ],
    ),
    (
        Rule::Text(5),
        &[
            "SmsConfiguration.EumsSms.Region",
            "SmsConfiguration.SnsRegion",
        ],
    ),
    (
        Rule::Text(6),
        &[
            "AdminCreateUserConfig.InviteMessageTemplate.EmailMessage",
            "AdminCreateUserConfig.InviteMessageTemplate.SMSMessage",
        ],
    ),
    (
        Rule::WithCode,
        &[
            "EmailVerificationMessage",
            "SmsAuthenticationMessage",
            "SmsVerificationMessage",
            "VerificationMessageTemplate.EmailMessage",
            "VerificationMessageTemplate.SmsMessage",
        ],
    ),
    (
        Rule::WithLink,
        &["VerificationMessageTemplate.EmailMessageByLink"],
    ),
    (
        Rule::Arn,
        &[
            "EmailConfiguration.SourceArn",
            "KeyConfiguration.KmsKeyArn",
            "LambdaConfig.CreateAuthChallenge",
            "LambdaConfig.CustomEmailSender.LambdaArn",
            "LambdaConfig.CustomMessage",
            "LambdaConfig.CustomSMSSender.LambdaArn",
            "LambdaConfig.DefineAuthChallenge",
            "LambdaConfig.InboundFederation.LambdaArn",
            "LambdaConfig.KMSKeyID",
            "LambdaConfig.PostAuthentication",
            "LambdaConfig.PostConfirmation",
            "LambdaConfig.PreAuthentication",
            "LambdaConfig.PreSignUp",
            "LambdaConfig.PreTokenGeneration",
            "LambdaConfig.PreTokenGenerationConfig.LambdaArn",
            "LambdaConfig.UserMigration",
            "LambdaConfig.VerifyAuthChallengeResponse",
            "SmsConfiguration.EumsSms.CallerArn",
        ],
    ),
    (Rule::Address, &["EmailConfiguration.ReplyToEmailAddress"]),
    (
        Rule::Having(&["LambdaArn", "LambdaVersion"]),
        &[
            "LambdaConfig.CustomEmailSender",
            "LambdaConfig.CustomSMSSender",
            "LambdaConfig.InboundFederation",
            "LambdaConfig.PreTokenGenerationConfig",
        ],
    ),
    (
        Rule::Having(&["Name", "Priority"]),
        &["AccountRecoverySetting.RecoveryMechanisms.*"],
    ),
    (Rule::Having(&["AcrValue"]), &["AcrConfiguration.*"]),
    (Rule::Having(&["CallerArn"]), &["SmsConfiguration.EumsSms"]),
    (Rule::Having(&["AdvancedSecurityMode"]), &["UserPoolAddOns"]),
    (
        Rule::Filled,
        &[
            "AccountRecoverySetting.RecoveryMechanisms",
            "Policies.SignInPolicy.AllowedFirstAuthFactors",
        ],
    ),
];

/// Tags with this prefix belong to AWS; nobody else can set or remove them.
fn drop_tags_of_aws(pool: &mut Map<String, Value>) {
    if let Some(Value::Object(tags)) = pool.get_mut("UserPoolTags") {
        tags.retain(|name, _| !name.starts_with("aws:"));
    }
}

fn settle(before: &Map<String, Value>, wanted: &mut Map<String, Value>) {
    // An answer mirrors the one member in the other, and Cognito refuses both at once: "Please use
    // `TemporaryPasswordValidityDays` in `PasswordPolicy` instead of `UnusedAccountValidityDays`".
    let successor = "Policies.PasswordPolicy.TemporaryPasswordValidityDays";
    let superseded = "AdminCreateUserConfig.UnusedAccountValidityDays";
    if path::find(wanted, successor).is_some() && !differs(superseded, before, wanted) {
        path::remove(wanted, superseded);
    }

    // Older members mirror the texts for codes: equal, or Cognito finds a contradiction.
    let method = path::find(wanted, "VerificationMessageTemplate.DefaultEmailOption");
    let verifies_by_link = method.is_some_and(|method| method == "CONFIRM_WITH_LINK");
    for (older, member) in [
        ("EmailVerificationMessage", "EmailMessage"),
        ("EmailVerificationSubject", "EmailSubject"),
        ("SmsVerificationMessage", "SmsMessage"),
    ] {
        let newer = format!("VerificationMessageTemplate.{member}");
        if verifies_by_link && older.starts_with("Email") && !differs(older, before, wanted) {
            wanted.remove(older);
        }
        settle_mirror(older, &newer, before, wanted);
    }
}

/// Lets the one of two members that say the same follow the other, which alone was changed.
fn settle_mirror(
    older: &str,
    newer: &str,
    before: &Map<String, Value>,
    wanted: &mut Map<String, Value>,
) {
    if path::find(before, older).is_none() || path::find(wanted, older).is_none() {
        return;
    }
    let (follower, changed) = match (
        differs(older, before, wanted),
        differs(newer, before, wanted),
    ) {
        (false, true) => (older, newer),
        (true, false) if path::find(before, newer).is_some() => (newer, older),
        _ => return,
    };
    match path::find(wanted, changed).cloned() {
        Some(value) => path::replace(wanted, follower, value),
        None => path::remove(wanted, follower),
    }
}

fn differs(path: &str, before: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    path::find(before, path) != path::find(wanted, path)
}
