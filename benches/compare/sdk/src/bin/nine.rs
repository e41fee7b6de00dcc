//! Nine operations: those of everyday user management.

use std::hint::black_box;

macro_rules! send_all {
    ($client:ident: $($operation:ident)*) => {
        $(black_box(Box::pin(black_box($client.$operation()).send()).await.ok());)*
    };
}

fn main() {
    let url = std::env::args().nth(1).expect("a URL");
    sdk::block_on(async {
        let client = sdk::client(&url);
        send_all! { client:
            admin_initiate_auth
            admin_respond_to_auth_challenge
            sign_up
            admin_create_user
            admin_update_user_attributes
            forgot_password
            confirm_forgot_password
            admin_add_user_to_group
            update_user_pool
        }
    });
}
