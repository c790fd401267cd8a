//! `schema`: JSON Schemas of what is read and written.

use serde_json::{Value as Json, json};

use super::Code;
use super::args::{Schema, SchemaOf};
use super::context::Context;
use super::error::Failure;

pub(crate) fn run(args: &Schema, context: &mut Context<'_>) -> Result<Code, Failure> {
    let schema = match args.of {
        SchemaOf::Fleet => json!(escadre_algebra::schema()),
        SchemaOf::Plan => escadre_interpreter::present::plan_schema(),
        SchemaOf::Inventory => inventory(),
    };
    context.out.json(&schema)?;
    Ok(Code::Done)
}

/// One line of an inventory in JSON Lines, as `docs/inventories.md` has it.
fn inventory() -> Json {
    let label = json!({
        "description": "The label's value; null if it is unknown.",
        "type": ["string", "integer", "number", "boolean", "null"],
    });
    let device = json!({
        "description": "One device.",
        "type": "object",
        "required": ["id"],
        "additionalProperties": false,
        "properties": {
            "id": {
                "description": "The device's id, without white space and control characters.",
                "type": "string", "minLength": 1, "maxLength": 253, "pattern": "^\\S+$",
            },
            "labels": { "type": "object", "additionalProperties": label },
            "reported": {
                "description": "The labels that the device reports itself; all others are asserted.",
                "type": "array", "items": { "type": "string" },
            },
            "unlisted": {
                "description": "What labels are that are not listed.",
                "enum": ["absent", "unknown"], "default": "absent",
            },
        },
    });
    let coverage = json!({
        "description": "Whether every device is listed.",
        "type": "object",
        "required": ["coverage"],
        "additionalProperties": false,
        "properties": { "coverage": { "enum": ["complete", "partial"] } },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of an Escadre inventory in JSON Lines",
        "oneOf": [device, coverage],
    })
}
