//! `ferrofuse completions`.

use clap::Args;

use super::Context;

/// Print shell completions
#[derive(Args)]
pub struct CompletionsArgs {}

/// Runs the command.
pub fn run(_args: &CompletionsArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
