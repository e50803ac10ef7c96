//! Picture files through detector and models, many at a time.

use std::borrow::Cow;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::Array3;
use rayon::prelude::*;

use super::annotate::annotated;
use super::explain::Explanation;
use super::expressions::{Expressions, Looker, SeenFace};
use super::inputs::Input;
use super::outcome::{FaceExpression, Outcome, PictureOutcome};
use crate::error::{Error, Result};
use crate::faces::Picture;
use crate::progress::{Progress, Quiet};

/// Files whose faces are classified together.
const AT_ONCE: usize = 64;
/// Pixels of pictures that are kept in memory until they are drawn on; others are read again.
const KEPT_PIXELS: u64 = 48_000_000;

/// Takes what was found, picture by picture, in the order of the inputs.
pub trait PictureSink {
    /// Whether pictures with boxes are wanted.
    fn wants_pictures(&self) -> bool;
    /// One picture; `drawn` where it was wanted and could be read.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking it, which ends the work.
    fn take(&mut self, input: &Input, outcome: &PictureOutcome, drawn: Option<&Array3<u8>>) -> Result<()>;
    /// Whether it is wanted what speaks for the class of each face.
    fn wants_explanations(&self) -> bool;
    /// What speaks for the class of a face of the picture that was taken last.
    ///
    /// # Errors
    /// As [`PictureSink::take`].
    fn take_explanation(&mut self, input: &Input, explained: &ExplainedFace<'_>) -> Result<()>;
}

/// A face of a picture and what speaks for its class.
pub struct ExplainedFace<'a> {
    /// Its number in the picture, from 1.
    pub number: usize,
    /// The face.
    pub face: &'a FaceExpression,
    /// The reasons.
    pub explanation: Explanation,
    /// A drawing of them, height x width x 3.
    pub sheet: Array3<u8>,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pictures that were looked at.
    pub pictures: usize,
    /// Those that could not be read.
    pub unreadable: usize,
    /// Those without a face.
    pub without_face: usize,
    /// Faces.
    pub faces: usize,
    /// Whether it was stopped before the last picture.
    pub stopped: bool,
}

/// What the first pass leaves of a file.
struct Looked {
    faces: std::result::Result<Vec<SeenFace>, String>,
    kept: Option<Picture>,
}

/// Looks at all inputs, or at those that were begun when `progress` asks to stop. A file that cannot be read is an outcome like others and
/// stops nothing.
///
/// # Errors
/// Those of detector, models and sink.
pub fn predict_pictures(
    expressions: &Expressions,
    inputs: &[Input],
    sink: &mut dyn PictureSink,
    progress: &dyn Progress,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let (classes, looker) = (expressions.committee().classes(), expressions.looker());
    progress.start("looking at pictures", inputs.len() as u64, "pictures");
    for inputs in inputs.chunks(AT_ONCE) {
        let pixels = AtomicU64::new(0);
        let (draws, explains) = (sink.wants_pictures(), sink.wants_explanations());
        let looked: Vec<Option<(&Input, Looked)>> = inputs
            .par_iter()
            .map(|input| {
                if progress.stop_requested() {
                    return Ok(None);
                }
                let looked = look_at(looker, input, (draws || explains).then_some(&pixels))?;
                progress.advance(1);
                Ok(Some((input, looked)))
            })
            .collect::<Result<_>>()?;
        tally.stopped |= looked.iter().any(Option::is_none);
        let (inputs, looked): (Vec<&Input>, Vec<Looked>) = looked.into_iter().flatten().unzip();
        let (mut found, mut rest) = (Vec::with_capacity(looked.len()), Vec::with_capacity(looked.len()));
        for Looked { faces, kept } in looked {
            let (faces, fault) = match faces {
                Ok(faces) => (faces, None),
                Err(fault) => (Vec::new(), Some(fault)),
            };
            found.push(faces);
            rest.push((fault, kept));
        }
        let said = expressions.classify(found, &crate::progress::Silent)?;
        let outcomes: Vec<(PictureOutcome, Option<Picture>)> = inputs
            .iter()
            .zip(said.into_iter().zip(rest))
            .map(|(input, (faces, (fault, kept)))| {
                let outcome = fault.map_or(Outcome::Faces(faces), Outcome::Unreadable);
                (PictureOutcome { source: input.name(), outcome }, kept)
            })
            .collect();
        let drawn: Vec<Option<Array3<u8>>> = match draws {
            false => vec![None; outcomes.len()],
            true => outcomes
                .par_iter()
                .zip(&inputs)
                .map(|((picture, kept), input)| match &picture.outcome {
                    Outcome::Unreadable(_) => Ok(None),
                    Outcome::Faces(faces) => {
                        again(input, kept).map(|shown| annotated(&shown, faces, classes)).transpose()
                    }
                })
                .collect::<Result<_>>()?,
        };
        for ((input, (picture, kept)), drawn) in inputs.iter().zip(&outcomes).zip(&drawn) {
            sink.take(input, picture, drawn.as_ref())?;
            if explains
                && !picture.faces().is_empty()
                && let Some(shown) = again(input, kept)
            {
                explain_faces(expressions, (input, &shown, picture.faces()), sink, progress)?;
            }
            tally.pictures += 1;
            tally.faces += picture.faces().len();
            match &picture.outcome {
                Outcome::Unreadable(_) => tally.unreadable += 1,
                Outcome::Faces(faces) => tally.without_face += usize::from(faces.is_empty()),
            }
        }
        if tally.stopped {
            break;
        }
    }
    progress.finish("");
    Ok(tally)
}

fn explain_faces(
    expressions: &Expressions,
    (input, shown, faces): (&Input, &Picture, &[FaceExpression]),
    sink: &mut dyn PictureSink,
    progress: &dyn Progress,
) -> Result<()> {
    for (i, face) in faces.iter().enumerate() {
        if progress.stop_requested() {
            return Err(Error::Interrupted { kept: "what was written before".into() });
        }
        let number = i + 1;
        let name = match faces {
            [_] => input.name(),
            _ => format!("{}, face {number}", input.name()),
        };
        progress.note(&format!("explaining {name}"));
        let (explanation, sheet) = expressions.explain(shown, face, name, &Quiet(progress))?;
        sink.take_explanation(input, &ExplainedFace { number, face, explanation, sheet })?;
    }
    Ok(())
}

/// `pixels` counts those that are kept already, where pictures are wanted later.
fn look_at(looker: &Looker, input: &Input, pixels: Option<&AtomicU64>) -> Result<Looked> {
    let picture = match read(input) {
        Ok(picture) => picture,
        Err(fault) => return Ok(Looked { faces: Err(fault), kept: None }),
    };
    let faces = looker.look_at(&picture)?;
    let size = picture.grey.len() as u64;
    // Standard input cannot be read again.
    let keeps = |pixels: &AtomicU64| {
        pixels.fetch_add(size, Ordering::Relaxed) + size <= KEPT_PIXELS || *input == Input::Standard
    };
    let kept = pixels.is_some_and(keeps).then_some(picture);
    Ok(Looked { faces: Ok(faces), kept })
}

/// The picture that was kept, or the file read again; `None` where that has gone meanwhile.
fn again<'a>(input: &Input, kept: &'a Option<Picture>) -> Option<Cow<'a, Picture>> {
    match kept {
        Some(kept) => Some(Cow::Borrowed(kept)),
        None => read(input).ok().map(Cow::Owned),
    }
}

fn read(input: &Input) -> std::result::Result<Picture, String> {
    let bytes = match input {
        Input::File { path, .. } => std::fs::read(path).map_err(|e| e.to_string())?,
        Input::Closed { why, .. } => return Err(why.clone()),
        Input::Standard => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| e.to_string())?;
            bytes
        }
    };
    Picture::decode(&bytes)
}
