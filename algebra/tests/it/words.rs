//! Words: texts that may mention the device.

use escadre_algebra::{LabelKey, Part, Word};

fn literal(text: &str) -> Part {
    Part::Literal(text.into())
}

#[test]
fn literals_side_by_side_are_one_and_empty_ones_are_none() {
    let site = || Part::Label(LabelKey::parse("site").unwrap());
    let word = Word::from_parts(["", "a", "", "b", "c", ""].map(literal));
    assert_eq!((word.as_literal(), word.parts().len()), (Some("abc"), 1));
    let word = Word::from_parts([literal(""), site(), literal(""), Part::DeviceId, literal("x")]);
    assert_eq!(word.parts(), [site(), Part::DeviceId, literal("x")]);
    assert_eq!(word.as_literal(), None);
    let nothing = Word::from_parts([literal(""), literal("")]);
    assert_eq!((nothing.as_literal(), nothing.parts().len()), (Some(""), 0));
    assert_eq!(nothing, Word::literal(""));
}
