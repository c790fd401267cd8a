//! Texts on a device.

use escadre_algebra::{
    Facts, Fleet, Knowledge, Path, Resource, Text, choose, denote, deploy, device_id, label,
    label_or, text,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::rendering::{Resolution, resolve};
use super::{Case, for_all, same_meaning};
use crate::sample::Sampling;
use crate::strategies::Schema;
use crate::trial::device;

/// One piece of a text as it is written.
#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    Label(String),
    DeviceId,
}

fn key(schema: &Schema) -> BoxedStrategy<String> {
    let keys = schema.labels().iter().map(|label| label.key.to_string());
    select(keys.chain(["missing".to_owned()]).collect::<Vec<_>>()).boxed()
}

fn pieces(schema: &Schema) -> BoxedStrategy<Vec<Piece>> {
    let piece = prop_oneof![
        "[a-b]{0,2}".prop_map(Piece::Literal),
        key(schema).prop_map(Piece::Label),
        Just(Piece::DeviceId),
    ];
    vec(piece, 0..4).boxed()
}

fn written(pieces: &[Piece]) -> Text {
    pieces.iter().fold(text(""), |text, piece| match piece {
        Piece::Literal(literal) => text + literal.as_str(),
        Piece::Label(key) => text + label(key),
        Piece::DeviceId => text + device_id(),
    })
}

/// The text on the device, as it is printed.
fn substituted(pieces: &[Piece], facts: &Facts) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.clone(),
        Piece::DeviceId => facts.id().to_string(),
        Piece::Label(key) => match facts.label(key) {
            Knowledge::Known(value) => value.to_owned(),
            Knowledge::Absent => format!("{{missing({key})}}"),
            Knowledge::Unknown => format!("{{label({key})}}"),
        },
    };
    pieces.iter().map(piece).collect()
}

fn claiming(text: Text) -> Fleet {
    deploy(Resource::new("motd").set("text", text))
}

pub(super) fn text_substitution(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let Ok(path) = Path::parse("motd.text") else { return Ok(()) };
    for_all(sampling, &(pieces(schema), schema.facts_with_unknown()), |(pieces, facts)| {
        let expected = substituted(pieces, facts);
        let candidates = |fleet: &Fleet| {
            let claims = denote::<()>(fleet, facts).unwrap_or_default();
            claims.at(&path).into_iter().map(|(value, ())| value).collect::<Vec<_>>()
        };
        let fleet = claiming(written(pieces));
        let found = candidates(&fleet);
        let [escadre_algebra::Value::Text(word)] = &found[..] else {
            return Err(format!("  {pieces:?}\n  is {found:?} on {}", device(facts)));
        };
        let is_whole = !expected.contains('{');
        if word.to_string() != expected || word.as_literal().is_some() != is_whole {
            return Err(format!("  {word}\n  should be {expected}\n  on {}", device(facts)));
        }
        // What is whole is one candidate with the literal.
        let union = fleet.union(claiming(text(expected.as_str())));
        let both = candidates(&union);
        let is_one = both.len() == 1 && !matches!(resolve(&union, facts), Resolution::Conflict);
        if is_whole && !is_one {
            return Err(format!("  {both:?} are not one candidate on {}", device(facts)));
        }
        Ok(())
    })
}

pub(super) fn label_defaults(sampling: &Sampling) -> Case {
    let schema = &sampling.schema;
    let values = (key(schema), pieces(schema), pieces(schema), schema.facts());
    for_all(sampling, &values, |(key, before, default, facts)| {
        let before = || written(before);
        let with_default = claiming(before() + label_or(key, written(default)));
        let chosen = choose(
            label(key).exists(),
            claiming(before() + label(key)),
            claiming(before() + written(default)),
        );
        same_meaning(facts, &with_default, &chosen)
    })
}
