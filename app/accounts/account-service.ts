import { DarkroomError } from '../errors.ts';
import type { LoginThrottle } from '../http/login-throttle.ts';
import type { NewSession, SessionService } from '../sessions/session-service.ts';
import type { AccountStore } from './account-store.ts';
import type { PasswordHashing } from './password-hashing.ts';

export type AccountService = ReturnType<typeof createAccountService>;

export type AccountServiceParts = {
  readonly accountStore: AccountStore;
  readonly sessionService: Pick<SessionService, 'begin'>;
  readonly hashing: PasswordHashing;
  readonly throttle: LoginThrottle;
};

export type Credentials = { readonly logInName: string; readonly password: string };

const nameTaken = (cause?: unknown) =>
  new DarkroomError('NAME_TAKEN', 'Somebody else logs in by this name; choose another one.', { cause });

/** Signing up and logging in. Each log-in begins a session of its own. */
export function createAccountService(parts: AccountServiceParts) {
  const { accountStore, sessionService, hashing, throttle } = parts;

  /** The person; null when the name or the password is wrong. */
  const check = async (name: string, password: string): Promise<number | null> => {
    const account = await accountStore.find(name);
    const isRight = await hashing.verify(account?.passwordHash ?? null, password);
    return account !== undefined && isRight ? account.personId : null;
  };
  return {
    /** Throws NAME_TAKEN or OVERLOADED. */
    async signUp(name: string, { logInName, password }: Credentials): Promise<NewSession> {
      const account = {
        name,
        logInName: logInName.toLowerCase(),
        passwordHash: await hashing.hash(password),
      };
      const personId = await accountStore.add(account).catch((error: unknown) => {
        throw error instanceof DarkroomError && error.code === 'ROW_REFUSED' ? nameTaken(error) : error;
      });
      if (personId === undefined) throw nameTaken();
      return sessionService.begin(personId);
    },
    /** Throws LOG_IN_FAILED, of which nobody learns whether there is such an account, TOO_MANY_LOGINS or OVERLOADED. */
    async logIn(address: string, { logInName, password }: Credentials): Promise<NewSession> {
      const name = logInName.toLowerCase();
      const personId = await throttle.attempt(address, name, () => check(name, password));
      if (personId === null) throw new DarkroomError('LOG_IN_FAILED', 'The name or the password is wrong.');
      return sessionService.begin(personId);
    },
  };
}
