//! Whatever callers await can be spawned: the futures are `Send`, whatever lies inside.

#![cfg(feature = "sigv4")]

#[cfg(feature = "managed-login")]
use cognito_idp::managed_login::{ManagedLogin, PendingLogin};
use cognito_idp::{
    Client, CognitoConfig, CognitoService, CognitoUserService,
    auth::{
        ChallengeAnswer, ClientTokens, SignIn, SignedInUser, TokenSource, Tokens, TotpSetup,
        UserAuth,
    },
    edit::{DesiredState, Edit, Reconciliation},
    operation::{
        auth::GetUserAuthFactorsRequest, user_pools::UpdateUserPoolRequest, users::ListUsersRequest,
    },
    service::{CreateUser, EmailTemplates, RegisterUser, UpdateUser},
    types::AttributeType,
};

fn is_spawnable<T: Send>(_: impl FnOnce() -> T) {}

/// None of these is called: that they compile is the test.
#[test]
fn what_callers_await_can_be_spawned() {
    fn sign_in(sign_in: &'static SignIn, answer: ChallengeAnswer, setup: &'static TotpSetup) {
        is_spawnable(|| sign_in.password("alice", "secret"));
        is_spawnable(|| sign_in.srp("alice", "secret"));
        is_spawnable(|| sign_in.custom("alice"));
        is_spawnable(|| sign_in.custom_after_srp("alice", "secret"));
        is_spawnable(|| sign_in.user_auth(UserAuth::new("alice")));
        is_spawnable(|| sign_in.respond(answer));
        is_spawnable(|| sign_in.finish_totp(setup, "123456", None));
        is_spawnable(|| sign_in.refresh("token"));
        is_spawnable(|| sign_in.refresh_token_auth("alice", "token"));
        is_spawnable(|| sign_in.revoke("token"));
        is_spawnable(|| sign_in.global_sign_out("token"));
    }

    fn source(source: &'static TokenSource) {
        is_spawnable(|| source.access_token());
        is_spawnable(|| source.tokens());
        is_spawnable(|| source.refresh_now());
        is_spawnable(|| source.sign_out());
        is_spawnable(|| source.forget());
        is_spawnable(|| source.flush());
    }

    fn user(user: &'static SignedInUser) {
        is_spawnable(|| user.send(GetUserAuthFactorsRequest::new));
        is_spawnable(|| user.profile());
        is_spawnable(|| user.update_attributes([AttributeType::new("nickname")]));
        is_spawnable(|| user.delete_attributes(["nickname"]));
        is_spawnable(|| user.send_attribute_code("email"));
        is_spawnable(|| user.verify_attribute("email", "123456"));
        is_spawnable(|| user.change_password("secret", "secret"));
        is_spawnable(|| user.set_first_password("secret"));
        is_spawnable(|| user.set_up_totp());
        is_spawnable(|| user.finish_totp("123456", None));
        is_spawnable(|| user.drop_totp());
        is_spawnable(|| user.set_mfa_preference(|mfa| mfa));
        is_spawnable(|| user.start_passkey());
        is_spawnable(|| user.finish_passkey(serde_json::Value::Null));
        is_spawnable(|| user.passkeys());
        is_spawnable(|| user.delete_passkey("passkey"));
        is_spawnable(|| user.confirm_device(None));
        is_spawnable(|| user.devices());
        is_spawnable(|| user.device("device"));
        is_spawnable(|| user.remember_device("device"));
        is_spawnable(|| user.stop_remembering_device("device"));
        is_spawnable(|| user.forget_device("device"));
        is_spawnable(|| user.sessions());
        is_spawnable(|| user.end_session("session"));
        is_spawnable(|| user.sign_out());
        is_spawnable(|| user.sign_out_everywhere());
        is_spawnable(|| user.forget());
        is_spawnable(|| user.delete_user());
    }

    fn hook(source: TokenSource, user: SignedInUser) {
        async fn store(_: Tokens) -> std::io::Result<()> {
            Ok(())
        }
        let _ = (source.on_refresh(store), user.on_refresh(store));
    }

    fn machine(machine: &'static ClientTokens) {
        is_spawnable(|| machine.token());
    }

    let _ = (sign_in, source, user, hook, machine);
}

#[test]
fn what_callers_of_services_and_clients_await_can_be_spawned() {
    fn service(
        service: &'static CognitoService,
        answer: ChallengeAnswer,
        templates: EmailTemplates,
    ) {
        is_spawnable(|| service.login("alice", "secret"));
        is_spawnable(|| service.respond_to_new_password_challenge("alice", "secret", "session"));
        is_spawnable(|| service.respond(answer));
        is_spawnable(|| service.register(RegisterUser::new("alice@example.com", "secret")));
        is_spawnable(|| service.create_user(CreateUser::new("alice@example.com", "secret")));
        is_spawnable(|| service.update_user("alice", UpdateUser::new()));
        is_spawnable(|| service.forgot_password("alice"));
        is_spawnable(|| service.confirm_forgot_password("alice", "123456", "secret"));
        is_spawnable(|| service.add_to_group("alice", ["staff"]));
        is_spawnable(|| service.update_cognito_email_template(templates));
    }

    fn user_service(users: &'static CognitoUserService, answer: ChallengeAnswer) {
        is_spawnable(|| users.register(RegisterUser::new("alice@example.com", "secret")));
        is_spawnable(|| users.confirm_sign_up("alice", "123456"));
        is_spawnable(|| users.confirm_sign_up_and_login("alice", "123456", "session"));
        is_spawnable(|| users.resend_confirmation_code("alice"));
        is_spawnable(|| users.login("alice", "secret"));
        is_spawnable(|| users.login_srp("alice", "secret"));
        is_spawnable(|| users.login_with(UserAuth::new("alice")));
        is_spawnable(|| users.respond(answer));
        is_spawnable(|| users.forgot_password("alice"));
        is_spawnable(|| users.confirm_forgot_password("alice", "123456", "secret"));
        is_spawnable(|| CognitoUserService::from_async(async { CognitoConfig::from_env() }));
    }

    fn client(client: &'static Client) {
        let request = ListUsersRequest::new("eu-central-1_example");
        is_spawnable(|| client.send(&request));
        is_spawnable(|| client.read_limits());
        is_spawnable(|| async {
            let mut pages = client.pages(ListUsersRequest::new("eu-central-1_example"));
            while let Ok(Some(_)) = pages.next().await {}
        });
    }

    #[cfg(feature = "managed-login")]
    fn login(login: &'static ManagedLogin, pending: PendingLogin) {
        is_spawnable(|| login.callback("code=c&state=s", pending));
        is_spawnable(|| login.refresh("token"));
        is_spawnable(|| login.revoke("token"));
        is_spawnable(|| login.user_info("token"));
    }
    #[cfg(feature = "managed-login")]
    let _ = login;

    let _ = (service, user_service, client);
}

#[test]
fn what_callers_await_to_edit_can_be_spawned() {
    fn is_owned<T: Send + 'static>(_: impl FnOnce() -> T) {}

    fn edit(client: Client, mut edit: Edit<UpdateUserPoolRequest>) {
        let read = client.clone();
        is_owned(move || read.edit_user_pool("eu-central-1_example"));
        is_owned(move || client.edit_user_pool_client("eu-central-1_example", "app".to_owned()));
        is_owned(move || async move {
            edit.change(|pool| pool.pool_name("shop"))?;
            edit.reload().await?;
            edit.apply().await
        });
    }

    fn reconcile(client: Client, desired: DesiredState, mut reconciliation: Reconciliation) {
        is_owned(move || client.reconcile("eu-central-1_example", desired));
        is_owned(move || async move { reconciliation.apply().await });
    }

    let _ = (edit, reconcile);
}
