//! Walking the pages of a list: how it goes on, ends, and is taken up again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cognito_idp::{
    Client, Error,
    client::Items,
    error::{DecodeProblem, TransportError, TransportErrorKind},
    operation::{devices::ListDevicesRequest, sessions::ListUserSessionsRequest},
    retry::RetryPolicy,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_walk_goes_on_over_empty_pages_and_ends_where_the_token_vanishes() -> Result<(), Error> {
    for end in [
        json!({}),
        json!({"NextToken": null}),
        json!({"NextToken": ""}),
    ] {
        let mut last = end;
        last["Sessions"] = sessions(["c"]);
        let script = Script::new([
            json!({"Sessions": sessions(["a", "b"]), "NextToken": "1"}),
            json!({"NextToken": "2"}),
            json!({"Sessions": [], "NextToken": "3"}),
            last,
        ]);
        let client = script.client()?;
        let mut items = client.pages(ListUserSessionsRequest::new("token")).items();
        let mut found = Vec::new();
        while let Some(session) = items.next().await? {
            found.extend(session.session_id);
        }
        assert_eq!(found, ["a", "b", "c"]);
        assert!(items.next().await?.is_none());
        assert_eq!(script.asked("NextToken"), ["", "1", "2", "3"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_page_that_names_itself_as_the_next_one_is_an_error_and_no_end() -> Result<(), Error> {
    let repeated = |error: &Error| {
        assert!(matches!(error, Error::Decode(error)
            if *error.problem() == DecodeProblem::RepeatedPageToken));
        assert_eq!(error.operation(), Some("ListUserSessions"));
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    };
    let same = || json!({"Sessions": sessions(["b"]), "NextToken": "same"});
    let script = Script::new([
        json!({"Sessions": sessions(["a"]), "NextToken": "same"}),
        same(),
        same(),
        json!({"Sessions": sessions(["b"]), "NextToken": "other"}),
        json!({"Sessions": sessions(["c"])}),
    ]);
    let client = script.client()?;
    let mut items = client.pages(ListUserSessionsRequest::new("token")).items();
    let mut found = Vec::new();
    let mut failures = 0;
    loop {
        match items.next().await {
            Ok(Some(session)) => found.extend(session.session_id),
            Ok(None) => break,
            Err(error) => {
                repeated(&error);
                failures += 1;
            }
        }
    }
    // Asked again, the server thought better of it: nothing is missing and nothing comes twice.
    assert_eq!((found.join(" ").as_str(), failures), ("a b c", 2));
    assert_eq!(
        script.asked("NextToken"),
        ["", "same", "same", "same", "other"]
    );

    // It may also be the one the walk was taken up with.
    let script = Script::new([same()]);
    let client = script.client()?;
    let mut pages = client.pages(ListUserSessionsRequest::new("token").next_token("same"));
    repeated(&pages.next().await.expect_err("the same token"));
    assert_eq!(pages.token(), Some("same"));
    Ok(())
}

#[tokio::test]
async fn a_walk_outlives_its_client_and_can_be_spawned() -> Result<(), Box<dyn std::error::Error>> {
    struct Stored {
        items: Items<ListUserSessionsRequest>,
    }

    let script = Script::new([
        json!({"Sessions": sessions(["a"]), "NextToken": "1"}),
        json!({"Sessions": sessions(["b"])}),
    ]);
    let mut stored = {
        let client = script.client()?;
        let items = client.pages(ListUserSessionsRequest::new("token")).items();
        Stored { items }
    };
    let walk = tokio::spawn(async move {
        let mut count = 0;
        while stored.items.next().await?.is_some() {
            count += 1;
        }
        Ok::<_, Error>(count)
    });
    assert_eq!(walk.await??, 2);
    Ok(())
}

#[tokio::test]
async fn the_other_name_of_the_token_works_the_same() -> Result<(), Error> {
    let script = Script::new([
        json!({"Devices": [{"DeviceKey": "a"}], "PaginationToken": "1"}),
        json!({"Devices": [{"DeviceKey": "b"}]}),
    ]);
    let client = script.client()?;
    let mut pages = client.pages(ListDevicesRequest::new("token").limit(1));
    while pages.next().await?.is_some() {}
    assert_eq!(script.asked("PaginationToken"), ["", "1"]);
    Ok(())
}

#[tokio::test]
async fn a_walk_that_fails_knows_its_place_and_goes_on_there() -> Result<(), Error> {
    let script = Script::new([
        json!({"Sessions": sessions(["a"]), "NextToken": "1"}),
        Value::Null,
        json!({"Sessions": sessions(["b"]), "NextToken": "2"}),
        json!({"Sessions": sessions(["c"])}),
    ]);
    let client = script.client()?;
    let mut pages = client.pages(ListUserSessionsRequest::new("token"));
    assert_eq!(pages.token(), None);
    assert!(pages.next().await?.is_some());
    assert!(pages.next().await.is_err());
    assert_eq!(pages.token(), Some("1"));
    assert!(pages.next().await?.is_some());
    assert_eq!(pages.token(), Some("2"));
    assert!(pages.next().await?.is_some());
    assert_eq!(pages.token(), None);
    assert_eq!(script.asked("NextToken"), ["", "1", "1", "2"]);
    Ok(())
}

#[tokio::test]
async fn a_walk_that_was_taken_up_again_knows_its_place_from_the_start() -> Result<(), Error> {
    let script = Script::new([Value::Null]);
    let client = script.client()?;
    let mut pages = client.pages(ListUserSessionsRequest::new("token").next_token("7"));
    assert_eq!(pages.token(), Some("7"));
    assert!(pages.next().await.is_err());
    assert_eq!(pages.token(), Some("7"));
    Ok(())
}

fn sessions<const N: usize>(ids: [&str; N]) -> Value {
    ids.map(|id| json!({"SessionId": id})).into_iter().collect()
}

/// Gives prepared answers one after the other (`null`: the connection breaks), and keeps the requests.
#[derive(Clone, Debug)]
struct Script {
    state: Arc<Mutex<(Vec<Value>, Vec<Value>)>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Value>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            state: Arc::new(Mutex::new((answers, Vec::new()))),
        }
    }

    fn client(&self) -> Result<Client, Error> {
        let client = Client::builder()
            .region("us-east-1")
            .retry_policy(RetryPolicy::never())
            .http_client(self.clone());
        Ok(client.build()?)
    }

    /// That member of each request so far; empty where a request had none.
    fn asked(&self, member: &str) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |request: &Value| request[member].as_str().unwrap_or_default().to_owned();
        state.1.iter().map(text).collect()
    }
}

impl HttpClient for Script {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        state.1.push(body);
        let answer = match state.0.pop() {
            Some(Value::Null) | None => Err(TransportError::new(TransportErrorKind::Interrupted)),
            Some(answer) => Ok(http::Response::new(Bytes::from(answer.to_string()))),
        };
        Box::pin(async { answer })
    }
}
