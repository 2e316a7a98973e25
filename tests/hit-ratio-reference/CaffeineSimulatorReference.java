import com.github.benmanes.caffeine.cache.simulator.policy.sketch.WindowTinyLfuPolicy;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Hit ratios of the simulator of Caffeine (https://github.com/ben-manes/caffeine), whose W-TinyLFU has a window of fixed size: one
 * percent, as ours.
 *
 * <p>Reads a trace, a line "object bytes" for each request, of objects that all take one byte, and prints a JSON object: by capacity, the
 * share of hits. Requests before COUNTED_FROM fill the cache and are not counted.
 * Usage: java -cp CLASSPATH CaffeineSimulatorReference.java TRACE COUNTED_FROM CAPACITY...
 */
final class CaffeineSimulatorReference {
  private static final double MAIN_SHARE = 0.99;

  public static void main(String[] arguments) throws IOException {
    long[] objects =
        Files.readAllLines(Path.of(arguments[0])).stream()
            .mapToLong(line -> Long.parseLong(line.split(" ")[0]))
            .toArray();
    StringJoiner ratios = new StringJoiner(", ", "{", "}");
    int countedFrom = Integer.parseInt(arguments[1]);
    for (int at = 2; at < arguments.length; at++) {
      ratios.add("\"" + arguments[at] + "\": " + hitRatio(Long.parseLong(arguments[at]), objects, countedFrom));
    }
    System.out.println("{\"hitRatios\": {\"w-tinylfu\": " + ratios + "}}");
  }

  static double hitRatio(long capacity, long[] objects, int countedFrom) {
    Config config =
        ConfigFactory.parseMap(Map.of("maximum-size", capacity))
            .withFallback(ConfigFactory.load().getConfig("caffeine.simulator"));
    WindowTinyLfuPolicy policy =
        new WindowTinyLfuPolicy(MAIN_SHARE, new WindowTinyLfuPolicy.WindowTinyLfuSettings(config));
    long hitsBefore = 0;
    for (int index = 0; index < objects.length; index++) {
      if (index == countedFrom) {
        hitsBefore = policy.stats().hitCount();
      }
      policy.record(objects[index]);
    }
    return (double) (policy.stats().hitCount() - hitsBefore) / (objects.length - countedFrom);
  }
}
