//! Outcomes as CSV and as JSON lines, of pictures and of the frames of videos.

use serde_json::{Map, Value, json};

use super::outcome::{FaceExpression, Outcome, PictureOutcome};
use super::watch::{Frame, TrackedFace};

/// Columns before the probabilities.
const COLUMNS: [&str; 9] = ["source", "face", "x", "y", "width", "height", "score", "class", "probability"];

/// The head of the table: the face's place, its class, a column for each class, and for each of several models and class.
pub fn csv_header(classes: &[String], models: &[&str]) -> Vec<String> {
    let mut header: Vec<String> = COLUMNS.iter().map(|c| c.to_string()).collect();
    header.extend(classes.iter().cloned());
    if models.len() > 1 {
        header.extend(models.iter().flat_map(|m| classes.iter().map(move |c| format!("{m}:{c}"))));
    }
    header.push("error".into());
    header
}

/// The rows of one picture: one for each face, or one that says that there is none, or what is wrong with the file.
pub fn csv_lines(picture: &PictureOutcome, columns: usize) -> Vec<Vec<String>> {
    let padded = |mut cells: Vec<String>, error: &str| {
        cells.resize(columns - 1, String::new());
        cells.push(error.into());
        cells
    };
    match &picture.outcome {
        Outcome::Unreadable(error) => vec![padded(vec![picture.source.clone()], error)],
        Outcome::Faces(faces) if faces.is_empty() => vec![padded(vec![picture.source.clone(), "0".into()], "")],
        Outcome::Faces(faces) => {
            faces.iter().enumerate().map(|(i, face)| padded(csv_cells(&picture.source, i, face), "")).collect()
        }
    }
}

fn csv_cells(source: &str, i: usize, face: &FaceExpression) -> Vec<String> {
    let b = face.face;
    let mut cells = vec![source.to_string(), (i + 1).to_string()];
    cells.extend([b.x.to_string(), b.y.to_string(), b.width.to_string(), b.height.to_string()]);
    cells.push(face.score.map_or(String::new(), |s| s.to_string()));
    cells.extend([face.class.clone(), face.probability.to_string()]);
    let models = face.models.iter().flat_map(|m| &m.probabilities);
    cells.extend(face.probabilities.iter().chain(models).map(f32::to_string));
    cells
}

/// The objects of one picture: one for each face with the probability of each class by name, or one with `"faces": 0`, or
/// one with `"error"`.
pub fn json_lines(picture: &PictureOutcome, classes: &[String]) -> Vec<Value> {
    match &picture.outcome {
        Outcome::Unreadable(error) => vec![json!({ "source": picture.source, "error": error })],
        Outcome::Faces(faces) if faces.is_empty() => vec![json!({ "source": picture.source, "faces": 0 })],
        Outcome::Faces(faces) => faces
            .iter()
            .enumerate()
            .map(|(i, face)| {
                let mut object = json!({
                    "source": picture.source,
                    "faces": faces.len(),
                    "face": i + 1,
                    "box": face.face,
                    "score": face.score,
                    "class": face.class,
                    "probability": short(&face.probability),
                    "probabilities": by_name(classes, &face.probabilities),
                });
                if !face.models.is_empty() {
                    let models = face.models.iter().map(|m| {
                        let said = json!({ "class": m.class, "probabilities": by_name(classes, &m.probabilities) });
                        (m.model.clone(), said)
                    });
                    object["models"] = Value::Object(models.collect());
                }
                object
            })
            .collect(),
    }
}

/// The head of a video's table: frame, time, the number of the face, its place, its class by smoothed probabilities, these,
/// and those of the frame alone.
pub fn frame_csv_header(classes: &[String]) -> Vec<String> {
    let first = ["source", "frame", "time", "face"].map(String::from).into_iter();
    let header = first.chain(COLUMNS[2..].iter().map(|c| c.to_string())).chain(classes.iter().cloned());
    header.chain(classes.iter().map(|c| format!("alone:{c}"))).collect()
}

/// The rows of a frame: one for each face, or one with face 0 where there is none.
pub fn frame_csv_lines(source: &str, frame: &Frame, faces: &[TrackedFace], columns: usize) -> Vec<Vec<String>> {
    let start = |face: u32| vec![source.to_string(), frame.index.to_string(), seconds(frame.time), face.to_string()];
    if faces.is_empty() {
        let mut cells = start(0);
        cells.resize(columns, String::new());
        return vec![cells];
    }
    faces
        .iter()
        .map(|tracked| {
            let mut cells = start(tracked.track);
            cells.extend(csv_cells(source, 0, &tracked.face).into_iter().skip(2).take(7));
            cells.extend(tracked.face.probabilities.iter().chain(&tracked.alone).map(f32::to_string));
            cells
        })
        .collect()
}

/// The objects of a frame: one for each face, or one with `"faces": 0`.
pub fn frame_json_lines(source: &str, frame: &Frame, faces: &[TrackedFace], classes: &[String]) -> Vec<Value> {
    let time: f64 = seconds(frame.time).parse().unwrap_or(frame.time);
    if faces.is_empty() {
        return vec![json!({ "source": source, "frame": frame.index, "time": time, "faces": 0 })];
    }
    faces
        .iter()
        .map(|tracked| {
            let face = &tracked.face;
            json!({
                "source": source,
                "frame": frame.index,
                "time": time,
                "faces": faces.len(),
                "face": tracked.track,
                "box": face.face,
                "score": face.score,
                "class": face.class,
                "probability": short(&face.probability),
                "probabilities": by_name(classes, &face.probabilities),
                "alone": by_name(classes, &tracked.alone),
            })
        })
        .collect()
}

/// Milliseconds are enough for any frame rate.
fn seconds(time: f64) -> String {
    format!("{time:.3}")
}

fn by_name(classes: &[String], probabilities: &[f32]) -> Value {
    Value::Object(classes.iter().cloned().zip(probabilities.iter().map(|p| json!(short(p)))).collect::<Map<_, _>>())
}

/// The number as few digits say it.
fn short(p: &f32) -> f64 {
    p.to_string().parse().unwrap_or(f64::from(*p))
}
