-- What writes answered to requests with an Idempotency-Key, for who sends such a request once more. A row without a status belongs
-- to a request that is under way, or to one whose process has died: then it may be claimed anew once `claimed_until` is over.
-- All times are those of the world's clock.
CREATE TABLE idempotency_keys (
  person_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  fingerprint text NOT NULL,
  claim uuid NOT NULL,
  claimed_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  status smallint,
  content_type text,
  body text,
  PRIMARY KEY (person_id, key)
);
CREATE INDEX idempotency_keys_of_person ON idempotency_keys (person_id, created_at DESC);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
