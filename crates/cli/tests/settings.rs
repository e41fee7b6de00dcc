//! Settings shown, compared with files and written, run as processes against a pool that keeps them.
#![cfg(unix)]

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use cognito_idp::transport::{HttpClient, HttpFuture};
use serde_json::{Value, json};

use self::support::{Server, Terminal, command, run, run_with};

const POOL: &str = "eu-central-1_Examp1e";

#[test]
fn settings_are_shown_as_a_file_that_differs_in_nothing() {
    let cognito = Cognito::default();
    let server = Server::of(cognito.clone());
    let shown = run(&server, &["pool", "show", "--pool", POOL]);
    assert_eq!((shown.status, shown.err.as_str()), (0, ""));
    let settings: Value = serde_json::from_str(&shown.out).expect("JSON");
    assert_eq!(settings["Policies"]["PasswordPolicy"]["MinimumLength"], 8);
    assert_eq!(settings["SettingOfTomorrow"]["Enabled"], true);
    let diff = command(&server, &["pool", "diff", "-", "--pool", POOL]);
    let diff = run_with(diff, &shown.out);
    assert_eq!(
        (diff.status, diff.out.as_str(), diff.err.as_str()),
        (0, "", "")
    );
}

#[test]
fn a_difference_is_told_and_written_only_when_it_is_confirmed() {
    let cognito = Cognito::default();
    let server = Server::of(cognito.clone());
    let file = folder("apply").join("pool.json");
    fs::write(
        &file,
        r#"{"Policies": {"PasswordPolicy": {"MinimumLength": 14}}}"#,
    )
    .expect("writable");
    let file = file.to_str().expect("UTF-8");
    let expected = "Policies.PasswordPolicy.MinimumLength: 8 -> 14";

    let diff = run(&server, &["pool", "diff", file, "--pool", POOL]);
    assert_eq!(
        (diff.status, diff.out.trim_end()),
        (9, &*format!("UserPool.{expected}"))
    );
    let refused = run(&server, &["pool", "apply", file, "--pool", POOL]);
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(cognito.minimum_length(), 8);

    let apply = command(&server, &["pool", "apply", file, "--pool", POOL]);
    let mut terminal = Terminal::run(&apply);
    terminal.answer("Write this? [y/N]", "n");
    let (status, screen) = terminal.end();
    assert_eq!(status, 9, "{screen}");
    assert!(
        screen.contains(&format!("\u{1b}[33mUserPool.{expected}")),
        "{screen:?}"
    );
    assert_eq!(cognito.minimum_length(), 8);

    let mut apply = command(&server, &["pool", "apply", file, "--pool", POOL]);
    apply.env("NO_COLOR", "1");
    let mut terminal = Terminal::run(&apply);
    terminal.answer("Write this? [y/N]", "y");
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    assert!(!screen.contains('\u{1b}'), "{screen:?}");
    assert_eq!(cognito.minimum_length(), 14);
    assert_eq!(cognito.setting("/UserPoolTags/team"), "identity");

    // Once more there is nothing to write.
    let again = run(&server, &["pool", "apply", file, "--pool", POOL]);
    assert_eq!((again.status, again.out.as_str()), (0, ""));
}

#[test]
fn what_is_no_setting_is_named_and_nothing_is_written() {
    let cognito = Cognito::default();
    let server = Server::of(cognito.clone());
    let apply = command(&server, &["state", "apply", "-", "--yes", "--pool", POOL]);
    let done = run_with(apply, r#"{"UserPool": {"Polices": {}}}"#);
    assert_eq!(done.status, 2, "{}", done.err);
    assert!(done.err.contains("UserPool.Polices"), "{}", done.err);
    let apply = command(&server, &["state", "apply", "-", "--yes", "--pool", POOL]);
    let done = run_with(apply, r#"{"UserPool": {"DeletionProtection": "ACTIVE"}}"#);
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(cognito.setting("/DeletionProtection"), "ACTIVE");
}

#[test]
fn an_editor_changes_what_it_changed_and_keeps_its_work_if_that_is_wrong() {
    let cognito = Cognito::default();
    let server = Server::of(cognito.clone());
    let folder = folder("edit");
    let edit = |script: &str| {
        let editor = folder.join("editor");
        let script = format!("#!/bin/sh\n{script} \"$1\"\n");
        fs::write(&editor, script).expect("writable");
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).expect("ours");
        let mut edit = command(&server, &["pool", "edit", "--yes", "--pool", POOL]);
        edit.env("EDITOR", &editor).env("TMPDIR", &folder);
        edit.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        run_with(edit, "")
    };
    let done = edit("sed -i 's/\"MinimumLength\": 8/\"MinimumLength\": 10/'");
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(cognito.minimum_length(), 10);
    assert_eq!(fs::read_dir(&folder).expect("there").count(), 1);

    let done = edit("true");
    assert_eq!(
        (done.status, done.err.as_str()),
        (0, "Nothing is changed.\n")
    );
    let done = edit("sed -i s/{/x/");
    assert_eq!(done.status, 9, "{}", done.err);
    assert!(done.err.contains("must be JSON"), "{}", done.err);
    let kept = done.err.trim_end().rsplit(' ').next().expect("a path");
    assert_eq!(
        fs::metadata(kept).expect("kept").permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(cognito.minimum_length(), 10);
}

/// A user pool that, like Cognito, resets what an update leaves out.
#[derive(Clone, Debug)]
struct Cognito {
    settings: Arc<Mutex<Value>>,
}

impl Default for Cognito {
    fn default() -> Self {
        let settings = json!({
            "Id": POOL, "Name": "shop", "LastModifiedDate": 1_795_399_510.5,
            "Policies": {"PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": true}},
            "DeletionProtection": "INACTIVE", "MfaConfiguration": "OPTIONAL",
            "UserPoolTags": {"team": "identity"},
            "SettingOfTomorrow": {"Enabled": true},
        });
        Self {
            settings: Arc::new(Mutex::new(settings)),
        }
    }
}

impl Cognito {
    fn setting(&self, pointer: &str) -> Value {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        settings.pointer(pointer).cloned().unwrap_or_default()
    }

    fn minimum_length(&self) -> Value {
        self.setting("/Policies/PasswordPolicy/MinimumLength")
    }
}

impl HttpClient for Cognito {
    fn call(&self, request: http::Request<Bytes>) -> HttpFuture<'_> {
        let target = request.headers()["x-amz-target"].to_str().expect("text");
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match target.rsplit('.').next() {
            Some("DescribeUserPool") => json!({"UserPool": *settings}),
            Some("UpdateUserPool") => {
                let mut update: Value = serde_json::from_slice(request.body()).expect("JSON");
                update["Id"] = update["UserPoolId"].take();
                update["Name"] = settings["Name"].take();
                *settings = update;
                json!({})
            }
            other => panic!("{other:?} is not asked for"),
        };
        let answer = http::Response::new(Bytes::from(answer.to_string()));
        Box::pin(async move { Ok(answer) })
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-settings-{name}"));
    // It may be there from the last run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("writable");
    folder
}
