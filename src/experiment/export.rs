//! Trained networks as folders that can be given away, scored again as they lie there.

use std::path::{Path, PathBuf};

use super::Runner;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::evaluation::Comparison;
use crate::recipe::{ModelRecipe, Recipe};

/// What an export ends with.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Scores of the networks as they were written, and of the mean of their probabilities where they are several.
    pub comparison: Comparison,
    /// The folder of each network.
    pub folders: Vec<PathBuf>,
    /// Bytes of all files written.
    pub bytes: u64,
}

#[cfg(feature = "torch")]
impl Runner<'_> {
    /// Writes trained networks into folders of their own below `to`, weights as numbers of 16 bits, reads them from
    /// there, scores them on the dataset that they were trained on, and writes a model card beside each.
    ///
    /// # Errors
    /// [`Error::Missing`] when a model was not trained, [`Error::Invalid`] for one that is no network, and what reading
    /// and predicting give.
    pub fn export(&self, dataset: &Dataset, recipes: &[Recipe<ModelRecipe>], to: &Path) -> Result<Exported> {
        use crate::dataset::{identical_to_training, near_training};
        use crate::evaluation::{ComparisonInput, DatasetFacts, Seen};
        use crate::recipe::{AggregateMethod, AggregateRecipe};
        use crate::report::write_cards;

        let entries =
            recipes.iter().map(|r| self.export_one(dataset, r, &to.join(&r.name))).collect::<Result<Vec<_>>>()?;
        let (identical, near) = (identical_to_training(dataset), near_training(dataset)?);
        let seen = Seen { identical: Some(&identical), near: Some(&near) };
        let members: Vec<String> = entries.iter().map(|e| e.name.clone()).collect();
        let mean = AggregateRecipe {
            name: "mean".into(),
            members: members.clone(),
            method: AggregateMethod::Mean,
            weights: None,
        };
        let comparison = Comparison::assemble(ComparisonInput {
            title: format!("Networks trained on {}", dataset.info.title),
            experiment: to.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            command: format!("ferrofuse export {} --dataset {}", members.join(" "), dataset.info.name),
            created: None,
            chosen_on: crate::dataset::Split::Validation,
            dataset: DatasetFacts::of(dataset, seen)?,
            entries,
            aggregates: if recipes.len() > 1 { std::slice::from_ref(&mean) } else { &[] },
            ingredients: &[],
            seen,
            subjects: dataset.subjects.as_deref(),
            folds: None,
        })?;
        write_cards(to, &comparison, self.terms(&dataset.info.name)?.as_deref())?;
        let folders: Vec<PathBuf> = recipes.iter().map(|r| to.join(&r.name)).collect();
        let bytes = folders.iter().map(|f| bytes_in(f)).sum::<Result<u64>>()?;
        Ok(Exported { comparison, folders, bytes })
    }

    fn export_one(
        &self,
        dataset: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        to: &Path,
    ) -> Result<crate::evaluation::EntryInput> {
        use super::network::Scored;
        use super::predicted::{label, scored};
        use crate::evaluation::{EntryInput, TrainingFacts};
        use crate::models::network::ExportedNetwork;
        use crate::predictions::EntryKind;

        let ModelRecipe::Network(network) = &recipe.value else {
            let expected = "a network: a classifier on features needs the features of all its training rows";
            return Err(Error::invalid(format!("model `{}`", recipe.name), recipe.value.family(), expected));
        };
        let fitted = self.trained(dataset, recipe)?;
        let feature = network.fusion.as_ref().map(|f| self.feature(dataset, &f.feature)).transpose()?;
        let from = self.workspace.model(&dataset.info.name, &recipe.name);
        self.use_threads();
        ExportedNetwork::export(&from, feature.as_ref(), to)?;
        let exported = ExportedNetwork::load(to, self.options.device.parse()?)?;
        let Scored { probabilities: [validation, test], single_view } =
            self.score_network(exported.network(), dataset, |_, images| exported.features(images))?;
        let splits = scored();
        Ok(EntryInput {
            name: fitted.name,
            title: fitted.title,
            kind: EntryKind::Single,
            family: fitted.family.into(),
            validation: label(&recipe.name, dataset, splits[0], validation),
            test: label(&recipe.name, dataset, splits[1], test),
            training: Some(TrainingFacts { single_view, ..fitted.training }),
        })
    }

    /// What the data recipe says about the use of the pictures.
    fn terms(&self, dataset: &str) -> Result<Option<String>> {
        use crate::recipe::{DataRecipe, Kind, load};

        let recipe: Recipe<DataRecipe> = load(self.workspace, Kind::Data, dataset)?;
        Ok(recipe.value.terms)
    }
}

#[cfg(feature = "torch")]
fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))? {
        let entry = entry.map_err(|e| Error::io("read", folder, e))?;
        let facts = entry.metadata().map_err(|e| Error::io("read", entry.path(), e))?;
        bytes += if facts.is_dir() { bytes_in(&entry.path())? } else { facts.len() };
    }
    Ok(bytes)
}

#[cfg(not(feature = "torch"))]
impl Runner<'_> {
    /// Networks need libtorch.
    ///
    /// # Errors
    /// [`Error::FeatureOff`].
    pub fn export(&self, _: &Dataset, _: &[Recipe<ModelRecipe>], _: &Path) -> Result<Exported> {
        Err(Error::FeatureOff { what: "exporting networks".into(), feature: "torch" })
    }
}
