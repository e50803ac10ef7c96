//! `ferrofuse extract`.

use std::time::Instant;

use clap::Args;
use ferrofuse::artifact::Workspace;
use ferrofuse::dataset::Dataset;
use ferrofuse::features::{FeatureInfo, FeatureMatrix, Stage};
use ferrofuse::recipe::{self, FeatureRecipe, Kind};
use serde_json::{Value, json};

use super::Context;
use super::work::WorkArgs;

/// Compute features of a dataset
///
/// Handcrafted ones, or the embeddings of a network, which is trained first where it is not there yet.
///
/// Writes features.npy (n x d) and feature.json into features/DATASET/FEATURE/, and what they were encoded with:
/// projection.npy, codebook.npy, mixture.npy, all fitted on training rows only.
#[derive(Args)]
pub struct ExtractArgs {
    /// The feature's recipe: sift, dsift, dsift-bovw, dsift-fisher, a name in features/, or a .toml file
    feature: String,
    /// An imported dataset
    #[arg(long, short, value_name = "NAME")]
    dataset: String,
    /// Extract again although the features are fresh
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    work: WorkArgs,
}

/// Runs the command.
pub fn run(args: &ExtractArgs, context: &Context) -> anyhow::Result<()> {
    let recipe = recipe::load::<FeatureRecipe>(&context.workspace, Kind::Feature, &args.feature)?;
    let data = context.workspace.dataset(&args.dataset);
    let folder = context.workspace.feature(&args.dataset, &recipe.name);
    let runner = args.work.runner(context);
    let fingerprint = runner.feature_fingerprint(&Dataset::load_info(&data)?.fingerprint, &recipe)?;
    if !args.force && FeatureMatrix::is_fresh(&folder, &fingerprint) {
        let info = FeatureMatrix::load_info(&folder)?;
        let shown = format!("{} is fresh; nothing to do (--force extracts again)", folder.display());
        context.print(&shown, &as_json(&info, &context.workspace, true, &[]));
        return Ok(());
    }
    let dataset = Dataset::load(&data)?;
    let matrix = runner.extract(&dataset, &recipe)?;
    let start = Instant::now();
    matrix.save(&folder)?;
    let mut stages = matrix.stages.clone();
    stages.push(Stage { name: "write", items: matrix.info.rows as u64, unit: "images", time: start.elapsed() });
    let info = &matrix.info;
    context.print(
        &as_text(info, &folder.display().to_string(), &stages),
        &as_json(info, &context.workspace, false, &stages),
    );
    Ok(())
}

fn as_text(info: &FeatureInfo, folder: &str, stages: &[Stage]) -> String {
    let mut lines =
        vec![format!("{} of {}: {} x {} in {folder}", info.recipe.title, info.dataset, info.rows, info.dimensions)];
    // HOG and LBP have no local descriptors.
    if info.descriptors > 0 || info.rows_without_descriptors > 0 {
        let each = info.descriptors as f64 / info.rows.max(1) as f64;
        lines.push(format!(
            "{} descriptors, {each:.1} a picture; {} pictures without any",
            info.descriptors, info.rows_without_descriptors
        ));
    }
    if let Some(c) = &info.codebook {
        lines.push(format!(
            "{} words fitted on {} of {} training descriptors, mean squared distance {:.5} after {} iterations",
            c.words, c.fitted_on, c.train_descriptors, c.mean_squared_distance, c.iterations
        ));
    }
    if let Some(m) = &info.mixture {
        let (k, fitted, all) = (m.components, m.fitted_on, m.train_descriptors);
        lines.push(format!("{k} Gaussians fitted on {fitted} of {all} training descriptors"));
    }
    for stage in stages {
        let rate = stage.rate().map_or("-".into(), |r| format!("{r:.0}"));
        lines.push(format!("{:<20} {:>9.2} s {rate:>9} {}/s", stage.name, stage.time.as_secs_f64(), stage.unit));
    }
    lines.join("\n")
}

fn as_json(info: &FeatureInfo, workspace: &Workspace, fresh: bool, stages: &[Stage]) -> Value {
    let stages: Vec<Value> = stages
        .iter()
        .map(|s| json!({"name": s.name, "items": s.items, "unit": s.unit, "seconds": s.time.as_secs_f64(), "rate": s.rate()}))
        .collect();
    let folder = workspace.feature(&info.dataset, &info.name);
    json!({"folder": folder, "already_fresh": fresh, "feature": info, "stages": stages})
}
