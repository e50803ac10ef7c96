//! A bar chart of the rows per class and split.

use kuva::backend::png::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::plot::BarPlot;
use kuva::prelude::{Layout, Plot, render_multiple};

use super::{Dataset, Split};
use crate::error::{Error, Result};

/// Colours that stay apart for colour-blind readers and in print (Okabe and Ito 2008): train, validation, test.
const COLOURS: [&str; 3] = ["#0072b2", "#e69f00", "#009e73"];

/// The chart as PNG and as SVG.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The bytes of a PNG file.
    pub png: Vec<u8>,
    /// The text of an SVG file; it uses the viewer's sans-serif font.
    pub svg: String,
}

/// Draws the rows of each class, one bar for each split.
///
/// # Errors
/// [`Error::Backend`] when the picture cannot be encoded.
pub fn counts_chart(dataset: &Dataset) -> Result<Chart> {
    let mut bars = BarPlot::new().with_width(0.85);
    for (class, counts) in dataset.info.classes.iter().zip(dataset.counts()) {
        bars = bars.with_group(class.clone(), counts.iter().zip(COLOURS).map(|(&n, colour)| (n as f64, colour)));
    }
    let plots: Vec<Plot> = vec![bars.with_legend(Split::ALL.map(Split::name).to_vec()).into()];
    let synthetic = if dataset.info.synthetic { ", synthetic faces" } else { "" };
    let layout = Layout::auto_from_plots(&plots)
        .with_title(format!("{}: rows per class and split{synthetic}", dataset.info.title))
        .with_y_label("rows");
    let scene = render_multiple(plots, layout);
    let png = PngBackend::new().render_scene(&scene).map_err(|e| Error::backend("kuva", "draw the bar chart", e))?;
    Ok(Chart { png, svg: SvgBackend::new().render_scene(&scene) })
}
