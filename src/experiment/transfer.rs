//! Trained models on pictures that they were not made for: those of another dataset.

use std::path::Path;

use ndarray::{Array2, ArrayView2, ArrayView3, Axis, concatenate, s};

use super::Runner;
use super::predicted::label;
use crate::dataset::{Dataset, Split, identical_to_training, near_training};
use crate::error::{Error, Result};
use crate::features::{FeatureMatrix, describe_pictures};
use crate::models::linear::LinearModel;
use crate::models::ridge::KernelRidge;
use crate::models::svm::SvmModel;
use crate::models::{NetworkDescription, Pictures};
use crate::predictions::{ClassMapping, Predictions};
use crate::progress::Silent;
use crate::recipe::{FeatureRecipe, Kind, ModelRecipe, Recipe, SvmMode, load};

/// What a model makes of another dataset, on the classes that both have.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// Rows whose class the model knows, with probabilities of the classes in common.
    pub predictions: Predictions,
    /// Which class of the dataset each class of the model is.
    pub mapping: ClassMapping,
    /// Rows of classes that the model does not know, which are not scored.
    pub left_out: usize,
    /// Scored rows to which the model gives none of the common classes; see [`ClassMapping::onto_target`].
    pub undecided: usize,
    /// Scored rows that are, or nearly are, pictures the model was trained on.
    pub seen: Option<SeenInTraining>,
}

/// Rows that are also training rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenInTraining {
    /// With the same pixels.
    pub identical: usize,
    /// The same or nearly so; see [`crate::dataset::NEAR_DUPLICATE`].
    pub near: usize,
}

impl Runner<'_> {
    /// Scores a model that was trained on `from` on rows of `to`, all of them unless a split is named; classes are matched
    /// by name.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for pictures of another size, [`Error::Invalid`] for fewer than two classes in common, and those
    /// of [`Runner::predict_pictures`].
    pub fn transfer(
        &self,
        from: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        to: &Dataset,
        split: Option<Split>,
    ) -> Result<Transferred> {
        check_size(&recipe.name, [from.info.height, from.info.width], to)?;
        let rows = rows_of(to, split);
        let probabilities = self.predict_pictures(from, recipe, to.images.select(Axis(0), &rows).view())?;
        let mut found = on_common(&recipe.name, &from.info.classes, to, (split, &rows), probabilities)?;
        found.seen = Some(seen_in_training(from, to, &found.predictions.rows)?);
        Ok(found)
    }

    /// The same for an exported network, of whose training rows nothing is known.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none in `folder`, [`Error::Mismatch`] for pictures of another size,
    /// [`Error::Invalid`] for fewer than two classes in common, and for all rows of the dataset that it was trained on.
    pub fn transfer_exported(&self, folder: &Path, to: &Dataset, split: Option<Split>) -> Result<Transferred> {
        let NetworkDescription { name, classes, dataset_fingerprint, size, .. } = NetworkDescription::load(folder)?;
        if split.is_none() && dataset_fingerprint == to.info.fingerprint {
            let found = format!("`{}`, which `{name}` was trained on", to.info.name);
            return Err(Error::invalid(
                "dataset of which all rows are scored",
                found,
                "another one, or one split of it",
            ));
        }
        check_size(&name, size, to)?;
        let rows = rows_of(to, split);
        let probabilities = self.exported_on(&name, folder, to.images.select(Axis(0), &rows).view())?;
        on_common(&name, &classes, to, (split, &rows), probabilities)
    }

    /// Probabilities (m x c) that a model which was trained on `from` gives to m grey pictures of the same size.
    ///
    /// # Errors
    /// [`Error::Missing`] when it was not trained, [`Error::Mismatch`] when its recipe or a recipe of its features has
    /// changed since, [`Error::FeatureOff`] for what this build leaves out, and what reading and predicting give.
    pub fn predict_pictures(
        &self,
        from: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        images: ArrayView3<'_, u8>,
    ) -> Result<Array2<f32>> {
        self.check_trained(from, recipe)?;
        let folder = self.workspace.model(&from.info.name, &recipe.name);
        let vectors = |features: &[String], mirrored: bool| -> Result<[Vec<Array2<f32>>; 2]> {
            let of = |images: ArrayView3<'_, u8>| -> Result<Vec<Array2<f32>>> {
                features.iter().map(|f| self.describe(from, f, images)).collect()
            };
            let turned = if mirrored { of(images.slice(s![.., .., ..;-1]))? } else { Vec::new() };
            Ok([of(images)?, turned])
        };
        let with = |features: &[String], mirrored, predict: &dyn Fn(Pictures<'_>) -> Result<Array2<f32>>| {
            let [upright, turned] = vectors(features, mirrored)?;
            let [upright, turned] = [&upright, &turned].map(|all| all.iter().map(|f| f.view()).collect::<Vec<_>>());
            predict(Pictures { features: &upright, mirrored: &turned })
        };
        match &recipe.value {
            ModelRecipe::Network(network) => {
                let fused = network.fusion.as_ref().map(|f| self.describe(from, &f.feature, images)).transpose()?;
                self.network_on(&folder, images, fused.as_ref().map(|f| f.view()))
            }
            ModelRecipe::Linear(l) => {
                let model = LinearModel::load(&folder)?;
                with(&l.features, l.mirrored, &|pictures| model.predict_proba(pictures))
            }
            ModelRecipe::Svm(svm) => {
                let model = match svm.mode {
                    SvmMode::Global => SvmModel::load(&folder, None)?,
                    SvmMode::Local => self
                        .vectors(from, &svm.features, svm.mirrored)?
                        .input(from, |training| SvmModel::load(&folder, Some(training)))?,
                };
                with(&svm.features, svm.mirrored, &|pictures| model.predict_proba(pictures))
            }
            ModelRecipe::KernelRidge(k) => {
                let training = self.vectors(from, &k.features, k.mirrored)?;
                let model = training.input(from, |training| KernelRidge::load(&folder, training))?;
                with(&k.features, k.mirrored, &|pictures| model.predict_proba(pictures, &Silent))
            }
        }
    }

    /// The model is there, and made by these recipes from this dataset.
    fn check_trained(&self, from: &Dataset, recipe: &Recipe<ModelRecipe>) -> Result<()> {
        let predicted = self.predicted(from, recipe)?;
        if predicted.fingerprint != self.model_fingerprint(recipe, &from.info.fingerprint)? {
            return Err(Error::Mismatch {
                what: format!("model `{}` and its recipe", recipe.name),
                detail: "the recipe, that of a feature or the dataset has changed since it was trained".into(),
                hint: format!("train it again: `ferrofuse train {} --dataset {}`", recipe.name, from.info.name),
            });
        }
        Ok(())
    }

    /// A feature of new pictures, with the vocabulary or the network that was fitted on `from`.
    fn describe(&self, from: &Dataset, name: &str, images: ArrayView3<'_, u8>) -> Result<Array2<f32>> {
        let recipe: Recipe<FeatureRecipe> = load(self.workspace, Kind::Feature, name)?;
        if let Some(network) = self.network_of(&recipe.name, &recipe.value)? {
            return self.embed_pictures(from, (&recipe.name, &recipe.value), &network, images);
        }
        let folder = self.workspace.feature(&from.info.name, name);
        let info = FeatureMatrix::load_info(&folder)?;
        let vocabulary = FeatureMatrix::load_vocabulary(&folder, &info)?;
        self.progress.say(&format!("{name}: {} pictures", images.dim().0));
        describe_pictures(&info, &vocabulary, images)
    }
}

#[cfg(feature = "torch")]
impl Runner<'_> {
    fn network_on(
        &self,
        folder: &Path,
        images: ArrayView3<'_, u8>,
        features: Option<ArrayView2<'_, f32>>,
    ) -> Result<Array2<f32>> {
        use crate::models::network::TrainedNetwork;

        self.use_threads();
        let trained = TrainedNetwork::load(folder, self.options.device.parse()?)?;
        self.over_images(&trained.description().name, images.dim().0, || {
            trained.predict_proba(images, features, self.progress)
        })
    }

    fn exported_on(&self, name: &str, folder: &Path, images: ArrayView3<'_, u8>) -> Result<Array2<f32>> {
        use crate::models::network::ExportedNetwork;

        self.use_threads();
        let exported = ExportedNetwork::load(folder, self.options.device.parse()?)?;
        self.over_images(name, images.dim().0, || exported.predict_proba(images, self.progress))
    }

    fn embed_pictures(
        &self,
        from: &Dataset,
        (name, recipe): (&str, &FeatureRecipe),
        network: &Recipe<ModelRecipe>,
        images: ArrayView3<'_, u8>,
    ) -> Result<Array2<f32>> {
        use crate::features::normalise_embeddings;
        use crate::models::network::TrainedNetwork;

        self.check_trained(from, network)?;
        self.use_threads();
        let folder = self.workspace.model(&from.info.name, &network.name);
        let trained = TrainedNetwork::load(&folder, self.options.device.parse()?)?;
        let embed = |images: ArrayView3<'_, u8>| -> Result<Array2<f32>> {
            let fused = network.value.features();
            let fused = fused.first().map(|f| self.describe(from, f, images)).transpose()?;
            self.over_images(&format!("{name} by {}", network.name), images.dim().0, || {
                trained.embed(images, fused.as_ref().map(|f| f.view()), self.progress)
            })
        };
        let turned = recipe.symmetric.then(|| {
            let turned = images.slice(s![.., .., ..;-1]).as_standard_layout().into_owned();
            embed(turned.view())
        });
        normalise_embeddings(recipe, embed(images)?, turned.transpose()?)
    }
}

#[cfg(not(feature = "torch"))]
impl Runner<'_> {
    fn network_on(&self, folder: &Path, _: ArrayView3<'_, u8>, _: Option<ArrayView2<'_, f32>>) -> Result<Array2<f32>> {
        let what = format!("predicting with the network in {}", folder.display());
        Err(Error::FeatureOff { what, feature: "torch" })
    }

    fn exported_on(&self, _: &str, folder: &Path, images: ArrayView3<'_, u8>) -> Result<Array2<f32>> {
        self.network_on(folder, images, None)
    }

    fn embed_pictures(
        &self,
        _: &Dataset,
        (name, _): (&str, &FeatureRecipe),
        _: &Recipe<ModelRecipe>,
        _: ArrayView3<'_, u8>,
    ) -> Result<Array2<f32>> {
        Err(Error::FeatureOff { what: format!("the network's embeddings `{name}`"), feature: "torch" })
    }
}

/// The dataset's pictures have the size (height, width) that the model was trained on.
fn check_size(model: &str, [h, w]: [usize; 2], dataset: &Dataset) -> Result<()> {
    let info = &dataset.info;
    match [h, w] == [info.height, info.width] {
        true => Ok(()),
        false => Err(Error::Mismatch {
            what: format!("model `{model}` and dataset `{}`", info.name),
            detail: format!("pictures of {h} x {w} and of {} x {} pixels", info.height, info.width),
            hint: format!("import the dataset with `size = [{h}, {w}]`"),
        }),
    }
}

fn rows_of(dataset: &Dataset, split: Option<Split>) -> Vec<usize> {
    split.map_or_else(|| (0..dataset.labels.len()).collect(), |split| dataset.rows(split))
}

/// Matches the model's classes with the dataset's by name and leaves out rows of other classes.
fn on_common(
    model: &str,
    classes: &[String],
    to: &Dataset,
    (split, rows): (Option<Split>, &[usize]),
    probabilities: Array2<f32>,
) -> Result<Transferred> {
    let mapping = ClassMapping::by_name(classes, &to.info.classes)?;
    let labels: Vec<u8> = rows.iter().map(|&row| to.labels[row]).collect();
    let common = mapping.onto_common(probabilities.view(), &labels)?;
    // Rows of all splits together are new to the model, as test rows are.
    let split = split.unwrap_or(Split::Test);
    let predictions = Predictions {
        classes: common.classes,
        rows: common.rows.iter().map(|&place| rows[place] as u32).collect(),
        labels: common.labels,
        ..label(model, to, split, common.probabilities)
    };
    predictions.check()?;
    let left_out = rows.len() - predictions.rows.len();
    Ok(Transferred { predictions, mapping, left_out, undecided: common.undecided, seen: None })
}

/// How many rows of `to` are pictures that are also training rows of `from`.
fn seen_in_training(from: &Dataset, to: &Dataset, rows: &[u32]) -> Result<SeenInTraining> {
    let training = from.rows(Split::Train);
    let rows: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
    let images = [from.images.select(Axis(0), &training), to.images.select(Axis(0), &rows)];
    let images = concatenate(Axis(0), &[images[0].view(), images[1].view()])
        .map_err(|e| Error::invalid("pictures", e, "of one size in both datasets"))?;
    let mut splits = vec![Split::Train; training.len()];
    splits.resize(images.dim().0, Split::Test);
    let both = Dataset {
        info: from.info.clone(),
        labels: vec![0; splits.len()],
        images,
        splits,
        subjects: None,
        shares: None,
    };
    let count = |flags: Vec<bool>| flags.iter().skip(training.len()).filter(|seen| **seen).count();
    Ok(SeenInTraining { identical: count(identical_to_training(&both)), near: count(near_training(&both)?) })
}
