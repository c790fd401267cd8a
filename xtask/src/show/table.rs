//! Tables of figures, as this program and the benchmark print them.

/// A line of the table: its cells, from left to right.
pub(super) type Line = Vec<String>;

/// The lines in columns, each to the right; the first line is the head.
pub(super) fn text(lines: &[Line]) -> String {
    let n_columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..n_columns).map(|at| width(at).unwrap_or(0)).collect();
    let line = |line: &Line| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    lines.iter().map(line).collect()
}

/// The cells of a line.
pub(super) fn line<const N: usize>(cells: [&str; N]) -> Line {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::{line, text};

    #[test]
    fn cells_stand_below_each_other() {
        let lines = [line(["work", "ms"]), line(["plan", "1234"])];
        assert_eq!(text(&lines), "work    ms\nplan  1234\n");
    }
}
