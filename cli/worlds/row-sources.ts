/** Everything whose change makes other rows: the schema, the loader, the generator. A path that ends with a slash is a folder. */
export const rowSources = [
  'app/contract/seed-rows.ts',
  'app/storage/migrations/',
  'app/storage/seed.ts',
  'loadtests/workloads/alias-table.ts',
  'loadtests/workloads/counter-random.ts',
  'loadtests/workloads/permutation.ts',
  'loadtests/workloads/photo-age.ts',
  'loadtests/workloads/population.ts',
  'loadtests/workloads/sample-photos.ts',
  'loadtests/workloads/seed-database.ts',
  'loadtests/workloads/social-graph.ts',
  'loadtests/workloads/zipf.ts',
] as const;
