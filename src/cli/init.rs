//! `ferrofuse init`.

use clap::Args;

use super::Context;

/// Write the built-in recipes into the working folder
#[derive(Args)]
pub struct InitArgs {}

/// Runs the command.
pub fn run(_args: &InitArgs, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("in the making")
}
