//! Values as text: `print`, `debug`, `to_string`, `to_debug`, `to_json`.
//!
//! Rhai's own writes what it is given to the end, and arrays that hold one long string ten thousand
//! times have an end that no memory holds.

use std::fmt::{self, Write};
use std::rc::Rc;

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Map, NativeCallContext, Variant};

use super::{Outcome, quantities, too_large};
use crate::sandbox::limits::raise;
use crate::sandbox::output::Printer;
use crate::sandbox::values::{self, Bounds};
use crate::text;

/// Nesting beyond which a value is written as `…`, so that writing cannot overflow a stack.
const MAX_DEPTH: usize = 1000;

pub(super) fn register(engine: &mut Engine, printer: &Rc<Printer>) {
    register_print::<Array>(engine, printer);
    register_print::<Dynamic>(engine, printer);
    register_print::<ImmutableString>(engine, printer);
    register_print::<Map>(engine, printer);
    register_print::<bool>(engine, printer);
    register_print::<char>(engine, printer);
    register_print::<f64>(engine, printer);
    register_print::<()>(engine, printer);
    for name in ["to_string", "to_debug", "debug"] {
        engine.register_fn(name, text::float);
        engine.register_fn(name, |ctx: NativeCallContext, array: Array| {
            text_within(&ctx, &Dynamic::from_array(array))
        });
        engine.register_fn(name, |ctx: NativeCallContext, map: Map| {
            text_within(&ctx, &Dynamic::from_map(map))
        });
    }
    engine.register_fn("to_json", to_json);

    let to = printer.clone();
    engine.on_print(move |text| to.print(text));
    let to = printer.clone();
    engine.on_debug(move |text, file, position| to.line(file, position, text));
}

/// A text as long as a string may be, or a little longer, which the engine then refuses: it takes
/// an error here for the wish to write the value in its own way.
fn text_within(ctx: &NativeCallContext, value: &Dynamic) -> String {
    shown(value, ctx.engine().max_string_size())
}

/// `print` knows no position: the function that makes the text leaves it.
fn register_print<T: Variant + Clone>(engine: &mut Engine, printer: &Rc<Printer>) {
    let printer = printer.clone();
    engine.register_fn("print", move |ctx: NativeCallContext, value: T| {
        printer.at(ctx.call_source(), ctx.call_position());
        text_within(&ctx, &Dynamic::from(value))
    });
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn to_json(ctx: NativeCallContext, map: &mut Map) -> Outcome<String> {
    let max = ctx.engine().max_string_size();
    let bounds = Bounds {
        items: ctx.engine().max_map_size(),
        bytes: max,
    };
    let value = values::map_to_value(map, bounds);
    let json = value.map_err(|misfit| {
        let help = misfit.limit().map(raise);
        super::raised(&misfit.to_string(), help.as_deref())
    })?;
    let json = serde_json::to_string(&json).unwrap_or_default();
    if max > 0 && json.len() > max {
        return Err(too_large("Length of string").into());
    }
    Ok(json)
}

/// The text of a value as Rhai shows it, with floats as Python writes them, in little more than
/// `max` bytes (0: any number); what is longer ends in `…`.
pub(in crate::sandbox) fn shown(value: &Dynamic, max: usize) -> String {
    let mut out = Bounded {
        text: String::new(),
        // A character that does not fit takes up to three bytes away.
        max: if max == 0 { usize::MAX } else { max + 4 },
    };
    // Without room it stops writing, which is all that can fail.
    if write_shown(&mut out, value).is_err() {
        out.text.push('…');
    }
    out.text
}

/// A text that takes no more once it is longer than `max` bytes.
struct Bounded {
    text: String,
    max: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = self.max.saturating_sub(self.text.len());
        if piece.len() <= room {
            self.text.push_str(piece);
            return Ok(());
        }
        self.text.push_str(crate::text::prefix(piece, room));
        Err(fmt::Error)
    }
}

fn write_shown(out: &mut Bounded, value: &Dynamic) -> fmt::Result {
    if value.is_unit() {
        return Ok(());
    }
    match value.as_immutable_string_ref() {
        Ok(text) => out.write_str(&text),
        Err(_) => write_debug(out, value, 0),
    }
}

fn write_debug(out: &mut Bounded, value: &Dynamic, depth: usize) -> fmt::Result {
    if depth > MAX_DEPTH {
        return out.write_char('…');
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return write!(out, "{:?}", text.as_str());
    }
    if let Ok(float) = value.as_float() {
        return out.write_str(&text::float(float));
    }
    if let Some(array) = value.read_lock::<Array>() {
        out.write_char('[')?;
        for (index, item) in array.iter().enumerate() {
            out.write_str(if index == 0 { "" } else { ", " })?;
            write_debug(out, item, depth + 1)?;
        }
        return out.write_char(']');
    }
    if let Some(map) = value.read_lock::<Map>() {
        out.write_str("#{")?;
        for (index, (key, item)) in map.iter().enumerate() {
            out.write_str(if index == 0 { "" } else { ", " })?;
            write!(out, "{:?}: ", key.as_str())?;
            write_debug(out, item, depth + 1)?;
        }
        return out.write_char('}');
    }
    if let Some(function) = value.read_lock::<FnPtr>() {
        return write!(out, "Fn({})", function.fn_name());
    }
    if let Some(amount) = quantities::text(value) {
        return out.write_str(&amount);
    }
    // What is left is short: booleans, integers, characters, ranges, `()`.
    match value.is_unit() {
        true => out.write_str("()"),
        false => write!(out, "{value}"),
    }
}
