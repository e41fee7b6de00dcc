//! Users as an administrator sees them.

use std::collections::BTreeMap;

use cognito_idp::{
    ErrorCode,
    operation::{
        auth::{
            AdminInitiateAuthRequest, AdminRespondToAuthChallengeRequest,
            AdminUserGlobalSignOutRequest, AuthFlowType, ChallengeNameType,
        },
        passwords::{AdminResetUserPasswordRequest, AdminSetUserPasswordRequest},
        users::{
            AdminCreateUserRequest, AdminDeleteUserAttributesRequest, AdminDeleteUserRequest,
            AdminDisableUserRequest, AdminEnableUserRequest, AdminGetUserRequest,
            AdminUpdateUserAttributesRequest, GetUserRequest, ListUsersRequest, MessageActionType,
        },
    },
    types::{AttributeType, UserStatusType, UserType},
};

use crate::live::{NEW_PASSWORD, Outcome, PASSWORD, Pool, Server};

/// Creates a user with a temporary password and a verified address, and sends no mail.
pub(crate) async fn create(server: &Server, pool_id: &str, username: &str) -> Outcome<UserType> {
    let create = AdminCreateUserRequest::new(pool_id, username)
        .temporary_password(PASSWORD)
        .message_action(MessageActionType::Suppress)
        .user_attributes([
            AttributeType::new("email").value(format!("{username}@example.com")),
            AttributeType::new("email_verified").value("true"),
        ]);
    let created = server.client.send(&create).await?;
    Ok(created.user.ok_or("no user")?)
}

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    let pool = server.pool("users").await?;
    for user in ["alice", "bob", "carol", "dave", "erin"] {
        create(server, &pool.id, user).await?;
    }
    let again = AdminCreateUserRequest::new(&pool.id, "alice");
    server.refuses(&again, ErrorCode::UsernameExists).await;

    let name = |user: UserType| Some(user.username?.expose().clone());
    let list = ListUsersRequest::new(&pool.id);
    let (users, pages) = server.walk(list.clone().limit(2), name).await?;
    assert_eq!(users.join(" "), "alice bob carol dave erin");
    assert_eq!(pages, 3);
    let filtered = list.clone().filter("email = \"dave@example.com\"");
    let (users, pages) = server.walk(filtered, name).await?;
    assert_eq!((users.join(" ").as_str(), pages), ("dave", 1));
    let unknown = ListUsersRequest::new("us-east-1_unknown");
    server.refuses(&unknown, ErrorCode::ResourceNotFound).await;

    attributes(server, &pool.id).await?;
    passwords(server, &pool).await?;

    let delete = AdminDeleteUserRequest::new(&pool.id, "alice");
    server.client.send(&delete).await?;
    server.refuses(&delete, ErrorCode::UserNotFound).await;
    let get = AdminGetUserRequest::new(&pool.id, "alice");
    server.refuses(&get, ErrorCode::UserNotFound).await;
    let (users, _) = server.walk(list, name).await?;
    assert_eq!(users.len(), 4);
    server.delete(pool).await
}

async fn attributes(server: &Server, pool_id: &str) -> Outcome {
    let update = AdminUpdateUserAttributesRequest::new(
        pool_id,
        "alice",
        [
            AttributeType::new("given_name").value("Älice 🎉"),
            AttributeType::new("custom:plan").value("gold"),
        ],
    );
    server.client.send(&update).await?;
    let get = AdminGetUserRequest::new(pool_id, "alice");
    let user = server.client.send(&get).await?;
    assert_eq!(user.username.expose(), "alice");
    assert_eq!(user.enabled, Some(true));
    assert_eq!(user.user_status, Some(UserStatusType::ForceChangePassword));
    assert!(user.user_last_modified_date >= user.user_create_date);
    assert!(!format!("{user:?}").contains("gold"));
    let attributes: BTreeMap<_, _> = user
        .user_attributes
        .into_iter()
        .filter_map(|attribute| Some((attribute.name, attribute.value?)))
        .collect();
    assert_eq!(attributes["given_name"].expose(), "Älice 🎉");
    assert_eq!(attributes["custom:plan"].expose(), "gold");

    if server.implements::<AdminDeleteUserAttributesRequest>() {
        let names = ["given_name".to_owned()];
        let delete = AdminDeleteUserAttributesRequest::new(pool_id, "alice", names);
        server.client.send(&delete).await?;
        let user = server.client.send(&get).await?;
        let mut names = user.user_attributes.iter().map(|attribute| &attribute.name);
        assert!(!names.any(|name| name == "given_name"));
        server.refuses(&delete, ErrorCode::InvalidParameter).await;
    }
    Ok(())
}

async fn passwords(server: &Server, pool: &Pool) -> Outcome {
    let hash = pool.app.secret_hash("alice")?;
    let hash = hash.map(|hash| ("SECRET_HASH".to_owned(), hash));
    let sign_in = |password: &str| {
        let parameters = [("USERNAME", "alice"), ("PASSWORD", password)];
        let flow = AuthFlowType::AdminUserPasswordAuth;
        let mut request = AdminInitiateAuthRequest::new(&pool.id, pool.app.id(), flow)
            .auth_parameters(parameters);
        request.auth_parameters.to_mut().extend(hash.clone());
        request
    };
    let challenge = server.client.send(&sign_in(PASSWORD)).await?;
    let name = challenge.challenge_name.ok_or("no challenge")?;
    assert_eq!(name, ChallengeNameType::NewPasswordRequired);
    let responses = [("USERNAME", "alice"), ("NEW_PASSWORD", NEW_PASSWORD)];
    let mut respond = AdminRespondToAuthChallengeRequest::new(&pool.id, pool.app.id(), name)
        .challenge_responses(responses);
    respond.session = challenge.session;
    respond.challenge_responses.to_mut().extend(hash.clone());
    let answer = server.client.send(&respond).await?;
    assert!(answer.authentication_result.is_some());

    let set = AdminSetUserPasswordRequest::new(&pool.id, "alice", PASSWORD).permanent(true);
    server.client.send(&set).await?;
    let weak = AdminSetUserPasswordRequest::new(&pool.id, "alice", "weak");
    server.refuses(&weak, ErrorCode::InvalidPassword).await;
    let wrong = sign_in(NEW_PASSWORD);
    server.refuses(&wrong, ErrorCode::NotAuthorized).await;

    let disable = AdminDisableUserRequest::new(&pool.id, "alice");
    server.client.send(&disable).await?;
    let right = sign_in(PASSWORD);
    server.refuses(&right, ErrorCode::NotAuthorized).await;
    let enable = AdminEnableUserRequest::new(&pool.id, "alice");
    server.client.send(&enable).await?;

    let tokens = server.client.send(&right).await?.authentication_result;
    let token = tokens.and_then(|tokens| tokens.access_token);
    let get = GetUserRequest::new(token.ok_or("no token")?);
    server.client.send(&get).await?;
    let sign_out = AdminUserGlobalSignOutRequest::new(&pool.id, "alice");
    server.client.send(&sign_out).await?;
    server.refuses(&get, ErrorCode::NotAuthorized).await;

    let reset = AdminResetUserPasswordRequest::new(&pool.id, "alice");
    server.client.send(&reset).await?;
    let user = AdminGetUserRequest::new(&pool.id, "alice");
    let user = server.client.send(&user).await?;
    assert_eq!(user.user_status, Some(UserStatusType::ResetRequired));
    let nobody = AdminResetUserPasswordRequest::new(&pool.id, "nobody");
    server.refuses(&nobody, ErrorCode::UserNotFound).await;
    Ok(())
}
