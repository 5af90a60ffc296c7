//! The set-up of a plan: server, accounts, tokens, rooms. It uses only the server's
//! command line or its public API.

use super::args::LoadtestArgs;
use super::blocking::Blocking;
use super::engine::Room;
use super::plan::{Impossible, Kind, Plan};
use super::process::ServerProcess;
use super::socket::Dial;
use super::target::{SetupError, Target};
use super::usage;
use serde_json::{Value, json};
use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpStream, ToSocketAddrs};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// Key of the app stream that the firehose plan listens to.
const STREAM_KEY: &str = "loadtest";
/// Connections over which rooms are set up.
const SETTERS_UP: usize = 16;
/// Time for a server at --url to answer.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

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
        for (flag, core) in [
            ("server-cpu", args.server_cpu),
            ("client-cpu", args.client_cpu),
        ] {
            if let Some(core) = core.filter(|core| !cores.contains(core)) {
                return Err(Impossible::Core { flag, core, cores }.into());
            }
        }
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
        TcpStream::connect_timeout(&address.into(), FIRST_ANSWER).map_err(|error| {
            let (address, why) = (url.to_owned(), error.to_string());
            Impossible::Silent { address, why }
        })?;
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
        // One word: an id may begin with a dash.
        let client = format!("--client={}", text_of(&client, "client_id")?);
        let mut people = Vec::new();
        for number in 1..=plan.people {
            let name = format!("listener{number}");
            process.command(
                &["user", "create", &name, "--password-stdin"],
                "a long enough password\n",
            )?;
            let token = process.command(
                &[
                    "token", "create", &client, "--user", &name, "--scopes", "messages",
                ],
                "",
            )?;
            people.push(text_of(&token, "access_token")?);
        }
        let app_token = if plan.kind == Kind::Firehose {
            let token = process.command(&["token", "create", &client], "")?;
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

    /// Options of the sockets; those that should fall behind soon get small buffers.
    pub(super) fn dial(&self, receive_buffer: Option<usize>, sockets_per_address: u64) -> Dial {
        Dial {
            server: self.address,
            receive_buffer,
            sockets_per_address,
        }
    }

    /// Token of the `nth` listener.
    pub(super) fn person(&self, nth: usize) -> String {
        let turn = nth.checked_rem(self.people.len()).unwrap_or(0);
        self.people.get(turn).cloned().unwrap_or_default()
    }

    /// Creates rooms that every account may read and write, owned by the accounts round robin.
    pub(super) fn rooms(&self, count: u32) -> Result<Vec<Room>, SetupError> {
        let body = json!({
            "type": "com.example.load",
            "acl": { "write": { "any_user": true }, "read": { "public": true } },
        });
        let body = body.to_string();
        self.each(count as usize, |caller, nth| {
            let token = self.person(nth);
            let room = caller.call("POST", "/v1/channels", &token, &body)?;
            let id = room.pointer("/data/id").and_then(Value::as_str);
            let id = id
                .ok_or(SetupError::Answer("no data.id in a created channel"))?
                .to_owned();
            let author = room.pointer("/data/user/id").and_then(Value::as_str);
            let author = author.map(str::to_owned);
            Ok(Room { id, token, author })
        })
    }

    /// Makes every account a subscriber of the rooms, so that they are in its inbox.
    pub(super) fn subscribe_all(&self, rooms: &[Room]) -> Result<(), SetupError> {
        let all = self
            .people
            .iter()
            .flat_map(|token| rooms.iter().map(move |room| (token, room)));
        let all: Vec<(&String, &Room)> = all.collect();
        self.each(all.len(), |caller, nth| {
            let Some((token, room)) = all.get(nth) else {
                return Ok(());
            };
            let path = format!("/v1/channels/{}/subscribe", room.id);
            caller.call("PUT", &path, token, "{}").map(drop)
        })
        .map(drop)
    }

    /// Does something `count` times over a few connections, so that the writes share their commits.
    fn each<T: Send>(
        &self,
        count: usize,
        one: impl Fn(&mut Blocking<'_>, usize) -> Result<T, SetupError> + Sync,
    ) -> Result<Vec<T>, SetupError> {
        let share = |first: usize| {
            let mut caller = Blocking::open(self)?;
            let mine = (first..count).step_by(SETTERS_UP);
            mine.map(|nth| Ok((nth, one(&mut caller, nth)?)))
                .collect::<Result<Vec<_>, SetupError>>()
        };
        let shares = std::thread::scope(|scope| {
            let share = &share;
            let threads: Vec<_> = (0..SETTERS_UP.min(count))
                .map(|first| scope.spawn(move || share(first)))
                .collect();
            threads
                .into_iter()
                .map(ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        let mut all = Vec::with_capacity(count);
        for share in shares {
            let gone = |_| SetupError::Answer("a thread of the set-up broke off");
            all.extend(share.map_err(gone)??);
        }
        all.sort_by_key(|(nth, _)| *nth);
        Ok(all.into_iter().map(|(_, made)| made).collect())
    }

    /// Creates the app stream; path and query to connect to it.
    pub(super) fn app_stream(&self) -> Result<String, SetupError> {
        let token = self.app_token.clone().unwrap_or_default();
        let body = json!({ "type": "long_poll", "object_types": ["message"], "key": STREAM_KEY });
        Blocking::open(self)?.call("POST", "/v1/streams", &token, &body.to_string())?;
        Ok(format!("/v1/app?access_token={token}&key={STREAM_KEY}"))
    }
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
