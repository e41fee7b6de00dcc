//! The command against MiniStack, which checks signatures, secret hashes and SRP.
#![cfg(unix)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Command, Stdio},
};

use cognito_idp::fixture::Fixture;
use serde_json::Value;

use self::support::{Done, run_with};

const PASSWORD: &str = "Marker-P@ssw0rd1";

#[test]
#[ignore = "needs tests/live/servers.sh"]
fn from_nothing_to_a_signed_in_user_and_back() {
    let pool = call(&["CreateUserPool", "--pool-name", "command"]);
    let pool = text(&pool["UserPool"]["Id"]);
    let client = call(&[
        "create-user-pool-client",
        "--user-pool-id",
        &pool,
        "--client-name",
        "command",
        "--generate-secret",
        "--explicit-auth-flows",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ]);
    let client_id = text(&client["UserPoolClient"]["ClientId"]);
    let secret = text(&client["UserPoolClient"]["ClientSecret"]);
    make_alice(&pool);

    let place = [
        ("COGNITO_USER_POOL_ID", &pool),
        ("COGNITO_CLIENT_ID", &client_id),
        ("COGNITO_CLIENT_SECRET", &secret),
    ];
    let session = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.envs(place).env_remove("AWS_ACCESS_KEY_ID");
        run_with(command, "")
    };
    let done = session(&["sign-in", "alice", "--password", "env:WRONG"]);
    assert_eq!(done.status, 3, "{}", done.err);
    done_well(&session(&["sign-in", "alice", "--password", "env:MARKER"]));
    let token = session(&["token"]);
    done_well(&token);
    assert_eq!(token.out.split('.').count(), 3);

    // It is the pool's, and the pool's keys say so.
    let verify = |arguments: &[&str], token: &str| {
        let mut verify = command(arguments);
        verify.envs(place).env("TOKEN", token);
        run_with(verify, "")
    };
    let explained = verify(&["verify", "env:TOKEN", "--explain"], &token.out);
    done_well(&explained);
    let passed = explained
        .out
        .lines()
        .filter(|line| line.starts_with("passed"));
    assert_eq!(passed.count(), 11, "{}", explained.out);
    let id_token = session(&["token", "--id"]);
    let claims = verify(&["verify", "env:TOKEN", "--id"], &id_token.out);
    done_well(&claims);
    let claims: Value = serde_json::from_str(&claims.out).expect("JSON");
    assert_eq!(claims["cognito:username"], "alice");
    let forged = token.out.trim().replace(".ey", ".eY");
    assert_eq!(verify(&["verify", "env:TOKEN"], &forged).status, 3);

    // The token says who it is, without AWS credentials.
    let mut get_user = command(&["call", "GetUser", "--access-token", "env:TOKEN"]);
    get_user
        .env("TOKEN", token.out.trim())
        .env_remove("AWS_ACCESS_KEY_ID");
    let got = run_with(get_user, "");
    done_well(&got);
    assert!(got.out.contains("\"Username\""), "{}", got.out);

    done_well(&session(&["sign-out", "--everywhere"]));
    assert_eq!(session(&["token"]).status, 2);
    let users = run_with(
        command(&["call", "ListUsers", "--user-pool-id", &pool, "--all-pages"]),
        "",
    );
    assert_eq!(users.out.lines().count(), 1, "{}", users.out);
    call(&["delete-user-pool", "--user-pool-id", &pool]);
    let gone = run_with(
        command(&["call", "DescribeUserPool", "--user-pool-id", &pool]),
        "",
    );
    assert_eq!(gone.status, 3, "{}", gone.err);
}

#[test]
#[ignore = "needs tests/live/servers.sh"]
fn users_and_settings_go_out_and_in() {
    let made = |name| text(&call(&["CreateUserPool", "--pool-name", name])["UserPool"]["Id"]);
    let (old, new) = (made("command-old"), made("command-new"));
    for user in ["alice", "bob"] {
        let user = ["--user-pool-id", &old, "--username", user];
        call(&[&["admin-create-user"], &user[..]].concat());
    }
    let exported = run_with(command(&["users", "export", "--pool", &old]), "");
    done_well(&exported);
    let import = ["users", "import", "-", "--pool", &new];
    let imported = run_with(command(&import), &exported.out);
    done_well(&imported);
    let report: Value = serde_json::from_str(&imported.out).expect("JSON");
    assert_eq!(report["users"]["created"], 2, "{report}");

    let shown = run_with(command(&["pool", "show", "--pool", &old]), "");
    done_well(&shown);
    let same = run_with(command(&["pool", "diff", "-", "--pool", &old]), &shown.out);
    assert_eq!((same.status, same.out.as_str()), (0, ""), "{}", same.err);
    let wanted = r#"{"Policies": {"PasswordPolicy": {"MinimumLength": 14}}}"#;
    let apply = ["pool", "apply", "-", "--yes", "--pool", &new];
    let applied = run_with(command(&apply), wanted);
    done_well(&applied);
    let same = run_with(command(&["pool", "diff", "-", "--pool", &new]), wanted);
    assert_eq!((same.status, same.out.as_str()), (0, ""), "{}", same.err);
    for pool in [&old, &new] {
        call(&["delete-user-pool", "--user-pool-id", pool]);
    }
}

/// What it does is written for AWS's own tools for Python, with keys that no server would take.
const FOREIGN: &str = r#"
import boto3, os
keys = dict(aws_access_key_id="AKIDOFNOBODY", aws_secret_access_key="Marker-key")
cognito = boto3.client("cognito-idp", region_name="us-east-1", **keys)
pool = cognito.create_user_pool(PoolName="recorded")["UserPool"]["Id"]
flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="recorded", ExplicitAuthFlows=flows)
client = client["UserPoolClient"]["ClientId"]
user = {"UserPoolId": pool, "Username": "Marker-bob"}
cognito.admin_create_user(**user, MessageAction="SUPPRESS")
cognito.admin_set_user_password(**user, Password=os.environ["MARKER"], Permanent=True)
parameters = {"USERNAME": "Marker-bob", "PASSWORD": os.environ["MARKER"]}
auth = cognito.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
token = auth["AuthenticationResult"]["AccessToken"]
assert cognito.get_user(AccessToken=token)["Username"] == "Marker-bob"
try:
    cognito.admin_get_user(UserPoolId=pool, Username="Marker-nobody")
except cognito.exceptions.UserNotFoundException:
    pass
cognito.delete_user_pool(UserPoolId=pool)
"#;

#[test]
#[ignore = "needs tests/live/servers.sh"]
fn what_a_program_in_python_calls_is_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join("target/live/moto/bin/python");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-live/recorded.json");
    let file = file.to_str().expect("UTF-8");
    let mut record = command(&["fixtures", "record", file, "--server", "MiniStack"]);
    record.arg("--").arg(python).args(["-c", FOREIGN]);
    let done = run_with(record, "");
    done_well(&done);
    assert!(done.err.contains("Recorded 8 calls"), "{}", done.err);
    let written = fs::read_to_string(file).expect("it was written");
    assert!(!written.contains("Marker"), "{written}");
    let recorded = Fixture::load(file).expect("a fixture");
    let names: Vec<_> = recorded.operations().collect();
    assert_eq!(names[..2], ["CreateUserPool", "CreateUserPoolClient"]);
    assert_eq!(names[4..7], ["InitiateAuth", "GetUser", "AdminGetUser"]);
    let checked = run_with(command(&["fixtures", "check", file]), "");
    assert_eq!(checked.status, 0, "{}", checked.out);
}

#[test]
#[ignore = "needs tests/live/servers.sh"]
fn a_user_signs_in_on_the_pages_of_ministack() {
    let pool = text(&call(&["CreateUserPool", "--pool-name", "command-pages"])["UserPool"]["Id"]);
    let redirect_uri = format!("http://localhost:{}/callback", support::free_port());
    let made = call(&[
        "create-user-pool-client",
        "--user-pool-id",
        &pool,
        "--client-name",
        "pages",
        "--callback-urls",
        &redirect_uri,
        "--allowed-o-auth-flows",
        "code",
        "--allowed-o-auth-flows-user-pool-client",
        "true",
        "--allowed-o-auth-scopes",
        "openid",
        "aws.cognito.signin.user.admin",
        "--supported-identity-providers",
        "COGNITO",
        "--explicit-auth-flows",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ]);
    let client_id = text(&made["UserPoolClient"]["ClientId"]);
    make_alice(&pool);

    let session = |arguments: &[&str]| {
        let mut command = command(arguments);
        command
            .env("COGNITO_USER_POOL_ID", &pool)
            .env("COGNITO_CLIENT_ID", &client_id)
            .env("COGNITO_DOMAIN", live("COGNITO_LIVE_MINISTACK_URL"))
            .env_remove("AWS_ACCESS_KEY_ID");
        command
    };
    let mut sign_in = session(&[
        "sign-in",
        "--managed-login",
        "--no-browser",
        "--session",
        "pages",
    ]);
    sign_in.args(["--redirect-uri", &redirect_uri, "--scope", "openid"]);
    let mut sign_in = sign_in.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut err = BufReader::new(sign_in.stderr.take().expect("piped"));
    let mut line = String::new();
    err.read_line(&mut line).expect("it says where");
    let url = line.trim_end().rsplit(' ').next().expect("a URL");

    let page = support::open(url, None);
    let form = format!(
        "{}&username=alice&password=Marker-P%40ssw0rd1",
        hidden_fields(&page.body)
    );
    let login = live("COGNITO_LIVE_MINISTACK_URL") + "/login";
    let back = support::open(&login, Some(&form));
    assert!(back.location.starts_with(&redirect_uri), "{}", back.body);
    let page = support::open(&back.location, None);
    assert_eq!(page.status, 200, "{}", page.body);
    let status = sign_in.wait().expect("it ends");
    let mut rest = String::new();
    err.read_to_string(&mut rest).expect("UTF-8");
    assert!(status.success(), "{rest}");

    let token = run_with(session(&["token", "--session", "pages"]), "");
    done_well(&token);
    let mut verify = session(&["verify", "env:TOKEN", "--scope", "openid"]);
    verify.env("TOKEN", token.out.trim());
    done_well(&run_with(verify, ""));
    done_well(&run_with(session(&["sign-out", "--session", "pages"]), ""));
    call(&["delete-user-pool", "--user-pool-id", &pool]);
}

/// The fields that a page's form holds for the browser, as a form.
fn hidden_fields(page: &str) -> String {
    let inputs = page.split("<input type=\"hidden\" ").skip(1);
    let fields = inputs.map(|input| {
        let part = |before: &str| {
            let (_, rest) = input.split_once(before).expect("an attribute");
            let value = rest.split('"').next().expect("its value");
            encoded(&value.replace("&amp;", "&").replace("&#x27;", "'"))
        };
        format!("{}={}", part("name=\""), part("value=\""))
    });
    fields.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// Makes a user who has a password of her own.
fn make_alice(pool: &str) {
    let alice = ["--user-pool-id", pool, "--username", "alice"];
    let create = ["admin-create-user", "--message-action", "SUPPRESS"];
    call(&[&create, &alice[..]].concat());
    let set_password = ["admin-set-user-password", "--permanent"];
    let password = ["--password", "env:MARKER"];
    call(&[&set_password, &password, &alice[..]].concat());
}

#[test]
#[ignore = "needs tests/live/servers.sh"]
fn the_nine_calls_do_what_they_say() {
    const NEW: &str = "Marker-P@ssw0rd2";
    let pool = call(&["CreateUserPool", "--pool-name", "nine-calls"]);
    let pool = text(&pool["UserPool"]["Id"]);
    let create_client = ["create-user-pool-client", "--client-name", "nine-calls"];
    let client = call(
        &[
            &create_client[..],
            &["--user-pool-id", &pool, "--generate-secret"],
            &["--explicit-auth-flows", "ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        ]
        .concat(),
    );
    let client = &client["UserPoolClient"];
    let run = |line: &str, input: &str| {
        let arguments: Vec<_> = line.split_whitespace().collect();
        let mut command = command(&arguments);
        command
            .env("COGNITO_USER_POOL_ID", &pool)
            .env("COGNITO_CLIENT_ID", text(&client["ClientId"]))
            .env("COGNITO_CLIENT_SECRET", text(&client["ClientSecret"]))
            .env("NEW", NEW)
            .env("CODE", "654321");
        run_with(command, input)
    };
    let ok = |line: &str, input: &str| -> Value {
        let done = run(line, input);
        assert_eq!(done.status, 0, "{line}: {}", done.err);
        assert!(!done.err.contains("Marker"), "{line}: {}", done.err);
        serde_json::from_str(&done.out).expect("JSON")
    };

    let alice = "alice@example.com";
    let created = ok(&format!("create-user {alice} --password env:MARKER"), "");
    assert_eq!(created["User"]["UserStatus"], "FORCE_CHANGE_PASSWORD");
    let challenge = ok(&format!("login {alice} --password env:MARKER"), "");
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let username = text(&challenge["Username"]);
    let respond =
        format!("respond-to-new-password-challenge {username} --session - --new-password env:NEW");
    let tokens = ok(&respond, &text(&challenge["Session"]));
    assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
    let again = ok(&format!("login {alice} --password env:NEW"), "");
    assert!(again["AuthenticationResult"]["RefreshToken"].is_string());
    let wrong = run(&format!("login {alice} --password env:WRONG"), "");
    assert_eq!((wrong.status, wrong.out.as_str()), (3, ""), "{}", wrong.err);

    ok(&format!("update-user {alice} --first-name Alice"), "");
    let user = ["--user-pool-id", &pool, "--username", alice];
    let got = call(&[&["admin-get-user"], &user[..]].concat());
    assert!(got.to_string().contains("\"Alice\""), "{got}");
    let group = ["create-group", "--group-name", "admins"];
    call(&[&group[..], &["--user-pool-id", &pool]].concat());
    let fates = ok(&format!("add-to-group {alice} admins"), "");
    assert_eq!(fates[0]["IsMember"], true);
    let some = run(&format!("add-to-group {alice} admins nobody"), "");
    assert_eq!(some.status, 9, "{}", some.err);

    let registered = ok("register bob@example.com --password env:MARKER", "");
    assert!(registered["UserSub"].is_string());
    let sent = ok(&format!("forgot-password {alice}"), "");
    assert!(sent["CodeDeliveryDetails"].is_object());
    let confirm =
        format!("confirm-forgot-password {alice} --code env:CODE --new-password env:MARKER");
    ok(&confirm, "");
    ok(&format!("login {alice} --password env:MARKER"), "");

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-live");
    let (code, invitation) = (folder.join("code.html"), folder.join("invitation.html"));
    fs::write(&code, "<p>Code: {####}</p>").expect("writable");
    fs::write(&invitation, "<p>{username}: {####}</p>").expect("writable");
    let update = format!(
        "update-cognito-email-template --verification {} --invitation {}",
        code.display(),
        invitation.display()
    );
    ok(&update, "");
    let described = call(&["describe-user-pool", "--user-pool-id", &pool]);
    let template = &described["UserPool"]["VerificationMessageTemplate"];
    assert_eq!(template["EmailMessage"], "<p>Code: {####}</p>");
    call(&["delete-user-pool", "--user-pool-id", &pool]);
}

fn call(arguments: &[&str]) -> Value {
    let done = run_with(command(&[&["call"], arguments].concat()), "");
    done_well(&done);
    serde_json::from_str(&done.out).expect("JSON")
}

fn done_well(done: &Done) {
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(!done.err.contains("Marker") && !done.out.contains("Marker"));
}

fn command(arguments: &[&str]) -> Command {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-live");
    fs::create_dir_all(&home).expect("writable");
    let mut command = support::bare(arguments);
    command
        .env("AWS_ENDPOINT_URL", live("COGNITO_LIVE_MINISTACK_URL"))
        .env("AWS_REGION", "us-east-1")
        .env(
            "AWS_ACCESS_KEY_ID",
            live("COGNITO_LIVE_MINISTACK_ACCESS_KEY_ID"),
        )
        .env(
            "AWS_SECRET_ACCESS_KEY",
            live("COGNITO_LIVE_MINISTACK_SECRET_ACCESS_KEY"),
        )
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("XDG_STATE_HOME", home)
        .env("MARKER", PASSWORD)
        .env("WRONG", "Marker-wrong");
    command
}

fn live(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} must be set"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
