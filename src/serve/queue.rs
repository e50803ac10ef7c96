//! The bounded way from requests to the models.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Limits;
use super::answer::Answer;
use super::refusal::Refusal;

/// A picture on its way to the models.
pub(super) struct Job {
    /// The file.
    pub(super) picture: Bytes,
    /// Whether it is a face as it is.
    pub(super) face_crop: bool,
    /// When it had arrived.
    pub(super) since: Instant,
    reply: oneshot::Sender<Result<Answer, Refusal>>,
    /// Held until the work is done, even where nobody waits for it any more.
    _place: Place,
}

/// The right to bring a picture.
pub(super) struct Place(#[allow(dead_code)] OwnedSemaphorePermit);

/// Where pictures wait.
pub(super) struct Queue {
    limits: Limits,
    room: Arc<Semaphore>,
    jobs: SyncSender<Job>,
}

impl Queue {
    /// The queue and its other end.
    pub(super) fn new(limits: Limits) -> (Self, Receiver<Job>) {
        let (jobs, inbox) = sync_channel(limits.admitted());
        (Self { limits, room: Arc::new(Semaphore::new(limits.admitted())), jobs }, inbox)
    }

    /// A place, to be taken before a body is read: bodies that arrive are bounded as well.
    pub(super) fn enter(&self) -> Result<Place, Refusal> {
        self.room.clone().try_acquire_owned().map(Place).map_err(|_| Refusal::busy())
    }

    /// Waits for what the models make of a picture, no longer than the limits allow.
    pub(super) async fn predict(&self, place: Place, picture: Bytes, face_crop: bool) -> Result<Answer, Refusal> {
        let (reply, answer) = oneshot::channel();
        let job = Job { picture, face_crop, since: Instant::now(), reply, _place: place };
        self.jobs.try_send(job).map_err(|_| Refusal::busy())?;
        match tokio::time::timeout(self.limits.time, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Refusal::broken()),
            Err(_) => {
                let seconds = self.limits.time.as_secs_f64();
                let error = format!("the picture took longer than {seconds} s; send a smaller one, or later");
                Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, error))
            }
        }
    }
}

impl Job {
    /// Whether nobody waits for the answer any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Answers the request.
    pub(super) fn reply(self, answer: Result<Answer, Refusal>) {
        // A client that went away needs no answer.
        let _ = self.reply.send(answer);
    }
}
