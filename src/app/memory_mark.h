// app/memory_mark.h — a soft mark for the memory of server and engines: it says in the log when they have grown above it, and when they are
// below it again. Nothing is refused because of it.
// Threads  its reactor; counted from any thread
#pragma once
#include <atomic>
#include <cstdint>

#include "gatehouse/base/strong.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::app {

// Whether memory has just grown above the mark, or has just come well below it: what moves to and fro at the mark is told once.
class MarkWatch {
 public:
  enum class Crossing : std::uint8_t { none, above, below };

  explicit MarkWatch(ByteCount mark) : mark_(mark) {}
  Crossing look(ByteCount resident);

 private:
  const ByteCount mark_;
  bool above_ = false;
};

class MemoryMark {
 public:
  static constexpr seconds interval{10};

  MemoryMark(Reactor& reactor, ByteCount mark, const gateway::ServedModels& models, telemetry::Metrics& metrics);
  // On its reactor, or before that runs.
  void begin() { due_.arm_in(interval); }

 private:
  void look();

  const ByteCount mark_;
  const gateway::ServedModels& models_;
  MarkWatch watch_;
  std::atomic<std::uint64_t> crossings_{0};
  Deadline due_;
};

}  // namespace gatehouse::app
