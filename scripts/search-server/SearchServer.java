import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/** One node for tests, without the distribution around it: SearchServer FOLDER PORT. */
public final class SearchServer extends Node {
  private static final List<Class<? extends Plugin>> MODULES =
      List.of(Netty4Plugin.class, CommonAnalysisPlugin.class, PainlessPlugin.class, ReindexPlugin.class);

  private SearchServer(Environment environment, Collection<Class<? extends Plugin>> modules) {
    super(environment, modules, true);
  }

  public static void main(String[] arguments) throws Exception {
    Settings settings = Settings.builder()
        .put("path.home", arguments[0])
        .put("http.port", arguments[1])
        .put("network.host", "127.0.0.1")
        .put("transport.port", "0")
        .put("discovery.type", "single-node")
        .put("node.name", "tests")
        .put("cluster.name", "tests")
        .put("action.auto_create_index", false)
        // A nearly full disk of a test machine is no reason to refuse writes.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build();
    Node node = new SearchServer(new Environment(settings, Path.of(arguments[0], "config")), MODULES);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (Exception failure) {
        failure.printStackTrace();
      }
    }));
    node.start();
    // The threads of a node do not keep a process alive.
    new CountDownLatch(1).await();
  }
}
