import { setTimeout as sleep } from 'node:timers/promises';
import { burstAt } from './bursts.ts';

/** Foreign load, a process of its own: burns CPU in bursts until it is ended. Takes a seed and the number of the process. */
const [seed = 0, processNumber = 1] = process.argv.slice(2).map(Number);

function burn(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

for (let index = 0; ; index += 1) {
  const { burnMs, pauseMs } = burstAt(seed, processNumber, index);
  burn(burnMs);
  await sleep(pauseMs);
}
