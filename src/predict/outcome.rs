//! What is said of a picture.

use serde::Serialize;

use crate::faces::FaceBox;

/// A face and its expression.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaceExpression {
    /// Where it is, in pixels of the picture.
    #[serde(rename = "box")]
    pub face: FaceBox,
    /// How sure the detector was; none where the picture was a face as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The most probable class.
    pub class: String,
    /// Its probability.
    pub probability: f32,
    /// Probabilities in the order of the classes.
    pub probabilities: Vec<f32>,
    /// What each model says, where they are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<MemberOpinion>,
}

impl FaceExpression {
    /// The same face with other probabilities of these classes, and the class that is then the most probable.
    pub fn with_probabilities(self, probabilities: Vec<f32>, classes: &[String]) -> Self {
        let best = most_probable(&probabilities);
        let class = classes.get(best).cloned().unwrap_or_default();
        Self { class, probability: probabilities.get(best).copied().unwrap_or(0.0), probabilities, ..self }
    }
}

/// The first of the most probable classes.
pub(super) fn most_probable(probabilities: &[f32]) -> usize {
    let mut best = 0;
    for (i, p) in probabilities.iter().enumerate() {
        if *p > probabilities[best] {
            best = i;
        }
    }
    best
}

/// What one of several models says of a face.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemberOpinion {
    /// The model.
    pub model: String,
    /// Its most probable class.
    pub class: String,
    /// Probabilities in the order of the classes.
    pub probabilities: Vec<f32>,
}

/// A picture that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureOutcome {
    /// The picture's name, as it was given.
    pub source: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What comes of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Its faces, none where there is none.
    Faces(Vec<FaceExpression>),
    /// What is wrong with the file.
    Unreadable(String),
}

impl PictureOutcome {
    /// The faces; none of a picture that cannot be read.
    pub fn faces(&self) -> &[FaceExpression] {
        match &self.outcome {
            Outcome::Faces(faces) => faces,
            Outcome::Unreadable(_) => &[],
        }
    }
}
