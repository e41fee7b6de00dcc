//! Completions and the manual page, as shells take them.
#![cfg(unix)]

mod support;

use std::process::Command;

use self::support::{bare, run_with};

#[test]
fn bash_completes_commands_and_operations() {
    let done = run_with(bare(&["completions", "bash"]), "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let ask = format!(
        "{}\nCOMP_WORDS=(cognito-idp describe admin-create-u); COMP_CWORD=2\n\
         _cognito__idp cognito-idp admin-create-u describe\necho \"${{COMPREPLY[@]}}\"",
        done.out
    );
    let bash = Command::new("bash").args(["-c", &ask]).output();
    let bash = bash.expect("it is there");
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "admin-create-user\n");
}

#[test]
fn other_shells_and_the_manual_know_every_command() {
    for name in ["zsh", "fish", "man"] {
        let done = run_with(bare(&["completions", name]), "");
        assert_eq!((done.status, done.err.as_str()), (0, ""), "{name}");
        for command in ["sign-in", "users", "pool"] {
            let escaped = command.replace('-', "\\-");
            let is_there = done.out.contains(command) || done.out.contains(&escaped);
            assert!(is_there, "{name}: {command}");
        }
    }
    assert_eq!(run_with(bare(&["completions", "csh"]), "").status, 2);
}
