//! `ferrofuse serve` over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::http::{Answer, answer, ask, connect};
use crate::support::Folder;

/// A server that is killed at the end of the test.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub port: u16,
}

impl Server {
    /// Starts one on a free port, with these arguments beside.
    pub fn start(folder: &Folder, args: &[&str]) -> Self {
        let args = [&["serve", "--port", "0"][..], args].concat();
        let mut child = folder.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.strip_prefix("serving on http://").and_then(|rest| rest.split([':', ' ']).nth(1)?.parse().ok());
        let Some(port) = port else {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("the server does not start: {line:?}, {said}");
        };
        Self { child, port }
    }

    pub fn get(&self, target: &str) -> Answer {
        ask(self.port, "GET", target, &[], &[])
    }

    #[cfg(all(feature = "opencv", feature = "torch"))]
    fn predict(&self, query: &str, kind: &str, body: &[u8]) -> Answer {
        ask(self.port, "POST", &format!("/api/predict{query}"), &[("Content-Type", kind)], body)
    }

    /// Sends a signal, and returns the exit code and standard error.
    #[cfg(unix)]
    fn stop(mut self, signal: nix::sys::signal::Signal) -> (Option<i32>, String) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id() as i32), signal).unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with two reports, and files beside them that are nobody's business.
pub fn reports() -> Folder {
    let folder = Folder::new();
    folder.write("secret.txt", "nobody's business");
    folder.write("results/secret.txt", "nobody's business");
    folder.write("results/one/report.html", "<!DOCTYPE html><title>One</title><h1>The first report</h1>");
    folder.write("results/one/metrics.csv", "nobody's business");
    let metrics = r#"{"schema": 1, "comparison": {"title": "Cats & dogs", "dataset": {"title": "tiny"}, "best_single": "a",
        "entries": [{"name": "a", "title": "A", "test": {"metrics": {"accuracy": 0.6829}}}]}}"#;
    folder.write("results/two words/report.html", "<!DOCTYPE html><title>Two</title><h1>The second report</h1>");
    folder.write("results/two words/metrics.json", metrics);
    folder
}

/// The description of the API, with which answers are compared.
fn check(server: &Server, schema: &str, answer: &Value) {
    let mut document = server.get("/api/openapi.json").json();
    document["$ref"] = format!("#/components/schemas/{schema}").into();
    let validator = jsonschema::draft202012::new(&document).unwrap();
    let faults: Vec<String> = validator.iter_errors(answer).map(|e| format!("{}: {e}", e.instance_path)).collect();
    assert!(faults.is_empty(), "{schema}: {faults:?} in {answer}");
}

#[test]
fn without_a_model_reports_are_served_and_the_way_to_one_is_said() {
    let folder = reports();
    let server = Server::start(&folder, &[]);
    let health = server.get("/api/health").json();
    assert_eq!(health["models"], false);
    check(&server, "Health", &health);
    let models = server.get("/api/models").json();
    check(&server, "Models", &models);
    let page = server.get("/").text();
    let refused = ask(server.port, "POST", "/api/predict", &[("Content-Type", "image/png")], b"x");
    assert_eq!((refused.status, refused.header("retry-after")), (503, ""));
    check(&server, "Problem", &refused.json());
    for text in [refused.error(), models["missing"].as_str().unwrap().to_string(), page] {
        assert!(text.contains("ferrofuse train compact") && text.contains("ferrofuse export compact"), "{text}");
        assert!(!text.contains(folder.path("").to_str().unwrap()), "a path of the server: {text}");
    }
    // A model that was asked for by name is no thing to do without.
    let error = folder.fails(1, &["serve", "--port", "0", "--model", "none"]);
    assert!(error.contains("none"), "{error}");
}

#[test]
fn reports_are_listed_and_shown_and_nothing_else_is_readable() {
    let folder = reports();
    let server = Server::start(&folder, &[]);
    let list = server.get("/reports");
    assert_eq!(list.header("content-type"), "text/html; charset=utf-8");
    let text = list.text();
    for expected in ["href=\"/reports/one\"", "href=\"/reports/two%20words\"", "Cats &#38; dogs", "68.29"] {
        assert!(text.contains(expected), "{expected} is missing: {text}");
    }
    let report = server.get("/reports/two%20words");
    assert!(report.status == 200 && report.text().contains("The second report"));
    assert_eq!(server.get("/reports/").text(), text);
    assert_eq!(server.get("/reports/two%20words/").text(), report.text());
    let policy = report.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("same-origin"));
    let outside = folder.path("secret.txt");
    let absolute = outside.to_str().unwrap();
    let encoded = absolute.replace('/', "%2F");
    for target in [
        "/reports/../../secret.txt",
        "/reports/../secret.txt",
        "/reports/..",
        "/reports/%2e%2e%2fsecret.txt",
        "/reports/%2e%2e/secret.txt",
        "/reports/..%2f..%2fsecret.txt",
        "/reports/..%5c..%5csecret.txt",
        "/reports/%252e%252e%252fsecret.txt",
        "/reports/secret.txt",
        "/reports/one/metrics.csv",
        "/reports/one%2fmetrics.csv",
        "/reports/one/report.html",
        "/reports/one%00",
        "/reports/%00",
        "/reports/%ff%fe",
        "/reports/ONE/../one",
        "/results/one/report.html",
        "/secret.txt",
        "//secret.txt",
        "/../secret.txt",
        &format!("/reports/{absolute}"),
        &format!("/reports/{encoded}"),
        absolute,
        "/api/../../secret.txt",
        "/style.css/../../secret.txt",
    ] {
        let answer = server.get(target);
        assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.status);
        assert!(!answer.text().contains("business"), "{target}: {}", answer.text());
        assert!(!answer.text().contains(absolute), "{target}: {}", answer.text());
    }
    // A report that comes later is there at once.
    folder.write("results/three/report.html", "The third report");
    assert_eq!(server.get("/reports/three").text(), "The third report");
}

#[test]
fn every_answer_forbids_what_the_page_does_not_need() {
    let folder = reports();
    let server = Server::start(&folder, &[]);
    for target in ["/", "/reports", "/reports/one", "/style.css", "/app.js", "/icon.svg", "/api/health", "/nothing"] {
        let answer = server.get(target);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{target}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{target}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{target}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{target}");
    }
    // Pages load nothing from elsewhere, and have no script or style inside that the policy would stop.
    for target in ["/", "/reports", "/nothing", "/style.css", "/app.js"] {
        let text = server.get(target).text();
        let free = text.replace("http://localhost", "");
        assert!(
            !free.contains("http://") && !free.contains("https://") && !free.contains("style=\""),
            "{target}: {text}"
        );
        assert!(!text.contains("onclick") && !text.contains("<script>") && !text.contains("<style"), "{target}");
    }
}

#[test]
fn other_sites_names_and_methods_are_refused() {
    let folder = reports();
    let server = Server::start(&folder, &[]);
    let port = server.port;
    let with = |method: &str, target: &str, headers: &[(&str, &str)]| ask(port, method, target, headers, &[]);
    let foreign = with("GET", "/api/health", &[("Host", "evil.example")]);
    assert!(foreign.status == 403 && foreign.error().contains("evil.example"), "{foreign:?}");
    check(&server, "Problem", &foreign.json());
    assert_eq!(with("GET", "/reports/one", &[("Host", "evil.example:80")]).status, 403);
    assert_eq!(with("GET", "/api/health", &[("Host", &format!("localhost:{port}"))]).status, 200);
    let named = Server::start(&folder, &["--host", "faces.example", "--host", "other.example"]);
    for (host, status) in [("faces.example", 200), ("other.example:443", 200), ("evil.example", 403)] {
        assert_eq!(ask(named.port, "GET", "/api/health", &[("Host", host)], &[]).status, status, "{host}");
    }
    let own = format!("http://127.0.0.1:{port}");
    assert_eq!(with("GET", "/api/health", &[("Origin", &own)]).status, 200);
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(with("POST", "/api/predict", &[("Origin", origin)]).status, 403, "{origin}");
    }
    assert_eq!(with("GET", "/app.js", &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]).status, 403);
    let other = with("GET", "/api/predict", &[]);
    assert_eq!((other.status, other.header("allow")), (405, "POST"));
    assert!(other.error().contains("POST"), "{other:?}");
    let other = with("DELETE", "/reports", &[]);
    assert!(other.status == 405 && other.header("allow").contains("GET"), "{other:?}");
    let nothing = with("GET", "/api/nothing", &[]);
    assert!(nothing.status == 404 && nothing.error().contains("openapi.json"), "{nothing:?}");
    assert_eq!(with("GET", "/nothing", &[]).header("content-type"), "text/html; charset=utf-8");
    // No HTTP at all.
    let mut stream = connect(port);
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").unwrap();
    assert_eq!(answer(&mut stream).status, 400);
    assert_eq!(server.get("/api/health").status, 200, "and it still runs");
}

#[cfg(unix)]
#[test]
fn signals_stop_the_server_cleanly() {
    use nix::sys::signal::Signal;

    let folder = reports();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let server = Server::start(&folder, &[]);
        let port = server.port;
        // A connection that is kept alive does not keep the server alive.
        let mut idle = connect(port);
        let request = format!("GET /api/health HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
        idle.write_all(request.as_bytes()).unwrap();
        assert_eq!(answer(&mut idle).status, 200);
        let began = std::time::Instant::now();
        let (code, said) = server.stop(signal);
        assert_eq!(code, Some(0), "{signal}: {said}");
        assert!(began.elapsed().as_secs() < 5, "{signal}: {:?}", began.elapsed());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
    }
}

#[test]
fn where_it_listens_is_said() {
    let folder = reports();
    let server = Server::start(&folder, &[]);
    let port = server.port.to_string();
    let error = folder.fails(1, &["serve", "--port", &port]);
    assert!(error.contains("--port") && error.contains(&format!("127.0.0.1:{port}")), "{error}");
    for wrong in [["--timeout", "0"], ["--max-pixels", "0"], ["--concurrent", "0"], ["--max-body", "x"]] {
        let error = folder.fails(2, &[&["serve"][..], &wrong].concat());
        assert!(error.contains(wrong[0]), "{error}");
    }
    let args = ["--json", "serve", "--port", "0", "--address", "0.0.0.0"];
    let mut child = folder.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    child.kill().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["local"], &value["address"]), (&Value::from(false), &Value::from("0.0.0.0")));
    assert!(said.contains("warning: everyone who can reach this machine"), "{said}");
}

/// With models: they need faces to be found and networks.
#[cfg(all(feature = "opencv", feature = "torch"))]
mod predicting {
    use image::{DynamicImage, GrayImage, ImageFormat, Luma};

    use super::*;
    use crate::http::head;
    use crate::predict::{folder, scene};

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn jpeg() -> Vec<u8> {
        encoded(&scene().into(), ImageFormat::Jpeg)
    }

    /// A flat picture: few bytes, many pixels.
    fn flat(width: u32, height: u32) -> Vec<u8> {
        encoded(&GrayImage::from_pixel(width, height, Luma([128])).into(), ImageFormat::Png)
    }

    #[test]
    fn a_picture_gives_what_predict_gives_and_what_is_documented() {
        let folder = folder();
        scene().save(folder.path("scene.png")).unwrap();
        let server = Server::start(&folder, &["--model", "plain,fused"]);
        let models = server.get("/api/models").json();
        check(&server, "Models", &models);
        assert_eq!(models["models"][1]["name"], "fused");
        let png = std::fs::read(folder.path("scene.png")).unwrap();
        let answer = server.predict("", "image/png", &png);
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let answer = answer.json();
        check(&server, "Prediction", &answer);
        assert_eq!((&answer["width"], &answer["height"]), (&Value::from(640), &Value::from(400)));
        assert_eq!((&answer["aggregate"], &answer["synthetic"]), (&Value::from("mean"), &Value::from(true)));

        // Face by face as the command says.
        let lines = folder.ok(&["predict", "scene.png", "--model", "plain,fused", "--format", "jsonl"]);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let faces = answer["faces"].as_array().unwrap();
        assert_eq!((faces.len(), lines.len()), (2, 2));
        for (face, line) in faces.iter().zip(&lines) {
            assert_eq!((&face["box"], &face["class"]), (&line["box"], &line["class"]));
            for (c, class) in answer["classes"].as_array().unwrap().iter().enumerate() {
                let class = class.as_str().unwrap();
                let close = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5;
                assert!(close(&face["probabilities"][c], &line["probabilities"][class]), "{face} {line}");
                let [first, second] = [0, 1].map(|m| &face["models"][m]);
                assert!(close(&first["probabilities"][c], &line["models"]["plain"]["probabilities"][class]));
                assert!(close(&second["probabilities"][c], &line["models"]["fused"]["probabilities"][class]));
            }
        }

        // The same in other wrappings.
        let same = |other: Answer| {
            assert_eq!(other.status, 200, "{}", other.text());
            let other = other.json();
            check(&server, "Prediction", &other);
            assert_eq!(other["faces"], answer["faces"]);
        };
        same(server.predict("?face_crop=false", "application/octet-stream", &png));
        let form = |field: &str| {
            let start =
                format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.png\"\r\n\r\n");
            [start.as_bytes(), &png, b"\r\n--edge--\r\n"].concat()
        };
        same(server.predict("", "multipart/form-data; boundary=edge", &form("picture")));
        let other = server.predict("", "multipart/form-data; boundary=edge", &form("photo"));
        assert!(other.status == 400 && other.error().contains("`picture`"), "{}", other.text());

        let whole = server.predict("?face_crop=true", "image/png", &png).json();
        check(&server, "Prediction", &whole);
        assert_eq!((whole["faces"].as_array().unwrap().len(), &whole["faces"][0]["score"]), (1, &Value::Null));
        let none = server.predict("", "image/png", &flat(200, 100)).json();
        check(&server, "Prediction", &none);
        assert_eq!(none["faces"], Value::Array(Vec::new()));
    }

    #[test]
    fn one_model_gives_its_opinion_too() {
        let folder = folder();
        let server = Server::start(&folder, &["--face-crop", "--model", "plain"]);
        let answer = server.predict("", "image/jpeg", &jpeg()).json();
        check(&server, "Prediction", &answer);
        let face = &answer["faces"][0];
        assert_eq!(face["models"][0]["model"], "plain");
        assert_eq!(face["models"][0]["probabilities"], face["probabilities"]);
        assert_eq!(server.get("/api/models").json()["face_crop"], true);
        assert!(server.get("/").text().contains("Every picture is taken as one face"));
    }

    #[test]
    fn what_is_no_picture_or_too_much_is_refused_with_words() {
        let folder = folder();
        let server = Server::start(&folder, &["--model", "plain", "--max-body", "200kB", "--max-pixels", "300000"]);
        let jpeg = jpeg();
        assert_eq!(server.predict("", "image/jpeg", &jpeg).status, 200);
        let refused = |answer: Answer, status: u16, said: &str| {
            assert_eq!(answer.status, status, "{said}: {}", answer.text());
            check(&server, "Problem", &answer.json());
            assert!(answer.error().contains(said), "{said}: {}", answer.text());
        };
        refused(server.predict("", "image/jpeg", b"no picture at all"), 400, "known format");
        refused(server.predict("", "image/jpeg", b""), 400, "holds no picture");
        refused(server.predict("", "image/jpeg", &jpeg[..jpeg.len() / 2]), 400, "cut short");
        let png = flat(100, 100);
        refused(server.predict("", "image/png", &png[..png.len() - 20]), 400, "cannot be read");
        refused(server.predict("?face=1", "image/jpeg", &jpeg), 400, "face_crop=true");
        refused(server.predict("?face_crop=maybe", "image/jpeg", &jpeg), 400, "face_crop=true");
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json"] {
            refused(server.predict("", kind, &jpeg), 415, kind);
        }
        let port = server.port;
        refused(ask(port, "POST", "/api/predict", &[], &jpeg), 415, "no Content-Type");
        refused(server.predict("", "multipart/form-data", &jpeg), 400, "multipart/form-data");
        refused(server.predict("", "multipart/form-data; boundary=edge", &jpeg), 400, "form");
        let mut stream = connect(port);
        stream.write_all(&head(port, "POST", "/api/predict", &[("Content-Type", "text/plain")], 1_000_000)).unwrap();
        stream.write_all(&vec![0; 1_000_000]).unwrap();
        refused(answer(&mut stream), 415, "text/plain");
        refused(server.predict("", "image/png", &flat(1000, 301)), 413, "1000 x 301 pixels");
        refused(server.predict("", "image/png", &flat(16_385, 1)), 413, "16384 on a side");
        refused(server.predict("", "image/png", &vec![0; 200_001]), 413, "200001 bytes");
        refused(server.predict("", "image/png", &vec![0; 1_500_000]), 413, "at most 200000 bytes");
        // By the header alone: these pixels were never there.
        let mut huge = encoded(&GrayImage::new(4, 4).into(), ImageFormat::Bmp);
        huge[18..22].copy_from_slice(&60_000i32.to_le_bytes());
        huge[22..26].copy_from_slice(&60_000i32.to_le_bytes());
        refused(server.predict("", "image/bmp", &huge), 413, "60000 x 60000");
        // Nobody said how long the body is.
        let mut stream = connect(port);
        let chunked = "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n\
                       Transfer-Encoding: chunked\r\n\r\n";
        stream.write_all(chunked.as_bytes()).unwrap();
        for _ in 0..30 {
            let _ = stream.write_all(format!("2710\r\n{}\r\n", "x".repeat(10_000)).as_bytes());
        }
        let _ = stream.write_all(b"0\r\n\r\n");
        refused(answer(&mut stream), 413, "too large");
        // Broken chunks.
        let mut stream = connect(port);
        stream.write_all(chunked.as_bytes()).unwrap();
        stream.write_all(b"no number\r\n").unwrap();
        assert_eq!(answer(&mut stream).status, 400);
        assert_eq!(server.predict("", "image/jpeg", &jpeg).status, 200, "and it still runs");
    }

    #[test]
    fn slow_clients_and_long_work_run_out_of_time() {
        let folder = folder();
        let server = Server::start(&folder, &["--model", "plain", "--timeout", "0.4", "--concurrent", "1"]);
        let port = server.port;
        let mut slow = connect(port);
        slow.write_all(&head(port, "POST", "/api/predict", &[("Content-Type", "image/png")], 1000)).unwrap();
        slow.write_all(b"a few bytes").unwrap();
        let refused = answer(&mut slow);
        assert!(refused.status == 408 && refused.error().contains("0.4 s"), "{refused:?}");
        // 25 million pixels, and a search for faces as small as 30.
        let long = server.predict("", "image/png", &flat(5000, 5000));
        assert!(long.status == 504 && long.error().contains("0.4 s"), "{long:?}");
        check(&server, "Problem", &long.json());
    }

    #[test]
    fn what_is_too_many_is_told_to_come_again() {
        let folder = folder();
        let server = Server::start(&folder, &["--model", "plain", "--timeout", "4", "--concurrent", "1"]);
        let port = server.port;
        // Five bodies that do not come take all places.
        let mut slow: Vec<_> = (0..5)
            .map(|_| {
                let mut stream = connect(port);
                stream.write_all(&head(port, "POST", "/api/predict", &[("Content-Type", "image/png")], 9)).unwrap();
                stream
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(300));
        let refused = server.predict("", "image/jpeg", &jpeg());
        assert_eq!((refused.status, refused.header("retry-after")), (503, "1"), "{}", refused.text());
        // A client that sends all of a large picture before it listens hears the same.
        for kind in ["image/jpeg", "text/plain"] {
            let mut stream = connect(port);
            let large = vec![0; 6_000_000];
            stream.write_all(&head(port, "POST", "/api/predict", &[("Content-Type", kind)], large.len())).unwrap();
            stream.write_all(&large).unwrap();
            assert_eq!(answer(&mut stream).status, 503, "{kind}");
        }
        assert_eq!(server.get("/api/health").status, 200, "the rest of the server answers");
        slow.iter_mut().for_each(|stream| assert_eq!(answer(stream).status, 408));
        assert_eq!(server.predict("", "image/jpeg", &jpeg()).status, 200);
    }

    #[test]
    fn several_at_a_time_get_each_their_own_answer() {
        let folder = folder();
        let server = Server::start(&folder, &["--model", "plain"]);
        let (scene, flat) = (jpeg(), flat(320, 200));
        std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8)
                .map(|i| {
                    let (kind, body) = if i % 2 == 0 { ("image/jpeg", &scene) } else { ("image/png", &flat) };
                    let server = &server;
                    (i, scope.spawn(move || server.predict("", kind, body)))
                })
                .collect();
            for (i, answer) in asked {
                let answer = answer.join().unwrap();
                assert_eq!(answer.status, 200, "{}", answer.text());
                let expected = if i % 2 == 0 { (640, 2) } else { (320, 0) };
                let answer = answer.json();
                let found = (answer["width"].as_u64().unwrap(), answer["faces"].as_array().unwrap().len());
                assert_eq!(found, expected, "{i}");
            }
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_signal_lets_running_requests_end() {
        let folder = folder();
        let server = Server::start(&folder, &["--model", "plain"]);
        let mut stream = connect(server.port);
        let body = jpeg();
        stream
            .write_all(&head(server.port, "POST", "/api/predict", &[("Content-Type", "image/jpeg")], body.len()))
            .unwrap();
        stream.write_all(&body[..1000]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        let rest = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(500));
            stream.write_all(&body[1000..]).unwrap();
            answer(&mut stream)
        });
        let (code, said) = server.stop(nix::sys::signal::Signal::SIGTERM);
        assert_eq!(rest.join().unwrap().status, 200, "{said}");
        assert_eq!(code, Some(0), "{said}");
    }
}
