declare module 'jstat' {
  const jstat: {
    readonly studentt: { inv(probability: number, freedom: number): number };
    /** Regularised incomplete beta function. */
    readonly ibeta: (x: number, a: number, b: number) => number;
  };
  export default jstat;
}
