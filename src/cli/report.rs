//! `ferrofuse report`.

use anyhow::Context as _;
use clap::Args;
use ferrofuse::report;

use super::Context;

/// Write the report of an experiment again from its stored metrics
///
/// Reads results/EXPERIMENT/metrics.json, which `ferrofuse run` wrote, and makes every other file of the report from
/// it: report.html, report.md, metrics.csv, confusion matrices and curves. Nothing is trained or scored.
#[derive(Args)]
pub struct ReportArgs {
    /// The experiment: its name or its recipe, such as `demo` or results/demo.toml
    #[arg(value_name = "EXPERIMENT")]
    experiment: String,
}

/// Runs the command.
pub fn run(args: &ReportArgs, context: &Context) -> anyhow::Result<()> {
    let name = name(&args.experiment)?;
    let folder = context.workspace.results(name);
    let (comparison, files) =
        report::rebuild(&folder, &context.progress).with_context(|| format!("cannot make the report of `{name}`"))?;
    let value = serde_json::json!({
        "experiment": comparison.experiment,
        "synthetic_faces": comparison.dataset.synthetic,
        "html": files.html,
        "markdown": files.markdown,
        "metrics_json": files.json,
        "metrics_csv": files.csv,
        "charts": files.charts,
    });
    context.print(&format!("{}\n{}", report::terminal_table(&comparison), files.html.display()), &value);
    Ok(())
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
