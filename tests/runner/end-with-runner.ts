/** Loaded into the process of each test file: one whose runner was killed would go on, with the servers that it has started. */
const pollMs = 500;
const runner = process.ppid;

setInterval(() => {
  if (process.ppid !== runner) process.exit();
}, pollMs).unref();
