//! Commands as they are typed into a shell.

use std::path::Path;

use super::args::{Agreed, Listing};

/// `text` as one word of a POSIX shell: as it is where that is safe, else in single quotes.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:,%@=+".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// `path` as one word of a shell.
pub(crate) fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// The options that name a fleet's file, where it is not the usual one; with a space before them.
pub(crate) fn fleet(lock: &Path) -> String {
    if lock == Path::new("fleet.lock") { String::new() } else { format!(" -f {}", path(lock)) }
}

/// The options that read the same inventory, each with a space before it.
pub(crate) fn listing(listing: &Listing) -> String {
    let reading = &listing.reading;
    let mut text = format!(" -i {}", path(&listing.inventory));
    if let Some(format) = reading.inventory_format {
        text.push_str(&format!(" --inventory-format {format}"));
    }
    if reading.partial {
        text.push_str(" --partial");
    }
    if reading.id_column != "id" {
        text.push_str(&format!(" --id-column {}", quoted(&reading.id_column)));
    }
    #[cfg(feature = "nats")]
    if let Some(address) = &reading.device_info {
        text.push_str(&format!(" --device-info {}", quoted(&address.to_string())));
    }
    text
}

/// The options that give the same consent, each with a space before it.
pub(crate) fn agreed(agreed: &Agreed) -> String {
    let mut text = String::new();
    if agreed.max_shrink != escadre_interpreter::Consent::default().max_shrink {
        text.push_str(&format!(" --max-shrink {}", agreed.max_shrink));
    }
    if agreed.accept_shrink {
        text.push_str(" --accept-shrink");
    }
    if agreed.keep_removed {
        text.push_str(" --keep-removed");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (text, expect) in [
            ("site-1/devices.jsonl", "site-1/devices.jsonl"),
            ("", "''"),
            ("my devices.jsonl", "'my devices.jsonl'"),
            ("$HOME", "'$HOME'"),
            ("it's", r"'it'\''s'"),
            ("é", "é"),
        ] {
            assert_eq!(quoted(text), expect);
        }
    }
}
