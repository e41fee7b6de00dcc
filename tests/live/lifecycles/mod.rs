//! The life of everything a pool holds: created, read, changed, listed page by page, deleted.
//!
//! The same code runs on both servers; what only one of them implements, or does otherwise, stands
//! under a condition.

mod app_clients;
mod federation;
mod groups;
mod self_service;
mod threat_protection;
mod user_pools;
mod users;

use super::{Outcome, Server, coverage};

/// Runs all lifecycles on a server and checks that they called every operation it implements.
///
/// `only_refused` names those that the server implements but has no success for.
pub(crate) async fn run(server: &Server, implemented: usize, only_refused: &[&str]) -> Outcome {
    user_pools::lifecycle(server).await?;
    app_clients::lifecycle(server).await?;
    groups::lifecycle(server).await?;
    users::lifecycle(server).await?;
    self_service::lifecycle(server).await?;
    federation::lifecycle(server).await?;
    threat_protection::lifecycle(server).await?;

    let expected = coverage::operations(server.implements);
    assert_eq!(expected.len(), implemented);
    let answers = server.wire.answers();
    let called: Vec<_> = answers.keys().map(String::as_str).collect();
    assert_eq!(
        called, expected,
        "called on the left, implemented on the right"
    );
    let no_success: Vec<_> = answers
        .iter()
        .filter(|(_, answers)| answers.successes == 0)
        .map(|(operation, _)| operation.as_str())
        .collect();
    assert_eq!(no_success, only_refused);
    let refused = answers
        .values()
        .filter(|answers| answers.errors > 0)
        .count();
    println!(
        "{} operations called, {refused} of them also refused",
        called.len()
    );
    Ok(())
}
