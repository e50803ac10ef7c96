//! `ferrofuse import`.

use clap::Args;

use super::Context;

/// Bring a dataset into data/<name>/
#[derive(Args)]
pub struct ImportArgs {}

/// Runs the command.
pub fn run(_args: &ImportArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
