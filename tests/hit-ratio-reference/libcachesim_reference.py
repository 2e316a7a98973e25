"""Hit ratios of libCacheSim (https://github.com/1a1a11a/libCacheSim), through its package on PyPI.

Reads a trace, a line "object bytes" for each request, and prints a JSON object: by policy and capacity, the share of hits.
Requests before COUNTED_FROM fill the cache and are not counted.
Usage: libcachesim_reference.py TRACE COUNTED_FROM CAPACITY...
"""

import json
import sys

import libcachesim

policies = {
    "lru": libcachesim.LRU,
    "fifo": libcachesim.FIFO,
    "sieve": libcachesim.Sieve,
    "s3-fifo": libcachesim.S3FIFO,
    "w-tinylfu": libcachesim.WTinyLFU,
}


def hit_ratio(policy, capacity, requests, counted_from):
    cache = policies[policy](cache_size=capacity, hashpower=16)
    request = libcachesim.Request()
    hits = 0
    for index, (obj, size) in enumerate(requests):
        request.obj_id = obj
        request.obj_size = size
        is_hit = cache.get(request)
        if index >= counted_from:
            hits += is_hit
    return hits / (len(requests) - counted_from)


def main():
    path, counted_from, *capacities = sys.argv[1:]
    with open(path) as trace:
        requests = [tuple(map(int, line.split())) for line in trace]
    ratios = {
        policy: {
            capacity: hit_ratio(policy, int(capacity), requests, int(counted_from))
            for capacity in capacities
        }
        for policy in policies
    }
    print(json.dumps({"version": libcachesim.__version__, "hitRatios": ratios}))


main()
