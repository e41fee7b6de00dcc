//! Any challenge with any parameters is read or refused, can be kept as JSON, and shows no session.
#![no_main]

use std::collections::BTreeMap;

use cognito_idp::auth::{AuthOutcome, Challenge};
use libfuzzer_sys::fuzz_target;

mod canned;

const NAMES: [&str; 20] = [
    "SMS_MFA",
    "EMAIL_OTP",
    "SMS_OTP",
    "SOFTWARE_TOKEN_MFA",
    "SELECT_MFA_TYPE",
    "MFA_SETUP",
    "SELECT_CHALLENGE",
    "PASSWORD",
    "PASSWORD_SRP",
    "PASSWORD_VERIFIER",
    "DEVICE_SRP_AUTH",
    "DEVICE_PASSWORD_VERIFIER",
    "NEW_PASSWORD_REQUIRED",
    "CUSTOM_CHALLENGE",
    "WEB_AUTHN",
    "ADMIN_NO_SRP_AUTH",
    "CODE_DELIVERY_DESTINATION",
    "UNHEARD_OF",
    "",
    "sms_mfa",
];

const PARAMETERS: [&str; 12] = [
    "USERNAME",
    "USER_ID_FOR_SRP",
    "SRP_B",
    "SALT",
    "SECRET_BLOCK",
    "MFAS_CAN_CHOOSE",
    "MFAS_CAN_SETUP",
    "CODE_DELIVERY_DESTINATION",
    "CODE_DELIVERY_DELIVERY_MEDIUM",
    "requiredAttributes",
    "userAttributes",
    "CREDENTIAL_REQUEST_OPTIONS",
];

fuzz_target!(|input: (u8, Vec<(u8, String)>, Option<String>)| {
    let (name, parameters, other) = input;
    let name = NAMES[usize::from(name) % NAMES.len()];
    let mut parameters: BTreeMap<String, String> = parameters
        .into_iter()
        .map(|(at, value)| {
            (
                PARAMETERS[usize::from(at) % PARAMETERS.len()].to_owned(),
                value,
            )
        })
        .collect();
    if let Some(other) = other {
        parameters.insert(other.clone(), other);
    }
    let answer = serde_json::json!({
        "ChallengeName": name,
        "ChallengeParameters": parameters,
        "Session": "marker-session",
    });
    let sign_in = canned::sign_in([answer]);
    let Ok(AuthOutcome::Challenge(challenge)) = canned::run(sign_in.password("alice", "password"))
    else {
        return;
    };
    assert!(!format!("{challenge:?}").contains("marker-session"));
    let Ok(json) = serde_json::to_string(&challenge) else {
        panic!("a challenge can be kept");
    };
    let kept: Challenge = serde_json::from_str(&json).expect("what was kept can be read");
    assert_eq!(kept, challenge);
});
