//! Where the descriptors of a grid lie.

use crate::error::{Error, Result};
use crate::recipe::{Backend, GridRecipe};

use super::BINS;

/// A descriptor of the grid, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridPoint {
    /// Column of the centre.
    pub x: f32,
    /// Row of the centre.
    pub y: f32,
    /// OpenCV's keypoint size, or the width of a spatial bin.
    pub size: f32,
}

/// The descriptors of a grid on a picture of `height` x `width` pixels, in the order in which they are computed:
/// OpenCV's row after row, from left to right, at each place one for each size; the native ones bin width after bin
/// width, in each row after row, from left to right.
///
/// # Errors
/// [`Error::Invalid`] when the grid reaches beyond the picture.
pub fn grid_points(grid: &GridRecipe, height: usize, width: usize) -> Result<Vec<GridPoint>> {
    match grid.backend() {
        Backend::Native => native_points(grid, height, width),
        Backend::Opencv => keypoints(grid, height, width),
    }
}

fn keypoints(grid: &GridRecipe, height: usize, width: usize) -> Result<Vec<GridPoint>> {
    let (Some(first), Some(count)) = (grid.first, grid.count) else {
        return Err(Error::invalid("grid", format!("{grid:?}"), "first and count"));
    };
    let last = first + grid.step * count.saturating_sub(1) as f32;
    let edge = height.min(width).saturating_sub(1) as f32;
    if last > edge {
        let expected = format!("at most {edge} for pictures of {height} x {width}; set first, step or count");
        return Err(Error::invalid("last point of the grid", last, expected));
    }
    let at = |i: usize| first + grid.step * i as f32;
    let mut points = Vec::with_capacity(count * count * grid.sizes.len());
    for row in 0..count {
        for column in 0..count {
            points.extend(grid.sizes.iter().map(|&size| GridPoint { x: at(column), y: at(row), size }));
        }
    }
    Ok(points)
}

fn native_points(grid: &GridRecipe, height: usize, width: usize) -> Result<Vec<GridPoint>> {
    let mut points = Vec::new();
    for &size in &grid.bins {
        let columns = native_starts(grid, size, width)?;
        let to_centre = (BINS - 1) as f32 * size as f32 / 2.0;
        for row in native_starts(grid, size, height)? {
            let y = row as f32 + to_centre;
            points.extend(columns.iter().map(|&c| GridPoint { x: c as f32 + to_centre, y, size: size as f32 }));
        }
    }
    Ok(points)
}

/// The pixels along a side of `length` pixels that the first bins of descriptors are centred on, for bins of `size`.
///
/// # Errors
/// [`Error::Invalid`] when not all descriptors fit, or not a single one.
pub(super) fn native_starts(grid: &GridRecipe, size: usize, length: usize) -> Result<Vec<usize>> {
    let span = (BINS - 1) * size;
    let step = (grid.step as usize).max(1);
    let fail = |expected: String| Err(Error::invalid(format!("grid of {size}-pixel bins"), side(length), expected));
    if length <= span {
        return fail(format!("at least {} pixels for a descriptor", span + 1));
    }
    // The centres of all bins lie on pixels of the picture.
    let room = length - 1 - span;
    let first = grid.first.map(|f| f as usize);
    let most = room.saturating_sub(first.unwrap_or(0)) / step + 1;
    let count = grid.count.unwrap_or(most);
    let first = first.unwrap_or_else(|| room.saturating_sub((count - 1) * step) / 2);
    let needed = first + (count - 1) * step + span + 1;
    if needed > length {
        return fail(format!("at least {needed} pixels; set first, step or count"));
    }
    Ok((0..count).map(|i| first + i * step).collect())
}

fn side(length: usize) -> String {
    format!("a side of {length} pixels")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keypoints_run_row_by_row_and_size_by_size() {
        let grid = GridRecipe {
            first: Some(6.0),
            step: 12.0,
            count: Some(4),
            sizes: vec![12.0, 3.0],
            ..GridRecipe::default()
        };
        let points = grid_points(&grid, 48, 48).unwrap();
        assert_eq!(points.len(), 32);
        assert_eq!(points[0], GridPoint { x: 6.0, y: 6.0, size: 12.0 });
        assert_eq!(points[1], GridPoint { x: 6.0, y: 6.0, size: 3.0 });
        assert_eq!(points[2], GridPoint { x: 18.0, y: 6.0, size: 12.0 });
        assert_eq!(points[31], GridPoint { x: 42.0, y: 42.0, size: 3.0 });
        let error = grid_points(&grid, 48, 42).unwrap_err().to_string();
        assert!(error.contains("42, expected at most 41 for pictures of 48 x 42"), "{error}");
    }

    #[test]
    fn a_native_grid_is_centred_and_as_large_as_fits() {
        let grid = |step| GridRecipe { step, bins: vec![4], ..GridRecipe::default() };
        assert_eq!(native_starts(&grid(7.0), 4, 48).unwrap(), [0, 7, 14, 21, 28, 35]);
        assert_eq!(native_starts(&grid(3.0), 4, 48).unwrap()[..2], [1, 4]);
        assert_eq!(grid_points(&grid(3.0), 48, 48).unwrap().len(), 144);
        assert_eq!(grid_points(&grid(7.0), 48, 48).unwrap()[0], GridPoint { x: 6.0, y: 6.0, size: 4.0 });
        assert_eq!(native_starts(&grid(100.0), 4, 13).unwrap(), [0]);
        let given = GridRecipe { first: Some(2.0), count: Some(3), ..grid(5.0) };
        assert_eq!(native_starts(&given, 4, 48).unwrap(), [2, 7, 12]);
        assert_eq!(native_starts(&given, 4, 25).unwrap(), [2, 7, 12]);
        let error = native_starts(&given, 4, 24).unwrap_err().to_string();
        assert!(error.contains("at least 25 pixels") && error.contains("24"), "{error}");
        let error = native_starts(&grid(7.0), 4, 12).unwrap_err().to_string();
        assert!(error.contains("at least 13 pixels"), "{error}");
    }
}
