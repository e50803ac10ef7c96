//! Vectors of locally aggregated descriptors (Jegou et al. 2010).

use ndarray::ArrayView2;

/// Sums, for each word (k x D), the differences of its points (n x D) from it, into `vector` of k D numbers. Only
/// the points `inside` count; `words` are those of all points.
pub(super) fn encode(
    points: ArrayView2<'_, f32>,
    words: &[u32],
    inside: &[usize],
    centres: ArrayView2<'_, f32>,
    vector: &mut [f32],
) {
    vector.fill(0.0);
    for &i in inside {
        let word = words[i] as usize;
        let sums = &mut vector[word * centres.ncols()..][..centres.ncols()];
        for ((sum, v), c) in sums.iter_mut().zip(points.row(i)).zip(centres.row(word)) {
            *sum += v - c;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn differences_are_summed_by_word() {
        let points = array![[1.0, 2.0], [3.0, 5.0], [10.0, 0.0], [7.0, 7.0]];
        let centres = array![[1.0, 1.0], [9.0, 0.0]];
        let mut vector = [9.0; 4];
        encode(points.view(), &[0, 0, 1, 1], &[0, 1, 2], centres.view(), &mut vector);
        assert_eq!(vector, [2.0, 5.0, 1.0, 0.0]);
    }
}
