//! Probabilities over the time of a video, in bounded memory.

/// Columns that a face's course is kept in; when they are full, each two become one.
const COLUMNS: usize = 512;
/// Faces whose course is kept; of more, those that were seen least are dropped.
const FACES: usize = 64;

/// The courses of the faces of a video.
#[derive(Clone, Debug)]
pub struct Timeline {
    classes: usize,
    /// Seconds in a column.
    column: f64,
    courses: Vec<Course>,
    end: f64,
}

/// One face over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Its number.
    pub track: u32,
    /// When it was seen first and last, in seconds.
    pub seen: [f64; 2],
    /// Frames that it was seen in.
    pub frames: u64,
    /// Sums of its probabilities over these.
    sums: Vec<f64>,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Column {
    frames: u64,
    sums: Vec<f64>,
}

impl Timeline {
    /// For probabilities of so many classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, column: 1.0 / 16.0, courses: Vec::new(), end: 0.0 }
    }

    /// A face at a time, in seconds from 0.
    pub fn add(&mut self, track: u32, time: f64, probabilities: &[f32]) {
        let time = time.max(0.0);
        self.end = self.end.max(time);
        while time >= self.column * COLUMNS as f64 {
            self.column *= 2.0;
            self.courses.iter_mut().for_each(Course::halve);
        }
        let at = (time / self.column) as usize;
        let place = self.courses.iter().position(|c| c.track == track).unwrap_or_else(|| {
            if self.courses.len() == FACES {
                let least = (0..FACES).min_by_key(|&i| self.courses[i].frames).unwrap_or(0);
                self.courses.remove(least);
            }
            let sums = vec![0.0; self.classes];
            self.courses.push(Course { track, seen: [time, time], frames: 0, sums, columns: Vec::new() });
            self.courses.len() - 1
        });
        let course = &mut self.courses[place];
        course.seen[1] = time;
        course.frames += 1;
        if course.columns.len() <= at {
            course.columns.resize(at + 1, Column::default());
        }
        let column = &mut course.columns[at];
        column.sums.resize(self.classes, 0.0);
        column.frames += 1;
        for (i, p) in probabilities.iter().enumerate().take(self.classes) {
            column.sums[i] += f64::from(*p);
            course.sums[i] += f64::from(*p);
        }
    }

    /// The faces, those first that were seen longest.
    pub fn courses(&self) -> Vec<&Course> {
        let mut all: Vec<&Course> = self.courses.iter().collect();
        all.sort_by_key(|c| (std::cmp::Reverse(c.frames), c.track));
        all
    }

    /// The time of the last face, in seconds.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Seconds in a column of [`Course::columns`].
    pub fn column(&self) -> f64 {
        self.column
    }
}

impl Course {
    /// Mean probabilities over all its frames.
    pub fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|s| s / self.frames.max(1) as f64).collect()
    }

    /// Mean probabilities in each stretch of time, none where it was not seen.
    pub fn columns(&self) -> impl Iterator<Item = Option<Vec<f64>>> + '_ {
        let mean = |c: &Column| (c.frames > 0).then(|| c.sums.iter().map(|s| s / c.frames as f64).collect());
        self.columns.iter().map(mean)
    }

    fn halve(&mut self) {
        let pairs = self.columns.chunks(2).map(|pair| {
            let mut sum = Column::default();
            for column in pair {
                sum.frames += column.frames;
                sum.sums.resize(sum.sums.len().max(column.sums.len()), 0.0);
                sum.sums.iter_mut().zip(&column.sums).for_each(|(a, b)| *a += b);
            }
            sum
        });
        self.columns = pairs.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_take_no_more_columns_than_seconds_and_means_stay() {
        let mut timeline = Timeline::new(2);
        for i in 0..40_000 {
            let p = if i < 20_000 { [1.0, 0.0] } else { [0.0, 1.0] };
            timeline.add(1, f64::from(i) * 0.5, &p);
        }
        let course = timeline.courses()[0];
        assert_eq!(course.frames, 40_000);
        assert_eq!(course.means(), [0.5, 0.5]);
        let columns: Vec<_> = course.columns().collect();
        assert!((COLUMNS / 4..=COLUMNS).contains(&columns.len()), "{}", columns.len());
        assert_eq!(columns[0], Some(vec![1.0, 0.0]));
        assert_eq!(columns[columns.len() - 1], Some(vec![0.0, 1.0]));
        assert_eq!(timeline.end(), 19_999.5);
    }

    #[test]
    fn faces_that_were_seen_longest_stay_and_come_first() {
        let mut timeline = Timeline::new(1);
        for track in 1..=100u32 {
            for frame in 0..(1 + track % 7) {
                timeline.add(track, f64::from(track) + f64::from(frame) * 0.04, &[1.0]);
            }
        }
        let frames: Vec<u64> = timeline.courses().iter().map(|c| c.frames).collect();
        assert_eq!(frames.len(), FACES);
        assert!(frames.is_sorted_by(|a, b| a >= b) && frames[0] == 7, "{frames:?}");
    }

    #[test]
    fn where_a_face_was_not_seen_there_is_nothing() {
        let mut timeline = Timeline::new(1);
        timeline.add(1, 0.0, &[0.3]);
        timeline.add(1, 1.0, &[0.6]);
        let columns: Vec<_> = timeline.courses()[0].columns().collect();
        assert_eq!(columns.iter().filter(|c| c.is_some()).count(), 2);
        assert!(columns[3].is_none());
    }
}
