//! `ferrofuse evaluate`.

use clap::{Args, ValueEnum};
use ferrofuse::recipe::{Kind, ModelRecipe, Recipe, load};

use super::Context;
use super::scores::{as_json, as_text};
use super::work::WorkArgs;

/// Score a trained model on a split
///
/// Shows accuracy with its 95 % interval, balanced accuracy, macro-F1, the scores of each class and the confusion
/// matrix. Choose models on validation; score test once, at the end.
#[derive(Args)]
pub struct EvaluateArgs {
    /// The model, trained by `ferrofuse train`
    model: String,
    /// The dataset that it was trained on
    #[arg(long, short, value_name = "NAME")]
    dataset: String,
    /// The rows to score
    #[arg(long, value_enum, default_value = "validation")]
    split: Scored,
    #[command(flatten)]
    work: WorkArgs,
}

/// The splits that can be scored.
#[derive(Clone, Copy, ValueEnum)]
enum Scored {
    /// The rows that everything is chosen on
    Validation,
    /// The rows that are kept for the end
    Test,
}

/// Runs the command.
pub fn run(args: &EvaluateArgs, context: &Context) -> anyhow::Result<()> {
    let recipe: Recipe<ModelRecipe> = load(&context.workspace, Kind::Model, &args.model)?;
    let runner = args.work.runner(context);
    let dataset = runner.dataset(&args.dataset)?;
    let fitted = runner.trained(&dataset, &recipe)?;
    let predictions = match args.split {
        Scored::Validation => &fitted.validation,
        Scored::Test => &fitted.test,
    };
    let text = format!("{} on {}\n{}", fitted.title, dataset.info.title, as_text(predictions, dataset.info.synthetic)?);
    context.print(&text, &as_json(predictions, dataset.info.synthetic)?);
    Ok(())
}
