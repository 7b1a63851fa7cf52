//! Parameter sets, as the worker gets to know them.

use super::protocol::{Reply, Request};
use super::values::{Incoming, Outgoing, OutgoingSet};
use super::{Known, PythonHost, apply_sets};
use crate::hook::error::HookError;
use crate::model::ParamSpace;
use crate::spec::Role;

/// How many sets that are spelled out go into one request.
const SETS_PER_REQUEST: usize = 1024;

impl PythonHost {
    /// Makes sure that the worker holds the sets of `space`.
    pub(super) fn share(&mut self, role: Role, space: &mut ParamSpace) -> Result<(), HookError> {
        if self.known == Known::Unparsed && space.axes().is_none() && space.len() == self.parsed {
            let Reply { changed, .. } = self.send(role, &Request::Parsed)?;
            apply_sets(space, changed);
        } else if self.known != Known::Final {
            self.send_space(role, space)?;
        }
        self.known = Known::Final;
        Ok(())
    }

    /// Asks what the filter hook changed in sets that it was not called with.
    pub(super) fn finish_filter(&mut self, space: &mut ParamSpace) -> Result<(), HookError> {
        let Reply {
            changed,
            axis_values,
            ..
        } = self.send(Role::Filter, &Request::Filtered)?;
        for (axis, place, Incoming(value)) in axis_values {
            space.set_axis_value(axis, place, value);
        }
        apply_sets(space, changed);
        Ok(())
    }

    pub(super) fn send_space(&mut self, role: Role, space: &ParamSpace) -> Result<(), HookError> {
        if let Some(axes) = space.axes() {
            let axes = axes
                .iter()
                .map(|axis| (&*axis.name, axis.values.iter().map(Outgoing).collect()))
                .collect();
            self.send(role, &Request::Axes { axes })?;
            return Ok(());
        }
        for start in (0..space.len()).step_by(SETS_PER_REQUEST) {
            let end = space.len().min(start + SETS_PER_REQUEST);
            let sets: Vec<_> = (start..end).map(|index| space.get(index)).collect();
            let items = sets.iter().map(OutgoingSet).collect();
            self.send(
                role,
                &Request::Items {
                    items,
                    first: start == 0,
                },
            )?;
        }
        Ok(())
    }
}
