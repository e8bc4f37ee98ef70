#include "connections.h"

namespace gatehouse::adapters {
namespace {

telemetry::Histogram* seconds_of(telemetry::Metrics* metrics, const std::string& operation) {
  if (metrics == nullptr) return nullptr;
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return &metrics->histogram("gatehouse_store_seconds", "From asking the store to its answer, waiting included", bounds,
                             {{"operation", operation}});
}

// The count is the scrape's too: it may outlive the connections.
void watch_pool(telemetry::Metrics& metrics, std::size_t connections, std::shared_ptr<std::atomic<int>> in_use) {
  using Kind = telemetry::Metrics::Kind;
  using Read = std::function<double()>;
  metrics.watch(Kind::gauge, "llm_api_db_connection_pool_size", "Connections to the store: one that writes, and those that read",
                Read([connections] { return static_cast<double>(connections); }));
  metrics.watch(Kind::gauge, "llm_api_db_connection_pool_used", "Connections to the store that are at work",
                Read([in_use = std::move(in_use)] { return static_cast<double>(in_use->load(std::memory_order_relaxed)); }));
}

}  // namespace

Connections::Connections(Database writer, std::vector<Database> readers, Queues queues, telemetry::Metrics* metrics)
    : write_seconds_(seconds_of(metrics, "write")),
      read_seconds_(seconds_of(metrics, "read")),
      writer_(std::move(writer), queues.writes, in_use_, metrics),
      readers_(std::move(readers)),
      reading_("store-reader", readers_.size(), queues.reads) {
  for (Database& one : readers_) free_.push_back(&one);
  if (metrics != nullptr) watch_pool(*metrics, 1 + readers_.size(), in_use_);
}

}  // namespace gatehouse::adapters
