//! Whether there is such a user must not show before something is proven, whatever Cognito answers. Its
//! part is played by fixtures, also what it answers where it hides nothing.

#[path = "support/cognito.rs"]
mod cognito;
mod support;

use std::{collections::BTreeMap, thread};

use cognito::{Cognito, account, always, challenge, refused, tokens};
use serde_json::{Value, json};
use support::{Answer, Browser, PASSWORD, Server, between};

const HAS_FACTOR: &str = "has-factor@example.com";
const HAS_OTHERS: &str = "has-others@example.com";
const NOT_CONFIRMED: &str = "not-confirmed@example.com";
const RESET: &str = "must-reset@example.com";
const DISABLED: &str = "disabled@example.com";
const HIDDEN: &str = "hidden@example.com";
const UNKNOWN: &str = "unknown@example.com";
const NAMES: [&str; 7] = [
    HAS_FACTOR,
    HAS_OTHERS,
    NOT_CONFIRMED,
    RESET,
    DISABLED,
    HIDDEN,
    UNKNOWN,
];

/// What was seen from outside, and which calls that took.
#[derive(Debug, PartialEq)]
struct Seen {
    answers: Vec<(u16, String, String)>,
    calls: BTreeMap<String, usize>,
}

fn see(cognito: &Cognito, server: &Server, name: &str, steps: &[Step]) -> Seen {
    let before = cognito.all().len();
    let mut browser = server.browser();
    let answers = steps.iter().map(|step| {
        let answer = match step {
            Step::Get(path) => browser.get(path),
            Step::Post(path, fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(field, value)| (*field, if *value == "NAME" { name } else { value }))
                    .collect();
                browser.post(path, &fields)
            }
        };
        let text = told(&answer, &browser, name);
        (answer.status, answer.location().to_owned(), text)
    });
    let answers = answers.collect();
    let mut calls = BTreeMap::new();
    for (operation, _) in cognito.all().split_off(before) {
        *calls.entry(operation).or_insert(0) += 1;
    }
    Seen { answers, calls }
}

enum Step {
    Get(&'static str),
    /// `NAME` stands for the user's.
    Post(&'static str, &'static [(&'static str, &'static str)]),
}

/// The page, but for what is random and what was entered.
fn told(answer: &Answer, browser: &Browser, name: &str) -> String {
    let mut text = answer
        .body
        .replace(&browser.csrf, "CSRF")
        .replace(name, "NAME");
    let random = between(&text, "{&#34;challenge&#34;:&#34;", "&#34;").map(str::to_owned);
    if let Some(random) = random {
        text = text.replace(&random, &"R".repeat(random.len()));
    }
    text
}

/// All that Cognito may answer to a first call of `USER_AUTH`.
fn choices(factor: &str, parameters: Value) -> Vec<Value> {
    let of = |name: &str| json!({"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": name, "{{any}}": "{{any}}"}});
    let mut shown = parameters;
    shown["USERNAME"] = json!(HAS_FACTOR);
    let mut others = challenge(
        "SELECT_CHALLENGE",
        "session-2",
        json!({"USERNAME": HAS_OTHERS}),
    );
    others["AvailableChallenges"] = json!(["PASSWORD", "PASSWORD_SRP"]);
    // Cognito hides a user who does not exist behind a factor of its choice.
    let made_up = json!({"USERNAME": HIDDEN, "CODE_DELIVERY_DESTINATION": "h***@e***"});
    vec![
        always(
            "InitiateAuth",
            of(HAS_FACTOR),
            challenge(factor, "session-1", shown),
        ),
        always("InitiateAuth", of(HAS_OTHERS), others),
        refused(
            "InitiateAuth",
            of(NOT_CONFIRMED),
            "UserNotConfirmedException",
        ),
        refused("InitiateAuth", of(RESET), "PasswordResetRequiredException"),
        refused("InitiateAuth", of(DISABLED), "NotAuthorizedException"),
        always(
            "InitiateAuth",
            of(HIDDEN),
            challenge("EMAIL_OTP", "session-3", made_up),
        ),
        refused("InitiateAuth", of(UNKNOWN), "UserNotFoundException"),
        // A wrong answer to the one that is real, and every answer to the others.
        refused(
            "RespondToAuthChallenge",
            json!({"ChallengeName": factor, "Session": "session-1", "ChallengeResponses": "{{any}}"}),
            "CodeMismatchException",
        ),
        refused(
            "RespondToAuthChallenge",
            json!({"ChallengeName": "{{any}}", "Session": "{{any}}", "ChallengeResponses": "{{any}}"}),
            "NotAuthorizedException",
        ),
    ]
}

#[track_caller]
fn all_look_alike(cognito: &Cognito, server: &Server, steps: &[Step]) {
    let known = see(cognito, server, NAMES[0], steps);
    assert!(!known.calls.is_empty());
    for name in &NAMES[1..] {
        assert_eq!(see(cognito, server, name, steps), known, "{name}");
    }
    cognito.verify();
}

#[test]
fn a_code_is_asked_for_whoever_it_is_and_a_wrong_one_is_wrong() {
    for (way, factor) in [("email", "EMAIL_OTP"), ("sms", "SMS_OTP")] {
        let sent = json!({"CODE_DELIVERY_DESTINATION": "h***@e***"});
        let cognito = Cognito::new(choices(factor, sent));
        let server = cognito.web(&[("SIGN_IN_WITH", "email,sms")]);
        let fields: &'static [_] = match way {
            "email" => &[("username", "NAME"), ("choice", "email")],
            _ => &[("username", "NAME"), ("choice", "sms")],
        };
        let steps = [
            Step::Get("/sign-in"),
            Step::Post("/sign-in", fields),
            Step::Get("/challenge"),
            Step::Post("/challenge", &[("code", "00000000")]),
            Step::Post("/challenge", &[("code", "11111111")]),
        ];
        all_look_alike(&cognito, &server, &steps);
    }
}

#[test]
fn a_passkey_is_asked_for_whoever_it_is_and_a_strange_one_is_refused() {
    let options = json!({
        "challenge": "PbGjbVt1fNbC0zZ6SBtSFA",
        "timeout": 180_000,
        "rpId": "localhost",
        "allowCredentials": [{"type": "public-key", "id": "cGFzc2tleQ"}],
        "userVerification": "preferred",
    });
    let parameters = json!({"CREDENTIAL_REQUEST_OPTIONS": options.to_string()});
    let cognito = Cognito::new(choices("WEB_AUTHN", parameters));
    let server = cognito.web(&[("SIGN_IN_WITH", "passkey")]);
    let steps = [
        Step::Get("/sign-in"),
        Step::Post("/sign-in", &[("username", "NAME"), ("choice", "passkey")]),
        Step::Get("/challenge"),
        Step::Post("/challenge", &[("credential", "{\"id\":\"c3RyYW5nZQ\"}")]),
    ];
    all_look_alike(&cognito, &server, &steps);
}

#[test]
fn a_wrong_password_is_the_same_for_every_name() {
    let start = |name: &str| json!({"AuthFlow": "USER_SRP_AUTH", "AuthParameters": {"USERNAME": name, "{{any}}": "{{any}}"}});
    let exchanges = [
        refused(
            "InitiateAuth",
            start(NOT_CONFIRMED),
            "UserNotConfirmedException",
        ),
        refused(
            "InitiateAuth",
            start(RESET),
            "PasswordResetRequiredException",
        ),
        refused("InitiateAuth", start(DISABLED), "NotAuthorizedException"),
        refused("InitiateAuth", start(UNKNOWN), "UserNotFoundException"),
    ];
    let proven = |name| {
        let [first, _] = cognito::password(name, json!({}));
        first
    };
    let all = exchanges.into_iter();
    let all = all.chain([HAS_FACTOR, HAS_OTHERS, HIDDEN].map(proven));
    let wrong = json!({"ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": "{{any}}"});
    let wrong = refused("RespondToAuthChallenge", wrong, "NotAuthorizedException");
    let cognito = Cognito::new(all.chain([wrong]));
    let server = cognito.web(&[("SIGN_IN_WITH", "password")]);
    let steps = [
        Step::Get("/sign-in"),
        Step::Post(
            "/sign-in",
            &[("username", "NAME"), ("password", "Wrong-Horse-7")],
        ),
    ];
    // Which calls there are is Cognito's choice, as it refuses some before it has seen the password;
    // the answers come at half seconds.
    let known = see(&cognito, &server, NAMES[0], &steps).answers;
    for name in NAMES {
        assert_eq!(
            see(&cognito, &server, name, &steps).answers,
            known,
            "{name}"
        );
    }
    cognito.verify();
}

#[test]
fn signing_up_asking_for_a_code_and_forgetting_a_password_take_the_same_calls_for_every_name() {
    let of = |name: &str| json!({"Username": name});
    let each = |operation: &'static str, error: &'static str, unlike: Value| {
        move |name: &&str| match *name {
            UNKNOWN => always(operation, json!({"Username": UNKNOWN}), unlike.clone()),
            name => refused(operation, json!({"Username": name}), error),
        }
    };
    let sent = json!({"CodeDeliveryDetails": {
        "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "u***@e***",
    }});
    let mut signed_up = sent.clone();
    signed_up["UserConfirmed"] = json!(false);
    signed_up["UserSub"] = json!("sub-1");
    let names = NAMES.iter();
    let all = names
        .clone()
        .map(each("SignUp", "UsernameExistsException", signed_up));
    let all = all.chain(names.clone().map(each(
        "ResendConfirmationCode",
        "InvalidParameterException",
        sent,
    )));
    // Here it is the unknown that are refused.
    let all = all.chain(names.map(|name| match *name {
        UNKNOWN | HIDDEN => refused("ForgotPassword", of(name), "UserNotFoundException"),
        NOT_CONFIRMED => refused("ForgotPassword", of(name), "InvalidParameterException"),
        name => always("ForgotPassword", of(name), json!({})),
    }));
    let all = all.chain([
        refused("ConfirmSignUp", json!({}), "CodeMismatchException"),
        refused(
            "ConfirmForgotPassword",
            json!({"Username": UNKNOWN}),
            "UserNotFoundException",
        ),
        refused(
            "ConfirmForgotPassword",
            json!({"Username": HIDDEN}),
            "ExpiredCodeException",
        ),
        refused("ConfirmForgotPassword", json!({}), "CodeMismatchException"),
    ]);
    let cognito = Cognito::new(all);
    let server = cognito.web(&[("LIMIT_PER_NAME", "1000")]);
    let name_and_password: &'static [_] = &[("username", "NAME"), ("password", PASSWORD)];
    for steps in [
        [
            Step::Get("/sign-up"),
            Step::Post("/sign-up", name_and_password),
            Step::Get("/confirm?done=sent"),
            Step::Post("/confirm", &[("code", "000000")]),
        ],
        [
            Step::Get("/confirm"),
            Step::Post("/resend", &[("username", "NAME")]),
            Step::Get("/confirm?done=sent"),
            Step::Post("/confirm", &[("code", "000000")]),
        ],
        [
            Step::Get("/forgot"),
            Step::Post("/forgot", &[("username", "NAME")]),
            Step::Get("/reset"),
            Step::Post("/reset", &[("code", "000000"), ("password", PASSWORD)]),
        ],
    ] {
        all_look_alike(&cognito, &server, &steps);
    }
}

#[test]
fn a_thousand_who_sign_in_at_once_all_get_in_each_into_a_session_of_their_own() {
    let start = json!({"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "{{any}}", "{{any}}": "{{any}}"}});
    let answer = json!({"ChallengeName": "EMAIL_OTP", "Session": "session-1", "ChallengeResponses": "{{any}}"});
    let mut all = vec![
        always(
            "InitiateAuth",
            start,
            challenge("EMAIL_OTP", "session-1", json!({})),
        ),
        always("RespondToAuthChallenge", answer, tokens("somebody")),
    ];
    all.extend(account("somebody"));
    let cognito = Cognito::new(all);
    let server = cognito.web(&[
        ("SIGN_IN_WITH", "email"),
        ("LIMIT_PER_ADDRESS", "100000"),
        ("LIMIT_PER_NAME", "100000"),
    ]);
    let senders: Vec<_> = (0..1_000)
        .map(|n| {
            let mut browser = server.browser();
            thread::spawn(move || {
                let name = format!("user{n}@example.com");
                browser.get("/sign-in");
                let answer = browser.post("/sign-in", &[("username", &name), ("choice", "email")]);
                assert_eq!(answer.location(), "/challenge");
                browser.get("/challenge");
                let answer = browser.post("/challenge", &[("code", "12345678")]);
                assert_eq!(answer.location(), "/account");
                browser.cookie
            })
        })
        .collect();
    let cookies = senders
        .into_iter()
        .map(|sender| sender.join().expect("signed in"));
    let mut cookies: Vec<_> = cookies.collect();
    cookies.sort();
    cookies.dedup();
    assert_eq!(cookies.len(), 1_000);
    assert_eq!(cognito.sent("RespondToAuthChallenge").len(), 1_000);
}
