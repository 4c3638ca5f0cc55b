//! The content of a file on its way in and out, one part at a time. A part is compressed by itself, so
//! any of them can be read without the others.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use axum::body::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use futures::{Stream, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use super::{Rejection, Wanted};
use crate::instance::Instance;
use crate::random;
use crate::record::Record;
use crate::store::Store;
use crate::user::User;

/// As much of a file as one part holds (`chunk_size_bytes`, contract 5).
pub(crate) const PART: usize = 700_000;

/// A file that arrives. Whoever begins one either finishes or abandons it.
pub(crate) struct Upload {
    instance: Arc<Instance>,
    user: User,
    wanted: Wanted,
    content: Content,
    hash: Sha256,
    waiting: Vec<u8>,
    parts: i64,
    megabytes: u64,
}

/// What is known of a file once all of it is there.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The sys_id that its row is going to have.
    pub attachment: String,
    pub size: u64,
    pub compressed: u64,
    pub hash: String,
    /// Width and height.
    pub image: Option<(usize, usize)>,
}

impl Upload {
    pub(super) fn new(instance: Arc<Instance>, user: User, wanted: Wanted, megabytes: u64) -> Self {
        let content = Content { attachment: random::sys_id(), ..Content::default() };
        let (hash, waiting, parts) = (Sha256::new(), Vec::new(), 0);
        Self { instance, user, wanted, content, hash, waiting, parts, megabytes }
    }

    /// Takes the whole of a body and says what became of it; nothing is left of one that breaks off.
    pub async fn take<S, E>(mut self, mut body: S) -> Result<Record, Rejection>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: std::fmt::Display,
    {
        let outcome = async {
            while let Some(bytes) = body.try_next().await.map_err(|cause| Rejection::Broken(cause.to_string()))? {
                self.add(&bytes).await?;
            }
            self.store_part().await
        };
        let outcome = outcome.await;
        let Self { instance, user, wanted, mut content, hash, .. } = self;
        let attachment = content.attachment.clone();
        let kept = match outcome {
            Ok(()) => {
                content.hash = random::hex(hash.finalize());
                instance.keep_file(&user, wanted, content).await.map_err(Rejection::from)
            }
            Err(rejection) => Err(rejection),
        };
        if kept.is_err() {
            instance.store.drop_parts(&attachment).await?;
        }
        kept
    }

    async fn add(&mut self, mut bytes: &[u8]) -> Result<(), Rejection> {
        self.content.size += bytes.len() as u64;
        if self.content.size > self.megabytes.saturating_mul(1 << 20) {
            return Err(Rejection::TooLarge(self.megabytes));
        }
        self.hash.update(bytes);
        while self.waiting.len() + bytes.len() >= PART {
            let (now, later) = bytes.split_at(PART - self.waiting.len());
            self.waiting.extend_from_slice(now);
            self.store_part().await?;
            bytes = later;
        }
        self.waiting.extend_from_slice(bytes);
        Ok(())
    }

    async fn store_part(&mut self) -> Result<(), Rejection> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.parts == 0 {
            self.content.image = imagesize::blob_size(&self.waiting).ok().map(|size| (size.width, size.height));
        }
        let packed = pack(&self.waiting).map_err(|cause| Rejection::Broken(cause.to_string()))?;
        self.content.compressed += packed.len() as u64;
        self.instance.store.keep_part(&self.content.attachment, self.parts, &packed).await?;
        self.waiting.clear();
        self.parts += 1;
        Ok(())
    }
}

/// A file of one part that is there already, such as the demo's.
pub(crate) async fn keep_small(store: &Store, sys_id: &str, bytes: &[u8]) -> Result<Content, Unkept> {
    let packed = pack(bytes)?;
    store.keep_part(sys_id, 0, &packed).await?;
    Ok(Content {
        attachment: sys_id.to_owned(),
        size: bytes.len() as u64,
        compressed: packed.len() as u64,
        hash: random::hex(Sha256::digest(bytes)),
        image: imagesize::blob_size(bytes).ok().map(|size| (size.width, size.height)),
    })
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Unkept {
    #[error("a file could not be packed: {0}")]
    Packing(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn unpack(bytes: &[u8]) -> io::Result<Bytes> {
    let mut plain = Vec::with_capacity(PART);
    GzDecoder::new(bytes).take(PART as u64).read_to_end(&mut plain)?;
    Ok(plain.into())
}

impl Instance {
    /// The bytes of a file, read as fast as they are taken. A part is read in a task of its own, so that a
    /// reader who goes away does not break off the query (see `server::finish`).
    pub fn content(self: &Arc<Self>, attachment: String) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let start = (self.clone(), attachment, 0);
        stream::try_unfold(start, async |(instance, attachment, part)| {
            let reading = tokio::spawn(async move {
                let packed = instance.store.part(&attachment, part).await;
                (packed, (instance, attachment, part + 1))
            });
            let (packed, rest) = reading.await?;
            packed.map_err(io::Error::other)?.map(|packed| Ok((unpack(&packed)?, rest))).transpose()
        })
    }
}
