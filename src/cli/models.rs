//! Which models predict, and how they are combined: the options of every command that predicts.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ferrofuse::ensemble::Combination;
use ferrofuse::experiment::{Predictor, Runner};
use ferrofuse::models::exported_folder;
use ferrofuse::predict::Committee;
use ferrofuse::recipe::{AggregateMethod, Kind, ModelRecipe, Recipe, load};
use ferrofuse::{Error, Progress, Result};

use super::Context;

/// The model that predicts where none is named and several are there.
const USUAL: &str = "compact";

/// Which models predict.
#[derive(Args)]
pub struct ModelArgs {
    /// Models, separated by commas: folders of exported networks, names in models/pretrained/, or with --dataset models
    /// trained on it [default: the one in models/pretrained/]
    #[arg(long, short, value_name = "MODEL", value_delimiter = ',')]
    model: Vec<String>,
    /// The dataset that the models were trained on by `ferrofuse train`
    #[arg(long, short, value_name = "NAME", requires = "model")]
    dataset: Option<String>,
    /// How several models are combined
    #[arg(long, value_enum, default_value_t = Together::Mean)]
    aggregate: Together,
    /// One weight for each model, separated by commas, for --aggregate weighted
    #[arg(long, value_name = "WEIGHTS", value_delimiter = ',', allow_negative_numbers = true)]
    weights: Option<Vec<f64>>,
    /// What networks multiply
    #[arg(long, value_enum, default_value_t = Precision::Single)]
    precision: Precision,
}

/// What networks multiply.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Precision {
    /// Single precision, as `evaluate` does
    Single,
    /// bfloat16: about twice as fast on processors that have it (AMX, AVX-512 BF16); probabilities differ in the third digit
    Bfloat16,
}

/// How several models are combined.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Together {
    /// The arithmetic mean (soft voting)
    Mean,
    /// The mean by --weights
    Weighted,
    /// The geometric mean, renormalised
    Geometric,
    /// One vote for each model; ties go to the higher mean probability
    Vote,
}

impl ModelArgs {
    /// Whether no model was named, so that the one in `models/pretrained/` is taken.
    pub fn is_usual(&self) -> bool {
        self.model.is_empty()
    }

    /// Whether probabilities are rounded on the way, so that small differences between them say nothing.
    pub fn is_rough(&self) -> bool {
        self.precision == Precision::Bfloat16
    }

    /// Loads the models.
    pub fn committee(&self, runner: &Runner<'_>, context: &Context) -> Result<Committee> {
        let method = match self.aggregate {
            Together::Mean => AggregateMethod::Mean,
            Together::Weighted => AggregateMethod::Weighted,
            Together::Geometric => AggregateMethod::Geometric,
            Together::Vote => AggregateMethod::Vote,
        };
        if method == AggregateMethod::Weighted && self.weights.is_none() {
            return Err(Error::invalid("--weights", "nothing", "one weight for each model, such as --weights 2,1,1"));
        }
        let combination = Combination::fit(method, &[], self.weights.as_deref())?;
        let mut members = match (&self.dataset, self.model.is_empty()) {
            (_, true) => vec![runner.exported_predictor(&usual(context)?)?],
            (Some(name), false) => {
                let dataset = runner.dataset(name)?;
                let load = |model: &String| {
                    let recipe: Recipe<ModelRecipe> = load(&context.workspace, Kind::Model, model)?;
                    runner.predictor(&dataset, &recipe)
                };
                self.model.iter().map(load).collect::<Result<Vec<Predictor>>>()?
            }
            (None, false) => {
                let load = |model: &String| runner.exported_predictor(&exported(model, context)?);
                self.model.iter().map(load).collect::<Result<Vec<Predictor>>>()?
            }
        };
        if self.precision == Precision::Bfloat16 {
            for member in &mut members {
                match member.use_bfloat16()? {
                    Some(true) => {}
                    Some(false) => {
                        let name = &member.name;
                        context.progress.say(&format!("{name}: this processor has no bfloat16, and single is faster"));
                    }
                    None => context.progress.say(&format!("{} is no network, and multiplies as it did", member.name)),
                }
            }
        }
        Committee::new(members, combination)
    }
}

/// The folder of an exported network.
fn exported(model: &str, context: &Context) -> Result<PathBuf> {
    exported_folder(&context.workspace, model).ok_or_else(|| {
        let pretrained = context.workspace.pretrained();
        let hint = format!(
            "name an exported network's folder, one of {}, or the dataset that it was trained on: --dataset NAME",
            pretrained.display()
        );
        Error::missing(pretrained.join(model).join("model.json"), hint)
    })
}

/// The model for whoever names none.
fn usual(context: &Context) -> Result<PathBuf> {
    let folder = context.workspace.pretrained();
    let mut found = networks_in(&folder)?;
    let Some(first) = found.first().cloned() else {
        let hint = format!(
            "make one: `ferrofuse train {USUAL} --dataset fer2013`, then \
             `ferrofuse export {USUAL} --dataset fer2013`; or name one: --model MODEL"
        );
        return Err(Error::missing(folder, hint));
    };
    found.retain(|f| f.file_name().is_some_and(|name| name == USUAL));
    let chosen = found.pop().unwrap_or(first);
    Ok(chosen)
}

fn networks_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))? {
        let path = entry.map_err(|e| Error::io("read", folder, e))?.path();
        if path.join("model.json").exists() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
