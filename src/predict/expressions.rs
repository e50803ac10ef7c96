//! Pictures to faces to expressions.

use ndarray::{Array2, Array3, ArrayView2, Axis};

use super::committee::{Committee, Crops};
use super::explain::{self, Explanation};
use super::outcome::{FaceExpression, MemberOpinion, most_probable};
use crate::error::Result;
use crate::faces::{FaceBox, FaceCrop, FaceDetectors, FoundFace, Picture};
use crate::progress::Progress;
use crate::recipe::ResizeFilter;

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
        match &self.faces {
            Faces::Whole => Ok(vec![self.look_at_face(picture)]),
            Faces::Found(detectors, _) => {
                let seen = |FoundFace { face, score }| SeenFace {
                    face,
                    score: Some(score),
                    crops: self.crops_of(picture.grey.view(), Some(face)),
                };
                Ok(detectors.detect(picture)?.into_iter().map(seen).collect())
            }
        }
    }

    /// A face that was found in a grey picture, or the picture as one face, as each model sees it.
    fn crops_of(&self, grey: ArrayView2<'_, u8>, found: Option<FaceBox>) -> Crops {
        self.crops.iter().map(|crop| cut(crop, grey, found)).collect()
    }

    /// The part of the picture that the first model sees of it, in colour, `side` x `side` x 3.
    fn portrait(&self, picture: &Picture, found: Option<FaceBox>, side: usize) -> Array3<u8> {
        let mut portrait = Array3::zeros((side, side, 3));
        let margin = self.crops.first().map_or(0.0, |crop| crop.margin);
        let crop = FaceCrop { margin, size: [side, side], filter: ResizeFilter::CatmullRom };
        for (mut to, from) in portrait.axis_iter_mut(Axis(2)).zip(picture.colour.axis_iter(Axis(2))) {
            to.assign(&cut(&crop, from, found));
        }
        portrait
    }

    /// Takes a picture as one face, whatever was said of finding them.
    pub fn look_at_face(&self, picture: &Picture) -> SeenFace {
        let [width, height] = picture.size();
        let crops = self.crops_of(picture.grey.view(), None);
        SeenFace { face: FaceBox::whole(width, height), score: None, crops }
    }

    /// Whether every picture is taken as one face.
    pub fn takes_faces(&self) -> bool {
        matches!(self.faces, Faces::Whole)
    }
}

fn cut(crop: &FaceCrop, grey: ArrayView2<'_, u8>, found: Option<FaceBox>) -> Array2<u8> {
    match found {
        Some(face) => crop.cut(grey, face),
        None => crop.whole(grey),
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
    /// Says what speaks for the class of a face of this picture, and draws it; `name` is what the face is called.
    ///
    /// # Errors
    /// As [`Committee::predict`].
    pub fn explain(
        &self,
        picture: &Picture,
        face: &FaceExpression,
        name: String,
        progress: &dyn Progress,
    ) -> Result<(Explanation, Array3<u8>)> {
        // Without a detector's score the picture was taken as a face.
        let found = face.score.map(|_| face.face);
        let crops = self.looker.crops_of(picture.grey.view(), found);
        let explanation = explain::explain(&self.committee, &crops, most_probable(&face.probabilities), progress)?;
        let portrait = explain::Portrait {
            name,
            colour: self.looker.portrait(picture, found, explain::LARGE),
            face,
            classes: self.committee.classes(),
            remark: self.committee.remark(),
        };
        let sheet = explain::draw(&portrait, &explanation)?;
        Ok((explanation, sheet))
    }
}
