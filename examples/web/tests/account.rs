//! What users do with their own account where no emulator does it, in a real browser. Cognito's part is
//! played by fixtures.

#[path = "support/cognito.rs"]
mod cognito;
mod support;
#[path = "support/webdriver.rs"]
mod webdriver;

use cognito::{Cognito, account, always, once, password, profile, refused, refused_with, tokens};
use serde_json::{Value, json};
use support::{BOB, PASSWORD, Server};
use webdriver::Chromium;

/// Signed in, before the account.
fn start(exchanges: impl IntoIterator<Item = Value>) -> (Cognito, Server, Chromium) {
    let all = exchanges.into_iter();
    let all = all.chain(password(BOB, tokens(BOB))).chain(account(BOB));
    let cognito = Cognito::new(all);
    let server = cognito.web(&[("SIGN_IN_WITH", "password")]);
    let chromium = Chromium::start(&server.url());
    sign_in(&chromium);
    assert_eq!(chromium.heading(), "Your account");
    (cognito, server, chromium)
}

fn sign_in(chromium: &Chromium) {
    chromium.open("/sign-in");
    chromium.fill("username", BOB);
    chromium.fill("password", PASSWORD);
    chromium.submit();
}

fn of_user(mut request: Value) -> Value {
    request["AccessToken"] = json!("{{access_token}}");
    request
}

#[test]
fn an_address_is_changed_and_confirmed_with_a_wrong_code_between() {
    let attributes = |email: &str, verified: &str| {
        json!({"Username": BOB, "UserAttributes": [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": verified},
            {"Name": "name", "Value": "Bob"},
        ]})
    };
    let once_profile = |user: Value| once("GetUser", of_user(json!({})), user);
    let code = |code: &str| of_user(json!({"AttributeName": "email", "Code": code}));
    let new = "bob@new.example";
    let (cognito, _server, chromium) = start([
        once_profile(attributes(BOB, "true")),
        always(
            "UpdateUserAttributes",
            of_user(json!({"UserAttributes": [{"Name": "email", "Value": new}]})),
            json!({"CodeDeliveryDetailsList": [{
                "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "b***@n***",
            }]}),
        ),
        // After the change, after another code, and after the wrong one.
        once_profile(attributes(new, "false")),
        once_profile(attributes(new, "false")),
        once_profile(attributes(new, "false")),
        always(
            "GetUserAttributeVerificationCode",
            of_user(json!({"AttributeName": "email"})),
            json!({"CodeDeliveryDetails": {
                "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "b***@n***",
            }}),
        ),
        refused(
            "VerifyUserAttribute",
            code("000000"),
            "CodeMismatchException",
        ),
        always("VerifyUserAttribute", code("123456"), json!({})),
        profile(attributes(new, "true")),
    ]);
    assert!(!chromium.has("#code-email"), "there is nothing to confirm");
    chromium.fill("value-email", new);
    chromium.click("button[aria-label='Save email']");
    assert_eq!(chromium.text("[role=status]"), "Saved.");
    assert_eq!(
        chromium.text("label[for=value-email]"),
        "email (not confirmed)"
    );
    chromium.picture("account-not-confirmed");
    chromium.click("form[action='/account/send-code'] button");
    assert_eq!(chromium.text("[role=status]"), "We have sent a code.");
    for code in ["000000", "123456"] {
        chromium.fill("code-email", code);
        chromium.click("form[action='/account/verify'] button");
        if code == "000000" {
            assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
        }
    }
    assert_eq!(chromium.text("[role=status]"), "Your address is confirmed.");
    assert_eq!(chromium.text("label[for=value-email]"), "email (confirmed)");
    cognito.verify();
}

#[test]
fn another_session_is_ended_and_this_one_is_not_offered() {
    let sessions = |ids: &[&str]| {
        let session = |id: &&str| json!({"SessionId": id, "DeviceType": format!("Browser {id}"), "IsCurrentSession": *id == "this"});
        json!({"Sessions": ids.iter().map(session).collect::<Vec<_>>()})
    };
    let list = |ids: &[&str]| once("ListUserSessions", of_user(json!({})), sessions(ids));
    let (cognito, _server, chromium) = start([
        list(&["this", "other"]),
        list(&["this"]),
        always(
            "RevokeUserSession",
            of_user(json!({"SessionId": "other"})),
            json!({}),
        ),
    ]);
    chromium.picture("account-sessions");
    assert!(chromium.text("main").contains("Browser this (this one)"));
    // The only button: this one ends with "Sign out".
    chromium.click("form[action='/account/session/end'] button");
    assert_eq!(chromium.text("[role=status]"), "Removed.");
    assert!(!chromium.text("main").contains("Browser other"));
    assert!(!chromium.has("form[action='/account/session/end'] button"));
    assert_eq!(cognito.sent("RevokeUserSession").len(), 1);
    cognito.verify();
}

#[test]
fn a_wrong_old_password_is_told_and_who_was_signed_out_elsewhere_must_sign_in_again() {
    let change = |old: &str, message: &str| {
        let request = json!({"PreviousPassword": old, "ProposedPassword": "Correct-Horse-8"});
        refused_with(
            message,
            "ChangePassword",
            of_user(request),
            "NotAuthorizedException",
        )
    };
    let (cognito, _server, chromium) = start([
        change("Wrong-Horse-7", "Incorrect username or password."),
        change(PASSWORD, "Access Token has been revoked"),
        refused_with(
            "Refresh Token has been revoked",
            "GetTokensFromRefreshToken",
            json!({"RefreshToken": "refresh-token"}),
            "NotAuthorizedException",
        ),
    ]);
    for old in ["Wrong-Horse-7", PASSWORD] {
        chromium.fill("old", old);
        chromium.fill("new", "Correct-Horse-8");
        chromium.click("form[action='/account/password'] button");
        if old != PASSWORD {
            assert_eq!(chromium.text("[role=alert]"), "That is not your password.");
            assert_eq!(chromium.heading(), "Your account");
        }
    }
    assert_eq!(chromium.path(), "/sign-in");
    cognito.verify();
}
