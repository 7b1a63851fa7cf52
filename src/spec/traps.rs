use crate::yaml::{self, Node, Schema, Target, Trap};

/// Where a spec, a parameter file and a config have values that reach scripts.
const PLACES: [(&[&str], Target); 4] = [
    (&["parameters", "values"], Target::Parameters),
    (&["values"], Target::Parameters),
    (&["slurm_args", "defaults"], Target::SlurmArgs),
    (&["slurm_defaults"], Target::SlurmArgs),
];

/// Where a spec and a parameter file have hooks that see parameters.
const HOOKS: [&[&str]; 5] = [
    &["parameters", "parse"],
    &["parameters", "filter"],
    &["parse"],
    &["filter"],
    &["slurm_args", "logic"],
];

/// The traps of the file that `root` was read from, whatever else may be wrong with it.
pub(super) fn find(root: &Node, schema: Schema) -> Vec<Trap> {
    let has_hooks = HOOKS.iter().any(|keys| at(root, keys).is_some());
    Trap::merge(PLACES.into_iter().flat_map(|(keys, target)| {
        let target = match target {
            Target::Parameters if has_hooks => Target::Hooks,
            target => target,
        };
        at(root, keys)
            .map(|node| yaml::traps(node, &keys.join("."), schema, target))
            .unwrap_or_default()
    }))
}

fn at<'a>(root: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter().try_fold(root, |node, key| node.get(key))
}
