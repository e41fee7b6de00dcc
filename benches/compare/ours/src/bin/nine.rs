//! Nine operations: those of everyday user management.

use std::hint::black_box;

use cognito_idp::{
    operation::{
        Operation,
        auth::{AdminInitiateAuthRequest, AdminRespondToAuthChallengeRequest},
        groups::AdminAddUserToGroupRequest,
        passwords::{ConfirmForgotPasswordRequest, ForgotPasswordRequest},
        sign_up::SignUpRequest,
        user_pools::UpdateUserPoolRequest,
        users::{AdminCreateUserRequest, AdminUpdateUserAttributesRequest},
    },
    types::AttributeType,
};

async fn send<O: Operation>(client: &cognito_idp::Client, request: O) {
    black_box(client.send(black_box(&request)).await.ok());
}

macro_rules! send_all {
    ($client:ident: $($request:expr),* $(,)?) => {
        $(Box::pin(send(&$client, $request)).await;)*
    };
}

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    ours::block_on(async {
        let client = ours::client(&url);
        send_all! { client:
            AdminInitiateAuthRequest::new("x", "x", "x"),
            AdminRespondToAuthChallengeRequest::new("x", "x", "x"),
            SignUpRequest::new("x", "x"),
            AdminCreateUserRequest::new("x", "x"),
            AdminUpdateUserAttributesRequest::new("x", "x", vec![AttributeType::new("x")]),
            ForgotPasswordRequest::new("x", "x"),
            ConfirmForgotPasswordRequest::new("x", "x", "x", "x"),
            AdminAddUserToGroupRequest::new("x", "x", "x"),
            UpdateUserPoolRequest::new("x"),
        }
    });
}
