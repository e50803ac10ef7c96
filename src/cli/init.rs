//! `ferrofuse init`.

use std::path::Path;

use clap::Args;
use ferrofuse::Error;
use ferrofuse::artifact::write_bytes_atomically;
use ferrofuse::recipe::BUILTIN;
use serde_json::json;

use super::Context;

/// Write the built-in recipes into the working folder, to be changed there
#[derive(Args)]
#[command(after_help = "\
A recipe in the working folder wins over the built-in one of the same name. A changed file stays, unless --force is given.")]
pub struct InitArgs {
    /// Also replace recipes that were changed
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub fn run(args: &InitArgs, context: &Context) -> anyhow::Result<()> {
    let (mut written, mut unchanged, mut kept, mut replaced) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for recipe in BUILTIN {
        let name = format!("{}/{}.toml", recipe.kind.folder(), recipe.name);
        let path = context.workspace.root().join(&name);
        let done = match existing(&path)? {
            None => {
                write_bytes_atomically(&path, recipe.text.as_bytes())?;
                &mut written
            }
            Some(bytes) if bytes == recipe.text.as_bytes() => &mut unchanged,
            Some(_) if !args.force => &mut kept,
            Some(_) => {
                write_bytes_atomically(&path, recipe.text.as_bytes())?;
                &mut replaced
            }
        };
        done.push(name);
    }
    let mut text = String::new();
    for (what, names) in [("wrote", &written), ("replaced", &replaced), ("kept, changed by you:", &kept)] {
        for name in names {
            text.push_str(&format!("{what} {name}\n"));
        }
    }
    let count = |n: usize| format!("{n} recipe{}", if n == 1 { "" } else { "s" });
    text.push_str(&format!("{} written, {} already there", count(written.len()), unchanged.len()));
    if !replaced.is_empty() {
        text.push_str(&format!(", {} replaced", replaced.len()));
    }
    if !kept.is_empty() {
        text.push_str(&format!(", {} kept (`ferrofuse init --force` replaces them)", kept.len()));
    }
    context.print(&text, &json!({ "written": written, "unchanged": unchanged, "kept": kept, "replaced": replaced }));
    Ok(())
}

fn existing(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", path, e)),
    }
}
