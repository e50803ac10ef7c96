//! An experiment scored again from its stored predictions: no dataset, no model, nothing computed but statistics.

use std::path::Path;

use crate::dataset::Split;
use crate::error::Result;
use crate::evaluation::{Comparison, ComparisonInput, EntryInput, FoldsOfRows, Seen};
use crate::predictions::{EntryKind, Predictions, RowFacts, load_predictions};
use crate::recipe::{AggregateMethod, AggregateRecipe, IngredientRecipe};
use crate::report;

/// Scores the experiment in `folder` (`results/NAME/`) again from `predictions/`; names, aggregates, ingredients and what
/// is known of dataset and training are those of its `metrics.json`. `None` where there are no predictions, or such of an
/// earlier version that do not say which rows were also seen in training.
///
/// # Errors
/// [`crate::Error::Missing`] without `metrics.json`, [`crate::Error::Malformed`] for a file that does not fit the others.
pub fn rescore(folder: &Path) -> Result<Option<Comparison>> {
    let stored = report::read(folder)?;
    let predictions = folder.join("predictions");
    if !predictions.join("predictions.json").exists() {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for entry in stored.entries.iter().filter(|e| e.kind != EntryKind::Aggregate) {
        entries.push(EntryInput {
            name: entry.name.clone(),
            title: entry.title.clone(),
            kind: entry.kind,
            family: entry.family.clone(),
            validation: load_predictions(&predictions, &entry.name, Split::Validation)?,
            test: load_predictions(&predictions, &entry.name, Split::Test)?,
            training: entry.training.clone(),
        });
    }
    let aggregates: Vec<AggregateRecipe> = stored.entries.iter().filter_map(aggregate).collect();
    let ingredients: Vec<IngredientRecipe> = stored
        .ingredients
        .iter()
        .map(|i| IngredientRecipe { name: i.name.clone(), with: i.with.clone(), without: i.without.clone() })
        .collect();
    let rows = facts_of_all(&predictions, entries.first())?;
    if stored.dataset.identical_to_training.is_some() && rows.identical.is_none() {
        return Ok(None);
    }
    let folds = stored.folds.as_ref().zip(rows.folds.as_deref());
    let input = ComparisonInput {
        title: stored.title,
        experiment: stored.experiment,
        command: stored.command,
        created: stored.created,
        chosen_on: stored.chosen_on,
        dataset: stored.dataset,
        entries,
        aggregates: &aggregates,
        ingredients: &ingredients,
        seen: Seen { identical: rows.identical.as_deref(), near: rows.near.as_deref() },
        subjects: rows.subjects.as_deref(),
        folds: folds.map(|(scores, of_row)| FoldsOfRows { rule: &scores.rule, count: scores.rows.len(), of_row }),
    };
    let titles = stored.entries.iter().map(|e| (e.name.clone(), e.title.clone())).collect();
    Ok(Some(Comparison::assemble_again(input, &stored.entries)?.retitled(&titles)))
}

fn aggregate(entry: &crate::evaluation::Entry) -> Option<AggregateRecipe> {
    let method = entry.method?;
    let given = method == AggregateMethod::Weighted && !entry.weights_fitted;
    Some(AggregateRecipe {
        name: entry.name.clone(),
        members: entry.members.clone(),
        method,
        weights: entry.weights.clone().filter(|_| given),
    })
}

/// Facts by the row's number in the dataset, as far as rows were predicted.
fn facts_of_all(folder: &Path, entry: Option<&EntryInput>) -> Result<RowFacts> {
    let mut all = RowFacts::default();
    for p in entry.iter().flat_map(|e| [&e.validation, &e.test]) {
        let facts = RowFacts::load(folder, p.split, p.rows.len())?;
        scatter(&mut all.identical, facts.identical, p);
        scatter(&mut all.near, facts.near, p);
        scatter(&mut all.subjects, facts.subjects, p);
        scatter(&mut all.folds, facts.folds, p);
    }
    Ok(all)
}

fn scatter<T: Clone + Default>(all: &mut Option<Vec<T>>, values: Option<Vec<T>>, of: &Predictions) {
    let Some(values) = values else { return };
    let all = all.get_or_insert_default();
    for (&row, value) in of.rows.iter().zip(values) {
        let row = row as usize;
        if all.len() <= row {
            all.resize(row + 1, T::default());
        }
        all[row] = value;
    }
}
