//! Every built-in network, trained for an epoch on a few drawn faces.

use std::path::Path;

use crate::small;
use crate::support::Folder;

/// 14 + 7 + 7 faces of the given side.
fn data(side: usize) -> String {
    small::DATA
        .replace("[24, 24]", &format!("[{side}, {side}]"))
        .replace("train = 84", "train = 14")
        .replace("validation = 42", "validation = 7")
        .replace("test = 42", "test = 7")
}

/// The grid of `dsift-bovw` with fewer words.
const WORDS: &str = r#"
title = "eight words"
extractor = "dense-sift"
root-sift = true
encoding = "bag-of-words"
normalisation = "hellinger"
[grid]
bins = [4]
step = 7
[codebook]
words = 8
algorithm = "full"
iterations = 2
"#;

#[test]
fn every_built_in_network_trains_and_predicts() {
    for name in [
        "cnn",
        "sift-cnn",
        "dsift-cnn",
        "vgg",
        "sift-vgg",
        "dsift-vgg",
        "vgg11",
        "vgg13",
        "vgg16",
        "vgg19",
        "resnet18",
        "resnet34",
        "keras-cnn",
        "dexpression",
        "gudi",
        "compact",
        "compact-ckplus",
        "dsift-bovw-cnn-consistent",
    ] {
        // A folder for each: the weights of all together are gigabytes.
        let folder = Folder::new();
        folder.write("data/tiny.toml", data(if name == "dexpression" { 224 } else { 48 }));
        // The vocabulary of 2,048 words needs more descriptors than these pictures have.
        for feature in ["sift", "dsift"] {
            folder.write(&format!("features/{feature}.toml"), small::FEATURE);
        }
        folder.write("features/dsift-bovw.toml", WORDS);
        if name == "compact-ckplus" {
            // It starts from the network that comes with the program, whose layers it must have.
            let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pretrained/compact");
            for file in ["model.json", "weights.safetensors"] {
                let content = std::fs::read(bundled.join(file)).unwrap();
                folder.write(&format!("models/pretrained/compact/{file}"), content);
            }
        }
        let said = folder.ok(&["train", name, "--dataset", "tiny", "--epochs", "1"]);
        assert!(said.contains("is trained"), "{name}: {said}");
        for file in ["weights.safetensors", "model.json", "predictions.test.npy"] {
            assert!(folder.path("models/tiny").join(name).join(file).exists(), "{name}: {file}");
        }
    }
}
