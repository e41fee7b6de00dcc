//! What the programs over the SDK share.

use aws_credential_types::Credentials;
use aws_sdk_cognitoidentityprovider::{
    Client, Config, Error,
    config::Region,
    operation::{admin_initiate_auth::AdminInitiateAuthOutput, sign_up::SignUpOutput},
    types::{AttributeType, AuthFlowType},
};

pub fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-central-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::from_keys(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
        ))
        .build();
    Client::from_conf(config)
}

pub async fn signed(client: &Client) -> Result<AdminInitiateAuthOutput, Error> {
    let request = client
        .admin_initiate_auth()
        .user_pool_id("eu-central-1_aB3dE6gH9")
        .client_id("1h57kf5cpq17m0eml12EXAMPLE")
        .auth_flow(AuthFlowType::AdminUserPasswordAuth)
        .auth_parameters("USERNAME", "alice@example.com")
        .auth_parameters("PASSWORD", "P@ssw0rd!")
        .auth_parameters(
            "SECRET_HASH",
            "LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=",
        );
    Ok(request.send().await?)
}

pub async fn unsigned(client: &Client) -> Result<SignUpOutput, Error> {
    let attribute = |name: &str, value: &str| {
        let attribute = AttributeType::builder().name(name).value(value).build();
        attribute.expect("an attribute with a name")
    };
    let request = client
        .sign_up()
        .client_id("1h57kf5cpq17m0eml12EXAMPLE")
        .username("alice@example.com")
        .password("P@ssw0rd!")
        .secret_hash("LoIX/oPJWZzFYv8liJYRo+CHv16FNDY10JlZEDjL3Vg=")
        .user_attributes(attribute("email", "alice@example.com"))
        .user_attributes(attribute("given_name", "Alice"));
    Ok(request.send().await?)
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
