//! Where the members come from: an experiment's stored predictions, or any files.

use std::path::{Path, PathBuf};

use ferrofuse::dataset::Split;
use ferrofuse::predictions::{PredictionIndex, external, load_predictions, read_index};
use ferrofuse::{Error, Predictions};
use ndarray::Array2;

use super::super::Context;
use super::AggregateArgs;

/// Where the members come from.
pub enum Source<'a> {
    /// The folder of an experiment's predictions.
    Experiment { args: &'a AggregateArgs, name: String, folder: PathBuf, index: PredictionIndex },
    /// Files that another program may have written.
    Files { args: &'a AggregateArgs, labels: &'a Path },
}

impl<'a> Source<'a> {
    /// Checks what was asked for before anything large is read.
    pub fn open(args: &'a AggregateArgs, context: &Context) -> anyhow::Result<Self> {
        if args.members.len() < 2 {
            return Err(Error::invalid("--members", args.members.join(" "), "at least two").into());
        }
        if let Some(twice) =
            args.members.iter().enumerate().find_map(|(i, m)| args.members[..i].iter().find(|o| *o == m))
        {
            return Err(Error::invalid("--members", format!("`{twice}` twice"), "each member once").into());
        }
        if args.weights.is_some() && !matches!(args.method, super::Method::Weighted) {
            return Err(Error::invalid("--weights", "given", "none, unless --method is weighted").into());
        }
        match (&args.experiment, &args.labels) {
            (Some(experiment), _) => {
                if args.split == Split::Train {
                    return Err(Error::invalid(
                        "--split",
                        "train",
                        "validation or test: training rows are not predicted",
                    )
                    .into());
                }
                let name = experiment_name(experiment);
                let folder = context.workspace.results(&name).join("predictions");
                if !folder.join("predictions.json").exists() {
                    let hint = format!("run the experiment first: `ferrofuse run {name}`");
                    return Err(Error::missing(&folder, hint).into());
                }
                let index = read_index(&folder)?;
                Ok(Self::Experiment { args, name, folder, index })
            }
            (None, Some(labels)) => Ok(Self::Files { args, labels }),
            (None, None) => Err(Error::invalid("--labels", "nothing", "an .npy file of true labels").into()),
        }
    }

    /// The members' probabilities of the rows to be scored.
    pub fn members(&self) -> anyhow::Result<Vec<Predictions>> {
        match self {
            Self::Experiment { args, .. } => self.stored(args.split),
            Self::Files { args, labels } => files(&args.members, labels, args.classes.as_deref(), args.split),
        }
    }

    /// The members' probabilities of validation rows, to choose weights on.
    pub fn validation(&self) -> anyhow::Result<Vec<Predictions>> {
        match self {
            Self::Experiment { args, .. } => {
                if let Some(file) = args.members.iter().find(|m| is_file(m)) {
                    let expected = format!("--weights: the validation probabilities of `{file}` are not known");
                    return Err(Error::invalid("weights", "none", expected).into());
                }
                self.stored(Split::Validation)
            }
            Self::Files { args, .. } => match (&args.validation_members, &args.validation_labels) {
                (Some(members), Some(labels)) => {
                    if members.len() != args.members.len() {
                        let expected = format!("{}, as many as --members", args.members.len());
                        return Err(Error::invalid("--validation-members", members.len(), expected).into());
                    }
                    files(members, labels, args.classes.as_deref(), Split::Validation)
                }
                _ => {
                    let expected =
                        "--weights W1,W2,..., or --validation-members and --validation-labels to choose them on";
                    Err(Error::invalid("weights", "none", expected).into())
                }
            },
        }
    }

    /// One line that says what was scored.
    pub fn heading(&self, rows: usize) -> String {
        match self {
            Self::Experiment { args, name, index, .. } => {
                let synthetic = if index.synthetic { "; the faces are synthetic, drawn by the tool" } else { "" };
                format!("{name}: {}, {} split, {rows} rows{synthetic}", index.dataset_title, args.split)
            }
            Self::Files { labels, .. } => format!("{}: {rows} rows", labels.display()),
        }
    }

    /// Whether the faces were drawn by the tool; `None` when nobody knows.
    pub fn synthetic(&self) -> Option<bool> {
        match self {
            Self::Experiment { index, .. } => Some(index.synthetic),
            Self::Files { .. } => None,
        }
    }

    fn stored(&self, split: Split) -> anyhow::Result<Vec<Predictions>> {
        let Self::Experiment { args, folder, index, .. } = self else { return Ok(Vec::new()) };
        let mut members = Vec::with_capacity(args.members.len());
        for member in &args.members {
            members.push(match is_file(member) {
                true => {
                    let Some(ours) = index.models.iter().find(|m| m.splits.contains(&split)) else {
                        let hint = format!("it has no {split} predictions to take labels from");
                        return Err(Error::missing(folder, hint).into());
                    };
                    external::load(Path::new(member), &load_predictions(folder, &ours.name, split)?, member)?
                }
                false => load_predictions(folder, member, split)?,
            });
        }
        Ok(members)
    }
}

fn is_file(member: &str) -> bool {
    member.ends_with(".npy")
}

/// `fer2013-cnn` of `fer2013-cnn`, `results/fer2013-cnn.toml` or `results/fer2013-cnn/`.
fn experiment_name(given: &str) -> String {
    let last = Path::new(given).file_name().unwrap_or_default().to_string_lossy().into_owned();
    last.strip_suffix(".toml").map(str::to_string).unwrap_or(last)
}

fn files(
    members: &[String],
    labels: &Path,
    classes: Option<&[String]>,
    split: Split,
) -> anyhow::Result<Vec<Predictions>> {
    let mut tables: Vec<(String, Array2<f32>)> = Vec::with_capacity(members.len());
    for member in members {
        let table = external::read_probabilities(Path::new(member))?;
        if let Some((first, known)) = tables.first()
            && known.dim() != table.dim()
        {
            let expected = format!("{:?}, the shape of {first}", known.dim());
            return Err(Error::malformed(member, "shape", format!("{:?}", table.dim()), expected).into());
        }
        tables.push((member.clone(), table));
    }
    let (n, c) = tables.first().map_or((0, 0), |(_, table)| table.dim());
    let classes: Vec<String> = match classes {
        Some(names) if names.len() == c => names.to_vec(),
        Some(names) => {
            let expected = format!("{c}, one for each column of {}", members[0]);
            return Err(Error::invalid("--classes", format!("{} names", names.len()), expected).into());
        }
        None => (0..c).map(|i| format!("class-{i}")).collect(),
    };
    let truth = external::read_labels(labels, c)?;
    if truth.len() != n {
        let expected = format!("{n}, one for each row of {}", members[0]);
        return Err(Error::malformed(labels, "shape", format!("{} labels", truth.len()), expected).into());
    }
    Ok(tables
        .into_iter()
        .map(|(model, probabilities)| Predictions {
            model,
            dataset: String::new(),
            fingerprint: String::new(),
            classes: classes.clone(),
            split,
            rows: (0..n as u32).collect(),
            labels: truth.clone(),
            probabilities,
        })
        .collect())
}
