//! From `connect` to the hello of a user stream, many at once, against the server as a process.

use super::cores::Pinned;
use super::server::Server;
use criterion::{Criterion, SamplingMode, Throughput};
use nix::sys::socket::{setsockopt, sockopt};
use std::cell::LazyCell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const AT_ONCE: usize = 64;

pub(crate) fn bench(criterion: &mut Criterion) {
    let server = LazyCell::new(Server::start);
    let mut group = criterion.benchmark_group("upgrade");
    group.sampling_mode(SamplingMode::Flat);
    group.measurement_time(Duration::from_secs(5));
    group.sample_size(30);
    group.throughput(Throughput::Elements(AT_ONCE as u64));
    group.bench_function("connect and hello, 64 at once", |bench| {
        let request = format!(
            "GET /v1/user?access_token={} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n",
            server.token
        );
        let _pinned = Pinned::second();
        bench.iter(|| open(&server, request.as_bytes()));
    });
    group.finish();
}

/// Opens sockets, waits for all hellos, and resets all sockets.
fn open(server: &Server, request: &[u8]) {
    let connect = |_| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        // Reset on drop: an orderly closed socket would keep its port for a minute, and ports would run out.
        let reset = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&stream, sockopt::Linger, &reset).unwrap();
        stream.write_all(request).unwrap();
        stream
    };
    let mut streams: Vec<TcpStream> = (0..AT_ONCE).map(connect).collect();
    let mut answer = [0; 1024];
    for stream in &mut streams {
        let mut filled = 0;
        while !answer.get(..filled).unwrap().ends_with(b"}}") {
            let read = stream.read(answer.get_mut(filled..).unwrap()).unwrap();
            assert!(read > 0, "refused: {}", String::from_utf8_lossy(&answer));
            filled += read;
        }
    }
}
