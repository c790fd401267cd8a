//! How much is shown of what.

use escadre_interpreter::present::TextOptions;

use super::output::Look;

/// Text for a stream that looks like this.
pub(crate) fn options(look: Look) -> TextOptions {
    TextOptions { width: look.width, colour: look.colour, ..TextOptions::default() }
}
