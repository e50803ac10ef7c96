//! `models/*.toml`: a network with its optional fused feature, or a classifier on features.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Check, KernelRidgeRecipe, LinearRecipe, Loss, NetworkRecipe, SvmRecipe};
use crate::error::Result;

/// What is trained.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ModelRecipe {
    /// A convolutional network, alone or with a hybrid head.
    Network(Box<NetworkRecipe>),
    /// A support vector machine on features.
    Svm(SvmRecipe),
    /// Kernel ridge regression on features.
    KernelRidge(KernelRidgeRecipe),
    /// A linear machine for each class on features.
    Linear(LinearRecipe),
}

impl<'de> Deserialize<'de> for ModelRecipe {
    /// Reads `kind` first, so that a mistake in the rest is reported for that kind alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let kind = table.remove("kind");
        match kind.as_ref().and_then(|k| k.as_str()) {
            Some("network") => table.try_into().map(Self::Network).map_err(D::Error::custom),
            Some("svm") => table.try_into().map(Self::Svm).map_err(D::Error::custom),
            Some("kernel-ridge") => table.try_into().map(Self::KernelRidge).map_err(D::Error::custom),
            Some("linear") => table.try_into().map(Self::Linear).map_err(D::Error::custom),
            _ => {
                let kinds = "\"network\", \"svm\", \"linear\" or \"kernel-ridge\"";
                Err(D::Error::custom(format!("`kind` must be {kinds}")))
            }
        }
    }
}

impl ModelRecipe {
    /// The name for readers.
    pub fn title(&self) -> &str {
        match self {
            Self::Network(n) => &n.title,
            Self::Svm(s) => &s.title,
            Self::KernelRidge(k) => &k.title,
            Self::Linear(l) => &l.title,
        }
    }

    /// `network`, `svm`, `linear SVM`, `logistic regression` or `kernel ridge`.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::Svm(_) => "svm",
            Self::KernelRidge(_) => "kernel ridge",
            Self::Linear(l) => match l.loss {
                Loss::SquaredHinge => "linear SVM",
                Loss::Logistic => "logistic regression",
            },
        }
    }

    /// The feature recipes that the model reads.
    pub fn features(&self) -> Vec<&str> {
        match self {
            Self::Network(n) => n.fusion.iter().map(|f| f.feature.as_str()).collect(),
            Self::Svm(SvmRecipe { features, .. })
            | Self::KernelRidge(KernelRidgeRecipe { features, .. })
            | Self::Linear(LinearRecipe { features, .. }) => features.iter().map(String::as_str).collect(),
        }
    }
}

impl Check for ModelRecipe {
    fn check(&self) -> Result<()> {
        match self {
            Self::Network(n) => n.check(),
            Self::Svm(s) => s.check(),
            Self::KernelRidge(k) => k.check(),
            Self::Linear(l) => l.check(),
        }
    }
}
