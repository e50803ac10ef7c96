//! What `POST /api/predict` answers.

use serde::Serialize;

use crate::faces::FaceBox;
use crate::predict::{Committee, FaceExpression, MemberOpinion};
use crate::recipe::AggregateMethod;

/// A picture's faces.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// The classes, in the order of all probabilities.
    classes: Vec<String>,
    /// Pixels of the picture as it is seen upright.
    width: usize,
    height: usize,
    faces: Vec<FaceAnswer>,
    /// Names of the models.
    models: Vec<String>,
    /// How they are combined.
    aggregate: AggregateMethod,
    /// From the picture's arrival to the answer.
    milliseconds: u64,
    /// Whether a model was trained on drawn faces.
    synthetic: bool,
}

#[derive(Debug, Serialize)]
struct FaceAnswer {
    #[serde(rename = "box")]
    face: FaceBox,
    /// Null where the picture was taken as a face.
    score: Option<f64>,
    class: String,
    probability: f32,
    probabilities: Vec<f32>,
    /// Each model's opinion, also where it is the only one.
    models: Vec<MemberOpinion>,
}

impl Answer {
    pub(super) fn new(
        committee: &Committee,
        [width, height]: [usize; 2],
        faces: Vec<FaceExpression>,
        milliseconds: u64,
    ) -> Self {
        let models: Vec<String> = committee.members().iter().map(|m| m.name.clone()).collect();
        Self {
            classes: committee.classes().to_vec(),
            width,
            height,
            faces: faces.into_iter().map(|face| FaceAnswer::new(face, &models)).collect(),
            models,
            aggregate: committee.method(),
            milliseconds,
            synthetic: committee.is_synthetic(),
        }
    }
}

impl FaceAnswer {
    fn new(face: FaceExpression, models: &[String]) -> Self {
        let FaceExpression { face, score, class, probability, probabilities, models: mut opinions } = face;
        if let ([only], true) = (models, opinions.is_empty()) {
            let (model, class, probabilities) = (only.clone(), class.clone(), probabilities.clone());
            opinions = vec![MemberOpinion { model, class, probabilities }];
        }
        Self { face, score, class, probability, probabilities, models: opinions }
    }
}
