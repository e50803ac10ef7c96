//! A cascade laid out for sums of one grid, and its answers for several windows at once.

use super::file::MOST_NODES;
use super::sums::{Grid, REACH};
use super::wide::{LANES, Lanes, Wide};
use super::{Branch, Cascade, Feature, Node, Rectangle, Stage};

/// The cascade with places in memory instead of pixels.
pub(super) struct Laid {
    /// All nodes, tree by tree and stage by stage.
    nodes: Vec<LaidNode>,
    pub(super) stages: Vec<LaidStage>,
    /// Of the rectangle over which a window's brightness is measured, and its area.
    inner: [u16; 4],
    area: f64,
}

/// The trees of a stage.
pub(super) struct LaidStage {
    /// Nodes of each tree.
    trees: Vec<usize>,
    /// The first of its nodes.
    first: usize,
    threshold: f64,
}

struct LaidNode {
    /// The corners of its rectangles, and their weights; the third one may be missing.
    corners: [[u16; 4]; 3],
    weights: [f32; 3],
    has_third: bool,
    threshold: f32,
    below: Branch,
    above: Branch,
}

impl Laid {
    pub(super) fn new(cascade: &Cascade, grid: Grid) -> Self {
        let [width, height] = cascade.window.map(|side| side - 2);
        let mut nodes = Vec::new();
        let stage = |stage: &Stage| {
            let first = nodes.len();
            nodes.extend(stage.trees.iter().flat_map(|t| &t.nodes).map(|node| LaidNode::new(node, grid)));
            let trees = stage.trees.iter().map(|t| t.nodes.len()).collect();
            LaidStage { trees, first, threshold: stage.threshold.into() }
        };
        let stages = cascade.stages.iter().map(stage).collect();
        let inner = corners(&Rectangle { x: 1, y: 1, width, height, weight: 1.0 }, grid);
        Self { nodes, stages, inner, area: (width * height) as f64 }
    }

    /// One over the contrast of each window, times its area's root, and whether there is contrast enough to look at all.
    #[inline(always)]
    pub(super) fn contrast<W: Wide>(
        &self,
        wide: W,
        pixels: &[i32; REACH],
        squares: &[i32; REACH],
    ) -> (Lanes<f32>, Lanes<bool>) {
        let sum = wide.whole_numbers(sum_within(wide, pixels, &self.inner));
        let square = wide.whole_numbers(sum_within(wide, squares, &self.inner));
        let (mut factor, mut enough) = ([1.0; LANES], [false; LANES]);
        for lane in 0..LANES {
            let mean = f64::from(sum[lane]);
            // Squares are without a sign and may need the last bit.
            let contrast = self.area * f64::from(square[lane] as u32) - mean * mean;
            // Where there is none, this is no number, or beyond the limit.
            factor[lane] = (1.0 / contrast.sqrt()) as f32;
            enough[lane] = self.area * f64::from(factor[lane]) < 0.1;
        }
        (factor, enough)
    }

    /// What the trees of a stage say together of each window. `sums` begins at the first window.
    #[inline(always)]
    pub(super) fn votes<W: Wide>(
        &self,
        wide: W,
        stage: &LaidStage,
        sums: &[i32; REACH],
        contrast: W::Single,
    ) -> Lanes<f64> {
        let mut total = wide.zero();
        let mut nodes = &self.nodes[stage.first..];
        for &length in &stage.trees {
            let Some((tree, rest)) = nodes.split_at_checked(length) else { break };
            nodes = rest;
            let votes = match tree {
                [stump] => stump.choose(wide, sums, contrast, &[]),
                _ => of_tree(wide, tree, sums, contrast),
            };
            total = wide.added(total, votes);
        }
        wide.numbers(total)
    }
}

impl LaidStage {
    /// Whether the stage lets a window with these votes pass.
    #[inline(always)]
    pub(super) fn is_convinced(&self, votes: f64) -> bool {
        votes >= self.threshold
    }
}

/// The votes of a tree of several nodes: of all of them, from the last to the root.
#[inline(always)]
fn of_tree<W: Wide>(wide: W, nodes: &[LaidNode], sums: &[i32; REACH], contrast: W::Single) -> W::Single {
    let mut votes = [wide.splat(0.0); MOST_NODES];
    for (i, node) in nodes.iter().enumerate().rev() {
        votes[i % MOST_NODES] = node.choose(wide, sums, contrast, &votes);
    }
    votes[0]
}

/// What a branch leads to, given what the nodes that follow say.
#[inline(always)]
fn followed<W: Wide>(wide: W, branch: Branch, votes: &[W::Single]) -> W::Single {
    match branch {
        Branch::Vote(vote) => wide.splat(vote),
        Branch::Node(node) => votes.get(node).copied().unwrap_or(wide.splat(0.0)),
    }
}

impl LaidNode {
    fn new(Node { feature: Feature { rectangles }, threshold, below, above }: &Node, grid: Grid) -> Self {
        let (mut places, mut weights) = ([[0; 4]; 3], [0.0; 3]);
        for ((place, weight), rectangle) in places.iter_mut().zip(&mut weights).zip(rectangles) {
            *place = corners(rectangle, grid);
            *weight = rectangle.weight;
        }
        Self {
            corners: places,
            weights,
            has_third: weights[2] != 0.0,
            threshold: *threshold,
            below: *below,
            above: *above,
        }
    }

    /// What the node says of each window, given what those that follow it say.
    #[inline(always)]
    fn choose<W: Wide>(&self, wide: W, sums: &[i32; REACH], contrast: W::Single, votes: &[W::Single]) -> W::Single {
        let part = |i: usize| {
            let sum = wide.single(sum_within(wide, sums, &self.corners[i]));
            wide.times(wide.splat(self.weights[i]), sum)
        };
        let mut value = wide.sum(part(0), part(1));
        if self.has_third {
            value = wide.sum(value, part(2));
        }
        let (below, above) = (followed(wide, self.below, votes), followed(wide, self.above, votes));
        wide.choose(wide.times(value, contrast), self.threshold, below, above)
    }
}

/// The sums over one rectangle of each window.
#[inline(always)]
fn sum_within<W: Wide>(wide: W, sums: &[i32; REACH], corners: &[u16; 4]) -> W::Whole {
    let load = |at: u16| wide.load(sums[usize::from(at)..].first_chunk().unwrap_or(&[0; LANES]));
    let upper = wide.minus(load(corners[0]), load(corners[1]));
    wide.plus(wide.minus(upper, load(corners[2])), load(corners[3]))
}

/// Where the corners of a rectangle lie: upper left, upper right, lower left, lower right.
fn corners(r: &Rectangle, grid: Grid) -> [u16; 4] {
    let (right, bottom) = (r.x + r.width, r.y + r.height);
    [(r.x, r.y), (right, r.y), (r.x, bottom), (right, bottom)].map(|(x, y)| grid.at(x, y) as u16)
}
