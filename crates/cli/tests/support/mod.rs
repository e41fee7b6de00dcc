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

use bytes::Bytes;
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

/// Gives its answers in order, whatever is asked, to several connections side by side.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
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
        let answers = Arc::new(Mutex::new(answers));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answers, seen) = (answers.clone(), seen.clone());
                std::thread::spawn(move || serve(&connection, &answers, &seen));
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

    pub(crate) fn url(&self) -> &str {
        &self.url
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
fn serve(connection: &TcpStream, answers: &Mutex<Vec<Answer>>, seen: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(connection);
    while let Some(request) = read(&mut reader) {
        let mut requests = seen.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(Request::of(&request));
        let id = requests.len();
        drop(requests);
        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.pop();
        drop(answers);
        let answer =
            answer.unwrap_or_else(|| Answer::error(418, "Unexpected", "no answer is left"));
        let Answer { status, body } = answer;
        let written = write!(
            &*connection,
            "HTTP/1.1 {status} Any\r\nx-amzn-requestid: feed-{id}\r\n\
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
    while let Some(request) = read(&mut reader) {
        let Ok(answer) = runtime.block_on(service.call(request)) else {
            return;
        };
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| {
            let value = value.to_str().expect("a text");
            format!("{name}: {value}\r\n")
        });
        let head = format!(
            "HTTP/1.1 {}\r\n{}content-length: {}\r\n\r\n",
            answer.status(),
            headers.collect::<String>(),
            answer.body().len()
        );
        let mut to = connection;
        let written = to.write_all(&[head.as_bytes(), answer.body()].concat());
        if written.is_err() {
            return;
        }
    }
}

impl Request {
    fn of(request: &http::Request<Bytes>) -> Self {
        let header = |name: &str| {
            let value = request.headers().get(name);
            value
                .map_or("", |value| value.to_str().expect("a text"))
                .to_owned()
        };
        Self {
            path: request.uri().to_string(),
            target: header("x-amz-target"),
            authorization: header("authorization"),
            // What asks for keys has none.
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<http::Request<Bytes>> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let mut request = http::Request::builder()
        .method(words.next()?)
        .uri(words.next()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        }
        request = request.header(name, value);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body(body.into()).ok()
}

/// What a browser gets of a page: the status, where to go on, and the page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Opens a page as a browser does, or sends a form to it.
pub(crate) fn open(url: &str, form: Option<&str>) -> Page {
    let rest = url.strip_prefix("http://").expect("a URL of this machine");
    let (host, path) = rest.split_at(rest.find('/').expect("a path"));
    let address = host.replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = match form {
        None => format!("GET {path} HTTP/1.0\r\nhost: {host}\r\n\r\n"),
        Some(form) => format!(
            "POST {path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
            form.len()
        ),
    };
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut reader = BufReader::new(&stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = reader.read_line(&mut head).expect("it answers");
        assert!(read > 0, "the connection was closed after {head:?}");
    }
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    let length = header("content-length").and_then(|length| length.parse().ok());
    let mut body = String::new();
    let mut rest = reader.take(length.unwrap_or(u64::MAX));
    rest.read_to_string(&mut body).expect("UTF-8");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Page {
        status: status.expect("a status"),
        location: header("location").unwrap_or_default(),
        head: head.to_ascii_lowercase(),
        body,
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
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
        Self::run_as(command, |line| format!("exec {line}"))
    }

    /// The same with what a shell does before and after it.
    pub(crate) fn run_as(command: &Command, script: impl FnOnce(&str) -> String) -> Self {
        let program = std::iter::once(command.get_program());
        let words = program.chain(command.get_args());
        let words: Vec<_> = words
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let line = script(&words.join(" "));
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
        self.wait_for(question);
        self.press(&format!("{answer}\n"));
    }

    /// Waits until something is shown that was not waited for before; gives all that is shown by then.
    pub(crate) fn wait_for(&mut self, question: &str) -> String {
        let begun = std::time::Instant::now();
        loop {
            let screen = self.screen();
            if let Some(place) = screen[self.read..].find(question) {
                self.read += place + question.len();
                return screen;
            }
            assert!(
                begun.elapsed().as_secs() < 30,
                "no {question:?} in {screen}"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        // The echo is switched off after the question is shown.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let mut input = self.child.stdin.as_ref().expect("piped");
        input.write_all(keys.as_bytes()).expect("it reads");
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
