//! What keeps a hostile document from eating memory or stack.

use std::ops::Range;
use std::sync::Arc;

use super::{YamlError, syntax};
use crate::diagnostic::{Label, Source};
use crate::text::thousands;

/// Levels of lists and maps within each other, every alias written out.
///
/// Whoever walks nodes or values may recurse: no stack is too small for this.
pub(super) const MAX_DEPTH: usize = 256;

/// Values and keys, every alias written out: "billion laughs" must not grow.
const MAX_NODES: usize = 2_000_000;

/// Bytes of text that tuples and sets are printed to.
const MAX_PRINTED: usize = 16 << 20;

/// How much of each limit is left.
pub(super) struct Limits<'a> {
    source: &'a Arc<Source>,
    nodes: usize,
    printed: usize,
}

impl<'a> Limits<'a> {
    pub(super) fn new(source: &'a Arc<Source>) -> Self {
        Self {
            source,
            nodes: MAX_NODES,
            printed: MAX_PRINTED,
        }
    }

    /// Counts nodes that stand at `span`.
    pub(super) fn count(&mut self, nodes: usize, span: &Range<usize>) -> Result<(), YamlError> {
        match self.nodes.checked_sub(nodes) {
            Some(left) => {
                self.nodes = left;
                Ok(())
            }
            None => Err(self.too_large(
                format!(
                    "has more than {} values when aliases are written out",
                    thousands(MAX_NODES)
                ),
                "this limit is fixed; a parse hook or a spec in Rhai can compute values that need \
                 not be written down",
                span,
            )),
        }
    }

    /// Refuses what stands at `span` and reaches down to level `depth`.
    pub(super) fn check_depth(&self, depth: usize, span: &Range<usize>) -> Result<(), YamlError> {
        if depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(too_deep(self.label(span)))
    }

    /// Lets `print` take of the bytes left for tuples and sets; none means that it needs more.
    pub(super) fn print<T>(
        &mut self,
        span: &Range<usize>,
        print: impl FnOnce(&mut usize) -> Option<T>,
    ) -> Result<T, YamlError> {
        let printed = print(&mut self.printed);
        printed.ok_or_else(|| {
            self.too_large(
                format!(
                    "has tuples or sets of more than {} bytes when they are printed",
                    thousands(MAX_PRINTED)
                ),
                "this limit is fixed; leave out `!!omap`, `!!pairs` and `!!set`, or repeat less in \
                 them by aliases",
                span,
            )
        })
    }

    fn too_large(&self, problem: String, help: &'static str, span: &Range<usize>) -> YamlError {
        YamlError::TooLarge {
            problem,
            help,
            label: self.label(span),
        }
    }

    fn label(&self, span: &Range<usize>) -> Label {
        Label::new(self.source, syntax::first_line(self.source, span.clone()))
    }
}

/// The error for lists and maps within each other beyond the limit.
pub(super) fn too_deep(label: Label) -> YamlError {
    YamlError::TooLarge {
        problem: format!("has more than {MAX_DEPTH} levels"),
        help: "this limit is fixed; let lists and maps nest less deep, or build them in a parse hook",
        label,
    }
}
