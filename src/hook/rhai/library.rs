//! Functions that scripts have beside Rhai's own, and Rhai's own where they are not safe.

use rhai::Position;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext};

use crate::text;

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Registers all of them; they win over the packages.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("get", get);
    register_float_text(engine);
    register_replace(engine);
    engine.register_fn("pad", pad_array);
    engine.register_fn(
        "pad",
        |ctx: NativeCallContext, string: &mut ImmutableString, len, with| {
            let with: char = with;
            pad_string(&ctx, string, len, with.encode_utf8(&mut [0; 4]))
        },
    );
    engine.register_fn(
        "pad",
        |ctx: NativeCallContext, string: &mut ImmutableString, len, with: &str| {
            pad_string(&ctx, string, len, with)
        },
    );
}

/// The value under `key`, or `default` where it is absent or `()`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn get(map: &mut Map, key: ImmutableString, default: Dynamic) -> Dynamic {
    match map.get(key.as_str()) {
        Some(value) if !value.is_unit() => value.clone(),
        Some(_) | None => default,
    }
}

/// Floats read as in templates and job names: `1e-05`, not `0.00001`.
fn register_float_text(engine: &mut Engine) {
    for name in ["to_string", "print", "to_debug", "debug"] {
        engine.register_fn(name, text::float);
    }
}

fn register_replace(engine: &mut Engine) {
    type Text = ImmutableString;
    type Context<'a> = NativeCallContext<'a>;
    engine.register_fn(
        "replace",
        |ctx: Context, text: &mut Text, find: &str, with: &str| replace(&ctx, text, find, with),
    );
    engine.register_fn(
        "replace",
        |ctx: Context, text: &mut Text, find: &str, with: char| {
            replace(&ctx, text, find, with.encode_utf8(&mut [0; 4]))
        },
    );
    engine.register_fn(
        "replace",
        |ctx: Context, text: &mut Text, find: char, with: &str| {
            replace(&ctx, text, find.encode_utf8(&mut [0; 4]), with)
        },
    );
    engine.register_fn(
        "replace",
        |ctx: Context, text: &mut Text, find: char, with: char| {
            replace(
                &ctx,
                text,
                find.encode_utf8(&mut [0; 4]),
                with.encode_utf8(&mut [0; 4]),
            )
        },
    );
}

/// Rhai's own allocates before it looks at the limit: 64 KiB by 64 KiB is 4 GiB.
fn replace(
    ctx: &NativeCallContext,
    text: &mut ImmutableString,
    find: &str,
    with: &str,
) -> Outcome<()> {
    let found = text.matches(find).count();
    let kept = text.len() - found * find.len();
    check_string(ctx, found.saturating_mul(with.len()).saturating_add(kept))?;
    *text = text.replace(find, with).into();
    Ok(())
}

/// Pads to `len` characters with copies of `filler`, the last one cut.
fn pad_string(
    ctx: &NativeCallContext,
    text: &mut ImmutableString,
    len: i64,
    filler: &str,
) -> Outcome<()> {
    let Ok(len) = usize::try_from(len) else {
        return Ok(());
    };
    let missing = len.saturating_sub(text.chars().count());
    if missing == 0 || filler.is_empty() {
        return Ok(());
    }
    // A character has at most as many bytes as the widest one of `filler`.
    let width = filler.chars().map(char::len_utf8).max().unwrap_or(1);
    check_string(
        ctx,
        missing.saturating_mul(width).saturating_add(text.len()),
    )?;
    let padding: String = filler.chars().cycle().take(missing).collect();
    *text = format!("{text}{padding}").into();
    Ok(())
}

/// Rhai's own multiplies without a check and wraps.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn pad_array(ctx: NativeCallContext, array: &mut Array, len: i64, item: Dynamic) -> Outcome<()> {
    let Ok(len) = usize::try_from(len) else {
        return Ok(());
    };
    let missing = len.saturating_sub(array.len());
    if missing == 0 {
        return Ok(());
    }
    let max = ctx.engine().max_array_size();
    let items = missing
        .saturating_mul(size(&item))
        .saturating_add(array.len());
    if max > 0 && items > max {
        return Err(too_large("Size of array/BLOB").into());
    }
    array.resize(len, item);
    Ok(())
}

/// The number of values that a copy of a value makes, itself included.
fn size(value: &Dynamic) -> usize {
    // What closures captured is not copied, and may hold itself.
    if value.is_shared() {
        return 1;
    }
    let inner: usize = if let Some(array) = value.read_lock::<Array>() {
        array.iter().map(size).sum()
    } else if let Some(map) = value.read_lock::<Map>() {
        map.values().map(size).sum()
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        function.iter_curry().map(size).sum()
    } else {
        0
    };
    inner + 1
}

fn check_string(ctx: &NativeCallContext, bytes: usize) -> Outcome<()> {
    let max = ctx.engine().max_string_size();
    if max > 0 && bytes > max {
        return Err(too_large("Length of string").into());
    }
    Ok(())
}

fn too_large(what: &str) -> EvalAltResult {
    EvalAltResult::ErrorDataTooLarge(what.into(), Position::NONE)
}
