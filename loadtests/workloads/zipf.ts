import type { Draws } from './counter-random.ts';

/**
 * Ranks 1 to n with probability proportional to rank^-alpha, by rejection-inversion: constant time, no table (Hörmann and
 * Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996).
 * A rejected draw takes the next number of the same thing, never another thing's.
 */
export function createZipf(n: number, alpha: number): (draws: Draws) => number {
  const integral = (x: number): number => {
    const logX = Math.log(x);
    return expm1Over((1 - alpha) * logX) * logX;
  };
  const integralInverse = (y: number): number => {
    const t = Math.max(-1, y * (1 - alpha));
    return Math.exp(log1pOver(t) * y);
  };
  const density = (x: number): number => Math.exp(-alpha * Math.log(x));
  const first = integral(1.5) - 1;
  const last = integral(n + 0.5);
  const shortcut = 2 - integralInverse(integral(2.5) - density(2));
  return (draws) => {
    for (let draw = 0; ; draw += 1) {
      const u = last + draws(draw) * (first - last);
      const x = integralInverse(u);
      const rank = Math.min(n, Math.max(1, Math.round(x)));
      if (rank - x <= shortcut || u >= integral(rank + 0.5) - density(rank)) return rank;
    }
  };
}

/** (e^x - 1) / x, also near 0. */
function expm1Over(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x / 2;
}

/** ln(1 + x) / x, also near 0. */
function log1pOver(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x / 2;
}
