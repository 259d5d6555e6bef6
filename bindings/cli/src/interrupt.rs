//! Being told to stop: Ctrl-C, or SIGTERM where there is one.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that tell the process to stop, caught from the moment this is made: whoever has read the first line of
/// output may send one.
pub(crate) struct StopSignals {
    #[cfg(unix)]
    caught: Vec<Signal>,
}

impl StopSignals {
    /// Starts catching them. Must be called within the runtime.
    pub(crate) fn catch() -> Self {
        Self {
            #[cfg(unix)]
            caught: [SignalKind::interrupt(), SignalKind::terminate()]
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        }
    }

    /// Returns once one has come. A signal that could not be caught does what it always does.
    #[cfg(unix)]
    pub(crate) async fn told(mut self) {
        std::future::poll_fn(|context| {
            let any = self.caught.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }

    /// Returns once one has come.
    #[cfg(not(unix))]
    pub(crate) async fn told(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
