//! Connections: taken while the server runs, bounded in number and patience, finished when it stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;

use crate::progress::Progress;

/// Connections at a time; more wait until one ends.
const MOST: usize = 256;
/// How long a request's headers may take, and a connection be idle.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may take nothing of its answer.
const DEAF: Duration = Duration::from_secs(30);
/// What running requests get at the most when the server stops.
const LAST: Duration = Duration::from_secs(60);
/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// Answers what comes until `progress` asks to stop; what was begun then gets `time` and a little to end, a
/// minute at the most.
pub(super) async fn accept(listener: TcpListener, router: Router, time: Duration, progress: &dyn Progress) {
    let service = TowerToHyperService::new(router);
    let open = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(MOST));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    loop {
        let (stream, place) = tokio::select! {
            next = next(&listener, &room) => match next {
                Some(next) => next,
                None => continue,
            },
            () = stop_requested(progress) => break,
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(DEAF));
        let connection = open.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service.clone()));
        tokio::spawn(async move {
            // A connection that breaks off is its client's affair.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout((2 * time + PATIENCE).min(LAST), open.shutdown()).await;
}

/// The next connection, once there is room for it; `None` where the system could not take it.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(_) => {
            // Out of files, say: it would fail again at once.
            tokio::time::sleep(TICK).await;
            None
        }
    }
}

async fn stop_requested(progress: &dyn Progress) {
    while !progress.stop_requested() {
        tokio::time::sleep(TICK).await;
    }
}
