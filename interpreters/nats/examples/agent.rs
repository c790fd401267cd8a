//! A demonstration agent: what is wanted of one device is put into a folder, whole or not at all.
//!
//! ```text
//! agent nats://127.0.0.1:4222/desired-state cam-1 /var/lib/agent
//! ```
//!
//! `FOLDER/current` is a link to the tree of one generation: files at their paths, other resources as
//! `NAME.json`. A tree is written beside it and the link is replaced in one step, so that whoever
//! kills this program finds the old tree or the new one. Who it is comes from the environment, as
//! for NATS tools. With `--once` it ends when the first configuration is in place.
#![expect(clippy::print_stderr, reason = "it talks to a terminal")]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use escadre_algebra::{DeviceId, Digest, ResourceName, ResourceState, Value};
use escadre_interpreter::named_content;
use escadre_nats::device::{Device, Report, Told, Wanted};
use escadre_nats::permissions::Buckets;
use escadre_nats::{Address, connect_device};

type Outcome<T = ()> = Result<T, String>;

/// How often it tells that it is alive, and how long it waits before it connects again.
const PERIOD: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_once = arguments.last().is_some_and(|last| last == "--once");
    arguments.truncate(arguments.len() - usize::from(is_once));
    let [address, id, folder] = &arguments[..] else {
        eprintln!("usage: agent ADDRESS DEVICE FOLDER [--once]");
        return ExitCode::FAILURE;
    };
    let agent = Agent::new(address, id, folder.into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = agent.and_then(|agent| {
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(agent.run(is_once))
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Agent {
    address: Address,
    id: DeviceId,
    folder: PathBuf,
}

impl Agent {
    fn new(address: &str, id: &str, folder: PathBuf) -> Outcome<Self> {
        let address = address.parse().map_err(|error| format!("{error}"))?;
        let id = DeviceId::parse(id).map_err(|error| error.to_string())?;
        fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
        Ok(Self { address, id, folder })
    }

    /// Follows the device's keys; a server that is gone is waited for.
    async fn run(&self, is_once: bool) -> Outcome {
        loop {
            match self.follow(is_once).await {
                Ok(()) => return Ok(()),
                Err(error) if is_once => return Err(error),
                Err(error) => eprintln!("agent: {error}; trying again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn follow(&self, is_once: bool) -> Outcome {
        let variable = |name: &str| std::env::var(name).ok();
        let client = connect_device(&self.address, &self.id, &variable).await;
        let client = client.map_err(|error| error.to_string())?;
        let buckets = Buckets { desired: self.address.bucket().to_owned(), ..Buckets::default() };
        let accepted = self.accepted();
        let device = Device::connect(client, self.id.clone(), buckets, accepted).await;
        let mut device = device.map_err(|error| error.to_string())?;
        let mut beats = tokio::time::interval(PERIOD);
        loop {
            let told = tokio::select! {
                told = device.next() => told.map_err(|error| error.to_string())?,
                _ = beats.tick() => {
                    device.beat().await.map_err(|error| error.to_string())?;
                    continue;
                }
            };
            match told {
                Told::Wanted(wanted) => {
                    let trouble = self.put(&device, &wanted).await.err();
                    let report = Report::new(wanted.generation, trouble);
                    device.report(&report).await.map_err(|error| error.to_string())?;
                }
                Told::Left => self.clear()?,
                Told::Refused(anomaly) => eprintln!("agent: {}: {}", anomaly.key, anomaly.why),
            }
            if is_once {
                return Ok(());
            }
        }
    }

    /// The generation of the tree that is in place; 0 if there is none.
    fn accepted(&self) -> u64 {
        let target = fs::read_link(self.folder.join("current")).unwrap_or_default();
        target.to_str().and_then(|name| name.parse().ok()).unwrap_or(0)
    }

    /// Puts the tree of `wanted` into place.
    async fn put(&self, device: &Device, wanted: &Wanted) -> Outcome {
        let name = wanted.generation.to_string();
        if self.accepted() == wanted.generation {
            // A run that was killed after the link was replaced left the trees before it.
            return self.tidy(&name);
        }
        let tree = self.folder.join(&name);
        // What a run left that was killed here is not whole.
        remove(&tree)?;
        fs::create_dir_all(&tree).map_err(|error| at(&tree, &error))?;
        for (name, state) in wanted.configuration.resources() {
            write(device, &tree, name, state).await?;
        }
        let (link, next) = (self.folder.join("current"), self.folder.join("next"));
        remove(&next)?;
        symlink(&name, &next).map_err(|error| at(&next, &error))?;
        fs::rename(&next, &link).map_err(|error| at(&link, &error))?;
        sync(&self.folder)?;
        self.tidy(&name)
    }

    /// Removes every tree but the one called `kept`, and a link that was not put into place.
    fn tidy(&self, kept: &str) -> Outcome {
        remove(&self.folder.join("next"))?;
        let entries = fs::read_dir(&self.folder).map_err(|error| at(&self.folder, &error))?;
        for entry in entries {
            let name = entry.map_err(|error| at(&self.folder, &error))?.file_name();
            if name != kept && name.to_str().is_some_and(|name| name.parse::<u64>().is_ok()) {
                remove(&self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// The device is no member any more: there is no tree.
    fn clear(&self) -> Outcome {
        remove(&self.folder.join("current"))?;
        self.tidy("")
    }
}

/// Writes one resource below `tree`, and waits until the disk has it.
async fn write(
    device: &Device,
    tree: &Path,
    name: &ResourceName,
    state: &ResourceState,
) -> Outcome {
    let text = |field: &str| match state.get(&[field]) {
        Some(Value::Text(word)) => word.as_literal().map(str::to_owned),
        _ => None,
    };
    let is_file = text("kind").as_deref() == Some("ConfigFile");
    let path = match (is_file, text("path")) {
        (true, Some(path)) => below(tree, &path)?,
        _ => tree.join(format!("{name}.json")),
    };
    let bytes = match (named_content(state), text("text")) {
        (Some((_, value)), _) => content(device, name, value).await?,
        (None, Some(text)) if is_file => text.into_bytes(),
        _ => format!("{}\n", state.to_json()).into_bytes(),
    };
    let folder = path.parent().unwrap_or(tree);
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    let mut file = File::create_new(&path).map_err(|error| at(&path, &error))?;
    file.write_all(&bytes).map_err(|error| at(&path, &error))?;
    if let Some(Value::Integer(mode)) = state.get(&["mode"]) {
        let mode = u32::try_from(*mode).unwrap_or(0o600) & 0o7777;
        let permissions = fs::Permissions::from_mode(mode);
        file.set_permissions(permissions).map_err(|error| at(&path, &error))?;
    }
    file.sync_all().map_err(|error| at(&path, &error))?;
    sync(folder)
}

/// The bytes that `value` names by digest.
async fn content(device: &Device, name: &ResourceName, value: &Value) -> Outcome<Vec<u8>> {
    let Value::Text(word) = value else { return Err(format!("{name} names no content")) };
    let digest: Digest = word
        .as_literal()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("{name} names no content"))?;
    let bytes = device.content(digest).await.map_err(|error| error.to_string())?;
    bytes.ok_or_else(|| format!("the content of {name} is not there, or may not be read"))
}

/// The place of `path` below `tree`: a path that leads elsewhere is refused.
fn below(tree: &Path, path: &str) -> Outcome<PathBuf> {
    let mut place = tree.to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => place.push(name),
            Component::ParentDir | Component::Prefix(_) => {
                return Err(format!("the path `{path}` leads out of the folder"));
            }
        }
    }
    Ok(place)
}

/// Removes what is at `path`, if anything is.
fn remove(path: &Path) -> Outcome {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    removed.map_err(|error| at(path, &error))
}

/// Waits until the disk has the names in `folder`.
fn sync(folder: &Path) -> Outcome {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| at(folder, &error))
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
