//! The recipes inside the binary, so that an installed `ferrofuse` works in an empty folder.

use super::Kind;

/// A recipe inside the binary.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its kind.
    pub kind: Kind,
    /// Its name, without `.toml`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! builtin {
    ($($kind:ident $folder:literal: $($name:literal)*;)*) => {
        /// Every built-in recipe.
        pub const BUILTIN: &[Builtin] = &[$($(Builtin {
            kind: Kind::$kind,
            name: $name,
            text: include_str!(concat!("../../", $folder, "/", $name, ".toml")),
        },)*)*];
    };
}

builtin! {
    Data "data": "fer2013" "fer2013-pictures" "ferplus" "ferplus-shares" "ckplus" "synthetic";
    Feature "features": "sift" "dsift" "dsift-bovw" "dsift-bovw-grid" "dsift-bovw-scales" "dsift-bovw-large" "dsift-soft"
        "dsift-presence" "dsift-pyramid" "dsift-fisher" "dsift-symmetric" "dsift-symmetric-128"
        "hog" "lbp" "cnn-embedding" "vgg16-embedding" "demo-sift" "demo-dsift";
    Model "models": "cnn" "sift-cnn" "dsift-cnn" "cnn-long" "sift-cnn-long" "dsift-cnn-long" "dsift-bovw-cnn" "dsift-bovw-cnn-consistent"
        "vgg" "sift-vgg" "dsift-vgg" "vgg-short" "sift-vgg-short" "dsift-vgg-short" "vgg11" "vgg13" "vgg16" "vgg19" "vgg19-short"
        "resnet18" "resnet18-short" "resnet34" "keras-cnn" "dexpression" "gudi" "compact"
        "cnn-ckplus" "compact-ckplus" "vgg19-ckplus" "vgg19-ferplus" "vgg19-ferplus-long" "vgg19-ckplus-tuned"
        "sift-svm" "dsift-svm" "dsift-bovw-linear" "dsift-logistic"
        "dsift-grid-linear" "dsift-scales-linear" "dsift-soft-linear" "dsift-large-linear" "dsift-presence-linear"
        "dsift-pyramid-linear" "dsift-chi-ridge" "dsift-linear" "dsift-mirrored-linear" "dsift-fisher-ridge"
        "dsift-ridge" "dsift-ridge-128" "hog-ridge" "lbp-ridge" "cnn-ridge" "cnn-svm" "vgg16-dsift-svm"
        "early-fusion-ridge" "demo-cnn" "demo-sift-cnn" "demo-dsift-cnn" "demo-sift-svm" "demo-dsift-svm";
    Experiment "results": "fer2013-cnn" "fer2013-handcrafted" "fer2013-early-fusion" "fer2013-comparison" "fer2013-vgg" "fer2013-vgg-gpu"
        "fer2013-modes" "ckplus" "ckplus-file-order" "ckplus-shuffled" "demo";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Workspace;
    use crate::recipe::{DataRecipe, ExperimentRecipe, FeatureRecipe, ModelRecipe, load};

    #[test]
    fn every_builtin_recipe_parses_and_passes_its_checks() {
        let empty = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(empty.path());
        for b in BUILTIN {
            let outcome = match b.kind {
                Kind::Data => load::<DataRecipe>(&workspace, b.kind, b.name).map(|_| ()),
                Kind::Feature => load::<FeatureRecipe>(&workspace, b.kind, b.name).map(|_| ()),
                Kind::Model => load::<ModelRecipe>(&workspace, b.kind, b.name).map(|_| ()),
                Kind::Experiment => load::<ExperimentRecipe>(&workspace, b.kind, b.name).map(|_| ()),
            };
            outcome.unwrap();
        }
    }
}
