//! Dense SIFT: descriptors at the points of a fixed grid, all upright.

#[cfg(feature = "opencv")]
mod opencv;

#[cfg(feature = "opencv")]
pub(super) use self::opencv::DenseSift;

use crate::error::{Error, Result};
use crate::recipe::GridRecipe;

/// A keypoint of the grid, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridPoint {
    /// Column of the centre.
    pub x: f32,
    /// Row of the centre.
    pub y: f32,
    /// OpenCV's keypoint size; the descriptor covers a square of 6 sizes.
    pub size: f32,
}

/// The points of a grid on a picture of `height` x `width` pixels: row after row, in a row from left to right, at
/// each place one for each size.
///
/// # Errors
/// [`Error::Invalid`] when the grid reaches beyond the picture.
pub fn grid_points(grid: &GridRecipe, height: usize, width: usize) -> Result<Vec<GridPoint>> {
    let last = grid.first + grid.step * (grid.count.saturating_sub(1)) as f32;
    let edge = height.min(width).saturating_sub(1) as f32;
    if last > edge {
        let expected = format!("at most {edge} for pictures of {height} x {width}; set first, step or count");
        return Err(Error::invalid("last point of the grid", last, expected));
    }
    let at = |i: usize| grid.first + grid.step * i as f32;
    let mut points = Vec::with_capacity(grid.count * grid.count * grid.sizes.len());
    for row in 0..grid.count {
        for column in 0..grid.count {
            points.extend(grid.sizes.iter().map(|&size| GridPoint { x: at(column), y: at(row), size }));
        }
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_run_row_by_row_and_size_by_size() {
        let grid = GridRecipe { first: 6.0, step: 12.0, count: 4, sizes: vec![12.0, 3.0] };
        let points = grid_points(&grid, 48, 48).unwrap();
        assert_eq!(points.len(), 32);
        assert_eq!(points[0], GridPoint { x: 6.0, y: 6.0, size: 12.0 });
        assert_eq!(points[1], GridPoint { x: 6.0, y: 6.0, size: 3.0 });
        assert_eq!(points[2], GridPoint { x: 18.0, y: 6.0, size: 12.0 });
        assert_eq!(points[31], GridPoint { x: 42.0, y: 42.0, size: 3.0 });
        let error = grid_points(&grid, 48, 42).unwrap_err().to_string();
        assert!(error.contains("42, expected at most 41 for pictures of 48 x 42"), "{error}");
    }
}
