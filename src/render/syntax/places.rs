use std::ops::Range;

/// Where the parts of a written template come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::render) struct Places(Vec<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    written: Range<usize>,
    source: Range<usize>,
}

impl Places {
    /// Remembers what was written for a part of the source.
    pub(super) fn add(&mut self, written: Range<usize>, source: Range<usize>) {
        self.0.push(Place { written, source });
    }

    /// The part of the source that `written` comes from.
    pub(in crate::render) fn source(&self, written: &Range<usize>) -> Option<Range<usize>> {
        let holds = |place: &&Place| {
            place.written.start <= written.start && written.end <= place.written.end
        };
        let places = self.0.iter().filter(holds);
        let smallest = places.min_by_key(|place| place.written.len());
        smallest.map(|place| place.source.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_part_is_found() {
        let mut places = Places::default();
        places.add(10..40, 0..9);
        places.add(12..20, 3..5);
        assert_eq!(places.source(&(13..15)), Some(3..5));
        assert_eq!(places.source(&(12..30)), Some(0..9));
        assert_eq!(places.source(&(1..2)), None);
    }
}
