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
use ferrofuse::{Error, Progress, Result};
use ndarray::Array3;
use serde_json::{Value, json};

use super::Format;
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
    path: PathBuf,
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
        folder: Option<&Path>,
        (format, explain): (Format, bool),
        context: &'a Context,
    ) -> anyhow::Result<Self> {
        let classes = committee.classes().to_vec();
        let models: Vec<&str> = committee.members().iter().map(|m| m.name.as_str()).collect();
        let header = csv_header(&classes, &models);
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
        let folder = folder.map(|path| Folder::open(path, &header)).transpose()?;
        let remark = committee.remark();
        Ok(Self { context, classes, columns: header.len(), remark, shown, folder, explain })
    }

    /// Shows what was gathered and says where the rest is.
    pub fn finish(mut self, tally: &Tally) -> anyhow::Result<()> {
        let mut written = Vec::new();
        if let Some(folder) = &mut self.folder {
            folder.csv.flush().context("cannot write the table")?;
            folder.jsonl.flush().context("cannot write the lines")?;
            written.extend([folder.path.join(CSV), folder.path.join(JSONL)]);
            written.extend(folder.pictures.iter().chain(&folder.written).cloned());
        }
        let counts = format!(
            "faces: {}, pictures: {}, without a face: {}, unreadable: {}",
            tally.faces, tally.pictures, tally.without_face, tally.unreadable
        );
        let said: Vec<String> = [Some(counts), self.remark.map(String::from)].into_iter().flatten().collect();
        match self.shown {
            Shown::Table(mut table) => {
                for column in [1, 3, 5, 7] {
                    if let Some(column) = table.column_mut(column) {
                        column.set_cell_alignment(CellAlignment::Right);
                    }
                }
                let mut text = format!("{table}\n{}", said.join("\n"));
                if let Some(folder) = &self.folder {
                    text.push_str(&format!("\nwritten: {}", folder.path.display()));
                }
                self.context.print(&text, &Value::Null);
            }
            Shown::Whole(faces) => {
                let value = json!({
                    "faces": faces,
                    "classes": self.classes,
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
        Ok(())
    }
}

impl PictureSink for Output<'_> {
    fn wants_pictures(&self) -> bool {
        self.folder.is_some()
    }

    fn take(&mut self, input: &Input, picture: &PictureOutcome, drawn: Option<&Array3<u8>>) -> Result<()> {
        let lines = json_lines(picture, &self.classes);
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
        match &mut self.folder {
            Some(folder) => folder.take(input, (picture, &lines, self.columns), drawn),
            None => Ok(()),
        }
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
    fn open(path: &Path, header: &[String]) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(|e| Error::io("make", path, e))?;
        let file = |name: &str| {
            let path = path.join(name);
            File::create(&path).map(BufWriter::new).map_err(|e| Error::io("write", &path, e))
        };
        let mut csv = csv::Writer::from_writer(file(CSV)?);
        csv.write_record(header).map_err(|e| Error::io("write", path.join(CSV), e.into()))?;
        Ok(Self { path: path.to_path_buf(), csv, jsonl: file(JSONL)?, pictures: Vec::new(), written: Vec::new() })
    }

    fn take(
        &mut self,
        input: &Input,
        (picture, lines, columns): (&PictureOutcome, &[Value], usize),
        drawn: Option<&Array3<u8>>,
    ) -> Result<()> {
        for cells in csv_lines(picture, columns) {
            self.csv.write_record(&cells).map_err(|e| Error::io("write", self.path.join(CSV), e.into()))?;
        }
        for line in lines {
            writeln!(self.jsonl, "{line}").map_err(|e| Error::io("write", self.path.join(JSONL), e))?;
        }
        match drawn {
            Some(drawn) => self.save(&inside(input), drawn).map(|_| ()),
            None => Ok(()),
        }
    }

    /// The drawing, and beside it all numbers behind it.
    fn take_explanation(&mut self, input: &Input, explained: &ExplainedFace<'_>) -> Result<()> {
        let inside = Path::new(EXPLAINED).join(inside(input));
        let stem = inside.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let path = inside.with_file_name(format!("{stem}-face-{}.png", explained.number));
        let drawing = self.save(&path, &explained.sheet)?;
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

    /// Writes a picture where no other one of this run is, and says where that is.
    fn save(&mut self, inside: &Path, picture: &Array3<u8>) -> Result<PathBuf> {
        let path = self.free(inside);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| Error::io("make", parent, e))?;
        }
        let path = save_picture(&path, picture)?;
        self.pictures.push(path.clone());
        Ok(path)
    }

    /// A place in the folder that no other picture of this run has taken: two folders may hold files of one name.
    fn free(&self, inside: &Path) -> PathBuf {
        let taken = |path: &Path| self.pictures.iter().any(|p| *p == path || *p == path.with_extension("png"));
        let path = self.path.join(inside);
        if !taken(&path) {
            return path;
        }
        let stem = inside.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let extension = inside.extension().unwrap_or_default().to_string_lossy().into_owned();
        (2..).map(|n| path.with_file_name(format!("{stem}-{n}.{extension}"))).find(|p| !taken(p)).unwrap_or(path)
    }
}

/// Where a copy of the input goes below the folder of the copies.
fn inside(input: &Input) -> PathBuf {
    match input {
        Input::File { inside, .. } => inside.clone(),
        Input::Standard => PathBuf::from("standard-input.png"),
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
