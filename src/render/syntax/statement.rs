use std::ops::Range;

use super::expression::Expression;
use super::loops::Loop;
use super::symbols::Scope;

/// A template: what stands in it, in order.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) nodes: Vec<Node>,
    /// In the order in which they begin.
    pub(super) scopes: Vec<Scope>,
    /// By their numbers.
    pub(super) loops: Vec<Loop>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Bytes of the template that are text.
    Data(Range<usize>),
    Output(Vec<Expression>),
    Tag(Box<Tag>, Range<usize>),
}

/// A `{% … %}`. The parser has seen to it that they nest.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tag {
    AutoEscape(Expression),
    Block {
        name: String,
        required: bool,
        /// Whether it sees the local names around it.
        scoped: bool,
    },
    Call(Vec<Parameter>, Expression),
    Elif(Expression),
    Else,
    /// What a loop does when it has no rounds.
    ElseFor(usize),
    /// The word is that of the tag it ends.
    End(End),
    Extends(Expression),
    Filter(Expression),
    For {
        number: usize,
        target: Target,
        items: Expression,
        condition: Option<Expression>,
    },
    From {
        template: Expression,
        names: Vec<(String, Option<String>)>,
        with_context: bool,
    },
    If(Expression),
    Import {
        template: Expression,
        name: String,
        with_context: bool,
    },
    Include {
        template: Expression,
        ignore_missing: bool,
        with_context: bool,
    },
    Macro(String, Vec<Parameter>),
    Set(Target, Expression),
    /// The filters are around what the block captures.
    SetBlock(Target, Option<Expression>),
    With(Vec<(Target, Expression)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    AutoEscape,
    /// Whether it is scoped.
    Block(bool),
    Call,
    Filter,
    /// The loop's number.
    For(usize),
    If,
    Macro,
    Set,
    With,
}

/// What is assigned to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Attribute(String, String),
    Name(String),
    Tuple(Vec<Target>),
}

/// A parameter of a macro, and its default.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) default: Option<Expression>,
    /// Whether the default names a parameter before it.
    pub(super) names_others: bool,
}

impl Target {
    /// The names that it binds.
    pub(super) fn names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Attribute(..) => {}
            Self::Name(name) => visit(name),
            Self::Tuple(targets) => {
                for target in targets {
                    target.names(visit);
                }
            }
        }
    }

    /// The namespaces of which it sets an attribute.
    pub(super) fn namespaces<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Attribute(name, _) => visit(name),
            Self::Name(_) => {}
            Self::Tuple(targets) => {
                for target in targets {
                    target.namespaces(visit);
                }
            }
        }
    }
}

impl End {
    /// The tag that does the same for minijinja.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::AutoEscape => "endautoescape",
            Self::Block(_) => "endblock",
            Self::Call => "endcall",
            Self::Filter => "endfilter",
            Self::For(_) => "endfor",
            Self::If => "endif",
            Self::Macro => "endmacro",
            Self::Set => "endset",
            Self::With => "endwith",
        }
    }
}
