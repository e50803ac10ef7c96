//! Classifiers on handcrafted features, end to end: everything that works without OpenCV and libtorch.

use serde_json::Value;

use crate::small;
use crate::support::Folder;

const FISHER: &str = r#"
title = "Fisher"
extractor = "dense-sift"
root-sift = true
position = true
encoding = "fisher"
normalisation = "hellinger"
[grid]
bins = [2, 3]
step = 4
[pca]
dimensions = 8
[mixture]
components = 3
"#;

const RIDGE: &str = r#"
kind = "kernel-ridge"
title = "Ridge"
features = ["fisher", "hog"]
normalisation = "l2"
kernel = "rbf"
combine = "sum"
lambda = 0.3
"#;

const LINEAR: &str = r#"
kind = "linear"
title = "Linear"
features = ["hog", "lbp"]
normalisation = "l2"
passes = 300
"#;

const EXPERIMENT: &str = r#"
title = "What features buy"
dataset = "tiny"
models = ["linear", "mirrored", "logistic", "local", "ridge", "symmetric"]
[[ingredient]]
name = "mirrored training pictures"
with = "mirrored"
without = "linear"
[[ingredient]]
name = "the mean with the mirror image"
with = "symmetric"
without = "ridge"
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("data/tiny.toml", small::DATA);
    folder.write("features/fisher.toml", FISHER);
    folder.write("features/both.toml", FISHER.replace("position = true", "position = true\nsymmetric = true"));
    let whole = |name: &str| {
        format!("title = \"{name}\"\nextractor = \"{name}\"\nencoding = \"concatenate\"\n[{name}]\ncell = 6\n")
    };
    folder.write("features/hog.toml", whole("hog"));
    folder.write("features/lbp.toml", whole("lbp"));
    folder.write("models/linear.toml", LINEAR);
    folder.write("models/mirrored.toml", format!("mirrored = true{LINEAR}"));
    folder.write("models/logistic.toml", format!("loss = \"logistic\"{LINEAR}"));
    let local = LINEAR
        .replace("\"linear\"", "\"svm\"")
        .replace("passes = 300", "mode = \"local\"\nneighbours = 30\nkernel = \"intersection\"");
    folder.write("models/local.toml", local);
    folder.write("models/ridge.toml", RIDGE);
    folder.write("models/symmetric.toml", RIDGE.replace("fisher", "both"));
    folder.write("results/buy.toml", EXPERIMENT);
    folder
}

#[test]
fn a_comparison_shows_what_each_ingredient_buys_and_costs() {
    let folder = folder();
    let printed: Value = serde_json::from_str(&folder.ok(&["run", "buy", "--json"])).unwrap();
    let comparison = &printed["comparison"];
    for entry in comparison["entries"].as_array().unwrap() {
        let accuracy = entry["validation"]["metrics"]["accuracy"].as_f64().unwrap();
        // Chance is 1 in 7.
        assert!(accuracy > 0.25, "{}: {accuracy}", entry["name"]);
        let features = entry["training"]["features"].as_array().unwrap();
        assert!(features.len() == 2 && features.iter().all(|f| f["cost"]["seconds"].as_f64().unwrap() > 0.0));
        let mirrored = entry["name"] == "mirrored";
        assert!(features.iter().all(|f| f["mirrored_cost"].is_object() == mirrored), "{}", entry["name"]);
    }
    let ingredients = comparison["ingredients"].as_array().unwrap();
    assert_eq!(ingredients.len(), 2);
    assert!(ingredients.iter().all(|i| i["cost"]["seconds"].as_f64().unwrap() > 0.0));
    for (file, wanted) in [
        ("report.html", "What each ingredient buys"),
        ("report.md", "| mirrored training pictures | Linear | Linear |"),
        ("tables/ingredients.csv", "true,the mean with the mirror image,"),
        ("tables/tables.tex", "\\caption{What each ingredient buys}"),
    ] {
        let text = std::fs::read_to_string(folder.path("results/buy").join(file)).unwrap();
        assert!(text.contains(wanted), "{file}:\n{text}");
    }
    assert!(folder.path("features/tiny/hog/mirrored/features.npy").exists());
    assert!(folder.ok(&["run", "buy"]).contains("fresh"));

    // The stored predictions give the same report again, without dataset, features and models.
    let read = |file: &str| std::fs::read(folder.path("results/buy").join(file)).unwrap();
    let files = ["report.html", "report.md", "metrics.json", "metrics.csv", "duels.svg", "ranking/ridge.svg"];
    let before = files.map(read);
    for gone in ["data", "features", "models", "results/buy/ranking", "results/buy/tables"] {
        std::fs::remove_dir_all(folder.path(gone)).unwrap();
    }
    std::fs::remove_file(folder.path("results/buy/report.html")).unwrap();
    folder.ok(&["report", "buy"]);
    for (file, before) in files.iter().zip(before) {
        assert!(read(file) == before, "{file} differs");
    }
}

#[test]
fn what_cannot_be_done_is_said_before_the_work() {
    let folder = folder();
    let said = folder.fails(1, &["train", "ridge", "--dataset", "tiny", "--kernel-memory", "100kB"]);
    assert!(said.contains("84 x 84 training rows") && said.contains("--kernel-memory"), "{said}");
    assert!(!folder.path("models/tiny/ridge/kernel-ridge.json").exists());
    folder.write("models/bad.toml", RIDGE.replace("\"rbf\"", "\"chi-squared\""));
    let said = folder.fails(1, &["train", "bad", "--dataset", "tiny"]);
    assert!(said.contains("histograms"), "{said}");
    folder.write("models/bad.toml", RIDGE.replace("lambda = 0.3", "lambda = 0"));
    let said = folder.fails(1, &["train", "bad", "--dataset", "tiny"]);
    assert!(said.contains("lambda") && said.contains("above 0"), "{said}");
    folder.write("features/hog.toml", "title = \"hog\"\nextractor = \"hog\"\nencoding = \"fisher\"\n[hog]\n");
    let said = folder.fails(1, &["extract", "hog", "--dataset", "tiny"]);
    assert!(said.contains("concatenate"), "{said}");
    folder.write("results/bad.toml", EXPERIMENT.replace("with = \"mirrored\"", "with = \"nobody\""));
    let said = folder.fails(1, &["run", "bad"]);
    assert!(said.contains("nobody") && said.contains("symmetric"), "{said}");
}
