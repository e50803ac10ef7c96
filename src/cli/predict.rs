//! `ferrofuse predict`.

mod output;
mod places;
mod video;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ferrofuse::Progress;
use ferrofuse::predict::{Expressions, Input, Inputs, inputs, predict_pictures};

use super::Context;
use super::faces::FaceArgs;
use super::models::ModelArgs;
use super::work::WorkArgs;
use output::Output;

/// Find faces in pictures, a video or a camera's picture and say which expressions they show
///
/// Shows a table: each face's box, its most probable class and the next one. With --output, writes copies of the pictures
/// with boxes, names and bars, and all probabilities as predictions.csv and predictions.jsonl. A picture that cannot be
/// read, or in which no face is found, is listed as such; the others are done all the same.
///
/// Faces of a video keep their number from frame to frame, and their probabilities are means over half a second. With
/// --output, the video is written with boxes, and beside it every frame's probabilities and a picture of their course.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ferrofuse predict holiday.jpg
  ferrofuse predict photos/ 'more/*.png' --output seen
  Pictures that are faces already, as in a dataset:
    ferrofuse predict face.png --face-crop
  Models of your own, together:
    ferrofuse predict photos/ --model cnn,dsift-cnn,dsift-ridge --dataset fer2013 --aggregate mean
  What the models looked at, and which visual words spoke for the class:
    ferrofuse predict face.png --model sift-cnn,cnn --dataset fer2013 --output seen --explain
  A video, and a camera until Ctrl-C:
    ferrofuse predict talk.mp4 --output seen
    ferrofuse predict --camera 0 --output seen
  For another program, one JSON object a line:
    curl -s https://example.org/a.jpg | ferrofuse predict - --format jsonl")]
pub struct PredictArgs {
    /// Pictures, folders of pictures (with those below), patterns such as 'faces/*.jpg', - for a picture on standard input,
    /// or videos (mp4, avi, mov, mkv, webm)
    #[arg(required_unless_present = "camera", value_name = "INPUT")]
    inputs: Vec<String>,
    #[command(flatten)]
    video: video::VideoArgs,
    #[command(flatten)]
    models: ModelArgs,
    #[command(flatten)]
    faces: FaceArgs,
    /// Write copies with boxes, names and bars into this folder, and predictions.csv and predictions.jsonl
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Draw what speaks for each face's class, model by model, into DIR/explained: which parts of the picture count, and which
    /// visual words; the numbers lie beside each drawing
    #[arg(long, requires = "output", conflicts_with = "camera")]
    explain: bool,
    /// What standard output shows
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Fail (exit code 1) when a picture has no face
    #[arg(long)]
    fail_on_no_face: bool,
    #[command(flatten)]
    work: WorkArgs,
}

/// What standard output shows.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each face, for people
    Table,
    /// A row for each face with all probabilities
    Csv,
    /// One JSON object a line for each face
    Jsonl,
}

/// Runs the command.
pub fn run(args: &PredictArgs, context: &Context) -> anyhow::Result<()> {
    let Inputs { all, left_out } = inputs(&args.inputs, args.output.as_deref())?;
    left_out.iter().for_each(|said| context.progress.say(said));
    let closed = all.iter().filter(|input| matches!(input, Input::Closed { .. })).count();
    let videos = all.iter().filter(|input| input.video().is_some()).count();
    if videos > 0 && videos + closed < all.len() {
        let expected = "one or the other: predict videos in a run of their own";
        return Err(ferrofuse::Error::invalid("inputs", "pictures and videos", expected).into());
    }
    if all.iter().filter(|input| **input == Input::Standard).count() > 1 {
        return Err(ferrofuse::Error::invalid("inputs", "- twice", "standard input once").into());
    }
    if videos > 0 && args.explain {
        let expected = "pictures: --explain takes one at a time";
        return Err(ferrofuse::Error::invalid("inputs", "a video", expected).into());
    }
    if let Some(option) = args.video.of_videos_only().filter(|_| videos == 0 && !args.video.is_camera()) {
        let expected = "a video or --camera; pictures are looked at one by one";
        return Err(ferrofuse::Error::invalid(option, "pictures", expected).into());
    }
    if args.explain && args.models.is_rough() {
        let expected = "single: what a word counts for is less than the rounding of bfloat16";
        return Err(ferrofuse::Error::invalid("--precision for --explain", "bfloat16", expected).into());
    }
    let committee = args.models.committee(&args.work.runner(context), context)?;
    let faces = args.faces.faces(&committee)?;
    let expressions = Expressions::new(committee, faces);
    if videos > 0 || args.video.is_camera() {
        return video::run(args, &expressions, &all, context);
    }
    let to = (args.output.as_deref(), all.as_slice());
    let mut output = Output::new(expressions.committee(), to, (args.format, args.explain), context)?;
    let tally = predict_pictures(&expressions, &all, &mut output, &context.progress)?;
    let unreadable = output.finish(&tally)?;
    if tally.stopped {
        let kept = format!("{} of {} pictures are done", tally.pictures, all.len());
        return Err(ferrofuse::Error::Interrupted { kept }.into());
    }
    let mut faults = Vec::new();
    if tally.unreadable > 0 {
        let counts = format!("{} of {} pictures could not be read", tally.unreadable, tally.pictures);
        faults.push(format!("{counts}: {}", some_of(&unreadable)));
    }
    if args.fail_on_no_face && tally.without_face > 0 {
        faults.push(format!("no face was found in {} of {} pictures", tally.without_face, tally.pictures));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => anyhow::bail!("{}", faults.join("; ")),
    }
}

/// The first few names, and how many there are beside them.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
