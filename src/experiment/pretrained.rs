//! The trained network that another one starts from, and which rows it may have seen.

use super::Runner;
#[cfg(feature = "torch")]
use super::transfer::seen_in_training;
#[cfg(feature = "torch")]
use crate::dataset::{Dataset, Split};
use crate::dataset::{DatasetInfo, Folds};
use crate::error::{Error, Result};
use crate::models::Pretrained;
use crate::recipe::{Kind, ModelRecipe, Recipe, load};

impl Runner<'_> {
    /// The network that a recipe starts from; `None` where it starts from fresh weights.
    ///
    /// # Errors
    /// As [`Pretrained::find`].
    pub(super) fn pretrained(&self, recipe: &ModelRecipe) -> Result<Option<Pretrained>> {
        match recipe {
            ModelRecipe::Network(n) => {
                n.pretrained.as_ref().map(|pretrained| Pretrained::find(self.workspace, pretrained)).transpose()
            }
            ModelRecipe::Svm(_) | ModelRecipe::KernelRidge(_) | ModelRecipe::Linear(_) => Ok(None),
        }
    }

    /// Refuses a pretrained network that learned from rows of this dataset which are now to be held out: one that was trained on
    /// the dataset in another split, on another fold of it, or on all of it. With the very same split it saw the same training rows.
    pub(super) fn check_unseen(&self, recipe: &Recipe<ModelRecipe>, dataset: &DatasetInfo) -> Result<()> {
        let Some(pretrained) = self.pretrained(&recipe.value)? else { return Ok(()) };
        if pretrained.folder == self.workspace.model(&dataset.name, &recipe.name) {
            let what = format!("pretrained network of `{}`", recipe.name);
            return Err(Error::invalid(what, "itself", "another network to start from"));
        }
        let origin = Folds::origin(&dataset.name);
        let seen =
            |(name, fingerprint): &(&str, &str)| Folds::origin(name) == origin && *fingerprint != dataset.fingerprint;
        match pretrained.datasets().into_iter().find(seen) {
            Some((name, _)) => {
                let expected = format!(
                    "one that never saw `{origin}`, or one of the very same splits: in other splits it learned from rows that are now \
                     to validate and to test, with their labels, and the scores would be too good"
                );
                Err(refused(recipe, &pretrained, name, expected))
            }
            None => Ok(()),
        }
    }

    /// The same for all folds of a dataset, before any of them is trained on; networks that give a model its features count too.
    pub(super) fn check_unseen_by_folds(&self, model: &Recipe<ModelRecipe>, dataset: &DatasetInfo) -> Result<()> {
        for feature in model.value.features() {
            let feature = load(self.workspace, Kind::Feature, feature)?;
            if let Some(network) = self.network_of(&feature.name, &feature.value)? {
                self.check_unseen_by_folds(&network, dataset)?;
            }
        }
        let Some(pretrained) = self.pretrained(&model.value)? else { return Ok(()) };
        let seen = |(name, fingerprint): &(&str, &str)| {
            Folds::origin(name) == dataset.name || *fingerprint == dataset.fingerprint
        };
        match pretrained.datasets().into_iter().find(seen) {
            Some((name, _)) => {
                let expected = format!(
                    "one that never saw `{}`: every row of it is tested in one of the folds, so that rows which this network \
                     learned from, with their labels, would be tested, and the scores would be too good",
                    dataset.name
                );
                Err(refused(model, &pretrained, name, expected))
            }
            None => Ok(()),
        }
    }

    /// Held-out rows that the pretrained network was trained on, or nearly so, under the name of another dataset, as far as the
    /// datasets that it learned from are here to be asked; `None` where there are none.
    #[cfg(feature = "torch")]
    pub(super) fn seen_before(&self, pretrained: &Pretrained, dataset: &Dataset) -> Result<Option<String>> {
        let held_out: Vec<u32> =
            (0u32..).zip(&dataset.splits).filter(|(_, split)| **split != Split::Train).map(|(row, _)| row).collect();
        let mut found = Vec::new();
        for (name, fingerprint) in pretrained.datasets() {
            let folder = self.workspace.dataset(name);
            // Of the very same split it saw the training rows, as the network that starts from it does.
            let there = fingerprint != dataset.info.fingerprint
                && Dataset::load_info(&folder).is_ok_and(|info| {
                    info.fingerprint == fingerprint
                        && [info.height, info.width] == [dataset.info.height, dataset.info.width]
                });
            if !there {
                continue;
            }
            let seen = seen_in_training(&Dataset::load(&folder)?, dataset, &held_out)?;
            if seen.near > 0 {
                found.push(format!("{} of `{name}`, {} of them pixel by pixel", seen.near, seen.identical));
            }
        }
        Ok((!found.is_empty()).then(|| {
            format!(
                "{} validation and test rows are held out; of these so many are, or nearly are, training pictures of what {} learned \
                 from: {}. On them the scores say nothing about new faces.",
                held_out.len(),
                pretrained.description.name,
                found.join("; ")
            )
        }))
    }
}

fn refused(recipe: &Recipe<ModelRecipe>, pretrained: &Pretrained, dataset: &str, expected: String) -> Error {
    let base = &pretrained.description;
    let found = match base.dataset == dataset {
        true => format!("`{}`, which was trained on `{dataset}`", base.name),
        false => format!("`{}`, which started from a network that was trained on `{dataset}`", base.name),
    };
    Error::invalid(format!("pretrained network of `{}`", recipe.name), found, expected)
}
