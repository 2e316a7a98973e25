/**
 * Loaded into the process of each test file, before node's runner. The runner wants to know to which test an error belongs that
 * nobody awaits, and asks `async_hooks` to follow each promise of the process: what awaits much then takes several times as long. An
 * `AsyncLocalStorage` says the same for next to nothing, so that the runner gets its answer from one.
 */
import hooks, { AsyncLocalStorage } from 'node:async_hooks';
import type { AsyncResource, HookCallbacks } from 'node:async_hooks';

/** What the runner calls its own resources: each test, suite and hook is one. */
const typeOfTests = 'Test';

const { createHook, executionAsyncId } = hooks;
/** The resource of the test that runs. */
const running = new AsyncLocalStorage<number>();

/** Has whatever the resource runs know that it is of this resource. */
function followByContext(resource: AsyncResource): void {
  const id = resource.asyncId();
  const runInScope = resource.runInAsyncScope.bind(resource);
  resource.runInAsyncScope = <This, Result>(
    work: (this: This, ...args: unknown[]) => Result,
    thisArg?: This,
    ...args: unknown[]
  ): Result => runInScope(() => running.run(id, () => work.apply(thisArg as This, args)));
}

// The runner is the first to make a hook, and takes both functions with it: others get the true ones.
hooks.executionAsyncId = () => running.getStore() ?? executionAsyncId();
hooks.createHook = ({ init }: HookCallbacks) => {
  Object.assign(hooks, { createHook, executionAsyncId });
  return createHook({
    trackPromises: false,
    init(id, type, triggerId, resource) {
      if (type !== typeOfTests) return;
      init?.(id, type, triggerId, resource);
      followByContext(resource as AsyncResource);
    },
  });
};
