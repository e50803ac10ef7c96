//! Networks that start from trained ones, end to end.

use serde_json::Value;

use crate::small;
use crate::support::Folder;
use crate::train::started;

/// Five times the faces of `tiny`, others.
fn large() -> String {
    small::DATA.replace("train = 84", "train = 420").replace("seed = 3", "seed = 11")
}

/// The small network with more filters and units, so that it learns what there is to learn in `epochs`.
fn network(epochs: usize) -> String {
    small::NETWORK
        .replace("filters = [4]", "filters = [8]")
        .replace("hidden = [8]", "hidden = [32]")
        .replace("dropout = 0.1", "dropout = 0.0")
        .replace("dropout = 0.2", "dropout = 0.0")
        .replace("epochs = 4", &format!("epochs = {epochs}"))
        .replace("shift = 0.05\nflip = true", "")
}

/// The same, starting from another one; so slow that it hardly leaves what it starts from.
fn tuned(pretrained: &str) -> String {
    format!("{}\n[pretrained]\n{pretrained}\n", network(1).replace("0.005", "0.00001").replace("seed = 2", "seed = 4"))
}

const FROM_LARGE: &str = "model = \"plain\"\ndataset = \"large\"";

/// `plain` trained on `large`, and recipes of a network that starts from it and of one that does not.
fn folder() -> Folder {
    let folder = small::folder();
    folder.write("data/large.toml", large());
    folder.write("models/tuned.toml", tuned(FROM_LARGE));
    folder.write("models/scratch.toml", tuned("").replace("[pretrained]", ""));
    folder.write("models/plain.toml", network(12));
    folder.ok(&["train", "plain", "-d", "large"]);
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn read(folder: &Folder, inside: &str) -> String {
    std::fs::read_to_string(folder.path(inside)).unwrap()
}

fn description(folder: &Folder, model: &str) -> Value {
    json(&read(folder, &format!("models/tiny/{model}/model.json")))
}

#[test]
fn a_network_knows_from_the_start_what_the_one_that_it_starts_from_learned() {
    let folder = folder();
    let trained = folder.run(&["train", "tuned", "-d", "tiny"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let base = json(&read(&folder, "models/large/plain/model.json"));
    let said = format!("tuned: starts from plain trained on large (epoch {}); its last layer too", base["best_epoch"]);
    assert!(trained.stderr.contains(&said), "{}", trained.stderr);
    folder.ok(&["train", "scratch", "-d", "tiny"]);
    let [tuned, scratch] = ["tuned", "scratch"].map(|model| description(&folder, model));
    let accuracy = |d: &Value| d["history"][0]["validation_accuracy"].as_f64().unwrap();
    assert!(accuracy(&tuned) > accuracy(&scratch) + 0.4, "{} {}", accuracy(&tuned), accuracy(&scratch));
    let point = &tuned["pretrained"];
    assert_eq!(
        (&point["model"], &point["dataset"], &point["last_layer"]),
        (&"plain".into(), &"large".into(), &true.into())
    );
    assert_eq!(point["dataset_fingerprint"], base["dataset_fingerprint"]);
    assert!(scratch.get("pretrained").is_none());
    // Its pixels are scaled by what was measured on its own training rows.
    assert_eq!(tuned["pixel_mean"], scratch["pixel_mean"]);
    assert!(folder.ok(&["train", "tuned", "-d", "tiny"]).contains("fresh"));

    // Contempt in place of neutral: a last layer of its own.
    folder.write("data/tiny.toml", small::DATA.replace("neutral", "contempt"));
    let trained = folder.run(&["train", "tuned", "-d", "tiny"]);
    let said = "its last layer is fresh, for these classes: angry, disgust, fear, happy, sad, surprise, contempt";
    assert!(trained.code == 0 && trained.stderr.contains(said), "{}", trained.stderr);
    assert_eq!(description(&folder, "tuned")["pretrained"]["last_layer"], false);
}

#[test]
fn another_start_makes_the_network_stale_and_its_checkpoint_useless() {
    let folder = folder();
    folder.write("data/six.toml", small::DATA.replace(", \"neutral\"", "").replace("seed = 3", "seed = 4"));
    let train = ["train", "tuned", "-d", "tiny", "--threads", "1"];
    let elsewhere = ["evaluate", "tuned", "-d", "tiny", "--on", "six"];
    folder.ok(&train);
    folder.ok(&elsewhere);
    let before = std::fs::read(folder.path("models/tiny/tuned/weights.safetensors")).unwrap();
    folder.ok(&["train", "plain", "-d", "large", "--seed", "9"]);
    let said = folder.fails(1, &elsewhere);
    assert!(said.contains("the network that it starts from has changed"), "{said}");
    assert!(folder.ok(&train).contains("is trained"));
    assert_ne!(before, std::fs::read(folder.path("models/tiny/tuned/weights.safetensors")).unwrap());
    folder.ok(&elsewhere);

    // Killed and resumed it ends where it would have ended; with another start it does not go on.
    folder.write("models/tuned.toml", tuned(FROM_LARGE).replace("epochs = 1", "epochs = 60"));
    let kill = |folder: &Folder| {
        let mut killed = started(folder, &train, "models/tiny/tuned");
        killed.kill().unwrap();
        killed.wait().unwrap();
    };
    kill(&folder);
    let resumed = folder.run(&[&train[..], &["--resume"]].concat());
    assert!(resumed.code == 0 && resumed.stderr.contains("going on after epoch"), "{}", resumed.stderr);
    assert!(!resumed.stderr.contains("starts from"), "{}", resumed.stderr);
    let parts = std::fs::read(folder.path("models/tiny/tuned/weights.safetensors")).unwrap();
    std::fs::remove_dir_all(folder.path("models/tiny/tuned")).unwrap();
    kill(&folder);
    folder.ok(&[&train[..], &["--restart"]].concat());
    assert_eq!(parts, std::fs::read(folder.path("models/tiny/tuned/weights.safetensors")).unwrap());
    std::fs::remove_dir_all(folder.path("models/tiny/tuned")).unwrap();
    kill(&folder);
    folder.ok(&["train", "plain", "-d", "large"]);
    let said = folder.fails(1, &[&train[..], &["--resume"]].concat());
    assert!(said.contains("pretrained network") && said.contains("--restart"), "{said}");
}

#[test]
fn exported_networks_are_a_start_and_readers_are_told() {
    let folder = folder();
    folder.ok(&["export", "plain", "-d", "large"]);
    std::fs::remove_dir_all(folder.path("models/large")).unwrap();
    std::fs::remove_dir_all(folder.path("data/large")).unwrap();
    folder.write("models/tuned.toml", tuned("model = \"plain\""));
    let said = folder.run(&["train", "tuned", "-d", "tiny"]);
    assert!(said.stderr.contains("starts from plain trained on large"), "{}", said.stderr);
    let by_name = description(&folder, "tuned");
    folder.write("models/tuned.toml", tuned("model = \"models/pretrained/plain\""));
    folder.ok(&["train", "tuned", "-d", "tiny"]);
    let by_path = description(&folder, "tuned");
    assert_eq!(by_name["pretrained"], by_path["pretrained"]);
    assert_ne!(by_name["fingerprint"], by_path["fingerprint"]);

    folder.write("results/told.toml", "title = \"Told\"\ndataset = \"tiny\"\nmodels = [\"tuned\", \"plain\"]");
    let printed = json(&folder.ok(&["run", "told", "--json"]));
    let entries = &printed["comparison"]["entries"];
    assert_eq!(entries[0]["training"]["pretrained"], by_path["pretrained"]);
    assert!(entries[1]["training"].get("pretrained").is_none());
    let report = read(&folder, "results/told/report.md");
    assert_eq!(report.matches("starts from plain (large)").count(), 1, "{report}");
    assert!(read(&folder, "results/told/report.html").contains("plain (large)"));

    folder.ok(&["export", "tuned", "-d", "tiny", "--to", "away"]);
    let card = read(&folder, "away/tuned/README.md");
    for part in [", starts from plain (large).", "from those of large.", "ferrofuse train plain --dataset large\n"] {
        assert!(card.contains(part), "{part}: {card}");
    }
    // What is given away needs nothing of what it started from.
    let other = Folder::new();
    other.write("data/tiny.toml", small::DATA);
    let away = folder.path("away/tuned");
    other.ok(&["evaluate", away.to_str().unwrap(), "-d", "tiny"]);
}

const FOLDS: &str = r#"
title = "Folds"
dataset = "tiny"
models = ["tuned"]
[folds]
rule = "stratified"
count = 3
seed = 5
"#;

#[test]
fn rows_that_a_start_has_seen_are_not_held_out() {
    let folder = folder();
    folder.write("results/folds.toml", FOLDS);
    let refused = |args: &[&str]| {
        let said = folder.fails(1, args);
        assert!(said.contains("pretrained network of `tuned`") && said.contains("too good"), "{said}");
        assert!(!folder.path("models/tiny.stratified-3-5-01").exists());
        said
    };
    folder.ok(&["train", "plain", "-d", "tiny"]);
    folder.write("models/tuned.toml", tuned("model = \"plain\"\ndataset = \"tiny\""));
    assert!(refused(&["crossval", "folds"]).contains("`plain`, which was trained on `tiny`"));
    // Also where it only gives the features of what is tested, and where the dataset has another name.
    let embedding = "title = \"E\"\nextractor = \"network\"\nencoding = \"concatenate\"\nnetwork = \"tuned\"\n";
    folder.write("features/embedding.toml", embedding);
    folder.write("models/early.toml", small::SVM.replace("dense", "embedding"));
    folder.write("results/early.toml", FOLDS.replace("\"tuned\"", "\"early\""));
    refused(&["crossval", "early"]);
    folder.write("data/twin.toml", small::DATA);
    folder.write("results/twin.toml", FOLDS.replace("\"tiny\"", "\"twin\""));
    refused(&["crossval", "twin"]);
    // Of the very same split it has seen the training rows alone.
    folder.ok(&["train", "tuned", "-d", "tiny"]);
    folder.ok(&["train", "tuned", "-d", "twin"]);

    // What started from a network that has seen them has seen them too.
    folder.write("models/middle.toml", tuned("model = \"plain\"\ndataset = \"tiny\""));
    folder.ok(&["train", "middle", "-d", "large"]);
    folder.write("models/tuned.toml", tuned("model = \"middle\"\ndataset = \"large\""));
    let said = refused(&["crossval", "folds"]);
    assert!(said.contains("`middle`, which started from a network that was trained on `tiny`"), "{said}");

    // Another split of the same rows, and a fold of them.
    folder.write("models/tuned.toml", tuned("model = \"plain\"\ndataset = \"tiny\""));
    folder.write("data/tiny.toml", small::DATA.replace("test = 42", "test = 41"));
    assert!(refused(&["train", "tuned", "-d", "tiny"]).contains("the very same splits"));
    folder.write("results/same.toml", "title = \"Same\"\ndataset = \"tiny\"\nmodels = [\"plain\", \"tuned\"]");
    refused(&["run", "same"]);
    folder.write("results/bases.toml", FOLDS.replace("tuned", "plain").replace("count = 3", "count = 4"));
    folder.ok(&["crossval", "bases"]);
    folder.write("models/tuned.toml", tuned("model = \"plain\"\ndataset = \"tiny.stratified-4-5-02\""));
    assert!(refused(&["train", "tuned", "-d", "tiny"]).contains("`tiny.stratified-4-5-02`"));

    // One that never saw them is a start for every fold.
    folder.write("models/tuned.toml", tuned(FROM_LARGE));
    folder.ok(&["crossval", "folds"]);
    let report = read(&folder, "results/folds/report.md");
    assert!(report.contains("starts from plain (large)"), "{report}");
}

#[test]
fn pictures_that_a_start_has_seen_under_another_name_are_counted() {
    let folder = folder();
    // Drawn by the same seed as `large`, in splits of other sizes, so that some of the faces are the same.
    let resplit = large().replace("train = 420", "train = 378").replace("validation = 42", "validation = 84");
    folder.write("data/resplit.toml", resplit);
    let said = folder.run(&["train", "tuned", "-d", "resplit"]);
    let counted = "126 validation and test rows are held out; of these so many are, or nearly are, training pictures of what plain";
    assert!(said.code == 0 && said.stderr.contains(counted), "{}", said.stderr);
    let identical = " of them pixel by pixel. On them the scores say nothing about new faces.";
    assert!(said.stderr.contains(identical) && !said.stderr.contains(" 0 of them"), "{}", said.stderr);
    folder.write("results/seen.toml", "title = \"Seen\"\ndataset = \"resplit\"\nmodels = [\"tuned\"]");
    folder.ok(&["run", "seen"]);
    let report = read(&folder, "results/seen/report.md");
    assert!(report.contains(identical), "{report}");
    // What two trainings in a row learned from is named once.
    folder.ok(&["train", "tuned", "-d", "large"]);
    folder.write("models/third.toml", tuned("model = \"tuned\"\ndataset = \"large\""));
    let said = folder.run(&["train", "third", "-d", "resplit"]);
    assert!(said.code == 0 && said.stderr.matches(" of `large`, ").count() == 1, "{}", said.stderr);
    // Other faces are not the same, if some are alike.
    let said = folder.run(&["train", "tuned", "-d", "tiny"]);
    assert!(!said.stderr.contains("pixel") || said.stderr.contains(" 0 of them pixel by pixel"), "{}", said.stderr);
}

#[test]
fn a_start_that_is_not_there_or_does_not_fit_is_named() {
    let folder = folder();
    let refused = |recipe: String| {
        folder.write("models/tuned.toml", recipe);
        folder.fails(1, &["train", "tuned", "-d", "tiny"])
    };
    let said = refused(tuned("model = \"fused\"\ndataset = \"large\""));
    assert!(
        said.contains("models/large/fused/model.json") && said.contains("ferrofuse train fused --dataset large"),
        "{said}"
    );
    let said = refused(tuned("model = \"plain\""));
    assert!(
        said.contains("models/pretrained/plain") && said.contains("`ferrofuse export plain --dataset DATASET`"),
        "{said}"
    );
    let said = refused(tuned(FROM_LARGE).replace("filters = [8]", "filters = [9]"));
    assert!(said.contains("`block.0.conv.0.bias` has shape [9] here and has shape [8] in"), "{said}");
    assert!(said.contains("[[block]], [head], [fusion] and [input]"), "{said}");
    let said = refused(tuned("model = \"plain\"\ndata = \"large\""));
    assert!(said.contains("tuned.toml") && said.contains("`data`"), "{said}");
    folder.write("models/plain.toml", tuned(FROM_LARGE));
    let said = folder.fails(1, &["train", "plain", "-d", "large"]);
    assert!(said.contains("itself"), "{said}");
    assert!(!folder.path("models/tiny").exists());
}
