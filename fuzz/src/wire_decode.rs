//! Encoding is canonical.

use escadre_algebra::{EncodeOptions, Fleet};

/// decode(x) = f ⟹ decode(encode(f)) = g with digest(g) = digest(f) and encode(g) = encode(f), with
/// origins and without.
pub fn check(bytes: &[u8]) {
    let fleet = match Fleet::decode(bytes) {
        Ok(fleet) => fleet,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
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
