//! App clients and their secrets.

use cognito_idp::{
    ErrorCode,
    operation::app_clients::{
        CreateUserPoolClientRequest, DeleteUserPoolClientRequest, DescribeUserPoolClientRequest,
        ListUserPoolClientsRequest, TimeUnitsType, TokenValidityUnitsType,
        UpdateUserPoolClientRequest,
    },
    types::OAuthFlowType,
};

use crate::live::{Outcome, Server};

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    let pool = server.pool("app-clients").await?;
    for name in ["second", "third"] {
        let create = CreateUserPoolClientRequest::new(&pool.id, name);
        server.client.send(&create).await?;
    }
    let list = ListUserPoolClientsRequest::new(&pool.id).max_results(2);
    let (names, pages) = server.walk(list, |client| client.client_name).await?;
    assert_eq!((names.len(), pages), (3, 2));

    let describe = DescribeUserPoolClientRequest::new(&pool.id, pool.app.id());
    let described = server.client.send(&describe).await?;
    let described = described.user_pool_client.ok_or("no client")?;
    let secret = described.client_secret.as_ref().ok_or("no secret")?;
    assert_eq!(secret.expose(), &pool.secret);
    assert!(!format!("{described:?}").contains(&pool.secret));

    let units = TokenValidityUnitsType::new().access_token(TimeUnitsType::Minutes);
    let update = UpdateUserPoolClientRequest::new(&pool.id, pool.app.id())
        .client_name("renamed")
        .access_token_validity(15)
        .token_validity_units(units.clone())
        .allowed_oauth_flows([OAuthFlowType::Code])
        .allowed_oauth_scopes(["openid"])
        .callback_urls(["https://example.com/back"]);
    server.client.send(&update).await?;
    let described = server.client.send(&describe).await?;
    let described = described.user_pool_client.ok_or("no client")?;
    assert_eq!(described.client_name.as_deref(), Some("renamed"));
    assert_eq!(described.access_token_validity, Some(15));
    assert_eq!(described.token_validity_units, Some(units));
    assert_eq!(described.allowed_oauth_flows, [OAuthFlowType::Code]);
    assert_eq!(described.callback_urls, ["https://example.com/back"]);

    let delete = DeleteUserPoolClientRequest::new(&pool.id, pool.app.id());
    server.client.send(&delete).await?;
    server.refuses(&describe, ErrorCode::ResourceNotFound).await;
    server.refuses(&update, ErrorCode::ResourceNotFound).await;
    server.refuses(&delete, ErrorCode::ResourceNotFound).await;
    let elsewhere = CreateUserPoolClientRequest::new("us-east-1_unknown", "web");
    server
        .refuses(&elsewhere, ErrorCode::ResourceNotFound)
        .await;
    server.delete(pool).await
}
