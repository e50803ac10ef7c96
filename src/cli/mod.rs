//! The command line: one file for each command.

mod aggregate;
mod completions;
mod context;
mod crossval;
mod evaluate;
mod export;
mod extract;
mod faces;
mod import;
mod init;
mod inspect;
mod models;
mod predict;
mod progress;
mod report;
mod run;
mod scores;
mod serve;
mod train;
mod work;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use context::{Context, Globals};

/// Compare handcrafted and learned features for facial expression recognition, fuse them, aggregate the models,
/// and see with evidence which is better.
#[derive(Parser)]
#[command(name = "ferrofuse", version, max_term_width = 100, arg_required_else_help = true, subcommand_required = true)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Import(import::ImportArgs),
    Inspect(inspect::InspectArgs),
    Extract(extract::ExtractArgs),
    Train(train::TrainArgs),
    Evaluate(evaluate::EvaluateArgs),
    Export(export::ExportArgs),
    Aggregate(aggregate::AggregateArgs),
    Predict(predict::PredictArgs),
    Serve(serve::ServeArgs),
    Report(report::ReportArgs),
    Run(run::RunArgs),
    Crossval(crossval::CrossvalArgs),
    Init(init::InitArgs),
    Completions(completions::CompletionsArgs),
}

/// The whole command line as clap describes it.
fn command() -> clap::Command {
    Cli::command()
}

/// Parses the arguments, runs the command, and turns its outcome into an exit code:
/// 0 done, 1 failed, 2 wrong usage, 130 interrupted.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let context = match Context::new(&cli.globals) {
        Ok(context) => context,
        Err(e) => return fail(&e),
    };
    let outcome: anyhow::Result<()> = match &cli.command {
        Command::Import(args) => import::run(args, &context),
        Command::Inspect(args) => inspect::run(args, &context),
        Command::Extract(args) => extract::run(args, &context),
        Command::Train(args) => train::run(args, &context),
        Command::Evaluate(args) => evaluate::run(args, &context),
        Command::Export(args) => export::run(args, &context),
        Command::Aggregate(args) => aggregate::run(args, &context),
        Command::Predict(args) => predict::run(args, &context),
        Command::Serve(args) => serve::run(args, &context),
        Command::Report(args) => report::run(args, &context),
        Command::Run(args) => run::run(args, &context),
        Command::Crossval(args) => crossval::run(args, &context),
        Command::Init(args) => init::run(args, &context),
        Command::Completions(args) => completions::run(args, &context),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(&e),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // Each level of context on a line of its own, the cause last.
    let mut said = error.to_string();
    eprintln!("error: {said}");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Many a message ends with its cause.
        if !said.contains(&cause) {
            eprintln!("  because: {cause}");
        }
        said = cause;
    }
    match error.downcast_ref::<ferrofuse::Error>() {
        Some(ferrofuse::Error::Interrupted { .. }) => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}
