//! A few files on demo incidents, from `demo/files/`.

use super::{Unusable, add};
use crate::attachments::{self, PART};
use crate::instance::Instance;
use crate::store::Write;

struct File {
    sys_id: &'static str,
    /// The incident that it is on.
    on: &'static str,
    name: &'static str,
    content_type: &'static str,
    at: &'static str,
    by: &'static str,
    bytes: &'static [u8],
}

const FILES: &[File] = &[
    File {
        sys_id: "5d1f6a2bc61122870119322ff7240001",
        on: "9d385017c611228701d22104cc95c371",
        name: "switch-14.log",
        content_type: "text/plain",
        at: "2026-01-12 12:21:40",
        by: "howard.johnson",
        bytes: include_bytes!("../../demo/files/switch-14.log"),
    },
    File {
        sys_id: "5d1f6a2bc61122870119322ff7240002",
        on: "46e57642a9fe1981000b96a5dca501ff",
        name: "forecast.csv",
        content_type: "text/csv",
        at: "2026-04-07 10:02:11",
        by: "bud.richman",
        bytes: include_bytes!("../../demo/files/forecast.csv"),
    },
    File {
        sys_id: "5d1f6a2bc61122870119322ff7240003",
        on: "a9e30c7dc61122760116894de7bcc7bd",
        name: "error-message.png",
        content_type: "image/png",
        at: "2026-08-04 09:30:00",
        by: "fred.luddy",
        bytes: include_bytes!("../../demo/files/error-message.png"),
    },
];

pub(super) async fn furnish(instance: &Instance, write: &mut Write<'_>) -> Result<(), Unusable> {
    for file in FILES {
        let content = attachments::keep_small(&instance.store, file.sys_id, file.bytes).await?;
        let (width, height) = content.image.map_or_else(Default::default, |(w, h)| (w.to_string(), h.to_string()));
        let (size, compressed, part) = (content.size.to_string(), content.compressed.to_string(), PART.to_string());
        let values = [
            ("file_name", file.name),
            ("content_type", file.content_type),
            ("table_name", "incident"),
            ("table_sys_id", file.on),
            ("size_bytes", &size),
            ("size_compressed", &compressed),
            ("compressed", "true"),
            ("chunk_size_bytes", &part),
            ("hash", &content.hash),
            ("state", "available"),
            ("image_width", &width),
            ("image_height", &height),
            ("sys_created_on", file.at),
            ("sys_updated_on", file.at),
            ("sys_created_by", file.by),
            ("sys_updated_by", file.by),
        ];
        add(instance, write, attachments::TABLE, file.sys_id, &values);
    }
    Ok(())
}
