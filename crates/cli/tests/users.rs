//! Users in bulk: out of a pool, into one and from pool to pool, run as processes against a pool in memory.
#![cfg(unix)]

#[path = "../../../examples/support/pool.rs"]
mod pool;
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use cognito_idp::transport::{HttpClient, HttpFuture};
use serde_json::Value;

use self::{
    pool::{POOL_ID, Pool},
    support::{Done, Server, Terminal, command, run_with},
};

#[test]
fn users_go_out_into_a_pipe_and_into_another_pool() {
    let folder = folder("pipe");
    let old = Pool::new(65, 2, 60);
    let exported = users(&old, &["export"]);
    assert_eq!((exported.status, exported.err.as_str()), (0, ""));
    let file = folder.join("users.jsonl");
    fs::write(&file, &exported.out).expect("writable");

    let new = Pool::new(0, 0, 60);
    let file = file.to_str().expect("UTF-8");
    let checked = users(&new, &["import", file, "--dry-run"]);
    assert_eq!(checked.status, 0, "{}", checked.err);
    assert!(new.usernames().is_empty());

    let imported = users(&new, &["import", file]);
    assert_eq!((imported.status, imported.err.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&imported.out).expect("JSON");
    assert_eq!(report["users"]["created"], 65);
    assert_eq!(new.usernames(), old.usernames());
    assert_eq!(new.memberships(), old.memberships());

    // The journal of the first run is not taken for a new one's.
    let again = users(&new, &["import", file]);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("--resume"), "{}", again.err);
    let calls = new.calls().len();
    let again = users(&new, &["import", file, "--resume"]);
    assert_eq!(again.status, 0, "{}", again.err);
    let created = new.calls().into_iter().skip(calls);
    assert!(!created.clone().any(|call| call.starts_with("AdminCreate")));
}

#[test]
fn rows_come_on_standard_input_too() {
    let new = Pool::new(0, 0, 60);
    let rows =
        "{\"User\":{\"Username\":\"alice\"}}\n{\"User\":{\"Username\":\"with space\"}}\nnonsense\n";
    let server = serve(&new);
    let import = ["users", "import", "--pool", POOL_ID, "-"];
    let done = run_with(command(&server, &import), rows);
    assert_eq!(done.status, 9, "{}", done.err);
    assert!(done.err.contains("2 rows"), "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(report["users"]["created"], 1, "{}", done.out);
    assert_eq!(report["failures"].as_array().map(Vec::len), Some(2));
    assert!(new.usernames().contains("alice"));
}

#[test]
fn what_a_pool_would_refuse_is_said_before_anything_is_written() {
    let file = folder("check").join("users.jsonl");
    fs::write(&file, "{\"User\":{\"Username\":\"alice\"}}\nnonsense\n").expect("writable");
    let new = Pool::new(0, 0, 60);
    let done = users(
        &new,
        &["import", file.to_str().expect("UTF-8"), "--dry-run"],
    );
    assert_eq!(done.status, 9, "{}", done.err);
    assert!(done.out.contains("line 2: must be JSON"), "{}", done.out);
    assert!(new.usernames().is_empty());
    let done = users(&new, &["import", "/nowhere/users.jsonl"]);
    assert_eq!(done.status, 1, "{}", done.err);
    assert!(done.err.contains("/nowhere/users.jsonl"), "{}", done.err);
}

#[test]
fn a_migration_leaves_the_subs_and_goes_on_only_when_told_to() {
    let folder = folder("migrate").join("files");
    let pool = Pool::new(20, 1, 60);
    let folder = folder.to_str().expect("UTF-8");
    let migrate = ["--from", POOL_ID, "--to", POOL_ID, "--folder", folder];
    let server = serve(&pool);
    let run = |more: &[&str]| {
        let arguments = [&["users", "migrate"], &migrate[..], more].concat();
        run_with(command(&server, &arguments), "")
    };
    let done = run(&[]);
    assert_eq!(done.status, 0, "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(report["exported"]["Users"], 20);
    assert!(Path::new(folder).join("subs.csv").exists());
    assert_eq!(run(&[]).status, 2);
    assert_eq!(run(&["--resume"]).status, 0);
}

#[test]
fn a_job_that_is_interrupted_says_how_it_goes_on_and_does() {
    let file = folder("interrupt").join("users.jsonl");
    let file = file.to_str().expect("UTF-8");
    let pool = Pool::new(200, 0, 60);
    let server = serve(&pool);
    let export = ["users", "export", "--pool", POOL_ID, "--file", file];
    pool.hang_after(2);
    let mut first = command(&server, &export);
    let child = first
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    while pool.calls().len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "no third call");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut kill = Command::new("kill");
    let kill = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("it is there").success());
    let first = child.wait_with_output().expect("it ends");
    assert_eq!(first.status.code(), Some(130));
    let said = String::from_utf8(first.stderr).expect("UTF-8");
    assert!(said.contains("--resume"), "{said}");

    pool.hang_after(usize::MAX);
    assert_eq!(run_with(command(&server, &export), "").status, 2);
    let resumed = [&export[..], &["--resume"]].concat();
    let done = run_with(command(&server, &resumed), "");
    assert_eq!(done.status, 0, "{}", done.err);
    let lines = fs::read_to_string(file).expect("readable");
    assert_eq!(lines.matches("\"Username\"").count(), 200);
    assert!(!Path::new(&format!("{file}.journal")).exists());
}

#[test]
fn an_import_that_is_interrupted_on_a_terminal_goes_on_where_it_was() {
    let folder = folder("import-interrupt");
    let file = folder.join("users.jsonl");
    let rows = (0..40).map(|user| format!("{{\"User\":{{\"Username\":\"user-{user:02}\"}}}}\n"));
    fs::write(&file, rows.collect::<String>()).expect("writable");
    let file = file.to_str().expect("UTF-8");
    let pool = Pool::new(0, 0, 60);
    let server = serve(&pool);
    let import = ["users", "import", file, "--pool", POOL_ID];
    pool.hang_after(20);
    let mut terminal = Terminal::run(&command(&server, &import));
    let begun = Instant::now();
    while pool.calls().len() < 21 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{:?}",
            pool.calls()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.press("\u{3}");
    let (status, screen) = terminal.end();
    assert_eq!(status, 130, "{screen}");
    assert!(screen.contains("--resume"), "{screen}");
    let is_create = |call: &&String| call.starts_with("AdminCreateUser");
    let before = pool.calls();
    let answered = before[..20].iter().filter(is_create).count();
    assert!(answered > 0);

    pool.hang_after(usize::MAX);
    let resumed = [&import[..], &["--resume"]].concat();
    let done = run_with(command(&server, &resumed), "");
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(pool.usernames().len(), 40);
    // Nobody whose answer came is asked for again.
    let creates = pool
        .calls()
        .iter()
        .skip(before.len())
        .filter(is_create)
        .count();
    assert_eq!(creates, 40 - answered);
}

#[test]
fn a_csv_file_comes_in_as_json_lines_do() {
    let folder = folder("csv");
    let file = folder.join("users.csv");
    let rows = "cognito:username,email,email_verified\n\
                alice,\"a,lice@example.com\",TRUE\nbob,bob@example.com,FALSE\n";
    fs::write(&file, rows).expect("writable");
    let file = file.to_str().expect("UTF-8");
    let pool = Pool::new(0, 0, 60);
    let done = users(&pool, &["import", file]);
    assert_eq!(done.status, 0, "{}", done.err);
    let alice = pool.user("alice").expect("created");
    assert_eq!(alice.attributes["email"], "a,lice@example.com");
    let exported = users(&pool, &["export"]);
    let usernames = exported.out.matches("\"Username\"").count();
    assert_eq!(usernames, 2, "{}", exported.out);

    let broken = folder.join("broken.csv");
    fs::write(&broken, "email,email\na@example.com,b@example.com\n").expect("writable");
    let done = users(&pool, &["import", broken.to_str().expect("UTF-8")]);
    assert_eq!(done.status, 2, "{}", done.err);
    assert!(done.err.contains("broken.csv"), "{}", done.err);
}

#[test]
fn neither_journal_nor_report_nor_progress_holds_a_password() {
    let folder = folder("marker");
    let file = folder.join("users.jsonl");
    let rows = "{\"User\":{\"Username\":\"alice\"},\"Password\":\"Marker-1\",\"PasswordHash\":\"Marker-2\"}\n\
                {\"User\":{\"Username\":\"bob\"},\"TemporaryPassword\":\"Marker-3\"}\nMarker-4 nonsense\n";
    fs::write(&file, rows).expect("writable");
    let pool = Pool::new(0, 0, 60);
    let server = serve(&pool);
    let path = file.to_str().expect("UTF-8");
    let import = command(
        &server,
        &["users", "import", path, "--pool", POOL_ID, "--verbose"],
    );
    let (status, screen) = Terminal::run(&import).end();
    assert_eq!(status, 9, "{screen}");
    assert!(!screen.contains("Marker"), "{screen}");
    for entry in fs::read_dir(&folder).expect("there").flatten() {
        if entry.path() != file {
            let text = fs::read_to_string(entry.path()).expect("readable");
            assert!(
                !text.contains("Marker"),
                "{}: {text}",
                entry.path().display()
            );
        }
    }
    assert!(fs::exists(format!("{path}.journal")).expect("readable"));
}

#[test]
fn a_terminal_that_becomes_narrow_meanwhile_is_not_garbled() {
    let pool = Slow(Pool::new(900, 0, 60));
    let server = Server::of(pool);
    let file = folder("resize").join("users.jsonl");
    let file = file.to_str().expect("UTF-8");
    let export = command(
        &server,
        &["users", "export", "--pool", POOL_ID, "--file", file],
    );
    let mut terminal = Terminal::run_as(&export, |line| format!("tty; stty cols 80; exec {line}"));
    let screen = terminal.wait_for("of 900 users");
    let device = screen.lines().next().expect("its name").trim().to_owned();
    let mut resize = Command::new("stty");
    let resized = resize.args(["-F", &device, "cols", "30"]).status();
    assert!(resized.expect("it is there").success());
    let before = terminal.wait_for("\r").len();
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    // The one that was drawn when it became narrow may still be long.
    let later: Vec<&str> = screen[before..].split('\r').skip(1).collect();
    let lines = later.iter().filter(|line| line.starts_with('['));
    let widths: Vec<usize> = lines
        .map(|line| line.split('\u{1b}').next().unwrap_or_default().len())
        .collect();
    assert!(widths.len() > 2, "{screen:?}");
    assert!(widths.iter().all(|width| *width <= 29), "{screen:?}");
}

#[test]
fn progress_is_drawn_on_a_terminal_alone() {
    let pool = Pool::new(180, 0, 60);
    let server = serve(&pool);
    let file = folder("terminal").join("users.jsonl");
    let file = file.to_str().expect("UTF-8");
    let export = ["users", "export", "--pool", POOL_ID, "--file", file];
    let (status, screen) = Terminal::run(&command(&server, &export)).end();
    assert_eq!(status, 0, "{screen}");
    assert!(screen.contains("] 180 of 180 users"), "{screen:?}");
}

#[test]
fn a_reader_who_has_enough_is_no_failure() {
    let server = serve(&Pool::new(3_000, 0, 60));
    let mut export = command(&server, &["users", "export", "--pool", POOL_ID]);
    let mut child = export
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(done.stderr).expect("UTF-8");
    assert_eq!((done.status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_pool_must_be_named() {
    let done = run_with(support::bare(&["users", "export"]), "");
    assert_eq!(done.status, 2);
    assert!(done.err.contains("COGNITO_USER_POOL_ID"), "{}", done.err);
}

fn users(pool: &Pool, arguments: &[&str]) -> Done {
    let server = serve(pool);
    let mut command = command(&server, &[&["users"], arguments].concat());
    command.env("COGNITO_USER_POOL_ID", POOL_ID);
    run_with(command, "")
}

#[test]
fn what_waits_for_its_turn_within_a_quota_is_shown_if_asked_for() {
    let file = folder("turns").join("users.jsonl");
    let rows = (0..150).map(|user| format!("{{\"User\":{{\"Username\":\"user-{user}\"}}}}\n"));
    fs::write(&file, rows.collect::<String>()).expect("writable");
    let pool = Pool::new(0, 0, 60);
    let file = file.to_str().expect("UTF-8");
    let done = users(&pool, &["import", file, "--verbose"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let count = |part: &str| done.err.lines().filter(|line| line.contains(part)).count();
    assert_eq!(count("AdminCreateUser attempt 1: 200, "), 150);
    assert!(
        count("cognito-idp: AdminCreateUser waited ") > 0,
        "{}",
        done.err
    );
    assert!(!done.err.contains("user-1"), "{}", done.err);
}

/// A pool that takes its time.
#[derive(Clone, Debug)]
struct Slow(Pool);

impl HttpClient for Slow {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(120)).await;
            self.0.call(request).await
        })
    }
}

fn serve(pool: &Pool) -> Server {
    Server::of(pool.clone())
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-users-{name}"));
    // It may be there from the last run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writable");
    folder
}
