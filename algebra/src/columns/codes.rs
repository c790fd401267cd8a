//! One small number a device, in as few bits as the largest needs.

/// The code of a device that does not have the label.
pub(crate) const ABSENT: u32 = 0;
/// The code of a device whose label is unknown.
pub(crate) const UNKNOWN: u32 = 1;
/// The code of the first string of the dictionary.
pub(crate) const FIRST: u32 = 2;

/// One code a device.
// CHOICE: three widths, so that a label of few values costs a byte a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Codes below 2⁸.
    U8(Vec<u8>),
    /// Codes below 2¹⁶.
    U16(Vec<u16>),
    /// Codes below 2³².
    U32(Vec<u32>),
}

/// A code of one width.
pub(super) trait Code: Copy {
    fn index(self) -> usize;
}

macro_rules! code {
    ($($width:ty),*) => {
        $(impl Code for $width {
            #[inline]
            fn index(self) -> usize {
                self as usize
            }
        })*
    };
}
code!(u8, u16, u32);

/// Evaluates `$body` with `$codes`, a slice of codes of the width that they have.
macro_rules! with_codes {
    ($all:expr, $codes:ident => $body:expr) => {
        match $all {
            $crate::columns::codes::Codes::U8($codes) => $body,
            $crate::columns::codes::Codes::U16($codes) => $body,
            $crate::columns::codes::Codes::U32($codes) => $body,
        }
    };
}
pub(super) use with_codes;

impl Codes {
    /// These codes, all below `n_codes`, in the least width.
    #[expect(clippy::cast_possible_truncation, reason = "all are below the bound of the width")]
    pub(super) fn narrowed(codes: &[u32], n_codes: usize) -> Self {
        if n_codes <= 1 << 8 {
            Self::U8(codes.iter().map(|&code| code as u8).collect())
        } else if n_codes <= 1 << 16 {
            Self::U16(codes.iter().map(|&code| code as u16).collect())
        } else {
            Self::U32(codes.to_vec())
        }
    }

    /// The code of the device of row `row`.
    #[must_use]
    pub fn get(&self, row: usize) -> u32 {
        match self {
            Self::U8(codes) => codes.get(row).map_or(ABSENT, |&code| code.into()),
            Self::U16(codes) => codes.get(row).map_or(ABSENT, |&code| code.into()),
            Self::U32(codes) => codes.get(row).copied().unwrap_or(ABSENT),
        }
    }

    /// Sets the code of one row, in a wider form if it needs one. Costs O(1), or O(devices) then.
    pub(super) fn set(&mut self, row: usize, code: u32) {
        match self {
            Self::U8(codes) => match u8::try_from(code) {
                Ok(code) => codes[row] = code,
                Err(_) => self.set_wider(row, code),
            },
            Self::U16(codes) => match u16::try_from(code) {
                Ok(code) => codes[row] = code,
                Err(_) => self.set_wider(row, code),
            },
            Self::U32(codes) => codes[row] = code,
        }
    }

    fn set_wider(&mut self, row: usize, code: u32) {
        let mut codes: Vec<u32> = match self {
            Self::U8(codes) => codes.iter().map(|&code| code.into()).collect(),
            Self::U16(codes) => codes.iter().map(|&code| code.into()).collect(),
            Self::U32(codes) => std::mem::take(codes),
        };
        codes[row] = code;
        *self = Self::narrowed(&codes, code as usize + 1);
    }

    pub(super) fn n_bytes(&self) -> usize {
        match self {
            Self::U8(codes) => codes.capacity(),
            Self::U16(codes) => codes.capacity() * 2,
            Self::U32(codes) => codes.capacity() * 4,
        }
    }
}
