//! Commits that are lost before they hold: PostgreSQL ends the connection of the lane that asks for one.

use crate::support::database::Sql;

/// A commit of a lane finds the lock taken, and fails as the connection of one does that an operator ends.
pub(super) const CAN_BE_LOST: &str = "
    CREATE FUNCTION is_lost() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NOT pg_try_advisory_xact_lock_shared(20, 26) THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER is_lost AFTER INSERT OR UPDATE ON write_lanes
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION is_lost();";

/// Until this is dropped. Behind [`CAN_BE_LOST`].
pub(super) struct Losing(#[expect(dead_code, reason = "its end is the end of the lock")] Sql);

impl Losing {
    /// The commits of all servers.
    pub(super) fn begin(url: &str) -> Self {
        let mut sql = Sql::connects(url);
        sql.runs("SELECT pg_advisory_lock(20, 26)");
        Self(sql)
    }
}
