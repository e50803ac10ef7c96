//! Draws a group picture of synthetic faces, one for each expression, on which to try `ferrofuse predict`.
//!
//! `cargo run --release --example draw_group -- group.png [SEED]`

use ferrofuse::{Expression, dataset::face};
use image::{Rgb, RgbImage};

/// Pixels of a face and of the space around it.
const FACE: u32 = 220;
const SPACE: u32 = 40;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (path, seed) = match args.as_slice() {
        [path] => (path, 3),
        [path, seed] => (path, seed.parse()?),
        _ => return Err("usage: draw_group PICTURE [SEED]".into()),
    };
    // Two rows, the upper one shorter. Each expression of FER2013's seven once.
    let rows = [&Expression::fer2013()[..3], &Expression::fer2013()[3..]];
    let (width, height) = (4 * (FACE + SPACE) + SPACE, 2 * (FACE + SPACE) + SPACE);
    let mut picture = RgbImage::from_fn(width, height, |x, y| {
        let shade = 70 + 60 * y / height + 20 * x / width;
        Rgb([shade as u8, shade as u8 + 10, shade as u8 + 25])
    });
    for (row, expressions) in rows.into_iter().enumerate() {
        let indent = (width - expressions.len() as u32 * (FACE + SPACE) + SPACE) / 2;
        for (column, expression) in expressions.iter().enumerate() {
            let drawn = face(*expression, seed * 100 + (10 * row + column) as u64, 0.2, [FACE as usize; 2]);
            let left = indent + column as u32 * (FACE + SPACE);
            let top = SPACE + row as u32 * (FACE + SPACE);
            for ((y, x), &grey) in drawn.indexed_iter() {
                let warm = [grey, (f32::from(grey) * 0.88) as u8, (f32::from(grey) * 0.78) as u8];
                picture.put_pixel(left + x as u32, top + y as u32, Rgb(warm));
            }
        }
    }
    picture.save(path)?;
    Ok(())
}
