//! From a document to the fleet that it spells.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::claims::{self, FieldOrigins};
use super::document::Document;
use super::error::{DecodeError, Kind};
use super::json::Json;
use super::table::Table;
use super::{Limits, selectors};
use crate::digest::Digest;
use crate::fleet::{Deployed, Fleet, Foreign, Op};
use crate::names::ResourceName;
use crate::origin::Origin;
use crate::path::{Path, parse_fields};
use crate::path_set::PathSet;
use crate::problem::Problem;
use crate::selector::Selector;

/// Each content, and whether a node carries it.
type Contents = HashMap<Digest, (Arc<[u8]>, bool)>;

/// What is said of an entry that nothing refers to.
const UNUSED: &str = "no node uses it: the file was merged badly; run `escadre lock` again";

/// The fleet of `document`.
pub(super) fn fleet(document: Document, limits: &Limits) -> Result<Fleet, DecodeError> {
    let n_nodes = document.nodes.len();
    if document.origins.as_ref().is_some_and(|origins| origins.len() != n_nodes) {
        return Err(DecodeError::document("there must be as many `origins` as `nodes`"));
    }
    let mut selectors = Table::default();
    for (index, json) in document.selectors.into_iter().enumerate() {
        let selector = selectors::read(json, &mut selectors);
        selectors.push(selector.map_err(|message| entry("selector", index, message))?);
    }
    let contents = contents(document.contents, limits)?;
    let mut nodes = Nodes { selectors, contents, fleets: Table::default() };
    let mut origins = document.origins.unwrap_or_default().into_iter();
    for (index, json) in document.nodes.into_iter().enumerate() {
        let origin = origins.next().unwrap_or(Json::Null);
        let origins = field_origins(&origin).map_err(|m| entry("origin", index, m))?;
        let fleet = nodes.read(json, origins).map_err(|message| entry("node", index, message))?;
        nodes.fleets.push(fleet);
    }
    let Some(root) = nodes.fleets.entries().last() else {
        return Err(DecodeError::document("there is no node; the last one is the fleet"));
    };
    nodes.check_used()?;
    let stated = document.digest.parse::<Digest>();
    let stated = stated.map_err(|e| DecodeError::document(e.to_string()))?;
    let computed = root.digest();
    if stated != computed {
        return Err(Kind::Digest { stated, computed }.into());
    }
    Ok(root.clone())
}

fn entry(table: &'static str, index: usize, message: String) -> DecodeError {
    Kind::Entry { table, index, message }.into()
}

fn contents(written: BTreeMap<String, Json>, limits: &Limits) -> Result<Contents, DecodeError> {
    let mut contents = Contents::new();
    let mut left = limits.contents;
    for (key, json) in written {
        let digest = key.parse::<Digest>().map_err(|e| DecodeError::document(e.to_string()))?;
        let bytes = content(json).map_err(|message| {
            DecodeError::document(format!("in the content `{key}`, {message}"))
        })?;
        let limit = limits.contents as u64;
        let over = || Kind::Limit { what: "bytes of contents", limit };
        left = left.checked_sub(bytes.len()).ok_or_else(over)?;
        if Digest::of(&bytes) != digest {
            let message = format!("the content `{key}` is not the one of that digest");
            return Err(DecodeError::document(message));
        }
        contents.insert(digest, (bytes.into(), false));
    }
    Ok(contents)
}

fn content(json: Json) -> Result<Vec<u8>, String> {
    match json {
        Json::Text(text) => Ok(text.into_bytes()),
        Json::Object(fields) => match (fields.len(), fields.get("base64")) {
            (1, Some(Json::Text(text))) => STANDARD.decode(text).map_err(|e| e.to_string()),
            _ => Err("there must be a text or `base64`".to_owned()),
        },
        other => Err(format!("{} is no text", other.kind())),
    }
}

/// The place spelled `file:line:column`; null is no known one.
pub(super) fn origin(json: &Json) -> Result<Origin, String> {
    let text = match json {
        Json::Null => return Ok(Origin::nowhere()),
        Json::Text(text) => text,
        other => return Err(format!("{} is no place", other.kind())),
    };
    let mut parts = text.rsplitn(3, ':');
    let column = parts.next().and_then(|part| part.parse().ok());
    let line = parts.next().and_then(|part| part.parse().ok());
    match (parts.next(), line, column) {
        (Some(file), Some(line), Some(column)) => Ok(Origin::stored(file.into(), line, column)),
        _ => Err(format!("`{text}` is no place: expected `file:line:column`")),
    }
}

fn field_origins(json: &Json) -> Result<FieldOrigins, String> {
    let Json::Object(entry) = json else {
        return Ok(FieldOrigins { at: origin(json)?, fields: BTreeMap::new() });
    };
    let (2, Some(at), Some(Json::Object(written))) =
        (entry.len(), entry.get("at"), entry.get("fields"))
    else {
        return Err("there must be a place, or `at` and `fields`".to_owned());
    };
    let mut fields = BTreeMap::new();
    for (path, place) in written {
        let path = match path.as_str() {
            "" => Vec::new(),
            spelled => parse_fields(spelled).map_err(|e| e.in_path(path).to_string())?,
        };
        fields.insert(path, origin(place)?);
    }
    Ok(FieldOrigins { at: origin(at)?, fields })
}

struct Nodes {
    selectors: Table<Selector>,
    contents: Contents,
    fleets: Table<Fleet>,
}

/// How many operands an operator of this version takes; `None` if it is not known.
fn arity(op: &str) -> Option<std::ops::RangeInclusive<usize>> {
    Some(match op {
        "empty" | "all" | "deploy" => 0..=0,
        "invalid" => 0..=1,
        "restrict" | "forget" | "keep" | "named" => 1..=1,
        "patch" | "mask" | "within" | "without" | "choose" => 2..=2,
        "union" | "overlay" => 0..=usize::MAX,
        _ => return None,
    })
}

impl Nodes {
    fn read(&mut self, json: Json, origins: FieldOrigins) -> Result<Fleet, String> {
        let Json::Object(mut fields) = json else {
            return Err(format!("{} is no node", json.kind()));
        };
        let Some(Json::Text(name)) = fields.remove("op") else {
            return Err("a node must have `op`, the name of its operator".to_owned());
        };
        let of = self.operands(fields.remove("of"))?;
        let Some(arity) = arity(&name) else {
            let body = fields.iter().map(|(k, v)| (k.clone(), v.to_value())).collect();
            let op = Op::Foreign(Foreign { name, body }.into());
            return Ok(Fleet::node(op, of, origins.at));
        };
        if !arity.contains(&of.len()) {
            let n = of.len();
            return Err(format!("`{name}` has {n} operands; it takes {}", arity.start()));
        }
        let mut fields = Fields { op: &name, fields };
        let op = self.op(&mut fields, &origins)?;
        fields.end()?;
        Ok(Fleet::node(op, of, origins.at))
    }

    fn operands(&mut self, json: Option<Json>) -> Result<Vec<Fleet>, String> {
        let operands = match json {
            None => return Ok(Vec::new()),
            Some(Json::List(operands)) => operands,
            Some(other) => return Err(format!("`of` is {}, not a list", other.kind())),
        };
        operands.iter().map(|operand| self.fleets.refer(operand)).collect()
    }

    /// Refuses entries that the fleet does not use: somebody may believe that they mean something.
    fn check_used(&self) -> Result<(), DecodeError> {
        if let Some(index) = self.fleets.unused(self.fleets.entries().len() - 1) {
            return Err(entry("node", index, UNUSED.to_owned()));
        }
        if let Some(index) = self.selectors.unused(self.selectors.entries().len()) {
            return Err(entry("selector", index, UNUSED.to_owned()));
        }
        let unused = self.contents.iter().filter(|(_, (_, used))| !used);
        match unused.map(|(digest, _)| digest).min() {
            None => Ok(()),
            Some(digest) => Err(DecodeError::document(format!("the content `{digest}`: {UNUSED}"))),
        }
    }

    fn op(&mut self, fields: &mut Fields<'_>, origins: &FieldOrigins) -> Result<Op, String> {
        Ok(match fields.op {
            "empty" => Op::Empty,
            "all" => Op::All,
            "deploy" => Op::Deploy(self.deployed(fields, origins)?.into()),
            "union" => Op::Union,
            "overlay" => Op::Overlay,
            "patch" => Op::Patch,
            "mask" => Op::Mask,
            "within" => Op::Within,
            "without" => Op::Without,
            "restrict" => Op::Restrict(self.selector(fields)?),
            "choose" => Op::Choose(self.selector(fields)?),
            "forget" => Op::Forget(paths(&fields.take("paths")?)?),
            "keep" => Op::Keep(paths(&fields.take("paths")?)?),
            "named" => Op::Named(fields.text("name")?.into()),
            _ => Op::Invalid(Problem::new(&fields.text("message")?, origins.at.clone())),
        })
    }

    fn selector(&mut self, fields: &mut Fields<'_>) -> Result<Selector, String> {
        let Json::Integer(at) = fields.take("selector")? else {
            return Err("`selector` must be a position in the table of selectors".to_owned());
        };
        let selector = usize::try_from(at).ok().and_then(|at| self.selectors.take(at));
        selector.ok_or_else(|| format!("there is no selector {at}"))
    }

    fn deployed(
        &mut self,
        fields: &mut Fields<'_>,
        origins: &FieldOrigins,
    ) -> Result<Deployed, String> {
        let resource = ResourceName::parse(&fields.text("resource")?).map_err(|e| e.to_string())?;
        let leaves = claims::from_json(&fields.take("claims")?, origins)?;
        let mut contents = Vec::new();
        if let Some(json) = fields.fields.remove("contents") {
            let Json::List(digests) = json else { return Err("`contents` is no list".to_owned()) };
            for digest in digests {
                let Json::Text(digest) = digest else { return Err("a digest is no text".into()) };
                let key = digest.parse::<Digest>().map_err(|e| e.to_string())?;
                let content = self.contents.get_mut(&key);
                let (bytes, used) =
                    content.ok_or_else(|| format!("there is no content `{digest}`"))?;
                *used = true;
                contents.push((key, Arc::clone(bytes)));
            }
        }
        Ok(Deployed::new(resource, leaves, contents))
    }
}

fn paths(json: &Json) -> Result<PathSet, String> {
    let expected = || "`paths` must be \"all\" or a list of `under` and `point`".to_owned();
    let entries = match json {
        Json::Text(all) if all == "all" => return Ok(PathSet::all()),
        Json::List(entries) => entries,
        _ => return Err(expected()),
    };
    let (mut subtrees, mut points) = (Vec::new(), Vec::new());
    for entry in entries {
        let Json::Object(entry) = entry else { return Err(expected()) };
        let Some((kind, Json::Text(path))) = entry.first_key_value().filter(|_| entry.len() == 1)
        else {
            return Err(expected());
        };
        let path = Path::parse(path).map_err(|e| e.to_string())?;
        match kind.as_str() {
            "under" => subtrees.push(path),
            "point" => points.push(path),
            _ => return Err(expected()),
        }
    }
    Ok(PathSet::of(subtrees, points))
}

/// The fields of one node that were not read yet.
struct Fields<'a> {
    op: &'a str,
    fields: BTreeMap<String, Json>,
}

impl Fields<'_> {
    fn take(&mut self, key: &str) -> Result<Json, String> {
        self.fields.remove(key).ok_or_else(|| format!("`{}` must have `{key}`", self.op))
    }

    fn text(&mut self, key: &str) -> Result<String, String> {
        match self.take(key)? {
            Json::Text(text) => Ok(text),
            other => Err(format!("`{key}` is {}, not a text", other.kind())),
        }
    }

    fn end(&self) -> Result<(), String> {
        match self.fields.first_key_value() {
            None => Ok(()),
            Some((key, _)) => Err(format!(
                "`{}` has the field `{key}`, which is not known to version 1; \
                 upgrade escadre or run `escadre lock` with this one",
                self.op
            )),
        }
    }
}
