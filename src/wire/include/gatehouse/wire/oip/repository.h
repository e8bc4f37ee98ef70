// wire/oip/repository.h — the bodies of /v2/repository, and of statistics.
// Rules    what stands in a configuration that a load brings would change what the operator has set: it is refused
// Units    nanoseconds; last_inference: milliseconds since 1970
// Threads  value types, pure functions
// Errors   invalid_value, unsupported_parameter with every fault: invalid_argument, origin caller
// Source   Triton, extension_model_repository.md, extension_statistics.md
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

struct RepositoryIndexBody {
  bool ready = false;  // those alone
};
Result<RepositoryIndexBody> read_repository_index(const JsonValue& body);

struct RepositoryEntry {
  std::string_view name, version;
  std::string_view state;  // READY, UNAVAILABLE, LOADING, UNLOADING
  std::string reason;
};
void write_repository_index(std::string& out, std::span<const RepositoryEntry> entries);

struct RepositoryChangeBody {};
Result<RepositoryChangeBody> read_repository_change(const JsonValue& body);

struct StatisticsTime {
  std::uint64_t count = 0, ns = 0;
};
// Executions of so many rows.
struct BatchStatistics {
  std::uint64_t size = 0;
  StatisticsTime input, compute, output;
};
struct ModelStatistics {
  std::string_view name, version;
  std::int64_t last_inference = 0;
  std::uint64_t inferences = 0, executions = 0;  // rows, and how often the model was computed for them
  StatisticsTime success, fail, queue, input, compute, output;
  std::vector<BatchStatistics> batches;
};
void write_statistics(std::string& out, std::span<const ModelStatistics> models);

void repository_index_request_schema(JsonWriter& w);
void repository_index_schema(JsonWriter& w);
void repository_change_schema(JsonWriter& w);
void statistics_schema(JsonWriter& w);

}  // namespace gatehouse::wire
