//! Where the members come from: an experiment's stored predictions, or any files.

use std::path::{Path, PathBuf};

use ferrofuse::dataset::Split;
use ferrofuse::predictions::{PredictionIndex, external, load_predictions, read_index};
use ferrofuse::{Error, Predictions, Progress};
use ndarray::Array2;

use super::super::Context;
use super::{AggregateArgs, Method};

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
        if args.weights.is_some() && !matches!(args.method, Method::Weighted) {
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
    pub fn members(&self, progress: &dyn Progress) -> anyhow::Result<Vec<Predictions>> {
        match self {
            Self::Experiment { args, .. } => self.stored(args.split, progress),
            Self::Files { args, labels } => {
                files(&args.members, labels, (args.classes.as_deref(), args.split), progress)
            }
        }
    }

    /// The members' probabilities of validation rows, to choose weights or fit a stacker on.
    pub fn validation(&self, progress: &dyn Progress) -> anyhow::Result<Vec<Predictions>> {
        match self {
            Self::Experiment { args, .. } => {
                if let Some(file) = args.members.iter().find(|m| is_file(m)) {
                    let unknown = format!("the validation probabilities of `{file}` are not known");
                    return Err(match args.method {
                        Method::Weighted => Error::invalid("weights", "none", format!("--weights: {unknown}")),
                        _ => {
                            Error::invalid("--members", format!("`{file}`"), format!("models that were run: {unknown}"))
                        }
                    }
                    .into());
                }
                self.stored(Split::Validation, progress)
            }
            Self::Files { args, .. } => match (&args.validation_members, &args.validation_labels) {
                (Some(members), Some(labels)) => {
                    if members.len() != args.members.len() {
                        let expected = format!("{}, as many as --members", args.members.len());
                        return Err(Error::invalid("--validation-members", members.len(), expected).into());
                    }
                    files(members, labels, (args.classes.as_deref(), Split::Validation), progress)
                }
                _ => {
                    let files = "--validation-members and --validation-labels";
                    Err(match args.method {
                        Method::Weighted => {
                            let expected = format!("--weights W1,W2,..., or {files} to choose them on");
                            Error::invalid("weights", "none", expected)
                        }
                        _ => Error::invalid("validation rows", "none", format!("{files} to fit the method on")),
                    }
                    .into())
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

    fn stored(&self, split: Split, progress: &dyn Progress) -> anyhow::Result<Vec<Predictions>> {
        let Self::Experiment { args, folder, index, .. } = self else { return Ok(Vec::new()) };
        let mut members = Vec::with_capacity(args.members.len());
        for member in &args.members {
            members.push(match is_file(member) {
                true => {
                    let Some(ours) = index.models.iter().find(|m| m.splits.contains(&split)) else {
                        let hint = format!("it has no {split} predictions to take labels from");
                        return Err(Error::missing(folder, hint).into());
                    };
                    let rows = Predictions { model: member.clone(), ..load_predictions(folder, &ours.name, split)? };
                    external::load(Path::new(member), &rows, progress)?
                }
                false => load_predictions(folder, member, split)?,
            });
        }
        Ok(members)
    }
}

fn is_file(member: &str) -> bool {
    member.ends_with(".npy") || external::is_csv(Path::new(member))
}

/// `fer2013-cnn` of `fer2013-cnn`, `results/fer2013-cnn.toml` or `results/fer2013-cnn/`.
fn experiment_name(given: &str) -> String {
    let last = Path::new(given).file_name().unwrap_or_default().to_string_lossy().into_owned();
    last.strip_suffix(".toml").map(str::to_string).unwrap_or(last)
}

/// Members without an experiment: the labels say how many rows there are, the first array or the given names how many
/// classes. A table finds its columns by the names, and its rows by their place in the labels.
fn files(
    members: &[String],
    labels: &Path,
    (classes, split): (Option<&[String]>, Split),
    progress: &dyn Progress,
) -> anyhow::Result<Vec<Predictions>> {
    let table = members.iter().find(|member| external::is_csv(Path::new(member)));
    if let (Some(table), None) = (table, classes) {
        let expected = format!("the names of the classes in label order: the columns of {table} are found by them");
        return Err(Error::invalid("--classes", "nothing", expected).into());
    }
    let arrays = arrays(members)?;
    let first = arrays.iter().zip(members).find_map(|(array, member)| Some((array.as_ref()?.dim(), member)));
    let c = first.map_or(classes.map_or(0, <[String]>::len), |((_, c), _)| c);
    let classes: Vec<String> = match classes {
        Some(names) if names.len() == c => names.to_vec(),
        Some(names) => {
            let expected = format!("{c}, one for each column of {}", first.map_or("", |(_, member)| member));
            return Err(Error::invalid("--classes", format!("{} names", names.len()), expected).into());
        }
        None => (0..c).map(|i| format!("class-{i}")).collect(),
    };
    let truth = external::read_labels(labels, c)?;
    if let Some(((n, _), member)) = first
        && truth.len() != n
    {
        let expected = format!("{n}, one for each row of {member}");
        return Err(Error::malformed(labels, "shape", format!("{} labels", truth.len()), expected).into());
    }
    let rows = Predictions {
        model: String::new(),
        dataset: String::new(),
        fingerprint: String::new(),
        classes,
        split,
        rows: (0..truth.len() as u32).collect(),
        labels: truth,
        probabilities: Array2::zeros((0, c)),
    };
    let mut found = Vec::with_capacity(members.len());
    for (member, array) in members.iter().zip(arrays) {
        let rows = Predictions { model: member.clone(), ..rows.clone() };
        found.push(match array {
            Some(probabilities) => Predictions { probabilities, ..rows },
            None => external::load(Path::new(member), &rows, progress)?,
        });
    }
    Ok(found)
}

/// The members that are arrays, all of one shape; `None` for a table.
fn arrays(members: &[String]) -> anyhow::Result<Vec<Option<Array2<f32>>>> {
    let mut arrays: Vec<Option<Array2<f32>>> = Vec::with_capacity(members.len());
    for member in members {
        if external::is_csv(Path::new(member)) {
            arrays.push(None);
            continue;
        }
        let array = external::read_probabilities(Path::new(member))?;
        let known = arrays.iter().zip(members).find_map(|(known, of)| Some((known.as_ref()?.dim(), of)));
        if let Some((shape, first)) = known
            && shape != array.dim()
        {
            let expected = format!("{shape:?}, the shape of {first}");
            return Err(Error::malformed(member, "shape", format!("{:?}", array.dim()), expected).into());
        }
        arrays.push(Some(array));
    }
    Ok(arrays)
}
