//! `ferrofuse inspect`.

use clap::Args;

use super::Context;

/// Show what a dataset holds: rows, duplicates, contradictions, sample faces
#[derive(Args)]
pub struct InspectArgs {}

/// Runs the command.
pub fn run(_args: &InspectArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
