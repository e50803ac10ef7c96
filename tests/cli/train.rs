//! `ferrofuse train` and `ferrofuse evaluate` end to end.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::small;
use crate::support::Folder;

const PLAIN: [&str; 6] = ["train", "plain", "-d", "tiny", "--threads", "1"];

#[test]
fn a_trained_network_is_fresh_the_second_time_and_can_be_scored() {
    let folder = small::folder();
    let trained = folder.ok(&PLAIN);
    assert!(trained.contains("is trained") && trained.contains("synthetic"), "{trained}");
    let history = std::fs::read_to_string(folder.path("models/tiny/plain/history.csv")).unwrap();
    assert_eq!(history.lines().count(), 5, "{history}");
    assert!(!folder.path("models/tiny/plain/checkpoint.safetensors").exists());
    assert!(folder.path("models/tiny/plain/curves.png").exists());
    assert!(folder.ok(&PLAIN).contains("fresh"));
    let shown = folder.ok(&["evaluate", "plain", "-d", "tiny", "--split", "test", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(value["split"], "test");
    assert_eq!(value["metrics"]["rows"], 42);
    assert_eq!(value["synthetic_faces"], true);
}

#[test]
fn a_model_folder_works_in_another_place() {
    let (one, other) = (small::folder(), small::folder());
    one.ok(&PLAIN);
    one.ok(&["train", "plain", "-d", "tiny", "--threads", "1"]);
    other.ok(&["import", "tiny"]);
    std::fs::create_dir_all(other.path("models/tiny/plain")).unwrap();
    for file in ["weights.safetensors", "model.json"] {
        std::fs::copy(one.path("models/tiny/plain").join(file), other.path("models/tiny/plain").join(file)).unwrap();
    }
    other.ok(&PLAIN);
    // The weights were taken as they are; only the predictions were missing.
    assert!(!other.path("models/tiny/plain/history.csv").exists());
    let probabilities = |f: &Folder| std::fs::read(f.path("models/tiny/plain/predictions.test.npy")).unwrap();
    assert_eq!(probabilities(&one), probabilities(&other));
}

/// Starts a training of many epochs and waits until one is complete; `model` is its folder.
pub fn started(folder: &Folder, args: &[&str], model: &str) -> std::process::Child {
    let child = folder.command(args).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let checkpoint = folder.path(model).join("checkpoint.safetensors");
    let clock = Instant::now();
    while !checkpoint.exists() {
        assert!(clock.elapsed() < Duration::from_secs(120), "no checkpoint after two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
#[cfg(unix)]
fn a_training_that_is_killed_or_interrupted_resumes_to_the_same_weights() {
    let long = small::NETWORK.replace("epochs = 4", "epochs = 150");
    let (whole, parts) = (small::folder(), small::folder());
    for folder in [&whole, &parts] {
        folder.write("models/plain.toml", &long);
    }
    whole.ok(&PLAIN);

    let mut killed = started(&parts, &PLAIN, "models/tiny/plain");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!parts.path("models/tiny/plain/model.json").exists());
    let refused = parts.fails(1, &PLAIN);
    assert!(refused.contains("--resume"), "{refused}");

    let mut interrupted = parts.command(&[&PLAIN[..], &["--resume"]].concat()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    // The library and not the command: a bare machine has no `kill`.
    let pid = nix::unistd::Pid::from_raw(interrupted.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let code = interrupted.wait().unwrap().code();
    // A fast machine may have finished before the signal came.
    assert!(code == Some(130) || code == Some(0), "{code:?}");

    parts.ok(&[&PLAIN[..], &["--resume"]].concat());
    let weights = |f: &Folder| std::fs::read(f.path("models/tiny/plain/weights.safetensors")).unwrap();
    assert_eq!(weights(&whole), weights(&parts));
}

#[test]
fn wrong_names_and_options_say_what_there_is() {
    let folder = small::folder();
    let error = folder.fails(1, &["train", "plan", "-d", "tiny"]);
    assert!(error.contains("plain") && error.contains("sift-cnn"), "{error}");
    assert!(folder.fails(1, &["train", "plain", "-d", "tinny"]).contains("tiny"));
    assert!(folder.fails(1, &["train", "svm", "-d", "tiny", "--epochs", "3"]).contains("--epochs"));
    assert!(folder.fails(1, &["train", "plain", "-d", "tiny", "--device", "tpu"]).contains("cuda:N"));
    // No machine has a hundred GPUs; why there are none is said as well.
    let error = folder.fails(1, &["train", "plain", "-d", "tiny", "--device", "cuda:99"]);
    assert!(error.contains("cuda:99") && ["libtorch", "driver"].iter().any(|why| error.contains(why)), "{error}");
    assert!(folder.fails(1, &["evaluate", "plain", "-d", "tiny"]).contains("ferrofuse train plain"));
    folder.write("models/bad.toml", small::NETWORK.replace("epochs = 4", "epochs = 4\nepoch = 5"));
    let error = folder.fails(1, &["train", "bad", "-d", "tiny"]);
    assert!(error.contains("bad.toml") && error.contains("`epoch`"), "{error}");
    assert!(!folder.path("models/tiny").exists());
}

#[test]
fn damaged_weights_are_refused_by_name() {
    let folder = small::folder();
    folder.ok(&PLAIN);
    let weights = folder.path("models/tiny/plain/weights.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(folder.path("models/tiny/plain/predictions.json")).unwrap();
    assert!(folder.fails(1, &PLAIN).contains("weights.safetensors"));
}
