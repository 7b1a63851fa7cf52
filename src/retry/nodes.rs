//! Lists of nodes in Slurm's notation: `node[1-3,07],gpu2`.

use std::collections::HashSet;

/// The most nodes of a list that are told apart.
const MAX: usize = 4096;

/// `nodes` added to `before`, without those that are in it already.
pub(super) fn joined(before: &str, nodes: &str) -> String {
    let mut parts: Vec<String> = parts(before).map(String::from).collect();
    let mut known: HashSet<String> = parts.iter().flat_map(|part| names(part)).collect();
    for part in self::parts(nodes) {
        for name in names(part) {
            if known.insert(name.clone()) {
                parts.push(name);
            }
        }
    }
    parts.join(",")
}

/// The parts between commas that stand outside brackets.
fn parts(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    let parts = list.split(move |c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// The nodes that a part stands for; itself, where that is not understood or too much.
fn names(part: &str) -> Vec<String> {
    let expanded = expanded(part).filter(|names| names.len() <= MAX);
    expanded.unwrap_or_else(|| vec![part.into()])
}

fn expanded(part: &str) -> Option<Vec<String>> {
    let Some((prefix, rest)) = part.split_once('[') else {
        return Some(vec![part.into()]);
    };
    let (ranges, rest) = rest.split_once(']')?;
    let ends = expanded(rest).filter(|ends| ends.len() <= MAX)?;
    let mut names = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        // Leading zeros are part of the name.
        let width = first.len();
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        if last.checked_sub(first)? >= MAX as u64 || names.len() > MAX {
            return None;
        }
        for number in first..=last {
            let of_number = ends
                .iter()
                .map(|end| format!("{prefix}{number:0width$}{end}"));
            names.extend(of_number.take(MAX));
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_added_once() {
        for (before, nodes, both) in [
            ("", "node1", "node1"),
            ("", "node[1-2,4]", "node1,node2,node4"),
            ("node1", "node[1-2]", "node1,node2"),
            ("node[1-3]", "node2", "node[1-3]"),
            ("node[01-10],gpu1", "node[09-11]", "node[01-10],gpu1,node11"),
            ("a,b", "b,c", "a,b,c"),
            ("r[1-2]n[1-2]", "r2n2,r2n3", "r[1-2]n[1-2],r2n3"),
            // What is not understood is kept as it is.
            ("x", "node[1-", "x,node[1-"),
            ("x", "node[3-1]", "x,node[3-1]"),
            ("x", "node[1-99999999999]", "x,node[1-99999999999]"),
            ("x", "n[1-4000][1-4000]", "x,n[1-4000][1-4000]"),
        ] {
            assert_eq!(joined(before, nodes), both, "{before} and {nodes}");
        }
    }
}
