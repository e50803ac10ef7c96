//! Prediction on several threads, each with parts of the rows.

use std::sync::{Mutex, PoisonError};

use crate::error::Result;

/// Does all parts of some work, each on one thread of libtorch with a clone of the network; a single part on all threads.
/// Meanwhile threads that meet libtorch for the first time get one thread there, and rayon's have one from then on.
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
    let outcomes = Mutex::new(Vec::with_capacity(workers));
    // Rayon's threads stay, and with them the memory that they have warmed.
    rayon::scope(|scope| {
        let (queue, work, outcomes) = (&queue, &work, &outcomes);
        for network in clones {
            scope.spawn(move |_| {
                tch::set_num_threads(1);
                let next = || queue().as_mut().and_then(Iterator::next);
                let outcome = std::iter::from_fn(next).try_for_each(|part| work(&network, part));
                if outcome.is_err() {
                    // The others need not do what nobody will see.
                    *queue() = None;
                }
                outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
            });
        }
    });
    // What was set above counts for threads that are yet to come, too.
    tch::set_num_threads(threads);
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
}
