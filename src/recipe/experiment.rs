//! `results/*.toml`: which models and aggregates are compared on which dataset.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Check, ExternalRecipe, FoldsRecipe};
use crate::dataset::Split;
use crate::error::{Error, Result};

/// A comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExperimentRecipe {
    /// The report's title.
    pub title: String,
    /// The data recipe.
    pub dataset: String,
    /// The model recipes, in the order of the report; none where only results of other programs are compared.
    #[serde(default)]
    pub models: Vec<String>,
    /// Results of other programs.
    #[serde(default)]
    pub external: Vec<ExternalRecipe>,
    /// What is aggregated.
    #[serde(default)]
    pub aggregate: Vec<AggregateRecipe>,
    /// Titles in place of those of the recipes, and for aggregates in place of their names: where a model's own title says
    /// only how it differs from its neighbours in another comparison.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub titles: BTreeMap<String, String>,
    /// Pairs of entries that differ in one thing, to show what it buys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingredient: Vec<IngredientRecipe>,
    /// The rows on which weights, stackers and the best single model are chosen: validation. The test rows too may be
    /// asked for, to show what that does to the scores; a run must then be allowed to.
    #[serde(default = "Split::validation", skip_serializing_if = "Split::is_validation")]
    pub choose_on: Split,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AggregateMethod {
    /// The arithmetic mean of probabilities (soft voting).
    #[default]
    Mean,
    /// The weighted mean.
    Weighted,
    /// The weighted mean whose weights are how often each member is picked, with replacement, by greedy selection on
    /// validation.
    Greedy,
    /// A logistic regression on the members' log-probabilities, fitted on validation.
    Stacking,
    /// The geometric mean, renormalised.
    Geometric,
    /// One vote each for the most probable class; the share of votes is the probability.
    Vote,
}

impl AggregateMethod {
    /// In words, such as `geometric mean`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Weighted => "weighted mean",
            Self::Greedy => "greedy selection",
            Self::Stacking => "stacking",
            Self::Geometric => "geometric mean",
            Self::Vote => "majority vote",
        }
    }

    /// Whether something is fitted on validation rows: for a weighted mean, when no weights are given.
    pub fn is_fitted(self, weights_given: bool) -> bool {
        match self {
            Self::Mean | Self::Geometric | Self::Vote => false,
            Self::Weighted => !weights_given,
            Self::Greedy | Self::Stacking => true,
        }
    }
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
        if let Some(stranger) = self.titles.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(Error::invalid("titles", format!("`{stranger}`"), format!("one of {}", names.join(", "))));
        }
        if let Some((name, _)) = self.titles.iter().find(|(_, title)| title.trim().is_empty()) {
            return Err(Error::invalid(format!("title of `{name}`"), "nothing", "words"));
        }
        self.external.iter().try_for_each(Check::check)?;
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
        if self.choose_on == Split::Train {
            return Err(Error::invalid("choose-on", "train", "validation, on which nothing was fitted"));
        }
        if let Some(folds) = &self.folds {
            folds.check()?;
            // The rows that validate one fold are test rows of another.
            let fitted = |a: &&AggregateRecipe| a.method.is_fitted(a.weights.is_some());
            if let Some(a) = self.aggregate.iter().find(fitted).filter(|_| self.choose_on != Split::Test) {
                let found = "a method that is fitted, in a cross-validation, where every row is a test row";
                let expected = "mean, geometric, vote or given weights; or choose-on = \"test\", which says so in red";
                return Err(Error::invalid(format!("aggregate `{}`", a.name), found, expected));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(method: &str, more: &str) -> Result<ExperimentRecipe> {
        let text = format!(
            "title = \"t\"\ndataset = \"d\"\nmodels = [\"a\", \"b\"]\n\
             [[aggregate]]\nname = \"both\"\nmembers = [\"a\", \"b\"]\nmethod = \"{method}\"\n{more}\n"
        );
        let recipe: ExperimentRecipe =
            toml::from_str(&text).map_err(|e| Error::malformed("recipe", "", e.to_string(), "a recipe"))?;
        recipe.check().map(|()| recipe)
    }

    #[test]
    fn every_method_has_its_name_and_only_a_weighted_mean_has_weights() {
        for (name, method) in [
            ("mean", AggregateMethod::Mean),
            ("weighted", AggregateMethod::Weighted),
            ("greedy", AggregateMethod::Greedy),
            ("stacking", AggregateMethod::Stacking),
            ("geometric", AggregateMethod::Geometric),
            ("vote", AggregateMethod::Vote),
        ] {
            assert_eq!(recipe(name, "").unwrap().aggregate[0].method, method);
            let weights = recipe(name, "weights = [1, 2]");
            assert_eq!(weights.is_ok(), method == AggregateMethod::Weighted, "{name}");
        }
        assert!(recipe("median", "").is_err());
    }
}
