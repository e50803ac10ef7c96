//! A whole network.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{Array2, ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;

use super::block::Block;
use super::convolution::Bench;
use super::head::Head;
use super::views::{Input, View, views};
use super::weights::Weights;
use crate::artifact::Tensors;
use crate::error::Result;
use crate::models::NetworkDescription;

/// Versions of pictures that a thread takes through the network together: more would not stay in its cache, and with fewer the weights
/// would be read too often.
const TOGETHER: usize = 8;
/// The same for dense layers whose weights no cache keeps.
const TOGETHER_IN_HEAD: usize = 64;

/// What a network is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// Class probabilities, the mean over all versions of a picture.
    Probabilities,
    /// Class probabilities of the middle.
    OfMiddle,
    /// What the last layer reads of the middle.
    Embedding,
}

/// A trained network; clones share its weights.
#[derive(Clone, Debug)]
pub(crate) struct CpuNetwork(Arc<Layers>);

#[derive(Debug)]
struct Layers {
    input: Input,
    views: Vec<View>,
    /// Height and width of what the trunk sees.
    seen: [usize; 2],
    blocks: Vec<Block>,
    head: Head,
    /// As many as threads were at work at once.
    benches: Mutex<Vec<Bench>>,
}

impl CpuNetwork {
    /// From its description and its weights, which `origin` names in errors. `None` for a network with a block that pictures cannot go
    /// into here.
    pub(crate) fn new(description: &NetworkDescription, weights: &Tensors, origin: &Path) -> Result<Option<Self>> {
        let (recipe, weights) = (&description.recipe, Weights::new(weights, origin));
        let seen = recipe.input.seen(description.size);
        let channels = if recipe.input.three_channels { 3 } else { 1 };
        let mut shape = [channels, seen[0], seen[1]];
        let mut blocks = Vec::with_capacity(recipe.block.len());
        for (i, block) in recipe.block.iter().enumerate() {
            let Some(output) = block.output(shape.map(|n| n as i64)) else { return Ok(None) };
            let output = output.map(|n| n as usize);
            match Block::new(&weights.sub("block").sub(i), block, shape, output, i == 0)? {
                Some(block) => blocks.push(block),
                None => return Ok(None),
            }
            shape = output;
        }
        let (features, classes) = (description.feature_dimensions, description.classes.len());
        let head = Head::new(&weights, recipe, shape, features, classes)?;
        let input = Input::new(recipe.input, description.pixel_mean, description.pixel_deviation);
        let views = views(recipe, description.size);
        Ok(Some(Self(Arc::new(Layers { input, views, seen, blocks, head, benches: Mutex::default() }))))
    }

    /// A row for each picture (n x height x width, of the size that the network knows), given the vectors of a fused feature (n x d,
    /// scaled as the network has them). The same numbers come out on any number of threads.
    pub(crate) fn run(
        &self,
        pictures: ArrayView3<'_, u8>,
        features: Option<ArrayView2<'_, f32>>,
        wanted: Wanted,
    ) -> Array2<f32> {
        let layers = &*self.0;
        let views = match wanted {
            Wanted::Probabilities => layers.views.as_slice(),
            Wanted::OfMiddle | Wanted::Embedding => &layers.views[..1],
        };
        let (n, threads) = (pictures.len_of(Axis(0)), rayon::current_num_threads());
        let all = n * views.len();
        // All threads have something to do, also where there are few pictures.
        let together = all.div_ceil(threads).clamp(1, TOGETHER);
        let alone = all <= together;
        let features = features.as_ref().map(|rows| rows.view());
        let asked = Asked { pictures: pictures.view(), features, views, wanted };
        let rows: Vec<Vec<f32>> = if alone {
            vec![awake(threads, || layers.part(&asked, 0..all, threads))]
        } else if layers.head.is_heavy() {
            // Its weights are read once for as many rows as can be.
            let most = TOGETHER_IN_HEAD.max(together * threads);
            let several = stretches(0..all, most).into_iter().map(|several| {
                let maps = stretches(several.clone(), together);
                let maps: Vec<Vec<f32>> = maps.into_par_iter().map(|part| layers.trunk(&asked, part, 1)).collect();
                layers.head(&asked, several, &maps.concat(), threads)
            });
            several.collect()
        } else {
            stretches(0..all, together).into_par_iter().map(|part| layers.part(&asked, part, 1)).collect()
        };
        let rows: Vec<f32> = rows.into_iter().flatten().collect();
        let columns = match wanted {
            Wanted::Probabilities | Wanted::OfMiddle => layers.head.classes(),
            Wanted::Embedding => layers.head.embedding_dimensions(),
        };
        let mut out = Array2::zeros((n, columns));
        let share = 1.0 / views.len() as f32;
        for (mut row, of_views) in out.outer_iter_mut().zip(rows.chunks_exact((columns * views.len()).max(1))) {
            for of_view in of_views.chunks_exact(columns) {
                row.iter_mut().zip(of_view).for_each(|(sum, value)| *sum += value);
            }
            row.mapv_inplace(|sum| sum * share);
        }
        out
    }
}

/// Pictures, the vectors of their fused feature, the versions of them that are looked at, and what for.
struct Asked<'a> {
    pictures: ArrayView3<'a, u8>,
    features: Option<ArrayView2<'a, f32>>,
    views: &'a [View],
    wanted: Wanted,
}

/// Does some work with all of rayon's threads awake: to wake one up takes as long as a layer.
fn awake<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| {
                while !done.load(Ordering::Acquire) {
                    // Helps wherever there is something to do.
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        std::hint::spin_loop();
                    }
                }
            });
        }
        let _sleep = Sleep(&done);
        work()
    })
}

/// Lets the others sleep again when the work has ended, in whatever way.
struct Sleep<'a>(&'a AtomicBool);

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Layers {
    /// Some versions of some pictures, counted picture by picture.
    fn part(&self, asked: &Asked<'_>, part: Range<usize>, threads: usize) -> Vec<f32> {
        self.head(asked, part.clone(), &self.trunk(asked, part, threads), threads)
    }

    /// The maps that they end in, flattened.
    fn trunk(&self, asked: &Asked<'_>, part: Range<usize>, threads: usize) -> Vec<f32> {
        let mut bench = self.benches.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let mut maps = bench.room.maps(part.len(), self.seen, 1);
        let picture = maps.height * maps.row();
        for (at, map) in part.zip(maps.values.chunks_exact_mut(picture)) {
            let (picture, view) = (at / asked.views.len(), asked.views[at % asked.views.len()]);
            self.input.fill(asked.pictures.index_axis(Axis(0), picture), view, map);
        }
        let maps = self.blocks.iter().fold(maps, |maps, block| block.run(maps, &mut bench, threads));
        self.benches.lock().unwrap_or_else(PoisonError::into_inner).push(bench);
        maps.values
    }

    /// What is said about them.
    fn head(&self, asked: &Asked<'_>, part: Range<usize>, trunk: &[f32], threads: usize) -> Vec<f32> {
        let rows = part.len();
        let features: Option<Vec<f32>> =
            asked.features.map(|rows| part.flat_map(|at| rows.row(at / asked.views.len()).to_vec()).collect());
        let said = self.head.run(rows, trunk, features.as_deref(), threads);
        match asked.wanted {
            Wanted::Embedding => said.embedding,
            Wanted::Probabilities | Wanted::OfMiddle => softmax(said.logits, rows),
        }
    }
}

/// A range in stretches of `length`; the last one is as long as what is left.
fn stretches(all: Range<usize>, length: usize) -> Vec<Range<usize>> {
    let end = all.end;
    all.step_by(length).map(|first| first..(first + length).min(end)).collect()
}

/// Of each row.
fn softmax(mut logits: Vec<f32>, rows: usize) -> Vec<f32> {
    let classes = logits.len() / rows.max(1);
    for row in logits.chunks_exact_mut(classes.max(1)) {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|value| *value = (*value - most).exp());
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|value| *value /= sum);
    }
    logits
}
