//! Parameter sets, as the worker gets to know them.

use super::protocol::{Reply, Request};
use super::values::{Incoming, Outgoing, OutgoingSet};
use super::{Known, PythonHost, apply_sets};
use crate::hook::Late;
use crate::hook::error::HookError;
use crate::model::ParamSpace;
use crate::spec::Role;

/// How many sets that are spelled out go into one request.
const SETS_PER_REQUEST: usize = 1024;

impl PythonHost {
    /// Makes sure that the worker holds the sets of `space`.
    pub(super) fn share(&mut self, role: Role, space: &ParamSpace) -> Result<(), HookError> {
        if self.known != Known::Final {
            self.send_space(role, space)?;
            self.known = Known::Final;
        }
        Ok(())
    }

    /// Goes on with what the parse hook gave, if that is `space`, and asks what its calls changed in
    /// what earlier ones returned.
    pub(super) fn finish_parse(&mut self, space: &mut ParamSpace) -> Result<Late, HookError> {
        if self.known != Known::Unparsed || space.len() != self.parsed {
            return Ok(Late::new());
        }
        self.known = Known::Final;
        self.late(Role::Parse, Request::Parsed, space)
    }

    /// Asks what the calls of `role` changed in sets that they were not made for.
    pub(super) fn late(
        &mut self,
        role: Role,
        mut request: Request,
        space: &mut ParamSpace,
    ) -> Result<Late, HookError> {
        let mut late = Late::new();
        loop {
            let Reply {
                changed,
                axis_values,
                failures,
                stopped,
                more,
                ..
            } = self.send(role, &request)?;
            if let Some(stopped) = stopped {
                return Err(self.interrupted(stopped));
            }
            for (axis, place, Incoming(value)) in axis_values {
                space.set_axis_value(axis, place, value);
            }
            apply_sets(space, changed);
            for (index, told) in failures {
                let error = self.script(role).told(told, &self.interpreter);
                late.push((index, error.for_set(index, space.len(), &space.get(index))));
            }
            if !more {
                return Ok(late);
            }
            request = Request::Late;
        }
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
