//! Two connections to Redis, until one of them fails.

use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::{MultiplexedConnection, PubSubStream};
use redis::{AsyncConnectionConfig, Value};

use super::Replica;
use super::arriving::Arriving;
use super::place::Place;
use super::publishing::Publishing;
use super::state::State;
use super::trouble::Trouble;

/// To connect, and to be signed in.
const CONNECT: Duration = Duration::from_secs(3);

/// For an answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Without anything of this server's own that comes back; it sends something each half second.
const SILENCE: Duration = Duration::from_millis(1500);

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Connected, and subscribed to the channel.
pub(super) struct Session {
    publishes: MultiplexedConnection,
    listens: PubSubStream,
}

impl Session {
    pub(super) async fn open(place: &Place, channel: &str) -> Result<Self, Trouble> {
        let opening = async {
            let config = AsyncConnectionConfig::new()
                .set_connection_timeout(Some(CONNECT))
                .set_response_timeout(Some(ANSWER));
            let client = &place.client;
            let mut publishes = client
                .get_multiplexed_async_connection_with_config(&config)
                .await?;
            demand_primary(&mut publishes).await?;
            let (mut subscribes, listens) = client.get_async_pubsub().await?.split();
            subscribes.subscribe(channel).await?;
            Ok(Self { publishes, listens })
        };
        match tokio::time::timeout(2 * CONNECT, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(Trouble::Silent),
        }
    }

    /// Carries messages both ways; why it ended. `works` is called once: when the first message came back.
    pub(super) async fn run(
        mut self,
        publishing: &mut Publishing,
        arriving: &Arriving,
        (state, replica): (&State, &dyn Replica),
        works: impl Fn(),
    ) -> Trouble {
        state.begins();
        tokio::select! {
            trouble = publishing.run(&mut self.publishes, || replica.digest()) => trouble,
            trouble = listen(&mut self.listens, arriving, works) => trouble,
            trouble = silence(state) => trouble,
        }
    }
}

async fn listen(stream: &mut PubSubStream, arriving: &Arriving, works: impl Fn()) -> Trouble {
    // Never slow: what cannot be handed on is dropped, or the library's own queue would grow.
    while let Some(message) = stream.next().await {
        if arriving.take(message.get_payload_bytes()) {
            works();
        }
    }
    Trouble::Closed
}

async fn silence(state: &State) -> Trouble {
    loop {
        tokio::time::sleep(LOOK).await;
        if state.is_silent(SILENCE) {
            return Trouble::Silent;
        }
    }
}

/// A user that may not ask gets the benefit of the doubt.
async fn demand_primary(connection: &mut MultiplexedConnection) -> Result<(), Trouble> {
    let asked = redis::cmd("ROLE").query_async::<Value>(connection).await;
    let role = match asked {
        Ok(Value::Array(role)) => role,
        Ok(_) => return Ok(()),
        Err(error) => {
            return match Trouble::from(error) {
                Trouble::Rights | Trouble::Strange(_) => Ok(()),
                trouble @ (Trouble::Silent
                | Trouble::Closed
                | Trouble::Unreachable(_)
                | Trouble::Password
                | Trouble::Replica
                | Trouble::Panic) => Err(trouble),
            };
        }
    };
    match role.first() {
        Some(Value::BulkString(name)) if name == b"slave" => Err(Trouble::Replica),
        Some(_) | None => Ok(()),
    }
}
