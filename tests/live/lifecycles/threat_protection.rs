//! The events that a pool with threat protection keeps, and feedback about them.

use cognito_idp::{
    ErrorCode,
    operation::{
        auth::{
            AdminInitiateAuthRequest, AdminListUserAuthEventsRequest,
            AdminUpdateAuthEventFeedbackRequest, AuthEventType, AuthFlowType, ChallengeResponse,
            EventResponseType, EventType, FeedbackValueType, UpdateAuthEventFeedbackRequest,
        },
        user_pools::{
            AdvancedSecurityModeType, CreateUserPoolRequest, UserPoolAddOnsType, UserPoolTierType,
        },
    },
};

use crate::live::{Outcome, PASSWORD, Pool, Server, unique};

pub(crate) async fn lifecycle(server: &Server) -> Outcome {
    if !server.implements::<AdminListUserAuthEventsRequest>() {
        return Ok(());
    }
    let request = CreateUserPoolRequest::new(unique("threats"));
    let without = server.pool_as(&request).await?;
    let list = AdminListUserAuthEventsRequest::new(&without.id, "alice");
    server
        .refuses(&list, ErrorCode::UserPoolAddOnNotEnabled)
        .await;
    server.delete(without).await?;

    let request = request
        .user_pool_tier(UserPoolTierType::Plus)
        .user_pool_add_ons(UserPoolAddOnsType::new(AdvancedSecurityModeType::Audit));
    let pool = server.pool_as(&request).await?;
    super::users::create(server, &pool.id, "alice").await?;
    for password in [PASSWORD, PASSWORD, "wrong"] {
        // The last one is refused, which is an event as well.
        let _ = sign_in(server, &pool, password).await;
    }

    let list = AdminListUserAuthEventsRequest::new(&pool.id, "alice");
    let id = |event: AuthEventType| event.event_id;
    let (ids, pages) = server.walk(list.clone().max_results(2), id).await?;
    assert_eq!((ids.len(), pages), (3, 2));
    let events = server.client.send(&list).await?.auth_events;
    let newest = &events[0];
    assert_eq!(newest.event_type, Some(EventType::SignIn));
    assert_eq!(newest.event_response, Some(EventResponseType::Fail));
    assert_eq!(
        newest.challenge_responses[0].challenge_response,
        Some(ChallengeResponse::Failure)
    );
    assert!(newest.creation_date.is_some() && newest.event_feedback.is_none());

    let value = FeedbackValueType::Invalid;
    let feedback =
        AdminUpdateAuthEventFeedbackRequest::new(&pool.id, "alice", ids[0].as_str(), value.clone());
    server.client.send(&feedback).await?;
    let events = server.client.send(&list).await?.auth_events;
    let told = events[0].event_feedback.as_ref().ok_or("no feedback")?;
    assert_eq!(told.feedback_value, value);
    assert!(told.feedback_date.is_some());
    let unknown =
        AdminUpdateAuthEventFeedbackRequest::new(&pool.id, "alice", "unknown", value.clone());
    server.refuses(&unknown, ErrorCode::InvalidParameter).await;
    // The token comes with a mail that the server does not send.
    let feedback =
        UpdateAuthEventFeedbackRequest::new(&pool.id, "alice", ids[0].as_str(), "token", value);
    server.refuses(&feedback, ErrorCode::NotAuthorized).await;
    server.delete(pool).await
}

async fn sign_in(server: &Server, pool: &Pool, password: &str) -> Outcome {
    let hash = pool.app.secret_hash("alice")?.ok_or("no secret")?;
    let flow = AuthFlowType::AdminUserPasswordAuth;
    let request = AdminInitiateAuthRequest::new(&pool.id, pool.app.id(), flow).auth_parameters([
        ("USERNAME", "alice"),
        ("PASSWORD", password),
        ("SECRET_HASH", hash.expose()),
    ]);
    server.client.send(&request).await?;
    Ok(())
}
