DROP TABLE content_claims;
