//! Sixty-four counts that are added up in one or two vector instructions.

/// Counts in a block, one byte each.
pub(super) const BYTES: usize = 64;

/// One line of the processor's cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Block(pub(super) [u8; BYTES]);

impl Block {
    /// Nothing counted.
    pub(super) const ZERO: Self = Self([0; BYTES]);
}

/// The sum of the blocks named, which are so few or so small that no byte overflows. To be called where the vector
/// instructions of the processor are switched on.
#[inline(always)]
pub(super) fn sum(blocks: &[Block], drawn: &[u32]) -> [u8; BYTES] {
    let mut sum = [0u8; BYTES];
    for &place in drawn {
        let Block(block) = &blocks[place as usize];
        for (sum, count) in sum.iter_mut().zip(block) {
            *sum = sum.wrapping_add(*count);
        }
    }
    sum
}
