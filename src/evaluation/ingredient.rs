//! What a single change of a recipe buys, and what it costs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Entry;
use super::{discordant, holm, mcnemar, paired_interval};
use crate::cost::Cost;
use crate::error::{Error, Result};
use crate::recipe::IngredientRecipe;

/// Two entries of a comparison that differ in one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ingredient {
    /// What the first has in place of something in the second.
    pub name: String,
    /// Name of the entry that has it.
    pub with: String,
    /// Name of the entry that has not.
    pub without: String,
    /// Accuracy with it minus accuracy without it on the validation split, from -1 to 1.
    pub validation_gain: f64,
    /// The same on the test split.
    pub test_gain: f64,
    /// Its 95 % interval; `None` without rows.
    pub test_interval: Option<[f64; 2]>,
    /// p of the exact McNemar test on the test split.
    pub p: f64,
    /// `p` after Holm's correction over all ingredients of the comparison.
    pub p_holm: f64,
    /// What the entry that has it took: its features and its training, one after the other. `None` for an aggregate or
    /// an external result.
    pub cost: Option<Cost>,
}

/// The ingredients of a comparison; `predicted` are the test predictions of the entries.
///
/// # Errors
/// [`Error::Invalid`] for a name that no entry has.
pub(super) fn ingredients(
    recipes: &[IngredientRecipe],
    entries: &[Entry],
    predicted: &[Vec<u8>],
    labels: &[u8],
) -> Result<Vec<Ingredient>> {
    let find = |recipe: &IngredientRecipe, name: &str| {
        entries.iter().position(|e| e.name == name).ok_or_else(|| {
            let known: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
            Error::invalid(format!("ingredient `{}`", recipe.name), format!("`{name}`"), known.join(", "))
        })
    };
    let mut found = Vec::with_capacity(recipes.len());
    for recipe in recipes {
        let (i, j) = (find(recipe, &recipe.with)?, find(recipe, &recipe.without)?);
        let (only_with, only_without) = discordant(labels, &predicted[i], &predicted[j])?;
        let p = mcnemar(only_with, only_without);
        let gain = |of: fn(&Entry) -> f64| of(&entries[i]) - of(&entries[j]);
        found.push(Ingredient {
            name: recipe.name.clone(),
            with: recipe.with.clone(),
            without: recipe.without.clone(),
            validation_gain: gain(|e| e.validation.metrics.accuracy),
            test_gain: gain(|e| e.test.metrics.accuracy),
            test_interval: paired_interval(only_with, only_without, labels.len() as u64),
            p,
            p_holm: p,
            cost: entries[i].training.as_ref().and_then(|t| t.cost()),
        });
    }
    let corrected = holm(&found.iter().map(|i| i.p).collect::<Vec<_>>());
    found.iter_mut().zip(corrected).for_each(|(ingredient, p)| ingredient.p_holm = p);
    Ok(found)
}
