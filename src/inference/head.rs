//! The layers behind the trunk: a fused feature, dense layers, the classes.

use super::dense::Dense;
use super::maps::full;
use super::pool::Affine;
use super::weights::Weights;
use crate::error::Result;
use crate::recipe::{Join, NetworkRecipe};

/// Which number of the network's own order stands at each place of a row; none where a group is filled up.
type Columns = Vec<Option<usize>>;

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Head {
    fusion: Option<Fusion>,
    hidden: Vec<(Dense, Option<Affine>)>,
    output: Dense,
    /// Of what the last layer reads.
    columns: Columns,
    classes: usize,
}

/// The dense layer on the feature, and for a gated head the one on the trunk and the gate.
#[derive(Clone, Debug)]
struct Fusion {
    join: Join,
    dense: Dense,
    gated: Option<[Dense; 2]>,
}

/// What the last layer reads, and what it says, row by row.
pub(super) struct Said {
    pub(super) embedding: Vec<f32>,
    pub(super) logits: Vec<f32>,
}

impl Head {
    /// For a trunk that ends in maps of `trunk` (channels, height, width) and `feature` numbers.
    pub(super) fn new(
        weights: &Weights<'_>,
        recipe: &NetworkRecipe,
        trunk: [usize; 3],
        feature: usize,
        classes: usize,
    ) -> Result<Self> {
        let mut columns = flattened(trunk);
        let fusion = match &recipe.fusion {
            None => None,
            Some(f) => {
                let (units, weights) = (f.hidden as usize, weights.sub("fusion"));
                let every: Columns = (0..feature).map(Some).collect();
                let gated = match f.join {
                    Join::Gated => Some([
                        weights.sub("trunk").dense(&columns, units, true)?,
                        weights.sub("gate").dense(&beside(&filled(units), &filled(units)), units, false)?,
                    ]),
                    Join::Concatenate | Join::Late => None,
                };
                match f.join {
                    Join::Concatenate => columns = beside(&filled(units), &columns),
                    Join::Gated => columns = filled(units),
                    Join::Late => {}
                }
                Some(Fusion { join: f.join, dense: weights.dense(&every, units, true)?, gated })
            }
        };
        let mut hidden = Vec::with_capacity(recipe.head.hidden.len());
        for (i, &units) in recipe.head.hidden.iter().enumerate() {
            let (weights, units) = (weights.sub("head").sub(i), units as usize);
            let dense = weights.dense(&columns, units, true)?;
            let norm = if recipe.head.batch_norm { Some(weights.sub("norm").affine(units)?) } else { None };
            hidden.push((dense, norm));
            columns = filled(units);
        }
        if let Some(Join::Late) = fusion.as_ref().map(|f| f.join) {
            let units = recipe.fusion.as_ref().map_or(0, |f| f.hidden as usize);
            columns = beside(&filled(units), &columns);
        }
        let output = weights.sub("output").dense(&columns, classes, false)?;
        Ok(Self { fusion, hidden, output, columns, classes })
    }

    /// Classes of a row of logits.
    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    /// Whether a layer has so many weights that they are brought from memory each time.
    pub(super) fn is_heavy(&self) -> bool {
        let fusion = self.fusion.iter().flat_map(|f| std::iter::once(&f.dense).chain(f.gated.iter().flatten()));
        let hidden = self.hidden.iter().map(|(dense, _)| dense);
        fusion.chain(hidden).chain([&self.output]).any(Dense::is_heavy)
    }

    /// Numbers in an embedding.
    pub(super) fn embedding_dimensions(&self) -> usize {
        self.columns.iter().flatten().count()
    }

    /// For rows of flattened maps and of feature vectors.
    pub(super) fn run(&self, rows: usize, trunk: &[f32], features: Option<&[f32]>, threads: usize) -> Said {
        let mut x = std::borrow::Cow::Borrowed(trunk);
        let fused = self.fusion.as_ref().zip(features).map(|(f, features)| (f, f.dense.run(rows, features, threads)));
        match &fused {
            Some((Fusion { gated: Some([on_trunk, gate]), .. }, f)) => {
                let trunk = on_trunk.run(rows, &x, threads);
                let open = gate.run(rows, &paired(rows, f, &trunk), threads);
                x = f.iter().zip(&trunk).zip(open).map(|((f, t), open)| f + (t - f) / (1.0 + (-open).exp())).collect();
            }
            Some((Fusion { join: Join::Concatenate, .. }, f)) => x = paired(rows, f, &x).into(),
            _ => {}
        }
        for (dense, norm) in &self.hidden {
            let mut out = dense.run(rows, &x, threads);
            if let Some(norm) = norm {
                norm.run(&mut out);
            }
            x = out.into();
        }
        if let Some((Fusion { join: Join::Late, .. }, f)) = &fused {
            x = paired(rows, f, &x).into();
        }
        let logits = self.output.run(rows, &x, threads);
        let rows = logits.chunks_exact(full(self.classes));
        Said { logits: rows.flat_map(|row| &row[..self.classes]).copied().collect(), embedding: self.own(&x) }
    }

    /// What the last layer reads, in the network's own order.
    fn own(&self, x: &[f32]) -> Vec<f32> {
        let units = self.embedding_dimensions();
        let mut own = vec![0.0; x.len() / self.columns.len() * units];
        for (row, to) in x.chunks_exact(self.columns.len()).zip(own.chunks_exact_mut(units.max(1))) {
            for (value, column) in row.iter().zip(&self.columns) {
                if let Some(column) = column {
                    to[*column] = *value;
                }
            }
        }
        own
    }
}

/// The places of flattened maps; networks flatten channels first, maps lie channels last.
fn flattened([channels, height, width]: [usize; 3]) -> Columns {
    let place = |i: usize| {
        let (pixel, channel) = (i / full(channels), i % full(channels));
        (channel < channels).then_some(channel * height * width + pixel)
    };
    (0..height * width * full(channels)).map(place).collect()
}

/// The places of what a dense layer gives.
fn filled(units: usize) -> Columns {
    (0..full(units)).map(|i| (i < units).then_some(i)).collect()
}

/// One row behind another.
fn beside(first: &[Option<usize>], second: &[Option<usize>]) -> Columns {
    let before = first.iter().flatten().count();
    first.iter().copied().chain(second.iter().map(|c| c.map(|c| c + before))).collect()
}

fn paired(rows: usize, first: &[f32], second: &[f32]) -> Vec<f32> {
    let pairs = first.chunks_exact(first.len() / rows.max(1)).zip(second.chunks_exact(second.len() / rows.max(1)));
    pairs.flat_map(|(a, b)| a.iter().chain(b)).copied().collect()
}
