//! Users out of a pool: all of them, once each, however often the job is stopped.

#![cfg(feature = "bulk")]

#[path = "../examples/support/pool.rs"]
mod pool;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cognito_idp::{
    Client, Error,
    bulk::{self, BulkError, Export, ExportReport, JournalProblem, MembersFrom, Record},
};
use pool::{POOL_ID, Pool};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A folder that is removed with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Outcome<Self> {
        let name = format!("cognito-idp-export-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn output(&self) -> PathBuf {
        self.0.join("users.jsonl")
    }

    fn journal(&self) -> PathBuf {
        self.0.join("users.jsonl.journal")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn export(pool: &Pool) -> Outcome<Export> {
    Ok(bulk::export(&pool.client()?, POOL_ID))
}

async fn in_memory(export: Export) -> Outcome<(ExportReport, Vec<Record>)> {
    let mut output = Vec::new();
    let report = export.write_to(&mut output).await?;
    Ok((report, records(&output)?))
}

fn records(lines: &[u8]) -> Outcome<Vec<Record>> {
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    let records = lines.map(|line| {
        assert!(line.ends_with(b"\n"));
        serde_json::from_slice(line)
    });
    Ok(records.collect::<Result<_, _>>()?)
}

fn usernames(records: &[Record]) -> Vec<String> {
    let user = |record: &Record| match record {
        Record::User(user) => Some(user.username.expose().clone()),
        _ => None,
    };
    records.iter().filter_map(user).collect()
}

fn memberships(records: &[Record]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for record in records {
        if let Record::Membership(membership) = record {
            let names = membership.members.iter();
            found.extend(names.map(|name| {
                (
                    membership.group_name.clone(),
                    name.username.expose().clone(),
                )
            }));
        }
    }
    found
}

/// All users and memberships of the pool, each once.
fn assert_whole(pool: &Pool, report: &ExportReport, records: &[Record]) {
    let users = usernames(records);
    assert_eq!(users.len(), pool.usernames().len());
    assert_eq!(
        users.iter().cloned().collect::<BTreeSet<_>>(),
        pool.usernames()
    );
    let members = memberships(records);
    assert_eq!(members.len(), pool.memberships().len());
    assert_eq!(
        members.iter().cloned().collect::<BTreeSet<_>>(),
        pool.memberships()
    );
    assert!(matches!(records.first(), Some(Record::Manifest(_))));
    assert!(matches!(records.last(), Some(Record::End(totals)) if *totals == report.totals));
    assert_eq!(report.totals.users, users.len() as u64);
    assert_eq!(report.totals.memberships, members.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn an_export_holds_the_whole_pool_in_order() -> Outcome {
    let pool = Pool::new(250, 5, 60);
    let (report, records) = in_memory(export(&pool)?).await?;
    assert_whole(&pool, &report, &records);
    assert_eq!(report.members, Some(MembersFrom::Groups));
    let kind = |record: &Record| match record {
        Record::Manifest(_) => 0,
        Record::Group(_) => 1,
        Record::User(_) => 2,
        Record::Membership(_) => 3,
        _ => 4,
    };
    assert!(records.is_sorted_by_key(kind));
    let Some(Record::User(user)) = records.iter().find(|record| kind(record) == 2) else {
        return Err("no user".into());
    };
    assert_eq!(user.attributes.len(), 3);
    assert_eq!(user.enabled, Some(true));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sixteen_walks_find_what_one_finds() -> Outcome {
    let pool = Pool::new(500, 2, 7);
    let (report, records) = in_memory(export(&pool)?.by_sub().at_once(16)).await?;
    assert_whole(&pool, &report, &records);
    Ok(())
}

/// Cognito's pages are a walk over users who come and go: what is there all the while must be found,
/// by one walk and by sixteen, each once, and nothing that was never there.
#[tokio::test(start_paused = true)]
async fn who_is_there_all_the_while_is_found_by_one_walk_and_by_sixteen() -> Outcome {
    for lag in [0, 3, 1_000] {
        for walks in [1, 16] {
            let pool = Pool::new(600, 2, 7);
            let before = pool.usernames();
            let leaving = before.iter().filter(|name| name.ends_with(['3', '7']));
            let leaving: Vec<String> = leaving.cloned().collect();
            let stays: BTreeSet<_> = before
                .iter()
                .filter(|name| !leaving.contains(name))
                .collect();
            pool.change_hands(leaving.clone(), lag);
            let mut job = export(&pool)?.without_groups();
            if walks > 1 {
                job = job.by_sub().at_once(walks);
            }
            let (report, records) = in_memory(job).await?;
            let found = usernames(&records);
            let distinct: BTreeSet<_> = found.iter().collect();
            assert_eq!(distinct.len(), found.len(), "each once");
            assert_eq!(report.totals.users, found.len() as u64);
            assert!(
                stays.iter().all(|name| distinct.contains(*name)),
                "lag {lag}, {walks} walks"
            );
            assert_ne!(before, pool.usernames(), "users came and went");
            let came: BTreeSet<_> = pool.usernames().difference(&before).cloned().collect();
            assert!(
                distinct
                    .iter()
                    .all(|name| before.contains(*name) || came.contains(*name))
            );
            if lag == 1_000 {
                assert!(
                    distinct.is_disjoint(&came.iter().collect()),
                    "lists do not know them yet"
                );
            }
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_not_asked_for_costs_no_call() -> Outcome {
    let pool = Pool::new(100, 3, 60);
    let (report, records) = in_memory(export(&pool)?.without_groups()).await?;
    assert_eq!(usernames(&records).len(), 100);
    assert_eq!(report.members, None);
    assert_eq!(pool.calls(), ["DescribeUserPool", "ListUsers", "ListUsers"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn with_more_groups_than_users_the_users_are_asked() -> Outcome {
    let pool = Pool::new(4, 90, 60);
    let (report, records) = in_memory(export(&pool)?).await?;
    assert_whole(&pool, &report, &records);
    assert_eq!(report.members, Some(MembersFrom::Users));
    assert!(!pool.calls().contains(&"ListUsersInGroup".to_owned()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn mfa_is_asked_of_each_user_and_who_has_gone_is_counted() -> Outcome {
    let pool = Pool::new(70, 1, 60);
    pool.take_away("user-00005");
    let (report, records) = in_memory(export(&pool)?.with_mfa()).await?;
    assert_whole(&pool, &report, &records);
    assert_eq!(report.vanished, 1);
    for record in &records {
        if let Record::User(user) = record {
            let has_mfa = user.username.expose() != "user-00005";
            assert_eq!(user.preferred_mfa_setting.is_some(), has_mfa);
            assert_eq!(user.user_mfa_setting_list.is_empty(), !has_mfa);
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn progress_goes_up_to_the_number_of_users() -> Outcome {
    let pool = Pool::new(150, 0, 60);
    let seen = Arc::new(AtomicU64::new(0));
    let last = seen.clone();
    let listens = export(&pool)?.on_progress(move |progress| {
        assert_eq!(progress.total, Some(150));
        // AWS's default for lists of users.
        assert_eq!(progress.limit, Some(30.0));
        assert!(progress.done > last.swap(progress.done, Ordering::SeqCst));
    });
    let (report, _) = in_memory(listens).await?;
    assert_eq!(seen.load(Ordering::SeqCst), 150);
    // The pool, its groups, and three pages.
    assert_eq!((report.effort.requests, report.effort.throttled), (5, 0));
    Ok(())
}

/// Runs an export that ends at the first call too many.
async fn stopped(export: Export, path: &Path) -> Outcome<Option<ExportReport>> {
    let saved = tokio::time::timeout(Duration::from_secs(5), export.save(path)).await;
    Ok(saved.ok().transpose()?)
}

#[tokio::test(start_paused = true)]
async fn an_export_that_is_stopped_at_any_call_goes_on_and_ends_the_same() -> Outcome {
    let all = Pool::new(45, 4, 10);
    for by_sub in [false, true] {
        let choose = |export: Export| if by_sub { export.by_sub() } else { export };
        let (undisturbed, _) = in_memory(choose(export(&all)?)).await?;
        for calls in 0..60 {
            let folder = Folder::new("stopped")?;
            let pool = Pool::new(45, 4, 10);
            let mut report = None;
            let mut runs = 0;
            while report.is_none() && runs < 80 {
                pool.hang_after(calls % 7 + 2);
                report = stopped(
                    choose(export(&pool)?.at_once(calls % 3 + 1)),
                    &folder.output(),
                )
                .await?;
                runs += 1;
            }
            let report = report.ok_or("it never ended")?;
            let mut expected = undisturbed;
            // What the other runs cost stands in no file.
            expected.effort = report.effort;
            assert_eq!(report, expected, "{calls}");
            assert_whole(&pool, &report, &records(&fs::read(folder.output())?)?);
            assert!(!folder.journal().exists());
            assert!(runs > 1);
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_page_token_that_is_not_known_any_more_costs_the_part_and_no_more() -> Outcome {
    let folder = Folder::new("token")?;
    let pool = Pool::new(100, 2, 10);
    pool.hang_after(6);
    assert_eq!(stopped(export(&pool)?, &folder.output()).await?, None);
    pool.forget_page_tokens();
    pool.hang_after(usize::MAX);
    let report = export(&pool)?.save(folder.output()).await?;
    assert_eq!(report.restarts, 1);
    assert_whole(&pool, &report, &records(&fs::read(folder.output())?)?);
    let listed = pool
        .calls()
        .iter()
        .filter(|call| *call == "ListGroups")
        .count();
    assert_eq!(listed, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn how_members_are_found_stays_decided_although_the_pool_grows() -> Outcome {
    let folder = Folder::new("decided")?;
    let pool = Pool::new(30, 31, 10);
    // The pool, four pages of groups, one of users with the groups of each, and some of the next.
    pool.hang_after(20);
    assert_eq!(stopped(export(&pool)?, &folder.output()).await?, None);
    // Now there are more users than groups.
    for n in 0..20 {
        pool.change(&format!("new-{n}"), |_| {});
    }
    pool.hang_after(usize::MAX);
    let report = export(&pool)?.save(folder.output()).await?;
    assert_eq!(report.members, Some(MembersFrom::Users));
    assert_whole(&pool, &report, &records(&fs::read(folder.output())?)?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_the_disk_has_lost_is_written_anew() -> Outcome {
    let pool = Pool::new(100, 2, 10);
    for left in [0, 1, 300, 2_000] {
        let folder = Folder::new("lost")?;
        pool.hang_after(9);
        assert_eq!(stopped(export(&pool)?, &folder.output()).await?, None);
        let file = fs::OpenOptions::new().write(true).open(folder.output())?;
        file.set_len(left)?;
        // And once more, before it gets as far again.
        pool.hang_after(3);
        assert_eq!(stopped(export(&pool)?, &folder.output()).await?, None);
        pool.hang_after(usize::MAX);
        let report = export(&pool)?.save(folder.output()).await?;
        assert_whole(&pool, &report, &records(&fs::read(folder.output())?)?);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_overwritten_and_no_other_job_goes_on_here() -> Outcome {
    let problem = |result: Result<ExportReport, BulkError>| match result {
        Err(BulkError::Journal { problem, .. }) => Some(problem),
        _ => None,
    };
    let folder = Folder::new("other")?;
    let pool = Pool::new(20, 1, 10);
    export(&pool)?.save(folder.output()).await?;
    let whole = fs::read(folder.output())?;
    let again = export(&pool)?.save(folder.output()).await;
    assert_eq!(problem(again), Some(JournalProblem::Missing));
    assert_eq!(fs::read(folder.output())?, whole);

    fs::remove_file(folder.output())?;
    pool.hang_after(3);
    assert_eq!(stopped(export(&pool)?, &folder.output()).await?, None);
    pool.hang_after(usize::MAX);
    let other = export(&pool)?.with_mfa().save(folder.output()).await;
    assert_eq!(problem(other), Some(JournalProblem::AnotherJob));
    let other = bulk::export(&pool.client()?, "eu-central-1_Other");
    let other = other.save(folder.output()).await;
    assert_eq!(problem(other), Some(JournalProblem::AnotherJob));

    let mut journal = fs::read(folder.journal())?;
    journal[3] ^= 1;
    fs::write(folder.journal(), journal)?;
    let damaged = export(&pool)?.save(folder.output()).await;
    assert!(matches!(
        problem(damaged),
        Some(JournalProblem::Damaged { .. })
    ));
    Ok(())
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn files_with_users_are_for_their_owner_alone() -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new("mode")?;
    let pool = Pool::new(20, 1, 10);
    pool.hang_after(3);
    assert_eq!(stopped(export(&pool)?, &folder.output()).await?, None);
    for path in [folder.output(), folder.journal()] {
        assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, 0o600);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_and_a_refused_call_are_told_apart() -> Outcome {
    struct Full;

    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let pool = Pool::new(20, 1, 10);
    let error = export(&pool)?.write_to(Full).await.err().ok_or("written")?;
    assert!(matches!(&error, BulkError::File { source, .. }
        if source.kind() == io::ErrorKind::StorageFull));

    let unsigned = Client::builder()
        .region("eu-central-1")
        .http_client(pool)
        .build()?;
    let output = bulk::export(&unsigned, POOL_ID).write_to(Vec::new()).await;
    let error = output.err().ok_or("written without credentials")?;
    assert!(matches!(&error, BulkError::Call(Error::Credentials { .. })));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_user_who_has_gone_is_in_no_group() -> Outcome {
    let pool = Pool::new(3, 90, 60);
    pool.take_away("user-00001");
    let (report, records) = in_memory(export(&pool)?).await?;
    assert_eq!(report.members, Some(MembersFrom::Users));
    let members: BTreeSet<_> = memberships(&records).into_iter().collect();
    let all = pool.memberships();
    let missing: Vec<_> = all.difference(&members).collect();
    assert!(missing.iter().all(|(_, name)| name == "user-00001"));
    assert!(!missing.is_empty());
    Ok(())
}

#[test]
fn an_export_can_be_spawned() -> Result<(), Error> {
    fn is_spawnable<T: Send>(_: impl FnOnce() -> T) {}

    let export = bulk::export(&Pool::new(1, 1, 1).client()?, POOL_ID);
    is_spawnable(|| export.save("users.jsonl"));
    Ok(())
}
