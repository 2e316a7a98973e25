/** How queries are answered that lose the same. */
const columns = ['leader', 'consistent', 'eventual'] as const;

type Loss = { readonly what: string; readonly lost: readonly [string, string, string] };

const untilSnapshot = 'refused until another one leads and its snapshot is there; then nothing is lost';

/** What becomes of queries and of acknowledged writes. The tests that show it kill, stop and cut the processes. */
const losses: readonly Loss[] = [
  {
    what: 'the leader is killed (`kill -9`)',
    lost: [
      'refused until another one leads; then nothing is lost',
      untilSnapshot,
      'answered, as old as the answer says, up to `staleness-max`; then refused as the others',
    ],
  },
  {
    what: 'the leader is killed between write and answer',
    lost: [
      'the write may be done, and who sent it is told that nobody knows; the next leader has it, or nobody',
      'the same',
      'the same',
    ],
  },
  {
    what: 'the leader stands still for longer than its lease, and goes on',
    lost: ['as killed; it writes nothing more', 'as killed; it vouches for nothing more', 'as killed'],
  },
  {
    what: 'a gateway is killed',
    lost: [
      'what was under way in it has no answer, and a write of it may be done; through others nothing is lost',
      'the same',
      'the same',
    ],
  },
  {
    what: 'the stream to a gateway is cut, or late',
    lost: [
      'nothing',
      'refused until a snapshot is there; waits for what is late',
      'older answers, which say how old they are',
    ],
  },
  {
    what: 'PostgreSQL is away',
    lost: [
      'writes are refused; queries are answered as long as the lease lasts',
      'writes are refused; queries are answered as long as the lease lasts',
      'writes are refused; queries are answered up to `staleness-max`',
    ],
  },
  {
    what: 'a replica of the service is killed, behind the gateways',
    lost: [
      'no metadata; what was under way in it, and what is sent there, is refused',
      'the same',
      'the same',
    ],
  },
];

export const gatewayLossTitles: readonly string[] = [
  'what happens',
  ...columns.map((name) => `\`gateway=${name}\``),
];
export const gatewayLossRows: readonly (readonly string[])[] = losses.map(({ what, lost }) => [
  what,
  ...lost,
]);
