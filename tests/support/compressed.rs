//! The messages of a stream with `compress=zstd`, decoded as any client does it: by one call of the library, with the
//! dictionary that the server serves.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;
use zstd::zstd_safe::{get_dict_id_from_dict, get_dict_id_from_frame, get_frame_content_size};

use super::http;

pub(crate) struct Decoder {
    dictionary: Vec<u8>,
}

impl Decoder {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let request = http::request("GET", "/v1/sys/zstd-dictionary", &[], b"");
        let answer = http::exchange(address, &request).is(200);
        Self {
            dictionary: answer.body,
        }
    }

    /// The same of a server that may be away.
    pub(crate) fn of_any(mut socket: TcpStream) -> Option<Self> {
        let path = "/v1/sys/zstd-dictionary";
        let request = http::request("GET", path, &[], b"");
        socket.write_all(&request).ok()?;
        let answer = http::read_answer_in_time(&mut socket, path).ok()?;
        let dictionary = answer.body;
        (answer.status == 200).then_some(Self { dictionary })
    }

    /// Of the dictionary.
    pub(crate) fn id(&self) -> u32 {
        get_dict_id_from_dict(&self.dictionary)
            .expect("an id")
            .get()
    }

    pub(crate) fn decodes(&self, message: &[u8]) -> Value {
        assert_eq!(
            get_dict_id_from_frame(message),
            get_dict_id_from_dict(&self.dictionary),
            "a message names its dictionary"
        );
        let size = get_frame_content_size(message)
            .expect("a frame")
            .expect("its size");
        let size = usize::try_from(size).expect("bytes");
        let mut decompressor =
            zstd::bulk::Decompressor::with_dictionary(&self.dictionary).expect("a dictionary");
        let text = decompressor.decompress(message, size).expect("a message");
        serde_json::from_slice(&text).expect("JSON in every message")
    }
}
