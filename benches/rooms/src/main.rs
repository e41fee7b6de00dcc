//! Signs in, and does in one room of the crate what its README shows: the feature says in which.

use std::error::Error;

use cognito_idp::{
    Client,
    auth::{AppClient, SignIn, Tokens},
};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(password) = std::env::args().nth(1) else {
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = Client::builder().region("eu-central-1").build()?;
        let sign_in = SignIn::public(client.clone(), AppClient::new("client"));
        let outcome = sign_in.password("alice", password).await?;
        let tokens = outcome.tokens().ok_or("a challenge")?;
        room(client, sign_in, tokens).await
    })
}

#[cfg(not(any(
    feature = "signed-in-user",
    feature = "managed-login",
    feature = "client-tokens",
    feature = "edit",
    feature = "export",
    feature = "import"
)))]
async fn room(_: Client, _: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    std::hint::black_box(tokens);
    Ok(())
}

#[cfg(feature = "signed-in-user")]
async fn room(_: Client, sign_in: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    let user = cognito_idp::auth::SignedInUser::new(sign_in, tokens);
    user.change_password("P@ssw0rd!", "N3wP@ssword!").await?;
    user.sign_out().await?;
    Ok(())
}

#[cfg(feature = "managed-login")]
async fn room(client: Client, _: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    use cognito_idp::managed_login::{Domain, ManagedLogin};

    std::hint::black_box(tokens);
    let domain = Domain::from_env()?;
    let login = ManagedLogin::new(
        client,
        AppClient::new("client"),
        domain,
        "https://app.example",
    );
    let (url, pending) = login.authorize().scope("openid").build()?;
    let tokens = login.callback(&url, pending).await?;
    std::hint::black_box(login.refresh(tokens.access_token).await?);
    Ok(())
}

#[cfg(feature = "client-tokens")]
async fn room(client: Client, _: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    use cognito_idp::{auth::ClientTokens, managed_login::Domain};

    std::hint::black_box(tokens);
    let machine = ClientTokens::over_domain(client, AppClient::new("client"), Domain::from_env()?);
    std::hint::black_box(machine.for_scopes(["orders/read"]).token().await?);
    Ok(())
}

#[cfg(feature = "edit")]
async fn room(client: Client, _: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    use cognito_idp::types::UserPoolMfaType;

    std::hint::black_box(tokens);
    let mut edit = client.edit_user_pool("eu-central-1_Example").await?;
    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::Optional))?;
    println!("{}", edit.preview());
    println!("{}", edit.apply().await?);
    Ok(())
}

#[cfg(feature = "export")]
async fn room(client: Client, _: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    std::hint::black_box(tokens);
    let report = cognito_idp::bulk::export(&client, "eu-central-1_Example")
        .save("users.jsonl")
        .await?;
    println!("{}", report.totals.users);
    Ok(())
}

#[cfg(feature = "import")]
async fn room(client: Client, _: SignIn, tokens: Tokens) -> Result<(), Box<dyn Error>> {
    use cognito_idp::bulk;

    std::hint::black_box(tokens);
    let file = std::io::BufReader::new(std::fs::File::open("users.jsonl")?);
    let import = bulk::import(&client, "eu-central-1_Example", bulk::json_lines(file));
    let report = import.journal("users.journal").run().await?;
    println!("{}", report.users.created);
    Ok(())
}
