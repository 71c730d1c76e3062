import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** all-MiniLM-L6-v2 (384 dimensions) behind the interface of OpenAI, for tests: EmbeddingServer FOLDER PORT. */
public final class EmbeddingServer {
  private static final ObjectMapper JSON = new ObjectMapper();
  // Each text by itself, by this thread: two cores have other things to do.
  private static final EmbeddingModel MODEL = new AllMiniLmL6V2QuantizedEmbeddingModel(Runnable::run);

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[1]);
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(Executors.newFixedThreadPool(2));
    server.createContext("/v1/embeddings", EmbeddingServer::embed);
    server.createContext("/health", exchange -> {
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
    server.start();
  }

  private static void embed(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode asked = JSON.readTree(exchange.getRequestBody());
      ObjectNode answer = JSON.createObjectNode().put("object", "list");
      ArrayNode data = answer.putArray("data");
      for (JsonNode text : asked.path("input")) {
        ArrayNode numbers = data.addObject().put("index", data.size() - 1).putArray("embedding");
        for (float number : MODEL.embed(text.asText()).content().vector()) numbers.add(number);
      }
      byte[] body = JSON.writeValueAsBytes(answer);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
