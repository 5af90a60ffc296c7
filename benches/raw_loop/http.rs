//! The part of the protocol that the tester needs: rooms, streams, subscriptions, messages.

use super::Raw;
use super::room::Moment;
use std::io::Write;

impl Raw {
    /// Answers all requests that have arrived completely.
    pub(super) fn requests(&mut self, number: u64) {
        while let Some(peer) = self.sockets.get_mut(&number) {
            let text = String::from_utf8_lossy(&peer.input).into_owned();
            let Some((head, rest)) = text.split_once("\r\n\r\n") else {
                return;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "))
                .and_then(|value| value.parse().ok())
                .unwrap_or(0);
            let Some(body) = rest.get(..length) else {
                return;
            };
            peer.input.drain(..head.len() + 4 + length);
            let mut words = head.split(' ');
            let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let answer = self.answer(number, method, path, body);
            if let Some(peer) = self.sockets.get_mut(&number) {
                peer.stream.write_all(&answer).unwrap_or_default();
            }
        }
    }

    fn answer(&mut self, number: u64, method: &str, path: &str, body: &str) -> Vec<u8> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["", "v1", "user" | "app"]) => self.upgrade(number, query),
            ("POST", ["", "v1", "channels"]) => {
                self.rooms.push(super::Room::default());
                ok(&format!("{{\"data\":{{\"id\":\"{}\"}}}}", self.rooms.len()))
            }
            ("GET", ["", "v1", "channels", id, "messages"]) => {
                self.join(place(id), query);
                ok("{\"meta\":{\"code\":200,\"subscription_id\":\"1\"},\"data\":[]}")
            }
            ("POST", ["", "v1", "channels", id, "messages"]) => {
                self.publish(place(id), body);
                ok("{\"meta\":{\"code\":201}}")
            }
            _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        }
    }

    fn upgrade(&mut self, number: u64, query: &str) -> Vec<u8> {
        if let Some(peer) = self.sockets.get_mut(&number) {
            peer.upgraded = true;
            peer.timed = query.split('&').any(|pair| pair == "include_timing=1");
        }
        let mut answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
            Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
            .to_vec();
        let hello = format!("{{\"meta\":{{\"stream\":{{}},\"connection_id\":\"{number}\"}}}}");
        put_frame(&hello, &mut answer);
        answer
    }

    fn join(&mut self, room: usize, query: &str) {
        let member = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("connection_id="))
            .and_then(|id| id.parse::<u64>().ok());
        let Some(member) = member else { return };
        let (Some(peer), Some(place)) = (self.sockets.get_mut(&member), self.rooms.get_mut(room))
        else {
            return;
        };
        peer.room = Some(room);
        place.join(member, peer);
    }

    fn publish(&mut self, number: usize, body: &str) {
        let read = Moment::now();
        let Some(room) = self.rooms.get_mut(number) else {
            return;
        };
        if room.is_empty() {
            self.dirty.push(number);
        }
        room.add(body, self.frame_bytes, read);
        if !self.joined {
            self.flush();
        }
    }
}

fn place(id: &str) -> usize {
    id.parse::<usize>()
        .map_or(usize::MAX, |id| id.wrapping_sub(1))
}

fn ok(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Appends one text frame.
pub(super) fn put_frame(text: &str, out: &mut Vec<u8>) {
    out.push(0x81);
    match u16::try_from(text.len()) {
        Ok(short) if short < 126 => out.push(u8::try_from(short).unwrap_or(0)),
        Ok(length) => {
            out.push(126);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(127);
            out.extend((text.len() as u64).to_be_bytes());
        }
    }
    out.extend(text.as_bytes());
}
