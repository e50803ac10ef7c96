//! `ferrofuse train`.

use clap::Args;
use ferrofuse::models::Start;
use ferrofuse::recipe::{Kind, ModelRecipe, Recipe, load};
use ferrofuse::report;

use super::Context;
use super::scores::{as_json, as_text};
use super::work::WorkArgs;

/// Train a model on a dataset
///
/// Writes the model into models/DATASET/MODEL/, with the probabilities of the validation and test rows. Features that
/// it needs are extracted first. A network leaves weights.safetensors, model.json, history.csv and curves.png; the epoch
/// that is best on validation is kept, and Ctrl-C leaves a checkpoint of the last completed epoch. Classifiers on
/// features (SVMs, linear machines, kernel ridge regression) are calibrated on the validation rows.
///
/// A network whose recipe has a table [pretrained] starts from the trained network that this names (fine-tuning); the last
/// layer is fresh where the classes are others. One that has seen rows which are held out here is refused.
#[derive(Args)]
pub struct TrainArgs {
    /// The model's recipe: cnn, dsift-cnn, dsift-svm, dsift-ridge, another built-in one (`ferrofuse init` writes them out),
    /// a name in models/, or a .toml file
    model: String,
    /// The dataset: a recipe in data/; it is imported first where it is not there yet
    #[arg(long, short, value_name = "NAME")]
    dataset: String,
    /// Go on from the checkpoint of an interrupted training
    #[arg(long, conflicts_with = "restart")]
    resume: bool,
    /// Throw a checkpoint away and train from the start
    #[arg(long)]
    restart: bool,
    /// Passes over the training rows, instead of the recipe's
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs the command.
pub fn run(args: &TrainArgs, context: &Context) -> anyhow::Result<()> {
    let mut recipe: Recipe<ModelRecipe> = load(&context.workspace, Kind::Model, &args.model)?;
    change(&mut recipe, args)?;
    let runner = args.work.runner(context);
    let dataset = runner.dataset(&args.dataset)?;
    let start = match (args.resume, args.restart) {
        (true, _) => Start::Resume,
        (_, true) => Start::Restart,
        _ => Start::Fresh,
    };
    let fitted = runner.model(&dataset, &recipe, start)?;
    let folder = context.workspace.model(&dataset.info.name, &recipe.name);
    report::write_curves(&folder, &fitted.title, &fitted.training, dataset.info.synthetic)?;
    let state = if fitted.fresh { "is fresh; nothing to do" } else { "is trained" };
    let text = format!(
        "{} {state}: {}\n{}",
        fitted.title,
        folder.display(),
        as_text(&fitted.validation, fitted.validation.split.name(), dataset.info.synthetic)?
    );
    let mut value = as_json(&fitted.validation, dataset.info.synthetic)?;
    value["folder"] = serde_json::json!(folder);
    value["fresh"] = serde_json::json!(fitted.fresh);
    context.print(&text, &value);
    Ok(())
}

/// Puts the options in place of what the recipe says; the recipe that is stored says what was done.
fn change(recipe: &mut Recipe<ModelRecipe>, args: &TrainArgs) -> anyhow::Result<()> {
    if args.epochs.is_none() && args.seed.is_none() {
        return Ok(());
    }
    match &mut recipe.value {
        ModelRecipe::Network(n) => {
            n.training.epochs = args.epochs.unwrap_or(n.training.epochs);
            n.training.seed = args.seed.unwrap_or(n.training.seed);
        }
        ModelRecipe::Svm(s) => {
            anyhow::ensure!(args.epochs.is_none(), "--epochs is for networks; `{}` is an SVM", recipe.name);
            s.seed = args.seed.unwrap_or(s.seed);
        }
        ModelRecipe::Linear(l) => {
            anyhow::ensure!(args.epochs.is_none(), "--epochs is for networks; `{}` is an SVM", recipe.name);
            l.seed = args.seed.unwrap_or(l.seed);
        }
        ModelRecipe::KernelRidge(_) => {
            anyhow::bail!("--epochs and --seed mean nothing for `{}`: kernel ridge has neither", recipe.name)
        }
    }
    ferrofuse::recipe::Check::check(&recipe.value)?;
    recipe.text = toml::to_string(&recipe.value)?;
    Ok(())
}
