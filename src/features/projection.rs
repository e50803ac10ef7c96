//! Principal components of descriptors.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::matrix::{product, symmetric_eigen};

/// Points whose products are summed in f32 before the sums go on in f64.
const BLOCK: usize = 4096;

/// A linear map from d numbers to the k directions in which training descriptors vary most.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// d.
    mean: Array1<f32>,
    /// d x k, one direction in each column; divided by its deviation when whitened.
    directions: Array2<f32>,
}

impl Projection {
    /// Fits to `points` (n x d). With `whiten` each of the k numbers has unit variance over the points.
    ///
    /// # Errors
    /// [`Error::Invalid`] when k is not from 1 to d, there are fewer than two points, or they vary in fewer than k
    /// directions.
    pub fn fit(points: ArrayView2<'_, f32>, k: usize, whiten: bool) -> Result<Self> {
        let (n, d) = points.dim();
        if k == 0 || k > d || n < 2 {
            let found = format!("{k} of {d} over {n} descriptors");
            return Err(Error::invalid("pca dimensions", found, format!("1 to {d}, over at least 2 descriptors")));
        }
        let mean =
            (points.map_axis(Axis(0), |c| c.iter().map(|&v| f64::from(v)).sum::<f64>() / n as f64)).mapv(|v| v as f32);
        // Blocks are summed in their order, whichever thread made them.
        let parts: Vec<Array2<f32>> = points
            .axis_chunks_iter(Axis(0), BLOCK)
            .into_par_iter()
            .map(|block| {
                let centred = &block - &mean;
                let mut sums = Array2::zeros((d, d));
                product(centred.t(), centred.view(), sums.view_mut()).map(|()| sums)
            })
            .collect::<Result<_>>()?;
        let mut covariance = Array2::<f64>::zeros((d, d));
        parts.iter().for_each(|part| covariance.zip_mut_with(part, |sum, &v| *sum += f64::from(v)));
        covariance /= (n - 1) as f64;
        let (variances, vectors) = symmetric_eigen(covariance.view())?;
        let least = variances[0].max(0.0) * 1e-9;
        if whiten && variances[k - 1] <= least {
            let varied = variances.iter().filter(|&&v| v > least).count();
            return Err(Error::invalid("pca dimensions", k, format!("at most {varied}: descriptors vary in no more")));
        }
        let scale = |i: usize| if whiten { 1.0 / variances[i].sqrt() } else { 1.0 };
        let directions = Array2::from_shape_fn((d, k), |(row, i)| (vectors[[row, i]] * scale(i)) as f32);
        Ok(Self { mean, directions })
    }

    /// From what [`Projection::to_array`] gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no direction, or a number is not finite.
    pub fn from_array(array: ArrayView2<'_, f32>) -> Result<Self> {
        if array.nrows() < 2 || array.ncols() == 0 || array.iter().any(|v| !v.is_finite()) {
            let found = format!("{} x {}", array.nrows(), array.ncols());
            return Err(Error::invalid("projection", found, "finite numbers, (k + 1) x d with k from 1"));
        }
        let (mean, directions) = array.split_at(Axis(0), 1);
        Ok(Self { mean: mean.row(0).to_owned(), directions: directions.t().as_standard_layout().into_owned() })
    }

    /// (k + 1) x d: the mean, then the directions.
    pub fn to_array(&self) -> Array2<f32> {
        let mut array = Array2::zeros((self.dimensions() + 1, self.mean.len()));
        array.row_mut(0).assign(&self.mean);
        array.slice_mut(ndarray::s![1.., ..]).assign(&self.directions.t());
        array
    }

    /// Numbers that a descriptor has before, d.
    pub fn inputs(&self) -> usize {
        self.mean.len()
    }

    /// Numbers that it has after, k.
    pub fn dimensions(&self) -> usize {
        self.directions.ncols()
    }

    /// Projects `points` (n x d), which are centred in place, into `out` (n x k).
    ///
    /// # Errors
    /// [`Error::Invalid`] when the shapes do not fit.
    pub fn apply(&self, mut points: ArrayViewMut2<'_, f32>, out: ArrayViewMut2<'_, f32>) -> Result<()> {
        if points.ncols() != self.inputs() {
            return Err(Error::invalid("numbers in a descriptor", points.ncols(), self.inputs().to_string()));
        }
        points -= &self.mean;
        product(points.view(), self.directions.view(), out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Points that vary by 3, 1 and 0.1 along three right-angled directions, turned.
    fn points(n: usize) -> Array2<f32> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let half = 0.5f32.sqrt();
        let directions = [[half, half, 0.0], [half, -half, 0.0], [0.0, 0.0, 1.0]];
        let mut points = Array2::zeros((n, 3));
        for mut row in points.rows_mut() {
            let along = [3.0, 1.0, 0.1].map(|s: f32| s * (rng.random::<f32>() - 0.5) * 12f32.sqrt());
            for c in 0..3 {
                row[c] = 10.0 + (0..3).map(|i| along[i] * directions[i][c]).sum::<f32>();
            }
        }
        points
    }

    #[test]
    fn the_widest_directions_come_first_and_whitening_makes_them_equal() {
        let points = points(10_000);
        for (whiten, expected) in [(false, [3.0, 1.0]), (true, [1.0, 1.0])] {
            let projection = Projection::fit(points.view(), 2, whiten).unwrap();
            let mut out = Array2::zeros((10_000, 2));
            projection.apply(points.clone().view_mut(), out.view_mut()).unwrap();
            for (column, expected) in out.columns().into_iter().zip(expected) {
                let mean = column.mean().unwrap();
                let deviation = column.mapv(|v| (v - mean).powi(2)).mean().unwrap().sqrt();
                assert!(mean.abs() < 1e-3 && (deviation / expected - 1.0).abs() < 0.02, "{mean} {deviation}");
            }
            assert_eq!(Projection::from_array(projection.to_array().view()).unwrap(), projection);
        }
    }

    #[test]
    fn too_many_dimensions_are_refused() {
        let points = points(50);
        let refusal =
            |k, whiten, points: ArrayView2<'_, f32>| Projection::fit(points, k, whiten).unwrap_err().to_string();
        assert!(refusal(4, false, points.view()).contains("1 to 3"));
        assert!(refusal(0, false, points.view()).contains("1 to 3"));
        let mut flat = points.clone();
        flat.column_mut(2).fill(1.0);
        assert!(refusal(3, true, flat.view()).contains("at most 2"));
        assert!(Projection::from_array(Array2::zeros((1, 3)).view()).is_err());
    }
}
