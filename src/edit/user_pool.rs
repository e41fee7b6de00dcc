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
    if path::find(wanted, successor).is_some() && !path::differs(superseded, before, wanted) {
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
        if verifies_by_link && older.starts_with("Email") && !path::differs(older, before, wanted) {
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
        path::differs(older, before, wanted),
        path::differs(newer, before, wanted),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(pool: Value) -> Value {
        let Value::Object(pool) = pool else {
            panic!("a pool is an object")
        };
        Value::Object(USER_POOL.settings(pool))
    }

    #[test]
    fn unknown_settings_go_back_and_read_only_ones_do_not() {
        let mut pool = json!({
            "FutureSetting": {"Deep": [1.5, null, ""], "LambdaArn": ""},
            "UserPoolTags": {"team": "", "aws:cloudformation:stack-name": "b"},
        });
        let expected = json!({
            "FutureSetting": {"Deep": [1.5, null, ""], "LambdaArn": ""},
            "UserPoolTags": {"team": ""},
        });
        for member in USER_POOL.read_only {
            pool[member] = json!("x");
        }
        assert_eq!(written(pool), expected);
    }

    #[test]
    fn the_superseded_days_go_only_where_their_successor_is() {
        let pool = |policy: Value| {
            json!({
                "AdminCreateUserConfig": {"UnusedAccountValidityDays": 7},
                "Policies": {"PasswordPolicy": policy},
            })
        };
        let days = |pool: Value| written(pool)["AdminCreateUserConfig"].clone();
        assert_eq!(
            days(pool(json!({"TemporaryPasswordValidityDays": 7}))),
            json!({})
        );
        for policy in [
            json!({"MinimumLength": 8}),
            json!({"TemporaryPasswordValidityDays": null}),
        ] {
            assert_eq!(days(pool(policy)), json!({"UnusedAccountValidityDays": 7}));
        }
        let bare = json!({"AdminCreateUserConfig": {"UnusedAccountValidityDays": 7}});
        assert_eq!(written(bare.clone()), bare);
    }

    #[test]
    fn what_was_never_set_and_is_told_as_empty_is_left_out_with_what_requires_it() {
        let pool = json!({
            "EmailConfiguration": {"SourceArn": "", "ReplyToEmailAddress": "", "From": ""},
            "EmailVerificationMessage": "", "EmailVerificationSubject": "",
            "LambdaConfig": {
                "PreSignUp": "",
                "PreTokenGenerationConfig": {"LambdaVersion": "V1_0", "LambdaArn": ""},
            },
            "SmsConfiguration": {"SnsCallerArn": "", "SnsRegion": ""},
            "SmsVerificationMessage": "",
            "AccountRecoverySetting": {"RecoveryMechanisms": []},
            "UserPoolAddOns": {"AdvancedSecurityAdditionalFlows": {}},
            "VerificationMessageTemplate": {"EmailMessage": "", "DefaultEmailOption": "CONFIRM_WITH_CODE"},
        });
        assert_eq!(
            written(pool),
            json!({
                "EmailConfiguration": {"From": ""},
                "LambdaConfig": {},
                "SmsConfiguration": {"SnsCallerArn": ""},
                "AccountRecoverySetting": {},
                "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
            })
        );
    }

    /// The settings as they are written after a change of some members.
    fn settled(before: &Value, changes: &[(&str, Value)]) -> Value {
        let Value::Object(before) = before else {
            panic!("a pool is an object")
        };
        let before = USER_POOL.settings(before.clone());
        let mut wanted = before.clone();
        for (path, value) in changes {
            path::replace(&mut wanted, path, value.clone());
        }
        settle(&before, &mut wanted);
        Value::Object(wanted)
    }

    #[test]
    fn of_two_members_that_say_the_same_the_unchanged_one_follows() {
        let pool = json!({
            "EmailVerificationMessage": "{####}", "EmailVerificationSubject": "s",
            "SmsVerificationMessage": "{####}",
            "VerificationMessageTemplate": {
                "EmailMessage": "{####}", "EmailSubject": "s", "SmsMessage": "{####}",
            },
        });
        let newer = settled(
            &pool,
            &[
                (
                    "VerificationMessageTemplate.EmailMessage",
                    json!("new {####}"),
                ),
                ("VerificationMessageTemplate.SmsMessage", Value::Null),
            ],
        );
        assert_eq!(newer["EmailVerificationMessage"], "new {####}");
        assert_eq!(newer["EmailVerificationSubject"], "s");
        assert_eq!(newer.get("SmsVerificationMessage"), None);

        let older = settled(&pool, &[("EmailVerificationSubject", json!("new"))]);
        assert_eq!(older["VerificationMessageTemplate"]["EmailSubject"], "new");
        assert_eq!(
            older["VerificationMessageTemplate"]["EmailMessage"],
            "{####}"
        );

        // Whoever says both hears from Cognito what it thinks of it.
        let both = settled(
            &pool,
            &[
                ("EmailVerificationSubject", json!("one")),
                ("VerificationMessageTemplate.EmailSubject", json!("other")),
            ],
        );
        assert_eq!(both["EmailVerificationSubject"], "one");
        assert_eq!(both["VerificationMessageTemplate"]["EmailSubject"], "other");
        assert_eq!(settled(&pool, &[]), pool);
    }

    #[test]
    fn the_superseded_days_go_when_their_successor_comes_unless_they_were_asked_for() {
        let pool = json!({
            "AdminCreateUserConfig": {"UnusedAccountValidityDays": 7},
            "Policies": {"PasswordPolicy": {"MinimumLength": 8}},
        });
        let successor = "Policies.PasswordPolicy.TemporaryPasswordValidityDays";
        let superseded = "AdminCreateUserConfig.UnusedAccountValidityDays";
        let settings = settled(&pool, &[(successor, json!(3))]);
        assert_eq!(settings["AdminCreateUserConfig"], json!({}));
        let settings = settled(&pool, &[(successor, json!(3)), (superseded, json!(5))]);
        assert_eq!(
            settings["AdminCreateUserConfig"]["UnusedAccountValidityDays"],
            5
        );
    }

    #[test]
    fn the_name_is_a_setting_by_its_name_in_the_request() {
        assert_eq!(
            written(json!({"Name": "shop", "Id": "pool"})),
            json!({"PoolName": "shop"})
        );
    }
}
