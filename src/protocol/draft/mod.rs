//! Bodies that clients send, checked into model values.
