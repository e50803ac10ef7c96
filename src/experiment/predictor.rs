//! A trained model, loaded once, for pictures that it has never seen.

use std::path::Path;

use ndarray::{Array2, ArrayView3, Axis, s};

use super::Runner;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::features::{FeatureInfo, FeatureMatrix, Vocabulary, describe_pictures};
use crate::models::linear::LinearModel;
use crate::models::ridge::KernelRidge;
use crate::models::svm::SvmModel;
use crate::models::{NetworkDescription, Pictures};
use crate::progress::Progress;
use crate::recipe::{FeatureRecipe, Kind, ModelRecipe, Preparation, Recipe, SvmMode, load};

/// A trained model of any kind with all that it needs to predict new pictures.
pub struct Predictor {
    /// The model's name.
    pub name: String,
    /// Its name for readers.
    pub title: String,
    /// The classes, one for each column of what it predicts.
    pub classes: Vec<String>,
    /// Height and width of the pictures that it takes.
    pub size: [usize; 2],
    /// How such pictures were made for training.
    pub prepared: Preparation,
    /// True when it was trained on faces drawn by the tool.
    pub synthetic: bool,
    machine: Machine,
    inputs: Inputs,
}

enum Machine {
    #[cfg(feature = "torch")]
    Network(Box<crate::models::network::TrainedNetwork>),
    Linear(Box<LinearModel>),
    Svm(Box<SvmModel>),
    KernelRidge(Box<KernelRidge>),
}

/// The features that a model reads.
struct Inputs {
    features: Vec<Describer>,
    mirrored: bool,
}

/// Computes a feature of new pictures, with the vocabulary or the network that was fitted for it.
enum Describer {
    Handcrafted(Box<(FeatureInfo, Vocabulary)>),
    #[cfg(feature = "torch")]
    Embedding {
        recipe: Box<FeatureRecipe>,
        network: Box<crate::models::network::TrainedNetwork>,
        fused: Option<Box<Describer>>,
    },
}

/// The feature vectors of n pictures that a model reads, n x d for each of its features.
#[derive(Clone, Debug)]
pub struct FeatureVectors {
    /// Of the pictures.
    pub upright: Vec<Array2<f32>>,
    /// Of their mirror images, for a model that reads these too.
    pub mirrored: Vec<Array2<f32>>,
}

impl FeatureVectors {
    /// Those of the first picture, n times.
    pub fn repeated(&self, n: usize) -> Self {
        let repeat = |all: &Vec<Array2<f32>>| all.iter().map(|f| f.select(Axis(0), &vec![0; n])).collect();
        Self { upright: repeat(&self.upright), mirrored: repeat(&self.mirrored) }
    }
}

/// A handcrafted feature that a model reads.
#[derive(Clone, Copy)]
pub struct ReadFeature<'a> {
    /// Its number among the model's features.
    pub index: usize,
    /// What it is.
    pub info: &'a FeatureInfo,
    /// What it is encoded by.
    pub vocabulary: &'a Vocabulary,
}

impl Predictor {
    /// Class probabilities, n x c, of n grey pictures of the model's size, n x height x width.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for pictures of another size, [`Error::FeatureOff`] for a feature that this build leaves out,
    /// and what describing and predicting give.
    pub fn predict(&self, images: ArrayView3<'_, u8>, progress: &dyn Progress) -> Result<Array2<f32>> {
        self.predict_described(images, &self.describe(images, progress)?, progress)
    }

    /// What the model reads beside the pixels of n pictures.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn describe(&self, images: ArrayView3<'_, u8>, progress: &dyn Progress) -> Result<FeatureVectors> {
        let (_, height, width) = images.dim();
        if [height, width] != self.size {
            return Err(Error::Mismatch {
                what: format!("model `{}` and pictures", self.name),
                detail: format!("{} x {} and {height} x {width} pixels", self.size[0], self.size[1]),
                hint: "bring the pictures to the model's size".into(),
            });
        }
        let of = |images: ArrayView3<'_, u8>| -> Result<Vec<Array2<f32>>> {
            self.inputs.features.iter().map(|f| f.describe(images, progress)).collect()
        };
        let mirrored = if self.inputs.mirrored { of(images.slice(s![.., .., ..;-1]))? } else { Vec::new() };
        Ok(FeatureVectors { upright: of(images)?, mirrored })
    }

    /// The same as [`Predictor::predict`] with feature vectors that are there already, or that are another picture's.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn predict_described(
        &self,
        images: ArrayView3<'_, u8>,
        vectors: &FeatureVectors,
        progress: &dyn Progress,
    ) -> Result<Array2<f32>> {
        if images.dim().0 == 0 {
            return Ok(Array2::zeros((0, self.classes.len())));
        }
        let [upright, turned] =
            [&vectors.upright, &vectors.mirrored].map(|all| all.iter().map(|f| f.view()).collect::<Vec<_>>());
        let pictures = Pictures { features: &upright, mirrored: &turned };
        match &self.machine {
            #[cfg(feature = "torch")]
            Machine::Network(network) => network.predict_proba(images, upright.first().copied(), progress),
            Machine::Linear(model) => model.predict_proba(pictures),
            Machine::Svm(model) => model.predict_proba(pictures),
            Machine::KernelRidge(model) => model.predict_proba(pictures, progress),
        }
    }

    /// Predicts in bfloat16 from now on; `false` where that makes it slower, because the processor has no instructions for it,
    /// and `None` for a model that is no network and stays as it is.
    ///
    /// # Errors
    /// [`Error::Backend`] when libtorch fails.
    pub fn use_bfloat16(&mut self) -> Result<Option<bool>> {
        match &mut self.machine {
            #[cfg(feature = "torch")]
            Machine::Network(network) => network.use_bfloat16().map(Some),
            Machine::Linear(_) | Machine::Svm(_) | Machine::KernelRidge(_) => Ok(None),
        }
    }

    /// Whether the model sees the pictures themselves, beside features or without them.
    pub fn sees_pixels(&self) -> bool {
        match &self.machine {
            #[cfg(feature = "torch")]
            Machine::Network(_) => true,
            Machine::Linear(_) | Machine::Svm(_) | Machine::KernelRidge(_) => false,
        }
    }

    /// Whether the model computes local descriptors of its own, inside a network.
    pub fn computes_descriptors(&self) -> bool {
        #[cfg(feature = "torch")]
        {
            let computes =
                |network: &crate::models::network::TrainedNetwork| network.description().consistent_feature.is_some();
            let inside = |feature: &Describer| match feature {
                Describer::Handcrafted(_) => false,
                Describer::Embedding { network, fused, .. } => fused.is_some() || computes(network),
            };
            matches!(&self.machine, Machine::Network(network) if computes(network))
                || self.inputs.features.iter().any(inside)
        }
        #[cfg(not(feature = "torch"))]
        false
    }

    /// The handcrafted features that the model reads.
    pub fn handcrafted(&self) -> impl Iterator<Item = ReadFeature<'_>> {
        self.inputs.features.iter().enumerate().filter_map(|(index, feature)| {
            let (info, vocabulary) = feature.handcrafted()?;
            Some(ReadFeature { index, info, vocabulary })
        })
    }
}

impl Describer {
    fn handcrafted(&self) -> Option<&(FeatureInfo, Vocabulary)> {
        match self {
            Self::Handcrafted(feature) => Some(feature),
            #[cfg(feature = "torch")]
            Self::Embedding { .. } => None,
        }
    }

    #[cfg_attr(not(feature = "torch"), allow(unused_variables))]
    fn describe(&self, images: ArrayView3<'_, u8>, progress: &dyn Progress) -> Result<Array2<f32>> {
        match self {
            Self::Handcrafted(feature) => describe_pictures(&feature.0, &feature.1, images),
            #[cfg(feature = "torch")]
            Self::Embedding { recipe, network, fused } => {
                let embed = |images: ArrayView3<'_, u8>| -> Result<Array2<f32>> {
                    let fused = fused.as_ref().map(|f| f.describe(images, progress)).transpose()?;
                    network.embed(images, fused.as_ref().map(|f| f.view()), progress)
                };
                let turned = recipe.symmetric.then(|| {
                    let turned = images.slice(s![.., .., ..;-1]).as_standard_layout().into_owned();
                    embed(turned.view())
                });
                crate::features::normalise_embeddings(recipe, embed(images)?, turned.transpose()?)
            }
        }
    }
}

impl Runner<'_> {
    /// Loads a model that was trained on `from`.
    ///
    /// # Errors
    /// [`Error::Missing`] when it was not trained, [`Error::Mismatch`] when its recipe or a recipe of its features has
    /// changed since, [`Error::FeatureOff`] for what this build leaves out, and what reading gives.
    pub fn predictor(&self, from: &Dataset, recipe: &Recipe<ModelRecipe>) -> Result<Predictor> {
        self.check_trained(from, recipe)?;
        let folder = self.workspace.model(&from.info.name, &recipe.name);
        let inputs = |features: &[String], mirrored: bool| -> Result<Inputs> {
            let features = features.iter().map(|f| self.describer(from, f)).collect::<Result<_>>()?;
            Ok(Inputs { features, mirrored })
        };
        let (machine, inputs) = match &recipe.value {
            ModelRecipe::Network(network) => self.network_machine(from, network, &folder)?,
            ModelRecipe::Linear(l) => {
                (Machine::Linear(Box::new(LinearModel::load(&folder)?)), inputs(&l.features, l.mirrored)?)
            }
            ModelRecipe::Svm(svm) => {
                let model = match svm.mode {
                    SvmMode::Global => SvmModel::load(&folder, None)?,
                    SvmMode::Local => {
                        self.vectors(from, &svm.features, svm.mirrored)?
                            .input(from, None, |training| SvmModel::load(&folder, Some(training)))?
                    }
                };
                (Machine::Svm(Box::new(model)), inputs(&svm.features, svm.mirrored)?)
            }
            ModelRecipe::KernelRidge(k) => {
                let training = self.vectors(from, &k.features, k.mirrored)?;
                let model = training.input(from, None, |training| KernelRidge::load(&folder, training))?;
                (Machine::KernelRidge(Box::new(model)), inputs(&k.features, k.mirrored)?)
            }
        };
        Ok(Predictor {
            name: recipe.name.clone(),
            title: recipe.value.title().to_string(),
            classes: from.info.classes.clone(),
            size: [from.info.height, from.info.width],
            prepared: from.info.prepared.clone(),
            synthetic: from.info.synthetic,
            machine,
            inputs,
        })
    }

    /// Loads a network that was exported into `folder`.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is none, [`Error::Malformed`] where a file does not fit, [`Error::FeatureOff`] in a
    /// build without libtorch.
    pub fn exported_predictor(&self, folder: &Path) -> Result<Predictor> {
        let NetworkDescription { name, recipe, classes, size, prepared, synthetic, .. } =
            NetworkDescription::load(folder)?;
        let (machine, inputs) = self.exported_machine(folder)?;
        Ok(Predictor { name, title: recipe.title, classes, size, prepared, synthetic, machine, inputs })
    }

    fn describer(&self, from: &Dataset, name: &str) -> Result<Describer> {
        let recipe: Recipe<FeatureRecipe> = load(self.workspace, Kind::Feature, name)?;
        if let Some(network) = self.network_of(&recipe.name, &recipe.value)? {
            return self.embedding_describer(from, recipe, &network);
        }
        let folder = self.workspace.feature(&from.info.name, name);
        let info = FeatureMatrix::load_info(&folder)?;
        let vocabulary = FeatureMatrix::load_vocabulary(&folder, &info)?;
        Ok(Describer::Handcrafted(Box::new((info, vocabulary))))
    }
}

#[cfg(feature = "torch")]
impl Runner<'_> {
    fn network_machine(
        &self,
        from: &Dataset,
        network: &crate::recipe::NetworkRecipe,
        folder: &Path,
    ) -> Result<(Machine, Inputs)> {
        self.use_threads();
        let trained = crate::models::network::TrainedNetwork::load(folder, self.options.device.parse()?)?;
        // A network that computes its feature itself reads none.
        let reads = trained.description().consistent_feature.is_none();
        let fused = network.fusion.as_ref().filter(|_| reads);
        let fused = fused.map(|f| self.describer(from, &f.feature)).transpose()?;
        Ok(network_with(trained, fused))
    }

    fn exported_machine(&self, folder: &Path) -> Result<(Machine, Inputs)> {
        self.use_threads();
        let exported = crate::models::network::ExportedNetwork::load(folder, self.options.device.parse()?)?;
        let (network, feature) = exported.into_parts();
        Ok(network_with(network, feature.map(|f| Describer::Handcrafted(Box::new(f)))))
    }

    fn embedding_describer(
        &self,
        from: &Dataset,
        recipe: Recipe<FeatureRecipe>,
        network: &Recipe<ModelRecipe>,
    ) -> Result<Describer> {
        self.check_trained(from, network)?;
        self.use_threads();
        let folder = self.workspace.model(&from.info.name, &network.name);
        let trained = crate::models::network::TrainedNetwork::load(&folder, self.options.device.parse()?)?;
        let fused = network.value.features();
        let fused = fused.first().map(|f| self.describer(from, f)).transpose()?.map(Box::new);
        Ok(Describer::Embedding { recipe: Box::new(recipe.value), network: Box::new(trained), fused })
    }
}

#[cfg(feature = "torch")]
fn network_with(network: crate::models::network::TrainedNetwork, fused: Option<Describer>) -> (Machine, Inputs) {
    (Machine::Network(Box::new(network)), Inputs { features: fused.into_iter().collect(), mirrored: false })
}

#[cfg(not(feature = "torch"))]
impl Runner<'_> {
    fn network_machine(
        &self,
        _: &Dataset,
        _: &crate::recipe::NetworkRecipe,
        folder: &Path,
    ) -> Result<(Machine, Inputs)> {
        self.exported_machine(folder)
    }

    fn exported_machine(&self, folder: &Path) -> Result<(Machine, Inputs)> {
        let what = format!("predicting with the network in {}", folder.display());
        Err(Error::FeatureOff { what, feature: "torch" })
    }

    fn embedding_describer(
        &self,
        _: &Dataset,
        recipe: Recipe<FeatureRecipe>,
        _: &Recipe<ModelRecipe>,
    ) -> Result<Describer> {
        Err(Error::FeatureOff { what: format!("the network's embeddings `{}`", recipe.name), feature: "torch" })
    }
}
