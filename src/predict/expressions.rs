//! Pictures to faces to expressions.

use super::committee::{Committee, Crops};
use super::outcome::{FaceExpression, MemberOpinion, most_probable};
use crate::error::Result;
use crate::faces::{FaceBox, FaceCrop, FaceDetectors, FoundFace, Picture};
use crate::progress::Progress;

/// Where the faces of a picture are.
pub enum Faces {
    /// The picture is a face.
    Whole,
    /// Where a detector finds them; cut out with this margin, or else with that of each model's training.
    Found(FaceDetectors, Option<f64>),
}

/// A face that was found, as the models see it.
pub struct SeenFace {
    face: FaceBox,
    score: Option<f64>,
    crops: Crops,
}

/// Finds faces and cuts them out as the models see them; for many threads at a time.
pub struct Looker {
    faces: Faces,
    crops: Vec<FaceCrop>,
}

impl Looker {
    /// Finds the faces of a picture.
    ///
    /// # Errors
    /// As [`FaceDetectors::detect`].
    pub fn look_at(&self, picture: &Picture) -> Result<Vec<SeenFace>> {
        let grey = picture.grey.view();
        match &self.faces {
            Faces::Whole => {
                let [width, height] = picture.size();
                let crops = self.crops.iter().map(|c| c.whole(grey)).collect();
                Ok(vec![SeenFace { face: FaceBox::whole(width, height), score: None, crops }])
            }
            Faces::Found(detectors, _) => {
                let seen = |FoundFace { face, score }| SeenFace {
                    face,
                    score: Some(score),
                    crops: self.crops.iter().map(|c| c.cut(grey, face)).collect(),
                };
                Ok(detectors.detect(picture)?.into_iter().map(seen).collect())
            }
        }
    }
}

/// Finds faces and says which expressions they show.
pub struct Expressions {
    committee: Committee,
    looker: Looker,
}

impl Expressions {
    /// Models for faces that are found in this way.
    pub fn new(committee: Committee, faces: Faces) -> Self {
        let margin = match &faces {
            Faces::Whole => None,
            Faces::Found(_, margin) => *margin,
        };
        let crops = committee.crops(margin);
        Self { committee, looker: Looker { faces, crops } }
    }

    /// What finds the faces.
    pub fn looker(&self) -> &Looker {
        &self.looker
    }

    /// The models.
    pub fn committee(&self) -> &Committee {
        &self.committee
    }

    /// Says what faces show that were found in some pictures, all at once.
    ///
    /// # Errors
    /// As [`Committee::predict`].
    pub fn classify(&self, seen: Vec<Vec<SeenFace>>, progress: &dyn Progress) -> Result<Vec<Vec<FaceExpression>>> {
        let crops: Vec<&Crops> = seen.iter().flatten().map(|s| &s.crops).collect();
        let opinions = self.committee.predict(&crops, progress)?;
        let classes = self.committee.classes();
        let mut row = 0;
        let mut say = |s: SeenFace| {
            let of = |all: &ndarray::Array2<f32>| all.row(row).to_vec();
            let probabilities = of(&opinions.together);
            let best = most_probable(&probabilities);
            let members = self.committee.members();
            let models = match members {
                [_] => Vec::new(),
                _ => members
                    .iter()
                    .zip(&opinions.members)
                    .map(|(member, all)| {
                        let probabilities = of(all);
                        let class = classes[most_probable(&probabilities)].clone();
                        MemberOpinion { model: member.name.clone(), class, probabilities }
                    })
                    .collect(),
            };
            row += 1;
            let (class, probability) = (classes[best].clone(), probabilities[best]);
            FaceExpression { face: s.face, score: s.score, class, probability, probabilities, models }
        };
        Ok(seen.into_iter().map(|faces| faces.into_iter().map(&mut say).collect()).collect())
    }
}
