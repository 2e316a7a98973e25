-- Whoever changes rows by hand (psql, an import, another program) knows nothing of versions: here the database raises those of
-- everything that shows the row. The service raises them in the statement that changes, and says so on its connections
-- (darkroom.keeps_versions). Columns that nothing shows (users.created_at, all of likes) are in no trigger.
-- The triggers run after the row was written: before it, each would lock the row once more and write that into the log. What
-- they ask first is short, since PostgreSQL reads a WHEN anew for each statement.

-- A version never falls: an import may write whole rows, with old ones.
CREATE OR REPLACE FUNCTION darkroom_raise_photo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('darkroom.keeps_versions', true) = 'on' OR NEW.version = OLD.version AND
    (NEW.owner_id, NEW.caption, NEW.digest, NEW.width_px, NEW.height_px, NEW.like_count, NEW.comment_count, NEW.created_at,
      NEW.deleted_at)
    IS NOT DISTINCT FROM
    (OLD.owner_id, OLD.caption, OLD.digest, OLD.width_px, OLD.height_px, OLD.like_count, OLD.comment_count, OLD.created_at,
      OLD.deleted_at)
  THEN
    RETURN NULL;
  END IF;
  UPDATE photos SET version = greatest(version, OLD.version) + 1 WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER raise_photo AFTER UPDATE ON photos FOR EACH ROW WHEN (NEW.version <= OLD.version)
  EXECUTE FUNCTION darkroom_raise_photo();

CREATE OR REPLACE FUNCTION darkroom_raise_comments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('darkroom.keeps_versions', true) = 'on' OR
    NEW.comments_version = OLD.comments_version AND NEW.deleted_at IS NOT DISTINCT FROM OLD.deleted_at
  THEN
    RETURN NULL;
  END IF;
  UPDATE photos SET comments_version = greatest(comments_version, OLD.comments_version) + 1 WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER raise_comments AFTER UPDATE OF deleted_at, comments_version ON photos FOR EACH ROW
  WHEN (NEW.comments_version <= OLD.comments_version)
  EXECUTE FUNCTION darkroom_raise_comments();

CREATE OR REPLACE FUNCTION darkroom_raise_grid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('darkroom.keeps_versions', true) = 'on' OR
    NEW.grid_version = OLD.grid_version AND (NEW.name, NEW.post_count) IS NOT DISTINCT FROM (OLD.name, OLD.post_count)
  THEN
    RETURN NULL;
  END IF;
  UPDATE users SET grid_version = greatest(grid_version, OLD.grid_version) + 1 WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER raise_grid AFTER UPDATE OF name, post_count, grid_version ON users FOR EACH ROW
  WHEN (NEW.grid_version <= OLD.grid_version)
  EXECUTE FUNCTION darkroom_raise_grid();

CREATE OR REPLACE FUNCTION darkroom_raise_followers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('darkroom.keeps_versions', true) = 'on' OR
    NEW.followers_version = OLD.followers_version AND NEW.follower_count = OLD.follower_count
  THEN
    RETURN NULL;
  END IF;
  UPDATE users SET followers_version = greatest(followers_version, OLD.followers_version) + 1 WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER raise_followers AFTER UPDATE OF follower_count, followers_version ON users FOR EACH ROW
  WHEN (NEW.followers_version <= OLD.followers_version)
  EXECUTE FUNCTION darkroom_raise_followers();

-- A profile's grid shows the owner's photos.
CREATE OR REPLACE FUNCTION darkroom_raise_grids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET grid_version = grid_version + 1 WHERE id IN (OLD.owner_id, NEW.owner_id);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_grids_of_photos AFTER INSERT OR DELETE ON photos FOR EACH ROW
  WHEN (current_setting('darkroom.keeps_versions', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION darkroom_raise_grids();
CREATE TRIGGER raise_grids_of_changed_photos AFTER UPDATE OF id, owner_id, digest, created_at, deleted_at ON photos FOR EACH ROW
  WHEN (current_setting('darkroom.keeps_versions', true) IS DISTINCT FROM 'on' AND
    (NEW.id, NEW.owner_id, NEW.digest, NEW.created_at, NEW.deleted_at) IS DISTINCT FROM
    (OLD.id, OLD.owner_id, OLD.digest, OLD.created_at, OLD.deleted_at))
  EXECUTE FUNCTION darkroom_raise_grids();

-- A photo shows its newest comments, and its comments have a page of their own.
CREATE OR REPLACE FUNCTION darkroom_raise_commented() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE photos SET version = version + 1, comments_version = comments_version + 1
  WHERE id IN (OLD.photo_id, NEW.photo_id);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_commented AFTER INSERT OR DELETE OR UPDATE ON comments FOR EACH ROW
  WHEN (current_setting('darkroom.keeps_versions', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION darkroom_raise_commented();

CREATE OR REPLACE FUNCTION darkroom_raise_followed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users SET followers_version = followers_version + 1 WHERE id IN (OLD.followed_id, NEW.followed_id);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_followed AFTER INSERT OR DELETE OR UPDATE ON follows FOR EACH ROW
  WHEN (current_setting('darkroom.keeps_versions', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION darkroom_raise_followed();

-- A name is shown with the person's photos and comments, and where the person follows. There is no index of comments by their
-- authors: the service never renames, and a scan for each rename is cheaper than an index that each comment keeps up. Photos
-- are locked in the order of their ids, as the service locks them.
CREATE OR REPLACE FUNCTION darkroom_raise_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH commented AS MATERIALIZED (
    SELECT DISTINCT photo_id AS id FROM comments WHERE author_id = NEW.id
  ), shown AS (
    SELECT id FROM photos WHERE owner_id = NEW.id AND deleted_at IS NULL UNION SELECT id FROM commented
  ), locked AS MATERIALIZED (
    SELECT photos.id FROM photos JOIN shown ON shown.id = photos.id ORDER BY photos.id FOR NO KEY UPDATE OF photos
  )
  UPDATE photos SET version = version + 1,
    comments_version = comments_version + (photos.id IN (SELECT id FROM commented))::integer
  FROM locked WHERE photos.id = locked.id;
  UPDATE users SET followers_version = followers_version + 1
  WHERE id IN (SELECT followed_id FROM follows WHERE follower_id = NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_named AFTER UPDATE OF name ON users FOR EACH ROW
  WHEN (current_setting('darkroom.keeps_versions', true) IS DISTINCT FROM 'on' AND NEW.name IS DISTINCT FROM OLD.name)
  EXECUTE FUNCTION darkroom_raise_named();

-- For TRUNCATE, which fires no trigger of a row. Their rows are told by those whose versions they raise.
ALTER PUBLICATION darkroom_changes ADD TABLE comments (id), follows (follower_id, followed_id);
