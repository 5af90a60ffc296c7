//! A way from one process to another that a story can cut, or let hang as a pulled cable does.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio::sync::watch;

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    /// Nothing passes, and no end is told of it.
    Hangs,
    /// Connections end, and new ones too.
    Cut,
    /// A connection ends where a database answers that it has committed: the answer is lost.
    LosesCommits,
}

/// How PostgreSQL says so.
const COMMITTED: &[u8] = b"COMMIT\0";

/// Passes on what comes to its address; ends when it goes.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
    way: watch::Sender<Way>,
}

impl Relay {
    /// To this address, with a thread of its own.
    pub(crate) fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener");
        let target = Arc::new(Mutex::new(target));
        let (way, told) = watch::channel(Way::Open);
        let leads = Arc::clone(&target);
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(accepts(listener, &leads, told));
        });
        Self {
            address,
            target,
            way,
        }
    }

    /// New connections lead to this address.
    pub(crate) fn leads_to(&self, target: SocketAddr) {
        *self.target.lock().expect("an address") = target;
    }

    pub(crate) fn is(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn accepts(listener: TcpListener, leads: &Mutex<SocketAddr>, mut told: watch::Receiver<Way>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            is_over = goes(&mut told) => match is_over {
                true => return,
                false => continue,
            },
        };
        let Ok((client, _)) = accepted else { continue };
        let (target, told) = (*leads.lock().expect("an address"), told.clone());
        tokio::spawn(passes(client, target, told));
    }
}

/// Waits for the next word; true if there will be none.
async fn goes(told: &mut watch::Receiver<Way>) -> bool {
    told.changed().await.is_err()
}

/// One connection.
async fn passes(client: TcpStream, target: SocketAddr, mut told: watch::Receiver<Way>) {
    let (there, back) = (told.clone(), told.clone());
    let carried = async {
        opens(&mut there.clone()).await?;
        let server = TcpStream::connect(target).await.ok()?;
        drop((client.set_nodelay(true), server.set_nodelay(true)));
        tokio::select! {
            end = carries(&client, &server, (there, false)) => end,
            end = carries(&server, &client, (back, true)) => end,
        }
    };
    tokio::select! {
        _ = carried => {}
        // An end of the relay is one of its connections too.
        _ = told.wait_for(|way| *way == Way::Cut) => {}
    }
}

/// Waits until something may pass. `None`: it never will.
async fn opens(told: &mut watch::Receiver<Way>) -> Option<()> {
    told.wait_for(|way| *way != Way::Hangs).await.ok()?;
    (*told.borrow() != Way::Cut).then_some(())
}

/// Bytes of one direction, until an end.
async fn carries(
    from: &TcpStream,
    to: &TcpStream,
    (mut told, are_answers): (watch::Receiver<Way>, bool),
) -> Option<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        from.readable().await.ok()?;
        let count = match from.try_read(&mut bytes) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return None,
        };
        opens(&mut told).await?;
        let mut rest = &bytes[..count];
        let is_lost = are_answers && *told.borrow() == Way::LosesCommits;
        if is_lost && rest.windows(COMMITTED.len()).any(|part| part == COMMITTED) {
            return None;
        }
        while !rest.is_empty() {
            to.writable().await.ok()?;
            match to.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return None,
            }
        }
    }
}
