//! What settings shall be, as an operator keeps it in a file, against what they are.

use std::{fmt, pin::Pin};

use serde_json::{Map, Value, json};

use super::{
    Editable,
    diff::{Change, Diff, below, open},
    draft::{Applied, Draft},
    kind::Kind,
    path,
};
use crate::{
    client::Client,
    error::{Error, InvalidInput, Problem},
    operation::{
        app_clients::UpdateUserPoolClientRequest,
        branding::{SetUiCustomizationRequest, UpdateManagedLoginBrandingRequest},
        cimd::UpdateCimdPolicyRequest,
        domains::UpdateUserPoolDomainRequest,
        groups::UpdateGroupRequest,
        identity_providers::UpdateIdentityProviderRequest,
        mfa::SetUserPoolMfaConfigRequest,
        resource_servers::UpdateResourceServerRequest,
        security::{SetLogDeliveryConfigurationRequest, SetRiskConfigurationRequest},
        sessions::{
            SetUserPoolClientSessionConfigurationRequest, SetUserPoolSessionConfigurationRequest,
        },
        terms::UpdateTermsRequest,
        user_pools::UpdateUserPoolRequest,
    },
    protocol,
};

/// What the settings of a user pool and of what belongs to it shall be, as far as they are named.
///
/// It is read from JSON. Its members are kinds of things; those of a thing are the members of the request
/// that writes it. What is not named stays as it is, lists are named whole, and `null` takes a setting
/// back to Cognito's default.
///
/// | member | settings of the request | one for each |
/// |---|---|---|
/// | `UserPool` | `UpdateUserPool` | |
/// | `UserPoolMfaConfig` | `SetUserPoolMfaConfig` | |
/// | `UserPoolClients` | `UpdateUserPoolClient` | client ID |
/// | `ResourceServers` | `UpdateResourceServer` | identifier |
/// | `IdentityProviders` | `UpdateIdentityProvider` | name |
/// | `Groups` | `UpdateGroup` | name |
/// | `UserPoolDomains` | `UpdateUserPoolDomain` | domain |
/// | `RiskConfiguration` | `SetRiskConfiguration` | |
/// | `ClientRiskConfigurations` | `SetRiskConfiguration` | client ID |
/// | `LogDeliveryConfiguration` | `SetLogDeliveryConfiguration` | |
/// | `ManagedLoginBrandings` | `UpdateManagedLoginBranding` | ID of the style |
/// | `UICustomization` | `SetUICustomization` | |
/// | `ClientUICustomizations` | `SetUICustomization` | client ID |
/// | `UserPoolSessionConfiguration` | `SetUserPoolSessionConfiguration` | |
/// | `UserPoolClientSessionConfigurations` | `SetUserPoolClientSessionConfiguration` | client ID |
/// | `Terms` | `UpdateTerms` | ID of the document |
/// | `CIMDPolicies` | `UpdateCIMDPolicy` | ID of the policy |
///
/// ```
/// use cognito_idp::edit::DesiredState;
///
/// let desired = DesiredState::parse(
///     r#"{
///         "UserPool": {"Policies": {"PasswordPolicy": {"MinimumLength": 12}}},
///         "Groups": {"admins": {"Precedence": 1, "RoleArn": null}}
///     }"#,
/// )?;
/// # let _ = desired;
/// # Ok::<_, cognito_idp::error::InvalidInput>(())
/// ```
#[derive(Clone)]
pub struct DesiredState {
    things: Vec<Thing>,
    takes_unknown: bool,
}

/// One thing and the settings that are named of it.
#[derive(Clone)]
struct Thing {
    row: &'static Row,
    /// Where it stands in the file.
    path: String,
    /// What names it besides the pool.
    name: Option<(&'static str, String)>,
    settings: Map<String, Value>,
}

impl DesiredState {
    /// Reads a desired state from JSON.
    ///
    /// # Errors
    /// Names every kind that is none, and what is no object but must be one.
    pub fn parse(json: &str) -> Result<Self, InvalidInput> {
        // Without what serde says, which quotes the text.
        let value = serde_json::from_str(json)
            .map_err(|error| InvalidInput::new("desired state", not_json(&error)))?;
        Self::from_json(value)
    }

    /// Takes a desired state that is read already.
    ///
    /// ```
    /// # use cognito_idp::edit::DesiredState;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let wanted = serde_json::json!({"UserPool": {"MfaConfiguration": "OPTIONAL"}});
    /// let wanted = DesiredState::from_json(wanted)?;
    /// # let _ = wanted;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse).
    pub fn from_json(mut json: Value) -> Result<Self, InvalidInput> {
        // Another crate can have `serde_json` keep the order in which they came.
        json.sort_all_objects();
        let Value::Object(members) = json else {
            return Err(InvalidInput::new("desired state", "must be a JSON object"));
        };
        let (mut things, mut problems) = (Vec::new(), Vec::new());
        for (member, value) in members {
            let Some(row) = ROWS.iter().find(|row| row.member == member) else {
                let kinds: Vec<_> = ROWS.iter().map(|row| row.member).collect();
                let rule = format!("is no kind of settings, which are {}", kinds.join(", "));
                problems.push(problem(below("", &member), rule));
                continue;
            };
            for (path, name, value) in things_in(row, value, &mut problems) {
                match value {
                    Value::Object(settings) => things.push(Thing {
                        row,
                        path,
                        name,
                        settings,
                    }),
                    _ => problems.push(problem(path, "must be a JSON object")),
                }
            }
        }
        things.sort_by_key(|thing| ROWS.iter().position(|row| row.member == thing.row.member));
        match InvalidInput::from_problems(problems) {
            Some(error) => Err(error),
            None => Ok(Self {
                things,
                takes_unknown: false,
            }),
        }
    }

    /// Lets members through that neither this version of the crate nor the live settings know, and
    /// values of other types than it knows, instead of taking them for slips of the pen.
    #[must_use]
    pub fn take_unknown_members(mut self) -> Self {
        self.takes_unknown = true;
        self
    }
}

/// Without the settings, which may hold secrets.
impl fmt::Debug for DesiredState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.things.iter().map(|thing| &thing.path);
        f.debug_list().entries(paths).finish()
    }
}

impl Client {
    /// Reads everything that a desired state names, and compares the two.
    ///
    /// ```no_run
    /// use cognito_idp::edit::DesiredState;
    ///
    /// # async fn example(client: cognito_idp::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let desired = DesiredState::parse(&std::fs::read_to_string("pool.json")?)?;
    /// let mut reconciliation = client.reconcile("eu-central-1_example", desired).await?;
    /// println!("{}", reconciliation.diff()); // nothing is written yet
    /// if reconciliation.differs() {
    ///     reconciliation.apply().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the calls that read; nothing is made that is not there. [`Error::InvalidInput`] names by
    /// path every member that cannot be set, that has another type than its request takes, or that
    /// neither this version nor the live settings know.
    pub fn reconcile(
        &self,
        user_pool_id: impl Into<String>,
        desired: DesiredState,
    ) -> Pin<Box<dyn Future<Output = Result<Reconciliation, Error>> + Send>> {
        Box::pin(read(self.clone(), user_pool_id.into(), desired))
    }
}

async fn read(
    client: Client,
    user_pool_id: String,
    desired: DesiredState,
) -> Result<Reconciliation, Error> {
    let (mut parts, mut problems) = (Vec::new(), Vec::new());
    for thing in desired.things {
        let mut names = Map::new();
        names.insert("UserPoolId".to_owned(), user_pool_id.as_str().into());
        let name = thing.name.map(|(member, name)| {
            names.insert(member.to_owned(), name.as_str().into());
            name
        });
        let mut draft = Draft::read(client.clone(), thing.row.kind, names.clone()).await?;
        let check = Check {
            row: thing.row,
            names: &names,
            live: draft.wanted(),
            takes_unknown: desired.takes_unknown,
        };
        problems.extend(check.problems(&thing.path, &thing.settings));
        let wanted = thing.settings;
        draft.change_json(Box::new(move |settings| path::merge(settings, &wanted)));
        parts.push(Part {
            member: thing.row.member,
            name,
            path: thing.path,
            draft,
        });
    }
    match InvalidInput::from_problems(problems) {
        Some(error) => Err(error.into()),
        None => Ok(Reconciliation { parts }),
    }
}

/// A desired state beside what it was found to be.
pub struct Reconciliation {
    parts: Vec<Part>,
}

struct Part {
    /// The kind, as a member of the desired state, and the thing's name below it.
    member: &'static str,
    name: Option<String>,
    path: String,
    draft: Draft,
}

impl Reconciliation {
    /// Whether something is not as desired.
    ///
    /// What Cognito never tells, such as `PublishSecretsInAWSSecretsManager` of an app client, differs
    /// whenever it is named.
    #[must_use]
    pub fn differs(&self) -> bool {
        !self.diff().is_empty()
    }

    /// What is not as desired, from what it is to what it shall be.
    ///
    /// The paths are those of the desired state, such as `Groups.admins.Precedence`.
    #[must_use]
    pub fn diff(&self) -> Diff {
        let parts = self.parts.iter();
        parts
            .flat_map(|part| part.placed(part.draft.preview().changes))
            .collect()
    }

    /// The settings of everything that was named, as they are desired and in the form of a desired state:
    /// of one that names things with `{}`, the settings as they are, for a file to begin with.
    ///
    /// Secrets are left out, and with them each list that holds one: what is not named stays as it is.
    ///
    /// ```no_run
    /// # use cognito_idp::edit::DesiredState;
    /// # async fn example(client: cognito_idp::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let everything = DesiredState::parse(r#"{"UserPool": {}, "Groups": {"admins": {}}}"#)?;
    /// let found = client.reconcile("eu-central-1_example", everything).await?;
    /// println!("{:#}", found.settings_without_secrets());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn settings_without_secrets(&self) -> Value {
        let mut all = json!({});
        for part in &self.parts {
            let settings = open(part.draft.wanted());
            match &part.name {
                Some(name) => all[part.member][name] = settings.into(),
                None => all[part.member] = settings.into(),
            }
        }
        all
    }

    /// Writes what is not as desired, thing by thing, and reads what became of it.
    ///
    /// What is as desired is not written. Of each thing it holds what
    /// [`Edit::apply`](super::Edit::apply) promises.
    ///
    /// # Errors
    /// Those of the first thing that fails, with everything before it written. [`diff`](Self::diff) then
    /// begins with that thing, and this can be called again.
    pub async fn apply(&mut self) -> Result<Applied, Error> {
        let mut all = Applied::default();
        for position in 0..self.parts.len() {
            let part = &mut self.parts[position];
            let is_shared = SHARED.contains(&&*part.path);
            let writes = !part.draft.preview().is_empty();
            let applied = part.draft.apply().await?;
            all.applied.extend(part.placed(applied.applied));
            all.ignored.extend(part.placed(applied.ignored));
            all.also_changed.extend(part.placed(applied.also_changed));
            all.unconfirmed = all.unconfirmed.or(applied.unconfirmed);
            if writes && is_shared {
                self.reload_shared(position + 1).await?;
            }
        }
        Ok(all)
    }

    /// Reads anew what was just written as a part of something else.
    async fn reload_shared(&mut self, from: usize) -> Result<(), Error> {
        for part in &mut self.parts[from..] {
            if SHARED.contains(&&*part.path) {
                part.draft.reload().await?;
            }
        }
        Ok(())
    }
}

impl Part {
    /// The changes with their paths in the desired state.
    fn placed(&self, diff: Diff) -> impl Iterator<Item = Change> + use<> {
        let path = self.path.clone();
        diff.into_iter().map(move |mut change| {
            let separator = if change.path.starts_with('[') {
                ""
            } else {
                "."
            };
            change.path = format!("{path}{separator}{}", change.path);
            change
        })
    }
}

impl fmt::Debug for Reconciliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.parts.iter().map(|part| &part.path);
        f.debug_list().entries(paths).finish()
    }
}

/// Things that tell some of the same settings: whether MFA is on, and how text messages are sent.
const SHARED: &[&str] = &["UserPool", "UserPoolMfaConfig"];

/// A kind of thing in a desired state.
struct Row {
    member: &'static str,
    /// What names each of them; there is one of the kind without it.
    named_by: Option<&'static str>,
    kind: &'static Kind,
    /// Reads settings as their request and writes them again, with what the request knows of them.
    known: fn(&[u8]) -> serde_json::Result<Vec<u8>>,
}

impl Row {
    const fn one<O: Editable>(member: &'static str) -> Self {
        Self {
            member,
            named_by: None,
            kind: O::KIND,
            known: known::<O>,
        }
    }

    const fn each<O: Editable>(member: &'static str, named_by: &'static str) -> Self {
        Self {
            named_by: Some(named_by),
            ..Self::one::<O>(member)
        }
    }
}

fn known<O: Editable>(settings: &[u8]) -> serde_json::Result<Vec<u8>> {
    protocol::encode(&protocol::decode::<O>(settings)?)
}

/// In the order in which they are written.
static ROWS: &[Row] = &[
    Row::one::<UpdateUserPoolRequest>("UserPool"),
    Row::one::<SetUserPoolMfaConfigRequest>("UserPoolMfaConfig"),
    Row::each::<UpdateResourceServerRequest>("ResourceServers", "Identifier"),
    Row::each::<UpdateIdentityProviderRequest>("IdentityProviders", "ProviderName"),
    // After the scopes and providers that they may name.
    Row::each::<UpdateUserPoolClientRequest>("UserPoolClients", "ClientId"),
    Row::each::<UpdateGroupRequest>("Groups", "GroupName"),
    Row::each::<UpdateUserPoolDomainRequest>("UserPoolDomains", "Domain"),
    Row::one::<SetRiskConfigurationRequest>("RiskConfiguration"),
    Row::each::<SetRiskConfigurationRequest>("ClientRiskConfigurations", "ClientId"),
    Row::one::<SetLogDeliveryConfigurationRequest>("LogDeliveryConfiguration"),
    Row::each::<UpdateManagedLoginBrandingRequest>(
        "ManagedLoginBrandings",
        "ManagedLoginBrandingId",
    ),
    Row::one::<SetUiCustomizationRequest>("UICustomization"),
    Row::each::<SetUiCustomizationRequest>("ClientUICustomizations", "ClientId"),
    Row::one::<SetUserPoolSessionConfigurationRequest>("UserPoolSessionConfiguration"),
    Row::each::<SetUserPoolClientSessionConfigurationRequest>(
        "UserPoolClientSessionConfigurations",
        "ClientId",
    ),
    Row::each::<UpdateTermsRequest>("Terms", "TermsId"),
    Row::each::<UpdateCimdPolicyRequest>("CIMDPolicies", "CIMDPolicyId"),
];

type Named = (String, Option<(&'static str, String)>, Value);

/// The things under a member of a desired state, each with its path.
fn things_in(row: &Row, value: Value, problems: &mut Vec<Problem>) -> Vec<Named> {
    let Some(named_by) = row.named_by else {
        return vec![(row.member.to_owned(), None, value)];
    };
    let Value::Object(things) = value else {
        let rule = format!("must be a JSON object, with a member for each {named_by}");
        problems.push(problem(row.member, rule));
        return Vec::new();
    };
    let thing = |(name, value): (String, Value)| {
        let path = below(row.member, &name);
        (path, Some((named_by, name)), value)
    };
    things.into_iter().map(thing).collect()
}

fn not_json(error: &serde_json::Error) -> String {
    format!(
        "must be JSON, which it is not at line {}, column {}",
        error.line(),
        error.column()
    )
}

fn problem(field: impl Into<String>, rule: impl Into<String>) -> Problem {
    Problem {
        field: field.into().into(),
        rule: rule.into().into(),
    }
}

/// Stands where no request takes it: no member is a list of lists.
fn out_of_place() -> Value {
    json!([[[[]]]])
}

/// Looks for what a desired state cannot mean.
struct Check<'a> {
    row: &'a Row,
    names: &'a Map<String, Value>,
    live: Map<String, Value>,
    takes_unknown: bool,
}

/// A step into JSON.
#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

impl Check<'_> {
    fn problems(&self, path: &str, settings: &Map<String, Value>) -> Vec<Problem> {
        let mut problems = self.not_settable(path, settings);
        if self.takes_unknown || !problems.is_empty() {
            return problems;
        }
        let mut wanted = self.live.clone();
        path::merge(&mut wanted, settings);
        if self.known(&wanted).is_none() {
            return self.mistyped(path, settings);
        }
        let settings = Value::Object(settings.clone());
        self.unknown(&settings, &mut Vec::new(), path, &wanted, &mut problems);
        problems
    }

    /// The members that are no settings, whatever their values.
    fn not_settable(&self, path: &str, settings: &Map<String, Value>) -> Vec<Problem> {
        let kind = self.row.kind;
        let rule = |member: &str| {
            if self.names.contains_key(member) {
                return Some("names the thing, so it cannot be changed".to_owned());
            }
            let renamed = kind.renamed.iter().find(|renamed| renamed.told == member);
            if let Some(renamed) = renamed {
                return Some(format!("is written as {}", renamed.written));
            }
            let is_read_only = kind.read_only.contains(&member);
            is_read_only.then(|| "is told by Cognito and cannot be set".to_owned())
        };
        let refused = |member: &String| Some(problem(below(path, member), rule(member)?));
        settings.keys().filter_map(refused).collect()
    }

    /// What the request knows of the settings; `None` if it cannot read them.
    fn known(&self, settings: &Map<String, Value>) -> Option<Value> {
        let mut request = settings.clone();
        request.extend(self.names.clone());
        let known = (self.row.known)(&serde_json::to_vec(&request).ok()?).ok()?;
        serde_json::from_slice(&known).ok()
    }

    /// The settings that alone make the request unreadable.
    fn mistyped(&self, path: &str, settings: &Map<String, Value>) -> Vec<Problem> {
        let operation = self.row.kind.write.operation;
        let mut problems = Vec::new();
        if self.known(&self.live).is_some() {
            each_leaf(settings, path, &mut Vec::new(), &mut |path, alone| {
                let mut wanted = self.live.clone();
                path::merge(&mut wanted, alone);
                if self.known(&wanted).is_none() {
                    let rule = format!("has a value that {operation} does not take");
                    problems.push(problem(path, rule));
                }
            });
        }
        if problems.is_empty() {
            let rule =
                format!("lacks what {operation} requires, or has a value that it does not take");
            problems.push(problem(path, rule));
        }
        problems
    }

    /// Collects the members that neither the request nor the live settings know.
    fn unknown<'a>(
        &self,
        value: &'a Value,
        steps: &mut Vec<Step<'a>>,
        path: &str,
        wanted: &Map<String, Value>,
        problems: &mut Vec<Problem>,
    ) {
        if let Value::Array(items) = value {
            for (position, item) in items.iter().enumerate() {
                steps.push(Step::Item(position));
                self.unknown(
                    item,
                    steps,
                    &format!("{path}[{position}]"),
                    wanted,
                    problems,
                );
                steps.pop();
            }
        }
        for (member, value) in value.as_object().into_iter().flatten() {
            steps.push(Step::Member(member));
            let path = below(path, member);
            if self.is_known(steps, wanted) {
                self.unknown(value, steps, &path, wanted, problems);
            } else {
                let rule = "is known neither to this version nor to the live settings";
                problems.push(problem(path, rule));
            }
            steps.pop();
        }
    }

    fn is_known(&self, steps: &[Step<'_>], wanted: &Map<String, Value>) -> bool {
        if at(&self.live, steps).is_some_and(|value| !value.is_null()) {
            return true;
        }
        // A member that the request knows makes trouble with such a value, or keeps it; one that it does
        // not know is passed over.
        let mut probed = wanted.clone();
        put(&mut probed, steps, out_of_place());
        match self.known(&probed) {
            None => true,
            Some(known) => known
                .as_object()
                .is_some_and(|known| at(known, steps).is_some()),
        }
    }
}

/// Visits every value that is no object, as an object that holds it alone.
fn each_leaf<'a>(
    settings: &'a Map<String, Value>,
    path: &str,
    parents: &mut Vec<&'a str>,
    visit: &mut impl FnMut(String, &Map<String, Value>),
) {
    for (member, value) in settings {
        parents.push(member);
        let path = below(path, member);
        match value {
            Value::Object(inner) if !inner.is_empty() => each_leaf(inner, &path, parents, visit),
            _ => {
                let wrap = |value, parent: &&str| json!({(*parent): value});
                let alone = parents.iter().rev().fold(value.clone(), wrap);
                visit(path, alone.as_object().unwrap_or(settings));
            }
        }
        parents.pop();
    }
}

fn at<'a>(object: &'a Map<String, Value>, steps: &[Step<'_>]) -> Option<&'a Value> {
    let (Step::Member(first), rest) = steps.split_first()? else {
        return None;
    };
    rest.iter()
        .try_fold(object.get(*first)?, |value, step| match step {
            Step::Member(member) => value.get(member),
            Step::Item(position) => value.get(position),
        })
}

/// Puts a value where the steps lead, if they lead somewhere.
fn put(object: &mut Map<String, Value>, steps: &[Step<'_>], value: Value) {
    let Some((Step::Member(last), parents)) = steps.split_last() else {
        return;
    };
    let Some((Step::Member(first), inner)) = parents.split_first() else {
        object.insert((*last).to_owned(), value);
        return;
    };
    let parent = inner
        .iter()
        .try_fold(object.get_mut(*first), |value, step| {
            Some(match step {
                Step::Member(member) => value?.get_mut(member),
                Step::Item(position) => value?.get_mut(position),
            })
        });
    if let Some(Some(Value::Object(parent))) = parent {
        parent.insert((*last).to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::kinds, *};

    #[test]
    fn a_desired_state_has_every_kind_that_can_be_edited() {
        let names = |kinds: Vec<&'static Kind>| -> BTreeSet<_> {
            kinds.into_iter().map(|kind| kind.name).collect()
        };
        let ours = names(ROWS.iter().map(|row| row.kind).collect());
        assert_eq!(ours, names(kinds::ALL.to_vec()));
        let members: BTreeSet<_> = ROWS.iter().map(|row| row.member).collect();
        assert_eq!(members.len(), ROWS.len());
        for row in ROWS {
            let named_by = row.named_by.unwrap_or("UserPoolId");
            assert!(row.kind.read.names.contains(&named_by), "{}", row.member);
            assert!(row.kind.write.names.contains(&named_by), "{}", row.member);
        }
    }

    #[test]
    fn the_table_in_the_docs_has_every_kind() {
        let source = include_str!("desired.rs");
        let table = source.lines().filter(|line| line.starts_with("/// | `"));
        let rows = ROWS.iter().map(|row| {
            let write = row.kind.write.operation;
            format!("/// | `{}` | `{write}` |", row.member)
        });
        let table: Vec<_> = table.collect();
        assert_eq!(table.len(), ROWS.len());
        for row in rows {
            assert!(table.iter().any(|line| line.starts_with(&row)), "{row}");
        }
    }

    #[test]
    fn shared_things_are_rows() {
        for member in SHARED {
            let row = ROWS.iter().find(|row| row.member == *member);
            assert!(row.is_some_and(|row| row.named_by.is_none()), "{member}");
        }
    }

    #[test]
    fn steps_lead_only_through_what_is_there() {
        let Value::Object(mut object) = json!({"a": [{"b": 1}], "c": 2}) else {
            panic!("an object")
        };
        let b = [Step::Member("a"), Step::Item(0), Step::Member("b")];
        assert_eq!(at(&object, &b), Some(&json!(1)));
        put(&mut object, &b, json!(3));
        for steps in [
            vec![Step::Member("a"), Step::Item(1), Step::Member("b")],
            vec![Step::Member("c"), Step::Member("d")],
            vec![Step::Member("x"), Step::Member("y")],
            vec![Step::Item(0)],
            vec![],
        ] {
            assert_eq!(at(&object, &steps), None);
            put(&mut object, &steps, json!(4));
        }
        put(&mut object, &[Step::Member("n")], json!(5));
        assert_eq!(
            Value::Object(object),
            json!({"a": [{"b": 3}], "c": 2, "n": 5})
        );
    }
}
