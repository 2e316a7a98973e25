import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pairRequests } from './pair-requests.ts';
import type { Pairing } from './pair-requests.ts';
import { createSentRequests } from './sent-requests.ts';

type Answer = {
  readonly tookUs?: number;
  readonly sentUs?: number;
  readonly status?: number;
  readonly isExpected?: boolean;
};

const spreadUs = 250_000;
const counted = { isLeftOut: false };
const leftOut = { isLeftOut: true };

/** Requests from `first` on, as each world answered them; undefined: not at all. */
function pair(
  worlds: readonly { readonly isLeftOut: boolean }[],
  requests: number,
  answer: (request: number, world: number) => Answer | undefined,
  first = 0,
): Pairing {
  const pass = { pass: 2, first, requests, pauseRequests: 0 };
  const sent = createSentRequests(pass, worlds.length);
  for (let request = first; request < first + requests; request += 1) {
    for (const world of worlds.keys()) {
      const given = answer(request, world);
      if (given === undefined) continue;
      const { tookUs = 1_000, sentUs = request * 10_000, status = 200, isExpected = true } = given;
      const place = { scheduled: 0, pass: 2, request, planned: request - first, world };
      const row = { metric: 'http_req_duration', timestampUs: sentUs + tookUs, value: tookUs / 1000 };
      sent.add(place, { ...row, index: 0, operation: null, status, isExpected, errorCode: 0, attempt: 1 });
    }
  }
  return pairRequests(sent, pass, worlds, spreadUs);
}

/** How many times as long as in the first world the same request took in the second: the geometric mean. */
function changeIn({ worlds: [one, other] }: Pairing): number {
  return Math.exp((other?.meanLogUs ?? Number.NaN) - (one?.meanLogUs ?? Number.NaN));
}

const isNear = (value: number, expected: number): void =>
  assert.ok(Math.abs(value / expected - 1) < 1e-6, `${value} is not ${expected}`);
const pairedOf = ({ worlds }: Pairing) => worlds.map((world) => world && [world.requests, world.leftOut]);

describe('the change of the same request', () => {
  it('is seen however much requests differ among themselves', () => {
    const tookUs = (request: number) => 300 * 2 ** (request % 11);
    isNear(
      changeIn(
        pair([counted, counted], 400, (request, world) => ({
          tookUs: tookUs(request) * (world === 1 ? 1.07 : 1),
        })),
      ),
      1.07,
    );
  });

  it('is seen when only every tenth request feels it', () => {
    const pairing = pair([counted, counted], 1_000, (request, world) => ({
      tookUs: world === 1 && request % 10 === 0 ? 5_000 : 1_000,
    }));
    isNear(changeIn(pairing), 5 ** 0.1);
  });

  it('leaves no request out for being slow, or fast', () => {
    const pairing = pair([counted, counted], 1_000, (request, world) => ({
      tookUs: request === 500 ? (world === 1 ? 4_900_000 : 1) : 1_000,
    }));
    assert.deepEqual(pairedOf(pairing), [
      [1_000, 0],
      [1_000, 0],
    ]);
    isNear(Math.log(changeIn(pairing)), Math.log(4_900_000) / 1_000);
  });

  it('takes what took no measurable time for a microsecond', () => {
    isNear(changeIn(pair([counted, counted], 10, (_, world) => ({ tookUs: world === 1 ? 0 : 1 }))), 1);
  });
});

describe('a request is left out of the pairing in all worlds, and counted,', () => {
  const odd: readonly [string, Answer | undefined][] = [
    ['when one of them failed it', { isExpected: false }],
    ['when one answered with another status', { status: 404 }],
    ['when one was sent it too late', { sentUs: 7 * 10_000 + spreadUs + 1 }],
    ['when one was sent it too early', { sentUs: 7 * 10_000 - spreadUs - 1 }],
    ['when one never answered it', undefined],
  ];
  for (const [when, answer] of odd) {
    for (const oddWorld of [0, 2]) {
      it(`${when} (world ${oddWorld})`, () => {
        const pairing = pair([counted, counted, counted], 20, (request, world) =>
          request === 7 && world === oddWorld ? answer : {},
        );
        assert.deepEqual(pairedOf(pairing), [
          [19, 1],
          [19, 1],
          [19, 1],
        ]);
        assert.deepEqual([6, 7, 8].map(pairing.isPaired), [true, false, true]);
      });
    }
  }
});

describe('a request counts', () => {
  it('when all worlds say alike that it is gone', () => {
    const pairing = pair([counted, counted], 20, (request) => ({ status: request === 7 ? 404 : 200 }));
    assert.deepEqual(pairedOf(pairing)[0], [20, 0]);
  });

  it('when it was sent to the last world just in time', () => {
    const pairing = pair([counted, counted], 20, (request, world) => ({
      sentUs: request * 10_000 + (world === 1 ? spreadUs : 0),
    }));
    assert.deepEqual(pairedOf(pairing)[0], [20, 0]);
  });

  it('by its number, also in a pass that does not begin with the first', () => {
    const pairing = pair([counted, counted], 5, (request) => ({ isExpected: request !== 102 }), 100);
    assert.deepEqual([99, 100, 101, 102, 104, 105].map(pairing.isPaired), [
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('a world that fails', () => {
  it('is left out, and the others are paired without it', () => {
    const pairing = pair([counted, leftOut, counted], 50, (request, world) =>
      world === 1 ? { isExpected: request % 2 === 0, sentUs: 0 } : { tookUs: world === 0 ? 1_000 : 2_000 },
    );
    assert.deepEqual(pairedOf(pairing), [[50, 0], null, [50, 0]]);
    isNear(Math.exp((pairing.worlds[2]?.meanLogUs ?? 0) - (pairing.worlds[0]?.meanLogUs ?? 0)), 2);
  });

  it('leaves nothing to pair when they all do', () => {
    const pairing = pair([leftOut, leftOut], 10, () => ({}));
    assert.deepEqual(pairing.worlds, [null, null]);
    assert.equal(pairing.isPaired(3), false);
  });
});

it('without a request that all met alike there is no figure', () => {
  assert.deepEqual(pair([counted, counted], 10, (_, world) => ({ status: 200 + world })).worlds, [
    null,
    null,
  ]);
});
