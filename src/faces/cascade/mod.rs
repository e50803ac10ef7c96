//! The cascade of boosted Haar features (Viola and Jones 2001, "Rapid object detection using a boosted cascade of simple
//! features"; Lienhart and Maydt 2002), as OpenCV runs it: the same boxes with the same scores, many windows at once.
//!
//! A window slides over the picture and over smaller and smaller copies of it. Each stage of the cascade adds up the
//! votes of its trees, which compare sums of pixels, and the first stage that is not convinced drops the window. Windows
//! that survive are grouped.

mod file;
mod group;
mod laid;
mod scales;
mod search;
mod shrink;
mod sums;
#[cfg(test)]
#[cfg(feature = "opencv")]
mod tests;
mod tile;
mod wide;

pub(super) use file::WANTED;
use ndarray::ArrayView2;

use super::FoundFace;
use crate::recipe::FaceRecipe;

/// A cascade that was read from a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cascade {
    /// Width and height of the window, in pixels.
    window: [usize; 2],
    stages: Vec<Stage>,
}

/// Trees whose votes are added up.
#[derive(Clone, Debug, PartialEq)]
struct Stage {
    trees: Vec<Tree>,
    /// A window with less than this is dropped.
    threshold: f32,
}

/// Nodes in an order in which children follow their parents; the first one is the root.
#[derive(Clone, Debug, PartialEq)]
struct Tree {
    nodes: Vec<Node>,
}

/// A question about one feature.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    feature: Feature,
    threshold: f32,
    /// Where a value below the threshold leads.
    below: Branch,
    /// Where other values lead.
    above: Branch,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Branch {
    Node(usize),
    Vote(f32),
}

/// A weighted sum over two or three rectangles of the window.
#[derive(Clone, Debug, PartialEq)]
struct Feature {
    rectangles: Vec<Rectangle>,
}

/// Pixels of the window, and their weight.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rectangle {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    weight: f32,
}

impl Cascade {
    /// The faces in a grey picture, in no order.
    pub(super) fn detect(&self, grey: ArrayView2<'_, u8>, recipe: &FaceRecipe) -> Vec<FoundFace> {
        let grey = grey.as_standard_layout();
        let (height, width) = grey.dim();
        let scales = scales::scales([width, height], self.window, recipe);
        let hits = search::search(self, grey.as_slice().unwrap_or_default(), [width, height], &scales);
        let mut faces = group::group(hits, recipe.min_neighbors as usize);
        for face in faces.iter_mut().map(|f| &mut f.face) {
            // A window's side is rounded by itself and may reach a pixel too far.
            face.width = face.width.min((width as u32).saturating_sub(face.x as u32));
            face.height = face.height.min((height as u32).saturating_sub(face.y as u32));
        }
        faces
    }
}
