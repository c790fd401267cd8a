//! Files and blobs: content by digest, so that values stay small.

use std::sync::Arc;

use super::put;
use super::setters::resource_setters;
use crate::digest::Digest;
use crate::resource::Resource;
use crate::text::Text;

/// The longest text of a configuration file, in bytes as it is written; longer ones are content.
const MAX_TEXT_BYTES: usize = 64 * 1024;
/// The longest content that a resource carries, in bytes; longer ones are named by digest.
const MAX_CONTENT_BYTES: usize = 1024 * 1024;

/// A file on the device: where it is, and one of a text, a content or the digest of one.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfigFile {
    resource: Resource,
    /// Which of the three was said.
    source: Option<&'static str>,
}

/// The file called `name` of which nothing is said yet.
///
/// ```
/// use escadre_algebra::{Facts, config_file, denote, deploy, label, text};
/// let motd = config_file("motd").path("/etc/motd").mode(0o644).text(text("site ") + label("site"));
/// let claims = denote::<()>(&deploy(motd), &Facts::of("d", [("site", "paris")])?).unwrap();
/// assert_eq!(claims.at(&"motd.text".parse()?)[0].0.to_string(), r#""site paris""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn config_file(name: &str) -> ConfigFile {
    let mut resource = Resource::new(name);
    put(&mut resource, &["kind"], "ConfigFile");
    ConfigFile { resource, source: None }
}

impl ConfigFile {
    resource_setters!();

    /// Where the file is on the device.
    #[track_caller]
    pub fn path(mut self, path: impl Into<Text>) -> Self {
        put(&mut self.resource, &["path"], path.into());
        self
    }

    /// Its permission bits, at most `0o7777`.
    #[track_caller]
    pub fn mode(mut self, mode: u32) -> Self {
        if mode > 0o7777 {
            self.resource
                .reject(&format!("`{mode:#o}` is not a file mode: at most 0o7777 is allowed"));
        } else {
            put(&mut self.resource, &["mode"], mode);
        }
        self
    }

    /// Who owns it: a user, or `user:group`.
    #[track_caller]
    pub fn owner(mut self, owner: impl Into<Text>) -> Self {
        put(&mut self.resource, &["owner"], owner.into());
        self
    }

    /// Its text, at most 64 KiB as it is written; it may mention labels and the id.
    #[track_caller]
    pub fn text(mut self, text: impl Into<Text>) -> Self {
        let text = text.into();
        let n_bytes = text.to_string().len();
        if n_bytes > MAX_TEXT_BYTES {
            self.resource.reject(&format!(
                "a text of {n_bytes} bytes is too long: use `content` past 64 KiB"
            ));
        } else if self.only("text") {
            put(&mut self.resource, &["text"], text);
        }
        self
    }

    /// Its content, at most 1 MiB, carried beside the fields under its digest.
    #[track_caller]
    pub fn content(mut self, bytes: impl AsRef<[u8]>) -> Self {
        if self.only("content") {
            put_content(&mut self.resource, &["content"], Arc::from(bytes.as_ref()));
        }
        self
    }

    /// Its content by digest and size in bytes; the target finds it.
    #[track_caller]
    pub fn digest(mut self, digest: Digest, size: u64) -> Self {
        if self.only("digest") {
            put_digest(&mut self.resource, &["content"], digest, size);
        }
        self
    }

    /// Whether `source` is the only one said so far; rejects a second one.
    #[track_caller]
    fn only(&mut self, source: &'static str) -> bool {
        match self.source {
            Some(said) if said != source => {
                let message = format!(
                    "a file has one of `text`, `content`, `digest`: both `{said}` and `{source}` are said"
                );
                self.resource.reject(&message);
                false
            }
            _ => {
                self.source = Some(source);
                true
            }
        }
    }
}

impl From<ConfigFile> for Resource {
    fn from(file: ConfigFile) -> Self {
        file.resource
    }
}

/// Bytes by digest: what other resources and the target refer to.
#[derive(Clone, Debug)]
#[must_use]
pub struct Blob {
    resource: Resource,
}

/// The blob called `name` of which nothing is said yet.
///
/// ```
/// use escadre_algebra::{Digest, blob, deploy};
/// let model = blob("model").digest(Digest::of(b"the model"), 52_428_800).source("https://models.example/7");
/// assert!(deploy(model).problems().is_empty());
/// ```
#[track_caller]
pub fn blob(name: &str) -> Blob {
    let mut resource = Resource::new(name);
    put(&mut resource, &["kind"], "Blob");
    Blob { resource }
}

impl Blob {
    resource_setters!();

    /// Its bytes by digest and size in bytes.
    #[track_caller]
    pub fn digest(mut self, digest: Digest, size: u64) -> Self {
        put_digest(&mut self.resource, &[], digest, size);
        self
    }

    /// Its bytes, at most 1 MiB, carried beside the fields under their digest.
    #[track_caller]
    pub fn content(mut self, bytes: impl AsRef<[u8]>) -> Self {
        put_content(&mut self.resource, &[], Arc::from(bytes.as_ref()));
        self
    }

    /// Where the target may fetch it.
    #[track_caller]
    pub fn source(mut self, source: impl Into<Text>) -> Self {
        put(&mut self.resource, &["source"], source.into());
        self
    }
}

impl From<Blob> for Resource {
    fn from(blob: Blob) -> Self {
        blob.resource
    }
}

#[track_caller]
fn put_content(resource: &mut Resource, at: &[&str], bytes: Arc<[u8]>) {
    let n_bytes = bytes.len();
    if n_bytes > MAX_CONTENT_BYTES {
        resource
            .reject(&format!("a content of {n_bytes} bytes is too long: use `digest` past 1 MiB"));
        return;
    }
    let digest = resource.carry(bytes);
    put_digest(resource, at, digest, n_bytes as u64);
}

#[track_caller]
fn put_digest(resource: &mut Resource, at: &[&str], digest: Digest, size: u64) {
    put(resource, &[at, &["digest"]].concat(), digest.to_string());
    match i64::try_from(size) {
        Ok(size) => put(resource, &[at, &["size"]].concat(), size),
        Err(_) => resource.reject(&format!("`{size}` bytes is no size: it does not fit 63 bits")),
    }
}
