declare module 'autocannon' {
  type Result = {
    readonly duration: number;
    readonly errors: number;
    readonly non2xx: number;
    readonly '2xx': number;
    readonly requests: { readonly total: number };
  };
  const autocannon: (options: {
    readonly url: string;
    readonly connections: number;
    readonly amount: number;
    /** Milliseconds between two looks at the counters, and at whether all is done. */
    readonly sampleInt?: number;
    readonly headers?: Readonly<Record<string, string>>;
  }) => Promise<Result>;
  export default autocannon;
}
