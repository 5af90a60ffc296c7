//! Options of the command line.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

pub(crate) const USAGE: &str = "\
cargo bench --bench peers -- [OPTIONS]

  --peers raw,nchan,ws   servers to compare with [raw]; scripts/bench-peers installs the last two
  --rooms LIST           rooms by listeners [100,1000,5000]; 1000:16 keeps 16 messages in flight instead
                         of one, 1000@100 sends 100 messages per second
  --rounds N             interleaved runs per server; medians are reported [3]
  --seconds S            measured per run [5], after a warm-up of one
  --growth               also the cost of each listener after the first, per message
  --tester FLAG          one more flag for `groundnut loadtest`; may be repeated
  --data-dir DIR         folder of our server's database
  --control NAME         congestion control of the raw loop's sockets
  --json FILE            writes the result to a file";

/// A server of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Groundnut,
    RawLoop,
    Nchan,
    Ws,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Groundnut => "groundnut",
            Self::RawLoop => "raw loop",
            Self::Nchan => "nchan",
            Self::Ws => "ws",
        }
    }

    /// Whether its frames carry the timestamps of commit and write (`include_timing=1`).
    pub(crate) fn has_timing(self) -> bool {
        match self {
            Self::Groundnut | Self::RawLoop => true,
            Self::Nchan | Self::Ws => false,
        }
    }
}

impl FromStr for Side {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "raw" => Ok(Self::RawLoop),
            "nchan" => Ok(Self::Nchan),
            "ws" => Ok(Self::Ws),
            other => Err(format!(
                "there is no peer {other:?}; known are raw, nchan and ws"
            )),
        }
    }
}

/// How messages are sent to a room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Load {
    /// This many messages in flight.
    Window(u32),
    /// This many per second, independent of the server.
    Rate(f64),
}

/// One measured room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Room {
    pub(crate) listeners: u32,
    pub(crate) load: Load,
}

impl FromStr for Room {
    type Err = Box<dyn Error>;

    fn from_str(word: &str) -> Result<Self, Box<dyn Error>> {
        let (listeners, load) = if let Some((listeners, rate)) = word.split_once('@') {
            (listeners, Load::Rate(rate.parse()?))
        } else if let Some((listeners, window)) = word.split_once(':') {
            (listeners, Load::Window(window.parse()?))
        } else {
            (word, Load::Window(1))
        };
        let listeners = listeners.parse()?;
        Ok(Self { listeners, load })
    }
}

impl fmt::Display for Room {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "room of {}, ", self.listeners)?;
        match self.load {
            Load::Window(window) => write!(out, "{window} in flight"),
            Load::Rate(rate) => write!(out, "{rate} messages/s"),
        }
    }
}

pub(crate) struct Options {
    /// Groundnut first.
    pub(crate) sides: Vec<Side>,
    pub(crate) rooms: Vec<Room>,
    pub(crate) rounds: usize,
    pub(crate) seconds: f64,
    pub(crate) growth: bool,
    pub(crate) tester: Vec<String>,
    pub(crate) data_dir: Option<String>,
    pub(crate) control: Option<String>,
    pub(crate) json: Option<PathBuf>,
}

impl Options {
    pub(crate) fn read(words: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            sides: vec![Side::Groundnut, Side::RawLoop],
            rooms: list("100,1000,5000")?,
            rounds: 3,
            seconds: 5.0,
            growth: false,
            tester: Vec::new(),
            data_dir: None,
            control: None,
            json: None,
        };
        let mut words = words.iter();
        while let Some(name) = words.next() {
            let mut value = || {
                let value = words.next().map(String::as_str);
                value.ok_or_else(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                "--peers" => {
                    options.sides = vec![Side::Groundnut];
                    options.sides.extend(list::<Side, _>(value()?)?);
                }
                "--rooms" => options.rooms = list(value()?)?,
                "--rounds" => options.rounds = value()?.parse::<usize>()?.max(1),
                "--seconds" => options.seconds = value()?.parse()?,
                "--growth" => options.growth = true,
                "--tester" => options.tester.push(value()?.to_owned()),
                "--data-dir" => options.data_dir = Some(value()?.to_owned()),
                "--control" => options.control = Some(value()?.to_owned()),
                "--json" => options.json = Some(PathBuf::from(value()?)),
                other => return Err(format!("unknown option {other}\n\n{USAGE}").into()),
            }
        }
        Ok(options)
    }
}

fn list<T, E>(words: &str) -> Result<Vec<T>, Box<dyn Error>>
where
    T: FromStr<Err = E>,
    E: Into<Box<dyn Error>>,
{
    let each = words.split(',').map(|word| word.parse().map_err(E::into));
    each.collect()
}
