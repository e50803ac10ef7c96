//! Why models say what they say of a face: which parts of the picture count, and which visual words in it.
//!
//! Both are asked in the same way, of learned and of handcrafted models alike: what becomes of the probability of the
//! class when a part of the face is hidden, or when its local descriptors are taken away?

mod occlusion;
mod shapes;
mod sheet;
mod words;

use ndarray::{Array2, Axis};
use serde::Serialize;

use super::committee::{Committee, Crops};
use super::outcome::most_probable;
use crate::error::Result;
use crate::progress::Progress;

pub use occlusion::OcclusionMap;
pub(super) use sheet::{LARGE, Portrait, draw};
pub use words::{FeatureEvidence, WeighedMatch, WordEvidence};

/// What speaks for the class of a face, model by model.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The class that is explained: the most probable one of all models together.
    pub class: String,
    /// Each model's reasons.
    pub models: Vec<ModelExplanation>,
}

/// What speaks for a class in one model.
#[derive(Clone, Debug, Serialize)]
pub struct ModelExplanation {
    /// The model.
    pub model: String,
    /// Its name for readers.
    pub title: String,
    /// The class that is the most probable for this model.
    pub own_class: String,
    /// What it gives the explained class.
    pub probability: f32,
    /// Which parts of the picture count.
    pub occlusion: OcclusionMap,
    /// Which local descriptors count, for each handcrafted feature that has them.
    pub features: Vec<FeatureEvidence>,
    /// Whether the model has local descriptors that it computes itself, which cannot be taken away from outside.
    pub computes_descriptors: bool,
    /// The face as the model sees it.
    #[serde(skip)]
    pub face: Array2<u8>,
}

/// Explains the class that a committee gives a face, as each of its members sees it.
///
/// # Errors
/// As [`Committee::predict`].
pub(super) fn explain(
    committee: &Committee,
    crops: &Crops,
    class: usize,
    progress: &dyn Progress,
) -> Result<Explanation> {
    let models = committee
        .members()
        .iter()
        .zip(crops)
        .map(|(member, face)| {
            let image = face.view().insert_axis(Axis(0));
            let vectors = member.describe(image, progress)?;
            let said = member.predict_described(image, &vectors, progress)?.row(0).to_vec();
            let asked = Asked { member, face, vectors: &vectors, class, whole: said[class], progress };
            Ok(ModelExplanation {
                model: member.name.clone(),
                title: member.title.clone(),
                own_class: member.classes[most_probable(&said)].clone(),
                probability: said[class],
                occlusion: occlusion::map(&asked)?,
                features: words::evidence(&asked)?,
                computes_descriptors: member.computes_descriptors(),
                face: face.clone(),
            })
        })
        .collect::<Result<_>>()?;
    Ok(Explanation { class: committee.classes()[class].clone(), models })
}

/// The weight that is the furthest from 0; 0 of none.
fn strongest(weights: impl IntoIterator<Item = f32>) -> f32 {
    weights.into_iter().fold(0.0, |most, weight| if weight.abs() > most.abs() { weight } else { most })
}

/// One model's view of one face, and the class that is asked about.
struct Asked<'a> {
    member: &'a crate::experiment::Predictor,
    face: &'a Array2<u8>,
    vectors: &'a crate::experiment::FeatureVectors,
    class: usize,
    /// The probability of the class with nothing hidden.
    whole: f32,
    progress: &'a dyn Progress,
}
