//! `ferrofuse completions`.

use anyhow::Context as _;
use clap::Args;
use clap_complete::Shell;
use serde_json::json;

use super::Context;

/// Print shell completions
#[derive(Args)]
#[command(after_help = "\
Examples:
  ferrofuse completions bash > ~/.local/share/bash-completion/completions/ferrofuse
  ferrofuse completions zsh > ~/.zfunc/_ferrofuse
  ferrofuse completions fish > ~/.config/fish/completions/ferrofuse.fish")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub fn run(args: &CompletionsArgs, context: &Context) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "ferrofuse", &mut script);
    let script = String::from_utf8(script).context("the completions are no text")?;
    context.print(&script, &json!({ "shell": args.shell.to_string(), "script": script }));
    Ok(())
}
