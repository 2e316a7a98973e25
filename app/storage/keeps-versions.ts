/**
 * Options of a connection on which every statement raises the versions of what it changes. On all others, such as psql's, the
 * triggers of a migration raise them.
 */
export const keepsVersions = '-c darkroom.keeps_versions=on';

/** Options of a connection that copies rows which are as they should be: nothing of them is checked or told to anybody. */
export const seeds = '-c darkroom.seeds=on';
