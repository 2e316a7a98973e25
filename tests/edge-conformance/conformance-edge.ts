import { after, before } from 'node:test';
import { startEdgeUnderTest } from '../support/edge-under-test.ts';
import type { EdgeUnderTest, TestVarnish } from '../support/edge-under-test.ts';
import { startScriptedOrigin } from './scripted-origin.ts';
import type { Scripted, ScriptedOrigin } from './scripted-origin.ts';

export const fresh = { 'cache-control': 'max-age=600' };
/** Fresh for a second, as far as the origin says. */
export const brief = 'max-age=1';

/** An origin and an edge in front of it, for all cases of a file. */
export function startForFile(varnish: TestVarnish) {
  let origin: ScriptedOrigin;
  let edge: EdgeUnderTest;
  let paths = 0;
  before(async () => {
    if ('lacking' in varnish) return;
    origin = await startScriptedOrigin();
    edge = await startEdgeUnderTest(varnish.folder, [origin.address]);
  });
  after(async () => {
    await edge?.close();
    await origin?.close();
  });
  /** One that no other case asks for. */
  const newPath = (): string => `/case/${(paths += 1)}`;
  return {
    /** Why there is nothing to test, or false. */
    skip: 'lacking' in varnish && varnish.lacking,
    get origin() {
      return origin;
    },
    get edge() {
      return edge;
    },
    newPath,
    /** A path that is asked for once, and is played otherwise from then on. */
    async askedPath(first: Scripted, then: Scripted): Promise<string> {
      const path = newPath();
      origin.plays(path, first);
      await edge.ask(path);
      origin.plays(path, then);
      return path;
    },
  };
}
