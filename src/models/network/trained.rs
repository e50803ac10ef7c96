//! A trained network: weights and description in a folder, probabilities for new rows.

use std::path::Path;

use ndarray::{Array1, Array2, ArrayView2, ArrayView3, ArrayViewMut2, Axis, Slice};
use tch::{Kind, TchError, Tensor};

use crate::artifact::{Precision, Tensors, read_tensors, remove_if_there, write_json, write_tensors};
use crate::error::{Error, Result, torch_error};
use crate::features::Vocabulary;
use crate::inference::{CpuNetwork, Wanted};
use crate::models::NetworkDescription;
use crate::progress::Progress;

use super::architecture::to_array;
use super::parallel::on_all_threads;
use super::{ConsistentFeature, Device, InputScale, Network, feature_tensor, image_tensor, scaled_features};

/// Rows that a thread takes through the network at once: few enough that what the layers make of them stays in its cache,
/// which is twice as fast as large batches that all threads share.
const STRETCH: usize = 16;
/// Rows that go through it at once on another device.
const BATCH: usize = 256;
/// The file of the weights in a model folder.
const WEIGHTS: &str = "weights.safetensors";
/// Names under which the feature's scale travels with the weights.
pub(crate) const FEATURE_MEAN: &str = "feature.mean";
pub(crate) const FEATURE_DEVIATION: &str = "feature.deviation";
/// And the visual words, where the network computes the feature itself.
pub(crate) const FEATURE_CODEBOOK: &str = "feature.codebook";

/// A network ready to predict; clones share its weights.
#[derive(Clone)]
pub struct TrainedNetwork {
    description: NetworkDescription,
    network: Network,
    feature_mean: Array1<f32>,
    feature_deviation: Array1<f32>,
    consistent: Option<ConsistentFeature>,
    /// What predicts in single precision on a processor.
    native: Option<CpuNetwork>,
    device: Device,
}

impl TrainedNetwork {
    /// Puts a network together from its description and weights (with the feature's scale among them);
    /// `origin` names the file in errors.
    pub(crate) fn assemble(
        description: NetworkDescription,
        weights: &Tensors,
        device: Device,
        origin: &Path,
    ) -> Result<Self> {
        let d = &description;
        let mut network = Network::new(&d.recipe, d.size, d.feature_dimensions, d.classes.len(), 0, device.0)?;
        network.set_weights(weights, origin)?;
        network.prepare(Kind::Float)?;
        let scale = |name: &str| -> Result<Array1<f32>> {
            let found = weights.get(name).map(|a| a.iter().copied().collect::<Array1<f32>>()).unwrap_or_default();
            match found.len() == d.feature_dimensions {
                true => Ok(found),
                false => Err(Error::malformed(
                    origin,
                    name,
                    found.len().to_string(),
                    format!("{} values", d.feature_dimensions),
                )),
            }
        };
        let (feature_mean, feature_deviation) = (scale(FEATURE_MEAN)?, scale(FEATURE_DEVIATION)?);
        let consistent = match &d.consistent_feature {
            Some(feature) => {
                let vocabulary = vocabulary_of(weights, origin)?;
                let scale = (&feature_mean, &feature_deviation);
                Some(ConsistentFeature::new(feature, &vocabulary, d.recipe.input.seen(d.size), scale, device.0)?)
            }
            None => None,
        };
        let native = match device.0 == tch::Device::Cpu && consistent.is_none() {
            true => CpuNetwork::new(&description, weights, origin)?,
            false => None,
        };
        Ok(Self { network, feature_mean, feature_deviation, consistent, native, device, description })
    }

    /// Reads `model.json` and `weights.safetensors` in a model folder.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no finished model, [`Error::Malformed`] when a file does not fit.
    pub fn load(folder: &Path, device: Device) -> Result<Self> {
        let description = NetworkDescription::load(folder)?;
        let path = folder.join(WEIGHTS);
        let (weights, _) = read_tensors(&path)?;
        Self::assemble(description, &weights, device, &path)
    }

    /// Copies a trained network into another folder, its weights as numbers of 16 bits.
    ///
    /// # Errors
    /// As [`TrainedNetwork::load`], [`Error::Io`] with the path that cannot be written, [`Error::Invalid`] for a weight
    /// that 16 bits cannot say.
    pub(super) fn copy_halved(from: &Path, to: &Path) -> Result<()> {
        let description = NetworkDescription::load(from)?;
        let (weights, note) = read_tensors(&from.join(WEIGHTS))?;
        Self::forget(to)?;
        write_tensors(&to.join(WEIGHTS), &weights, &note, Precision::Half)?;
        Self::describe(to, &description)
    }

    /// Writes `model.json`, last of all, so that a folder without it counts as unfinished.
    pub(crate) fn describe(folder: &Path, description: &NetworkDescription) -> Result<()> {
        write_json(&folder.join("model.json"), description)
    }

    /// Takes `model.json` away before other weights come: it must not vouch for them.
    pub(crate) fn forget(folder: &Path) -> Result<()> {
        remove_if_there(&folder.join("model.json"))
    }

    /// Predicts in bfloat16 from now on: about twice as many pictures a second where the processor multiplies it by
    /// instructions of its own, with probabilities that differ in the third digit. Says whether this one does.
    ///
    /// # Errors
    /// [`Error::Backend`] when libtorch fails.
    pub fn use_bfloat16(&mut self) -> Result<bool> {
        self.network.prepare(Kind::BFloat16)?;
        self.native = None;
        Ok(self.device.multiplies_bfloat16())
    }

    /// The same network by libtorch alone.
    #[cfg(test)]
    pub(super) fn without_native(&self) -> Self {
        Self { native: None, ..self.clone() }
    }

    /// Whether it predicts without libtorch.
    #[cfg(test)]
    pub(super) fn is_native(&self) -> bool {
        self.native.is_some()
    }

    /// What the network is.
    pub fn description(&self) -> &NetworkDescription {
        &self.description
    }

    /// Class probabilities, n x c, of n pictures (n x h x w) and, for a hybrid network, their feature vectors (n x d).
    ///
    /// # Errors
    /// [`Error::Invalid`] when sizes or dimensions are not those it was trained with, [`Error::Interrupted`] when
    /// `progress` asks to stop.
    pub fn predict_proba(
        &self,
        images: ArrayView3<u8>,
        features: Option<ArrayView2<f32>>,
        progress: &dyn Progress,
    ) -> Result<Array2<f32>> {
        let classes = self.description.classes.len();
        self.in_batches(classes, images, features, progress, Wanted::Probabilities)
    }

    /// Whether probabilities are means over several versions of a picture.
    pub fn has_several_views(&self) -> bool {
        self.network.views().several()
    }

    /// As [`TrainedNetwork::predict_proba`], of the middle of each picture alone.
    ///
    /// # Errors
    /// As [`TrainedNetwork::predict_proba`].
    pub fn predict_proba_of_middle(
        &self,
        images: ArrayView3<u8>,
        features: Option<ArrayView2<f32>>,
        progress: &dyn Progress,
    ) -> Result<Array2<f32>> {
        self.in_batches(self.description.classes.len(), images, features, progress, Wanted::OfMiddle)
    }

    /// Embeddings, n x u: what the last layer reads of pictures and features as [`TrainedNetwork::predict_proba`] takes
    /// them. A picture that the network was trained on has another embedding than a new one like it.
    ///
    /// # Errors
    /// As [`TrainedNetwork::predict_proba`].
    pub fn embed(
        &self,
        images: ArrayView3<u8>,
        features: Option<ArrayView2<f32>>,
        progress: &dyn Progress,
    ) -> Result<Array2<f32>> {
        let units = self.network.embedding_dimensions();
        self.in_batches(units, images, features, progress, Wanted::Embedding)
    }

    /// The output for every row (n x columns), as many at once as the network takes.
    fn in_batches(
        &self,
        columns: usize,
        images: ArrayView3<u8>,
        features: Option<ArrayView2<f32>>,
        progress: &dyn Progress,
        wanted: Wanted,
    ) -> Result<Array2<f32>> {
        let d = &self.description;
        let (n, h, w) = images.dim();
        if [h, w] != d.size {
            return Err(Error::invalid("picture size", format!("{h} x {w}"), format!("{} x {}", d.size[0], d.size[1])));
        }
        let given = features.map_or((n, 0), |f| f.dim());
        // A network that computes its feature itself has no use for another one.
        if given != (n, d.feature_dimensions) && self.consistent.is_none() {
            return Err(Error::invalid(
                format!("feature matrix for `{}`", d.name),
                format!("{} x {}", given.0, given.1),
                format!("{n} x {}", d.feature_dimensions),
            ));
        }
        let mut out = Array2::zeros((n, columns));
        let predict = |network: &Self, (rows, mut into): (Slice, ArrayViewMut2<'_, f32>)| -> Result<()> {
            if progress.stop_requested() {
                let kept = "the network, but nothing of what it was applied to; run the command again".to_string();
                return Err(Error::Interrupted { kept });
            }
            let features = features.as_ref().map(|f| f.slice_axis(Axis(0), rows));
            let part = network.apply(images.slice_axis(Axis(0), rows), features, wanted)?;
            progress.advance(part.nrows() as u64);
            into.assign(&part);
            Ok(())
        };
        // Another device is one, and without libtorch the rows of a batch are shared among threads there.
        if self.device.0 != tch::Device::Cpu || self.native.is_some() {
            let mut all = out.axis_chunks_iter_mut(Axis(0), BATCH).enumerate().map(|chunk| rows_of(BATCH, chunk));
            all.try_for_each(|part| predict(self, part))?;
            return Ok(out);
        }
        let all = out.axis_chunks_iter_mut(Axis(0), STRETCH).enumerate().map(|chunk| rows_of(STRETCH, chunk));
        on_all_threads(self, all, predict)?;
        Ok(out)
    }

    /// What is asked for, of each row.
    fn apply(&self, images: ArrayView3<u8>, features: Option<ArrayView2<f32>>, wanted: Wanted) -> Result<Array2<f32>> {
        match &self.native {
            Some(native) => {
                let features = features.filter(|_| self.description.feature_dimensions > 0);
                let features = features.map(|f| scaled_features(f, &self.feature_mean, &self.feature_deviation));
                Ok(native.run(images, features.as_ref().map(|f| f.view()), wanted))
            }
            None => {
                let rows = self.apply_by_libtorch(images, features, wanted).map_err(torch_error("predict"))?;
                rows.into_dimensionality().map_err(|e| Error::backend("libtorch", "predict", e))
            }
        }
    }

    fn apply_by_libtorch(
        &self,
        images: ArrayView3<u8>,
        features: Option<ArrayView2<f32>>,
        wanted: Wanted,
    ) -> Result<ndarray::ArrayD<f32>, TchError> {
        let d = &self.description;
        let scale = InputScale { recipe: d.recipe.input, mean: d.pixel_mean, deviation: d.pixel_deviation };
        let _guard = tch::no_grad_guard();
        let grey = image_tensor(images)?.f_to(self.device.0)?;
        let views = |x: &Tensor| match wanted {
            Wanted::Probabilities => self.network.views().of_images(x),
            Wanted::OfMiddle | Wanted::Embedding => Ok(vec![self.network.views().middle(x)?]),
        };
        let features = match (&self.consistent, features) {
            (Some(consistent), _) => consistent.of_views(&views(&grey)?)?,
            (None, Some(f)) if d.feature_dimensions > 0 => {
                vec![feature_tensor(f, &self.feature_mean, &self.feature_deviation)?.f_to(self.device.0)?]
            }
            (None, _) => Vec::new(),
        };
        let seen = views(&scale.apply(&grey)?)?;
        to_array(&match (wanted, seen.as_slice()) {
            (Wanted::Embedding, [middle]) => self.network.embed(middle, features.first())?,
            _ => self.network.probabilities(&seen, &features)?,
        })
    }
}

/// Which rows chunk number `i` of `length` rows has.
fn rows_of<'a>(length: usize, (i, into): (usize, ArrayViewMut2<'a, f32>)) -> (Slice, ArrayViewMut2<'a, f32>) {
    (Slice::from(i * length..i * length + into.nrows()), into)
}

/// What travels with the weights of a network that computes its feature itself.
fn vocabulary_of(weights: &Tensors, origin: &Path) -> Result<Vocabulary> {
    let codebook = weights.get(FEATURE_CODEBOOK).map(|words| {
        words.clone().into_dimensionality::<ndarray::Ix2>().map_err(|_| {
            let found = format!("{} dimensions", words.ndim());
            Error::malformed(origin, FEATURE_CODEBOOK, found, "a matrix of visual words")
        })
    });
    Ok(Vocabulary { codebook: codebook.transpose()?, ..Vocabulary::default() })
}
