//! Cross-validation: every model once for each fold, scored on all folds together.

use ndarray::Array2;

use super::compare::{RunOutcome, is_fresh};
use super::{FittedModel, Runner};
use crate::artifact::Fingerprint;
use crate::dataset::{Dataset, DatasetInfo, Folds, Split, identical_to_training, near_training};
use crate::error::{Error, Result};
use crate::evaluation::{EntryInput, FeatureFacts, FoldsOfRows, Seen, SingleView, TrainingFacts};
use crate::models::Start;
use crate::predictions::{EntryKind, Predictions};
use crate::recipe::{ExperimentRecipe, FoldsRecipe, Kind, ModelRecipe, Recipe, load};
use crate::report;

impl Runner<'_> {
    /// Does everything that a cross-validation needs and is not there yet: import, and for each fold extract, train and
    /// predict; then the report over all folds.
    ///
    /// # Errors
    /// What the steps give; [`Error::Invalid`] for a recipe without folds, and for a model that starts from a network which was
    /// trained on this dataset. What was finished stays, so that the next run
    /// goes on from there.
    pub fn crossval(&self, name: &str) -> Result<RunOutcome> {
        let recipe: Recipe<ExperimentRecipe> = load(self.workspace, Kind::Experiment, name)?;
        let Some(rule) = recipe.value.folds else {
            let expected = format!("a [folds] table, or `ferrofuse run {name}`");
            return Err(Error::invalid(format!("experiment `{}`", recipe.name), "a recipe without folds", expected));
        };
        self.check_choice(&recipe)?;
        let models = self.models_of(&recipe)?;
        let info = self.dataset_info(&recipe.value.dataset)?;
        for model in &models {
            self.check_unseen_by_folds(model, &info)?;
            if rule.refit {
                self.check_runs_through(model)?;
            }
        }
        let folder = self.workspace.results(&recipe.name);
        let fingerprint = self.crossval_fingerprint(&recipe, &models, (&info, &rule))?;
        if is_fresh(&folder, &fingerprint) {
            return Ok(RunOutcome { comparison: report::read(&folder)?, folder, fresh: true });
        }
        let mut dataset = Dataset::load(&self.workspace.dataset(&info.name))?;
        let folds = Folds::deal(&rule, &dataset)?;
        let mut fitted: Vec<Vec<FittedModel>> = models.iter().map(|_| Vec::new()).collect();
        for fold in 0..folds.count() {
            let view = folds.view(&dataset, fold);
            self.progress.say(&format!("fold {} of {}", fold + 1, folds.count()));
            for (model, fitted) in models.iter().zip(&mut fitted) {
                fitted.push(self.model_of_view(&view, model)?);
            }
            if rule.refit {
                let view = folds.refit(view);
                self.progress.say(&format!(
                    "fold {} of {}: second training, on all the others",
                    fold + 1,
                    folds.count()
                ));
                for (model, fitted) in models.iter().zip(&mut fitted) {
                    let second = self.model_of_view(&view, model)?;
                    if let Some(first) = fitted.pop() {
                        fitted.push(refitted(first, second));
                    }
                }
            }
        }
        // For the report: every row is tested, and every row validates once.
        dataset.splits.fill(Split::Test);
        let words = rule.words();
        dataset.info.split_rule = format!("{words}; {}", rule.others_in_words());
        let entries = fitted.into_iter().map(|of_folds| pool(of_folds, &dataset, rule.refit)).collect::<Result<_>>()?;
        let identical = folds.against_the_others(&dataset, |view| Ok(identical_to_training(view)))?;
        let near = folds.against_the_others(&dataset, near_training)?;
        let seen = Seen { identical: Some(&identical), near: Some(&near) };
        let of_rows = FoldsOfRows { rule: &words, count: folds.count(), of_row: folds.of_row() };
        let comparison = self.compare(&recipe, &dataset, entries, (seen, Some(of_rows)))?;
        self.report(comparison, folder, fingerprint)
    }

    /// Refuses a network that would stop early, before any is trained: nothing validates in a second training. Networks that give a
    /// model its features count too.
    fn check_runs_through(&self, model: &Recipe<ModelRecipe>) -> Result<()> {
        for feature in model.value.features() {
            let feature = load(self.workspace, Kind::Feature, feature)?;
            if let Some(network) = self.network_of(&feature.name, &feature.value)? {
                self.check_runs_through(&network)?;
            }
        }
        match &model.value {
            ModelRecipe::Network(n) if n.training.patience.is_some() => {
                let found = format!("that of `{}` in a cross-validation with refit = true", model.name);
                let expected = "none: the second training has no rows that validate and runs through all its epochs";
                Err(Error::invalid("training.patience", found, expected))
            }
            _ => Ok(()),
        }
    }

    /// A model of one fold, with the curves of its training.
    fn model_of_view(&self, view: &Dataset, model: &Recipe<ModelRecipe>) -> Result<FittedModel> {
        let done = self.model(view, model, Start::Resume)?;
        let folder = self.workspace.model(&view.info.name, &model.name);
        report::write_curves(&folder, &view.info.split_rule, &done.training, view.info.synthetic)?;
        Ok(done)
    }

    /// Fingerprint of all that the report shows.
    fn crossval_fingerprint(
        &self,
        recipe: &Recipe<ExperimentRecipe>,
        models: &[Recipe<ModelRecipe>],
        (dataset, rule): (&DatasetInfo, &FoldsRecipe),
    ) -> Result<String> {
        let mut fingerprint = Fingerprint::new()
            .with("crossval", recipe.fingerprint())
            .with("dataset", &dataset.fingerprint)
            .with("version", env!("CARGO_PKG_VERSION"));
        for fold in 0..rule.count {
            let view = Folds::fingerprint(rule, &dataset.fingerprint, fold);
            for model in models {
                fingerprint = fingerprint.with("model", self.model_fingerprint(model, &view)?);
                if rule.refit {
                    let refit = self.model_fingerprint(model, &Folds::refit_fingerprint(&view))?;
                    fingerprint = fingerprint.with("refit", refit);
                }
            }
        }
        Ok(fingerprint.finish())
    }
}

/// A model that validated with its first training and is tested with its second.
fn refitted(first: FittedModel, second: FittedModel) -> FittedModel {
    let (chosen, tested) = (first.training.single_view, second.training.single_view);
    let single_view = chosen.zip(tested).map(|(a, b)| SingleView { validation: a.validation, test: b.test });
    FittedModel {
        test: second.test,
        training: TrainingFacts { single_view, ..together(first.training, second.training) },
        fresh: first.fresh && second.fresh,
        ..first
    }
}

/// One entry from the models of all folds: each row has the probabilities of the fold that it was held out in.
fn pool(of_folds: Vec<FittedModel>, dataset: &Dataset, refit: bool) -> Result<EntryInput> {
    let (mut validation, mut test, mut trainings) = (Vec::new(), Vec::new(), Vec::new());
    let mut names = None;
    for fitted in of_folds {
        names.get_or_insert((fitted.name, fitted.title, fitted.family));
        validation.push(fitted.validation);
        test.push(fitted.test);
        trainings.push(fitted.training);
    }
    let Some((name, title, family)) = names else {
        return Err(Error::invalid("folds", 0, "at least three"));
    };
    Ok(EntryInput {
        validation: joined(&name, &validation, dataset, Split::Validation)?,
        test: joined(&name, &test, dataset, Split::Test)?,
        name,
        title,
        kind: EntryKind::Single,
        family: family.into(),
        training: of_all_folds(trainings, refit),
    })
}

/// The predictions of all folds in the order of the dataset's rows.
fn joined(model: &str, folds: &[Predictions], dataset: &Dataset, split: Split) -> Result<Predictions> {
    let (n, classes) = (dataset.labels.len(), dataset.info.classes.len());
    let mut probabilities = Array2::zeros((n, classes));
    let mut times = vec![0; n];
    for fold in folds {
        for (&row, p) in fold.rows.iter().zip(fold.probabilities.outer_iter()) {
            probabilities.row_mut(row as usize).assign(&p);
            times[row as usize] += 1;
        }
    }
    if let Some(row) = times.iter().position(|&t| t != 1) {
        let found = format!("{} predictions of row {row}", times[row]);
        return Err(Error::invalid(format!("{split} predictions of `{model}`"), found, "one from one fold"));
    }
    Ok(Predictions {
        model: model.to_string(),
        dataset: dataset.info.name.clone(),
        fingerprint: dataset.info.fingerprint.clone(),
        classes: dataset.info.classes.clone(),
        split,
        rows: (0..n as u32).collect(),
        labels: dataset.labels.clone(),
        probabilities,
    })
}

/// What the trainings of all folds took together, and how often was trained.
fn of_all_folds(trainings: Vec<TrainingFacts>, refit: bool) -> Option<TrainingFacts> {
    let count = trainings.len();
    let times = match refit {
        false => format!("trained {count} times, once for each fold; time and epochs are those of all folds together"),
        true => format!(
            "trained {} times: for each fold once without the fold that validates, then with it, and the second is tested; time and \
             epochs are those of all of them together",
            2 * count
        ),
    };
    let seen = trainings.iter().filter(|t| t.pretrained.is_some()).find_map(|t| t.note.as_ref());
    let seen = seen.map_or_else(String::new, |note| format!(". In one of them: {note}"));
    let all = trainings.into_iter().reduce(together)?;
    Some(TrainingFacts { best_epoch: None, history: Vec::new(), note: Some(times + &seen), ..all })
}

/// What two trainings by the same recipe took together; the rest is that of the first.
fn together(a: TrainingFacts, b: TrainingFacts) -> TrainingFacts {
    let features = a.features.iter().zip(&b.features).map(|(x, y)| FeatureFacts {
        cost: x.cost.zip(y.cost).map(|(x, y)| [x, y].into_iter().sum()),
        mirrored_cost: x.mirrored_cost.zip(y.mirrored_cost).map(|(x, y)| [x, y].into_iter().sum()),
        ..x.clone()
    });
    TrainingFacts {
        epochs: a.epochs.zip(b.epochs).map(|(x, y)| x + y),
        seconds: a.seconds.zip(b.seconds).map(|(x, y)| x + y),
        processor_seconds: a.processor_seconds.zip(b.processor_seconds).map(|(x, y)| x + y),
        peak_memory: a.peak_memory.max(b.peak_memory),
        single_view: a.single_view.zip(b.single_view).map(|(x, y)| x + y),
        features: features.collect(),
        ..a
    }
}
