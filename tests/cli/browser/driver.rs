//! A real browser: headless Chromium by way of chromedriver, in the few words of WebDriver that the tests need.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::ask;

/// How long the page may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// How WebDriver writes an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window, closed at the end of the test.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

/// An element of the page.
pub struct Element(Value);

impl Browser {
    /// Starts one with a window of this size.
    pub fn start(width: u32, height: u32) -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().unwrap_or_else(|e| {
            panic!(
                "chromedriver cannot be started ({e}): these tests need the Debian packages chromium and \
                 chromium-driver, which `scripts/setup.sh opencv torch test` (or `make test`) installs"
            )
        });
        let port = BufReader::new(driver.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_suffix('.')?.rsplit_once("successfully on port ")?.1.parse().ok());
        let profile = tempfile::tempdir().unwrap();
        let mut args = vec![
            "--headless=new".to_string(),
            "--disable-dev-shm-usage".into(),
            "--disable-gpu".into(),
            // A webcam that shows a moving test picture, and a user who allows it.
            "--use-fake-device-for-media-stream".into(),
            "--use-fake-ui-for-media-stream".into(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={width},{height}"),
        ];
        if nix::unistd::geteuid().is_root() {
            args.push("--no-sandbox".into());
        }
        // Dropped, and so ended, should the session fail.
        let port = port.expect("chromedriver says its port");
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        let logs = json!({ "browser": "ALL" });
        let wanted =
            json!({ "browserName": "chrome", "goog:chromeOptions": { "args": args }, "goog:loggingPrefs": logs });
        let session = browser.call("POST", "/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = session["sessionId"].as_str().unwrap().to_string();
        browser
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let answer = ask(self.port, method, path, &[("Content-Type", "application/json")], body.as_bytes());
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        answer.json()["value"].clone()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Shows the page as if the window were so wide, as narrow as a telephone too.
    pub fn emulate(&self, width: u32, height: u32, dark: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": [scheme] }));
    }

    fn devtools(&self, command: &str, params: &Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }));
    }

    /// The only element of this CSS selector.
    pub fn find(&self, selector: &str) -> Element {
        Element(self.post("/element", &json!({ "using": "css selector", "value": selector })))
    }

    /// Clicks.
    pub fn click(&self, element: &Element) {
        self.post(&format!("/element/{}/click", element.0[ELEMENT].as_str().unwrap()), &json!({}));
    }

    /// Chooses a file in a file field.
    pub fn choose(&self, field: &Element, file: &Path) {
        self.post(&format!("/element/{}/value", field.0[ELEMENT].as_str().unwrap()), &json!({ "text": file }));
    }

    /// Presses a key, such as Tab (`\u{e004}`), wherever the focus is.
    pub fn press(&self, key: &str) {
        let actions = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    /// What a script returns.
    pub fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The text of what a selector finds first, empty where it finds nothing.
    pub fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({})?.innerText ?? ''", json!(selector));
        self.script(&script).as_str().unwrap().to_string()
    }

    /// How many elements a selector finds.
    pub fn count(&self, selector: &str) -> u64 {
        self.script(&format!("return document.querySelectorAll({}).length", json!(selector))).as_u64().unwrap()
    }

    /// Waits until a script returns true.
    pub fn wait(&self, script: &str) {
        let began = Instant::now();
        while self.script(script) != true {
            if began.elapsed() > PATIENCE {
                panic!("{script} is not true on the page:\n{}", self.text("body"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the page complained about in the console since the last call.
    pub fn complaints(&self) -> Vec<String> {
        let logs = self.post("/se/log", &json!({ "type": "browser" }));
        logs.as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap().to_string()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            self.call("DELETE", &format!("/session/{}", self.session), &Value::Null);
        } else if !self.session.is_empty() {
            // A second panic would hide the first.
            let path = format!("/session/{}", self.session);
            let _ = std::panic::catch_unwind(|| ask(self.port, "DELETE", &path, &[], &[]));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
