//! `ferrofuse evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ferrofuse::artifact::write_npy;
use ferrofuse::dataset::{Dataset, NEAR_DUPLICATE, Split};
use ferrofuse::experiment::Transferred;
use ferrofuse::recipe::{Kind, ModelRecipe, Recipe, load};
use ferrofuse::{Error, Predictions};
use ndarray::ArrayView1;
use serde_json::json;

use super::Context;
use super::scores::{as_json, as_text};
use super::work::WorkArgs;

/// Score a trained model on a split, or on another dataset
///
/// Shows accuracy with its 95 % interval, balanced accuracy, macro-F1, the scores of each class and the confusion
/// matrix. Choose models on validation; score test once, at the end.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ferrofuse evaluate cnn --dataset fer2013
  Trained on one dataset, scored on all rows of another; classes are matched by name:
    ferrofuse evaluate dsift-ridge --dataset fer2013 --on ckplus
    ferrofuse evaluate models/pretrained/cnn-long --dataset ckplus --split all")]
pub struct EvaluateArgs {
    /// The model, trained by `ferrofuse train`; or the folder of an exported network, such as models/pretrained/cnn-long
    model: String,
    /// The dataset that it was trained on; for an exported network any one with at least two of its classes
    #[arg(long, short, value_name = "NAME")]
    dataset: String,
    /// Another dataset to score it on, with pictures of the same size and at least two of its classes
    #[arg(long, value_name = "NAME")]
    on: Option<String>,
    /// The rows to score [default: validation; with --on: all]
    #[arg(long, value_enum)]
    split: Option<Scored>,
    /// Write the probabilities here, an .npy file of n x c float32, and the labels beside it as FILE.labels.npy: members for
    /// `ferrofuse aggregate`
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

/// The rows that can be scored.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scored {
    /// The rows that everything is chosen on
    Validation,
    /// The rows that are kept for the end
    Test,
    /// Every row of a dataset that the model was not trained on
    All,
}

impl Scored {
    fn split(self) -> Option<Split> {
        match self {
            Self::Validation => Some(Split::Validation),
            Self::Test => Some(Split::Test),
            Self::All => None,
        }
    }
}

/// Runs the command.
pub fn run(args: &EvaluateArgs, context: &Context) -> anyhow::Result<()> {
    let runner = args.work.runner(context);
    let exported = context.workspace.root().join(&args.model);
    if exported.join("model.json").exists() {
        if let Some(other) = &args.on {
            let expected = format!("--dataset {other}: an exported network knows no dataset of its own");
            return Err(Error::invalid("--on", other, expected).into());
        }
        let split = args.split.unwrap_or(Scored::Validation);
        let dataset = runner.dataset(&args.dataset)?;
        let found = runner.transfer_exported(&exported, &dataset, split.split())?;
        return show(args, context, &args.model, (&dataset, split), &found);
    }
    let recipe: Recipe<ModelRecipe> = load(&context.workspace, Kind::Model, &args.model)?;
    let dataset = runner.dataset(&args.dataset)?;
    if let Some(other) = args.on.as_ref().filter(|other| **other != args.dataset) {
        let split = args.split.unwrap_or(Scored::All);
        let other = runner.dataset(other)?;
        let found = runner.transfer(&dataset, &recipe, &other, split.split())?;
        let title = format!("{}, trained on {}, scored", recipe.value.title(), dataset.info.title);
        return show(args, context, &title, (&other, split), &found);
    }
    let Some(split) = args.split.unwrap_or(Scored::Validation).split() else {
        let expected = "validation or test: the model was trained on the other rows";
        return Err(Error::invalid("--split", "all", expected).into());
    };
    let fitted = runner.trained(&dataset, &recipe)?;
    let predictions = if split == Split::Test { fitted.test } else { fitted.validation };
    let synthetic = dataset.info.synthetic;
    let scores = as_text(&predictions, split.name(), synthetic)?;
    let text = format!("{} on {}\n{scores}{}", fitted.title, dataset.info.title, written(args, &predictions)?);
    context.print(&text, &as_json(&predictions, synthetic)?);
    Ok(())
}

/// Prints what a model makes of rows that it may know nothing of.
fn show(
    args: &EvaluateArgs,
    context: &Context,
    title: &str,
    (dataset, split): (&Dataset, Scored),
    found: &Transferred,
) -> anyhow::Result<()> {
    let (predictions, synthetic) = (&found.predictions, dataset.info.synthetic);
    let rows = split.split().map_or("all rows", Split::name);
    let mut text = format!("{title} on {}\n", dataset.info.title);
    if !found.mapping.is_identity() {
        text.push_str(&format!("classes: {}\n", found.mapping));
    }
    if found.left_out > 0 {
        text.push_str(&format!("{} rows of classes that the model does not know are not scored\n", found.left_out));
    }
    if found.undecided > 0 {
        text.push_str(&format!(
            "{} rows get no probability on a common class and count as the first\n",
            found.undecided
        ));
    }
    if let Some(seen) = found.seen {
        text.push_str(&format!(
            "{} rows are pixel-identical to a training picture, {} at least nearly so (correlation above {NEAR_DUPLICATE})\n",
            seen.identical, seen.near
        ));
    }
    text.push_str(&as_text(predictions, rows, synthetic)?);
    text.push_str(&written(args, predictions)?);
    let mut value = as_json(predictions, synthetic)?;
    value["split"] = json!(split.split().map_or("all", Split::name));
    value["classes"] = json!(found.mapping.to_string());
    value["rows_left_out"] = json!(found.left_out);
    value["rows_undecided"] = json!(found.undecided);
    value["rows_seen_in_training"] = json!(found.seen.map(|s| json!({ "identical": s.identical, "near": s.near })));
    context.print(&text, &value);
    Ok(())
}

/// Writes what was asked for, and says where.
fn written(args: &EvaluateArgs, predictions: &Predictions) -> anyhow::Result<String> {
    let Some(path) = &args.output else { return Ok(String::new()) };
    let labels = path.with_extension("labels.npy");
    write_npy(path, predictions.probabilities.view())?;
    write_npy(&labels, ArrayView1::from(&predictions.labels))?;
    Ok(format!("\nwritten: {}, {}", path.display(), labels.display()))
}
