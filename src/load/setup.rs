//! What a plan needs before it begins: a server, accounts, tokens, rooms. Everything goes over the server's
//! command line or its public API.

use super::args::LoadtestArgs;
use super::engine::Room;
use super::plan::{Impossible, Kind, Plan};
use super::process::ServerProcess;
use super::rest::{self, Answer};
use super::socket::Dial;
use super::usage;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, SocketAddrV4, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Key of the app stream that the firehose plan listens to.
const STREAM_KEY: &str = "loadtest";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is ready to be loaded.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: SocketAddrV4,
    pub(super) host: String,
    /// One token per account.
    pub(super) people: Vec<String>,
    pub(super) app_token: Option<String>,
    pub(super) pid: Option<u32>,
    pub(super) process: Option<ServerProcess>,
    /// Where our own process may run once the server is pinned.
    pub(super) client_core: Option<usize>,
    pub(super) server_core: Option<usize>,
}

impl Target {
    /// Finds or starts the server and gets the tokens.
    pub(super) fn prepare(args: &LoadtestArgs, plan: &Plan) -> Result<Self, SetupError> {
        let limit = usage::descriptors(plan.descriptors());
        if limit < plan.descriptors() {
            let (sockets, needed) = (plan.sockets(), plan.descriptors());
            return Err(Impossible::Descriptors {
                sockets,
                needed,
                limit,
            }
            .into());
        }
        let cores = usage::cores();
        let (server_core, client_core) = match (args.no_pin, cores.as_slice()) {
            (true, _) | (false, [] | [_]) => (args.server_cpu, args.client_cpu),
            (false, [first, second, ..]) => (
                args.server_cpu.or(Some(*first)),
                args.client_cpu.or(Some(*second)),
            ),
        };
        let mut target = match &args.url {
            Some(url) => Self::at(url, args, plan)?,
            None => Self::of_our_own(args, plan, server_core)?,
        };
        if let Some(core) = client_core {
            usage::pin(&[core]).map_err(io::Error::from)?;
        }
        target.client_core = client_core;
        target.server_core = if args.url.is_none() {
            server_core
        } else {
            None
        };
        Ok(target)
    }

    fn at(url: &str, args: &LoadtestArgs, plan: &Plan) -> Result<Self, SetupError> {
        let (address, host) = address_of(url)?;
        if !address.ip().is_loopback() && !args.yes_i_own_this_server {
            return Err(Impossible::NotLoopback(host).into());
        }
        if args.tokens.is_empty() {
            return Err(Impossible::Token("give --token with a user access token").into());
        }
        if plan.kind == Kind::Firehose && args.app_token.is_none() {
            return Err(Impossible::Token("the firehose plan needs --app-token").into());
        }
        Ok(Self {
            address,
            host,
            people: args.tokens.clone(),
            app_token: args.app_token.clone(),
            pid: args.server_pid,
            process: None,
            client_core: None,
            server_core: None,
        })
    }

    fn of_our_own(
        args: &LoadtestArgs,
        plan: &Plan,
        core: Option<usize>,
    ) -> Result<Self, SetupError> {
        let binary = std::env::current_exe()?;
        let data = args.data_dir.as_deref();
        let process = ServerProcess::start(&binary, data, core, plan.sockets())?;
        let (address, host) = address_of(&process.address)?;
        let client = process.command(&["client", "create", "--name", "loadtest"], "")?;
        let client = text_of(&client, "client_id")?;
        let mut people = Vec::new();
        for number in 1..=plan.people {
            let name = format!("listener{number}");
            process.command(
                &["user", "create", &name, "--password-stdin"],
                "a long enough password\n",
            )?;
            let token = process.command(
                &[
                    "token", "create", "--client", &client, "--user", &name, "--scopes", "messages",
                ],
                "",
            )?;
            people.push(text_of(&token, "access_token")?);
        }
        let app_token = if plan.kind == Kind::Firehose {
            let token = process.command(&["token", "create", "--client", &client], "")?;
            Some(text_of(&token, "access_token")?)
        } else {
            None
        };
        Ok(Self {
            address,
            host,
            people,
            app_token,
            pid: Some(process.pid()),
            process: Some(process),
            client_core: None,
            server_core: None,
        })
    }

    pub(super) fn dial(&self, receive_buffer: Option<usize>) -> Dial {
        Dial {
            server: self.address,
            receive_buffer,
        }
    }

    /// Token of the `nth` listener.
    pub(super) fn person(&self, nth: usize) -> String {
        let turn = nth.checked_rem(self.people.len()).unwrap_or(0);
        self.people.get(turn).cloned().unwrap_or_default()
    }

    /// Creates rooms that everybody may read and write, owned by the accounts in turn.
    pub(super) fn rooms(&self, count: u32) -> Result<Vec<Room>, SetupError> {
        let mut caller = Blocking::open(self)?;
        let body = json!({
            "type": "com.example.load",
            "acl": { "write": { "any_user": true }, "read": { "public": true } },
        });
        (0..count as usize)
            .map(|nth| {
                let token = self.person(nth);
                let room = caller.call("POST", "/v1/channels", &token, &body.to_string())?;
                let id = room.pointer("/data/id").and_then(Value::as_str);
                let id = id
                    .ok_or(SetupError::Answer("no data.id in a created channel"))?
                    .to_owned();
                Ok(Room { id, token })
            })
            .collect()
    }

    /// Makes every account a subscriber of the rooms, so that they are in its inbox.
    pub(super) fn subscribe_all(&self, rooms: &[Room]) -> Result<(), SetupError> {
        let mut caller = Blocking::open(self)?;
        for token in &self.people {
            for room in rooms {
                let path = format!("/v1/channels/{}/subscribe", room.id);
                caller.call("PUT", &path, token, "{}")?;
            }
        }
        Ok(())
    }

    /// Creates the app stream; path and query to connect to it.
    pub(super) fn app_stream(&self) -> Result<String, SetupError> {
        let token = self.app_token.clone().unwrap_or_default();
        let body = json!({ "type": "long_poll", "object_types": ["message"], "key": STREAM_KEY });
        Blocking::open(self)?.call("POST", "/v1/streams", &token, &body.to_string())?;
        Ok(format!("/v1/app?access_token={token}&key={STREAM_KEY}"))
    }
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetupError {
    #[error(transparent)]
    Impossible(#[from] Impossible),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the server answered {status} to {what}: {body}")]
    Refused {
        status: u16,
        what: String,
        body: String,
    },
    #[error("unexpected answer: {0}")]
    Answer(&'static str),
}

fn text_of(value: &Value, name: &'static str) -> Result<String, SetupError> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or(SetupError::Answer("a command's JSON misses a field"))
}

/// `http://host:port`, with nothing behind it.
fn address_of(url: &str) -> Result<(SocketAddrV4, String), Impossible> {
    let wrong = |why: &str| Impossible::Address(format!("--url {url}: {why}"));
    let host = match url.split_once("://") {
        Some(("http", rest)) => rest.trim_end_matches('/'),
        Some(("https", _)) => {
            return Err(wrong(
                "only http is spoken; load the server behind the proxy",
            ));
        }
        _ => return Err(wrong("it has to look like http://127.0.0.1:8080")),
    };
    let full = if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let found = full
        .to_socket_addrs()
        .map_err(|error| wrong(&error.to_string()))?;
    let v4 = found.filter_map(|address| match address {
        SocketAddr::V4(v4) => Some(v4),
        SocketAddr::V6(_) => None,
    });
    let address = v4
        .into_iter()
        .next()
        .ok_or_else(|| wrong("it has no IPv4 address"))?;
    Ok((address, host.to_owned()))
}

/// One plain connection for the few calls before a run.
pub(super) struct Blocking<'a> {
    target: &'a Target,
    stream: TcpStream,
}

impl<'a> Blocking<'a> {
    pub(super) fn open(target: &'a Target) -> io::Result<Self> {
        let stream = TcpStream::connect(target.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { target, stream })
    }

    /// One call and its JSON.
    fn call(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> Result<Value, SetupError> {
        let answer = self.exchange(method, path, token, body)?;
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// A page as it is, asked for by nobody in particular.
    pub(super) fn text(&mut self, path: &str) -> Result<String, SetupError> {
        let answer = self.exchange("GET", path, "", "")?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> Result<Vec<u8>, SetupError> {
        let request = rest::request(method, path, &self.target.host, token, body);
        self.stream.write_all(&request)?;
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        let (status, body) = loop {
            match rest::answer(&bytes) {
                Answer::Whole { status, body, .. } => break (status, body),
                Answer::Broken => return Err(SetupError::Answer("not HTTP")),
                Answer::Partial => {}
            }
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err(SetupError::Answer("the server hung up"));
            }
            bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        };
        let body = bytes.get(body).unwrap_or_default();
        if !(200..300).contains(&status) {
            let what = format!("{method} {path}");
            let body = String::from_utf8_lossy(body).chars().take(300).collect();
            return Err(SetupError::Refused { status, what, body });
        }
        Ok(body.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_with_a_reason() {
        let (address, host) = address_of("http://127.0.0.1:8080/").unwrap();
        assert_eq!((address.port(), host.as_str()), (8080, "127.0.0.1:8080"));
        assert_eq!(address_of("http://127.0.0.1").unwrap().0.port(), 80);
        for wrong in [
            "https://127.0.0.1",
            "127.0.0.1:80",
            "http://127.0.0.1:99999",
        ] {
            assert!(
                matches!(address_of(wrong), Err(Impossible::Address(_))),
                "{wrong}"
            );
        }
    }
}
