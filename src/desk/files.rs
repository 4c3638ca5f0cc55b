//! Files of tickets. They lie in our database in pieces, and pass through memory piece by piece.

use crate::clock::Clock;
use crate::store::{FileLine, Store, StoreError};
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};

/// Bytes of a piece: large enough for few statements, small enough for memory.
const PIECE: usize = 256 * 1024;
/// What began to arrive longer ago than this was cut off.
const ARRIVES_WITHIN_MS: i64 = 24 * 60 * 60 * 1000;
/// ServiceNow keeps no more of a file's name.
const NAME_LENGTH: usize = 255;

/// Why a file was not taken. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived<E> {
    #[error("it is larger than {}", size_in_words(*limit))]
    TooLarge { limit: u64 },
    #[error("its content broke off")]
    Content(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a file to its end and stores its content. Answers it with its size and SHA-256; nobody sees it before
/// `Tx::keep_file`.
pub async fn receive<E>(
    store: &Store,
    clock: &dyn Clock,
    file: FileLine,
    limit: u64,
    content: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<FileLine, NotReceived<E>> {
    let now = clock.now();
    let mut tx = store.begin().await?;
    tx.sweep_files(now - ARRIVES_WITHIN_MS).await?;
    tx.begin_file(&file, now).await?;
    tx.commit().await?;
    let id = file.id.clone();
    let received = store_content(store, file, limit, content).await;
    if received.is_err() {
        discard(store, &id).await?;
    }
    received
}

/// Removes a file that was received and shall not be kept.
pub async fn discard(store: &Store, file: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.drop_file(file).await?;
    tx.commit().await
}

async fn store_content<E>(
    store: &Store,
    mut file: FileLine,
    limit: u64,
    mut content: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<FileLine, NotReceived<E>> {
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut waiting = BytesMut::new();
    let mut place = 0;
    while let Some(bytes) = content.next().await {
        let bytes = bytes.map_err(NotReceived::Content)?;
        size += bytes.len() as u64;
        if size > limit {
            return Err(NotReceived::TooLarge { limit });
        }
        hash.update(&bytes);
        waiting.extend_from_slice(&bytes);
        while waiting.len() >= PIECE {
            store_piece(store, &file.id, &mut place, &waiting.split_to(PIECE)).await?;
        }
    }
    if !waiting.is_empty() {
        store_piece(store, &file.id, &mut place, &waiting).await?;
    }
    file.size = i64::try_from(size).unwrap_or(i64::MAX);
    file.sha256 = in_hex(&hash.finalize());
    Ok(file)
}

async fn store_piece(store: &Store, file: &str, place: &mut i64, piece: &[u8]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.add_piece(file, *place, piece).await?;
    tx.commit().await?;
    *place += 1;
    Ok(())
}

/// A kept file's bytes, piece by piece.
pub fn content(store: Store, file: String) -> BoxStream<'static, Result<Bytes, StoreError>> {
    stream::try_unfold((store, file, 0), |(store, file, place)| async move {
        let piece = store.piece(&file, place).await?;
        Ok(piece.map(|piece| (Bytes::from(piece), (store, file, place + 1))))
    })
    .boxed()
}

/// A name that is only a name: no path, no control characters, not too long. `None` when nothing is left of it.
pub fn safe_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim();
    // The beginning may go: the end says what kind of file it is.
    let over = name.chars().count().saturating_sub(NAME_LENGTH);
    let name: String = name.chars().skip(over).collect();
    (!name.is_empty() && name != "." && name != "..").then_some(name)
}

/// `1.4 MiB`
pub fn size_in_words(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point")]
    let of = |unit: u64| bytes as f64 / unit as f64;
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", of(1024)),
        _ => format!("{:.1} MiB", of(1_048_576)),
    }
}

pub fn in_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(safe_name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(safe_name("C:\\temp\\Größe 大.txt").as_deref(), Some("Größe 大.txt"));
        assert_eq!(safe_name("a\r\nb\0.txt").as_deref(), Some("ab.txt"));
        assert_eq!(safe_name(&format!("{}.pdf", "x".repeat(300))).map(|name| name.len()), Some(255));
        for nothing in ["", "/", "..", " \n"] {
            assert_eq!(safe_name(nothing), None);
        }
    }

    #[test]
    fn sizes_are_said_in_words() {
        assert_eq!(size_in_words(999), "999 bytes");
        assert_eq!(size_in_words(1536), "1.5 KiB");
        assert_eq!(size_in_words(25 * 1024 * 1024), "25.0 MiB");
    }
}
