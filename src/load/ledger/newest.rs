//! The order of a room's messages as one listener received them: `meta.id` must rise. All listeners alike may
//! receive a wrong order, so they are not compared with each other.

use smallvec::SmallVec;

/// The highest `meta.id` that a listener received, by room of its circle.
#[derive(Debug, Default)]
pub(in crate::load) struct Newest {
    /// One number for most listeners, which receive one room.
    rooms: SmallVec<[u64; 1]>,
}

impl Newest {
    /// Takes the next one; false if a higher one was before it.
    pub(in crate::load) fn take(&mut self, room: usize, number: u64) -> bool {
        if room >= self.rooms.len() {
            self.rooms.resize(room + 1, 0);
        }
        let Some(newest) = self.rooms.get_mut(room) else {
            return true;
        };
        let rises = number >= *newest;
        *newest = number.max(*newest);
        rises
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_in_each_room_for_itself() {
        let mut newest = Newest::default();
        let taken = [(0, 5), (0, 7), (2, 3), (0, 6), (2, 4), (0, 8)];
        let rises = taken.map(|(room, number)| newest.take(room, number));
        assert_eq!(rises, [true, true, true, false, true, true]);
    }
}
