//! Identity providers, links to them, and resource servers.

use cognito_idp::{
    ErrorCode, Sensitive,
    operation::{
        identity_providers::{
            CreateIdentityProviderRequest, DeleteIdentityProviderRequest,
            DescribeIdentityProviderRequest, GetIdentityProviderByIdentifierRequest,
            IdentityProviderTypeType, ListIdentityProvidersRequest, UpdateIdentityProviderRequest,
        },
        resource_servers::{
            CreateResourceServerRequest, DeleteResourceServerRequest,
            DescribeResourceServerRequest, ListResourceServersRequest, ResourceServerScopeType,
            UpdateResourceServerRequest,
        },
        users::{
            AdminDisableProviderForUserRequest, AdminGetUserRequest,
            AdminLinkProviderForUserRequest, ProviderUserIdentifierType,
        },
    },
};

use crate::live::{Outcome, Server};

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    let pool = server.pool("federation").await?;
    identity_providers(server, &pool.id).await?;
    if server.implements::<AdminLinkProviderForUserRequest>() {
        links(server, &pool.id).await?;
    }
    resource_servers(server, &pool.id).await?;
    server.delete(pool).await
}

async fn identity_providers(server: &Server, pool_id: &str) -> Outcome {
    let details = |secret: &str| {
        [
            ("client_id", "web"),
            ("client_secret", secret),
            ("oidc_issuer", "https://login.example.com"),
            ("authorize_scopes", "openid email"),
            ("attributes_request_method", "GET"),
        ]
        .map(|(name, value)| (name.to_owned(), Sensitive::from(value)))
    };
    let create = |name: &str| {
        let kind = IdentityProviderTypeType::Oidc;
        CreateIdentityProviderRequest::new(pool_id, name, kind, details("first secret"))
            .attribute_mapping([("email", "email")])
            .idp_identifiers([format!("{name}.example.com")])
    };
    for name in ["a", "b", "c"] {
        let created = server.client.send(&create(name)).await?.identity_provider;
        assert_eq!(created.provider_name.as_deref(), Some(name));
        assert!(!format!("{created:?}").contains("first secret"));
    }
    let list = ListIdentityProvidersRequest::new(pool_id).max_results(2);
    let (names, pages) = server.walk(list, |provider| provider.provider_name).await?;
    assert_eq!((names.join(" ").as_str(), pages), ("a b c", 2));

    let update =
        UpdateIdentityProviderRequest::new(pool_id, "a").provider_details(details("second secret"));
    server.client.send(&update).await?;
    let describe = DescribeIdentityProviderRequest::new(pool_id, "a");
    let described = server.client.send(&describe).await?.identity_provider;
    assert_eq!(
        described.provider_details["client_secret"].expose(),
        "second secret"
    );
    assert_eq!(described.attribute_mapping["email"], "email");
    assert_eq!(described.idp_identifiers, ["a.example.com"]);
    assert_eq!(
        described.provider_type,
        Some(IdentityProviderTypeType::Oidc)
    );

    if server.implements::<GetIdentityProviderByIdentifierRequest>() {
        let again = create("a");
        server.refuses(&again, ErrorCode::DuplicateProvider).await;
        let get = GetIdentityProviderByIdentifierRequest::new(pool_id, "a.example.com");
        let found = server.client.send(&get).await?.identity_provider;
        assert_eq!(found, described);
        let unknown = GetIdentityProviderByIdentifierRequest::new(pool_id, "z.example.com");
        server.refuses(&unknown, ErrorCode::ResourceNotFound).await;
    }

    let delete = DeleteIdentityProviderRequest::new(pool_id, "a");
    server.client.send(&delete).await?;
    server.refuses(&delete, ErrorCode::ResourceNotFound).await;
    server.refuses(&describe, ErrorCode::ResourceNotFound).await;
    server.refuses(&update, ErrorCode::ResourceNotFound).await;
    Ok(())
}

async fn links(server: &Server, pool_id: &str) -> Outcome {
    super::users::create(server, pool_id, "alice").await?;
    let identity = |provider: &str, attribute: &str, value: &str| {
        ProviderUserIdentifierType::new()
            .provider_name(provider)
            .provider_attribute_name(attribute)
            .provider_attribute_value(value)
    };
    let federated = identity("b", "Cognito_Subject", "alice-at-b");
    let link = |username: &str| {
        let user = identity("Cognito", "Username", username);
        AdminLinkProviderForUserRequest::new(pool_id, user, federated.clone())
    };
    server.client.send(&link("alice")).await?;
    server
        .refuses(&link("nobody"), ErrorCode::UserNotFound)
        .await;
    let get = AdminGetUserRequest::new(pool_id, "alice");
    let identities = |user: cognito_idp::operation::users::AdminGetUserResponse| {
        let mut attributes = user.user_attributes.into_iter();
        attributes.find(|attribute| attribute.name == "identities")
    };
    let linked = identities(server.client.send(&get).await?).and_then(|linked| linked.value);
    assert!(linked.ok_or("no link")?.expose().contains("alice-at-b"));

    let unlink = AdminDisableProviderForUserRequest::new(pool_id, federated.clone());
    server.client.send(&unlink).await?;
    assert_eq!(identities(server.client.send(&get).await?), None);
    server.refuses(&unlink, ErrorCode::ResourceNotFound).await;
    Ok(())
}

async fn resource_servers(server: &Server, pool_id: &str) -> Outcome {
    let scopes = [ResourceServerScopeType::new("read", "Read the orders")];
    let create = |identifier: &str| {
        CreateResourceServerRequest::new(pool_id, identifier, "orders").scopes(scopes.clone())
    };
    for identifier in ["a", "b", "c"] {
        let created = server.client.send(&create(identifier)).await?;
        assert_eq!(created.resource_server.scopes, scopes);
    }
    server
        .refuses(&create("a"), ErrorCode::InvalidParameter)
        .await;
    let list = ListResourceServersRequest::new(pool_id).max_results(2);
    let (identifiers, pages) = server.walk(list, |server| server.identifier).await?;
    assert_eq!((identifiers.join(" ").as_str(), pages), ("a b c", 2));

    let describe = DescribeResourceServerRequest::new(pool_id, "a");
    let described = server.client.send(&describe).await?.resource_server;
    assert_eq!(described.name.as_deref(), Some("orders"));
    let unknown = DescribeResourceServerRequest::new(pool_id, "z");
    server.refuses(&unknown, ErrorCode::ResourceNotFound).await;

    if server.implements::<UpdateResourceServerRequest>() {
        let update = UpdateResourceServerRequest::new(pool_id, "a", "renamed");
        let updated = server.client.send(&update).await?.resource_server;
        assert_eq!(updated.name.as_deref(), Some("renamed"));
        let delete = DeleteResourceServerRequest::new(pool_id, "a");
        server.client.send(&delete).await?;
        server.refuses(&delete, ErrorCode::ResourceNotFound).await;
        server.refuses(&update, ErrorCode::ResourceNotFound).await;
        server.refuses(&describe, ErrorCode::ResourceNotFound).await;
    }
    Ok(())
}
