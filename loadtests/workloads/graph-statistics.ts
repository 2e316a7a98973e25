import type { SocialGraph } from './social-graph.ts';

export type DegreeStatistics = {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** 0: all the same; 1: one has everything. */
  readonly gini: number;
};

export type GraphStatistics = {
  readonly links: number;
  readonly followers: DegreeStatistics;
  readonly following: DegreeStatistics;
  readonly reciprocity: number;
};

function degreeStatistics(degrees: readonly number[]): DegreeStatistics {
  const sorted = [...degrees].sort((a, b) => a - b);
  const n = sorted.length;
  const sum = sorted.reduce((total, degree) => total + degree, 0);
  const weighted = sorted.reduce((total, degree, index) => total + (index + 1) * degree, 0);
  const at = (q: number): number => sorted[Math.min(n - 1, Math.floor(q * n))] ?? 0;
  return {
    mean: sum / n,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    gini: sum === 0 ? 0 : (2 * weighted) / (n * sum) - (n + 1) / n,
  };
}

export function graphStatistics({ following }: SocialGraph): GraphStatistics {
  const followers = following.map(() => 0);
  const sets = following.map((followed) => new Set(followed));
  let links = 0;
  let returned = 0;
  for (const [index, followed] of sets.entries()) {
    for (const id of followed) {
      links += 1;
      followers[id - 1] = (followers[id - 1] ?? 0) + 1;
      if (sets[id - 1]?.has(index + 1)) returned += 1;
    }
  }
  return {
    links,
    followers: degreeStatistics(followers),
    following: degreeStatistics(following.map((followed) => followed.length)),
    reciprocity: links === 0 ? 0 : returned / links,
  };
}
