//! What Redis does at once, without another command between. Redis 5 or newer runs these; each takes some microseconds.

use std::time::Duration;

use redis::aio::ConnectionLike;
use redis::{Cmd, RedisResult, Value};

use super::{Granted, Grants, Want};

/// What is open on a server counts for so long after its last sign of life.
const LEASE: Duration = Duration::from_secs(10);

/// A grant is this part of what is left, and one call at least. Servers that keep their grants hold back a part for each
/// of them: with twenty it is less than a third of a limit.
const PART: u32 = 64;

/// The count of one that is closed for calls beyond its limit: more than a limit can be.
const BANNED: u64 = u32::MAX as u64;

// A count in its last millisecond has 0 left, as which Redis takes no expiry: it is over.

/// KEYS: counts of calls. ARGV: how big a part is granted, the count of one that is closed; then for each key its limit,
/// its period and its ban in milliseconds. All are granted, or none.
const CALLS: &str = r"
local part, banned = tonumber(ARGV[1]), tonumber(ARGV[2])
local counts, full = {}, false
for i = 1, #KEYS do
  local limit, period, ban = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  local total, left = tonumber(redis.call('GET', KEYS[i]) or '0'), redis.call('PTTL', KEYS[i])
  if left <= 0 then total, left = 0, period end
  if total >= limit then
    full = true
    if ban > 0 and total < banned then
      total, left = banned, math.max(left, ban)
      redis.call('SET', KEYS[i], string.format('%.0f', total), 'PX', left)
    end
  end
  counts[i] = {0, total, left, limit}
end
for i = 1, #KEYS do
  local count = counts[i]
  if not full then
    local calls = math.max(1, math.floor((count[4] - count[2]) / part))
    count[1], count[2] = calls, count[2] + calls
    redis.call('SET', KEYS[i], string.format('%.0f', count[2]), 'PX', count[3])
  end
  counts[i] = {count[1], count[2], count[3]}
end
return counts
";

/// KEYS: a count of calls. ARGV: its cost, its period in milliseconds, the count of one that is closed.
const CHARGE: &str = r"
local total, left = tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('PTTL', KEYS[1])
if left <= 0 then total, left = 0, tonumber(ARGV[2]) end
total = math.min(total + tonumber(ARGV[1]), tonumber(ARGV[3]) - 1)
redis.call('SET', KEYS[1], string.format('%.0f', total), 'PX', left)
return 1
";

/// KEYS: the servers, what this one holds. ARGV: this server, how keys of servers begin, the holder, how many it has here,
/// how many it may have in all, the lease in milliseconds.
const HOLD: &str = r"
local now = redis.call('TIME')
local moment = now[1] * 1000 + math.floor(now[2] / 1000)
local all = tonumber(ARGV[4])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], moment, '+inf', 'LIMIT', 0, 256)) do
  if node ~= ARGV[1] then
    all = all + tonumber(redis.call('HGET', ARGV[2] .. node, ARGV[3]) or '0')
  end
end
if all > tonumber(ARGV[5]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
if redis.call('PTTL', KEYS[2]) <= 0 then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
return 1
";

/// KEYS: the servers, what this one holds. ARGV: this server, the lease in milliseconds. 0: Redis has nothing of it. Begins
/// with what a Redis without room refuses.
const BEAT: &str = r"
local now = redis.call('TIME')
local moment = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZADD', KEYS[1], moment + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', moment)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('PEXPIRE', KEYS[2], ARGV[2])
";

/// The scripts as Redis knows them.
#[derive(Debug)]
pub(super) struct Scripts {
    calls: String,
    charge: String,
    hold: String,
    beat: String,
    keys: Keys,
}

/// Where the counts of a database are.
#[derive(Debug)]
struct Keys {
    calls: String,
    nodes: String,
    /// Before the name of a server.
    held: String,
    node: String,
}

impl Scripts {
    pub(super) async fn load(
        connection: &mut impl ConnectionLike,
        epoch: &str,
        node: &str,
    ) -> RedisResult<Self> {
        let mut known = Vec::new();
        for text in [CALLS, CHARGE, HOLD, BEAT] {
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg(text);
            known.push(load.query_async::<String>(connection).await?);
        }
        let mut known = known.into_iter();
        let mut next = || known.next().unwrap_or_default();
        Ok(Self {
            calls: next(),
            charge: next(),
            hold: next(),
            beat: next(),
            keys: Keys {
                calls: format!("groundnut:{epoch}:calls:"),
                nodes: format!("groundnut:{epoch}:nodes"),
                held: format!("groundnut:{epoch}:held:"),
                node: node.to_owned(),
            },
        })
    }

    pub(super) fn calls(&self, wants: &[Want]) -> Cmd {
        let mut ask = redis::cmd("EVALSHA");
        ask.arg(&self.calls).arg(wants.len());
        for want in wants {
            ask.arg(self.key(want));
        }
        ask.arg(PART).arg(BANNED);
        for want in wants {
            ask.arg(want.limit)
                .arg(millis(want.period))
                .arg(millis(want.ban));
        }
        ask
    }

    pub(super) fn charge(&self, want: &Want, cost: u32) -> Cmd {
        let mut ask = redis::cmd("EVALSHA");
        ask.arg(&self.charge).arg(1).arg(self.key(want));
        ask.arg(cost).arg(millis(want.period)).arg(BANNED);
        ask
    }

    pub(super) fn hold(&self, holder: u128, count: usize, limit: usize) -> Cmd {
        let keys = &self.keys;
        let mut ask = redis::cmd("EVALSHA");
        ask.arg(&self.hold).arg(2).arg(&keys.nodes).arg(self.held());
        ask.arg(&keys.node).arg(&keys.held).arg(field(holder));
        ask.arg(count).arg(limit).arg(millis(LEASE));
        ask
    }

    pub(super) fn beat(&self) -> Cmd {
        let keys = &self.keys;
        let mut ask = redis::cmd("EVALSHA");
        ask.arg(&self.beat).arg(2).arg(&keys.nodes).arg(self.held());
        ask.arg(&keys.node).arg(millis(LEASE));
        ask
    }

    /// The holder has so many here, whatever the limit is.
    pub(super) fn set(&self, holder: u128, count: usize) -> Cmd {
        let mut ask = redis::cmd(if count == 0 { "HDEL" } else { "HSET" });
        ask.arg(self.held()).arg(field(holder));
        if count > 0 {
            ask.arg(count);
        }
        ask
    }

    /// Nothing is held here.
    pub(super) fn forget(&self) -> Cmd {
        let mut ask = redis::cmd("DEL");
        ask.arg(self.held());
        ask
    }

    fn key(&self, want: &Want) -> String {
        format!("{}{:032x}", self.keys.calls, want.key)
    }

    fn held(&self) -> String {
        format!("{}{}", self.keys.held, self.keys.node)
    }
}

fn field(holder: u128) -> String {
    format!("{holder:032x}")
}

fn millis(time: Duration) -> u64 {
    // Redis takes no expiry of 0; a limit has none.
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What the script for calls answered.
pub(super) fn granted(answer: &Value) -> Option<Grants> {
    let Value::Array(each) = answer else {
        return None;
    };
    let one = |answer: &Value| {
        let Value::Array(numbers) = answer else {
            return None;
        };
        let [Value::Int(calls), Value::Int(total), Value::Int(left)] = numbers.as_slice() else {
            return None;
        };
        Some(Granted {
            calls: u32::try_from(*calls).ok()?,
            total: u32::try_from(*total).ok()?,
            left: Duration::from_millis(u64::try_from(*left).ok()?),
            banned: u64::try_from(*total).ok()? == BANNED,
        })
    };
    each.iter().map(one).collect()
}
