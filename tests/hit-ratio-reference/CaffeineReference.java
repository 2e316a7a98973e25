import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;

/**
 * Hit ratios of Caffeine (https://github.com/ben-manes/caffeine), whose policy is W-TinyLFU with a window that adapts.
 *
 * <p>Reads a trace, a line "object bytes" for each request, and prints a JSON object: by capacity, the share of hits.
 * Requests before COUNTED_FROM fill the cache and are not counted.
 * Usage: java -cp caffeine.jar CaffeineReference.java TRACE COUNTED_FROM CAPACITY...
 */
final class CaffeineReference {
  record Request(long object, int bytes) {}

  public static void main(String[] arguments) throws IOException {
    List<Request> requests =
        Files.readAllLines(Path.of(arguments[0])).stream()
            .map(line -> line.split(" "))
            .map(parts -> new Request(Long.parseLong(parts[0]), Integer.parseInt(parts[1])))
            .toList();
    StringJoiner ratios = new StringJoiner(", ", "{", "}");
    int countedFrom = Integer.parseInt(arguments[1]);
    for (int at = 2; at < arguments.length; at++) {
      ratios.add("\"" + arguments[at] + "\": " + hitRatio(Long.parseLong(arguments[at]), requests, countedFrom));
    }
    System.out.println("{\"hitRatios\": {\"w-tinylfu\": " + ratios + "}}");
  }

  /** Everything is done by the caller, so that nothing depends on threads. */
  static double hitRatio(long capacity, List<Request> requests, int countedFrom) {
    Cache<Long, Integer> cache =
        Caffeine.newBuilder()
            .maximumWeight(capacity)
            .weigher((Long object, Integer bytes) -> bytes)
            .executor(Runnable::run)
            .build();
    long hits = 0;
    for (int index = 0; index < requests.size(); index++) {
      Request request = requests.get(index);
      boolean isHit = cache.getIfPresent(request.object()) != null;
      if (!isHit) {
        cache.put(request.object(), request.bytes());
      }
      if (isHit && index >= countedFrom) {
        hits++;
      }
    }
    return (double) hits / (requests.size() - countedFrom);
  }
}
