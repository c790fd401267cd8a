//! Encoding is canonical.

use escadre_algebra::{EncodeOptions, Fleet};

/// decode(x) = f ⟹ decode(encode(f)) = g with digest(g) = digest(f) and encode(g) = encode(f), with
/// origins and without.
pub fn check(bytes: &[u8]) {
    let fleet = match Fleet::decode(bytes) {
        Ok(fleet) => fleet,
        Err(error) => match with_digest(bytes, &error.to_string()).map(|text| Fleet::decode(&text))
        {
            Some(repaired) => repaired.expect("only the digest was wrong"),
            None => return,
        },
    };
    for origins in [false, true] {
        let options = EncodeOptions { origins };
        let text = fleet.encode(&options).expect("what was decoded is within limits");
        match Fleet::decode(text.as_bytes()) {
            Ok(again) => {
                assert_eq!(fleet.digest(), again.digest());
                assert_eq!(Ok(text), again.encode(&options).map_err(|error| error.to_string()));
            }
            Err(error) => panic!("what was encoded does not decode: {error}\n{text}"),
        }
    }
}

/// The document with the digest that the error says its nodes have, so that edited nodes reach the
/// property; nothing where the error is about something else.
fn with_digest(bytes: &[u8], message: &str) -> Option<Vec<u8>> {
    let mut digests = message.split("sha256:").skip(1).map(|rest| rest.get(..64));
    let (Some(Some(stated)), Some(Some(computed)), None) =
        (digests.next(), digests.next(), digests.next())
    else {
        return None;
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let known = message.contains("but the nodes have") && text.matches(stated).count() == 1;
    known.then(|| text.replace(stated, computed).into_bytes())
}
