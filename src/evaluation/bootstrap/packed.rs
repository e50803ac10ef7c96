//! What all models predict of a row in as few bytes as it takes to count by adding.

use super::block::{BYTES, Block, sum};

/// Four-bit lanes of a block, two in each byte: lane i in the lower half of byte i, lane i + 64 in its upper half.
const LANES: usize = 2 * BYTES;
/// A lane of four bits can count this many rows,
const FEW: usize = 15;
/// and a whole byte this many.
const MANY: usize = 17 * FEW;

/// The rows of one true class. A row has a lane for each model and each class but the last, which holds 1 when the
/// model predicts that class; the last class is what is left.
///
/// Drawn rows are then counted for all models at once by adding bytes, in vector instructions, where a table of counts
/// for each model would be one addition to memory for each row and each model.
pub(super) struct PackedRows {
    /// Block after block, in each all rows: what is added up together lies close together.
    blocks: Vec<Vec<Block>>,
    number: usize,
}

impl PackedRows {
    /// Of the rows numbered `rows`; `predicted` are m x n labels below `classes`.
    pub(super) fn new(predicted: &[Vec<u8>], classes: usize, rows: &[u32]) -> Self {
        let lanes = classes.saturating_sub(1);
        let mut blocks = vec![vec![Block::ZERO; rows.len()]; (predicted.len() * lanes).div_ceil(LANES)];
        for (model, predicted) in predicted.iter().enumerate() {
            for (place, &row) in rows.iter().enumerate() {
                let class = usize::from(predicted[row as usize]);
                if class < lanes {
                    let (block, lane) = ((model * lanes + class) / LANES, (model * lanes + class) % LANES);
                    blocks[block][place].0[lane % BYTES] |= if lane < BYTES { 1 } else { 1 << 4 };
                }
            }
        }
        Self { blocks, number: rows.len() }
    }

    /// How many rows there are.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Numbers that [`PackedRows::count`] fills.
    pub(super) fn width(&self) -> usize {
        self.blocks.len() * LANES
    }

    /// Counts the rows drawn, which are numbered as they came, once for each time they are in `drawn`: for each lane
    /// how many of them hold 1, model after model, the classes but the last of each.
    pub(super) fn count(&self, drawn: &[u32], counts: &mut [u32]) {
        pulp::Arch::new().dispatch(Count { blocks: &self.blocks, drawn, counts });
    }
}

struct Count<'a> {
    blocks: &'a [Vec<Block>],
    drawn: &'a [u32],
    counts: &'a mut [u32],
}

impl pulp::NullaryFnOnce for Count<'_> {
    type Output = ();
    #[inline(always)]
    fn call(self) {
        for (rows, counts) in self.blocks.iter().zip(self.counts.chunks_exact_mut(LANES)) {
            add(rows, self.drawn, counts);
        }
    }
}

#[inline(always)]
fn add(rows: &[Block], drawn: &[u32], counts: &mut [u32]) {
    counts.fill(0);
    let (low, high) = counts.split_at_mut(BYTES);
    for many in drawn.chunks(MANY) {
        let (mut even, mut odd) = ([0u8; BYTES], [0u8; BYTES]);
        for few in many.chunks(FEW) {
            for ((even, odd), sum) in even.iter_mut().zip(&mut odd).zip(sum(rows, few)) {
                *even += sum & 15;
                *odd += sum >> 4;
            }
        }
        low.iter_mut().zip(even).for_each(|(count, lane)| *count += u32::from(lane));
        high.iter_mut().zip(odd).for_each(|(count, lane)| *count += u32::from(lane));
    }
}
