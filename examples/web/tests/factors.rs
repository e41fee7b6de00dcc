//! What users prove themselves with where no emulator does it, in a real browser: passkeys, codes,
//! questions, second factors, devices. Cognito's part is played by fixtures.
//!
//! Debian's `chromium` and `chromium-driver` must be there.

#[path = "support/cognito.rs"]
mod cognito;
mod support;
#[path = "support/webdriver.rs"]
mod webdriver;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito::{Cognito, account, always, challenge, listed, once, password, refused, tokens};
use ring::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use serde_json::{Value, json};
use support::{BOB, PASSWORD, Server};
use webdriver::Chromium;

fn start(exchanges: impl IntoIterator<Item = Value>, ways: &str) -> (Cognito, Server, Chromium) {
    let cognito = Cognito::new(exchanges);
    let server = cognito.web(&[("SIGN_IN_WITH", ways)]);
    let chromium = Chromium::start(&server.url());
    (cognito, server, chromium)
}

fn sign_in(chromium: &Chromium) {
    chromium.open("/sign-in");
    chromium.fill("username", BOB);
    chromium.fill("password", PASSWORD);
    chromium.submit();
}

/// Goes on with the button of this value.
fn choose(chromium: &Chromium, choice: &str) {
    chromium.click(&format!("button[value='{choice}']"));
}

fn user_auth(preferred: &str, then: Value) -> Value {
    let parameters = json!({"USERNAME": BOB, "PREFERRED_CHALLENGE": preferred});
    let request = json!({"AuthFlow": "USER_AUTH", "AuthParameters": parameters});
    always("InitiateAuth", request, then)
}

fn answer(challenge: &str, session: &str, mut responses: Value) -> Value {
    responses["USERNAME"] = json!(BOB);
    json!({"ChallengeName": challenge, "Session": session, "ChallengeResponses": responses})
}

const CREATION_CHALLENGE: &str = "9DAxgg4vMX8kIoPdLUbGRCkvnsKxFGbdZ3YnLzyyrmE";
const REQUEST_CHALLENGE: &str = "PbGjbVt1fNbC0zZ6SBtSFGpF8hfKuGeWzyaxOKx2pTU";

fn passkey() -> Vec<Value> {
    vec![
        always(
            "StartWebAuthnRegistration",
            json!({"AccessToken": "{{access_token}}"}),
            json!({"CredentialCreationOptions": {
                "challenge": CREATION_CHALLENGE,
                "rp": {"id": "localhost", "name": "localhost"},
                "user": {"id": "Ym9i", "name": BOB, "displayName": BOB},
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
                "timeout": 60000,
                "excludeCredentials": [],
                "authenticatorSelection": {
                    "requireResidentKey": true,
                    "residentKey": "required",
                    "userVerification": "required",
                },
            }}),
        ),
        always(
            "CompleteWebAuthnRegistration",
            json!({"AccessToken": "{{access_token}}", "Credential": "{{any}}"}),
            json!({}),
        ),
        once(
            "ListWebAuthnCredentials",
            json!({"AccessToken": "{{access_token}}"}),
            json!({"Credentials": []}),
        ),
        always(
            "ListWebAuthnCredentials",
            json!({"AccessToken": "{{access_token}}"}),
            json!({"Credentials": [{
                "CredentialId": "cGFzc2tleQ",
                "FriendlyCredentialName": "Passkey of this test",
                "RelyingPartyId": "localhost",
                "AuthenticatorTransports": ["internal"],
                "CreatedAt": 1_795_399_200.25,
            }]}),
        ),
        always(
            "DeleteWebAuthnCredential",
            json!({"AccessToken": "{{access_token}}", "CredentialId": "cGFzc2tleQ"}),
            json!({}),
        ),
        user_auth(
            "WEB_AUTHN",
            challenge(
                "WEB_AUTHN",
                "session-1",
                json!({
                    "USERNAME": BOB,
                    "CREDENTIAL_REQUEST_OPTIONS": json!({
                        "challenge": REQUEST_CHALLENGE,
                        "timeout": 180_000,
                        "rpId": "localhost",
                        "allowCredentials": [{"type": "public-key", "id": "b2Ygc29tZWJvZHkgZWxzZQ"}],
                        "userVerification": "required",
                    }).to_string(),
                }),
            ),
        ),
        always(
            "RespondToAuthChallenge",
            answer("WEB_AUTHN", "session-1", json!({"CREDENTIAL": "{{any}}"})),
            tokens(BOB),
        ),
    ]
}

#[test]
fn a_passkey_is_made_and_then_signs_in() {
    let mut exchanges = passkey();
    exchanges.extend(password(BOB, tokens(BOB)));
    exchanges.extend(account(BOB));
    let (cognito, server, chromium) = start(exchanges, "password,email,sms,passkey");

    sign_in(&chromium);
    assert_eq!(chromium.heading(), "Your account");
    let authenticator = chromium.add_authenticator();
    chromium.click("a[href='/account/passkey']");
    chromium.picture("passkey-add");
    chromium.submit();
    assert_eq!(chromium.text("[role=status]"), "Saved.");
    assert!(chromium.text("main").contains("Passkey of this test"));
    chromium.picture("account-passkey");

    let credential = cognito.sent("CompleteWebAuthnRegistration")[0]["Credential"].clone();
    let public_key = is_registration_response(&credential, &server.url());

    chromium.click("form[action='/sign-out'] button");
    chromium.picture("sign-in-ways");
    chromium.fill("username", BOB);
    choose(&chromium, "passkey");
    chromium.picture("passkey");
    let shown = chromium.script("return document.querySelector('form').dataset.options");
    assert!(!shown.contains("allowCredentials"), "{shown}");
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");

    let answers = cognito.sent("RespondToAuthChallenge");
    let answer = &answers.last().expect("an answer")["ChallengeResponses"];
    let answer = answer["CREDENTIAL"].as_str().expect("JSON as text");
    let answer: Value = serde_json::from_str(answer).expect("JSON");
    is_authentication_response(&answer, &credential["id"], &server.url(), &public_key);

    chromium.click("form[action='/account/passkey/delete'] button");
    assert_eq!(chromium.text("[role=status]"), "Removed.");
    cognito.verify();

    // Who is not recognised is told, and can try again.
    chromium.recognise_user(&authenticator, false);
    chromium.click("form[action='/sign-out'] button");
    chromium.fill("username", BOB);
    choose(&chromium, "passkey");
    chromium.press("form button");
    chromium.until("return String(!document.getElementById('passkey-error').hidden)");
    assert_eq!(
        chromium.script("return String(document.querySelector('form button').disabled)"),
        "false"
    );
    chromium.picture("passkey-failed");
    chromium.recognise_user(&authenticator, true);
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
}

/// Web Authentication Level 3, `RegistrationResponseJSON`; gives the public key.
fn is_registration_response(credential: &Value, origin: &str) -> Vec<u8> {
    is_credential(
        credential,
        &[
            "authenticatorAttachment",
            "clientExtensionResults",
            "id",
            "rawId",
            "response",
            "type",
        ],
    );
    let response = &credential["response"];
    has_members(
        response,
        &[
            "attestationObject",
            "authenticatorData",
            "clientDataJSON",
            "publicKey",
            "publicKeyAlgorithm",
            "transports",
        ],
    );
    assert_eq!(response["transports"], json!(["internal"]));
    assert_eq!(
        response["publicKeyAlgorithm"], -7,
        "a number of COSE's registry"
    );
    is_client_data(response, "webauthn.create", CREATION_CHALLENGE, origin);
    // A map of CBOR with three members.
    assert_eq!(bytes(&response["attestationObject"])[0], 0xa3);
    is_authenticator_data(&bytes(&response["authenticatorData"]), 0x45);
    // The key's point ends its SubjectPublicKeyInfo.
    let key = bytes(&response["publicKey"]);
    key[key.len() - 65..].to_vec()
}

/// Web Authentication Level 3, `AuthenticationResponseJSON`.
fn is_authentication_response(credential: &Value, id: &Value, origin: &str, key: &[u8]) {
    is_credential(
        credential,
        &[
            "authenticatorAttachment",
            "clientExtensionResults",
            "id",
            "rawId",
            "response",
            "type",
        ],
    );
    assert_eq!(&credential["id"], id);
    let response = &credential["response"];
    has_members(
        response,
        &[
            "authenticatorData",
            "clientDataJSON",
            "signature",
            "userHandle",
        ],
    );
    assert_eq!(response["userHandle"], "Ym9i");
    is_client_data(response, "webauthn.get", REQUEST_CHALLENGE, origin);
    let mut signed = bytes(&response["authenticatorData"]);
    is_authenticator_data(&signed, 0x05);
    signed.extend(digest(&SHA256, &bytes(&response["clientDataJSON"])).as_ref());
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
    key.verify(&signed, &bytes(&response["signature"]))
        .expect("the key that was registered has signed");
}

fn is_credential(credential: &Value, members: &[&str]) {
    has_members(credential, members);
    assert_eq!(credential["id"], credential["rawId"]);
    assert!(!bytes(&credential["id"]).is_empty());
    assert_eq!(credential["type"], "public-key");
    assert_eq!(credential["authenticatorAttachment"], "platform");
    assert!(credential["clientExtensionResults"].is_object());
}

fn is_client_data(response: &Value, kind: &str, challenge: &str, origin: &str) {
    let data = bytes(&response["clientDataJSON"]);
    let data: Value = serde_json::from_slice(&data).expect("JSON");
    assert_eq!(data["type"], kind);
    assert_eq!(data["challenge"], challenge);
    assert_eq!(data["origin"], origin);
    assert_eq!(data["crossOrigin"], false);
}

/// The hash of the relying party's ID and the flags: user present, user verified, and whether a new
/// credential follows.
fn is_authenticator_data(data: &[u8], flags: u8) {
    assert_eq!(&data[..32], digest(&SHA256, b"localhost").as_ref());
    assert_eq!(data[32] & 0x45, flags);
}

#[track_caller]
fn has_members(value: &Value, members: &[&str]) {
    let found = value.as_object().expect("an object");
    let mut found: Vec<_> = found.keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, members);
}

/// Base64url without padding, as the standard demands.
#[track_caller]
fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text");
    URL_SAFE_NO_PAD
        .decode(text)
        .expect("base64url without padding")
}

#[test]
fn a_code_by_mail_or_text_message_signs_in_and_a_wrong_one_may_be_corrected() {
    for (way, name, field) in [
        ("email", "EMAIL_OTP", "EMAIL_OTP_CODE"),
        ("sms", "SMS_OTP", "SMS_OTP_CODE"),
    ] {
        let sent = json!({
            "USERNAME": BOB,
            "CODE_DELIVERY_DELIVERY_MEDIUM": way.to_uppercase(),
            "CODE_DELIVERY_DESTINATION": "b***@e***",
        });
        let mut exchanges = vec![
            user_auth(name, challenge(name, "session-1", sent)),
            refused(
                "RespondToAuthChallenge",
                answer(name, "session-1", json!({field: "00000000"})),
                "CodeMismatchException",
            ),
            always(
                "RespondToAuthChallenge",
                answer(name, "session-1", json!({field: "12345678"})),
                tokens(BOB),
            ),
        ];
        exchanges.extend(account(BOB));
        let (cognito, _server, chromium) = start(exchanges, "password,email,sms");
        chromium.open("/sign-in");
        chromium.fill("username", BOB);
        choose(&chromium, way);
        assert_eq!(chromium.path(), "/challenge");
        chromium.picture(&format!("code-{way}"));
        assert!(
            !chromium.text("main").contains("b***"),
            "nobody has proven anything yet"
        );
        chromium.fill("code", "00000000");
        chromium.submit();
        assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
        chromium.fill("code", "12345678");
        chromium.submit();
        assert_eq!(chromium.heading(), "Your account");
        cognito.verify();
    }
}

#[test]
fn a_question_is_asked_again_after_a_wrong_answer() {
    let question = |session: &str| {
        challenge(
            "CUSTOM_CHALLENGE",
            session,
            json!({"USERNAME": BOB, "question": "6 times 7?"}),
        )
    };
    let mut exchanges = vec![
        always(
            "InitiateAuth",
            json!({"AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": BOB}}),
            question("session-1"),
        ),
        always(
            "RespondToAuthChallenge",
            answer("CUSTOM_CHALLENGE", "session-1", json!({"ANSWER": "41"})),
            question("session-2"),
        ),
        always(
            "RespondToAuthChallenge",
            answer("CUSTOM_CHALLENGE", "session-2", json!({"ANSWER": "42"})),
            tokens(BOB),
        ),
    ];
    exchanges.extend(account(BOB));
    let (cognito, _server, chromium) = start(exchanges, "question");
    chromium.open("/sign-in");
    chromium.fill("username", BOB);
    chromium.submit();
    chromium.picture("question");
    assert!(chromium.text("main").contains("6 times 7?"));
    chromium.fill("answer", "41");
    chromium.submit();
    assert!(chromium.text("main").contains("6 times 7?"));
    chromium.fill("answer", "42");
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
    cognito.verify();
}

#[test]
fn of_several_second_factors_one_is_chosen() {
    let factors = challenge(
        "SELECT_MFA_TYPE",
        "session-1",
        json!({"USERNAME": BOB, "MFAS_CAN_CHOOSE": "[\"SMS_MFA\",\"SOFTWARE_TOKEN_MFA\",\"EMAIL_OTP\"]"}),
    );
    let sent = json!({
        "USERNAME": BOB,
        "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
        "CODE_DELIVERY_DESTINATION": "+*******0123",
    });
    let mut exchanges = vec![
        always(
            "RespondToAuthChallenge",
            answer("SELECT_MFA_TYPE", "session-1", json!({"ANSWER": "SMS_MFA"})),
            challenge("SMS_MFA", "session-2", sent),
        ),
        always(
            "RespondToAuthChallenge",
            answer("SMS_MFA", "session-2", json!({"SMS_MFA_CODE": "123456"})),
            tokens(BOB),
        ),
    ];
    exchanges.extend(password(BOB, factors));
    exchanges.extend(account(BOB));
    let (cognito, _server, chromium) = start(exchanges, "password");
    sign_in(&chromium);
    chromium.picture("second-factor");
    choose(&chromium, "SMS_MFA");
    assert!(
        chromium.text("main").contains("+*******0123"),
        "the password was right"
    );
    chromium.picture("second-factor-code");
    chromium.fill("code", "123456");
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
    cognito.verify();
}

#[test]
fn a_second_factor_that_is_demanded_is_set_up_during_the_sign_in() {
    let factors = challenge(
        "MFA_SETUP",
        "session-1",
        json!({"USERNAME": BOB, "MFAS_CAN_SETUP": "[\"SOFTWARE_TOKEN_MFA\",\"EMAIL_OTP\"]"}),
    );
    let mut exchanges = vec![
        always(
            "AssociateSoftwareToken",
            json!({"Session": "session-1"}),
            json!({"SecretCode": "JBSWY3DPEHPK3PXP", "Session": "session-2"}),
        ),
        refused(
            "VerifySoftwareToken",
            json!({"Session": "session-2", "UserCode": "000000"}),
            "EnableSoftwareTokenMFAException",
        ),
        always(
            "VerifySoftwareToken",
            json!({"Session": "session-2", "UserCode": "123456"}),
            json!({"Status": "SUCCESS", "Session": "session-3"}),
        ),
        always(
            "RespondToAuthChallenge",
            answer("MFA_SETUP", "session-3", json!({})),
            tokens(BOB),
        ),
        // The other way, by mail.
        always(
            "RespondToAuthChallenge",
            answer(
                "MFA_SETUP",
                "session-1",
                json!({"EMAIL": "bob@home.example"}),
            ),
            challenge(
                "EMAIL_OTP",
                "session-4",
                json!({"USERNAME": BOB, "CODE_DELIVERY_DESTINATION": "b***@h***"}),
            ),
        ),
        always(
            "RespondToAuthChallenge",
            answer(
                "EMAIL_OTP",
                "session-4",
                json!({"EMAIL_OTP_CODE": "12345678"}),
            ),
            tokens(BOB),
        ),
    ];
    exchanges.extend(password(BOB, factors));
    exchanges.extend(account(BOB));
    let (cognito, _server, chromium) = start(exchanges, "password");
    sign_in(&chromium);
    chromium.picture("set-up-factor");
    choose(&chromium, "totp");
    assert_eq!(chromium.text("code"), "JBSWY3DPEHPK3PXP");
    assert_eq!(
        chromium.script("return document.querySelector('a[href^=otpauth]').getAttribute('href')"),
        "otpauth://totp/Example:bob%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example",
        "the app shows whose code it is"
    );
    chromium.picture("set-up-app");
    chromium.fill("code", "000000");
    chromium.submit();
    assert_eq!(chromium.text("[role=alert]"), "That is not the code.");
    chromium.fill("code", "123456");
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");

    chromium.click("form[action='/sign-out'] button");
    sign_in(&chromium);
    chromium.fill("email", "bob@home.example");
    choose(&chromium, "email");
    assert!(chromium.text("main").contains("b***@h***"));
    chromium.fill("code", "12345678");
    chromium.submit();
    assert_eq!(chromium.heading(), "Your account");
    cognito.verify();
}

#[test]
fn a_new_password_comes_with_the_attributes_that_the_pool_demands() {
    let new_password = challenge(
        "NEW_PASSWORD_REQUIRED",
        "session-1",
        json!({
            "USER_ID_FOR_SRP": BOB,
            "requiredAttributes": "[\"userAttributes.given_name\",\"userAttributes.birthdate\"]",
            "userAttributes": "{\"given_name\":\"Bo\"}",
        }),
    );
    let responses = |password: &str| {
        json!({
            "NEW_PASSWORD": password,
            "userAttributes.given_name": "Bob",
            "userAttributes.birthdate": "1990-02-01",
        })
    };
    let mut exchanges = vec![
        refused(
            "RespondToAuthChallenge",
            answer("NEW_PASSWORD_REQUIRED", "session-1", responses("weak")),
            "InvalidPasswordException",
        ),
        always(
            "RespondToAuthChallenge",
            answer(
                "NEW_PASSWORD_REQUIRED",
                "session-1",
                responses("Correct-Horse-8"),
            ),
            tokens(BOB),
        ),
    ];
    exchanges.extend(password(BOB, new_password));
    exchanges.extend(account(BOB));
    let (cognito, _server, chromium) = start(exchanges, "password");
    sign_in(&chromium);
    chromium.picture("new-password-attributes");
    assert_eq!(
        chromium.value("attribute-given_name"),
        "Bo",
        "what is known is filled in"
    );
    for password in ["weak", "Correct-Horse-8"] {
        chromium.fill("password", password);
        chromium.fill("attribute-given_name", "Bob");
        chromium.set("attribute-birthdate", "1990-02-01");
        chromium.submit();
        if password == "weak" {
            assert!(chromium.text("[role=alert]").contains("too simple"));
        }
    }
    assert_eq!(chromium.heading(), "Your account");
    cognito.verify();
}

#[test]
fn a_device_is_remembered_if_its_user_says_so_and_then_signs_in_with_it() {
    let key = "eu-central-1_aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    let mut new_device = tokens(BOB);
    new_device["AuthenticationResult"]["NewDeviceMetadata"] =
        json!({"DeviceKey": key, "DeviceGroupKey": "-group"});
    let mut exchanges = vec![
        always(
            "ConfirmDevice",
            json!({"AccessToken": "{{access_token}}", "DeviceKey": key, "DeviceName": "A browser"}),
            json!({"UserConfirmationNecessary": true}),
        ),
        always(
            "UpdateDeviceStatus",
            json!({"AccessToken": "{{access_token}}", "DeviceKey": key, "DeviceRememberedStatus": "remembered"}),
            json!({}),
        ),
        always(
            "ForgetDevice",
            json!({"AccessToken": "{{access_token}}", "DeviceKey": key}),
            json!({}),
        ),
        listed(
            "ListDevices",
            json!({"Devices": [{
                "DeviceKey": key,
                "DeviceAttributes": [{"Name": "device_name", "Value": "A browser"}],
            }]}),
        ),
    ];
    exchanges.extend(password(BOB, new_device));
    exchanges.extend(account(BOB));
    let (cognito, _server, chromium) = start(exchanges, "password");

    sign_in(&chromium);
    assert_eq!(chromium.path(), "/remember");
    chromium.picture("remember-device");
    choose(&chromium, "no");
    assert_eq!(chromium.heading(), "Your account");
    assert!(cognito.sent("UpdateDeviceStatus").is_empty());
    chromium.click("form[action='/sign-out'] button");

    sign_in(&chromium);
    let device_key = |body: &Value| body["AuthParameters"]["DEVICE_KEY"].clone();
    let started = || {
        cognito
            .sent("InitiateAuth")
            .iter()
            .map(device_key)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        started(),
        [Value::Null, Value::Null],
        "it was not to be remembered"
    );
    choose(&chromium, "yes");
    assert_eq!(chromium.heading(), "Your account");
    assert_eq!(cognito.sent("UpdateDeviceStatus").len(), 1);
    chromium.picture("account-devices");
    chromium.click("form[action='/sign-out'] button");

    sign_in(&chromium);
    assert_eq!(
        started().last(),
        Some(&json!(key)),
        "the browser shows which device it is"
    );
    choose(&chromium, "no");
    chromium.click("form[action='/account/device/forget'] button");
    assert_eq!(chromium.text("[role=status]"), "Removed.");
    assert_eq!(cognito.sent("ForgetDevice").len(), 1);
    cognito.verify();
}
