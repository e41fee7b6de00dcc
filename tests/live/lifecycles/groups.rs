//! Groups and who is in them.

use cognito_idp::{
    ErrorCode,
    operation::groups::{
        AdminAddUserToGroupRequest, AdminListGroupsForUserRequest, AdminRemoveUserFromGroupRequest,
        CreateGroupRequest, DeleteGroupRequest, GetGroupRequest, ListGroupsRequest,
        ListUsersInGroupRequest, UpdateGroupRequest,
    },
};

use crate::live::{Outcome, Server};

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    let pool = server.pool("groups").await?;
    for (precedence, name) in ["a", "b", "c"].into_iter().enumerate() {
        let create = CreateGroupRequest::new(&pool.id, name)
            .description(format!("group {name}"))
            .precedence(i32::try_from(precedence)?);
        server.client.send(&create).await?;
        server.refuses(&create, ErrorCode::GroupExists).await;
    }
    let get = GetGroupRequest::new(&pool.id, "b");
    let group = server.client.send(&get).await?.group.ok_or("no group")?;
    assert_eq!(group.description.as_deref(), Some("group b"));
    assert_eq!(group.precedence, Some(1));
    assert!(group.creation_date.is_some());

    if server.implements::<UpdateGroupRequest>() {
        let update = UpdateGroupRequest::new(&pool.id, "b").precedence(7);
        server.client.send(&update).await?;
        let group = server.client.send(&get).await?.group.ok_or("no group")?;
        assert_eq!(group.description.as_deref(), Some("group b"));
        assert_eq!(group.precedence, Some(7));
        let unknown = UpdateGroupRequest::new(&pool.id, "z");
        server.refuses(&unknown, ErrorCode::ResourceNotFound).await;
    }
    let list = ListGroupsRequest::new(&pool.id).limit(2);
    let (groups, pages) = server.walk(list, |group| group.group_name).await?;
    assert_eq!((groups.join(" ").as_str(), pages), ("a b c", 2));

    members(server, &pool.id).await?;

    let delete = DeleteGroupRequest::new(&pool.id, "b");
    server.client.send(&delete).await?;
    server.refuses(&get, ErrorCode::ResourceNotFound).await;
    server.refuses(&delete, ErrorCode::ResourceNotFound).await;
    server.delete(pool).await
}

async fn members(server: &Server, pool_id: &str) -> Outcome {
    for user in ["alice", "bob", "carol"] {
        super::users::create(server, pool_id, user).await?;
        let add = AdminAddUserToGroupRequest::new(pool_id, user, "a");
        server.client.send(&add).await?;
    }
    let users_in_a = ListUsersInGroupRequest::new(pool_id, "a").limit(2);
    let name = |user: cognito_idp::types::UserType| Some(user.username?.expose().clone());
    let (users, pages) = server.walk(users_in_a.clone(), name).await?;
    assert_eq!((users.join(" ").as_str(), pages), ("alice bob carol", 2));

    for group in ["b", "c"] {
        let add = AdminAddUserToGroupRequest::new(pool_id, "alice", group);
        server.client.send(&add).await?;
    }
    let groups_of_alice = AdminListGroupsForUserRequest::new(pool_id, "alice").limit(2);
    let (mut groups, _) = server
        .walk(groups_of_alice, |group| group.group_name)
        .await?;
    groups.sort();
    assert_eq!(groups, ["a", "b", "c"]);

    let remove = AdminRemoveUserFromGroupRequest::new(pool_id, "alice", "a");
    server.client.send(&remove).await?;
    let (users, pages) = server.walk(users_in_a, name).await?;
    assert_eq!((users.join(" ").as_str(), pages), ("bob carol", 1));

    let no_group = AdminAddUserToGroupRequest::new(pool_id, "alice", "z");
    server.refuses(&no_group, ErrorCode::ResourceNotFound).await;
    let no_user = AdminAddUserToGroupRequest::new(pool_id, "nobody", "a");
    server.refuses(&no_user, ErrorCode::UserNotFound).await;
    let no_user = AdminListGroupsForUserRequest::new(pool_id, "nobody");
    server.refuses(&no_user, ErrorCode::UserNotFound).await;
    let no_group = ListUsersInGroupRequest::new(pool_id, "z");
    server.refuses(&no_group, ErrorCode::ResourceNotFound).await;
    Ok(())
}
