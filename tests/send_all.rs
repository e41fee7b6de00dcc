//! Many requests, a few at a time.

#![cfg(feature = "sigv4")]

#[path = "support/scripted.rs"]
mod scripted;

use std::time::Duration;

use cognito_idp::{
    Error, ErrorCode,
    operation::groups::AdminAddUserToGroupRequest,
    pacing::{Pacing, PacingError, QuotaCategory},
    retry::RetryPolicy,
};
use scripted::{Scripted, answer, refusal};
use tokio::time::Instant;

fn requests(count: usize) -> impl Iterator<Item = AdminAddUserToGroupRequest> {
    (0..count).map(|n| AdminAddUserToGroupRequest::new("eu-central-1_A", "alice", n.to_string()))
}

#[tokio::test(start_paused = true)]
async fn never_more_run_than_allowed_and_each_answer_knows_its_request() -> Result<(), Error> {
    let second = Duration::from_secs(1);
    let script = Scripted::new([answer(200, "{}").after(second)]);
    let client = script.client(|builder| builder)?;
    let mut answers = client.send_all(requests(10), 4);
    let mut seen = Vec::new();
    while let Some(sent) = answers.next().await {
        sent.result?;
        assert_eq!(sent.request.group_name, sent.index.to_string());
        seen.push(sent.index);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
    let sent_at: Vec<_> = script.sent().iter().map(|sent| sent.at.as_secs()).collect();
    assert_eq!(sent_at, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
    assert!(answers.next().await.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failure_does_not_end_the_rest() -> Result<(), Error> {
    let refused = refusal(400, "ResourceNotFoundException");
    let script = Scripted::new([answer(200, "{}"), refused, answer(200, "{}")]);
    let client = script.client(|builder| builder)?;
    // None at a time is one at a time.
    let mut answers = client.send_all(requests(3), 0);
    let mut codes = Vec::new();
    while let Some(sent) = answers.next().await {
        codes.push(sent.result.err().and_then(|error| error.code().cloned()));
    }
    assert_eq!(codes, [None, Some(ErrorCode::ResourceNotFound), None]);
    Ok(())
}

#[tokio::test]
async fn nothing_to_send_is_no_answer() -> Result<(), Error> {
    let client = Scripted::new([]).client(|builder| builder)?;
    assert!(client.send_all(requests(0), 4).next().await.is_none());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_paced_client_holds_back_what_the_other_does_not() -> Result<(), Error> {
    let script = Scripted::new([answer(200, "{}")]);
    let client = script.client(|builder| builder.retry_policy(RetryPolicy::never()))?;
    let pacing = Pacing::new().limit(QuotaCategory::UserUpdate, 1.0);
    let paced = client.with_pacing(&pacing);

    let began = Instant::now();
    let mut answers = client.send_all(requests(5), 5);
    while answers.next().await.is_some() {}
    assert_eq!(began.elapsed(), Duration::ZERO);

    let mut answers = paced.send_all(requests(5), 5);
    while answers.next().await.is_some() {}
    assert!(began.elapsed() >= Duration::from_secs(4), "{began:?}");

    let none_waits = client.with_pacing(&pacing.max_waiting(0));
    let mut answers = none_waits.send_all(requests(2), 2);
    let mut refused = 0;
    while let Some(sent) = answers.next().await {
        if let Err(Error::Pacing { error, .. }) = sent.result {
            assert!(matches!(error, PacingError::QueueFull { .. }));
            refused += 1;
        }
    }
    assert_eq!(refused, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_paced_client_tells_its_pace_and_what_was_throttled() -> Result<(), Error> {
    let throttle = refusal(400, "TooManyRequestsException");
    let script = Scripted::new([answer(200, "{}"), throttle, answer(200, "{}")]);
    let client = script.client(|builder| builder.retry_policy(RetryPolicy::never()))?;
    let category = QuotaCategory::UserUpdate;
    assert_eq!(client.pace(category), None);

    let paced = client.with_pacing(&Pacing::new().share(0.4));
    let mut answers = paced.send_all(requests(3), 1);
    while answers.next().await.is_some() {}
    let pace =
        paced
            .clone()
            .pace(category)
            .ok_or(Error::from(cognito_idp::error::InvalidInput::new(
                "pace",
                "must be there",
            )))?;
    assert_eq!((pace.sent, pace.throttled), (3, 1));
    assert!(
        (pace.limit - 10.0).abs() < 1e-9 && pace.rate < 6.0,
        "{pace:?}"
    );
    Ok(())
}
