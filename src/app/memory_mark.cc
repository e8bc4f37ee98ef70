#include "memory_mark.h"

#include <functional>

#include "gatehouse/config/units.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {
namespace {

// Of the mark: what has come below this is below.
constexpr std::uint64_t well_below_percent = 95;

}  // namespace

MarkWatch::Crossing MarkWatch::look(ByteCount resident) {
  const bool was_above = above_;
  if (resident > mark_) above_ = true;
  if (resident.value() < mark_.value() / 100 * well_below_percent) above_ = false;
  if (above_ == was_above) return Crossing::none;
  return above_ ? Crossing::above : Crossing::below;
}

MemoryMark::MemoryMark(Reactor& reactor, ByteCount mark, const gateway::ServedModels& models, telemetry::Metrics& metrics)
    : mark_(mark), models_(models), watch_(mark), due_(reactor, [this] { look(); }) {
  metrics.watch(telemetry::Metrics::Kind::counter, "gatehouse_memory_mark_crossings_total",
                "How often server and engines have grown above server.memory_mark",
                std::function<double()>([this] { return static_cast<double>(crossings_.load(std::memory_order_relaxed)); }));
}

void MemoryMark::look() {
  const ByteCount resident(models_.resident_bytes());
  switch (watch_.look(resident)) {
    case MarkWatch::Crossing::above:
      crossings_.fetch_add(1, std::memory_order_relaxed);
      telemetry::log::warn("memory", "server and engines have grown above server.memory_mark",
                           {{"resident", config::to_text(resident)}, {"mark", config::to_text(mark_)}});
      break;
    case MarkWatch::Crossing::below:
      telemetry::log::info("memory", "server and engines are below server.memory_mark again", {{"resident", config::to_text(resident)}});
      break;
    case MarkWatch::Crossing::none:
      break;
  }
  due_.arm_in(interval);
}

}  // namespace gatehouse::app
