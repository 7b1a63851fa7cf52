//! Words of Python, which many hooks are written in first, and what Rhai has for them.

/// What to write for a word that Rhai takes for a variable.
pub(super) fn for_variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "True" => "`true`",
        "False" => "`false`",
        "None" => "`()`",
        "not" => "`!`, as in `!(a && b)`",
        "and" => "`&&`",
        "or" => "`||`",
        "def" => "`fn name(a, b) { … }`",
        "elif" => "`else if`",
        "lambda" => "`|x| x + 1`",
        "raise" => "`throw \"…\"` or `error(\"…\")`",
        "pass" => "nothing: a block may be empty",
        "from" => "`import \"lib/sizes\" as sizes;`",
        "f" => "`` `${x}G` `` for a text with values in it",
        _ => return None,
    })
}

/// What to write for a function that Rhai does not have.
pub(super) fn for_function(name: &str) -> Option<&'static str> {
    Some(match name {
        "str" | "repr" => "`` `${x}` `` or `x.to_string()`",
        "int" => "`x.to_int()` for a number, `parse_int(\"7\")` for a text",
        "float" => "`x.to_float()` for a number, `parse_float(\"0.1\")` for a text",
        "upper" => "`text.to_upper()`",
        "lower" => "`text.to_lower()`",
        "startswith" => "`text.starts_with(\"…\")`",
        "endswith" => "`text.ends_with(\"…\")`",
        "strip" => "`text.trim()`, which changes the text it is called on",
        "append" => "`array.push(x)`",
        "sorted" => "`array.order()`",
        "items" => "`map.keys()` and `map[key]`",
        "dict" | "list" => "the value alone: arguments are copies",
        "isinstance" | "type" => "`type_of(x) == \"string\"`",
        "enumerate" => "`for (x, index) in array { … }`",
        "any" => "`array.some(|x| …)`",
        "eval" | "exit" | "open" | "sleep" | "timestamp" | "rand" => {
            "nothing: hooks have no files, clock, chance or way to stop the program"
        }
        _ => return None,
    })
}
