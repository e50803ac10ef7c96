//! Trained models on pictures that they were not made for: those of another dataset.

use std::path::Path;

use ndarray::{Array2, ArrayView3, Axis, concatenate};

use super::predicted::label;
use super::{Predictor, Runner};
use crate::dataset::{Dataset, Split, identical_to_training, near_training};
use crate::error::{Error, Result};
use crate::models::NetworkDescription;
use crate::predictions::{ClassMapping, Predictions};
use crate::recipe::{ModelRecipe, Recipe};

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
    /// of [`Runner::predictor`] and [`Predictor::predict`].
    pub fn transfer(
        &self,
        from: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        to: &Dataset,
        split: Option<Split>,
    ) -> Result<Transferred> {
        check_size(&recipe.name, [from.info.height, from.info.width], to)?;
        let rows = rows_of(to, split);
        let predictor = self.predictor(from, recipe)?;
        let probabilities = self.over_new_pictures(&predictor, to.images.select(Axis(0), &rows).view())?;
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
        let predictor = self.exported_predictor(folder)?;
        let probabilities = self.over_new_pictures(&predictor, to.images.select(Axis(0), &rows).view())?;
        on_common(&name, &classes, to, (split, &rows), probabilities)
    }

    /// The model is there, and made by these recipes from this dataset.
    pub(super) fn check_trained(&self, from: &Dataset, recipe: &Recipe<ModelRecipe>) -> Result<()> {
        let predicted = self.predicted(from, recipe)?;
        if predicted.fingerprint != self.model_fingerprint(recipe, &from.info.fingerprint)? {
            return Err(Error::Mismatch {
                what: format!("model `{}` and its recipe", recipe.name),
                detail: "the recipe, that of a feature, the dataset or the network that it starts from has changed since it was trained"
                    .into(),
                hint: format!("train it again: `ferrofuse train {} --dataset {}`", recipe.name, from.info.name),
            });
        }
        Ok(())
    }

    fn over_new_pictures(&self, predictor: &Predictor, images: ArrayView3<'_, u8>) -> Result<Array2<f32>> {
        self.over_images(&predictor.name, images.dim().0, || predictor.predict(images, self.progress))
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
pub(super) fn seen_in_training(from: &Dataset, to: &Dataset, rows: &[u32]) -> Result<SeenInTraining> {
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
