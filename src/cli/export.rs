//! `ferrofuse export`.

use std::path::PathBuf;

use clap::Args;
use ferrofuse::recipe::{Kind, ModelRecipe, Recipe, load};
use ferrofuse::report;

use super::Context;
use super::work::WorkArgs;

/// Write trained networks into folders that can be given away
///
/// Each network gets a folder of its own with weights of 16 bits, its description, what it needs to compute a fused
/// feature of new pictures, and a model card with its scores, protocol and limits. The scores are those of the written
/// weights. Several networks are scored together as well, as the mean of their probabilities.
#[derive(Args)]
pub struct ExportArgs {
    /// The networks, trained by `ferrofuse train`
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<String>,
    /// The dataset that they were trained on
    #[arg(long, short, value_name = "NAME")]
    dataset: String,
    /// The folder that theirs are made in [default: models/pretrained]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs the command.
pub fn run(args: &ExportArgs, context: &Context) -> anyhow::Result<()> {
    let recipes = args
        .models
        .iter()
        .map(|m| load(&context.workspace, Kind::Model, m))
        .collect::<Result<Vec<Recipe<ModelRecipe>>, _>>()?;
    if let Some(twice) = recipes.iter().enumerate().find_map(|(i, r)| recipes[..i].iter().find(|o| o.name == r.name)) {
        let expected = "each model once";
        return Err(ferrofuse::Error::invalid("models", format!("`{}` twice", twice.name), expected).into());
    }
    let runner = args.work.runner(context);
    let dataset = runner.dataset(&args.dataset)?;
    let to = args.to.clone().unwrap_or_else(|| context.workspace.pretrained());
    let exported = runner.export(&dataset, &recipes, &to)?;
    let folders: Vec<String> = exported.folders.iter().map(|f| f.display().to_string()).collect();
    let text = format!(
        "{}\n{} ({:.1} MB)",
        report::terminal_table(&exported.comparison),
        folders.join("\n"),
        exported.bytes as f64 / 1e6
    );
    let value = serde_json::json!({
        "folders": exported.folders,
        "bytes": exported.bytes,
        "synthetic_faces": dataset.info.synthetic,
        "entries": exported.comparison.entries,
    });
    context.print(&text, &value);
    Ok(())
}
