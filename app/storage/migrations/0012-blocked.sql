-- Blocks and private accounts reach kept feeds. A block ends the follows of the two, which leaves messages of its own; but a message of
-- theirs, or of an earlier unfollow, may have been given up. So whoever hides tells it as well, and what is left is looked for.
CREATE OR REPLACE FUNCTION darkroom_publish_blocked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM darkroom_publish(NEW.blocker_id, 'blocked', jsonb_build_object(
    'blockerId', NEW.blocker_id, 'blockedId', NEW.blocked_id));
  RETURN NULL;
END $$;
CREATE TRIGGER publish_blocked AFTER INSERT ON blocks FOR EACH ROW
  WHEN (current_setting('darkroom.outbox', true) = 'on')
  EXECUTE FUNCTION darkroom_publish_blocked();

CREATE OR REPLACE FUNCTION darkroom_publish_privacy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM darkroom_publish(NEW.id, 'privacy', jsonb_build_object('userId', NEW.id, 'isPrivate', NEW.is_private));
  RETURN NULL;
END $$;
CREATE TRIGGER publish_privacy AFTER UPDATE OF is_private ON users FOR EACH ROW
  WHEN (current_setting('darkroom.outbox', true) = 'on' AND NEW.is_private IS DISTINCT FROM OLD.is_private)
  EXECUTE FUNCTION darkroom_publish_privacy();
