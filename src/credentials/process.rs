//! Credentials that a program of the user's writes to its output.

use std::{
    io::Read as _,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_credential_types::Credentials;
use serde::Deserialize;

use super::{
    blocking,
    metadata::{Problem, read_credentials},
};

const SOURCE: &str = "credential process";
/// A program may ask its user something.
const TIMEOUT: Duration = Duration::from_mins(1);
const LARGEST_OUTPUT: u64 = 64 * 1024;

/// Runs a command, as `credential_process` of a profile gives it, and reads what it prints.
///
/// No shell sees the command, and nothing that the program writes is shown.
pub(super) async fn run(command: &str) -> Result<Credentials, Problem> {
    let words = split(command, cfg!(windows)).ok_or(Problem::Process("has an open quote"))?;
    output(words, TIMEOUT).await.and_then(|text| read(&text))
}

async fn output(words: Vec<String>, limit: Duration) -> Result<Vec<u8>, Problem> {
    let process = Process::default();
    let running = process.clone();
    // Whoever gives up on the call ends the program by dropping this.
    let _ended_with_the_call = EndOnDrop(process);
    let output = blocking::within(limit, move || running.output(&words)).await;
    output.unwrap_or(Err(Problem::Process("gave no answer in time")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioned {
    version: u64,
}

fn read(output: &[u8]) -> Result<Credentials, Problem> {
    match serde_json::from_slice(output) {
        Ok(Versioned { version: 1 }) => read_credentials(output, SOURCE),
        Ok(_) => Err(Problem::Process("speaks another version than 1")),
        Err(_) => Err(Problem::NotCredentials(SOURCE)),
    }
}

/// The program, held where it can be ended while another thread reads from it.
#[derive(Clone, Default)]
struct Process(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    Waiting,
    Running(Child),
    Ended,
}

impl Process {
    fn output(&self, words: &[String]) -> Result<Vec<u8>, Problem> {
        let mut output = Vec::new();
        self.start(words)?
            .take(LARGEST_OUTPUT + 1)
            .read_to_end(&mut output)
            .map_err(|_| Problem::Process("gave no answer"))?;
        if u64::try_from(output.len()).is_ok_and(|length| length > LARGEST_OUTPUT) {
            return Err(Problem::Process("gave too long an answer"));
        }
        match self.status() {
            Some(status) if status.success() => Ok(output),
            _ => Err(Problem::Process("ended with a failure")),
        }
    }

    fn start(&self, words: &[String]) -> Result<ChildStdout, Problem> {
        const UNSTARTED: Problem = Problem::Process("cannot be started");
        let (program, arguments) = words.split_first().ok_or(UNSTARTED)?;
        let mut state = self.state();
        if matches!(*state, State::Ended) {
            return Err(UNSTARTED);
        }
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| UNSTARTED)?;
        let stdout = child.stdout.take().ok_or(UNSTARTED);
        *state = State::Running(child);
        stdout
    }

    /// How the program ended, once it has closed its output; `None` if it had to be ended.
    fn status(&self) -> Option<ExitStatus> {
        loop {
            match &mut *self.state() {
                State::Running(child) => {
                    if let Ok(Some(status)) = child.try_wait() {
                        return Some(status);
                    }
                }
                State::Waiting | State::Ended => return None,
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct EndOnDrop(Process);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let State::Running(mut child) = std::mem::replace(&mut *state, State::Ended) {
            // One that has ended by itself is only laid to rest.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Splits a command into its words, as the AWS CLI does; `None` if a quote stays open.
///
/// Double quotes hold a word together, elsewhere than on Windows single ones too. A backslash stands
/// for the character after it, but on Windows, where paths are full of them, only before a quote.
fn split(command: &str, windows: bool) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = command.chars().peekable();
    while let Some(c) = rest.next() {
        let escapes = c == '\\'
            && match quote {
                Some('\'') => false,
                None if !windows => true,
                _ => {
                    matches!(rest.peek(), Some('"'))
                        || !windows && matches!(rest.peek(), Some('\\'))
                }
            };
        match quote {
            _ if escapes => word.get_or_insert_default().extend(rest.next()),
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' && !windows => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_the_aws_cli_splits_it() {
        for (command, words) in [
            ("tool", vec!["tool"]),
            (" tool  --user\thelen ", vec!["tool", "--user", "helen"]),
            (
                r#""/opt/my tool" "a b" --x="c d""#,
                vec!["/opt/my tool", "a b", "--x=c d"],
            ),
            (r#"tool "" x"#, vec!["tool", "", "x"]),
            (r#"tool 'a "b" \' c"#, vec!["tool", r#"a "b" \"#, "c"]),
            (r"tool a\ b \\", vec!["tool", "a b", r"\"]),
            (r#"tool "a\"b\c\\""#, vec!["tool", r#"a"b\c\"#]),
            (
                "tool $HOME ~ `x` ; y | z",
                vec!["tool", "$HOME", "~", "`x`", ";", "y", "|", "z"],
            ),
            ("", vec![]),
        ] {
            assert_eq!(
                split(command, false).as_deref(),
                Some(&*own(&words)),
                "{command}"
            );
        }
        for (command, words) in [
            (
                r#""C:\Path\To\my tool.cmd" a\b "c d""#,
                vec![r"C:\Path\To\my tool.cmd", r"a\b", "c d"],
            ),
            (r#"tool "a\"b" it's"#, vec!["tool", r#"a"b"#, "it's"]),
        ] {
            assert_eq!(
                split(command, true).as_deref(),
                Some(&*own(&words)),
                "{command}"
            );
        }
        assert_eq!(split(r#"tool "a"#, false), None);
        assert_eq!(split("tool 'a", false), None);
    }

    fn own(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn only_version_1_is_read() {
        let output = |version: &str| {
            format!(
                r#"{{"Version":{version},"AccessKeyId":"AKID","SecretAccessKey":"marker",
                    "SessionToken":"t","Expiration":"2999-01-01T00:00:00Z"}}"#
            )
        };
        let credentials = read(output("1").as_bytes()).expect("credentials");
        assert_eq!(credentials.session_token(), Some("t"));
        assert!(credentials.expiry().is_some());
        for output in [
            output("2"),
            output("null"),
            String::new(),
            "marker".to_owned(),
        ] {
            let problem = read(output.as_bytes()).expect_err(&output);
            assert!(!format!("{problem} {problem:?}").contains("marker"));
        }
        let long_lived = r#"{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s"}"#;
        let credentials = read(long_lived.as_bytes()).expect("credentials");
        assert_eq!(
            (credentials.session_token(), credentials.expiry()),
            (None, None)
        );
    }

    #[cfg(unix)]
    mod programs {
        use std::time::Instant;

        use super::super::*;

        async fn shell(script: &str, limit: Duration) -> Result<Vec<u8>, String> {
            let words = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
            let output = output(words, limit).await;
            output.map_err(|problem| problem.to_string())
        }

        #[tokio::test]
        async fn a_program_is_heard_whole_and_only_if_it_succeeds() {
            let limit = Duration::from_secs(20);
            assert_eq!(shell("echo hello", limit).await, Ok(b"hello\n".to_vec()));
            for (script, expected) in [
                (
                    "echo hello; echo marker >&2; exit 3",
                    "ended with a failure",
                ),
                ("while :; do echo marker; done", "too long an answer"),
                ("kill -9 $$", "ended with a failure"),
            ] {
                let problem = shell(script, limit).await.expect_err(script);
                assert!(problem.contains(expected), "{problem}");
            }
            let gone = output(vec!["/nonexistent/marker".to_owned()], limit).await;
            let problem = gone.expect_err("no such program").to_string();
            assert_eq!(problem, "credential process cannot be started");
        }

        #[tokio::test]
        async fn a_program_that_takes_too_long_or_is_no_longer_waited_for_is_ended() {
            let file =
                std::env::temp_dir().join(format!("cognito-idp-{}-late", std::process::id()));
            let late = format!("sleep 2; touch {}", file.display());
            let began = Instant::now();
            let problem = shell(&late, Duration::from_millis(100)).await;
            assert_eq!(
                problem,
                Err("credential process gave no answer in time".to_owned())
            );
            let dropped = tokio::time::timeout(
                Duration::from_millis(100),
                shell(&late, Duration::from_secs(20)),
            );
            assert!(dropped.await.is_err());
            assert!(began.elapsed() < Duration::from_millis(1900));
            tokio::time::sleep(Duration::from_millis(2300)).await;
            assert!(!file.exists());
        }
    }
}
