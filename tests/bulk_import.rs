//! Users into a pool: each once, whatever happens, with the same report in the end.

#![cfg(feature = "bulk")]

#[path = "../examples/support/pool.rs"]
mod pool;

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::future;
use cognito_idp::{
    Error, ErrorCode,
    bulk::{
        self, BulkError, Csv, Fate, Import, ImportReport, JournalProblem, JsonLines, Password,
        json_lines,
    },
    credentials::{Credentials, ProvideCredentials},
    retry::RetryPolicy,
};
use pool::{Fault, POOL_ID, Pool};
use proptest::prelude::*;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Outcome<Self> {
        let name = format!("cognito-idp-import-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn exported(pool: &Pool) -> Outcome<Vec<u8>> {
    let mut output = Vec::new();
    let export = bulk::export(&pool.client()?, POOL_ID);
    export.write_to(&mut output).await?;
    Ok(output)
}

fn import<'a>(pool: &Pool, lines: &'a [u8]) -> Outcome<Import<JsonLines<impl io::BufRead + 'a>>> {
    Ok(bulk::import(&pool.client()?, POOL_ID, json_lines(lines)))
}

/// What an import carries over, by user.
fn users(pool: &Pool) -> Vec<(String, String, String, bool)> {
    let users = pool
        .usernames()
        .into_iter()
        .filter_map(|name| pool.user(&name));
    let user = |user: pool::User| {
        let get = |name: &str| user.attributes.get(name).cloned().unwrap_or_default();
        (
            get("email"),
            get("name"),
            user.username.clone(),
            user.enabled,
        )
    };
    users.map(user).collect()
}

#[tokio::test(start_paused = true)]
async fn an_export_into_an_empty_pool_makes_the_same_pool() -> Outcome {
    let from = Pool::new(120, 4, 60);
    let to = Pool::new(0, 0, 60);
    let lines = exported(&from).await?;
    let report = import(&to, &lines)?.run().await?;
    assert_eq!(users(&to), users(&from));
    assert_eq!(to.memberships(), from.memberships());
    assert_eq!((report.users.created, report.users.all()), (120, 120));
    assert_eq!((report.groups.created, report.groups.all()), (4, 4));
    assert_eq!(report.members_added, from.memberships().len() as u64);
    assert_eq!(report.failures, []);

    // And once more: nothing is written.
    let report = import(&to, &lines)?.run().await?;
    assert_eq!((report.users.unchanged, report.groups.unchanged), (120, 4));
    let writes = to
        .calls()
        .iter()
        .filter(|call| call.starts_with("AdminUpdate"))
        .count();
    assert_eq!(writes, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_import_that_is_stopped_at_any_call_ends_with_the_same_pool_and_report() -> Outcome {
    let from = Pool::new(30, 3, 60);
    let lines = exported(&from).await?;
    let to = Pool::new(0, 0, 60);
    let passwords =
        |import: Import<_>| import.passwords(|_| Some(Password::Permanent("P@ssw0rd!".into())));
    let undisturbed = passwords(import(&to, &lines)?).run().await?;
    for calls in 0..40 {
        let folder = Folder::new("stopped")?;
        let to = Pool::new(0, 0, 60);
        let mut report = None;
        let mut runs = 0;
        while report.is_none() && runs < 20 {
            to.hang_after(calls + 34);
            let job = passwords(import(&to, &lines)?).journal(folder.journal());
            let job = job.at_once(calls % 4 + 1).run();
            let job = tokio::time::timeout(Duration::from_mins(1), job).await;
            report = job.ok().transpose()?;
            runs += 1;
        }
        let mut report = report.ok_or("it never ended")?;
        // What the other runs cost stands in no file.
        report.effort = undisturbed.effort;
        assert_eq!(report, undisturbed, "{calls}");
        assert_eq!(users(&to), users(&from));
        assert_eq!(to.memberships(), from.memberships());
        let password = |name: &String| to.user(name).and_then(|user| user.password);
        assert!(
            to.usernames()
                .iter()
                .all(|name| password(name).as_deref() == Some("P@ssw0rd!"))
        );
        assert!(runs > 1);

        // A job that has ended does nothing more.
        let before = to.calls().len();
        to.hang_after(usize::MAX);
        let again = import(&to, &lines)?.journal(folder.journal()).run().await?;
        assert_eq!(
            (again.effort.requests, &again.users),
            (1, &undisturbed.users)
        );
        assert_eq!(&to.calls()[before..], ["DescribeUserPool"]);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_user_a_stranger() -> Outcome {
    let from = Pool::new(20, 2, 60);
    let lines = exported(&from).await?;
    for first in 1..60 {
        let to = Pool::new(0, 0, 60);
        to.break_calls(first..first + 3);
        let report = import(&to, &lines)?.at_once(3).run().await?;
        assert_eq!(report.users.created, 20, "{first}");
        assert_eq!(report.groups.created, 2, "{first}");
        assert_eq!(users(&to), users(&from));
        assert_eq!(to.memberships(), from.memberships());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_network_that_stays_away_stops_the_job_which_then_goes_on() -> Outcome {
    let from = Pool::new(20, 1, 60);
    let lines = exported(&from).await?;
    let folder = Folder::new("network")?;
    let to = Pool::new(0, 0, 60);
    to.break_calls(8..usize::MAX);
    let stopped = import(&to, &lines)?.journal(folder.journal()).run().await;
    assert!(matches!(
        stopped,
        Err(BulkError::Call(Error::Transport { .. }))
    ));
    to.break_calls(0..0);
    let report = import(&to, &lines)?.journal(folder.journal()).run().await?;
    assert_eq!((report.users.created, report.users.all()), (20, 20));
    assert_eq!(users(&to), users(&from));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_not_there_stops_every_job_before_anything_is_done() -> Outcome {
    const OTHER: &str = "eu-central-1_Other";
    fn is_refused<T>(result: Result<T, BulkError>) -> bool {
        matches!(result, Err(BulkError::Call(error)) if error.is(ErrorCode::ResourceNotFound))
    }

    let pool = Pool::new(20, 1, 60);
    let lines = exported(&pool).await?;
    let client = pool.client()?;
    let calls = pool.calls().len();
    assert!(is_refused(
        bulk::export(&client, OTHER).write_to(Vec::new()).await
    ));
    let import = || bulk::import(&client, OTHER, json_lines(lines.as_slice()));
    assert!(is_refused(import().run().await));
    assert!(is_refused(import().check().await));
    assert_eq!(pool.calls().len(), calls + 3, "one call each");
    Ok(())
}

/// An hour's credentials in a job of a day.
#[tokio::test(start_paused = true)]
async fn credentials_that_expire_on_the_way_are_asked_for_anew() -> Outcome {
    let from = Pool::new(60, 3, 60);
    let lines = exported(&from).await?;
    for first in [0, 1, 5, 40, 100] {
        let to = Pool::new(0, 0, 60);
        to.fail_calls(first..first + 1, Fault::ExpiredToken);
        let asked = Arc::new(Mutex::new(0));
        let client = to
            .client_builder()
            .credentials(Renewed(asked.clone()))
            .retry_policy(RetryPolicy::default())
            .build()?;
        let report = bulk::import(&client, POOL_ID, json_lines(&lines[..]))
            .run()
            .await?;
        assert_eq!(
            (report.users.created, report.users.failed),
            (60, 0),
            "{first}"
        );
        assert_eq!(users(&to), users(&from));
        assert_eq!(to.memberships(), from.memberships());
        assert_eq!(
            *asked.lock().unwrap_or_else(PoisonError::into_inner),
            2,
            "{first}"
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn credentials_that_stay_expired_stop_the_job_which_then_goes_on() -> Outcome {
    let from = Pool::new(20, 1, 60);
    let lines = exported(&from).await?;
    let folder = Folder::new("expired")?;
    let to = Pool::new(0, 0, 60);
    to.fail_calls(8..usize::MAX, Fault::ExpiredToken);
    let stopped = import(&to, &lines)?.journal(folder.journal()).run().await;
    let Err(BulkError::Call(error)) = stopped else {
        return Err("it must stop".into());
    };
    assert!(error.is(ErrorCode::ExpiredToken), "{error}");
    let done = to.usernames().len();
    assert!(done < 20);
    to.fail_calls(0..0, Fault::ExpiredToken);
    let report = import(&to, &lines)?.journal(folder.journal()).run().await?;
    assert_eq!((report.users.created, report.users.all()), (20, 20));
    assert_eq!(users(&to), users(&from));
    Ok(())
}

/// One that is over before the retries are costs time alone.
#[tokio::test(start_paused = true)]
async fn a_short_storm_of_unavailable_service_leaves_no_trace() -> Outcome {
    let from = Pool::new(40, 2, 60);
    let lines = exported(&from).await?;
    for first in [0, 2, 9, 50] {
        let to = Pool::new(0, 0, 60);
        to.fail_calls(first..first + 8, Fault::Unavailable);
        let client = to
            .client_builder()
            .retry_policy(RetryPolicy::default().max_attempts(10))
            .build()?;
        let report = bulk::import(&client, POOL_ID, json_lines(&lines[..]))
            .run()
            .await?;
        assert_eq!(
            (report.users.created, report.users.failed),
            (40, 0),
            "{first}"
        );
        assert_eq!(users(&to), users(&from));
        assert_eq!(to.memberships(), from.memberships());
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_long_storm_stops_the_job_which_then_goes_on() -> Outcome {
    let from = Pool::new(20, 2, 60);
    let lines = exported(&from).await?;
    for first in [0, 3, 8, 20, 45] {
        let folder = Folder::new(&format!("storm-{first}"))?;
        let to = Pool::new(0, 0, 60);
        to.fail_calls(first..usize::MAX, Fault::Unavailable);
        let stopped = import(&to, &lines)?.journal(folder.journal()).run().await;
        assert!(
            matches!(stopped, Err(BulkError::Call(Error::Service(_)))),
            "{first}: {stopped:?}"
        );
        to.fail_calls(0..0, Fault::Unavailable);
        let report = import(&to, &lines)?.journal(folder.journal()).run().await?;
        assert_eq!(
            (report.users.created, report.users.all()),
            (20, 20),
            "{first}"
        );
        assert_eq!(users(&to), users(&from));
        assert_eq!(to.memberships(), from.memberships());
    }
    Ok(())
}

/// Gives credentials that have an hour to live, and counts how often.
#[derive(Debug)]
struct Renewed(Arc<Mutex<u32>>);

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *asked += 1;
        let key = format!("AKIDEXAMPLE{asked}");
        let expiry = SystemTime::now() + Duration::from_hours(1);
        let credentials = Credentials::new(key, "secret", None, Some(expiry), "test");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_there_is_compared_and_changed_only_if_that_is_asked() -> Outcome {
    let from = Pool::new(3, 0, 60);
    let lines = exported(&from).await?;
    let to = Pool::new(3, 0, 60);
    to.change("user-00001", |user| {
        user.attributes
            .insert("name".to_owned(), "Other".to_owned());
    });
    let report = import(&to, &lines)?.run().await?;
    assert_eq!((report.users.unchanged, report.users.differing), (2, 1));
    let name = || {
        to.user("user-00001")
            .and_then(|user| user.attributes.get("name").cloned())
    };
    assert_eq!(name().as_deref(), Some("Other"));

    let seen = Arc::new(Mutex::new(Vec::new()));
    let fates = seen.clone();
    let report = import(&to, &lines)?
        .update_existing()
        .on_outcome(move |outcome| {
            let mut fates = fates.lock().unwrap_or_else(PoisonError::into_inner);
            fates.push((outcome.line, outcome.fate.clone()));
        })
        .run()
        .await?;
    assert_eq!((report.users.unchanged, report.users.updated), (2, 1));
    assert_ne!(name().as_deref(), Some("Other"));
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.contains(&(3, Fate::Updated)), "{seen:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_makes_up_usernames_is_served_by_the_alias() -> Outcome {
    let from = Pool::new(12, 3, 60).sign_in_by_email();
    let lines = exported(&from).await?;
    let to = Pool::new(0, 0, 60).sign_in_by_email();
    let report = import(&to, &lines)?.run().await?;
    assert_eq!((report.users.created, report.members_failed), (12, 0));
    let emails = |pool: &Pool| {
        let mut emails: Vec<_> = users(pool).into_iter().map(|user| user.0).collect();
        emails.sort();
        emails
    };
    assert_eq!(emails(&to), emails(&from));
    assert_eq!(to.memberships().len(), from.memberships().len());

    let nameless = br#"{"Username": "0-1", "Attributes": [{"Name": "name", "Value": "x"}]}"#;
    let report = import(&to, nameless)?.run().await?;
    assert!(
        matches!(&report.failures[..], [(0, 1, Fate::Invalid { column: Some(column), .. })]
        if column == "email")
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn users_of_other_providers_are_linked_and_not_created() -> Outcome {
    let lines = br#"
{"Username": "google_1", "UserStatus": "EXTERNAL_PROVIDER"}
{"Username": "alice", "Attributes": [{"Name": "identities", "Value": "[{\"providerName\":\"Google\",\"userId\":\"7\"}]"}]}
"#;
    let to = Pool::new(0, 0, 60);
    let report = import(&to, lines)?.run().await?;
    assert_eq!((report.users.created, report.users.skipped), (1, 1));
    assert_eq!(to.user("google_1"), None);
    let alice = to.user("alice").ok_or("no alice")?;
    assert_eq!(alice.links, ["\"Google\"/\"7\""]);
    assert!(!alice.attributes.contains_key("identities"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_refused_leaves_out_no_other_and_nobody_enabled() -> Outcome {
    let lines = br#"
{"Username": "alice", "Enabled": false, "Groups": ["nowhere", "group-0"], "Attributes": [{"Name": "sub", "Value": "old"}, {"Name": "identities", "Value": "[{\"providerName\":\"Nobody\",\"userId\":\"7\"}]"}]}
"#;
    let folder = Folder::new("steps")?;
    let to = Pool::new(0, 1, 60);
    let job = import(&to, lines)?.journal(folder.journal());
    let report = job.run().await?;
    assert_eq!(report.users.failed, 1);
    assert!(
        matches!(&report.failures[..], [(_, _, Fate::Failed(failure))]
        if failure.operation == "AdminLinkProviderForUser")
    );
    let alice = to.user("alice").ok_or("no alice")?;
    assert!(!alice.enabled);
    assert_eq!(to.memberships().len(), 1);
    // The user is there all the same, with a new sub.
    let mut told = Vec::new();
    bulk::subs(folder.journal(), |subs| told.push(subs.old))?;
    assert_eq!(told, ["old"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_refused_or_malformed_is_told_and_the_rest_is_done() -> Outcome {
    let lines = br#"{"Username": "alice"}
{"Username": "with blank"}
{"Usern
{"Membership": {"GroupName": "nobody", "Members": [{"Username": "alice"}]}}
{"Username": "bob"}
"#;
    let to = Pool::new(0, 0, 60);
    let report = import(&to, lines)?.run().await?;
    assert_eq!((report.users.created, report.users.failed), (2, 1));
    assert_eq!((report.unreadable, report.members_failed), (1, 1));
    let rows: Vec<_> = report
        .failures
        .iter()
        .map(|(row, line, _)| (*row, *line))
        .collect();
    assert_eq!(rows, [(1, 2), (2, 3), (3, 4)]);
    let code = |fate: &Fate| match fate {
        Fate::Failed(failure) => failure.code.clone(),
        Fate::Members { first, .. } => first.as_ref().and_then(|first| first.code.clone()),
        _ => None,
    };
    assert_eq!(
        code(&report.failures[0].2),
        Some(ErrorCode::InvalidParameter)
    );
    assert_eq!(
        code(&report.failures[2].2),
        Some(ErrorCode::ResourceNotFound)
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn another_file_or_another_choice_does_not_go_on_in_the_journal() -> Outcome {
    let problem = |result: Result<ImportReport, BulkError>| match result {
        Err(BulkError::Journal { problem, .. }) => Some(problem),
        _ => None,
    };
    let folder = Folder::new("other")?;
    let to = Pool::new(0, 0, 60);
    import(&to, b"{\"Username\": \"a\"}")?
        .journal(folder.journal())
        .run()
        .await?;
    let other = import(&to, b"{\"Username\": \"b\"}")?.journal(folder.journal());
    assert_eq!(problem(other.run().await), Some(JournalProblem::AnotherJob));
    let other = import(&to, b"{\"Username\": \"a\"}")?.journal(folder.journal());
    let other = other.update_existing().run().await;
    assert_eq!(problem(other), Some(JournalProblem::AnotherJob));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_secret_and_no_name_is_in_the_journal() -> Outcome {
    let folder = Folder::new("secrets")?;
    let to = Pool::new(0, 0, 60);
    let lines = exported(&Pool::new(5, 1, 60)).await?;
    import(&to, &lines)?
        .passwords(|_| Some(Password::Temporary("marker-password".into())))
        .journal(folder.journal())
        .run()
        .await?;
    let journal = fs::read_to_string(folder.journal())?;
    assert!(!journal.contains("marker") && !journal.contains("user-0") && !journal.contains('@'));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_check_finds_what_would_be_refused_and_writes_nothing() -> Outcome {
    let lines = br#"{"Username": "a", "Attributes": [{"Name": "email", "Value": "a@example.com"}, {"Name": "sub", "Value": "1"}]}
{"Username": "b c", "Attributes": [{"Name": "email", "Value": "nowhere"}, {"Name": "custom:none", "Value": "x"}]}
{"Username": "A", "Attributes": [{"Name": "custom:level", "Value": "11"}, {"Name": "email", "Value": "x@example.com"}]}
{"Username": "d", "Attributes": [{"Name": "custom:level", "Value": "ten"}, {"Name": "name", "Value": "much too long"}]}
{"Membership": {"GroupName": "nobody", "Members": [{"Username": "a"}]}}
nothing
"#;
    let to = Pool::new(0, 1, 60);
    let report = import(&to, lines)?.check().await?;
    let told: Vec<_> = report
        .problems
        .iter()
        .map(|problem| (problem.line, problem.column.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            (2, "Username"),
            (2, "email"),
            (2, "custom:none"),
            (3, "custom:level"),
            (3, "Username"),
            (4, "custom:level"),
            (4, "name"),
            (4, "email"),
            (5, "GroupName"),
            (6, ""),
        ]
    );
    assert_eq!((report.users, report.memberships, report.found), (4, 1, 10));
    assert!(!report.is_fit());
    assert_eq!(to.calls(), ["DescribeUserPool", "ListGroups"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_csv_file_is_imported_with_its_groups() -> Outcome {
    let to = Pool::new(0, 1, 60);
    let file = "username,email,groups,enabled\nalice,\"a,b@example.com\",group-0,false\n";
    let rows = Csv::new(file.as_bytes()).rows()?;
    let report = bulk::import(&to.client()?, POOL_ID, rows).run().await?;
    assert_eq!((report.users.created, report.failures.len()), (1, 0));
    let alice = to.user("alice").ok_or("no alice")?;
    assert_eq!(alice.attributes["email"], "a,b@example.com");
    assert!(!alice.enabled);
    assert_eq!(to.memberships().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_journal_tells_which_sub_became_which() -> Outcome {
    let folder = Folder::new("subs")?;
    let from = Pool::new(25, 0, 60);
    let to = Pool::new(0, 0, 60);
    let lines = exported(&from).await?;
    // One is there already, and has a new sub all the same.
    to.change("user-00003", |user| {
        let address = "u3@example.com".to_owned();
        user.attributes.insert("email".to_owned(), address);
    });
    for _ in 0..2 {
        to.hang_after(20);
        let job = import(&to, &lines)?
            .at_once(3)
            .journal(folder.journal())
            .run();
        let _ = tokio::time::timeout(Duration::from_mins(1), job).await;
    }
    to.hang_after(usize::MAX);
    import(&to, &lines)?.journal(folder.journal()).run().await?;
    let sub = |pool: &Pool, name: &str| Some(pool.user(name)?.attributes.get("sub")?.clone());
    let mut told = 0;
    bulk::subs(folder.journal(), |subs| {
        let name = from
            .usernames()
            .into_iter()
            .find(|name| sub(&from, name).as_ref() == Some(&subs.old));
        assert_eq!(name.and_then(|name| sub(&to, &name)), Some(subs.new));
        told += 1;
    })?;
    assert_eq!(told, 25);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_is_stopped_anywhere_takes_everybody_and_tells_the_subs() -> Outcome {
    let from = Pool::new(40, 3, 10);
    let sub = |pool: &Pool, name: &str| Some(pool.user(name)?.attributes.get("sub")?.clone());
    for calls in 0..12 {
        let folder = Folder::new("migration")?;
        let to = Pool::new(0, 0, 60);
        let mut report = None;
        let mut runs = 0;
        while report.is_none() && runs < 60 {
            from.hang_after(calls % 5 + 2);
            to.hang_after(calls + 34);
            let target = to.client()?;
            let import = |rows| bulk::import(&target, POOL_ID, rows).at_once(4);
            let export = bulk::export(&from.client()?, POOL_ID);
            let done = bulk::migrate(export, &folder.0, import);
            let done = tokio::time::timeout(Duration::from_secs(5), done).await;
            report = done.ok().transpose()?;
            runs += 1;
        }
        from.hang_after(usize::MAX);
        let report = report.ok_or("it never ended")?;
        assert!(runs > 2);
        assert_eq!(
            (report.exported.users, report.imported.users.created),
            (40, 40)
        );
        assert_eq!(users(&to), users(&from));
        assert_eq!(to.memberships(), from.memberships());
        let told = fs::read_to_string(folder.0.join("subs.csv"))?;
        let mut expected: Vec<_> = from
            .usernames()
            .iter()
            .filter_map(|name| Some(format!("{},{}", sub(&from, name)?, sub(&to, name)?)))
            .collect();
        let mut lines: Vec<_> = told.lines().skip(1).map(str::to_owned).collect();
        expected.sort();
        lines.sort();
        assert_eq!(lines, expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn export_and_import_keep_whatever_attributes_hold(
        values in prop::collection::vec(("[a-z]{1,8}", ".{0,40}", "[\\\\,\"\n\r\t'; é€😀]{0,10}"), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            let from = Pool::new(0, 0, 3);
            for (n, (name, one, other)) in values.iter().enumerate() {
                from.change(&format!("user-{n}"), |user| {
                    user.attributes.insert(name.clone(), one.clone());
                    user.attributes.insert("custom:other".to_owned(), other.clone());
                });
            }
            let to = Pool::new(0, 0, 3);
            let lines = exported(&from).await.expect("exported");
            let report = import(&to, &lines).expect("a client").run().await.expect("imported");
            assert_eq!(report.users.created, values.len() as u64);
            for name in from.usernames() {
                let attributes = |pool: &Pool| {
                    let mut attributes = pool.user(&name).expect("there").attributes;
                    attributes.remove("sub");
                    attributes
                };
                assert_eq!(attributes(&to), attributes(&from));
            }
        });
    }
}
