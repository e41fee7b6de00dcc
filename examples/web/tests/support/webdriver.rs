//! As much of the standard `WebDriver` as the tests need: each command is one request of JSON.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "each test takes what it needs"
)]

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::send;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/web-screenshots");

/// A headless browser with a profile of its own.
pub struct Chromium {
    driver: Child,
    address: SocketAddr,
    session: String,
    /// Where the paths are opened.
    url: String,
}

impl Chromium {
    pub fn start(url: &str) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Debian's chromium-driver is installed");
        let output = driver.stdout.take().expect("its output is a pipe");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        // Whoever writes to a closed pipe may end.
        thread::spawn(move || lines.for_each(drop));
        let address = ([127, 0, 0, 1], port.expect("chromedriver starts")).into();
        let mut this = Self {
            driver,
            address,
            session: String::new(),
            url: url.to_owned(),
        };
        // A container's root has no sandbox, and little shared memory.
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
        ];
        let options = json!({"goog:chromeOptions": {"args": args}});
        let made = this.call(
            "POST",
            "/session",
            &json!({"capabilities": {"alwaysMatch": options}}),
        );
        this.session = format!("/session/{}", text(&made["sessionId"]));
        this.size(1280, 900);
        this
    }

    pub fn open(&self, path: &str) {
        self.post("/url", &json!({"url": format!("{}{path}", self.url)}));
    }

    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    pub fn path(&self) -> String {
        self.script("return location.pathname")
    }

    pub fn heading(&self) -> String {
        self.text("h1")
    }

    pub fn text(&self, selector: &str) -> String {
        let element = self.find(selector);
        text(&self.get(&format!("/element/{element}/text")))
    }

    pub fn value(&self, id: &str) -> String {
        let element = self.find(&format!("#{id}"));
        text(&self.get(&format!("/element/{element}/property/value")))
    }

    pub fn fill(&self, id: &str, value: &str) {
        let element = self.find(&format!("#{id}"));
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(
            &format!("/element/{element}/value"),
            &json!({"text": value}),
        );
    }

    /// Fills a field in which keys mean something else in every language, such as a date.
    pub fn set(&self, id: &str, value: &str) {
        self.script(&format!(
            "document.getElementById('{id}').value = '{value}'; return ''"
        ));
    }

    /// Presses the first button of the first form, and waits for the next page.
    pub fn submit(&self) {
        self.click("form button");
    }

    /// Clicks, and waits until another page is there.
    pub fn click(&self, selector: &str) {
        self.script("document.documentElement.dataset.old = 'yes'; return ''");
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
        self.await_page();
    }

    /// Types wherever the focus is. Enter must lead to another page.
    pub fn keys(&self, keys: &str) {
        self.script("document.documentElement.dataset.old = 'yes'; return ''");
        let actions: Vec<_> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({"actions": [keyboard]}));
        if keys.contains('\u{E007}') {
            self.await_page();
        }
    }

    pub fn await_page(&self) {
        self.until(
            "return String(!document.documentElement.dataset.old && document.readyState == 'complete')",
        );
    }

    pub fn script(&self, script: &str) -> String {
        text(&self.post("/execute/sync", &json!({"script": script, "args": []})))
    }

    pub fn delete_cookies(&self) {
        self.call("DELETE", &format!("{}/cookie", self.session), &json!({}));
    }

    pub fn tab(&self) -> String {
        text(&self.get("/window"))
    }

    pub fn new_tab(&self) -> String {
        let tab = self.post("/window/new", &json!({"type": "tab"}));
        let tab = text(&tab["handle"]);
        self.switch_to(&tab);
        tab
    }

    pub fn switch_to(&self, tab: &str) {
        self.post("/window", &json!({"handle": tab}));
    }

    pub fn size(&self, width: u32, height: u32) {
        self.post("/window/rect", &json!({"width": width, "height": height}));
    }

    /// Keeps what is seen, at the width of a phone and of a desk, light and dark, and lets axe look for
    /// what would keep people out.
    #[track_caller]
    pub fn picture(&self, name: &str) {
        fs::create_dir_all(PICTURES).expect("target can be written to");
        for scheme in ["dark", "light"] {
            self.prefer(scheme);
            self.check_access(&format!("{name}, {scheme}"));
            for (width, height) in [(360, 800), (1280, 900)] {
                self.size(width, height);
                let picture = base64(&text(&self.get("/screenshot")));
                let file = Path::new(PICTURES).join(format!("{name}-{width}-{scheme}.png"));
                fs::write(file, picture).expect("target can be written to");
            }
        }
    }

    fn prefer(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        let command =
            json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": [feature]}});
        self.post("/goog/cdp/execute", &command);
    }

    #[track_caller]
    fn check_access(&self, name: &str) {
        self.script(axe());
        let run = "const done = arguments[0];
            axe.run().then(({ violations }) => done(JSON.stringify(violations.map(
                ({ id, nodes }) => [id, nodes.map(({ html }) => html)]))));";
        let found = self.post("/execute/async", &json!({"script": run, "args": []}));
        assert_eq!(text(&found), "[]", "{name}");
    }

    /// Gives the browser an authenticator that keeps passkeys and whose user always agrees.
    pub fn add_authenticator(&self) -> String {
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        text(&self.post("/webauthn/authenticator", &authenticator))
    }

    pub fn recognise_user(&self, authenticator: &str, is_verified: bool) {
        let path = format!("/webauthn/authenticator/{authenticator}/uv");
        self.post(&path, &json!({"isUserVerified": is_verified}));
    }

    /// Whether there is such an element.
    pub fn has(&self, selector: &str) -> bool {
        let by = json!({"using": "css selector", "value": selector});
        let found = self.post("/elements", &by);
        found.as_array().is_some_and(|found| !found.is_empty())
    }

    /// Clicks twice, as people do who are used to it, and waits until another page is there.
    pub fn double_click(&self, selector: &str) {
        self.script("document.documentElement.dataset.old = 'yes'; return ''");
        let element = self.find(selector);
        let button = |kind: &str| json!({"type": kind, "button": 0});
        let actions = json!([
            {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": {ELEMENT: element}},
            button("pointerDown"), button("pointerUp"),
            {"type": "pause", "duration": 60},
            button("pointerDown"), button("pointerUp"),
        ]);
        let mouse = json!({"type": "pointer", "id": "mouse", "actions": actions});
        self.post("/actions", &json!({"actions": [mouse]}));
        self.await_page();
    }

    /// Clicks without waiting for another page.
    pub fn press(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Waits until the script gives `true`.
    #[track_caller]
    pub fn until(&self, script: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.script(script) != "true" {
            assert!(Instant::now() < end, "never: {script}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn find(&self, selector: &str) -> String {
        let by = json!({"using": "css selector", "value": selector});
        text(&self.post("/element", &by)[ELEMENT])
    }

    fn get(&self, path: &str) -> Value {
        self.call("GET", &format!("{}{path}", self.session), &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), body)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let lines = "Content-Type: application/json\r\n";
        let answer = send(self.address, method, path, lines, &body);
        assert_eq!(
            answer.status, 200,
            "{method} {path} {body}: {}",
            answer.body
        );
        let mut answer: Value = serde_json::from_str(&answer.body).expect("JSON");
        answer["value"].take()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if !self.session.is_empty() && !thread::panicking() {
            self.call("DELETE", &self.session, &json!({}));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The engine, of one version, as npm brings it.
fn axe() -> &'static str {
    static AXE: OnceLock<String> = OnceLock::new();
    AXE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/axe");
        let file = folder.join("node_modules/axe-core/axe.min.js");
        if !file.exists() {
            fs::create_dir_all(&folder).expect("target can be written to");
            let npm = Command::new("npm")
                .args([
                    "install",
                    "--silent",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                ])
                .args(["--prefix", ".", "axe-core@4.10.3"])
                .current_dir(&folder)
                .status();
            assert!(npm.expect("npm is installed").success());
        }
        fs::read_to_string(file).expect("npm has brought it")
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let digits: Vec<u8> = digits.collect();
    digits
        .chunks(4)
        .flat_map(|four| {
            let bits = four
                .iter()
                .fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
            let bits = bits << (6 * (4 - four.len()));
            bits.to_be_bytes()[1..four.len()].to_vec()
        })
        .collect()
}
