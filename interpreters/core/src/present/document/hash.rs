//! Digests of what is too long to be held.

use std::io::{self, Write};

use escadre_algebra::{Digest, Digester};
use serde::Serialize;

/// The bytes of one piece of a digest; the last piece may be shorter.
const PIECE: usize = 64 << 10;

/// The digest of a plan's content, laid out without white space.
pub(super) fn content(document: &impl Serialize) -> Digest {
    let mut hash = Hash { digester: Digester::new("escadre/plan/1"), piece: Vec::new() };
    // Strings, numbers and maps with string keys always serialise, and hashing does not fail.
    let _ = serde_json::to_writer(&mut hash, document);
    hash.finish()
}

/// A digest of everything that is written to it, in pieces of a fixed size.
struct Hash {
    digester: Digester,
    // INVARIANT: less than `PIECE`; `write` keeps it.
    piece: Vec<u8>,
}

impl Hash {
    fn finish(self) -> Digest {
        match self.piece.is_empty() {
            true => self.digester.finish(),
            false => self.digester.piece(&self.piece).finish(),
        }
    }
}

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..n]);
        if self.piece.len() == PIECE {
            self.digester.add(&self.piece);
            self.piece.clear();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_do_not_depend_on_how_they_are_written() {
        let bytes: Vec<u8> = (0..3 * PIECE + 7).map(|n| (n % 251) as u8).collect();
        let digest = |step: usize| {
            let mut hash = Hash { digester: Digester::new("test"), piece: Vec::new() };
            for part in bytes.chunks(step) {
                hash.write_all(part).unwrap_or_default();
            }
            hash.finish()
        };
        let mut whole = Digester::new("test");
        bytes.chunks(PIECE).for_each(|piece| whole.add(piece));
        let whole = whole.finish();
        for step in [1, 1_000, PIECE, PIECE + 1, 5 * PIECE] {
            assert_eq!(digest(step), whole);
        }
    }
}
