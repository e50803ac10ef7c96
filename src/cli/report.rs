//! `ferrofuse report`.

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use ferrofuse::Progress;
use ferrofuse::evaluation::Comparison;
use ferrofuse::experiment::rescore;
use ferrofuse::report::{self, ReportFiles};

use super::Context;

/// Write the report of an experiment again from its stored predictions
///
/// Scores the probabilities in results/EXPERIMENT/predictions/ again and writes every file of the report: report.html,
/// report.md, metrics.json, metrics.csv, tables for a paper, confusion matrices, diagrams and curves. Nothing is trained,
/// and the dataset is not needed. Where the predictions are gone, all else is made from metrics.json.
#[derive(Args)]
pub struct ReportArgs {
    /// The experiment: its name or its recipe, such as `demo` or results/demo.toml
    #[arg(value_name = "EXPERIMENT", required_unless_present = "schema")]
    experiment: Option<String>,
    /// Print the JSON Schema of metrics.json, with a description of every field, and do nothing else
    #[arg(long, conflicts_with = "experiment")]
    schema: bool,
}

/// Runs the command.
pub fn run(args: &ReportArgs, context: &Context) -> anyhow::Result<()> {
    let Some(experiment) = &args.experiment else {
        let schema = report::schema();
        context.print(&serde_json::to_string_pretty(&schema)?, &schema);
        return Ok(());
    };
    let name = name(experiment)?;
    let folder = context.workspace.results(name);
    let (comparison, files) = write(&folder, context).with_context(|| format!("cannot make the report of `{name}`"))?;
    let value = serde_json::json!({
        "experiment": comparison.experiment,
        "synthetic_faces": comparison.dataset.synthetic,
        "html": files.html,
        "markdown": files.markdown,
        "metrics_json": files.json,
        "metrics_csv": files.csv,
        "tables": files.tables,
        "charts": files.charts,
    });
    context.print(&format!("{}\n{}", report::terminal_table(&comparison), files.html.display()), &value);
    Ok(())
}

fn write(folder: &Path, context: &Context) -> ferrofuse::Result<(Comparison, ReportFiles)> {
    match rescore(folder)? {
        Some(comparison) => {
            let files = report::write(folder, &comparison, &context.progress)?;
            Ok((comparison, files))
        }
        None => {
            context
                .progress
                .say("no predictions with all that is known of their rows; the report is made from metrics.json");
            report::rebuild(folder, &context.progress)
        }
    }
}

/// The experiment's name: that of its folder under results/.
fn name(given: &str) -> anyhow::Result<&str> {
    let name = match given.strip_suffix(".toml") {
        Some(path) => path.rsplit(['/', '\\']).next().unwrap_or_default(),
        None => given,
    };
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        let expected = "the name of an experiment or the path of its recipe, `demo` or results/demo.toml";
        return Err(ferrofuse::Error::invalid("experiment", format!("`{given}`"), expected).into());
    }
    Ok(name)
}
