//! `ferrofuse train`.

use clap::Args;

use super::Context;

/// Train a model on a dataset
#[derive(Args)]
pub struct TrainArgs {}

/// Runs the command.
pub fn run(_args: &TrainArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
