//! `ferrofuse evaluate`.

use clap::{Args, ValueEnum};
use ferrofuse::dataset::Split;
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
    /// The model, trained by `ferrofuse train`; or the folder of an exported network, such as models/pretrained/compact
    model: String,
    /// The dataset that it was trained on; for an exported network any one with the same classes
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
    let runner = args.work.runner(context);
    let split = match args.split {
        Scored::Validation => Split::Validation,
        Scored::Test => Split::Test,
    };
    let exported = context.workspace.root().join(&args.model);
    let (dataset, title, predictions) = if exported.join("model.json").exists() {
        let dataset = runner.dataset(&args.dataset)?;
        let predictions = runner.predict_exported(&dataset, &exported, split)?;
        (dataset, args.model.clone(), predictions)
    } else {
        let recipe: Recipe<ModelRecipe> = load(&context.workspace, Kind::Model, &args.model)?;
        let dataset = runner.dataset(&args.dataset)?;
        let fitted = runner.trained(&dataset, &recipe)?;
        let predictions = if split == Split::Test { fitted.test } else { fitted.validation };
        (dataset, fitted.title, predictions)
    };
    let synthetic = dataset.info.synthetic;
    let text = format!("{title} on {}\n{}", dataset.info.title, as_text(&predictions, synthetic)?);
    context.print(&text, &as_json(&predictions, synthetic)?);
    Ok(())
}
