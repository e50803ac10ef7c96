//! From predictions and recipes of aggregates to a finished [`Comparison`].

use rayon::prelude::*;

use super::comparison::{Comparison, DatasetFacts, Entry, Hits, PairedTest, Scores, TrainingFacts};
use super::gain::fusion_gains;
use super::ingredient::ingredients;
use super::pairs::{any_right, pairs};
use super::without_member::{WithoutMember, without_each};
use super::{
    Bootstrap, BootstrapInput, BootstrapPlan, CalibrationFacts, ConfusionMatrix, FoldScores, FoldsOfRows, Metrics,
    Ranking, Seen, discordant, fit_temperature, holm, mcnemar,
};
use crate::dataset::Split;
use crate::ensemble::{Combination, check_alike};
use crate::error::{Error, Result};
use crate::predictions::{EntryKind, Predictions};
use crate::recipe::{AggregateMethod, AggregateRecipe, IngredientRecipe};

/// What a comparison is assembled from.
#[derive(Clone, Debug)]
pub struct ComparisonInput<'a> {
    /// The report's title.
    pub title: String,
    /// The experiment's name.
    pub experiment: String,
    /// The command that makes all of it again.
    pub command: String,
    /// When; see [`Comparison::created`].
    pub created: Option<String>,
    /// The dataset.
    pub dataset: DatasetFacts,
    /// Models and external results, in the order of the report; at least one.
    pub entries: Vec<EntryInput>,
    /// The rows on which weights, stackers and the best single model are chosen.
    pub chosen_on: Split,
    /// What is aggregated from them.
    pub aggregates: &'a [AggregateRecipe],
    /// Pairs of them that differ in one thing.
    pub ingredients: &'a [IngredientRecipe],
    /// Which rows of the whole dataset were also seen in training.
    pub seen: Seen<'a>,
    /// Who the rows of the whole dataset show, where that is known.
    pub subjects: Option<&'a [u32]>,
    /// The folds of a cross-validation.
    pub folds: Option<FoldsOfRows<'a>>,
}

/// One model or external result.
#[derive(Clone, Debug)]
pub struct EntryInput {
    /// Its name in the experiment.
    pub name: String,
    /// The name for readers.
    pub title: String,
    /// [`EntryKind::Single`] or [`EntryKind::External`].
    pub kind: EntryKind,
    /// `network`, `svm`, `external`.
    pub family: String,
    /// Probabilities of the validation rows.
    pub validation: Predictions,
    /// Probabilities of the test rows.
    pub test: Predictions,
    /// How it was trained.
    pub training: Option<TrainingFacts>,
}

/// An aggregate worked out.
#[derive(Clone, Debug)]
pub struct AggregateOutcome {
    /// Its name in the experiment.
    pub name: String,
    /// The weight of each member of a weighted mean, summing to 1.
    pub weights: Option<Vec<f64>>,
    /// True when the weights were chosen on predicted rows.
    pub weights_fitted: bool,
    /// Probabilities of the validation rows; out-of-fold ones of a stacker.
    pub validation: Predictions,
    /// Probabilities of the test rows.
    pub test: Predictions,
    /// What it has right without each of its members; nothing for two members.
    pub without_member: Vec<WithoutMember>,
}

/// Works the aggregates out, on both splits, in the order of the recipes; what a method fits is fitted on the rows of
/// `chosen_on`, validation or test. `known` are entries assembled before; see [`Comparison::assemble_again`].
///
/// # Errors
/// [`Error::Invalid`] for a member that is not among `entries` or too few validation rows for a stacker,
/// [`Error::Mismatch`] for members of other rows.
pub fn aggregate_entries(
    entries: &[EntryInput],
    recipes: &[AggregateRecipe],
    chosen_on: Split,
    known: &[Entry],
) -> Result<Vec<AggregateOutcome>> {
    recipes.par_iter().map(|recipe| aggregate_one(entries, recipe, chosen_on, known)).collect()
}

fn aggregate_one(
    entries: &[EntryInput],
    recipe: &AggregateRecipe,
    chosen_on: Split,
    known: &[Entry],
) -> Result<AggregateOutcome> {
    let mut members = Vec::with_capacity(recipe.members.len());
    for name in &recipe.members {
        members.push(entries.iter().find(|e| e.name == *name).ok_or_else(|| {
            let known: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
            let what = format!("aggregate `{}`", recipe.name);
            Error::invalid(what, format!("member `{name}`"), format!("one of {}", known.join(", ")))
        })?);
    }
    let validation: Vec<&Predictions> = members.iter().map(|m| &m.validation).collect();
    let test: Vec<&Predictions> = members.iter().map(|m| &m.test).collect();
    let chosen_on = if chosen_on == Split::Test { &test } else { &validation };
    let combination = Combination::fit(recipe.method, chosen_on, recipe.weights.as_deref())?;
    let combine = |of: &[&Predictions]| -> Result<Predictions> {
        Ok(Predictions { model: recipe.name.clone(), ..combination.apply(of)? })
    };
    let weights = combination.weights().map(<[f64]>::to_vec);
    let (on_validation, on_test) = (combine(&validation)?, combine(&test)?);
    let namesake = known.iter().find(|e| {
        (&e.name, &e.members, e.method) == (&recipe.name, &recipe.members, Some(recipe.method)) && e.weights == weights
    });
    let same = match namesake {
        Some(e) => {
            let confusions = [ConfusionMatrix::of(&on_validation)?, ConfusionMatrix::of(&on_test)?];
            namesake.filter(|_| [&e.validation.confusion, &e.test.confusion] == confusions.each_ref())
        }
        None => None,
    };
    Ok(AggregateOutcome {
        name: recipe.name.clone(),
        without_member: match same {
            Some(entry) => entry.without_member.clone(),
            None => without_each(recipe, chosen_on, [&validation, &test], &on_test)?,
        },
        weights_fitted: recipe.weights.is_none() && weights.is_some(),
        weights,
        validation: on_validation,
        test: on_test,
    })
}

impl Comparison {
    /// Scores every entry, works the aggregates out, chooses the best single model, on validation unless `chosen_on` says
    /// otherwise, and tests all others against it on test.
    ///
    /// # Errors
    /// [`Error::Invalid`] or [`Error::Mismatch`] naming the entry that does not fit the others or the dataset.
    pub fn assemble(input: ComparisonInput<'_>) -> Result<Self> {
        Self::assemble_again(input, &[])
    }

    /// The same from predictions that were assembled before to these entries: what an aggregate has without each of its
    /// members, which takes longer than all else where stackers are fitted, is taken from the entry that is the same
    /// aggregate with the same weights and confusion matrices.
    ///
    /// # Errors
    /// As [`Comparison::assemble`].
    pub fn assemble_again(input: ComparisonInput<'_>, known: &[Entry]) -> Result<Self> {
        check_entries(&input)?;
        let outcomes = aggregate_entries(&input.entries, input.aggregates, input.chosen_on, known)?;
        let score = |p: &Predictions| {
            let [identical, near] = [input.seen.identical, input.seen.near].map(|all| p.of_rows(all));
            let (identical, near) = (identical?, near?);
            scores(p, Seen { identical: identical.as_deref(), near: near.as_deref() })
        };

        let folds = input.folds.map(|folds| {
            let aggregates = outcomes.iter().map(|o| &o.test);
            let tests: Vec<&Predictions> = input.entries.iter().map(|e| &e.test).chain(aggregates).collect();
            FoldScores::of(folds, input.subjects, &tests)
        });

        let singles = input.entries.iter().map(|e| (&e.validation, &e.test, true));
        let aggregates = outcomes.iter().zip(input.aggregates);
        // A share of votes is no probability: it says nothing about how sure the members are.
        let aggregates = aggregates.map(|(o, r)| (&o.validation, &o.test, r.method != AggregateMethod::Vote));
        let of_all: Vec<(&Predictions, &Predictions, bool)> = singles.chain(aggregates).collect();
        let mut honesty = of_all.par_iter().map(honesty).collect::<Result<Vec<_>>>()?.into_iter();

        let mut entries = Vec::with_capacity(input.entries.len() + outcomes.len());
        let mut predicted = Vec::with_capacity(entries.capacity());
        for e in &input.entries {
            predicted.push(e.test.predicted());
            let (calibration, ranking) = honesty.next().unwrap_or_default();
            entries.push(Entry {
                name: e.name.clone(),
                title: e.title.clone(),
                kind: e.kind,
                family: e.family.clone(),
                members: Vec::new(),
                method: None,
                weights: None,
                weights_fitted: false,
                without_member: Vec::new(),
                validation: score(&e.validation)?,
                test: score(&e.test)?,
                calibration,
                ranking,
                versus_best_single: None,
                training: e.training.clone(),
            });
        }
        let best = best_on(input.chosen_on, &entries);
        for (outcome, recipe) in outcomes.into_iter().zip(input.aggregates) {
            predicted.push(outcome.test.predicted());
            let (mut validation, mut test) = (score(&outcome.validation)?, score(&outcome.test)?);
            let (calibration, ranking) = honesty.next().unwrap_or_default();
            if recipe.method == AggregateMethod::Vote {
                validation.metrics.log_loss = None;
                test.metrics.log_loss = None;
            }
            entries.push(Entry {
                name: outcome.name.clone(),
                title: outcome.name,
                kind: EntryKind::Aggregate,
                family: "aggregate".into(),
                members: recipe.members.clone(),
                method: Some(recipe.method),
                weights: outcome.weights,
                weights_fitted: outcome.weights_fitted,
                without_member: outcome.without_member,
                validation,
                test,
                calibration,
                ranking,
                versus_best_single: None,
                training: None,
            });
        }
        let labels = input.entries.first().map_or(&[][..], |first| &first.test.labels);
        if let Some(best) = best {
            compare_with(best, &mut entries, &predicted, labels)?;
        }
        let ingredients = ingredients(input.ingredients, &entries, &predicted, labels)?;
        let classes = input.dataset.classes.len();
        let names: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
        let singles: Vec<&Vec<u8>> = predicted.iter().take(input.entries.len()).collect();
        let subjects = input.entries.first().map(|e| e.test.of_rows(input.subjects)).transpose()?.flatten();
        let bootstrap = Bootstrap::of(
            &BootstrapInput { labels, classes, predicted: &predicted, clusters: subjects.as_deref(), reference: best },
            BootstrapPlan::default(),
        )?;
        Ok(Self {
            pairs: pairs(&names, &predicted, labels)?,
            oracle: Some(Hits { correct: any_right(&singles, labels), rows: labels.len() as u64 }),
            fusion_gains: fusion_gains(&entries, &predicted, labels, classes)?,
            bootstrap: Some(bootstrap),
            title: input.title,
            experiment: input.experiment,
            command: input.command,
            version: env!("CARGO_PKG_VERSION").into(),
            created: input.created,
            dataset: input.dataset,
            chosen_on: input.chosen_on,
            best_single: best.map(|i| entries[i].name.clone()),
            entries,
            ingredients,
            folds,
        })
    }
}

/// The entries fit each other, their splits and the dataset, and no name stands for two things.
fn check_entries(input: &ComparisonInput<'_>) -> Result<()> {
    if input.chosen_on == Split::Train {
        return Err(Error::invalid(
            "rows to choose on",
            "train",
            "validation or test: training rows are not predicted",
        ));
    }
    if input.entries.is_empty() {
        return Err(Error::invalid("models of the comparison", "none", "at least one"));
    }
    for e in &input.entries {
        for (p, split) in [(&e.validation, Split::Validation), (&e.test, Split::Test)] {
            if p.split != split {
                return Err(Error::invalid(format!("{split} predictions of `{}`", e.name), p.split, split.name()));
            }
            if !p.fingerprint.is_empty() && p.fingerprint != input.dataset.fingerprint {
                return Err(Error::Mismatch {
                    what: format!("predictions of `{}` and dataset `{}`", e.name, input.dataset.name),
                    detail: format!("made on {}, the dataset is {}", p.fingerprint, input.dataset.fingerprint),
                    hint: "train and predict again".into(),
                });
            }
        }
    }
    let validation: Vec<&Predictions> = input.entries.iter().map(|e| &e.validation).collect();
    let test: Vec<&Predictions> = input.entries.iter().map(|e| &e.test).collect();
    check_alike(&validation)?;
    check_alike(&test)?;
    if test[0].classes != input.dataset.classes {
        let what = format!("classes of `{}`", input.entries[0].name);
        return Err(Error::invalid(what, test[0].classes.join(", "), input.dataset.classes.join(", ")));
    }
    let mut names: Vec<&str> = input.entries.iter().map(|e| e.name.as_str()).collect();
    names.extend(input.aggregates.iter().map(|a| a.name.as_str()));
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(Error::invalid("names", format!("`{}` twice", twice[0]), "a name of its own for each")),
        None => Ok(()),
    }
}

fn scores(predictions: &Predictions, seen: Seen<'_>) -> Result<Scores> {
    let confusion = ConfusionMatrix::of(predictions)?;
    let metrics = Metrics::with_confusion(predictions, &confusion, seen)?;
    Ok(Scores { metrics, confusion })
}

/// Calibration and ranking on test, the temperature from validation; nothing for what holds no probabilities.
fn honesty(
    &(validation, test, probabilities): &(&Predictions, &Predictions, bool),
) -> Result<(Option<CalibrationFacts>, Option<Ranking>)> {
    if !probabilities {
        return Ok((None, None));
    }
    let temperature = fit_temperature(validation)?;
    Ok((Some(CalibrationFacts::of(test, temperature)?), Some(Ranking::of(test)?)))
}

fn best_on(split: Split, entries: &[Entry]) -> Option<usize> {
    let correct = |e: &Entry| e.scores(split).map(|s| s.metrics.correct);
    let mut best: Option<usize> = None;
    for (i, e) in entries.iter().enumerate() {
        if best.is_none_or(|b| correct(e) > correct(&entries[b])) {
            best = Some(i);
        }
    }
    best
}

/// Tests every entry but the best against it; the tests are one family for Holm's correction.
fn compare_with(best: usize, entries: &mut [Entry], predicted: &[Vec<u8>], labels: &[u8]) -> Result<()> {
    let reference = entries[best].name.clone();
    let others: Vec<usize> = (0..entries.len()).filter(|&i| i != best).collect();
    let mut tests = Vec::with_capacity(others.len());
    for &i in &others {
        let (this, that) = discordant(labels, &predicted[i], &predicted[best])?;
        tests.push((this, that, mcnemar(this, that)));
    }
    let corrected = holm(&tests.iter().map(|t| t.2).collect::<Vec<_>>());
    for ((&i, (only_this_right, only_reference_right, p)), p_holm) in others.iter().zip(tests).zip(corrected) {
        let reference = reference.clone();
        entries[i].versus_best_single =
            Some(PairedTest { reference, only_this_right, only_reference_right, p, p_holm });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
