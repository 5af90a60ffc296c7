DROP TABLE bookmarks;
DROP TABLE post_tags;
DROP TABLE post_mentions;
DROP TABLE post_revisions;
DROP TABLE posts;
