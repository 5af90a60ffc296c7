//! Pages of a list: `since_id`, `before_id`, `count`.

/// One end of a range. Marker words are resolved before a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Pagination id.
    pub id: i64,
    /// Whether the item at the bound belongs to the range.
    pub inclusive: bool,
}

/// The requested part of a list. Pages are always newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Only newer ones.
    pub since: Option<Bound>,
    /// Only older ones.
    pub before: Option<Bound>,
    /// Page size, 1 to 200.
    pub count: u16,
    /// Take the oldest of the range instead of the newest (a negative `count`).
    pub oldest: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            since: None,
            before: None,
            count: 20,
            oldest: false,
        }
    }
}

impl PageRequest {
    /// Lowest pagination id that belongs to the range.
    pub fn low(&self) -> i64 {
        self.since.map_or(i64::MIN, |b| {
            if b.inclusive {
                b.id
            } else {
                b.id.saturating_add(1)
            }
        })
    }

    /// Highest pagination id that belongs to the range.
    pub fn high(&self) -> i64 {
        self.before.map_or(i64::MAX, |b| {
            if b.inclusive {
                b.id
            } else {
                b.id.saturating_sub(1)
            }
        })
    }

    /// Rows to fetch: one more than the page size, to find out whether there are more.
    pub fn limit(&self) -> i64 {
        i64::from(self.count) + 1
    }
}

/// Part of a list, newest first, each item with its pagination id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<(i64, T)>,
    /// The range holds more than was returned.
    pub more: bool,
    /// How far the range was looked at, if a bound of rows ended that: from here a client goes on, even if nothing was
    /// found.
    pub edge: Option<i64>,
}

impl<T> Page<T> {
    /// From rows fetched with [`PageRequest::limit`], in the order of the fetch (newest first, or oldest
    /// first if the oldest were requested).
    pub fn of(request: &PageRequest, mut rows: Vec<(i64, T)>) -> Self {
        let count = usize::from(request.count);
        let more = rows.len() > count;
        rows.truncate(count);
        if request.oldest {
            rows.reverse();
        }
        Self {
            items: rows,
            more,
            edge: None,
        }
    }

    /// The same page of other things.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self
                .items
                .into_iter()
                .map(|(id, item)| (id, f(item)))
                .collect(),
            more: self.more,
            edge: self.edge,
        }
    }
}
