//! Windows that survived become faces.

use super::FoundFace;
use crate::faces::FaceBox;

/// How far apart the edges of two windows of one face may be, as a share of their sides.
const NEAR: f64 = 0.2;
/// A face within another one is dropped where the other has more windows than it and than this.
const FEW: usize = 3;

/// Windows near each other, and near those in turn, are one face: their mean box, the best of their scores. Faces of
/// `neighbours` windows or fewer are dropped, and those that lie within a face of more windows. With no neighbours each
/// window is a face.
pub(super) fn group(windows: Vec<FoundFace>, neighbours: usize) -> Vec<FoundFace> {
    if neighbours == 0 {
        return windows;
    }
    let all: Vec<Group> = classes(&windows).iter().map(|class| Group::of(class.iter().map(|&i| &windows[i]))).collect();
    let kept: Vec<&Group> = all.iter().filter(|g| g.windows > neighbours).collect();
    let hidden = |group: &&&Group| {
        kept.iter().any(|other| {
            let more = other.windows > group.windows.max(FEW) || group.windows < FEW;
            !std::ptr::eq(*other, **group) && more && within(group.face.face, other.face.face)
        })
    };
    kept.iter().filter(|group| !hidden(group)).map(|group| group.face).collect()
}

/// The windows of one face.
struct Group {
    face: FoundFace,
    windows: usize,
}

impl Group {
    fn of<'a>(members: impl Iterator<Item = &'a FoundFace>) -> Self {
        let (mut sums, mut windows, mut score) = ([0i64; 4], 0, f64::NEG_INFINITY);
        for member in members {
            let FaceBox { x, y, width, height } = member.face;
            for (sum, value) in sums.iter_mut().zip([i64::from(x), y.into(), width.into(), height.into()]) {
                *sum += value;
            }
            windows += 1;
            score = score.max(member.score);
        }
        // In single precision and to the even neighbour, as OpenCV rounds.
        let share = 1.0 / windows as f32;
        let [x, y, width, height] = sums.map(|sum| (sum as f32 * share).round_ties_even() as i32);
        Self { face: FoundFace { face: FaceBox { x, y, width: width as u32, height: height as u32 }, score }, windows }
    }
}

/// Which windows belong together: the connected components of "is near".
fn classes(windows: &[FoundFace]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..windows.len()).collect();
    let mut classes = Vec::new();
    while let Some(first) = left.pop() {
        let (mut class, mut seen) = (vec![first], 0);
        while let Some(&from) = class.get(seen) {
            let (near, far) = left.into_iter().partition(|&other| are_near(windows[from].face, windows[other].face));
            let near: Vec<usize> = near;
            class.extend(near);
            left = far;
            seen += 1;
        }
        classes.push(class);
    }
    classes
}

fn are_near(a: FaceBox, b: FaceBox) -> bool {
    let most = NEAR * f64::from(a.width.min(b.width) + a.height.min(b.height)) * 0.5;
    let edges = |f: FaceBox| [f.x, f.y, f.x + f.width as i32, f.y + f.height as i32];
    edges(a).iter().zip(edges(b)).all(|(a, b)| f64::from((a - b).abs()) <= most)
}

fn within(inner: FaceBox, outer: FaceBox) -> bool {
    let [dx, dy] = [outer.width, outer.height].map(|side| (f64::from(side) * NEAR).round_ties_even() as i32);
    inner.x >= outer.x - dx
        && inner.y >= outer.y - dy
        && inner.x + inner.width as i32 <= outer.x + outer.width as i32 + dx
        && inner.y + inner.height as i32 <= outer.y + outer.height as i32 + dy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(x: i32, y: i32, side: u32, score: f64) -> FoundFace {
        FoundFace { face: FaceBox { x, y, width: side, height: side }, score }
    }

    #[test]
    fn windows_near_each_other_are_one_face_with_the_best_score() {
        let windows = vec![window(10, 10, 50, 1.0), window(12, 10, 50, 3.0), window(14, 13, 53, 2.0)];
        assert_eq!(group(windows.clone(), 2), [window(12, 11, 51, 3.0)]);
        assert!(group(windows.clone(), 3).is_empty(), "a face has more windows than its neighbours' number");
        assert_eq!(group(windows.clone(), 0), windows);
    }

    #[test]
    fn nearness_is_passed_on() {
        let windows: Vec<_> = (0..6).map(|i| window(8 * i, 0, 50, f64::from(i))).collect();
        assert_eq!(group(windows, 3), [window(20, 0, 50, 5.0)]);
    }

    #[test]
    fn a_face_within_one_of_more_windows_is_dropped() {
        let mut windows = vec![window(0, 0, 100, 1.0); 6];
        windows.extend([window(30, 30, 40, 9.0); 3]);
        assert_eq!(group(windows.clone(), 2), [window(0, 0, 100, 1.0)]);
        windows.extend([window(30, 30, 40, 9.0); 6]);
        assert_eq!(group(windows, 2).len(), 2);
    }
}
