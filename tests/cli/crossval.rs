//! Cross-validation, end to end.

use serde_json::Value;

use crate::small;
use crate::support::Folder;

const FOLDS: &str = r#"
title = "Folds"
dataset = "tiny"
models = ["plain", "svm"]
[[aggregate]]
name = "both"
members = ["plain", "svm"]
[folds]
rule = "stratified"
count = 3
seed = 5
"#;

fn folder() -> Folder {
    let folder = small::folder();
    folder.write("results/folds.toml", FOLDS);
    folder
}

#[test]
fn every_row_is_tested_once_and_a_second_run_computes_nothing() {
    let folder = folder();
    folder.write("models/plain.toml", small::NETWORK.replace("[training]", "[training]\nflip-at-prediction = true"));
    let printed: Value = serde_json::from_str(&folder.ok(&["crossval", "folds", "--json"])).unwrap();
    let comparison = &printed["comparison"];
    let entries = comparison["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for (i, entry) in entries.iter().enumerate() {
        // All 168 rows, whatever split they were drawn for.
        assert_eq!(entry["test"]["metrics"]["rows"], 168);
        assert_eq!(entry["validation"]["metrics"]["rows"], 168);
        let folds = &comparison["folds"];
        let of_fold = folds["accuracies"][i].as_array().unwrap();
        let rows = folds["rows"].as_array().unwrap();
        assert_eq!((of_fold.len(), rows.len()), (3, 3));
        let right: f64 = of_fold.iter().zip(rows).map(|(a, n)| a.as_f64().unwrap() * n.as_f64().unwrap()).sum();
        assert!((right - entry["test"]["metrics"]["correct"].as_f64().unwrap()).abs() < 1e-6);
    }
    // What the network has right without the mirror images, and the cost of the feature, are those of all folds too.
    assert_eq!(entries[0]["training"]["single_view"]["test"]["rows"], 168);
    let svm = &entries[1]["training"];
    assert!(svm["single_view"].is_null() && svm["features"][0]["cost"]["seconds"].as_f64().unwrap() > 0.0);
    for fold in ["01", "02", "03"] {
        assert!(folder.path(format!("models/tiny.stratified-3-5-{fold}/plain/curves.svg")).exists());
    }
    let lines = std::fs::read_to_string(folder.path("results/folds/tables/folds.csv")).unwrap();
    assert_eq!(lines.lines().count(), 1 + 3);
    assert!(lines.starts_with("synthetic_faces,Model,Mean,Deviation,Fold 1 (n = 56)"), "{lines}");
    for file in ["report.html", "report.md"] {
        let text = std::fs::read_to_string(folder.path("results/folds").join(file)).unwrap();
        assert!(text.contains("3 folds, rows at random, stratified by class, seed 5"), "{file}");
        assert!(text.contains("Fold 3 (n = 56)"), "{file}");
    }
    let again = folder.ok(&["crossval", "folds"]);
    assert!(again.contains("fresh") && again.contains("mean and standard deviation"), "{again}");
}

#[test]
fn a_second_training_learns_from_the_fold_that_validated() {
    let folder = folder();
    folder.ok(&["crossval", "folds"]);
    let weights = |name: &str| std::fs::read(folder.path(format!("models/{name}/plain/weights.safetensors"))).unwrap();
    let first = weights("tiny.stratified-3-5-02");
    folder.write("results/again.toml", format!("{FOLDS}refit = true\n"));
    folder.ok(&["crossval", "again"]);
    // The first trainings are those of the experiment without a second one.
    assert_eq!(weights("tiny.stratified-3-5-02"), first);
    assert_ne!(weights("tiny.stratified-3-5-02-refit"), first);
    for model in ["plain", "svm"] {
        let array = |experiment: &str, split: &str| {
            std::fs::read(folder.path(format!("results/{experiment}/predictions/{model}.{split}.npy"))).unwrap()
        };
        assert_eq!(array("folds", "validation"), array("again", "validation"), "{model}");
        assert_ne!(array("folds", "test"), array("again", "test"), "{model}");
    }
    let read =
        |path: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(folder.path(path)).unwrap()).unwrap() };
    let network = read("models/tiny.stratified-3-5-01-refit/plain/model.json");
    assert_eq!((&network["best_epoch"], network["history"].as_array().unwrap().len()), (&4.into(), 4));
    assert!(network["history"][3]["validation_accuracy"].is_null());
    let svm = |view: &str| read(&format!("models/tiny.stratified-3-5-01{view}/svm/svm.json"));
    assert_eq!(svm("")["calibration"], svm("-refit")["calibration"]);
    assert_eq!(
        (&svm("")["training_rows_available"], &svm("-refit")["training_rows_available"]),
        (&56.into(), &112.into())
    );
    let metrics = read("results/again/metrics.json")["comparison"].take();
    let training = &metrics["entries"][0]["training"];
    assert_eq!((&training["epochs"], &metrics["entries"][0]["test"]["metrics"]["rows"]), (&24.into(), &168.into()));
    assert!(training["note"].as_str().unwrap().starts_with("trained 6 times"), "{training}");
    let report = std::fs::read_to_string(folder.path("results/again/report.md")).unwrap();
    assert!(report.contains("then a second training on both, of which the test scores are"), "{report}");
    assert!(folder.ok(&["crossval", "again"]).contains("fresh"));

    folder.write("models/plain.toml", small::NETWORK.replace("[training]", "[training]\npatience = 2"));
    let said = folder.fails(1, &["crossval", "again"]);
    assert!(said.contains("patience") && said.contains("`plain`"), "{said}");
}

#[test]
fn drawn_people_stay_in_one_fold() {
    let folder = folder();
    let alone = FOLDS.split("[[aggregate]]").next().unwrap().replace("\"plain\", ", "");
    folder.write("results/people.toml", format!("{alone}[folds]\nrule = \"by-subject\"\ncount = 4\nseed = 2"));
    folder.ok(&["crossval", "people"]);
    let text = std::fs::read_to_string(folder.path("results/people/report.md")).unwrap();
    assert!(text.contains("4 folds, whole subjects at random, seed 2"), "{text}");
}

#[test]
fn what_has_no_folds_or_cannot_be_dealt_is_refused() {
    let folder = folder();
    let said = folder.fails(1, &["run", "folds"]);
    assert!(said.contains("ferrofuse crossval folds"), "{said}");
    folder.write("results/plain.toml", FOLDS.split("[folds]").next().unwrap());
    let said = folder.fails(1, &["crossval", "plain"]);
    assert!(said.contains("[folds]") && said.contains("ferrofuse run plain"), "{said}");
    folder.write("results/folds.toml", FOLDS.replace("count = 3", "count = 2"));
    let said = folder.fails(1, &["crossval", "folds"]);
    assert!(said.contains("folds.count"), "{said}");
}
