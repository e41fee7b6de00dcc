//! Every kind of settings, edited over a Cognito in memory that resets what an update leaves out.
//!
//! The things have every setting that the service model knows, and some that it does not.
#![cfg(feature = "sigv4")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use cognito_idp::{
    Client, Error,
    credentials::Credentials,
    edit::{DesiredState, Diff, Edit, Editable, ReadFuture},
    error::InvalidInput,
    transport::{HttpClient, HttpFuture},
};
use serde_json::{Map, Value, json};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const POOL: &str = "eu-central-1_example";
const NAME: &str = "name";
const UNKNOWN: &str = "SettingOfTomorrow";

/// What operations are about, the member of the answer that describes it, and what names it in the pool.
const NOUNS: &[(&str, Option<&str>, Option<&str>)] = &[
    ("UserPool", Some("UserPool"), None),
    ("UserPoolClient", Some("UserPoolClient"), Some("ClientId")),
    ("ResourceServer", Some("ResourceServer"), Some("Identifier")),
    (
        "IdentityProvider",
        Some("IdentityProvider"),
        Some("ProviderName"),
    ),
    ("Group", Some("Group"), Some("GroupName")),
    ("UserPoolDomain", Some("DomainDescription"), Some("Domain")),
    ("UserPoolMfaConfig", None, None),
    (
        "RiskConfiguration",
        Some("RiskConfiguration"),
        Some("ClientId"),
    ),
    (
        "LogDeliveryConfiguration",
        Some("LogDeliveryConfiguration"),
        None,
    ),
    (
        "ManagedLoginBranding",
        Some("ManagedLoginBranding"),
        Some("ManagedLoginBrandingId"),
    ),
    ("UICustomization", Some("UICustomization"), Some("ClientId")),
    ("UserPoolSessionConfiguration", None, None),
    ("UserPoolClientSessionConfiguration", None, Some("ClientId")),
    ("Terms", Some("Terms"), Some("TermsId")),
    ("CIMDPolicy", Some("CIMDPolicy"), Some("CIMDPolicyId")),
];

/// Things by what they are called, and what was written.
#[derive(Clone, Debug)]
struct Cognito {
    shapes: Arc<Value>,
    things: Arc<Mutex<BTreeMap<String, Value>>>,
    written: Arc<Mutex<Vec<(String, Value)>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cognito {
    fn new() -> Outcome<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/service-model.json");
        let mut model: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        Ok(Self {
            shapes: Arc::new(model["shapes"].take()),
            things: Arc::default(),
            written: Arc::default(),
        })
    }

    /// Puts a thing there with every setting.
    fn with(self, noun: &str, name: Option<&str>) -> Self {
        let thing = self.full(noun);
        self.put(noun, name, thing);
        self
    }

    fn put(&self, noun: &str, name: Option<&str>, thing: Value) {
        lock(&self.things).insert(key(noun, name), thing);
    }

    fn thing(&self, noun: &str, name: Option<&str>) -> Value {
        lock(&self.things)[&key(noun, name)].clone()
    }

    /// What was written since this was asked last.
    fn written(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut lock(&self.written))
    }

    fn client(&self) -> Outcome<Client> {
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let builder = Client::builder().region("eu-central-1").credentials(keys);
        Ok(builder.http_client(self.clone()).build()?)
    }

    fn write_shape(&self, noun: &str) -> String {
        let mut names = ["Update", "Set"]
            .map(|verb| format!("{verb}{noun}Request"))
            .into_iter();
        let found = names.find(|name| !self.shapes[name].is_null());
        found.unwrap_or_else(|| panic!("nothing writes {noun}"))
    }

    /// What is told of a thing: every member that the model has, and unknown ones at every depth.
    fn full(&self, noun: &str) -> Value {
        let answer = ["Describe", "Get"].map(|verb| format!("{verb}{noun}Response"));
        let answer = answer.iter().find(|name| !self.shapes[name].is_null());
        let answer = answer.unwrap_or_else(|| panic!("nothing reads {noun}"));
        let (_, described, _) = row(noun);
        let shape = match described {
            Some(member) => self.shapes[answer]["members"][member].as_str(),
            None => Some(answer.as_str()),
        };
        let mut told = self.value(shape.unwrap_or_default());
        if let Some(config) = told.pointer_mut("/AdminCreateUserConfig") {
            // Cognito does not take it beside its successor.
            object_mut(config).remove("UnusedAccountValidityDays");
        }
        told
    }

    fn value(&self, name: &str) -> Value {
        let shape = &self.shapes[name];
        let target = |inner: &str| shape[inner].as_str().unwrap_or_default();
        match shape["type"].as_str() {
            Some("string") => match shape["enum"].as_array().and_then(|values| values.last()) {
                Some(value) => value.clone(),
                None => "arn:aws:lambda:eu-west-1:1:function:f a@b {####} {##x##}".into(),
            },
            Some("list") => json!([self.value(target("member"))]),
            Some("map") => json!({"key": self.value(target("value"))}),
            Some("structure") if shape["document"] == true => json!({"own": {"deep": [1.5, null]}}),
            Some("structure") => {
                let members = shape["members"].as_object().into_iter().flatten();
                let member = |(name, target): (&String, &Value)| {
                    (
                        name.clone(),
                        self.value(target.as_str().unwrap_or_default()),
                    )
                };
                let mut made: Map<_, _> = members.map(member).collect();
                made.insert(UNKNOWN.to_owned(), json!({"deep": [1.5, null, ""]}));
                Value::Object(made)
            }
            Some("boolean") => false.into(),
            Some("blob") => "R0lG".into(),
            Some("timestamp") => 1_795_399_510.5.into(),
            _ => 30.into(),
        }
    }

    fn answer(&self, operation: &str, request: &Value) -> Value {
        let verbs = ["Describe", "Get", "Update", "Set"];
        let noun = verbs.iter().find_map(|verb| operation.strip_prefix(verb));
        let noun = noun.unwrap_or_else(|| panic!("{operation} is not expected"));
        let (_, described, named_by) = row(noun);
        let name = named_by.and_then(|member| request[member].as_str());
        if operation.starts_with("Describe") || operation.starts_with("Get") {
            let thing = lock(&self.things).get(&key(noun, name)).cloned();
            return match (described, thing) {
                (_, None) => json!({"__type": "ResourceNotFoundException"}),
                (Some(member), Some(thing)) => json!({member: thing}),
                (None, Some(thing)) => thing,
            };
        }
        lock(&self.written).push((operation.to_owned(), request.clone()));
        let told = self.thing(noun, name);
        self.put(noun, name, self.updated(noun, &told, request));
        if noun == "UserPool" {
            // The MFA configuration is told with it as well.
            let mut things = lock(&self.things);
            if let Some(config) = things.get_mut(&key("UserPoolMfaConfig", None)) {
                config["MfaConfiguration"] = request["MfaConfiguration"].clone();
            }
        }
        json!({})
    }

    /// What becomes of a thing, of which everything goes that the request leaves out.
    fn updated(&self, noun: &str, told: &Value, request: &Value) -> Value {
        let shape = self.write_shape(noun);
        let written = self.shapes[&shape]["members"].as_object();
        let is_setting = |member: &str| {
            member == UNKNOWN || written.is_some_and(|written| written.contains_key(member))
        };
        let told = told.as_object().into_iter().flatten();
        let keeps = |member: &str| noun == "ManagedLoginBranding" && member != UNKNOWN;
        let mut updated: Map<_, _> = told
            .filter(|(member, _)| !is_setting(member) || keeps(member))
            .map(|(member, value)| (member.clone(), value.clone()))
            .collect();
        updated.extend(request.as_object().cloned().into_iter().flatten());
        if let Some(name) = updated.remove("PoolName") {
            updated.insert("Name".to_owned(), name);
        }
        Value::Object(updated)
    }
}

impl HttpClient for Cognito {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let target = request.headers()["x-amz-target"]
            .to_str()
            .unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        let answer = self.answer(operation, &body);
        let status = if answer["__type"].is_null() { 200 } else { 400 };
        let mut response = http::Response::new(Bytes::from(answer.to_string()));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        Box::pin(async move { Ok(response) })
    }
}

fn row(noun: &str) -> (&'static str, Option<&'static str>, Option<&'static str>) {
    let row = NOUNS.iter().find(|(known, _, _)| *known == noun);
    *row.unwrap_or_else(|| panic!("{noun} is not among the nouns"))
}

fn key(noun: &str, name: Option<&str>) -> String {
    format!("{noun} {}", name.unwrap_or_default())
}

fn object_mut(value: &mut Value) -> &mut Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("an object"),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("an object"),
    }
}

/// One kind, from reading to reading back: what is set by `change` changes and nothing else.
async fn one_change_changes_nothing_else<O: Editable>(
    noun: &str,
    read: impl Fn(&Client, &str) -> ReadFuture<O>,
    change: Value,
) -> Outcome {
    let name = row(noun).2.map(|_| NAME);
    let cognito = Cognito::new()?.with(noun, name);
    let client = cognito.client()?;
    let mut before = cognito.thing(noun, name);
    for member in ["UserPoolId"].into_iter().chain(row(noun).2) {
        // What is told of the names is what it is called by.
        if !before[member].is_null() {
            before[member] = if member == "UserPoolId" { POOL } else { NAME }.into();
        }
    }
    cognito.put(noun, name, before.clone());

    let mut edit: Edit<O> = read(&client, POOL).await?;
    edit.change(|request| request)?;
    assert!(edit.preview().is_empty(), "{noun}: {}", edit.preview());
    edit.apply().await?;
    assert_eq!(cognito.written(), [], "{noun}");

    // Someone else is faster.
    edit.merge(object(change.clone()));
    let mut meanwhile = before.clone();
    meanwhile[UNKNOWN] = "changed".into();
    cognito.put(noun, name, meanwhile);
    let refused = edit.apply().await;
    let paths = match refused {
        Err(Error::Changed { paths, .. }) => paths,
        other => panic!("{noun}: {other:?}"),
    };
    assert_eq!(paths, [UNKNOWN], "{noun}");
    assert_eq!(cognito.written(), [], "{noun}");
    cognito.put(noun, name, before.clone());

    let preview = edit.preview();
    let asked: BTreeSet<_> = object(change.clone())
        .into_iter()
        .map(|(member, _)| member)
        .collect();
    let shown = preview.changes.changes().iter();
    let shown: BTreeSet<_> = shown.map(|change| first_member(&change.path)).collect();
    assert_eq!(shown, asked, "{noun}");
    let applied = edit.apply().await?;
    assert!(applied.is_as_asked(), "{noun}: {applied}");
    assert_eq!(cognito.written().len(), 1, "{noun}");
    let mut expected = object(before);
    let mut patch = object(change);
    expected.append(&mut patch);
    let mut after = object(cognito.thing(noun, name));
    // Names come back as they were sent, also where they were not told.
    for (member, value) in [
        ("UserPoolId", POOL),
        (row(noun).2.unwrap_or("UserPoolId"), NAME),
    ] {
        if !expected.contains_key(member)
            && after
                .get(member)
                .is_some_and(|it| it == value || it == POOL)
        {
            after.remove(member);
        }
    }
    assert_same(noun, after, expected);
    Ok(())
}

/// The same to the letter; what is not is named by its path.
fn assert_same(noun: &str, is: Map<String, Value>, must_be: Map<String, Value>) {
    let diff = Diff::between(&must_be, &is);
    assert!(diff.is_empty(), "{noun}:\n{diff}");
    assert!(
        is == must_be,
        "{noun}: {} is not {}",
        Value::Object(is),
        Value::Object(must_be)
    );
}

fn first_member(path: &str) -> String {
    path.split(['.', '[']).next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn one_change_of_any_kind_of_settings_changes_nothing_else() -> Outcome {
    use one_change_changes_nothing_else as check;

    check(
        "UserPool",
        |c, p| c.edit_user_pool(p),
        json!({"DeletionProtection": "ACTIVE"}),
    )
    .await?;
    check(
        "UserPoolClient",
        |c, p| c.edit_user_pool_client(p, NAME),
        json!({"CallbackURLs": ["https://a.example.com", "https://b.example.com"]}),
    )
    .await?;
    check(
        "ResourceServer",
        |c, p| c.edit_resource_server(p, NAME),
        json!({"Name": "Orders"}),
    )
    .await?;
    check(
        "IdentityProvider",
        |c, p| c.edit_identity_provider(p, NAME),
        json!({"IdpIdentifiers": ["example.com"]}),
    )
    .await?;
    check(
        "Group",
        |c, p| c.edit_group(p, NAME),
        json!({"Precedence": 7}),
    )
    .await?;
    check(
        "UserPoolDomain",
        |c, p| c.edit_user_pool_domain(p, NAME),
        json!({"ManagedLoginVersion": 2}),
    )
    .await?;
    check(
        "UserPoolMfaConfig",
        |c, p| c.edit_user_pool_mfa_config(p),
        json!({"MfaConfiguration": "ON"}),
    )
    .await?;
    check("RiskConfiguration", |c, p| c.edit_client_risk_configuration(p, NAME), json!({
        "RiskExceptionConfiguration": {
            "BlockedIPRangeList": ["198.51.100.0/24"], "SkippedIPRangeList": [], UNKNOWN: {"deep": [1.5, null, ""]},
        }
    }))
    .await?;
    check(
        "LogDeliveryConfiguration",
        |c, p| c.edit_log_delivery_configuration(p),
        json!({"LogConfigurations": []}),
    )
    .await?;
    check(
        "ManagedLoginBranding",
        |c, p| c.edit_managed_login_branding(p, NAME),
        json!({"Assets": []}),
    )
    .await?;
    check(
        "UICustomization",
        |c, p| c.edit_client_ui_customization(p, NAME),
        json!({"CSS": ".x {}"}),
    )
    .await?;
    check(
        "UserPoolSessionConfiguration",
        |c, p| c.edit_user_pool_session_configuration(p),
        json!({"UserSessionTracking": "ENABLED"}),
    )
    .await?;
    check(
        "UserPoolClientSessionConfiguration",
        |c, p| c.edit_user_pool_client_session_configuration(p, NAME),
        json!({"SSOSession": {"MaxValidityMinutes": 60, UNKNOWN: {"deep": [1.5, null, ""]}}}),
    )
    .await?;
    check(
        "Terms",
        |c, p| c.edit_terms(p, NAME),
        json!({"TermsName": "privacy-policy"}),
    )
    .await?;
    check(
        "CIMDPolicy",
        |c, p| c.edit_cimd_policy(p, NAME),
        json!({"PolicyName": "other"}),
    )
    .await
}

#[tokio::test]
async fn a_risk_configuration_and_a_ui_customization_of_the_pool_are_asked_for_without_a_client()
-> Outcome {
    let cognito = Cognito::new()?
        .with("RiskConfiguration", None)
        .with("UICustomization", None);
    let client = cognito.client()?;
    let mut edit = client.edit_risk_configuration(POOL).await?;
    edit.merge(object(json!({"RiskExceptionConfiguration": null})));
    edit.apply().await?;
    let mut edit = client.edit_ui_customization(POOL).await?;
    edit.merge(object(json!({"CSS": ""})));
    edit.apply().await?;
    for (operation, request) in cognito.written() {
        assert_eq!(request["UserPoolId"], POOL, "{operation}");
        assert!(request.get("ClientId").is_none(), "{operation}");
    }
    Ok(())
}

#[tokio::test]
async fn the_typed_closure_of_every_kind_reads_what_is_told() -> Outcome {
    let cognito = Cognito::new()?
        .with("Group", Some(NAME))
        .with("ResourceServer", Some(NAME));
    let client = cognito.client()?;
    let mut group = client.edit_group(POOL, NAME).await?;
    group.change(|group| group.description("Admins").precedence(1))?;
    let applied = group.apply().await?;
    assert_eq!(applied.applied.changes().len(), 2, "{applied}");

    // A scope more: the others keep what is unknown of them.
    let before = cognito.thing("ResourceServer", Some(NAME));
    let mut server = client.edit_resource_server(POOL, NAME).await?;
    server.change(|mut server| {
        let scope =
            cognito_idp::operation::resource_servers::ResourceServerScopeType::new("w", "Write");
        server.scopes.to_mut().push(scope);
        server
    })?;
    server.apply().await?;
    let after = cognito.thing("ResourceServer", Some(NAME));
    assert_eq!(after["Scopes"][0], before["Scopes"][0]);
    assert_eq!(
        after["Scopes"][1],
        json!({"ScopeName": "w", "ScopeDescription": "Write"})
    );
    Ok(())
}

fn problems(error: &InvalidInput) -> Vec<String> {
    error
        .problems()
        .iter()
        .map(|problem| format!("{} {}", problem.field, problem.rule))
        .collect()
}

#[tokio::test]
async fn a_desired_state_is_compared_written_and_then_as_desired() -> Outcome {
    let cognito = Cognito::new()?
        .with("UserPool", None)
        .with("UserPoolMfaConfig", None)
        .with("Group", Some("admins"))
        .with("Group", Some("a.b"))
        .with("UserPoolClient", Some("web"));
    let client = cognito.client()?;
    let before = cognito.thing("UserPool", None);
    let desired = || {
        DesiredState::parse(
            r#"{
                "Groups": {"admins": {"Precedence": 1}, "a.b": {"RoleArn": null}},
                "UserPoolMfaConfig": {"MfaConfiguration": "ON"},
                "UserPool": {"Policies": {"PasswordPolicy": {"MinimumLength": 12}}},
                "UserPoolClients": {"web": {"CallbackURLs": ["https://example.com"], "PreventUserExistenceErrors": null}}
            }"#,
        )
    };
    let mut reconciliation = client.reconcile(POOL, desired()?).await?;
    assert!(reconciliation.differs());
    let diff = reconciliation.diff();
    let paths: Vec<_> = diff.changes().iter().map(|change| &*change.path).collect();
    assert_eq!(
        paths,
        [
            "UserPool.Policies.PasswordPolicy.MinimumLength",
            "UserPoolMfaConfig.MfaConfiguration",
            "UserPoolClients.web.CallbackURLs",
            "UserPoolClients.web.PreventUserExistenceErrors",
            "Groups[\"a.b\"].RoleArn",
            "Groups.admins.Precedence",
        ]
    );
    assert_eq!(cognito.written(), []);

    let applied = reconciliation.apply().await?;
    assert!(applied.is_as_asked(), "{applied}");
    assert_eq!(applied.applied.changes().len(), 6, "{applied}");
    assert_eq!(cognito.written().len(), 5);
    let mut expected = before;
    expected["Policies"]["PasswordPolicy"]["MinimumLength"] = 12.into();
    expected["UserPoolId"] = POOL.into();
    assert_same(
        "UserPool",
        object(cognito.thing("UserPool", None)),
        object(expected),
    );

    assert!(!reconciliation.differs(), "{}", reconciliation.diff());
    let mut again = client.reconcile(POOL, desired()?).await?;
    assert!(!again.differs(), "{}", again.diff());
    again.apply().await?;
    assert_eq!(cognito.written(), []);
    Ok(())
}

#[tokio::test]
async fn what_is_found_is_a_desired_state_without_its_secrets() -> Outcome {
    let cognito = Cognito::new()?
        .with("UserPool", None)
        .with("IdentityProvider", Some("Google"))
        .with("Group", Some("a.b"));
    let client = cognito.client()?;
    let named = json!({"UserPool": {}, "IdentityProviders": {"Google": {}}, "Groups": {"a.b": {}}});
    let found = client.reconcile(POOL, DesiredState::from_json(named)?);
    let found = found.await?;
    assert!(!found.differs(), "{}", found.diff());
    let state = found.settings_without_secrets();
    let pool = &cognito.thing("UserPool", None)["Policies"]["PasswordPolicy"];
    assert_eq!(&state["UserPool"]["Policies"]["PasswordPolicy"], pool);
    assert!(state["Groups"]["a.b"]["Description"].is_string(), "{state}");
    let provider = &state["IdentityProviders"]["Google"];
    assert!(provider["AttributeMapping"]["key"].is_string(), "{state}");
    assert_eq!(provider["ProviderDetails"], json!({}));

    // As a file it asks for nothing.
    let again = client.reconcile(POOL, DesiredState::from_json(state)?);
    assert!(!again.await?.differs());
    Ok(())
}

#[tokio::test]
async fn what_the_pool_and_its_mfa_configuration_share_is_no_change_by_someone_else() -> Outcome {
    let cognito = Cognito::new()?
        .with("UserPool", None)
        .with("UserPoolMfaConfig", None);
    let desired = DesiredState::from_json(json!({
        "UserPoolMfaConfig": {"SoftwareTokenMfaConfiguration": {"Enabled": true}},
        "UserPool": {"MfaConfiguration": "ON"},
    }))?;
    let mut reconciliation = cognito.client()?.reconcile(POOL, desired).await?;
    reconciliation.apply().await?;
    assert!(!reconciliation.differs(), "{}", reconciliation.diff());
    let config = cognito.thing("UserPoolMfaConfig", None);
    assert_eq!(config["MfaConfiguration"], "ON");
    assert_eq!(config["SoftwareTokenMfaConfiguration"]["Enabled"], true);
    Ok(())
}

#[tokio::test]
async fn what_fails_stays_in_the_diff_and_what_came_before_is_written() -> Outcome {
    let cognito = Cognito::new()?
        .with("UserPool", None)
        .with("Group", Some("admins"));
    let client = cognito.client()?;
    let desired =
        json!({"UserPool": {"MfaConfiguration": "ON"}, "Groups": {"admins": {"Precedence": 1}}});
    let mut reconciliation = client
        .reconcile(POOL, DesiredState::from_json(desired)?)
        .await?;
    let mut group = cognito.thing("Group", Some("admins"));
    group["Description"] = "changed meanwhile".into();
    cognito.put("Group", Some("admins"), group);
    let error = reconciliation.apply().await;
    assert!(matches!(error, Err(Error::Changed { .. })), "{error:?}");
    assert_eq!(cognito.written().len(), 1);
    let diff = reconciliation.diff();
    assert_eq!(diff.changes().len(), 1, "{diff}");
    assert_eq!(diff.changes()[0].path, "Groups.admins.Precedence");
    Ok(())
}

#[tokio::test]
async fn what_a_desired_state_cannot_mean_is_named_by_its_path() -> Outcome {
    let cognito = Cognito::new()?
        .with("UserPool", None)
        .with("Group", Some("admins"))
        .with("ResourceServer", Some("api"));
    let client = cognito.client()?;
    let told = |desired: Value| {
        let (client, desired) = (client.clone(), DesiredState::from_json(desired));
        async move {
            match client
                .reconcile(POOL, desired.expect("kinds and objects"))
                .await
            {
                Err(Error::InvalidInput(error)) => problems(&error),
                other => panic!("{other:?}"),
            }
        }
    };
    let unknown = "is known neither to this version nor to the live settings";
    assert_eq!(
        told(json!({
            "UserPool": {
                "DeletionProtecton": "ACTIVE", "Polices": null,
                "Policies": {"PasswordPolicy": {"MinimumLenght": 12, "MinimumLength": 12}},
                "AccountRecoverySetting": {"RecoveryMechanisms": [
                    {"Name": "verified_email", "Priority": 1, "Piority": 2},
                ]},
                "UserPoolTags": {"team": "identity"},
                "SettingOfTomorrow": {"deep": []},
            },
            "Groups": {"admins": {"Precedent": 1}},
        }))
        .await,
        [
            format!("UserPool.AccountRecoverySetting.RecoveryMechanisms[0].Piority {unknown}"),
            format!("UserPool.DeletionProtecton {unknown}"),
            format!("UserPool.Polices {unknown}"),
            format!("UserPool.Policies.PasswordPolicy.MinimumLenght {unknown}"),
            format!("Groups.admins.Precedent {unknown}"),
        ]
    );
    assert_eq!(
        told(json!({
            "UserPool": {
                "Policies": {"PasswordPolicy": {"MinimumLength": "geheim"}}, "DeletionProtection": ["geheim"],
                "MfaConfiguration": "ON",
            },
            "ResourceServers": {"api": {"Name": null}},
        }))
        .await,
        [
            "UserPool.DeletionProtection has a value that UpdateUserPool does not take",
            "UserPool.Policies.PasswordPolicy.MinimumLength has a value that UpdateUserPool does not take",
            "ResourceServers.api.Name has a value that UpdateResourceServer does not take",
        ]
    );
    assert_eq!(
        told(json!({
            "UserPool": {"Name": "x", "Arn": "arn", "UserPoolId": "other"},
            "Groups": {"admins": {"GroupName": "other"}},
        }))
        .await,
        [
            "UserPool.Arn is told by Cognito and cannot be set",
            "UserPool.Name is written as PoolName",
            "UserPool.UserPoolId names the thing, so it cannot be changed",
            "Groups.admins.GroupName names the thing, so it cannot be changed",
        ]
    );
    assert_eq!(cognito.written(), []);
    Ok(())
}

#[tokio::test]
async fn members_of_tomorrow_are_written_if_that_is_asked_for() -> Outcome {
    let cognito = Cognito::new()?.with("Group", Some("admins"));
    let desired = json!({"Groups": {"admins": {"Quota": {"Members": 5}, "Precedence": "high"}}});
    let desired = DesiredState::from_json(desired)?.take_unknown_members();
    let mut reconciliation = cognito.client()?.reconcile(POOL, desired).await?;
    reconciliation.apply().await?;
    let written = cognito.written();
    assert_eq!(written[0].1["Quota"], json!({"Members": 5}));
    assert_eq!(written[0].1["Precedence"], "high");
    Ok(())
}

#[tokio::test]
async fn a_thing_that_is_not_there_is_not_made() -> Outcome {
    let cognito = Cognito::new()?;
    let desired = DesiredState::parse(r#"{"Groups": {"nobody": {"Precedence": 1}}}"#)?;
    let error = cognito.client()?.reconcile(POOL, desired).await.err();
    let error = error.ok_or("must fail")?;
    assert_eq!(
        error.code(),
        Some(&cognito_idp::ErrorCode::ResourceNotFound),
        "{error}"
    );
    assert_eq!(cognito.written(), []);
    Ok(())
}

#[test]
fn a_file_that_is_none_is_refused_without_being_quoted() {
    let refused = |json: &str| match DesiredState::parse(json) {
        Err(error) => problems(&error),
        Ok(desired) => panic!("{desired:?}"),
    };
    assert_eq!(
        refused("{\n \"UserPool\": geheim}"),
        ["desired state must be JSON, which it is not at line 2, column 14"]
    );
    assert_eq!(refused("[]"), ["desired state must be a JSON object"]);
    let found = refused(r#"{"Groupz": {}, "Groups": [], "UserPool": 1, "Terms": {"t": []}}"#);
    assert_eq!(found.len(), 4);
    assert!(
        found
            .iter()
            .any(|it| it.starts_with("Groupz is no kind of settings, which are UserPool, "))
    );
    assert!(
        found
            .contains(&"Groups must be a JSON object, with a member for each GroupName".to_owned())
    );
    assert!(found.contains(&"UserPool must be a JSON object".to_owned()));
    assert!(found.contains(&"Terms.t must be a JSON object".to_owned()));
}

#[tokio::test]
async fn no_secret_is_shown_of_a_desired_state_or_its_diff() -> Outcome {
    let cognito = Cognito::new()?;
    let told = json!({"ProviderDetails": {"client_secret": "geheim-1", "client_id": "open"}});
    cognito.put("IdentityProvider", Some("Google"), told);
    let desired = json!({"IdentityProviders": {"Google": {"ProviderDetails": {"client_secret": "geheim-2"}}}});
    let desired = DesiredState::from_json(desired)?;
    let mut shown = vec![format!("{desired:?}")];
    let mut reconciliation = cognito.client()?.reconcile(POOL, desired).await?;
    let diff = reconciliation.diff();
    shown.push(format!("{reconciliation:?} {diff} {diff:?}"));
    shown.push(serde_json::to_string(&diff)?);
    let applied = reconciliation.apply().await?;
    shown.push(format!("{applied} {applied:?}"));
    shown.push(serde_json::to_string(&applied)?);
    let shown = shown.join("\n");
    assert!(!shown.contains("geheim"), "{shown}");
    assert_eq!(
        cognito.written()[0].1["ProviderDetails"]["client_secret"],
        "geheim-2"
    );
    Ok(())
}
