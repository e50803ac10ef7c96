//! Expressions in pictures that nobody labelled: faces found, classified by one model or several, shown.

mod annotate;
mod committee;
mod explain;
mod expressions;
mod inputs;
mod lettering;
mod outcome;
mod palette;
mod pictures;
mod records;
mod save;
mod tracker;
#[cfg(feature = "opencv")]
mod video;
mod watch;

pub use annotate::{annotated, annotated_frame};
pub use committee::{Committee, Crops, Opinions};
pub use explain::{Explanation, FeatureEvidence, ModelExplanation, OcclusionMap, WeighedMatch, WordEvidence};
pub use expressions::{Expressions, Faces, Looker, SeenFace};
pub use inputs::{Input, Inputs, inputs};
pub use outcome::{FaceExpression, MemberOpinion, Outcome, PictureOutcome};
pub use pictures::{ExplainedFace, PictureSink, Tally, predict_pictures};
pub use records::{csv_header, csv_lines, frame_csv_header, frame_csv_lines, frame_json_lines, json_lines};
pub use save::{picture_name, save_picture, video_name};
pub use tracker::{Tracked, Tracker};
#[cfg(feature = "opencv")]
pub use video::{VideoSource, VideoWriter};
pub use watch::{Frame, FrameSink, FrameSource, TrackedFace, WatchOptions, Watched, watch};
