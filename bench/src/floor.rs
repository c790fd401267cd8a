//! The floor: the least that any program does which looks at every label of every device.

use escadre_algebra::{Codes, Columns};

/// All codes, each column in 32 bits.
pub(crate) struct Floor(Vec<Vec<u32>>);

impl Floor {
    pub(crate) fn of(columns: &Columns) -> Self {
        let all = columns.columns().iter().map(|column| match column.codes() {
            Codes::U8(codes) => codes.iter().map(|&code| code.into()).collect(),
            Codes::U16(codes) => codes.iter().map(|&code| code.into()).collect(),
            Codes::U32(codes) => codes.clone(),
        });
        Self(all.collect())
    }

    /// Reads all 12 labels of each device, and hashes each device.
    pub(crate) fn run(&self) -> u64 {
        let Ok::<&[Vec<u32>; 12], _>(columns) = self.0.as_slice().try_into() else { return 0 };
        let n = columns[0].len();
        let columns: [&[u32]; 12] = std::array::from_fn(|at| &columns[at][..n]);
        let mut sum = 0u64;
        for row in 0..n {
            let mut hash = 0u64;
            for column in &columns {
                hash = (hash.rotate_left(5) ^ u64::from(column[row]))
                    .wrapping_mul(0x517c_c1b7_2722_0a95);
            }
            sum = sum.wrapping_add(hash);
        }
        sum
    }
}
