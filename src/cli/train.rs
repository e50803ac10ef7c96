//! `ferrofuse train`.

use clap::Args;

use super::Context;

/// Train a model on a dataset
#[derive(Args)]
pub struct TrainArgs {
    /// The model recipe: a name, or the path of a .toml file
    model: String,
    /// The dataset, as imported into data/
    #[arg(long, value_name = "NAME")]
    dataset: String,
    /// Go on from the checkpoint of an interrupted training
    #[arg(long, conflicts_with = "restart")]
    resume: bool,
    /// Throw a checkpoint away and train from the start
    #[arg(long)]
    restart: bool,
    /// Where the network runs: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "auto")]
    device: String,
    /// Passes over the training rows, instead of the recipe's
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the command.
#[cfg(feature = "torch")]
pub fn run(args: &TrainArgs, context: &Context) -> anyhow::Result<()> {
    use ferrofuse::recipe::*;
    use ferrofuse::training::*;
    let r: Recipe<ModelRecipe> = load(&context.workspace, Kind::Model, &args.model)?;
    let ModelRecipe::Network(n) = r.value.clone() else { anyhow::bail!("svm") };
    let mut r = Recipe { name: r.name, origin: r.origin, text: r.text, value: n };
    if let Some(e) = args.epochs { r.value.training.epochs = e; }
    let dataset = ferrofuse::dataset::Dataset::load(&context.workspace.dataset(&args.dataset))?;
    let feature = r.value.fusion.as_ref().map(|f| ferrofuse::artifact::read_npy2::<f32>(&context.workspace.feature(&args.dataset, &f.feature).join("features.npy"))).transpose()?;
    let start = if args.resume { Start::Resume } else if args.restart { Start::Restart } else { Start::Fresh };
    train_network(&r, TrainingData { dataset: &dataset, feature: feature.as_ref().map(|f| (f.view(), "x")) }, &context.workspace.model(&args.dataset, &r.name), TrainOptions { start, device: args.device.parse()?, threads: context.threads }, &context.progress)?;
    Ok(())
}
