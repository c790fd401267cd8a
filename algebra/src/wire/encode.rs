//! From a fleet to its document.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::EncodeError;
use super::form::{
    ContentForm, DocumentForm, Everything, ForeignForm, NodeForm, Operands, OriginForm, PathForm,
    PathsForm,
};
use super::json::{Json, line};
use super::selectors::SelectorTable;
use super::{EncodeOptions, FLEET, VERSION, claims};
use crate::annotation::Sources;
use crate::dag::Dag;
use crate::digest::Digest;
use crate::fleet::{Deployed, Fleet, Op};
use crate::names::Field;
use crate::origin::Origin;
use crate::path::Fields;
use crate::path_set::PathSet;

/// The document of `fleet`: each different node once, in the order of first use.
pub(super) fn document(fleet: &Fleet, options: EncodeOptions) -> Result<DocumentForm, EncodeError> {
    let mut encoder = Encoder {
        options,
        selectors: SelectorTable::new(options.origins),
        by_line: HashMap::new(),
        nodes: Vec::new(),
        origins: Vec::new(),
        contents: BTreeMap::new(),
    };
    let dag = Dag::of(fleet);
    let mut positions: Vec<usize> = Vec::with_capacity(dag.len());
    for (node, operands) in dag.nodes.iter().zip(dag.operands.iter()) {
        let of = operands.iter().map(|&at| i64::try_from(positions[at]).unwrap_or(i64::MAX));
        positions.push(encoder.node(node, of.collect())?);
    }
    let contents = encoder.contents.iter().map(|(digest, bytes)| {
        let content = match std::str::from_utf8(bytes) {
            Ok(text) => ContentForm::Text(text.to_owned()),
            Err(_) => ContentForm::Base64 { base64: STANDARD.encode(bytes) },
        };
        (digest.to_string(), content)
    });
    Ok(DocumentForm {
        escadre: FLEET,
        version: VERSION,
        digest: fleet.digest().to_string(),
        contents: contents.collect(),
        selectors: encoder.selectors.entries,
        nodes: encoder.nodes,
        origins: options.origins.then_some(encoder.origins),
    })
}

struct Encoder {
    options: EncodeOptions,
    selectors: SelectorTable,
    // Each node's line, with absolute references, and its origin: to its position.
    by_line: HashMap<String, usize>,
    nodes: Vec<NodeForm>,
    // INVARIANT: as many as `nodes`, or none without origins; `node` keeps it.
    origins: Vec<OriginForm>,
    contents: BTreeMap<Digest, Arc<[u8]>>,
}

impl Encoder {
    /// The position of `fleet`, whose operands are at `of`.
    fn node(&mut self, fleet: &Fleet, of: Vec<i64>) -> Result<usize, EncodeError> {
        let mut form = self.form(&fleet.0.op, of)?;
        let origin = self.options.origins.then(|| origin_form(fleet));
        let mut key = line(&form)?;
        if let Some(origin) = &origin {
            key.push('\n');
            key.push_str(&line(origin)?);
        }
        let at = self.nodes.len();
        match self.by_line.entry(key) {
            Entry::Occupied(known) => return Ok(*known.get()),
            Entry::Vacant(slot) => slot.insert(at),
        };
        let here = i64::try_from(at).unwrap_or(i64::MAX);
        if let Some(of) = form.of_mut() {
            of.iter_mut().for_each(|operand| *operand -= here);
        }
        self.nodes.push(form);
        self.origins.extend(origin);
        Ok(at)
    }

    fn form(&mut self, op: &Op, of: Vec<i64>) -> Result<NodeForm, EncodeError> {
        Ok(match op {
            Op::Empty => NodeForm::Empty {},
            Op::All => NodeForm::All {},
            Op::Deploy(deployed) => self.deploy(deployed),
            Op::Union => NodeForm::Union(Operands { of }),
            Op::Overlay => NodeForm::Overlay(Operands { of }),
            Op::Patch => NodeForm::Patch(Operands { of }),
            Op::Mask => NodeForm::Mask(Operands { of }),
            Op::Within => NodeForm::Within(Operands { of }),
            Op::Without => NodeForm::Without(Operands { of }),
            Op::Restrict(s) => NodeForm::Restrict { of, selector: self.selectors.position(s)? },
            Op::Choose(s) => NodeForm::Choose { of, selector: self.selectors.position(s)? },
            Op::Forget(set) => NodeForm::Forget { of, paths: paths(set) },
            Op::Keep(set) => NodeForm::Keep { of, paths: paths(set) },
            Op::Named(name) => NodeForm::Named { of, name: name.to_string() },
            Op::Invalid(problem) => NodeForm::Invalid { of, message: problem.message().to_owned() },
            Op::Foreign(foreign) => NodeForm::Foreign(ForeignForm {
                op: foreign.name.clone(),
                of,
                body: foreign.body.iter().map(|(k, v)| (k.clone(), Json::from(v))).collect(),
            }),
        })
    }

    fn deploy(&mut self, deployed: &Deployed) -> NodeForm {
        self.contents.extend(deployed.contents.iter().cloned());
        let mut contents: Vec<String> =
            deployed.contents.iter().map(|(digest, _)| digest.to_string()).collect();
        contents.sort_unstable();
        contents.dedup();
        NodeForm::Deploy {
            resource: deployed.resource.to_string(),
            claims: claims::to_json(&deployed.claims),
            contents,
        }
    }
}

/// `paths` as it is written.
pub(super) fn paths(paths: &PathSet) -> PathsForm {
    if paths.is_everything() {
        return PathsForm::Word(Everything::All);
    }
    let subtrees = paths.subtrees().map(|path| PathForm::Under(path.to_string()));
    let point = if mutant!(WirePointsAsSubtrees) { PathForm::Under } else { PathForm::Point };
    let points = paths.points().map(|path| point(path.to_string()));
    PathsForm::List(subtrees.chain(points).collect())
}

/// `file:line:column`, if the place is known.
pub(super) fn place_text(origin: &Origin) -> Option<String> {
    origin.place().map(|(file, line, column)| format!("{file}:{line}:{column}"))
}

fn origin_form(fleet: &Fleet) -> OriginForm {
    let at = match &fleet.0.op {
        Op::Invalid(problem) => place_text(problem.origin()),
        _ => place_text(&fleet.0.origin),
    };
    let Op::Deploy(deployed) = &fleet.0.op else { return OriginForm::At(at) };
    let mut fields = BTreeMap::new();
    deployed.annotated::<Sources>().walk(&mut Vec::new(), &mut |path, tree| {
        let written = tree.own.first().and_then(|(_, sources)| sources.all().first());
        let place = written.and_then(|source| place_text(&source.origin));
        if place != at {
            let path: Vec<Field> = path.iter().copied().cloned().collect();
            fields.insert(Fields(&path).to_string(), place);
        }
        true
    });
    if fields.is_empty() { OriginForm::At(at) } else { OriginForm::Fields { at, fields } }
}
