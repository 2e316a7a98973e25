import assert from 'node:assert/strict';

/** Sends a signal to one process. Fails for a process that was not found: number 0 would be the whole group of the tests. */
export function killProcess(pid: number | null | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  assert.ok(typeof pid === 'number' && pid > 0, `there is no process ${pid}`);
  process.kill(pid, signal);
}
