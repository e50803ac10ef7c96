//! Prediction on several threads, each with parts of the rows.

use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// Does all parts of some work, each on one thread of libtorch with a clone of the network; a single part on all threads.
/// Meanwhile threads that meet libtorch for the first time get one thread there.
pub(super) fn on_all_threads<N: Clone + Send, P: Send>(
    network: &N,
    mut parts: impl ExactSizeIterator<Item = P> + Send,
    work: impl Fn(&N, P) -> Result<()> + Sync,
) -> Result<()> {
    let threads = tch::get_num_threads();
    let workers = (threads.max(1) as usize).min(parts.len());
    if workers < 2 {
        return parts.try_for_each(|part| work(network, part));
    }
    let clones: Vec<N> = (0..workers).map(|_| network.clone()).collect();
    let queue = Mutex::new(Some(parts));
    let queue = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let outcome = std::thread::scope(|scope| {
        let (queue, work) = (&queue, &work);
        let start = |network: N| {
            scope.spawn(move || {
                tch::set_num_threads(1);
                let next = || queue().as_mut().and_then(Iterator::next);
                let outcome = std::iter::from_fn(next).try_for_each(|part| work(&network, part));
                if outcome.is_err() {
                    // The others need not do what nobody will see.
                    *queue() = None;
                }
                outcome
            })
        };
        let running: Vec<_> = clones.into_iter().map(start).collect();
        let ended = running.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::backend("libtorch", "predict", "a thread panicked")))
        });
        // All are waited for before the first error is told.
        ended.collect::<Vec<_>>().into_iter().collect()
    });
    // What was set above counts for threads that are yet to come, too.
    tch::set_num_threads(threads);
    outcome
}
