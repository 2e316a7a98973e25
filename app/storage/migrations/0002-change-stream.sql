-- What the change stream of a cache needs to know: which rows changed, and their new versions. Nothing else leaves the row.
-- A publication costs nothing until somebody reads it.
CREATE PUBLICATION darkroom_changes FOR TABLE
  photos (id, version, comments_version),
  users (id, grid_version, followers_version);
