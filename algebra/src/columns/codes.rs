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
    fn as_u32(self) -> u32;
}

macro_rules! code {
    ($($width:ty),*) => {
        $(impl Code for $width {
            #[inline]
            fn index(self) -> usize {
                self as usize
            }

            #[inline]
            fn as_u32(self) -> u32 {
                self.into()
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

/// In which order rows stand: each by the number by which it was met.
pub(super) struct Order {
    pub(super) rows: Vec<u32>,
    /// Whether that is the order in which they were met.
    pub(super) is_as_met: bool,
}

impl Codes {
    /// These codes, all below `n_codes`, in the least width.
    #[expect(clippy::cast_possible_truncation, reason = "all are below the bound of the width")]
    pub(super) fn narrowed(codes: impl Iterator<Item = u32>, n_codes: usize) -> Self {
        if n_codes <= 1 << 8 {
            Self::U8(codes.map(|code| code as u8).collect())
        } else if n_codes <= 1 << 16 {
            Self::U16(codes.map(|code| code as u16).collect())
        } else {
            Self::U32(codes.collect())
        }
    }

    /// No codes yet.
    pub(super) fn new() -> Self {
        Self::U8(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        with_codes!(self, codes => codes.len())
    }

    /// As many as `n_rows`: the label is absent on those that are added.
    pub(super) fn resize(&mut self, n_rows: usize) {
        with_codes!(self, codes => codes.resize(n_rows, Default::default()));
    }

    /// Adds a code, in a wider form if it needs one.
    #[inline]
    pub(super) fn push(&mut self, code: u32) {
        match (&mut *self, u8::try_from(code), u16::try_from(code)) {
            (Self::U8(codes), Ok(code), _) => codes.push(code),
            (Self::U16(codes), _, Ok(code)) => codes.push(code),
            (Self::U32(codes), ..) => codes.push(code),
            _ => {
                let n_codes = code as usize + 1;
                *self = Self::narrowed(self.iter().chain([code]), n_codes);
            }
        }
    }

    /// How many are [`UNKNOWN`].
    pub(super) fn n_unknown(&self) -> usize {
        let is_unknown = |code: usize| usize::from(code == UNKNOWN as usize);
        with_codes!(self, codes => codes.iter().map(|code| is_unknown(code.index())).sum())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// For each row of `order` the number that its code has in `numbers`, all below `n_codes`.
    pub(super) fn renumbered(mut self, order: &Order, numbers: &[u32], n_codes: usize) -> Self {
        if order.is_as_met && self.is_as_narrow_as(n_codes) {
            match &mut self {
                Self::U8(codes) => renumber(codes, numbers),
                Self::U16(codes) => renumber(codes, numbers),
                Self::U32(codes) => renumber(codes, numbers),
            }
            return self;
        }
        let codes = order.rows.iter().map(|row| numbers[self.get(*row as usize) as usize]);
        Self::narrowed(codes, n_codes)
    }

    /// Whether this is the least width for codes below `n_codes`.
    fn is_as_narrow_as(&self, n_codes: usize) -> bool {
        match self {
            Self::U8(_) => true,
            Self::U16(_) => n_codes > 1 << 8,
            Self::U32(_) => n_codes > 1 << 16,
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
        *self = Self::narrowed(codes.into_iter(), code as usize + 1);
    }

    pub(super) fn n_bytes(&self) -> usize {
        match self {
            Self::U8(codes) => codes.capacity(),
            Self::U16(codes) => codes.capacity() * 2,
            Self::U32(codes) => codes.capacity() * 4,
        }
    }
}

/// Puts the number that each code has in its place, where all fit.
fn renumber<C: Code + TryFrom<u32>>(codes: &mut Vec<C>, numbers: &[u32]) {
    for code in codes.iter_mut() {
        if let Ok(number) = C::try_from(numbers[code.index()]) {
            *code = number;
        }
    }
    codes.shrink_to_fit();
}
