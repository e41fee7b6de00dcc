//! A Redis of a test's own: on loopback, on a free port, gone when it is dropped.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(10);

/// The variable that names another server, such as Valkey's.
const PROGRAM: &str = "REDIS_SERVER";

/// How many this process has started, since each has a folder of its own.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// A running server, or one that was [killed](Self::kill) and may be [started again](Self::restart).
#[derive(Debug)]
pub(crate) struct RedisServer {
    process: Option<Child>,
    port: u16,
    /// Where it speaks TLS as well, if it does.
    tls_port: u16,
    settings: Vec<String>,
    folder: PathBuf,
}

impl RedisServer {
    /// Starts `redis-server`, or what the variable `REDIS_SERVER` names, with settings beside the usual,
    /// such as `["--maxmemory", "2mb"]`.
    ///
    /// `None`, with a line that says so, if there is no such program and the variable is not set: the test
    /// then has nothing to test.
    ///
    /// # Panics
    /// If the program is there and does not come up.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        Self::start_with(settings, false)
    }

    /// The same, and it speaks TLS on [another port](Self::tls_port), with these PEM files; `None` also if
    /// the variable names a server that was built without.
    pub(crate) fn start_tls(certificate: &str, key: &str) -> Option<Self> {
        let settings = ["--tls-cert-file", certificate, "--tls-key-file", key];
        let only_the_server = ["--tls-auth-clients", "no"];
        Self::start_with(&[&settings[..], &only_the_server].concat(), true)
    }

    fn start_with(settings: &[&str], with_tls: bool) -> Option<Self> {
        if !is_there() {
            eprintln!("SKIPPED: no redis-server on the path; install it or set REDIS_SERVER");
            return None;
        }
        let name = format!("redis-{}-{}", process::id(), STARTED.fetch_add(1, Relaxed));
        let mut server = Self {
            process: None,
            port: 0,
            tls_port: 0,
            settings: settings.iter().map(ToString::to_string).collect(),
            folder: env::temp_dir().join(name),
        };
        fs::create_dir_all(&server.folder).expect("a folder for the server");
        for _ in 0..5 {
            server.port = free_port();
            if with_tls {
                server.tls_port = free_port();
            }
            if server.run().is_ok() {
                return Some(server);
            }
            // Somebody else was given the port meanwhile.
        }
        if with_tls && env::var_os(PROGRAM).is_some() {
            eprintln!("SKIPPED: {} does not speak TLS", program());
            return None;
        }
        panic!("redis-server does not start: {server:?}");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn tls_port(&self) -> u16 {
        self.tls_port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends the server as `kill -9` does: it saves nothing and says nothing.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }

    /// Starts the killed server again, on its port and with what it had saved.
    ///
    /// # Panics
    /// If it does not come up.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.run().expect("the server starts again");
    }

    /// Sends a command, as its words, and gives the first line of the answer.
    pub(crate) fn command(&self, words: &[&str]) -> io::Result<String> {
        read_line(&mut self.sent(words)?)
    }

    /// Sends a command, and gives the text that is the answer.
    pub(crate) fn text(&self, words: &[&str]) -> io::Result<String> {
        let mut connection = self.sent(words)?;
        let length = read_line(&mut connection)?;
        let length = length.strip_prefix('$').and_then(|it| it.parse().ok());
        let mut text = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        connection.read_exact(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// A connection on which a command was sent.
    fn sent(&self, words: &[&str]) -> io::Result<TcpStream> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(START))?;
        write!(connection, "*{}\r\n", words.len())?;
        for word in words {
            write!(connection, "${}\r\n{word}\r\n", word.len())?;
        }
        Ok(connection)
    }

    fn run(&mut self) -> io::Result<()> {
        let mut command = Command::new(program());
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--daemonize", "no", "--loglevel", "warning"])
            .arg("--dir")
            .arg(&self.folder)
            .args(&self.settings);
        if self.tls_port != 0 {
            // A server that was built without TLS does not know it.
            command.args(["--tls-port", &self.tls_port.to_string()]);
        }
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let process = self.process.insert(process);
        let began = Instant::now();
        while began.elapsed() < START {
            if process.try_wait()?.is_some() {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            // One that wants a password is up as well.
            if listens(self.port) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        Err(io::ErrorKind::TimedOut.into())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn program() -> String {
    env::var(PROGRAM).unwrap_or_else(|_| "redis-server".to_owned())
}

fn is_there() -> bool {
    let version = Command::new(program())
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok() || env::var_os(PROGRAM).is_some()
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Whether a server answers there, be it with an error or that it still loads.
fn listens(port: u16) -> bool {
    let answer = || {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        connection.set_read_timeout(Some(Duration::from_secs(1)))?;
        connection.write_all(b"PING\r\n")?;
        let mut answer = [0; 64];
        let read = connection.read(&mut answer)?;
        io::Result::Ok(read > 0 && !answer.starts_with(b"-LOADING"))
    };
    answer().unwrap_or(false)
}

fn read_line(connection: &mut TcpStream) -> io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\r\n") && connection.read(&mut byte)? == 1 {
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
