//! A trained network as a source of features for classifiers, end to end.

use serde_json::Value;

use crate::small;
use crate::support::Folder;

const EMBEDDING: &str = r#"
title = "Embedding"
extractor = "network"
network = "plain"
encoding = "concatenate"
normalisation = "l2"
"#;

const EARLY_FUSION: &str = r#"
kind = "kernel-ridge"
title = "Early fusion"
features = ["dense", "embedding"]
combine = "sum"
normalisation = "l2"
kernel = "rbf"
lambda = 0.3
mirrored = true
"#;

fn folder() -> Folder {
    let folder = small::folder();
    folder.write("features/embedding.toml", EMBEDDING);
    folder.write("models/early.toml", EARLY_FUSION);
    folder.ok(&["import", "tiny"]);
    folder
}

fn array(folder: &Folder, inside: &str) -> Vec<u8> {
    std::fs::read(folder.path(inside)).unwrap()
}

#[test]
fn a_classifier_on_embeddings_trains_their_network_first_and_knows_when_it_has_changed() {
    let folder = folder();
    let printed: Value = serde_json::from_str(&folder.ok(&["train", "early", "--dataset", "tiny", "--json"])).unwrap();
    assert!(printed["metrics"]["accuracy"].as_f64().unwrap() > 0.2, "{printed}");
    let info: Value = serde_json::from_slice(&array(&folder, "features/tiny/embedding/feature.json")).unwrap();
    // As many numbers as the last dense layer has units.
    assert_eq!((info["rows"].as_u64(), info["dimensions"].as_u64()), (Some(168), Some(8)));
    assert!(info["cost"]["seconds"].as_f64().unwrap() > 0.0);
    assert!(folder.path("models/tiny/plain/weights.safetensors").exists());
    let before = array(&folder, "features/tiny/embedding/features.npy");
    let mirrored = array(&folder, "features/tiny/embedding/mirrored/features.npy");
    assert_ne!(before, mirrored);
    assert!(folder.ok(&["train", "early", "--dataset", "tiny"]).contains("fresh"));
    assert!(folder.ok(&["extract", "embedding", "--dataset", "tiny"]).contains("fresh"));

    // Averaged with the mirror image, a face and its mirror image have the same feature.
    folder.write("features/both.toml", EMBEDDING.replace("encoding", "symmetric = true\nencoding"));
    folder.write("models/both.toml", EARLY_FUSION.replace("\"embedding\"", "\"both\""));
    folder.ok(&["train", "both", "--dataset", "tiny"]);
    let both = array(&folder, "features/tiny/both/features.npy");
    assert_ne!(both, before);
    assert_eq!(both, array(&folder, "features/tiny/both/mirrored/features.npy"));

    // Another network gives another feature, and so another model.
    folder.write("models/plain.toml", small::NETWORK.replace("seed = 2", "seed = 3"));
    assert!(!folder.ok(&["train", "early", "--dataset", "tiny"]).contains("fresh"));
    assert_ne!(array(&folder, "features/tiny/embedding/features.npy"), before);
}

#[test]
fn a_fused_network_gives_embeddings_but_no_chain_of_them() {
    let folder = folder();
    folder.write("features/embedding.toml", EMBEDDING.replace("plain", "fused"));
    assert!(folder.ok(&["extract", "embedding", "--dataset", "tiny"]).contains("168 x 8"));
    let chain = std::fs::read_to_string(folder.path("models/fused.toml")).unwrap().replace("dense", "embedding");
    folder.write("models/fused.toml", chain);
    let said = folder.fails(1, &["extract", "embedding", "--dataset", "tiny"]);
    assert!(said.contains("`embedding`") && said.contains("handcrafted"), "{said}");
    let said = folder.fails(1, &["train", "fused", "--dataset", "tiny"]);
    assert!(said.contains("handcrafted"), "{said}");
}

#[test]
fn what_is_no_network_is_refused() {
    let folder = folder();
    for (recipe, wanted) in [
        (EMBEDDING.replace("\"plain\"", "\"svm\""), "kind = \"network\""),
        (EMBEDDING.replace("network = \"plain\"\n", ""), "model recipe"),
        (EMBEDDING.replace("concatenate", "fisher"), "concatenate"),
        (format!("{}[grid]\nbins = [4]\nstep = 8", EMBEDDING.replace("\"network\"", "\"dense-sift\"")), "network"),
    ] {
        folder.write("features/embedding.toml", recipe);
        let said = folder.fails(1, &["extract", "embedding", "--dataset", "tiny"]);
        assert!(said.contains(wanted), "{said}");
    }
    folder.write("features/embedding.toml", EMBEDDING.replace("plain", "nobody"));
    assert!(folder.run(&["extract", "embedding", "--dataset", "tiny"]).code != 0);
}
