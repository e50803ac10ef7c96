//! A video through detector and models: frames are decoded and searched on one thread while the one before is classified,
//! drawn on and written on another.

use std::sync::mpsc::sync_channel;

use ndarray::Array3;

use super::expressions::{Expressions, SeenFace};
use super::outcome::FaceExpression;
use super::tracker::Tracker;
use crate::error::Result;
use crate::faces::Picture;
use crate::progress::{Progress, Silent};

/// Frames between the two threads: enough that neither waits for a single slow one.
const AHEAD: usize = 4;

/// A frame of a video.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Its number, from 0.
    pub index: u64,
    /// Its time in seconds, from 0.
    pub time: f64,
    /// Red, green and blue, height x width x 3.
    pub colour: Array3<u8>,
}

/// Gives frames one after the other: a file or a camera.
pub trait FrameSource: Send {
    /// The next frame, none at the end.
    ///
    /// # Errors
    /// What keeps it from going on.
    fn next(&mut self) -> Result<Option<Frame>>;
}

/// Takes frames with what was found.
pub trait FrameSink {
    /// One frame; `faces` is none for a frame that was not looked at.
    ///
    /// # Errors
    /// Whatever keeps the sink from taking it, which ends the work.
    fn take(&mut self, frame: &Frame, faces: Option<&[TrackedFace]>) -> Result<()>;
}

/// A face of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedFace {
    /// The number of the face, the same from frame to frame.
    pub track: u32,
    /// Its expression by probabilities smoothed over time.
    pub face: FaceExpression,
    /// Its probabilities in this frame alone.
    pub alone: Vec<f32>,
}

/// How a video is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WatchOptions {
    /// Look at each n-th frame, from 1.
    pub every: u64,
    /// Seconds that probabilities are averaged over.
    pub window: f64,
}

/// What came of a video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Frames that were read.
    pub frames: u64,
    /// Those that were looked at.
    pub looked_at: u64,
    /// Those of them without a face.
    pub without_face: u64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

struct Looked {
    frame: Frame,
    faces: Option<Vec<SeenFace>>,
}

/// Looks at a video until its end, or until `progress` asks to stop: what was read by then is finished.
///
/// # Errors
/// Those of source, detector, models and sink.
pub fn watch(
    expressions: &Expressions,
    source: &mut dyn FrameSource,
    options: WatchOptions,
    sink: &mut dyn FrameSink,
    progress: &(dyn Progress + Sync),
) -> Result<Watched> {
    let looker = expressions.looker();
    let (send, receive) = sync_channel::<Result<Looked>>(AHEAD);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut look = || -> Result<Option<Looked>> {
                let Some(frame) = source.next()? else { return Ok(None) };
                let faces = match frame.index % options.every.max(1) {
                    0 => {
                        let picture = Picture::of_colours(frame.colour)?;
                        let faces = looker.look_at(&picture)?;
                        return Ok(Some(Looked {
                            frame: Frame { colour: picture.colour, ..frame },
                            faces: Some(faces),
                        }));
                    }
                    _ => None,
                };
                Ok(Some(Looked { frame, faces }))
            };
            while !progress.stop_requested() {
                let Some(looked) = look().transpose() else { return false };
                let failed = looked.is_err();
                // The other side hangs up when it fails.
                if send.send(looked).is_err() || failed {
                    return false;
                }
            }
            true
        });
        let mut tracker = Tracker::new(options.window);
        let mut watched = Watched::default();
        for looked in receive {
            let Looked { frame, faces } = looked?;
            let tracked = match faces {
                Some(faces) => Some(follow(expressions, &mut tracker, frame.time, faces)?),
                None => None,
            };
            sink.take(&frame, tracked.as_deref())?;
            watched.frames += 1;
            if let Some(faces) = &tracked {
                watched.looked_at += 1;
                watched.without_face += u64::from(faces.is_empty());
            }
            progress.advance(1);
        }
        watched.stopped = reader.join().unwrap_or(false);
        Ok(watched)
    })
}

fn follow(
    expressions: &Expressions,
    tracker: &mut Tracker,
    time: f64,
    faces: Vec<SeenFace>,
) -> Result<Vec<TrackedFace>> {
    let said = expressions.classify(vec![faces], &Silent)?.pop().unwrap_or_default();
    let seen: Vec<_> = said.iter().map(|f| (f.face, f.probabilities.as_slice())).collect();
    let tracked = tracker.follow(time, &seen);
    let classes = expressions.committee().classes();
    let join = |(face, tracked): (FaceExpression, super::tracker::Tracked)| TrackedFace {
        track: tracked.track,
        alone: face.probabilities.clone(),
        face: face.with_probabilities(tracked.smoothed, classes),
    };
    Ok(said.into_iter().zip(tracked).map(join).collect())
}
