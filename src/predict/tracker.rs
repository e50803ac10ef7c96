//! Who is who from frame to frame, and probabilities smoothed over time.

use std::collections::VecDeque;

use crate::faces::FaceBox;

/// The least overlap (intersection over union) of a face with where it was, to be the same face.
const LEAST_OVERLAP: f64 = 0.3;
/// Seconds for which a face may be lost and still be the same when it comes back there.
const PATIENCE: f64 = 1.0;

/// Follows faces by the overlap of their boxes.
#[derive(Debug)]
pub struct Tracker {
    window: f64,
    tracks: Vec<Track>,
    made: u32,
}

#[derive(Debug)]
struct Track {
    id: u32,
    face: FaceBox,
    seen: f64,
    recent: VecDeque<(f64, Vec<f32>)>,
}

/// A face of a frame as the tracker knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// The number of the face, from 1.
    pub track: u32,
    /// The mean of its probabilities over the window that ends with this frame.
    pub smoothed: Vec<f32>,
}

impl Tracker {
    /// `window` are the seconds that probabilities are averaged over, 0 for each frame by itself.
    pub fn new(window: f64) -> Self {
        Self { window, tracks: Vec::new(), made: 0 }
    }

    /// Takes the faces of the frame at `time` (in seconds, not falling) with their probabilities. Pairs of a known face and
    /// a new one are taken in the order of their overlap.
    pub fn follow(&mut self, time: f64, faces: &[(FaceBox, &[f32])]) -> Vec<Tracked> {
        self.tracks.retain(|t| time - t.seen <= PATIENCE);
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (t, track) in self.tracks.iter().enumerate() {
            for (f, (face, _)) in faces.iter().enumerate() {
                let overlap = track.face.overlap(face);
                if overlap >= LEAST_OVERLAP {
                    pairs.push((overlap, t, f));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut of_face: Vec<Option<usize>> = vec![None; faces.len()];
        let mut used = vec![false; self.tracks.len()];
        for (_, t, f) in pairs {
            if !used[t] && of_face[f].is_none() {
                used[t] = true;
                of_face[f] = Some(t);
            }
        }
        let mut follow_one = |(&(face, probabilities), known): (&(FaceBox, &[f32]), Option<usize>)| {
            let at = known.unwrap_or_else(|| {
                self.made += 1;
                self.tracks.push(Track { id: self.made, face, seen: time, recent: VecDeque::new() });
                self.tracks.len() - 1
            });
            let track = &mut self.tracks[at];
            (track.face, track.seen) = (face, time);
            track.recent.push_back((time, probabilities.to_vec()));
            while track.recent.len() > 1 && track.recent.front().is_some_and(|(t, _)| time - t >= self.window) {
                track.recent.pop_front();
            }
            Tracked { track: track.id, smoothed: mean(&track.recent, probabilities.len()) }
        };
        faces.iter().zip(of_face).map(&mut follow_one).collect()
    }
}

fn mean(recent: &VecDeque<(f64, Vec<f32>)>, classes: usize) -> Vec<f32> {
    let mut sum = vec![0f64; classes];
    for (_, probabilities) in recent {
        for (sum, p) in sum.iter_mut().zip(probabilities) {
            *sum += f64::from(*p);
        }
    }
    sum.into_iter().map(|s| (s / recent.len().max(1) as f64) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: i32) -> FaceBox {
        FaceBox { x, y: 0, width: 100, height: 100 }
    }

    fn tracks(found: &[Tracked]) -> Vec<u32> {
        found.iter().map(|t| t.track).collect()
    }

    #[test]
    fn faces_keep_their_number_while_they_move_and_cross_the_list() {
        let mut tracker = Tracker::new(0.0);
        let p: &[f32] = &[0.5, 0.5];
        assert_eq!(tracks(&tracker.follow(0.0, &[(at(0), p), (at(300), p)])), [1, 2]);
        assert_eq!(tracks(&tracker.follow(0.1, &[(at(280), p), (at(20), p)])), [2, 1]);
        // A third face, and the second is hidden for half a second.
        assert_eq!(tracks(&tracker.follow(0.2, &[(at(40), p), (at(700), p)])), [1, 3]);
        assert_eq!(tracks(&tracker.follow(0.7, &[(at(40), p), (at(290), p)])), [1, 2]);
        // Hidden for longer it is another one.
        assert_eq!(tracks(&tracker.follow(2.0, &[(at(290), p)])), [4]);
    }

    #[test]
    fn probabilities_are_means_over_the_window() {
        let mut tracker = Tracker::new(0.25);
        let mut last = Vec::new();
        for (time, p) in [(0.0, [1.0f32, 0.0]), (0.1, [1.0, 0.0]), (0.2, [0.0, 1.0]), (0.3, [0.0, 1.0])] {
            last = tracker.follow(time, &[(at(0), &p)]);
        }
        // The frame at 0.0 has left the window.
        assert!((last[0].smoothed[0] - 1.0 / 3.0).abs() < 1e-6, "{last:?}");
        let mut alone = Tracker::new(0.0);
        alone.follow(0.0, &[(at(0), &[1.0, 0.0])]);
        assert_eq!(alone.follow(0.1, &[(at(0), &[0.0, 1.0])])[0].smoothed, [0.0, 1.0]);
    }
}
