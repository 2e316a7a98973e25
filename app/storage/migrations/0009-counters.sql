-- Counters (app/counters/, docs/decisions/0030). What is counted by events is in counter_events and counter_rollups, what is counted in
-- place in counter_rows. All times of events are of the world that counts.

-- The log of events. Its primary key is what makes an event one: the same token of the same time is the same event, whoever sends it how
-- often. Ties of time are decided by token. Event buckets spread the inserts of a counter that many raise over the leaves of the index. Slices by time are made ahead, and
-- old ones are taken away whole.
CREATE TABLE counter_events (
  namespace text COLLATE "C" NOT NULL,
  counter text COLLATE "C" NOT NULL,
  event_bucket smallint NOT NULL,
  event_time timestamptz NOT NULL,
  token text COLLATE "C" NOT NULL,
  delta bigint NOT NULL,
  is_clear boolean NOT NULL,
  PRIMARY KEY (namespace, counter, event_bucket, event_time, token)
) PARTITION BY RANGE (event_time);
CREATE INDEX counter_clears ON counter_events (namespace, counter, event_time, token) WHERE is_clear;

-- Up to when events are frozen: none that is as old is taken any more. Workers raise it before they read up to there.
CREATE TABLE counter_windows (namespace text COLLATE "C" PRIMARY KEY, frozen_up_to timestamptz NOT NULL) WITH (fillfactor = 50);

-- The count of all events up to rollup_ts. last_write_ts: the newest event that the rollup has seen, which may be behind rollup_ts.
CREATE TABLE counter_rollups (
  namespace text COLLATE "C" NOT NULL,
  counter text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  rollup_ts timestamptz NOT NULL,
  last_write_ts timestamptz NOT NULL,
  PRIMARY KEY (namespace, counter)
) WITH (fillfactor = 70);

-- Counters that are raised in place.
CREATE TABLE counter_rows (
  namespace text COLLATE "C" NOT NULL,
  counter text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (namespace, counter)
) WITH (fillfactor = 70);

-- What the witness of an experiment has seen of counters that it raises itself.
CREATE TABLE counter_sightings (
  counter text NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  phase text NOT NULL,
  expected bigint NOT NULL,
  seen bigint NOT NULL,
  lag_ms double precision
);
CREATE INDEX counter_sightings_by_note ON counter_sightings (noted_at);

-- Makes the slice that begins there, if it is not there. Attaching a table that stands already blocks nobody who reads or writes.
CREATE FUNCTION darkroom_make_counter_slice(slice text, from_time timestamptz, to_time timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(slice) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(8413030);
  IF to_regclass(slice) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE counter_events INCLUDING ALL)', slice);
  EXECUTE format('ALTER TABLE counter_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', slice, from_time, to_time);
END $$;

-- Takes a slice away with all of its events. Detaching it waits until nobody reads or writes the log, and all who come later wait behind it: it
-- gives up soon, and is tried again.
CREATE FUNCTION darkroom_drop_counter_slice(slice text) RETURNS void LANGUAGE plpgsql SET lock_timeout = '50ms' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(8413030);
  IF to_regclass(slice) IS NULL THEN RETURN; END IF;
  EXECUTE format('ALTER TABLE counter_events DETACH PARTITION %I', slice);
  EXECUTE format('DROP TABLE %I', slice);
END $$;
