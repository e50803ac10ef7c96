//! `ferrofuse extract`.

use clap::Args;

use super::Context;

/// Compute handcrafted features of a dataset
#[derive(Args)]
pub struct ExtractArgs {}

/// Runs the command.
pub fn run(_args: &ExtractArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
