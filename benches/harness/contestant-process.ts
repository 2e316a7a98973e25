import { benches } from '../bench-list.ts';
import type { Assignment, Prepared } from './bench.ts';
import type { Order, Report } from './contestant-messages.ts';

/** The process of one contestant: it does what the command says, in that order, and goes when the command goes. */
const tell = (report: Report): void => void process.send?.(report);
const fail = (error: unknown): void => {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  tell({ type: 'failed', reason });
};

const stopped = Promise.withResolvers<void>();
let prepared: Prepared | null = null;

async function prepare(assignment: Assignment): Promise<void> {
  const bench = benches.find(({ name }) => name === assignment.bench);
  if (bench === undefined) throw new RangeError(`there is no bench ${assignment.bench}`);
  prepared = await bench.prepare(assignment);
  tell({ type: 'prepared', info: prepared.info });
}

async function measure(): Promise<void> {
  if (prepared === null) throw new RangeError('asked to measure before it was prepared');
  tell({ type: 'measured', figures: await prepared.measure(stopped.promise) });
}

process.on('message', (order: Order) => {
  if (order.type === 'prepare') prepare(order.assignment).catch(fail);
  else if (order.type === 'measure') measure().catch(fail);
  else stopped.resolve();
});
// A peer whose connection breaks must not take the figures along.
process.on('uncaughtException', fail);
process.on('disconnect', () => process.exit());
