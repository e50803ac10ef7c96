//! What `predict` shows and writes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use ferrofuse::artifact::write_json;
use ferrofuse::predict::{
    Committee, ExplainedFace, Input, Outcome, PictureOutcome, PictureSink, Tally, csv_header, csv_lines, json_lines,
    save_picture,
};
use ferrofuse::recipe::AggregateMethod;
use ferrofuse::{Error, Progress, Result};
use ndarray::Array3;
use serde_json::{Value, json};

use super::Format;
use super::places::Places;
use crate::cli::Context;

const CSV: &str = "predictions.csv";
const JSONL: &str = "predictions.jsonl";
/// Where the drawings of `--explain` go, below the folder of the copies.
const EXPLAINED: &str = "explained";

/// Takes outcomes picture by picture.
pub struct Output<'a> {
    context: &'a Context,
    classes: Vec<String>,
    columns: usize,
    /// What goes with every result, such as that the models know drawn faces only.
    remark: Option<&'static str>,
    shown: Shown,
    folder: Option<Folder>,
    /// Whether it is drawn what speaks for each face's class.
    explain: bool,
    /// The models, and how they are combined.
    models: Vec<String>,
    aggregate: Option<AggregateMethod>,
    unreadable: Vec<String>,
}

/// Standard output.
enum Shown {
    Table(Box<Table>),
    Csv(Box<csv::Writer<std::io::Stdout>>),
    Lines,
    /// All objects, for `--json`.
    Whole(Vec<Value>),
}

/// The folder of copies and records.
struct Folder {
    places: Places,
    csv: csv::Writer<BufWriter<File>>,
    jsonl: BufWriter<File>,
    pictures: Vec<PathBuf>,
    /// Other files.
    written: Vec<PathBuf>,
}

impl<'a> Output<'a> {
    /// Opens what is written to.
    pub fn new(
        committee: &Committee,
        (folder, inputs): (Option<&Path>, &[Input]),
        (format, explain): (Format, bool),
        context: &'a Context,
    ) -> anyhow::Result<Self> {
        let classes = committee.classes().to_vec();
        let models: Vec<String> = committee.members().iter().map(|m| m.name.clone()).collect();
        let aggregate = (models.len() > 1).then(|| committee.method());
        let header = csv_header(&classes, &models.iter().map(String::as_str).collect::<Vec<_>>());
        let shown = match (context.json, format) {
            (true, _) => Shown::Whole(Vec::new()),
            (false, Format::Table) => {
                let mut table = Table::new();
                table.load_preset(presets::UTF8_FULL_CONDENSED);
                table.set_header(["picture", "face", "box", "score", "class", "%", "next", "%"]);
                Shown::Table(Box::new(table))
            }
            (false, Format::Csv) => {
                let mut writer = csv::Writer::from_writer(std::io::stdout());
                ignore_closed_pipe(writer.write_record(&header).map_err(Into::into))?;
                Shown::Csv(Box::new(writer))
            }
            (false, Format::Jsonl) => Shown::Lines,
        };
        let folder = folder.map(|path| Folder::open(Places::new(path, inputs)?, &header)).transpose()?;
        let (remark, unreadable) = (committee.remark(), Vec::new());
        let columns = header.len();
        Ok(Self { context, classes, columns, remark, shown, folder, explain, models, aggregate, unreadable })
    }

    /// Shows what was gathered and says where the rest is; gives the names of what could not be read.
    pub fn finish(mut self, tally: &Tally) -> anyhow::Result<Vec<String>> {
        let mut written = Vec::new();
        if let Some(folder) = &mut self.folder {
            folder.csv.flush().context("cannot write the table")?;
            folder.jsonl.flush().context("cannot write the lines")?;
            written.extend([CSV, JSONL].map(|name| folder.places.folder().join(name)));
            written.extend(folder.pictures.iter().chain(&folder.written).cloned());
        }
        let counts = format!(
            "faces: {}, pictures: {}, without a face: {}, unreadable: {}",
            tally.faces, tally.pictures, tally.without_face, tally.unreadable
        );
        let models = match &self.aggregate {
            Some(method) => format!("models: {}, together by {}", self.models.join(", "), method.words()),
            None => format!("model: {}", self.models.join(", ")),
        };
        let said: Vec<String> =
            [Some(counts), Some(models), self.remark.map(String::from)].into_iter().flatten().collect();
        match self.shown {
            Shown::Table(mut table) => {
                for column in [1, 3, 5, 7] {
                    if let Some(column) = table.column_mut(column) {
                        column.set_cell_alignment(CellAlignment::Right);
                    }
                }
                let mut text = format!("{table}\n{}", said.join("\n"));
                if let Some(folder) = &self.folder {
                    text.push_str(&format!("\nwritten: {}", folder.places.folder().display()));
                }
                self.context.print(&text, &Value::Null);
            }
            Shown::Whole(faces) => {
                let value = json!({
                    "faces": faces,
                    "classes": self.classes,
                    "models": self.models,
                    "aggregate": self.aggregate,
                    "pictures": tally.pictures,
                    "without_face": tally.without_face,
                    "unreadable": tally.unreadable,
                    "remark": self.remark,
                    "files": written,
                });
                self.context.print("", &value);
            }
            Shown::Csv(mut writer) => {
                ignore_closed_pipe(writer.flush())?;
                said.iter().for_each(|line| self.context.progress.say(line));
            }
            Shown::Lines => said.iter().for_each(|line| self.context.progress.say(line)),
        }
        Ok(self.unreadable)
    }
}

impl PictureSink for Output<'_> {
    fn wants_pictures(&self) -> bool {
        self.folder.is_some()
    }

    fn take(&mut self, input: &Input, picture: &PictureOutcome, drawn: Option<&Array3<u8>>) -> Result<()> {
        let mut lines = json_lines(picture, &self.classes);
        if let Outcome::Unreadable(_) = picture.outcome {
            self.unreadable.push(picture.source.clone());
        }
        if let Some(folder) = &mut self.folder {
            folder.take(input, (picture, &mut lines, self.columns), drawn)?;
        }
        match &mut self.shown {
            Shown::Table(table) => {
                rows(picture, &self.classes).into_iter().for_each(|row| {
                    table.add_row(row);
                });
            }
            Shown::Csv(writer) => {
                for cells in csv_lines(picture, self.columns) {
                    ignore_closed_pipe(writer.write_record(&cells).map_err(Into::into))
                        .map_err(|e| Error::io("write", "standard output", e))?;
                }
            }
            Shown::Lines => {
                for line in &lines {
                    ignore_closed_pipe(writeln!(std::io::stdout(), "{line}"))
                        .map_err(|e| Error::io("write", "standard output", e))?;
                }
            }
            Shown::Whole(all) => all.extend(lines.iter().cloned()),
        }
        Ok(())
    }

    fn wants_explanations(&self) -> bool {
        self.explain && self.folder.is_some()
    }

    fn take_explanation(&mut self, input: &Input, explained: &ExplainedFace<'_>) -> Result<()> {
        match &mut self.folder {
            Some(folder) => folder.take_explanation(input, explained),
            None => Ok(()),
        }
    }
}

impl Folder {
    fn open(places: Places, header: &[String]) -> Result<Self> {
        let file = |name: &str| {
            let path = places.folder().join(name);
            File::create(&path).map(BufWriter::new).map_err(|e| Error::io("write", &path, e))
        };
        let mut csv = csv::Writer::from_writer(file(CSV)?);
        csv.write_record(header).map_err(|e| Error::io("write", places.folder().join(CSV), e.into()))?;
        let jsonl = file(JSONL)?;
        Ok(Self { places, csv, jsonl, pictures: Vec::new(), written: Vec::new() })
    }

    /// Writes the copy and the records, which name it.
    fn take(
        &mut self,
        input: &Input,
        (picture, lines, columns): (&PictureOutcome, &mut [Value], usize),
        drawn: Option<&Array3<u8>>,
    ) -> Result<()> {
        if let (Some(drawn), Some(inside)) = (drawn, input.inside()) {
            let place = self.places.copy(inside);
            let copy = self.save(&place, drawn)?;
            lines.iter_mut().for_each(|line| line["copy"] = json!(copy));
        }
        let folder = self.places.folder();
        for cells in csv_lines(picture, columns) {
            self.csv.write_record(&cells).map_err(|e| Error::io("write", folder.join(CSV), e.into()))?;
        }
        for line in lines {
            writeln!(self.jsonl, "{line}").map_err(|e| Error::io("write", folder.join(JSONL), e))?;
        }
        Ok(())
    }

    /// The drawing, and beside it all numbers behind it.
    fn take_explanation(&mut self, input: &Input, explained: &ExplainedFace<'_>) -> Result<()> {
        let inside = Path::new(EXPLAINED).join(input.inside().unwrap_or(Path::new("face")));
        let stem = inside.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let place = self.places.free(&inside.with_file_name(format!("{stem}-face-{}.png", explained.number)));
        let drawing = self.save(&place, &explained.sheet)?;
        let ExplainedFace { number, face, explanation, .. } = explained;
        let numbers = json!({
            "source": input.name(),
            "face": number,
            "box": face.face,
            "class": explanation.class,
            "probability": face.probability,
            "models": explanation.models,
        });
        let path = drawing.with_extension("json");
        write_json(&path, &numbers)?;
        self.written.push(path);
        Ok(())
    }

    /// Writes a picture and says where it is.
    fn save(&mut self, place: &Path, picture: &Array3<u8>) -> Result<PathBuf> {
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(|e| Error::io("make", parent, e))?;
        }
        let path = save_picture(place, picture)?;
        self.pictures.push(path.clone());
        Ok(path)
    }
}

/// The table's rows for a picture.
fn rows(picture: &PictureOutcome, classes: &[String]) -> Vec<Vec<String>> {
    let nothing = |said: String| vec![vec![picture.source.clone(), "–".into(), String::new(), String::new(), said]];
    match &picture.outcome {
        Outcome::Unreadable(error) => nothing(format!("cannot be read: {error}")),
        Outcome::Faces(faces) if faces.is_empty() => nothing("no face found".into()),
        Outcome::Faces(faces) => faces
            .iter()
            .enumerate()
            .map(|(i, f)| {
                let b = f.face;
                let mut order: Vec<usize> = (0..f.probabilities.len()).collect();
                order.sort_by(|&a, &b| f.probabilities[b].total_cmp(&f.probabilities[a]));
                let percent = |p: f32| format!("{:.1}", 100.0 * p);
                let next = order.get(1).copied().unwrap_or(0);
                vec![
                    picture.source.clone(),
                    (i + 1).to_string(),
                    format!("{} x {} at {}, {}", b.width, b.height, b.x, b.y),
                    f.score.map_or(String::new(), |s| format!("{s:.2}")),
                    f.class.clone(),
                    percent(f.probability),
                    classes[next].clone(),
                    percent(f.probabilities[next]),
                ]
            })
            .collect(),
    }
}

/// A reader that went away (`| head`) is no failure.
pub fn ignore_closed_pipe(outcome: std::io::Result<()>) -> std::io::Result<()> {
    match outcome {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
