//! One message to 1000 receivers, as the bytes for their sockets: as text, compressed once for all (`compress=zstd`), and by
//! permessage-deflate, which compresses for each socket with a window of its own. Without `send()`, which is the same for all.
//!
//! The sizes are those of the frame in the middle of a long run, so that the windows are full.

use super::homes::resident;
use super::world::World;
use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use flate2::{Compress, Compression, FlushCompress};
use groundnut::event::{Event, Payload};
use groundnut::model::{MessageId, Stamp};
use groundnut::protocol::frame::{Frame, render_ids};
use groundnut::protocol::query::Query;
use groundnut::protocol::render_class::RenderClass;
use groundnut::protocol::site::Site;
use groundnut::protocol::stream::{Beside, Place, user_frame};
use groundnut::text::{Source, compose};
use std::cell::{Cell, LazyCell, RefCell};
use std::collections::HashMap;
use std::hint::black_box;
use std::io::Write;

const RECEIVERS: u32 = 1000;
/// More than the window of deflate holds: a frame finds the ones before it there, and not itself of the round before.
const MESSAGES: usize = 64;

const WORDS: &str = "we meet at the usual place tomorrow if the weather holds and bring a photo of that coffee house which \
                     nobody could find last summer please answer soon because there are only nine seats in her car thanks";

pub(crate) fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let room = LazyCell::new(|| Room::of(&runtime.block_on(World::open())));
    let mut group = criterion.benchmark_group("compression");
    group.sampling_mode(SamplingMode::Flat);
    group.sample_size(20);
    group.throughput(Throughput::Elements(RECEIVERS.into()));
    for (name, query) in [("text", ""), ("zstd once", "compress=zstd")] {
        let class = RenderClass::from_query(&Query::parse(query));
        group.bench_function(BenchmarkId::new(name, RECEIVERS), |bench| {
            bench.iter(|| room.tell(class));
        });
    }
    for level in [1, 6] {
        let name = format!("deflate per socket, level {level}");
        let sockets = LazyCell::new(|| {
            let before = resident();
            let sockets: Vec<_> = (0..RECEIVERS).map(|_| Deflating::new(level)).collect();
            let sockets = RefCell::new(sockets);
            (0..2 * MESSAGES).for_each(|_| room.tell_deflating(&mut sockets.borrow_mut()));
            say(&format!(
                "{name}: {} bytes of memory per socket",
                (resident() - before) / RECEIVERS as usize
            ));
            sockets
        });
        group.bench_function(BenchmarkId::new(name.clone(), RECEIVERS), |bench| {
            let mut sockets = sockets.borrow_mut();
            bench.iter(|| room.tell_deflating(&mut sockets));
        });
    }
    group.finish();
}

/// What the bench found beside its times.
fn say(words: &str) {
    let words = format!("compression: {words}\n");
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}

/// Messages of one author in one room, and who receives them.
struct Room {
    site: Site,
    place: Place,
    messages: Vec<Event>,
    ids: Vec<Vec<u8>>,
    next: Cell<usize>,
}

impl Room {
    fn of(world: &World) -> Self {
        let mut numbers = (0_usize..).map(|n| n.wrapping_mul(7919).wrapping_add(n * n));
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let messages = (0..MESSAGES).map(|n| {
            let count = 4 + n % 24;
            let said: Vec<&str> = numbers
                .by_ref()
                .take(count)
                .map(|number| *words.get(number % words.len()).unwrap())
                .collect();
            said_in(world.message(), n, &said.join(" "))
        });
        let room = Self {
            site: world.site.clone(),
            place: world.place(),
            messages: messages.collect(),
            ids: (0..RECEIVERS)
                .map(|number| render_ids([format!("{number:032}").as_str()]))
                .collect(),
            next: Cell::new(0),
        };
        room.say_sizes();
        room
    }

    fn next(&self, class: RenderClass) -> Frame {
        let at = self.next.replace(self.next.get() + 1) % self.messages.len();
        let beside = Beside::default();
        user_frame(
            self.messages.get(at).unwrap(),
            class,
            &self.site,
            &beside,
            &self.place,
        )
    }

    /// The bytes for each receiver: the id is written into its gap, as the fast path of a shard does it.
    fn tell(&self, class: RenderClass) {
        let frame = self.next(class);
        let mut out = BytesMut::new();
        let Some(first) = self.ids.first() else {
            return;
        };
        let gaps = frame.write(first, &mut out);
        for id in &self.ids {
            let gap = out.get_mut(gaps.ids..gaps.ids + id.len());
            gap.unwrap().copy_from_slice(id);
            black_box(&out);
        }
    }

    fn tell_deflating(&self, sockets: &mut [Deflating]) {
        let frame = self.next(RenderClass::from_query(&Query::default()));
        let mut text = BytesMut::new();
        for (socket, id) in sockets.iter_mut().zip(&self.ids) {
            text.clear();
            frame.write(id, &mut text);
            // Behind the header of the frame, which has four bytes for messages of this size.
            black_box(socket.message(text.get(4..).unwrap()));
        }
    }

    fn say_sizes(&self) {
        let mut out = BytesMut::new();
        for (name, query) in [("text", ""), ("zstd once", "compress=zstd")] {
            let class = RenderClass::from_query(&Query::parse(query));
            out.clear();
            for _ in 0..MESSAGES {
                self.next(class).write(self.ids.first().unwrap(), &mut out);
            }
            say(&format!("{name}: {} bytes per event", out.len() / MESSAGES));
        }
        for level in [1, 6] {
            let mut socket = Deflating::new(level);
            let mut bytes = 0;
            for n in 0..3 * MESSAGES {
                out.clear();
                self.next(RenderClass::from_query(&Query::default()))
                    .write(self.ids.first().unwrap(), &mut out);
                let message = socket.message(out.get(4..).unwrap());
                // A header of four bytes, as most have.
                bytes += if n < MESSAGES { 0 } else { message + 4 };
            }
            let each = bytes / (2 * MESSAGES);
            say(&format!("deflate level {level}: {each} bytes per event"));
        }
    }
}

/// The same message with another id and time, and these words.
fn said_in(event: &Event, n: usize, words: &str) -> Event {
    let mut event = event.clone();
    let later = i64::try_from(n).unwrap() * 37_000_000;
    event.at = Stamp(event.at.0 + later);
    if let Payload::MessageCreated { written, .. } = &mut event.payload {
        written.message.id = MessageId(1000 + 3 * i64::try_from(n).unwrap());
        written.message.thread_id = written.message.id;
        written.message.created_at = event.at;
        written.message.content =
            compose(&Source::plain(words), &HashMap::new(), usize::MAX).unwrap();
    }
    event
}

/// One socket of permessage-deflate with context takeover, as most servers configure it (RFC 7692 §7.2.1).
struct Deflating {
    state: Compress,
    out: Vec<u8>,
}

impl Deflating {
    fn new(level: u32) -> Self {
        Self {
            state: Compress::new(Compression::new(level), false),
            out: Vec::with_capacity(8 * 1024),
        }
    }

    /// Bytes of its payload.
    fn message(&mut self, text: &[u8]) -> usize {
        self.out.clear();
        let state = &mut self.state;
        state
            .compress_vec(text, &mut self.out, FlushCompress::Sync)
            .unwrap();
        // Four bytes of the empty block at its end are left out.
        self.out.len() - 4
    }
}
