//! `ferrofuse run`.

use clap::Args;

use super::Context;

/// Do everything an experiment needs: import, extract, train, aggregate, report
#[derive(Args)]
pub struct RunArgs {}

/// Runs the command.
pub fn run(_args: &RunArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
