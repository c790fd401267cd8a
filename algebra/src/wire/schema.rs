//! The JSON Schema of the wire form.

use super::form::DocumentForm;

/// The JSON Schema of the wire form: what `docs/schemas/fleet.v1.schema.json` holds.
///
/// It describes the nodes of this version; a node with an unknown operator is carried all the same.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    generator.root_schema_for::<DocumentForm>().into()
}
