//! Convolutions beside the sums that define them.

use super::convolution::{Bench, Convolution};
use super::dense::Dense;
use super::maps::{Maps, full};
use super::patches::{Kernel, Patches};
use super::tiles::Tile;
use super::winograd::Winograd;

/// As good as random, within -1 and 1.
fn number(i: usize) -> f32 {
    (i.wrapping_mul(2_654_435_761) >> 7) as u32 as f32 / u32::MAX as f32 * 2.0 - 1.0
}

fn weight(output: usize, input: usize, y: usize, x: usize) -> f32 {
    number(output * 7919 + input * 104_729 + y * 31 + x + 1)
}

fn drawn(n: usize, [height, width]: [usize; 2], known: usize, seed: usize) -> Maps {
    let channels = full(known);
    let length = n * height * width * channels;
    let values = (0..length).map(|i| if i % channels < known { number(i + seed) } else { 0.0 }).collect();
    Maps { n, height, width, channels, values }
}

/// Compares what comes out with its definition, of `n` pictures: with a ReLU, and with what a shortcut brings before it.
fn compare(
    convolution: impl Fn(&[f32], bool) -> Convolution,
    kernel: Kernel,
    n: usize,
    size: [usize; 2],
    [inputs, outputs]: [usize; 2],
) {
    let Kernel { side, stride, before, .. } = kernel;
    let [height, width] = kernel.size(size);
    let bias: Vec<f32> = (0..outputs).map(number).collect();
    let maps = drawn(n, size, inputs, 0);
    let shortcut = drawn(n, [height, width], outputs, 1);
    let tap = |picture: usize, y: usize, x: usize, output: usize, a: usize, b: usize| {
        let (y, x) = ((y * stride + a).wrapping_sub(before), (x * stride + b).wrapping_sub(before));
        if y >= size[0] || x >= size[1] {
            return 0.0;
        }
        let seen = &maps.values[((picture * size[0] + y) * size[1] + x) * maps.channels..];
        (0..inputs).map(|i| f64::from(seen[i]) * f64::from(weight(output, i, a, b))).sum::<f64>()
    };
    for around in [None, Some(&shortcut)] {
        let convolution = convolution(&bias, around.is_none());
        for threads in [1, 2] {
            let what = format!("{kernel:?}, {n} of {size:?}, {inputs} to {outputs}, {threads}, {}", around.is_some());
            let out = convolution.run(&maps, around, &mut Bench::default(), threads);
            assert_eq!((out.n, out.height, out.width, out.channels), (n, height, width, full(outputs)), "{what}");
            for (at, &found) in out.values.iter().enumerate() {
                let (pixel, output) = (at / out.channels, at % out.channels);
                let (picture, y, x) = (pixel / (height * width), pixel / width % height, pixel % width);
                let mut sum = around.map_or(0.0, |maps| f64::from(maps.values[at]));
                if output < outputs {
                    sum += f64::from(bias[output]);
                    sum += (0..side * side).map(|i| tap(picture, y, x, output, i / side, i % side)).sum::<f64>();
                }
                let apart = (f64::from(found) - sum.max(0.0)).abs();
                // Tiles of four by four round to five digits of the largest products.
                assert!(apart < 3e-4, "{what}, {at}: {found} and not {sum}");
            }
        }
    }
}

#[test]
fn tiles_give_what_sums_give() {
    for tile in [Tile::TWO, Tile::FOUR, Tile::THREE_OF_FOUR, Tile::TWO_OF_FIVE] {
        for (padding, n, size) in
            [([1, 1], 1, [5, 7]), ([0, 0], 2, [13, 9]), ([1, 2], 2, [8, 8]), ([2, 2], 1, [1, 2]), ([0, 1], 1, [23, 30])]
        {
            for channels in [[40, 33], [3, 70]] {
                let kernel = Kernel { side: tile.kernel, stride: 1, before: padding[0], behind: padding[1] };
                let tiles = |bias: &[f32], relu| {
                    Convolution::Winograd(Winograd::new(channels, weight, bias, padding, tile, relu))
                };
                compare(tiles, kernel, n, size, channels);
            }
        }
    }
}

#[test]
fn patches_give_what_sums_give() {
    let maps = [(1, [6, 5], [64, 70]), (2, [9, 25], [32, 40]), (1, [12, 12], [3, 96]), (1, [5, 51], [20, 8])];
    for (side, stride, before, behind) in [(3, 2, 1, 1), (1, 2, 0, 0), (5, 1, 2, 2), (4, 1, 1, 2), (3, 1, 0, 0)] {
        let kernel = Kernel { side, stride, before, behind };
        for (n, size, channels) in maps {
            let patches = |bias: &[f32], relu| {
                Convolution::Patches(Patches::new(kernel, full(channels[0]), channels, weight, bias, relu))
            };
            compare(patches, kernel, n, size, channels);
        }
    }
}

#[test]
fn many_channels_are_shared_among_threads() {
    let (kernel, channels) = (Kernel { side: 3, stride: 1, before: 1, behind: 1 }, [128, 160]);
    let tiles =
        |bias: &[f32], relu| Convolution::Winograd(Winograd::new(channels, weight, bias, [1, 1], Tile::TWO, relu));
    let patches = |bias: &[f32], relu| Convolution::Patches(Patches::new(kernel, 128, channels, weight, bias, relu));
    compare(tiles, kernel, 1, [6, 5], channels);
    compare(patches, kernel, 1, [6, 5], channels);
}

#[test]
fn dense_layers_give_what_sums_give_to_any_number_of_rows() {
    // Of one slice, of several, and of so many weights that threads share them.
    for (inputs, outputs) in [(96, 70), (1_300, 40), (20_000, 64)] {
        // What fills a group up has no weight.
        let columns: Vec<Option<usize>> = (0..inputs).map(|i| (i % 32 < 30).then_some(i)).collect();
        let bias: Vec<f32> = (0..outputs).map(number).collect();
        let dense = Dense::new(&columns, outputs, |output, input| weight(output, input, 0, 0), &bias, true);
        assert_eq!(dense.is_heavy(), inputs == 20_000);
        let values: Vec<f32> = (0..65 * inputs).map(number).collect();
        let alone: Vec<Vec<f32>> = values.chunks_exact(inputs).map(|row| dense.run(1, row, 1)).collect();
        for (row, (values, alone)) in values.chunks_exact(inputs).zip(&alone).enumerate().step_by(8) {
            for (output, &found) in alone.iter().enumerate() {
                let products = columns.iter().zip(values).filter_map(|(column, value)| {
                    Some(f64::from(weight(output, (*column)?, 0, 0)) * f64::from(*value))
                });
                let sum = if output < outputs { products.sum::<f64>() + f64::from(bias[output]) } else { 0.0 };
                assert!(
                    (f64::from(found) - sum.max(0.0)).abs() < 1e-3,
                    "{inputs}, {row}, {output}: {found}, not {sum}"
                );
            }
        }
        for (rows, threads) in [(1, 2), (2, 1), (7, 2), (65, 1), (65, 2)] {
            let together = dense.run(rows, &values[..rows * inputs], threads);
            assert!(together == alone[..rows].concat(), "{inputs}, {rows} rows on {threads} threads");
        }
    }
}
