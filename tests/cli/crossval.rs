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
