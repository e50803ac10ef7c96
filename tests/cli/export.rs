//! `ferrofuse export`, and `ferrofuse evaluate` on what it wrote.

use crate::small;
use crate::support::Folder;

fn json(said: &str) -> serde_json::Value {
    serde_json::from_str(said).unwrap()
}

/// A working folder in which `plain` and `fused` are trained.
fn trained() -> Folder {
    let folder = small::folder();
    for model in ["plain", "fused"] {
        folder.ok(&["train", model, "-d", "tiny", "--epochs", "2"]);
    }
    folder
}

#[test]
fn exported_networks_predict_in_a_folder_with_nothing_else() {
    let folder = trained();
    let said = json(&folder.ok(&["export", "plain", "fused", "-d", "tiny", "--json"]));
    assert_eq!(said["entries"].as_array().unwrap().len(), 3, "two networks and their mean");
    let size = |path: &str| std::fs::metadata(folder.path(path)).unwrap().len() as f64;
    for model in ["plain", "fused"] {
        let shares = size(&format!("models/pretrained/{model}/weights.safetensors"))
            / size(&format!("models/tiny/{model}/weights.safetensors"));
        assert!((0.4..0.7).contains(&shares), "{model}: {shares} of the size");
    }
    assert!(folder.path("models/pretrained/fused/feature/feature.json").exists());
    assert!(!folder.path("models/pretrained/plain/feature").exists());
    assert!(std::fs::read_to_string(folder.path("models/pretrained/README.md")).unwrap().contains("mean"));

    // As a stranger gets it: the exported folder and a dataset, no features, no trained models.
    let other = Folder::new();
    other.write("data/tiny.toml", small::DATA);
    for (entry, model) in said["entries"].as_array().unwrap().iter().zip(["plain", "fused"]) {
        let from = folder.path(format!("models/pretrained/{model}"));
        let card = std::fs::read_to_string(from.join("README.md")).unwrap();
        let accuracy = entry["test"]["metrics"]["accuracy"].as_f64().unwrap();
        assert!(card.contains(&format!("{:.2}", 100.0 * accuracy)) && card.contains("drawn by the program"), "{card}");
        let scored = json(&other.ok(&["evaluate", from.to_str().unwrap(), "-d", "tiny", "--split", "test", "--json"]));
        assert_eq!(scored["confusion"], entry["test"]["confusion"], "{model}");
        // Weights of 16 bits change a probability in the fourth digit.
        let before = json(&folder.ok(&["evaluate", model, "-d", "tiny", "--split", "test", "--json"]));
        let loss = |v: &serde_json::Value| v["metrics"]["log_loss"].as_f64().unwrap();
        assert!((loss(&scored) - loss(&before)).abs() < 2e-3, "{model}: {} {}", loss(&scored), loss(&before));
    }
    assert!(!other.path("features").exists() && !other.path("models").exists());
}

#[test]
fn what_cannot_be_exported_or_scored_is_named() {
    let folder = trained();
    let message = folder.fails(1, &["export", "svm", "-d", "tiny"]);
    assert!(message.contains("`svm`") && message.contains("a network"), "{message}");
    let message = folder.fails(1, &["export", "plain", "plain", "-d", "tiny"]);
    assert!(message.contains("`plain` twice"), "{message}");
    folder.write("models/later.toml", small::NETWORK);
    let message = folder.fails(1, &["export", "later", "-d", "tiny"]);
    assert!(message.contains("ferrofuse train later --dataset tiny"), "{message}");
    assert!(!folder.path("models/pretrained").exists());

    folder.ok(&["export", "fused", "-d", "tiny", "--to", "away"]);
    folder.write("data/six.toml", small::DATA.replace(", \"neutral\"", ""));
    let said = folder.ok(&["evaluate", "away/fused", "-d", "six"]);
    assert!(said.contains("classes: neutral has no counterpart"), "{said}");
    folder.write("data/larger.toml", small::DATA.replace("[24, 24]", "[32, 32]"));
    let message = folder.fails(1, &["evaluate", "away/fused", "-d", "larger"]);
    assert!(message.contains("24 x 24") && message.contains("32 x 32"), "{message}");
    let weights = std::fs::read(folder.path("away/fused/weights.safetensors")).unwrap();
    folder.write("away/fused/weights.safetensors", &weights[..weights.len() / 2]);
    let message = folder.fails(1, &["evaluate", "away/fused", "-d", "tiny"]);
    assert!(message.contains("weights.safetensors"), "{message}");
    folder.write("away/fused/weights.safetensors", weights);
    std::fs::remove_file(folder.path("away/fused/feature/feature.json")).unwrap();
    let message = folder.fails(1, &["evaluate", "away/fused", "-d", "tiny"]);
    assert!(message.contains("feature.json"), "{message}");
}
