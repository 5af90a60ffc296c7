-- What an operator takes back. Both rows stay: messages refer to them.

-- NULL: enabled. The tokens of a disabled account are kept and refused, so that enabling it gives them back.
ALTER TABLE users ADD COLUMN disabled_at BIGINT;

-- NULL: registered. A deleted app has no secret, and its tokens are refused until they are removed.
ALTER TABLE clients ADD COLUMN deleted_at BIGINT;
