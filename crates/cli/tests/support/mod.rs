//! The command as a process, and a server that answers as it is told.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use cognito_idp::transport::HttpClient;
use serde_json::{Value, json};

/// What a process left.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// One answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    body: String,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) target: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
}

/// Gives its answers in order, whatever is asked.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Value>) -> Self {
        Self {
            status: 200,
            body: body.into().to_string(),
        }
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"__type": code, "message": message}).to_string();
        Self { status, body }
    }
}

impl Server {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut answers: Vec<Answer> = answers.into_iter().collect();
        answers.reverse();
        let seen = requests.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                serve(&connection, &mut answers, &seen);
            }
        });
        Self { url, requests }
    }

    /// Gives the answers of something that is no server, to several connections side by side.
    pub(crate) fn of(service: impl HttpClient + Clone + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let service = service.clone();
                std::thread::spawn(move || forward(&connection, &service));
            }
        });
        Self {
            url,
            requests: Arc::default(),
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        let requests = self.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs the command against the server.
pub(crate) fn run(server: &Server, arguments: &[&str]) -> Done {
    run_with(command(server, arguments), "")
}

/// Runs a command with a text on its standard input.
pub(crate) fn run_with(mut command: Command, input: &str) -> Done {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pipe = child.stdin.take().expect("piped");
    // Most commands do not read it.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    let done = child.wait_with_output().expect("it ends");
    Done {
        status: done.status.code().expect("no signal"),
        out: String::from_utf8(done.stdout).expect("UTF-8"),
        err: String::from_utf8(done.stderr).expect("UTF-8"),
    }
}

/// The command against the server, with credentials.
pub(crate) fn command(server: &Server, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &server.url)
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    command
}

/// The command in an empty environment.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-idp"));
    command.args(arguments).env_clear();
    command
}

/// Holds a text to a file; `BLESS=1` writes the file anew.
pub(crate) fn is_as_agreed_on(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).expect("writable");
    }
    let agreed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, agreed, "{name}: BLESS=1 takes it over");
}

/// Answers the requests of one connection.
fn serve(connection: &TcpStream, answers: &mut Vec<Answer>, seen: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(connection);
    while let Some(request) = read(&mut reader) {
        let mut requests = seen.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request);
        let id = requests.len();
        drop(requests);
        let answer = answers
            .pop()
            .unwrap_or_else(|| Answer::error(418, "Unexpected", "no answer is left"));
        let Answer { status, body } = answer;
        let written = write!(
            &*connection,
            "HTTP/1.1 {status} Any\r\nx-amzn-requestid: request-{id}\r\n\
             content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if written.is_err() {
            return;
        }
    }
}

fn forward(connection: &TcpStream, service: &impl HttpClient) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build().expect("a runtime");
    let mut reader = BufReader::new(connection);
    while let Some(Request { target, body, .. }) = read(&mut reader) {
        let request = http::Request::post("/").header("x-amz-target", target);
        let request = request.body(body.to_string().into()).expect("a request");
        let Ok(answer) = runtime.block_on(service.call(request)) else {
            return;
        };
        let head = format!(
            "HTTP/1.1 {}\r\ncontent-length: {}\r\n\r\n",
            answer.status(),
            answer.body().len()
        );
        let mut to = connection;
        let written = to.write_all(&[head.as_bytes(), answer.body()].concat());
        if written.is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let (mut target, mut authorization, mut length) = (String::new(), String::new(), 0);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => value.clone_into(&mut target),
            "authorization" => value.clone_into(&mut authorization),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    // What asks for keys has none.
    let body = match length {
        0 => Value::Null,
        _ => serde_json::from_slice(&body).ok()?,
    };
    Some(Request {
        path,
        target,
        authorization,
        body,
    })
}

/// A command on a terminal of its own, made by `script`.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: std::process::Child,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: std::thread::JoinHandle<()>,
    read: usize,
}

impl Terminal {
    pub(crate) fn run(command: &Command) -> Self {
        let program = std::iter::once(command.get_program());
        let words = program.chain(command.get_args());
        let words: Vec<_> = words
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let line = words.join(" ");
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script.env_clear();
        script.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        script.envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let mut child = script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("util-linux is there");
        let mut out = child.stdout.take().expect("piped");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shown = screen.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(read @ 1..) = out.read(&mut bytes) {
                let mut screen = shown.lock().unwrap_or_else(PoisonError::into_inner);
                screen.extend_from_slice(&bytes[..read]);
            }
        });
        Self {
            child,
            screen,
            reader,
            read: 0,
        }
    }

    /// Waits for a question and types the answer.
    pub(crate) fn answer(&mut self, question: &str, answer: &str) {
        let begun = std::time::Instant::now();
        loop {
            let screen = self.screen();
            if let Some(place) = screen[self.read..].find(question) {
                self.read += place + question.len();
                break;
            }
            assert!(
                begun.elapsed().as_secs() < 30,
                "no {question:?} in {screen}"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // The echo is switched off after the question is shown.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let mut input = self.child.stdin.as_ref().expect("piped");
        input
            .write_all(format!("{answer}\n").as_bytes())
            .expect("it reads");
    }

    /// Waits for the end; gives the status and all that was shown.
    pub(crate) fn end(mut self) -> (i32, String) {
        let status = self.child.wait().expect("it ends");
        self.reader.join().expect("no panic");
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let screen = String::from_utf8_lossy(&screen).into_owned();
        (status.code().expect("no signal"), screen)
    }

    fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&screen).into_owned()
    }
}
