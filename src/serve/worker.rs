//! The threads that decode pictures and find faces, and the one that classifies them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;

use super::Limits;
use super::answer::Answer;
use super::queue::Job;
use super::refusal::Refusal;
use crate::error::Result;
use crate::faces::Picture;
use crate::predict::{Expressions, Looker, SeenFace};
use crate::progress::{Progress, Silent};

/// Who does the work of a server.
pub(super) struct Crew<'a> {
    pub(super) expressions: &'a Expressions,
    pub(super) limits: Limits,
    pub(super) progress: &'a dyn Progress,
}

/// A picture that was searched.
struct Looked {
    size: [usize; 2],
    faces: Vec<SeenFace>,
}

impl Crew<'_> {
    /// Does all jobs until no more can come. The calling thread classifies: networks need not be shared between threads.
    pub(super) fn work(&self, jobs: Receiver<Job>) {
        let jobs = Mutex::new(jobs);
        let (found, searched) = sync_channel(self.limits.concurrent);
        let (limits, progress, looker) = (self.limits, self.progress, self.expressions.looker());
        std::thread::scope(|scope| {
            for _ in 0..limits.concurrent.max(1) {
                let (jobs, found) = (&jobs, found.clone());
                scope.spawn(move || search(jobs, looker, limits, progress, &found));
            }
            drop(found);
            for (job, looked) in searched {
                let answer = self.classify(&job, looked);
                job.reply(answer);
            }
        });
    }

    fn classify(&self, job: &Job, looked: Looked) -> std::result::Result<Answer, Refusal> {
        let Looked { size, faces } = looked;
        let said = guarded(self.progress, || self.expressions.classify(vec![faces], &Silent))?;
        let faces = said.into_iter().next().unwrap_or_default();
        let milliseconds = u64::try_from(job.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Answer::new(self.expressions.committee(), size, faces, milliseconds))
    }
}

/// One of the threads that decode and search.
fn search(
    jobs: &Mutex<Receiver<Job>>,
    looker: &Looker,
    limits: Limits,
    progress: &dyn Progress,
    found: &SyncSender<(Job, Looked)>,
) {
    loop {
        // The lock is held while waiting: the other threads wait for it instead of the job.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if job.is_abandoned() {
            continue;
        }
        match look_at(&job, looker, limits, progress) {
            Ok(looked) => {
                if found.send((job, looked)).is_err() {
                    return;
                }
            }
            Err(refusal) => job.reply(Err(refusal)),
        }
    }
}

fn look_at(
    job: &Job,
    looker: &Looker,
    limits: Limits,
    progress: &dyn Progress,
) -> std::result::Result<Looked, Refusal> {
    let none = |fault: String| Refusal::new(StatusCode::BAD_REQUEST, format!("the picture cannot be read: {fault}"));
    guarded(progress, || {
        let [width, height] = match Picture::size_in_header(&job.picture) {
            Ok(size) => size,
            Err(fault) => return Ok(Err(none(fault))),
        };
        if u64::from(width) * u64::from(height) > limits.pixels {
            let error = format!(
                "the picture has {width} x {height} pixels; at most {} are taken, so make it smaller first",
                limits.pixels
            );
            return Ok(Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error)));
        }
        if width.max(height) > Picture::LONGEST_SIDE {
            let most = Picture::LONGEST_SIDE;
            let error = format!("the picture has {width} x {height} pixels; at most {most} on a side are taken");
            return Ok(Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error)));
        }
        let picture = match Picture::decode(&job.picture) {
            Ok(picture) => picture,
            Err(fault) => return Ok(Err(none(fault))),
        };
        let faces = match job.face_crop {
            true => vec![looker.look_at_face(&picture)],
            false => looker.look_at(&picture)?,
        };
        Ok(Ok(Looked { size: picture.size(), faces }))
    })?
}

/// Runs work on what a stranger sent: whatever breaks there, decoders of other crates included, ends that request alone.
fn guarded<T>(progress: &dyn Progress, work: impl FnOnce() -> Result<T>) -> std::result::Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(e)) => {
            progress.say(&format!("a request failed: {e}"));
            Err(Refusal::broken())
        }
        Err(_) => {
            progress.say("a request failed: its picture broke the work off");
            Err(Refusal::broken())
        }
    }
}
