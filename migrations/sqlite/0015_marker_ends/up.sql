-- A marker ends at the newest message of its channel. One beyond it would keep later messages from being unread.
UPDATE channel_markers SET position = (
        SELECT COALESCE(MAX(m.id), 0) FROM messages m WHERE m.channel_id = channel_markers.channel_id)
    WHERE position > (
        SELECT COALESCE(MAX(m.id), 0) FROM messages m WHERE m.channel_id = channel_markers.channel_id);
UPDATE channel_markers SET last_read_id = (
        SELECT COALESCE(MAX(m.id), 0) FROM messages m WHERE m.channel_id = channel_markers.channel_id)
    WHERE last_read_id > (
        SELECT COALESCE(MAX(m.id), 0) FROM messages m WHERE m.channel_id = channel_markers.channel_id);
