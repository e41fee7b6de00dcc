//! Changes settings of a user pool without losing any, and compares a pool with a file.
//!
//! `cargo run --example edit_pool` needs nothing: a pool inside the program is read, changed, looked at
//! and written. Like Cognito it resets what an update leaves out.
//!
//! `cargo run --example edit_pool -- diff pool.json` compares what the file names with what the pool has:
//! the exit status is 0 if they agree, 1 if they differ and 2 if something went wrong, as `diff` has it.
//! `-- apply pool.json` writes what differs. The file looks like this; what it does not name stays:
//!
//! ```json
//! {"UserPool": {"Policies": {"PasswordPolicy": {"MinimumLength": 14}}, "DeletionProtection": "ACTIVE"}}
//! ```
//!
//! With `COGNITO_USER_POOL_ID` and the variables of `Client::from_env` set, all of it is done with that
//! pool, where nothing is written but by `apply`.

use std::{
    env,
    error::Error as StdError,
    fs,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use cognito_idp::{
    Client,
    credentials::Credentials,
    edit::{DesiredState, Reconciliation},
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn StdError>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Outcome<ExitCode> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (client, pool_id, is_real) = match env::var("COGNITO_USER_POOL_ID") {
        Ok(pool_id) => (Client::from_env()?, pool_id, true),
        Err(_) => (
            PoolInside::new().client()?,
            "eu-central-1_Examp1e".to_owned(),
            false,
        ),
    };
    match arguments[..] {
        [] => {
            change(&client, &pool_id, is_real).await?;
            Ok(ExitCode::SUCCESS)
        }
        ["diff", file] => {
            let reconciliation = compare(&client, &pool_id, file).await?;
            if reconciliation.differs() {
                println!("{}", reconciliation.diff());
            }
            Ok(ExitCode::from(u8::from(reconciliation.differs())))
        }
        ["apply", file] => {
            let mut reconciliation = compare(&client, &pool_id, file).await?;
            let applied = reconciliation.apply().await?;
            println!("{applied}");
            Ok(ExitCode::from(u8::from(!applied.is_as_asked())))
        }
        _ => Err("usage: edit_pool [diff FILE | apply FILE]".into()),
    }
}

/// Reads, changes and looks, and writes if the pool is only an example.
async fn change(client: &Client, pool_id: &str, is_real: bool) -> Outcome<()> {
    let mut edit = client.edit_user_pool(pool_id).await?;
    edit.change(|mut pool| {
        let policies = pool.policies.as_mut();
        if let Some(policy) = policies.and_then(|policies| policies.password_policy.as_mut()) {
            policy.minimum_length = Some(12);
        }
        pool
    })?;
    println!("What would change:\n{}\n", edit.preview());
    if is_real {
        println!("Nothing is written. Put it into a file and use `apply` if you like it.");
        return Ok(());
    }
    println!("{}", edit.apply().await?);
    let tags = &edit.settings()["UserPoolTags"];
    println!(
        "\nAll else is as it was, such as the tags {tags} and a member that the crate does not know."
    );
    Ok(())
}

async fn compare(client: &Client, pool_id: &str, file: &str) -> Outcome<Reconciliation> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok(client
        .reconcile(pool_id, DesiredState::parse(&text)?)
        .await?)
}

/// A user pool that lives as long as the program.
#[derive(Clone, Debug)]
struct PoolInside {
    settings: Arc<Mutex<Value>>,
}

impl PoolInside {
    fn new() -> Self {
        let settings = json!({
            "Id": "eu-central-1_Examp1e", "Name": "shop", "LastModifiedDate": 1_795_399_510.5,
            "Policies": {"PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": true}},
            "DeletionProtection": "INACTIVE", "MfaConfiguration": "OPTIONAL",
            "UserPoolTags": {"team": "identity"},
            "SettingOfTomorrow": {"Enabled": true},
        });
        Self {
            settings: Arc::new(Mutex::new(settings)),
        }
    }

    fn client(&self) -> Outcome<Client> {
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "example");
        let builder = Client::builder().region("eu-central-1").credentials(keys);
        Ok(builder.http_client(self.clone()).build()?)
    }
}

impl HttpClient for PoolInside {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let target = request.headers().get("x-amz-target");
        let target = target
            .and_then(|target| target.to_str().ok())
            .unwrap_or_default();
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, answer) = match target.rsplit('.').next() {
            Some("DescribeUserPool") => (200, json!({"UserPool": *settings})),
            Some("UpdateUserPool") => {
                let mut update: Value = serde_json::from_slice(request.body()).unwrap_or_default();
                update["Id"] = update["UserPoolId"].take();
                update["Name"] = settings["Name"].take();
                *settings = update;
                (200, json!({}))
            }
            _ => (
                400,
                json!({"__type": "ResourceNotFoundException", "message": "There is one pool."}),
            ),
        };
        let mut response = http::Response::new(Bytes::from(answer.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        Box::pin(async move { Ok(response) })
    }
}
