//! What each member adds to an aggregate: the aggregate without it.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Hits;
use super::{discordant, holm, mcnemar, paired_interval};
use crate::ensemble::Combination;
use crate::error::Result;
use crate::predictions::Predictions;
use crate::recipe::AggregateRecipe;

/// Fewer members are not left out: what two have without one of them is the other, which has a line of its own.
const FEWEST: usize = 3;

/// An aggregate without one of its members: by the same method, fitted anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithoutMember {
    /// The member that is left out.
    pub member: String,
    /// What the others have right on the validation split.
    pub validation: Hits,
    /// The same on the test split.
    pub test: Hits,
    /// The 95 % interval of what the member adds to the test accuracy, from -1 to 1; `None` without rows.
    pub test_interval: Option<[f64; 2]>,
    /// p of the exact McNemar test of the aggregate against the others on the test split.
    pub p: f64,
    /// `p` after Holm's correction over the members of this aggregate.
    pub p_holm: f64,
}

/// Leaves each member out in turn; what is fitted is fitted on `chosen_on`; `whole` is what all of them predict on the test
/// split.
///
/// Nothing for fewer than three members, and no line for a member without which all given weights are 0.
///
/// # Errors
/// Those of [`Combination::fit`] and [`Combination::apply`].
pub(super) fn without_each(
    recipe: &AggregateRecipe,
    chosen_on: &[&Predictions],
    [validation, test]: [&[&Predictions]; 2],
    whole: &Predictions,
) -> Result<Vec<WithoutMember>> {
    if recipe.members.len() < FEWEST {
        return Ok(Vec::new());
    }
    let labels = &whole.labels;
    let with = whole.predicted();
    let combinations = Combination::fit_without_each(recipe.method, chosen_on, recipe.weights.as_deref())?;
    let line = |(place, combination): (usize, Option<Combination>)| {
        let Some(combination) = combination else { return Ok(None) };
        let predict = |members: &[&Predictions]| {
            let mut others = members.to_vec();
            others.remove(place);
            combination.apply(&others)
        };
        let (validation, test) = (predict(validation)?, predict(test)?);
        let (only_with, only_without) = discordant(labels, &with, &test.predicted())?;
        let p = mcnemar(only_with, only_without);
        Ok(Some(WithoutMember {
            member: recipe.members[place].clone(),
            validation: hits(&validation),
            test: hits(&test),
            test_interval: paired_interval(only_with, only_without, labels.len() as u64),
            p,
            p_holm: p,
        }))
    };
    let lines: Vec<Option<WithoutMember>> =
        combinations.into_par_iter().enumerate().map(line).collect::<Result<_>>()?;
    let mut lines: Vec<WithoutMember> = lines.into_iter().flatten().collect();
    let corrected = holm(&lines.iter().map(|line| line.p).collect::<Vec<_>>());
    lines.iter_mut().zip(corrected).for_each(|(line, p)| line.p_holm = p);
    Ok(lines)
}

fn hits(predictions: &Predictions) -> Hits {
    let right = predictions.predicted().iter().zip(&predictions.labels).filter(|(guess, label)| guess == label).count();
    Hits { correct: right as u64, rows: predictions.labels.len() as u64 }
}
