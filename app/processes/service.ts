import type { AddressInfo } from 'node:net';
import { runProcess } from '../process/run-process.ts';

/** A replica of the service. */
await runProcess('service', async (parts) => {
  // What is traced inside libraries must be patched before they are imported.
  const { buildApp } = await import('../build-app.ts');
  const { app, drain, emptyCaches, rememberSessions, close } = await buildApp(parts);
  await app.listen({ host: parts.config.host, port: parts.config.port });
  const { port } = app.server.address() as AddressInfo;
  return { http: port, drain, emptyCaches, rememberSessions, close };
});
