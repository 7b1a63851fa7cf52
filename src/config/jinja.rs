use crate::model::{Map, Value};
use crate::yaml::{Fields, Misfit, Node};

/// What a template does with a name that has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undefined {
    /// Printing it, looping over it or comparing it is an error; testing it is not.
    #[default]
    SemiStrict,
    /// It prints nothing, as Jinja2 does by default.
    Lenient,
    /// Everything but `is defined` and `default` is an error, as Jinja2's `StrictUndefined`.
    Strict,
}

impl Undefined {
    /// The words of the spec and the config.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("semi-strict", Self::SemiStrict),
        ("lenient", Self::Lenient),
        ("strict", Self::Strict),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SemiStrict => "semi-strict",
            Self::Lenient => "lenient",
            Self::Strict => "strict",
        }
    }
}

/// The `jinja:` key of a spec or a config; what is absent is left to the next level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JinjaOptions {
    /// What to do with undefined names.
    pub undefined: Option<Undefined>,
    /// Whether the newline after a block tag goes.
    pub trim_blocks: Option<bool>,
    /// Whether white space before a block tag at the start of a line goes.
    pub lstrip_blocks: Option<bool>,
    /// What one script may cost: about one for each step of the template and for each 64 bytes of
    /// text. Set in the config only, as a spec may be from a stranger.
    pub steps: Option<u64>,
}

impl JinjaOptions {
    /// What one script may cost where the config does not say.
    pub const STEPS: u64 = 1_000_000;

    /// Reads the block under `jinja:` of a spec.
    pub(crate) fn read_spec(node: &Node, misfits: &mut Vec<Misfit>) -> Self {
        Self::read(
            node,
            &["undefined", "trim_blocks", "lstrip_blocks"],
            misfits,
        )
    }

    /// Reads the block under `jinja:` of a config.
    pub(crate) fn read_config(node: &Node, misfits: &mut Vec<Misfit>) -> Self {
        let known = ["undefined", "trim_blocks", "lstrip_blocks", "steps"];
        Self::read(node, &known, misfits)
    }

    fn read(node: &Node, known: &[&'static str], misfits: &mut Vec<Misfit>) -> Self {
        let Some(fields) = Fields::read(node, "`jinja`", known, misfits) else {
            return Self::default();
        };
        Self {
            undefined: fields.word("undefined", &Undefined::WORDS, misfits),
            trim_blocks: fields.boolean("trim_blocks", misfits),
            lstrip_blocks: fields.boolean("lstrip_blocks", misfits),
            steps: fields.count("steps", misfits),
        }
    }

    /// The options that are set, as they are written.
    pub fn to_map(self) -> Map {
        let entries = [
            ("undefined", self.undefined.map(|it| it.word().into())),
            ("trim_blocks", self.trim_blocks.map(Value::from)),
            ("lstrip_blocks", self.lstrip_blocks.map(Value::from)),
            ("steps", self.steps.map(|steps| Value::Int(steps.into()))),
        ];
        entries
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }

    /// Takes from `fallback` what is not said here.
    #[must_use]
    pub fn or(self, fallback: Self) -> Self {
        Self {
            undefined: self.undefined.or(fallback.undefined),
            trim_blocks: self.trim_blocks.or(fallback.trim_blocks),
            lstrip_blocks: self.lstrip_blocks.or(fallback.lstrip_blocks),
            steps: self.steps.or(fallback.steps),
        }
    }
}
