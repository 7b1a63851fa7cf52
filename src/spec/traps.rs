use crate::yaml::{self, Node, Schema, Target, Trap};

/// Where a spec, a parameter file and a config have values that reach scripts.
const PLACES: [(&[&str], Target); 4] = [
    (&["parameters", "values"], Target::Parameters),
    (&["values"], Target::Parameters),
    (&["slurm_args", "defaults"], Target::SlurmArgs),
    (&["slurm_defaults"], Target::SlurmArgs),
];

/// The traps of the file that `root` was read from, whatever else may be wrong with it.
pub(super) fn find(root: &Node, schema: Schema) -> Vec<Trap> {
    Trap::merge(PLACES.into_iter().flat_map(|(keys, target)| {
        let node = keys.iter().try_fold(root, |node, key| node.get(key));
        node.map(|node| yaml::traps(node, &keys.join("."), schema, target))
            .unwrap_or_default()
    }))
}
