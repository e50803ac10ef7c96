//! The `ferrofuse` command: parse, run, exit code.

mod cli;

fn main() -> std::process::ExitCode {
    ferrofuse::keep_freed_memory();
    cli::main()
}
