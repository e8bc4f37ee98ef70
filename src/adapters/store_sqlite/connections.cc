#include "connections.h"

namespace gatehouse::adapters {
namespace {

telemetry::Histogram* seconds_of(telemetry::Metrics* metrics, const std::string& operation) {
  if (metrics == nullptr) return nullptr;
  static const std::vector<double> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
  return &metrics->histogram("gatehouse_store_seconds", "From asking the store to its answer, waiting included", bounds,
                             {{"operation", operation}});
}

}  // namespace

Connections::Connections(Database writer, std::vector<Database> readers, Queues queues, telemetry::Metrics* metrics)
    : write_seconds_(seconds_of(metrics, "write")),
      read_seconds_(seconds_of(metrics, "read")),
      writer_(std::move(writer), queues.writes, metrics),
      readers_(std::move(readers)),
      reading_("store-reader", readers_.size(), queues.reads) {
  for (Database& one : readers_) free_.push_back(&one);
}

}  // namespace gatehouse::adapters
