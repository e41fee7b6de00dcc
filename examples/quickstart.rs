//! Walks through the nine calls of `CognitoService` and prints what each did.
//!
//! `cargo run --example quickstart` needs nothing: a server inside the program answers from
//! `fixtures/flows/quickstart`. With `COGNITO_USER_POOL_ID` and the other variables of
//! `CognitoConfig::from_env` set, it does the same against that pool. It then makes two users and
//! two groups, which it deletes again, and changes the pool's email templates only if
//! `QUICKSTART_TEMPLATES=yes`. The code that `forgot_password` sends is read from the terminal.

use std::{
    error::Error as StdError,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use cognito_idp::{
    CognitoConfig, CognitoService, Error, ErrorCode, Sensitive,
    auth::{AuthOutcome, Challenge},
    credentials::Credentials,
    fixture::{Fixture, Replay},
    operation::{
        groups::{CreateGroupRequest, DeleteGroupRequest},
        sign_up::AdminConfirmSignUpRequest,
        users::AdminDeleteUserRequest,
    },
    service::{CreateUser, EmailTemplates, EmailVerification, RegisterUser, UpdateUser},
};
use wiremock::MockServer;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flows/quickstart");
const GROUPS: [&str; 2] = ["quickstart-readers", "quickstart-writers"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    if std::env::var_os("COGNITO_USER_POOL_ID").is_some() {
        let run = format!(
            "{}",
            SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()
        );
        return walk(CognitoService::from_env()?, &run, ask_code).await;
    }
    let replay = Replay::new(Fixture::folder(FIXTURES)?);
    let server = MockServer::start().await;
    replay.mount(&server).await;
    let config = CognitoConfig::new("eu-central-1_Quickst4rt", "quickstartclient")
        .client_secret("quickstart client secret")
        .credentials(Credentials::new(
            "AKIDQUICKSTART",
            "secret",
            None,
            None,
            "quickstart",
        ))
        .app_name("Quickstart")
        .endpoint_url(server.uri());
    println!("No COGNITO_USER_POOL_ID is set, so the calls go to a server inside this program.");
    walk(CognitoService::new(config)?, "example", || {
        "654321".to_owned()
    })
    .await?;
    replay.verify()?;
    Ok(())
}

async fn walk(
    service: CognitoService,
    run: &str,
    code: fn() -> String,
) -> Result<(), Box<dyn StdError>> {
    let alice = format!("alice+{run}@example.com");
    let bob = format!("bob+{run}@example.com");

    make_users(&service, &alice, &bob).await?;
    let bob = sign_in(&service, &bob).await?;
    change_user(&service, &bob, &format!("bobby+{run}@example.com")).await?;
    recover_password(&service, &alice, code).await;
    update_templates(&service).await?;

    for user in [Sensitive::from(alice), bob] {
        let request = AdminDeleteUserRequest::new(service.user_pool_id(), user);
        service.client().send(&request).await?;
    }
    for group in GROUPS {
        let request = DeleteGroupRequest::new(service.user_pool_id(), group);
        service.client().send(&request).await?;
    }
    println!("\nDone; the users and groups are deleted again.");
    Ok(())
}

async fn make_users(service: &CognitoService, alice: &str, bob: &str) -> Result<(), Error> {
    step("register", "SignUp, unsigned");
    let user = RegisterUser::new(alice, "P@ssw0rd!1")
        .first_name("Alice")
        .last_name("Smith");
    let response = service.register(user).await?;
    println!(
        "   {alice} is registered, confirmed: {}",
        response.user_confirmed
    );
    let confirm = AdminConfirmSignUpRequest::new(service.user_pool_id(), alice);
    service.client().send(&confirm).await?;

    step("create_user", "AdminCreateUser, signed");
    let user = CreateUser::new(bob, "T3mp-P@ssword")
        .first_name("Bob")
        .last_name("Jones");
    let response = service.create_user(user).await?;
    let status = response.user.and_then(|user| user.user_status);
    println!(
        "   {bob} exists, status: {}",
        status.map_or_else(String::new, |s| s.to_string())
    );
    Ok(())
}

/// Gives the name that the pool knows the user under.
async fn sign_in(
    service: &CognitoService,
    bob: &str,
) -> Result<Sensitive<String>, Box<dyn StdError>> {
    step("login", "AdminInitiateAuth");
    let outcome = service.login(bob, "T3mp-P@ssword").await?;
    let AuthOutcome::Challenge(Challenge::NewPasswordRequired(challenge)) = outcome else {
        return Err("a temporary password should ask for a new one".into());
    };
    println!("   Cognito asks for a new password before it gives tokens");

    step(
        "respond_to_new_password_challenge",
        "AdminRespondToAuthChallenge",
    );
    let session = challenge
        .session()
        .ok_or("the challenge should have a session")?;
    let outcome = service
        .respond_to_new_password_challenge(challenge.username(), "N3wP@ssword!1", session)
        .await?;
    let tokens = outcome
        .tokens()
        .ok_or("the new password should end the sign-in")?;
    println!(
        "   signed in, {} token for {:?}",
        tokens.token_type, tokens.expires_in
    );

    step("login", "with a wrong password");
    match service.login(bob, "wrong").await {
        Err(error) if error.is_invalid_credentials() => {
            println!("   refused as it should be: {error}");
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a wrong password should be refused".into()),
    }
    Ok(challenge.username().clone())
}

async fn change_user(
    service: &CognitoService,
    bob: &Sensitive<String>,
    address: &str,
) -> Result<(), Error> {
    step("update_user", "AdminUpdateUserAttributes");
    let changes = UpdateUser::new()
        .first_name("Bobby")
        .email(address, EmailVerification::Verified);
    service.update_user(bob, changes).await?;
    println!("   Bob has another name, and another address that counts as verified");

    step(
        "add_to_group",
        "AdminAddUserToGroup, at most four at a time",
    );
    for group in GROUPS {
        create_group(service, group).await?;
    }
    let groups = [GROUPS[0], "quickstart-nobody", GROUPS[1]];
    for added in service.add_to_group(bob, groups).await {
        match added.result {
            Ok(()) => println!("   {}: added", added.group),
            Err(error) => println!("   {}: {error}", added.group),
        }
    }
    Ok(())
}

async fn recover_password(service: &CognitoService, alice: &str, code: fn() -> String) {
    step("forgot_password", "ForgotPassword, unsigned");
    match service.forgot_password(alice).await {
        Ok(response) => {
            let sent_to = response
                .code_delivery_details
                .and_then(|details| details.destination);
            println!("   a code is on its way to {}", sent_to.unwrap_or_default());
        }
        Err(error) => println!("   {error}"),
    }

    step("confirm_forgot_password", "ConfirmForgotPassword, unsigned");
    match service
        .confirm_forgot_password(alice, code(), "An0ther!Password")
        .await
    {
        Ok(_) => println!("   the new password is set"),
        Err(error) => println!("   {error}"),
    }
}

fn step(call: &str, how: &str) {
    println!("\n{call} ({how})");
}

async fn create_group(service: &CognitoService, group: &str) -> Result<(), Error> {
    let request = CreateGroupRequest::new(service.user_pool_id(), group);
    match service.client().send(&request).await {
        Err(error) if error.code() != Some(&ErrorCode::GroupExists) => Err(error),
        _ => Ok(()),
    }
}

async fn update_templates(service: &CognitoService) -> Result<(), Error> {
    step(
        "update_cognito_email_template",
        "DescribeUserPool, then UpdateUserPool with all of it",
    );
    let flawed = EmailTemplates::new("<p>Welcome!</p>", "<p>Hello {username}: {####}</p>");
    if let Err(error) = service.update_cognito_email_template(flawed).await {
        println!("   refused before anything was sent: {error}");
    }
    let is_real_pool = std::env::var_os("COGNITO_USER_POOL_ID").is_some();
    if is_real_pool && std::env::var("QUICKSTART_TEMPLATES").as_deref() != Ok("yes") {
        println!("   the pool's templates stay: QUICKSTART_TEMPLATES is not `yes`");
        return Ok(());
    }
    let templates = EmailTemplates::new(
        "<p>Your code is {####}</p>",
        "<p>Hello {username}, your temporary password is {####}</p>",
    );
    match service.update_cognito_email_template(templates).await {
        Ok(_) => println!("   both templates are new, every other setting is as it was"),
        Err(error) => println!("   {error}"),
    }
    Ok(())
}

/// The code from the mail; without a terminal a wrong one, to see the error.
fn ask_code() -> String {
    if let Ok(code) = std::env::var("QUICKSTART_CODE") {
        return code;
    }
    if !io::stdin().is_terminal() {
        return "000000".to_owned();
    }
    print!("   the code from the mail: ");
    let _ = io::stdout().flush();
    let mut line = String::new();
    let _ = io::stdin().lock().read_line(&mut line);
    line.trim().to_owned()
}
