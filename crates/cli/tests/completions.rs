//! Completions and the manual page, as shells take them.
#![cfg(unix)]

mod support;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use self::support::{Terminal, bare, run_with};

#[test]
fn bash_completes_commands_and_operations() {
    let ask = format!(
        "{}\nCOMP_WORDS=(cognito-idp describe admin-create-u); COMP_CWORD=2\n\
         _cognito__idp cognito-idp admin-create-u describe\necho \"${{COMPREPLY[@]}}\"",
        script("bash")
    );
    let bash = Command::new("bash").args(["-c", &ask]).output();
    let bash = bash.expect("it is there");
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "admin-create-user\n");
}

#[test]
fn fish_completes_commands_operations_and_arguments() {
    if !is_there("fish") {
        return;
    }
    let file = written("fish");
    let completed = |line: &str| {
        let ask = format!(
            "source '{}'; complete --do-complete '{line}'",
            file.display()
        );
        let fish = Command::new("fish")
            .args(["--no-config", "-c", &ask])
            .output();
        let fish = fish.expect("it is there");
        assert_eq!(String::from_utf8_lossy(&fish.stderr), "");
        String::from_utf8_lossy(&fish.stdout).into_owned()
    };
    let operations = completed("cognito-idp describe admin-create-u");
    assert_eq!(operations.lines().count(), 1, "{operations}");
    assert!(operations.starts_with("admin-create-user"), "{operations}");
    assert!(completed("cognito-idp pool sh").starts_with("show"));
    assert!(completed("cognito-idp sign-").contains("sign-out"));
    assert!(completed("cognito-idp users import --res").contains("--resume"));
    assert!(completed("cognito-idp describe --output t").contains("table"));
}

#[test]
fn zsh_completes_commands_and_operations() {
    if !is_there("zsh") {
        return;
    }
    let file = written("zsh");
    let syntax = Command::new("zsh").arg("-n").arg(&file).output();
    let syntax = syntax.expect("it is there");
    assert_eq!(String::from_utf8_lossy(&syntax.stderr), "");

    // Only a terminal has completions there.
    let mut zsh = Command::new("zsh");
    zsh.args(["-f", "-i"]).env_clear().env("TERM", "dumb");
    let mut terminal = Terminal::run(&zsh);
    let folder = file.parent().expect("a folder").display().to_string();
    terminal.press(&format!(
        "PS1='ready'; fpath=('{folder}' $fpath); autoload -Uz compinit; compinit -u -D; echo set'-'up\n"
    ));
    terminal.wait_for("set-up");
    terminal.press("cognito-idp describe admin-create-u\t");
    terminal.wait_for("admin-create-user ");
    terminal.press("\u{15}cognito-idp sign-o\t");
    terminal.wait_for("sign-out ");
    terminal.press("\u{15}exit\n");
    let (_, screen) = terminal.end();
    assert!(!screen.contains("_arguments:"), "{screen}");
}

#[test]
fn every_script_and_the_manual_know_every_command() {
    for name in ["bash", "zsh", "fish", "man"] {
        let script = script(name);
        for command in ["sign-in", "create-user", "users", "pool"] {
            let escaped = command.replace('-', "\\-");
            let is_there = script.contains(command) || script.contains(&escaped);
            assert!(is_there, "{name}: {command}");
        }
    }
    assert_eq!(run_with(bare(&["completions", "csh"]), "").status, 2);
}

fn script(shell: &str) -> String {
    let done = run_with(bare(&["completions", shell]), "");
    assert_eq!((done.status, done.err.as_str()), (0, ""), "{shell}");
    done.out
}

/// The script in a file of a folder of its own, under the name that zsh looks for.
fn written(shell: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-completions-{shell}"));
    fs::create_dir_all(&folder).expect("writable");
    let file = folder.join("_cognito-idp");
    fs::write(&file, script(shell)).expect("writable");
    file
}

/// Whether the shell is installed; where it is not, there is nobody to complete for. `.ci/run` installs it.
fn is_there(shell: &str) -> bool {
    let mut version = Command::new(shell);
    let version = version.arg("--version").stdout(Stdio::null()).status();
    let is_there = version.is_ok_and(|status| status.success());
    if !is_there {
        eprintln!("skipped: {shell} is not here");
    }
    is_there
}
