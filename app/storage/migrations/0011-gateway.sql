-- The consistent gateway: one leader owns the metadata of posts and profiles, and N gateways answer from replicas of it.

-- Who leads, and where it listens; without a holder nobody does. The epoch is the fencing token: it rises with each leader. It is
-- unique on purpose: whoever changes it locks the row against FOR KEY SHARE, which each write of a leader takes, while whoever only
-- renews does not. So no write of a former leader commits after the next one has taken over, and nobody waits for a renewal. No time
-- stands here: each process measures by its own clock for how long nobody has renewed. Filled: the first leader has made the records.
CREATE TABLE gateway_lease (
  name text PRIMARY KEY CHECK (name = 'metadata'),
  epoch bigint NOT NULL UNIQUE,
  renewals bigint NOT NULL,
  holder text,
  address text NOT NULL,
  is_filled boolean NOT NULL DEFAULT false
);

-- The records. A deleted one keeps its row: the version in it is the tombstone's.
CREATE TABLE gateway_records (
  kind text NOT NULL CHECK (kind IN ('posts', 'profiles')),
  id integer NOT NULL,
  version bigint NOT NULL,
  epoch bigint NOT NULL,
  data jsonb NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (kind, id)
);

-- What the witness of an experiment met: whether a read through one gateway showed what was written through another before it was
-- sent, whether it showed an older version than a read before it, and how long the answer had waited for the leader.
CREATE TABLE gateway_sightings (
  noted_at timestamptz NOT NULL DEFAULT now(),
  is_stale boolean NOT NULL,
  is_backward boolean NOT NULL,
  sync_ms double precision
);
CREATE INDEX gateway_sightings_by_note ON gateway_sightings (noted_at);

-- How long the witness was refused, from the first refusal to the next answer.
CREATE TABLE gateway_outages (
  noted_at timestamptz NOT NULL DEFAULT now(),
  lasted_ms double precision NOT NULL,
  refused integer NOT NULL
);
