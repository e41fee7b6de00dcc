//! What must hold for every kind of thing and whatever its settings are.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Edit, Editable, kind::tests as model, kinds};
use crate::{
    client::Client,
    credentials::Credentials,
    operation::user_pools::{DeletionProtectionType, UpdateUserPoolRequest},
    transport::{HttpClient, HttpFuture},
};

/// Tells the same thing whenever it is asked, and keeps what is written.
#[derive(Debug)]
struct Server {
    answer: Value,
    reads: &'static str,
    written: Mutex<Vec<Value>>,
}

impl HttpClient for Arc<Server> {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let target = request.headers()["x-amz-target"].to_str().expect("ASCII");
        if target.ends_with(&format!(".{}", self.reads)) {
            let body = Bytes::from(self.answer.to_string());
            return Box::pin(async move { Ok(http::Response::new(body)) });
        }
        let body = serde_json::from_slice(request.body()).expect("JSON");
        self.written.lock().expect("not poisoned").push(body);
        Box::pin(async { Ok(http::Response::new(Bytes::from_static(b"{}"))) })
    }
}

/// Reads a thing that is told so, lets an edit be made of it and applied, and gives what was written.
fn written<O: Editable>(told: &Value, edit: impl FnOnce(&mut Edit<O>)) -> Vec<Value> {
    let kind = O::KIND;
    let answer = match kind.described {
        Some(member) => json!({member: told}),
        None => told.clone(),
    };
    let server = Arc::new(Server {
        answer,
        reads: kind.read.operation,
        written: Mutex::default(),
    });
    let client = Client::builder()
        .region("eu-central-1")
        .credentials(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .http_client(server.clone())
        .build()
        .expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let names = [kind.read.names, kind.write.names].concat();
        let names = names.into_iter().map(|name| (name, POOL.to_owned()));
        let mut draft = Edit::<O>::read(&client, names).await.expect("readable");
        edit(&mut draft);
        draft.apply().await.expect("written");
    });
    let written = server.written.lock().expect("not poisoned");
    written.clone()
}

const POOL: &str = "eu-central-1_example";

/// A thing of the kind as the choices fall, with members that are unknown.
fn thing(kind: &super::Kind, bad_allowed: bool, choices: &[u8]) -> Value {
    let shapes = model::model();
    let mut choices = choices.iter().copied();
    let request = model::request(kind);
    let settings = model::value(shapes, &request, bad_allowed, &mut choices);
    let mut told = model::told(kind, settings);
    told["SettingOfTomorrow"] = json!({"Deep": [1.5, null, {"Kept": ""}]});
    told
}

pub(super) fn nothing_is_written<O: Editable>(bad_allowed: bool, choices: &[u8]) {
    let told = thing(O::KIND, bad_allowed, choices);
    let written = written::<O>(&told, |edit| {
        // What is told badly does not always have the types of the request.
        let changed = edit.change(|request| request);
        assert!(bad_allowed || changed.is_ok(), "{}", O::KIND.name());
        edit.change_json(|_| {}).merge(serde_json::Map::new());
        assert!(edit.preview().is_empty(), "{}", edit.preview());
    });
    assert_eq!(written, [Value::Null; 0], "{}", O::KIND.name());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn without_a_change_nothing_is_written_whatever_the_settings_are(
        choices in prop::collection::vec(any::<u8>(), 0..400),
        bad_allowed in any::<bool>(),
    ) {
        for nothing_is_written in kinds::UNCHANGED {
            nothing_is_written(bad_allowed, &choices);
        }
    }

    #[test]
    fn one_change_is_all_that_differs_in_what_is_written(
        choices in prop::collection::vec(any::<u8>(), 0..400),
        bad_allowed in any::<bool>(),
    ) {
        let told = thing(UpdateUserPoolRequest::KIND, bad_allowed, &choices);
        let mut expected = Value::Null;
        let written = written::<UpdateUserPoolRequest>(&told, |edit| {
            expected = edit.settings().into();
            edit.change(|pool| pool.deletion_protection(DeletionProtectionType::Active))
                .expect("changed");
        });
        expected["DeletionProtection"] = "ACTIVE".into();
        expected["UserPoolId"] = POOL.into();
        expected.as_object_mut().expect("an object").remove("PoolName");
        prop_assert_eq!(written, [expected]);
    }
}
