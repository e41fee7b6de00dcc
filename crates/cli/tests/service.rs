//! The nine calls by their names, run as processes.
#![cfg(unix)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use self::support::{Answer, Done, Server, Terminal, command, run_with};

const POOL: &str = "eu-central-1_example";
const PASSWORD: &str = "Marker-P@ssw0rd1";

#[test]
fn each_call_sends_what_its_arguments_say_and_prints_the_answer() {
    // The operation, and its body without pool and client.
    let calls = [
        (
            "register alice@example.com --password env:MARKER",
            "SignUp",
            json!({
                "Username": "alice@example.com", "Password": PASSWORD,
                "UserAttributes": [{"Name": "email", "Value": "alice@example.com"}],
            }),
        ),
        (
            "create-user alice@example.com --username alice --password env:MARKER --first-name Alice \
             --attribute custom:tenant=a=b --invite",
            "AdminCreateUser",
            json!({
                "Username": "alice", "TemporaryPassword": PASSWORD, "DesiredDeliveryMediums": ["EMAIL"],
                "UserAttributes": [
                    {"Name": "custom:tenant", "Value": "a=b"},
                    {"Name": "email", "Value": "alice@example.com"},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": "given_name", "Value": "Alice"},
                ],
            }),
        ),
        (
            "update-user alice --email a@example.com --email-verified false --last-name=",
            "AdminUpdateUserAttributes",
            json!({
                "Username": "alice",
                "UserAttributes": [
                    {"Name": "email", "Value": "a@example.com"},
                    {"Name": "email_verified", "Value": "false"},
                    {"Name": "family_name", "Value": ""},
                ],
            }),
        ),
        (
            "forgot-password alice",
            "ForgotPassword",
            json!({"Username": "alice"}),
        ),
        (
            "confirm-forgot-password alice --code env:CODE --new-password env:MARKER",
            "ConfirmForgotPassword",
            json!({"Username": "alice", "Password": PASSWORD, "ConfirmationCode": "Marker-1"}),
        ),
    ];
    for (line, operation, body) in calls {
        let server = Server::answering([Answer::ok(json!({
            "UserConfirmed": false, "UserSub": "sub",
        }))]);
        let arguments: Vec<_> = line.split_whitespace().collect();
        let mut call = call(&server, &arguments);
        call.env("CODE", "Marker-1");
        let done = run_with(call, "");
        assert_eq!((done.status, done.err.as_str()), (0, ""), "{line}");
        let printed: Value = serde_json::from_str(&done.out).expect("JSON");
        assert!(printed.is_object(), "{printed}");
        let sub = printed.get("UserSub").and_then(Value::as_str);
        assert_eq!(sub, (operation == "SignUp").then_some("sub"), "{line}");
        let requests = server.requests();
        let [request] = &requests[..] else {
            panic!("{line}: one request");
        };
        assert!(request.target.ends_with(&format!(".{operation}")));
        let mut sent = request.body.clone();
        let members = sent.as_object_mut().expect("an object");
        let pool = members.remove("UserPoolId");
        let client = members.remove("ClientId");
        assert!(pool.is_none_or(|pool| pool == POOL));
        assert!(client.is_none_or(|client| client == "c"));
        assert_eq!(sent, body, "{line}");
    }
}

#[test]
fn a_temporary_password_is_replaced_with_the_session_that_login_printed() {
    let server = Server::answering([
        Answer::ok(json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "Marker-session",
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": "alice-id",
                "requiredAttributes": "[\"userAttributes.given_name\"]",
            },
        })),
        Answer::ok(json!({"AuthenticationResult": {
            "AccessToken": "access", "IdToken": "id", "RefreshToken": "refresh",
            "ExpiresIn": 3600, "TokenType": "Bearer",
        }})),
    ]);
    let mut login = call(&server, &["login", "alice", "--password", "-"]);
    login.env("COGNITO_CLIENT_SECRET", "Marker-secret");
    let done = run_with(login, &format!("{PASSWORD}\n"));
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let challenge: Value = serde_json::from_str(&done.out).expect("JSON");
    let expected = json!({
        "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "Marker-session",
        "Username": "alice-id", "RequiredAttributes": ["given_name"],
    });
    assert_eq!(challenge, expected);

    let mut respond = call(
        &server,
        &[
            "respond-to-new-password-challenge",
            "alice-id",
            "--session",
            "-",
            "--new-password",
            "env:MARKER",
            "--attribute",
            "given_name=Alice",
        ],
    );
    respond.env("COGNITO_CLIENT_SECRET", "Marker-secret");
    let done = run_with(respond, challenge["Session"].as_str().expect("a text"));
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let tokens: Value = serde_json::from_str(&done.out).expect("JSON");
    let expected = json!({"AuthenticationResult": {
        "AccessToken": "access", "IdToken": "id", "RefreshToken": "refresh",
        "ExpiresIn": 3600, "TokenType": "Bearer",
    }});
    assert_eq!(tokens, expected);

    let requests = server.requests();
    let [login, respond] = &requests[..] else {
        panic!("two requests");
    };
    let parameters = &login.body["AuthParameters"];
    assert_eq!(login.body["AuthFlow"], "ADMIN_USER_PASSWORD_AUTH");
    assert_eq!(parameters["PASSWORD"], PASSWORD);
    assert!(parameters["SECRET_HASH"].is_string());
    assert!(login.authorization.contains("/eu-central-1/cognito-idp/"));
    let responses = &respond.body["ChallengeResponses"];
    assert_eq!(respond.body["Session"], "Marker-session");
    assert_eq!(responses["NEW_PASSWORD"], PASSWORD);
    assert_eq!(responses["userAttributes.given_name"], "Alice");
    assert!(responses["SECRET_HASH"].is_string());
}

#[test]
fn a_new_password_is_asked_for_until_it_is_the_same_twice() {
    let server = Server::answering([Answer::ok(json!({"User": {"Username": "alice"}}))]);
    let create = call(&server, &["create-user", "alice@example.com"]);
    let mut terminal = Terminal::run(&create);
    for again in ["Marker-other", PASSWORD] {
        terminal.answer("Temporary password: ", PASSWORD);
        terminal.answer("The same again: ", again);
    }
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("The two are not the same."), "{screen}");
    assert!(!screen.contains("Marker"), "{screen}");
    assert_eq!(server.requests()[0].body["TemporaryPassword"], PASSWORD);
}

#[test]
fn each_group_is_told_and_the_status_is_of_the_whole() {
    let refused = || Answer::error(400, "ResourceNotFoundException", "Group not found.");
    let add = |answers: Vec<Answer>| {
        let server = Server::answering(answers);
        run_with(
            call(&server, &["add-to-group", "alice", "admins", "editors"]),
            "",
        )
    };
    let all = add(vec![Answer::ok(json!({})), Answer::ok(json!({}))]);
    assert_eq!((all.status, all.err.as_str()), (0, ""));
    let expected = json!([
        {"Group": "admins", "IsMember": true}, {"Group": "editors", "IsMember": true},
    ]);
    assert_eq!(fates(&all), expected);

    let some = add(vec![Answer::ok(json!({})), refused()]);
    assert_eq!(some.status, 9, "{}", some.err);
    assert!(some.err.contains("1 of 2 groups"), "{}", some.err);
    let fates_of_some = fates(&some);
    let is_member = |group: usize| fates_of_some[group]["IsMember"] == true;
    assert_ne!(is_member(0), is_member(1), "{fates_of_some}");
    assert!(some.out.contains("Group not found."), "{}", some.out);

    let none = add(vec![refused(), refused()]);
    assert_eq!(none.status, 3, "{}", none.err);
    assert!(none.err.contains("ResourceNotFound"), "{}", none.err);
}

#[test]
fn the_texts_of_the_emails_are_changed_and_nothing_else() {
    let pool = json!({"UserPool": {
        "Id": POOL, "Name": "shop", "DeletionProtection": "ACTIVE",
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true},
    }});
    let server = Server::answering([Answer::ok(pool), Answer::ok(json!({}))]);
    let folder = folder("email");
    let (code, invitation) = (folder.join("code.html"), folder.join("invitation.html"));
    fs::write(&code, "<p>{####}</p>").expect("writable");
    fs::write(&invitation, "<p>{username}: {####}</p>").expect("writable");
    let update = |server: &Server, verification: &Path| {
        let mut update = call(server, &["update-cognito-email-template"]);
        update
            .args(["--verification-subject", "Your code"])
            .args(["--app-name", "Shop", "--verification"])
            .arg(verification)
            .arg("--invitation")
            .arg(&invitation);
        run_with(update, "")
    };
    let done = update(&server, &code);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let requests = server.requests();
    let sent = &requests[1].body;
    assert_eq!(sent["DeletionProtection"], "ACTIVE");
    let config = &sent["AdminCreateUserConfig"];
    assert_eq!(config["AllowAdminCreateUserOnly"], true);
    let template = &config["InviteMessageTemplate"];
    assert_eq!(template["EmailMessage"], "<p>{username}: {####}</p>");
    assert_eq!(template["EmailSubject"], "Your temporary password - Shop");
    let verification = &sent["VerificationMessageTemplate"];
    assert_eq!(verification["EmailMessage"], "<p>{####}</p>");
    assert_eq!(verification["EmailSubject"], "Your code");

    fs::write(&code, "<p>no code</p>").expect("writable");
    let refused = update(&Server::answering([]), &code);
    assert_eq!(refused.status, 2, "{}", refused.err);
    assert!(refused.err.contains("{####}"), "{}", refused.err);
    let lost = update(&Server::answering([]), &folder.join("nowhere"));
    assert_eq!(lost.status, 1, "{}", lost.err);
    assert!(lost.err.contains("nowhere"), "{}", lost.err);
}

#[test]
fn what_is_missing_or_shown_is_named_and_nothing_is_sent() {
    let server = Server::answering([]);
    let wrong: [(&[&str], &str); 8] = [
        (
            &["register", "a@example.com", "--password", PASSWORD],
            "--password: is a secret",
        ),
        (
            &["create-user", "a@example.com"],
            "a terminal is needed to ask: Temporary password",
        ),
        (&["update-user", "alice"], "nothing is to be changed"),
        (
            &["update-user", "alice", "--email", "a@example.com"],
            "--email-verified",
        ),
        (
            &["update-user", "alice", "--attribute", "locale"],
            "must be NAME=VALUE",
        ),
        (
            &[
                "confirm-forgot-password",
                "alice",
                "--code",
                "-",
                "--new-password",
                "-",
            ],
            "standard input was read for another argument already",
        ),
        (&["add-to-group", "alice"], "<GROUP>"),
        (&["login"], "<USERNAME>"),
    ];
    for (arguments, expected) in wrong {
        let done = run_with(call(&server, arguments), "");
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{arguments:?}");
        assert!(done.err.contains(expected), "{arguments:?}: {}", done.err);
        assert!(!done.err.contains("Marker"), "{arguments:?}: {}", done.err);
    }
    for variable in ["COGNITO_USER_POOL_ID", "COGNITO_CLIENT_ID"] {
        let mut login = call(&server, &["login", "alice", "--password", "env:MARKER"]);
        login.env_remove(variable);
        let done = run_with(login, "");
        assert_eq!(done.status, 2);
        assert!(done.err.contains(variable), "{}", done.err);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_refusal_is_told_without_the_password() {
    let refusal = format!("{PASSWORD} is wrong");
    let server = Server::answering([Answer::error(400, "NotAuthorizedException", &refusal)]);
    let login = call(&server, &["login", "alice", "--password", "env:MARKER"]);
    let done = run_with(login, "");
    assert_eq!((done.status, done.out.as_str()), (3, ""));
    assert!(done.err.contains("NotAuthorized"), "{}", done.err);
    assert!(!done.err.contains("Marker"), "{}", done.err);
}

fn call(server: &Server, arguments: &[&str]) -> Command {
    let mut call = command(server, arguments);
    call.env("COGNITO_USER_POOL_ID", POOL)
        .env("COGNITO_CLIENT_ID", "c")
        .env("MARKER", PASSWORD);
    call
}

fn fates(done: &Done) -> Value {
    serde_json::from_str(&done.out).expect("JSON")
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-service-{name}"));
    fs::create_dir_all(&folder).expect("writable");
    folder
}
