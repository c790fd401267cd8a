//! Printing is a right inverse of parsing.

use escadre_algebra::Selector;

/// parse(x) = s ⟹ parse(print(s)) has the shape of s, and prints the same; an error points into x.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let selector = match text.parse::<Selector>() {
        Ok(selector) => selector,
        Err(error) => {
            assert!(text.is_char_boundary(error.offset()), "{error} points beside {text:?}");
            assert!(!error.expected().is_empty() && !error.pointing().is_empty());
            return;
        }
    };
    let printed = selector.to_string();
    match printed.parse::<Selector>() {
        Ok(again) => {
            assert!(
                selector.same_shape(&again),
                "{text:?} prints as {printed:?}, another selector"
            );
            assert_eq!(again.to_string(), printed);
        }
        Err(error) => panic!("{text:?} prints as {printed:?}, which does not parse: {error}"),
    }
}
