//! SIFT descriptors in memory, one byte for each number.

use super::codebook::Points;
use super::normalise::root_sift;

/// Numbers in a SIFT descriptor: 4 x 4 cells of 8 orientations.
pub const DESCRIPTOR_LENGTH: usize = 128;

/// Descriptors one after the other; OpenCV rounds each number to 0..=255, so a byte holds it exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescriptorSet {
    bytes: Vec<u8>,
    root_sift: bool,
}

impl DescriptorSet {
    /// An empty set; with `root_sift` every descriptor is read as its RootSIFT.
    pub fn new(root_sift: bool) -> Self {
        Self { bytes: Vec::new(), root_sift }
    }

    /// An empty set with room for `descriptors`.
    pub fn with_capacity(descriptors: usize, root_sift: bool) -> Self {
        Self { bytes: Vec::with_capacity(descriptors * DESCRIPTOR_LENGTH), root_sift }
    }

    /// Appends whole descriptors; a rest shorter than one descriptor is left out.
    pub fn extend(&mut self, descriptors: &[u8]) {
        let whole = descriptors.len() - descriptors.len() % DESCRIPTOR_LENGTH;
        self.bytes.extend_from_slice(&descriptors[..whole]);
    }

    /// Lets `write` append whole descriptors.
    pub(super) fn write<E>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<(), E> {
        let outcome = write(&mut self.bytes);
        self.bytes.truncate(self.bytes.len() - self.bytes.len() % DESCRIPTOR_LENGTH);
        outcome
    }

    /// Replaces descriptor `index`, which must exist, by `descriptor`, which must have 128 bytes.
    pub(super) fn replace(&mut self, index: usize, descriptor: &[u8]) {
        self.bytes[index * DESCRIPTOR_LENGTH..(index + 1) * DESCRIPTOR_LENGTH].copy_from_slice(descriptor);
    }

    /// The bytes of all descriptors.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Points for DescriptorSet {
    fn len(&self) -> usize {
        self.bytes.len() / DESCRIPTOR_LENGTH
    }

    fn dimensions(&self) -> usize {
        DESCRIPTOR_LENGTH
    }

    fn always_finite(&self) -> bool {
        true
    }

    fn read(&self, row: usize, into: &mut [f32]) {
        let bytes = &self.bytes[row * DESCRIPTOR_LENGTH..(row + 1) * DESCRIPTOR_LENGTH];
        for (value, &byte) in into.iter_mut().zip(bytes) {
            *value = f32::from(byte);
        }
        if self.root_sift {
            root_sift(into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_read_back_as_numbers_or_as_root_sift() {
        let bytes: Vec<u8> = (0..=255).collect();
        for root in [false, true] {
            let mut set = DescriptorSet::new(root);
            set.extend(&bytes);
            set.extend(&[1, 2, 3]);
            assert_eq!(set.len(), 2);
            let mut row = [0.0; DESCRIPTOR_LENGTH];
            set.read(1, &mut row);
            let sum: f32 = (128..=255).sum::<i32>() as f32;
            let expected = if root { (130.0 / sum).sqrt() } else { 130.0 };
            assert!((row[2] - expected).abs() < 1e-6);
        }
    }
}
