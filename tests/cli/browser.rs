//! The web page in a real browser.

mod driver;

use serde_json::Value;

use crate::predict::{folder, scene};
use crate::serve::Server;
use crate::support::Folder;
use driver::Browser;

/// A folder with models, a picture of two faces, a file that is no picture, and a report.
fn prepared() -> Folder {
    let folder = folder();
    scene().save(folder.path("scene.png")).unwrap();
    folder.write("text.png", "no picture at all");
    let report = "<!DOCTYPE html><title>A report</title>\n<main>\n<h1>Scores</h1><p id=word>still</p>\
                  <script>document.getElementById('word').textContent = 'moved'</script>\n</main>";
    folder.write("results/first/report.html", report);
    folder
}

fn url(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

/// That nothing reaches beyond the right edge.
fn assert_fits(browser: &Browser, what: &str) {
    let sizes = browser.script("return [document.documentElement.scrollWidth, innerWidth]");
    assert!(sizes[0].as_u64() <= sizes[1].as_u64(), "{what}: {sizes}");
}

#[test]
fn a_picture_shows_its_faces_and_a_bad_file_says_why() {
    let folder = prepared();
    let server = Server::start(&folder, &["--model", "plain,fused"]);
    let browser = Browser::start(1280, 900);
    browser.open(&url(&server));
    assert!(browser.text("main").contains("Synthetic faces"), "{}", browser.text("main"));

    browser.choose(&browser.find("#file"), &folder.path("scene.png"));
    browser.wait("return document.querySelectorAll('.face').length === 2");
    assert!(browser.text("#status").starts_with("Found 2 faces in "), "{}", browser.text("#status"));
    // What is shown is what the API answers.
    let png = std::fs::read(folder.path("scene.png")).unwrap();
    let answer = crate::http::ask(server.port, "POST", "/api/predict", &[("Content-Type", "image/png")], &png).json();
    let label = browser.script("return document.getElementById('canvas').getAttribute('aria-label')");
    for (i, face) in answer["faces"].as_array().unwrap().iter().enumerate() {
        let said = format!("{} {}", i + 1, face["class"].as_str().unwrap());
        assert!(label.as_str().unwrap().contains(&said), "{label}: {said}");
        let heading = browser.text(&format!(".face:nth-child({}) h3", i + 1));
        assert!(heading.contains(face["class"].as_str().unwrap()), "{heading}");
        let widths = browser.script(&format!(
            "return [...document.querySelectorAll('.face:nth-child({}) .groove span')].map(b => parseFloat(b.style.width))",
            i + 1
        ));
        let widths: Vec<f64> = widths.as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect();
        assert_eq!(widths.len(), 7);
        for (width, p) in widths.iter().zip(face["probabilities"].as_array().unwrap()) {
            assert!((width - 100.0 * p.as_f64().unwrap()).abs() < 0.1, "{widths:?} {face}");
        }
        let columns = browser.text(&format!(".face:nth-child({}) .opinions thead", i + 1));
        assert_eq!(columns.trim_end(), "Class\tplain\tfused");
    }
    // The boxes are on the canvas: where each one's left edge is, there is the colour of the class.
    let script = format!(
        "const canvas = document.getElementById('canvas'), scale = canvas.width / 640;
         const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
         return {}.map(({{ box }}, i) => {{
             const [x, y] = [box.x, box.y + box.height / 2].map(v => Math.round(v * scale));
             const face = document.querySelectorAll('.face')[i];
             const colour = getComputedStyle(face).getPropertyValue('--class').trim();
             const wanted = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
             return Math.max(...wanted.map((v, c) => Math.abs(v - pixels[4 * (y * canvas.width + x) + c])));
         }})",
        answer["faces"]
    );
    let differences = browser.script(&script);
    let near = |difference: &Value| difference.as_f64().is_some_and(|d| d < 60.0);
    assert!(differences.as_array().unwrap().iter().all(near), "{differences}");
    assert_fits(&browser, "two faces on a desktop");

    browser.choose(&browser.find("#file"), &folder.path("text.png"));
    browser.wait("return !document.getElementById('error').hidden");
    let error = browser.text("#error");
    assert!(error.contains("The picture cannot be read: no picture of a known format."), "{error}");
    assert_eq!(browser.script("return document.getElementById('error').getAttribute('role')"), "alert");
    assert_eq!(browser.count(".face"), 0, "the faces of the picture before are gone");
    // A good one after it clears the error; taken as one face, it is one.
    browser.click(&browser.find("#crop"));
    browser.choose(&browser.find("#file"), &folder.path("scene.png"));
    browser.wait("return document.querySelectorAll('.face').length === 1");
    assert_eq!(browser.script("return document.getElementById('error').hidden"), true);

    let complaints = browser.complaints();
    let unexpected: Vec<&String> = complaints.iter().filter(|c| !c.contains("400 (Bad Request)")).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

#[test]
fn dropped_and_pasted_pictures_are_looked_at() {
    let folder = prepared();
    let server = Server::start(&folder, &["--model", "plain"]);
    let browser = Browser::start(1280, 900);
    browser.open(&url(&server));
    // A picture made by the page itself: no faces, but an answer.
    for (event, target, transfer) in
        [("DragEvent", "drop", "dataTransfer"), ("ClipboardEvent", "paste", "clipboardData")]
    {
        let script = format!(
            "document.getElementById('status').textContent = '';
             const canvas = Object.assign(document.createElement('canvas'), {{ width: 120, height: 90 }});
             canvas.getContext('2d').fillRect(0, 0, 60, 90);
             canvas.toBlob(blob => {{
                 const data = new DataTransfer();
                 data.items.add(new File([blob], 'made.png', {{ type: 'image/png' }}));
                 document.body.dispatchEvent(
                     new {event}('{target}', {{ {transfer}: data, bubbles: true, cancelable: true }}));
             }});
             return true"
        );
        assert_eq!(browser.script(&script), true);
        browser.wait("return document.getElementById('status').textContent.startsWith('Found no face in ')");
        assert!(browser.text("#none").contains("No face was found"), "{target}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_webcam_is_watched_until_it_is_stopped_or_hidden() {
    let folder = prepared();
    let server = Server::start(&folder, &["--model", "plain", "--face-crop"]);
    let browser = Browser::start(1280, 900);
    browser.open(&url(&server));
    let frames = "return performance.getEntriesByType('resource').filter(e => e.name.includes('/api/predict')).length";
    let pressed = || browser.script("return document.getElementById('webcam').getAttribute('aria-pressed')");
    browser.click(&browser.find("#webcam"));
    browser.wait("return document.getElementById('status').textContent === 'The webcam is on.'");
    browser.wait(&format!("{frames} >= 5"));
    browser.wait("return document.getElementById('rate').textContent.startsWith('1 face, ')");
    assert_eq!(browser.count(".face"), 1);
    assert_eq!((pressed(), browser.text("#webcam")), (Value::from("true"), "Stop the webcam".into()));

    browser.click(&browser.find("#webcam"));
    browser.wait("return document.getElementById('status').textContent === 'The webcam is off.'");
    assert_eq!((pressed(), browser.text("#rate")), (Value::from("false"), String::new()));
    let seen = browser.script(frames).as_u64().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(browser.script(frames).as_u64().unwrap() <= seen + 1, "no frame is sent any more");

    // On again, and the page is hidden.
    browser.click(&browser.find("#webcam"));
    browser.wait("return document.getElementById('rate').textContent !== ''");
    browser.script(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
         document.dispatchEvent(new Event('visibilitychange'))",
    );
    assert_eq!(browser.text("#status"), "The webcam is off: the page was hidden.");
    assert_eq!(pressed(), "false");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn reports_open_and_may_do_nothing_but_show_themselves() {
    let folder = prepared();
    let server = Server::start(&folder, &["--model", "plain"]);
    let browser = Browser::start(1280, 900);
    browser.open(&url(&server));
    browser.click(&browser.find("nav a[href='/reports']"));
    browser.wait("return document.title === 'Reports · ferrofuse'");
    browser.click(&browser.find(".reports a"));
    browser.wait("return document.title === 'A report'");
    assert_eq!(browser.text("#word"), "moved", "a report's own script runs");
    assert_eq!(browser.script("return self.origin"), "null");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.script("fetch('/api/health').catch(() => document.getElementById('word').textContent = 'refused')");
    browser.wait("return document.getElementById('word').textContent === 'refused'");
    browser.click(&browser.find("nav a[href='/reports']"));
    browser.wait("return document.title === 'Reports · ferrofuse'");
}

#[test]
fn nothing_is_cut_off_on_a_telephone_and_the_keyboard_is_enough() {
    let folder = prepared();
    let server = Server::start(&folder, &["--model", "plain,fused"]);
    let browser = Browser::start(1280, 900);
    for (width, dark) in [(390, false), (390, true), (320, false)] {
        browser.emulate(width, 844, dark);
        browser.open(&url(&server));
        assert_eq!(browser.script("return innerWidth"), width);
        assert_fits(&browser, "the empty page");
        browser.choose(&browser.find("#file"), &folder.path("scene.png"));
        browser.wait("return document.querySelectorAll('.face').length === 2");
        assert_fits(&browser, "two faces");
        let canvas = browser.script("return document.getElementById('canvas').getBoundingClientRect().right");
        assert!(canvas.as_f64().unwrap() <= f64::from(width), "{canvas}");
        browser.open(&format!("{}/reports", url(&server)));
        assert_fits(&browser, "reports");
    }
    // Every control is reached by Tab, in the order of the page.
    browser.open(&url(&server));
    let mut reached = Vec::new();
    for _ in 0..7 {
        browser.press("\u{e004}");
        let focus = "const e = document.activeElement; return e.id || e.getAttribute('href')";
        reached.push(browser.script(focus).as_str().unwrap().to_string());
    }
    assert_eq!(reached, ["/", "/", "/reports", "/api/openapi.json", "file", "webcam", "crop"]);
    browser.press(" ");
    assert_eq!(browser.script("return document.getElementById('crop').checked"), true);
    // Whatever can be used has a name.
    let nameless = "return [...document.querySelectorAll('button, a, input, canvas, section')].filter(e =>
        !(e.innerText || e.labels?.length || e.ariaLabel || e.getAttribute('aria-labelledby'))).length";
    assert_eq!(browser.script(nameless), 0);
}
