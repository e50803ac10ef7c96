//! Native dense SIFT as tensor operations: gradients, their shares of eight orientations, and two matrix products that
//! gather those into spatial bins.

use std::f64::consts::PI;

use tch::{Device, Kind, TchError, Tensor};

use crate::error::{Result, torch_error};
use crate::features::dense_sift::{BINS, CLIP, FLAT, ORIENTATIONS, Operators, operators};
use crate::recipe::{DESCRIPTOR_LENGTH, GridRecipe};
use crate::shared_tensor::SharedTensor;

/// Computes the descriptors at all points of a grid, on batches of pictures of one size.
#[derive(Clone)]
pub(super) struct DenseSiftGraph {
    scales: Vec<Scale>,
    /// What takes differences of neighbours along each column (h x h) and each row (w x w).
    differences: [SharedTensor; 2],
    /// 0 to 7, 1 x 8 x 1 x 1.
    orientations: SharedTensor,
    threshold: f64,
}

/// [`Operators`] as tensors; those that work on rows transposed.
#[derive(Clone)]
struct Scale {
    smoothing: [SharedTensor; 2],
    gathering: [SharedTensor; 2],
    to_norm: f64,
}

impl DenseSiftGraph {
    pub(super) fn new(grid: &GridRecipe, height: usize, width: usize, device: Device) -> Result<Self> {
        let operators = operators(grid, height, width)?;
        let build = || -> Result<Self, TchError> {
            let [down, along] = [height, width].map(|length| differences(length, device));
            let orientations = Tensor::f_arange(ORIENTATIONS as i64, (Kind::Float, device))?;
            Ok(Self {
                scales: operators.iter().map(|o| Scale::new(o, device)).collect::<Result<_, _>>()?,
                differences: [down?.into(), along?.f_tr()?.into()],
                orientations: orientations.f_view([1, -1, 1, 1])?.into(),
                threshold: f64::from(grid.contrast_threshold),
            })
        };
        build().map_err(torch_error("load the grid"))
    }

    /// Number of descriptors of a picture.
    pub(super) fn len(&self) -> usize {
        self.scales.iter().map(Scale::len).sum()
    }

    /// Descriptors, b x p x 128, in the order of [`crate::features::grid_points`], of pictures (b x 1 x h x w, grey
    /// values from 0 to 255).
    pub(super) fn describe(&self, grey: &Tensor) -> Result<Tensor, TchError> {
        let grey = grey.f_to_kind(Kind::Float)?;
        let parts = self.scales.iter().map(|scale| self.describe_at(scale, &grey));
        Tensor::f_cat(&parts.collect::<Result<Vec<_>, _>>()?, 1)
    }

    fn describe_at(&self, scale: &Scale, grey: &Tensor) -> Result<Tensor, TchError> {
        let [columns, rows] = &scale.smoothing;
        let smooth = columns.f_matmul(&grey.f_matmul(rows)?)?;
        let dy = self.differences[0].f_matmul(&smooth)?;
        let dx = smooth.f_matmul(&self.differences[1])?;
        let magnitude = dx.f_square()?.f_add(&dy.f_square()?)?.f_sqrt()?;
        // Distance of the angle from each orientation, around the circle of eight.
        let angle = dy.f_atan2(&dx)?.f_mul_scalar(ORIENTATIONS as f64 / (2.0 * PI))?;
        let apart = angle.f_sub(&self.orientations)?.f_remainder(ORIENTATIONS as f64)?;
        let around = apart.f_neg()?.f_add_scalar(ORIENTATIONS as f64)?;
        let shares = apart.f_minimum(&around)?.f_neg()?.f_add_scalar(1.0)?.f_relu()?;
        // b x 8 x 4 r x 4 c.
        let [down, along] = &scale.gathering;
        let bins = down.f_matmul(&shares.f_mul(&magnitude)?.f_matmul(along)?)?;
        let (batch, side) = (grey.size4()?.0, BINS as i64);
        let bins = bins.f_view([batch, ORIENTATIONS as i64, -1, side, along.size2()?.1 / side, side])?;
        let descriptors = bins.f_permute([0, 2, 4, 3, 5, 1])?.f_reshape([batch, -1, DESCRIPTOR_LENGTH as i64])?;
        self.normalise(&descriptors, scale.to_norm)
    }

    /// To unit length, cut at 0.2, to unit length again; a flat region becomes zeros.
    fn normalise(&self, descriptors: &Tensor, to_norm: f64) -> Result<Tensor, TchError> {
        let last = [2i64].as_slice();
        let length = |x: &Tensor| x.f_square()?.f_sum_dim_intlist(last, true, Kind::Float)?.f_sqrt();
        let norm = descriptors.f_sum_dim_intlist(last, true, Kind::Float)?.f_mul_scalar(to_norm)?;
        let own = length(descriptors)?;
        let kept = norm.f_ge(self.threshold)?.f_logical_and(&own.f_ge(f64::from(FLAT))?)?;
        let cut = descriptors.f_div(&own.f_clamp_min(f64::from(FLAT))?)?.f_clamp_max(f64::from(CLIP))?;
        let again = length(&cut)?.f_clamp_min(f64::from(FLAT))?;
        cut.f_div(&again)?.f_mul(&kept.f_to_kind(Kind::Float)?)
    }
}

impl Scale {
    fn new(operators: &Operators, device: Device) -> Result<Self, TchError> {
        let tensor = |matrix: &ndarray::Array2<f32>| Tensor::try_from(matrix)?.f_to(device);
        let [columns, rows] = &operators.smoothing;
        let [down, along] = &operators.gathering;
        Ok(Self {
            smoothing: [tensor(columns)?.into(), tensor(rows)?.f_tr()?.f_contiguous()?.into()],
            gathering: [tensor(down)?.into(), tensor(along)?.f_tr()?.f_contiguous()?.into()],
            to_norm: f64::from(operators.to_norm),
        })
    }

    fn len(&self) -> usize {
        let [down, along] = &self.gathering;
        let bins = |tensor: &SharedTensor, of: usize| tensor.size().get(of).map_or(0, |&n| n as usize / BINS);
        bins(down, 0) * bins(along, 1)
    }
}

/// Half the difference of the two neighbours; at the ends, which have one, the whole difference to it.
fn differences(length: usize, device: Device) -> Result<Tensor, TchError> {
    let mut matrix = ndarray::Array2::<f32>::zeros((length, length));
    for (x, mut row) in matrix.outer_iter_mut().enumerate() {
        let (before, after) = (x.saturating_sub(1), (x + 1).min(length - 1));
        let share = if after - before == 2 { 0.5 } else { 1.0 };
        row[after] += share;
        row[before] -= share;
    }
    Tensor::try_from(&matrix)?.f_to(device)
}
