//! A local web page: expressions in pictures and in what a webcam sees, reports to browse, a small JSON API.
//!
//! The server listens on one thread. Pictures are decoded and searched for faces on a few others
//! ([`Limits::concurrent`]), and classified on the thread that called [`Server::run`], since libtorch's networks are not
//! shared between threads. What is read from a request is bounded before it is read, and what is waiting is bounded too.

mod answer;
mod api;
mod connections;
mod guard;
mod limits;
mod models;
mod pages;
mod queue;
mod refusal;
mod reports;
mod upload;
mod worker;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::progress::Progress;

pub use limits::Limits;
pub use models::Models;

use models::Facts;
use queue::Queue;
use reports::Reports;
use worker::Crew;

/// A server that listens; it answers once it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
    results: PathBuf,
    hosts: Vec<String>,
}

/// What the handlers of requests share.
struct Shared {
    limits: Limits,
    /// Whether nobody but this machine can connect.
    local: bool,
    /// What else the server is called.
    hosts: Vec<String>,
    facts: Facts,
    /// The way to the models, where there are any.
    queue: Option<Queue>,
    reports: Reports,
}

impl Server {
    /// Listens on `address`, port 0 for any free one; `results` is the folder whose reports can be read.
    ///
    /// # Errors
    /// [`Error::Io`] when the address cannot be listened on.
    pub fn bind(address: SocketAddr, results: PathBuf, limits: Limits) -> Result<Self> {
        let failed = |e| Error::io("listen on", address.to_string(), e);
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, limits, results, hosts: Vec::new() })
    }

    /// Answers to these names as well, beside localhost and its addresses: that of a proxy before it, or of this machine.
    pub fn answering_to(self, hosts: Vec<String>) -> Self {
        Self { hosts, ..self }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether nobody but this machine can connect.
    pub fn is_local(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// Answers until `progress` asks to stop, then takes no more connections, finishes what was begun and returns.
    ///
    /// # Errors
    /// [`Error::Backend`] when the server cannot start. What goes wrong with a single request is that request's answer.
    pub fn run(self, models: Models, progress: &dyn Progress) -> Result<()> {
        let facts = Facts::of(&models);
        match models {
            Models::Missing(_) => self.answer(facts, None, progress),
            Models::Loaded(expressions) => {
                let (queue, jobs) = Queue::new(self.limits);
                let crew = Crew { expressions: &expressions, limits: self.limits, progress };
                std::thread::scope(|scope| {
                    let web = scope.spawn(|| self.answer(facts, Some(queue), progress));
                    // Ends when the web thread has dropped the queue.
                    crew.work(jobs);
                    web.join().unwrap_or_else(|_| Err(Error::backend("tokio", "serve", "its thread broke off")))
                })
            }
        }
    }

    /// The web thread.
    fn answer(self, facts: Facts, queue: Option<Queue>, progress: &dyn Progress) -> Result<()> {
        let failed = |e| Error::backend("tokio", "start", e);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let local = self.is_local();
        let Self { listener, limits, results, hosts, .. } = self;
        let shared = Arc::new(Shared { limits, local, hosts, facts, queue, reports: Reports::new(results) });
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
            connections::accept(listener, pages::router(shared), limits.time, progress).await;
            Ok(())
        })
    }
}
