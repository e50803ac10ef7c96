//! `ferrofuse aggregate`, `init` and `completions` end to end.

use ferrofuse::Predictions;
use ferrofuse::artifact::{read_npy2, write_npy};
use ferrofuse::dataset::{DatasetInfo, Split};
use ferrofuse::predictions::{EntryKind, save_predictions};
use ndarray::{Array1, Array2, Axis, array, concatenate};
use serde_json::Value;

use crate::support::Folder;

/// Four rows; `a` has rows 0 to 2 right, `b` rows 1 to 3, their mean all.
fn tables() -> (Array2<f32>, Array2<f32>) {
    let a = array![[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]];
    let b = array![[0.3, 0.4, 0.3], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6], [0.1, 0.8, 0.1]];
    (a, b)
}

const LABELS: [u8; 4] = [0, 1, 2, 1];

fn with_files() -> Folder {
    let folder = Folder::new();
    let (a, b) = tables();
    write_npy(&folder.path("a.npy"), a.view()).unwrap();
    write_npy(&folder.path("b.npy"), b.mapv(f64::from).view()).unwrap();
    write_npy(&folder.path("labels.npy"), Array1::from(LABELS.map(i64::from).to_vec()).view()).unwrap();
    folder
}

fn with_experiment(synthetic: bool) -> Folder {
    let folder = with_files();
    let info = DatasetInfo {
        schema: 1,
        name: "d".into(),
        title: "Dataset".into(),
        classes: vec!["x".into(), "y".into(), "z".into()],
        rows: 8,
        height: 48,
        width: 48,
        synthetic,
        source: String::new(),
        split_rule: String::new(),
        resize: "none".into(),
        prepared: Default::default(),
        skipped: 0,
        recipe: String::new(),
        fingerprint: "f".into(),
        version: String::new(),
    };
    let (a, b) = tables();
    for (split, first) in [(Split::Validation, 0), (Split::Test, 4)] {
        for (model, table) in [("one", &a), ("two", &b)] {
            let p = Predictions {
                model: model.into(),
                dataset: "d".into(),
                fingerprint: "f".into(),
                classes: info.classes.clone(),
                split,
                rows: (first..first + 4).collect(),
                labels: LABELS.to_vec(),
                probabilities: table.clone(),
            };
            save_predictions(&folder.path("results/e/predictions"), &info, &p, model, EntryKind::Single).unwrap();
        }
    }
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn files_are_combined_scored_and_written() {
    let folder = with_files();
    let args = ["aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy", "--output", "mean.npy"];
    let shown = folder.ok(&args);
    for word in ["a.npy", "b.npy", "mean(a.npy, b.npy)", "75.00", "100.00", "macro-F1", "written: mean.npy"] {
        assert!(shown.contains(word), "{word} is missing in:\n{shown}");
    }
    let (a, b) = tables();
    let mean = read_npy2::<f32>(&folder.path("mean.npy")).unwrap();
    assert!((&mean - &((a + b) / 2.0)).iter().all(|d| d.abs() < 1e-6));

    let value = json(&folder.ok(&[&args[..], &["--json", "--classes", "x,y,z"]].concat()));
    assert_eq!(value["aggregate"]["metrics"]["accuracy"], 1.0);
    assert_eq!(value["members"][0]["metrics"]["correct"], 3);
    assert_eq!(value["aggregate"]["metrics"]["per_class"][1]["name"], "y");
    assert_eq!(value["weights"], Value::Null);
}

#[test]
fn every_method_runs_and_a_vote_has_no_log_loss() {
    let folder = with_files();
    for method in ["mean", "geometric", "vote", "weighted"] {
        let mut args = vec!["--json", "aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy"];
        args.extend(["--method", method]);
        if method == "weighted" {
            args.extend(["--weights", "3,1"]);
        }
        let value = json(&folder.ok(&args));
        assert_eq!(value["method"], method);
        assert_eq!(value["aggregate"]["metrics"]["log_loss"].is_null(), method == "vote");
        assert_eq!(value["weights"], if method == "weighted" { serde_json::json!([0.75, 0.25]) } else { Value::Null });
    }
}

#[test]
fn weights_are_chosen_on_validation_rows_or_asked_for() {
    let folder = with_files();
    let args = ["aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy", "--method", "weighted"];
    let asked = folder.fails(1, &args);
    assert!(asked.contains("--weights") && asked.contains("--validation-members"), "{asked}");
    for (name, table) in often() {
        write_npy(&folder.path(name), table.view()).unwrap();
    }
    write_npy(&folder.path("many.npy"), Array1::from(LABELS.map(i64::from).repeat(5)).view()).unwrap();
    let more = ["--validation-members", "many-a.npy", "many-b.npy", "--validation-labels", "many.npy", "--json"];
    let value = json(&folder.ok(&[&args[..], &more].concat()));
    assert_eq!(value["weights_chosen_on_validation"], true);
    assert_eq!(value["aggregate"]["metrics"]["accuracy"], 1.0);
    let wrong =
        folder.fails(1, &["aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy", "--weights", "1,2"]);
    assert!(wrong.contains("weighted"), "{wrong}");
}

/// The four rows five times over, so that there are enough to fit a stacker on.
fn often() -> [(&'static str, Array2<f32>); 2] {
    let (a, b) = tables();
    let often = |table: &Array2<f32>| concatenate![Axis(0), *table, *table, *table, *table, *table];
    [("many-a.npy", often(&a)), ("many-b.npy", often(&b))]
}

#[test]
fn greedy_selection_and_stacking_are_fitted_on_validation_rows() {
    let folder = with_files();
    for (name, table) in often() {
        write_npy(&folder.path(name), table.view()).unwrap();
    }
    write_npy(&folder.path("many.npy"), Array1::from(LABELS.map(i64::from).repeat(5)).view()).unwrap();
    for method in ["greedy", "stacking"] {
        let args = ["aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy", "--method", method];
        let asked = folder.fails(1, &args);
        assert!(asked.contains("validation rows") && asked.contains("--validation-members"), "{asked}");
        let weights = folder.fails(1, &[&args[..], &["--weights", "1,1"]].concat());
        assert!(weights.contains("weighted"), "{weights}");
        let more = ["--validation-members", "many-a.npy", "many-b.npy", "--validation-labels", "many.npy"];
        let args = [&args[..], &more].concat();
        let value = json(&folder.ok(&[&args[..], &["--json"]].concat()));
        assert_eq!((&value["method"], &value["aggregate"]["metrics"]["accuracy"]), (&method.into(), &1.0.into()));
        assert_eq!(value["weights_chosen_on_validation"], method == "greedy");
        assert_eq!(value["weights"].is_null(), method == "stacking");
        assert_eq!(value["stacker_c"].is_number(), method == "stacking");
        let shown = folder.ok(&args);
        let words = if method == "greedy" { "chosen on validation" } else { "fitted on 20 validation rows" };
        assert!(shown.contains(words) && shown.contains(&format!("{method}(a.npy, b.npy)")), "{shown}");
    }
    let too_few =
        ["--validation-members", "a.npy", "b.npy", "--validation-labels", "labels.npy", "--allow-test-selection"];
    let args = ["aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy", "--method", "stacking"];
    let shown = folder.fails(1, &[&args[..], &too_few].concat());
    assert!(shown.contains("found 4, expected at least 5"), "{shown}");
    let stored = with_experiment(false);
    let shown = stored.fails(1, &["aggregate", "e", "--members", "one", "b.npy", "--method", "greedy"]);
    assert!(shown.contains("validation probabilities of `b.npy` are not known"), "{shown}");
}

#[test]
fn nothing_is_fitted_on_the_scored_rows_unless_that_is_allowed() {
    let folder = with_files();
    let fit = ["aggregate", "--members", "a.npy", "b.npy", "--labels", "labels.npy", "--method", "greedy"];
    let same = ["--validation-members", "a.npy", "b.npy", "--validation-labels", "labels.npy"];
    let said = folder.fails(1, &[&fit[..], &same].concat());
    assert!(said.contains("scored too") && said.contains("--allow-test-selection"), "{said}");
    let allowed = [&fit[..], &same, &["--allow-test-selection"]].concat();
    assert!(folder.ok(&allowed).contains("fitted on the very rows that are scored"));
    assert_eq!(json(&folder.ok(&[&allowed[..], &["--json"]].concat()))["chosen_on_test"], true);
}

#[test]
fn stored_models_and_files_of_the_same_rows_go_together() {
    let folder = with_experiment(false);
    let value = json(&folder.ok(&["aggregate", "e", "--members", "one", "two", "--json"]));
    assert_eq!((&value["split"], &value["dataset"]), (&Value::from("test"), &Value::from("d")));
    assert_eq!(value["aggregate"]["metrics"]["accuracy"], 1.0);
    let shown = folder.ok(&["aggregate", "results/e.toml", "--members", "one", "b.npy", "--split", "validation"]);
    assert!(shown.contains("Dataset, validation split, 4 rows") && shown.contains("b.npy"), "{shown}");
    assert!(!shown.contains("synthetic"), "{shown}");
    let fitted = folder.ok(&["aggregate", "e", "--members", "one", "two", "--method", "weighted"]);
    assert!(fitted.contains("chosen on validation"), "{fitted}");
    let same =
        folder.ok(&["aggregate", "e", "--members", "one", "two", "--method", "weighted", "--split", "validation"]);
    assert!(same.contains("too good"), "{same}");
}

#[test]
fn synthetic_faces_are_said_to_be() {
    let folder = with_experiment(true);
    assert!(folder.ok(&["aggregate", "e", "--members", "one", "two"]).contains("synthetic"));
    assert_eq!(json(&folder.ok(&["aggregate", "e", "--members", "one", "two", "--json"]))["synthetic"], true);
}

#[test]
fn mistakes_are_named() {
    let folder = with_experiment(false);
    write_npy(&folder.path("logits.npy"), ndarray::arr2(&[[2.5f32, -1.0, 0.3]; 4]).view()).unwrap();
    write_npy(&folder.path("short.npy"), array![[0.5f32, 0.25, 0.25]].view()).unwrap();
    write_npy(&folder.path("three.npy"), array![0u8, 1, 2].view()).unwrap();
    folder.write("text.npy", "0.1 0.9");
    let files = |members: [&str; 2], more: &[&str]| {
        let labels = ["--labels", "labels.npy"];
        folder.fails(1, &[&["aggregate", "--members", members[0], members[1]][..], &labels, more].concat())
    };
    for (shown, words) in [
        (files(["a.npy", "logits.npy"], &[]), ["logits.npy: row 0, column 0: found 2.5", "softmax"]),
        (files(["a.npy", "labels.npy"], &[]), ["labels.npy", "looks like labels"]),
        (files(["a.npy", "short.npy"], &[]), ["short.npy", "(4, 3)"]),
        (files(["a.npy", "text.npy"], &[]), ["text.npy", "header"]),
        (files(["a.npy", "absent.npy"], &[]), ["cannot read absent.npy", "No such file"]),
        (files(["a.npy", "a.npy"], &[]), ["`a.npy` twice", "each member once"]),
        (files(["a.npy", "b.npy"], &["--classes", "x,y"]), ["2 names", "3, one for each column"]),
        (files(["a.npy", "b.npy"], &["--method", "weighted", "--weights", "1,-1"]), ["weights", "from 0"]),
        (files(["a.npy", "b.npy"], &["--method", "weighted", "--weights", "1"]), ["weights", "2 numbers"]),
    ] {
        assert!(words.iter().all(|w| shown.contains(w)), "{words:?}:\n{shown}");
    }
    let shown = folder.fails(1, &["aggregate", "--members", "a.npy", "b.npy", "--labels", "three.npy"]);
    assert!(shown.contains("3 labels") && shown.contains("4, one for each row"), "{shown}");
    let shown = folder.fails(1, &["aggregate", "e", "--members", "one", "three"]);
    assert!(shown.contains("`three`") && shown.contains("one of one, two"), "{shown}");
    let shown = folder.fails(1, &["aggregate", "e", "--members", "one"]);
    assert!(shown.contains("at least two"), "{shown}");
    let shown = folder.fails(1, &["aggregate", "elsewhere", "--members", "one", "two"]);
    assert!(shown.contains("ferrofuse run elsewhere"), "{shown}");
    assert!(!folder.path("results/elsewhere").exists());
}

#[test]
fn options_that_exclude_each_other_are_wrong_usage() {
    let folder = with_experiment(false);
    for args in [
        &["aggregate", "--members", "a.npy", "b.npy"][..],
        &["aggregate", "e"],
        &["aggregate", "e", "--members", "one", "two", "--labels", "labels.npy"],
        &["aggregate", "e", "--members", "one", "two", "--method", "median"],
        &["aggregate", "e", "--members", "one", "two", "--split", "all"],
        &[
            "aggregate",
            "--members",
            "a.npy",
            "b.npy",
            "--labels",
            "labels.npy",
            "--validation-members",
            "a.npy",
            "b.npy",
        ],
    ] {
        folder.fails(2, args);
    }
}

#[test]
fn init_writes_every_recipe_and_keeps_what_was_changed() {
    let folder = Folder::new();
    let first = folder.ok(&["init"]);
    assert!(first.contains("wrote data/fer2013.toml") && first.contains("wrote results/demo.toml"), "{first}");
    let changed = folder.path("models/cnn.toml");
    std::fs::write(&changed, "# mine\n").unwrap();
    let second = folder.ok(&["init"]);
    assert!(second.contains("kept, changed by you: models/cnn.toml") && second.contains("--force"), "{second}");
    assert_eq!(std::fs::read_to_string(&changed).unwrap(), "# mine\n");
    let value = json(&folder.ok(&["init", "--force", "--json"]));
    assert_eq!(value["replaced"], serde_json::json!(["models/cnn.toml"]));
    assert_eq!(value["written"], serde_json::json!([]));
    assert_ne!(std::fs::read_to_string(&changed).unwrap(), "# mine\n");
    // Elsewhere, with a folder in the place of a recipe.
    std::fs::create_dir_all(folder.path("w/data/fer2013.toml")).unwrap();
    assert!(folder.fails(1, &["init", "-C", "w"]).contains("fer2013.toml"));
}

#[test]
fn completions_name_the_commands_for_each_shell() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = folder.ok(&["completions", shell]);
        assert!(script.contains("aggregate") && script.contains("ferrofuse"), "{shell}");
    }
    assert!(folder.fails(2, &["completions", "tcsh"]).contains("tcsh"));
}
