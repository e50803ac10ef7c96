//! `ferrofuse report`.

use clap::Args;

use super::Context;

/// Write the report of an experiment again from its stored predictions
#[derive(Args)]
pub struct ReportArgs {}

/// Runs the command.
pub fn run(_args: &ReportArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
