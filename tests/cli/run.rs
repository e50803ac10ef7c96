//! `ferrofuse run` end to end.

use std::time::SystemTime;

use crate::small;
use crate::support::Folder;

const EXPERIMENT: &str = r#"
title = "A small comparison"
dataset = "tiny"
models = ["plain", "fused", "svm"]
[[aggregate]]
name = "plain+fused"
members = ["plain", "fused"]
[[aggregate]]
name = "all, weighted"
members = ["plain", "fused", "svm"]
method = "weighted"
"#;

fn folder() -> Folder {
    let folder = small::folder();
    folder.write("results/small.toml", EXPERIMENT);
    folder
}

fn changed(folder: &Folder, file: &str) -> SystemTime {
    std::fs::metadata(folder.path(file)).unwrap().modified().unwrap()
}

#[test]
fn everything_is_made_once_and_only_what_changed_is_made_again() {
    let folder = folder();
    let shown = folder.ok(&["run", "small"]);
    for part in ["Small", "Small SVM", "plain+fused", "all, weighted", "report.html", "drawn by the program"] {
        assert!(shown.contains(part), "`{part}` is missing in:\n{shown}");
    }
    for file in ["report.html", "report.md", "metrics.json", "metrics.csv", "predictions/plain.test.npy"] {
        assert!(folder.path("results/small").join(file).exists(), "{file}");
    }
    let files = ["data/tiny/images.npy", "features/tiny/dense/features.npy", "models/tiny/plain/weights.safetensors"];
    let (fused, report) = ("models/tiny/fused/weights.safetensors", "results/small/report.html");
    let before: Vec<SystemTime> = files.iter().map(|f| changed(&folder, f)).collect();
    let (fused_before, report_before) = (changed(&folder, fused), changed(&folder, report));

    let again = folder.ok(&["run", "results/small.toml"]);
    assert!(again.contains("fresh"), "{again}");
    assert_eq!((changed(&folder, fused), changed(&folder, report)), (fused_before, report_before));

    let recipe = std::fs::read_to_string(folder.path("models/fused.toml")).unwrap();
    folder.write("models/fused.toml", recipe.replace("l2 = 0.001", "l2 = 0.002"));
    let third = folder.ok(&["run", "small"]);
    assert!(!third.contains("everything is fresh"), "{third}");
    assert!(changed(&folder, fused) > fused_before && changed(&folder, report) > report_before);
    assert_eq!(files.iter().map(|f| changed(&folder, f)).collect::<Vec<_>>(), before);

    // A comment is no change.
    folder.write("models/fused.toml", format!("# said again\n{}", recipe.replace("l2 = 0.001", "l2 = 0.002")));
    assert!(folder.ok(&["run", "small"]).contains("fresh"));
}

#[test]
fn results_of_another_program_take_part_and_bad_ones_are_refused() {
    let folder = folder();
    folder.ok(&["train", "plain", "-d", "tiny"]);
    for split in ["validation", "test"] {
        let from = folder.path(format!("models/tiny/plain/predictions.{split}.npy"));
        std::fs::copy(from, folder.path(format!("theirs.{split}.npy"))).unwrap();
    }
    let external =
        "[[external]]\nname = \"theirs\"\nvalidation = \"theirs.validation.npy\"\ntest = \"theirs.test.npy\"\n";
    let recipe = format!("title = \"x\"\ndataset = \"tiny\"\nmodels = [\"plain\"]\n{external}");
    folder.write("results/ext.toml", &recipe);
    let value: serde_json::Value = serde_json::from_str(&folder.ok(&["run", "ext", "--json"])).unwrap();
    let entries = value["comparison"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    // A copy never differs from its original.
    assert_eq!(entries[1]["versus_best_single"]["p"], 1.0);
    assert_eq!(entries[0]["test"], entries[1]["test"]);

    folder.write("theirs.test.npy", b"not an array");
    let error = folder.fails(1, &["run", "ext"]);
    assert!(error.contains("theirs.test.npy"), "{error}");
    folder.write("results/ext.toml", recipe.replace("theirs.test.npy", "gone.npy"));
    assert!(folder.fails(1, &["run", "ext"]).contains("gone.npy"));
}

#[test]
fn an_experiment_that_names_what_is_not_there_says_so_before_any_work() {
    let folder = folder();
    folder.write("results/bad.toml", EXPERIMENT.replace("\"svm\"]\n[[", "\"swm\"]\n[["));
    assert!(folder.fails(1, &["run", "bad"]).contains("swm"));
    folder.write(
        "results/bad.toml",
        EXPERIMENT
            .replace("models = [\"plain\", \"fused\", \"svm\"]", "models = [\"none\"]")
            .replace("\"plain\", \"fused\"", "\"none\", \"none\"")
            .replace(", \"svm\"]", "]"),
    );
    assert!(folder.fails(1, &["run", "bad"]).contains("none"));
    assert!(folder.fails(1, &["run", "nothing"]).contains("demo"));
    assert!(!folder.path("data/tiny").exists());
}
