//! `ferrofuse report` end to end.

use ferrofuse::Silent;
use ferrofuse::dataset::Split;
use ferrofuse::evaluation::{Comparison, ComparisonInput, DatasetFacts, EntryInput, EntryKind, Seen, SplitCounts};
use ferrofuse::{Predictions, report};
use ndarray::array;

use crate::support::Folder;

/// One model on six rows of two classes; five are right.
fn comparison() -> Comparison {
    let classes = vec!["happy".to_string(), "sad".to_string()];
    let predictions = |split| Predictions {
        model: "tiny".into(),
        dataset: "few".into(),
        fingerprint: String::new(),
        classes: classes.clone(),
        split,
        rows: (0..6).collect(),
        labels: vec![0, 0, 0, 1, 1, 1],
        probabilities: array![[0.9f32, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9]],
    };
    let mut comparison = Comparison::assemble(ComparisonInput {
        title: "A few rows".into(),
        experiment: "few".into(),
        command: "ferrofuse run results/few.toml".into(),
        created: None,
        chosen_on: Split::Validation,
        dataset: DatasetFacts {
            name: "few".into(),
            title: "Few".into(),
            synthetic: true,
            classes: classes.clone(),
            counts: Split::ALL.map(|split| SplitCounts { split, per_class: vec![3, 3] }).to_vec(),
            fingerprint: "00".into(),
            source: "a test".into(),
            split_rule: "none".into(),
            size: [48, 48],
            identical_to_training: None,
            near_training: None,
        },
        entries: vec![EntryInput {
            name: "tiny".into(),
            title: "Tiny".into(),
            kind: EntryKind::Single,
            family: "network".into(),
            validation: predictions(Split::Validation),
            test: predictions(Split::Test),
            training: None,
        }],
        aggregates: &[],
        ingredients: &[],
        seen: Seen::default(),
        subjects: None,
        folds: None,
    })
    .unwrap();
    // Metrics alone hold no points of curves.
    comparison.entries[0].ranking = comparison.entries[0].ranking.take().map(|r| r.without_curves());
    comparison
}

#[test]
fn the_report_is_made_again_from_its_metrics() {
    let folder = Folder::new();
    report::write(&folder.path("results/few"), &comparison(), &Silent).unwrap();
    let page = folder.path("results/few/report.html");
    let written = std::fs::read_to_string(&page).unwrap();
    for file in ["report.html", "report.md", "metrics.csv", "confusion/tiny.test.png", "confusion/tiny.test.svg"] {
        std::fs::remove_file(folder.path("results/few").join(file)).unwrap();
    }
    let shown = folder.ok(&["report", "results/few.toml"]);
    assert!(shown.contains("83.33") && shown.contains("Tiny"), "{shown}");
    assert!(shown.contains("drawn by the program"), "{shown}");
    assert!(shown.trim_end().ends_with("report.html"), "{shown}");
    assert!(std::fs::read_to_string(&page).unwrap() == written, "the page differs");
    for file in ["report.md", "metrics.csv", "confusion/tiny.test.png", "confusion/tiny.test.svg"] {
        assert!(folder.path("results/few").join(file).exists(), "{file}");
    }
}

#[test]
fn json_names_the_files() {
    let folder = Folder::new();
    report::write(&folder.path("results/few"), &comparison(), &Silent).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&folder.ok(&["report", "few", "--json"])).unwrap();
    assert_eq!(shown["synthetic_faces"], true);
    for path in [&shown["html"], &shown["markdown"], &shown["metrics_json"], &shown["metrics_csv"], &shown["charts"][0]]
    {
        assert!(folder.path(path.as_str().unwrap()).exists(), "{path}");
    }
}

#[test]
fn without_metrics_the_command_that_makes_them_is_named() {
    let said = Folder::new().fails(1, &["report", "few"]);
    assert!(said.contains("metrics.json is missing") && said.contains("ferrofuse run few"), "{said}");
}

#[test]
fn damaged_metrics_are_named_with_the_place() {
    let folder = Folder::new();
    report::write(&folder.path("results/few"), &comparison(), &Silent).unwrap();
    let path = folder.path("results/few/metrics.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    for (damaged, expected) in [
        (whole[..whole.len() / 2].to_string(), "line "),
        (whole.replace("\"rows\": 6", "\"rows\": 7"), "sum of the confusion matrix: found 6, expected 7 rows"),
        (whole.replace("\"schema\": 1", "\"schema\": 2"), "schema: found 2"),
    ] {
        std::fs::write(&path, damaged).unwrap();
        let said = folder.fails(1, &["report", "few"]);
        assert!(said.contains("metrics.json") && said.contains(expected), "{said}");
    }
}

#[test]
fn a_path_that_leaves_the_results_is_refused() {
    for given in ["../few", "a/b", "", ".."] {
        assert!(Folder::new().fails(1, &["report", given]).contains("experiment"), "{given}");
    }
}
