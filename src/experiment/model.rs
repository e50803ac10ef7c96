//! The third step: a model and its probabilities.

use std::path::Path;

use ndarray::{Array2, ArrayView2};

use super::Runner;
use super::predicted::{Predicted, label, load, scored};
use crate::Cost;
use crate::artifact::Fingerprint;
use crate::cost::Meter;
use crate::dataset::{Dataset, Folds};
use crate::error::{Error, Result};
use crate::evaluation::{FeatureFacts, SingleView, TrainingFacts};
use crate::features::FeatureMatrix;
use crate::models::{
    Calibration, Classifier, NetworkDescription, Outcome, Pictures, Start, VectorInput, linear, network_fingerprint,
    ridge, svm,
};
use crate::predictions::Predictions;
use crate::recipe::{self, Extractor, KernelRidgeRecipe, Kind, LinearRecipe, Loss, ModelRecipe, Recipe, SvmRecipe};

/// A model with its probabilities on the splits that are scored.
#[derive(Clone, Debug)]
pub struct FittedModel {
    /// The recipe's name.
    pub name: String,
    /// The name for readers.
    pub title: String,
    /// `network` or `svm`.
    pub family: &'static str,
    /// Probabilities of the validation rows.
    pub validation: Predictions,
    /// Probabilities of the test rows.
    pub test: Predictions,
    /// How it was trained.
    pub training: TrainingFacts,
    /// True when nothing had to be computed.
    pub fresh: bool,
}

/// The fingerprint that a model has when it is fresh, from those of what it is made from; `pretrained` is that of the network that
/// it starts from.
pub fn fitted_fingerprint(
    recipe: &Recipe<ModelRecipe>,
    dataset: &str,
    features: &[String],
    pretrained: Option<&str>,
) -> String {
    match &recipe.value {
        ModelRecipe::Network(n) => network_fingerprint(n, dataset, features.first().map(String::as_str), pretrained),
        ModelRecipe::Svm(_) | ModelRecipe::KernelRidge(_) | ModelRecipe::Linear(_) => Fingerprint::new()
            .with(recipe.value.family(), recipe.fingerprint())
            .with("dataset", dataset)
            .with("features", features.join(" "))
            .finish(),
    }
}

/// What fitting a model gave, beside the files of the model itself.
pub(super) struct Fitted {
    /// Of the splits that are scored, in their order.
    pub(super) probabilities: [Array2<f32>; 2],
    pub(super) single_view: Option<SingleView>,
    pub(super) cost: Cost,
    pub(super) features: Vec<FeatureFacts>,
    pub(super) note: Option<String>,
}

impl Fitted {
    fn save(
        self,
        dataset: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        folder: &Path,
        fingerprint: String,
    ) -> Result<Predicted> {
        let predicted = Predicted {
            fingerprint,
            dataset: dataset.info.fingerprint.clone(),
            recipe: recipe.text.clone(),
            seconds: self.cost.seconds,
            processor_seconds: self.cost.processor_seconds,
            peak_memory: self.cost.peak_memory,
            single_view: self.single_view,
            features: self.features,
            note: self.note,
        };
        let ([validation, test], [of_validation, of_test]) = (scored(), self.probabilities);
        let predictions =
            [label(&recipe.name, dataset, validation, of_validation), label(&recipe.name, dataset, test, of_test)];
        predicted.save(folder, &predictions)?;
        Ok(predicted)
    }
}

/// The features that a classifier on features reads.
pub(super) struct Vectors {
    upright: Vec<FeatureMatrix>,
    /// Of the mirror images; none where they are not used.
    turned: Vec<FeatureMatrix>,
}

impl Vectors {
    /// Gives them, with labels, splits and an earlier calibration where one stands in for rows that validate, to what fits a
    /// classifier or reads one.
    pub(super) fn input<T>(
        &self,
        dataset: &Dataset,
        calibration: Option<&Calibration>,
        with: impl FnOnce(&VectorInput<'_>) -> Result<T>,
    ) -> Result<T> {
        let [upright, turned] = [&self.upright, &self.turned]
            .map(|all| all.iter().map(|m| m.features.view()).collect::<Vec<ArrayView2<f32>>>());
        with(&VectorInput {
            pictures: Pictures { features: &upright, mirrored: &turned },
            labels: &dataset.labels,
            splits: &dataset.splits,
            classes: dataset.info.classes.len(),
            calibration,
        })
    }

    fn facts(&self) -> Vec<FeatureFacts> {
        self.upright.iter().enumerate().map(|(i, u)| feature_facts(u, self.turned.get(i))).collect()
    }
}

impl Runner<'_> {
    /// The fingerprint that a model of a dataset has when it is fresh.
    pub(super) fn model_fingerprint(&self, recipe: &Recipe<ModelRecipe>, dataset: &str) -> Result<String> {
        let features = recipe.value.features();
        let features: Vec<String> = features
            .into_iter()
            .map(|f| self.feature_fingerprint(dataset, &recipe::load(self.workspace, Kind::Feature, f)?))
            .collect::<Result<_>>()?;
        let pretrained = self.pretrained(&recipe.value)?.map(|p| p.fingerprint);
        Ok(fitted_fingerprint(recipe, dataset, &features, pretrained.as_deref()))
    }

    /// A model, trained and predicted first where it is missing or stale.
    ///
    /// # Errors
    /// What its parts give; [`Error::Invalid`] for a pretrained network that has seen rows which are held out here,
    /// [`Error::FeatureOff`] when a network must be trained and this build has no libtorch.
    pub fn model(&self, dataset: &Dataset, recipe: &Recipe<ModelRecipe>, start: Start) -> Result<FittedModel> {
        self.check_unseen(recipe, &dataset.info)?;
        let folder = self.workspace.model(&dataset.info.name, &recipe.name);
        let fingerprint = self.model_fingerprint(recipe, &dataset.info.fingerprint)?;
        let fresh = Predicted::fresh(&folder, &fingerprint);
        let predicted = match &fresh {
            Some(predicted) => predicted.clone(),
            None => match &recipe.value {
                ModelRecipe::Network(n) => self.fit_network(dataset, recipe, n, start, &folder, &fingerprint)?,
                ModelRecipe::Svm(s) => self.fit_svm(dataset, &recipe.name, s)?,
                ModelRecipe::KernelRidge(k) => self.fit_kernel_ridge(dataset, &recipe.name, k)?,
                ModelRecipe::Linear(l) => self.fit_linear(dataset, &recipe.name, l)?,
            }
            .save(dataset, recipe, &folder, fingerprint)?,
        };
        self.read(dataset, recipe, predicted, fresh.is_some())
    }

    /// A model that was trained before; nothing is trained here.
    ///
    /// # Errors
    /// [`Error::Missing`] when it was not trained, or not with this recipe on this dataset.
    pub fn trained(&self, dataset: &Dataset, recipe: &Recipe<ModelRecipe>) -> Result<FittedModel> {
        let predicted = self.predicted(dataset, recipe)?;
        if predicted.dataset != dataset.info.fingerprint {
            return Err(Error::Mismatch {
                what: format!("model `{}` and dataset `{}`", recipe.name, dataset.info.name),
                detail: "it was trained on another state of the dataset".into(),
                hint: "train it again".into(),
            });
        }
        self.read(dataset, recipe, predicted, true)
    }

    /// What was kept of a trained model.
    pub(super) fn predicted(&self, dataset: &Dataset, recipe: &Recipe<ModelRecipe>) -> Result<Predicted> {
        let (model, data) = (&recipe.name, &dataset.info.name);
        let folder = self.workspace.model(data, model);
        Predicted::of(&folder).ok_or_else(|| {
            Error::missing(&folder, format!("train the model first: `ferrofuse train {model} --dataset {data}`"))
        })
    }

    fn read(
        &self,
        dataset: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        predicted: Predicted,
        fresh: bool,
    ) -> Result<FittedModel> {
        let folder = self.workspace.model(&dataset.info.name, &recipe.name);
        let [validation, test] = scored().map(|split| load(&folder, &recipe.name, dataset, split));
        Ok(FittedModel {
            name: recipe.name.clone(),
            title: recipe.value.title().to_string(),
            family: recipe.value.family(),
            validation: validation?,
            test: test?,
            training: facts(recipe, predicted, &folder)?,
            fresh,
        })
    }

    fn fit_svm(&self, dataset: &Dataset, name: &str, svm: &SvmRecipe) -> Result<Fitted> {
        self.on_features(dataset, &svm.features, svm.mirrored, name, |input| {
            self.progress.say(&format!("{name}: fitting support vector machines"));
            svm::fit_predict(svm, input, self.progress)
        })
    }

    fn fit_kernel_ridge(&self, dataset: &Dataset, name: &str, ridge: &KernelRidgeRecipe) -> Result<Fitted> {
        self.on_features(dataset, &ridge.features, ridge.mirrored, name, |input| {
            self.progress.say(&format!("{name}: kernel ridge regression"));
            ridge::fit_predict(ridge, input, self.options.kernel_memory, self.progress)
        })
    }

    fn fit_linear(&self, dataset: &Dataset, name: &str, linear: &LinearRecipe) -> Result<Fitted> {
        self.on_features(dataset, &linear.features, linear.mirrored, name, |input| {
            let what = match linear.loss {
                Loss::SquaredHinge => "linear support vector machines",
                Loss::Logistic => "logistic regression",
            };
            self.progress.say(&format!("{name}: {what}"));
            linear::fit_predict(linear, input, self.progress)
        })
    }

    /// Extracts features where they are missing, fits the classifier of this name on them and saves it.
    fn on_features<M: Classifier>(
        &self,
        dataset: &Dataset,
        features: &[String],
        mirrored: bool,
        name: &str,
        fit: impl FnOnce(&VectorInput<'_>) -> Result<Outcome<M>>,
    ) -> Result<Fitted> {
        let vectors = self.vectors(dataset, features, mirrored)?;
        let calibration = Folds::first_fit(&dataset.info.name)
            .map(|view| {
                let description = self.workspace.model(view, name).join(M::DESCRIPTION);
                Calibration::stored(&description, dataset.info.classes.len())
            })
            .transpose()?;
        let meter = Meter::start();
        let outcome = vectors.input(dataset, calibration.as_ref(), fit)?;
        outcome.model.save(&self.workspace.model(&dataset.info.name, name))?;
        Ok(Fitted {
            probabilities: [outcome.validation, outcome.test],
            single_view: None,
            cost: meter.stop(),
            features: vectors.facts(),
            note: Some(outcome.model.note()),
        })
    }

    /// Features of all rows, extracted first where they are missing; with `mirrored` those of mirror images too.
    pub(super) fn vectors(&self, dataset: &Dataset, features: &[String], mirrored: bool) -> Result<Vectors> {
        let upright = features.iter().map(|f| self.feature(dataset, f)).collect::<Result<Vec<_>>>()?;
        let turned = match mirrored {
            true => upright.iter().map(|u| self.mirrored_feature(dataset, u)).collect::<Result<_>>()?,
            false => Vec::new(),
        };
        Ok(Vectors { upright, turned })
    }

    #[cfg(not(feature = "torch"))]
    fn fit_network(
        &self,
        _: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        _: &recipe::NetworkRecipe,
        _: Start,
        _: &Path,
        _: &str,
    ) -> Result<Fitted> {
        Err(Error::FeatureOff { what: format!("training the network `{}`", recipe.name), feature: "torch" })
    }
}

pub(super) fn feature_facts(feature: &FeatureMatrix, mirrored: Option<&FeatureMatrix>) -> FeatureFacts {
    FeatureFacts {
        name: feature.info.name.clone(),
        title: feature.info.recipe.title.clone(),
        dimensions: feature.info.dimensions,
        learned: feature.info.recipe.extractor == Extractor::Network,
        cost: feature.info.cost,
        mirrored_cost: mirrored.and_then(|m| m.info.cost),
    }
}

fn facts(recipe: &Recipe<ModelRecipe>, predicted: Predicted, folder: &Path) -> Result<TrainingFacts> {
    let (seed, network) = match &recipe.value {
        ModelRecipe::Network(n) => (n.training.seed, Some(NetworkDescription::load(folder)?)),
        ModelRecipe::Svm(s) => (s.seed, None),
        ModelRecipe::KernelRidge(_) => (0, None),
        ModelRecipe::Linear(l) => (l.seed, None),
    };
    Ok(TrainingFacts {
        seed,
        parameters: network.as_ref().map(|d| d.parameters),
        epochs: network.as_ref().map(|d| d.history.len() as u64),
        best_epoch: network.as_ref().map(|d| d.best_epoch as u64),
        keep: network.as_ref().map(|d| d.recipe.training.keep).unwrap_or_default(),
        pretrained: network.as_ref().and_then(|d| d.pretrained.clone()),
        seconds: Some(predicted.seconds),
        processor_seconds: predicted.processor_seconds,
        peak_memory: predicted.peak_memory,
        single_view: predicted.single_view,
        features: predicted.features,
        recipe_toml: predicted.recipe,
        note: predicted.note,
        history: network.map(|d| d.history).unwrap_or_default(),
    })
}
