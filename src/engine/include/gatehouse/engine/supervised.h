// engine/supervised.h — where a model stands that an engine answers for, and how one waits for it: what engines of all kinds have in
// common.
// Threads  every call that takes a reactor is made on it; the others from any thread
// Errors   until_ready: model_loading (503, with a time), model_unloaded (503, until somebody has it loaded), engine_unavailable (503, for
//          good), origin engine
#pragma once
#include <cstdint>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/engine/life.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

// How often one process came in the place of another.
struct Turnover {
  std::uint64_t restarts = 0;  // of one that had not been told to go
  std::uint64_t hangs = 0;     // those of them that hung
  std::uint64_t recycled = 0;  // of one that was worn
  Turnover& operator+=(const Turnover& other) {
    restarts += other.restarts;
    hangs += other.hangs;
    recycled += other.recycled;
    return *this;
  }
  friend bool operator==(const Turnover&, const Turnover&) = default;
};

class Supervised {
 public:
  virtual ~Supervised() = default;

  // Waits until the engine can take jobs again (after its child was lost), at most until then.
  virtual Task<Status> until_ready(Reactor& reactor, Instant then) = 0;
  // Whether who asks now does well to wait with until_ready: it sleeps, and is woken by this, or one process takes the place of another.
  virtual bool comes_soon(Reactor& reactor) = 0;

  // Whether requests are answered, be it after a wait.
  virtual bool available() const = 0;
  virtual Life life() const = 0;
  // Loads what was put away or has failed; life() and state() say what comes of it. Nothing, where it is there.
  virtual void load() = 0;
  // Running answers are finished, who comes is told that it is not loaded.
  virtual void unload() = 0;
  // The last state the engine told.
  virtual wire::engine::State state() const = 0;
  virtual Turnover turnover() const { return {}; }
};

}  // namespace gatehouse::engine
