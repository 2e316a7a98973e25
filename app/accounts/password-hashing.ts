import { DarkroomError } from '../errors.ts';

/** Loaded with the first password: most processes of an experiment never see one. */
const loadLibrary = () => import('@node-rs/argon2');

/** Argon2id (the library's default) with the parameters that OWASP recommends: 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Each takes a thread of four, which files and images need as well, and 19 MiB. */
const atOnceMax = 2;
/** At some 20 ms each, the last one waits for a third of a second. */
const waitingMax = 32;

export type PasswordHashing = {
  hash(password: string): Promise<string>;
  /** Whether it is the password of that hash. Null: there is no hash, and it takes as long as if there were. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
};

/** The same text typed in different ways is one password (NIST SP 800-63B, 5.1.1.2). */
const normal = (password: string): string => password.normalize('NFKC');

/** A few at once; with more, others wait, and beyond that they are told to come back: OVERLOADED. */
export function createPasswordHashing(): PasswordHashing {
  const waiting: (() => void)[] = [];
  let running = 0;
  let absent: Promise<string> | undefined;

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax)
        throw new DarkroomError(
          'OVERLOADED',
          `More than ${waitingMax} others wait for a log-in; try again in a moment.`,
        );
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      // Whoever is next takes this one's place.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    hash: (password) => inTurn(async () => (await loadLibrary()).hash(normal(password), parameters)),
    verify: (passwordHash, password) =>
      inTurn(async () => {
        const { hash, verify } = await loadLibrary();
        if (passwordHash !== null) return verify(passwordHash, normal(password));
        absent ??= hash('nobody has this one', parameters);
        await verify(await absent, normal(password));
        return false;
      }),
  };
}
