//! Maps of pictures as they go from layer to layer.

/// Channels come in groups of this many; what a layer lacks is filled up with zeros.
pub(super) const GROUP: usize = 32;

/// n x height x width x channels, channels last.
#[derive(Debug)]
pub(super) struct Maps {
    pub(super) n: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) values: Vec<f32>,
}

impl Maps {
    /// Numbers in a row of pixels.
    pub(super) fn row(&self) -> usize {
        self.width * self.channels
    }
}

/// Memory that maps leave behind for other maps: fresh memory would have to be cleared.
#[derive(Debug, Default)]
pub(super) struct Room(Vec<Vec<f32>>);

impl Room {
    /// Maps to be filled: their numbers are whatever was there before.
    pub(super) fn maps(&mut self, n: usize, [height, width]: [usize; 2], channels: usize) -> Maps {
        let length = n * height * width * channels;
        // The same sizes come again and again; longer memory is cut, shorter memory has to be cleared where it grows.
        let fit =
            |values: &Vec<f32>| if values.len() >= length { values.len() - length } else { usize::MAX - values.len() };
        let best = (0..self.0.len()).min_by_key(|&i| fit(&self.0[i]));
        let mut values = best.map(|i| self.0.swap_remove(i)).unwrap_or_default();
        values.resize(length, 0.0);
        Maps { n, height, width, channels, values }
    }

    /// Takes the memory of maps that nobody needs any more.
    pub(super) fn free(&mut self, maps: Maps) {
        self.0.push(maps.values);
    }
}

/// A number for each channel, and zeros where the last group is filled up.
pub(super) fn filled_up(numbers: impl IntoIterator<Item = f32>) -> Vec<f32> {
    let mut numbers: Vec<f32> = numbers.into_iter().collect();
    numbers.resize(full(numbers.len()), 0.0);
    numbers
}

/// As many channels as full groups have.
pub(super) fn full(channels: usize) -> usize {
    channels.next_multiple_of(GROUP)
}

/// Puts parts that threads made beside each other: each has so many groups of every row (of `row` numbers), the last one what is left.
pub(super) fn side_by_side(parts: &[Vec<f32>], groups: usize, row: usize, out: &mut [f32]) {
    for (i, to) in out.chunks_exact_mut(row).enumerate() {
        for (part, to) in parts.iter().zip(to.chunks_mut(groups * GROUP)) {
            to.copy_from_slice(&part[i * to.len()..][..to.len()]);
        }
    }
}
