//! SIFT descriptors in memory, one byte for each number.

use std::ops::Range;

use super::codebook::Points;
use crate::error::{Error, Result};
pub use crate::recipe::DESCRIPTOR_LENGTH;

/// Where a pixel lies in its picture, x and y from 0 to 1. Pixels are squares around whole numbers.
pub(super) fn place(x: f32, y: f32, height: usize, width: usize) -> [f32; 2] {
    let share = |at: f32, length: usize| ((at + 0.5) / length as f32).clamp(0.0, 1.0);
    [share(x, width), share(y, height)]
}

/// Descriptors one after the other; OpenCV rounds each number to 0..=255, so a byte holds it exactly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescriptorSet {
    bytes: Vec<u8>,
    places: Vec<[f32; 2]>,
    root_sift: bool,
}

impl DescriptorSet {
    /// An empty set; with `root_sift` every descriptor is read as its RootSIFT.
    pub fn new(root_sift: bool) -> Self {
        Self { bytes: Vec::new(), places: Vec::new(), root_sift }
    }

    /// Appends descriptors, 128 bytes each, and the place of each in its picture: x and y from 0 to 1.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is not one place for each descriptor; nothing is appended then.
    pub fn append(
        &mut self,
        descriptors: impl IntoIterator<Item = u8>,
        places: impl IntoIterator<Item = [f32; 2]>,
    ) -> Result<()> {
        let before = self.len();
        self.bytes.extend(descriptors);
        self.places.extend(places);
        let found = self.bytes.len() - before * DESCRIPTOR_LENGTH;
        let expected = (self.places.len() - before) * DESCRIPTOR_LENGTH;
        if found != expected {
            self.bytes.truncate(before * DESCRIPTOR_LENGTH);
            self.places.truncate(before);
            return Err(Error::invalid(
                "bytes of descriptors",
                found,
                format!("{expected}, {DESCRIPTOR_LENGTH} a place"),
            ));
        }
        Ok(())
    }

    /// Appends some of the descriptors of `other`.
    pub(super) fn append_from(&mut self, other: &Self, rows: Range<usize>) {
        self.bytes.extend_from_slice(&other.bytes[rows.start * DESCRIPTOR_LENGTH..rows.end * DESCRIPTOR_LENGTH]);
        self.places.extend_from_slice(&other.places[rows]);
    }

    /// Replaces descriptor `index` by descriptor `row` of `other`; both must exist.
    pub(super) fn replace(&mut self, index: usize, other: &Self, row: usize) {
        let bytes = |i: usize| i * DESCRIPTOR_LENGTH..(i + 1) * DESCRIPTOR_LENGTH;
        self.bytes[bytes(index)].copy_from_slice(&other.bytes[bytes(row)]);
        self.places[index] = other.places[row];
    }

    /// Where each descriptor is centred in its picture: x and y from 0 to 1.
    pub fn places(&self) -> &[[f32; 2]] {
        &self.places
    }

    /// Memory that the descriptors take.
    pub(super) fn memory(&self) -> u64 {
        (self.bytes.len() + size_of_val(self.places.as_slice())) as u64
    }
}

impl Points for DescriptorSet {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn dimensions(&self) -> usize {
        DESCRIPTOR_LENGTH
    }

    fn always_finite(&self) -> bool {
        true
    }

    fn read(&self, row: usize, into: &mut [f32]) {
        let bytes = &self.bytes[row * DESCRIPTOR_LENGTH..(row + 1) * DESCRIPTOR_LENGTH];
        // Whole numbers may be summed in any order, and so in vector registers; this is `normalise::root_sift`.
        let sum: u32 = bytes.iter().map(|&b| u32::from(b)).sum();
        let scale = 1.0 / sum.max(1) as f32;
        for (value, &byte) in into.iter_mut().zip(bytes) {
            let number = f32::from(byte);
            *value = if self.root_sift { (number * scale).sqrt() } else { number };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::root_sift;

    #[test]
    fn descriptors_are_read_back_as_numbers_or_as_root_sift() {
        let bytes: Vec<u8> = (0..=255).collect();
        for root in [false, true] {
            let mut set = DescriptorSet::new(root);
            set.append(bytes.clone(), [[0.25, 0.5], [0.75, 1.0]]).unwrap();
            assert!(set.append([1, 2, 3], []).unwrap_err().to_string().contains("found 3"));
            assert!(set.append(bytes.clone(), [[0.0, 0.0]]).is_err());
            assert_eq!((set.len(), set.places()[1]), (2, [0.75, 1.0]));
            let mut row = [0.0; DESCRIPTOR_LENGTH];
            set.read(1, &mut row);
            let mut expected: Vec<f32> = (128..=255).map(|v| v as f32).collect();
            if root {
                root_sift(&mut expected);
            }
            assert_eq!(row[..], expected);
        }
    }
}
