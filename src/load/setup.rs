//! The set-up of a plan: server, accounts, tokens. It uses only the server's command line or its public API.

use super::args::LoadtestArgs;
use super::blocking::Blocking;
use super::capacity::{Callers, Published};
use super::made::Inventory;
use super::plan::{Impossible, Plan};
use super::process::ServerProcess;
use super::signals::Pressed;
use super::socket::Dial;
use super::target::{Place, SetupError, Target};
use super::usage;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Time for a server at --url to answer.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

impl Target {
    /// Finds or starts the server and gets the tokens.
    /// `cores` are those that this process might use at first.
    pub(super) fn prepare(
        args: &LoadtestArgs,
        plan: &Plan,
        cores: &[usize],
    ) -> Result<Self, SetupError> {
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
        for (flag, core) in [
            ("server-cpu", args.server_cpu),
            ("client-cpu", args.client_cpu),
        ] {
            if let Some(core) = core.filter(|core| !cores.contains(core)) {
                let cores = cores.to_vec();
                return Err(Impossible::Core { flag, core, cores }.into());
            }
        }
        let (server_core, client_core) = match (args.no_pin, cores) {
            (true, _) | (false, [] | [_]) => (args.server_cpu, args.client_cpu),
            (false, [first, second, ..]) => (
                args.server_cpu.or(Some(*first)),
                args.client_cpu.or(Some(*second)),
            ),
        };
        let has_url = !args.urls.is_empty();
        let mut target = if has_url {
            Self::at(args, plan)?
        } else {
            Self::of_our_own(args, plan, server_core)?
        };
        if let Some(core) = client_core {
            usage::pin(&[core]).map_err(io::Error::from)?;
        }
        target.client_core = client_core;
        target.server_core = server_core.filter(|_| !has_url);
        Ok(target)
    }

    fn at(args: &LoadtestArgs, plan: &Plan) -> Result<Self, SetupError> {
        let mut places: Vec<Place> = Vec::new();
        for url in &args.urls {
            let place = place_of(url)?;
            if !place.address.ip().is_loopback() && !args.yes_i_own_this_server {
                return Err(Impossible::NotLoopback(place.host).into());
            }
            if places.contains(&place) {
                return Err(Impossible::Address(format!("--url {url} is given twice")).into());
            }
            places.push(place);
        }
        let (pids, urls) = (args.server_pids.len(), args.urls.len());
        if pids != 0 && pids != urls {
            return Err(Impossible::Processes { pids, urls }.into());
        }
        if args.tokens.is_empty() {
            return Err(Impossible::Token("give --token with a user access token").into());
        }
        if plan.kind.hears_all() && args.app_token.is_none() {
            return Err(Impossible::Token("the firehose plan needs --app-token").into());
        }
        for (place, url) in places.iter().zip(&args.urls) {
            TcpStream::connect_timeout(&place.address.into(), FIRST_ANSWER).map_err(|error| {
                let (address, why) = (url.to_owned(), error.to_string());
                Impossible::Silent { address, why }
            })?;
        }
        let target = Self {
            places,
            people: args.tokens.clone(),
            app_token: args.app_token.clone(),
            pids: args.server_pids.clone(),
            process: None,
            made: Inventory::default(),
            client_core: None,
            server_core: None,
        };
        if !args.bare {
            target.can_carry(plan, args)?;
        }
        Ok(target)
    }

    /// Refuses a plan that the limits of a server cannot carry, and tokens that it does not know: those of a server
    /// that is not of the cluster, too.
    fn can_carry(&self, plan: &Plan, args: &LoadtestArgs) -> Result<(), SetupError> {
        for place in &self.places {
            self.carries(place, plan, args)?;
        }
        Ok(())
    }

    fn carries(&self, place: &Place, plan: &Plan, args: &LoadtestArgs) -> Result<(), SetupError> {
        let mut caller = Blocking::at(place)?;
        let mut users = BTreeSet::new();
        for token in &self.people {
            let answer = caller.call("GET", "/v1/token", token, "")?;
            let user = answer.pointer("/data/user/id").map(Value::to_string);
            // A server that does not say whose it is: each token counts as a user of its own.
            users.insert(user.unwrap_or_else(|| token.clone()));
        }
        let Ok(config) = caller.text("/v1/sys/config") else {
            return Ok(());
        };
        let config = serde_json::from_str(&config).unwrap_or_default();
        let spreads = place.address.ip().is_loopback();
        let callers = Callers {
            tokens: self.people.len(),
            users: users.len(),
            runs: args.repeat,
            sockets_per_address: spreads.then_some(args.sockets_per_address),
        };
        let shortfalls = Published::parse(&config).shortfalls(plan, callers);
        if shortfalls.is_empty() {
            Ok(())
        } else {
            let address = place.host.clone();
            let limits = shortfalls.join("\n  ");
            Err(Impossible::Limits { address, limits }.into())
        }
    }

    fn of_our_own(
        args: &LoadtestArgs,
        plan: &Plan,
        core: Option<usize>,
    ) -> Result<Self, SetupError> {
        let binary = std::env::current_exe()?;
        let data = args.data_dir.as_deref();
        let process = ServerProcess::start(&binary, data, core, plan.sockets())?;
        let place = place_of(&process.address)?;
        let client = process.command(&["client", "create", "--name", "loadtest"], "")?;
        // One word: an id may begin with a dash.
        let client = format!("--client={}", text_of(&client, "client_id")?);
        let mut people = Vec::new();
        let pressed = Pressed::watch()?;
        for number in 1..=plan.people {
            if pressed.now() {
                return Err(SetupError::Interrupted);
            }
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
        let app_token = if plan.kind.hears_all() {
            let token = process.command(&["token", "create", &client], "")?;
            Some(text_of(&token, "access_token")?)
        } else {
            None
        };
        Ok(Self {
            places: vec![place],
            people,
            app_token,
            pids: vec![process.pid()],
            process: Some(process),
            made: Inventory::default(),
            client_core: None,
            server_core: None,
        })
    }

    /// Options of the sockets to each server, and its name; those that should fall behind soon get small buffers.
    pub(super) fn dials(
        &self,
        receive_buffer: Option<usize>,
        sockets_per_address: u64,
    ) -> Vec<(Dial, String)> {
        let dial = |place: &Place| Dial {
            server: place.address,
            receive_buffer,
            sockets_per_address,
        };
        let each = self.places.iter();
        each.map(|place| (dial(place), place.host.clone()))
            .collect()
    }

    /// Token of the `nth` listener.
    pub(super) fn person(&self, nth: usize) -> String {
        let turn = nth.checked_rem(self.people.len()).unwrap_or(0);
        self.people.get(turn).cloned().unwrap_or_default()
    }
}

fn text_of(value: &Value, name: &'static str) -> Result<String, SetupError> {
    let text = value.get(name).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or(SetupError::Answer("a command's JSON misses a field"))
}

/// `http://host:port`, with nothing behind it.
fn place_of(url: &str) -> Result<Place, Impossible> {
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
    let host = host.to_owned();
    Ok(Place { address, host })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_with_a_reason() {
        let place = place_of("http://127.0.0.1:8080/").unwrap();
        let found = (place.address.port(), place.host.as_str());
        assert_eq!(found, (8080, "127.0.0.1:8080"));
        assert_eq!(place_of("http://127.0.0.1").unwrap().address.port(), 80);
        for wrong in [
            "https://127.0.0.1",
            "127.0.0.1:80",
            "http://127.0.0.1:99999",
        ] {
            assert!(
                matches!(place_of(wrong), Err(Impossible::Address(_))),
                "{wrong}"
            );
        }
    }
}
