//! What every command is given: the working folder, the progress display and the way to print.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use ferrofuse::artifact::Workspace;

use super::progress::Terminal;

/// Options that every command takes.
#[derive(Args)]
pub struct Globals {
    /// The working folder: data/, features/, models/ and results/ lie in it
    #[arg(long, short = 'C', global = true, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// Threads to use [default: all processors]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print one machine-readable JSON result on standard output
    #[arg(long, global = true)]
    json: bool,
    /// No progress bars and no remarks
    #[arg(long, short, global = true)]
    quiet: bool,
}

/// What every command is given.
pub struct Context {
    /// The working folder.
    pub workspace: Workspace,
    /// Draws progress on standard error.
    pub progress: Terminal,
    /// Threads to use.
    pub threads: usize,
    /// Whether the result is wanted as JSON.
    pub json: bool,
}

impl Context {
    /// Sets the thread pool and the handler of Ctrl-C up.
    pub fn new(globals: &Globals) -> anyhow::Result<Self> {
        let threads = match globals.threads {
            Some(n) => usize::from(n),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
        let progress = Terminal::new(globals.quiet)?;
        Ok(Self { workspace: Workspace::new(&globals.workspace), progress, threads, json: globals.json })
    }

    /// Prints the result of a command: `text` for people, `value` with `--json`.
    pub fn print(&self, text: &str, value: &serde_json::Value) {
        use std::io::Write;
        let shown = if self.json { format!("{value:#}") } else { text.trim_end().to_string() };
        // A closed pipe (`| head`) is no failure of the command.
        let _ = writeln!(std::io::stdout(), "{shown}");
    }
}
