//! Pools with their tags, schema, MFA settings, domain and look.

use cognito_idp::{
    ErrorCode,
    operation::{
        branding::{GetUiCustomizationRequest, SetUiCustomizationRequest},
        domains::{
            CreateUserPoolDomainRequest, DeleteUserPoolDomainRequest,
            DescribeUserPoolDomainRequest, DomainStatusType, UpdateUserPoolDomainRequest,
        },
        mfa::{
            GetUserPoolMfaConfigRequest, SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType,
        },
        user_pools::{
            AddCustomAttributesRequest, AttributeDataType, CreateUserPoolRequest,
            DeleteUserPoolRequest, DescribeUserPoolRequest, ListTagsForResourceRequest,
            ListUserPoolsRequest, PasswordPolicyType, SchemaAttributeType, TagResourceRequest,
            UntagResourceRequest, UpdateUserPoolRequest, UserPoolPolicyType,
        },
    },
    types::UserPoolMfaType,
};

use crate::live::{Outcome, Pool, Server, unique};

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    let server = &server.in_region("eu-west-3")?;
    let mut pools = Vec::new();
    for name in ["a", "b", "c"] {
        let request = CreateUserPoolRequest::new(unique(name)).user_pool_tags([("stage", "test")]);
        pools.push(server.pool_as(&request).await?);
    }
    let pool = &pools[0];
    assert!(pool.id.starts_with("eu-west-3_"));

    settings(server, pool).await?;
    schema(server, pool).await?;
    mfa(server, pool).await?;
    if server.implements::<TagResourceRequest>() {
        tags(server, pool).await?;
    }
    domain(server, pool).await?;

    let (ids, pages) = server
        .walk(ListUserPoolsRequest::new(2), |pool| pool.id)
        .await?;
    assert!(pages > 1);
    assert!(pools.iter().all(|pool| ids.contains(&pool.id)));

    for pool in pools {
        let (describe, delete) = (
            DescribeUserPoolRequest::new(&pool.id),
            DeleteUserPoolRequest::new(&pool.id),
        );
        server.client.send(&delete).await?;
        server.refuses(&describe, ErrorCode::ResourceNotFound).await;
        server.refuses(&delete, ErrorCode::ResourceNotFound).await;
    }
    Ok(())
}

async fn settings(server: &Server, pool: &Pool) -> Outcome {
    let describe = DescribeUserPoolRequest::new(&pool.id);
    let described = server.client.send(&describe).await?;
    let described = described.user_pool.ok_or("no pool")?;
    assert_eq!(described.arn.as_ref(), Some(&pool.arn));
    assert_eq!(described.user_pool_tags["stage"], "test");
    assert_eq!(described.estimated_number_of_users, Some(0));
    assert!(described.creation_date.is_some());

    let policy = PasswordPolicyType::new().minimum_length(16);
    let policies = UserPoolPolicyType::new().password_policy(policy);
    let update = UpdateUserPoolRequest::new(&pool.id)
        .policies(policies.clone())
        .user_pool_tags(described.user_pool_tags);
    server.client.send(&update).await?;
    let described = server.client.send(&describe).await?;
    let described = described.user_pool.ok_or("no pool")?;
    assert_eq!(described.policies, Some(policies));
    Ok(())
}

async fn schema(server: &Server, pool: &Pool) -> Outcome {
    let attribute = SchemaAttributeType::new()
        .name("plan")
        .attribute_data_type(AttributeDataType::String)
        .mutable(true);
    let add = AddCustomAttributesRequest::new(&pool.id, [attribute]);
    server.client.send(&add).await?;
    server.refuses(&add, ErrorCode::InvalidParameter).await;

    let describe = DescribeUserPoolRequest::new(&pool.id);
    let described = server.client.send(&describe).await?;
    let described = described.user_pool.ok_or("no pool")?;
    let plan = described
        .schema_attributes
        .iter()
        .find(|attribute| attribute.name.as_deref() == Some("custom:plan"))
        .ok_or("no custom attribute")?;
    assert_eq!(plan.attribute_data_type, Some(AttributeDataType::String));
    Ok(())
}

async fn mfa(server: &Server, pool: &Pool) -> Outcome {
    let get = GetUserPoolMfaConfigRequest::new(&pool.id);
    let config = server.client.send(&get).await?;
    assert_eq!(config.mfa_configuration, Some(UserPoolMfaType::Off));

    let token = SoftwareTokenMfaConfigType::new().enabled(true);
    let set = SetUserPoolMfaConfigRequest::new(&pool.id)
        .mfa_configuration(UserPoolMfaType::Optional)
        .software_token_mfa_configuration(token.clone());
    let answer = server.client.send(&set).await?;
    assert_eq!(answer.mfa_configuration, Some(UserPoolMfaType::Optional));
    let config = server.client.send(&get).await?;
    assert_eq!(config.mfa_configuration, Some(UserPoolMfaType::Optional));
    assert_eq!(config.software_token_mfa_configuration, Some(token));

    let unknown = GetUserPoolMfaConfigRequest::new("eu-west-3_unknown");
    server.refuses(&unknown, ErrorCode::ResourceNotFound).await;
    Ok(())
}

async fn tags(server: &Server, pool: &Pool) -> Outcome {
    let list = ListTagsForResourceRequest::new(&pool.arn);
    let tag = TagResourceRequest::new(&pool.arn, [("team".to_owned(), "shop".to_owned())]);
    server.client.send(&tag).await?;
    let tags = server.client.send(&list).await?.tags;
    assert_eq!((&*tags["stage"], &*tags["team"]), ("test", "shop"));

    let untag = UntagResourceRequest::new(&pool.arn, ["stage".to_owned()]);
    server.client.send(&untag).await?;
    let tags = server.client.send(&list).await?.tags;
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["team"]);

    let unknown = ListTagsForResourceRequest::new(pool.arn.clone() + "x");
    server.refuses(&unknown, ErrorCode::ResourceNotFound).await;
    Ok(())
}

async fn domain(server: &Server, pool: &Pool) -> Outcome {
    let look = SetUiCustomizationRequest::new(&pool.id).css(".banner { color: red }");
    if server.implements::<SetUiCustomizationRequest>() {
        server.refuses(&look, ErrorCode::InvalidParameter).await;
    }

    let domain = unique("live");
    let create = CreateUserPoolDomainRequest::new(&pool.id, &domain);
    server.client.send(&create).await?;
    let describe = DescribeUserPoolDomainRequest::new(&domain);
    let described = server.client.send(&describe).await?;
    let described = described.domain_description.ok_or("no domain")?;
    assert_eq!(described.user_pool_id.as_ref(), Some(&pool.id));
    assert_eq!(described.status, Some(DomainStatusType::Active));

    let update = UpdateUserPoolDomainRequest::new(&pool.id, &domain).managed_login_version(2);
    server.client.send(&update).await?;
    let unknown = UpdateUserPoolDomainRequest::new(&pool.id, unique("live"));
    server.refuses(&unknown, ErrorCode::ResourceNotFound).await;

    if server.implements::<SetUiCustomizationRequest>() {
        let set = server.client.send(&look).await?.ui_customization;
        let get = GetUiCustomizationRequest::new(&pool.id);
        let got = server.client.send(&get).await?.ui_customization;
        assert_eq!(got, set);
        assert_eq!(got.css, look.css);
    }

    let delete = DeleteUserPoolDomainRequest::new(&pool.id, &domain);
    server.client.send(&delete).await?;
    let described = server.client.send(&describe).await?;
    let described = described.domain_description.ok_or("no description")?;
    assert_eq!(described.domain, None);
    Ok(())
}
