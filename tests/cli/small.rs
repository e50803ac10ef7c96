//! Recipes small enough for a test: a few dozen drawn faces, networks of a few filters.

use crate::support::Folder;

/// The data recipe `tiny`: 84 + 42 + 42 drawn faces of 24 x 24 pixels.
pub const DATA: &str = r#"
title = "tiny faces"
format = "synthetic"
classes = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
size = [24, 24]
[synthetic]
train = 84
validation = 42
test = 42
seed = 3
difficulty = 0.3
"#;

/// A dense feature of 2 x 2 x 128 numbers.
pub const FEATURE: &str = r#"
title = "dense"
extractor = "dense-sift"
encoding = "concatenate"
[grid]
first = 8
step = 8
count = 2
sizes = [2.67]
"#;

/// A network of one block, trained for 4 epochs.
pub const NETWORK: &str = r#"
kind = "network"
title = "Small"
[[block]]
filters = [4]
padding = ["same"]
batch-norm = "each"
dropout = 0.1
[head]
hidden = [8]
dropout = 0.2
[training]
epochs = 4
batch = 12
optimiser = "adam"
learning-rate = 0.005
schedule = "cosine"
seed = 2
[augmentation]
shift = 0.05
flip = true
"#;

/// A global SVM on the dense feature.
pub const SVM: &str = r#"
kind = "svm"
title = "Small SVM"
features = ["dense"]
mode = "global"
max-rows = 60
kernel = "linear"
"#;

/// A working folder with `tiny`, `dense`, `plain`, `fused` and `svm`.
pub fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("data/tiny.toml", DATA);
    folder.write("features/dense.toml", FEATURE);
    folder.write("models/plain.toml", NETWORK);
    let fusion = "[fusion]\nfeature = \"dense\"\nhidden = 8\nl2 = 0.001\nscale = \"standardise\"\n[head]";
    folder.write("models/fused.toml", NETWORK.replace("[head]", fusion));
    folder.write("models/svm.toml", SVM);
    folder
}
