-- What one person has commented on the photos of another: read along the comments of the author, newest first, until a page is full.
-- The photo is in the index, so that only comments on photos of that person are looked up. A plain index: the migration runs in a
-- transaction, in which CONCURRENTLY is not allowed; old code that writes comments waits while it is built.
CREATE INDEX comments_of_author ON comments (author_id, created_at DESC, id DESC) INCLUDE (photo_id);
