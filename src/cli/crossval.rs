//! `ferrofuse crossval`.

use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::run::show;
use super::work::WorkArgs;

/// Cross-validate an experiment: import, and for each fold extract, train and predict; then report over all folds
///
/// Each row is tested once, by models that learned from other folds; the fold after the tested one validates. With
/// `refit = true` in [folds], models are then trained again with that fold too, and it is these that are tested. What is
/// there and still fits is taken as it is, so that an interrupted cross-validation goes on where it stopped.
#[derive(Args)]
pub struct CrossvalArgs {
    /// The experiment's recipe, with a [folds] table: a name in results/, or a .toml file
    experiment: String,
    /// Where the dataset is imported from, instead of the place that its recipe names
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    /// Run a recipe with `choose-on = "test"`: what is chosen on the test rows scores too well on them, and the report says
    /// so in red
    #[arg(long)]
    allow_test_selection: bool,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs the command.
pub fn run(args: &CrossvalArgs, context: &Context) -> anyhow::Result<()> {
    let runner = args.work.runner_from(context, args.from.clone()).allow_test_selection(args.allow_test_selection);
    show(&runner.crossval(&args.experiment)?, context);
    Ok(())
}
