//! A queue from the write lane to one reader, bounded in items and in kibibytes. The lane never waits for the reader.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Something that counts against the bound of its queue until it is dropped.
#[derive(Debug)]
pub struct Handed<T> {
    what: T,
    _held: OwnedSemaphorePermit,
}

impl<T> Deref for Handed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.what
    }
}

/// The sending end, kept by the lane, and the other end until its reader takes it.
pub(super) struct Handover<T> {
    sender: mpsc::Sender<Handed<T>>,
    receiver: Mutex<Option<mpsc::Receiver<Handed<T>>>>,
    room: Arc<Semaphore>,
    is_taken: AtomicBool,
}

impl<T> Handover<T> {
    /// `waiting`: items; `waiting_kib`: kibibytes that may wait for the reader or be in its hands.
    pub(super) fn new(waiting: usize, waiting_kib: usize) -> Self {
        let (sender, receiver) = mpsc::channel(waiting);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
            room: Arc::new(Semaphore::new(waiting_kib)),
            is_taken: AtomicBool::new(false),
        }
    }

    /// The other end; once.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<Handed<T>>> {
        let receiver = self.receiver.lock();
        let taken = receiver.unwrap_or_else(PoisonError::into_inner).take();
        self.is_taken.fetch_or(taken.is_some(), Ordering::SeqCst);
        taken
    }

    /// Whether anything comes of handing something over.
    pub(super) fn is_taken(&self) -> bool {
        self.is_taken.load(Ordering::SeqCst)
    }

    /// Hands something over that takes so many bytes. False: there was no room, or the reader is gone.
    pub(super) fn offer(&self, what: T, bytes: usize) -> bool {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let Ok(_held) = self.room.clone().try_acquire_many_owned(kib) else {
            return false;
        };
        self.sender.try_send(Handed { what, _held }).is_ok()
    }
}
