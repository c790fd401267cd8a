//! From an inventory to JSON Lines.

use std::io::{self, Write};

use escadre_algebra::{Attestation, Coverage, Facts, Inventory};

/// Writes `inventory` as JSON Lines, one device a line in the order of ids.
///
/// [`read`](super::read) ∘ `write_jsonl` = id: unknown labels, attestations and coverage are
/// written too (a partial inventory, or one without devices, starts with a line of its coverage).
/// Many small writes are made, so a file wants a [`BufWriter`](io::BufWriter).
///
/// # Errors
/// Those of `out`.
///
/// ```
/// use escadre_algebra::{Coverage, Facts, Inventory};
/// use escadre_interpreter::inventory::write_jsonl;
/// let cam = Facts::of("cam-1", [("role", "camera")])?.with_unknown("site")?;
/// let mut text = Vec::new();
/// write_jsonl(&Inventory::new([cam], Coverage::Complete)?, &mut text)?;
/// assert_eq!(
///     String::from_utf8(text)?,
///     "{\"id\": \"cam-1\", \"labels\": {\"role\": \"camera\", \"site\": null}}\n",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_jsonl(inventory: &Inventory, mut out: impl Write) -> io::Result<()> {
    match inventory.coverage() {
        Coverage::Partial => out.write_all(b"{\"coverage\": \"partial\"}\n")?,
        Coverage::Complete if inventory.is_empty() => {
            out.write_all(b"{\"coverage\": \"complete\"}\n")?;
        }
        Coverage::Complete => {}
    }
    for device in inventory.devices() {
        write_device(device, &mut out)?;
    }
    out.flush()
}

fn write_device(device: &Facts, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{\"id\": ")?;
    write_string(device.id().as_str(), out)?;
    out.write_all(b", \"labels\": {")?;
    for (at, label) in device.labels().iter().enumerate() {
        out.write_all(if at == 0 { b"" } else { b", " })?;
        write_string(label.key.as_str(), out)?;
        out.write_all(b": ")?;
        match &label.value {
            Some(value) => write_string(value, out)?,
            None => out.write_all(b"null")?,
        }
    }
    out.write_all(b"}")?;
    let reported = device.labels().iter().filter(|l| l.attestation == Attestation::Reported);
    let mut before: &[u8] = b", \"reported\": [";
    for label in reported {
        out.write_all(before)?;
        write_string(label.key.as_str(), out)?;
        before = b", ";
    }
    if before == b", " {
        out.write_all(b"]")?;
    }
    if device.unlisted_unknown() {
        out.write_all(b", \"unlisted\": \"unknown\"")?;
    }
    out.write_all(b"}\n")
}

fn write_string(text: &str, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}
