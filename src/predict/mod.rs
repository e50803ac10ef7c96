//! Expressions in pictures that nobody labelled: faces found, classified by one model or several, shown.

mod annotate;
mod committee;
mod expressions;
mod inputs;
mod lettering;
mod outcome;
mod pictures;
mod records;
mod save;

pub use annotate::annotated;
pub use committee::{Committee, Crops, Opinions};
pub use expressions::{Expressions, Faces, Looker, SeenFace};
pub use inputs::{Input, inputs};
pub use outcome::{FaceExpression, MemberOpinion, Outcome, PictureOutcome};
pub use pictures::{PictureSink, Tally, predict_pictures};
pub use records::{csv_header, csv_lines, json_lines};
pub use save::save_picture;
