//! What `DescribeUserPool` tells, made into what `UpdateUserPool` takes.

use serde_json::{Map, Value};

/// What `DescribeUserPool` tells and `UpdateUserPool` does not take. Everything else goes back as it
/// came, also what this version knows nothing of: `UpdateUserPool` resets what it is not given.
const READ_ONLY: [&str; 15] = [
    "AliasAttributes",
    "Arn",
    "CreationDate",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "Id",
    "LastModifiedDate",
    "Name",
    "SchemaAttributes",
    "SmsConfigurationFailure",
    "Status",
    "UsernameAttributes",
    "UsernameConfiguration",
];

/// What a written member must be. Cognito tells some that were never set as empty, and refuses them
/// as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// A text of so many characters at least.
    Text(usize),
    /// A text that holds the placeholder of a code.
    WithCode,
    /// A text that holds the placeholders of a link.
    WithLink,
    Arn,
    Address,
    /// A list of one at least.
    Filled,
    /// An object that has these members.
    Having(&'static [&'static str]),
}

/// The constraints of the service model on what `UpdateUserPool` is given, the inner members first,
/// because what breaks its rule is left out and may be what the outer one requires. `*` stands for
/// every item of a list and every value of a map.
const RULES: &[(Rule, &[&str])] = &[
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

/// Makes of a described pool the settings that keep it as it is when they are written.
pub(super) fn writable(mut pool: Map<String, Value>) -> Map<String, Value> {
    for member in READ_ONLY {
        pool.remove(member);
    }
    drop_superseded(&mut pool);
    if let Some(Value::Object(tags)) = pool.get_mut("UserPoolTags") {
        // Tags with this prefix belong to AWS; nobody else can set or remove them.
        tags.retain(|name, _| !name.starts_with("aws:"));
    }
    let mut pool = Value::Object(pool);
    for (rule, paths) in RULES {
        for path in *paths {
            stays(&mut pool, Some(path), *rule);
        }
    }
    match pool {
        Value::Object(pool) => pool,
        _ => unreachable!("it was made an object"),
    }
}

/// An answer mirrors the one member in the other, and Cognito refuses both at once: "Please use
/// `TemporaryPasswordValidityDays` in `PasswordPolicy` instead of `UnusedAccountValidityDays`".
fn drop_superseded(pool: &mut Map<String, Value>) {
    let has_successor = pool
        .get("Policies")
        .and_then(|policies| policies.get("PasswordPolicy"))
        .and_then(|policy| policy.get("TemporaryPasswordValidityDays"))
        .is_some_and(|days| !days.is_null());
    if has_successor && let Some(Value::Object(config)) = pool.get_mut("AdminCreateUserConfig") {
        config.remove("UnusedAccountValidityDays");
    }
}

/// Leaves out what breaks the rule at the end of a path; whether the value itself stays.
fn stays(value: &mut Value, path: Option<&str>, rule: Rule) -> bool {
    let Some(path) = path else {
        return rule.allows(value);
    };
    let (member, rest) = match path.split_once('.') {
        Some((member, rest)) => (member, Some(rest)),
        None => (path, None),
    };
    match value {
        Value::Array(items) if member == "*" => items.retain_mut(|item| stays(item, rest, rule)),
        Value::Object(members) if member == "*" => {
            members.retain(|_, value| stays(value, rest, rule));
        }
        Value::Object(members) => {
            let found = members.get_mut(member);
            let breaks = found.is_some_and(|value| !stays(value, rest, rule));
            if breaks {
                members.remove(member);
            }
        }
        _ => {}
    }
    true
}

impl Rule {
    /// Whether a value keeps the rule; what is of another type is not ours to judge.
    fn allows(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) => false,
            (Self::Text(least), Value::String(text)) => text.chars().count() >= least,
            (Self::WithCode, Value::String(text)) => text.contains(CODE),
            (Self::WithLink, Value::String(text)) => has_link(text),
            (Self::Arn, Value::String(text)) => text.starts_with("arn:") && text.len() >= 20,
            (Self::Address, Value::String(text)) => text
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
            (Self::Filled, Value::Array(items)) => !items.is_empty(),
            (Self::Having(required), Value::Object(members)) => {
                let has = |name: &&str| members.get(*name).is_some_and(|value| !value.is_null());
                required.iter().all(has)
            }
            _ => true,
        }
    }
}

/// Placeholder of the code or the temporary password.
pub(super) const CODE: &str = "{####}";

/// Whether a text holds the placeholders around the text of a link.
pub(super) fn has_link(text: &str) -> bool {
    text.split_once("{##")
        .is_some_and(|(_, rest)| rest.rfind("##}").is_some_and(|end| end > 0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(pool: Value) -> Value {
        let Value::Object(pool) = pool else {
            panic!("a pool is an object")
        };
        Value::Object(writable(pool))
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
        for member in READ_ONLY {
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

    // The same constraints once more, by the names of the model's shapes.

    fn model() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/service-model.json");
        let text = std::fs::read_to_string(path).expect("the service model");
        serde_json::from_str::<Value>(&text).expect("JSON")["shapes"].take()
    }

    /// The rule for a shape, as the service model gives it in lengths and patterns.
    fn rule_of(name: &str, shape: &Value) -> Option<Rule> {
        Some(match name {
            "EmailVerificationSubjectType"
            | "EmailVerificationSubjectByLinkType"
            | "AcrValueType"
            | "ScopeType"
            | "SESConfigurationSet" => Rule::Text(1),
            "RegionCodeType" => Rule::Text(5),
            "EmailInviteMessageType" | "SmsInviteMessageType" => Rule::Text(6),
            "EmailVerificationMessageType" | "SmsVerificationMessageType" => Rule::WithCode,
            "EmailVerificationMessageByLinkType" => Rule::WithLink,
            "ArnType" | "EncryptionKeyArnType" => Rule::Arn,
            "EmailAddressType" => Rule::Address,
            "RecoveryMechanismsType" | "AllowedFirstAuthFactorsListType" => Rule::Filled,
            _ if !shape["enum"].is_null() => Rule::Text(1),
            _ => return None,
        })
    }

    fn required(shape: &Value) -> Vec<String> {
        let names = shape["required"].as_array().into_iter().flatten();
        let mut names: Vec<_> = names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// Visits every shape below `UpdateUserPoolRequest` but the pool's ID and name.
    fn walk(shapes: &Value, name: &str, path: &str, visit: &mut impl FnMut(&str, &str, &Value)) {
        let shape = &shapes[name];
        visit(path, name, shape);
        let below = |member: &str| {
            let separator = if path.is_empty() { "" } else { "." };
            format!("{path}{separator}{member}")
        };
        for (member, target) in shape["members"].as_object().into_iter().flatten() {
            if !["UserPoolId", "PoolName"].contains(&member.as_str()) {
                walk(
                    shapes,
                    target.as_str().unwrap_or_default(),
                    &below(member),
                    visit,
                );
            }
        }
        for inner in ["member", "value"] {
            if let Some(target) = shape[inner].as_str() {
                walk(shapes, target, &below("*"), visit);
            }
        }
    }

    #[test]
    fn every_member_that_the_model_constrains_has_its_rule() {
        let mut expected = BTreeSet::new();
        walk(
            &model(),
            "UpdateUserPoolRequest",
            "",
            &mut |path, name, shape| {
                if let Some(rule) = rule_of(name, shape) {
                    expected.insert(format!("{path} {rule:?}"));
                }
                let required = required(shape);
                if !required.is_empty() && !path.is_empty() {
                    expected.insert(format!("{path} Having({required:?})"));
                }
            },
        );
        let ours: BTreeSet<_> = RULES
            .iter()
            .flat_map(|(rule, paths)| paths.iter().map(move |path| format!("{path} {rule:?}")))
            .collect();
        assert_eq!(ours, expected);
    }

    /// Keeps every rule for texts.
    const GOOD: &str = "arn:aws:lambda:eu-west-1:1:function:f a@b {####} {##x##}";
    const TEXTS: [&str; 8] = ["", "x", "{####}", "{##x##}", "a@b", "@", "arn:", GOOD];

    /// A value of a shape, good or, if that is allowed, bad as the choices fall.
    fn value(
        shapes: &Value,
        name: &str,
        bad_allowed: bool,
        choices: &mut dyn Iterator<Item = u8>,
    ) -> Value {
        let shape = &shapes[name];
        let target = |inner: &Value| inner.as_str().unwrap_or_default().to_owned();
        let mut choose = |among: u8| choices.next().unwrap_or_default() % among;
        match shape["type"].as_str() {
            Some("string") if bad_allowed => TEXTS[usize::from(choose(8))].into(),
            Some("string") => GOOD.into(),
            Some("list") => {
                let count = choose(3) + u8::from(!bad_allowed);
                let item = |_| value(shapes, &target(&shape["member"]), bad_allowed, choices);
                (0..count).map(item).collect()
            }
            Some("map") => {
                json!({"key": value(shapes, &target(&shape["value"]), bad_allowed, choices)})
            }
            Some("structure") => {
                let required = required(shape);
                let mut made = Map::new();
                for (member, inner) in shape["members"].as_object().into_iter().flatten() {
                    let must = !bad_allowed && required.contains(member);
                    let made_of = match choices.next().unwrap_or_default() % 5 {
                        0 if !must => continue,
                        1 if bad_allowed => Value::Null,
                        _ => value(shapes, &target(inner), bad_allowed, choices),
                    };
                    made.insert(member.clone(), made_of);
                }
                Value::Object(made)
            }
            Some("boolean") => (choose(2) == 0).into(),
            _ => choose(9).into(),
        }
    }

    /// Whether a value is what the model demands of its shape, below as well.
    fn is_valid(shapes: &Value, name: &str, value: &Value) -> bool {
        let shape = &shapes[name];
        let target = |inner: &str| shape[inner].as_str().unwrap_or_default().to_owned();
        let below = match value {
            Value::Array(items) => items
                .iter()
                .all(|item| is_valid(shapes, &target("member"), item)),
            Value::Object(members) if shape["type"] == "map" => members
                .values()
                .all(|item| is_valid(shapes, &target("value"), item)),
            Value::Object(members) => members.iter().all(|(member, value)| {
                let target = shape["members"][member].as_str().unwrap_or_default();
                value.is_null() || is_valid(shapes, target, value)
            }),
            _ => true,
        };
        let has = |name: &String| !value[name].is_null();
        let whole = required(shape)
            .iter()
            .filter(|name| *name != "UserPoolId")
            .all(has);
        below && whole && rule_of(name, shape).is_none_or(|rule| rule.allows(value))
    }

    proptest! {
        #[test]
        fn whatever_is_written_back_satisfies_the_model(
            choices in prop::collection::vec(any::<u8>(), 0..400),
            bad_allowed in any::<bool>(),
        ) {
            let shapes = model();
            let mut choices = choices.into_iter();
            let mut pool = value(&shapes, "UpdateUserPoolRequest", bad_allowed, &mut choices);
            let settings = written(pool.clone());
            prop_assert!(is_valid(&shapes, "UpdateUserPoolRequest", &settings), "{settings}");
            if !bad_allowed {
                prop_assert!(is_valid(&shapes, "UpdateUserPoolRequest", &pool), "{pool}");
                drop_superseded(pool.as_object_mut().expect("an object"));
                prop_assert_eq!(settings, pool);
            }
        }
    }
}
