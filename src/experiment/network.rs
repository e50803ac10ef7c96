//! Networks as models: trained or read, and asked for the rows that are scored.

use std::path::Path;
use std::time::Instant;

use ndarray::{Array2, ArrayView3, Axis};

use super::Runner;
use super::model::{Fitted, feature_facts};
use super::predicted::{label, scored};
use crate::Cost;
use crate::cost::Meter;
use crate::dataset::{Dataset, Split};
use crate::error::Result;
use crate::evaluation::{ConfusionMatrix, Hits, SingleView};
use crate::models::network::TrainedNetwork;
use crate::models::{NetworkDescription, Start};
use crate::progress::Silent;
use crate::recipe::{ModelRecipe, NetworkRecipe, Recipe};
use crate::training::{FusedFeature, TrainOptions, TrainingData, train_network};

/// What a network makes of the splits that are scored, in their order.
pub(super) struct Scored {
    pub(super) probabilities: [Array2<f32>; 2],
    pub(super) single_view: Option<SingleView>,
}

impl Runner<'_> {
    pub(super) fn fit_network(
        &self,
        dataset: &Dataset,
        recipe: &Recipe<ModelRecipe>,
        network: &NetworkRecipe,
        start: Start,
        folder: &Path,
        fingerprint: &str,
    ) -> Result<Fitted> {
        let feature = network.fusion.as_ref().map(|f| self.feature(dataset, &f.feature)).transpose()?;
        let device = self.options.device.parse()?;
        let pretrained = self.pretrained(&recipe.value)?;
        let note = pretrained.as_ref().map(|p| self.seen_before(p, dataset)).transpose()?.flatten();
        let meter = Meter::start();
        let known = NetworkDescription::load(folder).ok().filter(|d| d.fingerprint == fingerprint);
        let trained = match known {
            Some(_) => TrainedNetwork::load(folder, device)?,
            None => {
                let recipe = Recipe {
                    name: recipe.name.clone(),
                    origin: recipe.origin.clone(),
                    text: recipe.text.clone(),
                    value: network.clone(),
                };
                let feature = feature.as_ref().map(FusedFeature::of);
                let options = TrainOptions { start, device, threads: self.options.threads };
                if let Some(note) = &note {
                    self.progress.say(&format!("{}: {note}", recipe.name));
                }
                let pretrained = pretrained.as_ref();
                train_network(&recipe, TrainingData { dataset, feature, pretrained }, folder, options, self.progress)?
            }
        };
        let clock = Instant::now();
        let Scored { probabilities, single_view } = self.score_network(&trained, dataset, |rows, _| {
            Ok(feature.as_ref().map(|m| m.features.select(Axis(0), rows)))
        })?;
        // A training may have been resumed: its epochs know how long they took.
        let trained_for: f64 = trained.description().history.iter().map(|e| e.seconds).sum();
        let seconds = trained_for + clock.elapsed().as_secs_f64();
        let cost = Cost { seconds, processor_seconds: None, peak_memory: meter.stop().peak_memory };
        let features = feature.iter().map(|f| feature_facts(f, None)).collect();
        Ok(Fitted { probabilities, single_view, cost, features, note })
    }

    /// Probabilities of the rows that are scored; `features` gives the vectors of the fused feature for rows of the
    /// dataset and their pictures.
    pub(super) fn score_network(
        &self,
        trained: &TrainedNetwork,
        dataset: &Dataset,
        features: impl Fn(&[usize], ArrayView3<'_, u8>) -> Result<Option<Array2<f32>>>,
    ) -> Result<Scored> {
        let name = &trained.description().name;
        let predict = |split: Split| -> Result<(Array2<f32>, Option<Hits>)> {
            let rows = dataset.rows(split);
            if rows.is_empty() {
                let none = Array2::zeros((0, dataset.info.classes.len()));
                return Ok((none, trained.has_several_views().then_some(Hits { correct: 0, rows: 0 })));
            }
            let images = dataset.images.select(Axis(0), &rows);
            let features = features(&rows, images.view())?;
            let features = features.as_ref().map(|f| f.view());
            let p = self.over_images(&format!("{name} on {split}"), rows.len(), || {
                trained.predict_proba(images.view(), features, self.progress)
            })?;
            let hits = match trained.has_several_views() {
                true => {
                    let p = trained.predict_proba_of_middle(images.view(), features, &Silent)?;
                    let confusion = ConfusionMatrix::of(&label(name, dataset, split, p))?;
                    Some(Hits { correct: confusion.correct(), rows: confusion.total() })
                }
                false => None,
            };
            Ok((p, hits))
        };
        let [validation, test] = scored().map(predict);
        let ((validation, of_validation), (test, of_test)) = (validation?, test?);
        let single_view = of_validation.zip(of_test).map(|(validation, test)| SingleView { validation, test });
        Ok(Scored { probabilities: [validation, test], single_view })
    }
}
