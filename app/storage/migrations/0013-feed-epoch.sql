-- What is kept of feeds is true only while every process that writes tells of it. The kind of feeds of those that write has an epoch:
-- it ends when a process with another kind begins or leaves, and what was kept in it is gathered anew. Nothing else could know what
-- was posted, unfollowed or deleted while nobody told of it.
CREATE TABLE feed_epoch (number integer NOT NULL, kind text NOT NULL);
INSERT INTO feed_epoch VALUES (0, 'pull');
ALTER TABLE feeds ADD COLUMN epoch integer NOT NULL DEFAULT 0;

-- Replicas are here from before they write until after; those of former releases keep no feeds true.
ALTER TABLE access_replicas ADD COLUMN feed_kind text NOT NULL DEFAULT 'pull';

-- Readers that hold feeds in memory drop them all.
CREATE OR REPLACE FUNCTION darkroom_end_feed_epoch(next_kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE feed_epoch SET number = number + 1, kind = next_kind;
  PERFORM pg_notify('darkroom_feeds', 'all');
END $$;

CREATE OR REPLACE FUNCTION darkroom_replica_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM feed_epoch WHERE kind <> NEW.feed_kind) THEN
    PERFORM darkroom_end_feed_epoch(NEW.feed_kind);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER replica_came AFTER INSERT ON access_replicas FOR EACH ROW EXECUTE FUNCTION darkroom_replica_came();

-- While there were two kinds, feeds were kept that lack what the other one did.
CREATE OR REPLACE FUNCTION darkroom_replica_left() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  other_kind text;
BEGIN
  SELECT feed_kind INTO other_kind FROM access_replicas WHERE feed_kind <> OLD.feed_kind LIMIT 1;
  IF FOUND THEN
    PERFORM darkroom_end_feed_epoch(other_kind);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER replica_left AFTER DELETE ON access_replicas FOR EACH ROW EXECUTE FUNCTION darkroom_replica_left();
