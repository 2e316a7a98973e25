-- Materialised feeds. A feed that has a row in feeds is kept: whatever its reader follows is in feed_rows, down to the horizon.
-- What lies deeper is gathered from photos when it is asked for. No horizon: it is whole.
-- Nothing here refers to users or photos: a fan-out to a thousand followers would look each of them up. Reads look at the photo
-- anyway, and darkroom_forget_feeds removes what is left of a person.
CREATE TABLE feeds (
  reader_id integer PRIMARY KEY,
  horizon_at timestamptz,
  horizon_id integer,
  expires_at timestamptz NOT NULL,
  CHECK ((horizon_at IS NULL) = (horizon_id IS NULL))
);

-- One index to keep up for each row that is fanned out: a deletion finds its rows by the followers of the owner.
CREATE TABLE feed_rows (
  reader_id integer NOT NULL,
  created_at timestamptz NOT NULL,
  post_id integer NOT NULL,
  owner_id integer NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (reader_id, created_at, post_id)
);
-- Rows are written in the order in which they expire, so that a few bytes for each range of pages find those that have.
CREATE INDEX feed_rows_by_expiry ON feed_rows USING brin (expires_at);

-- Authors of whom a post was not fanned out, for the number of their followers: hybrid feeds pull them from then on. They stay,
-- also when followers leave: nobody's older posts fall between push and pull.
CREATE TABLE pulled_authors (author_id integer PRIMARY KEY);

-- Who posts and who looks, so that somebody knows when a post can be seen. Two people of the template that nobody else uses.
CREATE TABLE feed_witnesses (author_id integer PRIMARY KEY, follower_id integer NOT NULL);

-- When the witness's follower saw a post; after how long it gave up, where is_timeout.
CREATE TABLE feed_sightings (
  post_id integer PRIMARY KEY,
  posted_at timestamptz NOT NULL,
  seen_after_ms double precision NOT NULL,
  is_timeout boolean NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feed_sightings_by_note ON feed_sightings (noted_at);

-- For whoever deletes an account, after its followers: with each of them the person's posts have left that feed. What a follower of
-- former days still has is found by no index; nobody is shown it, and it expires.
CREATE FUNCTION darkroom_forget_feeds(person_id integer) RETURNS void LANGUAGE sql AS $$
  DELETE FROM feed_rows WHERE reader_id = person_id;
  DELETE FROM feeds WHERE reader_id = person_id;
  DELETE FROM pulled_authors WHERE author_id = person_id;
$$;
