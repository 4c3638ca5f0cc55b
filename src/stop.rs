//! Leaving in order: the first signal finishes what runs, the second, or a minute, leaves.

use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_mins(1);

/// Cancelled at the first signal. After the second, or when patience ends, the process is gone: all that was
/// answered is on disk, and what was cut off is taken up at the next start.
pub fn on_signals() -> std::io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let first = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: what runs is finished first; press Ctrl-C again to leave at once");
        first.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = tokio::time::sleep(PATIENCE) => {}
        }
        tracing::warn!("leaving at once");
        std::process::exit(130);
    });
    Ok(stop)
}
