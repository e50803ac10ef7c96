//! `ferrofuse aggregate`.

use clap::Args;

use super::Context;

/// Combine the probabilities of several models
#[derive(Args)]
pub struct AggregateArgs {}

/// Runs the command.
pub fn run(_args: &AggregateArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
