//! Spatial pyramids (Lazebnik, Schmid and Ponce 2006): which descriptors lie in which cell of the picture.

/// The cells of a pyramid, level after level, in each row after row.
#[derive(Clone, Debug)]
pub(super) struct Pyramid(Vec<usize>);

impl Pyramid {
    /// `levels` are numbers of cells along a side; none for the whole picture.
    pub(super) fn new(levels: &[usize]) -> Self {
        Self(if levels.is_empty() { vec![1] } else { levels.to_vec() })
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        self.0.iter().map(|level| level * level).sum()
    }

    /// For each cell the numbers of the places (x and y from 0 to 1) that lie in it, ascending.
    pub(super) fn sort(&self, places: &[[f32; 2]]) -> Vec<Vec<usize>> {
        let mut cells = Vec::with_capacity(self.cells());
        for &level in &self.0 {
            let first = cells.len();
            cells.resize(first + level * level, Vec::new());
            let along = |share: f32| ((share * level as f32) as usize).min(level - 1);
            for (i, &[x, y]) in places.iter().enumerate() {
                cells[first + along(y) * level + along(x)].push(i);
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_lies_in_one_cell_of_each_level() {
        let places = [[0.0, 0.0], [0.49, 0.9], [0.5, 0.5], [1.0, 1.0], [0.99, 0.2]];
        let cells = Pyramid::new(&[1, 2]).sort(&places);
        assert_eq!(cells, [vec![0, 1, 2, 3, 4], vec![0], vec![4], vec![1], vec![2, 3]]);
        assert_eq!((Pyramid::new(&[1, 2, 3]).cells(), Pyramid::new(&[]).cells()), (14, 1));
    }
}
