//! Texts: Rhai's own functions where they allocate before they look, and a few more.

use std::fmt::Write;

use rhai::{Array, Engine, ImmutableString, NativeCallContext};

use super::{Outcome, check_string, raised, shown};

pub(super) fn register(engine: &mut Engine) {
    register_replace(engine);
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
    engine.register_fn("join", join);
    engine.register_fn("pad_left", pad_left);
    engine.register_fn(
        "pad_left",
        |ctx: NativeCallContext, number: i64, len: i64, with: &str| {
            pad_left(ctx, number.to_string().as_str(), len, with)
        },
    );
    engine.register_fn("fixed", fixed);
    engine.register_fn("fixed", |number: i64, digits: i64| {
        #[expect(clippy::cast_precision_loss, reason = "it is asked for as a float")]
        fixed(number as f64, digits)
    });
    engine.register_fn("basename", |path: &str| -> String { basename(path).into() });
    engine.register_fn("stem", |path: &str| -> String {
        stem(basename(path)).into()
    });
}

/// The items as text, with `separator` between them.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn join(ctx: NativeCallContext, array: &mut Array, separator: &str) -> Outcome<String> {
    let mut joined = String::new();
    for (index, item) in array.iter().enumerate() {
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(&shown(item, ctx.engine().max_string_size()));
        check_string(&ctx, joined.len())?;
    }
    Ok(joined)
}

/// Puts copies of `filler` before a text until it has `len` characters: `pad_left("7", 3, "0")`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn pad_left(ctx: NativeCallContext, text: &str, len: i64, filler: &str) -> Outcome<String> {
    let mut padding = ImmutableString::new();
    let missing = usize::try_from(len)
        .unwrap_or(0)
        .saturating_sub(text.chars().count());
    pad_string(
        &ctx,
        &mut padding,
        i64::try_from(missing).unwrap_or(i64::MAX),
        filler,
    )?;
    check_string(&ctx, padding.len() + text.len())?;
    Ok(format!("{padding}{text}"))
}

/// A number with so many digits after the point, as Python's `f"{x:.2f}"`.
fn fixed(number: f64, digits: i64) -> Outcome<String> {
    let digits = usize::try_from(digits).ok().filter(|digits| *digits <= 100);
    let digits = digits.ok_or_else(|| raised("`fixed` takes 0 to 100 digits", None))?;
    let mut text = String::new();
    match number.is_finite() {
        true => write!(text, "{number:.digits$}"),
        false => write!(text, "{}", crate::text::float(number)),
    }
    .expect("writing to a string cannot fail");
    Ok(text)
}

/// What follows the last `/`.
fn basename(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A file name without its ending.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
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
