/**
 * The policies of the memory tier as their papers' pseudocode has them, for entries of one size: slow, and easy to compare
 * with the paper. `request` asks for a key, and puts it in on a miss; it says whether it was a hit.
 */
export type ReferenceCache = { request(key: string): boolean };

function createReferenceFifo(capacity: number): ReferenceCache {
  const queue: string[] = [];
  const held = new Set<string>();
  return {
    request(key) {
      if (held.has(key)) return true;
      if (queue.length === capacity) held.delete(queue.shift() as string);
      queue.push(key);
      held.add(key);
      return false;
    },
  };
}

/** A Map keeps the order of insertion: the least recently used comes first. */
function createReferenceLru(capacity: number): ReferenceCache {
  const held = new Map<string, true>();
  return {
    request(key) {
      const isHit = held.delete(key);
      if (!isHit && held.size === capacity) held.delete(held.keys().next().value as string);
      held.set(key, true);
      return isHit;
    },
  };
}

/** Least frequently used, then least recently; counts up to 63 are halved after ten hits per entry. */
function createReferenceLfu(capacity: number): ReferenceCache {
  /** The keys of each count of uses, in the order in which they reached it. */
  const byUses = Array.from({ length: 64 }, () => new Set<string>());
  const usesOf = new Map<string, number>();
  let hits = 0;
  const put = (key: string, uses: number) => {
    byUses[usesOf.get(key) ?? 0]?.delete(key);
    usesOf.set(key, uses);
    byUses[uses]?.add(key);
  };
  const halve = () => {
    hits = 0;
    for (const keys of byUses.slice(1).map((set) => [...set]))
      for (const key of keys) put(key, Math.floor((usesOf.get(key) as number) / 2));
  };
  return {
    request(key) {
      const uses = usesOf.get(key);
      if (uses !== undefined) {
        put(key, Math.min(63, uses + 1));
        hits += 1;
        if (hits >= 10 * usesOf.size) halve();
        return true;
      }
      if (usesOf.size === capacity) {
        const rarest = byUses.find((keys) => keys.size > 0) as Set<string>;
        const oldest = rarest.keys().next().value as string;
        rarest.delete(oldest);
        usesOf.delete(oldest);
      }
      put(key, 0);
      return false;
    },
  };
}

type Node = { readonly key: string; visited: boolean; prev: Node | null; next: Node | null };

/** Algorithm 1 of SIEVE (NSDI'24): `prev` leads towards the head, where new objects come in. */
function createReferenceSieve(capacity: number): ReferenceCache {
  const held = new Map<string, Node>();
  let head: Node | null = null;
  let tail: Node | null = null;
  let hand: Node | null = null;
  const discard = (node: Node) => {
    if (node.prev === null) head = node.next;
    else node.prev.next = node.next;
    if (node.next === null) tail = node.prev;
    else node.next.prev = node.prev;
    held.delete(node.key);
  };
  return {
    request(key) {
      const node = held.get(key);
      if (node !== undefined) {
        node.visited = true;
        return true;
      }
      if (held.size === capacity) {
        let object = (hand ?? tail) as Node;
        while (object.visited) {
          object.visited = false;
          object = (object.prev ?? tail) as Node;
        }
        hand = object.prev;
        discard(object);
      }
      const added: Node = { key, visited: false, prev: null, next: head };
      if (head !== null) head.prev = added;
      head = added;
      tail ??= added;
      held.set(key, added);
      return false;
    },
  };
}

/**
 * Algorithm 1 of S3-FIFO (SOSP'23). Queues have their tail at index 0. As in the paper's text, what moves to the main queue is
 * uncounted again, and there are as many ghosts as the main queue has room for.
 */
function createReferenceS3Fifo(capacity: number): ReferenceCache {
  const small: string[] = [];
  const main: string[] = [];
  const ghosts = new Set<string>();
  const smallMax = 0.1 * capacity;
  const ghostsMax = capacity - smallMax;
  const freq = new Map<string, number>();
  const freqOf = (key: string) => freq.get(key) as number;
  const evictMain = () => {
    for (;;) {
      const tail = main.shift() as string;
      if (freqOf(tail) === 0) {
        freq.delete(tail);
        return;
      }
      freq.set(tail, freqOf(tail) - 1);
      main.push(tail);
    }
  };
  const evictSmall = () => {
    while (small.length > 0) {
      const tail = small.shift() as string;
      if (freqOf(tail) > 1) {
        freq.set(tail, 0);
        main.push(tail);
      } else {
        freq.delete(tail);
        ghosts.add(tail);
        if (ghosts.size > ghostsMax) ghosts.delete(ghosts.keys().next().value as string);
        return;
      }
    }
    evictMain();
  };
  return {
    request(key) {
      const uses = freq.get(key);
      if (uses !== undefined) {
        freq.set(key, Math.min(3, uses + 1));
        return true;
      }
      if (small.length + main.length === capacity) {
        const isSmallFull = small.length >= smallMax || main.length === 0;
        if (isSmallFull && small.length > 0) evictSmall();
        else evictMain();
      }
      const isGhost = ghosts.delete(key);
      (isGhost ? main : small).push(key);
      freq.set(key, 0);
      return false;
    },
  };
}

/** W-TinyLFU with exact counts up to 15 in place of the sketch, halved as often. */
function createReferenceWTinyLfu(capacity: number): ReferenceCache {
  const windowMax = 0.01 * capacity;
  const protectedMax = 0.8 * (capacity - windowMax);
  const window = new Set<string>();
  const probation = new Set<string>();
  const guarded = new Set<string>();
  const counts = new Map<string, number>();
  const width = Math.max(64, 2 ** Math.ceil(Math.log2(capacity)));
  let touches = 0;
  const oldest = (list: Set<string>) => list.keys().next().value as string;
  const touch = (key: string) => {
    counts.set(key, Math.min(15, (counts.get(key) ?? 0) + 1));
    touches += 1;
    if (touches < 10 * width) return;
    touches >>= 1;
    for (const [one, count] of counts)
      if (count > 1) counts.set(one, count >> 1);
      else counts.delete(one);
  };
  const renew = (list: Set<string>, key: string) => {
    list.delete(key);
    list.add(key);
  };
  const evict = () => {
    const candidate = oldest(window);
    const main = probation.size === 0 ? guarded : probation;
    const victim = oldest(main);
    if (main.size === 0) window.delete(candidate);
    else if (window.size <= windowMax) main.delete(victim);
    else if ((counts.get(candidate) ?? 0) > (counts.get(victim) ?? 0)) {
      main.delete(victim);
      window.delete(candidate);
      probation.add(candidate);
    } else window.delete(candidate);
  };
  return {
    request(key) {
      touch(key);
      for (const list of [window, guarded]) {
        if (!list.has(key)) continue;
        renew(list, key);
        return true;
      }
      if (probation.delete(key)) {
        guarded.add(key);
        while (guarded.size > protectedMax && guarded.size > 1) {
          const demoted = oldest(guarded);
          guarded.delete(demoted);
          probation.add(demoted);
        }
        return true;
      }
      window.add(key);
      if (window.size + probation.size + guarded.size > capacity) evict();
      while (window.size > windowMax && window.size > 1) {
        const leaving = oldest(window);
        window.delete(leaving);
        probation.add(leaving);
      }
      return false;
    },
  };
}

export const referencePolicies: Readonly<Record<string, (capacity: number) => ReferenceCache>> = {
  lru: createReferenceLru,
  fifo: createReferenceFifo,
  lfu: createReferenceLfu,
  sieve: createReferenceSieve,
  's3-fifo': createReferenceS3Fifo,
  'w-tinylfu': createReferenceWTinyLfu,
};
