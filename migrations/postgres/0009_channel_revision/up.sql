-- Raised by each change of owner, ACL, raw or state. The write of a message checks it in the statement that it makes
-- anyway, so that a process that decided on an older channel learns so.
ALTER TABLE channels ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
