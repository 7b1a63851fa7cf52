use std::io::{self, IsTerminal};

use comfy_table::{ContentArrangement, Table, presets};

/// A table as wide as the terminal, or as its contents where there is none.
pub(super) fn table<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size()
        && io::stdout().is_terminal()
    {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    // The preset begins each line with a space.
    lines
        .map(|line| line.strip_prefix(' ').map_or(line.clone(), String::from))
        .collect()
}
