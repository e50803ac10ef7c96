//! Resamples of whole clusters.

use std::collections::BTreeMap;

use rand::RngCore;

use super::BootstrapInput;
use super::block::{BYTES, Block, sum};
use super::dice::throw;
use super::tally::Tally;

/// A cluster is cut into pieces of this many rows, so that a count of a piece is small,
const ROWS: usize = 15;
/// and a byte can hold the sum of this many.
const PIECES: usize = 255 / ROWS;

/// The clusters, in the order of their numbers: the order of rows does not matter.
pub(super) struct Clusters {
    /// For each 64 counts of a tally, those of all pieces of all clusters.
    blocks: Vec<Vec<Block>>,
    /// The first piece of each cluster, and where the last cluster ends.
    bounds: Vec<u32>,
}

/// Room for the clusters drawn and for their pieces.
#[derive(Default)]
pub(super) struct Room {
    drawn: Vec<u32>,
    pieces: Vec<u32>,
}

impl Clusters {
    /// For checked input, with the cluster of each row.
    pub(super) fn new(input: &BootstrapInput<'_>, clusters: &[u32]) -> Self {
        let mut rows_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (row, &cluster) in clusters.iter().enumerate() {
            rows_of.entry(cluster).or_default().push(row);
        }
        let mut tally = Tally::new(input.predicted.len(), input.classes);
        let mut blocks = vec![Vec::new(); tally.counts().len().div_ceil(BYTES)];
        let mut bounds = vec![0];
        let mut pieces = 0;
        for rows in rows_of.values() {
            for rows in rows.chunks(ROWS) {
                tally.clear();
                for &row in rows {
                    tally.add_row(input.labels[row], input.predicted.iter().map(|predicted| predicted[row]));
                }
                for (block, counts) in blocks.iter_mut().zip(tally.counts().chunks(BYTES)) {
                    let mut piece = Block::ZERO;
                    piece.0.iter_mut().zip(counts).for_each(|(byte, &count)| *byte = count as u8);
                    block.push(piece);
                }
                pieces += 1;
            }
            bounds.push(pieces);
        }
        Self { blocks, bounds }
    }

    /// How many there are.
    pub(super) fn number(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Counts the rows of as many clusters as there are, drawn with replacement.
    pub(super) fn draw(&self, rng: &mut impl RngCore, room: &mut Room, tally: &mut Tally) {
        room.drawn.resize(self.number(), 0);
        throw(rng, self.number() as u32, &mut room.drawn);
        self.count(room, tally);
    }

    /// Counts the rows of the clusters drawn, which are numbered from 0.
    fn count(&self, room: &mut Room, tally: &mut Tally) {
        let Room { drawn, pieces } = room;
        pieces.clear();
        for &cluster in drawn.iter() {
            let cluster = cluster as usize;
            pieces.extend(self.bounds[cluster]..self.bounds[cluster + 1]);
        }
        pulp::Arch::new().dispatch(Count { blocks: &self.blocks, pieces, counts: tally.counts_mut() });
    }

    /// Counts the rows of these clusters.
    #[cfg(test)]
    pub(super) fn count_of(&self, drawn: Vec<u32>, tally: &mut Tally) {
        self.count(&mut Room { drawn, pieces: Vec::new() }, tally);
    }
}

struct Count<'a> {
    blocks: &'a [Vec<Block>],
    pieces: &'a [u32],
    counts: &'a mut [u32],
}

impl pulp::NullaryFnOnce for Count<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        self.counts.fill(0);
        for (blocks, counts) in self.blocks.iter().zip(self.counts.chunks_mut(BYTES)) {
            let mut sums = [0u32; BYTES];
            for few in self.pieces.chunks(PIECES) {
                sums.iter_mut().zip(sum(blocks, few)).for_each(|(sum, count)| *sum += u32::from(count));
            }
            counts.iter_mut().zip(sums).for_each(|(count, sum)| *count = sum);
        }
    }
}
