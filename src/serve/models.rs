//! The models of a server, and what is said of them.

use serde::Serialize;

use super::Limits;
use crate::predict::Expressions;
use crate::recipe::AggregateMethod;

/// What a server predicts with.
pub enum Models {
    /// These models, for faces found in their way.
    Loaded(Box<Expressions>),
    /// Nothing; the text says what to do about it. Reports are served all the same.
    Missing(String),
}

/// What pages and API say of the models.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Each model.
    pub(super) models: Vec<ModelFacts>,
    /// The classes, in the order of the probabilities.
    pub(super) classes: Vec<String>,
    /// How several models are combined.
    pub(super) aggregate: AggregateMethod,
    /// Whether any of them was trained on drawn faces.
    pub(super) synthetic: bool,
    /// Whether every picture is taken as one face.
    pub(super) face_crop: bool,
    /// Why there is none.
    pub(super) missing: Option<String>,
}

/// What is said of one model.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ModelFacts {
    /// Its name.
    pub(super) name: String,
    /// Its name for readers.
    pub(super) title: String,
    /// Height and width of the faces that it takes.
    size: [usize; 2],
    /// Whether it was trained on drawn faces.
    synthetic: bool,
}

/// `GET /api/models`.
#[derive(Serialize)]
pub(super) struct ModelsAnswer<'a> {
    models: &'a [ModelFacts],
    classes: &'a [String],
    aggregate: AggregateMethod,
    synthetic: bool,
    face_crop: bool,
    missing: Option<&'a str>,
    limits: LimitsAnswer,
}

#[derive(Serialize)]
struct LimitsAnswer {
    body_bytes: u64,
    pixels: u64,
    seconds: f64,
    concurrent: usize,
}

impl Facts {
    pub(super) fn of(models: &Models) -> Self {
        let expressions = match models {
            Models::Missing(why) => return Self { missing: Some(why.clone()), ..Self::default() },
            Models::Loaded(expressions) => expressions,
        };
        let committee = expressions.committee();
        let facts = committee.members().iter().map(|m| ModelFacts {
            name: m.name.clone(),
            title: m.title.clone(),
            size: m.size,
            synthetic: m.synthetic,
        });
        Self {
            models: facts.collect(),
            classes: committee.classes().to_vec(),
            aggregate: committee.method(),
            synthetic: committee.is_synthetic(),
            face_crop: expressions.looker().takes_faces(),
            missing: None,
        }
    }

    pub(super) fn answer(&self, limits: &Limits) -> ModelsAnswer<'_> {
        ModelsAnswer {
            models: &self.models,
            classes: &self.classes,
            aggregate: self.aggregate,
            synthetic: self.synthetic,
            face_crop: self.face_crop,
            missing: self.missing.as_deref(),
            limits: LimitsAnswer {
                body_bytes: limits.body,
                pixels: limits.pixels,
                seconds: limits.time.as_secs_f64(),
                concurrent: limits.concurrent,
            },
        }
    }
}
