//! `results/*.toml`: which models and aggregates are compared on which dataset.

use serde::{Deserialize, Serialize};

use super::{Check, FoldsRecipe};
use crate::error::{Error, Result};

/// A comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExperimentRecipe {
    /// The report's title.
    pub title: String,
    /// The data recipe.
    pub dataset: String,
    /// The model recipes, in the order of the report.
    pub models: Vec<String>,
    /// Results of other programs.
    #[serde(default)]
    pub external: Vec<ExternalRecipe>,
    /// What is aggregated.
    #[serde(default)]
    pub aggregate: Vec<AggregateRecipe>,
    /// Pairs of entries that differ in one thing, to show what it buys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingredient: Vec<IngredientRecipe>,
    /// Cross-validation in place of the dataset's own splits, for `ferrofuse crossval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<FoldsRecipe>,
}

/// Two entries that differ in one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IngredientRecipe {
    /// What the first has in place of something in the second, in words.
    pub name: String,
    /// Name of the model, external result or aggregate that has it.
    pub with: String,
    /// Name of the one that has not.
    pub without: String,
}

/// Probabilities made by another program, as `.npy` files of n x c in the row order of the dataset's split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExternalRecipe {
    /// Its name in the report.
    pub name: String,
    /// Probabilities of the validation rows.
    pub validation: String,
    /// Probabilities of the test rows.
    pub test: String,
}

/// Several members' probabilities made into one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AggregateRecipe {
    /// Its name in the report.
    pub name: String,
    /// Names of models or external results.
    pub members: Vec<String>,
    /// How they are combined.
    #[serde(default)]
    pub method: AggregateMethod,
    /// One weight for each member, for `method = "weighted"`; without them they are chosen on validation.
    #[serde(default)]
    pub weights: Option<Vec<f64>>,
}

/// How members are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AggregateMethod {
    /// The arithmetic mean of probabilities (soft voting).
    #[default]
    Mean,
    /// The weighted mean.
    Weighted,
    /// The geometric mean, renormalised.
    Geometric,
    /// One vote each for the most probable class; the share of votes is the probability.
    Vote,
}

impl Check for ExperimentRecipe {
    fn check(&self) -> Result<()> {
        let singles: Vec<&str> =
            self.models.iter().map(String::as_str).chain(self.external.iter().map(|e| e.name.as_str())).collect();
        if singles.is_empty() {
            return Err(Error::invalid("models", "nothing", "at least one model or [[external]]"));
        }
        let mut names: Vec<&str> =
            singles.iter().copied().chain(self.aggregate.iter().map(|a| a.name.as_str())).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::invalid(
                "names",
                format!("`{}` twice", twice[0]),
                "a name of its own for each model and aggregate",
            ));
        }
        for a in &self.aggregate {
            let what = format!("aggregate `{}`", a.name);
            if let Some(stranger) = a.members.iter().find(|m| !singles.contains(&m.as_str())) {
                return Err(Error::invalid(
                    what,
                    format!("member `{stranger}`"),
                    format!("one of {}", singles.join(", ")),
                ));
            }
            if a.members.len() < 2 {
                return Err(Error::invalid(what, format!("{} members", a.members.len()), "at least two"));
            }
            if let Some(w) = &a.weights {
                let usable = w.iter().all(|w| *w >= 0.0 && w.is_finite()) && w.iter().sum::<f64>() > 0.0;
                if a.method != AggregateMethod::Weighted || w.len() != a.members.len() || !usable {
                    return Err(Error::invalid(
                        what,
                        format!("weights {w:?}"),
                        "with method = \"weighted\", one from 0 for each member, not all 0",
                    ));
                }
            }
        }
        if let Some(folds) = &self.folds {
            folds.check()?;
            if let Some(external) = self.external.first() {
                let expected = "models that are trained here: results of another program have no folds";
                return Err(Error::invalid("external", format!("`{}`", external.name), expected));
            }
        }
        self.check_ingredients(&names)
    }
}

impl ExperimentRecipe {
    fn check_ingredients(&self, names: &[&str]) -> Result<()> {
        for i in &self.ingredient {
            let fail = |found: String, expected: String| {
                Err(Error::invalid(format!("ingredient `{}`", i.name), found, expected))
            };
            if let Some(stranger) = [&i.with, &i.without].into_iter().find(|n| !names.contains(&n.as_str())) {
                return fail(format!("`{stranger}`"), format!("one of {}", names.join(", ")));
            }
            if i.with == i.without {
                return fail(format!("`{}` against itself", i.with), "two entries".into());
            }
        }
        Ok(())
    }
}
