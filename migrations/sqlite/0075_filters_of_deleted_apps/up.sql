-- Filters go with their app from now on; those of apps that were deleted before are of no use.
DELETE FROM event_filters WHERE client_id IN (SELECT id FROM clients WHERE deleted_at IS NOT NULL);
