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
    /// How often was looked in each column: without a look there, a face was not lost there.
    looks: Vec<u64>,
    courses: Vec<Course>,
    /// Faces that were dropped.
    dropped: usize,
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
        Self { classes, column: 1.0 / 16.0, looks: Vec::new(), courses: Vec::new(), dropped: 0, end: 0.0 }
    }

    /// A time that was looked at, in seconds from 0; the faces of that time come after it.
    pub fn look(&mut self, time: f64) {
        let at = self.reach(time);
        if self.looks.len() <= at {
            self.looks.resize(at + 1, 0);
        }
        self.looks[at] += 1;
    }

    /// The column of a time, which all columns are made long enough for.
    fn reach(&mut self, time: f64) -> usize {
        let time = time.max(0.0);
        self.end = self.end.max(time);
        while time >= self.column * COLUMNS as f64 {
            self.column *= 2.0;
            self.courses.iter_mut().for_each(Course::halve);
            self.looks = self.looks.chunks(2).map(|pair| pair.iter().sum()).collect();
        }
        (time / self.column) as usize
    }

    /// A face at a time that was looked at, in seconds from 0.
    pub fn add(&mut self, track: u32, time: f64, probabilities: &[f32]) {
        let (time, at) = (time.max(0.0), self.reach(time));
        let place = self.courses.iter().position(|c| c.track == track).unwrap_or_else(|| {
            if self.courses.len() == FACES {
                let least = (0..FACES).min_by_key(|&i| self.courses[i].frames).unwrap_or(0);
                self.courses.remove(least);
                self.dropped += 1;
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

    /// How many faces there were.
    pub fn faces(&self) -> usize {
        self.courses.len() + self.dropped
    }

    /// The last time that was looked at, in seconds.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Seconds in a column of [`Timeline::columns`].
    pub fn column(&self) -> f64 {
        self.column
    }

    /// Mean probabilities of a face in each stretch of time, none where it was not seen; where nobody looked, those before.
    pub fn columns(&self, course: &Course) -> Vec<Option<Vec<f64>>> {
        let mut columns: Vec<Option<Vec<f64>>> = Vec::with_capacity(self.looks.len());
        for (at, &looks) in self.looks.iter().enumerate() {
            columns.push(match (looks, columns.last()) {
                (0, Some(before)) => before.clone(),
                _ => course.columns.get(at).and_then(Column::mean),
            });
        }
        columns
    }
}

impl Column {
    fn mean(&self) -> Option<Vec<f64>> {
        (self.frames > 0).then(|| self.sums.iter().map(|s| s / self.frames as f64).collect())
    }
}

impl Course {
    /// Mean probabilities over all its frames.
    pub fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|s| s / self.frames.max(1) as f64).collect()
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
            timeline.look(f64::from(i) * 0.5);
            timeline.add(1, f64::from(i) * 0.5, &p);
        }
        let course = timeline.courses()[0];
        assert_eq!(course.frames, 40_000);
        assert_eq!(course.means(), [0.5, 0.5]);
        let columns = timeline.columns(course);
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
        assert_eq!((frames.len(), timeline.faces()), (FACES, 100));
        assert!(frames.is_sorted_by(|a, b| a >= b) && frames[0] == 7, "{frames:?}");
    }

    #[test]
    fn a_face_is_lost_only_where_somebody_looked() {
        let mut timeline = Timeline::new(1);
        // Ten frames a second, fewer than there are columns; the face is gone from 1 s to 2 s.
        for frame in 0..30 {
            let time = f64::from(frame) / 10.0;
            timeline.look(time);
            if !(10..20).contains(&frame) {
                timeline.add(1, time, &[0.5]);
            }
        }
        let columns = timeline.columns(timeline.courses()[0]);
        let seen: Vec<bool> = columns.iter().map(Option::is_some).collect();
        let at = |time: f64| (time / timeline.column()) as usize;
        assert!(seen[..at(1.0)].iter().all(|s| *s), "{seen:?}");
        assert!(seen[at(1.0) + 1..at(2.0)].iter().all(|s| !*s), "{seen:?}");
        assert!(seen[at(2.0) + 1..].iter().all(|s| *s), "{seen:?}");
    }
}
