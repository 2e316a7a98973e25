const kibibyte = 1024;
const mebibyte = 1024 ** 2;

/** With less, the memory tier of a replica has no room for a hundred photos, and some policies none for a second one. */
export const memoryBytesLeast = 64 * kibibyte;

/**
 * What a Redis takes for itself counts towards its `maxmemory`; where that is all, it refuses every write. Measured on Redis 7.0:
 * 1 MB when empty, with the scripts of the service; 40 kB for a connection, 80 kB for a busy one; 171 bytes for a like that
 * waits in the queue and has been taken out once.
 */
const serverBytes = 1.5 * mebibyte;
/** Room for some thousand entries; with less, the tier would be of no use. */
const entriesBytes = 1.5 * mebibyte;
/** What a replica takes: four connections. */
const replicaBytes = 512 * kibibyte;
/** What a waiting write takes, with the count of its attempts and with dead letters. */
const waitingWriteBytes = 256;

/** What a Redis keeps for itself of its `maxmemory`, for so many writes that may wait. */
export function redisOwnBytes(waitingWrites: number, replicas: number): number {
  return serverBytes + replicas * replicaBytes + waitingWrites * waitingWriteBytes;
}

/** The least `maxmemory` with which a Redis works, for so many writes that may wait; in whole MiB, as people write it. */
export function redisBytesLeast(waitingWrites: number, replicas: number): number {
  const bytes = entriesBytes + redisOwnBytes(waitingWrites, replicas);
  return Math.ceil(bytes / mebibyte) * mebibyte;
}
