//! `ferrofuse run`.

use std::path::PathBuf;

use clap::Args;
use ferrofuse::experiment::RunOutcome;
use ferrofuse::report;
use serde_json::json;

use super::Context;
use super::work::WorkArgs;

/// Do everything an experiment needs: import, extract, train, aggregate, report
///
/// What is there and still fits is taken as it is; the rest is made. An interrupted run goes on where it stopped, and
/// a second run computes nothing again.
#[derive(Args)]
pub struct RunArgs {
    /// The experiment's recipe: demo (synthetic faces), fer2013-cnn, a name in results/, or a .toml file
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
pub fn run(args: &RunArgs, context: &Context) -> anyhow::Result<()> {
    let runner = args.work.runner_from(context, args.from.clone()).allow_test_selection(args.allow_test_selection);
    show(&runner.run(&args.experiment)?, context);
    Ok(())
}

/// Prints the scores of an experiment and where its report lies.
pub(super) fn show(outcome: &RunOutcome, context: &Context) {
    let page = outcome.folder.join("report.html");
    let page = std::path::absolute(&page).unwrap_or(page);
    let note = if outcome.fresh { "everything is fresh; nothing was computed\n" } else { "" };
    let text = format!("{}\n{note}report: {}", report::terminal_table(&outcome.comparison).trim_end(), page.display());
    let value = json!({
        "experiment": outcome.comparison.experiment,
        "fresh": outcome.fresh,
        "report": page,
        "comparison": outcome.comparison,
    });
    context.print(&text, &value);
}
