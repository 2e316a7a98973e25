-- Who may see whom, accounts and sessions.
ALTER TABLE users ADD COLUMN is_private boolean NOT NULL DEFAULT false;
-- Each replica reads it once, at its start; for who is not private it costs nothing.
CREATE INDEX private_users ON users (id) WHERE is_private;

-- A private person is followed by whom they have let: the request is taken away by the follow that comes of it.
CREATE TABLE follow_requests (
  follower_id integer NOT NULL REFERENCES users (id),
  followed_id integer NOT NULL REFERENCES users (id),
  is_accepted boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (follower_id, followed_id),
  CHECK (follower_id <> followed_id)
);
CREATE INDEX follow_requests_of_followed ON follow_requests (followed_id, created_at DESC, follower_id DESC);

CREATE TABLE blocks (
  blocker_id integer NOT NULL REFERENCES users (id),
  blocked_id integer NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (blocker_id, blocked_id),
  CHECK (blocker_id <> blocked_id)
);
CREATE INDEX blocks_of_blocked ON blocks (blocked_id);

CREATE TABLE accounts (
  person_id integer PRIMARY KEY REFERENCES users (id),
  log_in_name text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Of a token only the SHA-256 is known here: who reads this table can log in as nobody.
CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  person_id integer NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_person ON sessions (person_id, created_at);

-- The log of changes of rights. Its numbers are in the order of commits, since whoever writes it holds the row of the last one.
CREATE TABLE access_head (last_number bigint NOT NULL);
INSERT INTO access_head VALUES (0);
CREATE TABLE access_changes (
  number bigint PRIMARY KEY,
  kind text NOT NULL,
  person_id integer NOT NULL,
  other_id integer,
  token_hash bytea
);
-- The replicas that may know rights from memory, and how far each has come.
CREATE TABLE access_replicas (
  id text PRIMARY KEY,
  applied_number bigint NOT NULL,
  renewals bigint NOT NULL
);

CREATE OR REPLACE FUNCTION darkroom_tell_access(kind text, person integer, other integer, token bytea DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  own_number bigint;
BEGIN
  UPDATE access_head SET last_number = last_number + 1 RETURNING last_number INTO own_number;
  INSERT INTO access_changes VALUES (own_number, $1, $2, $3, $4);
  PERFORM pg_notify('darkroom_access', own_number::text);
END $$;

CREATE OR REPLACE FUNCTION darkroom_tell_privacy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM darkroom_tell_access(CASE WHEN NEW.is_private THEN 'private' ELSE 'public' END, NEW.id, NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_privacy AFTER UPDATE OF is_private ON users FOR EACH ROW
  WHEN (NEW.is_private IS DISTINCT FROM OLD.is_private)
  EXECUTE FUNCTION darkroom_tell_privacy();

CREATE OR REPLACE FUNCTION darkroom_tell_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM darkroom_tell_access('gone', OLD.id, NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_gone AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION darkroom_tell_gone();

CREATE OR REPLACE FUNCTION darkroom_tell_block() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM darkroom_tell_access('block', NEW.blocker_id, NEW.blocked_id);
  ELSE
    PERFORM darkroom_tell_access('unblock', OLD.blocker_id, OLD.blocked_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_block AFTER INSERT OR DELETE ON blocks FOR EACH ROW EXECUTE FUNCTION darkroom_tell_block();

-- Both lock the row of the followed one, which who makes a person private and who blocks have locked before: each of two that
-- meet sees what the other one has done. Where a person is not private, followers are nobody's business.
CREATE OR REPLACE FUNCTION darkroom_check_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asks_first boolean;
BEGIN
  SELECT is_private INTO asks_first FROM users WHERE id = NEW.followed_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM blocks WHERE blocker_id = NEW.followed_id AND blocked_id = NEW.follower_id) OR
    EXISTS (SELECT FROM blocks WHERE blocker_id = NEW.follower_id AND blocked_id = NEW.followed_id)
  THEN
    RAISE EXCEPTION 'one of the two has blocked the other' USING ERRCODE = 'check_violation', CONSTRAINT = 'follow_is_allowed';
  END IF;
  DELETE FROM follow_requests
  WHERE follower_id = NEW.follower_id AND followed_id = NEW.followed_id AND (is_accepted OR NOT asks_first);
  IF asks_first THEN
    IF NOT FOUND THEN
      RAISE EXCEPTION 'a private person has not agreed' USING ERRCODE = 'check_violation', CONSTRAINT = 'follow_is_allowed';
    END IF;
    PERFORM darkroom_tell_access('follow', NEW.follower_id, NEW.followed_id);
  END IF;
  RETURN NULL;
END $$;
-- What is seeded is as it should be, and is in no replica's memory yet.
CREATE TRIGGER check_follow AFTER INSERT ON follows FOR EACH ROW
  WHEN (current_setting('darkroom.seeds', true) IS DISTINCT FROM 'on')
  EXECUTE FUNCTION darkroom_check_follow();

CREATE OR REPLACE FUNCTION darkroom_tell_unfollow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was_let boolean;
BEGIN
  SELECT is_private INTO was_let FROM users WHERE id = OLD.followed_id FOR NO KEY UPDATE;
  IF was_let THEN
    PERFORM darkroom_tell_access('unfollow', OLD.follower_id, OLD.followed_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_unfollow AFTER DELETE ON follows FOR EACH ROW EXECUTE FUNCTION darkroom_tell_unfollow();

CREATE OR REPLACE FUNCTION darkroom_tell_log_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM darkroom_tell_access('log-out', OLD.person_id, NULL, OLD.token_hash);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_log_out AFTER DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION darkroom_tell_log_out();

-- What a deletion of an account looks for. Likes are found by who likes: one more entry for each like, without which a deletion
-- would read all of them. Photos by owner with their tombstones, which also the foreign key looks for. Activity by the other person
-- that it is about: all else that it names is the person who did it.
CREATE INDEX likes_of_person ON likes (person_id, photo_id);
CREATE INDEX photos_and_tombstones_of_owner ON photos (owner_id, id);
CREATE INDEX photos_of_digest ON photos (digest);
CREATE INDEX activity_about ON activity ((coalesce(payload ->> 'postOwnerId', payload ->> 'followedId')));

-- Pictures whose photos have gone with an account: noted in the transaction that removes the photos, until the picture is gone as
-- well. Whoever removes it claims the line by the world's clock; whoever notes it once more ends that claim.
CREATE TABLE pictures_to_forget (
  digest text PRIMARY KEY,
  claimed_until timestamptz NOT NULL DEFAULT '-infinity'
);

-- The end of an account, once its photos, comments, likes and follows are gone; whoever adds one meanwhile makes it fail. The row of
-- the person is locked first, as all do who change rights. What tells a change of rights comes last, since everybody else who tells
-- one waits from then on. Each feature says in its own migration what else there is of a person. A message that a worker removes in
-- this moment is left to it: waiting for the worker, which may wait for the row of the person, would be a deadlock.
CREATE OR REPLACE FUNCTION darkroom_delete_person(person integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM users WHERE id = person FOR UPDATE;
  DELETE FROM follow_requests WHERE follower_id = person OR followed_id = person;
  DELETE FROM accounts WHERE person_id = person;
  PERFORM darkroom_forget_feeds(person);
  DELETE FROM outbox_dead_letters WHERE author_id = person;
  DELETE FROM outbox WHERE partition = (person & 15)::smallint AND id IN (
    SELECT id FROM outbox WHERE partition = (person & 15)::smallint AND author_id = person FOR UPDATE SKIP LOCKED);
  DELETE FROM activity
  WHERE user_id = person OR coalesce(payload ->> 'postOwnerId', payload ->> 'followedId') = person::text;
  DELETE FROM idempotency_keys WHERE person_id = person;
  -- Who logs out in this moment has locked the session, and then waits to tell it.
  PERFORM FROM sessions WHERE person_id = person FOR UPDATE;
  DELETE FROM blocks WHERE blocker_id = person OR blocked_id = person;
  DELETE FROM sessions WHERE person_id = person;
  DELETE FROM users WHERE id = person;
  RETURN FOUND;
END $$;
