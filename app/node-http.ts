/**
 * Node's HTTP module. An `import` of it reads all that it exports, among which is WebSocket, for which Node loads its client of `fetch`:
 * that takes as long as what else a process of ours needs of Node, and most of them never use it.
 */
export const http = process.getBuiltinModule('node:http');
