//! `ferrofuse evaluate --on`: models on datasets that they were not trained on.

use serde_json::Value;

use crate::small;
use crate::support::Folder;

const RIDGE: &str = r#"
kind = "kernel-ridge"
title = "Ridge"
features = ["dense"]
mirrored = true
kernel = "rbf"
gamma = 1.0
lambda = 0.2
"#;

const LINEAR: &str = r#"
kind = "linear"
title = "Linear"
features = ["dense", "hog"]
c = 1.0
seed = 1
"#;

const HOG: &str = r#"
title = "HOG"
extractor = "hog"
encoding = "concatenate"
symmetric = true
[hog]
cell = 6
"#;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The small recipes, every kind of classifier among them; `twin` draws the same faces as `tiny`, `six` others, without
/// neutral ones and in another order of classes.
fn folder() -> Folder {
    let folder = small::folder();
    folder.write(
        "features/dense.toml",
        small::FEATURE
            .replace("first = 8", "first = 6")
            .replace("step = 8", "step = 3")
            .replace("sizes = [2.67]", "bins = [3]"),
    );
    folder.write("features/hog.toml", HOG);
    folder.write("models/ridge.toml", RIDGE);
    folder.write("models/linear.toml", LINEAR);
    folder.write("models/local.toml", small::SVM.replace("\"global\"\nmax-rows = 60", "\"local\"\nneighbours = 20"));
    folder.write("data/twin.toml", small::DATA.replace("tiny", "twin"));
    let six = "[\"happy\", \"angry\", \"disgust\", \"fear\", \"sad\", \"surprise\"]";
    let classes = small::DATA.lines().find(|line| line.starts_with("classes")).unwrap();
    folder.write(
        "data/six.toml",
        small::DATA.replace(classes, &format!("classes = {six}")).replace("seed = 3", "seed = 4"),
    );
    folder
}

/// Scores on the same faces under another name are those of the model itself; others get the classes in common.
fn is_the_same_elsewhere(folder: &Folder, model: &str) {
    folder.ok(&["train", model, "-d", "tiny"]);
    let own = json(&folder.ok(&["evaluate", model, "-d", "tiny", "--split", "test", "--json"]));
    let twin = json(&folder.ok(&["evaluate", model, "-d", "tiny", "--on", "twin", "--split", "test", "--json"]));
    assert_eq!(own["confusion"], twin["confusion"], "{model}");
    let loss = |v: &Value| v["metrics"]["log_loss"].as_f64().unwrap();
    assert!((loss(&own) - loss(&twin)).abs() < 1e-5, "{model}: {} {}", loss(&own), loss(&twin));
    assert_eq!(twin["classes"], "the same classes in the same order");

    let said = folder.ok(&["evaluate", model, "-d", "tiny", "--on", "six", "--output", "p.npy"]);
    for words in ["trained on tiny faces, scored on tiny faces", "neutral has no counterpart", "all rows: accuracy"] {
        assert!(said.contains(words), "{words} is missing in:\n{said}");
    }
    let aggregated = folder.ok(&["aggregate", "--members", "p.npy", "p2.npy", "--labels", "p.labels.npy", "--json"]);
    assert_eq!(json(&aggregated)["members"][0]["metrics"]["rows"], 168);
}

#[test]
fn classifiers_on_features_go_to_another_dataset() {
    let folder = folder();
    folder.ok(&["import", "six"]);
    for model in ["svm", "local", "ridge", "linear"] {
        // A second member for the aggregate: what this very model says.
        folder.ok(&["train", model, "-d", "tiny"]);
        folder.ok(&["evaluate", model, "-d", "tiny", "--on", "six", "--output", "p2.npy"]);
        is_the_same_elsewhere(&folder, model);
    }
    // Drawn from the same seed, all of its training rows are those of `tiny`.
    let all = json(&folder.ok(&["evaluate", "svm", "-d", "tiny", "--on", "twin", "--json"]));
    assert_eq!((&all["metrics"]["rows"], &all["split"]), (&168.into(), &"all".into()));
    assert!(all["rows_seen_in_training"]["identical"].as_u64().unwrap() >= 84);
    let six = json(&folder.ok(&["evaluate", "svm", "-d", "tiny", "--on", "six", "--json"]));
    assert_eq!(six["confusion"]["classes"][0], "happy");
    assert_eq!((&six["rows_left_out"], &six["rows_undecided"]), (&0.into(), &0.into()));
    // The other way round, the model has never seen neutral faces.
    folder.ok(&["train", "svm", "-d", "six"]);
    let back = json(&folder.ok(&["evaluate", "svm", "-d", "six", "--on", "tiny", "--json"]));
    let labels = ferrofuse::artifact::read_npy1::<u8>(&folder.path("data/tiny/labels.npy")).unwrap();
    let neutral = labels.iter().filter(|label| **label == 6).count();
    assert_eq!((&back["metrics"]["rows"], &back["rows_left_out"]), (&(168 - neutral).into(), &neutral.into()));
}

#[test]
#[cfg(feature = "torch")]
fn networks_and_what_reads_them_go_to_another_dataset() {
    let folder = folder();
    let embedding = "title = \"Embedding\"\nextractor = \"network\"\nencoding = \"concatenate\"\nnetwork = \"fused\"\nsymmetric = true\n";
    folder.write("features/embedding.toml", embedding);
    folder.write("models/early.toml", LINEAR.replace("\"hog\"", "\"embedding\""));
    for model in ["plain", "fused", "early"] {
        folder.ok(&["train", model, "-d", "tiny"]);
        folder.ok(&["evaluate", model, "-d", "tiny", "--on", "six", "--output", "p2.npy"]);
        is_the_same_elsewhere(&folder, model);
    }
    // An exported network takes the same way.
    folder.ok(&["export", "plain", "-d", "tiny", "--to", "away"]);
    let said = folder.ok(&["evaluate", "away/plain", "-d", "six", "--split", "all"]);
    assert!(said.contains("neutral has no counterpart"), "{said}");
    let said = folder.fails(1, &["evaluate", "away/plain", "-d", "tiny", "--split", "all"]);
    assert!(said.contains("was trained on"), "{said}");
    let said = folder.fails(1, &["evaluate", "away/plain", "-d", "tiny", "--on", "six"]);
    assert!(said.contains("--dataset six"), "{said}");
}

#[test]
fn what_cannot_be_scored_elsewhere_is_named() {
    let folder = folder();
    let on = |other: &str| folder.fails(1, &["evaluate", "svm", "-d", "tiny", "--on", other]);
    let said = on("six");
    assert!(said.contains("ferrofuse train svm --dataset tiny"), "{said}");
    folder.ok(&["train", "svm", "-d", "tiny"]);
    let said = folder.fails(1, &["evaluate", "svm", "-d", "tiny", "--split", "all"]);
    assert!(said.contains("trained on the other rows"), "{said}");
    folder.write("data/larger.toml", small::DATA.replace("[24, 24]", "[32, 32]"));
    let said = on("larger");
    assert!(said.contains("24 x 24") && said.contains("32 x 32") && said.contains("size"), "{said}");
    assert!(on("nowhere").contains("nowhere"));
    folder.write("models/svm.toml", small::SVM.replace("max-rows = 60", "max-rows = 50"));
    let said = on("six");
    assert!(said.contains("has changed since it was trained"), "{said}");
}
