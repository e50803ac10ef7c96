//! `ferrofuse evaluate`.

use clap::Args;

use super::Context;

/// Score a trained model on a split
#[derive(Args)]
pub struct EvaluateArgs {}

/// Runs the command.
pub fn run(_args: &EvaluateArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
