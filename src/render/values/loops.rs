use std::iter::Fuse;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value};
use minijinja::{Error, State};

use super::method::Method;
use super::{List, collect, invalid, unknown_method};
use crate::render::call::split;
use crate::render::operators::compare;

/// What templates know as `loop`: it gives a loop its items and counts the rounds.
///
/// As in Jinja2 it looks no further than it is asked to, so what a round changes in a list, or in
/// what items are tested by, holds for the items that are left.
#[derive(Debug)]
pub(in crate::render) struct Loop {
    kind: LoopKind,
    depth: usize,
    rounds: Mutex<Rounds>,
}

/// How a loop is written.
#[derive(Clone, Debug, Default)]
pub(in crate::render) struct LoopKind {
    /// Whether items have a round only if they pass a test.
    pub(in crate::render) filtered: bool,
    /// The macro that tests items ahead of their turn.
    pub(in crate::render) test: Option<Value>,
    pub(in crate::render) recursive: bool,
    /// Whether each item is for several names.
    pub(in crate::render) unpacks: bool,
    /// How items are put together again after they were tested: a list for each tuple.
    pub(in crate::render) shape: Option<Value>,
}

type Items = Box<dyn Iterator<Item = Result<Value, Error>> + Send + Sync>;

struct Rounds {
    source: Value,
    items: Fuse<Items>,
    /// Whether all that are left have passed the test.
    tested: bool,
    /// The next item, if somebody looked at it.
    ahead: Option<Value>,
    /// The item whose turn it is, and whether it has passed the test.
    turn: Option<(Value, bool)>,
    /// Rounds that have begun.
    begun: usize,
    previous: Option<Value>,
    current: Option<Value>,
    length: Option<usize>,
    /// What was given to `changed` the last time.
    compared: Option<Vec<Value>>,
    /// Whether all items had their turn.
    ended: bool,
}

impl std::fmt::Debug for Rounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rounds")
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

impl Loop {
    /// The names of its methods.
    const METHODS: [&str; 2] = ["changed", "cycle"];

    /// A loop over what can be iterated over.
    pub(in crate::render) fn of(source: Value, kind: LoopKind) -> Result<Value, Error> {
        Self::at_depth(source, kind, 0)
    }

    fn at_depth(source: Value, kind: LoopKind, depth: usize) -> Result<Value, Error> {
        let items = source.try_iter()?.checked();
        let items: Items = match kind.shape.clone() {
            Some(shape) => Box::new(items.map(move |item| reshape(item?, &shape))),
            None => Box::new(items),
        };
        let rounds = Rounds {
            source,
            items: items.fuse(),
            tested: false,
            ahead: None,
            turn: None,
            begun: 0,
            previous: None,
            current: None,
            length: None,
            compared: None,
            ended: false,
        };
        Ok(Value::from_object(Self {
            kind,
            depth,
            rounds: Mutex::new(rounds),
        }))
    }

    /// The loop that this one does within itself.
    pub(in crate::render) fn within(&self, source: Value) -> Result<Value, Error> {
        if !self.kind.recursive {
            let detail = "only a loop that is `recursive` can be called";
            return Err(invalid(detail));
        }
        Self::at_depth(source, self.kind.clone(), self.depth + 1)
    }

    /// Whether there is an item whose turn it is.
    pub(in crate::render) fn has_item(&self) -> bool {
        self.lock().turn.is_some()
    }

    /// Whether the item whose turn it is passed its test already.
    pub(in crate::render) fn is_tested(&self) -> bool {
        self.lock().turn.as_ref().is_some_and(|(_, tested)| *tested)
    }

    /// The round of the item begins whose turn it is.
    pub(in crate::render) fn enter(&self) {
        self.lock().enter();
    }

    /// Whether no round has begun.
    pub(in crate::render) fn is_empty(&self) -> bool {
        self.lock().begun == 0
    }

    fn lock(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attribute, if there is one of that name. Items ahead are tested by running a macro.
    pub(in crate::render) fn attribute(
        &self,
        name: &str,
        mut state: Option<&mut State>,
    ) -> Result<Option<Value>, Error> {
        let begun = self.lock().begun;
        let index0 = signed(begun) - 1;
        Ok(Some(match name {
            "depth" => Value::from(self.depth + 1),
            "depth0" => Value::from(self.depth),
            "first" => Value::from(begun == 1),
            "index" => Value::from(begun),
            "index0" => Value::from(index0),
            "last" => Value::from(self.ahead(&mut state)?.is_none()),
            "length" => Value::from(self.length(&mut state)?),
            "nextitem" => self.ahead(&mut state)?.unwrap_or_default(),
            "previtem" => self.lock().previous.clone().unwrap_or_default(),
            "revindex" => Value::from(signed(self.length(&mut state)?) - index0),
            "revindex0" => Value::from(signed(self.length(&mut state)?) - index0 - 1),
            _ => return Ok(None),
        }))
    }

    /// The next item, if there is one.
    fn ahead(&self, state: &mut Option<&mut State>) -> Result<Option<Value>, Error> {
        loop {
            let (item, tested) = {
                let mut rounds = self.lock();
                if rounds.ahead.is_some() {
                    return Ok(rounds.ahead.clone());
                }
                match rounds.items.next().transpose()? {
                    None => return Ok(None),
                    Some(item) => (item, rounds.tested),
                }
            };
            if tested || self.passes(&item, state)? {
                self.lock().ahead = Some(item.clone());
                return Ok(Some(item));
            }
        }
    }

    /// Whether an item passes the test, which may look at this loop.
    fn passes(&self, item: &Value, state: &mut Option<&mut State>) -> Result<bool, Error> {
        if !self.kind.filtered {
            return Ok(true);
        }
        let (Some(test), Some(state)) = (&self.kind.test, state) else {
            return Err(invalid(
                "what is ahead in a loop with `if` is known only to `loop` itself; write \
                 `loop.last`, or loop over a list that is filtered before",
            ));
        };
        Ok(test.call(state, std::slice::from_ref(item))?.is_true())
    }

    /// How many items there are, all told.
    fn length(&self, state: &mut Option<&mut State>) -> Result<usize, Error> {
        let source = {
            let rounds = self.lock();
            if let Some(length) = rounds.length {
                return Ok(length);
            }
            rounds.source.clone()
        };
        let known = source.len().filter(|_| !self.kind.filtered);
        let length = match known {
            Some(length) => length,
            None => {
                let mut left = Vec::new();
                let next = self.lock().ahead.take();
                let had_next = next.is_some();
                while let Some(item) = self.ahead(state)? {
                    self.lock().ahead = None;
                    crate::render::limits::check_items(left.len() + 1)?;
                    left.push(Ok(item));
                }
                let mut rounds = self.lock();
                let length = left.len() + rounds.begun + usize::from(had_next);
                let left: Items = Box::new(left.into_iter());
                rounds.items = left.fuse();
                rounds.tested = true;
                rounds.ahead = next;
                length
            }
        };
        self.lock().length = Some(length);
        Ok(length)
    }

    fn cycle(&self, args: &[Value]) -> Result<Value, Error> {
        let (items, named) = split(args)?;
        if items.is_empty() || !named.is_empty() {
            return Err(invalid("`cycle` needs items, without names"));
        }
        let index = self.lock().begun.saturating_sub(1);
        Ok(items[index % items.len()].clone())
    }

    fn changed(&self, state: &mut State, args: &[Value]) -> Result<Value, Error> {
        let (values, named) = split(args)?;
        if !named.is_empty() {
            return Err(invalid("`changed` takes values without names"));
        }
        let known = self.lock().compared.clone();
        let mut changed = known.as_ref().map(Vec::len) != Some(values.len());
        for (known, value) in known.iter().flatten().zip(&values) {
            changed = changed || !compare(state, "_eq", known, value)?;
        }
        if changed {
            self.lock().compared = Some(values);
        }
        Ok(Value::from(changed))
    }
}

impl Rounds {
    /// The next item has its turn, without a test.
    fn round(&mut self) -> Option<Result<Value, Error>> {
        let next = self.ahead.take().map(Ok);
        let item = next.or_else(|| self.items.next())?;
        if let Ok(item) = &item {
            self.begun += 1;
            self.previous = self.current.replace(item.clone());
        }
        Some(item)
    }

    /// Whether nothing is ahead, where items have no test.
    fn is_last(&mut self) -> Result<bool, Error> {
        if self.ahead.is_none() {
            self.ahead = self.items.next().transpose()?;
        }
        Ok(self.ahead.is_none())
    }

    /// The next item has its turn, which may be a test.
    fn advance(&mut self) -> Result<(), Error> {
        let next = match self.ahead.take() {
            Some(item) => Some((item, true)),
            None => {
                let tested = self.tested;
                self.items.next().transpose()?.map(|item| (item, tested))
            }
        };
        self.turn = next;
        Ok(())
    }

    fn enter(&mut self) {
        self.begun += 1;
        self.previous = self.current.take();
        self.current = self.turn.as_ref().map(|(item, _)| item.clone());
    }
}

impl Object for Loop {
    /// Only a `for` iterates over it.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if key == "last" && !self.kind.filtered {
            let is_last = self.lock().is_last();
            return Some(is_last.map_or_else(Value::from, Value::from));
        }
        match self.attribute(key, None) {
            Ok(Some(value)) => Some(value),
            Ok(None) => Method::of(self, key, &Self::METHODS),
            Err(error) => Some(Value::from(error)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Turns(self.clone())))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        None
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Err(invalid(match self.kind.recursive {
            true => {
                "a loop is called by `loop(…)` with one list, in its own body, or by a name that \
                 only ever is `loop`"
            }
            false => "only a loop that is `recursive` can be called",
        }))
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "changed" => self.changed(state, args),
            "cycle" => self.cycle(args),
            _ => Err(unknown_method()),
        }
    }
}

/// The items of a loop, one after the other.
struct Turns(Arc<Loop>);

impl Iterator for Turns {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let Self(owner) = self;
        let mut rounds = owner.lock();
        if !owner.kind.filtered && !owner.kind.recursive {
            let item = rounds.round()?.unwrap_or_else(Value::from);
            return Some(match owner.kind.unpacks {
                true => parts(item),
                false => item,
            });
        }
        if let Err(error) = rounds.advance() {
            return Some(Value::from(error));
        }
        let item = match &rounds.turn {
            Some((item, _)) => item.clone(),
            // The turn of `else`.
            None if owner.kind.recursive && rounds.begun == 0 && !rounds.ended => Value::UNDEFINED,
            None => return None,
        };
        rounds.ended = rounds.turn.is_none();
        if !owner.kind.filtered && !rounds.ended {
            rounds.enter();
        }
        drop(rounds);
        Some(match &owner.kind {
            LoopKind {
                recursive: true, ..
            } => {
                let this = Value::from_dyn_object(owner.clone());
                Value::from(Tuple::new(vec![item, this]))
            }
            LoopKind { unpacks: true, .. } => parts(item),
            _ => item,
        })
    }
}

/// Items that are for several names each.
#[derive(Debug)]
pub(in crate::render) struct Parts(pub(in crate::render) Value);

impl Object for Parts {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.0.try_iter() {
            Ok(items) => Enumerator::Iter(Box::new(items.map(parts))),
            Err(_) => Enumerator::NonEnumerable,
        }
    }
}

/// A number of items, which are never so many that it would not fit.
fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Jinja2 makes tuples of what it takes apart to test it.
fn reshape(item: Value, shape: &Value) -> Result<Value, Error> {
    let Ok(shapes) = shape.try_iter() else {
        return Ok(item);
    };
    let (shapes, items): (Vec<Value>, _) = (shapes.collect(), collect(&item)?);
    if shapes.len() != items.len() {
        return Ok(item);
    }
    let items = items.into_iter().zip(&shapes);
    let items = items.map(|(item, shape)| reshape(item, shape));
    Ok(Value::from(Tuple::new(items.collect::<Result<_, _>>()?)))
}

/// What several names are given of one item. A string is taken apart, too.
fn parts(item: Value) -> Value {
    match item.as_str() {
        Some(_) => collect(&item).map_or_else(Value::from, List::own),
        None => item,
    }
}
