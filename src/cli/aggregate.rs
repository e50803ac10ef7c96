//! `ferrofuse aggregate`.

mod source;
mod table;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ferrofuse::Predictions;
use ferrofuse::artifact::write_npy;
use ferrofuse::dataset::Split;
use ferrofuse::ensemble::{Combination, Stacker};
use ferrofuse::evaluation::{Metrics, Seen};
use ferrofuse::recipe::AggregateMethod;
use ferrofuse::report::warning;
use serde_json::json;

use super::Context;
use source::Source;
use table::{Line, table};

/// Combine the probabilities of several models and score the result
#[derive(Args)]
#[command(
    // The experiment goes first: after --members it would count as one more member.
    override_usage = "\
ferrofuse aggregate <EXPERIMENT> --members <MODEL|FILE>... [OPTIONS]
       ferrofuse aggregate --members <FILE>... --labels <FILE> [OPTIONS]",
    after_help = "\
Examples:
  Models of an experiment that was run; a member may also be an .npy or .csv file with the same rows:
    ferrofuse aggregate fer2013-cnn --members cnn-long sift-cnn-long
  Any files of probabilities, n rows x c classes, and the n true labels:
    ferrofuse aggregate --members a.npy b.npy --labels labels.npy --output mean.npy
  Tables with a column for each class by its name, and `id`, the number of the row (here in the labels, from 0):
    ferrofuse aggregate --members a.csv b.npy --labels labels.npy --classes angry,happy,sad
  Weights chosen where they may be chosen, on validation rows:
    ferrofuse aggregate --members a.npy b.npy --labels labels.npy --method weighted \\
      --validation-members a-val.npy b-val.npy --validation-labels labels-val.npy"
)]
pub struct AggregateArgs {
    /// An experiment that was run, by its name or recipe; without it, members are files and --labels is needed
    #[arg(value_name = "EXPERIMENT")]
    experiment: Option<String>,
    /// What is combined: models of the experiment, or .npy or .csv files of probabilities (n rows x c classes)
    #[arg(long, required = true, num_args = 1.., value_name = "MODEL|FILE")]
    members: Vec<String>,
    /// True labels of the rows, an .npy file of n whole numbers from 0
    #[arg(long, value_name = "FILE", required_unless_present = "experiment", conflicts_with = "experiment")]
    labels: Option<PathBuf>,
    /// Class names in label order, separated by commas; .csv files need them [default: class-0, class-1, ...]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "labels")]
    classes: Option<Vec<String>>,
    /// Which rows of the experiment: validation or test
    #[arg(long, default_value = "test", conflicts_with = "labels")]
    split: Split,
    /// How members are combined
    #[arg(long, value_enum, default_value_t = Method::Mean)]
    method: Method,
    /// One weight for each member, separated by commas, for --method weighted [default: chosen on validation]
    #[arg(long, value_name = "WEIGHTS", value_delimiter = ',', allow_negative_numbers = true)]
    weights: Option<Vec<f64>>,
    /// The members' probabilities of validation rows, to choose weights or fit a stacker on; in the order of --members
    #[arg(long, num_args = 1.., value_name = "FILE", requires = "validation_labels", requires = "labels")]
    validation_members: Option<Vec<String>>,
    /// True labels of the validation rows
    #[arg(long, value_name = "FILE", requires = "validation_members")]
    validation_labels: Option<PathBuf>,
    /// Fit on rows that are scored too: the score is then too good, which is said in red
    #[arg(long)]
    allow_test_selection: bool,
    /// Write the combined probabilities here, an .npy file of n x c float32
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How members are combined.
#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// The arithmetic mean (soft voting)
    Mean,
    /// The weighted mean
    Weighted,
    /// The weighted mean, weights by greedy selection with replacement on validation
    Greedy,
    /// The geometric mean, renormalised
    Geometric,
    /// One vote for each member; ties go to the higher mean probability
    Vote,
    /// A logistic regression on the members' log-probabilities, fitted on validation
    Stacking,
}

impl From<Method> for AggregateMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Mean => Self::Mean,
            Method::Weighted => Self::Weighted,
            Method::Greedy => Self::Greedy,
            Method::Geometric => Self::Geometric,
            Method::Vote => Self::Vote,
            Method::Stacking => Self::Stacking,
        }
    }
}

/// Runs the command.
pub fn run(args: &AggregateArgs, context: &Context) -> anyhow::Result<()> {
    let method = AggregateMethod::from(args.method);
    let source = Source::open(args, context)?;
    let members = source.members(&context.progress)?;
    let members: Vec<&Predictions> = members.iter().collect();
    let validation =
        if method.is_fitted(args.weights.is_some()) { source.validation(&context.progress)? } else { Vec::new() };
    // Who scores validation rows knows that they chose; the others think of them as new.
    let scores_test = args.split != Split::Validation;
    let chosen_on_test = scores_test && validation.iter().zip(&members).any(|(v, m)| v.shares_rows(m));
    if chosen_on_test && !args.allow_test_selection {
        let expected =
            "other rows than those that are scored; --allow-test-selection fits on them all the same and says so";
        return Err(ferrofuse::Error::invalid("validation rows", "rows that are scored too", expected).into());
    }
    let combination = Combination::fit(method, &validation.iter().collect::<Vec<_>>(), args.weights.as_deref())?;
    let combined = combination.apply(&members)?;
    if let Some(path) = &args.output {
        write_npy(path, combined.probabilities.view())?;
    }

    let mut lines = Vec::with_capacity(members.len() + 1);
    for p in members.iter().copied().chain([&combined]) {
        let mut metrics = Metrics::of(p, Seen::default())?;
        if method == AggregateMethod::Vote && std::ptr::eq(p, &combined) {
            metrics.log_loss = None;
        }
        lines.push(Line { name: p.model.clone(), metrics });
    }
    let mut text = format!("{}\n{}\n", source.heading(combined.rows.len()), table(&lines));
    let weights = combination.weights();
    let fitted = weights.is_some() && args.weights.is_none();
    if let Some(weights) = weights {
        let each: Vec<String> = members.iter().zip(weights).map(|(m, w)| format!("{} {w:.3}", m.model)).collect();
        let chosen = if fitted { ", chosen on validation" } else { "" };
        text.push_str(&format!("weights: {}{chosen}\n", each.join(", ")));
        if fitted && combined.split == Split::Validation {
            text.push_str("The weights were chosen on these very rows: the weighted score is too good.\n");
        }
    }
    let stacker = match &combination {
        Combination::Stacked(stacker) => Some(stacker),
        _ => None,
    };
    if let Some(stacker) = stacker {
        text.push_str(&format!("stacker: C = {}, fitted on {} validation rows\n", stacker.c(), stacker.rows()));
        if combined.split == Split::Validation {
            text.push_str("Out of fold: each row is predicted by a stacker that was not fitted on it.\n");
        }
    }
    if chosen_on_test {
        text.push_str(&format!("{}\n", warning("fitted on the very rows that are scored: the last score is too good")));
    }
    if let Some(path) = &args.output {
        text.push_str(&format!("written: {}\n", path.display()));
    }
    let value = json!({
        "dataset": combined.dataset,
        "synthetic": source.synthetic(),
        "split": args.labels.is_none().then_some(combined.split),
        "classes": combined.classes,
        "method": method,
        "weights": weights,
        "weights_chosen_on_validation": fitted,
        "chosen_on_test": chosen_on_test,
        "stacker_c": stacker.map(Stacker::c),
        "members": lines.iter().take(members.len()).collect::<Vec<_>>(),
        "aggregate": lines.last(),
        "output": args.output,
    });
    context.print(&text, &value);
    Ok(())
}
