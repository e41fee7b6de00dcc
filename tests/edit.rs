//! Editing settings, against a pool and an app client in memory that reset what an update leaves out.

#![cfg(feature = "sigv4")]

use std::{
    collections::VecDeque,
    error::Error as StdError,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use cognito_idp::{
    Client, Error, ErrorCode,
    credentials::Credentials,
    edit::{Diff, Edit},
    error::{DecodeProblem, TransportError, TransportErrorKind},
    operation::user_pools::{DeletionProtectionType, UpdateUserPoolRequest},
    transport::{HttpClient, HttpFuture},
    types::UserPoolMfaType,
};
use serde_json::{Map, Value, json};

type TestResult = Result<(), Box<dyn StdError>>;

const POOL: &str = "eu-central-1_example";

/// What happens when a request comes: to the settings before it, and an answer in place of the usual.
type Event = Box<dyn FnOnce(&mut Value) -> Option<(u16, Value)> + Send>;

/// A thing in memory, as Cognito would tell it.
#[derive(Clone)]
struct Server(Arc<State>);

struct State {
    /// The operation that reads, that which writes, and the member that holds the thing.
    kind: [&'static str; 3],
    /// What an update leaves as it is.
    kept: &'static [&'static str],
    thing: Mutex<Value>,
    events: Mutex<VecDeque<Event>>,
    sent: Mutex<Vec<(String, Value)>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    fn pool(pool: Value) -> Self {
        Self(Arc::new(State {
            kind: ["DescribeUserPool", "UpdateUserPool", "UserPool"],
            kept: &[
                "Id",
                "Name",
                "Status",
                "EstimatedNumberOfUsers",
                "LastModifiedDate",
            ],
            thing: Mutex::new(pool),
            events: Mutex::default(),
            sent: Mutex::default(),
        }))
    }

    fn app_client(client: Value) -> Self {
        Self(Arc::new(State {
            kind: [
                "DescribeUserPoolClient",
                "UpdateUserPoolClient",
                "UserPoolClient",
            ],
            kept: &["UserPoolId", "ClientId", "ClientSecret", "LastModifiedDate"],
            thing: Mutex::new(client),
            events: Mutex::default(),
            sent: Mutex::default(),
        }))
    }

    fn client(&self) -> Result<Client, cognito_idp::error::InvalidInput> {
        Client::builder()
            .region("eu-central-1")
            .credentials(Credentials::new(
                "AKIDEXAMPLE",
                "secret",
                None,
                None,
                "test",
            ))
            .http_client(self.clone())
            .build()
    }

    async fn edit(&self) -> Result<Edit<UpdateUserPoolRequest>, Error> {
        self.client()?.edit_user_pool(POOL).await
    }

    /// Lets something happen at the next request for which nothing is to happen yet.
    fn then(
        &self,
        event: impl FnOnce(&mut Value) -> Option<(u16, Value)> + Send + 'static,
    ) -> &Self {
        lock(&self.0.events).push_back(Box::new(event));
        self
    }

    fn then_nothing(&self) -> &Self {
        self.then(|_| None)
    }

    fn then_refuse(&self, code: &'static str) -> &Self {
        self.then(move |_| Some((400, json!({"__type": code}))))
    }

    fn thing(&self) -> Value {
        lock(&self.0.thing).clone()
    }

    fn sent(&self) -> Vec<(String, Value)> {
        lock(&self.0.sent).clone()
    }

    fn operations(&self) -> Vec<String> {
        self.sent()
            .into_iter()
            .map(|(operation, _)| operation)
            .collect()
    }

    /// What was written last.
    fn written(&self) -> Value {
        let writes = |(operation, _): &(String, Value)| *operation == self.0.kind[1];
        self.sent()
            .into_iter()
            .rfind(writes)
            .map_or(Value::Null, |(_, body)| body)
    }

    fn answer(&self, operation: &str, body: Value) -> (u16, Value) {
        let mut thing = lock(&self.0.thing);
        if let Some(event) = lock(&self.0.events).pop_front()
            && let Some(answer) = event(&mut thing)
        {
            return answer;
        }
        if operation == self.0.kind[0] {
            return (200, json!({self.0.kind[2]: *thing}));
        }
        assert_eq!(operation, self.0.kind[1]);
        let (Value::Object(before), Value::Object(mut written)) = (&*thing, body) else {
            panic!("objects")
        };
        written.remove("UserPoolId");
        if let Some(name) = written.remove("PoolName") {
            written.insert("Name".to_owned(), name);
        }
        for member in self.0.kept {
            if let Some(value) = before.get(*member) {
                written.entry(*member).or_insert(value.clone());
            }
        }
        // What Cognito never tells.
        written.remove("PublishSecretsInAWSSecretsManager");
        *thing = Value::Object(written);
        (200, json!({}))
    }
}

impl HttpClient for Server {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async move {
            let broken = || TransportError::new(TransportErrorKind::InvalidResponse);
            let target = request.headers()["x-amz-target"]
                .to_str()
                .map_err(|_| broken())?;
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let body: Value = serde_json::from_slice(request.body()).map_err(|_| broken())?;
            lock(&self.0.sent).push((operation.clone(), body.clone()));
            let (status, body) = self.answer(&operation, body);
            let response = http::Response::builder().status(status);
            response
                .body(Bytes::from(body.to_string()))
                .map_err(|_| broken())
        })
    }
}

fn full_pool() -> Value {
    json!({
        "Id": POOL, "Name": "shop", "Status": "Enabled", "EstimatedNumberOfUsers": 7,
        "LastModifiedDate": 1_767_268_800.5,
        "MfaConfiguration": "OFF", "DeletionProtection": "ACTIVE",
        "Policies": {
            "PasswordPolicy": {"MinimumLength": 8, "RequireSymbols": true, "RuleOfTomorrow": 3},
            "PolicyOfTomorrow": {"Strict": true},
        },
        "LambdaConfig": {"PreSignUp": "arn:aws:lambda:eu-central-1:1:function:f"},
        "UserPoolTags": {"team": "identity"},
        "SettingOfTomorrow": {"Deep": [1, {"Kept": null}]},
    })
}

/// What is written to keep the full pool as it is.
fn full_settings() -> Value {
    let mut settings = full_pool();
    let members = settings.as_object_mut().expect("an object");
    for member in [
        "Id",
        "Name",
        "Status",
        "EstimatedNumberOfUsers",
        "LastModifiedDate",
    ] {
        members.remove(member);
    }
    members.insert("UserPoolId".to_owned(), POOL.into());
    settings
}

fn longer_passwords(mut pool: UpdateUserPoolRequest) -> UpdateUserPoolRequest {
    let policies = pool.policies.as_mut();
    if let Some(policy) = policies.and_then(|policies| policies.password_policy.as_mut()) {
        policy.minimum_length = Some(12);
    }
    pool
}

fn paths(diff: &Diff) -> Vec<&str> {
    diff.changes()
        .iter()
        .map(|change| change.path.as_str())
        .collect()
}

#[tokio::test]
async fn one_setting_changes_and_all_others_stay_those_of_tomorrow_as_well() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::Optional))?
        .change(longer_passwords)?;
    assert_eq!(server.operations(), ["DescribeUserPool"]);

    let applied = edit.apply().await?;
    assert!(applied.is_as_asked(), "{applied}");
    assert_eq!(
        paths(&applied.applied),
        ["MfaConfiguration", "Policies.PasswordPolicy.MinimumLength"]
    );
    let mut expected = full_settings();
    expected["MfaConfiguration"] = "OPTIONAL".into();
    expected["Policies"]["PasswordPolicy"]["MinimumLength"] = 12.into();
    assert_eq!(server.written(), expected);
    assert_eq!(
        server.operations(),
        [
            "DescribeUserPool",
            "DescribeUserPool",
            "UpdateUserPool",
            "DescribeUserPool"
        ]
    );

    // The edit goes on from what was read back.
    assert!(edit.preview().is_empty());
    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::On))?;
    let applied = edit.apply().await?;
    assert_eq!(
        applied.applied.to_string(),
        "MfaConfiguration: \"OPTIONAL\" -> \"ON\""
    );
    Ok(())
}

#[tokio::test]
async fn members_can_be_taken_away_and_given_as_json() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(|mut pool| {
        pool.lambda_config = None;
        pool.user_pool_tags
            .to_mut()
            .insert("stage".to_owned(), "live".to_owned());
        pool
    })?
    .change_json(|settings| {
        settings.insert("OtherOfTomorrow".to_owned(), json!(["a"]));
    });
    let Value::Object(wanted) = json!({
        "DeletionProtection": null, "Policies": {"PasswordPolicy": {"RuleOfTomorrow": 4}},
    }) else {
        panic!("an object")
    };
    edit.merge(wanted);
    let applied = edit.apply().await?;
    assert!(applied.is_as_asked(), "{applied}");

    let mut expected = full_settings();
    let members = expected.as_object_mut().expect("an object");
    members.remove("LambdaConfig");
    members.remove("DeletionProtection");
    members.insert("OtherOfTomorrow".to_owned(), json!(["a"]));
    expected["UserPoolTags"]["stage"] = "live".into();
    expected["Policies"]["PasswordPolicy"]["RuleOfTomorrow"] = 4.into();
    assert_eq!(server.written(), expected);
    Ok(())
}

#[tokio::test]
async fn a_preview_tells_what_changes_and_what_would_be_lost_and_calls_nobody() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    let preview = edit.preview();
    assert_eq!(
        serde_json::to_value(&preview)?,
        json!({
            "changes": [{"path": "Policies.PasswordPolicy.MinimumLength", "old": 8, "new": 12}],
            "would_reset": [
                {"path": "DeletionProtection", "old": "ACTIVE"},
                {"path": "LambdaConfig", "old": {"PreSignUp": "arn:aws:lambda:eu-central-1:1:function:f"}},
                {"path": "MfaConfiguration", "old": "OFF"},
                {"path": "Policies.PasswordPolicy.RequireSymbols", "old": true},
                {"path": "Policies.PasswordPolicy.RuleOfTomorrow", "old": 3},
                {"path": "Policies.PolicyOfTomorrow", "old": {"Strict": true}},
                {"path": "SettingOfTomorrow", "old": {"Deep": [1, {"Kept": null}]}},
                {"path": "UserPoolTags", "old": {"team": "identity"}},
            ],
        })
    );
    assert_eq!(
        preview.to_string(),
        "Policies.PasswordPolicy.MinimumLength: 8 -> 12\n\
         kept, though an update with the change alone would reset it: DeletionProtection, \
         LambdaConfig, MfaConfiguration, Policies.PasswordPolicy.RequireSymbols, \
         Policies.PasswordPolicy.RuleOfTomorrow, Policies.PolicyOfTomorrow, SettingOfTomorrow, \
         UserPoolTags"
    );
    assert_eq!(server.operations(), ["DescribeUserPool"]);

    // The list is right: the change alone, sent by hand, loses exactly that.
    let policy = json!({"PasswordPolicy": {"MinimumLength": 12}});
    server.answer(
        "UpdateUserPool",
        json!({"UserPoolId": POOL, "Policies": policy}),
    );
    edit.reload().await?;
    let left = edit.settings();
    assert_eq!(
        Value::Object(left),
        json!({"PoolName": "shop", "Policies": policy})
    );
    Ok(())
}

#[tokio::test]
async fn without_a_change_nothing_is_previewed_called_or_written() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::Off))?
        .change(|pool| pool)?
        .merge(Map::new());
    let preview = edit.preview();
    assert!(preview.is_empty() && preview.would_reset.is_empty());
    assert_eq!(preview.to_string(), "nothing changes");
    let applied = edit.apply().await?;
    assert!(applied.is_as_asked());
    assert_eq!(applied.to_string(), "nothing changed");
    assert_eq!(server.operations(), ["DescribeUserPool"]);
    Ok(())
}

#[tokio::test]
async fn a_change_in_between_is_refused_and_kept_once_the_settings_are_reloaded() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server.then(|pool| {
        pool["UserPoolTags"]["team"] = "other".into();
        pool["Policies"]["PasswordPolicy"]["RuleOfTomorrow"] = 9.into();
        None
    });
    let error = edit.apply().await.expect_err("refused");
    let Error::Changed {
        operation, paths, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*operation, "UpdateUserPool");
    assert_eq!(
        *paths,
        [
            "Policies.PasswordPolicy.RuleOfTomorrow",
            "UserPoolTags.team"
        ]
    );
    assert_eq!(error.operation(), Some("UpdateUserPool"));
    assert!(!error.outcome_unknown());
    assert!(error.to_string().contains("UserPoolTags.team"), "{error}");
    assert_eq!(server.written(), Value::Null);

    // Nothing but a reload makes it go on.
    assert!(matches!(edit.apply().await, Err(Error::Changed { .. })));
    edit.reload().await?;
    assert_eq!(
        edit.preview().changes.to_string(),
        "Policies.PasswordPolicy.MinimumLength: 8 -> 12"
    );
    edit.apply().await?;
    let pool = server.thing();
    assert_eq!(pool["Policies"]["PasswordPolicy"]["MinimumLength"], 12);
    assert_eq!(pool["Policies"]["PasswordPolicy"]["RuleOfTomorrow"], 9);
    assert_eq!(pool["UserPoolTags"]["team"], "other");
    Ok(())
}

#[tokio::test]
async fn a_name_from_outside_does_not_command_the_terminal() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server.then(|pool| {
        pool["UserPoolTags"]["\u{1b}[2J"] = "x\u{1b}".into();
        None
    });
    let error = edit.apply().await.expect_err("refused");
    edit.reload().await?;
    let shown = format!("{error} {error:?} {}", edit.preview());
    assert!(shown.contains("[2J"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    edit.change(|mut pool| {
        pool.user_pool_tags.to_mut().remove("\u{1b}[2J");
        pool
    })?;
    assert!(!edit.preview().to_string().contains('\u{1b}'));
    Ok(())
}

#[tokio::test]
async fn what_is_no_setting_may_change_in_between() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server.then(|pool| {
        pool["EstimatedNumberOfUsers"] = 8.into();
        pool["LastModifiedDate"] = 1_767_268_999.into();
        None
    });
    assert!(edit.apply().await?.is_as_asked());
    Ok(())
}

#[tokio::test]
async fn a_change_at_the_same_time_is_met_three_times_at_most() -> TestResult {
    let conflict = "ConcurrentModificationException";
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server
        .then_nothing()
        .then_refuse(conflict)
        .then_nothing()
        .then_refuse(conflict);
    assert!(edit.apply().await?.is_as_asked());
    assert_eq!(server.operations().len(), 8);

    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::On))?;
    for _ in 0..4 {
        server.then_nothing().then_refuse(conflict);
    }
    let error = edit.apply().await.expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::ConcurrentModification));
    assert_eq!(server.operations().len(), 14);
    assert!(!edit.preview().is_empty(), "the change is kept");
    Ok(())
}

#[tokio::test]
async fn a_change_that_cognito_met_is_not_overwritten_unseen() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server.then_nothing().then(|pool| {
        pool["MfaConfiguration"] = "ON".into();
        Some((400, json!({"__type": "ConcurrentModificationException"})))
    });
    let error = edit.apply().await.expect_err("refused");
    assert!(
        matches!(&error, Error::Changed { paths, .. } if *paths == ["MfaConfiguration"]),
        "{error}"
    );
    assert_eq!(
        server.thing()["Policies"]["PasswordPolicy"]["MinimumLength"],
        8
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn after_an_attempt_of_unknown_outcome_the_settings_tell_what_became_of_it() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    // Nothing became of it.
    edit.change(longer_passwords)?;
    server
        .then_nothing()
        .then(|_| Some((500, json!({"__type": "InternalErrorException"}))));
    assert!(edit.apply().await?.is_as_asked());
    assert_eq!(server.operations().len(), 6);

    // It took effect.
    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::On))?;
    server.then_nothing().then(|pool| {
        pool["MfaConfiguration"] = "ON".into();
        Some((500, json!({"__type": "InternalErrorException"})))
    });
    assert!(edit.apply().await?.is_as_asked());
    assert_eq!(server.operations().len(), 10);

    // Something else did: nobody can say what.
    edit.change(|pool| pool.mfa_configuration(UserPoolMfaType::Off))?;
    server.then_nothing().then(|pool| {
        pool["UserPoolTags"]["team"] = "other".into();
        Some((500, json!({"__type": "InternalErrorException"})))
    });
    let error = edit.apply().await.expect_err("unknown");
    assert_eq!(error.code(), Some(&ErrorCode::InternalError));
    assert!(error.outcome_unknown());
    assert_eq!(server.operations().len(), 13);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_stays_one_if_the_settings_cannot_be_read_then() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server
        .then_nothing()
        .then(|_| Some((500, json!({"__type": "InternalErrorException"}))))
        .then_refuse("NotAuthorizedException");
    let error = edit.apply().await.expect_err("unknown");
    assert_eq!(error.operation(), Some("UpdateUserPool"));
    assert!(error.outcome_unknown());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn settings_are_not_written_for_ever() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    for _ in 0..9 {
        server
            .then_nothing()
            .then(|_| Some((500, json!({"__type": "InternalErrorException"}))));
    }
    let error = edit.apply().await.expect_err("refused");
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(server.operations().len(), 7);
    Ok(())
}

#[tokio::test]
async fn what_cognito_does_otherwise_than_it_was_told_is_said() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?
        .change(|pool| pool.deletion_protection(DeletionProtectionType::Inactive))?;
    server.then_nothing().then_nothing().then(|pool| {
        pool["DeletionProtection"] = "ACTIVE".into();
        pool["UserPoolTier"] = "ESSENTIALS".into();
        None
    });
    let applied = edit.apply().await?;
    assert!(!applied.is_as_asked());
    assert_eq!(
        applied.to_string(),
        "applied:\nPolicies.PasswordPolicy.MinimumLength: 8 -> 12\n\
         ignored by Cognito:\nDeletionProtection: \"INACTIVE\" -> \"ACTIVE\"\n\
         also changed:\nUserPoolTier: + \"ESSENTIALS\""
    );
    assert_eq!(
        serde_json::to_value(&applied)?["ignored"],
        json!([{"path": "DeletionProtection", "old": "INACTIVE", "new": "ACTIVE"}])
    );
    Ok(())
}

#[tokio::test]
async fn settings_that_were_written_and_cannot_be_read_back_are_said_to_be_written() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server
        .then_nothing()
        .then_nothing()
        .then_refuse("ResourceNotFoundException");
    let applied = edit.apply().await?;
    assert!(!applied.is_as_asked());
    let unconfirmed = applied.unconfirmed.as_ref().and_then(Error::code);
    assert_eq!(unconfirmed, Some(&ErrorCode::ResourceNotFound));
    assert_eq!(
        paths(&applied.applied),
        ["Policies.PasswordPolicy.MinimumLength"]
    );
    assert!(
        applied
            .to_string()
            .contains("written, but not read back: DescribeUserPool"),
        "{applied}"
    );

    // What the edit knows is old now, so it must be reloaded; then nothing is left to be done.
    assert!(matches!(edit.apply().await, Err(Error::Changed { .. })));
    edit.reload().await?;
    assert!(edit.preview().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refusal_leaves_the_edit_as_it_was() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    server
        .then_nothing()
        .then_refuse("InvalidParameterException");
    let error = edit.apply().await.expect_err("refused");
    assert_eq!(error.code(), Some(&ErrorCode::InvalidParameter));
    assert_eq!(server.operations().len(), 3);
    server.then_refuse("TooManyRequestsException");
    assert!(
        edit.apply().await?.is_as_asked(),
        "throttling is waited for"
    );
    Ok(())
}

#[tokio::test]
async fn an_answer_without_settings_is_an_error_and_no_empty_pool() -> TestResult {
    for (answer, problem) in [
        (
            json!({}),
            DecodeProblem::MissingMember { member: "UserPool" },
        ),
        (
            json!({"UserPool": null}),
            DecodeProblem::MissingMember { member: "UserPool" },
        ),
        (
            json!({"UserPool": []}),
            DecodeProblem::MalformedMember { member: "UserPool" },
        ),
    ] {
        let server = Server::pool(full_pool());
        server.then(|_| Some((200, answer)));
        let error = server.edit().await.expect_err("unreadable");
        assert!(
            matches!(&error, Error::Decode(error) if *error.problem() == problem),
            "{error}"
        );

        // So it is when the settings are read again, and nothing is written then.
        let mut edit = server.edit().await?;
        edit.change(longer_passwords)?;
        server.then(|_| Some((200, json!({"UserPool": null}))));
        assert!(matches!(edit.apply().await, Err(Error::Decode(_))));
        assert_eq!(server.written(), Value::Null);
    }
    Ok(())
}

#[tokio::test]
async fn settings_of_other_types_than_ours_can_be_changed_as_json() -> TestResult {
    let mut pool = full_pool();
    pool["MfaConfiguration"] = json!({"Mode": "OFF"});
    let server = Server::pool(pool);
    let mut edit = server.edit().await?;
    let error = edit.change(longer_passwords).expect_err("refused");
    assert_eq!(error.problems()[0].field, "UpdateUserPool");
    assert!(edit.preview().is_empty());
    edit.change_json(|settings| settings["MfaConfiguration"]["Mode"] = "ON".into());
    edit.apply().await?;
    assert_eq!(server.thing()["MfaConfiguration"], json!({"Mode": "ON"}));
    assert_eq!(server.thing()["DeletionProtection"], "ACTIVE");
    Ok(())
}

#[tokio::test]
async fn a_reload_that_fails_leaves_the_edit_as_it_was() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(longer_passwords)?;
    let before = edit.settings();
    server.then_refuse("NotAuthorizedException");
    assert!(edit.reload().await.is_err());
    server.then(|pool| {
        pool["MfaConfiguration"] = 5.into();
        None
    });
    let error = edit.reload().await.expect_err("the change cannot be made");
    assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    assert_eq!(edit.settings(), before);
    Ok(())
}

#[tokio::test]
async fn which_pool_it_is_cannot_be_changed_and_its_name_is_sent_only_if_it_is() -> TestResult {
    let server = Server::pool(full_pool());
    let mut edit = server.edit().await?;
    edit.change(|mut pool| {
        pool.user_pool_id = "eu-central-1_another".to_owned();
        pool
    })?;
    assert!(edit.preview().is_empty());
    edit.change_json(|settings| {
        settings.insert("UserPoolId".to_owned(), "eu-central-1_another".into());
    });
    assert!(edit.preview().is_empty());
    edit.change(|pool| pool.pool_name("store"))?;
    let applied = edit.apply().await?;
    assert_eq!(
        applied.to_string(),
        "applied:\nPoolName: \"shop\" -> \"store\""
    );
    assert_eq!(server.written()["UserPoolId"], POOL);
    assert_eq!(server.written()["PoolName"], "store");

    edit.change(longer_passwords)?;
    edit.apply().await?;
    assert_eq!(server.written().get("PoolName"), None);
    assert_eq!(server.thing()["Name"], "store");
    Ok(())
}

#[tokio::test]
async fn an_app_client_keeps_its_secret_and_what_is_never_told_is_never_echoed() -> TestResult {
    let server = Server::app_client(json!({
        "UserPoolId": POOL, "ClientId": "app", "ClientName": "web", "ClientSecret": "t0p-secret",
        "LastModifiedDate": 1, "CallbackURLs": ["https://a.example", "https://b.example"],
        "AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"},
        // A server that tells it must not make us delete a secret.
        "PublishSecretsInAWSSecretsManager": false,
        "SettingOfTomorrow": true,
    }));
    let client = server.client()?;
    let mut edit = client.edit_user_pool_client(POOL, "app").await?;
    edit.change(|app| app.callback_urls(["https://a.example"]))?;
    let applied = edit.apply().await?;
    assert_eq!(
        server.written(),
        json!({
            "UserPoolId": POOL, "ClientId": "app", "ClientName": "web",
            "CallbackURLs": ["https://a.example"],
            "AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"},
            "SettingOfTomorrow": true,
        })
    );
    assert_eq!(
        applied.to_string(),
        "applied:\nCallbackURLs: - \"https://b.example\""
    );

    // Asked for, it is sent, and counts as applied, since nobody can tell.
    edit.change(|app| app.publish_secrets_in_aws_secrets_manager(true))?;
    let applied = edit.apply().await?;
    assert_eq!(server.written()["PublishSecretsInAWSSecretsManager"], true);
    assert!(applied.is_as_asked(), "{applied}");
    assert_eq!(
        paths(&applied.applied),
        ["PublishSecretsInAWSSecretsManager"]
    );
    assert_eq!(server.thing()["ClientSecret"], "t0p-secret");
    let sent = format!("{:?}", server.sent());
    assert!(!sent.contains("t0p-secret"));
    Ok(())
}

#[tokio::test]
async fn no_secret_shows_in_a_preview_an_outcome_or_an_error() -> TestResult {
    let mut pool = full_pool();
    pool["IntegrationOfTomorrow"] = json!({"ClientSecret": "0ld-secret", "Mode": "a"});
    let server = Server::pool(pool);
    let mut edit = server.edit().await?;
    edit.change_json(|settings| {
        settings["IntegrationOfTomorrow"]["ClientSecret"] = "n3w-secret".into();
        settings["IntegrationOfTomorrow"]["Mode"] = "b".into();
    });
    let preview = edit.preview();
    let mut shown = vec![
        format!("{edit:?} {preview} {preview:?}"),
        serde_json::to_string(&preview)?,
    ];
    server.then(|pool| {
        pool["IntegrationOfTomorrow"]["ClientSecret"] = "0ther-secret".into();
        None
    });
    let error = edit.apply().await.expect_err("changed in between");
    shown.push(format!("{error} {error:?}"));
    edit.reload().await?;
    server.then_nothing().then_nothing().then(|pool| {
        pool["IntegrationOfTomorrow"]["ClientSecret"] = "1gnored-secret".into();
        None
    });
    let applied = edit.apply().await?;
    shown.push(format!("{applied} {applied:?}"));
    shown.push(serde_json::to_string(&applied)?);
    let shown = shown.concat();
    assert!(
        shown.contains("ClientSecret") && shown.contains("Mode"),
        "{shown}"
    );
    assert!(!shown.contains("-secret"), "{shown}");
    Ok(())
}
