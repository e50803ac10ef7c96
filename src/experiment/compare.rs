//! The last step: score everything, write the report.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Runner;
use crate::artifact::{Fingerprint, read_json, write_json};
use crate::dataset::{Dataset, Split, identical_to_training, near_training};
use crate::error::{Error, Result};
use crate::evaluation::{Comparison, ComparisonInput, DatasetFacts, EntryInput, FoldsOfRows, Seen};
use crate::models::Start;
use crate::predictions::{EntryKind, RowFacts, save_predictions};
use crate::recipe::{ExperimentRecipe, Kind, ModelRecipe, Recipe, load};
use crate::report;

/// What a run ends with.
#[derive(Clone, Debug)]
pub struct RunOutcome {
    /// All scores.
    pub comparison: Comparison,
    /// The folder with the report.
    pub folder: PathBuf,
    /// True when everything was there already.
    pub fresh: bool,
}

/// `run.json`: what the report beside it was made from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    fingerprint: String,
}

impl Runner<'_> {
    /// Does everything that an experiment needs and is not there yet: import, extract, train, predict, aggregate,
    /// report.
    ///
    /// # Errors
    /// What the steps give. What was finished stays, so that the next run goes on from there.
    pub fn run(&self, name: &str) -> Result<RunOutcome> {
        let recipe: Recipe<ExperimentRecipe> = load(self.workspace, Kind::Experiment, name)?;
        if recipe.value.folds.is_some() {
            let expected = format!("`ferrofuse crossval {name}`, or a recipe without [folds]");
            return Err(Error::invalid(format!("experiment `{}`", recipe.name), "a recipe with [folds]", expected));
        }
        self.check_choice(&recipe)?;
        let models = self.models_of(&recipe)?;
        let info = self.dataset_info(&recipe.value.dataset)?;
        for model in &models {
            self.check_unseen(model, &info)?;
        }
        let folder = self.workspace.results(&recipe.name);
        let fingerprint = self.fingerprint(&recipe, &models, &info.fingerprint)?;
        if is_fresh(&folder, &fingerprint) {
            let comparison = report::read(&folder)?;
            return Ok(RunOutcome { comparison, folder, fresh: true });
        }
        let dataset = Dataset::load(&self.workspace.dataset(&info.name))?;
        // Read first: a file that does not fit is better known before the training than after it.
        let external: Result<Vec<EntryInput>> =
            recipe.value.external.iter().map(|external| self.external(&dataset, external)).collect();
        let external = external?;
        let mut entries = Vec::new();
        for model in &models {
            let fitted = self.model(&dataset, model, Start::Resume)?;
            if fitted.fresh {
                self.progress.say(&format!("{}: fresh", fitted.name));
            }
            entries.push(EntryInput {
                name: fitted.name,
                title: fitted.title,
                kind: EntryKind::Single,
                family: fitted.family.into(),
                validation: fitted.validation,
                test: fitted.test,
                training: Some(fitted.training),
            });
        }
        entries.extend(external);
        let (identical, near) = (identical_to_training(&dataset), near_training(&dataset)?);
        let seen = Seen { identical: Some(&identical), near: Some(&near) };
        let comparison = self.compare(&recipe, &dataset, entries, (seen, None))?;
        self.report(comparison, folder, fingerprint)
    }

    /// Refuses to choose on the test split, unless that was allowed.
    pub(super) fn check_choice(&self, recipe: &Recipe<ExperimentRecipe>) -> Result<()> {
        if recipe.value.choose_on != Split::Test || self.options.allow_test_selection {
            return Ok(());
        }
        let expected = "validation: what was chosen on the rows that it is scored on scores too well; \
                        --allow-test-selection does it all the same and marks the report in red";
        Err(Error::invalid(format!("choose-on of experiment `{}`", recipe.name), "test", expected))
    }

    /// The model recipes that an experiment names.
    pub(super) fn models_of(&self, recipe: &Recipe<ExperimentRecipe>) -> Result<Vec<Recipe<ModelRecipe>>> {
        recipe.value.models.iter().map(|m| load(self.workspace, Kind::Model, m)).collect()
    }

    /// Writes the report and what it was made from.
    pub(super) fn report(&self, comparison: Comparison, folder: PathBuf, fingerprint: String) -> Result<RunOutcome> {
        report::write(&folder, &comparison, self.progress)?;
        write_json(&folder.join("run.json"), &Record { fingerprint })?;
        Ok(RunOutcome { comparison, folder, fresh: false })
    }

    /// Stores the predictions of all entries and scores them.
    pub(super) fn compare(
        &self,
        recipe: &Recipe<ExperimentRecipe>,
        dataset: &Dataset,
        entries: Vec<EntryInput>,
        (seen, folds): (Seen<'_>, Option<FoldsOfRows<'_>>),
    ) -> Result<Comparison> {
        let predictions = self.workspace.results(&recipe.name).join("predictions");
        for e in &entries {
            for p in [&e.validation, &e.test] {
                save_predictions(&predictions, &dataset.info, p, &e.title, e.kind)?;
            }
        }
        for p in entries.first().iter().flat_map(|e| [&e.validation, &e.test]) {
            RowFacts {
                identical: p.of_rows(seen.identical)?,
                near: p.of_rows(seen.near)?,
                subjects: p.of_rows(dataset.subjects.as_deref())?,
                folds: p.of_rows(folds.map(|f| f.of_row))?,
            }
            .save(&predictions, p.split)?;
        }
        let command = if folds.is_some() { "crossval" } else { "run" };
        let comparison = Comparison::assemble(ComparisonInput {
            title: recipe.value.title.clone(),
            experiment: recipe.name.clone(),
            command: format!("ferrofuse {command} results/{}.toml", recipe.name),
            created: None,
            chosen_on: recipe.value.choose_on,
            dataset: DatasetFacts::of(dataset, seen)?,
            entries,
            aggregates: &recipe.value.aggregate,
            ingredients: &recipe.value.ingredient,
            seen,
            subjects: dataset.subjects.as_deref(),
            folds,
        })?;
        Ok(comparison.retitled(&recipe.value.titles))
    }

    /// Fingerprint of all that a report shows.
    fn fingerprint(
        &self,
        recipe: &Recipe<ExperimentRecipe>,
        models: &[Recipe<ModelRecipe>],
        dataset: &str,
    ) -> Result<String> {
        let mut fingerprint = Fingerprint::new()
            .with("experiment", recipe.fingerprint())
            .with("dataset", dataset)
            .with("version", env!("CARGO_PKG_VERSION"));
        for model in models {
            fingerprint = fingerprint.with("model", self.model_fingerprint(model, dataset)?);
        }
        for external in &recipe.value.external {
            fingerprint = self.with_external(fingerprint, external)?;
        }
        Ok(fingerprint.finish())
    }
}

pub(super) fn is_fresh(folder: &Path, fingerprint: &str) -> bool {
    let recorded = read_json::<Record>(&folder.join("run.json")).is_ok_and(|r| r.fingerprint == fingerprint);
    recorded && ["report.html", "report.md", "metrics.json", "metrics.csv"].iter().all(|f| folder.join(f).exists())
}
