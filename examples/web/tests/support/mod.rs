//! The server as a process of its own, and the plainest client of HTTP: nothing between test and wire.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "each test takes what it needs"
)]

use std::{
    env,
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

pub const BOB: &str = "bob@example.com";
pub const ALICE: &str = "alice@example.com";
pub const PASSWORD: &str = "Correct-Horse-7";

/// The server beside the emulator; it ends with the test.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// `None` where no emulator runs: see `tests/live/servers.sh`.
    pub fn start(settings: &[(&str, &str)]) -> Option<Self> {
        env::var_os("COGNITO_LIVE_MINISTACK_URL")?;
        Some(Self::with(settings))
    }

    /// With the pool that the settings name, or one of its own in the emulator.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        // One at a time sets up its pool, which the emulator takes long for when it is busy.
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock();
        let mut child = Command::new(env!("CARGO_BIN_EXE_cognito-idp-web"))
            .env("LISTEN", "127.0.0.1:0")
            .env_remove("COGNITO_USER_POOL_ID")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server is built");
        let output = child.stdout.take().expect("its output is a pipe");
        let errors = child.stderr.take().expect("its errors are a pipe");
        // Whoever writes to a full pipe waits; what is read is told if the server does not start.
        let errors = thread::spawn(move || io::read_to_string(errors).unwrap_or_default());
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let port = line.strip_prefix("http://localhost:")?;
            port.parse::<u16>().ok()
        });
        let Some(port) = port else {
            panic!(
                "the server does not start: {}",
                errors.join().expect("text")
            );
        };
        let address = ([127, 0, 0, 1], port).into();
        Self { child, address }
    }

    /// How a real browser reaches it.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub fn browser(&self) -> Browser {
        Browser::at(self.address)
    }

    /// Ends it at once, as when the machine fails.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it has ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One cookie, and the token of the form that was seen last.
#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub cookie: String,
    pub csrf: String,
}

impl Browser {
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, "", "")
    }

    /// Sends a form with the token.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        self.request("POST", path, "", &form(&fields))
    }

    /// Sends with further lines of the head, each ending in `\r\n`.
    pub fn request(&mut self, method: &str, path: &str, lines: &str, body: &str) -> Answer {
        let cookie = &self.cookie;
        let lines = format!(
            "Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n{lines}"
        );
        let answer = send(self.address, method, path, &lines, body);
        if let Some(cookie) = answer.header("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            pair.clone_into(&mut self.cookie);
        }
        if let Some(csrf) = between(&answer.body, "name=\"csrf\" value=\"", "\"") {
            csrf.clone_into(&mut self.csrf);
        }
        answer
    }

    pub fn sign_in(&mut self, username: &str, password: &str) -> Answer {
        self.get("/sign-in");
        self.post(
            "/sign-in",
            &[("username", username), ("password", password)],
        )
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }
}

pub fn send(address: SocketAddr, method: &str, path: &str, lines: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_mins(3)))
        .expect("a time is allowed");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{lines}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("the head is sent");
    // Who refuses a body may not read it all.
    let _ = stream.write_all(body.as_bytes());
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).expect("an answer") > 2 {
        head.push_str(&line);
        line.clear();
    }
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let mut answer = Answer {
        status: status.expect("an answer of HTTP"),
        head,
        body: String::new(),
    };
    let length = answer.header("content-length");
    let length: u64 = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    let read = reader.take(length).read_to_string(&mut answer.body);
    read.expect("the body is text");
    answer
}

pub fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").expect("a string takes all");
    }
    encoded
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
