//! Users out of a pool and into another, on both servers: all of them, also if the job is killed.
//!
//! Neither server limits its callers, so the clients here are paced far above AWS's quotas.

#![cfg(feature = "bulk")]

mod live;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use cognito_idp::{
    Client,
    bulk::{self, ExportTotals, ImportReport, Password, Record, UserRecord, json_lines},
    operation::{user_pools::CreateUserPoolRequest, users::AdminCreateUserRequest},
    pacing::{Pacing, QuotaCategory},
    types::AttributeType,
};
use live::{Outcome, Server, unique};

/// What the child of the killing test is told.
const CHILD_POOL: &str = "COGNITO_LIVE_BULK_POOL";
const CHILD_FILE: &str = "COGNITO_LIVE_BULK_FILE";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Outcome<Self> {
        let path = std::env::temp_dir().join(unique(name));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unlimited(client: &Client) -> Client {
    let categories = QuotaCategory::ALL.iter();
    let pacing = categories.fold(Pacing::new(), |pacing, category| {
        pacing.limit(*category, 1_000_000.0)
    });
    client.with_pacing(&pacing)
}

/// A pool with nothing in it, without an app client.
async fn empty_pool(server: &Server) -> Outcome<String> {
    let request = CreateUserPoolRequest::new(unique("bulk"));
    let pool = server.client.send(&request).await?.user_pool;
    Ok(pool.and_then(|pool| pool.id).ok_or("no pool")?)
}

/// So many users, each in the groups whose number divides theirs.
fn file(users: usize, groups: usize) -> Outcome<Vec<u8>> {
    let mut lines = Vec::new();
    let mut write = |value: serde_json::Value| -> Outcome {
        serde_json::to_writer(&mut lines, &value)?;
        lines.push(b'\n');
        Ok(())
    };
    for group in 0..groups {
        write(serde_json::json!({"Group": {"GroupName": format!("group-{group}")}}))?;
    }
    for n in 0..users {
        let mut user = UserRecord::new(format!("user-{n:05}"));
        user.attributes = [
            AttributeType::new("email").value(format!("u{n}@example.com")),
            AttributeType::new("email_verified").value("true"),
            AttributeType::new("name").value(format!("Zoë \"{n}\", of\n{n}")),
        ]
        .into_iter()
        .collect::<Vec<_>>()
        .into();
        user.enabled = Some(n % 7 != 3);
        user.groups = (0..groups)
            .filter(|group| n.is_multiple_of(group + 1))
            .map(|group| format!("group-{group}"))
            .collect();
        write(serde_json::json!({"User": user}))?;
    }
    Ok(lines)
}

/// What an export tells of the users and groups, without what differs from pool to pool.
#[derive(Debug, PartialEq)]
struct Told {
    users: BTreeSet<String>,
    memberships: BTreeSet<(String, String)>,
    totals: ExportTotals,
}

fn told(export: &[u8]) -> Outcome<Told> {
    let (mut users, mut memberships, mut end) = (BTreeSet::new(), BTreeSet::new(), None);
    for row in json_lines(export) {
        match row?.record {
            Record::User(user) => {
                let mut attributes: Vec<_> = user
                    .attributes
                    .iter()
                    .filter(|attribute| attribute.name != "sub")
                    .map(|attribute| {
                        let value = attribute.value.as_ref().map(|value| value.expose().clone());
                        (attribute.name.clone(), value)
                    })
                    .collect();
                attributes.sort();
                let user = (
                    user.username.expose(),
                    attributes,
                    user.enabled,
                    user.user_status,
                );
                users.insert(format!("{user:?}"));
            }
            Record::Membership(membership) => {
                for member in membership.members {
                    let name = member.username.expose().clone();
                    memberships.insert((membership.group_name.clone(), name));
                }
            }
            Record::End(totals) => end = Some(totals),
            _ => {}
        }
    }
    Ok(Told {
        users,
        memberships,
        totals: end.ok_or("the export has no end")?,
    })
}

async fn exported(client: &Client, pool: &str) -> Outcome<Vec<u8>> {
    let mut output = Vec::new();
    bulk::export(client, pool).write_to(&mut output).await?;
    Ok(output)
}

async fn goes_out_and_in(server: &Server, users: usize) -> Outcome {
    let client = unlimited(&server.client);
    let lines = file(users, 4)?;
    let first = empty_pool(server).await?;
    let rows = json_lines(lines.as_slice());
    let check = bulk::import(&client, &first, rows).check().await?;
    assert!(check.is_fit(), "{check:?}");
    let rows = json_lines(lines.as_slice());
    let report = bulk::import(&client, &first, rows).run().await?;
    assert_eq!(report.users.created, users as u64, "{report:?}");
    assert_eq!(report.failures, []);

    let out = exported(&client, &first).await?;
    // Sixteen walks find whom one finds.
    let mut by_sub = Vec::new();
    let export = bulk::export(&client, &first).by_sub();
    export.write_to(&mut by_sub).await?;
    assert_eq!(told(&by_sub)?, told(&out)?);
    let second = empty_pool(server).await?;
    let rows = json_lines(out.as_slice());
    let report = bulk::import(&client, &second, rows).run().await?;
    assert_eq!(
        (report.users.created, report.failures.len()),
        (users as u64, 0)
    );
    let again = exported(&client, &second).await?;

    let (out, again) = (told(&out)?, told(&again)?);
    assert_eq!(out.users.len(), users);
    assert_eq!(out, again);
    let memberships = (1..=4).map(|nth| users.div_ceil(nth)).sum::<usize>();
    assert_eq!(out.memberships.len(), memberships);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/live/servers.sh"]
async fn five_thousand_users_with_their_groups_go_out_and_in_on_ministack() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    goes_out_and_in(&server, 5_000).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/live/servers.sh"]
async fn five_thousand_users_with_their_groups_go_out_and_in_on_moto() -> Outcome {
    let Some(server) = Server::moto() else {
        return Ok(());
    };
    // It takes a time for each call that grows with the number of users: two minutes in all.
    goes_out_and_in(&server, 5_000).await
}

/// Users who come while the walks go on: nobody who was there is lost over them, and nobody comes twice.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/live/servers.sh"]
async fn an_export_finds_all_who_were_there_while_others_come() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let client = unlimited(&server.client);
    let pool = empty_pool(&server).await?;
    let there = file(1_500, 2)?;
    bulk::import(&client, &pool, json_lines(there.as_slice()))
        .run()
        .await?;
    let before = told(&exported(&client, &pool).await?)?.users;

    let (writing, into) = (client.clone(), pool.clone());
    let writer = tokio::spawn(async move {
        for n in 0_u32.. {
            let request = AdminCreateUserRequest::new(&into, format!("late-{n}"));
            if writing.send(&request).await.is_err() {
                break;
            }
        }
    });
    let walks = [
        bulk::export(&client, &pool),
        bulk::export(&client, &pool).by_sub().at_once(8),
    ];
    for walk in walks {
        let mut out = Vec::new();
        let report = walk.write_to(&mut out).await?;
        let found = told(&out)?.users;
        assert_eq!(found.len() as u64, report.totals.users, "nobody twice");
        assert!(found.is_superset(&before));
    }
    assert!(!writer.is_finished(), "users came all the while");
    writer.abort();
    let after = told(&exported(&client, &pool).await?)?.users;
    assert!(after.len() > before.len(), "some have come");
    Ok(())
}

/// The import of the test below, in a process of its own.
#[tokio::test]
#[ignore = "needs tests/live/servers.sh"]
async fn child_of_the_killing_test() -> Outcome {
    let (Ok(pool), Ok(file)) = (std::env::var(CHILD_POOL), std::env::var(CHILD_FILE)) else {
        return Ok(());
    };
    let server = Server::ministack().ok_or("no server")?;
    import_with_journal(&server, &pool, Path::new(&file)).await?;
    Ok(())
}

async fn import_with_journal(server: &Server, pool: &str, file: &Path) -> Outcome<ImportReport> {
    let lines = fs::File::open(file)?;
    let rows = json_lines(std::io::BufReader::new(lines));
    let import = bulk::import(&unlimited(&server.client), pool, rows)
        .passwords(|_| Some(Password::Permanent(live::PASSWORD.into())))
        .at_once(4)
        .journal(file.with_extension("journal"));
    Ok(import.run().await?)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/live/servers.sh"]
async fn an_import_that_is_killed_twenty_times_ends_like_one_that_was_not() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let users = 600;
    let folder = Folder::new("killed")?;
    let path = folder.join("users.jsonl");
    fs::write(&path, file(users, 3)?)?;

    let undisturbed = empty_pool(&server).await?;
    let calm = folder.join("calm.jsonl");
    fs::copy(&path, &calm)?;
    let began = Instant::now();
    let report = import_with_journal(&server, &undisturbed, &calm).await?;
    let took = began.elapsed();

    let pool = empty_pool(&server).await?;
    let mut kills = 0;
    for nth in 1..=20_u32 {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--exact", "child_of_the_killing_test", "--ignored"])
            .env(CHILD_POOL, &pool)
            .env(CHILD_FILE, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // At another moment of its work each time; the sum leaves some for the last run.
        let moment = took / 40 + took.mul_f64(f64::from(nth * 7 % 20) / 400.0);
        tokio::time::sleep(moment + Duration::from_millis(20)).await;
        if child.try_wait()?.is_none() {
            child.kill()?;
            kills += 1;
        }
        child.wait()?;
    }
    assert!(kills > 5, "only {kills} were killed");
    let mut resumed = import_with_journal(&server, &pool, &path).await?;
    resumed.effort = report.effort;
    assert_eq!(resumed, report);

    let client = unlimited(&server.client);
    let (one, other) = (
        exported(&client, &undisturbed).await?,
        exported(&client, &pool).await?,
    );
    assert_eq!(told(&one)?, told(&other)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/live/servers.sh"]
async fn an_export_that_is_given_up_goes_on_in_its_file() -> Outcome {
    let Some(server) = Server::ministack() else {
        return Ok(());
    };
    let client = unlimited(&server.client);
    let lines = file(400, 2)?;
    let pool = empty_pool(&server).await?;
    let rows = json_lines(lines.as_slice());
    bulk::import(&client, &pool, rows).run().await?;

    let folder = Folder::new("given-up")?;
    let path = folder.join("users.jsonl");
    let mut tries: u64 = 0;
    let report = loop {
        tries += 1;
        let export = bulk::export(&client, &pool).save(&path);
        let time = Duration::from_millis(tries * 4);
        if let Ok(report) = tokio::time::timeout(time, export).await {
            break report?;
        }
    };
    assert_eq!(report.totals.users, 400);
    let whole = exported(&client, &pool).await?;
    assert_eq!(told(&fs::read(&path)?)?, told(&whole)?);
    Ok(())
}
