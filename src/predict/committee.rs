//! One model or several, with the way their probabilities are combined.

use ndarray::{Array2, ArrayView2, Axis, stack};

use crate::dataset::Split;
use crate::ensemble::Combination;
use crate::error::{Error, Result};
use crate::experiment::Predictor;
use crate::faces::FaceCrop;
use crate::predictions::Predictions;
use crate::progress::Progress;
use crate::recipe::AggregateMethod;

const SYNTHETIC: &str = "the models know faces drawn by ferrofuse only, not real ones";

/// Models that predict together.
pub struct Committee {
    members: Vec<Predictor>,
    combination: Combination,
}

/// What a committee makes of n faces.
pub struct Opinions {
    /// n x c, of all members together.
    pub together: Array2<f32>,
    /// n x c for each member.
    pub members: Vec<Array2<f32>>,
}

/// One face as each member sees it.
pub type Crops = Vec<Array2<u8>>;

impl Committee {
    /// Models of the same classes.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a model, for one named twice and for a combination that was fitted on other members,
    /// [`Error::Mismatch`] for models of different classes.
    pub fn new(members: Vec<Predictor>, combination: Combination) -> Result<Self> {
        let Some(first) = members.first() else {
            return Err(Error::invalid("models", "none", "at least one"));
        };
        for (i, member) in members.iter().enumerate() {
            if members[..i].iter().any(|other| other.name == member.name) {
                return Err(Error::invalid("models", format!("`{}` twice", member.name), "each model once"));
            }
            if member.classes != first.classes {
                return Err(Error::Mismatch {
                    what: format!("models `{}` and `{}`", first.name, member.name),
                    detail: format!("classes {} and {}", first.classes.join(", "), member.classes.join(", ")),
                    hint: "combine models that were trained on the same classes in the same order".into(),
                });
            }
        }
        if let Some(weights) = combination.weights()
            && weights.len() != members.len()
        {
            let expected = format!("{}, one for each model", members.len());
            return Err(Error::invalid("weights", weights.len(), expected));
        }
        Ok(Self { members, combination })
    }

    /// The classes, in the order of the columns.
    pub fn classes(&self) -> &[String] {
        self.members.first().map_or(&[], |m| &m.classes)
    }

    /// The models.
    pub fn members(&self) -> &[Predictor] {
        &self.members
    }

    /// How they are combined.
    pub fn method(&self) -> AggregateMethod {
        self.combination.method()
    }

    /// Whether any of them was trained on faces drawn by the tool.
    pub fn is_synthetic(&self) -> bool {
        self.members.iter().any(|m| m.synthetic)
    }

    /// What goes with every result, such as that a model knows faces drawn by the tool only.
    pub fn remark(&self) -> Option<&'static str> {
        self.is_synthetic().then_some(SYNTHETIC)
    }

    /// How each member's faces are cut out: with the margin of its training unless `margin` says otherwise.
    pub fn crops(&self, margin: Option<f64>) -> Vec<FaceCrop> {
        let of = |member: &Predictor| {
            let own = member.prepared.faces.as_ref().map_or(0.0, |f| f.margin);
            FaceCrop { margin: margin.unwrap_or(own), size: member.size, filter: member.prepared.filter }
        };
        self.members.iter().map(of).collect()
    }

    /// Probabilities of faces, each as its members see it.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn predict(&self, faces: &[&Crops], progress: &dyn Progress) -> Result<Opinions> {
        let (n, classes) = (faces.len(), self.classes().to_vec());
        if n == 0 {
            let none = Array2::zeros((0, classes.len()));
            return Ok(Opinions { members: vec![none.clone(); self.members.len()], together: none });
        }
        let mut members = Vec::with_capacity(self.members.len());
        for (i, member) in self.members.iter().enumerate() {
            let seen: Vec<ArrayView2<'_, u8>> = faces.iter().map(|crops| crops[i].view()).collect();
            let images = stack(Axis(0), &seen).map_err(|e| Error::backend("ndarray", "put faces together", e))?;
            members.push(member.predict(images.view(), progress)?);
        }
        if let [only] = members.as_slice() {
            return Ok(Opinions { together: only.clone(), members });
        }
        // The combinations take rows with labels; nobody knows those of these.
        let labelled = |(member, probabilities): (&Predictor, &Array2<f32>)| Predictions {
            model: member.name.clone(),
            dataset: String::new(),
            fingerprint: String::new(),
            classes: classes.clone(),
            split: Split::Test,
            rows: (0..n as u32).collect(),
            labels: vec![0; n],
            probabilities: probabilities.clone(),
        };
        let all: Vec<Predictions> = self.members.iter().zip(&members).map(labelled).collect();
        let together = self.combination.apply(&all.iter().collect::<Vec<_>>())?.probabilities;
        Ok(Opinions { together, members })
    }
}
