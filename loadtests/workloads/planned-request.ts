import type { PlannedOperation } from './operation-mix.ts';

/** Requests that a browser answered by itself, and the bytes of their answers. */
export type BrowserAnswers = { readonly requests: number; readonly bytes: number };

/** One request, complete: who asks for what, with which body. The same for every candidate. */
export type PlannedRequest = {
  readonly operation: PlannedOperation;
  readonly viewerId: number;
  readonly params: Readonly<Record<string, number>>;
  /** A caption or a comment. */
  readonly text?: string;
  /** Which sample is uploaded. */
  readonly sample?: number;
  /** Which picture is asked for. */
  readonly digest?: string;
  /** Which of the sessions that end it is sent by; absent: by the one that the viewer has all the time. */
  readonly session?: number;
  /** Sent without a session: the viewer is not logged in. */
  readonly isLoggedOut?: true;
  /** What is added to a counter. */
  readonly delta?: number;
  /**
   * The token by which the service recognises an add that it has counted already; sent with the time of the
   * first sending.
   */
  readonly token?: string;
  /**
   * Sent once more when the first sending is answered, to another replica where there is one: as by a client
   * that did not get the answer.
   */
  readonly isSentAgain?: boolean;
  /** Of a page: the images that it shows and that the viewer's browser has. These are asked for, and never sent. */
  readonly browserAnswers?: BrowserAnswers;
};

/** Request `index` of a pass. Passes are numbered by the experiment; each has requests of its own. */
export type RequestAt = (pass: number, index: number) => PlannedRequest;
