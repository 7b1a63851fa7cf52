"""Runs the Python hooks of slurmkit; sent to an interpreter over its standard input.

The host asks and this worker answers, one JSON object per line, in the order of the requests. A
request for calls may be answered in parts, so that the host sees that calls end. Parameter sets are
addressed by index: the worker gets the axes of the grid once and makes the sets itself, so that
hooks see one process with shared objects, as if they were called in a plain loop.

Standard library only, syntax of Python 3.6.
"""

import sys


def standard_import(*names):
    """Imports modules with nothing but the standard library in sight.

    A `json.py` of the user's on PYTHONPATH must not stand in for the real one here.
    """
    import os

    library = os.path.dirname(os.path.abspath(os.__file__))

    def is_standard(folder):
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            return False
        is_zip = os.path.dirname(folder) == os.path.dirname(library) and folder.endswith(".zip")
        return is_zip or folder == library or folder.startswith(library + os.sep)

    everything = sys.path
    sys.path = [folder for folder in everything if is_standard(folder)] or everything
    try:
        return [__import__(name, fromlist=["*"]) for name in names]
    finally:
        sys.path = everything


(faulthandler, gc, io, itertools, json, marshal, operator, os, signal, time, types, machinery) = standard_import(
    "faulthandler", "gc", "io", "itertools", "json", "marshal", "operator", "os", "signal", "time",
    "types", "importlib.machinery",
)

WORKER = "<slurmkit hook worker>"
PROTOCOL = 1
MODULES = {
    "parse": "param_parse_module",
    "filter": "param_filter_module",
    "logic": "slurm_args_module",
    "on_failure": "on_failure_module",
}
ARGUMENTS = {"parse": 1, "filter": 1, "logic": 2, "on_failure": 2}
# Calls are answered at the latest when they took this long: each has its own time limit.
PART_SECONDS = 0.025
# Taken before a hook can put another in its place.
monotonic = time.monotonic
# Failures of one run that are told in full.
DETAILED_FAILURES = 10
# Sets that are looked at in one go for what was changed in them late.
LATE_SETS = 1000
MAX_MESSAGE = 4000
MAX_TRACEBACK = 20000
MAX_DEPTH = 100
# Answers of the logic hook that are known again.
MAX_RESULTS = 10000

CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200
CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08


# Values

class Unfit(Exception):
    """A value that cannot be handed over, with the way to it."""

    def __init__(self, found):
        Exception.__init__(self, found)
        self.found = found
        self.way = []

    def where(self):
        way = ""
        for step in reversed(self.way):
            if isinstance(step, int):
                way += "[%d]" % step
            else:
                way += ("." if way else "") + step
        return short(way, 40)


def clean(text):
    """Text that UTF-8 can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def short(text, limit=200):
    text = clean(text)
    return text if len(text) <= limit else text[:limit] + "…"


def type_name(kind):
    module, name = kind.__module__, kind.__qualname__
    if module in ("builtins", "__main__") or module in MODULES.values():
        return clean(name)
    return clean("%s.%s" % (module, name))


def a(kind):
    """`an int`, `a str`."""
    name = type_name(kind)
    return ("an " if name[:1].lower() in "aeiou" else "a ") + name


def described(value):
    return "None" if value is None else a(type(value))


def encode_text(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Unfit("text that is not valid Unicode")
    return text


def encode_int(value):
    if -(2 ** 63) <= value < 2 ** 64:
        return value
    if -(2 ** 127) <= value < 2 ** 127:
        return {"$": "int", "v": str(value)}
    raise Unfit("an int of more than 128 bits")


def encode_float(value):
    if value - value == 0.0:
        return value
    return {"$": "float", "v": repr(value)}


def encode_items(values, depth):
    if depth > MAX_DEPTH:
        raise Unfit("a value nested more than %d levels (or that contains itself)" % MAX_DEPTH)
    encoded = []
    for index, value in enumerate(values):
        try:
            encoded.append(encode(value, depth + 1))
        except Unfit as unfit:
            unfit.way.append(index)
            raise
    return encoded


def encode_dict(entries, depth=0):
    if depth > MAX_DEPTH:
        raise Unfit("a value nested more than %d levels (or that contains itself)" % MAX_DEPTH)
    encoded = {}
    # The tag for a map with this key takes two levels more.
    inner = depth + (3 if "$" in entries else 1)
    for key, value in entries.items():
        if not isinstance(key, str):
            raise Unfit("a dict with the key %s, %s (keys are text)" % (own_text(repr, key), a(type(key))))
        key = encode_text(str.__str__(key))
        try:
            encoded[key] = encode(value, inner)
        except Unfit as unfit:
            unfit.way.append(key)
            raise
    if "$" in encoded:
        return {"$": "map", "v": list(encoded.items())}
    return encoded


PLAIN_ENCODERS = {
    bool: lambda value, depth: value,
    dict: encode_dict,
    float: lambda value, depth: encode_float(value),
    int: lambda value, depth: encode_int(value),
    list: encode_items,
    str: lambda value, depth: encode_text(value),
    type(None): lambda value, depth: None,
}


def encode(value, depth=0):
    """What JSON can say of `value`; tagged where it says it otherwise."""
    encoder = PLAIN_ENCODERS.get(type(value))
    if encoder is not None:
        return encoder(value, depth)
    return encode_object(value, depth)


# Things whose text would be an address, and which no template can use.
NOT_VALUES = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType,
    types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, type, io.IOBase,
)


def encode_object(value, depth):
    kind = type(value)
    if isinstance(value, NOT_VALUES) or hasattr(kind, "__next__"):
        raise Unfit(described(value))
    if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        raise Unfit("%s, which has no text of its own" % a(kind))
    if kind in (set, frozenset):
        plain = in_order(value)
        text = representation = set_text(kind, plain)
    else:
        plain = nearest(value)
        text, representation = own_text(str, value), own_text(repr, value)
    encoded = {"$": "object", "t": type_name(kind), "s": text, "r": representation}
    if plain is not None:
        # Something `plain` holds may have no counterpart; the text still has.
        try:
            encoded["v"] = encode(plain, depth + 1)
        except Unfit:
            if isinstance(plain, (list, dict)):
                raise
    return encoded


def own_text(function, value):
    try:
        return clean(function(value))
    except Exception as error:
        raise Unfit("%s whose %s() fails with %s" % (described(value), function.__name__, summary(error)))


def in_order(values):
    """The members of a set in an order that does not change from run to run."""
    try:
        return sorted(values)
    except Exception:
        return sorted(values, key=lambda value: (type_name(type(value)), own_text(repr, value)))


def set_text(kind, members):
    inner = ", ".join(own_text(repr, member) for member in members)
    if kind is frozenset:
        return "frozenset({%s})" % inner if inner else "frozenset()"
    return "{%s}" % inner if inner else "set()"


def nearest(value):
    """The value of a plain type that comes nearest to `value`, or None."""
    try:
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, dict):
            return dict(value)
        if isinstance(value, (list, tuple)):
            return list(value)
        if hasattr(value, "dtype") and hasattr(value, "tolist"):
            return value.tolist()
        if isinstance(value, (range, type({}.keys()), type({}.values()))):
            return list(value)
        if isinstance(value, os.PathLike):
            path = os.fspath(value)
            return path if isinstance(path, str) else None
        fields = getattr(type(value), "__dataclass_fields__", None)
        if fields is not None:
            return {name: getattr(value, name) for name in fields if hasattr(value, name)}
        if type(value).__module__ in ("decimal", "_decimal", "_pydecimal", "fractions"):
            return float(value)
    except Exception:
        pass
    return None


def to_json(encoded):
    return json.dumps(encoded, separators=(",", ":"))


def untag(tagged):
    """Undoes the tags in what the host sends; the hook of the JSON decoder."""
    tag = tagged.get("$")
    if tag is None:
        return tagged
    value = tagged["v"]
    if tag == "map":
        return dict(value)
    if tag == "float":
        return float(value)
    if tag == "int":
        return int(value)
    if tag == "date":
        return standard_import("datetime")[0].date(*map(int, value.split("-")))
    return read_datetime(value)


def read_datetime(text):
    """Reads what `str(datetime)` wrote, which 3.6 has no function for."""
    [datetime] = standard_import("datetime")
    day, clock = text.split(" ")
    zone = None
    for sign in "+-":
        if sign in clock:
            clock, offset = clock.split(sign)
            parts = offset.split(":")
            shift = datetime.timedelta(
                hours=int(parts[0]), minutes=int(parts[1]), seconds=float(parts[2]) if len(parts) > 2 else 0
            )
            zone = datetime.timezone(-shift if sign == "-" else shift)
    seconds, _, fraction = clock.partition(".")
    numbers = [int(part) for part in day.split("-") + seconds.split(":")]
    return datetime.datetime(*numbers, microsecond=int(fraction.ljust(6, "0") or 0), tzinfo=zone)


# Failures

def summary(error):
    """`ZeroDivisionError: division by zero`."""
    try:
        text = str(error)
    except BaseException:
        text = "<its text cannot be made>"
    if isinstance(error, SyntaxError):
        text = str(error.msg)
    name = type_name(type(error))
    return short("%s: %s" % (name, text) if text else name, MAX_MESSAGE)


def exit_call(error):
    return "called `sys.exit(%s)`" % ("" if error.code is None else short(repr(error.code)))


class Failures(object):
    """Describes failures: the first in full, later ones by their message."""

    def __init__(self):
        self.left = DETAILED_FAILURES

    def __call__(self, hook, error):
        """What to tell of an exception that `hook` raised."""
        exits = isinstance(error, SystemExit)
        told = {"kind": "raised", "message": exit_call(error) if exits else summary(error)}
        if exits:
            told["help"] = "leave a hook with `return`"
        if self.left > 0:
            self.left -= 1
            told["place"] = place_in(hook, error)
            told["traceback"] = user_traceback(error)
        return told

    def of_answer(self, hook, message):
        """What to tell of an answer that cannot be used."""
        return {"kind": "returned", "message": message, "place": hook.place()}


def is_ours(filename):
    return filename == WORKER or filename.startswith("<frozen importlib")


def place_in(hook, error):
    """The innermost place inside the hook's file that an exception passed."""
    if isinstance(error, SyntaxError) and error.filename == hook.path and error.lineno:
        return {"line": error.lineno, "column": error.offset}
    place = None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == hook.path:
            place = {"line": step.tb_lineno, "span": columns(step)}
        step = step.tb_next
    return place or hook.place()


def columns(step):
    """First and last column in bytes, where the interpreter knows them (3.11 and newer)."""
    positions = getattr(step.tb_frame.f_code, "co_positions", None)
    if positions is None or step.tb_lasti < 0:
        return None
    found = next(itertools.islice(positions(), step.tb_lasti // 2, None), None)
    if found is None or None in found or found[0] != step.tb_lineno:
        return None
    line, end_line, start, end = found
    return [start, end if end_line == line else None]


def user_traceback(error):
    """The traceback without the frames of this worker and of the import machinery."""
    try:
        [traceback] = standard_import("traceback")
        told = traceback.TracebackException(type(error), error, error.__traceback__)
        strip(told, set())
        text = clean("".join(told.format())).rstrip("\n")
    except Exception:
        return None
    if len(text) > MAX_TRACEBACK:
        half = MAX_TRACEBACK // 2
        text = text[:half] + "\n  […]\n" + text[-half:]
    return text


def strip(told, seen):
    """Drops our frames from every exception of a chain."""
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if not is_ours(frame.filename)]
    for other in [told.__cause__, told.__context__] + list(getattr(told, "exceptions", None) or []):
        strip(other, seen)


class LoadFailure(Exception):
    """A hook that cannot be used."""

    def __init__(self, **told):
        Exception.__init__(self)
        self.told = told


# Hooks

class Loader(machinery.SourceFileLoader):
    """Always compiles the source: a `.pyc` of the same second and size would be old code."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class Hook(object):
    """One function of the user's, in a module of its own."""

    def __init__(self, role, path, name):
        self.role = role
        self.path = path
        self.name = name
        self.function = None

    def load(self, failures):
        folder = os.path.dirname(self.path)
        if folder not in sys.path:
            # Last, so that siblings import and nothing is shadowed.
            sys.path.append(folder)
        module = self.run_file(failures)
        self.function = self.find(module)
        self.check_kind()
        self.check_arguments()

    def run_file(self, failures):
        name = MODULES[self.role]
        loader = Loader(name, self.path)
        module = types.ModuleType(name)
        module.__file__ = self.path
        module.__loader__ = loader
        module.__spec__ = machinery.ModuleSpec(name, loader, origin=self.path)
        module.__spec__.has_location = True
        # Dataclasses and pickle look a class's module up.
        sys.modules[name] = module
        try:
            loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            told = failures(self, error)
            told["kind"] = "load"
            if isinstance(error, SystemExit):
                told["message"] += " while it was loaded"
                told["help"] = "guard what is not a hook with `if __name__ == \"__main__\":`"
            if isinstance(error, ImportError):
                told["missing_module"] = True
            raise LoadFailure(**told)
        return module

    def find(self, module):
        try:
            return getattr(module, self.name)
        except AttributeError:
            known = [
                clean(name) for name, value in vars(module).items()
                if isinstance(value, types.FunctionType) and value.__module__ == module.__name__
            ]
            raise LoadFailure(kind="missing_function", message="there is no function `%s`" % clean(self.name), known=known)

    def check_kind(self):
        if not callable(self.function):
            message = "`%s` is %s, not a function" % (clean(self.name), described(self.function))
            raise LoadFailure(kind="load", message=message)
        code = self.code()
        flags = code.co_flags if code is not None else 0
        for flag, kind in (
            (CO_COROUTINE, "an async function"),
            (CO_ASYNC_GENERATOR, "an async generator"),
            (CO_GENERATOR, "a generator: it contains `yield`"),
        ):
            if flags & flag:
                message = "`%s` is %s; a hook is a plain function" % (clean(self.name), kind)
                raise LoadFailure(kind="load", message=message, place=self.place())

    def check_arguments(self):
        takes = accepted_arguments(self.function)
        if takes is None:
            return
        least, most, keywords = takes
        given = ARGUMENTS[self.role]
        if keywords:
            needs = "needs the keyword argument `%s`" % clean(keywords[0])
        elif least <= given <= most:
            return
        else:
            needs = "takes %s" % arguments(least, most)
        article = "an" if self.role == "on_failure" else "a"
        message = "`%s` %s, %s %s hook is called with %d" % (clean(self.name), needs, article, self.role, given)
        raise LoadFailure(kind="load", message=message, place=self.place())

    def code(self):
        """The code that a call enters first, where it is Python."""
        target = self.function
        while True:
            if isinstance(target, types.FunctionType):
                return target.__code__
            if isinstance(target, types.MethodType):
                target = target.__func__
            elif type(target).__module__ == "functools" and hasattr(target, "func"):
                target = target.func
            elif isinstance(target, type) or not isinstance(getattr(type(target), "__call__", None), types.FunctionType):
                return None
            else:
                target = type(target).__call__

    def place(self):
        """Where the function is defined, if that is in the hook's own file."""
        code = self.code()
        if code is None or code.co_filename != self.path:
            return None
        return {"line": code.co_firstlineno}


def accepted_arguments(function):
    """The least and largest number of arguments a call may have, and keywords it must have."""
    if type(function) is types.FunctionType:
        code = function.__code__
        least = code.co_argcount - len(function.__defaults__ or ())
        most = float("inf") if code.co_flags & CO_VARARGS else code.co_argcount
        only = code.co_varnames[code.co_argcount:code.co_argcount + code.co_kwonlyargcount]
        return least, most, [name for name in only if name not in (function.__kwdefaults__ or {})]
    [inspect] = standard_import("inspect")
    try:
        parameters = inspect.signature(function, follow_wrapped=False).parameters.values()
    except Exception:
        return None
    by_place = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = len([p for p in by_place if p.default is p.empty])
    most = float("inf") if any(p.kind == p.VAR_POSITIONAL for p in parameters) else len(by_place)
    return least, most, [p.name for p in parameters if p.kind == p.KEYWORD_ONLY and p.default is p.empty]


def arguments(least, most):
    if most == float("inf"):
        return "at least %d argument%s" % (least, "" if least == 1 else "s")
    if least != most:
        return "%d to %d arguments" % (least, most)
    return "%s argument%s" % (least or "no", "" if least == 1 else "s")


# Parameter sets

ATOMS = frozenset([bool, float, int, str, type(None)])


def is_shared(value):
    """Whether a change inside `value` could show in several parameter sets."""
    return type(value) not in ATOMS


class Sets(object):
    """Parameter sets by index, and what hooks changed in them.

    The host knows each set, either from the axes or spelled out. A set that a hook changed is
    reported to it; a list or dict that several sets share is reported for all of them.
    """

    def __init__(self):
        # Index: [set, its text as the host knows it], of the sets that must be compared by text.
        self.spelled = {}
        # Identity of a shared value: the spelled sets that hold it.
        self.holders = {}

    def spell(self, index, params, text):
        self.spelled[index] = [params, text]
        for value in params.values():
            if is_shared(value):
                self.holders.setdefault(id(value), set()).add(index)

    def changes(self, indexes, sets, rows):
        """The sets that changed, as `[index, text]`, and those that cannot be told."""
        changed, unfit = [], []
        doubtful = self.doubtful(indexes, sets, rows)
        seen = set()
        while doubtful:
            index, params = doubtful.pop()
            if index in seen:
                continue
            seen.add(index)
            try:
                text = to_json(encode_dict(params))
            except Unfit as error:
                unfit.append((index, error))
                continue
            if index in self.spelled and self.spelled[index][1] == text:
                continue
            changed.append([index, text])
            self.spell(index, params, text)
            doubtful.extend(self.sharers(params.values()))
        return sorted(changed), unfit

    def sharers(self, values):
        """The spelled sets that hold one of `values`."""
        holders = [self.holders.get(id(value), ()) for value in values if is_shared(value)]
        return [(index, self.spelled[index][0]) for index in set().union(*holders)]

    def doubtful(self, indexes, sets, rows):
        return [
            (index, params) for index, params, row in zip(indexes, sets, rows)
            if index in self.spelled or not self.is_pristine(index, params, row)
        ]

    def is_pristine(self, index, params, row):
        """Whether a set still holds the very objects it was made of, under their names."""
        names = self.names_of(index)
        return tuple(params) == names and all(map(operator.is_, params.values(), row))


SPELLED_OUT = """
def make(rows):
    return [{{{entries}}} for [{values}] in rows]

def is_made_of(sets, rows):
    for params, [{values}] in zip(sets, rows):
        if not ({tests}):
            return False
    return True
"""


def spelled_out(names):
    """Functions that make sets of rows of values, and tell whether sets hold the very values of
    rows. With the names written out, they take half the time of a loop over them.
    """
    values = ["value%d" % place for place in range(len(names))]
    entries = ["%r: %s" % entry for entry in zip(names, values)]
    tests = ["params[%r] is %s" % entry for entry in zip(names, values)]
    functions = {}
    source = SPELLED_OUT.format(
        entries=", ".join(entries), values=", ".join(values), tests=" and ".join(tests) or "True",
    )
    exec(source, functions)
    return functions["make"], functions["is_made_of"]


# Not every interpreter counts references; then any set may be one that a hook has.
references = getattr(sys, "getrefcount", id)


def unshared_references():
    """The references to a set that only this worker has."""
    request = [{}]
    part = request[:]
    return next(map(references, part))


UNSHARED = unshared_references()


class Grid(Sets):
    """The product of axes; the first varies slowest."""

    def __init__(self, axes):
        Sets.__init__(self)
        self.axes = [values for name, values in axes]
        self.make, self.is_made_of = spelled_out([name for name, values in axes])
        # The very keys of the sets that are made, so that they compare by identity.
        self.names = tuple(self.make([self.axes])[0])
        # Sets that a filter kept, and that must not be made again for the logic hook.
        self.held = {}
        # Those of them that were changed, and that a hook still had after its call.
        self.reached = set()
        self.product = None
        self.position = 0
        self.watched = [
            [axis, place, value, to_json(encode(value))]
            for axis, values in enumerate(self.axes)
            for place, value in enumerate(values) if is_shared(value)
        ]

    def names_of(self, index):
        return self.names

    def take(self, runs):
        rows = self.rows(runs)
        sets = self.make(rows)
        if self.held:
            for place, index in enumerate(indexes_of(runs)):
                if index in self.held:
                    sets[place] = self.held.pop(index)
        return sets, rows

    def rows(self, runs):
        """The values of each set; the runs ascend."""
        if self.product is None or runs[0][0] < self.position:
            self.product = itertools.product(*self.axes)
            self.position = 0
        rows = []
        for first, count in runs:
            skip = first - self.position
            rows.extend(itertools.islice(self.product, skip, skip + count))
            self.position = first + count
        return rows

    def keep(self, indexes, sets, answers, for_logic):
        """Holds the sets that the filter kept and that a hook still has and may change, and for the
        logic hook those that it changed.

        To hold all would take the memory of the whole sweep.
        """
        if not self.spelled and set(map(references, sets)) == {UNSHARED}:
            return
        for place, count in enumerate(map(references, sets)):
            index = indexes[place]
            if not answers[place]:
                continue
            if index not in self.spelled:
                if count != UNSHARED:
                    self.held[index] = sets[place]
            elif for_logic or count != UNSHARED + 1 or any(map(is_shared, sets[place].values())):
                self.held[index] = sets[place]
                if count != UNSHARED + 1:
                    self.reached.add(index)

    def touched(self):
        """The sets that a hook could change after its call, with their values as they were made."""
        indexes = sorted(
            index for index, params in self.held.items()
            if index not in self.spelled or index in self.reached or any(map(is_shared, params.values()))
        )
        if not indexes:
            return [], [], []
        return indexes, [self.held[index] for index in indexes], self.rows([[index, 1] for index in indexes])

    def doubtful(self, indexes, sets, rows):
        if not self.spelled and self.all_pristine(sets, rows):
            return []
        return Sets.doubtful(self, indexes, sets, rows)

    def all_pristine(self, sets, rows):
        """The usual case, decided at once."""
        keys = list(itertools.chain.from_iterable(sets))
        return keys == list(self.names) * len(sets) and self.is_made_of(sets, rows)

    def axis_changes(self):
        """The shared values that a hook changed, as `[axis, place, text]`, and their spelled sets."""
        changed, values = [], []
        for watched in self.watched:
            axis, place, value, known = watched
            text = to_json(encode(value))
            if text != known:
                watched[3] = text
                changed.append([axis, place, text])
                values.append(value)
        return changed, self.sharers(values)


class Listed(Sets):
    """Sets that are spelled out."""

    def __init__(self):
        Sets.__init__(self)
        self.items = []
        self.pristine = []

    def add(self, params):
        index = len(self.items)
        self.items.append(params)
        self.pristine.append((tuple(params), tuple(params.values())))
        if any(map(is_shared, params.values())):
            self.spell(index, params, to_json(encode_dict(params)))

    def names_of(self, index):
        return self.pristine[index][0]

    def take(self, runs):
        indexes = indexes_of(runs)
        return [self.items[index] for index in indexes], [self.pristine[index][1] for index in indexes]

    def keep(self, indexes, sets, answers, for_logic):
        pass

    def touched(self):
        runs = [[0, len(self.items)]]
        return (indexes_of(runs),) + self.take(runs)

    def axis_changes(self):
        return [], []


def indexes_of(runs):
    """The indexes of runs, which are pairs of first index and length."""
    return list(itertools.chain.from_iterable(range(first, first + count) for first, count in runs))


class Results(object):
    """Numbers the answers of the logic hook, so that equal ones cross once.

    When there are many, it forgets them and starts again: where each answer differs from all
    others, they would only fill the memory.
    """

    def __init__(self):
        self.by_key = {}
        self.by_text = {}
        self.new = []
        self.forgotten = False

    def make_room(self):
        if len(self.by_text) > MAX_RESULTS:
            self.by_key.clear()
            self.by_text.clear()
            self.forgotten = True

    def enter(self, key, answer):
        """The number of an answer whose key is not known; None is no key."""
        text = to_json(encode_dict(answer))
        number = self.by_text.get(text)
        if number is None:
            number = self.by_text[text] = len(self.by_text)
            self.new.append(text)
        # `marshal` writes anything with a buffer as if it were bytes; such answers go by text.
        if key is not None and '"$"' not in text:
            self.by_key[key] = number
        return number

    def take_new(self):
        """Whether earlier answers are forgotten, and the new ones."""
        forgotten, new = self.forgotten, self.new
        self.forgotten, self.new = False, []
        return forgotten, new


# Requests

class Worker(object):
    """Answers requests until the host says goodbye."""

    def __init__(self, channel):
        self.channel = channel
        self.failures = Failures()
        self.hooks = {}
        self.sets = None
        self.parsed = Listed()
        self.results = Results()
        self.defaults = {}
        # For the message when the host ends a call that takes too long.
        self.role = None
        self.calling = None

    def serve(self):
        while True:
            request = self.channel.receive()
            operation = request.pop("op", "bye") if request is not None else "bye"
            if operation == "bye":
                return
            try:
                for reply in getattr(self, "on_" + operation)(**request):
                    self.channel.send(reply)
            except KeyboardInterrupt as interrupt:
                hook = self.hooks.get(self.role)
                told = self.failures(hook, interrupt) if hook else None
                self.channel.send(to_json({"stopped": {"told": told, "role": self.role, "index": self.calling}}))
                return

    def on_init(self, hooks):
        # Told even where a hook cannot be loaded: it may be the wrong interpreter.
        version = "%d.%d.%d" % sys.version_info[:3]
        ready = {"python": version, "executable": clean(sys.executable or "python")}
        for role, path, function in hooks:
            hook = Hook(role, os.fsdecode(bytes(path)), function)
            self.role, self.hooks[role] = role, hook
            try:
                hook.load(self.failures)
            except LoadFailure as failure:
                return [to_json(dict(ready, role=role, failed=failure.told))]
        if hasattr(gc, "freeze"):
            # What was imported stays; to look through it time and again is lost time.
            gc.freeze()
        return [to_json(ready)]

    def on_defaults(self, defaults):
        self.defaults = defaults
        return ["{}"]

    def on_axes(self, axes):
        self.sets = Grid(axes)
        return ["{}"]

    def on_items(self, items, first):
        if first:
            self.sets = Listed()
        for params in items:
            self.sets.add(params)
        return ["{}"]

    def on_parsed(self):
        """Goes on with what the parse hook gave."""
        self.sets, self.role = self.parsed, "parse"
        self.late = late_parts(self.sets.touched())
        return self.on_late()

    def on_filtered(self):
        self.role = "filter"
        self.late = late_parts(self.sets.touched())
        return self.on_late()

    def on_late(self):
        """Tells a part of what calls changed in sets other than their own, until nothing is left."""
        part = next(self.late, None)
        if part is None:
            return ["{}"]
        return [self.answer([], *part, more=True)]

    def on_call(self, role, runs):
        """Calls a hook for the sets of `runs`; a reply for each part of them."""
        hook = self.hooks[role]
        self.role, self.calling = role, None
        indexes = indexes_of(runs)
        sets, rows = self.sets.take(runs)
        rest = iter(sets)
        start = 0
        while start < len(indexes):
            answers, errors = self.part(hook, indexes[start:], rest)
            end = start + len(answers)
            part, called = indexes[start:end], sets[start:end]
            if role in ("parse", "on_failure"):
                # Nobody else sees what it was given.
                yield self.answer(answers, part, [], [], errors)
            else:
                yield self.answer(answers, part, called, rows[start:end], errors)
            if role == "filter":
                self.sets.keep(part, called, answers, "logic" in self.hooks)
            start = end

    def part(self, hook, indexes, rest):
        """The answers of as many calls as time allows, at least one."""
        call = getattr(self, "call_" + hook.role)
        self.results.make_room()
        answers, errors = [], []
        until = monotonic() + PART_SECONDS
        while len(answers) < len(indexes) and (not answers or monotonic() < until):
            try:
                call(hook.function, rest, answers, until)
            except KeyboardInterrupt:
                self.calling = next(iter(indexes[len(answers):]), None)
                raise
            except BaseException as error:
                errors.append([indexes[len(answers)], self.told(hook, error)])
                answers.append(None)
        return answers, errors

    def call_parse(self, function, rest, answers, until):
        for params in rest:
            made = [dict(one) for one in dicts_of(function(dict(params)))]
            # Encoded now: a later call may change what this one returned.
            answer = [encode_dict(one) for one in made]
            for one in made:
                self.parsed.add(one)
            answers.append(answer)
            if monotonic() > until:
                return

    def call_filter(self, function, rest, answers, until):
        for params in rest:
            answer = function(params)
            if answer is not True and answer is not False:
                answer = truth(answer)
            answers.append(answer)
            if monotonic() > until:
                return

    def call_logic(self, function, rest, answers, until):
        copy, results = self.defaults.copy, self.results
        known, dumps = results.by_key.get, marshal.dumps
        for params in rest:
            answer = function(params, copy())
            if type(answer) is not dict:
                answer = dict_of(answer)
            try:
                # Exact about types, unlike equality: 1, 1.0 and True, 0.0 and -0.0 all differ.
                key = dumps(answer, 2)
            except ValueError:
                key = None
            number = known(key)
            answers.append(results.enter(key, answer) if number is None else number)
            if monotonic() > until:
                return

    def call_on_failure(self, function, rest, answers, until):
        for failure in rest:
            # The only call that sees this one.
            answer = function(failure["job"], failure["attempt"])
            answers.append([encode_dict(one) for one in remedies_of(answer)])
            if monotonic() > until:
                return

    def told(self, hook, error):
        if isinstance(error, Unfit):
            return self.failures.of_answer(hook, unfit_message(error))
        return self.failures(hook, error)

    def answer(self, answers, indexes, sets, rows, errors=(), more=False):
        """A reply, with what the calls changed beside their answers."""
        errors = list(errors)
        changed, unfit = self.sets.changes(indexes, sets, rows)
        try:
            axes, sharers = self.sets.axis_changes()
        except Unfit as error:
            axes, sharers, unfit = [], [], unfit + [(indexes[0], error)]
        if sharers:
            more, more_unfit = self.sets.changes(*zip(*[(i, params, ()) for i, params in sharers]))
            changed, unfit = changed + more, unfit + more_unfit
        failed = set(index for index, told in errors)
        for index, error in unfit:
            if index not in failed:
                hook = self.hooks[self.role]
                errors.append([index, self.failures.of_answer(hook, unfit_message(error, "left", " in `params`"))])
        parts = ['"r":' + to_json(answers)]
        forgotten, new = self.results.take_new()
        if forgotten:
            parts.append('"f":true')
        if new:
            parts.append('"t":[%s]' % ",".join(new))
        if changed:
            parts.append('"m":[%s]' % ",".join("[%d,%s]" % (index, text) for index, text in changed))
        if axes:
            parts.append('"d":[%s]' % ",".join("[%d,%d,%s]" % (axis, place, text) for axis, place, text in axes))
        if errors:
            parts.append('"e":' + to_json(errors))
        if more:
            parts.append('"more":true')
        return "{%s}" % ",".join(parts)


def late_parts(touched):
    """Parts of sets to look at, of which each takes little time."""
    indexes, sets, rows = touched
    for start in range(0, len(indexes), LATE_SETS):
        end = start + LATE_SETS
        yield indexes[start:end], sets[start:end], rows[start:end]


VALUES = "values are None, bools, numbers, text, lists and dicts"


def unfit_message(error, verb="returned", inside=""):
    where = error.where()
    if error.where() or inside:
        return "%s %s%s%s; %s" % (verb, error.found, " at `%s`" % where if where else "", inside, VALUES)
    return "%s %s" % (verb, error.found)


ALWAYS_TRUE = (
    types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType, types.FunctionType,
    types.BuiltinFunctionType, types.MethodType, type("".__eq__), type,
)


def truth(answer):
    """Whether Python takes an answer for true; refuses what always is by mistake."""
    if isinstance(answer, ALWAYS_TRUE):
        raise Unfit("%s, which always counts as true" % described(answer))
    return bool(answer)


def dict_of(answer):
    if isinstance(answer, dict):
        return dict(answer)
    raise Unfit("%s; a logic hook returns a dict" % described(answer))


def remedies_of(answer):
    """What a hook on failures asks for, if it asks for anything."""
    if answer is None:
        return []
    if isinstance(answer, dict):
        return [dict(answer)]
    raise Unfit("%s; an on_failure hook returns a dict or None" % described(answer))


def dicts_of(answer):
    if isinstance(answer, dict):
        return [answer]
    expected = "a parse hook returns a dict or a list of dicts"
    if not isinstance(answer, list):
        raise Unfit("%s; %s" % (described(answer), expected))
    for index, item in enumerate(answer):
        if not isinstance(item, dict):
            raise Unfit("a list with %s at [%d]; %s" % (described(item), index, expected))
    return answer


# The way to the host

class Channel(object):
    """Lines of JSON on descriptors that user code does not see."""

    def __init__(self):
        self.pid = os.getpid()
        self.requests = io.open(os.dup(0), "rb")
        self.replies = os.dup(1)

    def receive(self):
        self.check_process()
        line = self.requests.readline()
        return json.loads(line.decode("utf-8"), object_hook=untag) if line.endswith(b"\n") else None

    def send(self, text):
        self.check_process()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        self.write(text.encode("ascii") + b"\n")

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.replies, view):]

    def check_process(self):
        # A child that a hook forked and that fell through to here must not speak for us.
        if os.getpid() != self.pid:
            os._exit(113)


def stream_to(descriptor):
    raw = io.open(descriptor, "wb", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def take_streams_away():
    """Standard input is empty for hooks, and all they print goes to standard error."""
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    sys.stdout = sys.__stdout__ = stream_to(1)
    sys.stderr = sys.__stderr__ = stream_to(2)


def main():
    nonce = sys.argv[1]
    sys.argv[:] = ["slurmkit"]
    # A shell starts background jobs with SIGINT ignored, but it must end a call here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    channel = Channel()
    take_streams_away()
    faulthandler.enable(2)
    channel.write(("\n\0slurmkit-hook %d %s\n" % (PROTOCOL, nonce)).encode("ascii"))
    Worker(channel).serve()


main()
