// gateway/meters.h — what is counted about requests, under the names that dashboards know.
// Threads  a set belongs to one reactor; the numbers behind it are shared
#pragma once
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/gateway/generation.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::gateway {

// Numbers that go up and down, of all reactors.
struct Levels {
  telemetry::Level active_requests, streams;
};

// One more, as long as it lives.
class Raised {
 public:
  explicit Raised(telemetry::Level& level) : level_(level) { level_.add(1); }
  ~Raised() { level_.add(-1); }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  telemetry::Level& level_;
};

class Meters {
 public:
  explicit Meters(telemetry::Metrics& metrics) : metrics_(metrics) {}
  // route is null for what no route answered; there is no method where no request could be read.
  void request(const Route* route, std::optional<wire::Method> method, int status, double duration, std::string_view error);
  // Only of what was admitted: took is from then to the end.
  void generation(std::string_view model, const Usage& usage, nanoseconds took);
  // The same of NLU, by task: several apart by commas.
  void tasks(std::string_view model, std::string_view names);

 private:
  struct RouteMeters {
    telemetry::Histogram* latency = nullptr;
    std::map<int, telemetry::Counter*> by_status;
  };
  telemetry::Metrics& metrics_;
  std::map<std::pair<const Route*, std::optional<wire::Method>>, RouteMeters> routes_;
};

}  // namespace gatehouse::gateway
